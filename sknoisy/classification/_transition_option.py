"""Temporary bridge."""

from sknoisy.transition._resolve import (
    TRANSITION_CONSTRAINT,
    is_matrix,
    resolve_transition,
)
from sknoisy.transition._resolve import check_matrix as check_transition_option

__all__ = [
    "TRANSITION_CONSTRAINT",
    "check_transition_option",
    "is_estimated",
    "transition_beside",
]


def is_estimated(transition):
    return not is_matrix(transition)


def transition_beside(transition, estimator, X, proba, labels):
    return resolve_transition(transition, X, proba, labels, base=estimator)
