"""Learn from wrong labels, and find them, the scikit-learn way."""

from sknoisy.classification import (
    NoiseTransitionClassifier,
    NoisyLabelClassifier,
    RefinedLabelClassifier,
    SelfTrainingRefiner,
    SimilarityReweightingClassifier,
    SoftLabelClassifier,
)
from sknoisy.noise import LabelNoiseInjector
from sknoisy.quality import find_label_errors, label_quality
from sknoisy.refinement import PseudoLabelRefiner

__version__ = "0.1.0"

__all__ = [
    "LabelNoiseInjector",
    "NoiseTransitionClassifier",
    "NoisyLabelClassifier",
    "PseudoLabelRefiner",
    "RefinedLabelClassifier",
    "SelfTrainingRefiner",
    "SimilarityReweightingClassifier",
    "SoftLabelClassifier",
    "find_label_errors",
    "label_quality",
]
