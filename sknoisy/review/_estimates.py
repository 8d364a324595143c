r"""From verdicts to shares of all rows, with intervals."""

from numbers import Real

import numpy as np

from sknoisy._compat import Interval, StrOptions, validate_params
from sknoisy.review._answers import read_answers
from sknoisy.review._result import ReviewEstimate, quantile, widened, wilson

ESTIMATE_CONSTRAINTS = {
    "sampling_probability": ["array-like"],
    "prediction": ["array-like", None],
    "review_round": ["array-like", None],
    "power": [Interval(Real, 0, 1, closed="both"), StrOptions({"auto"})],
    "confidence": [Interval(Real, 0, 1, closed="neither")],
}
# Rows of even chance that stand beside the residuals, so that a handful of equal
# verdicts does not pass for certainty.
PRIOR_ROWS = 1.0
# With fewer random rows than these beyond one a round, predictions are left out.
FEWEST_FREEDOM = 5


@validate_params(
    {"is_wrong": ["array-like"], **ESTIMATE_CONSTRAINTS},
    prefer_skip_nested_validation=True,
)
def estimate_noise_rate(
    is_wrong,
    sampling_probability,
    prediction=None,
    *,
    review_round=None,
    power="auto",
    confidence=0.95,
):
    r"""Estimate the share of wrong labels from the rows that were checked.

    Rows that were picked because they look suspicious count for themselves alone; rows
    drawn at random stand for all others. With :math:`C` for the rows asked about with
    certainty, :math:`R` for the other :math:`N_R` of the :math:`N` rows, :math:`S` for
    the random ones among them and :math:`w_i \propto 1 / \pi_i` with sum 1, the
    estimate of the mean of :math:`z` is

    .. math:: \hat\theta = \frac1N \Big[ \sum_{i \in C} z_i
       + \lambda \sum_{i \in R} f_i + N_R \sum_{i \in S} w_i (z_i - \lambda f_i) \Big].

    Without predictions :math:`f` this is the Horvitz-Thompson estimate, in Hájek's
    form, and with them the prediction-powered or difference estimate.

    Parameters
    ----------
    is_wrong : array-like of shape (n_samples,)
        Verdict about each row: 1 or True for a wrong label, 0 or False for a right
        one, NaN where there is none.

    sampling_probability : array-like of shape (n_samples,)
        Probability with which each row was to be chosen, in (0, 1], and NaN for rows
        that were not asked about. Verdicts about these are left out.

    prediction : array-like of shape (n_samples,), default=None
        Probability that each label is wrong, such as ``1 - label_quality_`` of an
        estimator that has *not* seen the verdicts. It need not be right: the random
        rows correct it.

    review_round : array-like of int of shape (n_samples,), default=None
        Round in which each row was asked about; what it says of rows that were not is
        left out. None means that all were asked about in one.

    power : "auto" or float, default="auto"
        What the predictions count, :math:`\lambda`, in [0, 1]. "auto" takes the
        regression of verdicts on predictions among the random rows, and 0 if these
        are fewer than six.

    confidence : float, default=0.95
        Confidence of the interval, in (0, 1).

    Returns
    -------
    ReviewEstimate
        ``value``, ``interval``, ``standard_error``, ``n_checked``, ``n_random``.

    Raises
    ------
    ValueError
        If the arrays differ in length, verdicts are not 0, 1 or NaN, probabilities are
        outside (0, 1], or rows are left over for which no random row stands.

    See Also
    --------
    estimate_accuracy : Share of right predictions.
    estimate_transition_matrix : Which class is given as which.
    suggest_review : Chooses the rows, and tells the probabilities.

    Notes
    -----
    In a later round all rows of earlier ones belong to :math:`C`, whatever they were
    then. Each round is unbiased given what came before it, and the estimates of two
    rounds are uncorrelated. They are averaged by weights that follow from the numbers
    of rows alone, each proportional to the inverse of its variance at equal spread of
    the verdicts. With ``power`` fixed, that is unbiased; "auto" adds a bias of the
    order of one over the number of random rows. A value outside what is possible is
    moved to the nearest that is.

    The interval is Wilson's for the share among the rows that random ones stand for.
    Its number of rows is the one at which a simple random sample would have the
    estimated variance. It is sane with few rows and where no wrong label was found.
    With predictions it reaches as far as the t distribution says, and is widened to the
    interval of Student where that is wider.

    Rows that were asked about without an answer count as the answered ones of their
    round and kind, picked or random; the interval does not know about that. Nor does
    it know when a review is stopped because its estimate pleases.

    References
    ----------
    C. E. Särndal, B. Swensson, J. Wretman, "Model Assisted Survey Sampling", Springer,
    1992, for the Hájek and difference estimators.

    A. N. Angelopoulos, J. C. Duchi, T. Zrnic, "PPI++: Efficient Prediction-Powered
    Inference", arXiv:2311.01453, 2023, for the power.

    Examples
    --------
    >>> import numpy as np
    >>> from sknoisy.review import estimate_noise_rate
    >>> is_wrong = np.full(1000, np.nan)
    >>> proba = np.full(1000, np.nan)
    >>> is_wrong[:50], proba[:50] = 1, 1  # picked, all wrong
    >>> is_wrong[50:145] = np.arange(95) % 10 == 0  # random, one in ten wrong
    >>> proba[50:145] = 95 / 950
    >>> print(estimate_noise_rate(is_wrong, proba))
    15.0 % (95 % interval 10.7 % to 21.9 %; 145 verdicts, 95 of random rows)
    """
    answers = read_answers(
        is_wrong, sampling_probability, review_round, owner="estimate_noise_rate"
    )
    predictions = answers.of_rows(prediction, "prediction")
    return estimate_share(
        answers.verdict, answers.design(), predictions, power, confidence
    )


@validate_params(
    {"is_right": ["array-like"], **ESTIMATE_CONSTRAINTS},
    prefer_skip_nested_validation=True,
)
def estimate_accuracy(
    is_right,
    sampling_probability,
    prediction=None,
    *,
    review_round=None,
    power="auto",
    confidence=0.95,
):
    """Estimate the accuracy on clean labels from the rows that were checked.

    Parameters
    ----------
    is_right : array-like of shape (n_samples,)
        Whether what a classifier predicts is the verdict: 1 or True, 0 or False, and
        NaN where there is no verdict. The predictions shall come from a classifier
        that was not trained on the row.

    sampling_probability : array-like of shape (n_samples,)
        Probability with which each row was to be chosen, in (0, 1], and NaN for rows
        that were not asked about. Verdicts about these are left out.

    prediction : array-like of shape (n_samples,), default=None
        Probability that the prediction is right, by an estimator that has not seen the
        verdicts, such as its ``clean_proba_`` of the predicted class.

    review_round : array-like of int of shape (n_samples,), default=None
        Round in which each row was asked about. None means that all were asked about
        in one.

    power : "auto" or float, default="auto"
        What the predictions count, in [0, 1]. "auto" takes the regression of verdicts
        on predictions among the random rows.

    confidence : float, default=0.95
        Confidence of the interval, in (0, 1).

    Returns
    -------
    ReviewEstimate
        ``value``, ``interval``, ``standard_error``, ``n_checked``, ``n_random``.

    Raises
    ------
    ValueError
        If the arrays differ in length, verdicts are not 0, 1 or NaN, probabilities are
        outside (0, 1], or rows are left over for which no random row stands.

    See Also
    --------
    estimate_noise_rate : The same for labels, with the formula.

    Examples
    --------
    >>> import numpy as np
    >>> from sknoisy.review import estimate_accuracy
    >>> is_right = np.full(1000, np.nan)
    >>> is_right[:100] = np.arange(100) % 5 != 0
    >>> print(estimate_accuracy(is_right, np.where(np.arange(1000) < 100, 0.1, np.nan)))
    80.0 % (95 % interval 71.6 % to 86.4 %; 100 verdicts, 100 of random rows)
    """
    answers = read_answers(
        is_right, sampling_probability, review_round, owner="estimate_accuracy"
    )
    predictions = answers.of_rows(prediction, "prediction")
    return estimate_share(
        answers.verdict, answers.design(), predictions, power, confidence
    )


def estimate_share(verdict, design, predictions, power, confidence):
    """Return the estimate of a mean of zeros and ones.

    Parameters
    ----------
    verdict : ndarray of shape (n_samples,)
        Zeros and ones, NaN where unknown.

    design : Design
        How the rows were chosen.

    predictions : callable or None
        Of the number of a round: the predictions made before it, (n_samples,).

    power : "auto" or float
        What they count.

    confidence : float
        Confidence of the interval.

    Returns
    -------
    ReviewEstimate
        The estimate.
    """
    n_checked = int((~np.isnan(verdict)).sum())
    z, size = np.nan_to_num(verdict), design.size
    known = sum(one.share * (one.known @ z) for one in design.rounds) / len(z)
    if not size:
        ends = np.array([known, known])
        return ReviewEstimate(float(known), ends, 0.0, n_checked, 0, confidence)
    f = predicted(design, predictions)
    pairs = [(z[one.rows], f[t][one.rows]) for t, one in enumerate(design.rounds)]
    power = tuned(pairs, power) if predictions is not None else 0.0
    total = design.row_weights() @ z + power * (design.prediction_weights() * f).sum()
    share = np.clip((total / len(z) - known) / size, 0, 1)
    residuals = [a - power * b for a, b in pairs]
    variances = [
        residual_variance(residuals, design, share, fitted=power > 0),
        residual_variance([a for a, _ in pairs], design, share),
    ]
    n = size**2 / design.spread * (variances[1] / variances[0])
    z = quantile(confidence, degrees_of_freedom(pairs) - 1 if power else None)
    ends = wilson(share, n, z)
    error = float(np.sqrt(design.spread * variances[0]))
    if power:
        ends = widened(ends, share, error / size, z)
    return ReviewEstimate(
        value=float(known + size * share),
        interval=np.clip(known + size * ends, 0, 1),
        standard_error=error,
        n_checked=n_checked,
        n_random=design.n_random,
        confidence=confidence,
    )


def predicted(design, predictions):
    """Return the predictions of each round, (n_rounds, n_samples); zeros for none."""
    if predictions is None:
        return np.zeros((len(design.rounds), design.n_samples))
    return np.array([predictions(one.number) for one in design.rounds])


def tuned(pairs, power):
    """Return what predictions count: by regression within the rounds, in [0, 1].

    Parameters
    ----------
    pairs : list of tuple of (ndarray, ndarray)
        Verdicts and predictions of the random rows of each round, one column or more.

    power : "auto" or float
        What was asked for.

    Returns
    -------
    float
        The factor.
    """
    if power != "auto":
        return float(power)
    if degrees_of_freedom(pairs) < FEWEST_FREEDOM:
        return 0.0
    products = squares = 0.0
    for verdict, prediction in pairs:
        centred = prediction - prediction.mean(axis=0)
        products += (centred * verdict).sum()
        squares += (centred**2).sum()
    return float(np.clip(products / squares, 0, 1)) if squares > 0 else 0.0


def degrees_of_freedom(pairs):
    """Return the number of random rows beyond one in each round."""
    return sum(len(verdict) - 1 for verdict, _ in pairs)


def residual_variance(residuals, design, share, *, fitted=False):
    """Return the variance within rounds, with a little of what chance alone has."""
    middle = (share * design.n_random + 2) / (design.n_random + 4)
    chance = middle * (1 - middle)
    squares, freedom = sum_of_squares(residuals, design)
    freedom = max(freedom - fitted, 0)
    return float((squares + PRIOR_ROWS * chance) / (freedom + PRIOR_ROWS))


def sum_of_squares(residuals, design):
    """Return the squares around the mean of each round, and the degrees of freedom."""
    squares = 0.0
    for residual, one in zip(residuals, design.rounds, strict=True):
        middle = np.tensordot(one.weights, residual, axes=1)
        around = np.tensordot(one.weights, (residual - middle) ** 2, axes=1)
        squares = squares + len(one.rows) * around
    return squares, design.n_random - len(design.rounds)
