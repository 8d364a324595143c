"""Which labels of bags are wrong, by models of steps that have not seen the bag."""

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import logit

from sknoisy.sequence._bag_loss import bag_scores
from sknoisy.sequence._flips import TINY, FlipModel, flip_posterior

# Four models, each without a quarter of the bags: wrong labels of generated sequences
# are ranked with an AUROC of .99 (rows "30 % wrong" of benchmarks/bench_sequence.py).
N_FOLDS = 4
# A class that occurs in fewer bags, or is absent from fewer, has less than one of them
# in a fold, which cannot contradict a label.
FEWEST_BAGS = 4
# Scores nearer to 0 or 1 are clipped before their logits are taken.
LEAST_SCORE = 1e-4
# Labels are corrected if the rates raise the log-likelihood by as much, twice which is
# 8, the chi-squared value of two rates at 2 %, and if the larger mean rate is as high:
# scores that are a little overconfident raise the likelihood by a rate of 0.01.
NEEDED_GAIN, NEEDED_RATE = 4.0, 0.02
# Posteriors nearer to 0 or 1 are rounded; soft labels of absent classes would let the
# absence term pass everywhere in the bag.
ROUNDED = 0.1


@dataclass(frozen=True)
class BagNoise:
    """Which labels of bags are right, by scores of models that have not seen them."""

    # Probability that the class occurs in the bag, and that what the label says of the
    # class is right, (n_bags, n_classes).
    posterior: np.ndarray
    quality: np.ndarray
    # Share of the bags with the class whose label lacks it, and of those without it
    # whose label has it, (n_classes,).
    missing_rate: np.ndarray
    spurious_rate: np.ndarray
    # By how much the rates raise the log-likelihood of the labels.
    gain: float

    def corrected(self, evidence):
        """Return the evidence, with posteriors for labels if rates explain these."""
        rate = max(self.missing_rate.mean(), self.spurious_rate.mean())
        if self.gain < NEEDED_GAIN or rate < NEEDED_RATE:
            return evidence
        allowed = self.posterior.copy()
        allowed[allowed < ROUNDED] = 0
        allowed[allowed > 1 - ROUNDED] = 1
        background = np.ones(len(allowed))
        return replace(evidence, allowed=np.column_stack([allowed, background]))


def bag_noise(make_model, bags, evidence, rng, share):
    """Estimate which labels are wrong; ``make_model`` takes a source of randomness."""
    given = evidence.present
    if bags.n_bags < 2 * N_FOLDS:
        zero = np.zeros(given.shape[1])
        return BagNoise(given.astype(float), np.ones(given.shape), zero, zero, 0.0)
    scores = out_of_fold_scores(make_model, bags, evidence, rng, share)
    exclusive = bool((given.sum(axis=1) == 1).all())
    return noise_of_scores(scores, given, evidence.trusted, exclusive=exclusive)


def out_of_fold_scores(make_model, bags, evidence, rng, share):
    """Return the score of each class in each bag, by a model without that bag."""
    fold = deal_folds(evidence.present, N_FOLDS, rng)
    scores = np.zeros(evidence.present.shape)
    for number in np.unique(fold):
        seen, held_out = np.flatnonzero(fold != number), np.flatnonzero(fold == number)
        part, rows = bags.part(seen)
        known = replace(
            evidence, allowed=evidence.allowed[seen], targets=evidence.targets[rows]
        )
        model = make_model(rng)
        model.train(part.values, part.offsets, known, known.targets, round_number=0)
        part, _ = bags.part(held_out)
        proba = model.proba(part.values, part.offsets)[:, :-1]
        scores[held_out] = bag_scores(proba, part.offsets, share)
    return scores


def deal_folds(present, n_folds, rng):
    """Return the fold of each bag; the bags of a class go round the folds."""
    fold = np.full(len(present), -1)
    order = rng.permutation(len(present))
    by_class = present[order]
    # Rare classes first, while all their bags are still free.
    for label in np.argsort(by_class.sum(axis=0), kind="stable"):
        left = order[by_class[:, label] & (fold[order] < 0)]
        taken = np.bincount(fold[present[:, label] & (fold >= 0)], minlength=n_folds)
        fold[left] = np.resize(np.argsort(taken, kind="stable"), len(left))
    left = order[fold[order] < 0]
    fold[left] = np.arange(len(left)) % n_folds
    return fold


def noise_of_scores(scores, given, trusted, *, exclusive=False):
    """Return what scores of models that have not seen a bag say of its labels."""
    count = given.sum(axis=0)
    known = np.minimum(count, len(given) - count) >= FEWEST_BAGS
    posterior, missing = given.astype(float), np.zeros(len(count))
    spurious, gain = missing.copy(), 0.0
    if known.any():
        z = logit(np.clip(scores[:, known], LEAST_SCORE, 1 - LEAST_SCORE))
        free = ~trusted[:, known]
        plain = FlipModel(z, given[:, known], np.zeros_like(free))
        noisy = FlipModel(z, given[:, known], free)
        missing[known], spurious[known] = noisy.missing_rate, noisy.spurious_rate
        gain = plain.loss - noisy.loss
        posterior[:, known] = flip_posterior(
            noisy.proba, given[:, known], missing[known], spurious[known]
        )
    posterior = np.where(trusted, given, posterior)
    if exclusive:
        # One of the classes occurs, in proportion to its odds.
        odds = posterior / np.maximum(1 - posterior, TINY)
        posterior = odds / np.maximum(odds.sum(axis=1, keepdims=True), TINY)
    quality = np.where(given, posterior, 1 - posterior)
    return BagNoise(posterior, quality, missing, spurious, gain)
