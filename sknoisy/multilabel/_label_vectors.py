"""The vector that a fitted model keeps for each label."""

import numpy as np
from scipy import sparse

# Where wrappers keep the model that they fitted.
INNER = ("best_estimator_", "estimator_", "final_estimator_")


def label_vectors(estimator):
    """Return the weights by which a fitted model scores each label.

    A linear model scores a label by the product of the features, and a network by that
    of its last hidden layer, with one vector per label. Labels whose vectors point the
    same way are the same to the model.

    Parameters
    ----------
    estimator : estimator
        A fitted multi-label or multiclass model: a linear one with ``coef_``; one that
        keeps a linear model per label in ``estimators_``, as ``OneVsRestClassifier``
        does; ``MLPClassifier``; a net of skorch, of whose module the last linear layer
        is read; or a ``Pipeline`` or a search around one of these.

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
    compare_label_similarity : Which vectors point the same way, and do such labels
        occur together?

    Notes
    -----
    Weights of a linear model depend on the units of the features: scale them first.
    The last hidden layer of a network should have no more units than there are labels,
    or not many: in a wide layer each label can have a direction of its own.

    References
    ----------
    K. Choi, G. Fazekas, K. Cho, M. Sandler, "The Effects of Noisy Labels on Deep CNNs
    for Music Tagging", IEEE TETCI 2(2), 2018, arXiv:1706.02361.

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
