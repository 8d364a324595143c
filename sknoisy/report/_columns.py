"""What is in each column: numbers, dates, categories, texts, or nothing of use.

The kinds are read off the values alone, never off the labels, with one exception: a
column each value of which has one label only is left out, since a model that sees it
agrees with every label, right or wrong.
"""

import re
import warnings
from dataclasses import dataclass, replace

import numpy as np

from sknoisy.report._errors import need

KINDS = ("number", "date", "category", "text")
# Why columns are unused.
EMPTY, ONE_VALUE = "is empty", "holds one value only"
NUMBERS, NAMES = "numbers the rows", "names each row"
REPEATS = "repeats the label under other names"
GIVES_AWAY = "gives the label away: each of its values has one label only"

# A column of strings is taken for numbers or dates when this share of them reads so.
MOSTLY = 0.95
# The square of a number of this size still is a float.
_LARGEST = 1e100
# Strings are categories where so few are distinct and they are so short on average;
# others are texts. Of fewer rows than these, whole numbers may follow each other by
# chance; so many values tell whether a column may hold dates. Rules of thumb.
_MAX_CATEGORIES = 40
_MAX_WORDS_OF_CATEGORY = 4
_ROWS_OF_COUNTER = 10
_DATE_SAMPLE = 50
# Rows a value at least, for values of one label each to be no chance. A rule of thumb.
_ROWS_PER_VALUE = 10
# A year, a date in numbers, or the name of a month: what every date has.
_DATE_PATTERN = re.compile(
    r"(?<!\d)\d{4}(?!\d)|\d{1,2}[-/.]\d{1,2}[-/.]\d{2}|[A-Za-z]{3,} \d"
)
# What stands for a missing number in exported tables.
GAPS = frozenset({"", "?", "-", ".", "na", "n/a", "nan", "null", "none"})
# Types of cells that hold several values or none that can be read.
_NESTED = (list, tuple, dict, set, bytes, np.ndarray)


@dataclass(frozen=True)
class Column:
    """A column as the models see it.

    Attributes
    ----------
    name : str
        Its name.
    kind : {"number", "date", "category", "text", "unused"}
        How it is treated.
    values : Series or None
        The values, converted; None for an unused column.
    reason : str
        Why the column is unused, else empty.
    share_missing : float
        Share of rows without a value.
    n_distinct : int
        Number of distinct values, 0 where cells cannot be compared.
    """

    name: str
    kind: str
    values: object = None
    reason: str = ""
    share_missing: float = 0.0
    n_distinct: int = 0


def read_columns(frame, codes=None):
    """Tell what is in each column.

    Parameters
    ----------
    frame : DataFrame of shape (n_rows, n_columns)
        The features as read.

    codes : ndarray of shape (n_rows,), default=None
        Integer codes of the labels, to notice columns that repeat them.

    Returns
    -------
    list of Column
        In the order of the frame.
    """
    frame = frame.reset_index(drop=True)
    columns = []
    for position, name in enumerate(frame.columns):
        values = frame.iloc[:, position]
        nested = _is_nested(values)
        known = {
            "share_missing": float(values.isna().mean()) if len(values) else 0.0,
            "n_distinct": 0 if nested else int(values.nunique()),
        }
        columns.append(replace(_read_column(str(name), values, codes, nested), **known))
    return columns


def convert(values, kind):
    """Return values of a column as those of a kind, missing where they are no such.

    Parameters
    ----------
    values : Series
        The values.

    kind : {"number", "date", "category", "text"}
        What the column was taken for.

    Returns
    -------
    Series
        Floats, times without zone, or strings.
    """
    if kind == "number":
        numbers = _to_floats(values)
        return numbers.where(np.isfinite(numbers)).clip(-_LARGEST, _LARGEST)
    if kind == "date":
        if values.dtype.kind == "M":
            return _without_zone(values)
        return _parse_dates(values).dt.tz_localize(None)
    return _strings(values)


def _is_nested(values):
    """Whether cells hold several values, or bytes."""
    if values.dtype != object:
        return False
    return bool(values.map(lambda cell: isinstance(cell, _NESTED)).any())


def _read_column(name, values, codes, nested):
    """Tell what is in one column."""
    reason = "holds nested or binary values" if nested else ""
    reason = reason or _reason_against(values, codes)
    if reason:
        return Column(name, "unused", reason=reason)
    numbers = _as_numbers(values)
    if numbers is not None:
        if _counts_rows(numbers):
            return Column(name, "unused", reason=NUMBERS)
        return Column(name, "number", numbers)
    dates = _as_dates(values)
    if dates is not None:
        return Column(name, "date", dates)
    return _read_strings(name, values)


def _reason_against(values, codes):
    """Return why nothing can be learnt from a column, "" if something can."""
    n_distinct = values.nunique()
    if n_distinct == 0:
        return EMPTY
    if n_distinct == 1 and values.notna().all():
        return ONE_VALUE
    return "" if codes is None else _gives_labels_away(values, codes)


def _gives_labels_away(values, codes):
    """Return how a column gives every label away, "" if it does not.

    That is where values and labels stand one to one, or many to one where each value
    occurs so often that this is no chance.
    """
    n_classes = codes.max() + 1
    positions, distinct = need("pandas").factorize(values, use_na_sentinel=False)
    n_pairs = len(np.unique(positions * n_classes + codes))
    if n_pairs > len(distinct) or len(codes) < 2 * n_classes:
        return ""
    if len(distinct) == n_classes and values.notna().all():
        return REPEATS
    often = len(codes) >= _ROWS_PER_VALUE * len(distinct)
    return GIVES_AWAY if often and len(distinct) > n_classes else ""


def _as_numbers(values):
    """Return the values as floats, None where they are not numbers."""
    if values.dtype.kind not in "mbiufO":
        return None
    numbers = _to_floats(values)
    if _is_stringlike(values):
        unread = values[numbers.isna() & values.notna()].astype(str)
        known = unread.str.strip().str.casefold().isin(GAPS)
        if (~known).sum() > (1 - MOSTLY) * values.count() or numbers.isna().all():
            return None
    # Squares of larger numbers would overflow.
    return numbers.where(np.isfinite(numbers)).clip(-_LARGEST, _LARGEST)


def _to_floats(values):
    """Return the values as floats, NaN where they are no numbers."""
    if values.dtype.kind == "m":
        return values.dt.total_seconds()
    if values.dtype.kind in "biuf":
        return values.astype("Float64").astype(float)
    to_numeric = need("pandas").to_numeric
    return to_numeric(values.astype(object), errors="coerce").astype(float)


def _counts_rows(numbers):
    """Whether the numbers count the rows, in whatever order."""
    if len(numbers) < _ROWS_OF_COUNTER or numbers.nunique() < len(numbers):
        return False
    whole = (numbers == np.floor(numbers)).all()
    # Rows that were left out leave gaps.
    span = numbers.max() - numbers.min() + 1
    return bool(whole and MOSTLY * span <= len(numbers))


def _as_dates(values):
    """Return the values as times without zone, None where they are not dates."""
    if values.dtype.kind == "M":
        return _without_zone(values)
    if not _is_stringlike(values):
        return None
    present = values.dropna().astype(str)
    sample = present.iloc[:: max(1, len(present) // _DATE_SAMPLE)]
    if not sample.str.contains(_DATE_PATTERN).all():
        return None
    for part in (sample, values):
        dates = _parse_dates(part)
        if dates.count() < MOSTLY * part.count():
            return None
    return dates.dt.tz_localize(None)


def _without_zone(values):
    """Return times of a time type without their zone."""
    return need("pandas").to_datetime(values, utc=True).dt.tz_localize(None)


def _parse_dates(values):
    """Read dates month first or day first, whichever reads more of them."""
    pd = need("pandas")
    with warnings.catch_warnings():
        # pandas warns that formats differ between rows; what is unread is counted.
        warnings.simplefilter("ignore")
        readings = [
            pd.to_datetime(
                values.astype(object), errors="coerce", dayfirst=day_first, utc=True
            )
            for day_first in (False, True)
        ]
    return max(readings, key=lambda dates: dates.count())


def _read_strings(name, values):
    """Tell categories from texts and from identifiers."""
    strings = _strings(values)
    present = strings[values.notna()]
    n_distinct = present.nunique()
    n_words = 1 + present.str.strip().str.count(r"\s+")
    if n_distinct == len(values) and n_words.max() == 1:
        return Column(name, "unused", reason=NAMES)
    short = n_words.mean() <= _MAX_WORDS_OF_CATEGORY or n_distinct <= len(present) / 10
    kind = "category" if n_distinct <= _MAX_CATEGORIES and short else "text"
    return Column(name, kind, strings)


def _strings(values):
    """Return the values as strings, "" where there is none."""
    return values.astype(object).where(values.notna(), "").astype(str)


def _is_stringlike(values):
    """Whether the values are strings, objects or categories, by their dtype."""
    return values.dtype.kind == "O"
