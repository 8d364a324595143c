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
    found = look_for_noise(proba, labels)
    if action == "auto":
        action = treatment if found["noise_found"] else "keep"
    return {
        **found,
        "action": action,
        "reason": f"{describe_finding(found)}: action {action!r}.",
    }


def look_for_noise(proba, labels):
    """Say whether labels contradict what is surest.

    Parameters
    ----------
    proba : ndarray of shape (n_samples, n_classes)
        Out-of-fold probabilities.

    labels : NoisyLabels
        The labels.

    Returns
    -------
    dict
        ``noise_found``, ``core_disagreement`` and ``core_disagreement_lower``.
    """
    rate, lower = core_disagreement(proba, labels.codes, labels.sample_weight)
    return {
        "noise_found": lower > NOTABLE_DISAGREEMENT,
        "core_disagreement": rate,
        "core_disagreement_lower": lower,
    }


def describe_finding(found):
    """Return what was found by :func:`look_for_noise`, as half a sentence."""
    return (
        f"{found['core_disagreement']:.1%} of the labels disagree where the evidence "
        f"is surest, {'' if found['noise_found'] else 'not '}clearly more than "
        f"{NOTABLE_DISAGREEMENT:.0%}"
    )


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
    return rate, wilson_interval(rate, total)[0]


def _in_core(sureness, mass):
    """Return the mask of the surest rows; rows of equal sureness go together."""
    levels, level = np.unique(-sureness, return_inverse=True)
    level_mass = np.bincount(level, mass, len(levels))
    before = np.cumsum(level_mass) - level_mass
    return (before < CORE_SHARE * mass.sum())[level]


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
