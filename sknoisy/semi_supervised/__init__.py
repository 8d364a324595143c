"""What if only some rows have a label? Classifiers for few labels, right or wrong."""

from sknoisy.semi_supervised._pseudo_label_refinement import (
    PseudoLabelRefinementClassifier,
)
from sknoisy.semi_supervised._self_training import SelfTrainingRefiner

__all__ = ["PseudoLabelRefinementClassifier", "SelfTrainingRefiner"]
