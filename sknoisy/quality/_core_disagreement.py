"""Is there label noise at all? Look where a model is surest."""

import numpy as np

CORE_SHARE = 0.2
ONE_SIDED_95 = 1.645
# Chosen on breast_cancer, digits, satimage, penbased and MNIST: below it lay all of
# these with their true labels, above it nearly all with 5 % of the labels flipped.
NOTABLE_DISAGREEMENT = 0.02


def select_action(action, proba, labels, *, treatment="filter"):
    """Say what is done about the noise, and why.

    Parameters
    ----------
    action : str
        What was asked for. "auto" means the treatment where noise is found, else
        "keep".

    proba : ndarray of shape (n_samples, n_classes)
        Out-of-fold probabilities.

    labels : NoisyLabels
        The labels.

    treatment : str, default="filter"
        What "auto" does about noise.

    Returns
    -------
    dict
        ``noise_found``, ``action``, ``core_disagreement``,
        ``core_disagreement_lower`` and ``reason``, a sentence.
    """
    rate, lower = core_disagreement(proba, labels.codes, labels.weights)
    noise_found = lower > NOTABLE_DISAGREEMENT
    finding = (
        f"{rate:.1%} of the labels disagree where the evidence is surest, "
        f"{'' if noise_found else 'not '}clearly more than {NOTABLE_DISAGREEMENT:.0%}"
    )
    if action == "auto":
        action = treatment if noise_found else "keep"
    return {
        "noise_found": noise_found,
        "action": action,
        "core_disagreement": rate,
        "core_disagreement_lower": lower,
        "reason": f"{finding}: action {action!r}.",
    }


def core_disagreement(proba, codes, weights=None):
    """Return how often labels contradict the rows that a model is surest of.

    Classes that overlap disagree at their borders; wrong labels disagree everywhere.
    So the fifth of the rows predicted as each class with the highest probability, its
    core, is looked at alone.

    Parameters
    ----------
    proba : ndarray of shape (n_samples, n_classes)
        Out-of-fold probabilities.

    codes : ndarray of shape (n_samples,)
        Positions of the labels given.

    weights : ndarray of shape (n_samples,), default=None
        Weights of the samples.

    Returns
    -------
    rate : float
        Share of core rows with another label, in [0, 1].

    lower : float
        Lower end of the one-sided 95 % Wilson interval of the rate.
    """
    mass = np.ones(len(codes)) if weights is None else weights
    predicted = proba.argmax(axis=1)
    core = np.zeros(len(codes), dtype=bool)
    for label in range(proba.shape[1]):
        rows = np.flatnonzero((predicted == label) & (mass > 0))
        core[rows[_in_core(proba[rows, label], mass[rows])]] = True
    total = mass[core].sum()
    rate = float(mass[core & (predicted != codes)].sum() / total)
    return rate, wilson_lower(rate, total)


def _in_core(sureness, mass):
    """Return the mask of the surest rows; rows of equal sureness go together."""
    levels, level = np.unique(-sureness, return_inverse=True)
    level_mass = np.bincount(level, mass, len(levels))
    before = np.cumsum(level_mass) - level_mass
    return (before < CORE_SHARE * mass.sum())[level]


def wilson_lower(rate, n, z=ONE_SIDED_95):
    """Return the lower end of the Wilson interval of a rate.

    Parameters
    ----------
    rate : float
        Observed rate, in [0, 1].

    n : float
        Number of observations.

    z : float, default=1.645
        Normal quantile; the default leaves 5 % below.

    Returns
    -------
    float
        Value in [0, rate].
    """
    centre = rate + z**2 / (2 * n)
    spread = z * np.sqrt(rate * (1 - rate) / n + z**2 / (4 * n**2))
    return max(0.0, float((centre - spread) / (1 + z**2 / n)))
