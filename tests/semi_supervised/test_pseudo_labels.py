import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from sknoisy.semi_supervised._pseudo_labels import (
    calibrated,
    clearly_lower,
    decoded,
    most_confident,
    pseudo_labels,
    sharpened,
)

BELIEVED = np.array([[0.6, 0.3, 0.1], [0.2, 0.5, 0.3]])
BEFORE = np.array([[1.0, 0, 0], [0, 0, 1]])


def test_hard_and_soft_labels():
    hard = [[1, 0, 0], [0, 1, 0]]
    assert_array_equal(pseudo_labels("hard", BELIEVED, BEFORE, 1.0), hard)
    assert_array_equal(pseudo_labels("soft", BELIEVED, BEFORE, 1.0), BELIEVED)


def test_delta_labels_by_hand():
    table = pseudo_labels("delta", BELIEVED, BEFORE, 0.5)
    # The first row keeps its class. In the second, class 1 gains 0.5, and class 2 loses
    # as much, of which 0.2 is more than it has.
    assert_allclose(table, [BELIEVED[0], [0.2 / 1.2, 1 / 1.2, 0]])


def test_delta_labels_start_from_the_most_probable_class():
    table = pseudo_labels("delta", BELIEVED, None, 1.0)
    assert_array_equal(table, decoded(BELIEVED))


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.floats(0, 5), st.integers(2, 5))
def test_delta_labels_are_distributions(seed, eta, n_classes):
    rng = np.random.RandomState(seed)
    believed = rng.dirichlet(np.ones(n_classes), size=7)
    before = np.eye(n_classes)[rng.randint(n_classes, size=7)]
    table = pseudo_labels("delta", believed, before, eta)
    assert table.min() >= 0
    assert_allclose(table.sum(axis=1), 1)
    now = decoded(believed)
    same = (now == before).all(axis=1)
    assert_allclose(table[same], believed[same])
    assert (table[now == 1] >= believed[now == 1] - 1e-12).all()


def test_the_surest_rows():
    believed = np.array([[0.9, 0.1], [0.8, 0.2], [0.7, 0.3], [0.4, 0.6], [0.2, 0.8]])
    free = np.array([True, True, True, True, False])
    chosen = most_confident(believed, free, 2, None)
    assert_array_equal(chosen, [True, True, False, False, False])
    by_class = most_confident(believed, free, 2, np.array([0.5, 0.5]))
    assert_array_equal(by_class, [True, False, False, True, False])
    rounded_up = most_confident(believed, free, 2, np.array([0.75, 0.25]))
    assert_array_equal(rounded_up, [True, True, False, True, False])


def test_powers_keep_the_order_and_the_sum():
    proba = np.random.RandomState(0).dirichlet(np.ones(4), size=20)
    for power in (0.25, 3):
        table = sharpened(proba, power)
        assert_allclose(table.sum(axis=1), 1)
        assert_array_equal(table.argsort(axis=1), proba.argsort(axis=1))
    assert_allclose(sharpened(proba, 1), proba)


@pytest.mark.parametrize("power", [0.25, 1, 4])
def test_calibration_undoes_a_power(power):
    rng = np.random.RandomState(1)
    true = 0.9 * rng.dirichlet(np.ones(3), size=3000) + 0.1 / 3
    codes = np.array([rng.choice(3, p=p) for p in true])
    logs, found = calibrated(sharpened(true, power), codes, np.eye(3), np.ones(3000))
    assert found == 1 / power
    assert_allclose(logs, np.log(true[np.arange(3000), codes]), atol=1e-6)


def test_likelihood_goes_through_the_matrix():
    T = np.array([[0.9, 0.1], [0.3, 0.7]])
    proba = np.array([[0.6, 0.4], [0.2, 0.8], [0.5, 0.5]])
    codes, mass = np.array([0, 1, 0]), np.array([1.0, 2.0, 1.0])
    logs, power = calibrated(proba, codes, T, mass)
    found = {
        p: np.log((sharpened(proba, p) @ T)[np.arange(3), codes])
        for p in (0.25, 0.5, 1, 2, 4, 8, 16)
    }
    assert power == max(found, key=lambda p: mass @ found[p])
    assert power == 16
    assert_allclose(logs, found[power])


def test_clearly_lower_counts_standard_errors():
    reference, mass = np.zeros(4), np.ones(4)
    found = np.array([-3.0, -1.0, -3.0, -1.0])  # mean -2, standard error 0.5
    assert clearly_lower(found, reference, mass, 3.9)
    assert not clearly_lower(found, reference, mass, 4.1)
    assert not clearly_lower(-found, reference, mass)
    assert not clearly_lower(reference, reference, mass)


def test_a_weight_of_two_is_two_rows():
    found = np.array([-0.5, 0.2, -0.3])
    twice = np.repeat(found, [2, 1, 1])
    for n_errors in np.linspace(0, 3, 20):
        weighted = clearly_lower(found, 0 * found, np.array([2.0, 1, 1]), n_errors)
        assert weighted == clearly_lower(twice, 0 * twice, np.ones(4), n_errors)
