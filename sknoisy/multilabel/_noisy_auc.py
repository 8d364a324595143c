"""What wrong test tags do to the area under the curve, and how to undo it."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.stats import norm
from sklearn.metrics import roc_auc_score
from sklearn.utils import check_array

from sknoisy._indicator import is_frame, read_indicator
from sknoisy.multilabel._label_quality import LabelQuality
from sknoisy.multilabel._result import Result, warn_undefined


@dataclass(frozen=True)
class EvaluationNoise(Result):
    """What :func:`evaluation_noise_report` returns."""

    label_names: np.ndarray
    auc: np.ndarray
    auc_shrinkage: np.ndarray
    auc_corrected: np.ndarray
    auc_corrected_interval: np.ndarray


def evaluation_noise_report(y_true, y_score, quality):
    r"""Compute the AUC of each label, and what it would be on right tags.

    With the false-discovery rate FDR of the tags and the false-omission rate FOR of the
    blanks of the *test* rows,

    .. math::

        \mathrm{AUC}_{clean} = \tfrac12 + \frac{\mathrm{AUC}_{noisy} - \tfrac12}
        {1 - \mathrm{FDR} - \mathrm{FOR}}.

    Parameters
    ----------
    y_true : array-like, sparse matrix or frame of shape (n_samples, n_labels)
        Tags of the test rows, zeros and ones. One dimension is one label.

    y_score : array-like of shape (n_samples, n_labels), or list of arrays
        Scores of each label, or a list of probabilities of shape (n_samples, 2), as
        forests and ``MultiOutputClassifier`` return it.

    quality : LabelQuality
        What :func:`estimate_label_quality` found out about tags of the same kind, with
        the labels in the same order.

    Returns
    -------
    EvaluationNoise
        Arrays of shape (n_labels,): ``label_names``, ``auc`` on the tags as they are,
        ``auc_shrinkage`` (1 - FDR - FOR), and ``auc_corrected``, with its
        ``auc_corrected_interval`` of shape (n_labels, 2). Entries are NaN, with a
        warning, for a label that no test row has or all have, and where the interval
        of the shrinkage reaches 0.

    Raises
    ------
    ValueError
        If tags are anything but zeros and ones, scores are missing or infinite, or
        shapes or labels differ.

    See Also
    --------
    estimate_label_quality : Where the two rates come from.

    Notes
    -----
    A tagged row is a positive with probability 1 - FDR, an untagged one with
    probability FOR. If, among the positives of a label, those with the tag score like
    those without, and likewise among the negatives, the equation is exact in
    expectation. Taggers who mention a property only where it is striking leave easy
    positives among the tags, and the correction then goes too far. Since the factor is
    the same for every tagger, noise does not change which of two taggers is better on a
    label, but it does change which of two labels seems harder.

    The interval, at the confidence level of ``quality``, combines two uncertainties,
    taken for independent: that of the rates, and that of an AUC on so many rows, whose
    standard error is that of [1]_. The distances from the estimate to the ends that
    each alone would give are squared and added, side by side.

    References
    ----------
    .. [1] J. Hanley, B. McNeil, "The Meaning and Use of the Area under a Receiver
       Operating Characteristic (ROC) Curve", Radiology 143(1), 1982.

    K. Choi, G. Fazekas, K. Cho, M. Sandler, "The Effects of Noisy Labels on Deep CNNs
    for Music Tagging", IEEE TETCI 2(2), 2018, arXiv:1706.02361.

    Examples
    --------
    >>> import numpy as np
    >>> from sknoisy.multilabel import estimate_label_quality, evaluation_noise_report
    >>> truth = np.arange(1000) < 300
    >>> Y = np.arange(1000) < 100  # two in three tags are missing
    >>> quality = estimate_label_quality(Y, truth)
    >>> score = np.random.RandomState(0).normal(size=1000) + truth
    >>> report = evaluation_noise_report(Y, score, quality)
    >>> report.auc.round(2), report.auc_corrected.round(2)
    (array([0.73]), array([0.79]))
    """
    owner = "evaluation_noise_report"
    if not isinstance(quality, LabelQuality):
        raise ValueError(
            "quality expected what estimate_label_quality returns, but got "
            f"{type(quality).__name__}. For rates of your own, write "
            "0.5 + (auc - 0.5) / (1 - fdr - for)."
        )
    tags = read_indicator(y_true, owner=owner, name="y_true")
    y_score = _read_scores(y_score, tags, owner)
    names = quality.label_names
    # Names can be compared only where the columns of the test table have any.
    same = tags.names.tolist() == names.tolist()
    if len(names) != tags.n_labels or (is_frame(y_true) and not same):
        raise ValueError(
            f"{owner} expected the {len(names)} labels of quality as columns of "
            f"y_true, but got {tags.n_labels} or other names. Make both from tables "
            "with the same columns."
        )
    auc = _auc_of_labels(tags, y_score, names)
    shrinkage, ends = quality.auc_shrinkage, quality.auc_shrinkage_interval
    warn_undefined(
        ~np.isnan(shrinkage) & ~(ends[:, 0] > 0),
        names,
        "The tags may say nothing about the label, 1 - FDR - FOR being close to 0 or "
        "below, so that the corrected AUC or its interval is NaN.",
    )
    corrected = _corrected(auc, shrinkage)
    # Ends that each uncertainty alone would give; a low shrinkage gives a high AUC, or
    # a low one below one half.
    by_quality = np.sort(_corrected(auc[:, np.newaxis], ends), axis=1)
    by_quality[np.isnan(by_quality).any(axis=1)] = np.nan
    half = norm.ppf(0.5 + quality.confidence_level / 2) * _standard_error(tags, auc)
    by_size = _corrected(auc + [-half, half], shrinkage).T
    centre = corrected[:, np.newaxis]
    widths = np.hypot(by_quality - centre, by_size - centre)
    interval = np.clip(centre + widths * [-1, 1], 0, 1)
    return EvaluationNoise(names, auc, shrinkage, corrected, interval)


def _read_scores(y_score, tags, owner):
    """Return the scores of a tagger as a table that fits its tags."""
    if sparse.issparse(y_score):
        y_score = y_score.toarray()
    elif is_frame(y_score):
        y_score = y_score.to_numpy()
    elif isinstance(y_score, list) and y_score and np.ndim(y_score[0]) == 2:
        # A label that training never saw has a single column, that of "no".
        columns = [np.asarray(one) for one in y_score]
        y_score = [one[:, 1] if one.shape[1] == 2 else 0 * one[:, 0] for one in columns]
        y_score = np.column_stack(y_score)
    # One dimension is one label, as in y_true.
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
    return check_array(y_score, input_name="y_score", estimator=owner)


def _auc_of_labels(tags, y_score, names):
    """Return the AUC of each label, NaN with a warning where a class is missing."""
    count = tags.occurrence()
    for value, text in ((0, "no"), (tags.n_samples, "every")):
        warn_undefined(
            count == value,
            names,
            f"AUC is undefined, and NaN, where {text} row has the label.",
        )
    varies = (count > 0) & (count < tags.n_samples)
    auc = np.full(tags.n_labels, np.nan)
    for k in np.flatnonzero(varies):
        auc[k] = roc_auc_score(tags.column(k), y_score[:, k])
    return auc


def _standard_error(tags, auc):
    """Return the standard error of each AUC (Hanley and McNeil, eq. 1)."""
    n_positive = tags.occurrence()
    n_negative = tags.n_samples - n_positive
    # Q1 and Q2: the probability that one positive beats two negatives, and that two
    # positives beat one negative.
    one_beats_two, two_beat_one = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    variance = (
        auc * (1 - auc)
        + (n_positive - 1) * (one_beats_two - auc**2)
        + (n_negative - 1) * (two_beat_one - auc**2)
    )
    pairs = np.maximum(n_positive * n_negative, 1)
    return np.sqrt(np.maximum(variance, 0) / pairs)


def _corrected(auc, shrinkage):
    """Return the AUC on right tags, NaN where tags say nothing about the label."""
    usable = np.where(shrinkage > 0, shrinkage, np.nan)
    return np.clip(0.5 + (auc - 0.5) / usable, 0, 1)
