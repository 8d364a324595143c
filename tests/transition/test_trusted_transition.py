"""The transition matrix by predictions for verified rows."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.datasets import load_iris
from sklearn.preprocessing import scale

from sknoisy import NoiseTransitionClassifier
from sknoisy.exceptions import NoEvidenceWarning
from sknoisy.noise import PairNoise
from sknoisy.transition import ConfidentTransition, TrustedTransition

PROBA = np.array([[0.9, 0.1], [0.7, 0.3], [0.2, 0.8], [0.4, 0.6], [0.6, 0.4]])
Y = np.array(["a", "a", "b", "b", "a"])


def _confident(**options):
    step = ConfidentTransition("precomputed").fit(PROBA, Y, **options)
    return step.transition_matrix_


def test_rows_are_mean_predictions_with_confident_learning_as_two_more_rows():
    trusted = np.array([True, True, True, False, False])
    step = TrustedTransition("precomputed").fit(PROBA, Y, trusted=trusted)
    expected = np.array([PROBA[:2].sum(axis=0), PROBA[2]]) + 2 * _confident()
    assert_allclose(step.transition_matrix_, expected / [[4], [3]])


def test_a_row_of_weight_two_counts_as_two():
    trusted, weights = np.arange(5) < 3, np.array([1, 2.0, 1, 1, 1])
    weighted = TrustedTransition("precomputed").fit(
        PROBA, Y, sample_weight=weights, trusted=trusted
    )
    rows = [0, 1, 1, 2, 3, 4]
    twice = TrustedTransition("precomputed").fit(
        PROBA[rows], Y[rows], trusted=trusted[rows]
    )
    assert_allclose(weighted.transition_matrix_, twice.transition_matrix_)


def test_a_class_without_verified_row_has_that_of_confident_learning():
    trusted = np.arange(5) == 0
    step = TrustedTransition("precomputed").fit(PROBA, Y, trusted=trusted)
    assert_allclose(step.transition_matrix_[1], _confident()[1])


@pytest.mark.parametrize("trusted", [None, np.zeros(5, bool)])
def test_without_verified_rows_it_says_so_and_learns_confidently(trusted):
    with pytest.warns(
        NoEvidenceWarning,
        match="^TrustedTransition found no trusted label.*Pass trusted",
    ):
        step = TrustedTransition("precomputed").fit(PROBA, Y, trusted=trusted)
    assert_array_equal(step.transition_matrix_, _confident())


def test_the_classifier_takes_it_where_labels_are_verified():
    X, y = load_iris(return_X_y=True)
    X, trusted = scale(X), np.arange(150) % 5 == 0
    noisy = np.where(trusted, y, PairNoise(0.4, random_state=0).corrupt(y))
    clf = NoiseTransitionClassifier(max_iter=1, tol=1).fit(X, noisy, trusted=trusted)
    named = NoiseTransitionClassifier(None, TrustedTransition(), max_iter=1, tol=1)
    named.fit(X, noisy, trusted=trusted)
    assert_allclose(clf.transition_matrix_, named.transition_matrix_)
    untaught = NoiseTransitionClassifier(max_iter=1, tol=1).fit(X, noisy)
    confident = ConfidentTransition().fit(X, noisy).transition_matrix_
    assert_allclose(untaught.transition_matrix_, confident)
    assert not np.allclose(clf.transition_matrix_, confident, atol=0.01)
