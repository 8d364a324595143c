"""From a posterior to soft labels, and from these to a fitted classifier.

Whatever a method finds about the labels, it says as the weight of each class for each
sample: :func:`soft_labels_for` makes that table, and :func:`fit_soft_labels` trains on
it. This is the one place that knows about sample weights, the steps of a
``Pipeline``, and what to do for classifiers that take no weights.
"""

import numpy as np
from sklearn.base import clone, is_clusterer, is_regressor
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import has_fit_parameter

from sknoisy._compat import (
    BaseSearchCV,
    _check_method_params,
    _routing_enabled,
    _safe_indexing,
    _weight_request,
    _weighted_scoring,
)
from sknoisy._fit_labels import fit_labels
from sknoisy.exceptions import UnsuitableEstimatorError

# Entries below this share of their row are dropped, since each costs a row of its own:
# they would repeat a row for every class and hold a twentieth of its weight at most.
NEGLIGIBLE_SHARE = 0.05


def fit_soft_labels(estimator, X, soft_labels, classes, *, params=None, signed=False):
    """Fit a clone of a classifier on soft labels.

    A row in which several classes carry weight is repeated once for each of them.

    Parameters
    ----------
    estimator : classifier
        It is cloned, never changed.

    X : array-like, frame, sparse matrix or sequence of n_samples rows
        Handed on as it came.

    soft_labels : array-like of shape (n_samples, n_classes)
        Weight of each class for each sample, not negative. The sum of a row is the
        weight of the sample; a row of zeros leaves the sample out. Classes with less
        than a twentieth of the weight of their row are dropped and their weight is
        given to the others.

    classes : array-like of shape (n_classes,)
        The labels that the columns stand for.

    params : dict, default=None
        Further metadata for ``estimator.fit``; what has one entry per row is repeated
        with the rows.

    signed : bool, default=False
        Whether weights below zero are meant. Many classifiers take them without a word
        and some without sense, so they must be asked for.

    Returns
    -------
    classifier
        The fitted clone. It knows only the classes that carry weight.

    Raises
    ------
    ValueError
        If the table has the wrong shape, holds negative, infinite or missing
        weights, or no weight at all.
    UnsuitableEstimatorError
        If weights differ and the classifier takes no ``sample_weight``.
    """
    soft_labels = np.asarray(soft_labels, dtype=float)
    if soft_labels.ndim != 2 or soft_labels.shape[1] != len(classes):
        raise ValueError(
            f"soft_labels expected shape (n_samples, {len(classes)}), a column per "
            f"class, but got shape {soft_labels.shape}. Order the columns as classes_."
        )
    if not np.isfinite(soft_labels).all() or (not signed and soft_labels.min() < 0):
        raise ValueError(
            "soft_labels expected finite weights that are not negative, but the "
            f"smallest entry is {soft_labels.min()}. Clip the table at 0, leave rows "
            "out by zeros, or say signed=True if negative weights are meant."
        )
    if not soft_labels.any():
        raise ValueError(
            "soft_labels expected some weight, but got only zeros: every sample would "
            "be left out. Check sample_weight, and use a milder action."
        )
    soft_labels = soft_labels if signed else drop_negligible(soft_labels)
    rows, columns = np.nonzero(soft_labels)
    weights = soft_labels[rows, columns]
    y = np.asarray(classes)[columns]
    if len(rows) != len(soft_labels) or (np.diff(rows) != 1).any():
        params = _check_method_params(X, params or {}, indices=rows)
        X = _safe_indexing(X, rows)
    return fit_weighted(estimator, X, y, weights, params)


def drop_negligible(soft_labels):
    """Return soft labels without the entries that are not worth a row of their own.

    Parameters
    ----------
    soft_labels : ndarray of shape (n_samples, n_classes)
        Weights that are not negative.

    Returns
    -------
    ndarray of shape (n_samples, n_classes)
        Entries below a twentieth of the weight of their row are zero; the rows keep
        their sums.
    """
    mass = soft_labels.sum(axis=1, keepdims=True)
    kept = np.where(soft_labels > NEGLIGIBLE_SHARE * mass, soft_labels, 0.0)
    # With more than 20 classes, none of a flat row reaches a twentieth: keep its peak.
    faint = (mass[:, 0] > 0) & ~kept.any(axis=1)
    peak = soft_labels[faint].argmax(axis=1)
    kept[faint, peak] = soft_labels[faint, peak]
    total = kept.sum(axis=1, keepdims=True)
    return kept * np.divide(mass, total, out=np.zeros_like(mass), where=total > 0)


def fit_weighted(estimator, X, y, weights=None, params=None):
    """Fit a clone of a classifier with weights, wherever its weights go in.

    Parameters
    ----------
    estimator : classifier
        It is cloned, never changed.

    X : array-like, frame, sparse matrix or sequence of n_samples rows
        Handed on as it came.

    y : ndarray of shape (n_samples,)
        Labels.

    weights : ndarray of shape (n_samples,), default=None
        Sample weights. Weights of 1 throughout are the same as none.

    params : dict, default=None
        Further metadata for ``estimator.fit``.

    Returns
    -------
    classifier
        The fitted clone.

    Raises
    ------
    UnsuitableEstimatorError
        If weights differ and the classifier takes no ``sample_weight``.
    """
    estimator, params = clone(estimator), dict(params or {})
    if weights is None or (weights == 1).all():
        return fit_labels(estimator, X, y, params)
    steps, inner, takes = path_of_weights(estimator)
    if not takes:
        sampler = _sampler_of(estimator)
        raise UnsuitableEstimatorError(
            f"{type(estimator).__name__} takes no sample_weight"
            f"{f', since {sampler} resamples the rows,' if sampler else ','} but the "
            "samples carry different weights. Use a classifier that takes "
            "sample_weight, or an action that keeps or drops whole samples: "
            "action='filter' or action='relabel', or the refiner ConfidentPruning."
        )
    if _routing_enabled():
        _request_weights(estimator, inner)
    params["__".join([*steps, "sample_weight"])] = _balanced(estimator, y, weights)
    return fit_labels(estimator, X, y, params)


def _balanced(estimator, y, weights):
    """Return weights that hold ``class_weight="balanced"``, which is set to None.

    Some classifiers count rows and not their weight, though a soft label takes several
    rows.
    """
    if not balances_classes(estimator):
        return weights
    balanced = balanced_weights(np.unique(y, return_inverse=True)[1], weights)
    # Weights below zero can leave a class without any share.
    if balanced is None:
        return weights
    _last_step(estimator).set_params(class_weight=None)
    return balanced


def balances_classes(estimator):
    """Whether a classifier, or its last step, has ``class_weight="balanced"``."""
    wanted = getattr(_last_step(estimator), "class_weight", None)
    return isinstance(wanted, str) and wanted == "balanced"


def _last_step(estimator):
    return estimator.steps[-1][1] if isinstance(estimator, Pipeline) else estimator


def balanced_weights(codes, weights):
    """Return weights by which all classes that occur count alike.

    The factor of class k is sum(weights) / (K * sum of the weights of class k), the
    formula of scikit-learn with weights for counts. None where a class has no weight.
    """
    occurring, codes = np.unique(codes, return_inverse=True)
    total = np.bincount(codes, weights)
    if not (total > 0).all():
        return None
    return weights * (total.sum() / (len(occurring) * total))[codes]


def _sampler_of(estimator):
    """Return the name of the step that resamples rows, as in imbalanced-learn."""
    steps = estimator.steps[:-1] if isinstance(estimator, Pipeline) else []
    names = [type(s).__name__ for _, s in steps if hasattr(s, "fit_resample")]
    return names[0] if names else None


def check_is_classifier(estimator):
    """Refuse a regressor or a clusterer, which fits codes as if they were numbers."""
    if is_regressor(estimator) or is_clusterer(estimator):
        raise UnsuitableEstimatorError(
            "estimator expected a classifier, but "
            f"{type(estimator).__name__} is no classifier. Pass one, such as "
            "LogisticRegression() or RandomForestClassifier()."
        )


def takes_weights(estimator):
    """Whether the fit of a classifier, or of the step it ends with, takes weights."""
    return path_of_weights(estimator)[2]


def path_of_weights(estimator):
    """Return the steps that weights pass, where they arrive, and whether they do."""
    steps = []
    while not has_fit_parameter(estimator, "sample_weight"):
        if isinstance(estimator, Pipeline):
            if _sampler_of(estimator):
                # The rows that come out of it are others, and have no weights.
                return steps, estimator, False
            name, deeper = estimator.steps[-1]
            # Routing finds its way by requests; without it, the name is the way.
            steps += [] if _routing_enabled() else [name]
        elif isinstance(estimator, BaseSearchCV) or _routing_enabled():
            deeper = getattr(estimator, "estimator", None)
        else:
            return steps, estimator, False
        if not hasattr(deeper, "fit"):
            return steps, estimator, False
        estimator = deeper
    return steps, estimator, True


def _request_weights(estimator, inner):
    """Ask for weights where they arrive and, if nothing else was said, only there."""
    parts = [estimator, *estimator.get_params(deep=True).values()]
    for part in (part for part in parts if hasattr(part, "fit")):
        undecided = part is not inner and _weight_request(part, "fit") is None
        if undecided and hasattr(part, "set_fit_request"):
            part.set_fit_request(sample_weight=False)
        # Where a search scores its candidates, faint labels shall count for little.
        undecided = _weight_request(part, "score") is None
        if undecided and hasattr(part, "set_score_request"):
            part.set_score_request(sample_weight=True)
        if isinstance(part, BaseSearchCV):
            part.scoring = _weighted_scoring(part.scoring)
    inner.set_fit_request(sample_weight=True)


def settle(soft_labels, labels):
    """Return soft labels that keep to what is certain.

    Trusted labels stay as they are. A class that would lose all its weight keeps the
    labels that were given: evidence that leaves nothing of a class is not used for it.

    Parameters
    ----------
    soft_labels : ndarray of shape (n_samples, n_classes)
        Weight of each class for each sample.

    labels : NoisyLabels
        The record of the labels.

    Returns
    -------
    ndarray of shape (n_samples, n_classes)
        The soft labels to train on.
    """
    if labels.trusted is not None:
        soft_labels = labels.keep_trusted(soft_labels)
    given = labels.one_hot() * labels.sample_weight[:, None]
    restored = np.zeros(labels.n_classes, dtype=bool)
    # Samples that go back to a lost class may have been the last of another one.
    while (lost := ~(drop_negligible(soft_labels).any(axis=0) | restored)).any():
        soft_labels = np.where(lost[labels.codes][:, None], given, soft_labels)
        restored |= lost
    return soft_labels


def soft_labels_for(action, posterior, labels, *, surely_wrong=0.0):
    r"""Return the soft labels that an action stands for.

    "keep" trains on the labels as they are, "soft" on the posterior, "relabel" on its
    most probable class, "filter" on the labels that are that class. "weight" gives each
    label its quality :math:`q_i`, but the lowest ones zero, as many as are wrong for
    sure, since fully grown trees learn whatever has any weight; and brings the weight
    of each class half-way back to its share.

    Parameters
    ----------
    action : {"keep", "weight", "filter", "relabel", "soft"}
        The action.

    posterior : ndarray of shape (n_samples, n_classes)
        Probability of each true class, given features and label.

    labels : NoisyLabels
        The record of the labels.

    surely_wrong : float, default=0.0
        Share of the labels that are wrong for sure, the lower end of the noise rate;
        "weight" gives so many of them no weight.

    Returns
    -------
    ndarray of shape (n_samples, n_classes)
        Weight of each class for each sample, sample weights counted.
    """
    table = labels.one_hot()
    if action == "weight":
        quality = labels.proba_of_label(posterior)
        table *= _quality_weights(quality, labels, surely_wrong)[:, None]
    elif action == "soft":
        table = posterior
    elif action != "keep":
        best = np.eye(labels.n_classes)[posterior.argmax(axis=1)]
        table = best if action == "relabel" else table * best
    return settle(table * labels.sample_weight[:, None], labels)


def _quality_weights(quality, labels, surely_wrong):
    """Return the quality of each label, zero for the lowest, balanced by class."""
    levels, level = np.unique(quality, return_inverse=True)
    cumulated = np.cumsum(np.bincount(level, labels.sample_weight, len(levels)))
    # Labels of equal quality are dropped or kept together.
    weights = quality * (cumulated > surely_wrong * cumulated[-1])[level]
    given = np.bincount(labels.codes, labels.sample_weight, labels.n_classes)
    left = np.bincount(labels.codes, labels.sample_weight * weights, labels.n_classes)
    if not left.any():
        return weights
    factor = np.sqrt(np.divide(given, left, out=np.ones_like(given), where=left > 0))
    return weights * (factor * (left.sum() / (factor @ left)))[labels.codes]
