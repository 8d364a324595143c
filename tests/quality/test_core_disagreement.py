import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.stats import binomtest, norm

from sknoisy.quality._core_disagreement import core_disagreement, wilson_interval


@pytest.mark.parametrize("n", [1, 5, 40, 1000])
@pytest.mark.parametrize("share", [0.0, 0.02, 0.3, 1.0])
def test_wilson_lower_equals_scipy(n, share):
    k = round(share * n)
    z = norm.ppf(0.95)
    # One side of 95 % is the lower end of both sides of 90 %.
    expected = binomtest(k, n).proportion_ci(0.9, method="wilson").low
    assert_allclose(wilson_interval(k / n, n, z)[0], expected, atol=1e-12)
    assert_allclose(wilson_interval(k / n, n)[0], expected, atol=1e-4)


@given(rate=st.floats(0, 1), n=st.floats(1, 1e6))
@settings(max_examples=50)
def test_wilson_lower_lies_below_the_rate(rate, n):
    assert 0 <= wilson_interval(rate, n)[0] <= rate + 1e-12


def _sure(sureness, predicted):
    """Return probabilities of two classes, of which one is predicted as surely."""
    columns = [1 - np.asarray(sureness), np.asarray(sureness)]
    return np.column_stack(columns if predicted == 1 else columns[::-1])


def test_only_the_surest_fifth_of_each_predicted_class_counts():
    sureness = np.linspace(0.99, 0.6, 10)
    proba = np.vstack([_sure(sureness, 0), _sure(sureness, 1)])
    codes = np.repeat([0, 1], 10)
    codes[2:10] = 1  # wrong, but not among the surest two zeros
    assert core_disagreement(proba, codes) == (0, 0)
    codes[1] = 1
    rate, lower = core_disagreement(proba, codes)
    assert rate == 1 / 4
    assert_allclose(lower, wilson_interval(0.25, 4)[0])


def test_equally_sure_rows_are_in_the_core_together():
    proba = _sure([0.9, 0.9, 0.9, 0.8, 0.7, 0.6], 0)
    rate, lower = core_disagreement(proba, np.array([0, 0, 1, 1, 1, 1]))
    assert_allclose([rate, lower], [1 / 3, wilson_interval(1 / 3, 3)[0]])


def test_overlap_is_told_from_noise():
    rng = np.random.RandomState(0)
    p = rng.uniform(0, 1, size=5000)
    codes = (rng.uniform(size=5000) < p).astype(int)
    proba = np.column_stack([1 - p, p])
    overlap, _ = core_disagreement(proba, codes)
    flipped = np.where(rng.uniform(size=5000) < 0.2, 1 - codes, codes)
    noise, lower = core_disagreement(proba, flipped)
    # A calibrated model of labels that overlap is wrong in a quarter of all rows.
    assert 0.2 < (proba.argmax(axis=1) != codes).mean() < 0.3
    assert overlap < 0.08
    assert noise > 0.2
    assert lower > 0.15


@settings(max_examples=20)
@given(seed=st.integers(0, 10_000))
def test_a_weight_is_as_many_copies(seed):
    rng = np.random.RandomState(seed)
    proba = rng.dirichlet(np.ones(3), size=60)
    codes, weights = rng.randint(3, size=60), rng.randint(0, 4, size=60)
    copies = np.repeat(np.arange(60), weights)
    assert_allclose(
        core_disagreement(proba, codes, weights.astype(float)),
        core_disagreement(proba[copies], codes[copies]),
    )


def test_a_class_that_is_never_predicted_has_no_core():
    proba = np.tile([0.7, 0.2, 0.1], (10, 1))
    assert core_disagreement(proba, np.zeros(10, int)) == (0, 0)
    rate, _ = core_disagreement(proba, np.arange(10) % 2)
    assert rate == 0.5
