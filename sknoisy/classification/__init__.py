"""How do I fit despite the noise? Classifiers for noisy labels."""

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
