import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.stats import binomtest, norm

from sknoisy._labels import NoisyLabels
from sknoisy._numeric import ONE_SIDED_99
from sknoisy.noise import UniformNoise
from sknoisy.quality._noise_rate import (
    CORE_SHARES,
    NoiseEstimate,
    _rate_by_pairs,
    effective_size,
    estimate_noise,
    wilson_interval,
)


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


def estimate(proba, codes, **aligned):
    labels = NoisyLabels(np.asarray(codes), np.arange(proba.shape[1]), **aligned)
    return estimate_noise(proba, labels)


def test_only_the_surest_fifth_of_each_predicted_class_counts():
    sureness = np.linspace(0.99, 0.6, 10)
    proba = np.vstack([_sure(sureness, 0), _sure(sureness, 1)])
    codes = np.repeat([0, 1], 10)
    codes[5:10] = 1  # wrong, but not among the surest two zeros
    assert estimate(proba, codes).core_rate == 0
    codes[1] = 1
    noise = estimate(proba, codes)
    assert noise.core_rate == 1 / 4
    # The cores of a tenth and of a twentieth hold the surest row of each class alone.
    assert noise.lower == wilson_interval(0, 2, ONE_SIDED_99)[0]


def test_the_lowest_bound_over_the_sizes_of_the_core_counts():
    sureness = np.linspace(0.99, 0.51, 100)
    proba = np.vstack([_sure(sureness, 0), _sure(sureness, 1)])
    codes = np.repeat([0, 1], 100)
    codes[2:20:2] = 1
    bounds = []
    for share in CORE_SHARES:
        n = int(share * 100)
        wrong = len(range(2, n, 2))
        bounds.append(wilson_interval(wrong / (2 * n), 2 * n, ONE_SIDED_99)[0])
    noise = estimate(proba, codes)
    assert_allclose(noise.lower, min(bounds))
    assert noise.core_rate == 9 / 40


def test_equally_sure_rows_are_in_the_core_together():
    proba = _sure([0.9, 0.9, 0.9, 0.8, 0.7, 0.6], 0)
    assert_allclose(estimate(proba, [0, 0, 1, 1, 1, 1]).core_rate, 1 / 3)


@pytest.mark.parametrize("seed", range(5))
def test_overlap_is_told_from_noise(seed):
    rng = np.random.RandomState(seed)
    p = rng.uniform(0, 1, size=5000)
    codes = (rng.uniform(size=5000) < p).astype(int)
    proba = np.column_stack([1 - p, p])
    overlap = estimate(proba, codes)
    flipped = np.where(rng.uniform(size=5000) < 0.2, 1 - codes, codes)
    noise = estimate(proba, flipped)
    # A calibrated model of labels that overlap is wrong in a quarter of all rows.
    assert 0.2 < (proba.argmax(axis=1) != codes).mean() < 0.3
    assert not overlap.found
    assert overlap.lower <= 0.02
    assert noise.found
    assert 0.1 < noise.lower <= 0.22 < noise.upper


def test_where_features_do_not_determine_the_class_nothing_is_found():
    rng = np.random.RandomState(0)
    p = rng.uniform(0.35, 0.65, size=2000)
    codes = (rng.uniform(size=2000) < p).astype(int)
    noise = estimate(np.column_stack([1 - p, p]), codes)
    assert noise.core_rate > 0.3
    assert not noise.identifiable
    assert not noise.found
    assert noise.lower == 0
    assert noise.better_than_chance
    said = noise.describe("keep")["reason"]
    assert "wrong labels and overlap of the classes cannot be told apart: act" in said


def test_an_estimate_describes_itself():
    noise = NoiseEstimate(True, True, True, True, 0.12, 0.1, 0.05, 0.04, 0.3, 0.8, True)
    expected = {
        "noise_found": True,
        "core_disagreement": 0.12,
        "core_disagreement_lower": 0.04,
        "action": "filter",
    }
    finding = "12.0% of the labels disagree where the evidence is surest, and at least "
    finding += "4.0% are wrong with 99 % confidence"
    for more in ([], [", and so on"]):
        reason = "".join([finding, *more, ": action 'filter'."])
        said = noise.describe("filter", *more)
        assert said == {**expected, "reason": reason}


def test_evidence_that_has_nothing_to_do_with_the_labels():
    rng = np.random.RandomState(0)
    proba = rng.dirichlet(np.ones(3), size=600)
    assert not estimate(proba, rng.randint(3, size=600)).better_than_chance


@settings(max_examples=20)
@given(seed=st.integers(0, 10_000))
def test_weights_are_relative_and_as_good_as_copies(seed):
    rng = np.random.RandomState(seed)
    proba = rng.dirichlet(np.ones(3), size=60)
    codes, weights = rng.randint(3, size=60), rng.randint(0, 4, size=60)
    copies = np.repeat(np.arange(60), weights)
    weighted, scaled = (
        estimate(proba, codes, sample_weight=weights / unit, points=np.arange(60))
        for unit in (1, 100)
    )
    copied = estimate(proba[copies], codes[copies], points=copies)
    for other in (scaled, copied):
        assert_allclose(other.core_rate, weighted.core_rate)
        assert_allclose(other.pair_rate, weighted.pair_rate)
        assert_allclose(other.lower, weighted.lower, atol=1e-12)
        assert_allclose(other.upper, weighted.upper)
        assert other.better_than_chance == weighted.better_than_chance


def _drawn(n_rows, n_classes, sureness):
    """Return probabilities, and codes drawn by them, of which 20 % are made wrong."""
    rng = np.random.default_rng(1)
    logit = rng.normal(0, sureness, (n_rows, n_classes))
    proba = np.exp(logit) / np.exp(logit).sum(axis=1, keepdims=True)
    codes = (proba.cumsum(axis=1) < rng.random((n_rows, 1))).sum(axis=1)
    codes = codes.clip(max=n_classes - 1)
    return proba, UniformNoise(0.2, random_state=0).corrupt(codes)


def test_rate_by_pairs_by_hand():
    # The surest fifth of the class 0 is one row for each pair: the last one lies
    # farthest from 1, and the first one farthest from 2.
    proba = np.array([[0.6, 0.3, 0.1], [0.6, 0.35, 0.05], [0.5, 0.1, 0.4]])
    cases = ([0, 1, 2], 0.0), ([0, 1, 1], 1.0), ([0, 2, 2], 1.0), ([0, 2, 1], 1.0)
    for codes, expected in cases:
        labels = NoisyLabels(np.array(codes), np.arange(3))
        rate, bound = _rate_by_pairs(proba, np.zeros(3, int), labels, 300)
        assert rate == expected
        assert bound == wilson_interval(rate, 0.05 * 300, ONE_SIDED_99)[0]
        noise = estimate(proba, codes)
        assert noise.pair_rate == min(rate, noise.core_rate)


def test_two_classes_have_the_same_cores_by_pairs():
    noise = estimate(*_drawn(4000, 2, 3.0))
    assert noise.pair_rate == pytest.approx(noise.core_rate, abs=0.005)


def test_a_class_between_others_is_no_noise():
    x = np.linspace(0, 4, 3001)
    proba = np.exp(-3 * (x[:, None] - np.arange(5)) ** 2)
    proba /= proba.sum(axis=1, keepdims=True)
    u = np.random.default_rng(0).random((3001, 1))
    codes = (proba.cumsum(axis=1) < u).sum(axis=1)
    noise = estimate(proba, codes)
    assert noise.core_lower > 0.02
    assert noise.pair_rate < noise.core_rate
    assert noise.lower < 0.02
    assert noise.found_in_core
    assert not noise.found


def test_pairs_never_raise_the_estimate():
    noise = estimate(*_drawn(4000, 6, 1.0))
    assert noise.pair_rate <= noise.core_rate
    assert noise.lower <= noise.core_lower


def test_copies_of_sure_rows_are_no_further_rows():
    sureness = np.linspace(0.99, 0.6, 200)
    proba = np.vstack([_sure(sureness, 0), _sure(sureness, 1)])
    codes = np.repeat([0, 1], 200)
    codes[::4] ^= 1
    once = estimate(proba, codes)
    thrice = proba.repeat(3, axis=0), codes.repeat(3)
    copied = estimate(*thrice, points=np.arange(400).repeat(3))
    assert copied.core_lower == pytest.approx(once.core_lower)
    assert 0 < once.core_lower < estimate(*thrice).core_lower


def test_effective_size():
    assert effective_size(np.full(10, 0.01)) == pytest.approx(10)
    assert effective_size(np.array([1.0, 1.0, 2.0])) == pytest.approx(16 / 6)
    halves = effective_size(np.full(4, 0.5), np.array([0, 0, 1, 1]))
    assert halves == pytest.approx(2)


def test_a_class_that_is_never_predicted_has_no_core():
    proba = np.tile([0.7, 0.2, 0.1], (10, 1))
    assert estimate(proba, np.zeros(10, int)).core_rate == 0
    assert estimate(proba, np.arange(10) % 2).core_rate == 0.5


def test_evidence_for_one_class_alone_is_no_worse_than_chance():
    # Chance agrees always, so that nothing could do better.
    found = estimate(np.tile([0.7, 0.2, 0.1], (10, 1)), np.zeros(10, int))
    assert found.better_than_chance
    assert found.agreement == 1


@pytest.mark.parametrize(("agreeing", "better"), [(56, False), (60, True)])
def test_chance_is_left_behind_by_more_than_its_error(agreeing, better):
    """Of 100 labels half agree by chance, give or take 1.645 * 5 with 95 %."""
    codes = np.arange(100) % 2
    predicted = np.where(np.arange(100) < agreeing, codes, 1 - codes)
    noise = estimate(0.8 * np.eye(2)[predicted] + 0.1, codes)
    assert noise.better_than_chance == better
