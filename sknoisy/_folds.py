"""Which rows are held out together.

The folds asked for by a number are made so that copies of a row share a fold: a copy
in the training part would vouch for the label of its twin. Copies are found by their
content, and distinct rows are dealt in the order of their content, so that neither
the order of the rows nor writing a row twice instead of weighting it by two changes
who is held out with whom.
"""

import warnings
from numbers import Integral

import numpy as np
from sklearn.model_selection import check_cv
from sklearn.utils.metadata_routing import get_routing_for_object

from sknoisy._compat import _num_samples
from sknoisy._distinct_rows import distinct_rows
from sknoisy.exceptions import ReducedFoldsWarning

# The default of scikit-learn's own cross-validation.
DEFAULT_FOLDS = 5


def make_folds(X, labels, cv=None):
    """Return the list of (train, test) row numbers.

    Parameters
    ----------
    X : array-like, frame, sparse matrix or sequence of n_samples rows
        The rows to split.

    labels : NoisyLabels
        Labels, weights and groups of the rows.

    cv : int, splitter, iterable of splits or None, default=None
        None means 5 folds. A number gives stratified folds in which copies of a row
        stay together, and so do the rows of a group where groups are known. A
        splitter or an iterable is taken as it is.

    Returns
    -------
    list of (ndarray, ndarray)
        Row numbers to train on and to hold out.

    Warns
    -----
    ReducedFoldsWarning
        If a class has too few distinct rows for the number of folds.
    """
    cv = DEFAULT_FOLDS if cv is None else cv
    if not isinstance(cv, Integral):
        return _folds_of_splitter(cv, X, labels)
    if cv < 2:
        raise ValueError(
            f"cv expected at least 2 folds, but got cv={cv}. Pass an integer of 2 or "
            "more, a splitter such as StratifiedKFold(5), or a list of splits."
        )
    owners = distinct_rows(X) if labels.points is None else labels.points
    if not owners.any():
        # Rows that are all alike cannot be told apart: each is a point of its own.
        owners = np.arange(labels.n_samples)
    n_folds = _affordable_folds(cv, owners, labels)
    if labels.groups is not None:
        owners = np.unique(np.asarray(labels.groups), return_inverse=True)[1]
        n_folds = min(n_folds, _number_of_groups(owners, labels))
    fold = _deal(owners, labels, n_folds)[owners]
    return [
        (np.flatnonzero(fold != f), np.flatnonzero(fold == f))
        for f in range(n_folds)
        if (fold == f).any()
    ]


def _folds_of_splitter(cv, X, labels):
    if not hasattr(cv, "split"):
        cv = [_pair(split) for split in cv]
    splitter = check_cv(cv, labels.y, classifier=True)
    takes_groups = get_routing_for_object(splitter).consumes("split", ["groups"])
    groups = labels.groups if takes_groups else None
    rows = np.zeros((_num_samples(X), 1))
    folds = [
        (_row_numbers(train, len(rows)), _row_numbers(test, len(rows)))
        for train, test in splitter.split(rows, labels.y, groups)
    ]
    if not folds:
        raise ValueError(
            "cv expected at least one split into rows to train on and rows to hold "
            "out, but got none. Pass a list of splits, since a generator can be read "
            "only once, a splitter such as StratifiedKFold(5), or a number of folds."
        )
    return folds


def _pair(split):
    """Return the two parts of an entry of a list of splits."""
    try:
        train, test = split
    except (TypeError, ValueError) as error:
        raise ValueError(
            "cv expected pairs of row numbers, to train on and to hold out, but got "
            f"{split!r:.60}. Pass a list of pairs, a splitter such as "
            "StratifiedKFold(5), or a number of folds."
        ) from error
    return train, test


def _row_numbers(rows, n_samples):
    """Return the row numbers of one part of a split, given as such or as a mask."""
    rows = np.asarray(rows)
    if rows.dtype.kind == "b" and rows.shape == (n_samples,):
        rows = np.flatnonzero(rows)
    if rows.dtype.kind not in "iu" or rows.ndim != 1 or not rows.size:
        raise ValueError(
            f"cv expected the row numbers of each part, or a mask of {n_samples} rows, "
            f"but one of its splits holds dtype {rows.dtype} and shape {rows.shape}. "
            "Leave out splits with an empty part, and turn other values into row "
            "numbers."
        )
    if rows.max() >= n_samples or rows.min() < 0:
        wrong = rows.max() if rows.min() >= 0 else rows.min()
        raise ValueError(
            f"cv expected row numbers below {n_samples}, the number of rows, and from "
            f"0 on, but one of its splits holds {wrong}. A list of splits belongs to "
            "the data that it was made for: inside a search or another "
            "cross-validation, pass a splitter such as StratifiedKFold(5)."
        )
    return rows


def _number_of_groups(groups, labels):
    """Return the number of groups that carry weight, if there are at least two."""
    n_groups = len(np.unique(groups[labels.sample_weight > 0]))
    if n_groups < 2:
        raise ValueError(
            f"groups expected at least 2 distinct values, to hold one group out while "
            f"training on another, but got {n_groups}. Leave groups out, or pass the "
            "folds as cv."
        )
    return n_groups


def _affordable_folds(cv, owners, labels):
    """Reduce the folds to the smallest class that can be split at all."""
    weighted = labels.sample_weight > 0
    pairs = np.unique(np.column_stack([owners, labels.codes])[weighted], axis=0)
    counts = np.bincount(pairs[:, 1])
    smallest = min((count for count in counts if count > 1), default=2)
    if smallest >= cv:
        return cv
    n_folds = max(2, int(smallest))
    warnings.warn(
        f"cv={cv} folds were reduced to {n_folds}, since the smallest class that can "
        f"be split has {int(smallest)} distinct rows. Merge rare classes, or pass cv="
        f"{n_folds} to accept this.",
        ReducedFoldsWarning,
    )
    return n_folds


def _deal(owners, labels, n_folds):
    """Deal points or groups to the folds, the heaviest first, each where it fits best.

    A fold fits best whose share of the classes of the newcomer is smallest. What is
    dealt and in which order follows from weights and content alone, not from the order
    of rows or classes, so that copies, rows of weight zero and other names of the
    classes change nothing.
    """
    shares = np.zeros((owners.max() + 1, labels.n_classes))
    np.add.at(shares, (owners, labels.codes), labels.sample_weight)
    weight = shares.sum(axis=1)
    fold = np.zeros(len(shares), dtype=np.intp)
    alive = np.flatnonzero(weight > 0)
    class_weight = shares.sum(axis=0)
    main = shares[alive].argmax(axis=1)
    first = np.full(labels.n_classes, len(shares))
    np.minimum.at(first, main, alive)
    # Classes by their weight, then by their first owner: never by their names.
    rank = np.empty(labels.n_classes, dtype=np.intp)
    rank[np.lexsort((first, class_weight))] = np.arange(labels.n_classes)
    if labels.groups is None:
        order = alive[np.lexsort((alive, rank[main]))]
        fold[order] = np.arange(len(order)) % n_folds
        return fold
    relative = shares / np.maximum(class_weight, np.finfo(float).tiny)
    load = np.zeros((n_folds, labels.n_classes))
    for owner in alive[np.lexsort((alive, -relative[alive].max(axis=1)))]:
        # The fold in which the classes of this group are rarest so far.
        fold[owner] = np.lexsort((load.sum(axis=1), load @ relative[owner]))[0]
        load[fold[owner]] += relative[owner]
    return fold
