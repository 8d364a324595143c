"""What an estimate hands back."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import norm, t


@dataclass(frozen=True, eq=False)
class ReviewEstimate:
    """An estimate from verdicts, with its interval.

    Parameters
    ----------
    value : float or ndarray of shape (n_classes, n_classes)
        The estimate.

    interval : ndarray of shape (2,) or (n_classes, n_classes, 2)
        Lower and upper end; it holds the value and stays in [0, 1].

    standard_error : float or ndarray of shape (n_classes, n_classes)
        Standard error of the value.

    n_checked : int
        Number of verdicts.

    n_random : int
        How many of them are of random rows, which stand for others.

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


def quantile(confidence, freedom=None):
    """Return how many standard errors an interval reaches to each side.

    Parameters
    ----------
    confidence : float
        Confidence of the interval, in (0, 1).

    freedom : float, default=None
        Degrees of freedom where the standard error is estimated; None where it
        follows from the share.

    Returns
    -------
    float
        Quantile of the normal or of the t distribution.
    """
    level = (1 + confidence) / 2
    return norm.ppf(level) if freedom is None else t.ppf(level, max(freedom, 1))


def wilson(share, n, z):
    """Return the ends of Wilson's interval of a share.

    Parameters
    ----------
    share : float or ndarray
        Share that was found, in [0, 1].

    n : float or ndarray
        Number of independent rows that would say as much, above 0, or infinite.

    z : float
        How many standard errors it reaches to each side.

    Returns
    -------
    ndarray of shape (..., 2)
        Lower and upper end, in [0, 1].
    """
    z2 = z**2
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = np.sqrt(z2 * (share * (1 - share) / n + z2 / (4 * n**2))) / (1 + z2 / n)
    low, high = np.minimum(middle - half, share), np.maximum(middle + half, share)
    return np.clip(np.stack([low, high], axis=-1), 0, 1)


def widened(ends, share, error, z):
    """Return the ends of an interval, moved apart to hold the normal one.

    Unlike counts, predictions spread even where the share is 0 or 1.

    Parameters
    ----------
    ends : ndarray of shape (..., 2)
        Lower and upper end.

    share : float or ndarray
        What the interval is about.

    error : float or ndarray
        Its standard error.

    z : float
        How many standard errors it reaches to each side.

    Returns
    -------
    ndarray of shape (..., 2)
        Lower and upper end, in [0, 1].
    """
    low = np.minimum(ends[..., 0], share - z * error)
    high = np.maximum(ends[..., 1], share + z * error)
    return np.clip(np.stack([low, high], axis=-1), 0, 1)
