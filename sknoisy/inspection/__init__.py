"""Show me: pictures of what was found, drawn with matplotlib."""

from sknoisy.inspection._activation import SegmentActivationDisplay
from sknoisy.inspection._detection import DetectionPrecisionRecallDisplay
from sknoisy.inspection._neighborhood import NeighborhoodDisplay
from sknoisy.inspection._quality import LabelQualityDisplay
from sknoisy.inspection._review import ReviewCurveDisplay
from sknoisy.inspection._robustness import RobustnessCurveDisplay
from sknoisy.inspection._transition import TransitionMatrixDisplay

__all__ = [
    "DetectionPrecisionRecallDisplay",
    "LabelQualityDisplay",
    "NeighborhoodDisplay",
    "ReviewCurveDisplay",
    "RobustnessCurveDisplay",
    "SegmentActivationDisplay",
    "TransitionMatrixDisplay",
]
