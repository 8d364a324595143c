"""How far each label can be trusted, from entries that were looked at again."""

from dataclasses import dataclass
from numbers import Real

import numpy as np

from sknoisy._compat import Interval, validate_params
from sknoisy._indicator import read_indicator
from sknoisy.multilabel._checked_entries import checked_entries
from sknoisy.multilabel._result import Result, warn_undefined
from sknoisy.multilabel._stratum import Stratum, with_estimate


@dataclass(frozen=True)
class LabelQuality(Result):
    """What :func:`estimate_label_quality` returns."""

    label_names: np.ndarray
    n_tagged: np.ndarray
    n_untagged: np.ndarray
    n_tagged_checked: np.ndarray
    n_untagged_checked: np.ndarray
    precision: np.ndarray
    precision_interval: np.ndarray
    false_omission_rate: np.ndarray
    false_omission_rate_interval: np.ndarray
    tagability: np.ndarray
    tagability_interval: np.ndarray
    occurrence: np.ndarray
    prevalence: np.ndarray
    prevalence_interval: np.ndarray
    f1: np.ndarray
    f1_interval: np.ndarray
    auc_shrinkage: np.ndarray
    auc_shrinkage_interval: np.ndarray
    sample_recall: np.ndarray
    sample_f1: np.ndarray
    confidence_level: float


@validate_params(
    {"confidence_level": [Interval(Real, 0, 1, closed="neither")]},
    prefer_skip_nested_validation=True,
)
def estimate_label_quality(
    Y,
    Y_checked,
    *,
    sample=None,
    rows=None,
    sampling_proba=None,
    confidence_level=0.95,
    label_names=None,
):
    r"""Estimate precision, tagability and prevalence of each label.

    Among the checked entries of a label, rows that had the tag and rows that lacked it
    are counted apart, and each part is scaled up to all rows like it. With :math:`N_+`
    tagged and :math:`N_-` untagged rows in all,

    - precision: the share of tags that are right, :math:`\pi = P(y=1 \mid \tilde y=1)`;
    - false-omission rate: the share of blanks that should be tags,
      :math:`\omega = P(y=1 \mid \tilde y=0)`;
    - tagability, the recall of the tags: how likely a true tag was given,
      :math:`\rho = P(\tilde y=1 \mid y=1) = \pi N_+ / (\pi N_+ + \omega N_-)`;
    - prevalence: :math:`(\pi N_+ + \omega N_-) / (N_+ + N_-)`, where the occurrence,
      the share of tagged rows, has :math:`N_+` above the line;
    - F1 of the tags: :math:`2 \pi N_+ / (N_+ + \pi N_+ + \omega N_-)`.

    Parameters
    ----------
    Y : array-like, sparse matrix or frame of shape (n_samples, n_labels)
        The tags as they were given, zeros and ones. One dimension is one label.

    Y_checked : array-like of shape (n_entries,) or (n_checked, n_labels)
        What the second look found: 0, 1, or NaN where the judge could not say. With
        ``sample``, one answer per entry of the sample, in its order. Without, a row of
        answers for each of ``rows``; a sparse matrix or a frame will do as well.

    sample : ReannotationSample, default=None
        What :func:`reannotation_sample` drew.

    rows : array-like of int of shape (n_checked,), default=None
        Numbers of the rows that were looked at, if there is no ``sample``. If None,
        ``Y_checked`` has a row for each row of ``Y``.

    sampling_proba : array-like, default=None
        Probability with which each row, shape (n_checked,), or each entry, shape
        (n_checked, n_labels), came to be looked at, in (0, 1], if there is no
        ``sample``. If None, rows that share the same tag count alike.

    confidence_level : float, default=0.95
        Probability that each interval should hold the true value, in (0, 1).

    label_names : array-like of shape (n_labels,), default=None
        Names of the labels. If None, the columns of a frame, else 0, 1, 2, ...

    Returns
    -------
    LabelQuality
        A record of arrays of shape (n_labels,), or (n_labels, 2) for the intervals:

        - ``label_names``, ``n_tagged``, ``n_untagged`` (in ``Y``),
          ``n_tagged_checked`` and ``n_untagged_checked``;
        - ``precision``, ``false_omission_rate``, ``tagability``, ``prevalence``,
          ``f1``, all in [0, 1], each with its ``..._interval``; ``occurrence``;
        - ``auc_shrinkage``: :math:`\pi - \omega`, see :func:`correct_auc`, with its
          interval;
        - ``sample_recall`` and ``sample_f1``: the same scores on the checked entries
          alone, without scaling. A sample in equal parts makes blanks look better than
          they are, so these are not scores of the data;
        - ``confidence_level``: as given.

        Where a part that matters has not been checked at all, the value is NaN, with a
        warning. ``to_frame()`` returns a table with a row per label.

    Raises
    ------
    ValueError
        If ``Y`` or ``Y_checked`` hold something else, do not fit each other, the sample
        or the names, or probabilities are out of range.

    See Also
    --------
    reannotation_sample : Which entries to look at.
    occurrence_against_error : Are rare labels the noisy ones?
    correct_auc : What precision and omission do to an AUC.

    Notes
    -----
    Intervals are equal-tailed ones under Jeffreys' prior: the share of positives among
    the rows of a part is :math:`\mathrm{Beta}(k + 1/2,\, n - k + 1/2)` for `k`
    positives among `n` checked rows, and an interval is widened where it would leave
    out its own estimate, such as a share of 0. For proportions, [1]_ recommends these
    beside Wilson's. They serve here since the posteriors of the two parts together
    also give intervals for tagability, prevalence and F1, on a fixed grid of 64 by
    64 quantiles and without random numbers. Rows that have been checked are certain:
    the less of a part is left, the narrower the interval. Unequal ``sampling_proba``
    within a part is answered by weights ``1 / sampling_proba`` and Kish's effective
    number of rows.

    The second look is taken for the truth. Where a property is a matter of opinion,
    precision and tagability are relative to the judge.

    References
    ----------
    .. [1] L. Brown, T. Cai, A. DasGupta, "Interval Estimation for a Binomial
       Proportion", Statistical Science 16(2), 2001.

    K. Choi, G. Fazekas, K. Cho, M. Sandler, "The Effects of Noisy Labels on Deep
    Convolutional Neural Networks for Music Tagging", IEEE Transactions on Emerging
    Topics in Computational Intelligence 2(2), 2018.

    Examples
    --------
    Every tag is right, but two in three are missing:

    >>> import numpy as np
    >>> from sknoisy.multilabel import estimate_label_quality, reannotation_sample
    >>> truth = np.arange(1000) < 300
    >>> Y = np.arange(1000) < 100
    >>> sample = reannotation_sample(Y, n_per_stratum=90, random_state=0)
    >>> answers = truth[sample.row]  # what the judge says
    >>> quality = estimate_label_quality(Y, answers, sample=sample)
    >>> quality.precision
    array([1.])
    >>> quality.tagability.round(2)
    array([0.37])
    >>> quality.tagability_interval.round(2)
    array([[0.29, 0.48]])
    """
    tags = read_indicator(Y, owner="estimate_label_quality", label_names=label_names)
    entries = checked_entries(tags, Y_checked, sample, rows, sampling_proba)
    level = (1 - confidence_level) / 2
    n_tagged = tags.occurrence()
    parts = [
        _measure(n_tagged[k], tags.n_samples, *entries(k), (level, 1 - level))
        for k in range(tags.n_labels)
    ]
    columns = {name: np.array([part[name] for part in parts]) for name in parts[0]}
    _warn_of_gaps(columns, tags.names)
    return LabelQuality(
        label_names=tags.names, confidence_level=confidence_level, **columns
    )


def _measure(n_tagged, n_samples, tagged, answer, weight, levels):
    """Return what is known about one label.

    Parameters
    ----------
    n_tagged : int
        Number of rows with the tag.

    n_samples : int
        Number of rows.

    tagged, answer, weight : ndarray of shape (n_checked,)
        Tag, finding and weight of each checked entry.

    levels : tuple of (float, float)
        Lower and upper level of the intervals.

    Returns
    -------
    dict of str to int, float or tuple
        A value for each field of the record.
    """
    n_untagged = n_samples - n_tagged
    plus = Stratum.count(answer[tagged], weight[tagged], n_tagged)
    minus = Stratum.count(answer[~tagged], weight[~tagged], n_untagged)
    found = {
        "n_tagged": n_tagged,
        "n_untagged": n_untagged,
        "n_tagged_checked": plus.n_checked,
        "n_untagged_checked": minus.n_checked,
        "precision": plus.share,
        "precision_interval": plus.interval(levels),
        "false_omission_rate": minus.share,
        "false_omission_rate_interval": minus.interval(levels),
        "occurrence": n_tagged / n_samples,
        **_scores_of_sample(tagged, answer),
    }
    for name, measure in BOTH_PARTS.items():
        estimate = measure(plus.share, minus.share, n_tagged, n_untagged)
        grid = measure(plus.grid[:, None], minus.grid, n_tagged, n_untagged)
        found[name] = estimate
        found[f"{name}_interval"] = with_estimate(grid, estimate, levels)
    return found


def _scaled(share, size):
    """Return how many positives a stratum holds; one without rows holds none."""
    return share * size if size else np.zeros_like(share)


def _ratio(above, below):
    """Return a quotient, NaN where it is 0 / 0."""
    with np.errstate(invalid="ignore"):
        return np.divide(above, below, dtype=float)


def _tagability(precision, omission, n_tagged, n_untagged):
    right = _scaled(precision, n_tagged)
    return _ratio(right, right + _scaled(omission, n_untagged))


def _prevalence(precision, omission, n_tagged, n_untagged):
    positives = _scaled(precision, n_tagged) + _scaled(omission, n_untagged)
    return _ratio(positives, n_tagged + n_untagged)


def _f1(precision, omission, n_tagged, n_untagged):
    right = _scaled(precision, n_tagged)
    return _ratio(2 * right, n_tagged + right + _scaled(omission, n_untagged))


def _auc_shrinkage(precision, omission, n_tagged, n_untagged):
    return precision - omission


BOTH_PARTS = {
    "tagability": _tagability,
    "prevalence": _prevalence,
    "f1": _f1,
    "auc_shrinkage": _auc_shrinkage,
}


def _scores_of_sample(tagged, answer):
    """Return recall and F1 of the checked entries as they are."""
    right, found = (tagged & (answer == 1)).sum(), (answer == 1).sum()
    return {
        "sample_recall": _ratio(right, found),
        "sample_f1": _ratio(2 * right, tagged.sum() + found),
    }


def _warn_of_gaps(columns, names):
    """Say which labels could not be judged, and why."""
    for part in ("tagged", "untagged"):
        warn_undefined(
            columns[f"n_{part}_checked"] == 0,
            names,
            f"No {part} row was checked, so that what depends on them is NaN.",
        )
    no_truth = columns["prevalence"] == 0
    warn_undefined(
        no_truth & np.isnan(columns["tagability"]),
        names,
        "No checked row is truly positive, so that the tagability is NaN.",
    )
