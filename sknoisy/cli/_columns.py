"""What is in each column: numbers, dates, categories, texts, or nothing of use.

The kinds are read off the values alone, never off the labels, with one exception: a
column that repeats the label under other names is left out, since a model that sees it
agrees with every label, right or wrong.
"""

import re
import warnings
from dataclasses import dataclass

import numpy as np

from sknoisy.cli._errors import need

KINDS = ("number", "date", "category", "text")

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
    """

    name: str
    kind: str
    values: object = None
    reason: str = ""


def read_columns(frame, codes):
    """Tell what is in each column.

    Parameters
    ----------
    frame : DataFrame of shape (n_rows, n_columns)
        The features as read.

    codes : ndarray of shape (n_rows,)
        Integer codes of the labels, to notice columns that repeat them.

    Returns
    -------
    list of Column
        In the order of the frame.
    """
    frame = frame.reset_index(drop=True)
    return [
        _read_column(str(name), frame.iloc[:, position], codes)
        for position, name in enumerate(frame.columns)
    ]


def _read_column(name, values, codes):
    """Tell what is in one column."""
    reason = _reason_against(values, codes)
    if reason:
        return Column(name, "unused", reason=reason)
    numbers = _as_numbers(values)
    if numbers is not None:
        if _counts_rows(numbers):
            return Column(name, "unused", reason="numbers the rows")
        return Column(name, "number", numbers)
    dates = _as_dates(values)
    if dates is not None:
        return Column(name, "date", dates)
    return _read_strings(name, values)


def _reason_against(values, codes):
    """Return why nothing can be learnt from a column, "" if something can."""
    if values.dtype == object and values.map(lambda v: isinstance(v, _NESTED)).any():
        return "holds nested or binary values"
    n_distinct = values.nunique()
    if n_distinct == 0:
        return "is empty"
    if n_distinct == 1 and values.notna().all():
        return "holds one value only"
    if _repeats_labels(values, codes):
        return "repeats the label under other names"
    return ""


def _repeats_labels(values, codes):
    """Whether values and labels stand one to one."""
    if values.isna().any():
        return False
    n_classes = codes.max() + 1
    positions, distinct = need("pandas").factorize(values)
    if len(distinct) != n_classes or len(codes) < 2 * n_classes:
        return False
    return len(np.unique(positions * n_classes + codes)) == n_classes


def _as_numbers(values):
    """Return the values as floats, None where they are not numbers."""
    kind = values.dtype.kind
    if kind == "m":
        numbers = values.dt.total_seconds()
    elif kind in "biuf":
        numbers = values.astype("Float64").astype(float)
    elif _is_stringlike(values):
        pd = need("pandas")
        numbers = pd.to_numeric(values.astype(object), errors="coerce").astype(float)
        unread = values[numbers.isna() & values.notna()].astype(str)
        known = unread.str.strip().str.casefold().isin(GAPS)
        if (~known).sum() > (1 - MOSTLY) * values.count() or numbers.isna().all():
            return None
    else:
        return None
    # Squares of larger numbers would overflow.
    return numbers.where(np.isfinite(numbers)).clip(-_LARGEST, _LARGEST)


def _counts_rows(numbers):
    """Whether the numbers count the rows, in whatever order."""
    if len(numbers) < _ROWS_OF_COUNTER or numbers.nunique() < len(numbers):
        return False
    whole = (numbers == np.floor(numbers)).all()
    return bool(whole and numbers.max() - numbers.min() == len(numbers) - 1)


def _as_dates(values):
    """Return the values as times without zone, None where they are not dates."""
    if values.dtype.kind == "M":
        return need("pandas").to_datetime(values, utc=True).dt.tz_localize(None)
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
    strings = values.astype(object).where(values.notna(), "").astype(str)
    present = strings[values.notna()]
    n_distinct = present.nunique()
    n_words = 1 + present.str.strip().str.count(r"\s+")
    if n_distinct == len(values) and n_words.max() == 1:
        return Column(name, "unused", reason="names each row")
    short = n_words.mean() <= _MAX_WORDS_OF_CATEGORY or n_distinct <= len(present) / 10
    kind = "category" if n_distinct <= _MAX_CATEGORIES and short else "text"
    return Column(name, kind, strings)


def _is_stringlike(values):
    """Whether the values are strings, objects or categories, by their dtype."""
    return values.dtype.kind == "O"
