"""0/1 labels of which some have been flipped: their posterior, and the two rates."""

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, logit

# Keeps logarithms and quotients finite; far below any probability that matters.
TINY = 1e-8
# Rates before anything is seen, and the weight that keeps their mean over the classes
# near to these: weak, about a tenth of an observation.
USUAL_RATE, OF_RATES = 0.05, 0.1
# Weights of the penalties on rates, and on levels, that differ between the classes:
# rates of a class with few bags are those of the others (rows "30 % wrong" of
# benchmarks/bench_sequence.py).
OF_DIFFERENCES, OF_LEVELS = 2.0, 0.5
# The slope stays near 1, at which a score is taken as a probability, and above 0.
OF_SLOPE, LEAST_SLOPE = 0.01, 0.05
# Beyond this logit, half of a rate is 0 or 1 to four digits.
LARGEST_LOGIT = 9


def flip_posterior(proba, given, missing_rate, spurious_rate):
    """Return the probability that a label should be 1, given what it says."""
    one = np.where(given, 1 - missing_rate, missing_rate) * proba
    zero = np.where(given, spurious_rate, 1 - spurious_rate) * (1 - proba)
    return one / np.maximum(one + zero, TINY)


class FlipModel:
    r"""A logistic model of 0/1 labels some of which have been flipped.

    A label should be 1 with probability
    :math:`p = \operatorname{logit}^{-1}(a_c + b z)`, and is given as 1 with probability
    :math:`(1 - \rho_c) p + \sigma_c (1 - p)`. Levels :math:`a_c`, slope :math:`b` and
    the rates :math:`\rho_c` and :math:`\sigma_c`, below one half, maximise the
    likelihood minus a penalty.
    """

    def __init__(self, z, given, free):
        self.z, self.given, self.free = z, given, free
        n = self.n_labels = z.shape[1]
        self.usual = logit(2 * USUAL_RATE)
        start = np.concatenate([np.zeros(n), [1.0], np.full(2 * n, self.usual)])
        bounds = [(None, None)] * n + [(LEAST_SLOPE, None)]
        bounds += [(-LARGEST_LOGIT, LARGEST_LOGIT)] * (2 * n)
        fit = {"jac": True, "method": "L-BFGS-B", "bounds": bounds}
        self.cost(minimize(self.cost, start, **fit).x)

    def cost(self, w):
        """Return the penalised loss and its gradient; keep the rest."""
        n = self.n_labels
        level, slope, rates = w[:n], w[n], w[n + 1 :].reshape(2, n)
        self.proba = p = expit(level + slope * self.z)
        # Half of a share: a rate above one half would exchange 0 and 1.
        self.missing_rate, self.spurious_rate = missing, spurious = expit(rates) / 2
        flipped = np.where(self.free, spurious + (1 - missing - spurious) * p, p)
        q = np.clip(flipped, TINY, 1 - TINY)
        self.loss = -np.log(np.where(self.given, q, 1 - q)).sum()
        by_q = (q - self.given) / (q * (1 - q))
        inner = by_q * np.where(self.free, 1 - missing - spurious, 1) * p * (1 - p)
        by_rate = np.stack([by_q * self.free * -p, by_q * self.free * (1 - p)])
        by_rate = by_rate.sum(axis=1) * expit(rates) / 2 * (1 - expit(rates))
        penalty, *slopes = self._penalty(level, slope, rates)
        gradient = np.concatenate(
            [
                inner.sum(axis=0) + slopes[0],
                [(inner * self.z).sum() + slopes[1]],
                (by_rate + slopes[2]).ravel(),
            ]
        )
        return self.loss + penalty, gradient

    def _penalty(self, level, slope, rates):
        """Return the penalty and its gradients in levels, slope and rates."""
        apart = level - level.mean()
        mean = rates.mean(axis=1, keepdims=True)
        away, differ = mean - self.usual, rates - mean
        penalty = OF_LEVELS * (apart**2).sum() + OF_SLOPE * (slope - 1) ** 2
        penalty += OF_RATES * (away**2).sum() + OF_DIFFERENCES * (differ**2).sum()
        by_rate = 2 * OF_RATES * away / self.n_labels + 2 * OF_DIFFERENCES * differ
        return penalty, 2 * OF_LEVELS * apart, 2 * OF_SLOPE * (slope - 1), by_rate
