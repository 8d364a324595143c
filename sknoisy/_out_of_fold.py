"""Out-of-fold class probabilities: the one cross-validation of the package.

Whether a label can be trusted is asked of a model that has not seen that label. A
model that has seen it answers by heart.
"""

import numpy as np
from sklearn.utils.parallel import Parallel, delayed
from sklearn.utils.validation import check_memory

from sknoisy._compat import AS_THEY_COME, _check_method_params, _safe_indexing
from sknoisy._folds import make_folds
from sknoisy._proba import class_proba
from sknoisy._soft_labels import drop_negligible, fit_soft_labels
from sknoisy.exceptions import UnsuitableEstimatorError


def out_of_fold_proba(
    estimator, X, labels, *, soft_labels=None, cv=None, n_jobs=None, memory=None
):
    """Return for each row the class probabilities of a model that has not seen it.

    Parameters
    ----------
    estimator : classifier with ``predict_proba``
        It is cloned for each fold.

    X : array-like, frame, sparse matrix or sequence of n_samples rows
        Handed on as it came.

    labels : NoisyLabels
        Labels to train on, with weights, groups and metadata.

    soft_labels : ndarray of shape (n_samples, n_classes), default=None
        What to train on instead: the weight of each class for each sample.

    cv : int, splitter, iterable of splits or None, default=None
        See :func:`sknoisy._folds.make_folds`.

    n_jobs : int, default=None
        Number of folds fitted side by side.

    memory : str or object with the joblib.Memory interface, default=None
        Where the probabilities are cached.

    Returns
    -------
    ndarray of shape (n_samples, n_classes)
        Rows sum to 1. A class that is missing from the training part of a fold has
        probability 0 there. A row that is held out several times has the mean; one
        that is never held out, or whose class no model of another fold has seen, has
        no evidence against it: probability 1 for the label given.

    Raises
    ------
    UnsuitableEstimatorError
        If the estimator gives no probabilities.
    ValueError
        If probabilities are missing, infinite, negative, do not sum to 1 or stand for
        unknown classes.
    """
    check_has_proba(estimator)
    folds = make_folds(X, labels, cv)
    predict = check_memory(memory).cache(
        _predict_folds, ignore=["n_jobs", "announce", "report"]
    )
    if soft_labels is None:
        soft_labels = labels.one_hot() * labels.sample_weight[:, None]
    total, times = predict(
        estimator, X, soft_labels, labels.codes, labels.classes, labels.params, folds,
        n_jobs=n_jobs, announce=labels.announce, report=labels.report,
    )  # fmt: skip
    proba = total / np.maximum(times, 1)[:, None]
    return np.where(times[:, None] > 0, proba, labels.one_hot())


def check_has_proba(estimator):
    """Raise an error that names the way out if there are no probabilities."""
    if not hasattr(estimator, "predict_proba"):
        name = type(estimator).__name__
        raise UnsuitableEstimatorError(
            "Out-of-fold evidence needs a classifier with predict_proba, but "
            f"{name} has none. Wrap it as CalibratedClassifierCV({name}(...)), or take "
            "the evidence elsewhere: evidence='neighbors' in NoisyLabelClassifier, "
            "or the score NeighborAgreement."
        )


def _predict_folds(
    estimator, X, soft_labels, codes, classes, params, folds,
    n_jobs=None, announce=None, report=None,
):  # fmt: skip
    """Return the sum of held-out probabilities of each row and how often it was."""
    if announce is not None:
        announce("out-of-fold", len(folds))
    parts = Parallel(n_jobs=n_jobs, **AS_THEY_COME)(
        delayed(_predict_fold)(estimator, X, soft_labels, codes, classes, params, *fold)
        for fold in folds
    )
    total = np.zeros(soft_labels.shape)
    times = np.zeros(len(codes), dtype=np.intp)
    for (_, test), part in zip(folds, parts, strict=True):
        np.add.at(total, test, part)
        np.add.at(times, test, 1)
        if report is not None:
            report("out-of-fold")
    return total, times


def _predict_fold(estimator, X, soft_labels, codes, classes, params, train, test):
    """Train on one part of the rows and return the probabilities of the other."""
    seen = drop_negligible(soft_labels[train]).any(axis=0)
    given = np.eye(len(classes))[codes[test]]
    if seen.sum() < 2:
        return given
    model = fit_soft_labels(
        estimator,
        _safe_indexing(X, train),
        soft_labels[train],
        classes,
        params=_check_method_params(X, params, indices=train),
    )
    proba = class_proba(model, _safe_indexing(X, test), classes)
    # A model that has never seen a class cannot judge the labels that name it.
    return np.where(seen[codes[test]][:, None], proba, given)
