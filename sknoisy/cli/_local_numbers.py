"""Numbers as other countries write them: 1.234,5 or 1 234,5 or 1,234.5.

pandas reads a column such as ``0,5`` as text. A column by itself may leave open what a
comma means, as in ``1,234``; then the other columns of the file, and what separates
its values, decide.
"""

import re
from dataclasses import dataclass

from sknoisy.report._columns import GAPS, MOSTLY
from sknoisy.report._errors import need

_EXPONENT = r"(?:[eE][+-]?\d+)?"
# A blank or an apostrophe between digits of which three follow separates thousands.
_BLANK_THOUSANDS = re.compile(r"(?<=\d)[\s'\u2019](?=\d{3})")
# Columns of free text are told from columns of numbers by their first values.
_FIRST_VALUES = 50


@dataclass(frozen=True)
class _Style:
    """How numbers are written: sign of the fraction and sign of the thousands."""

    decimal: str
    thousands: str

    @property
    def pattern(self):
        """The expression that a number in this style matches in full."""
        whole = rf"(?:\d+|\d{{1,3}}(?:{re.escape(self.thousands)}\d{{3}})+)"
        fraction = rf"{re.escape(self.decimal)}\d+"
        return rf"[+-]?(?:{whole}(?:{fraction})?|{fraction}){_EXPONENT}"


_COMMA, _POINT = _Style(",", "."), _Style(".", ",")


def read_local_numbers(frame, separator, read_as_text):
    """Turn columns of locally written numbers into columns of floats.

    Parameters
    ----------
    frame : DataFrame of shape (n_rows, n_columns)
        The columns as pandas reads them; it is changed in place.

    separator : str
        What stands between the values of the file.

    read_as_text : callable
        Returns the same frame with all values as text.

    Returns
    -------
    list of str
        What the user should know about it: names of columns and how they were read.
    """
    texts = {
        number: frame.iloc[:, number]
        for number, dtype in enumerate(frame.dtypes)
        if dtype.kind == "O"
    }
    readings = {
        number: (_read(values, _COMMA), _read(values, _POINT))
        for number, values in texts.items()
    }
    readings = {k: pair for k, pair in readings.items() if _any_read(pair)}
    if not readings:
        return []
    with_comma = _uses_decimal_comma(frame, readings, separator) and any(
        texts[number].dropna().map(lambda text: "," in text).any()
        for number in readings
    )
    read = {}
    for number, (comma, point) in readings.items():
        preferred = (comma, point) if with_comma else (point, comma)
        read[number] = preferred[0] if preferred[0] is not None else preferred[1]
    if with_comma:
        read |= _thousands_read_as_fractions(frame, read_as_text)
    names = [str(frame.columns[number]) for number in sorted(read)]
    for number, values in read.items():
        frame.isetitem(number, values)
    what = "decimal commas" if with_comma else "commas or blanks between thousands"
    return [(f"numbers with {what}", names)]


def _any_read(pair):
    return any(reading is not None for reading in pair)


def _uses_decimal_comma(frame, readings, separator):
    """Whether commas in the numbers of this file stand before the fraction."""
    only_comma = any(point is None for _, point in readings.values())
    only_point = any(comma is None for comma, _ in readings.values())
    if only_comma or only_point:
        return only_comma
    with_points = any(
        dtype.kind == "f" and (frame.iloc[:, number].dropna() % 1 != 0).any()
        for number, dtype in enumerate(frame.dtypes)
    )
    return separator != "," and not with_points


def _read(values, style):
    """Return a column of text as floats, None where it is not numbers of this style."""
    present = values.dropna().astype(object).map(str)
    for part in (present.iloc[:_FIRST_VALUES], present):
        numbers = _parse(part, style)
        if numbers is None:
            return None
    return numbers.reindex(values.index)


def _parse(present, style):
    """Return texts as floats, None unless nearly all of them are numbers."""
    texts = present.map(lambda text: _BLANK_THOUSANDS.sub("", text.strip()))
    fits = texts.map(re.compile(style.pattern, re.ASCII).fullmatch).notna()
    gaps = present.map(lambda text: text.strip().casefold() in GAPS)
    if not fits.any() or (~fits & ~gaps.astype(bool)).sum() > (1 - MOSTLY) * len(texts):
        return None
    plain = texts[fits].map(
        lambda text: text.replace(style.thousands, "").replace(style.decimal, ".")
    )
    return need("pandas").to_numeric(plain).astype(float)


def _thousands_read_as_fractions(frame, read_as_text):
    """Return the columns in which 1.234 means a thousand and more."""
    found = {}
    suspects = [
        number for number, dtype in enumerate(frame.dtypes) if dtype.kind == "f"
    ]
    if not suspects:
        return found
    texts = read_as_text()
    for number in suspects:
        values = texts.iloc[:, number]
        has_points = values.dropna().map(lambda text: "." in text).any()
        numbers = _read(values, _COMMA) if has_points else None
        if numbers is not None and numbers.count() == values.count():
            found[number] = numbers
    return found
