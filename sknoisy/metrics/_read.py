"""Labels, predictions and scores as the metrics take them."""

import numpy as np
from sklearn.utils.validation import check_consistent_length

from sknoisy._compat import _check_sample_weight
from sknoisy._labels import as_array, encode_labels
from sknoisy.metrics._confusion_scores import CONFUSION_SCORES
from sknoisy.metrics._proba_scores import PROBA_SCORES

METRICS = (*CONFUSION_SCORES, *PROBA_SCORES)
# Integer labels within this range are looked up in a table, which is a tenth of the
# time of sorting them.
LARGEST_TABLE = 1 << 16


def read_labels_and_predictions(y, y_pred, metric, classes, owner):
    """Return the classes, the codes of the labels, and codes or scores predicted.

    Parameters
    ----------
    y : array-like of shape (n_samples,)
        Labels.

    y_pred : array-like of shape (n_samples,) or (n_samples, n_classes)
        Predicted labels, or scores for a metric of scores.

    metric : str
        One of ``METRICS``.

    classes : array-like of shape (n_classes,) or None
        The classes in the order of the transition matrix. None means the sorted labels
        of ``y``, and of ``y_pred`` where it holds labels.

    owner : str
        Name of the caller, for the messages.

    Returns
    -------
    tuple of ndarray
        Classes, codes, and codes or scores predicted.
    """
    shape = as_array(y).shape
    if len(shape) == 2 and shape[1] > 1:
        raise ValueError(
            f"{owner} expected one label per row, y of shape (n_samples,), but got "
            f"shape {shape}. For several labels per row, see the scores of "
            "sknoisy.multilabel."
        )
    check_consistent_length(y, y_pred)
    if not len(y):
        raise ValueError(
            f"{owner} expected at least one row, but y has none. Check what selected "
            "the rows."
        )
    labels = metric in CONFUSION_SCORES
    if classes is None:
        classes = common_classes([y, y_pred] if labels else [y], owner)
    classes = _check_classes(classes, owner)
    codes = _codes(y, classes, owner)
    if labels:
        return classes, codes, _codes(y_pred, classes, owner)
    return classes, codes, _check_scores(y_pred, len(classes), metric, owner)


def common_classes(columns, owner):
    """Return the sorted distinct labels of several columns, all of one type."""
    found = [encode_labels(column, owner=owner)[0] for column in columns]
    if all(np.array_equal(found[0], other) for other in found[1:]):
        return found[0]
    return encode_labels([k for one in found for k in one.tolist()], owner=owner)[0]


def _check_classes(classes, owner):
    classes = np.asarray(classes)
    if classes.ndim != 1 or len(classes) < 2 or len(np.unique(classes)) < len(classes):
        raise ValueError(
            f"{owner} expected at least two different classes, but got "
            f"{classes.tolist()}. Pass classes= with every class, in the order of the "
            "rows of the transition matrix."
        )
    return classes


def _codes(y, classes, owner):
    """Return the position of each label among the classes."""
    labels = np.asarray(y)
    whole = labels.dtype.kind in "iu" and classes.dtype.kind in "iu"
    if (
        whole
        and labels.ndim == 1
        and 0 <= classes.min() <= classes.max() < LARGEST_TABLE
    ):
        table = np.full(int(classes.max()) + 1, -1)
        table[classes] = np.arange(len(classes))
        if labels.min() >= 0 and labels.max() < len(table):
            codes = table[labels]
            if codes.min() >= 0:
                return codes
    return encode_labels(y, owner=owner, classes=classes)[1]


def _check_scores(scores, n_classes, metric, owner):
    """Return scores in the shape that the metric needs."""
    try:
        scores = np.asarray(scores, dtype=float)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"{owner} expected scores as a table of numbers for metric={metric!r}, but "
            f"got {type(scores).__name__} that holds others: {error}. Pass the output "
            "of predict_proba."
        ) from error
    probabilities = metric in {"log_loss", "brier"}
    if scores.ndim == 1 and n_classes == 2 and probabilities:
        scores = np.column_stack([1 - scores, scores])
    if scores.ndim == 2 and scores.shape[1] == 2 == n_classes and not probabilities:
        scores = scores[:, 1]
    one = scores.ndim == 1 and n_classes == 2 and not probabilities
    if not one and scores.shape[1:] != (n_classes,):
        raise ValueError(
            f"{owner} expected scores of shape (n_samples, {n_classes}), a column per "
            f"class, for metric={metric!r}, but got shape {scores.shape}. Pass the "
            "output of predict_proba, with columns in the order of classes."
        )
    if not np.isfinite(scores).all():
        raise ValueError(
            f"{owner} expected finite scores, but {int((~np.isfinite(scores)).sum())} "
            "entries are missing or infinite. Check the classifier that made them."
        )
    if probabilities and (scores.min() < 0 or np.abs(scores.sum(1) - 1).max() > 1e-3):
        raise ValueError(
            f"{owner} expected probabilities in [0, 1] whose rows sum to 1, for metric="
            f"{metric!r}, but they lie between {scores.min():.6g} and "
            f"{scores.max():.6g}. Pass the output of predict_proba."
        )
    return scores


def read_share(sample_weight, n_samples):
    """Return the share of each row in the total weight."""
    if sample_weight is None:
        return np.full(n_samples, 1 / n_samples)
    weight = _check_sample_weight(
        sample_weight, np.empty((n_samples, 1)), ensure_non_negative=True
    )
    if not weight.any():
        raise ValueError(
            "sample_weight expected at least one non-zero number, but got only zeros: "
            "every row would be left out. Leave sample_weight out for equal weights."
        )
    return weight / weight.sum()


def check_score_is_defined(value, metric, share_of_class, classes, owner):
    """Raise an error where a class has no rows, so that its score says nothing.

    Parameters
    ----------
    value : float
        The score; NaN where it is not defined.

    metric : str
        Its name.

    share_of_class : ndarray of shape (n_classes,)
        Share of the rows that each class has; the inverse of a transition matrix can
        make it negative.

    classes : ndarray of shape (n_classes,)
        The classes.

    owner : str
        Name of the caller, for the message.
    """
    if np.isnan(value):
        gone = int(share_of_class.argmin())
        raise ValueError(
            f"{owner} expected rows of every class for metric={metric!r}, but class "
            f"{classes[gone]!s} has {share_of_class[gone]:.2%} of them. Pass more rows "
            "of it, or take metric='log_loss' or metric='brier'."
        )
