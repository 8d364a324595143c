"""What should we train on instead? Refiners turn noisy labels into soft labels."""

from sknoisy.refinement._base import BaseRefiner
from sknoisy.refinement._confident_pruning import ConfidentPruning
from sknoisy.refinement._posterior_relabeling import PosteriorRelabeling
from sknoisy.refinement._quality_weighting import QualityWeighting
from sknoisy.refinement._trusted_label_refiner import TrustedLabelRefiner

__all__ = [
    "BaseRefiner",
    "ConfidentPruning",
    "PosteriorRelabeling",
    "QualityWeighting",
    "TrustedLabelRefiner",
]
