"""Noise rate and transition matrix from the rows that were checked."""

from numbers import Real

import numpy as np

from sknoisy._checked_rows import (
    ReviewEstimate,
    as_numbers,
    by_round,
    estimate_share,
    prediction_power,
    quantile,
    random_pairs,
    read_design,
    share_interval,
)
from sknoisy._compat import Interval, StrOptions, validate_params
from sknoisy._labels import label_record
from sknoisy._proba import check_proba
from sknoisy.review._verdicts import read_verdict_codes

OPTIONS = {
    "sampling_probability": ["array-like"],
    "prediction": ["array-like", None],
    "review_round": ["array-like", None],
    "power": [Interval(Real, 0, 1, closed="both"), StrOptions({"auto"})],
    "confidence": [Interval(Real, 0, 1, closed="neither")],
}


@validate_params(
    {"is_wrong": ["array-like"], **OPTIONS}, prefer_skip_nested_validation=True
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
    """Estimate the share of wrong labels from the rows that were checked.

    Rows that were picked because they look suspicious count for themselves alone; rows
    drawn at random stand for all others. Without predictions this is the
    Horvitz-Thompson estimate in Hájek's form, and with them the prediction-powered or
    difference estimate; :ref:`the guide <review>` has the formula.

    Parameters
    ----------
    is_wrong : array-like of shape (n_samples,)
        Verdict about each row: 1 or True for a wrong label, 0 or False for a right
        one, NaN where there is none. Any other share is estimated alike: with verdicts
        on wrong predictions it is the error of a classifier.

    sampling_probability : array-like of shape (n_samples,)
        Probability with which each row was to be chosen, in (0, 1], and NaN for rows
        that were not asked about. Verdicts about these are left out.

    prediction : array-like of shape (n_samples,), default=None
        Probability that each label is wrong, such as ``1 - label_quality_`` of an
        estimator that has *not* seen the verdicts. It need not be right: the random
        rows correct it.

    review_round : array-like of int of shape (n_samples,), default=None
        Round in which each row was asked about. None means one round.

    power : "auto" or float, default="auto"
        What the predictions count, in [0, 1]. "auto" takes the
        regression of verdicts on predictions among the random rows, and 0 where they
        would not narrow the interval.

    confidence : float, default=0.95
        Confidence of the interval, in (0, 1).

    Returns
    -------
    ReviewEstimate
        ``value``, ``interval``, ``standard_error``, ``n_checked``, ``n_random``.

    Raises
    ------
    ValueError
        If the arrays do not fit each other or hold other values, or if no random row
        has a verdict.

    See Also
    --------
    suggest_review : Chooses the rows, and tells the probabilities.

    Notes
    -----
    Later rounds take all rows of earlier ones for certain. With ``power`` fixed that is
    unbiased; "auto" adds a bias of the order of one over the number of random rows. The
    interval is Wilson's for the share among the rows that random ones stand for, with
    the number of rows at which a simple random sample would have the same variance. It
    does not know about rows without an answer, which count as the answered ones of
    their round and kind, nor that a review was stopped because its estimate pleased.

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
    owner = "estimate_noise_rate"
    z = as_numbers(is_wrong, None, "verdicts", owner)
    known = ~np.isnan(z)
    outside = known & (z != 0) & (z != 1)
    if outside.any():
        raise ValueError(
            f"{owner} expected verdicts of 0, 1 or NaN, but row "
            f"{int(outside.argmax())} holds {z[outside][0]:g}. Compare labels first, "
            "as in y_checked != y, and mark unchecked rows by NaN."
        )
    design = read_design(known, sampling_probability, review_round, owner=owner)
    if prediction is not None:
        prediction = _read_prediction(prediction, len(z), owner)
    return estimate_share(z, design, prediction, power=power, confidence=confidence)


def _read_prediction(prediction, n_samples, owner):
    prediction = as_numbers(prediction, n_samples, "prediction", owner)
    missing = np.isnan(prediction)
    if missing.any():
        raise ValueError(
            f"{owner} expected prediction for every row, checked or not, but it holds "
            f"NaN in {missing.sum()} of {n_samples} rows. Leave prediction out if the "
            "model has none for these."
        )
    return prediction


@validate_params(
    {
        "y": ["array-like"],
        "y_checked": ["array-like"],
        "classes": ["array-like", None],
        **OPTIONS,
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
        Round in which each row was asked about. None means one round.

    power : "auto" or float, default="auto"
        What the predictions count, see :func:`estimate_noise_rate`.

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
        If the arrays do not fit each other or hold other values, or if no random row
        has a verdict.

    See Also
    --------
    sknoisy.transition : Matrices from noisy labels alone.

    Notes
    -----
    The numbers of rows of each true and given class are estimated as in
    :func:`estimate_noise_rate`. Standard errors are those of the linearised ratio, the
    intervals Wilson's by the number of independent rows that agrees with them.

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
    owner = "estimate_transition_matrix"
    labels = label_record(y, owner=owner, classes=classes)
    n_samples, name = labels.n_samples, "sampling_probability"
    asked = ~np.isnan(as_numbers(sampling_probability, n_samples, name, owner))
    verdict = read_verdict_codes(y_checked, labels.classes, asked, owner=owner)
    design = read_design(verdict >= 0, sampling_probability, review_round, owner=owner)
    if prediction is not None:
        prediction = check_proba(prediction, labels, owner=owner)
    given = labels.one_hot()
    return estimate_matrix(given, verdict, design, prediction, power, confidence)


def estimate_matrix(given, verdict, design, predictions, power, confidence):
    """Return the estimate of the transition matrix.

    ``given`` are the labels as a table of zeros and ones, ``verdict`` the true classes
    with -1 where unknown; the rest is as in :func:`sknoisy._checked_rows.powered_mean`.
    """
    n_samples, K = given.shape
    truth = np.vstack([np.zeros(K), np.eye(K)])[verdict + 1]
    tables = by_round(design, predictions, given.shape)
    pairs = random_pairs(truth, design, tables)
    power = prediction_power(pairs, power, confidence)
    # Totals as in powered_mean, of a table of classes that is never built row by row.
    counted = truth * design.row_weights()[:, None]
    joint = counted.T @ given
    for weights, table in zip(design.prediction_weights(), tables, strict=True):
        joint += power * (table * weights[:, None]).T @ given
    # Predictions may take off more than there is.
    joint = np.maximum(joint, 0)
    size = joint.sum(axis=1, keepdims=True)
    T = np.divide(joint, size, out=np.full((K, K), np.nan), where=size > 0)
    unknown, T = np.isnan(T), np.nan_to_num(T)
    # A ratio of means A / B has the variance of the mean of (a - T b) / B.
    residuals = [
        (found - power * said)[:, :, None] * (given[one.rows][:, None] - T)
        for (found, said), one in zip(pairs, design.rounds, strict=True)
    ]
    # Far below one row: only classes without any weight are this small, and unknown.
    scale = n_samples / np.maximum(size, 1e-9)
    variance = design.variance(residuals) * scale**2
    # Without random rows everything is known, as from infinitely many.
    n = _independent_rows(T, variance, counted) if design.size else np.inf
    reach = quantile(confidence, design.freedom - 1 if power else None)
    error = np.sqrt(variance)
    ends = share_interval(T, n, reach, error=error if power else 0.0)
    return ReviewEstimate(
        value=np.where(unknown, np.nan, T),
        interval=np.where(unknown[:, :, None], [0.0, 1.0], ends),
        standard_error=np.where(unknown, np.nan, error),
        n_checked=design.n_checked,
        n_random=design.n_random if design.size else 0,
        confidence=confidence,
    )


def _independent_rows(T, variance, counted):
    """Return how many independent rows of each class would say as much, (K, 1).

    The entries of a row share one number. That of rows with unequal weights, by Kish,
    stands beside it as one row of even chance, for rows of T without variance.
    """
    squares = (counted**2).sum(axis=0)
    plain = counted.sum(axis=0) ** 2 / np.where(squares > 0, squares, 1)
    plain = np.maximum(plain, 1)
    # Summed over the entries: n = sum T (1 - T) / sum of their variances.
    binomial = (T * (1 - T)).sum(axis=1)
    number = (binomial + 1 / plain) / (variance.sum(axis=1) + 1 / plain**2)
    return np.where(variance.sum(axis=1) > 0, number, plain)[:, None]
