"""The command ``audit``: from arguments to files and words."""

from sknoisy.cli._audit import Settings, audit
from sknoisy.cli._errors import AuditError, need
from sknoisy.cli._example import compare, load_example
from sknoisy.cli._output import output_path, write_rows
from sknoisy.cli._progress import make_progress
from sknoisy.cli._read import read_table
from sknoisy.cli._render import render_report, render_verdict
from sknoisy.cli._safe_text import inert


def run_audit(arguments):
    """Audit a table as the arguments say.

    Parameters
    ----------
    arguments : argparse.Namespace
        Parsed arguments.

    Raises
    ------
    AuditError
        If the arguments do not fit together, or the input is bad.
    """
    _check_together(arguments)
    need("pandas")
    output = output_path(arguments.output, arguments.file)
    progress = make_progress(quiet=arguments.quiet)
    table, truth = _load(arguments)
    settings = Settings(
        ignore=tuple(arguments.ignore),
        group=arguments.group,
        model=arguments.model,
        seed=arguments.seed,
        jobs=arguments.jobs,
    )
    facts = audit(table, settings, progress)
    # Before anything is printed: whoever reads the report may stop half-way.
    if output is not None:
        write_rows(output, facts)
    if not arguments.quiet:
        _print_report(facts, table, truth, arguments.top, output)


def _print_report(facts, table, truth, top, output):
    """Print what was found, how right it was, and where the rows are."""
    # A name of a file or of a column may hold what a terminal would obey.
    print(inert(render_report(facts, table, top=top)))
    if truth is not None:
        print(f"\n{render_verdict(compare(facts, truth))}")
    if output is not None:
        print(
            f"\nAll {len(facts.rows)} rows, most suspicious first: {inert(str(output))}"
        )


def _check_together(arguments):
    """Refuse options that say something about a file where there is none."""
    if arguments.file is not None:
        return
    for option in ("label", "encoding"):
        if getattr(arguments, option) is not None:
            raise AuditError(
                f"--{option} says something about FILE, but no FILE is given. FILE "
                "comes first: sknoisy audit FILE --label COLUMN."
            )


def _load(arguments):
    """Return the table and, where it is known, the truth."""
    if arguments.file is None:
        return load_example()
    table = read_table(
        arguments.file,
        arguments.label,
        encoding=arguments.encoding,
        max_size=arguments.max_size,
    )
    return table, None
