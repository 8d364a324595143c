"""The parameter ``transition``: a matrix, an estimator, or neither."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.naive_bayes import GaussianNB

from sknoisy._labels import NoisyLabels
from sknoisy.transition import (
    AnchorPointTransition,
    BaseTransitionEstimator,
    ConfidentTransition,
    TrustedTransition,
)
from sknoisy.transition._base import TRANSITION_ESTIMATOR
from sknoisy.transition._resolve import check_matrix, resolve_transition

rng = np.random.RandomState(0)
PROBA = rng.dirichlet(np.ones(3), size=60)
CODES = rng.randint(3, size=60)
LABELS = NoisyLabels(CODES, np.arange(3))
TRUSTED = NoisyLabels(CODES, np.arange(3), trusted=np.arange(60) < 20)


@pytest.mark.parametrize("transition", ["auto", None])
def test_by_default_trusted_labels_decide_where_there_are_any(transition):
    for labels, cls in ((LABELS, ConfidentTransition), (TRUSTED, TrustedTransition)):
        T = resolve_transition(transition, None, PROBA, labels)
        assert_allclose(T, cls()._estimate(None, PROBA, labels))


def test_a_matrix_or_an_estimator_is_what_it_says():
    given = np.eye(3) * 0.7 + 0.1
    assert_allclose(resolve_transition(given, None, PROBA, LABELS), given)
    anchors = AnchorPointTransition(quantile=1)
    T = resolve_transition(anchors, None, PROBA, LABELS)
    assert_allclose(T, anchors._estimate(None, PROBA, LABELS))
    with pytest.raises(ValueError, match="'quantile' parameter of AnchorPoint"):
        resolve_transition(AnchorPointTransition(quantile=2), None, PROBA, LABELS)


def test_an_estimator_without_a_classifier_takes_the_one_at_hand():
    class Told(BaseTransitionEstimator):
        def _estimate(self, X, proba, labels):
            seen.append(self._default_estimator)
            return np.eye(3)

    seen, base = [], GaussianNB()
    resolve_transition(Told(), None, PROBA, LABELS, base=base)
    resolve_transition(Told(), None, PROBA, LABELS)
    assert seen == [base, None]


@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        (np.eye(2), r"^transition must have shape \(3, 3\)"),
        (np.full((3, 3), 0.2), r"^transition of shape \(3, 3\) must have rows"),
    ],
)
def test_a_matrix_that_does_not_fit(matrix, message):
    with pytest.raises(ValueError, match=message):
        check_matrix(matrix, LABELS)
    with pytest.raises(ValueError, match=message):
        resolve_transition(matrix, None, PROBA, LABELS)


def test_a_singular_matrix_is_refused_where_it_is_to_be_inverted():
    singular = np.full((3, 3), 1 / 3)
    check_matrix(singular, LABELS)
    resolve_transition(singular, None, PROBA, LABELS)
    with pytest.raises(ValueError, match="transition must be invertible"):
        check_matrix(singular, LABELS, invertible=True)
    with pytest.raises(ValueError, match="transition must be invertible"):
        resolve_transition(singular, None, PROBA, LABELS, invertible=True)


@pytest.mark.parametrize("transition", ["auto", None, ConfidentTransition()])
def test_what_is_no_matrix_passes_the_check(transition):
    check_matrix(transition, LABELS, invertible=True)


def test_what_is_an_estimator_of_the_matrix():
    assert TRANSITION_ESTIMATOR.is_satisfied_by(ConfidentTransition())
    assert not TRANSITION_ESTIMATOR.is_satisfied_by(GaussianNB())
    assert not TRANSITION_ESTIMATOR.is_satisfied_by("confident")
    described = str(TRANSITION_ESTIMATOR)
    assert described.startswith("an estimator of sknoisy.transition (an instance, such")
    assert "ConfidentTransition(), EMTransition()" in described
