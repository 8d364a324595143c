"""Learn despite label noise and find wrong labels, the scikit-learn way."""

import sknoisy._interrupt  # noqa: F401, before what takes time to import
from sknoisy._show_versions import show_versions
from sknoisy.classification import (
    NoiseTransitionClassifier,
    NoisyLabelClassifier,
    RefinedLabelClassifier,
    SimilarityReweightingClassifier,
    SoftLabelClassifier,
)
from sknoisy.cluster import PseudoLabelRefiner
from sknoisy.noise import LabelNoiseInjector
from sknoisy.quality import find_label_errors, label_quality
from sknoisy.semi_supervised import SelfTrainingRefiner

__version__ = "0.2.0"

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
    "show_versions",
]
