"""Weights for classifiers that take none: rows drawn in proportion to them."""

import numpy as np

from sknoisy._compat import _check_method_params, _safe_indexing
from sknoisy._soft_labels import fit_soft_labels


def draw_rows(mass, labels, rng):
    """Draw as many rows as there are, with replacement, at least one of each class.

    Parameters
    ----------
    mass : ndarray of shape (n_samples,)
        What the chance of a row is proportional to. If all is 0, the sample weights
        take its place.

    labels : NoisyLabels
        The labels.

    rng : RandomState
        Source of the draw.

    Returns
    -------
    ndarray
        Row numbers; the best row of a class that was not drawn stands at the end.
    """
    if not mass.any():
        mass = labels.sample_weight
    rows = rng.choice(len(mass), size=len(mass), p=mass / mass.sum())
    lost = np.setdiff1d(np.arange(labels.n_classes), labels.codes[rows])
    best = [np.argmax(np.where(labels.codes == c, mass, -1)) for c in lost]
    return np.concatenate([rows, np.array(best, dtype=rows.dtype)])


def fit_rows(base, X, soft_labels, rows, labels):
    """Return a classifier fitted to soft labels, or to the labels of rows drawn.

    Parameters
    ----------
    base : classifier
        It is cloned.

    X : array-like, frame, sparse matrix or sequence of n_samples rows
        All rows.

    soft_labels : ndarray of shape (n_samples, n_classes)
        Weight of each class for each sample.

    rows : ndarray or None
        Rows to train on with the labels given, instead of the soft labels.

    labels : NoisyLabels
        The labels.

    Returns
    -------
    classifier
        The fitted clone.
    """
    params = labels.params
    if rows is not None:
        X, soft_labels = _safe_indexing(X, rows), labels.one_hot()[rows]
        params = _check_method_params(X, params, indices=rows)
    return fit_soft_labels(base, X, soft_labels, labels.classes, params=params)
