"""Who said what? Labels by several annotators, and sets of candidate labels."""

from sknoisy.annotators._annotations import (
    Annotations,
    annotations_from_long,
    annotations_to_frame,
    annotations_to_long,
)
from sknoisy.annotators._crowd_label import CrowdLabelClassifier
from sknoisy.annotators._dawid_skene import DawidSkene
from sknoisy.annotators._next_votes import items_needing_votes
from sknoisy.annotators._partial_label import PartialLabelClassifier

__all__ = [
    "Annotations",
    "CrowdLabelClassifier",
    "DawidSkene",
    "PartialLabelClassifier",
    "annotations_from_long",
    "annotations_to_frame",
    "annotations_to_long",
    "items_needing_votes",
]
