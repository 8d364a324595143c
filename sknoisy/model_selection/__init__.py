"""Choose between models where the test labels are wrong too."""

from sknoisy.model_selection._label_quality_fold import LabelQualityFold
from sknoisy.model_selection._robustness_curve import (
    RobustnessCurve,
    robustness_curve,
)

__all__ = ["LabelQualityFold", "RobustnessCurve", "robustness_curve"]
