"""Relabelling by the clean posterior."""

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.preprocessing import scale

from sknoisy.noise import PairNoise
from sknoisy.refinement import PosteriorRelabeling
from sknoisy.transition import NeighborTransition

PROBA = np.array([[0.9, 0.1]] * 8 + [[0.15, 0.85]] * 7 + [[0.52, 0.48]])
Y = np.array([0] * 7 + [1] + [1] * 6 + [0] + [1])


@pytest.fixture
def noisy_digits():
    X, y = load_digits(return_X_y=True)
    return scale(X), y, PairNoise(0.3, random_state=0).corrupt(y)


def test_contradicted_labels_are_replaced():
    refiner = PosteriorRelabeling("precomputed").fit(PROBA, Y)
    np.testing.assert_array_equal(refiner.transduction_[:15], [0] * 8 + [1] * 7)
    assert refiner.label_quality_[[7, 14]].max() < 0.5
    np.testing.assert_array_equal(refiner.sample_weight_, 1)


def test_doubtful_rows_are_left_out():
    strict = PosteriorRelabeling("precomputed", min_proba=0.8).fit(PROBA, Y)
    best = strict.clean_proba_.max(axis=1)
    np.testing.assert_array_equal(strict.sample_weight_ > 0, best >= 0.8)
    assert (best < 0.8).any()


def test_soft_labels_are_the_posterior():
    refiner = PosteriorRelabeling("precomputed", soft=True).fit(PROBA, Y)
    np.testing.assert_allclose(refiner.soft_labels_, refiner.clean_proba_)


def test_more_labels_are_right_than_before(noisy_digits):
    X, y, y_noisy = noisy_digits
    by_model = PosteriorRelabeling().fit(X, y_noisy)
    assert (by_model.transduction_ == y).mean() > (y_noisy == y).mean() + 0.1


def test_neighbours_have_the_last_word_where_they_are_asked(noisy_digits):
    X, y, y_noisy = noisy_digits
    refiner = PosteriorRelabeling(transition=NeighborTransition()).fit(X, y_noisy)
    alone = NeighborTransition().fit(X, y_noisy)
    np.testing.assert_allclose(refiner.clean_proba_, alone.clean_proba_)
    assert (refiner.transduction_ == y).mean() > 0.9
