"""Which labels of bags are wrong, by models of steps that have not seen the bag."""

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import logit

from sknoisy._binary_flips import SMALLEST_PROBA, fit_flips, flip_posterior
from sknoisy._folds import _deal
from sknoisy._labels import NoisyLabels
from sknoisy.sequence._step_models import bag_scores

# Four models, each without a quarter of the bags: wrong labels of generated sequences
# are ranked with an AUROC of .99 (rows "30 % wrong" of suite sequences).
N_FOLDS = 4
# A class that occurs in fewer bags, or is absent from fewer, has less than one of them
# in a fold, which cannot contradict a label.
FEWEST_BAGS = 4
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
    # Rates of each class, see ``_binary_flips``, (n_classes,).
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


def bag_noise(make_model, bags, evidence, share):
    """Estimate which labels are wrong; ``make_model`` returns an untrained model."""
    given = evidence.present
    if bags.n_bags < 2 * N_FOLDS:
        zero = np.zeros(given.shape[1])
        return BagNoise(given.astype(float), np.ones(given.shape), zero, zero, 0.0)
    fold, scores = deal_folds(given, N_FOLDS), np.zeros(given.shape)
    for number in np.unique(fold):
        seen, held_out = np.flatnonzero(fold != number), np.flatnonzero(fold == number)
        part, rows = bags.part(seen)
        targets = evidence.targets[rows]
        known = replace(evidence, allowed=evidence.allowed[seen], targets=targets)
        model = make_model()
        model.train(part.values, part.offsets, known, targets, round_number=0)
        part, _ = bags.part(held_out)
        proba = model.proba(part.values, part.offsets)[:, :-1]
        scores[held_out] = bag_scores(proba, part.offsets, share)
    exclusive = bool((given.sum(axis=1) == 1).all())
    return noise_of_scores(scores, given, evidence.trusted, exclusive=exclusive)


def deal_folds(present, n_folds):
    """Return the fold of each bag; the bags of a class go round the folds."""
    # A bag is the group of its labels; one without any has a label of its own.
    bag, code = np.nonzero(np.column_stack([present, ~present.any(axis=1)]))
    classes = np.arange(present.shape[1] + 1)
    return _deal(bag, NoisyLabels(code, classes, groups=bag), n_folds)


def noise_of_scores(scores, given, trusted, *, exclusive=False):
    """Return what scores of models that have not seen a bag say of its labels."""
    count = given.sum(axis=0)
    known = np.minimum(count, len(given) - count) >= FEWEST_BAGS
    posterior, rates, gain = given.astype(float), np.zeros((2, len(count))), 0.0
    if known.any():
        labels = given[:, known]
        z = logit(np.clip(scores[:, known], SMALLEST_PROBA, 1 - SMALLEST_PROBA))[None]
        noisy = fit_flips(z, labels, may_be_wrong=~trusted[:, known])
        gain = noisy.log_likelihood - fit_flips(z, labels).log_likelihood
        rates[:, known] = noisy.missing_rate, noisy.spurious_rate
        posterior[:, known] = flip_posterior(noisy.true_proba, labels, *rates[:, known])
    posterior = np.where(trusted, given, posterior)
    if exclusive:
        # One of the classes occurs, in proportion to its odds.
        odds = posterior / np.maximum(1 - posterior, SMALLEST_PROBA)
        posterior = odds / odds.sum(axis=1, keepdims=True)
    quality = np.where(given, posterior, 1 - posterior)
    return BagNoise(posterior, quality, *rates, gain)
