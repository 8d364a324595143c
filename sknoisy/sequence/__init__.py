"""Where in the sequence is it? Segments from labels that only say that they occur."""

from sknoisy.sequence._activitynet import (
    segments_from_activitynet,
    segments_to_activitynet,
)
from sknoisy.sequence._delta import delta_pseudo_labels
from sknoisy.sequence._detection import detection_average_precision, detection_map_score
from sknoisy.sequence._fusion import gaussian_weighted_fusion
from sknoisy.sequence._linpro import linpro_pseudo_labels
from sknoisy.sequence._overlap import temporal_iou
from sknoisy.sequence._proposals import generate_proposals
from sknoisy.sequence._segments import (
    segment_table,
    segments_from_seconds,
    segments_to_seconds,
)
from sknoisy.sequence._suppression import temporal_nms, temporal_soft_nms
from sknoisy.sequence._weak_sequence_localizer import WeakSequenceLocalizer

__all__ = [
    "WeakSequenceLocalizer",
    "delta_pseudo_labels",
    "detection_average_precision",
    "detection_map_score",
    "gaussian_weighted_fusion",
    "generate_proposals",
    "linpro_pseudo_labels",
    "segment_table",
    "segments_from_activitynet",
    "segments_from_seconds",
    "segments_to_activitynet",
    "segments_to_seconds",
    "temporal_iou",
    "temporal_nms",
    "temporal_soft_nms",
]
