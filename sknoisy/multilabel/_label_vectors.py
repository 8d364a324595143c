"""The vector that a fitted model keeps for each label."""

import numpy as np
from scipy import sparse

from sknoisy.multilabel._result import warn_undefined

INNER = ("best_estimator_", "estimator_", "final_estimator_")


def label_vectors(estimator):
    """Return the weights by which a fitted model scores each label.

    A linear model, and the last layer of a network, score a label by the product of
    the features, or of the last hidden layer, with one vector per label. Labels whose
    vectors point the same way are the same to the model.

    Parameters
    ----------
    estimator : estimator
        A fitted multi-label or multiclass model, one of

        - a linear model with ``coef_``, such as ``RidgeClassifier``;
        - ``MultiOutputClassifier``, ``OneVsRestClassifier`` or whatever else keeps one
          linear model per label in ``estimators_``;
        - ``MLPClassifier``, of which the last of ``coefs_`` is read;
        - a net of skorch, of whose module the last linear layer is read;
        - a ``Pipeline`` or a search around one of these.

    Returns
    -------
    ndarray of shape (n_labels, n_weights)
        A vector per label, without the intercepts. A label that was constant in
        training, for which there is no model, has a vector of zeros.

    Raises
    ------
    ValueError
        If the model is not fitted, or keeps no vector per label.

    See Also
    --------
    label_vector_similarity : Which vectors point the same way.
    compare_label_similarity : And do such labels occur together?

    Notes
    -----
    Weights of a linear model depend on the units of the features: scale them first.
    The last hidden layer of a network should be narrow, with fewer units than there
    are labels or not many more. In a wide layer each label can have a direction of its
    own, and the similarities say little.

    References
    ----------
    K. Choi, G. Fazekas, K. Cho, M. Sandler, "The Effects of Noisy Labels on Deep
    Convolutional Neural Networks for Music Tagging", IEEE Transactions on Emerging
    Topics in Computational Intelligence 2(2), 2018.

    Examples
    --------
    >>> from sklearn.datasets import make_multilabel_classification
    >>> from sklearn.neural_network import MLPClassifier
    >>> from sknoisy.multilabel import label_vectors
    >>> X, Y = make_multilabel_classification(n_classes=5, random_state=0)
    >>> net = MLPClassifier(4, solver="lbfgs", random_state=0).fit(X, Y)
    >>> label_vectors(net).shape
    (5, 4)
    """
    vectors = _find(estimator)
    if vectors is None:
        raise ValueError(
            "label_vectors expected a fitted model with one vector per label, in "
            "coef_, coefs_, estimators_ or the last linear layer of module_, but got "
            f"{estimator!r}. Fit it first, or use a linear model or a network."
        )
    return vectors


def _find(estimator):
    """Return the vectors of a model of any kind known here, None if of another."""
    if hasattr(estimator, "steps"):
        return _find(estimator.steps[-1][1])
    if hasattr(estimator, "coefs_"):
        return np.array(estimator.coefs_[-1]).T
    if hasattr(estimator, "module_"):
        return _of_module(estimator.module_)
    if hasattr(estimator, "coef_"):
        coef = estimator.coef_
        coef = coef.toarray() if sparse.issparse(coef) else np.array(coef)
        return np.atleast_2d(coef)
    if hasattr(estimator, "estimators_"):
        return _of_parts(estimator.estimators_)
    inner = [name for name in INNER if hasattr(estimator, name)]
    return _find(getattr(estimator, inner[0])) if inner else None


def _of_parts(parts):
    """Return the vector of each of several binary models, one per label."""
    vectors = [_find(part) for part in parts]
    known = [one for one in vectors if one is not None]
    shapes = {one.shape for one in known}
    if len(shapes) != 1 or known[0].shape[0] != 1:
        return None
    # Only the stand-in for a constant label has no vector at all among the parts.
    stand_ins = [part for part, one in zip(parts, vectors, strict=True) if one is None]
    if any(not _is_constant(part) for part in stand_ins):
        return None
    zeros = np.zeros(known[0].shape)
    return np.vstack([zeros if one is None else one for one in vectors])


def _is_constant(part):
    """Whether a part is what predicts a label that never changed."""
    return hasattr(part, "y_") or hasattr(part, "constant_")


def _of_module(module):
    """Return the weights of the last linear layer of a module of torch."""
    layers = [layer for layer in module.modules() if hasattr(layer, "out_features")]
    if not layers:
        return None
    return layers[-1].weight.detach().cpu().numpy().copy()


def label_vector_similarity(vectors, *, label_names=None):
    """Measure which labels point the same way.

    Parameters
    ----------
    vectors : array-like of shape (n_labels, n_weights)
        A vector per label, see :func:`label_vectors`.

    label_names : array-like of shape (n_labels,), default=None
        Names of the labels, for the warning. If None, 0, 1, 2, ...

    Returns
    -------
    ndarray of shape (n_labels, n_labels)
        Cosines of the angles between the vectors, in [-1, 1]. Row and column of a
        vector of length 0 are NaN, with a warning.

    Raises
    ------
    ValueError
        If vectors are no table of finite numbers, or do not fit the names.

    See Also
    --------
    label_vectors : Where the vectors come from.

    Examples
    --------
    >>> from sknoisy.multilabel import label_vector_similarity
    >>> label_vector_similarity([[1, 0], [2, 0], [0, 3]])
    array([[1., 1., 0.],
           [1., 1., 0.],
           [0., 0., 1.]])
    """
    vectors = np.asarray(vectors, dtype=float)
    if vectors.ndim != 2 or not np.isfinite(vectors).all():
        raise ValueError(
            "vectors expected a table of shape (n_labels, n_weights) with finite "
            f"numbers, but got shape {vectors.shape}, or NaN or infinity in it. Pass "
            "what label_vectors returns."
        )
    names = np.arange(len(vectors)) if label_names is None else label_names
    if len(names) != len(vectors):
        raise ValueError(
            f"label_names expected {len(vectors)} names, one per vector, but got "
            f"{len(names)}. Pass the names in the order of the vectors."
        )
    length = np.linalg.norm(vectors, axis=1)
    warn_undefined(
        length == 0, names, "Vectors of length 0 have no direction: cosines are NaN."
    )
    unit = vectors / np.where(length == 0, np.nan, length)[:, np.newaxis]
    return np.clip(unit @ unit.T, -1, 1)
