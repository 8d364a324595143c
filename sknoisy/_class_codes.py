"""Distinct labels and their codes, without a sort for integers of a small range."""

import numpy as np
from sklearn.utils.multiclass import check_classification_targets


def distinct_labels(y):
    """Return the sorted distinct labels and the position of each label among them.

    Parameters
    ----------
    y : ndarray of shape (n_samples,)
        Labels that can be sorted.

    Returns
    -------
    classes : ndarray of shape (n_classes,)
        The distinct labels.

    codes : ndarray of intp of shape (n_samples,)
        ``classes[codes]`` is ``y``.
    """
    if not _is_dense(y, len(y)):
        return np.unique(y, return_inverse=True)
    low = int(y.min())
    codes = np.subtract(y, low, dtype=np.intp)
    present = np.bincount(codes) > 0
    classes = (np.flatnonzero(present) + low).astype(y.dtype)
    if len(classes) < len(present):
        codes = (np.cumsum(present) - 1)[codes]
    return classes, codes


def narrow_codes(codes, n_classes):
    """Return codes in the smallest signed integers that hold every class, and -1.

    Parameters
    ----------
    codes : ndarray of int of shape (n_samples,)
        Positions of labels.

    n_classes : int
        Number of classes.

    Returns
    -------
    ndarray of int of shape (n_samples,)
        The same positions.
    """
    return codes.astype(np.min_scalar_type(-n_classes))


def check_targets(y):
    """Refuse labels of a regression, as scikit-learn does.

    Integers in a range of at most half as many values as rows are never refused and
    never warned of, so that they need not be sorted for this.
    """
    if not _is_dense(y, len(y) // 2):
        check_classification_targets(y)


def _is_dense(y, widest):
    """Whether the labels are integers of a range that a table can be kept for."""
    # Unsigned integers of 64 bits need not fit into the signed ones of the codes.
    if y.dtype.kind not in "iu" or y.dtype == np.uint64 or not len(y):
        return False
    return int(y.max()) - int(y.min()) < widest
