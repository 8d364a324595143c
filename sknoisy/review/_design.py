"""How the checked rows came to be chosen, and what each of them stands for.

A review goes in rounds. The rows asked about with certainty in a round, and all of
earlier rounds, stand for themselves; the random rows of the round stand for all others.
Given what was known before a round its estimate is therefore unbiased whatever the
picks were, and the estimates of two rounds are uncorrelated, so that their variances
add up.
"""

from dataclasses import dataclass, replace

import numpy as np


@dataclass(frozen=True)
class Round:
    """One round of a review whose random part has verdicts.

    Attributes
    ----------
    known : ndarray of shape (n_samples,)
        What each row with a verdict counts in the part that was asked with certainty:
        1, more where rows beside it were asked and not answered, 0 elsewhere.
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
class Design:
    """All rounds of a review that an estimate can stand on.

    Attributes
    ----------
    rounds : list of Round
        Rounds with verdicts on random rows; their shares sum to 1.
    n_samples : int
        Number of rows.
    """

    rounds: list
    n_samples: int

    @property
    def size(self):
        """Share of the rows that random ones stand for, over the rounds."""
        return sum(one.share * one.size for one in self.rounds)

    @property
    def n_random(self):
        """Number of random rows with a verdict."""
        return sum(len(one.rows) for one in self.rounds)

    def row_weights(self):
        """Return what the verdict of each row counts in a total, (n_samples,)."""
        weights = np.zeros(self.n_samples)
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

    @property
    def spread(self):
        """Variance of an estimate of the mean for residuals of unit variance."""
        return sum((one.share * one.size) ** 2 * one.spread for one in self.rounds)


def read_design(has_verdict, proba, number):
    """Return the design of a review.

    Parameters
    ----------
    has_verdict : ndarray of bool of shape (n_samples,)
        Which rows have a verdict.

    proba : ndarray of shape (n_samples,)
        Sampling probability of the rows that were asked about, NaN elsewhere.

    number : ndarray of int of shape (n_samples,)
        Round in which each of them was.

    Returns
    -------
    Design
        Without any round if there is nothing to estimate from.
    """
    found, exhausted = [], []
    for t in np.unique(number[~np.isnan(proba)]):
        one = _read_round(has_verdict, proba, number, t)
        (exhausted if one is not None and not one.spread else found).append(one)
    # A round after which nothing is left to ask knows the answer.
    if exhausted:
        return Design([exhausted[-1]], len(proba))
    found = [one for one in found if one is not None]
    precision = np.array([1 / (one.size**2 * one.spread) for one in found])
    shares = precision / precision.sum()
    rounds = [replace(one, share=w) for one, w in zip(found, shares, strict=True)]
    return Design(rounds, len(proba))


def _read_round(has_verdict, proba, number, t):
    """Return one round, or None if its random part has no verdict."""
    asked = ~np.isnan(proba)
    certain = asked & ((number < t) | ((number == t) & (proba == 1)))
    known = _answered_for(has_verdict, certain, proba, number)
    silent = certain & ~_in_answered_part(has_verdict, certain, proba, number)
    frame = ~certain | silent
    drawn = asked & (number == t) & (proba < 1)
    rows = np.flatnonzero(drawn & has_verdict)
    if not frame.any():
        return Round(known, frame, rows, np.zeros(len(rows)), 0.0, 1.0, int(t))
    if not len(rows):
        return None
    each = 1 / proba[rows]
    weights = each / each.sum()
    spread = ((1 - proba[rows] * len(rows) / drawn.sum()) * weights**2).sum()
    return Round(known, frame, rows, weights, spread, 1.0, int(t))


def _parts(certain, proba, number):
    """Return the part of each row asked with certainty: its round, picked or drawn."""
    return 2 * number[certain] + (proba[certain] < 1)


def _in_answered_part(has_verdict, certain, proba, number):
    """Return the mask of rows in a part of which at least one row has a verdict."""
    part = _parts(certain, proba, number)
    inside = np.zeros(len(proba), dtype=bool)
    inside[certain] = np.isin(part, part[has_verdict[certain]])
    return inside


def _answered_for(has_verdict, certain, proba, number):
    """Return for how many rows of its part each verdict stands: asked over answered."""
    factor = np.zeros(len(proba))
    part = _parts(certain, proba, number)
    if len(part):
        _, place = np.unique(part, return_inverse=True)
        asked, answered = np.bincount(place), np.bincount(place, has_verdict[certain])
        factor[certain] = (asked / np.maximum(answered, 1))[place]
    return np.where(has_verdict, factor, 0.0)
