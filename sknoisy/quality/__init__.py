"""How far can each label be trusted? Scores in [0, 1] and lists of suspects."""

from sknoisy._mixture import ScoreMixture
from sknoisy.quality._base import BaseLabelQuality
from sknoisy.quality._cross_agreement import CrossAgreement
from sknoisy.quality._find import find_label_errors
from sknoisy.quality._model_confidence import ModelConfidence
from sknoisy.quality._neighbor_agreement import NeighborAgreement
from sknoisy.quality._scores import label_quality
from sknoisy.quality._similarity_mixture import SimilarityMixture

__all__ = [
    "BaseLabelQuality",
    "CrossAgreement",
    "ModelConfidence",
    "NeighborAgreement",
    "ScoreMixture",
    "SimilarityMixture",
    "find_label_errors",
    "label_quality",
]
