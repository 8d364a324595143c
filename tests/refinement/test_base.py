import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from sknoisy._labels import NoisyLabels
from sknoisy._soft_labels import drop_negligible
from sknoisy.refinement import BaseRefiner
from sknoisy.refinement._base import settle


def _labels(codes, n_classes=3, **aligned):
    return NoisyLabels(codes=np.asarray(codes), classes=np.arange(n_classes), **aligned)


class TableRefiner(BaseRefiner):
    """Believes what it is told."""

    def __init__(self, table):
        self.table = table

    def _refine(self, X, labels):
        return self.table


def test_what_follows_from_the_soft_labels():
    table = np.array([[0.2, 0.3], [0.4, 0], [0, 0.7]])
    refiner = TableRefiner(table).fit(np.zeros((3, 1)), ["a", "a", "b"])
    assert_array_equal(refiner.soft_labels_, table)
    assert_array_equal(refiner.sample_weight_, table.sum(axis=1))
    assert_array_equal(refiner.transduction_, ["b", "a", "b"])


def test_verified_rows_keep_weight_and_label():
    trusted, weights = np.array([True, False, False]), np.array([5.0, 1, 1])
    labels = _labels([0, 1, 2], sample_weight=weights, trusted=trusted)
    table = np.array([[0, 0.5, 0], [0, 0.5, 0], [0.5, 0, 0.5]])
    assert_array_equal(settle(table, labels), [[5, 0, 0], [0, 0.5, 0], [0.5, 0, 0.5]])


def test_a_class_that_lost_all_its_weight_keeps_its_labels():
    table = np.array([[1.0, 0, 0], [1, 0, 0], [0, 0, 2]])
    settled = settle(table, _labels([0, 1, 2]))
    assert_array_equal(settled, [[1, 0, 0], [0, 1, 0], [0, 0, 2]])


def test_a_class_that_is_only_faintly_believed_in_has_lost():
    table = np.array([[0.97, 0.03], [0.97, 0.03]])
    assert_array_equal(settle(table, _labels([0, 1], 2)), [[0.97, 0.03], [0, 1]])


def test_restoring_one_class_does_not_lose_another():
    # The only 1 is a row labelled 0, which goes back to class 0.
    table = np.eye(3)[[1, 2, 2]]
    assert_array_equal(settle(table, _labels([0, 1, 2])), np.eye(3))


@settings(max_examples=100)
@given(seed=st.integers(0, 100_000))
def test_no_class_is_ever_lost(seed):
    rng = np.random.RandomState(seed)
    n_classes = rng.randint(2, 7)
    codes = np.r_[np.arange(n_classes), rng.randint(n_classes, size=5)]
    table = np.eye(n_classes)[rng.randint(n_classes, size=len(codes))]
    table *= rng.randint(2, size=(len(codes), 1))
    settled = settle(table, _labels(codes, n_classes))
    assert drop_negligible(settled).any(axis=0).all()


def test_a_class_without_weight_of_its_own_stays_out():
    labels = _labels([0, 1, 2], sample_weight=np.array([1.0, 1, 0]))
    settled = settle(labels.one_hot() * labels.sample_weight[:, None], labels)
    assert_array_equal(settled, np.diag([1, 1, 0]))
