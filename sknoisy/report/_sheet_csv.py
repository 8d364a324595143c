"""A sheet as CSV, as people and spreadsheets write it."""

import codecs
import csv
import io
import re

from sknoisy.report._files import replacing
from sknoisy.report._sheet_labels import safe_text

BOMS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
UTF_8 = '"CSV UTF-8", or with UTF-8 as the encoding'
SAVE_AS = f"Save it as {UTF_8}"
NUMBERS = {"label_quality": ".6f", "sampling_probability": ".6g"}


def fits(data):
    """Whether a file may be of this format: any may that is of no other."""
    return True


def write(path, sheet):
    """Write the lines to check, with an empty column for the verdicts."""
    header, lines = texts_of(sheet)
    with replacing(path) as file:
        # With "\r\n" as the end of lines both characters are quoted inside labels.
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow(header)
        writer.writerows(lines)


def texts_of(sheet, label=safe_text):
    """Return header and lines of a sheet as text; ``label`` writes labels and values.

    Parameters
    ----------
    sheet : BlankSheet
        The sheet.

    label : callable
        How labels and values are written.

    Returns
    -------
    header : list of str
        Names of the columns.

    lines : list of list of str
        Their cells.
    """
    header = ["row", "given_label", *sheet.said, *map(label, sheet.values), "verdict"]
    columns = [map(str, sheet.rows), map(label, sheet.given)]
    for name, cells in sheet.said.items():
        columns.append([_said(name, cell, label) for cell in cells])
    columns += [
        [label(cell) if cell else "" for cell in c] for c in sheet.values.values()
    ]
    columns.append([""] * len(sheet.rows))
    return header, [list(line) for line in zip(*columns, strict=True)]


def _said(name, cell, label):
    if name in NUMBERS:
        return format(cell, NUMBERS[name])
    return "" if cell is None else label(cell)


def read(data, path):
    """Return header and numbered lines, each a list of texts.

    Commas, semicolons or tabs, a first line ``sep=;``, further columns, and UTF-8,
    UTF-16 or cp1252 do not matter.
    """
    text = _decoded(data, path)
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
    return header, [(at, line) for at, line in fields[1:] if "".join(line).strip()]


def _decoded(data, path):
    """Return the text of a file in one of the encodings that spreadsheets write."""
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
