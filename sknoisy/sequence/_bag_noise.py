"""Which labels of bags are wrong, by models of steps that have not seen the bag."""

from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, logit

from sknoisy.sequence._bag_loss import bag_scores
from sknoisy.sequence._bags import Bags

FOLDS = 4
# A class that occurs in fewer bags, or is absent from fewer, is taken as it is: the
# folds leave too little of it to contradict a label.
FEWEST = 4
FAINTEST = 1e-4
# The rates lie below one half; before anything is seen, at these shares.
USUAL_MISSING, USUAL_SPURIOUS = 0.05, 0.05
# Rates are believed if they raise the log-likelihood by as much, and if the larger one
# is as high on the mean of the classes: a few scores that are too sure of themselves
# raise the likelihood by a rate of 0.01. Probabilities nearer to 0 or 1 than ``UNSURE``
# are taken as that.
NEEDED_GAIN, NEEDED_RATE, UNSURE = 4.0, 0.02, 0.1
# Penalties: of the mean rates, of rates and of levels that differ between classes.
OF_RATES, OF_DIFFERENCES, OF_LEVELS = 0.1, 2.0, 0.5


@dataclass(frozen=True)
class BagNoise:
    """What is thought of the labels of bags.

    Attributes
    ----------
    posterior : ndarray of shape (n_bags, n_classes)
        Probability that the class occurs in the bag.
    quality : ndarray of shape (n_bags, n_classes)
        Probability that what the label says of the class is right.
    missing_rate : ndarray of shape (n_classes,)
        Share of the bags with the class whose label lacks it.
    spurious_rate : ndarray of shape (n_classes,)
        Share of the bags without the class whose label has it.
    gain : float
        By how much the rates raise the log-likelihood of the labels.
    """

    posterior: np.ndarray
    quality: np.ndarray
    missing_rate: np.ndarray
    spurious_rate: np.ndarray
    gain: float

    def believed(self, evidence):
        """Return what is known, with what is believed in place of the labels.

        Parameters
        ----------
        evidence : Evidence
            What is known.

        Returns
        -------
        Evidence
            The same unless the rates explain the labels better.
        """
        rate = max(self.missing_rate.mean(), self.spurious_rate.mean())
        if self.gain < NEEDED_GAIN or rate < NEEDED_RATE:
            return evidence
        believed = self.posterior.copy()
        believed[believed < UNSURE] = 0
        believed[believed > 1 - UNSURE] = 1
        background = np.ones(len(believed))
        return replace(evidence, allowed=np.column_stack([believed, background]))


def judge_bags(make_model, values, bags, evidence, rng, share):
    """Judge the labels of bags by models that have not seen them.

    Parameters
    ----------
    make_model, values, bags, evidence, rng, share : object
        See :func:`unseen_scores`.

    Returns
    -------
    BagNoise
        The record.
    """
    tagged = evidence.present
    if bags.n_bags < 2 * FOLDS:
        sure = np.zeros(tagged.shape[1])
        return BagNoise(tagged.astype(float), np.ones(tagged.shape), sure, sure, 0.0)
    scores = unseen_scores(make_model, values, bags, evidence, rng, share)
    exclusive = bool((tagged.sum(axis=1) == 1).all())
    return judge_scores(scores, tagged, evidence.verified, exclusive=exclusive)


def unseen_scores(make_model, values, bags, evidence, rng, share):
    """Return how strongly each class shows in each bag, to a model without that bag.

    Parameters
    ----------
    make_model : callable
        Given a source of random numbers, returns an untrained model of steps.

    values : ndarray of shape (n_steps, n_features)
        The steps of all bags.

    bags : Bags
        Where the bags begin and end.

    evidence : Evidence
        What is known about them.

    rng : RandomState
        Source of the folds and of the models.

    share : float
        Share of the steps of a bag that speak for a class.

    Returns
    -------
    ndarray of shape (n_bags, n_classes)
        Values in [0, 1].
    """
    fold = _deal(evidence.present, min(FOLDS, bags.n_bags), rng)
    scores = np.zeros(evidence.present.shape)
    for number in np.unique(fold):
        seen, held = np.flatnonzero(fold != number), np.flatnonzero(fold == number)
        model = make_model(rng)
        part, rows = _part(bags, seen)
        known = replace(
            evidence,
            allowed=evidence.allowed[seen],
            targets=evidence.targets[rows],
        )
        model.train(values[rows], part.offsets, known, known.targets, round_number=0)
        part, rows = _part(bags, held)
        proba = model.proba(values[rows], part.offsets)[:, :-1]
        scores[held] = bag_scores(proba, part.offsets, share)
    return scores


def _deal(present, n_folds, rng):
    """Return the fold of each bag; the bags of a class go round the folds."""
    fold = np.full(len(present), -1)
    order = rng.permutation(len(present))
    by_class = present[order]
    for label in np.argsort(by_class.sum(axis=0), kind="stable"):
        left = order[by_class[:, label] & (fold[order] < 0)]
        taken = np.bincount(fold[present[:, label] & (fold >= 0)], minlength=n_folds)
        fold[left] = np.resize(np.argsort(taken, kind="stable"), len(left))
    left = order[fold[order] < 0]
    fold[left] = np.arange(len(left)) % n_folds
    return fold


def _part(bags, which):
    """Return some of the bags, and their rows among the steps of all."""
    rows = [np.arange(*bags.offsets[bag : bag + 2]) for bag in which]
    offsets = np.append(0, np.cumsum(bags.lengths[which]))
    rows = np.concatenate(rows) if rows else np.empty(0, int)
    return Bags(bags.values[rows], offsets, bags.names[which]), rows


def judge_scores(scores, tagged, verified, *, exclusive=False):
    r"""Return what scores of models that have not seen a bag say of its labels.

    A class occurs with probability
    :math:`p = \operatorname{logit}^{-1}(a_c + b \operatorname{logit} s)`, where
    :math:`s` is the score, and a label has it with probability
    :math:`q = (1 - \rho_c) p + \sigma_c (1 - p)`. The levels :math:`a_c`, the slope
    :math:`b` and the rates of missing and spurious labels :math:`\rho_c` and
    :math:`\sigma_c` are the most likely ones, with a penalty that keeps the rates of
    the classes together.

    Parameters
    ----------
    scores : ndarray of shape (n_bags, n_classes)
        Scores in [0, 1].

    tagged : ndarray of bool of shape (n_bags, n_classes)
        What the labels say.

    verified : ndarray of bool of shape (n_bags, n_classes)
        Entries that are known to be right.

    exclusive : bool, default=False
        Whether each bag has one class.

    Returns
    -------
    BagNoise
        The record.
    """
    count = tagged.sum(axis=0)
    known = np.minimum(count, len(tagged) - count) >= FEWEST
    posterior, missing = tagged.astype(float), np.zeros(len(count))
    spurious, gain = missing.copy(), 0.0
    if known.any():
        columns = tagged[:, known], verified[:, known]
        p, missing[known], spurious[known], gain = _fit(scores[:, known], *columns)
        posterior[:, known] = _posterior(p, columns[0], missing[known], spurious[known])
    posterior = np.where(verified, tagged, posterior)
    if exclusive:
        odds = posterior / np.maximum(1 - posterior, FAINTEST**2)
        posterior = odds / np.maximum(odds.sum(axis=1, keepdims=True), FAINTEST**2)
    quality = np.where(tagged, posterior, 1 - posterior)
    return BagNoise(posterior, quality, missing, spurious, gain)


def _posterior(p, tagged, missing, spurious):
    """Return the probability that a class occurs, given score and label."""
    present = np.where(tagged, 1 - missing, missing) * p
    absent = np.where(tagged, spurious, 1 - spurious) * (1 - p)
    return present / np.maximum(present + absent, FAINTEST**2)


def _fit(scores, tagged, verified):
    """Return probabilities, both rates, and what the rates add to the likelihood."""
    z = logit(np.clip(scores, FAINTEST, 1 - FAINTEST))
    # Where everything is known, there is nothing that a rate could explain.
    free = ~verified
    plain = _Flips(z, tagged, np.zeros_like(free)).solve()
    noisy = _Flips(z, tagged, free).solve()
    return noisy.p, noisy.missing, noisy.spurious, plain.loss - noisy.loss


class _Flips:
    """A logistic model of labels some of which have been flipped.

    Parameters
    ----------
    z : ndarray of shape (n_bags, n_classes)
        Logits of scores.

    tagged : ndarray of bool of shape (n_bags, n_classes)
        The labels.

    free : ndarray of bool of shape (n_bags, n_classes)
        Labels that may be wrong.
    """

    def __init__(self, z, tagged, free):
        self.z, self.tagged, self.free = z, tagged, free
        self.n_classes = z.shape[1]
        self.usual = logit(2 * np.array([USUAL_MISSING, USUAL_SPURIOUS]))

    def solve(self):
        """Find the parameters, and return the model."""
        n = self.n_classes
        start = np.concatenate([np.zeros(n), [1.0], np.repeat(self.usual, n)])
        bounds = [(None, None)] * n + [(0.05, None)] + [(-9, 9)] * (2 * n)
        found = minimize(
            self._cost, start, jac=True, method="L-BFGS-B", bounds=bounds
        ).x
        self._cost(found)
        return self

    def _cost(self, w):
        """Return the penalised loss and its gradient; keep the rest."""
        n = self.n_classes
        level, slope, rates = w[:n], w[n], w[n + 1 :].reshape(2, n)
        self.p = p = expit(level + slope * self.z)
        self.missing, self.spurious = missing, spurious = expit(rates) / 2
        flip = np.where(self.free, spurious + (1 - missing - spurious) * p, p)
        q = np.clip(flip, FAINTEST**2, 1 - FAINTEST**2)
        self.loss = -np.log(np.where(self.tagged, q, 1 - q)).sum()
        by_q = (q - self.tagged) / (q * (1 - q))
        inner = by_q * np.where(self.free, 1 - missing - spurious, 1) * p * (1 - p)
        by_rate = np.stack([(by_q * self.free * -p), by_q * self.free * (1 - p)])
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
        away, differ = mean - self.usual[:, None], rates - mean
        penalty = OF_LEVELS * (apart**2).sum() + 0.01 * (slope - 1) ** 2
        penalty += OF_RATES * (away**2).sum() + OF_DIFFERENCES * (differ**2).sum()
        by_rate = 2 * OF_RATES * away / self.n_classes + 2 * OF_DIFFERENCES * differ
        return penalty, 2 * OF_LEVELS * apart, 0.02 * (slope - 1), by_rate
