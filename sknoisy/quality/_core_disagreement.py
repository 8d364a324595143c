"""Temporary bridge."""

import numpy as np

from sknoisy._labels import NoisyLabels
from sknoisy.quality._noise_rate import NOTABLE_RATE as NOTABLE_DISAGREEMENT  # noqa
from sknoisy.quality._noise_rate import estimate_noise


def core_disagreement(proba, codes, weights=None):
    noise = estimate_noise(
        proba, NoisyLabels(codes, np.arange(proba.shape[1]), weights)
    )
    return noise.core_rate, noise.lower


def select_action(action, proba, labels, *, treatment="filter"):
    noise = estimate_noise(proba, labels)
    if action == "auto":
        action = treatment if noise.found else "keep"
    return noise.describe(action)
