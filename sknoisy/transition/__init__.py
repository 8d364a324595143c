"""Which class turns into which? Estimators of the noise transition matrix."""

from sknoisy._transition_matrix import make_transition_matrix
from sknoisy.transition._anchor import AnchorPointTransition, DualTTransition
from sknoisy.transition._base import BaseTransitionEstimator
from sknoisy.transition._confident import ConfidentTransition, confident_joint
from sknoisy.transition._em import EMTransition
from sknoisy.transition._neighbor import NeighborTransition
from sknoisy.transition._trusted import TrustedTransition

__all__ = [
    "AnchorPointTransition",
    "BaseTransitionEstimator",
    "ConfidentTransition",
    "DualTTransition",
    "EMTransition",
    "NeighborTransition",
    "TrustedTransition",
    "confident_joint",
    "make_transition_matrix",
]
