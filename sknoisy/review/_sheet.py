"""The list of rows to check as a table that people fill in."""

import csv
from dataclasses import dataclass
from pathlib import Path

HEADER = (
    "row",
    "given_label",
    "suggested_label",
    "label_quality",
    "sampling_probability",
    "verdict",
)
# A cell that begins with one of these may be carried out by a spreadsheet.
FORMULA = ("=", "+", "-", "@", "\t", "\r")
MARK = "'"


@dataclass(frozen=True)
class SheetRow:
    """One line that was read back.

    Attributes
    ----------
    line : int
        Number of the line in the file.
    row : int
        Number of the row in the data.
    given : str
        The label given, as it was written.
    verdict : str
        What was filled in; empty for no verdict.
    """

    line: int
    row: int
    given: str
    verdict: str


def safe_text(label):
    """Return a label as text that no spreadsheet carries out.

    Texts that begin like a formula, and those that begin with the mark itself, get the
    mark in front; numbers are left alone.
    """
    text = str(label)
    suspicious = text.startswith((*FORMULA, MARK))
    return MARK + text if suspicious and not _is_number(text) else text


def _is_number(text):
    try:
        float(text)
    except ValueError:
        return False
    return text == text.strip()


def write_sheet(path, lines):
    """Write the lines to check, with an empty column for the verdicts.

    Parameters
    ----------
    path : str or Path
        Where to write. What stands there is written over.

    lines : iterable of tuple
        Row, given label, suggested label, quality and probability of each line.
    """
    with Path(path).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(HEADER)
        for row, given, suggested, quality, proba in lines:
            shown = [safe_text(given), safe_text(suggested)]
            writer.writerow([row, *shown, f"{quality:.6f}", f"{proba:.6g}", ""])


def read_sheet(path):
    """Read the lines back, in any order of lines and columns.

    Parameters
    ----------
    path : str or Path
        File that was written by ``write_sheet`` and filled in. Commas or semicolons
        between the values, and further columns, do not matter.

    Returns
    -------
    list of SheetRow
        The lines.

    Raises
    ------
    ValueError
        If a column is missing, or a line has another number of values or no row.
    """
    with Path(path).open(encoding="utf-8-sig", newline="") as file:
        first = file.readline()
        file.seek(0)
        separator = max(",;\t", key=first.count)
        reader = csv.reader(file, delimiter=separator)
        header = [name.strip() for name in next(reader, [])]
        missing = {"row", "given_label", "verdict"} - set(header)
        if missing:
            raise ValueError(
                f"{path} expected the columns row, given_label and verdict, but its "
                f"first line lacks {', '.join(sorted(missing))}. Fill in the file that "
                "to_csv has written, and keep its header."
            )
        places = [header.index(name) for name in ("row", "given_label", "verdict")]
        return [
            _read_line(fields, places, header, reader.line_num, path)
            for fields in reader
            if any(field.strip() for field in fields)
        ]


def _read_line(fields, places, header, line, path):
    """Return one line, or say what is wrong with it."""
    if len(fields) != len(header):
        raise ValueError(
            f"{path}, line {line}: expected {len(header)} values as in the header, but "
            f"got {len(fields)}. Look for a missing or unquoted separator."
        )
    row, given, verdict = (fields[place].strip() for place in places)
    if not row.isdecimal():
        raise ValueError(
            f"{path}, line {line}: expected the number of a row, but got {row!r}. "
            "Leave the column row as it was written."
        )
    return SheetRow(line, int(row), given, verdict)


def label_of(text, classes):
    """Return the class that a text means, or None.

    Parameters
    ----------
    text : str
        As it stands in a sheet, not empty.

    classes : list
        Labels as Python objects.

    Returns
    -------
    object or None
        The class whose text it is, with or without the mark, whatever became of its
        number (1 for 1.0) or of its case (TRUE for True) in between.
    """
    for spell in (str, safe_text, str.casefold, _number):
        found = [label for label in classes if _same(spell, label, text)]
        if len(found) == 1:
            return found[0]
    return None


def _same(spell, label, text):
    """Whether a label and a text are the same, spelt in some way."""
    if spell is safe_text:
        return safe_text(label) == text
    written = spell(str(label))
    return written is not None and written == spell(text)


def _number(text):
    try:
        return float(text)
    except ValueError:
        return None


def read_filled(path, asked, classes):
    """Return the verdicts that were filled in.

    Parameters
    ----------
    path : str or Path
        File that was written by ``write_sheet``.

    asked : dict of int to object
        The label given of each row that was asked about.

    classes : list
        Labels as Python objects.

    Returns
    -------
    rows : list of int
        Row numbers.

    labels : list
        The verdicts, among the classes.

    Raises
    ------
    ValueError
        If a line belongs to another row or another label, or a verdict is no class.
    """
    filled = [line for line in read_sheet(path) if line.verdict]
    for line in filled:
        _check_origin(line, asked, classes, path)
    labels = [label_of(line.verdict, classes) for line in filled]
    for line, label in zip(filled, labels, strict=True):
        if label is None:
            raise ValueError(
                f"{path}, line {line.line}: expected a verdict among the classes "
                f"{classes}, or nothing, but got {line.verdict!r}. Leave it empty if "
                "the row belongs to none of them."
            )
    return [line.row for line in filled], labels


def _check_origin(line, asked, classes, path):
    """Refuse a line that does not belong to this review."""
    if line.row not in asked:
        raise ValueError(
            f"{path}, line {line.line}: row {line.row} was not asked about. Remove the "
            "line, or pass verdicts of your own choice to record."
        )
    if label_of(line.given, classes) != asked[line.row]:
        raise ValueError(
            f"{path}, line {line.line}: expected the label {asked[line.row]!r} for row "
            f"{line.row}, but the file says {line.given!r}. Read the file that was "
            "written for these data."
        )


def check_replaceable(path):
    """Refuse to write over anything but a list that is still empty.

    Parameters
    ----------
    path : str or Path
        Where to write.

    Raises
    ------
    ValueError
        If something else stands there.
    """
    if not Path(path).exists():
        return
    try:
        free = not any(line.verdict for line in read_sheet(path))
    except (ValueError, OSError):
        free = False
    if not free:
        raise ValueError(
            f"{path} exists and holds verdicts, or is no list of a review. Read the "
            "verdicts first, or pass another name."
        )
