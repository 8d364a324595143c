"""The shared module of checked rows: what other packages call, by hand."""

import numpy as np
import pytest
from scipy.stats import beta, betabinom, norm, t

from sknoisy._checked_rows import (
    effective_size,
    estimate_share,
    powered_mean,
    prediction_power,
    quantile,
    read_design,
    share_interval,
    share_quantiles,
)


def random_design(n_samples=200, n_random=50, seed=0):
    drawn = np.random.RandomState(seed).permutation(n_samples)[:n_random]
    proba = np.full(n_samples, np.nan)
    proba[drawn] = n_random / n_samples
    return read_design(~np.isnan(proba), proba, owner="test"), drawn


def pair(correlation, n=30):
    """Return findings and predictions of a round with just that correlation."""
    z = np.arange(n) % 2 * 1.0
    other = np.repeat([1.0, -1.0], n // 2)
    other -= (other @ (z - z.mean())) / ((z - z.mean()) ** 2).sum() * (z - z.mean())
    z_unit = (z - z.mean()) / (z - z.mean()).std()
    other = (other - other.mean()) / other.std()
    return z, correlation * z_unit + np.sqrt(1 - correlation**2) * other


def test_power_only_where_the_correlation_pays():
    # A degree of freedom is lost, and Student's quantile replaces the normal one.
    reach = t.ppf(0.975, 28) / norm.ppf(0.975)
    least = np.sqrt(1 - 28 / 29 / reach**2)
    assert 0.3 < least < 0.4
    assert prediction_power([pair(least - 0.01)]) == 0
    z, f = pair(least + 0.01)
    slope = np.cov(z, f)[0, 1] / np.var(f, ddof=1)
    assert prediction_power([(z, f)]) == pytest.approx(slope)
    assert prediction_power([pair(-0.9)]) == 0
    assert prediction_power([pair(0.0)], 0.25) == 0.25


def test_power_counts_rounds_by_themselves():
    """A level that differs between rounds is no correlation."""
    z = np.array([0.0, 1.0] * 10)
    constant = [(z, np.full(20, level)) for level in (0.1, 0.9)]
    assert prediction_power(constant) == 0
    assert prediction_power([(z[:2], z[:2])]) == 0
    assert prediction_power([(z, z), (z, z)]) == 1


@pytest.mark.parametrize("freedom", [None, 5])
def test_quantile_is_normal_or_students(freedom):
    expected = norm.ppf(0.95) if freedom is None else t.ppf(0.95, 5)
    assert quantile(0.9, freedom) == pytest.approx(expected)


def test_jeffreys_interval_by_its_definition():
    reach = norm.ppf(0.975)
    low, high = share_interval(0.2, 50, reach, "jeffreys")
    assert (low, high) == pytest.approx(beta.ppf([0.025, 0.975], 10.5, 40.5))
    low, high = share_interval(0.0, 50, reach, "jeffreys")
    assert low == 0
    assert high == pytest.approx(beta.ppf(0.975, 0.5, 50.5))
    many = share_interval(np.array([0.0, 0.2]), np.array([50, 50]), reach, "jeffreys")
    assert many.shape == (2, 2)
    assert many[1] == pytest.approx(beta.ppf([0.025, 0.975], 10.5, 40.5))


def test_quantiles_of_what_is_left_are_those_of_the_beta_binomial():
    levels = np.array([0.025, 0.5, 0.975])
    found = share_quantiles(0.3, 40, levels, n_left=400)
    expected = betabinom.ppf(levels, 400, 12.5, 28.5) / 400
    np.testing.assert_allclose(found, expected, atol=0.005)
    wide = np.ptp(share_quantiles(0.3, 40, levels))
    assert np.ptp(found) == pytest.approx(wide, rel=0.15)
    assert np.ptp(found) > wide


def test_effective_size_by_kish():
    assert effective_size(np.ones(7)) == 7
    assert effective_size(np.array([3.0, 1.0])) == 16 / 10


def test_one_choice_of_the_interval():
    design, drawn = random_design()
    z = np.zeros(200)
    z[drawn[:10]] = 1
    wilson = estimate_share(z, design)
    jeffreys = estimate_share(z, design, method="jeffreys")
    assert wilson.value == jeffreys.value == 0.2
    assert wilson.interval != pytest.approx(jeffreys.interval, abs=1e-4)
    assert wilson.interval == pytest.approx(jeffreys.interval, abs=0.02)


def test_means_of_columns_and_their_variances():
    design, drawn = random_design()
    rng = np.random.RandomState(1)
    f = rng.normal(size=(200, 3))
    z = f + 0.1 * rng.normal(size=(200, 3))
    hidden = np.where(design.checked[:, None], z, 0)
    mean, residuals, power = powered_mean(hidden, design, f)
    assert 0.9 < power <= 1
    np.testing.assert_allclose(mean, z.mean(axis=0), atol=0.05)
    expected = (1 - 50 / 200) / 50 * np.var(residuals[0], axis=0, ddof=1)
    np.testing.assert_allclose(design.variance(residuals), expected)
    plain, residuals, _ = powered_mean(hidden, design)
    np.testing.assert_allclose(plain, z[drawn].mean(axis=0))
    # A ratio of means, by the delta method, against draws.
    gradient = np.array([1 / mean[1], -mean[0] / mean[1] ** 2, 0])
    assert design.variance([r @ gradient for r in residuals]) > 0


def test_variance_of_a_ratio_is_that_of_repeated_draws():
    rng = np.random.RandomState(0)
    z = rng.uniform(1, 3, size=(400, 2))
    ratios, variances = [], []
    for seed in range(300):
        design, _ = random_design(400, 60, seed)
        hidden = np.where(design.checked[:, None], z, 0)
        (a, b), residuals, _ = powered_mean(hidden, design)
        gradient = np.array([1 / b, -a / b**2])
        ratios.append(a / b)
        variances.append(design.variance([r @ gradient for r in residuals]))
    assert np.mean(ratios) == pytest.approx(z[:, 0].mean() / z[:, 1].mean(), abs=0.01)
    assert np.mean(variances) == pytest.approx(np.var(ratios), rel=0.2)


def test_predictions_by_round():
    proba, number = np.full(60, np.nan), np.zeros(60, dtype=int)
    proba[:20], proba[20:40], number[20:40] = 1 / 3, 1 / 2, 1
    design = read_design(~np.isnan(proba), proba, number, owner="test")
    z = np.arange(60) % 2 * 1.0
    same = estimate_share(z, design, z, power=1.0)
    by_round = estimate_share(z, design, {0: z, 1: z}, power=1.0)
    other = estimate_share(z, design, {0: z, 1: 1 - z}, power=1.0)
    assert same.value == by_round.value == pytest.approx(0.5)
    assert other.standard_error > same.standard_error
