"""Sets of candidate labels in, a table of what is possible out."""

import contextlib

import numpy as np
from scipy import sparse

from sknoisy._labels import encode_labels

# With this many rows of a class each of 5 stratified folds has two.
FEWEST_ROWS = 10
SETS = (set, frozenset, list, tuple, np.ndarray)


def read_candidates(y, classes, *, owner):
    """Return the table of candidates and the classes; None for plain labels.

    ``y`` is a table of zeros and ones, or a sequence of sets, or plain labels;
    ``classes`` is what the columns stand for, or all labels there are, or None.
    """
    if sparse.issparse(y):
        y = y.toarray()
    columns = getattr(y, "columns", None)
    if not hasattr(y, "__array__") and columns is None:
        return _of_sets(list(y), classes, owner)
    table = np.asarray(y)
    if table.ndim == 1 and table.dtype.kind == "O":
        return _of_sets(list(table), classes, owner)
    if table.ndim != 2 or table.shape[1] < 2:
        return None
    names = columns if classes is None else classes
    return _of_table(table, names, owner)


def _of_sets(sets, classes, owner):
    """Return the table of a sequence of sets, or None for one of labels."""
    if not sets or not isinstance(sets[0], SETS):
        return None
    if not all(isinstance(one, SETS) for one in sets):
        raise ValueError(
            f"{owner} expected sets of candidates in all rows, but got a mix of sets "
            "and labels. Write a row with one candidate as a set of one label."
        )
    sizes = [len(one) for one in sets]
    if min(sizes) == 0:
        _refuse_empty(np.array(sizes) == 0, owner)
    members = [label for one in sets for label in one]
    if all(isinstance(label, bool | np.bool_) for label in members):
        raise ValueError(
            f"{owner} expected sets of labels, but got lists of booleans. Pass a table "
            "of booleans as an array: numpy.asarray(y)."
        )
    # As objects, since numpy would write NaN among words as a word.
    members = np.array(members, dtype=object)
    found, codes = encode_labels(members, owner=owner, classes=classes)
    table = np.zeros((len(sets), len(found)), dtype=bool)
    table[np.repeat(np.arange(len(sets)), sizes), codes] = True
    return _in_order(table, np.array(found.tolist()))


def _of_table(table, names, owner):
    """Return candidates by columns, and what the columns stand for."""
    # A frame of booleans with gaps is a table of objects; its NaN is neither 0 nor 1.
    values = table
    if table.dtype.kind == "O":
        with contextlib.suppress(TypeError, ValueError):
            values = table.astype(float)
    if not np.isin(values, (0, 1)).all():
        raise ValueError(
            f"{owner} expected a table of candidates with booleans, or with 0 and 1, "
            "but it also holds "
            f"{values[~np.isin(values, (0, 1))][0]!r}. Labels of several annotators go "
            "into CrowdLabelClassifier; sets of labels go in as a list of sets."
        )
    names = np.arange(table.shape[1]) if names is None else np.asarray(names)
    if names.shape != (table.shape[1],) or len(np.unique(names)) < len(names):
        raise ValueError(
            f"{owner} expected a distinct class for each of the {table.shape[1]} "
            f"columns of candidates, but classes has shape {names.shape} and "
            f"{len(np.unique(names))} distinct entries. Name each column once."
        )
    return _in_order(values.astype(bool), names)


def _in_order(table, classes):
    order = np.argsort(classes)
    return table[:, order], np.asarray(classes)[order]


def check_candidates(candidates, classes, owner):
    empty = ~candidates.any(axis=1)
    if empty.any():
        _refuse_empty(empty, owner)
    # Rows that may be anything say nothing, and one class alone separates nothing.
    narrowed = candidates[~candidates.all(axis=1)]
    if narrowed.any(axis=0).sum() < 2:
        raise ValueError(
            f"{owner} expected candidates that tell rows apart, but every row has "
            "either all classes or one and the same. The classes are "
            f"{classes.tolist()}; narrow the sets of some rows down."
        )


def _refuse_empty(empty, owner):
    raise ValueError(
        f"{owner} expected a candidate in every row, but {empty.sum()} of {len(empty)} "
        f"rows have none, the first is row {int(empty.argmax())}. Leave them out, or "
        "make all classes candidates, which says that nothing is known."
    )


def spread(candidates):
    """Return a candidate of each row, so that no class has few rows without need."""
    frequency = candidates.sum(axis=0)
    counts = np.zeros(candidates.shape[1])
    codes = np.zeros(len(candidates), dtype=np.intp)
    for row, possible in enumerate(candidates):
        codes[row] = np.where(possible, counts, np.inf).argmin()
        counts[codes[row]] += 1
    # A class of few rows would cost folds; its rows may stand for a common one too.
    few = counts[codes] < FEWEST_ROWS
    codes[few] = np.where(candidates[few], frequency, -1).argmax(axis=1)
    return codes
