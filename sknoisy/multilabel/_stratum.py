"""Shares estimated from checked rows, with intervals: the estimator of the package."""

from dataclasses import dataclass

import numpy as np
from scipy.special import betaincinv

# Levels of the quantiles that stand for a posterior: 64 x 64 pairs of them give the
# intervals of what depends on two shares, without random numbers.
GRID = (np.arange(64) + 0.5) / 64
# Jeffreys' prior of a proportion, Beta(1/2, 1/2).
JEFFREYS = 0.5
# A Beta of less spread than this is a point to ``betaincinv``.
SMALLEST_SPREAD = 1e-3


@dataclass(frozen=True)
class Stratum:
    """What was found among the checked rows of a stratum of ``size`` rows.

    ``share`` is the weighted share of positives, NaN if no row was checked, and
    ``n_effective`` Kish's number of rows that, drawn alike, would say as much.
    """

    size: int
    n_checked: int
    share: float
    n_effective: float

    @classmethod
    def count(cls, answer, weight, size):
        """Return what zeros and ones and their weights say about a stratum."""
        if not len(answer):
            return cls(size, 0, np.nan, 0.0)
        share = float(np.average(answer, weights=weight))
        n_effective = weight.sum() ** 2 / (weight**2).sum()
        return cls(size, len(answer), share, n_effective)

    @property
    def positives(self):
        """Estimated number of positive rows; a stratum without rows has none."""
        return self.share * self.size if self.size else 0.0

    @property
    def grid(self):
        """Quantiles of the posterior of the number of positive rows, shape (64,)."""
        return self._quantiles(GRID) * self.size if self.size else np.zeros(len(GRID))

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
        a = self.share * self.n_effective + JEFFREYS
        b = (1 - self.share) * self.n_effective + JEFFREYS
        # The share among the rows left unchecked is beta-binomial; a Beta of the same
        # mean and variance stands for it, being quick for strata of any size.
        spread = max(n_left * (a + b + 1) / (a + b + n_left) - 1, SMALLEST_SPREAD)
        left = betaincinv(spread * a / (a + b), spread * b / (a + b), levels)
        return (self.n_checked * self.share + n_left * left) / self.size


def with_estimate(values, estimate, levels):
    """Return two quantiles of values, moved apart to hold the estimate.

    An estimate at the end of its range, such as a share of 0, lies outside the
    equal-tailed interval, which must not exclude it.
    """
    if np.isnan(estimate):
        return (np.nan, np.nan)
    low, high = np.quantile(values[~np.isnan(values)], levels)
    return (min(low, estimate), max(high, estimate))
