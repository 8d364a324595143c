"""Write all rows in order of suspicion, all of them or none."""

import contextlib
import csv
import errno
import os
from dataclasses import dataclass
from pathlib import Path

from sknoisy.cli._read import suffix_of
from sknoisy.report._errors import AuditError, need
from sknoisy.report._export import GENERATOR, image_names
from sknoisy.report._files import real_path, replacing
from sknoisy.report._safe_text import safe_cell

HEADER = ("row", "given_label", "suggested_label", "label_quality", "flagged")
# One more where the rows are images: where each lies in the folder.
IMAGE = "image"
ENDINGS = {".csv": "csv", ".html": "html", ".htm": "html", ".json": "json"}
# By these, among its first bytes, a file is known as an earlier audit, which may be
# replaced. A page of ours names its generator in its head.
_KNOWN_BY = {
    "csv": ",".join(HEADER[:4]).encode(),
    "json": f'"generator": "{GENERATOR}"'.encode(),
    "html": b"sknoisy",
}
_FIRST_BYTES = 4096


@dataclass(frozen=True)
class Output:
    """A file to write.

    Attributes
    ----------
    kind : {"csv", "html", "json"}
        What is written.
    path : Path
        Where.
    """

    kind: str
    path: Path


def outputs_of(arguments):
    """Return what is to be written, once it is clear that it can.

    Parameters
    ----------
    arguments : argparse.Namespace
        With ``file``, ``output``, ``html`` and ``json``.

    Returns
    -------
    list of Output
        Rows first. Without ``output`` the rows of a file go beside it.

    Raises
    ------
    AuditError
        If a path has an ending that says nothing or something else, cannot be written,
        or holds what the audit has not written.
    """
    source, found = arguments.file, []
    if arguments.output is not None:
        found.append(_output(arguments.output, "--output", tuple(ENDINGS)))
    elif source is not None:
        # A directory is known by its name also where it is given as ".".
        table = Path(source).resolve() if Path(source).is_dir() else Path(source)
        name = table.name[: len(table.name) - len(suffix_of(table))]
        found.append(Output("csv", table.with_name(f"{name}.audit.csv")))
    if arguments.html is not None:
        found.append(_output(arguments.html, "--html", (".html", ".htm")))
    if arguments.json is not None:
        found.append(_output(arguments.json, "--json", (".json",)))
    paths = [real_path(output.path) for output in found]
    if len(set(paths)) < len(paths):
        raise AuditError(
            f"{paths[-1]} is to be written twice. Pass another name to each of "
            "--output, --html and --json."
        )
    for output in found:
        if output.kind == "html":
            need("jinja2")
            need("matplotlib")
        check_place(output.path)
        if output.path.is_file():
            _check_replaceable(output, source)
    return found


def _output(asked, option, endings):
    """Return what a path that was asked for is to hold."""
    path = Path(asked)
    ending = path.suffix.lower()
    if ending in endings:
        return Output(ENDINGS[ending], path)
    if _is_stream(path):
        return Output(ENDINGS[endings[0]], path)
    raise AuditError(
        f"{option} {path} has no ending that says what to write. Expected one of "
        f"{', '.join(endings)}."
    )


def check_place(path):
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
        places.append(real_path(path).parent)
    if not all(os.access(place, os.W_OK) for place in places):
        raise AuditError(
            f"cannot write {path}: permission denied. Pass --output FILE to write "
            "elsewhere."
        )


def _is_stream(path):
    """Whether a path is a pipe or a device, which is written to, not replaced."""
    return path.exists() and not path.is_file()


def _check_replaceable(output, source):
    """Refuse to write over anything but an earlier audit."""
    path = output.path
    if source is not None and Path(source).exists() and path.samefile(source):
        raise AuditError(
            f"--output {path} is the table itself. Pass another name, so that nothing "
            "is lost."
        )
    with path.open("rb") as file:
        start = file.read(_FIRST_BYTES)
    known = _KNOWN_BY[output.kind]
    ours = start.startswith(known) if output.kind == "csv" else known in start
    if start and not ours:
        raise AuditError(
            f"{path} exists and is not the result of an audit. Move it away, or pass "
            "another --output FILE."
        )


def write_output(output, report):
    """Write rows, a page, or JSON.

    A file appears in place only once it is complete: whatever goes wrong meanwhile, an
    earlier audit stays as it was.

    Parameters
    ----------
    output : Output
        What, and where.

    report : AuditReport
        What was found.

    Raises
    ------
    AuditError
        If it cannot be written after all.
    """
    path = output.path
    try:
        with _to_stream(path) if _is_stream(path) else replacing(path) as file:
            if output.kind == "csv":
                _write(file, report)
            else:
                file.write(_text_of(output.kind, report))
    except OSError as error:
        reason = error.strerror or error
        if error.errno == errno.ENXIO:
            reason = "nobody reads from this pipe"
        raise AuditError(
            f"cannot write {path}: {reason}. Pass --output FILE to write elsewhere."
        ) from error


def _text_of(kind, report):
    """Return the facts as JSON, or the page."""
    if kind == "json":
        return report.to_json()
    # What a page takes is imported only where one is asked for.
    from sknoisy.report._html import render_html

    return render_html(report)


def _write(file, report):
    """Write the header and a line for each row."""
    columns = (
        report.rows,
        report.given,
        report.suggested,
        report.quality,
        report.flagged,
    )
    names, header = [()] * report.n_labelled, HEADER
    if report.table.thumbnails is not None:
        names, header = [(safe_cell(n),) for n in image_names(report)], (*HEADER, IMAGE)
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(header)
    for row, given, suggested, quality, flagged, name in zip(
        *columns, names, strict=True
    ):
        labels = safe_cell(str(given)), safe_cell(str(suggested))
        writer.writerow((row, *labels, f"{quality:.6f}", bool(flagged), *name))


@contextlib.contextmanager
def _to_stream(path):
    """Open a pipe or a device; a pipe that nobody reads from is an error at once."""
    number = os.open(path, os.O_WRONLY | getattr(os, "O_NONBLOCK", 0))
    os.set_blocking(number, True)
    with open(number, "w", encoding="utf-8", newline="") as file:
        yield file
