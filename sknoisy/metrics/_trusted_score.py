"""A score on clean labels from a few trusted labels beside many noisy ones."""

from numbers import Real

import numpy as np
from scipy.special import expit, logit
from scipy.stats import t as student

from sknoisy._compat import Interval, StrOptions, _num_samples, validate_params
from sknoisy._labels import as_array
from sknoisy.metrics._confusion_scores import CONFUSION_SCORES
from sknoisy.metrics._corrected_score import (
    RANGES,
    CorrectedScore,
    confusion_influence,
)
from sknoisy.metrics._proba_scores import PROBA_SCORES
from sknoisy.metrics._read import (
    METRICS,
    check_score_is_defined,
    read_labels_and_predictions,
    read_share,
)

# With fewer trusted rows than these beyond one, noisy labels are left out, as in
# sknoisy.review: their power could not be estimated.
FEWEST_FREEDOM = 5
# Rows of even chance that stand beside the residuals, so that a handful of equal
# verdicts does not pass for certainty; the same as in sknoisy.review.
PRIOR_ROWS = 1.0


@validate_params(
    {
        "y_trusted": ["array-like"],
        "y_noisy": ["array-like"],
        "y_pred": ["array-like"],
        "trusted": ["array-like"],
        "metric": [StrOptions(set(METRICS))],
        "classes": ["array-like", None],
        "power": [Interval(Real, 0, 1, closed="both"), StrOptions({"auto"})],
        "confidence": [Interval(Real, 0, 1, closed="neither")],
    },
    prefer_skip_nested_validation=True,
)
def trusted_score(
    y_trusted,
    y_noisy,
    y_pred,
    *,
    trusted,
    metric="accuracy",
    classes=None,
    power="auto",
    confidence=0.95,
):
    r"""Estimate a score on clean labels from trusted labels and noisy ones.

    Parameters
    ----------
    y_trusted : array-like of shape (n_trusted,)
        Verified labels of the rows of ``trusted``, in their order. These rows must have
        been drawn at random; for other designs see
        :func:`sknoisy.review.estimate_accuracy`.

    y_noisy : array-like of shape (n_samples,)
        Noisy labels of all rows, of trusted ones as they were before.

    y_pred : array-like of shape (n_samples,) or (n_samples, n_classes)
        Predictions for all rows, as in :func:`noise_corrected_score`, by a classifier
        that was trained on none of them.

    trusted : array-like of bool of shape (n_samples,)
        Which rows have been verified.

    metric : str, default="accuracy"
        As in :func:`noise_corrected_score`.

    classes : array-like of shape (n_classes,), default=None
        Classes in the order of the columns of scores. None means the sorted labels that
        occur.

    power : "auto" or float, default="auto"
        What the noisy labels count, :math:`\lambda` in [0, 1]. "auto" minimises the
        variance, and is 0 where noisy labels do not help or fewer than six rows are
        trusted.

    confidence : float, default=0.95
        Confidence of the interval, in (0, 1).

    Returns
    -------
    CorrectedScore
        ``value``, ``interval``, ``standard_error``, ``uncorrected``.

    Raises
    ------
    ValueError
        If the arrays do not fit each other, fewer than two rows are trusted, labels
        are outside ``classes``, or, for "roc_auc" and "average_precision", a class has
        no trusted row.

    See Also
    --------
    noise_corrected_score : From a transition matrix.
    sknoisy.review.estimate_accuracy : Where the trusted rows were not drawn evenly.

    Notes
    -----
    With the score :math:`m_t(y)` of the trusted rows by their trusted labels,
    :math:`m_t(\tilde y)` of the same by their noisy labels, and :math:`m_u(\tilde y)`
    of the others, the estimate is the prediction-powered one [1]_,

    .. math:: m_t(y) + \lambda\,(m_u(\tilde y) - m_t(\tilde y)), \qquad
              \lambda = \frac{\operatorname{cov}(\psi, \tilde\psi)}
                             {(1 + n_t / n_u)\operatorname{var}(\tilde\psi)},

    where :math:`\psi` and :math:`\tilde\psi` are the influences of the trusted rows on
    the two scores. The interval is Student's with the variance of the influences, on
    the logit scale for scores that lie between 0 and 1.

    References
    ----------
    .. [1] A. N. Angelopoulos, J. C. Duchi, T. Zrnic, "PPI++: Efficient
       Prediction-Powered Inference", arXiv:2311.01453, 2023.

    Examples
    --------
    >>> import numpy as np
    >>> from sknoisy.metrics import trusted_score
    >>> y = np.tile([0, 1], 500)
    >>> y_noisy = np.where(np.arange(1000) % 5 == 0, 1 - y, y)
    >>> y_pred = np.where(np.arange(1000) % 10 == 3, 1 - y, y)
    >>> trusted = np.arange(1000) < 100
    >>> print(trusted_score(y[:100], y_noisy, y_pred, trusted=trusted))
    0.9 (95 % interval 0.8327 to 0.9421; 0.7 on the labels as they are)
    """
    owner = "trusted_score"
    trusted = _check_mask(trusted, y_noisy, y_trusted)
    both = np.concatenate([as_array(y_noisy), as_array(y_trusted)])
    y_pred = as_array(y_pred)
    predictions = np.concatenate([y_pred, y_pred[trusted]])
    classes, codes, predicted = read_labels_and_predictions(
        both, predictions, metric, classes, owner
    )
    n, n_trusted = len(trusted), int(trusted.sum())
    noisy, pred = codes[:n], predicted[:n]
    right = _influence(metric, codes[n:], pred[trusted], len(classes))
    wrong = _influence(metric, noisy[trusted], pred[trusted], len(classes))
    of_class = np.bincount(codes[n:], minlength=len(classes)) / n_trusted
    check_score_is_defined(right.value, metric, of_class, classes, owner)
    rest = None
    if n_trusted < n:
        rest = _influence(metric, noisy[~trusted], pred[~trusted], len(classes))
    power = _power(power, right.rows, wrong.rows, n_trusted, n)
    # Noisy labels that lack a class have no score to compare.
    if rest is not None and np.isnan(rest.value + wrong.value):
        power = 0.0
    value = right.value
    chance = _chance(metric, right, n_trusted)
    residual = right.rows - power * wrong.rows
    variance = _mean_variance(residual, chance, fitted=power > 0)
    if power:
        value += power * (rest.value - wrong.value)
        variance += power**2 * _mean_variance(rest.rows, chance)
    freedom = n_trusted - 1 - (power > 0)
    error = float(np.sqrt(variance))
    reach = student.ppf((1 + confidence) / 2, max(freedom, 1)) * error
    low, high = RANGES.get(metric, (0, 1))
    return CorrectedScore(
        value=float(np.clip(value, low, high)),
        interval=_interval(metric, value, reach, n_trusted),
        standard_error=error,
        uncorrected=float(_influence(metric, noisy, pred, len(classes)).value),
        confidence=confidence,
        condition_number=1.0,
        n_samples=n,
    )


def _interval(metric, value, reach, n_trusted):
    """Return the interval: on the logit scale for metrics between 0 and 1.

    Areas close to 1 have a skew distribution, for which symmetric intervals of 95 %
    covered 88 to 90 % of the time with 100 rows (suite intervals).
    """
    if metric in RANGES:
        return np.clip([value - reach, value + reach], *RANGES[metric])
    # A score of 0 or 1 stands for half a row.
    inside = np.clip(value, 0.5 / (n_trusted + 1), 1 - 0.5 / (n_trusted + 1))
    reach = reach / (inside * (1 - inside))
    ends = expit(logit(inside) + np.array([-reach, reach]))
    return np.array([min(ends[0], value), max(ends[1], value)]).clip(0, 1)


def _chance(metric, right, n_trusted):
    """Return the variance of one row that chance alone has."""
    spread = (np.ptp(right.rows) / 2) ** 2
    if metric == "log_loss":
        return spread
    # Two rows of each kind more, as Agresti and Coull have it.
    middle = (np.clip(right.value, 0, 1) * n_trusted + 2) / (n_trusted + 4)
    return max(spread, middle * (1 - middle))


def _influence(metric, codes, predicted, n_classes):
    share = read_share(None, len(codes))
    if metric in CONFUSION_SCORES:
        return confusion_influence(metric, codes, predicted, n_classes, share)
    return PROBA_SCORES[metric](codes, predicted, np.eye(n_classes), share)


def _power(power, right, wrong, n_trusted, n):
    """Return what noisy labels count: the least variance, within [0, 1]."""
    if n_trusted == n:
        return 0.0
    if power != "auto":
        return float(power)
    squares = wrong @ wrong
    if n_trusted - 1 < FEWEST_FREEDOM or squares == 0:
        return 0.0
    ratio = n_trusted / (n - n_trusted)
    return float(np.clip(right @ wrong / squares / (1 + ratio), 0, 1))


def _mean_variance(influence, chance, fitted=False):
    """Return the variance of a mean, with a little of what chance alone has."""
    freedom = max(len(influence) - 1 - fitted, 0)
    return (
        (influence @ influence + PRIOR_ROWS * chance)
        / (freedom + PRIOR_ROWS)
        / len(influence)
    )


def _check_mask(trusted, y_noisy, y_trusted):
    trusted, n = np.asarray(trusted), _num_samples(y_noisy)
    if trusted.dtype.kind != "b" or trusted.shape != (n,):
        raise ValueError(
            f"trusted expected a boolean mask of shape ({n},), one entry per noisy "
            f"label, but got dtype {trusted.dtype} and shape {trusted.shape}. For row "
            "numbers pass numpy.isin(numpy.arange(n_samples), rows)."
        )
    n_trusted = _num_samples(y_trusted)
    if trusted.sum() != n_trusted or n_trusted < 2:
        raise ValueError(
            f"y_trusted expected a label for each of the {trusted.sum()} rows of "
            f"trusted, and at least 2, but got {n_trusted}. Pass y[trusted]."
        )
    return trusted
