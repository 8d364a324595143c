"""Rows of one label that share the same tag, some of them checked."""

from dataclasses import dataclass

import numpy as np
from scipy.special import betaincinv

GRID = (np.arange(64) + 0.5) / 64


@dataclass(frozen=True)
class Stratum:
    """What was found among the checked rows of a stratum.

    Attributes
    ----------
    size : int
        Number of rows in the stratum.
    n_checked : int
        Number of rows that were checked.
    share : float
        Share of the checked rows that are truly positive, NaN if none was checked.
    n_effective : float
        How many rows drawn alike would say as much as the weighted ones.
    """

    size: int
    n_checked: int
    share: float
    n_effective: float

    @classmethod
    def count(cls, answer, weight, size):
        """Return what the answers of one stratum say.

        Parameters
        ----------
        answer : ndarray of shape (n_checked,)
            Zeros and ones.

        weight : ndarray of shape (n_checked,)
            Inverse of the sampling probabilities, up to a factor.

        size : int
            Number of rows in the stratum.

        Returns
        -------
        Stratum
            The counts.
        """
        if not len(answer):
            return cls(size, 0, np.nan, 0.0)
        share = float(np.average(answer, weights=weight))
        n_effective = weight.sum() ** 2 / (weight**2).sum()
        return cls(size, len(answer), share, n_effective)

    @property
    def grid(self):
        """Quantiles of the posterior of the share, shape (64,)."""
        return self._quantiles(GRID)

    def interval(self, levels):
        """Return the ends of the interval of the share, whole numbers of rows."""
        low, high = self._quantiles(np.array(levels)) * self.size
        known = self.n_checked * self.share
        ends = known + np.array([np.floor(low - known), np.ceil(high - known)])
        return with_estimate(ends / max(self.size, 1), self.share, (0, 1))

    def _quantiles(self, levels):
        """Return quantiles of the share of positives among all rows of the stratum."""
        n_left = self.size - self.n_checked
        if not self.n_checked or n_left == 0:
            return np.full(len(levels), self.share)
        a = self.share * self.n_effective + 0.5
        b = (1 - self.share) * self.n_effective + 0.5
        # The share among the rows left unchecked is beta-binomial; a Beta of the same
        # mean and variance stands for it, being quick for strata of any size.
        spread = max(n_left * (a + b + 1) / (a + b + n_left) - 1, 1e-3)
        left = betaincinv(spread * a / (a + b), spread * b / (a + b), levels)
        return (self.n_checked * self.share + n_left * left) / self.size


def with_estimate(values, estimate, levels):
    """Return two quantiles of values, moved apart to hold the estimate.

    An estimate at the end of its range, such as a share of 0, lies outside the
    equal-tailed interval; an interval must not exclude what it is about.

    Parameters
    ----------
    values : ndarray
        Draws or quantiles.

    estimate : float
        What the interval is about.

    levels : tuple of (float, float)
        Lower and upper level, in [0, 1].

    Returns
    -------
    tuple of (float, float)
        The ends; NaN if the estimate is.
    """
    if np.isnan(estimate):
        return (np.nan, np.nan)
    low, high = np.quantile(values[~np.isnan(values)], levels)
    return (min(low, estimate), max(high, estimate))
