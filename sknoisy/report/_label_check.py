"""Whether the labels are labels: classes that occur again and again."""

from collections import Counter

import numpy as np

from sknoisy._labels import encode_labels
from sknoisy._spelling import spelling_variants
from sknoisy.report._errors import AuditError, cut

# What spreadsheets, pandas and databases write where there is no value.
MISSING = frozenset({"", "na", "n/a", "#n/a", "nan", "null", "<na>"})
_SORTABLE = {str, int, float, bool}
# Classes are sometimes numbers. More distinct ones than these, and for whole numbers
# fewer rows for each, are a measurement: a rule of thumb without a benchmark.
_MAX_FRACTIONS = 20
_MAX_WHOLE_NUMBERS = 100
_ROWS_PER_WHOLE_NUMBER = 10
# Values are lists of tags where this share of the distinct ones holds a separator, most
# parts recur in other lists, and parts are so short. Rules of thumb.
_SEPARATORS = (",", ";", "|")
_LISTED_SHARE, _RECURRING_SHARE, _WORDS_OF_TAG = 0.3, 0.5, 3
# Said of labels and of columns that hold lists: what to do about them.
TAKE_TAGS = (
    "If they are lists of tags, turn these into one column of 0 and 1 per tag "
    "(pandas: column.str.get_dummies(sep)) and take that table to "
    "sknoisy.multilabel.MultilabelAudit."
)


def labelled_rows(labels):
    """Return which rows have a label.

    Parameters
    ----------
    labels : ndarray of object of shape (n_rows,)
        Labels as they stand in the table.

    Returns
    -------
    ndarray of bool of shape (n_rows,)
        False where the label is blank or one of the usual words for nothing.
    """
    labels = labels.tolist()
    present = {
        label: not isinstance(label, str) or label.strip().casefold() not in MISSING
        for label in set(labels)
    }
    return np.fromiter((present[label] for label in labels), bool, len(labels))


def encode(labels):
    """Return the distinct labels and the position of each label among them.

    Parameters
    ----------
    labels : ndarray of object of shape (n_rows,)
        Labels, none of them missing.

    Returns
    -------
    classes : ndarray of object of shape (n_classes,)
        The distinct labels, sorted. As objects, since an array of strings takes the
        room of the longest in every row.

    codes : ndarray of shape (n_rows,)
        ``classes[codes]`` is ``labels``.
    """
    labels = labels.tolist()
    if len(kinds := {type(label) for label in labels}) > 1 or not kinds <= _SORTABLE:
        # Labels of other types have their own order, and must be of one type.
        classes, codes = encode_labels(labels, owner="audit")
        return as_objects(classes.tolist()), codes
    classes = sorted(set(labels))
    position = {label: code for code, label in enumerate(classes)}
    codes = np.fromiter((position[label] for label in labels), np.intp, len(labels))
    return as_objects(classes), codes


def as_objects(values):
    """Return a list as an array of objects."""
    return np.fromiter(values, dtype=object, count=len(values))


def merge_spellings(classes, codes):
    """Return codes in which all spellings of a label share the first position.

    Parameters
    ----------
    classes : ndarray of object of shape (n_classes,)
        The distinct labels.

    codes : ndarray of int of shape (n_rows,)
        Positions in ``classes``.

    Returns
    -------
    ndarray of int of shape (n_rows,)
        The same where no label has several spellings.
    """
    position = {label: number for number, label in enumerate(classes.tolist())}
    first = np.arange(len(classes))
    for group in spelling_variants(classes):
        places = [position[label] for label in group]
        first[places] = min(places)
    return first[codes]


def check_labels(labels, name):
    """Refuse a column that holds no classes.

    Parameters
    ----------
    labels : ndarray of object of shape (n_rows,)
        The labels, none of them missing.

    name : str
        Name of the column, for the messages.

    Raises
    ------
    AuditError
        If there is no label, one distinct label, about one label a row, numbers on a
        continuous scale, or no two labels that occur twice.
    """
    if len(labels) == 0:
        raise AuditError(f"column {name!r} holds no label in any row.")
    counts = Counter(map(str, labels.tolist()))
    distinct = sorted(counts)
    if len(distinct) == 1:
        raise AuditError(
            f"column {name!r} holds one label only, {cut(distinct[0])!r}, in all "
            f"{len(labels)} rows. An audit needs at least two."
        )
    if len(distinct) == len(labels):
        raise AuditError(
            f"column {name!r} holds another value in each of its {len(labels)} rows: "
            "an identifier or a measurement, not a label. Name the column of the "
            "classes."
        )
    _check_not_continuous(distinct, len(labels), name)
    if len(distinct) > len(labels) / 2:
        tags = "" if list_separator(distinct) is None else f" {TAKE_TAGS}"
        raise AuditError(
            f"column {name!r} holds {len(distinct)} distinct values in {len(labels)} "
            "rows: too few rows a label for an audit. Name the column of the classes."
            f"{tags}"
        )
    (frequent, _), (_, second) = counts.most_common(2)
    if second < 2:
        raise AuditError(
            f"column {name!r} holds only one label that occurs more than once, "
            f"{cut(frequent)!r}. At least two rows of two labels are "
            "needed."
        )


def _check_not_continuous(distinct, n_rows, name):
    """Refuse numbers on a continuous scale."""
    try:
        # A comma stands before the fraction in many countries.
        numbers = np.array([float(label.replace(",", ".")) for label in distinct])
    except ValueError:
        return
    if np.isfinite(numbers).all() and (numbers == np.floor(numbers)).all():
        many = len(distinct) > _MAX_WHOLE_NUMBERS
        continuous = many and n_rows < _ROWS_PER_WHOLE_NUMBER * len(distinct)
    else:
        continuous = len(distinct) > _MAX_FRACTIONS
    if continuous:
        raise AuditError(
            f"column {name!r} holds numbers on a continuous scale ({len(distinct)} "
            f"distinct values in {n_rows} rows). The audit is for classes: put the "
            "numbers into a few bins first, or name another column."
        )


def list_separator(values):
    """Return what separates the entries where values are lists, such as "a, b".

    Parameters
    ----------
    values : sequence of str
        Distinct values.

    Returns
    -------
    str or None
        The separator: many values hold it, and the parts recur in other values.
    """
    for separator in _SEPARATORS:
        lists = [value.split(separator) for value in values if separator in value]
        parts = Counter(
            part.strip().casefold() for value in lists for part in set(value)
        )
        if len(lists) < _LISTED_SHARE * len(values) or not lists:
            continue
        short = np.mean([len(part.split()) for part in parts]) <= _WORDS_OF_TAG
        again = sum(n > 1 for n in parts.values()) >= _RECURRING_SHARE * len(parts)
        if short and again and "" not in parts:
            return separator
    return None


def natural_order(classes):
    """Return classes as a reader expects them: numbers by size, words by alphabet.

    Parameters
    ----------
    classes : sequence of object
        The classes.

    Returns
    -------
    list of int
        Positions in ``classes``.
    """

    def key(position):
        try:
            return (0, float(classes[position]), str(classes[position]))
        except (TypeError, ValueError):
            return (1, 0.0, str(classes[position]))

    return sorted(range(len(classes)), key=key)
