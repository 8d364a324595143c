"""Whether the labels are labels: classes that occur again and again."""

import numpy as np

from sknoisy.cli._errors import AuditError

MISSING = frozenset({"", "na", "n/a", "#n/a", "nan", "null", "<na>"})
_MAX_FRACTIONS = 20
_MAX_WHOLE_NUMBERS = 100
_ROWS_PER_WHOLE_NUMBER = 10


def labelled_rows(labels):
    """Return which rows have a label.

    Parameters
    ----------
    labels : ndarray of str of shape (n_rows,)
        Labels as they stand in the file.

    Returns
    -------
    ndarray of bool of shape (n_rows,)
        False where the label is blank or one of the usual words for nothing.
    """
    words, positions = np.unique(labels, return_inverse=True)
    present = np.array([word.strip().casefold() not in MISSING for word in words], bool)
    return present[positions]


def check_labels(labels, name):
    """Refuse a column that holds no classes.

    Parameters
    ----------
    labels : ndarray of str of shape (n_rows,)
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
    distinct, counts = np.unique(labels, return_counts=True)
    if len(distinct) == 1:
        raise AuditError(
            f"column {name!r} holds one label only, {str(distinct[0])!r}, in all "
            f"{len(labels)} rows. To judge labels, at least two are needed."
        )
    if len(distinct) == len(labels):
        raise AuditError(
            f"column {name!r} holds another value in each of its {len(labels)} rows: "
            "an identifier or a measurement, not a label. Name the column of the "
            "classes."
        )
    _check_not_continuous(distinct, len(labels), name)
    if len(distinct) > len(labels) / 2:
        raise AuditError(
            f"column {name!r} holds {len(distinct)} distinct values in {len(labels)} "
            "rows: too few rows a label to judge them. Name the column of the classes."
        )
    if np.sort(counts)[-2] < 2:
        raise AuditError(
            f"column {name!r} holds only one label that occurs more than once, "
            f"{str(distinct[counts.argmax()])!r}. At least two rows of two labels are "
            "needed."
        )


def _check_not_continuous(distinct, n_rows, name):
    """Refuse numbers on a continuous scale."""
    try:
        numbers = distinct.astype(float)
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


def natural_order(classes):
    """Return classes as a reader expects them: numbers by size, words by alphabet.

    Parameters
    ----------
    classes : sequence of str
        The classes.

    Returns
    -------
    list of int
        Positions in ``classes``.
    """

    def key(position):
        try:
            return (0, float(classes[position]), classes[position])
        except ValueError:
            return (1, 0.0, classes[position])

    return sorted(range(len(classes)), key=key)
