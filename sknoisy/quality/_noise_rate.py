"""How much noise there is at least and at most, and whether there is any at all.

Classes that overlap disagree with the evidence at their borders; wrong labels disagree
everywhere. So the rows that the evidence is surest of, the core of each predicted
class, are looked at alone. Where classes merely overlap, the share of other labels in
the core falls towards zero with the size of the core; where labels are wrong it stays.
A class that lies between two others overlaps with them even at its own centre, so that
what is reported is the lower of this share and of one that is counted by pairs.
"""

from dataclasses import dataclass

import numpy as np

from sknoisy._numeric import ONE_SIDED_95, ONE_SIDED_99, SMALLEST_PROBABILITY

# Shares of the rows predicted as a class that make its core. The smallest lower bound
# over these sizes counts (suite parts, "core of").
CORE_SHARES = (0.2, 0.1, 0.05)
# A lower bound up to here is no evidence of noise. In 51 splits of the development sets
# noise is then found 7 times in their right labels, where classes overlap most, and 21
# times with 5 % flipped. With 0.01 these are 8 and 35; false findings are to be rarer,
# not more frequent (suite parts, "notable above").
NOTABLE_RATE = 0.02
# With less agreement than this between evidence and labels, in Cohen's kappa, the
# features hardly determine the class, so that wrong labels and overlap look alike:
# without noise kappa is .26 on contraceptive, .32 on ferplus and .34 on german, and .53
# or more on the other development sets (suite parts, "kappa").
LITTLE_AGREEMENT = 0.25
# For the suspicion, on which an action is tried, and for the rate that is reported.
CONFIDENCES = (ONE_SIDED_95, ONE_SIDED_99)


@dataclass(frozen=True)
class NoiseEstimate:
    """What out-of-sample evidence says about the amount of noise.

    Attributes
    ----------
    found : bool
        Whether there is noise for sure.
    found_in_core : bool
        Whether labels disagree in the core for sure. They also do in a class between
        others, but an action is taken on it: by pairs, few rows hardly say anything.
    suspected : bool
        Whether labels disagree even where the evidence is surest, with 95 % confidence.
    identifiable : bool
        Whether wrong labels can be told from an overlap of the classes.
    core_rate : float
        Share of other labels in the largest core, in [0, 1].
    pair_rate : float
        The same where classes between others count as no noise; never higher.
    core_lower : float
        Lower end of the rate in the core, with 99 % confidence.
    lower : float
        What the noise rate is at least: the lower of that and of the bound by pairs of
        classes, or 0 where it cannot be told.
    upper : float
        What it is at most: the share of labels that the evidence contradicts at all,
        with 95 % confidence.
    agreement : float
        Share of labels that the evidence predicts.
    better_than_chance : bool
        Whether it clearly predicts more of them than it would by chance.
    """

    found: bool
    found_in_core: bool
    suspected: bool
    identifiable: bool
    core_rate: float
    pair_rate: float
    core_lower: float
    lower: float
    upper: float
    agreement: float
    better_than_chance: bool

    def describe(self, action, reason=""):
        """Return what ``selection_`` keeps: figures, action and a sentence."""
        if not self.identifiable:
            finding = (
                f"The evidence predicts only {self.agreement:.0%} of the labels, so "
                "that wrong labels and overlap of the classes cannot be told apart"
            )
        else:
            finding = (
                f"{self.core_rate:.1%} of the labels disagree where the evidence is "
                f"surest, and at least {self.lower:.1%} are wrong with 99 % confidence"
            )
        return {
            "noise_found": self.found,
            "core_disagreement": self.core_rate,
            "core_disagreement_lower": self.lower,
            "action": action,
            "reason": f"{finding}{reason}: action {action!r}.",
        }


def estimate_noise(proba, labels):
    """Return the bounds of the noise rate that out-of-sample evidence allows.

    Parameters
    ----------
    proba : ndarray of shape (n_samples, n_classes)
        Out-of-sample probabilities of the noisy labels.

    labels : NoisyLabels
        The labels, with weights.

    Returns
    -------
    NoiseEstimate
        Bounds and finding.
    """
    weight, codes = labels.sample_weight, labels.codes
    predicted = proba.argmax(axis=1)
    other = predicted != codes
    rates, bounds = [], []
    for core in _cores(proba, predicted, weight):
        rates.append(float(np.average(other[core], weights=weight[core])))
        size = effective_size(weight[core], labels.points, core)
        bounds.append([wilson_interval(rates[-1], size, z)[0] for z in CONFIDENCES])
    suspicion, core_lower = np.min(bounds, axis=0).tolist()
    contradicted = float(np.average(other, weights=weight))
    size = effective_size(weight, labels.points)
    pair_rate, pair_lower = _rate_by_pairs(proba, predicted, labels, size)
    lower = min(core_lower, pair_lower)
    # Agreement of predictions and labels that have nothing to do with each other, as
    # in Cohen's kappa.
    by_chance = np.bincount(predicted, weight, labels.n_classes) @ np.bincount(
        codes, weight, labels.n_classes
    )
    by_chance /= weight.sum() ** 2
    error = np.sqrt(by_chance * (1 - by_chance) / size)
    # With weight in one class alone there is nothing that evidence could tell.
    one_class = by_chance > 1 - SMALLEST_PROBABILITY
    kappa = (1 - contradicted - by_chance) / max(1 - by_chance, SMALLEST_PROBABILITY)
    identifiable = bool(kappa >= LITTLE_AGREEMENT)
    return NoiseEstimate(
        found=identifiable and lower > NOTABLE_RATE,
        found_in_core=identifiable and core_lower > NOTABLE_RATE,
        suspected=suspicion > NOTABLE_RATE,
        identifiable=identifiable,
        core_rate=rates[0],
        pair_rate=min(rates[0], pair_rate),
        core_lower=core_lower,
        lower=lower if identifiable else 0.0,
        upper=wilson_interval(contradicted, size)[1],
        agreement=1 - contradicted,
        better_than_chance=bool(
            one_class or 1 - contradicted > by_chance + ONE_SIDED_95 * error
        ),
    )


def _surest(scores, weight):
    """Yield, size by size, which rows are the core by each column of scores.

    Equal scores go together, whatever rounding says of where the core ends.
    """
    order, columns = np.argsort(-scores, axis=0), np.arange(scores.shape[1])
    total = weight[order].cumsum(axis=0)
    for share in CORE_SHARES:
        last = (total >= share * total[-1] * (1 - 1e-9)).argmax(axis=0)
        yield scores >= scores[order[last, columns], columns]


def _cores(proba, predicted, weight):
    """Return the surest rows of each predicted class, for each size of the core."""
    cores = np.zeros((len(CORE_SHARES), len(predicted)), dtype=bool)
    counted = np.flatnonzero(weight > 0)
    for label in np.unique(predicted[counted]):
        rows = counted[predicted[counted] == label]
        surest = _surest(proba[rows, label][:, None], weight[rows])
        for core, mask in zip(cores, surest, strict=True):
            core[rows] = mask[:, 0]
    return cores


def _rate_by_pairs(proba, predicted, labels, size):
    r"""Return the share of other labels in cores of pairs of classes, and its bound.

    On the far side of `j`, a class `i` between `j` and others does not overlap with
    `j`. So, for each pair, the core of the rows predicted as `i` is taken in the order
    of :math:`p_i / p_j`, and the shares of `j` in these cores are summed.
    """
    wrong = np.zeros(len(CORE_SHARES))
    counted = np.flatnonzero(labels.sample_weight > 0)
    for label in np.unique(predicted[counted]):
        rows = counted[predicted[counted] == label]
        weight, given = labels.sample_weight[rows], labels.codes[rows]
        others = np.setdiff1d(given, label)
        against = np.maximum(proba[np.ix_(rows, others)], SMALLEST_PROBABILITY)
        odds = proba[rows, label][:, None] / against
        is_other = (given[:, None] == others) * weight[:, None]
        for k, core in enumerate(_surest(odds, weight)):
            mass = (core * weight[:, None]).sum(axis=0)
            wrong[k] += weight.sum() * ((core * is_other).sum(axis=0) / mass).sum()
    rates = np.minimum(wrong / labels.sample_weight.sum(), 1.0).tolist()
    bounds = [
        wilson_interval(rate, share * size, ONE_SIDED_99)[0]
        for rate, share in zip(rates, CORE_SHARES, strict=True)
    ]
    return rates[0], min(bounds)


def effective_size(weight, points=None, rows=slice(None)):
    r"""Return the number of equal weights that say as much as these do.

    It is :math:`(\sum_i w_i)^2 / \sum_i w_i^2` over distinct rows (L. Kish, *Survey
    Sampling*, 1965), which neither the scale of the weights nor a copy at half the
    weight changes.

    Parameters
    ----------
    weight : ndarray of shape (n_rows,)
        Weights, not all zero.

    points : ndarray of int of shape (n_samples,), default=None
        Equal numbers for rows of equal content.

    rows : ndarray of bool of shape (n_samples,), default=slice(None)
        Which of the points the weights belong to.

    Returns
    -------
    float
        At most the number of rows.
    """
    if points is not None:
        weight = np.bincount(points[rows], weight)
    return float(weight.sum() ** 2 / (weight @ weight))


def wilson_interval(rate, n, z=ONE_SIDED_95):
    """Return the Wilson interval of a rate.

    Parameters
    ----------
    rate : float
        Observed rate, in [0, 1].

    n : float
        Number of observations.

    z : float, default=1.645
        Normal quantile; the default leaves 5 % beyond each end.

    Returns
    -------
    tuple of float
        Lower end, in [0, rate], and upper end, in [rate, 1].
    """
    centre = rate + z**2 / (2 * n)
    spread = z * np.sqrt(rate * (1 - rate) / n + z**2 / (4 * n**2))
    scale = 1 + z**2 / n
    ends = (centre - spread) / scale, (centre + spread) / scale
    return max(0.0, float(ends[0])), min(1.0, float(ends[1]))
