r"""Rows that were checked: how they were drawn, and what they tell about all rows.

A check of row :math:`i` finds :math:`z_i`: whether its label is wrong, a prediction
right, a tag missing. Some rows are checked with certainty (:math:`C`); the others
(:math:`R`, :math:`N_R` of :math:`N` rows) are represented by a random sample :math:`S`
with weights :math:`w_i \propto 1 / \pi_i` of sum 1. With a prediction :math:`f_i` of
:math:`z_i` for every row, the mean of :math:`z` is estimated by

.. math:: \hat\theta = \frac1N \Big[ \sum_{i \in C} z_i
   + \lambda \sum_{i \in R} f_i + N_R \sum_{i \in S} w_i (z_i - \lambda f_i) \Big].

The interface, for any package:

- :func:`read_design`: the sampling design, from plain arrays;
- :func:`estimate_share`: a mean of zeros and ones, with its interval;
- :func:`powered_mean`: means of any columns, with residuals, whose variance is
  ``design.variance(residuals)``; for a smooth function of means, by the delta method,
  ``design.variance([r @ gradient for r in residuals])``;
- :func:`prediction_power`: :math:`\lambda`, which is 0 where predictions do not pay;
- :func:`share_interval`, :func:`share_quantiles`, :func:`effective_size`: intervals of
  shares by Wilson or Jeffreys, from counts or weighted rows.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import betaincinv
from scipy.stats import norm, t

# Rows of even chance beside the residuals, so that a handful of equal checks does not
# pass for certainty: as many as Jeffreys' prior Beta(1/2, 1/2) is worth.
PRIOR_ROWS = 1.0
# Successes and failures that Agresti and Coull add to a share ("Approximate Is Better
# than Exact for Interval Estimation of Binomial Proportions", 1998).
AGRESTI_COULL = 2.0


@dataclass(frozen=True, eq=False)
class ReviewEstimate:
    """An estimate from checked rows, with its interval.

    Parameters
    ----------
    value : float or ndarray of shape (n_classes, n_classes)
        The estimate.

    interval : ndarray of shape (2,) or (n_classes, n_classes, 2)
        Lower and upper end; it holds the value and stays in [0, 1].

    standard_error : float or ndarray of shape (n_classes, n_classes)
        Standard error of the value.

    n_checked : int
        Number of checked rows.

    n_random : int
        How many of them are random rows, which stand for others.

    confidence : float
        Confidence of the interval, in (0, 1).

    See Also
    --------
    estimate_noise_rate : Makes one.

    Examples
    --------
    >>> import numpy as np
    >>> from sknoisy.review import ReviewEstimate
    >>> print(ReviewEstimate(0.2, np.array([0.1, 0.35]), 0.06, 50, 40, 0.95))
    20.0 % (95 % interval 10.0 % to 35.0 %; 50 verdicts, 40 of random rows)
    """

    value: float | np.ndarray
    interval: np.ndarray
    standard_error: float | np.ndarray
    n_checked: int
    n_random: int
    confidence: float

    def __float__(self):
        return float(self.value)

    def __str__(self):
        if np.ndim(self.value):
            return repr(self)
        low, high = self.interval
        return (
            f"{self.value:.1%} ({self.confidence:.0%} interval {low:.1%} to "
            f"{high:.1%}; {self.n_checked} verdicts, {self.n_random} of random rows)"
        ).replace("%", " %")


@dataclass(frozen=True)
class Round:
    """One round of checks whose random part has verdicts.

    Attributes
    ----------
    known : ndarray of shape (n_samples,)
        What each checked row counts in the part that was asked with certainty: 1, more
        where rows beside it were asked and not answered, 0 elsewhere.
    frame : ndarray of bool of shape (n_samples,)
        Rows that the random part stands for, its own rows included.
    rows : ndarray of int of shape (n_random,)
        Random rows that have a verdict.
    weights : ndarray of shape (n_random,)
        Share of the frame that each of them stands for; they sum to 1.
    spread : float
        Variance of the weighted mean for values of unit variance.
    share : float
        Weight of this round among all rounds.
    number : int
        Number of the round.
    """

    known: np.ndarray
    frame: np.ndarray
    rows: np.ndarray
    weights: np.ndarray
    spread: float
    share: float
    number: int

    @property
    def size(self):
        """Share of all rows that is in the frame."""
        return self.frame.mean()


@dataclass(frozen=True)
class SamplingDesign:
    """How the checked rows were chosen, round by round, and what each stands for.

    Rows asked with certainty in a round, and all rows of earlier rounds, stand for
    themselves; the random rows of the round stand for all others. Given what was known
    before a round its estimate is unbiased whatever the picks were, and the estimates
    of two rounds are uncorrelated, so that their variances add up.

    Attributes
    ----------
    rounds : list of Round
        Rounds with verdicts on random rows; their shares sum to 1.
    checked : ndarray of bool of shape (n_samples,)
        Rows that were asked about and have a verdict.
    """

    rounds: list
    checked: np.ndarray

    @property
    def n_checked(self):
        """Number of rows with a verdict."""
        return int(self.checked.sum())

    @property
    def size(self):
        """Share of the rows that random ones stand for, over the rounds."""
        return sum(one.share * one.size for one in self.rounds)

    @property
    def n_random(self):
        """Number of random rows with a verdict."""
        return sum(len(one.rows) for one in self.rounds)

    @property
    def freedom(self):
        """Degrees of freedom: random rows beyond one in each round."""
        return self.n_random - len(self.rounds)

    @property
    def spread(self):
        """Variance of an estimate of the mean for residuals of unit variance."""
        return sum((one.share * one.size) ** 2 * one.spread for one in self.rounds)

    def row_weights(self):
        """Return what the verdict of each row counts in a total, (n_samples,)."""
        weights = np.zeros(len(self.checked))
        for one in self.rounds:
            weights += one.share * one.known
            weights[one.rows] += one.share * one.frame.sum() * one.weights
        return weights

    def prediction_weights(self):
        """Return what each prediction counts in a total, (n_rounds, n_samples).

        They cancel out: each round adds its frame and takes off its random rows, which
        stand for it.
        """
        weights = np.array([one.share * one.frame for one in self.rounds])
        for line, one in zip(weights, self.rounds, strict=True):
            line[one.rows] -= one.share * one.frame.sum() * one.weights
        return weights

    def squares(self, residuals):
        """Return the weighted squares of residuals around the means of the rounds."""
        squares = 0.0
        for residual, one in zip(residuals, self.rounds, strict=True):
            around = (residual - np.tensordot(one.weights, residual, axes=1)) ** 2
            squares = squares + len(one.rows) * np.tensordot(one.weights, around, 1)
        return squares

    def variance(self, residuals):
        """Return the variance of a mean, from residuals of the random rows by round.

        Parameters
        ----------
        residuals : list of ndarray of shape (n_random, ...)
            For each round; trailing axes are quantities of their own.

        Returns
        -------
        ndarray of shape (...)
            The variances; zeros where nothing is left to estimate.
        """
        if not self.size or self.freedom < 1:
            return np.zeros(np.shape(residuals[0])[1:])
        return self.spread * self.squares(residuals) / self.freedom


def read_design(has_verdict, sampling_probability, review_round=None, *, owner):
    """Return the sampling design of checked rows.

    Parameters
    ----------
    has_verdict : ndarray of bool of shape (n_samples,)
        Which rows have a verdict.

    sampling_probability : array-like of shape (n_samples,)
        Probability with which each row was to be chosen, in (0, 1], and NaN for rows
        that were not asked about; verdicts about these are left out.

    review_round : array-like of int of shape (n_samples,), default=None
        Round in which each row was asked about. None means one round.

    owner : str
        Name of the function that asks, for the messages.

    Returns
    -------
    SamplingDesign
        With one round at least.

    Raises
    ------
    ValueError
        If the arrays do not fit each other, or no random row has a verdict.
    """
    proba, number = read_sampling(
        sampling_probability, review_round, len(has_verdict), owner
    )
    checked = has_verdict & ~np.isnan(proba)
    found = [
        _read_round(checked, proba, number, k)
        for k in np.unique(number[~np.isnan(proba)])
    ]
    found = [one for one in found if one is not None]
    # A round after which nothing is left to ask knows the answer.
    if exhausted := [one for one in found if not one.spread]:
        return SamplingDesign([exhausted[-1]], checked)
    if not found:
        raise ValueError(
            f"{owner} expected at least one verdict about a row that was drawn at "
            f"random, with a sampling probability below 1, but got {checked.sum()} "
            "verdicts, none of such a row. Picked rows stand for themselves alone: ask "
            "for a random share."
        )
    # Inverse variances at equal spread of the verdicts: they follow from the numbers of
    # rows alone, so that the mean over the rounds stays unbiased.
    precision = np.array([1 / (one.size**2 * one.spread) for one in found])
    shares = precision / precision.sum()
    rounds = [replace(one, share=w) for one, w in zip(found, shares, strict=True)]
    return SamplingDesign(rounds, checked)


def _read_round(checked, proba, number, k):
    """Return one round, or None if its random part has no verdict."""
    asked = ~np.isnan(proba)
    certain = asked & ((number < k) | ((number == k) & (proba == 1)))
    factor = _asked_per_answer(checked, certain, proba, number)
    known, frame = checked * factor, factor == 0
    drawn = asked & (number == k) & (proba < 1)
    rows = np.flatnonzero(drawn & checked)
    if not frame.any():
        return Round(known, frame, rows, np.zeros(len(rows)), 0.0, 1.0, int(k))
    if not len(rows):
        return None
    weights = 1 / proba[rows]
    weights /= weights.sum()
    # Hajek's weights; 1 - pi is the correction for a finite population, with pi made
    # smaller by the share of the drawn rows that have been answered.
    spread = ((1 - proba[rows] * len(rows) / drawn.sum()) * weights**2).sum()
    return Round(known, frame, rows, weights, spread, 1.0, int(k))


def _asked_per_answer(checked, certain, proba, number):
    """Return for how many rows of its part an answer stands; 0 where there is none.

    A part is what was picked, or drawn, in one round. Rows asked about without an
    answer count as the answered ones of their part; a part without any joins the frame.
    """
    factor = np.zeros(len(proba))
    _, part = np.unique(2 * number[certain] + (proba[certain] < 1), return_inverse=True)
    asked, answered = np.bincount(part), np.bincount(part, checked[certain])
    ratio = np.divide(asked, answered, out=np.zeros(len(asked)), where=answered > 0)
    factor[certain] = ratio[part]
    return factor


def estimate_share(
    z, design, predictions=None, *, power="auto", confidence=0.95, method="wilson"
):
    """Estimate the mean of zeros and ones over all rows.

    The interval is that of the share among the rows that random ones stand for, with
    the number of rows at which a simple random sample would have the estimated
    variance.

    Parameters
    ----------
    z : ndarray of shape (n_samples,)
        Zeros and ones; entries of rows without a verdict are not looked at.

    design : SamplingDesign
        How the rows were chosen.

    predictions : ndarray of shape (n_samples,) or dict of int to ndarray, default=None
        Predictions of z for all rows, by models that have not seen the verdicts: the
        same for all rounds, or by the number of the round.

    power : "auto" or float, default="auto"
        What the predictions count, in [0, 1].

    confidence : float, default=0.95
        Confidence of the interval, in (0, 1).

    method : {"wilson", "jeffreys"}, default="wilson"
        Kind of the interval, see :func:`share_interval`.

    Returns
    -------
    ReviewEstimate
        The estimate.
    """
    z = np.where(design.checked, z, 0.0)
    known = sum(one.share * (one.known @ z) for one in design.rounds) / len(z)
    size = design.size
    if not size:
        ends = np.array([known, known])
        return ReviewEstimate(known, ends, 0.0, design.n_checked, 0, confidence)
    mean, residuals, power = powered_mean(z, design, predictions, power, confidence)
    # A value outside what is possible is moved to the nearest that is.
    share = np.clip((mean - known) / size, 0, 1)
    variance = _residual_variance(residuals, design, share, fitted=power > 0)
    plain = _residual_variance([z[one.rows] for one in design.rounds], design, share)
    # Predictions are worth as many rows more as they leave less of the variance.
    n = size**2 / design.spread * plain / variance
    error = float(np.sqrt(design.spread * variance))
    reach = quantile(confidence, design.freedom - 1 if power else None)
    ends = share_interval(share, n, reach, method, error / size if power else 0.0)
    return ReviewEstimate(
        value=float(known + size * share),
        interval=np.clip(known + size * ends, 0, 1),
        standard_error=error,
        n_checked=design.n_checked,
        n_random=design.n_random,
        confidence=confidence,
    )


def powered_mean(z, design, predictions=None, power="auto", confidence=0.95):
    """Estimate the mean of each column of z over all rows.

    Parameters
    ----------
    z : ndarray of shape (n_samples, ...)
        What was found, zeros in rows without a verdict.

    design : SamplingDesign
        How the rows were chosen.

    predictions : ndarray of shape (n_samples, ...) or dict of int to ndarray, \
default=None
        Predictions of z for all rows, for all rounds or by the number of the round.

    power : "auto" or float, default="auto"
        What they count.

    confidence : float, default=0.95
        Of the interval that "auto" makes as narrow as it can.

    Returns
    -------
    mean : ndarray of shape (...)
        The estimates.

    residuals : list of ndarray of shape (n_random, ...)
        Of the random rows of each round, for ``design.variance``.

    power : float
        What the predictions have counted.
    """
    tables = by_round(design, predictions, z.shape)
    pairs = random_pairs(z, design, tables)
    power = prediction_power(pairs, power, confidence)
    # The weights of the predictions cancel out, so that wrong ones add no bias.
    total = np.tensordot(design.row_weights(), z, 1)
    for weights, table in zip(design.prediction_weights(), tables, strict=True):
        total = total + power * np.tensordot(weights, table, 1)
    return total / len(z), [found - power * said for found, said in pairs], power


def by_round(design, predictions, shape):
    """Return the predictions of each round as a list; zeros where there are none."""
    if predictions is None or not design.size:
        return [np.zeros(shape)] * len(design.rounds)
    if isinstance(predictions, dict):
        return [predictions[one.number] for one in design.rounds]
    return [predictions] * len(design.rounds)


def random_pairs(z, design, tables):
    """Return findings and predictions of the random rows of each round."""
    rounds = zip(design.rounds, tables, strict=True)
    return [(z[one.rows], table[one.rows]) for one, table in rounds]


def prediction_power(pairs, power="auto", confidence=0.95):
    """Return what predictions count, 0 where they would not narrow the interval.

    That is the slope of the regression of findings on predictions within the rounds, as
    in PPI++ (Angelopoulos, Duchi, Zrnic, arXiv:2311.01453), in [0, 1].

    Parameters
    ----------
    pairs : list of (ndarray, ndarray)
        Findings and predictions of the random rows of each round, one column or more.

    power : "auto" or float, default="auto"
        What was asked for.

    confidence : float, default=0.95
        Confidence of the interval, in (0, 1).

    Returns
    -------
    float
        The factor.
    """
    if power != "auto":
        return float(power)
    freedom = sum(len(found) - 1 for found, _ in pairs)
    if freedom < 2:
        return 0.0
    centred = [(z - z.mean(axis=0), f - f.mean(axis=0)) for z, f in pairs]
    zz, zf, ff = (
        sum((pair[i] * pair[j]).sum() for pair in centred)
        for i, j in ((0, 0), (0, 1), (1, 1))
    )
    # Predictions that point the other way are wrong rather than useful.
    if zf <= 0:
        return 0.0
    slope = min(zf / ff, 1.0)
    left = (zz - 2 * slope * zf + slope**2 * ff) / zz
    # The slope costs a degree of freedom, and a variance that is estimated rather than
    # following from the share costs Student's quantile for the normal one.
    reach = quantile(confidence, freedom - 1) / quantile(confidence)
    return float(slope) if left * freedom / (freedom - 1) * reach**2 < 1 else 0.0


def _residual_variance(residuals, design, share, *, fitted=False):
    """Return the variance within rounds, with a little of what chance alone has."""
    n = design.n_random
    middle = (share * n + AGRESTI_COULL) / (n + 2 * AGRESTI_COULL)
    squares = design.squares(residuals) + PRIOR_ROWS * middle * (1 - middle)
    return float(squares / (max(design.freedom - fitted, 0) + PRIOR_ROWS))


def quantile(confidence, freedom=None):
    """Return how many standard errors an interval reaches to each side.

    ``freedom`` are the degrees of freedom where the standard error is estimated; None
    where it follows from the share.
    """
    level = (1 + confidence) / 2
    return norm.ppf(level) if freedom is None else t.ppf(level, max(freedom, 1))


def share_interval(share, n, reach, method="wilson", error=0.0):
    """Return the ends of an interval of a share.

    Parameters
    ----------
    share : float or ndarray
        Share that was found, in [0, 1].

    n : float or ndarray
        Number of independent rows that would say as much, above 0, or infinite.

    reach : float
        How many standard errors it reaches to each side, see :func:`quantile`.

    method : {"wilson", "jeffreys"}, default="wilson"
        Wilson's score interval, or quantiles of the posterior under Jeffreys' prior;
        Brown, Cai and DasGupta ("Interval Estimation for a Binomial Proportion", 2001)
        recommend both.

    error : float or ndarray, default=0.0
        Standard error where predictions have counted: unlike counts, they spread even
        where the share is 0 or 1, so that the ends hold the normal interval as well.

    Returns
    -------
    ndarray of shape (..., 2)
        Lower and upper end, in [0, 1]; they hold the share.
    """
    if method == "jeffreys":
        low, high = (share_quantiles(share, n, norm.cdf(k)) for k in (-reach, reach))
    else:
        z2 = reach**2
        middle = (share + z2 / (2 * n)) / (1 + z2 / n)
        half = np.sqrt(z2 * (share * (1 - share) / n + z2 / (4 * n**2))) / (1 + z2 / n)
        low, high = middle - half, middle + half
    low = np.minimum(low, share - reach * error)
    high = np.maximum(high, share + reach * error)
    return np.clip(np.stack([low, high], axis=-1), 0, 1)


def share_quantiles(share, n, levels, n_left=np.inf):
    """Return quantiles of a share under Jeffreys' prior, Beta(1/2, 1/2).

    Parameters
    ----------
    share : float or ndarray
        Share that was found, in [0, 1].

    n : float or ndarray
        Number of independent rows that would say as much.

    levels : array-like
        Levels in [0, 1].

    n_left : float, default=inf
        Number of unchecked rows whose share is asked for. It is beta-binomial; a Beta
        of the same mean and variance stands for it.

    Returns
    -------
    ndarray
        The quantiles, by broadcasting.
    """
    a, b = share * n + 0.5, (1 - share) * n + 0.5
    scale = 1.0
    if np.isfinite(n_left):
        # Below a thousandth of a row the inverse of the beta function loses its digits.
        scale = np.maximum(n_left * (a + b + 1) / (a + b + n_left) - 1, 1e-3) / (a + b)
    return betaincinv(scale * a, scale * b, levels)


def effective_size(weights):
    """Return how many rows of equal weight say as much, by Kish."""
    return weights.sum() ** 2 / (weights**2).sum()


def read_sampling(sampling_probability, review_round, n_samples, owner):
    """Return sampling probabilities and rounds as arrays, or say what is wrong."""
    name = "sampling_probability"
    proba = as_numbers(sampling_probability, n_samples, name, owner)
    outside = ~np.isnan(proba) & ~((proba > 0) & (proba <= 1))
    if outside.any():
        raise ValueError(
            f"{owner} expected sampling_probability above 0 and up to 1, or NaN for "
            f"rows that were not asked about, but row {int(outside.argmax())} holds "
            f"{proba[outside][0]:g}. suggest_review tells the probabilities."
        )
    if review_round is None:
        return proba, np.zeros(n_samples, dtype=int)
    number = as_numbers(review_round, n_samples, "review_round", owner)
    asked = ~np.isnan(proba)
    if (number[asked] != np.floor(number[asked])).any():
        raise ValueError(
            f"{owner} expected review_round to hold a whole number for each row that "
            "was asked about, but got others or NaN. Number the rounds 0, 1, 2 and so "
            "on."
        )
    return proba, np.where(asked, number, 0).astype(int)


def as_numbers(values, n_samples, name, owner):
    """Return values as floats of shape (n_samples,), NaN for missing ones."""
    values = np.asarray(values)
    try:
        values = values.astype(float)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"{owner} expected {name} as numbers, but got dtype {values.dtype}: "
            f"{error}. Turn words into 0 and 1, as in verdict == 'wrong', and missing "
            "values into NaN."
        ) from error
    if values.ndim != 1 or n_samples not in (None, len(values)):
        wanted = "n_samples" if n_samples is None else n_samples
        raise ValueError(
            f"{owner} expected {name} of shape ({wanted},), an entry for every row of "
            f"the data, checked or not, but got shape {values.shape}. Mark the others "
            "by NaN."
        )
    return values
