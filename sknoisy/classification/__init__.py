"""How do I fit despite the noise? Classifiers for noisy labels."""

import importlib
import warnings

from sknoisy.classification._noise_transition import NoiseTransitionClassifier
from sknoisy.classification._noisy_label import NoisyLabelClassifier
from sknoisy.classification._refined import RefinedLabelClassifier
from sknoisy.classification._similarity_reweighting import (
    SimilarityReweightingClassifier,
)
from sknoisy.classification._soft_label import SoftLabelClassifier

__all__ = [
    "NoiseTransitionClassifier",
    "NoisyLabelClassifier",
    "RefinedLabelClassifier",
    "SimilarityReweightingClassifier",
    "SoftLabelClassifier",
]


def __getattr__(name):
    """Return what version 0.1.0 had here, with a warning."""
    if name == "PseudoLabelRefinementClassifier":
        warnings.warn(
            f"{name} has moved: import it from sknoisy.semi_supervised.",
            FutureWarning,
            stacklevel=2,
        )
        # By name, since this package does not know the one above it.
        return getattr(importlib.import_module("sknoisy.semi_supervised"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
