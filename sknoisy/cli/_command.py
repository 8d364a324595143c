"""The command ``audit``: from arguments to files and words."""

import contextlib
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier

from sknoisy.cli._apply import CHECKED, CORRECTED, verdicts_on
from sknoisy.cli._example import compare, load_example, render_verdict
from sknoisy.cli._output import check_place, outputs_of, write_output
from sknoisy.cli._progress import make_progress
from sknoisy.cli._read import parquet_files, read_table
from sknoisy.cli._threshold import parse_threshold
from sknoisy.report._assemble import report_on
from sknoisy.report._errors import AuditError, find_column, need
from sknoisy.report._evidence import Settings
from sknoisy.report._safe_text import inert
from sknoisy.report._sheet import check_sheet
from sknoisy.report._table import group_numbers, table_of_folder
from sknoisy.report._text import render_report

# Estimator and sources of evidence of each model that can be asked for.
MODELS = {
    "both": (None, "auto"),
    "linear": (None, "model"),
    "forest": (None, "forest"),
    "boosting": (
        HistGradientBoostingClassifier(max_iter=60, early_stopping=False),
        "model",
    ),
}


def run_audit(arguments):
    """Audit a table as the arguments say.

    Parameters
    ----------
    arguments : argparse.Namespace
        Parsed arguments.

    Returns
    -------
    bool
        Whether no threshold was passed.

    Raises
    ------
    AuditError
        If the arguments do not fit together, or the input is bad.
    """
    _check_together(arguments)
    thresholds = [parse_threshold(text) for text in arguments.fail_on]
    need("pandas")
    outputs = outputs_of(arguments)
    _check_sheet(arguments.sheet)
    progress = make_progress(quiet=arguments.quiet)
    table, truth = _load(arguments, progress)
    estimator, evidence = MODELS[arguments.model]
    settings = Settings(
        estimator=estimator,
        evidence=evidence,
        random_state=arguments.seed,
        n_jobs=arguments.jobs,
        progress=progress,
    )
    report = report_on(table, settings)
    # Before anything is printed: whoever reads the report may stop half-way.
    for output in outputs:
        write_output(output, report)
    _write_sheet(arguments, report)
    if not arguments.quiet:
        _print_report(report, truth, arguments.top, outputs)
        if arguments.sheet is not None:
            print(
                f"Rows to check, with a column for verdicts: {inert(arguments.sheet)}"
            )
    passed = [text for t in thresholds if (text := t.passed_by(report))]
    for text in passed:
        print(f"sknoisy: threshold passed: {text}", file=sys.stderr)
    return not passed


@contextlib.contextmanager
def _one_line(path):
    """Turn what is wrong with a sheet into an error of the command."""
    try:
        yield
    except OSError as error:
        raise AuditError(f"cannot write {path}: {error.strerror}.") from error
    except (ValueError, ImportError) as error:
        raise AuditError(str(error)) from error


def _check_sheet(path):
    """Find out before the work whether the sheet can be written."""
    if path is not None:
        with _one_line(path):
            check_sheet(path)
        check_place(Path(path))


def _write_sheet(arguments, report):
    """Write the rows worth a look as a sheet to fill in, where it is asked for."""
    path = arguments.sheet
    if path is None:
        return
    with _one_line(path):
        report.to_sheet(path, hide_suggestion=arguments.hide_suggestion)


def _print_report(report, truth, top, outputs):
    """Print what was found, how right it was, and where the files are."""
    print(render_report(report, top=top))
    if truth is not None:
        print(f"\n{render_verdict(compare(report, truth))}")
    lines = [_where(output, report) for output in outputs]
    if truth is not None and not any(output.kind == "html" for output in outputs):
        lines += _example_page(report)
    if lines:
        print("\n" + "\n".join(lines))


def _where(output, report):
    """Say what was written where."""
    path = inert(str(output.path))
    if output.kind == "csv":
        return f"All {report.n_labelled} rows, most suspicious first: {path}"
    return f"{'The report' if output.kind == 'html' else 'All facts'}: {path}"


def _example_page(report):
    """Write the page of the example beside other temporary files, if it can be."""
    try:
        from sknoisy.report._html import render_html

        page = render_html(report)
        # A folder of its own, since a known name could be a link that others made.
        path = Path(tempfile.mkdtemp(prefix="sknoisy-"), "example.html")
        path.write_text(page, encoding="utf-8")
    except (ImportError, OSError):
        # The example is complete without what a page takes.
        return []
    return [f"The same with pictures: {inert(str(path))}"]


def _check_together(arguments):
    """Refuse options that say something about a file where there is none."""
    if arguments.file is not None:
        return
    for option in ("label", "encoding", "trusted_from"):
        if getattr(arguments, option) is not None:
            name = option.replace("_", "-")
            raise AuditError(
                f"--{name} says something about FILE, but no FILE is given. FILE comes "
                "first: sknoisy audit FILE --label COLUMN."
            )


def _read(arguments, progress):
    """Return the table of a file or of Parquet files, or a folder of images."""
    path = Path(arguments.file)
    if not path.is_dir() or parquet_files(path):
        return read_table(
            path,
            arguments.label,
            encoding=arguments.encoding,
            max_size=arguments.max_size,
        )
    for option in ("label", "group", "encoding", "trusted_from", "ignore"):
        if getattr(arguments, option):
            raise AuditError(
                f"--{option.replace('_', '-')} is for tables, but {path} is a "
                "directory without Parquet files, whose images are labelled by the "
                "names of their folders. Leave it out, or name a file."
            )
    progress.say("reading images")
    return table_of_folder(path)


def _load(arguments, progress):
    """Return the table and, where it is known, the truth."""
    if arguments.file is None:
        table, truth = load_example()
    else:
        truth = None
        table = _read(arguments, progress)
        table = replace(table, code=_command_line(arguments))
    if arguments.verdicts:
        labels, trusted = verdicts_on(table.labels, arguments.verdicts)
        labels = np.array(labels, dtype=object)
        table = replace(table, labels=labels, trusted=trusted)
    return _select_columns(table, arguments), truth


def _select_columns(table, arguments):
    """Return the table without what is to be ignored, and with its groups."""
    if table.frame is None:
        return table
    header = list(table.frame.columns)
    dropped = {find_column(name, header, "--ignore") for name in arguments.ignore}
    groups = None
    if arguments.group is not None:
        position = find_column(arguments.group, header, "--group")
        dropped.add(position)
        groups = group_numbers(
            table.frame.iloc[:, position], len(table.frame), owner="--group"
        )
    trusted = table.trusted
    if arguments.trusted_from is not None:
        position = find_column(arguments.trusted_from, header, "--trusted-from")
        dropped.add(position)
        checked = _trusted_in(table.frame.iloc[:, position], arguments.trusted_from)
        trusted = checked if trusted is None else checked | trusted
    kept = [number for number in range(len(header)) if number not in dropped]
    frame = table.frame.iloc[:, kept]
    return replace(table, frame=frame, data=frame, groups=groups, trusted=trusted)


def _trusted_in(column, name):
    """Return which rows a column says to be trusted."""
    trusted = column.isin([CHECKED, CORRECTED]).to_numpy(dtype=bool)
    if not trusted.any():
        raise AuditError(
            f"--trusted-from expected {CHECKED!r} or {CORRECTED!r} in some rows of "
            f"{name!r}, but found neither. Name the column that apply has written."
        )
    return trusted


def _command_line(arguments):
    """Return the command that makes the report again."""
    import shlex

    words = ["sknoisy", "audit", arguments.file]
    words += ["--label", arguments.label] if arguments.label is not None else []
    words += ["--group", arguments.group] if arguments.group is not None else []
    words += ["--verdicts", *arguments.verdicts] if arguments.verdicts else []
    trusted = arguments.trusted_from
    words += ["--trusted-from", trusted] if trusted is not None else []
    words += ["--ignore", *arguments.ignore] if arguments.ignore else []
    words += ["--model", arguments.model, "--seed", str(arguments.seed)]
    return shlex.join(words)
