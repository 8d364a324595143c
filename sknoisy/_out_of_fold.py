"""Out-of-fold class probabilities: the one cross-validation of the package.

Whether a label can be trusted is asked of a model that has not seen that label. A
model that has seen it answers by heart.
"""

import numpy as np
from sklearn.utils.parallel import delayed
from sklearn.utils.validation import check_memory

from sknoisy._compat import _check_method_params, _safe_indexing, parallel_as_they_come
from sknoisy._proba import class_proba
from sknoisy._soft_labels import check_is_classifier, drop_negligible, fit_soft_labels
from sknoisy.exceptions import UnsuitableEstimatorError


def out_of_fold_proba(inputs, soft_labels=None):
    """Return for each row the class probabilities of a model that has not seen it.

    Parameters
    ----------
    inputs : EvidenceInputs
        Classifier, rows, labels, folds and context. The classifier is cloned for each
        fold.

    soft_labels : ndarray of shape (n_samples, n_classes), default=None
        What to train on instead of the labels: the weight of each class for each
        sample.

    Returns
    -------
    ndarray of shape (n_samples, n_classes)
        Rows sum to 1. A class that is missing from the training part of a fold has
        probability 0 there. A row that is held out several times has the mean; one
        that is never held out, or whose class no model of another fold has seen, has
        no evidence against it: NaN throughout.

    Raises
    ------
    UnsuitableEstimatorError
        If the estimator gives no probabilities.
    ValueError
        If probabilities are missing, infinite, negative, do not sum to 1 or stand for
        unknown classes.
    """
    labels, context, folds = inputs.labels, inputs.context, inputs.folds
    check_has_proba(inputs.base)
    if soft_labels is None:
        soft_labels = labels.one_hot() * labels.sample_weight[:, None]
    predict = delayed(check_memory(context.memory).cache(_predict_fold))
    context.fits.append(len(folds))
    if context.progress is not None:
        context.progress.start("out-of-fold", len(folds))
    parts = parallel_as_they_come(context.n_jobs)(
        predict(
            inputs.base, inputs.X, soft_labels[train], labels.codes[test],
            labels.classes, labels.params, train, test,
        )
        for train, test in folds
    )  # fmt: skip
    total, times = np.zeros(soft_labels.shape), np.zeros(labels.n_samples)
    for (_, test), (known, part) in zip(folds, parts, strict=True):
        np.add.at(total, test[known], part[known])
        np.add.at(times, test[known], 1)
        if context.progress is not None:
            context.progress.step("out-of-fold")
    # 0 / 0 says that nothing is known.
    with np.errstate(invalid="ignore"):
        return total / times[:, None]


def check_has_proba(estimator):
    """Raise an error that names the way out if there are no probabilities."""
    check_is_classifier(estimator)
    if not hasattr(estimator, "predict_proba"):
        name = type(estimator).__name__
        raise UnsuitableEstimatorError(
            "Out-of-fold evidence needs a classifier with predict_proba, but "
            f"{name} has none. Wrap it as CalibratedClassifierCV({name}(...)), or take "
            "the evidence elsewhere: evidence='forest' or evidence='neighbors' in "
            "NoisyLabelClassifier, or the score NeighborAgreement."
        )


def _predict_fold(estimator, X, soft_labels, codes, classes, params, train, test):
    """Train on one part of the rows, predict the other, and say which rows count."""
    seen = drop_negligible(soft_labels).any(axis=0)
    # A model that has never seen a class says nothing about the labels that name it.
    known = seen[codes]
    if seen.sum() < 2 or not len(test):
        return np.zeros(len(test), dtype=bool), np.zeros((len(test), len(classes)))
    model = fit_soft_labels(
        estimator,
        _safe_indexing(X, train),
        soft_labels,
        classes,
        params=_check_method_params(X, params, indices=train),
    )
    return known, class_proba(model, _safe_indexing(X, test), classes)
