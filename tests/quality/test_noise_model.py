"""The matrix that is symmetric unless the labels say otherwise for certain."""

import numpy as np
import pytest
from sklearn.datasets import load_digits

from sknoisy._labels import NoisyLabels
from sknoisy.noise import PairNoise, UniformNoise
from sknoisy.quality import _noise_model
from sknoisy.quality._noise_model import (
    _concentration,
    _log_likelihood,
    cached,
    clean_label_posterior,
    core_counts,
    error_rate,
    estimated_noise,
    held_out_proba,
    held_out_quality,
    matrix_of,
    relative_proba,
    symmetric_unless_sure,
)
from sknoisy.quality._noise_rate import wilson_interval


def test_flat_counts_give_the_symmetric_matrix():
    counts = np.diag([40] * 4) + 10 * (1 - np.eye(4))
    T = symmetric_unless_sure(counts, 0.3)
    np.testing.assert_allclose(T, np.where(np.eye(4), 0.7, 0.1))


@pytest.mark.parametrize("seed", range(5))
def test_symmetric_noise_is_hardly_ever_taken_for_another(seed):
    rng = np.random.RandomState(seed)
    p = np.where(np.eye(6), 0.6, 0.08)
    counts = np.array([rng.multinomial(50, row) for row in p])
    off = symmetric_unless_sure(counts, 0.4)[~np.eye(6, dtype=bool)]
    assert np.ptp(off) == 0


def test_wrong_labels_of_one_class_are_followed_as_far_as_they_are_sure():
    pair = np.diag([60] * 5) + np.roll(np.diag([40] * 5), 1, axis=1)
    T = symmetric_unless_sure(pair, 0.4)
    np.testing.assert_allclose(T.sum(axis=1), 1)
    assert T[0, 1] > 0.38
    few = symmetric_unless_sure(np.diag([6] * 5) + pair // 20, 0.4)
    assert 0.1 <= few[0, 1] <= T[0, 1]


@pytest.mark.parametrize(("one", "other", "sure"), [(18, 4, True), (16, 4, False)])
def test_half_of_the_chance_has_to_be_below_the_level(one, other, sure):
    """Of (18, 4) the whole chance is 1.08e-5, so that only half of it is below 1e-5."""
    concentration = _concentration(np.array([[one, other], [other, one], [one, other]]))
    assert np.isfinite(concentration) == sure


def test_dirichlet_multinomial_by_hand():
    """Counts (2, 1) at concentration 2, a half of it each: 2! 1! 1! / 4! = 1 / 12."""
    value = np.exp(_log_likelihood(np.array([[2.0, 1.0]]), 2.0))
    assert value == pytest.approx(1 / 12)


def test_two_classes_stay_symmetric():
    T = symmetric_unless_sure(np.array([[90.0, 10.0], [50.0, 50.0]]), 0.3)
    np.testing.assert_allclose(T, [[0.7, 0.3], [0.3, 0.7]])


def test_core_counts_by_hand():
    """Rows 0 to 2 look like class 0, rows 3 and 4 like class 1; halves are 2 and 1."""
    proba = np.array([[0.9, 0.1], [0.8, 0.2], [0.7, 0.3], [0.1, 0.9], [0.4, 0.6]])
    codes = np.array([0, 1, 0, 1, 0])
    counts = core_counts(proba, codes, 0.5, relative=False)
    np.testing.assert_array_equal(counts, [[1, 1], [0, 1]])


def test_error_rate_is_a_lower_bound_within_what_can_be_inverted():
    counts = np.array([[80.0, 20.0], [20.0, 80.0]])
    assert error_rate(counts) == pytest.approx(wilson_interval(0.2, 200)[0])
    assert error_rate(100 * counts[::-1]) == pytest.approx(0.475)
    assert error_rate(np.diag([50.0, 50.0])) == 0


def test_nothing_is_known_of_a_few_rows():
    T = estimated_noise(np.zeros((5, 1)), np.array([0, 1, 0, 1, 1]), 2).transition
    np.testing.assert_array_equal(T, np.eye(2))


def test_absent_classes_have_no_probability():
    rng = np.random.RandomState(0)
    labels = NoisyLabels(codes=rng.randint(0, 2, 60), classes=np.arange(3))
    proba = held_out_proba(rng.rand(60, 2), labels)
    assert (proba[:, 2] == 0).all()
    np.testing.assert_allclose(proba.sum(axis=1), 1)


def test_relative_probabilities_by_hand():
    """Rows labelled 0 have 0.8 and 0.4 at 0, 0.6 on average; class 2 has no row."""
    proba = np.array([[0.8, 0.1, 0.1], [0.4, 0.5, 0.1], [0.3, 0.5, 0.2]])
    found = relative_proba(proba, np.array([0, 0, 1]))
    np.testing.assert_allclose(found, proba / [0.6, 0.5, 1])


def drawn(n_rows=400):
    """Draw probabilities, and labels of which a fifth goes to the next class."""
    rng = np.random.RandomState(0)
    clean = np.arange(n_rows) % 4
    codes = np.where(rng.uniform(size=n_rows) < 0.2, (clean + 1) % 4, clean)
    proba = 0.6 * np.eye(4)[clean] + 0.4 * rng.dirichlet(np.ones(4), n_rows)
    # The models say the last class too seldom.
    proba[:, 3] *= 0.4
    return proba / proba.sum(axis=1, keepdims=True), codes


def test_matrix_is_made_of_two_cores():
    """The rate comes from a fifth of the rows, directions from half, relatively."""
    proba, codes = drawn()
    rate = error_rate(core_counts(proba, codes, 0.2, relative=False))
    T = matrix_of(proba, codes)
    np.testing.assert_allclose(T.diagonal(), 1 - rate)
    counts = core_counts(proba, codes, 0.5)
    assert (counts != core_counts(proba, codes, 0.5, relative=False)).any()
    np.testing.assert_allclose(T, symmetric_unless_sure(counts, rate))
    assert T[0, 1] > 5 * T[0, 2]


def test_matrix_of_rows_is_that_of_what_held_out_trees_say(monkeypatch):
    proba, codes = drawn()

    def held_out(X, labels):
        assert X == "rows"
        assert labels.codes is codes
        assert labels.n_classes == 4
        return proba

    monkeypatch.setattr(_noise_model, "held_out_proba", held_out)
    model = estimated_noise("rows", codes, 4)
    np.testing.assert_array_equal(model.transition, matrix_of(proba, codes))


def test_quality_ranks_the_margins_of_relative_probabilities(monkeypatch):
    proba, codes = drawn()
    seen, labels = [], NoisyLabels(codes=codes, classes=np.arange(4))

    def held_out(X, labels, random_state):
        seen.append((labels, random_state))
        return proba

    monkeypatch.setattr(_noise_model, "held_out_proba", held_out)
    quality = held_out_quality(None, labels, random_state=3)
    assert seen == [(labels, 3)]
    relative = np.log(relative_proba(proba, codes) + 1e-3)
    margin = [
        r[c] - np.delete(r, c).max() for r, c in zip(relative, codes, strict=True)
    ]
    np.testing.assert_array_equal(np.argsort(quality), np.argsort(margin))
    rate = error_rate(core_counts(proba, codes, 0.2, relative=False))
    n_low = int(rate * 400)
    assert 0 < n_low == (quality < 0.5).sum()
    ordered = np.sort(quality)
    # Evenly spaced on both sides of 0.5.
    np.testing.assert_allclose(ordered[0], 0.999 * 0.5 / (400 * rate))
    np.testing.assert_allclose(np.diff(ordered[:n_low]), ordered[0])
    np.testing.assert_allclose(np.diff(ordered[n_low:]), 0.5 / (400 * (1 - rate)))
    assert ordered[-1] == pytest.approx(1)


def test_quality_where_no_label_is_wrong_or_nothing_is_known(monkeypatch):
    proba = 0.4 * np.eye(2)[np.arange(40) % 2] + 0.3
    labels = NoisyLabels(codes=np.arange(40) % 2, classes=np.arange(2))
    monkeypatch.setattr(_noise_model, "held_out_proba", lambda *_: proba)
    assert held_out_quality(None, labels).min() > 0.5
    monkeypatch.setattr(_noise_model, "held_out_proba", lambda *_: None)
    np.testing.assert_array_equal(held_out_quality(None, labels), np.ones(40))


def test_what_was_made_last_is_kept_longest(monkeypatch):
    monkeypatch.setattr(_noise_model, "_CACHE", type(_noise_model._CACHE)())
    monkeypatch.setattr(_noise_model, "CACHE_SIZE", 2)
    made = []

    def make(key):
        return cached(np.array([key]), lambda: made.append(key) or key)

    assert [make(key) for key in (1, 2, 1, 3, 1, 2)] == [1, 2, 1, 3, 1, 2]
    assert made == [1, 2, 3, 2]


def test_posterior_of_the_clean_label_by_hand():
    T = np.array([[0.8, 0.2, 0], [0, 0.5, 0.5], [0, 0, 1]])
    clean_proba = np.array([[0.5, 0.5, 0], [0.1, 0.4, 0.5]])
    posterior = clean_label_posterior(clean_proba, T, np.array([1, 2]))
    expected = [[0.1 / 0.35, 0.25 / 0.35, 0], [0, 0.2 / 0.7, 0.5 / 0.7]]
    np.testing.assert_allclose(posterior, expected)


@pytest.mark.parametrize("noise", [PairNoise(0.4), UniformNoise(0.4)])
def test_clean_classes_are_estimated_where_noise_is_asymmetric(noise):
    X, y = load_digits(return_X_y=True)
    noisy = noise.set_params(random_state=0).corrupt(y)
    model = estimated_noise(X, noisy, 10)
    if isinstance(noise, UniformNoise):
        assert model.clean_proba is None
        return
    np.testing.assert_allclose(model.clean_proba.sum(axis=1), 1)
    assert (model.clean_proba > 0).all()
    assert (model.clean_proba.argmax(axis=1) == y).mean() > 0.85
