import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sknoisy.review import estimate_noise_rate, estimate_transition_matrix

N_SAMPLES = 400


def population(seed, informative=0.5, rate=0.25):
    """Return which labels are wrong, and what a model thinks of it."""
    rng = np.random.RandomState(seed)
    z = (rng.uniform(size=N_SAMPLES) < rate) * 1.0
    f = rate + informative * (z - rate) + rng.normal(0, 0.1, N_SAMPLES)
    return z, np.clip(f, 0, 1)


def reviewed(z, f, rng, *, n_rounds=2, n_picked=20, n_random=20):
    """Return verdicts, probabilities and rounds of a review by suspicion."""
    verdict, proba = np.full((2, len(z)), np.nan)
    number = np.zeros(len(z), dtype=int)
    for t in range(n_rounds):
        left = np.flatnonzero(np.isnan(proba))
        picked = left[np.argsort(-f[left])][:n_picked]
        rest = np.setdiff1d(left, picked)
        drawn = rng.permutation(rest)[:n_random]
        proba[picked], proba[drawn] = 1, n_random / len(rest)
        rows = np.concatenate([picked, drawn])
        number[rows], verdict[rows] = t, z[rows]
    return verdict, proba, number


@pytest.mark.parametrize("n_rounds", [1, 3])
@pytest.mark.parametrize("power", [None, 1.0, "auto"])
def test_noise_rate_is_unbiased_and_covered(n_rounds, power):
    rng = np.random.RandomState(0)
    errors, covered, half = [], [], []
    for seed in range(200):
        z, f = population(seed % 20)
        verdict, proba, number = reviewed(z, f, rng, n_rounds=n_rounds)
        options = {} if power is None else {"prediction": f, "power": power}
        found = estimate_noise_rate(verdict, proba, review_round=number, **options)
        low, high = found.interval
        errors.append(found.value - z.mean())
        covered.append(low <= z.mean() <= high)
        half.append(found.standard_error)
    # Four standard errors of the mean of the 200 draws, and the bias of the tuning.
    allowed = 4 * np.std(errors) / np.sqrt(200) + (0.003 if power == "auto" else 0)
    assert abs(np.mean(errors)) < allowed
    assert np.mean(covered) > 0.91
    assert np.std(errors) == pytest.approx(np.mean(half), rel=0.25)


def test_picks_alone_would_be_biased():
    z, f = population(0)
    verdict, proba, _ = reviewed(z, f, np.random.RandomState(0))
    found = estimate_noise_rate(verdict, proba)
    assert np.nanmean(verdict) > z.mean() + 0.2
    assert abs(found.value - z.mean()) < 0.15


def test_good_predictions_narrow_the_interval():
    z, f = population(1, informative=0.8)
    verdict, proba, number = reviewed(z, f, np.random.RandomState(1), n_picked=0)
    plain = estimate_noise_rate(verdict, proba, review_round=number)
    powered = estimate_noise_rate(verdict, proba, f, review_round=number)
    assert np.ptp(powered.interval) < 0.6 * np.ptp(plain.interval)
    assert powered.standard_error < 0.6 * plain.standard_error


def test_useless_predictions_do_no_harm():
    z, _ = population(1)
    noise = np.random.RandomState(5).uniform(size=N_SAMPLES)
    verdict, proba, number = reviewed(z, noise, np.random.RandomState(1))
    plain = estimate_noise_rate(verdict, proba, review_round=number)
    powered = estimate_noise_rate(verdict, proba, noise, review_round=number)
    assert np.ptp(powered.interval) < 1.1 * np.ptp(plain.interval)


def test_power_of_zero_is_the_plain_estimate():
    z, f = population(2)
    verdict, proba, number = reviewed(z, f, np.random.RandomState(2))
    plain = estimate_noise_rate(verdict, proba, review_round=number)
    zero = estimate_noise_rate(verdict, proba, f, review_round=number, power=0.0)
    assert zero.value == plain.value
    np.testing.assert_array_equal(zero.interval, plain.interval)


def test_one_round_by_hand():
    verdict, proba = np.full((2, 100), np.nan)
    verdict[:10], proba[:10] = 1, 1
    verdict[10:40], proba[10:40] = [1] * 3 + [0] * 27, 30 / 90
    found = estimate_noise_rate(verdict, proba)
    assert found.value == pytest.approx((10 + 90 * 0.1) / 100)
    assert (found.n_checked, found.n_random) == (40, 30)
    # Wilson's interval of 3 in 30, widened by the share 2/3 that is not yet known.
    n, p, z2 = 30 / (1 - 1 / 3), 0.1, 1.959964**2
    middle = (p + z2 / (2 * n)) / (1 + z2 / n)
    half = np.sqrt(z2 * (p * (1 - p) / n + z2 / (4 * n**2))) / (1 + z2 / n)
    expected = 0.1 + 0.9 * np.array([middle - half, middle + half])
    np.testing.assert_allclose(found.interval, expected, rtol=1e-6)


def test_difference_estimate_by_hand():
    verdict, proba = np.full((2, 8), np.nan)
    verdict[[0, 1, 2]], proba[[0, 1, 2]] = [1, 1, 0], [1, 2 / 7, 2 / 7]
    f = np.array([0.9, 0.8, 0.2, 0.1, 0.1, 0.4, 0.2, 0.3])
    found = estimate_noise_rate(verdict, proba, f, power=1.0)
    rest = f[1:].sum() + 7 * ((1 - 0.8) + (0 - 0.2)) / 2
    assert found.value == pytest.approx((1 + rest) / 8)


def test_unequal_probabilities_count_by_their_inverse():
    verdict = np.array([1, 0, np.nan, np.nan, np.nan, np.nan])
    proba = np.array([0.25, 0.5, np.nan, np.nan, np.nan, np.nan])
    assert estimate_noise_rate(verdict, proba).value == pytest.approx(4 / 6)


def test_later_rounds_take_earlier_rows_for_certain():
    """Two rounds of one random row each; the weights follow from the numbers."""
    verdict, proba = np.full((2, 4), np.nan)
    verdict[:2], proba[:2], number = [1, 0], [1 / 4, 1 / 3], [0, 1, 0, 0]
    first, second = 1.0, (1 + 3 * 0) / 4
    precision = np.array([1 / (1 - 1 / 4), 1 / ((3 / 4) ** 2 * (1 - 1 / 3))])
    expected = precision @ [first, second] / precision.sum()
    found = estimate_noise_rate(verdict, proba, review_round=number)
    assert found.value == pytest.approx(expected)


def test_everything_checked_is_known():
    z, f = population(0)
    found = estimate_noise_rate(z, np.ones(N_SAMPLES), f)
    assert found.value == pytest.approx(z.mean())
    assert np.ptp(found.interval) == 0
    assert found.standard_error == 0


def test_last_round_that_leaves_nothing_settles_it():
    z, f = population(0)
    verdict, proba, number = reviewed(z, f, np.random.RandomState(0))
    rest = np.isnan(proba)
    verdict[rest], proba[rest], number[rest] = z[rest], 1, 9
    found = estimate_noise_rate(verdict, proba, f, review_round=number)
    assert found.value == pytest.approx(z.mean())
    assert np.ptp(found.interval) == 0


@pytest.mark.parametrize("n_random", [1, 2, 5, 50])
@pytest.mark.parametrize("answer", [0, 1])
def test_equal_verdicts_are_no_certainty(n_random, answer):
    verdict, proba = np.full((2, 1000), np.nan)
    verdict[:n_random], proba[:n_random] = answer, n_random / 1000
    found = estimate_noise_rate(verdict, proba)
    assert found.value == answer
    assert np.ptp(found.interval) > 1 / n_random * 0.5
    assert 0 <= found.interval[0] <= answer <= found.interval[1] <= 1
    assert found.standard_error > 0


@settings(max_examples=50, deadline=None)
@given(
    data=st.lists(
        st.tuples(
            st.sampled_from([0.0, 1.0, np.nan]),
            st.sampled_from([np.nan, 0.1, 0.5, 1.0]),
            st.integers(0, 2),
            st.floats(0, 1),
        ),
        min_size=1,
        max_size=30,
    ),
    power=st.sampled_from(["auto", 0.0, 1.0]),
)
def test_estimates_are_always_in_their_intervals(data, power):
    verdict, proba, number, f = map(np.array, zip(*data, strict=True))
    try:
        found = estimate_noise_rate(verdict, proba, f, review_round=number, power=power)
    except ValueError as error:
        assert "at least one verdict" in str(error)  # noqa: PT017
        return
    low, high = found.interval
    assert 0 <= low <= found.value + 1e-9
    assert found.value - 1e-9 <= high <= 1
    assert np.isfinite(found.standard_error)


def test_rows_without_an_answer_count_as_their_like():
    verdict, proba = np.full((2, 100), np.nan)
    proba[:10] = 1
    verdict[:5] = 1
    proba[10:40] = 1 / 3
    verdict[10:30] = 0
    assert estimate_noise_rate(verdict, proba).value == pytest.approx(0.1)


def test_picks_without_any_answer_join_the_others():
    verdict, proba = np.full((2, 100), np.nan)
    proba[:10] = 1
    verdict[10:40], proba[10:40] = np.arange(30) % 2, 1 / 3
    assert estimate_noise_rate(verdict, proba).value == pytest.approx(0.5)


def test_share_of_right_ones_mirrors_that_of_wrong_ones():
    z, f = population(3)
    verdict, proba, number = reviewed(z, f, np.random.RandomState(3))
    wrong = estimate_noise_rate(verdict, proba, f, review_round=number)
    right = estimate_noise_rate(1 - verdict, proba, 1 - f, review_round=number)
    assert right.value == pytest.approx(1 - wrong.value)
    np.testing.assert_allclose(right.interval, 1 - wrong.interval[::-1])


def test_estimate_reads_as_text():
    verdict, proba = np.array([1.0, 0, np.nan, np.nan]), [0.5, 0.5, np.nan, np.nan]
    found = estimate_noise_rate(verdict, proba)
    assert str(found).startswith("50.0 % (95 % interval ")
    assert float(found) == 0.5
    found = estimate_transition_matrix(["a", "b"] * 2, ["a", "b", "a", "b"], np.ones(4))
    assert str(found).startswith("ReviewEstimate(value=array")


@pytest.mark.parametrize(
    ("verdict", "proba", "options", "message"),
    [
        ([1, 2], [0.5, 0.5], {}, "verdicts of 0, 1 or NaN, but row 1 holds 2"),
        (["yes", "no"], [0.5, 0.5], {}, "verdicts as numbers"),
        ([[1], [0]], [0.5, 0.5], {}, "verdicts of shape"),
        ([1, 0], [0.5], {}, r"sampling_probability of shape \(2,\)"),
        ([1, 0], [0.5, 0.0], {}, "above 0 and up to 1, .* row 1 holds 0"),
        ([1, 0], [0.5, 1.1], {}, "above 0 and up to 1"),
        ([1, np.nan], [1, np.nan], {}, "at least one verdict .* random"),
        ([np.nan, np.nan], [0.5, 0.5], {}, "at least one verdict"),
        ([1, 0], [0.5, 0.5], {"prediction": [0.5]}, r"prediction of shape \(2,\)"),
        ([1, 0], [0.5, 0.5], {"prediction": [0.5, np.nan]}, "prediction for every row"),
        ([1, 0], [0.5, 0.5], {"review_round": [1, 0.5]}, "whole number"),
        ([1, 0], [0.5, 0.5], {"review_round": [1, np.nan]}, "whole number"),
        ([1, 0], [0.5, 0.5], {"confidence": 95}, "'confidence' parameter"),
        ([1, 0], [0.5, 0.5], {"power": 2}, "'power' parameter"),
    ],
)
def test_bad_input(verdict, proba, options, message):
    with pytest.raises(ValueError, match=message):
        estimate_noise_rate(verdict, proba, **options)
