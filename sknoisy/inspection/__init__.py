"""Show me: pictures of what was found, drawn with matplotlib."""

from sknoisy.inspection._activation import SegmentActivationDisplay
from sknoisy.inspection._detection import DetectionPrecisionRecallDisplay
from sknoisy.inspection._robustness import RobustnessCurveDisplay

__all__ = [
    "DetectionPrecisionRecallDisplay",
    "RobustnessCurveDisplay",
    "SegmentActivationDisplay",
]
