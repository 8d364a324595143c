import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy.optimize import brentq
from scipy.sparse import csc_matrix, csr_array
from scipy.stats import kstest, truncnorm

from sknoisy.noise import InstanceNoise
from sknoisy.noise._instance import _draw_flip_rates

RNG = np.random.RandomState(0)
X = RNG.normal(size=(400, 5))
CODES = RNG.randint(4, size=400)


def _wrong_labels(proba, codes):
    """Distribution of the label given that it is wrong."""
    wrong = proba.copy()
    wrong[np.arange(len(codes)), codes] = 0
    return wrong / wrong.sum(axis=1, keepdims=True)


def test_which_wrong_label_is_a_function_of_class_and_features():
    features = np.vstack([X, X])
    codes = np.append(CODES, CODES)
    proba = InstanceNoise(0.3, random_state=0).flip_proba(codes, features)
    wrong = _wrong_labels(proba, codes)
    assert_allclose(wrong[:400], wrong[400:])
    assert not np.allclose(proba[:400], proba[400:])
    of_one_class = wrong[:400][CODES == 0]
    assert of_one_class[:, 1:].std(axis=0).min() > 0.1
    same_rows = _wrong_labels(
        InstanceNoise(0.3, random_state=0).flip_proba((codes + 1) % 4, features),
        (codes + 1) % 4,
    )
    assert not np.allclose(same_rows, wrong)


def test_drawn_labels_depend_on_the_features():
    signal = np.repeat([-1.0, 1.0], 3000)[:, np.newaxis]
    y = np.tile([0, 1, 2], 2000)
    noisy = InstanceNoise(0.5, random_state=0).corrupt(y, 3 * signal)
    left, right = (
        np.bincount(noisy[(y == 0) & (signal[:, 0] == side)], minlength=3)[1:]
        for side in (-1, 1)
    )
    gap = left[1] / left.sum() - right[1] / right.sum()
    assert abs(gap) > 0.2


def test_scores_by_hand():
    proba = InstanceNoise(0.3, std=0, random_state=0).flip_proba(CODES, X)
    rng = np.random.RandomState(0)
    W = np.array([rng.standard_normal((5, 4)) for _ in range(4)])
    Z = (X - X.mean(axis=0)) / X.std(axis=0)
    for i in range(20):
        expected = np.exp(Z[i] @ W[CODES[i]])
        expected[CODES[i]] = 0
        expected *= 0.3 / expected.sum()
        expected[CODES[i]] = 0.7
        assert_allclose(proba[i], expected)


@pytest.mark.parametrize("rate", [0.02, 0.1, 0.2, 0.5, 0.9])
@pytest.mark.parametrize("std", [0, 0.1, 0.5])
@pytest.mark.parametrize("n_classes", [2, 5])
def test_realised_rate(n_classes, std, rate):
    y = np.arange(20_000) % n_classes
    features = np.random.RandomState(1).normal(size=(len(y), 2))
    noisy = InstanceNoise(rate, std=std, random_state=42).corrupt(y, features)
    tolerance = 4 * np.sqrt(rate * (1 - rate) / len(y))
    assert abs(np.mean(noisy != y) - rate) < tolerance


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    rate=st.floats(0, 1, exclude_min=True, exclude_max=True),
    std=st.floats(0, 1),
    seed=st.integers(0, 2**32 - 1),
)
def test_flip_rates_have_the_mean_asked_for(rate, std, seed):
    q = _draw_flip_rates(rate, std, 4000, np.random.RandomState(seed))
    assert ((q >= 0) & (q <= 1)).all()
    assert abs(q.mean() - rate) <= 5 * q.std() / np.sqrt(4000) + 1e-9


@pytest.mark.parametrize("rate", [0.05, 0.3, 0.9])
def test_flip_rates_are_a_truncated_normal(rate):
    def truncated(location):
        ends = np.array([-location, 1 - location]) / 0.1
        return truncnorm(*ends, loc=location, scale=0.1)

    location = brentq(lambda at: truncated(at).mean() - rate, -0.5, 1.5)
    q = _draw_flip_rates(rate, 0.1, 5000, np.random.RandomState(0))
    assert kstest(q, truncated(location).cdf).pvalue > 0.01
    assert kstest(q, truncated(location + 0.02).cdf).pvalue < 1e-6


def test_flips_are_not_tied_to_the_flip_rates_by_the_seed():
    y = np.zeros(20_000, int)
    y[0] = 1
    features = np.zeros((len(y), 1))
    noise = InstanceNoise(0.5, std=1, random_state=0)
    q = 1 - noise.flip_proba(y, features)[np.arange(len(y)), y]
    noisy = noise.corrupt(y, features)
    for low in (0, 0.25, 0.5, 0.75):
        rows = (q >= low) & (q < low + 0.25)
        share, expected = np.mean((noisy != y)[rows]), q[rows].mean()
        assert abs(share - expected) < 4 * 0.5 / np.sqrt(rows.sum())


@pytest.mark.parametrize("make", [csr_array, csc_matrix])
def test_sparse_features_give_the_same_as_dense_ones(make):
    features = np.where(X > 0.3, X, 0)
    noise = InstanceNoise(0.3, random_state=0)
    assert_allclose(
        noise.flip_proba(CODES, make(features)), noise.flip_proba(CODES, features)
    )


def test_units_of_the_features_do_not_matter():
    noise = InstanceNoise(0.3, random_state=0)
    rescaled = X * [1, 1e3, 1e-3, 5, 0.1] + [0, 1, 2, -50, 1000]
    assert_allclose(
        noise.flip_proba(CODES, rescaled), noise.flip_proba(CODES, X), rtol=1e-6
    )


def test_projection_does_not_depend_on_which_classes_are_present():
    noise = InstanceNoise(0.3, std=0, random_state=0)
    full = noise.flip_proba(CODES, X, n_classes=4)
    other = CODES.copy()
    other[CODES == 1] = 2
    assert_allclose(
        noise.flip_proba(other, X, n_classes=4)[CODES == 3], full[CODES == 3]
    )


def test_two_classes_leave_only_one_wrong_label():
    codes = CODES % 2
    proba = InstanceNoise(0.3, std=0, random_state=0).flip_proba(codes, X)
    assert_allclose(proba, np.where(np.eye(2)[codes] == 1, 0.7, 0.3))


def test_constant_features_are_no_obstacle():
    proba = InstanceNoise(0.3, std=0, random_state=0).flip_proba(
        [0, 1, 2], np.ones((3, 2))
    )
    assert_allclose(proba, np.where(np.eye(3) == 1, 0.7, 0.15))


def test_frames_are_features():
    pd = pytest.importorskip("pandas")
    noise = InstanceNoise(0.3, random_state=0)
    frame = pd.DataFrame(X).astype({0: "float32"})
    assert_array_equal(noise.corrupt(CODES, frame).shape, (400,))


@pytest.mark.parametrize(
    ("features", "message"),
    [
        (None, r"InstanceNoise needs X of shape .* got None\. Call corrupt\(y, X\)"),
        (X[:, 0], r"needs X as a numeric array .*Expected 2D array"),
        (np.full((400, 1), np.nan), r"needs X as .*Input X contains NaN.*impute it"),
        (np.full((400, 1), "a"), r"needs X as a numeric array .*Encode"),
        (X[:10], r"inconsistent numbers of samples: \[10, 400\]"),
    ],
)
def test_bad_features(features, message):
    with pytest.raises(ValueError, match=f"(?s){message}"):
        InstanceNoise().corrupt(CODES, features)


@pytest.mark.parametrize("std", [-0.1, 1.5, "wide"])
def test_std_is_checked_at_use(std):
    with pytest.raises(ValueError, match="'std' parameter of InstanceNoise must be"):
        InstanceNoise(std=std).corrupt(CODES, X)
