"""One fit of a classifier, where its demands on the labels are met.

XGBoost takes nothing but the codes 0...K-1, and early stopping wants two rows of each
class. A fold that lacks a class, or holds one row of it, is our doing, so that these
classifiers get what they ask for.
"""

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin, clone

from sknoisy._compat import _check_method_params, _num_samples, _safe_indexing


class CodedClassifier(ClassifierMixin, MetaEstimatorMixin, BaseEstimator):
    """A classifier that is fitted to the codes 0...K-1 and answers in labels.

    Parameters
    ----------
    estimator : classifier
        It is cloned in ``fit``. All that is not defined here is asked of the clone.

    Attributes
    ----------
    estimator_ : classifier
        The classifier, fitted to codes.
    classes_ : ndarray of shape (n_classes,)
        The label of each code.
    """

    def __init__(self, estimator):
        self.estimator = estimator

    def fit(self, X, y, **params):
        """Fit to the codes of the labels, and return the classifier itself."""
        self.classes_, codes = np.unique(y, return_inverse=True)
        self.estimator_ = clone(self.estimator).fit(X, codes, **params)
        return self

    def predict(self, X):
        """Return the predicted label of each row."""
        codes = np.arange(len(self.classes_))
        return self.classes_[predicted_codes(self.estimator_, X, codes)]

    def __getattr__(self, name):
        # Copies and pickles ask for names before anything is set.
        if name in {"estimator", "estimator_", "classes_"} or name.startswith("__"):
            raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")
        return getattr(vars(self).get("estimator_", self.estimator), name)


def fit_labels(estimator, X, y, params):
    """Fit a clone of a classifier to labels, the way it takes them.

    Parameters
    ----------
    estimator : classifier
        It is cloned, never changed.

    X : array-like, frame, sparse matrix or sequence of n_samples rows
        Handed on as it came.

    y : ndarray of shape (n_samples,)
        Labels.

    params : dict
        Metadata for ``estimator.fit``.

    Returns
    -------
    classifier
        The fitted clone; a :class:`CodedClassifier` around it where it has refused the
        labels and asked for their codes.
    """
    estimator = _for_two_classes(estimator, y)
    try:
        return clone(estimator).fit(X, y, **params)
    except ValueError as error:
        classes, counts = np.unique(y, return_counts=True)
        if _asks_for_codes(error, classes):
            return CodedClassifier(estimator).fit(X, y, **params)
        if counts.min() > 1 or "least populated class" not in str(error):
            raise
    rows = np.sort(np.append(np.arange(len(y)), np.flatnonzero(_alone(y))))
    params = _check_method_params(X, params, indices=rows)
    for name in params:
        if name.endswith("sample_weight"):
            params[name] = np.where(_alone(y)[rows], 0.5, 1.0) * params[name]
    return clone(estimator).fit(_safe_indexing(X, rows), y[rows], **params)


def _for_two_classes(estimator, y):
    """Return a classifier whose objective suits the number of classes in a fold.

    XGBoost sets ``objective`` to one for three classes or more when it is fitted, and
    refuses two with it.
    """
    steps = getattr(estimator, "steps", [(None, estimator)])
    objective = str(getattr(steps[-1][1], "objective", None))
    if not objective.startswith("multi:") or len(np.unique(y)) > 2:
        return estimator
    estimator = clone(estimator)
    last = estimator.steps[-1][1] if hasattr(estimator, "steps") else estimator
    last.set_params(objective="binary:logistic")
    return estimator


def _asks_for_codes(error, classes):
    """Whether an error tells that the codes were expected, and they were not given."""
    codes = np.arange(len(classes))
    given = classes.dtype.kind in "iu" and np.array_equal(classes, codes)
    return not given and "xpected" in str(error) and str(codes) in str(error)


def _alone(y):
    """Whether the row of each label is the only one of its class."""
    _, codes, counts = np.unique(y, return_inverse=True, return_counts=True)
    return counts[codes] == 1


def predicted_labels(model, X, classes):
    """Return the labels that a fitted classifier predicts, one for each row.

    Parameters
    ----------
    model : fitted classifier
        Any. Some return a column, of shape (n_samples, 1), or text for other labels.

    X : array-like, frame, sparse matrix or sequence of n_samples rows
        Handed on as it came.

    classes : ndarray of shape (n_classes,)
        The classes.

    Returns
    -------
    ndarray of shape (n_samples,)
        Labels of the type of ``classes``.

    Raises
    ------
    ValueError
        If the answer is not one label for each row, or not of the type of the classes.
    """
    labels = np.asarray(model.predict(X))
    labels = labels[:, 0] if labels.ndim == 2 and labels.shape[1] == 1 else labels
    if labels.shape != (_num_samples(X),):
        raise ValueError(
            f"{type(model).__name__}.predict expected to return shape "
            f"({_num_samples(X)},), a label a sample, but returned {labels.shape}. "
            "Check the classifier; of one for several outputs, wrap one per output."
        )
    if labels.dtype.kind == classes.dtype.kind:
        return labels
    named = {str(label): label for label in classes.tolist()}
    named |= {label: label for label in classes.tolist()}
    distinct, codes = np.unique(labels, return_inverse=True)
    _check_known(set(distinct.tolist()) - named.keys(), model, classes)
    return np.array([named[one] for one in distinct.tolist()], classes.dtype)[codes]


def predicted_codes(model, X, classes):
    """Return the positions of the predicted labels among the sorted ``classes``.

    Parameters
    ----------
    model : fitted classifier
        Any.

    X : array-like, frame, sparse matrix or sequence of n_samples rows
        Handed on as it came.

    classes : ndarray of shape (n_classes,)
        The classes, sorted.

    Returns
    -------
    ndarray of int of shape (n_samples,)
        Codes.

    Raises
    ------
    ValueError
        If a label is not among the classes, and as of :func:`predicted_labels`.
    """
    labels = predicted_labels(model, X, classes)
    codes = np.minimum(np.searchsorted(classes, labels), len(classes) - 1)
    _check_known(labels[classes[codes] != labels].tolist(), model, classes)
    return codes


def _check_known(unknown, model, classes):
    """Refuse an answer that holds labels other than the classes."""
    if len(unknown):
        raise ValueError(
            f"{type(model).__name__}.predict expected to return labels among the "
            f"classes {classes[:12].tolist()}, but returned {next(iter(unknown))!r}. "
            "Check the classifier: it was fitted to labels of these classes only."
        )
