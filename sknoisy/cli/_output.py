"""Write all rows in order of suspicion, all of them or none."""

import contextlib
import csv
import errno
import os
import secrets
import signal
import stat
import threading
from pathlib import Path

from sknoisy.cli._errors import AuditError
from sknoisy.cli._read import suffix_of
from sknoisy.cli._safe_text import safe_cell

HEADER = ("row", "given_label", "suggested_label", "label_quality", "flagged")
# By these a file is known as an earlier audit, which may be replaced.
_KNOWN_BY = ",".join(HEADER[:4]).encode()


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
    places = [path] if path.exists() else []
    if not _is_stream(path):
        # The new file is made beside the old one and takes its place.
        places.append(_target(path).parent)
    if not all(os.access(place, os.W_OK) for place in places):
        raise AuditError(
            f"cannot write {path}: permission denied. Pass --output FILE to write "
            "elsewhere."
        )


def _is_stream(path):
    """Whether a path is a pipe or a device, which is written to, not replaced."""
    return path.exists() and not path.is_file()


def _target(path):
    """Return the file itself where the path is a symbolic link to it."""
    return Path(os.path.realpath(path))


def _check_replaceable(path, source):
    """Refuse to write over anything but an earlier audit."""
    if source is not None and Path(source).exists() and path.samefile(source):
        raise AuditError(
            f"--output {path} is the table itself. Pass another name, so that nothing "
            "is lost."
        )
    with path.open("rb") as file:
        ours = file.read(len(_KNOWN_BY)) in (_KNOWN_BY, b"")
    if not ours:
        raise AuditError(
            f"{path} exists and is not the result of an audit. Move it away, or pass "
            "another --output FILE."
        )


def write_rows(path, facts):
    """Write row, labels, quality and flag of each labelled row.

    A file appears in place only once it is complete: whatever goes wrong meanwhile, an
    earlier audit stays as it was.

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
    try:
        with _to_stream(path) if _is_stream(path) else _replacing(path) as file:
            _write(file, facts)
    except OSError as error:
        reason = error.strerror or error
        if error.errno == errno.ENXIO:
            reason = "nobody reads from this pipe"
        raise AuditError(
            f"cannot write {path}: {reason}. Pass --output FILE to write elsewhere."
        ) from error


def _write(file, facts):
    """Write the header and a line for each row."""
    columns = (facts.rows, facts.given, facts.suggested, facts.quality, facts.flagged)
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(HEADER)
    for row, given, suggested, quality, flagged in zip(*columns, strict=True):
        cells = safe_cell(given), safe_cell(suggested), f"{quality:.6f}", bool(flagged)
        writer.writerow((row, *cells))


@contextlib.contextmanager
def _replacing(path):
    """Open a new file that takes the place of ``path`` when all is written."""
    target = _target(path)
    draft = target.with_name(f".sknoisy-{secrets.token_hex(8)}.tmp")
    try:
        with _interrupts_raise():
            with draft.open("x", encoding="utf-8", newline="") as file:
                yield file
                file.flush()
                # A disk that is full may say so only now.
                os.fsync(file.fileno())
            if target.exists():
                draft.chmod(stat.S_IMODE(target.stat().st_mode))
            draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)


@contextlib.contextmanager
def _interrupts_raise():
    """Let an interrupt raise, so that the draft is removed before the process ends."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before or signal.SIG_DFL)


@contextlib.contextmanager
def _to_stream(path):
    """Open a pipe or a device; a pipe that nobody reads from is an error at once."""
    number = os.open(path, os.O_WRONLY | getattr(os, "O_NONBLOCK", 0))
    os.set_blocking(number, True)
    with open(number, "w", encoding="utf-8", newline="") as file:
        yield file
