"""The arguments of the command."""

import argparse
import os

from sknoisy import __version__
from sknoisy.report._errors import AuditError

MODELS = ("both", "linear", "forest", "boosting")
# A compressed file of a megabyte can unfold to a thousand, which the steps that follow
# would multiply.
_MAX_SIZE = 512

_DESCRIPTION = """\
Find suspicious labels in a table.

Models are trained on parts of the table and predict the rows they have not seen.
Printed are the estimated share of wrong labels, how many rows to look at, what else is
wrong with the table (copies under other labels, columns that give the label away,
spellings of one label, ...), which class is mistaken for which, and the most suspicious
rows; all labelled rows, in order of suspicion, are written to NAME.audit.csv beside
FILE. All numbers are estimates: no label is changed, and a row that looks wrong may be
right but rare.

Without FILE, an example is audited: breast-cancer measurements, one in ten of whose
labels was swapped. As the true labels are known, the command tells how right it was."""

_APPLY = """\
Write the table with the verdicts of a review in the place of the labels given, beside
FILE and never over it. The column label_source says of each label whether it is as
given, checked, or corrected."""

_EPILOG = """\
exit codes: 0 done; 2 bad usage or bad input; 3 a threshold of --fail-on was passed; 130
interrupted"""


class _Parser(argparse.ArgumentParser):
    """Parser whose complaints are one line."""

    def error(self, message):
        raise AuditError(f"{message}. See {self.prog} --help.")


def parse_arguments(argv=None):
    """Return the parsed arguments; ``run`` holds the function to call with them.

    Parameters
    ----------
    argv : list of str, default=None
        The arguments, None for those of the process.

    Returns
    -------
    argparse.Namespace
        The arguments.

    Raises
    ------
    AuditError
        If they make no sense.
    """
    parser = _Parser(prog="sknoisy", description="Learn from wrong labels.")
    parser.add_argument("--version", action="version", version=f"sknoisy {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    _add_audit(commands)
    _add_apply(commands)
    return parser.parse_args(argv)


def _add_audit(commands):
    """Add the command ``audit``."""
    audit = commands.add_parser(
        "audit",
        help="find suspicious labels in a table",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    audit.set_defaults(run=_run_audit)
    audit.add_argument("--version", action="version", version=f"sknoisy {__version__}")
    audit.add_argument(
        "file",
        metavar="FILE",
        nargs="?",
        help="table to audit: .csv, .tsv (also with .gz) or .parquet, or a folder of "
        ".parquet files; or a folder with a folder of images for each class",
    )
    _add_column_options(audit)
    _add_output_options(audit)
    _add_model_options(audit)


def _add_column_options(audit):
    """Add what says which column is what."""
    columns = audit.add_argument_group("columns")
    columns.add_argument("-l", "--label", metavar="COLUMN", help="column of the labels")
    columns.add_argument(
        "--ignore",
        metavar="COLUMN",
        nargs="+",
        action="extend",
        default=[],
        help="columns that the models must not see",
    )
    columns.add_argument(
        "--group",
        metavar="COLUMN",
        help="rows with the same value here, such as those of one patient, are never "
        "used as evidence about each other",
    )
    columns.add_argument(
        "--verdicts",
        metavar="SHEET",
        nargs="+",
        action="extend",
        default=[],
        help="sheets that were filled in: their verdicts are trusted labels",
    )
    columns.add_argument(
        "--trusted-from",
        metavar="COLUMN",
        help="column that says checked or corrected where a label is trusted, such as "
        "label_source, which apply writes",
    )
    _add_reading_options(columns)


def _add_reading_options(group):
    """Add what says how a file is read."""
    group.add_argument(
        "--encoding",
        metavar="NAME",
        help="encoding of a text file, for example cp1252 (default: utf-8)",
    )
    group.add_argument(
        "--max-size",
        metavar="MIB",
        type=_at_least_one,
        default=_MAX_SIZE,
        help="what the content of a compressed file may take, in MiB "
        f"(default: {_MAX_SIZE})",
    )


def _add_output_options(audit):
    """Add what says what is shown and written."""
    output = audit.add_argument_group("output")
    output.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        help="where the rows are written (default: NAME.audit.csv beside the input); "
        "the ending says in which form: .csv, .json or .html",
    )
    output.add_argument("--html", metavar="FILE", help="write the report as a page")
    output.add_argument("--json", metavar="FILE", help="write all facts as JSON")
    output.add_argument(
        "--sheet",
        metavar="FILE",
        help="write the rows worth a look with a column for verdicts: .csv, .xlsx for "
        "Excel, or .json for Label Studio",
    )
    output.add_argument(
        "--hide-suggestion",
        action="store_true",
        help="leave out of the sheet what the audit says",
    )
    output.add_argument(
        "--fail-on",
        metavar="CONDITION",
        action="append",
        default=[],
        help="exit with code 3 if it holds, for example 'noise_rate>0.05' or "
        "'contradicting_duplicates>0'; may be repeated",
    )
    output.add_argument(
        "--top",
        metavar="N",
        type=_whole_number,
        default=20,
        help="number of suspicious rows to print (default: 20)",
    )
    output.add_argument(
        "-q", "--quiet", action="store_true", help="show no progress, print no report"
    )


def _add_model_options(audit):
    """Add what says which models are trained."""
    models = audit.add_argument_group("models")
    models.add_argument(
        "--model",
        choices=MODELS,
        default="both",
        help="what is trained: a linear model and a forest, one of them, or slower "
        "boosted trees (default: both)",
    )
    models.add_argument(
        "--seed",
        metavar="N",
        type=_whole_number,
        default=0,
        help="seed of all random choices (default: 0)",
    )
    models.add_argument(
        "--jobs",
        metavar="N",
        type=_at_least_one,
        default=os.cpu_count() or 1,
        help="number of folds worked on at once; the result is the same for any "
        "(default: one per processor)",
    )


def _add_apply(commands):
    """Add the command ``apply``."""
    apply = commands.add_parser(
        "apply",
        help="put the verdicts of a review into the table",
        description=_APPLY,
        allow_abbrev=False,
    )
    apply.set_defaults(run=_run_apply)
    apply.add_argument("file", metavar="FILE", help="the table that was audited")
    apply.add_argument(
        "--verdicts",
        metavar="SHEET",
        nargs="+",
        action="extend",
        required=True,
        help="sheets that were filled in: .csv, .xlsx, or .json from Label Studio",
    )
    apply.add_argument(
        "-l",
        "--label",
        metavar="COLUMN",
        help="column of the labels (default: the one that the sheets repeat)",
    )
    apply.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        help="where to write (default: NAME.corrected.csv beside FILE)",
    )
    _add_reading_options(apply)


def _whole_number(text):
    """Read a number that is not negative."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"expected 0, 1, 2, ..., but got {text!r}")
    return int(text)


def _at_least_one(text):
    """Read a number of at least 1."""
    number = _whole_number(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"expected 1, 2, ..., but got {text!r}")
    return number


def _run_audit(arguments):
    """Load the command only once it is called, so that --help answers at once."""
    from sknoisy.cli._command import run_audit

    return run_audit(arguments)


def _run_apply(arguments):
    """Load the command only once it is called, so that --help answers at once."""
    from sknoisy.cli._apply import run_apply

    return run_apply(arguments)
