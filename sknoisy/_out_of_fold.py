"""Out-of-fold class probabilities: the one cross-validation of the package.

Whether a label can be trusted is asked of a model that has not seen that label. A
model that has seen it answers by heart.
"""

import numpy as np
from sklearn.utils.parallel import Parallel, delayed
from sklearn.utils.validation import check_array, check_memory

from sknoisy._compat import AS_THEY_COME, _check_method_params, _safe_indexing
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
        If a probability is missing or infinite.
    """
    labels, context, folds = inputs.labels, inputs.context, inputs.folds
    check_has_proba(inputs.base)
    if soft_labels is None:
        soft_labels = labels.one_hot() * labels.sample_weight[:, None]
    predict = delayed(check_memory(context.memory).cache(_predict_fold))
    if context.progress is not None:
        context.progress.start("out-of-fold", len(folds))
    parts = Parallel(n_jobs=context.n_jobs, **AS_THEY_COME)(
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


def check_proba(proba, labels, *, owner):
    """Check given out-of-fold probabilities against the labels they belong to.

    Parameters
    ----------
    proba : array-like of shape (n_samples, n_classes)
        Probabilities to check.

    labels : NoisyLabels
        The labels.

    owner : str
        Name of the caller, for the messages.

    Returns
    -------
    ndarray of shape (n_samples, n_classes)
        The probabilities, float32 or float64 as they came.

    Raises
    ------
    ValueError
        If an entry is missing or outside [0, 1], a row does not sum to 1, or the
        shape does not fit the labels.
    """
    proba = check_array(
        proba, dtype=[np.float64, np.float32], input_name="proba", estimator=owner
    )
    expected = (labels.n_samples, labels.n_classes)
    if proba.shape != expected:
        raise ValueError(
            f"{owner} expected probabilities of shape {expected}, a row a label and a "
            f"column a class, but got shape {proba.shape}. The columns stand for "
            "the sorted labels of y; where y lacks a class, functions take classes=."
        )
    if proba.min() < 0:
        raise ValueError(
            f"{owner} expected probabilities in [0, 1], but the smallest is "
            f"{proba.min():.6g}. Pass the output of predict_proba, not of "
            "decision_function or predict_log_proba."
        )
    sums = proba.sum(axis=1)
    worst = int(np.abs(sums - 1).argmax())
    if abs(sums[worst] - 1) > 1e-3:
        raise ValueError(
            f"{owner} expected the probabilities of each row to sum to 1, but those of "
            f"row {worst} sum to {sums[worst]:.6g}. Normalise the rows first."
        )
    return proba


def align_columns(table, given, classes, fill=0.0):
    """Return the columns of a table in the order of ``classes``.

    Parameters
    ----------
    table : ndarray of shape (n_samples, n_given)
        A column per class in ``given``.

    given : ndarray of shape (n_given,)
        Classes that the model knows: some or all of ``classes``.

    classes : ndarray of shape (n_classes,)
        Classes wanted.

    fill : float, default=0.0
        Value for classes that the model does not know.

    Returns
    -------
    ndarray of shape (n_samples, n_classes)
        The table itself where nothing is missing.
    """
    if len(given) == len(classes):
        return table
    aligned = np.full((len(table), len(classes)), fill, dtype=table.dtype)
    aligned[:, np.searchsorted(classes, given)] = table
    return aligned


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
    proba = np.asarray(model.predict_proba(_safe_indexing(X, test)))
    if not np.isfinite(proba).all():
        raise ValueError(
            "Out-of-fold evidence expected finite probabilities, but "
            f"{type(model).__name__}.predict_proba returned "
            f"{np.count_nonzero(~np.isfinite(proba))} that are missing or infinite. "
            "Scale X, or use a classifier that copes with it."
        )
    return known, align_columns(proba, model.classes_, classes)
