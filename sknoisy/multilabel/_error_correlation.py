"""Are rare labels the noisy ones? Rank correlations over the labels."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import spearmanr

from sknoisy.multilabel._evaluation import TagwiseScores
from sknoisy.multilabel._label_quality import LabelQuality
from sknoisy.multilabel._result import Result, warn_undefined

PAIRS = [
    ("occurrence", "false_discovery_rate"),
    ("occurrence", "false_omission_rate"),
    ("occurrence", "tagability"),
    ("prevalence", "tagability"),
]
PAIRS_WITH_SCORE = [("occurrence", "score"), ("tagability", "score")]


@dataclass(frozen=True)
class RankCorrelations(Result):
    """What :func:`occurrence_against_error` returns."""

    first: np.ndarray
    second: np.ndarray
    correlation: np.ndarray
    p_value: np.ndarray
    n_labels: np.ndarray

    def between(self, first, second):
        """Return one of the correlations.

        Parameters
        ----------
        first : str
            Name of one quantity.

        second : str
            Name of the other.

        Returns
        -------
        float
            Spearman's rank correlation, in [-1, 1].

        Raises
        ------
        KeyError
            If the two were not compared.
        """
        pairs = zip(self.first, self.second, strict=True)
        for (a, b), value in zip(pairs, self.correlation, strict=True):
            if {a, b} == {first, second}:
                return float(value)
        raise KeyError(
            f"{first!r} and {second!r} were not compared; to_frame() lists the pairs"
        )


def occurrence_against_error(quality, *, scores=None):
    """Compare how often labels occur with how wrong they are.

    Rank correlations over the labels, between their occurrence, their error rates and,
    if given, how well a tagger does on each. They answer whether rare labels are the
    noisy ones, and whether a label with low scores is a rare or a badly tagged one.

    Parameters
    ----------
    quality : LabelQuality
        What :func:`estimate_label_quality` found.

    scores : TagwiseScores or array-like of shape (n_labels,), default=None
        What :func:`tagwise_score_report` found for the same labels in the same order,
        of which the AUC is taken, or a score of each label.

    Returns
    -------
    RankCorrelations
        A record of arrays with an entry for each pair compared: ``first``,
        ``second`` (names of the quantities), ``correlation`` (Spearman's, in [-1, 1]),
        ``p_value`` and ``n_labels``, the number of labels for which both quantities
        are known. ``between(first, second)`` looks one up. With fewer than 3 labels,
        or a quantity that is the same for all of them, the correlation is NaN, with a
        warning.

    Raises
    ------
    ValueError
        If the labels of the two reports differ.

    See Also
    --------
    estimate_label_quality : Where the error rates come from.
    tagwise_score_report : Where the scores come from.

    Notes
    -----
    A correlation over labels shows no cause, and a handful of labels shows little at
    all: read the p-value, which holds for a single comparison, and mind that several
    are made here. Error rates estimated from few checked entries are noisy themselves,
    which pulls every correlation towards 0.

    References
    ----------
    K. Choi, G. Fazekas, K. Cho, M. Sandler, "The Effects of Noisy Labels on Deep
    Convolutional Neural Networks for Music Tagging", IEEE Transactions on Emerging
    Topics in Computational Intelligence 2(2), 2018.

    Examples
    --------
    >>> import numpy as np
    >>> from sknoisy.multilabel import estimate_label_quality, occurrence_against_error
    >>> row = np.arange(100)[:, np.newaxis]
    >>> truth = row < [40, 30, 20, 10]
    >>> Y = (row < [10, 15, 15, 9]) | (row >= [97, 96, 95, 94])
    >>> quality = estimate_label_quality(Y, truth)
    >>> table = occurrence_against_error(quality)
    >>> round(table.between("prevalence", "tagability"), 1)  # the rarer the better
    -1.0
    """
    if not isinstance(quality, LabelQuality):
        raise ValueError(
            "quality expected what estimate_label_quality returns, but got "
            f"{type(quality).__name__}. Call estimate_label_quality first."
        )
    values = {**quality.to_dict(), "false_discovery_rate": 1 - quality.precision}
    pairs = list(PAIRS)
    if scores is not None:
        values["score"] = score_of_labels(scores, quality.label_names)
        pairs += PAIRS_WITH_SCORE
    rows = [_correlate(values[first], values[second]) for first, second in pairs]
    correlation, p_value, n_labels = (np.array(one) for one in zip(*rows, strict=True))
    names = [f"{first} and {second}" for first, second in pairs]
    warn_undefined(
        np.isnan(correlation),
        names,
        "Rank correlations need at least 3 labels that differ, and are NaN here.",
        kind="Pairs",
    )
    first, second = np.array(pairs).T
    return RankCorrelations(first, second, correlation, p_value, n_labels)


def score_of_labels(scores, label_names):
    """Return one score per label from a report or an array.

    Parameters
    ----------
    scores : TagwiseScores or array-like of shape (n_labels,)
        Report, of which the AUC is taken, or scores.

    label_names : ndarray of shape (n_labels,)
        Names of the labels that are expected.

    Returns
    -------
    ndarray of shape (n_labels,)
        Scores.
    """
    if isinstance(scores, TagwiseScores):
        same = np.array_equal(scores.label_names, label_names)
        values = scores.roc_auc
    else:
        values = np.asarray(scores, dtype=float)
        same = values.shape == label_names.shape
    if not same:
        raise ValueError(
            f"scores expected the {len(label_names)} labels of quality in the same "
            f"order, but got {np.size(values)} labels or other names. Make both "
            "reports from tables with the same columns."
        )
    return values


def _correlate(a, b):
    """Return rank correlation, p-value and number of labels with both values."""
    known = ~(np.isnan(a) | np.isnan(b))
    a, b = a[known], b[known]
    if len(a) < 3 or np.ptp(a) == 0 or np.ptp(b) == 0:
        return np.nan, np.nan, len(a)
    result = spearmanr(a, b)
    return result.statistic, result.pvalue, len(a)
