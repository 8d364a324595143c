import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from sknoisy import _clean_posterior
from sknoisy._clean_posterior import (
    calibrate_error_rate,
    clean_posterior,
    clean_prior,
    expected_classes,
    implied_noise_rate,
    label_posterior,
    log_odds,
    spread_quality,
    with_class_shares,
)
from sknoisy._labels import NoisyLabels
from sknoisy._transition_matrix import make_transition_matrix, normalize_rows

sizes = st.integers(2, 6)
seeds = st.integers(0, 10_000)


def _case(n_classes, seed, n_samples=40):
    """Draw probabilities, a transition matrix and labels, each from its range."""
    rng = np.random.RandomState(seed)
    proba = rng.dirichlet(np.full(n_classes, 0.3), size=n_samples)
    T = 0.5 * np.eye(n_classes) + 0.5 * rng.dirichlet(np.ones(n_classes), n_classes)
    return proba, T, rng.randint(n_classes, size=n_samples)


def _separated(kind, rate, n_samples=2000, n_classes=4):
    """Draw labels through a matrix, and the probabilities a perfect model has."""
    rng = np.random.RandomState(0)
    T = make_transition_matrix(n_classes, rate, kind=kind, random_state=1)
    clean = rng.choice(n_classes, size=n_samples, p=[0.1, 0.2, 0.3, 0.4])
    codes = (T[clean].cumsum(axis=1) < rng.uniform(size=(n_samples, 1))).sum(axis=1)
    return T[clean], T, codes, clean


@settings(max_examples=40)
@given(n_classes=sizes, seed=seeds)
def test_rows_sum_to_1(n_classes, seed):
    posterior = clean_posterior(*_case(n_classes, seed))
    assert_allclose(posterior.sum(axis=1), 1)
    assert (posterior >= 0).all()


@settings(max_examples=40)
@given(n_classes=sizes, seed=seeds)
def test_without_noise_the_label_is_the_truth(n_classes, seed):
    proba, _, codes = _case(n_classes, seed)
    posterior = clean_posterior(proba, np.eye(n_classes), codes)
    assert_array_equal(posterior, np.eye(n_classes)[codes])


@settings(max_examples=40)
@given(n_classes=sizes, seed=seeds)
def test_names_of_the_classes_do_not_matter(n_classes, seed):
    proba, T, codes = _case(n_classes, seed)
    order = np.random.RandomState(seed).permutation(n_classes)
    place = np.argsort(order)
    permuted = clean_posterior(proba[:, order], T[np.ix_(order, order)], place[codes])
    expected = clean_posterior(proba, T, codes)[:, order]
    assert_allclose(permuted, expected, atol=1e-7)


@settings(max_examples=20)
@given(n_classes=sizes, seed=seeds)
def test_a_weight_is_as_many_copies(n_classes, seed):
    proba, T, codes = _case(n_classes, seed)
    weights = np.random.RandomState(seed).randint(1, 4, size=len(codes))
    repeated = np.repeat(np.arange(len(codes)), weights)
    weighted = clean_posterior(proba, T, codes, weights=weights.astype(float))
    copied = clean_posterior(proba[repeated], T, codes[repeated])
    assert_allclose(copied, weighted[repeated], atol=1e-7)
    scaled = clean_posterior(proba, T, codes, weights=weights / 1000)
    assert_allclose(scaled, weighted, atol=1e-7)


@pytest.mark.parametrize(
    ("kind", "rate"),
    [("uniform", 0.4), ("pair", 0.4), ("random", 0.4), ("block", 0.3), ("pair", 0.0)],
)
def test_separated_classes_are_recovered(kind, rate):
    proba, T, codes, clean = _separated(kind, rate)
    posterior = clean_posterior(proba, T, codes)
    assert (posterior.argmax(axis=1) == clean).mean() > 0.99
    noise_rate = 1 - posterior[np.arange(len(codes)), codes].mean()
    assert abs(noise_rate - (codes != clean).mean()) < 0.02


def test_prior_is_the_mean_of_what_is_believed():
    rng = np.random.RandomState(0)
    T = make_transition_matrix(3, 0.3)
    clean = rng.choice(3, size=3000, p=[0.6, 0.3, 0.1])
    proba = 0.4 * T[clean] + 0.6 * rng.dirichlet([1, 1, 1], size=3000)
    codes = (T[clean].cumsum(axis=1) < rng.uniform(size=(3000, 1))).sum(axis=1)
    believed = expected_classes(proba, T, codes)
    votes = proba @ np.log(T).T
    # What is left of the belief without the votes is the same in every row: the prior.
    rest = [normalize_rows(believed / np.exp(s * votes)) for s in (1, 2, 4, 8, 16)]
    prior = min(rest, key=lambda table: np.ptp(table, axis=0).max())
    assert np.ptp(prior, axis=0).max() < 1e-6
    assert_allclose(prior[0], believed.mean(axis=0), atol=0.02)
    assert np.abs(prior[0] - np.bincount(codes) / 3000).max() > 0.05


def _expected_by_definition(proba, T, codes):
    """Return expected classes, each temperature on its own and in whole tables."""
    votes = proba @ np.log(np.maximum(T, _clean_posterior.SMALLEST_CONFUSION)).T
    best = -np.inf
    for s in _clean_posterior.INVERSE_TEMPERATURES:
        likelihood = np.exp(s * (votes - votes.max(axis=1, keepdims=True)))
        prior = np.bincount(codes, minlength=len(T)) / len(codes)
        for _ in range(_clean_posterior.POSTERIOR_STEPS - 1):
            prior = normalize_rows(likelihood * prior).mean(axis=0)
        expected = normalize_rows(likelihood * prior)
        fit = np.log((expected * T[:, codes].T).sum(axis=1)).mean()
        if fit > best:
            best, found = fit, expected
    return found


@pytest.mark.parametrize(("single_from", "atol"), [(2**22, 1e-7), (0, 2e-6)])
@pytest.mark.parametrize("n_classes", [2, 7, 40])
def test_it_is_what_the_definition_says(n_classes, single_from, atol, monkeypatch):
    monkeypatch.setattr(_clean_posterior, "SINGLE_PRECISION_ENTRIES", single_from)
    monkeypatch.setattr(_clean_posterior, "BLOCK_ENTRIES", 500)
    proba, T, codes = _case(n_classes, n_classes, n_samples=300)
    found = expected_classes(proba, T, codes)
    assert_allclose(found, _expected_by_definition(proba, T, codes), atol=atol)


@pytest.mark.parametrize("order", "CF")
def test_a_matrix_of_few_confusions_gives_the_same(order):
    proba, _, codes = _case(40, 0, n_samples=300)
    T = 0.9 * np.eye(40) + 0.1 * np.roll(np.eye(40), 1, axis=1)
    assert 80 / T.size <= _clean_posterior.SPARSE_SHARE
    expected = _expected_by_definition(proba, T, codes)
    found = expected_classes(np.array(proba, order=order), T, codes)
    assert_allclose(found, expected, atol=1e-9)


def test_an_impossible_vote_rules_no_class_out():
    T = np.array([[1.0, 0.0], [0.3, 0.7]])
    proba = np.array([[0.9, 0.1]] * 5 + [[0.3, 0.7]] * 5)
    codes = np.array([0] * 5 + [1] * 5)
    posterior = clean_posterior(proba, T, codes)
    # A 1 is never given to class 0, so the label settles it.
    assert_array_equal(posterior[5:], [[0, 1]] * 5)
    assert posterior[0, 0] > 0.5


def test_the_largest_powers_of_sure_predictions_divide_by_no_zero():
    """Class 2 has no label, and all others look like it: its prior goes to 0."""
    proba = np.eye(3)[[2, 2, 0, 1, 2, 2]]
    codes = np.array([0, 1, 0, 1, 0, 1])
    with np.errstate(all="raise"):
        expected = expected_classes(proba, np.eye(3), codes)
    assert_allclose(expected.sum(axis=1), 1)
    assert_allclose(expected[:, 2], 0, atol=1e-9)


@pytest.mark.parametrize("kind", ["uniform", "pair"])
def test_where_nothing_else_is_known_the_label_decides(kind):
    T = make_transition_matrix(4, 0.4, kind=kind)
    codes = np.arange(40) % 4
    posterior = clean_posterior(np.full((40, 4), 0.25), T, codes)
    # All classes are as frequent, so that Bayes' rule leaves the columns of T.
    assert_allclose(posterior, T[:, codes].T)


@settings(max_examples=40)
@given(n_classes=sizes, seed=seeds)
def test_prior_explains_the_shares_of_the_labels(n_classes, seed):
    rng = np.random.RandomState(seed)
    T = 0.7 * np.eye(n_classes) + 0.3 * rng.dirichlet(np.ones(n_classes), n_classes)
    prior = rng.dirichlet(np.full(n_classes, 5.0))
    estimate = clean_prior(T, prior @ T, n_steps=2000)
    assert_allclose(estimate.sum(), 1)
    assert_allclose(estimate, prior, atol=5e-3)


def test_prior_stays_a_distribution_where_the_inverse_does_not():
    T = np.array([[0.6, 0.4], [0.4, 0.6]])
    share = np.array([0.9, 0.1])
    assert np.linalg.solve(T.T, share).min() < 0
    assert_allclose(clean_prior(T, share), [1, 0], atol=1e-3)


def test_prior_without_noise_is_the_share_of_the_labels():
    share = np.array([0.5, 0.3, 0.2])
    assert_allclose(clean_prior(np.eye(3), share), share)


def test_doubt_is_spread_as_the_prediction_has_it():
    proba = np.array([[0.2, 0.6, 0.2], [0.0, 1.0, 0.0]])
    clean = spread_quality(proba, np.array([0, 1]), np.array([0.6, 0.9]))
    assert_allclose(clean, [[0.6, 0.3, 0.1], [0.05, 0.9, 0.05]])


# Where the noise is only estimated


def _records(codes, n_classes, weights=None):
    return NoisyLabels(codes, np.arange(n_classes), weights)


def test_implied_noise_rate_by_hand():
    """Half of the labels are 0, and a tenth of class 0 is given as 1: 0.5 = 0.9 * 5/9.

    By weights of 3 and 1 the true share of class 0 is 0.75 / 0.9 = 5/6.
    """
    T = np.array([[0.9, 0.1], [0.0, 1.0]])
    codes = np.array([0, 1])
    assert implied_noise_rate(T, _records(codes, 2)) == pytest.approx(0.5 / 9)
    weighted = _records(codes, 2, np.array([3.0, 1.0]))
    assert implied_noise_rate(T, weighted) == pytest.approx(0.5 / 6)


@pytest.mark.parametrize("core_rate", [1.0, 0.0])
def test_label_posterior_is_its_equation(core_rate):
    proba, T, codes = _case(3, seed=1)
    weights = np.random.RandomState(2).uniform(0.5, 2, size=40)
    expected = expected_classes(proba, T, codes, weights=weights)
    odds = np.empty(40)
    for i, (p, e, label) in enumerate(zip(proba, expected, codes, strict=True)):
        joint = e * T[:, label]
        t = joint[label] / joint.sum()
        # The most likely of the other classes, by the evidence itself.
        best = np.delete(p, label).max()
        odds[i] = np.sqrt(t / (1 - t)) * p[label] / best
    quality = odds / (1 + odds)
    posterior = label_posterior(proba, _records(codes, 3, weights), T, core_rate)
    found = posterior[np.arange(40), codes]
    if core_rate == 1:
        # The mean error rate is raised by nothing.
        assert_allclose(found, quality, rtol=1e-6)
    else:
        assert_allclose(weights @ (1 - found), weights @ (1 - quality) / 2, rtol=1e-6)
        shift = log_odds(found) - log_odds(quality)
        assert_allclose(shift, shift[0], rtol=1e-6)
    assert_allclose(posterior, spread_quality(expected, codes, found))


def test_label_posterior_where_the_matrix_rules_everything_out():
    """No class gives a label 2, and the evidence is sure of other classes."""
    T = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.5, 0.5, 0.0]])
    proba = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]])
    posterior = label_posterior(proba, _records(np.array([0, 1, 2]), 3), T, 1.0)
    assert_allclose(posterior[:2, :2], np.eye(2), atol=1e-6)
    assert posterior[2, 2] < 1e-6
    assert_allclose(posterior.sum(axis=1), 1)


@settings(max_examples=25)
@given(core=st.floats(0, 1), share=st.floats(0, 1), seed=st.integers(0, 1000))
def test_error_rate_is_calibrated_towards_the_core(core, share, seed):
    rng = np.random.RandomState(seed)
    quality, weights = rng.beta(0.5, 0.5, size=50), rng.uniform(0.1, 2, 50)
    scaled = calibrate_error_rate(quality, core, weights, share)
    weights = weights / weights.sum()
    error = weights @ (1 - quality)
    target = min(error, share * core + (1 - share) * error)
    assert_allclose(weights @ (1 - scaled), target, atol=1e-4)
    assert (np.diff(scaled[quality.argsort()]) >= 0).all()
    assert (scaled >= quality - 1e-5).all()


def test_error_rate_is_moved_half_way_by_one_factor_on_the_odds():
    quality = np.array([0.1, 0.5, 0.9])
    weights = np.array([1.0, 2.0, 3.0])
    scaled = calibrate_error_rate(quality, 0.1, weights)
    # (0.9 + 2 * 0.5 + 3 * 0.1) / 6 = 2.2 / 6
    assert weights @ (1 - scaled) / 6 == pytest.approx((0.1 + 2.2 / 6) / 2)
    factor = scaled / (1 - scaled) / (quality / (1 - quality))
    assert_allclose(factor, factor[0])
    assert factor[0] > 1
    # Nothing is made worse, and nothing can be made right for certain.
    assert calibrate_error_rate(quality, 0.9, weights) is quality
    assert calibrate_error_rate(quality, 2.2 / 6, weights, 1.0) is quality
    assert calibrate_error_rate(quality, 0.0, weights, 1.0) is quality


def test_log_odds_are_finite():
    odds = log_odds(np.array([0.0, 0.2, 0.5, 1.0]))
    assert_allclose(odds[1:3], [np.log(0.25), 0], atol=1e-12)
    assert_allclose(odds[[0, 3]], [np.log(1e-12), -np.log(1e-12)], rtol=1e-5)


@pytest.mark.parametrize("s", [0, 0.4, 1])
def test_what_balancing_did_to_probabilities_is_undone(s):
    rng = np.random.RandomState(0)
    share, weights = np.array([0.7, 0.25, 0.05]), rng.uniform(0.5, 2, 300)
    right = normalize_rows(share * rng.dirichlet(np.ones(3), 300))
    # Targets by which these are calibrated; the shares that count are theirs.
    found = weights @ right / weights.sum()
    balanced = normalize_rows(right / found**s)
    balanced[7] = np.nan
    undone = with_class_shares(balanced, right, weights)
    assert_allclose(np.delete(undone, 7, 0), np.delete(right, 7, 0), atol=1e-8)
    assert np.isnan(undone[7]).all()


def test_probabilities_of_too_few_rare_classes_are_left_alone():
    right = np.tile([0.9, 0.1], (20, 1))
    timid, bold = np.tile([0.95, 0.05], (20, 1)), np.tile([0.1, 0.9], (20, 1))
    assert with_class_shares(timid, right, np.ones(20)) is timid
    # As if the classes had been balanced, and no further.
    assert_allclose(with_class_shares(bold, right, np.ones(20)), 0.5)


def test_rows_of_which_nothing_is_known_count_for_all_classes_alike():
    table, weights = np.array([[0.0, 0.0], [1.0, 0.0]]), np.array([1.0, 3.0])
    priors, moving = np.full((5, 2), 0.5), np.ones(5, dtype=bool)
    mean = _clean_posterior._mean_posteriors(table, priors, weights, moving)
    assert_allclose(mean, np.tile([3.5, 0.5], (5, 1)))
