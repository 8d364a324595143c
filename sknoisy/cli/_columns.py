"""What is in each column: number, date, category, text, or nothing of use.

The kinds are read off the values alone, never off the labels, with one exception: a
column that repeats the label under other names is left out, since a model that sees it
agrees with every label, right or wrong.
"""

import re
import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd

# A column of strings is taken for numbers or dates when this share of them reads so.
_MOSTLY = 0.95
_MAX_CATEGORIES = 40
_DATE_SAMPLE = 50
_DATE_PATTERN = re.compile(
    r"(?<!\d)\d{4}(?!\d)|\d{1,2}[-/.]\d{1,2}[-/.]\d{2}|[A-Za-z]{3,} \d"
)
_MISSING_WORDS = frozenset({"", "?", "-", ".", "na", "n/a", "nan", "null", "none"})


@dataclass(frozen=True)
class Column:
    """A column as the model will see it.

    Attributes
    ----------
    name : str
        Its name in the file.
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
    """Return one :class:`Column` per column of the frame.

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
    return [
        _read_column(str(name), frame.iloc[:, position], codes)
        for position, name in enumerate(frame.columns)
    ]


def _read_column(name, values, codes):
    """Decide what one column is."""
    values = values.reset_index(drop=True)
    if _is_nested(values):
        return Column(name, "unused", reason="holds nested or binary values")
    n_distinct = values.nunique()
    if n_distinct == 0:
        return Column(name, "unused", reason="is empty")
    if n_distinct == 1 and values.notna().all():
        return Column(name, "unused", reason="holds one value only")
    if _repeats_labels(values, codes):
        return Column(name, "unused", reason="repeats the label under other names")
    for kind, read in (("number", _as_numbers), ("date", _as_dates)):
        converted = read(values)
        if converted is not None:
            if kind == "number" and _is_row_number(converted):
                return Column(name, "unused", reason="numbers the rows")
            return Column(name, kind, converted)
    return _read_strings(name, values, n_distinct)


def _read_strings(name, values, n_distinct):
    """Tell categories from texts and from identifiers."""
    strings = values.astype(object).where(values.notna(), None)
    present = strings.dropna().astype(str)
    has_words = present.str.contains(r"\s", regex=True)
    if n_distinct == len(present) and len(present) > 2 and not has_words.any():
        return Column(name, "unused", reason="names each row (an identifier)")
    words = 1 + present.str.count(r"\s+").mean()
    few = n_distinct <= _MAX_CATEGORIES
    if few and (words <= 4 or n_distinct <= len(present) / 10):
        return Column(name, "category", strings.fillna("").astype(str))
    return Column(name, "text", strings.fillna("").astype(str))


def _as_numbers(values):
    """Return the values as floats, None where they are not numbers."""
    if pd.api.types.is_timedelta64_dtype(values):
        return values.dt.total_seconds()
    if pd.api.types.is_bool_dtype(values) or pd.api.types.is_numeric_dtype(values):
        numbers = pd.Series(values.to_numpy(dtype=float, na_value=np.nan))
    elif _is_stringlike(values):
        numbers = pd.to_numeric(values.astype(object), errors="coerce").astype(float)
        unread = values[numbers.isna() & values.notna()].astype(str).str.strip()
        known_gaps = unread.str.lower().isin(_MISSING_WORDS)
        if (~known_gaps).sum() > (1 - _MOSTLY) * len(values) or not numbers.count():
            return None
    else:
        return None
    return numbers.where(np.isfinite(numbers))


def _as_dates(values):
    """Return the values as times without zone, None where they are not dates."""
    if pd.api.types.is_datetime64_any_dtype(values):
        return _without_zone(pd.to_datetime(values, utc=True))
    if not _is_stringlike(values):
        return None
    present = values.dropna().astype(str)
    sample = present.iloc[:: max(1, len(present) // _DATE_SAMPLE)]
    if not sample.str.contains(_DATE_PATTERN).all():
        return None
    if _parse_dates(sample).notna().mean() < _MOSTLY:
        return None
    dates = _parse_dates(values)
    enough = dates.notna().sum() >= _MOSTLY * len(present)
    return _without_zone(dates) if enough else None


def _parse_dates(values):
    """Read dates month first or day first, whichever reads more of them."""
    with warnings.catch_warnings():
        # pandas tells that the format differs between rows, which is handled here.
        warnings.simplefilter("ignore")
        readings = [
            pd.to_datetime(
                values.astype(object), errors="coerce", dayfirst=dayfirst, utc=True
            )
            for dayfirst in (False, True)
        ]
    return max(readings, key=lambda dates: dates.notna().sum())


def _without_zone(dates):
    """Drop the time zone, which the arithmetic below does not need."""
    return dates.dt.tz_localize(None)


def _is_stringlike(values):
    """Whether the dtype is strings, objects or categories."""
    return (
        pd.api.types.is_object_dtype(values)
        or pd.api.types.is_string_dtype(values)
        or isinstance(values.dtype, pd.CategoricalDtype)
    )


def _is_nested(values):
    """Whether some value is a list, an array, a mapping or bytes."""
    if not pd.api.types.is_object_dtype(values):
        return False
    nested = (list, tuple, dict, set, bytes, np.ndarray)
    return values.map(lambda value: isinstance(value, nested)).any()


def _is_row_number(numbers):
    """Whether the numbers count the rows, in whatever order."""
    if len(numbers) < 10 or numbers.isna().any() or numbers.nunique() < len(numbers):
        return False
    whole = (numbers == np.floor(numbers)).all()
    return bool(whole) and numbers.max() - numbers.min() == len(numbers) - 1


def _repeats_labels(values, codes):
    """Whether the values and the labels stand one to one."""
    if values.isna().any():
        return False
    positions, distinct = pd.factorize(values)
    n_classes = codes.max() + 1
    if len(distinct) != n_classes or len(codes) < 2 * n_classes:
        return False
    return len(set(zip(positions.tolist(), codes.tolist(), strict=True))) == n_classes
