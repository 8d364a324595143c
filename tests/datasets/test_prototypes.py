"""Digits named by the nearest example."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from sknoisy.datasets import load_digits_prototypes
from sknoisy.datasets._prototypes import nearest_class


def test_noise_is_the_documented_one():
    bunch = load_digits_prototypes()
    wrong = bunch.target != bunch.target_noisy
    by_digit = [wrong[bunch.target == digit].mean() for digit in range(10)]
    extremes = [0.066, 0.101, 0.428, 0.678]
    assert wrong.sum() == 563
    assert_array_equal(np.argsort(by_digit)[[0, 1, -2, -1]], [6, 7, 9, 8])
    assert_array_equal(np.round(np.sort(by_digit), 3)[[0, 1, 8, 9]], extremes)
    named = bunch.target_noisy[bunch.target == 8]
    assert (np.sum(named == 1), np.sum(named == 8), len(named)) == (92, 56, 174)


def test_names_are_those_of_the_nearest_blurred_example():
    bunch = load_digits_prototypes()
    blurred = bunch.images[:, ::2] + bunch.images[:, 1::2]
    blurred = blurred[:, :, ::2] + blurred[:, :, 1::2]
    sheet = bunch.prototypes.ravel()
    for row in range(0, len(blurred), 41):
        distance = np.square(blurred[row] - blurred[sheet]).sum(axis=(1, 2))
        assert bunch.target_noisy[row] == bunch.target[sheet[distance.argmin()]]


def test_sheet_has_distinct_examples_of_each_digit():
    bunch = load_digits_prototypes(n_examples=5)
    assert bunch.prototypes.shape == (10, 5)
    assert len(np.unique(bunch.prototypes)) == 50
    assert_array_equal(bunch.target[bunch.prototypes], np.arange(10)[:, None] + 5 * [0])
    assert_array_equal(
        bunch.target_noisy[bunch.prototypes], bunch.target[bunch.prototypes]
    )


def test_more_examples_make_a_better_annotator():
    rates = []
    for n_examples in (3, 10, 100):
        bunch = load_digits_prototypes(n_examples=n_examples)
        rates.append(np.mean(bunch.target != bunch.target_noisy))
    assert rates[0] > 1.5 * rates[1] > 3 * rates[2]


def test_seed_is_another_annotator():
    first = load_digits_prototypes(random_state=0).target_noisy
    second = load_digits_prototypes(random_state=1).target_noisy
    assert 0.1 < np.mean(first != second) < 0.6


@pytest.mark.parametrize("n_examples", [0, 101, 2.5])
def test_size_of_the_sheet_is_checked(n_examples):
    with pytest.raises(ValueError, match="'n_examples' parameter"):
        load_digits_prototypes(n_examples=n_examples)


def test_nearest_class_by_hand():
    X = np.array([[0.0], [1.0], [2.0], [5.0]])
    nearest, distances = nearest_class(X, np.array([[0], [2]]))
    assert_array_equal(nearest, [0, 0, 1, 1])
    assert_array_equal(distances, [[0, 4], [1, 1], [4, 0], [25, 9]])
