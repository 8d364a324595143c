"""What all estimators of the matrix share."""

from inspect import signature

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.preprocessing import scale

from sknoisy import transition
from sknoisy._clean_posterior import clean_posterior, implied_noise_rate
from sknoisy._labels import NoisyLabels
from sknoisy.noise import PairNoise
from sknoisy.transition import ConfidentTransition, EMTransition, NeighborTransition

X, y_true = load_iris(return_X_y=True)
X = scale(X)
y = PairNoise(0.2, random_state=0).corrupt(y_true)
ESTIMATORS = [
    cls
    for name in transition.__all__
    if name[-10:] == "Transition" and hasattr(cls := getattr(transition, name), "fit")
]


@pytest.mark.parametrize("cls", ESTIMATORS)
def test_parameters_are_kept_as_they_are_given(cls):
    given = {name: object() for name in signature(cls).parameters}
    assert cls(**given).get_params(deep=False) == given


@pytest.mark.parametrize("cls", ESTIMATORS)
def test_the_noise_rate_follows_from_the_matrix(cls):
    trusted = np.arange(150) % 3 == 0
    given = np.where(trusted, y_true, y)
    fitted = cls().fit(X, given, trusted=trusted)
    labels = NoisyLabels(given, np.arange(3))
    rate = implied_noise_rate(fitted.transition_matrix_, labels)
    assert fitted.noise_rate_ == pytest.approx(rate)


def test_posterior_of_a_matrix():
    rng = np.random.RandomState(0)
    proba = rng.dirichlet(np.ones(3), size=150)
    labels = NoisyLabels(y, np.arange(3), sample_weight=rng.uniform(size=150))
    T, posterior = ConfidentTransition()._posterior(X, proba, labels)
    np.testing.assert_array_equal(T, ConfidentTransition()._estimate(X, proba, labels))
    expected = clean_posterior(proba, T, y, weights=labels.sample_weight)
    np.testing.assert_array_equal(posterior, expected)


@pytest.mark.parametrize("cls", [NeighborTransition, EMTransition])
def test_posterior_that_was_found_with_the_matrix(cls):
    labels, fitted = NoisyLabels(y, np.arange(3)), cls().fit(X, y)
    again = cls()
    proba = fitted._proba(X, labels) if fitted._needs_proba else None
    T, posterior = again._posterior(X, proba, labels)
    np.testing.assert_allclose(T, fitted.transition_matrix_)
    assert posterior is again.clean_proba_
    np.testing.assert_allclose(posterior, fitted.clean_proba_)
    np.testing.assert_allclose(posterior.sum(axis=1), 1)
    assert (posterior.argmax(axis=1) == y_true).mean() > 0.9
