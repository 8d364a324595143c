"""Where in the sequence is it? Segments from labels that only say that they occur."""

from sknoisy.sequence._detection import detection_average_precision, detection_map_score
from sknoisy.sequence._fusion import (
    SegmentFusion,
    gaussian_weighted_fusion,
    temporal_nms,
    temporal_soft_nms,
)
from sknoisy.sequence._overlap import temporal_iou
from sknoisy.sequence._proposals import generate_proposals
from sknoisy.sequence._pseudo_labels import (
    PseudoLabelRule,
    delta_pseudo_labels,
    linpro_pseudo_labels,
)
from sknoisy.sequence._segments import segment_table
from sknoisy.sequence._weak_sequence_localizer import WeakSequenceLocalizer

__all__ = [
    "PseudoLabelRule",
    "SegmentFusion",
    "WeakSequenceLocalizer",
    "delta_pseudo_labels",
    "detection_average_precision",
    "detection_map_score",
    "gaussian_weighted_fusion",
    "generate_proposals",
    "linpro_pseudo_labels",
    "segment_table",
    "temporal_iou",
    "temporal_nms",
    "temporal_soft_nms",
]
