import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_predict

from sknoisy.noise import UniformNoise
from sknoisy.quality import ScoreMixture

DISTRIBUTIONS = ["beta", "gaussian"]
SCORES = arrays(
    float, st.tuples(st.integers(1, 60), st.integers(1, 3)), elements=st.floats(0, 1)
)


def two_populations(rng, n=2000, share=0.3):
    low = rng.beta(2, 8, size=int(share * n))
    return np.concatenate([low, rng.beta(9, 1, size=n - len(low))])[:, None]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_two_populations_are_found_again(distribution, seed):
    scores = two_populations(np.random.default_rng(seed))
    mixture = ScoreMixture(distribution).fit(scores)
    assert mixture.converged_
    assert_allclose(mixture.weights_, [0.3, 0.7], atol=0.05)
    assert_allclose(mixture.means_.ravel(), [0.2, 0.9], atol=0.05)
    found = mixture.predict(scores)
    assert np.mean(found == (np.arange(2000) >= 600)) > 0.97


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_density_is_that_of_the_distributions(distribution):
    scores = two_populations(np.random.default_rng(0))
    mixture = ScoreMixture(distribution).fit(scores)
    mean, variance = mixture.means_.ravel(), mixture.variances_.ravel()
    if distribution == "beta":
        n = mean * (1 - mean) / variance - 1
        parts = stats.beta(mean * n, (1 - mean) * n)
    else:
        parts = stats.norm(mean, np.sqrt(variance))
    x = np.linspace(0.05, 0.95, 19)[:, None]
    density = parts.pdf(x) * mixture.weights_
    assert_allclose(mixture.score_samples(x), np.log(density.sum(axis=1)))
    inside = (x >= mixture.rising_range_[0]) & (x <= mixture.rising_range_[1])
    share = density[:, 1] / density.sum(axis=1)
    proba = mixture.predict_proba(x)[:, 1]
    assert_allclose(proba[inside.ravel()], share[inside.ravel()])
    assert_allclose(mixture.score(x), mixture.score_samples(x).mean())


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
@given(scores=SCORES)
def test_probabilities_rise_with_every_score(distribution, scores):
    mixture = ScoreMixture(distribution, n_components=2).fit(scores)
    for column in range(scores.shape[1]):
        x = np.tile(scores.mean(axis=0), (41, 1))
        x[:, column] = np.linspace(0, 1, 41)
        high = mixture.predict_proba(x)[:, 1]
        assert np.isfinite(high).all()
        assert (np.diff(high) >= -1e-9).all()


@given(scores=SCORES)
def test_weight_two_is_a_row_written_twice(scores):
    weights = np.arange(len(scores)) % 3
    if not weights.any():
        weights = weights + 1
    weighted = ScoreMixture().fit(scores, sample_weight=weights)
    repeated = ScoreMixture().fit(np.repeat(scores, weights, axis=0))
    assert weighted.n_components_ == repeated.n_components_
    assert_allclose(weighted.means_, repeated.means_, atol=1e-6)


def test_published_steps():
    scores = two_populations(np.random.default_rng(0))
    mixture = ScoreMixture(n_components=2, max_iter=10, tol=0).fit(scores)
    # The ten steps of the method, written out.
    u, weights = np.clip(scores, 1e-4, 1 - 1e-4), np.full(2, 0.5)
    alpha, beta = np.array([1.0, 2.0]), np.array([2.0, 1.0])
    for _ in range(10):
        joint = weights * stats.beta(alpha, beta).pdf(u)
        parts = joint / joint.sum(axis=1, keepdims=True)
        weights = parts.mean(axis=0)
        m = (parts * u).sum(axis=0) / parts.sum(axis=0)
        v = (parts * (u - m) ** 2).sum(axis=0) / parts.sum(axis=0)
        alpha = m * (m * (1 - m) / v - 1)
        beta = alpha * (1 - m) / m
    assert mixture.n_iter_ == 10
    assert_allclose(mixture.weights_, weights, rtol=1e-6)
    assert_allclose(mixture.means_.ravel(), alpha / (alpha + beta), rtol=1e-6)


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_samples_come_from_the_mixture(distribution):
    mixture = ScoreMixture(distribution).fit(two_populations(np.random.default_rng(0)))
    drawn, component = mixture.sample(4000, random_state=0)
    assert drawn.shape == (4000, 1)
    assert_allclose(component.mean(), mixture.weights_[1], atol=0.03)
    for label in (0, 1):
        mean = drawn[component == label].mean()
        assert_allclose(mean, mixture.means_[label, 0], atol=0.02)
    again, _ = mixture.sample(4000, random_state=0)
    assert_array_equal(drawn, again)


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_one_population_is_enough_for_one(distribution):
    rng = np.random.default_rng(0)
    scores = rng.beta(9, 9, size=(800, 1))
    mixture = ScoreMixture(distribution).fit(scores)
    assert mixture.n_components_ == 1
    assert_array_equal(mixture.predict_proba(scores), np.tile([0.0, 1.0], (800, 1)))
    drawn, component = mixture.sample(1000, random_state=0)
    assert (component == 1).all()
    assert_allclose(drawn.mean(), 0.5, atol=0.03)


def test_two_peaks_at_the_ends_are_two_populations():
    rng = np.random.default_rng(0)
    scores = rng.beta(0.3, 0.3, size=(500, 1))
    assert ScoreMixture().fit(scores).n_components_ == 2


@pytest.mark.parametrize("n_components", ["auto", 2])
@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
@pytest.mark.parametrize(
    "scores",
    [
        np.full((30, 1), 0.5),
        np.zeros((30, 1)),
        np.ones((30, 1)),
        np.full((30, 1), 7.0),
        np.array([[0.3]]),
        np.repeat([[0.0], [1.0]], 15, axis=0),
        np.repeat([[0.2], [0.8]], [29, 1], axis=0),
    ],
    ids=["same", "zeros", "ones", "beyond", "single", "ends", "outlier"],
)
def test_degenerate_scores(scores, distribution, n_components):
    mixture = ScoreMixture(distribution, n_components=n_components).fit(scores)
    proba = mixture.predict_proba(scores)
    assert np.isfinite(proba).all()
    assert_allclose(proba.sum(axis=1), 1)
    assert np.isfinite(mixture.score_samples(scores)).all()
    if len(np.unique(scores)) == 1 and n_components == "auto":
        assert_array_equal(proba[:, 1], 1)


def test_ends_belong_to_the_two_components():
    scores = np.repeat([[0.0], [1.0]], 50, axis=0)
    assert_array_equal(ScoreMixture().fit(scores).predict(scores), scores.ravel())


def test_a_column_that_contradicts_the_others_is_not_believed():
    rng = np.random.default_rng(0)
    good = two_populations(rng, share=0.5)
    X = np.column_stack([good, good + rng.normal(0, 0.01, good.shape), 1 - good])
    mixture = ScoreMixture(n_components=2).fit(np.clip(X, 0, 1))
    x = np.tile(mixture.means_.mean(axis=0), (2, 1))
    x[:, 2] = [0.1, 0.9]
    assert np.ptp(mixture.predict_proba(x)[:, 1]) == 0


def test_scores_on_another_scale():
    scores = two_populations(np.random.default_rng(0))
    unit = ScoreMixture("gaussian").fit(scores)
    other = ScoreMixture("gaussian").fit(10 * scores - 3)
    assert_allclose(other.means_, 10 * unit.means_ - 3, atol=0.05)
    losses = ScoreMixture().fit(10 * scores - 3)
    assert losses.bounds_[0] < 0 < 1 < losses.bounds_[1]
    beyond = losses.predict_proba([[-100.0], [100.0]])
    assert_allclose(beyond, [[1, 0], [0, 1]], atol=0.01)


def test_weights_of_zero_leave_no_trace():
    scores = two_populations(np.random.default_rng(0))
    weights = np.r_[np.zeros(1), np.ones(len(scores))]
    with_stray = ScoreMixture().fit(np.r_[[[50.0]], scores], sample_weight=weights)
    assert_array_equal(with_stray.means_, ScoreMixture().fit(scores).means_)


@pytest.mark.parametrize(
    ("X", "weights", "message"),
    [
        ([[0.1], [np.nan]], None, "contains NaN"),
        ([[0.1], [np.inf]], None, "infinity"),
        ([0.1, 0.2], None, "Expected 2D array"),
        ([[0.1], [0.2]], [0, 0], "ample weight"),
        ([[0.1], [0.2]], [1, -1], "Negative values"),
    ],
)
def test_bad_scores(X, weights, message):
    with pytest.raises(ValueError, match=message):
        ScoreMixture().fit(X, sample_weight=weights)


@pytest.mark.parametrize(
    "params", [{"distribution": "gamma"}, {"n_components": 3}, {"max_iter": 0}]
)
def test_bad_parameters(params):
    with pytest.raises(ValueError, match=f"'{next(iter(params))}' parameter"):
        ScoreMixture(**params).fit([[0.1], [0.9]])


def test_share_of_wrong_labels_is_found_in_real_similarities():
    X, y = load_digits(return_X_y=True)
    mixture = ScoreMixture(n_components=2)
    rates = []
    for rate in (0.1, 0.3, 0.5):
        noisy = UniformNoise(rate, random_state=0).corrupt(y)
        base = LogisticRegression(C=0.01)
        proba = cross_val_predict(base, X / 16, noisy, method="predict_proba")
        own = proba[np.arange(len(y)), noisy] / np.linalg.norm(proba, axis=1)
        rates.append(clone(mixture).fit(own[:, None]).weights_[0])
    # Hard samples with right labels join the low component while noise is low.
    assert rates == sorted(rates)
    assert_allclose(rates, [0.2, 0.35, 0.5], atol=0.1)
