"""The list of rows to check as a table that people fill in, by hand or in Excel."""

import codecs
import csv
import io
import re
from dataclasses import dataclass
from pathlib import Path

# What is read back from a sheet; the rest is there for those who fill it in.
NEEDED = ("row", "given_label", "verdict")
SHOWN = ("suggested_label", "label_quality", "sampling_probability")
HEADER = (*NEEDED[:2], *SHOWN, NEEDED[2])
MARK = "'"
# OWASP, "CSV Injection": a cell that begins with one of these may be carried out, and a
# separator inside a label begins a new cell where the file is split by another one.
# The last four are the full-width forms; the mark itself is there to be told apart.
FORMULA = re.compile(
    r"(^|[;,\t\r\n])(?=[^\S\t\r\n]*[=+\-@'\t\r\n\uff1d\uff0b\uff0d\uff20])"
)
# What a spreadsheet keeps as a number; Python also takes "1_0", "inf" and "nan".
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
BOMS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
# First bytes of workbooks: ZIP archives (.xlsx, .ods) and compound files (.xls).
WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
SAVE_AS = 'Save it as "CSV UTF-8", or with UTF-8 as the encoding'


@dataclass(frozen=True)
class SheetRow:
    """One line that was read back: its place, its row, the texts of its labels."""

    line: int
    row: int
    given: str
    verdict: str


def safe_text(label):
    """Return a label as text that no spreadsheet carries out.

    What begins like a formula or with the mark itself, and a label without anything to
    see, which would read as no verdict, get the mark in front; numbers are left alone.
    """
    text = str(label)
    if NUMBER.fullmatch(text):
        return text
    marked = FORMULA.sub(rf"\1{MARK}", text)
    return marked if marked.strip() else MARK + marked


def write_sheet(path, lines):
    """Write the lines to check, with an empty column for the verdicts.

    ``lines`` has row, given label, suggested label (None for none), quality and
    probability of each line. The file is moved into place once it is whole.
    """
    text = io.StringIO(newline="")
    # With "\r\n" as the end of lines both characters are quoted inside labels.
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(HEADER)
    for row, given, suggested, quality, proba in lines:
        suggested = "" if suggested is None else safe_text(suggested)
        numbers = f"{quality:.6f}", f"{proba:.6g}"
        writer.writerow([row, safe_text(given), suggested, *numbers, ""])
    path = Path(path)
    part = path.with_name(f"{path.name}.part")
    try:
        part.write_bytes(text.getvalue().encode("utf-8"))
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def read_sheet(path):
    """Read the lines back, in any order of lines and columns.

    Commas, semicolons or tabs, a first line ``sep=;``, further columns, and UTF-8,
    UTF-16 or cp1252 do not matter.
    """
    text = _decoded(path)
    named = re.match(r'"?sep=(.)"?[;,\t]*(\r\n|\r|\n)', text, re.IGNORECASE)
    start = named.end() if named else 0
    first = re.match(r"[^\r\n]*", text[start:])[0]
    separator = named[1] if named else max(",;\t", key=first.count)
    # Not by csv.Sniffer, which guesses wrong where labels hold other separators.
    reader = csv.reader(io.StringIO(text[start:], newline=""), delimiter=separator)
    try:
        fields = [(reader.line_num + bool(named), line) for line in reader]
    except csv.Error as error:
        raise ValueError(
            f"{path}, line {reader.line_num + bool(named)}: expected a line of a "
            f"table, but got {error}. Shorten the text of this line, or mend its "
            "quotation marks."
        ) from error
    header = [name.strip() for name in fields[0][1]] if fields else []
    missing = set(NEEDED) - set(header)
    if missing:
        raise ValueError(
            f"{path} expected the columns row, given_label and verdict, but its "
            f"first line lacks {', '.join(sorted(missing))}. Fill in the file that "
            "to_csv has written, and keep its header."
        )
    found = [(at, line) for at, line in fields[1:] if "".join(line).strip()]
    return [_read_line(line, header, at, path) for at, line in found]


def _decoded(path):
    """Return the text of a file in one of the encodings that spreadsheets write."""
    data = Path(path).read_bytes()
    if data.startswith(WORKBOOKS):
        raise ValueError(
            f"{path} expected a table as text, but it is a workbook. {SAVE_AS}."
        )
    encoding = next((BOMS[bom] for bom in BOMS if data.startswith(bom)), "utf-8")
    if b"\0" in data[:4] and encoding == "utf-8":
        encoding = "utf-16-be" if data.startswith(b"\0") else "utf-16-le"
    # Excel's plain "CSV" is in the code page of the country: cp1252 in Western Europe.
    for name in (encoding, "cp1252") if encoding == "utf-8" else (encoding,):
        try:
            return data.decode(name)
        except UnicodeDecodeError as error:
            problem = error
    raise ValueError(
        f"{path} expected text encoded as UTF-8, UTF-16 or cp1252, but byte "
        f"{problem.start} fits none of them. {SAVE_AS}."
    )


def _read_line(fields, header, line, path):
    """Return one line, or say what is wrong with it."""
    # Excel leaves out separators behind the last cell of a line, or adds some.
    n_values = len(header)
    if len(fields) > n_values and not "".join(fields[n_values:]).strip():
        fields = fields[:n_values]
    places = [header.index(name) for name in NEEDED]
    if len(fields) > n_values or len(fields) <= max(places[:2]):
        raise ValueError(
            f"{path}, line {line}: expected {n_values} values as in the header, but "
            f"got {len(fields)}. Look for a missing or unquoted separator."
        )
    fields = fields + [""] * (n_values - len(fields))
    row, given, verdict = (fields[place] for place in places)
    if not row.strip().isdecimal():
        raise ValueError(
            f"{path}, line {line}: expected the number of a row, but got {row!r}. "
            "Leave the column row as it was written."
        )
    return SheetRow(line, int(row), given, verdict if verdict.strip() else "")


def label_of(text, classes):
    """Return the class that a text means, or None.

    That is the one whose text it is, as it was written; else the only one that agrees
    after what happens on the way: blanks at the ends lost or added, 1 for 1.0, TRUE for
    True, UTF-8 that was taken for cp1252.
    """
    for spell in (safe_text, str, str.strip, str.casefold, _number, _mended):
        found = [label for label in classes if _same(spell, label, text)]
        if len(found) == 1:
            return found[0]
    return None


def _same(spell, label, text):
    """Whether a label and a text are the same, spelt in some way."""
    if spell is safe_text:
        return safe_text(label) == text
    if spell is _mended:
        return safe_text(label) == _mended(text)
    written = spell(str(label))
    return written is not None and written == spell(text)


def _number(text):
    return float(text) if NUMBER.fullmatch(text.strip()) else None


def _mended(text):
    try:
        return text.encode("cp1252").decode("utf-8")
    except UnicodeError:
        return None


def read_filled(path, asked, classes):
    """Return row numbers and verdicts that were filled in.

    ``asked`` has the label given of each row that was asked about; a line that belongs
    to another row or another label, or a verdict that is no class, is an error.
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
            "written for these data. If a spreadsheet has changed the label, import "
            f"the label columns as text. If letters were lost: {SAVE_AS[0].lower()}"
            f"{SAVE_AS[1:]}."
        )


def check_replaceable(path):
    """Refuse to write over anything but a list that is still empty."""
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
