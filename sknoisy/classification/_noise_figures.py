"""How much noise there is, and how far that is known."""

import numpy as np

from sknoisy.quality._core_disagreement import wilson_interval

FLAGGED_BELOW = 0.5


def noise_figures(judgement, quality, labels):
    """Return the figures about the noise that are kept as fitted attributes.

    Parameters
    ----------
    judgement : Judgement
        What is believed of the labels.

    quality : ndarray of shape (n_samples,)
        Probability that each label is right.

    labels : NoisyLabels
        The labels.

    Returns
    -------
    list of (str, object)
        ``noise_rate_``, ``noise_rate_interval_`` and ``flag_precision_``.
    """
    mass, proba = labels.sample_weight, judgement.evidence.proba
    rate = float(np.average(1 - quality, weights=mass))
    contradicted = np.average(proba.argmax(axis=1) != labels.codes, weights=mass)
    lower = judgement.finding["core_disagreement_lower"]
    upper = wilson_interval(contradicted, mass.sum())[1]
    core = judgement.finding["core_disagreement"]
    return [
        ("noise_rate_", rate),
        ("noise_rate_interval_", (min(lower, rate), max(upper, rate))),
        ("flag_precision_", _flag_precision(quality, core, mass)),
    ]


def _flag_precision(quality, core, mass):
    """Return the share of the flagged labels that are wrong."""
    flagged = quality < FLAGGED_BELOW
    share = mass[flagged].sum() / mass.sum()
    if not share:
        return np.nan
    doubt = np.average(1 - quality[flagged], weights=mass[flagged])
    # A label is flagged for sure or not at all. What is flagged beyond the share that
    # is wrong where the evidence is surest is taken for a mistake of the model.
    return float(min(doubt, core / share))
