"""What is promised is found, and classes between others are no noise."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from sknoisy._labels import NoisyLabels
from sknoisy.noise import UniformNoise
from sknoisy.quality._noise_rate import NOTABLE_RATE
from sknoisy.report import _expected_errors as expected
from sknoisy.report import audit
from sknoisy.report._expected_errors import error_probabilities

pytest.importorskip("pandas")


def grades(n_rows=2000, seed=0):
    """Return four columns and grades 0 to 4, each of which overlaps with the next."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 5, n_rows)
    return rng.normal(1.15 * y[:, None], 1.0, (n_rows, 4)), y


def probabilities(rng, n_rows=4000, n_classes=3, sureness=3.0):
    """Return probabilities, and labels drawn by them."""
    logit = rng.normal(0, sureness, (n_rows, n_classes))
    proba = np.exp(logit) / np.exp(logit).sum(axis=1, keepdims=True)
    u = rng.random((n_rows, 1))
    return proba, (proba.cumsum(axis=1) < u).sum(axis=1).clip(max=n_classes - 1)


def test_bayes_rule_by_hand():
    # Labels are given as often as the evidence says: 0 at nine in ten of these rows.
    proba = np.repeat([[0.9, 0.1], [0.1, 0.9]], 10, axis=0)
    codes = np.repeat([0, 1], 10)
    codes[[0, 10]] = [1, 0]
    labels = NoisyLabels(codes, np.arange(2))
    T = np.array([[0.95, 0.05], [0.05, 0.95]])
    error = error_probabilities(proba, labels, T, labels.proba_of_label(proba))
    # Of the label 1 at a row of 0: 0.9 * 0.05 / 0.1, and of 0: 0.1 * 0.05 / 0.9.
    assert_allclose(error[[0, 10]], 0.45)
    assert_allclose(np.delete(error, [0, 10]), 0.005 / 0.9)


def test_evidence_that_is_too_sure_promises_no_more():
    rng = np.random.default_rng(0)
    proba, clean = probabilities(rng)
    codes = UniformNoise(0.1, random_state=0).corrupt(clean)
    wrong = codes != clean
    labels = NoisyLabels(codes, np.arange(3))
    T = 0.9 * np.eye(3) + 0.05 * (1 - np.eye(3))
    for temperature in (1, 4):
        sharp = proba**temperature
        sharp /= sharp.sum(axis=1, keepdims=True)
        quality = labels.proba_of_label(sharp)
        error = error_probabilities(sharp, labels, T, quality)
        order = np.argsort(quality, kind="stable")
        assert (np.diff(error[order]) <= 1e-12).all()
        for k in (200, 400, 800):
            assert_allclose(error[order[:k]].sum(), wrong[order[:k]].sum(), rtol=0.15)


def test_many_pairs_are_sampled(monkeypatch):
    rng = np.random.default_rng(0)
    proba, codes = probabilities(rng)
    labels = NoisyLabels(codes, np.arange(3))
    T = 0.9 * np.eye(3) + 0.05 * (1 - np.eye(3))
    quality = labels.proba_of_label(proba)
    whole = error_probabilities(proba, labels, T, quality)
    monkeypatch.setattr(expected, "MOST_PAIRS", 3000)
    assert_allclose(
        error_probabilities(proba, labels, T, quality).mean(), whole.mean(), rtol=0.1
    )


def test_a_class_between_others_is_no_noise():
    X, y = grades()
    report = audit(X, y, random_state=0)
    assert report.noise.lower == 0
    assert report.n_to_check == 0
    assert "the share may be 0" in report.noise.sentence
    noisy = UniformNoise(0.1, random_state=0).corrupt(y)
    noise = audit(X, noisy, random_state=0).noise
    assert NOTABLE_RATE < noise.lower < 0.1 < noise.upper


@pytest.mark.parametrize("seed", [0, 1])
def test_promised_wrong_labels_are_found(seed):
    X, y = grades(seed=seed)
    noisy = UniformNoise(0.1, random_state=seed).corrupt(y)
    report = audit(X, noisy, random_state=0)
    n = report.n_to_check
    assert n > 50
    found = (noisy != y)[report.rows[:n]].sum()
    assert_allclose(report.expected_wrong[n - 1], found, rtol=0.25)
