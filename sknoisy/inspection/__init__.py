"""Show me: pictures of what was found, drawn with matplotlib."""

from sknoisy.inspection._activation import SegmentActivationDisplay
from sknoisy.inspection._detection import DetectionPrecisionRecallDisplay

__all__ = ["DetectionPrecisionRecallDisplay", "SegmentActivationDisplay"]
