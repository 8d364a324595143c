"""How far can each label be trusted? Scores in [0, 1] and lists of suspects."""

from sknoisy._mixture import ScoreMixture
from sknoisy.quality._base import BaseLabelQuality
from sknoisy.quality._find import find_label_errors
from sknoisy.quality._model_confidence import ModelConfidence
from sknoisy.quality._neighbor_agreement import NeighborAgreement
from sknoisy.quality._scores import label_quality

__all__ = [
    "BaseLabelQuality",
    "ModelConfidence",
    "NeighborAgreement",
    "ScoreMixture",
    "find_label_errors",
    "label_quality",
]
