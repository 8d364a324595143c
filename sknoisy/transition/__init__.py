"""Which class turns into which? Estimators of the noise transition matrix."""

from sknoisy._transition_matrix import make_transition_matrix
from sknoisy.transition._base import BaseTransitionEstimator
from sknoisy.transition._confident import ConfidentTransition, confident_joint

__all__ = [
    "BaseTransitionEstimator",
    "ConfidentTransition",
    "confident_joint",
    "make_transition_matrix",
]
