import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy.optimize import approx_fprime
from scipy.special import logit

from sknoisy._binary_flips import (
    HIGHEST_RATE,
    USUAL_RATE,
    _FlipModel,
    estimate_missing_rate,
    fit_flips,
    flip_posterior,
    label_proba,
    true_proba,
)

share = st.floats(0.01, 0.99)


def flipped(seed, n_samples=2000, missing=(0.3, 0.1), spurious=(0.05, 0.1)):
    """Return probabilities of two classes, and labels with errors."""
    rng = np.random.RandomState(seed)
    p = rng.beta(0.4, 0.6, size=(n_samples, 2))
    truth = rng.uniform(size=p.shape) < p
    draw = rng.uniform(size=p.shape)
    return p, np.where(truth, draw >= missing, draw < spurious)


@settings(max_examples=30)
@given(p=share, missing=st.floats(0, 0.7), spurious=st.floats(0, 0.2))
def test_label_and_true_probability_are_inverse(p, missing, spurious):
    q = label_proba(p, missing, spurious)
    assert min(1 - missing, spurious) - 1e-9 <= q <= max(1 - missing, spurious) + 1e-9
    assert true_proba(q, missing, spurious) == pytest.approx(p)


def test_probabilities_by_hand():
    # 0.5 * 0.4 + 0.1 * 0.6
    assert label_proba(0.4, 0.5, 0.1) == pytest.approx(0.26)
    assert true_proba(0.26, 0.5, 0.1) == pytest.approx(0.4)
    # Labels rarer than the spurious ones alone, and more frequent than is possible.
    assert_array_equal(true_proba(np.array([0.05, 0.9]), 0.5, 0.1), [0, 1])


def test_posterior_by_hand():
    p, labels = np.array([0.4, 0.4]), np.array([True, False])
    expected = [0.2 / (0.2 + 0.06), 0.2 / (0.2 + 0.54)]
    assert_allclose(flip_posterior(p, labels, 0.5, 0.1), expected)
    # A rate per column.
    table = flip_posterior(p, labels, np.array([0.5, 0.0]), np.array([0.1, 0.0]))
    assert_allclose(table, [expected[0], 0])


@settings(max_examples=30)
@given(p=share, missing=st.floats(0.01, 0.7), spurious=st.floats(0.01, 0.2))
def test_posteriors_average_to_the_probability(p, missing, spurious):
    q = label_proba(p, missing, spurious)
    given_label = flip_posterior(
        np.full(2, p), np.array([True, False]), missing, spurious
    )
    assert given_label @ [q, 1 - q] == pytest.approx(p)


def test_without_errors_labels_are_true():
    labels = np.array([True, False, True, False])
    p = np.array([0.0, 1.0, 0.3, 0.3])
    assert_array_equal(flip_posterior(p, labels, 0.0, 0.0), labels)


def test_missing_rate_is_one_minus_what_the_probability_reaches():
    labels = np.arange(1000) < 400
    proba = np.where(np.arange(1000) < 600, 0.7, 0.0)
    rate, highest = estimate_missing_rate(proba, labels, np.ones(1000))
    assert highest == pytest.approx(0.3)
    assert rate == pytest.approx((400 * 0.3 + 20 * 0.5) / 420)


def test_few_labels_say_little_about_the_missing_rate():
    labels = np.arange(100) < 2
    rate, highest = estimate_missing_rate(np.full(100, 0.02), labels, np.ones(100))
    assert highest == pytest.approx(0.98)
    assert rate < 0.6


def test_a_weight_is_a_number_of_copies_for_the_missing_rate():
    rng = np.random.RandomState(0)
    proba, labels, times = rng.uniform(size=60), np.arange(60) < 40, np.arange(60) % 3
    weighted = estimate_missing_rate(proba, labels, times.astype(float))
    copies = np.repeat(np.arange(60), times)
    written = estimate_missing_rate(proba[copies], labels[copies], np.ones(len(copies)))
    assert_allclose(weighted, written)


@pytest.mark.parametrize("seed", range(3))
def test_rates_of_flipped_labels_are_found(seed):
    p, labels = flipped(seed)
    fit = fit_flips(logit(p)[None], labels, may_be_wrong=np.ones_like(labels))
    assert_allclose(fit.missing_rate, [0.3, 0.1], atol=0.07)
    assert_allclose(fit.spurious_rate, [0.05, 0.1], atol=0.05)
    assert_allclose(fit.true_proba, p, atol=0.08)
    plain = fit_flips(logit(p)[None], labels)
    assert fit.log_likelihood > plain.log_likelihood + 20
    assert_array_equal([plain.missing_rate, plain.spurious_rate], 0)


def test_no_rates_are_found_where_labels_are_right():
    p, labels = flipped(0, missing=(0, 0), spurious=(0, 0))
    fit = fit_flips(logit(p)[None], labels, may_be_wrong=np.ones_like(labels))
    assert max(fit.missing_rate.max(), fit.spurious_rate.max()) < 0.02
    nothing = fit_flips(logit(p)[None], labels, may_be_wrong=np.zeros_like(labels))
    plain = fit_flips(logit(p)[None], labels)
    assert_allclose(nothing.true_proba, plain.true_proba, atol=1e-3)


def test_sources_are_weighed_and_none_is_turned_round():
    p, labels = flipped(0, missing=(0, 0), spurious=(0, 0))
    noise = np.random.RandomState(1).normal(size=p.shape)
    fit = fit_flips(np.stack([2 * logit(p), noise]), labels, lowest_weight=0.0)
    assert_allclose(fit.weights, [0.5, 0], atol=0.08)
    opposite = fit_flips(-logit(p)[None], labels, lowest_weight=0.0)
    assert opposite.weights == 0


def test_without_much_evidence_sources_weigh_one():
    p, labels = flipped(0, n_samples=30)
    fit = fit_flips(logit(p)[None], labels, weight_penalty=1e6)
    assert_allclose(fit.weights, 1, atol=1e-4)


def test_a_weight_is_a_number_of_copies_for_the_fit():
    p, labels = flipped(0, 300)
    times = np.random.RandomState(0).randint(3, size=300)
    free = np.ones_like(labels)
    weighted = fit_flips(
        logit(p)[None], labels, sample_weight=times.astype(float), may_be_wrong=free
    )
    rows = np.repeat(np.arange(300), times)
    written = fit_flips(logit(p[rows])[None], labels[rows], may_be_wrong=free[rows])
    assert_allclose(weighted.true_proba[rows], written.true_proba, atol=1e-3)
    assert_allclose(weighted.missing_rate, written.missing_rate, atol=1e-3)


@pytest.mark.parametrize("rates", [True, False])
def test_gradient_is_that_of_the_loss(rates):
    p, labels = flipped(0, 40)
    p = 0.1 + 0.8 * p
    free = np.random.RandomState(0).uniform(size=p.shape) < 0.8 if rates else None
    logits = np.stack([logit(p), logit(p[::-1])])
    weight = np.random.RandomState(1).uniform(size=40)
    model = _FlipModel(logits, labels, 0.2, weight, free, (np.ones(2), 0.3))
    at = np.random.RandomState(2).normal(size=4 + 4 * rates)
    numerical = approx_fprime(at, lambda w: model.loss(w)[0], 1e-6)
    assert_allclose(model.loss(at)[1], numerical, rtol=1e-4, atol=1e-4)


def test_the_prior_of_the_rates_is_centred_at_the_usual_rate():
    shape = (1, 4, 2)
    labels, free = np.zeros(shape[1:], bool), np.ones(shape[1:], bool)
    prior = np.ones(1), 2.0
    model = _FlipModel(np.zeros(shape), labels, np.zeros(2), None, free, prior)
    usual = np.full((2, 2), logit(USUAL_RATE / HIGHEST_RATE))
    penalty, *gradients = model._penalty(np.zeros(2), np.ones(1), usual)
    assert penalty == 0
    assert not np.concatenate([g.ravel() for g in gradients]).any()
    above, *_, of_rates = model._penalty(np.zeros(2), np.ones(1), usual + 0.5)
    assert above > 0
    assert (of_rates > 0).all()


def test_certainty_that_is_wrong_costs_much_but_not_everything():
    z = np.array([[800.0, -800.0]])
    labels, free = np.array([[False, True]]), np.zeros((1, 2), bool)
    prior = np.ones(1), 0.01
    model = _FlipModel(np.zeros((1, 1, 2)), labels, 0.0, None, free, prior)
    loss, *_ = model.negative_likelihood(z, np.zeros((2, 2)))
    assert loss == pytest.approx(2 * -np.log(1e-8), rel=1e-6)
