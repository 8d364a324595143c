"""What is believed about the labels, given probabilities that are known to be right."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sknoisy.cli._findings import assess, unmix

N = 4000


def simulate(T, seed=0, sureness=0.97):
    """Return probabilities of noisy labels, the labels, and the true classes."""
    rng = np.random.default_rng(seed)
    n_classes = len(T)
    true = rng.integers(0, n_classes, N)
    clean = np.full((N, n_classes), (1 - sureness) / (n_classes - 1))
    clean[np.arange(N), true] = sureness
    true = np.array([rng.choice(n_classes, p=row) for row in clean])
    codes = np.array([rng.choice(n_classes, p=T[label]) for label in true])
    return clean @ T, codes, true


def pair_noise(rate, n_classes=3):
    return (1 - rate) * np.eye(n_classes) + rate * np.roll(np.eye(n_classes), 1, axis=1)


@pytest.mark.parametrize("rate", [0.05, 0.2, 0.4])
def test_noise_rate_and_matrix_are_found(rate):
    T = pair_noise(rate)
    proba, codes, true = simulate(T)
    found = assess(proba, codes)
    assert found.noise_rate == pytest.approx((codes != true).mean(), abs=0.03)
    assert found.noise_suspected
    assert np.abs(found.transition_matrix - T).max() < 0.06


@pytest.mark.parametrize("rate", [0.05, 0.2, 0.4])
def test_wrong_labels_have_low_quality(rate):
    proba, codes, true = simulate(pair_noise(rate), sureness=0.995)
    found = assess(proba, codes)
    wrong = codes != true
    first = np.argsort(found.quality)[: wrong.sum()]
    assert wrong[first].mean() > 0.75
    assert (found.suggested == true).mean() > 0.95


def test_no_noise_is_reported_as_none():
    proba, codes, _ = simulate(np.eye(3), sureness=0.999)
    found = assess(proba, codes)
    assert found.noise_rate < 0.01
    assert not found.noise_suspected


def test_rows_are_ranked_where_models_and_labels_agree():
    # Rows that all agree still differ in how sure the models are.
    sure = np.linspace(0.6, 0.99, 50)
    proba = np.column_stack([sure, 1 - sure])
    proba[1::2] = proba[1::2, ::-1]
    codes = np.arange(50) % 2
    found = assess(proba, codes)
    assert found.noise_rate == 0
    assert (np.argsort(found.quality) == np.arange(50)).all()
    assert (found.suggested == codes).all()


def test_frequent_confusions_count_more():
    # Class 0 often turns into 1, class 2 never: the same doubt weighs differently.
    T = np.array([[0.6, 0.4, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    proba, codes, _ = simulate(T)
    doubtful = np.array([[0.45, 0.5, 0.05], [0.05, 0.5, 0.45]])
    found = assess(np.vstack([proba, doubtful]), np.append(codes, [1, 1]))
    assert found.quality[-2] < found.quality[-1] - 0.1


def test_half_of_the_labels_wrong_is_survived():
    proba, codes, _ = simulate(pair_noise(0.6))
    found = assess(proba, codes)
    assert np.isfinite(found.quality).all()


@given(
    st.integers(2, 6),
    st.integers(0, 1000),
    st.sampled_from([1.0, 0.1, 0.01]),
    st.data(),
)
def test_numbers_stay_in_range(n_classes, seed, concentration, data):
    rng = np.random.default_rng(seed)
    n_rows = data.draw(st.integers(n_classes, 40))
    proba = rng.dirichlet(np.full(n_classes, concentration), n_rows)
    codes = rng.permutation(np.arange(n_rows) % n_classes)
    found = assess(proba, codes)
    assert ((found.quality >= 0) & (found.quality <= 1)).all()
    assert 0 <= found.noise_rate <= 1
    np.testing.assert_allclose(found.transition_matrix.sum(axis=1), 1)
    assert (found.transition_matrix >= -1e-12).all()


@given(st.integers(2, 6), st.integers(0, 1000))
def test_unmixing_climbs_towards_the_clean_probabilities(n_classes, seed):
    rng = np.random.default_rng(seed)
    T = 0.7 * np.eye(n_classes) + 0.3 * rng.dirichlet(np.ones(n_classes), n_classes)
    clean = rng.dirichlet(np.ones(n_classes), 20)
    noisy = clean @ T
    unmixed = unmix(noisy, T)
    np.testing.assert_allclose(unmixed.sum(axis=1), 1)

    def likelihood(c):
        return (noisy * np.log(np.maximum(c @ T, 1e-300))).sum(axis=1)

    assert (likelihood(unmixed) >= likelihood(noisy) - 1e-9).all()


def test_unmixing_without_noise_changes_nothing():
    proba = np.array([[0.7, 0.2, 0.1], [0.0, 0.5, 0.5]])
    np.testing.assert_allclose(unmix(proba, np.eye(3)), proba)
