"""Write all rows in order of suspicion."""

import csv
import os
from pathlib import Path

from sknoisy.cli._errors import AuditError
from sknoisy.cli._read import suffix_of

HEADER = ("row", "given_label", "suggested_label", "label_quality")


def output_path(asked, source):
    """Return where the rows go, once it is clear that they can.

    Parameters
    ----------
    asked : str or None
        Path that was asked for.

    source : str or None
        Path of the table; None where it is no file.

    Returns
    -------
    Path or None
        None if nothing is to be written.

    Raises
    ------
    AuditError
        If the path cannot be written, or holds what the audit has not written.
    """
    if asked is not None:
        path = Path(asked)
    elif source is not None:
        table = Path(source)
        name = table.name[: len(table.name) - len(suffix_of(table))]
        path = table.with_name(f"{name}.audit.csv")
    else:
        return None
    _check_place(path)
    if path.is_file():
        _check_replaceable(path, source)
    return path


def _check_place(path):
    """Find out before the work whether its result can be written."""
    if path.is_dir():
        raise AuditError(f"cannot write {path}: it is a directory. Pass --output FILE.")
    if not path.parent.is_dir():
        raise AuditError(
            f"cannot write {path}: there is no directory {path.parent}. Make it, or "
            "pass another --output FILE."
        )
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise AuditError(
            f"cannot write {path}: permission denied. Pass --output FILE to write "
            "elsewhere."
        )


def _check_replaceable(path, source):
    """Refuse to write over anything but an earlier audit."""
    if source is not None and Path(source).exists() and path.samefile(source):
        raise AuditError(
            f"--output {path} is the table itself. Pass another name, so that nothing "
            "is lost."
        )
    start = ",".join(HEADER).encode()
    with path.open("rb") as file:
        ours = file.read(len(start)) in (start, b"")
    if not ours:
        raise AuditError(
            f"{path} exists and is not the result of an audit. Move it away, or pass "
            "another --output FILE."
        )


def write_rows(path, facts):
    """Write row, given label, suggested label and quality of each labelled row.

    Parameters
    ----------
    path : Path
        Where to write.

    facts : AuditFacts
        What was found.

    Raises
    ------
    AuditError
        If it cannot be written after all.
    """
    columns = (facts.rows, facts.given, facts.suggested, facts.quality)
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(HEADER)
            for row, given, suggested, quality in zip(*columns, strict=True):
                writer.writerow((row, given, suggested, f"{quality:.6f}"))
    except OSError as error:
        raise AuditError(f"cannot write {path}: {error.strerror}.") from error
