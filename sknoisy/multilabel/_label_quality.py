"""Precision, tagability and prevalence of each label, from re-annotated entries."""

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
    confidence_level: float

    @property
    def missing_rate(self):
        """Probability that a true tag is not given, one minus the tagability."""
        return 1 - self.tagability

    @property
    def spurious_rate(self):
        """Probability that a tag is given where it is not true."""
        wrong = (1 - self.precision) * self.occurrence
        # Where every row deserves the tag, none can be spurious.
        absent = 1 - self.prevalence
        return np.divide(wrong, absent, out=0 * wrong, where=absent > 0)


@validate_params(
    {"confidence_level": [Interval(Real, 0, 1, closed="neither")]},
    prefer_skip_nested_validation=True,
)
def estimate_label_quality(
    Y,
    Y_checked,
    *,
    sample=None,
    sampling_proba=None,
    confidence_level=0.95,
    label_names=None,
):
    r"""Estimate precision, tagability and prevalence of each label.

    Among the checked entries of a label, tagged and untagged rows are counted apart,
    and each part is scaled to all of the :math:`N_+` tagged and :math:`N_-` untagged
    rows:

    - precision: the share of tags that are right, :math:`\pi = P(y=1 \mid \tilde y=1)`;
    - false-omission rate: the share of blanks that should be tags,
      :math:`\omega = P(y=1 \mid \tilde y=0)`;
    - tagability, the recall of the tags: how likely a true tag was given,
      :math:`\rho = P(\tilde y=1 \mid y=1) = \pi N_+ / (\pi N_+ + \omega N_-)`;
    - prevalence: :math:`(\pi N_+ + \omega N_-) / (N_+ + N_-)`;
    - F1 of the tags: :math:`2 \pi N_+ / (N_+ + \pi N_+ + \omega N_-)`.

    Parameters
    ----------
    Y : array-like, sparse matrix or frame of shape (n_samples, n_labels)
        The tags as they were given, zeros and ones. One dimension is one label.

    Y_checked : array-like of shape (n_entries,) or (n_samples, n_labels)
        The new annotation: 0, 1, or NaN. With ``sample``, one answer per entry of the
        sample, in its order, NaN where the annotator could not say. Without, a table
        like ``Y``, dense, sparse or a frame, NaN where nobody checked.

    sample : ReannotationSample, default=None
        What :func:`reannotation_sample` drew.

    sampling_proba : array-like, default=None
        Probability with which each row, shape (n_samples,), or each entry, shape
        (n_samples, n_labels), was drawn, in (0, 1], if there is no ``sample``. If
        None, rows that share the same tag count alike.

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
        - ``auc_shrinkage``: :math:`\pi - \omega`, see
          :func:`evaluation_noise_report`, with its interval;
        - ``sample_recall``: the tagability among the checked entries alone, without
          scaling. A sample in equal parts makes blanks look better than they are;
        - ``confidence_level``: as given;
        - ``missing_rate`` and ``spurious_rate``, as
          :class:`MultilabelNoisyClassifier` takes them.

        Where a part that matters has not been checked at all, the value is NaN, with a
        warning. ``to_frame()`` returns a table with a row per label, and its
        ``corr("spearman")`` says whether rare labels are the noisy ones.

    Raises
    ------
    ValueError
        If ``Y`` or ``Y_checked`` hold something else, do not fit each other, the sample
        or the names, or probabilities are out of range.

    See Also
    --------
    reannotation_sample : Which entries to look at.
    evaluation_noise_report : What precision and omission do to an AUC.

    Notes
    -----
    Intervals are equal-tailed ones under Jeffreys' prior [1]_: the share of positives
    among the rows of a part is :math:`\mathrm{Beta}(k + 1/2,\, n - k + 1/2)` for `k`
    positives among `n` checked rows, and an interval is widened where it would leave
    out its own estimate, such as a share of 0. The posteriors of the two parts together
    give intervals for tagability, prevalence and F1, on a fixed grid of 64 by 64
    quantiles. Rows that have been checked are certain: the less of a part is left, the
    narrower the interval. Unequal ``sampling_proba`` within a part gives weights
    ``1 / sampling_proba`` and Kish's effective number of rows.

    The new annotation is taken for the truth. Where a property is a matter of opinion,
    precision and tagability are relative to the annotator.

    References
    ----------
    .. [1] L. Brown, T. Cai, A. DasGupta, "Interval Estimation for a Binomial
       Proportion", Statistical Science 16(2), 2001.

    K. Choi, G. Fazekas, K. Cho, M. Sandler, "The Effects of Noisy Labels on Deep CNNs
    for Music Tagging", IEEE TETCI 2(2), 2018, arXiv:1706.02361.

    Examples
    --------
    Every tag is right, but two in three are missing:

    >>> import numpy as np
    >>> from sknoisy.multilabel import estimate_label_quality, reannotation_sample
    >>> truth = np.arange(1000) < 300
    >>> Y = np.arange(1000) < 100
    >>> sample = reannotation_sample(Y, n_per_stratum=90, random_state=0)
    >>> answers = truth[sample.row]  # the new annotation
    >>> quality = estimate_label_quality(Y, answers, sample=sample)
    >>> quality.precision
    array([1.])
    >>> quality.tagability.round(2)
    array([0.37])
    >>> quality.tagability_interval.round(2)
    array([[0.29, 0.48]])
    """
    tags = read_indicator(Y, owner="estimate_label_quality", label_names=label_names)
    entries = checked_entries(tags, Y_checked, sample, sampling_proba)
    level = (1 - confidence_level) / 2
    n_tagged = tags.occurrence()
    parts = [
        _measure(n_tagged[k], tags.n_samples, entries(k), (level, 1 - level))
        for k in range(tags.n_labels)
    ]
    columns = {name: np.array([part[name] for part in parts]) for name in parts[0]}
    _warn_of_gaps(columns, tags.names)
    return LabelQuality(
        label_names=tags.names, confidence_level=confidence_level, **columns
    )


def _measure(n_tagged, n_samples, entries, levels):
    """Return by name what tags, answers and weights of its entries say of a label."""
    tagged, answer, weight = entries
    n_untagged = n_samples - n_tagged
    # Tagged and untagged rows are counted apart, since they were drawn apart.
    plus = Stratum.count(answer[tagged], weight[tagged], n_tagged)
    minus = Stratum.count(answer[~tagged], weight[~tagged], n_untagged)
    # Unscaled, as a warning of what the sample alone would say.
    right, positive = (tagged & (answer == 1)).sum(), (answer == 1).sum()
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
        "sample_recall": _ratio(right, positive),
    }
    sizes = n_tagged, n_untagged
    for name, measure in BOTH_PARTS.items():
        estimate = measure(plus.positives, minus.positives, *sizes)
        # The two shares are independent: all pairs of their quantiles weigh alike.
        grid = measure(plus.grid[:, None], minus.grid, *sizes)
        found[name] = estimate
        found[f"{name}_interval"] = with_estimate(grid, estimate, levels)
    return found


def _ratio(above, below):
    """Return a quotient, NaN where it is 0 / 0."""
    with np.errstate(invalid="ignore"):
        return np.divide(above, below, dtype=float)


# Of the numbers of positives with and without the tag, and of rows with and without.
BOTH_PARTS = {
    "tagability": lambda right, missed, n, m: _ratio(right, right + missed),
    "prevalence": lambda right, missed, n, m: _ratio(right + missed, n + m),
    "f1": lambda right, missed, n, m: _ratio(2 * right, n + right + missed),
    "auc_shrinkage": lambda right, missed, n, m: _ratio(right, n) - _ratio(missed, m),
}


def _warn_of_gaps(columns, names):
    """Say for which labels something is unknown, and why."""
    for part in ("tagged", "untagged"):
        warn_undefined(
            columns[f"n_{part}_checked"] == 0,
            names,
            f"No {part} row was checked, so that what depends on them is NaN.",
        )
    # Labels of which no tagged or no untagged row was checked are named above.
    no_truth = columns["prevalence"] == 0
    warn_undefined(
        no_truth & np.isnan(columns["tagability"]),
        names,
        "No checked row is truly positive, so that the tagability is NaN.",
    )
