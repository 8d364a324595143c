"""Labels in a sheet: how they are written, and which class a text means."""

import re
from collections import Counter

from sknoisy.report._safe_text import inert

MARK = "'"
# OWASP, "CSV Injection": a cell that begins with one of these may be carried out, and a
# separator inside a label begins a new cell where the file is split by another one.
# The last four are the full-width forms; the mark itself is there to be told apart.
FORMULA = re.compile(
    r"(^|[;,\t\r\n])(?=[^\S\t\r\n]*[=+\-@'\t\r\n\uff1d\uff0b\uff0d\uff20])"
)
# What a spreadsheet keeps as a number; Python also takes "1_0", "inf" and "nan".
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


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


def printable(label):
    """Return a label as safe text without control characters, which Excel refuses."""
    return inert(safe_text(label), kept="\n\t")


def label_of(text, classes):
    """Return the class that a text means, or None, see :func:`label_reader`."""
    return label_reader(classes)(text)


def label_reader(classes):
    """Return a function that takes a text and returns the class it means, or None.

    That is the one whose text it is, as it was written; else the only one that agrees
    after what happens on the way: control characters spelled out, blanks at the ends
    lost or added, 1 for 1.0, TRUE for True, UTF-8 that was taken for cp1252.
    """
    tables = []
    for write, read in SPELLINGS:
        written = [write(label) for label in classes]
        times = Counter(written)
        alone = {
            text: label
            for text, label in zip(written, classes, strict=True)
            if times[text] == 1
        }
        tables.append((alone, read))

    def read_label(text):
        for alone, read in tables:
            wanted = read(text)
            if wanted is not None and wanted in alone:
                return alone[wanted]
        return None

    return read_label


def _number(text):
    text = str(text)
    return float(text) if NUMBER.fullmatch(text.strip()) else None


def _mended(text):
    try:
        return text.encode("cp1252").decode("utf-8")
    except UnicodeError:
        return None


# How a label may have been written, and what a text then reads as.
SPELLINGS = [
    (safe_text, str),
    (printable, str),
    (str, str),
    (lambda label: str(label).strip(), str.strip),
    (lambda label: str(label).casefold(), str.casefold),
    (_number, _number),
    (safe_text, _mended),
]
