"""What wrong test tags do to the area under the curve, and how to undo it."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from sknoisy.multilabel._error_correlation import score_of_labels
from sknoisy.multilabel._evaluation import TagwiseScores
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


def shrink_auc(auc, *, false_discovery_rate, false_omission_rate):
    r"""Turn an AUC on right tags into the one expected on wrong tags.

    .. math::

        \mathrm{AUC}_{noisy} = \tfrac12 + (1 - \mathrm{FDR} - \mathrm{FOR})
        (\mathrm{AUC}_{clean} - \tfrac12)

    Parameters
    ----------
    auc : float or array-like of shape (n_labels,)
        Area under the ROC curve on right tags, in [0, 1].

    false_discovery_rate : float or array-like of shape (n_labels,)
        Share of the tags that are wrong, 1 - precision, in [0, 1].

    false_omission_rate : float or array-like of shape (n_labels,)
        Share of the rows without the tag that should have it, in [0, 1].

    Returns
    -------
    float or ndarray of shape (n_labels,)
        Expected area under the ROC curve on the wrong tags.

    Raises
    ------
    ValueError
        If a number lies outside [0, 1] or the shapes differ.

    See Also
    --------
    correct_auc : The way back.

    Notes
    -----
    The relation is exact in expectation if, among the rows that are truly positive,
    those with the tag score like those without, and likewise among the negatives. It
    follows from mixing: a tagged row is a positive with probability 1 - FDR, an
    untagged one with probability FOR.

    Examples
    --------
    >>> from sknoisy.multilabel import shrink_auc
    >>> auc = shrink_auc(0.9, false_discovery_rate=0.1, false_omission_rate=0.4)
    >>> round(auc, 3)
    0.7
    """
    auc, shrinkage = _checked(auc, false_discovery_rate, false_omission_rate)
    return _as_given(0.5 + shrinkage * (auc - 0.5))


def correct_auc(auc, *, false_discovery_rate, false_omission_rate):
    r"""Estimate the AUC on right tags from the one on wrong tags.

    .. math::

        \mathrm{AUC}_{clean} = \tfrac12 + \frac{\mathrm{AUC}_{noisy} - \tfrac12}
        {1 - \mathrm{FDR} - \mathrm{FOR}}

    Parameters
    ----------
    auc : float or array-like of shape (n_labels,)
        Area under the ROC curve on wrong tags, in [0, 1].

    false_discovery_rate : float or array-like of shape (n_labels,)
        Share of the tags that are wrong, 1 - precision, in [0, 1].

    false_omission_rate : float or array-like of shape (n_labels,)
        Share of the rows without the tag that should have it, in [0, 1].

    Returns
    -------
    float or ndarray of shape (n_labels,)
        Estimated area under the ROC curve on right tags, cut off at 0 and 1. NaN, with
        a warning, where 1 - FDR - FOR is not above 0: such tags say nothing about the
        label, or the opposite of it.

    Raises
    ------
    ValueError
        If a number lies outside [0, 1] or the shapes differ.

    See Also
    --------
    shrink_auc : The way there.
    estimate_label_quality : Where the two rates come from.
    evaluation_noise_report : The same for every label of a report, with intervals.

    Notes
    -----
    The rates are those of the *test* tags. Exact in expectation if the noise of a
    label does not depend on the features, given its true value. Taggers who mention a
    property only where it is striking leave easy positives among the tags, and the
    correction then goes too far.

    Since the factor is the same for every tagger, noise does not change which of two
    taggers is better on a label, beyond the uncertainty of a smaller difference. It
    does change which of two labels seems the harder one.

    Examples
    --------
    >>> from sknoisy.multilabel import correct_auc
    >>> auc = correct_auc(0.7, false_discovery_rate=0.1, false_omission_rate=0.4)
    >>> round(auc, 3)
    0.9
    """
    auc, shrinkage = _checked(auc, false_discovery_rate, false_omission_rate)
    warn_undefined(
        np.atleast_1d(shrinkage <= 0),
        np.arange(np.size(shrinkage)),
        "AUC cannot be corrected, and is NaN, where 1 - FDR - FOR is not above 0.",
    )
    return _as_given(_corrected(auc, shrinkage))


def evaluation_noise_report(scores, quality):
    """Say what the AUC of each label would be on right tags.

    Parameters
    ----------
    scores : TagwiseScores or array-like of shape (n_labels,)
        What :func:`tagwise_score_report` found on the tags as they are, or the AUC of
        each label.

    quality : LabelQuality
        What :func:`estimate_label_quality` found out about the same tags, with the
        labels in the same order.

    Returns
    -------
    EvaluationNoise
        A record of arrays of shape (n_labels,): ``label_names``, ``auc`` as it is,
        ``auc_shrinkage`` (1 - FDR - FOR), and ``auc_corrected``, with
        ``auc_corrected_interval`` of shape (n_labels, 2). Where it cannot be corrected,
        or the interval of the shrinkage reaches 0, entries are NaN, with a warning.

    Raises
    ------
    ValueError
        If the labels of the two reports differ.

    See Also
    --------
    correct_auc : The equation, and when it holds.

    Notes
    -----
    The interval, at the confidence level of ``quality``, joins two doubts: about the
    tags, of which a few were checked, and about the AUC, measured on a test set of
    limited size, whose standard error is that of [1]_. The second is left out where
    ``scores`` is an array, since the number of rows is not known then. The distances
    from the estimate to the ends that each of the two alone would give are squared
    and added, side by side, which takes the two for independent.

    References
    ----------
    .. [1] J. Hanley, B. McNeil, "The Meaning and Use of the Area under a Receiver
       Operating Characteristic (ROC) Curve", Radiology 143(1), 1982.

    K. Choi, G. Fazekas, K. Cho, M. Sandler, "The Effects of Noisy Labels on Deep
    Convolutional Neural Networks for Music Tagging", IEEE Transactions on Emerging
    Topics in Computational Intelligence 2(2), 2018, asks the question.

    Examples
    --------
    >>> import numpy as np
    >>> from sknoisy.multilabel import estimate_label_quality, evaluation_noise_report
    >>> truth = np.arange(1000) < 300
    >>> Y = np.arange(1000) < 100  # two in three tags are missing
    >>> quality = estimate_label_quality(Y, truth)
    >>> report = evaluation_noise_report([0.8], quality)
    >>> report.auc_corrected.round(3)
    array([0.886])
    """
    if not isinstance(quality, LabelQuality):
        raise ValueError(
            "quality expected what estimate_label_quality returns, but got "
            f"{type(quality).__name__}. For rates of your own, call correct_auc."
        )
    auc = score_of_labels(scores, quality.label_names)
    shrinkage, ends = quality.auc_shrinkage, quality.auc_shrinkage_interval
    warn_undefined(
        ~np.isnan(shrinkage) & ~(ends[:, 0] > 0),
        quality.label_names,
        "The tags may say nothing about the label, 1 - FDR - FOR being close to 0 or "
        "below, so that the corrected AUC or its interval is NaN.",
    )
    corrected = _corrected(auc, shrinkage)
    by_quality = np.sort(_corrected(auc[:, np.newaxis], ends), axis=1)
    by_quality[np.isnan(by_quality).any(axis=1)] = np.nan
    half = norm.ppf(0.5 + quality.confidence_level / 2) * _standard_error(scores, auc)
    by_size = _corrected(auc + [-half, half], shrinkage).T
    widths = np.hypot(
        by_quality - corrected[:, np.newaxis], by_size - corrected[:, np.newaxis]
    )
    interval = np.clip(corrected[:, np.newaxis] + widths * [-1, 1], 0, 1)
    return EvaluationNoise(quality.label_names, auc, shrinkage, corrected, interval)


def _standard_error(scores, auc):
    """Return the standard error of each AUC, 0 if the size of the test is not known."""
    if not isinstance(scores, TagwiseScores):
        return np.zeros(len(auc))
    n_positive = scores.n_positive
    n_negative = scores.n_samples - n_positive
    # Hanley and McNeil: the chance that one positive beats two negatives, and that
    # two positives beat one negative.
    one_beats_two, two_beat_one = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    variance = (
        auc * (1 - auc)
        + (n_positive - 1) * (one_beats_two - auc**2)
        + (n_negative - 1) * (two_beat_one - auc**2)
    )
    pairs = np.maximum(n_positive * n_negative, 1)
    return np.sqrt(np.maximum(variance, 0) / pairs)


def _checked(auc, false_discovery_rate, false_omission_rate):
    """Return the AUC and the factor by which noise shrinks what is above 1/2."""
    given = {
        "auc": auc,
        "false_discovery_rate": false_discovery_rate,
        "false_omission_rate": false_omission_rate,
    }
    arrays = [np.asarray(value, dtype=float) for value in given.values()]
    for name, array in zip(given, arrays, strict=True):
        if ((array < 0) | (array > 1)).any():
            raise ValueError(
                f"{name} expected numbers from 0 to 1, but got {given[name]!r}. Rates "
                "are shares, not per cent."
            )
    try:
        auc, wrong, omitted = np.broadcast_arrays(*arrays)
    except ValueError as error:
        shapes = ", ".join(str(array.shape) for array in arrays)
        raise ValueError(
            "auc and the two rates expected a number each, or arrays with the same "
            f"labels, but got shapes {shapes}. Pass one number per label."
        ) from error
    return auc, 1 - wrong - omitted


def _corrected(auc, shrinkage):
    usable = np.where(shrinkage > 0, shrinkage, np.nan)
    return np.clip(0.5 + (auc - 0.5) / usable, 0, 1)


def _as_given(values):
    return float(values) if values.ndim == 0 else values
