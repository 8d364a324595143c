r"""Scores of probabilities or decision values, on weighted pseudo-labels.

Each function takes the pseudo-labels ``R`` of shape (n_classes, n_classes) by given
class: a row given as class j counts ``R[j, i]`` for class i. With the inverse of the
transition matrix these are unbiased, and some are negative [1]_; with the identity
they are the labels as they are.

References
----------
.. [1] N. Natarajan, I. S. Dhillon, P. K. Ravikumar, A. Tewari, "Learning with Noisy
   Labels", NeurIPS, 2013, Lemma 1.
"""

import numpy as np

from sknoisy.metrics._influence import Influence

# scikit-learn's log_loss clips probabilities at the resolution of their dtype.
SMALLEST_PROBABILITY = np.finfo(np.float64).eps


def log_loss(codes, proba, R, share):
    """Return the mean of ``-log proba`` at the clean class."""
    return _mean_loss(codes, -np.log(np.maximum(proba, SMALLEST_PROBABILITY)), R, share)


def brier(codes, proba, R, share):
    """Return the mean squared distance of the probabilities from the clean class."""
    losses = (proba**2).sum(axis=1, keepdims=True) - 2 * proba + 1
    # With two classes scikit-learn counts one of the two equal columns.
    return _mean_loss(codes, losses / (2 if proba.shape[1] == 2 else 1), R, share)


def roc_auc(codes, scores, R, share):
    """Return the area under the ROC curve, one class versus the rest."""
    return _over_classes(_auc_of_class, codes, scores, R, share)


def average_precision(codes, scores, R, share):
    """Return the average precision, one class versus the rest."""
    return _over_classes(_precision_of_class, codes, scores, R, share)


PROBA_SCORES = {
    "log_loss": log_loss,
    "brier": brier,
    "roc_auc": roc_auc,
    "average_precision": average_precision,
}


def _mean_loss(codes, losses, R, share):
    """Return the influence of a mean over rows of a loss that is given by class."""
    rows = (R[codes] * losses).sum(axis=1)
    value = share @ rows
    return Influence(value, rows - value, _sums_by_class(codes, share, losses, len(R)))


def _sums_by_class(codes, share, table, n_classes):
    weighted = share[:, None] * table
    return np.stack(
        [np.bincount(codes, column, minlength=n_classes) for column in weighted.T], 1
    )


def _over_classes(of_class, codes, scores, R, share):
    """Average a one-versus-rest score; with two classes the second is the positive."""
    positive = [1] if len(R) == 2 else range(len(R))
    value, rows, pseudo_label = 0.0, np.zeros(len(codes)), np.zeros(R.shape)
    for k in positive:
        own = scores if scores.ndim == 1 else scores[:, k]
        one, influence, derivative = of_class(own, R[codes, k], share)
        value += one
        rows += influence
        pseudo_label[:, k] = np.bincount(codes, derivative, minlength=len(R))
    n = len(positive)
    return Influence(value / n, rows / n, pseudo_label / n)


class _Ranking:
    """Sums over the rows below, and from the top down to, each row's score."""

    def __init__(self, scores):
        self.order = np.argsort(scores, kind="stable")
        ranked = scores[self.order]
        # Rows of equal score are one step of the curve.
        starts = np.flatnonzero(np.r_[True, ranked[1:] != ranked[:-1]])
        self.ends = np.r_[starts[1:], len(scores)]
        self.starts = starts
        self.tie = np.empty(len(scores), dtype=np.intp)
        self.tie[self.order] = np.repeat(np.arange(len(starts)), self.ends - starts)

    def below(self, mass):
        """Return the mass with a lower score; ties count half."""
        total = np.r_[0.0, np.cumsum(mass[self.order])]
        return ((total[self.starts] + total[self.ends]) / 2)[self.tie]

    def up_to(self, mass):
        """Return the mass with the same score or a lower one."""
        return np.r_[0.0, np.cumsum(mass[self.order])][self.ends][self.tie]

    def from_top(self, mass):
        """Return the mass with the same score or a higher one."""
        return (
            mass.sum() - np.r_[0.0, np.cumsum(mass[self.order])][self.starts][self.tie]
        )


def _auc_of_class(scores, r, share):
    r"""Return the area, its influences and its derivatives by the pseudo-labels.

    .. math:: A = \sum_{n \neq m} w_n r_n\, w_m (1 - r_m)\, \psi(s_n, s_m) / (P Q),

    where a row is not compared with itself: its pseudo-label and what is left of it
    are not independent.
    """
    ranking, positive, negative = _Ranking(scores), share * r, share * (1 - r)
    P, Q = positive.sum(), negative.sum()
    if P <= 0 or Q <= 0:
        return np.nan, np.zeros(len(r)), np.zeros(len(r))
    # What the half ties of each row with itself would add.
    itself = share * positive * (1 - r)
    under = (ranking.below(negative) - negative / 2) / Q
    over = (P - ranking.below(positive) - positive / 2) / P
    value = (positive @ under) / (P - itself.sum() / Q)
    up, down = (under - value) / P, (over - value) / Q
    return value, r * up + (1 - r) * down, share * (up - down)


def _precision_of_class(scores, r, share):
    r"""Return the average precision, its influences and derivatives.

    .. math:: A = \sum_n w_n r_n\, p_n / P, \qquad
              p_n = \sum_{m: s_m \geq s_n} w_m r_m \Big/ \sum_{m: s_m \geq s_n} w_m,

    in which the square of a row's own pseudo-label is replaced by the pseudo-label,
    as for labels of 0 and 1.
    """
    ranking, positive = _Ranking(scores), share * r
    P = positive.sum()
    if P <= 0:
        return np.nan, np.zeros(len(r)), np.zeros(len(r))
    count = ranking.from_top(share)
    precision = ranking.from_top(positive) / count
    own = share * positive * (1 - r) / count
    value = (positive @ precision + own.sum()) / P
    # A row more at the score s changes the precision at every score up to s.
    reach = ranking.up_to(positive / count)
    lost = ranking.up_to(positive * precision / count)
    rows = (r * (precision - value + reach) - lost) / P
    return value, rows, share * (precision - value + reach) / P
