"""Which class is given as which, from the rows that were checked."""

from numbers import Real

import numpy as np

from sknoisy._compat import Interval, StrOptions, validate_params
from sknoisy._labels import NoisyLabels, encode_labels
from sknoisy._proba import check_proba
from sknoisy.review._answers import checked_design, read_sampling
from sknoisy.review._estimates import degrees_of_freedom, sum_of_squares, tuned
from sknoisy.review._result import ReviewEstimate, quantile, widened, wilson
from sknoisy.review._verdicts import read_verdict_codes

OWNER = "estimate_transition_matrix"


@validate_params(
    {
        "y": ["array-like"],
        "y_checked": ["array-like"],
        "sampling_probability": ["array-like"],
        "prediction": ["array-like", None],
        "classes": ["array-like", None],
        "review_round": ["array-like", None],
        "power": [Interval(Real, 0, 1, closed="both"), StrOptions({"auto"})],
        "confidence": [Interval(Real, 0, 1, closed="neither")],
    },
    prefer_skip_nested_validation=True,
)
def estimate_transition_matrix(
    y,
    y_checked,
    sampling_probability,
    prediction=None,
    *,
    classes=None,
    review_round=None,
    power="auto",
    confidence=0.95,
):
    """Estimate the noise transition matrix from the rows that were checked.

    Parameters
    ----------
    y : array-like of shape (n_samples,)
        Labels as given.

    y_checked : array-like of shape (n_samples,)
        True label of each row that was checked; None or NaN where there is no verdict.

    sampling_probability : array-like of shape (n_samples,)
        Probability with which each row was to be chosen, in (0, 1], and NaN for rows
        that were not asked about. What ``y_checked`` holds for these is left out.

    prediction : array-like of shape (n_samples, n_classes), default=None
        Probability of each true class, such as ``clean_proba_`` of an estimator that
        has not seen the verdicts.

    classes : array-like of shape (n_classes,), default=None
        The classes in the order wanted. None means the sorted labels of ``y``.

    review_round : array-like of int of shape (n_samples,), default=None
        Round in which each row was asked about. None means that all were asked about
        in one.

    power : "auto" or float, default="auto"
        What the predictions count, in [0, 1]. "auto" takes the regression of verdicts
        on predictions among the random rows.

    confidence : float, default=0.95
        Confidence of the interval of each entry by itself, in (0, 1).

    Returns
    -------
    ReviewEstimate
        ``value`` is the matrix ``T[i, j] = P(noisy = j | clean = i)``. Rows of classes
        that nothing is known about are NaN, and their intervals go from 0 to 1.

    Raises
    ------
    ValueError
        If the arrays differ in length, a verdict is not among the classes,
        probabilities are outside (0, 1], or no random row has a verdict.

    See Also
    --------
    estimate_noise_rate : Share of wrong labels, with the formula for each total.
    sknoisy.transition : Matrices from noisy labels alone.

    Notes
    -----
    The number of rows of each true and given class is estimated as in
    :func:`estimate_noise_rate`, and divided by the number of rows of the true class.
    Standard errors are those of the linearised ratio. The intervals are Wilson's, by
    the number of independent rows that agrees with the standard errors of a row.

    Examples
    --------
    >>> import numpy as np
    >>> from sknoisy.review import estimate_transition_matrix
    >>> y = np.repeat(["cat", "dog"], 500)
    >>> truth = np.where(np.arange(1000) % 5 == 0, "dog", y)
    >>> asked = np.arange(1000) % 7 == 0
    >>> proba = np.where(asked, 1 / 7, np.nan)
    >>> T = estimate_transition_matrix(y, truth, proba).value
    >>> T.round(1)
    array([[1. , 0. ],
           [0.2, 0.8]])
    """
    classes, codes = encode_labels(y, owner=OWNER, classes=classes)
    proba, number = read_sampling(sampling_probability, review_round, len(codes), OWNER)
    verdict = read_verdict_codes(y_checked, classes, ~np.isnan(proba), owner=OWNER)
    design = checked_design(verdict >= 0, proba, number, OWNER)
    predictions = None
    if prediction is not None:
        labels = NoisyLabels(codes=codes, classes=classes)
        table = check_proba(prediction, labels, owner=OWNER)

        def predictions(number):
            return table

    return estimate_matrix(
        np.eye(len(classes))[codes], verdict, design, predictions, power, confidence
    )


def estimate_matrix(given, verdict, design, predictions, power, confidence):
    """Return the estimate of the transition matrix.

    Parameters
    ----------
    given : ndarray of shape (n_samples, n_classes)
        Labels as given, as a table of zeros and ones.

    verdict : ndarray of int of shape (n_samples,)
        True classes, -1 where unknown.

    design : Design
        How the rows were chosen.

    predictions : callable or None
        Of the number of a round: probabilities of the true classes made before it,
        (n_samples, n_classes).

    power : "auto" or float
        What they count.

    confidence : float
        Confidence of the intervals.

    Returns
    -------
    ReviewEstimate
        The estimate.
    """
    n_samples, K = given.shape
    truth = np.vstack([np.zeros(K), np.eye(K)])[verdict + 1]
    tables = _tables(design, predictions, given.shape)
    pairs = [
        (truth[one.rows], table[one.rows])
        for one, table in zip(design.rounds, tables, strict=True)
    ]
    used = predictions is not None and design.size
    power = tuned(pairs, power) if used else 0.0
    counted = truth * design.row_weights()[:, None]
    joint = counted.T @ given
    for weights, table in zip(design.prediction_weights(), tables, strict=True):
        joint += power * (table * weights[:, None]).T @ given
    joint = np.maximum(joint, 0)
    size = joint.sum(axis=1, keepdims=True)
    T = np.divide(joint, size, out=np.full((K, K), np.nan), where=size > 0)
    residuals = [
        (a - power * b)[:, :, None] * (given[one.rows][:, None] - np.nan_to_num(T))
        for (a, b), one in zip(pairs, design.rounds, strict=True)
    ]
    variance = _variance(residuals, design) * (n_samples / np.maximum(size, 1e-9)) ** 2
    n = _independent_rows(T, variance, counted) if design.size else np.inf
    z = quantile(confidence, degrees_of_freedom(pairs) - 1 if power else None)
    ends = wilson(np.nan_to_num(T), n, z)
    if power:
        ends = widened(ends, np.nan_to_num(T), np.sqrt(variance), z)
    unknown = np.isnan(T)
    return ReviewEstimate(
        value=T,
        interval=np.where(unknown[:, :, None], [0.0, 1.0], ends),
        standard_error=np.where(unknown, np.nan, np.sqrt(variance)),
        n_checked=int((verdict >= 0).sum()),
        n_random=design.n_random if design.size else 0,
        confidence=confidence,
    )


def _tables(design, predictions, shape):
    """Return the predictions of each round; zeros for none."""
    if predictions is None or not design.size:
        return [np.zeros(shape)] * len(design.rounds)
    return [predictions(one.number) for one in design.rounds]


def _variance(residuals, design):
    """Return the variance of the mean of the residuals of each entry."""
    squares, freedom = sum_of_squares(residuals, design)
    if not design.size or freedom < 1:
        return np.zeros(residuals[0].shape[1:])
    return design.spread * squares / freedom


def _independent_rows(T, variance, counted):
    """Return how many independent rows of each class would say as much, (K, 1).

    The entries of a row share one number. That of rows with unequal weights, 1 over
    the sum of their squared shares, stands beside it, for rows of T without variance.
    """
    squares = (counted**2).sum(axis=0)
    plain = counted.sum(axis=0) ** 2 / np.where(squares > 0, squares, 1)
    plain = np.maximum(plain, 1)
    binomial = np.nan_to_num(T * (1 - T)).sum(axis=1)
    number = (binomial + 1 / plain) / (variance.sum(axis=1) + 1 / plain**2)
    return np.where(variance.sum(axis=1) > 0, number, plain)[:, None]
