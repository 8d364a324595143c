"""Rows that are copies of each other, nearly so, and copies under other labels."""

import numpy as np

from sknoisy._distinct_rows import distinct_rows
from sknoisy.report._columns import KINDS
from sknoisy.report._errors import need

# Numbers agree nearly if they do to this share of their standard deviation. Chance
# brings rows together where there are few columns: near copies are told of only where
# they are this many times as many as columns that know nothing of each other would
# give. Rules of thumb.
_TOLERANCE, _TIMES_CHANCE = 0.01, 10


def copy_groups(frame, columns, left_out=()):
    """Return equal numbers for rows of equal content.

    Parameters
    ----------
    frame : DataFrame of shape (n_rows, n_columns)
        The table.

    columns : list of Column
        Its columns in order; unused ones are not compared.

    left_out : container of str
        Further columns that are not compared, such as those that give the label away.

    Returns
    -------
    ndarray of int of shape (n_rows,) or None
        None where no column is compared.
    """
    pandas = need("pandas")
    parts = [
        pandas.factorize(frame.iloc[:, position], use_na_sentinel=False)[0]
        for position, column in enumerate(columns)
        if column.kind in KINDS and column.name not in left_out
    ]
    return distinct_rows(np.column_stack(parts)) if parts else None


def near_copy_groups(columns, left_out=()):
    """Return equal numbers for rows of nearly equal content.

    Numbers are compared to a hundredth of their standard deviation, dates by the day,
    texts up to capitals, blanks and marks.

    Parameters
    ----------
    columns : list of Column
        The columns; unused ones are not compared.

    left_out : container of str
        Further columns that are not compared.

    Returns
    -------
    ndarray of int of shape (n_rows,) or None
        None where no column is compared, or rows are near each other by chance.
    """
    pandas = need("pandas")
    parts = [
        pandas.factorize(_rounded(column), use_na_sentinel=False)[0]
        for column in columns
        if column.kind in KINDS and column.name not in left_out
    ]
    if not parts:
        return None
    groups = distinct_rows(np.column_stack(parts))
    n_rows = len(groups)
    by_chance = n_rows**2 / 2
    for part in parts:
        by_chance *= np.sum((np.bincount(part) / n_rows) ** 2)
    n_pairs = _pairs(np.bincount(groups))
    return groups if n_pairs > _TIMES_CHANCE * by_chance else None


def _pairs(sizes):
    """Return the number of pairs in groups of given sizes."""
    return float(np.sum(sizes * (sizes - 1.0) / 2))


def _rounded(column):
    """Return the values of a column in which small differences are gone."""
    values = column.values
    if column.kind == "number":
        step = _TOLERANCE * float(values.std())
        return (values / step).round() if step > 0 else values
    if column.kind == "date":
        return values.dt.floor("D")
    return values.str.casefold().str.replace(r"[\W_]+", " ", regex=True).str.strip()


def rows_in_groups(groups, codes, *, contradicting):
    """Return the rows that share a group with others, and their groups.

    Parameters
    ----------
    groups : ndarray of int of shape (n_rows,)
        Groups.

    codes : ndarray of int of shape (n_rows,)
        Labels.

    contradicting : bool
        Whether only groups with several labels count, or only those with one.

    Returns
    -------
    rows, group : ndarray of int
        Row numbers in order, and the group of each.
    """
    n_classes = codes.max() + 1
    pairs = np.unique(groups * n_classes + codes)
    n_labels = np.bincount(pairs // n_classes, minlength=groups.max() + 1)
    many = np.bincount(groups) > 1
    chosen = many & ((n_labels > 1) == contradicting)
    rows = np.flatnonzero(chosen[groups])
    return rows, groups[rows]
