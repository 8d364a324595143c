import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.datasets import load_iris
from sklearn.preprocessing import scale

from sknoisy import find_label_errors, label_quality
from sknoisy.noise import UniformNoise
from sknoisy.quality._find import RULES
from sknoisy.refinement import ConfidentPruning


@pytest.fixture
def noisy_iris():
    X, y = load_iris(return_X_y=True)
    return scale(X), UniformNoise(0.3, random_state=0).corrupt(y), y


@pytest.mark.parametrize("rule", sorted(RULES))
def test_leaves_out_what_the_rule_finds(rule):
    y = np.repeat([0, 1, 2], 40)
    rng = np.random.RandomState(0)
    shown = UniformNoise(0.3, random_state=0).corrupt(y)
    proba = 0.7 * np.eye(3)[shown] + 0.3 * rng.dirichlet([1, 1, 1], size=120)
    refiner = ConfidentPruning("precomputed", rule=rule).fit(proba, y)
    wrong = find_label_errors(y, proba, rule=rule)
    assert 0 < wrong.sum() < 120
    assert_array_equal(refiner.pruned_, wrong)
    assert_array_equal(refiner.soft_labels_, np.eye(3)[y] * ~wrong[:, None])
    assert_array_equal(refiner.label_quality_, label_quality(y, proba))


@pytest.mark.parametrize("rule", sorted(RULES))
def test_prunes_mostly_wrong_labels(rule, noisy_iris):
    X, noisy, y = noisy_iris
    pruned = ConfidentPruning(rule=rule).fit(X, noisy).pruned_
    assert (noisy != y)[pruned].mean() > 1.5 * (noisy != y).mean()
    assert pruned[noisy != y].mean() > 0.6


def test_verified_rows_are_kept_with_their_weight(noisy_iris):
    X, noisy, _ = noisy_iris
    weights = np.random.RandomState(0).uniform(0.5, 2, size=150)
    trusted = np.arange(150) % 2 == 0
    refiner = ConfidentPruning().fit(X, noisy, weights, trusted=trusted)
    assert refiner.pruned_.any()
    assert not refiner.pruned_[trusted].any()
    expected = np.where(refiner.pruned_, 0, weights)
    assert_allclose(refiner.sample_weight_, expected)


@pytest.mark.parametrize("unit", [1e-3, 1e3])
def test_the_unit_of_the_weights_does_not_matter(unit, noisy_iris):
    _, noisy, _ = noisy_iris
    proba = np.random.RandomState(0).dirichlet([1, 1, 1], size=150)
    plain = ConfidentPruning("precomputed").fit(proba, noisy)
    scaled = ConfidentPruning("precomputed").fit(proba, noisy, np.full(150, unit))
    assert_array_equal(scaled.pruned_, plain.pruned_)


def test_a_class_that_is_wholly_contradicted_keeps_its_labels():
    y = np.repeat([0, 1], [8, 2])
    proba = np.tile([0.9, 0.1], (10, 1))
    proba[8:] = [[0.95, 0.05], [0.92, 0.08]]
    refiner = ConfidentPruning("precomputed", rule="confident_joint").fit(proba, y)
    assert_array_equal(np.flatnonzero(refiner.pruned_), [8, 9])
    assert_array_equal(refiner.soft_labels_, np.eye(2)[y])


def test_unknown_rule(noisy_iris):
    with pytest.raises(ValueError, match="'rule' parameter of ConfidentPruning"):
        ConfidentPruning(rule="best").fit(*noisy_iris[:2])
