"""Rows to check as a sheet that people fill in, in any of several formats.

A format is a file that plugs in: it writes a blank sheet, and reads a table of texts.
"""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from scipy import sparse

from sknoisy._compat import _safe_indexing
from sknoisy.report import _sheet_csv, _sheet_excel, _sheet_label_studio
from sknoisy.report._safe_text import inert
from sknoisy.report._sheet_labels import label_reader

# What is read back from a sheet; the rest is there for those who fill it in.
NEEDED = ("row", "given_label", "verdict")
FORMATS = {
    ".csv": _sheet_csv,
    ".xlsx": _sheet_excel,
    ".json": _sheet_label_studio,
}
# Columns of a row, and characters of a value, that a sheet shows. A cell of Excel holds
# 32,767 characters, which nobody reads.
MOST_COLUMNS, MOST_CHARACTERS = 30, 1000


@dataclass(frozen=True)
class BlankSheet:
    """What is written: a line for each row to check.

    Attributes
    ----------
    rows : list of int
        Row numbers, counted from 0.
    given : list
        The label given of each.
    classes : list
        The labels that a verdict may be.
    said : dict of str to list
        What models say of each row: "suggested_label" (None for none),
        "label_quality", "sampling_probability". Empty where it is hidden.
    values : dict of str to list of str
        The values of each row by column.
    """

    rows: list
    given: list
    classes: list
    said: dict = field(default_factory=dict)
    values: dict = field(default_factory=dict)


@dataclass(frozen=True)
class SheetRow:
    """One line that was read back: its place, its row, the texts of its labels."""

    line: int
    row: int
    given: str
    verdict: str


def row_values(X, rows, columns=None):
    """Return the values of some rows as text, by column; none where rows are arrays.

    Parameters
    ----------
    X : array-like, frame or sequence of n_samples rows
        A table, or texts.

    rows : ndarray of int of shape (n_rows,)
        Row numbers.

    columns : list, default=None
        Names or numbers of the columns. If None, the first 30.

    Returns
    -------
    dict of str to list of str
        Empty for images and other rows that are neither texts nor values.

    Raises
    ------
    ValueError
        If there is no such column.
    """
    if X is None or (columns is not None and not len(columns)):
        return {}
    part = _safe_indexing(X, rows)
    names = getattr(part, "columns", None)
    if names is None and len(rows) and all(isinstance(value, str) for value in part):
        return {"text": [_cell(value) for value in part]}
    table = part.to_numpy() if names is not None else _as_table(part)
    if table is None:
        return {}
    names = list(range(table.shape[1]) if names is None else names)
    chosen = names[:MOST_COLUMNS] if columns is None else list(columns)
    unknown = [name for name in chosen if name not in names]
    if unknown:
        raise ValueError(
            f"columns expected names among {names[:20]}, but got {unknown}. Leave "
            "columns out for the first ones."
        )
    cells = [list(map(_cell, table[:, names.index(name)])) for name in chosen]
    if not hasattr(part, "columns"):
        chosen = [f"column {number}" for number in chosen]
    return _distinct(zip(chosen, cells, strict=True))


def _as_table(part):
    """Return rows as a table of values; None for sparse rows, images and sequences."""
    if sparse.issparse(part):
        return None
    if not hasattr(part, "shape"):
        # As objects, since sequences of different lengths make no array of numbers.
        lengths = {len(row) if isinstance(row, list | tuple) else 0 for row in part}
        part = np.array(part, dtype=object) if len(lengths) == 1 else np.empty(0)
    return np.asarray(part) if len(part.shape) == 2 else None


def _cell(value):
    """Return a value as text, "" for a missing one."""
    if value is None or value != value:
        return ""
    if isinstance(value, float | np.floating):
        return f"{value:.6g}"
    text = inert(str(value), kept="\n\t")
    return text if len(text) <= MOST_CHARACTERS else f"{text[:MOST_CHARACTERS]}…"


def _distinct(values):
    """Return columns under names that a sheet does not use for something else."""
    taken = {*NEEDED, "suggested_label", "label_quality", "sampling_probability"}
    found = {}
    for name, cells in values:
        text = inert(str(name), kept="")
        while text.strip() in taken:
            text = f"{text} (column)"
        taken.add(text.strip())
        found[text] = cells
    return found


def sheet_of_report(report, n_rows=None, *, hide_suggestion=False):
    """Return the most suspicious rows of an audit as a sheet to check.

    Parameters
    ----------
    report : AuditReport
        What was found.

    n_rows : int, default=None
        Number of rows. None means ``n_to_check``, and 20 at least.

    hide_suggestion : bool, default=False
        Whether to leave out what the audit says of them.

    Returns
    -------
    BlankSheet
        The sheet; rows that were checked before are left out.
    """
    n_rows = max(report.n_to_check, 20) if n_rows is None else n_rows
    few = np.flatnonzero(~report.trusted)[:n_rows]
    rows = report.rows[few]
    said = {
        "suggested_label": report.suggested[few].tolist(),
        "label_quality": report.quality[few].tolist(),
    }
    return BlankSheet(
        rows.tolist(),
        report.given[few].tolist(),
        report.classes.tolist(),
        {} if hide_suggestion else said,
        row_values(report.data if hasattr(report.data, "columns") else None, rows),
    )


def write_sheet(path, sheet):
    """Write a blank sheet in the format that the ending of the path names.

    Parameters
    ----------
    path : str or Path
        Where to write, all or nothing.

    sheet : BlankSheet
        The lines.

    Raises
    ------
    ValueError
        If the ending names no format, or a file stands there that holds verdicts or
        is no sheet.
    ImportError
        If the format needs a library that is not installed.
    """
    form = check_sheet(path)
    form.write(Path(path), sheet)


def check_sheet(path):
    """Return the format that the ending of a path names, once it can be written.

    Raises ValueError if there is none, or if the file that stands there is no sheet or
    holds verdicts.
    """
    form = FORMATS.get(Path(path).suffix.lower())
    if form is None:
        raise ValueError(
            f"{path} has no ending that says what to write. Expected .csv, .xlsx for "
            "Excel, or .json for Label Studio."
        )
    if Path(path).exists() and not _is_blank(path):
        raise ValueError(
            f"{path} exists and holds verdicts, or is no list of a review. Read the "
            "verdicts first, or pass another name."
        )
    return form


def _is_blank(path):
    """Whether a file is a sheet without a verdict."""
    try:
        return not any(line.verdict for line in read_sheet(path))
    except (ValueError, ImportError, OSError):
        return False


def read_sheet(path):
    """Read the lines back, in any order of lines and columns.

    Parameters
    ----------
    path : str or Path
        A sheet in any of the formats; its first bytes say in which.

    Returns
    -------
    list of SheetRow
        The lines, filled in or not.

    Raises
    ------
    ValueError
        If it cannot be read, or lacks a column.
    """
    data = Path(path).read_bytes()
    form = next(form for form in reversed(FORMATS.values()) if form.fits(data))
    header, lines = form.read(data, path)
    missing = set(NEEDED) - set(header)
    if missing:
        raise ValueError(
            f"{path} expected the columns row, given_label and verdict, but its "
            f"first line lacks {', '.join(sorted(missing))}. Fill in the sheet that "
            "was written, and keep its header."
        )
    return [_read_line(cells, header, at, path) for at, cells in lines]


def _read_line(cells, header, line, path):
    """Return one line, or say what is wrong with it."""
    # Excel leaves out separators behind the last cell of a line, or adds some.
    n_values = len(header)
    if len(cells) > n_values and not "".join(cells[n_values:]).strip():
        cells = cells[:n_values]
    places = [header.index(name) for name in NEEDED]
    if len(cells) > n_values or len(cells) <= max(places[:2]):
        raise ValueError(
            f"{path}, line {line}: expected {n_values} values as in the header, but "
            f"got {len(cells)}. Look for a missing or unquoted separator."
        )
    cells = cells + [""] * (n_values - len(cells))
    row, given, verdict = (cells[place] for place in places)
    if not row.strip().isdecimal():
        raise ValueError(
            f"{path}, line {line}: expected the number of a row, but got {row!r}. "
            "Leave the column row as it was written."
        )
    return SheetRow(line, int(row), given, verdict if verdict.strip() else "")


def read_filled(path, asked, classes):
    """Return row numbers and verdicts that were filled in.

    ``asked`` has the label given of each row that was asked about; a line that belongs
    to another row or another label, or a verdict that is no class, is an error.
    """
    filled = [line for line in read_sheet(path) if line.verdict]
    read = label_reader(classes)
    for line in filled:
        _check_origin(line, asked, read, path)
    labels = [read(line.verdict) for line in filled]
    for line, label in zip(filled, labels, strict=True):
        if label is None:
            shown = f"{classes[:20]}" if len(classes) <= 20 else f"{classes[:20]} ..."
            raise ValueError(
                f"{path}, line {line.line}: expected a verdict among the classes "
                f"{shown}, or nothing, but got {line.verdict!r}. Leave it empty if "
                "the row belongs to none of them."
            )
    return [line.row for line in filled], labels


def _check_origin(line, asked, read, path):
    """Refuse a line that does not belong to this review."""
    if line.row not in asked:
        raise ValueError(
            f"{path}, line {line.line}: row {line.row} was not asked about, or is none "
            "of these data. Remove the line, or read the sheet that was written for "
            "them."
        )
    if read(line.given) != asked[line.row]:
        raise ValueError(
            f"{path}, line {line.line}: expected the label {asked[line.row]!r} for row "
            f"{line.row}, but the file says {line.given!r}. Read the file that was "
            "written for these data. If a spreadsheet has changed the label, import "
            "the label columns as text. If letters were lost: save it as "
            f"{_sheet_csv.UTF_8}."
        )
