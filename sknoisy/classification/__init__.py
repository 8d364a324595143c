"""How do I fit despite the noise? Classifiers for noisy labels."""

from sknoisy.classification._noise_transition import NoiseTransitionClassifier
from sknoisy.classification._noisy_label import NoisyLabelClassifier
from sknoisy.classification._pseudo_label_refinement import (
    PseudoLabelRefinementClassifier,
)
from sknoisy.classification._refined import RefinedLabelClassifier
from sknoisy.classification._self_training import SelfTrainingRefiner
from sknoisy.classification._similarity_reweighting import (
    SimilarityReweightingClassifier,
)
from sknoisy.classification._soft_label import SoftLabelClassifier

__all__ = [
    "NoiseTransitionClassifier",
    "NoisyLabelClassifier",
    "PseudoLabelRefinementClassifier",
    "RefinedLabelClassifier",
    "SelfTrainingRefiner",
    "SimilarityReweightingClassifier",
    "SoftLabelClassifier",
]
