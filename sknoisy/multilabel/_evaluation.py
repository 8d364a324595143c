"""How good a tagger is, tag by tag, and how far wrong test tags hide it."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from sklearn.metrics import average_precision_score, roc_auc_score

from sknoisy._indicator import is_frame, read_indicator
from sknoisy.multilabel._result import Result, warn_undefined


@dataclass(frozen=True)
class TagwiseScores(Result):
    """What :func:`tagwise_score_report` returns."""

    label_names: np.ndarray
    n_positive: np.ndarray
    roc_auc: np.ndarray
    average_precision: np.ndarray
    precision: np.ndarray
    recall: np.ndarray
    f1: np.ndarray
    n_samples: int

    def mean(self):
        """Return the mean of each score over the labels that have one.

        Returns
        -------
        dict of str to float
            Macro averages; NaN for a score that no label has.
        """
        names = ("roc_auc", "average_precision", "precision", "recall", "f1")
        return {name: _mean(getattr(self, name)) for name in names}


def tagwise_score_report(y_true, y_score, *, threshold=0.5, label_names=None):
    """Score a tagger on each label by itself.

    Parameters
    ----------
    y_true : array-like, sparse matrix or frame of shape (n_samples, n_labels)
        Tags, zeros and ones. One dimension is one label.

    y_score : array-like of shape (n_samples, n_labels), or list of arrays
        Probabilities or other scores of each label. A list as forests and
        ``MultiOutputClassifier`` return it, one array of shape (n_samples, 2) per
        label, is read as well.

    threshold : float or None, default=0.5
        Score from which a label counts as predicted, for precision, recall and F1. Use
        0 for values of ``decision_function``. With None these three are not computed.

    label_names : array-like of shape (n_labels,), default=None
        Names of the labels. If None, the columns of a frame, else 0, 1, 2, ...

    Returns
    -------
    TagwiseScores
        A record of arrays of shape (n_labels,): ``label_names``, ``n_positive`` and
        the scores ``roc_auc``, ``average_precision``, ``precision``, ``recall`` and
        ``f1``, in [0, 1]; beside them the number ``n_samples``.

        A score that is undefined for a label is NaN, with a warning: all but precision
        where no row has the label, AUC where every row has it, precision where it is
        never predicted. Those left out by ``threshold=None`` are NaN without one.
        ``mean()`` returns averages, ``to_frame()`` a table.

    Raises
    ------
    ValueError
        If the shapes do not fit, tags are anything but zeros and ones, or a score is
        missing or infinite.

    See Also
    --------
    evaluation_noise_report : What the scores would be on right tags.
    occurrence_against_error : Which labels score low, and why.

    Notes
    -----
    Where the tags of the test set are wrong themselves, scores of different labels
    cannot be compared with each other: noise lowers the score of each label by another
    amount. Scores of different taggers on the same label can.

    References
    ----------
    K. Choi, G. Fazekas, K. Cho, M. Sandler, "The Effects of Noisy Labels on Deep
    Convolutional Neural Networks for Music Tagging", IEEE Transactions on Emerging
    Topics in Computational Intelligence 2(2), 2018.

    Examples
    --------
    >>> from sknoisy.multilabel import tagwise_score_report
    >>> Y = [[1, 0], [1, 0], [0, 1], [0, 1]]
    >>> proba = [[0.9, 0.2], [0.4, 0.6], [0.3, 0.7], [0.2, 0.4]]
    >>> scores = tagwise_score_report(Y, proba, label_names=["rock", "sad"])
    >>> scores.roc_auc
    array([1.  , 0.75])
    >>> scores.recall
    array([0.5, 0.5])
    """
    owner = "tagwise_score_report"
    tags = read_indicator(y_true, owner=owner, label_names=label_names, name="y_true")
    y_score = read_scores(y_score, tags, owner=owner)
    scores = [
        _scores_of(tags.column(k), y_score[:, k].astype(float), threshold)
        for k in range(tags.n_labels)
    ]
    columns = np.array(scores).T
    if threshold is None:
        columns[2:] = np.nan
    _warn_of_undefined(tags, columns[2] if threshold is not None else np.zeros(0))
    return TagwiseScores(tags.names, tags.occurrence(), *columns, tags.n_samples)


def read_scores(y_score, tags, *, owner):
    """Return the scores of a tagger as a table that fits its tags.

    Parameters
    ----------
    y_score : array-like of shape (n_samples, n_labels), or list of arrays
        Scores, or a list of probabilities of shape (n_samples, 2) per label.

    tags : Indicator
        The tags.

    owner : str
        Name of the caller, for the messages.

    Returns
    -------
    ndarray of shape (n_samples, n_labels)
        Finite scores.
    """
    if sparse.issparse(y_score):
        y_score = y_score.toarray()
    elif is_frame(y_score):
        y_score = y_score.to_numpy()
    elif isinstance(y_score, list) and y_score and np.ndim(y_score[0]) == 2:
        y_score = np.column_stack([_positive_column(one) for one in y_score])
    y_score = np.asarray(y_score)
    y_score = y_score[:, np.newaxis] if y_score.ndim == 1 else y_score
    shape = (tags.n_samples, tags.n_labels)
    if y_score.shape != shape or y_score.dtype.kind not in "biuf":
        raise ValueError(
            f"{owner} expected y_score of shape {shape}, a number for each row and "
            f"label, but got dtype {y_score.dtype} and shape {y_score.shape}. Pass "
            "what predict_proba or decision_function of a multi-label classifier "
            "returned for the same rows."
        )
    if not np.isfinite(y_score).all():
        raise ValueError(
            f"{owner} expected finite numbers in y_score, but got NaN or infinity in "
            f"{(~np.isfinite(y_score)).sum()} entries. Predict these rows again, or "
            "leave them out."
        )
    return y_score


def _positive_column(proba):
    """Return the probability of the label, 0 where training never saw it."""
    proba = np.asarray(proba)
    return proba[:, 1] if proba.shape[1] == 2 else np.zeros(len(proba))


def _scores_of(truth, score, threshold):
    """Return AUC, average precision, precision, recall and F1 of one label."""
    predicted = score >= (np.inf if threshold is None else threshold)
    n_true, n_predicted = truth.sum(), predicted.sum()
    right = (truth & predicted).sum()
    both = 0 < n_true < len(truth)
    return (
        roc_auc_score(truth, score) if both else np.nan,
        average_precision_score(truth, score) if n_true else np.nan,
        right / n_predicted if n_predicted else np.nan,
        right / n_true if n_true else np.nan,
        2 * right / (n_true + n_predicted) if n_true else np.nan,
    )


def _warn_of_undefined(tags, precision):
    """Say which labels have no scores, and why."""
    count = tags.occurrence()
    for value, text in ((0, "no"), (tags.n_samples, "every")):
        warn_undefined(
            count == value,
            tags.names,
            f"AUC is undefined, and NaN, where {text} row has the label.",
        )
    warn_undefined(
        np.isnan(precision),
        tags.names,
        "Precision is undefined, and NaN, where the label is never predicted.",
    )


def _mean(values):
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else np.nan
