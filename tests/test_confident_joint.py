import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from sknoisy import _proba_table
from sknoisy._confident_joint import (
    calibrate_joint,
    confident_classes,
    count_confident_joint,
    joint_to_transition,
)

sizes = st.integers(2, 6)
seeds = st.integers(0, 10_000)


def _case(n_classes, seed, n_samples=50):
    rng = np.random.RandomState(seed)
    proba = rng.dirichlet(np.full(n_classes, 0.7), size=n_samples)
    codes = np.r_[np.arange(n_classes), rng.randint(n_classes, size=n_samples)]
    return codes[:n_samples], proba


def _double_loop(codes, proba, weights):
    """Count as the definition reads."""
    n_classes = proba.shape[1]
    threshold = [
        np.average(proba[codes == k, k], weights=weights[codes == k])
        for k in range(n_classes)
    ]
    joint = np.zeros((n_classes, n_classes))
    for row, given_label in enumerate(codes):
        best, likely = -1.0, None
        for k in range(n_classes):
            lead = proba[row, k] - best
            if proba[row, k] >= threshold[k] and (
                lead > 0 or (lead == 0 and k == given_label)
            ):
                best, likely = proba[row, k], k
        if likely is not None:
            joint[likely, given_label] += weights[row]
    return joint


@settings(max_examples=50)
@given(n_classes=sizes, seed=seeds, weighted=st.booleans())
def test_equals_a_double_loop(n_classes, seed, weighted):
    codes, proba = _case(n_classes, seed)
    weights = np.random.RandomState(seed).uniform(0.1, 2, size=len(codes))
    weights = weights if weighted else np.ones(len(codes))
    joint = count_confident_joint(codes, proba, weights if weighted else None)
    assert_allclose(joint, _double_loop(codes, proba, weights))


def test_by_hand():
    proba = np.array([[0.9, 0.1], [0.6, 0.4], [0.8, 0.2], [0.1, 0.9], [0.45, 0.55]])
    codes = np.array([0, 0, 1, 1, 1])
    # Thresholds are 0.75 for class 0 and 0.55 for class 1.
    assert_array_equal(confident_classes(codes, proba), [0, -1, 0, 1, 1])
    joint = count_confident_joint(codes, proba)
    assert_array_equal(joint, [[1, 1], [0, 2]])
    assert joint.dtype.kind == "i"
    # Columns sum to the labels given: two of class 0, three of class 1.
    calibrated = calibrate_joint(joint, np.array([2, 3]))
    assert_allclose(calibrated, [[2, 1], [0, 2]])
    assert_allclose(joint_to_transition(calibrated), [[2 / 3, 1 / 3], [0, 1]])


def test_most_probable_of_several_classes_that_qualify():
    proba = np.array([[0.4, 0.35, 0.25], [0.3, 0.4, 0.3], [0.3, 0.3, 0.4]])
    proba = np.vstack([proba, [[0.41, 0.42, 0.17]]])
    codes = np.array([0, 1, 2, 0])
    # The last row reaches the thresholds of 0 (0.405) and of 1 (0.4).
    assert_array_equal(confident_classes(codes, proba), [-1, 1, 2, 1])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_model_that_knows_nothing_contradicts_no_label(dtype):
    # The mean of three times 0.1 is a little more than 0.1.
    proba, codes = np.full((30, 10), 0.1, dtype=dtype), np.arange(30) % 10
    assert_array_equal(confident_classes(codes, proba), codes)
    joint = count_confident_joint(codes, proba)
    assert_array_equal(joint, np.diag(np.bincount(codes)))


def test_ties_as_few_neighbors_make_them():
    proba = np.array([[0.5, 0.5, 0.0], [0.5, 0.5, 0.0], [0.0, 0.5, 0.5], [0.5, 0, 0.5]])
    assert_array_equal(confident_classes(np.array([0, 1, 2, 2]), proba), [0, 1, 2, 2])


def test_a_class_without_labels_has_no_threshold():
    proba = np.array([[0.2, 0.1, 0.7], [0.1, 0.2, 0.7]])
    codes = np.array([0, 1])
    assert_array_equal(confident_classes(codes, proba), [0, 1])
    joint = count_confident_joint(codes, proba)
    assert_array_equal(joint, np.diag([1, 1, 0]))
    T = joint_to_transition(calibrate_joint(joint, np.array([1, 1, 0])))
    assert_array_equal(T, np.eye(3))


def test_rows_without_weight_are_not_counted():
    codes, proba = _case(3, seed=0)
    weights = (np.arange(50) % 2).astype(float)
    assert_allclose(
        count_confident_joint(codes, proba, weights),
        count_confident_joint(codes[1::2], proba[1::2]),
    )


@settings(max_examples=20)
@given(n_classes=sizes, seed=seeds)
def test_a_weight_is_as_many_copies(n_classes, seed):
    codes, proba = _case(n_classes, seed)
    weights = np.random.RandomState(seed).randint(1, 4, size=50)
    repeated = np.repeat(np.arange(50), weights)
    assert_allclose(
        count_confident_joint(codes, proba, weights.astype(float)),
        count_confident_joint(codes[repeated], proba[repeated]),
    )


@settings(max_examples=30)
@given(n_classes=sizes, seed=seeds)
def test_names_of_the_classes_do_not_matter(n_classes, seed):
    codes, proba = _case(n_classes, seed)
    order = np.random.RandomState(seed).permutation(n_classes)
    place = np.argsort(order)
    permuted = count_confident_joint(place[codes], proba[:, order])
    expected = count_confident_joint(codes, proba)[np.ix_(order, order)]
    assert_array_equal(permuted, expected)


def test_blocks_make_no_difference(monkeypatch):
    codes, proba = _case(4, seed=1)
    whole = confident_classes(codes, proba)
    monkeypatch.setattr(_proba_table, "BLOCK_ENTRIES", 7)
    assert_array_equal(confident_classes(codes, proba), whole)


@settings(max_examples=30)
@given(n_classes=sizes, seed=seeds)
def test_calibrated_columns_sum_to_the_labels_given(n_classes, seed):
    rng = np.random.RandomState(seed)
    joint = rng.randint(0, 3, size=(n_classes, n_classes))
    mass = rng.uniform(0, 10, size=n_classes)
    calibrated = calibrate_joint(joint, mass)
    assert_allclose(calibrated.sum(axis=0), mass)
    T = joint_to_transition(calibrated)
    assert_allclose(T.sum(axis=1), 1)


@pytest.mark.parametrize("label", [0, 1, 2])
def test_a_label_of_which_nothing_was_counted_is_taken_to_be_right(label):
    joint = np.full((3, 3), 2)
    joint[:, label] = 0
    calibrated = calibrate_joint(joint, np.array([6.0, 6, 6]))
    assert_allclose(calibrated[:, label], 6 * np.eye(3)[label])


def test_a_class_that_nothing_looks_like_keeps_its_labels():
    joint = np.array([[4.0, 2, 1], [0, 0, 0], [0, 2, 3]])
    assert_allclose(joint_to_transition(joint)[1], [0, 1, 0])
