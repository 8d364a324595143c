import pickle

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import clone

from sknoisy.noise import (
    BaseNoise,
    InstanceNoise,
    PairNoise,
    TransitionNoise,
    UniformNoise,
)
from sknoisy.noise._base import _draw

T = np.array([[0.7, 0.3, 0], [0, 0.8, 0.2], [0.5, 0, 0.5]])
NOISES = [
    UniformNoise(0.3, random_state=0),
    PairNoise(0.3, random_state=0),
    TransitionNoise(T, random_state=0),
    InstanceNoise(0.3, random_state=0),
]
every_noise = pytest.mark.parametrize(
    "noise", NOISES, ids=lambda noise: type(noise).__name__
)
every_rate_noise = pytest.mark.parametrize(
    "noise_class", [UniformNoise, PairNoise, InstanceNoise]
)
CODES = np.arange(300) % 3
X = np.random.RandomState(0).normal(size=(300, 4))
CLASSES = {
    "str": np.array(["a", "bb", "ccc"]),
    "object": np.array(["a", "bb", "ccc"], dtype=object),
    "int": np.array([1, 2, 5]),
    "int8": np.array([-1, 0, 1], dtype=np.int8),
    "float": np.array([0.0, 1.0, 2.0]),
    "bool": np.array([False, True]),
}


def _noise_for(n_classes, rate=0.4):
    return UniformNoise(rate if n_classes > 2 else rate / 2, random_state=0)


@pytest.mark.parametrize("kind", CLASSES)
def test_arrays_keep_their_dtype(kind):
    classes = CLASSES[kind]
    y = classes[CODES % len(classes)]
    before = y.copy()
    noisy = _noise_for(len(classes)).corrupt(y)
    assert isinstance(noisy, np.ndarray)
    assert noisy.dtype == y.dtype
    assert set(noisy.tolist()) == set(classes.tolist())
    assert 0 < np.mean(noisy != y) < 0.6
    assert_array_equal(y, before)


@pytest.mark.parametrize("kind", CLASSES)
@every_rate_noise
def test_rate_zero_returns_the_labels(noise_class, kind):
    classes = CLASSES[kind]
    y = classes[CODES % len(classes)]
    noisy = noise_class(0, random_state=0).corrupt(y, X)
    assert noisy.dtype == y.dtype
    assert_array_equal(noisy, y)


def test_lists_become_arrays():
    noisy = UniformNoise(0.3, random_state=0).corrupt(["a", "b"] * 20)
    assert isinstance(noisy, np.ndarray)
    assert set(noisy) == {"a", "b"}


@pytest.mark.parametrize(
    "dtype", ["str", "object", "string", "category", "int64", "Int64", "bool"]
)
def test_pandas_series_stay_series(dtype):
    pd = pytest.importorskip("pandas")
    labels = {"int64": [1, 2], "Int64": [1, 2], "bool": [False, True]}
    y = pd.Series(
        labels.get(dtype, ["a", "b"]) * 50,
        dtype=dtype,
        name="target",
        index=np.arange(100)[::-1],
    )
    noisy = UniformNoise(0.4, random_state=0).corrupt(y)
    pd.testing.assert_index_equal(noisy.index, y.index)
    assert noisy.dtype == y.dtype
    assert noisy.name == "target"
    assert 0 < (noisy != y).sum() < 100
    same = UniformNoise(0).corrupt(y)
    pd.testing.assert_series_equal(same, y)


@pytest.mark.parametrize("dtype", ["String", "Categorical", "Int8", "Boolean"])
def test_polars_series_stay_series(dtype):
    pl = pytest.importorskip("polars")
    labels = {"Int8": [1, 2], "Boolean": [False, True]}.get(dtype, ["a", "b"])
    y = pl.Series("target", labels * 50, dtype=getattr(pl, dtype))
    noisy = UniformNoise(0.4, random_state=0).corrupt(y)
    assert isinstance(noisy, pl.Series)
    assert noisy.dtype == y.dtype
    assert noisy.name == "target"
    assert 0 < (noisy != y).sum() < 100
    assert UniformNoise(0).corrupt(y).equals(y)


def test_column_vector_is_flattened_with_the_usual_warning():
    from sklearn.exceptions import DataConversionWarning

    with pytest.warns(DataConversionWarning, match="column-vector y was passed"):
        noisy = UniformNoise(0.3, random_state=0).corrupt([["a"], ["b"]] * 20)
    assert noisy.shape == (40,)


@every_noise
def test_seeds_decide(noise):
    y = CLASSES["str"][CODES]
    noisy = noise.corrupt(y, X)
    assert_array_equal(noise.corrupt(y, X), noisy)
    assert_array_equal(clone(noise).corrupt(y, X), noisy)
    assert_array_equal(pickle.loads(pickle.dumps(noise)).corrupt(y, X), noisy)
    assert_array_equal(noise.flip_proba(CODES, X), noise.flip_proba(CODES, X))
    other = clone(noise).set_params(random_state=1).corrupt(y, X)
    assert (other != noisy).any()


@every_noise
def test_generators_move_on_and_the_global_one_stays(noise):
    noise = clone(noise).set_params(random_state=np.random.RandomState(0))
    before = np.random.get_state()  # noqa: NPY002
    first, second = noise.corrupt(CODES, X), noise.corrupt(CODES, X)
    assert (first != second).any()
    noise.set_params(random_state=0).corrupt(CODES, X)
    after = np.random.get_state()  # noqa: NPY002
    assert_array_equal(after[1], before[1])
    assert after[2:] == before[2:]


@every_noise
def test_flip_proba_is_row_stochastic(noise):
    proba = noise.flip_proba(CODES, X)
    assert proba.shape == (300, 3)
    assert (proba >= 0).all()
    np.testing.assert_allclose(proba.sum(axis=1), 1)


@every_noise
def test_draws_follow_flip_proba(noise):
    y = np.tile(CODES, 40)
    features = np.tile(X, (40, 1))
    noisy = noise.corrupt(y, features)
    proba = noise.flip_proba(y, features)
    for j in range(3):
        expected, variance = proba[:, j].sum(), (proba[:, j] * (1 - proba[:, j])).sum()
        assert abs((noisy == j).sum() - expected) < 4 * np.sqrt(variance)
    assert (proba[np.arange(len(y)), noisy] > 0).all()


@every_noise
def test_is_a_bag_of_parameters_and_no_estimator_to_fit(noise):
    assert not hasattr(noise, "fit")
    assert set(noise.get_params()) >= {"random_state"}
    assert type(noise).__name__ in repr(noise)
    assert type(noise).__name__ in noise._repr_html_()


def test_base_is_abstract():
    with pytest.raises(TypeError, match="flip_proba"):
        BaseNoise()


class _LowestRandom:
    """Generator whose draws are the smallest and largest possible ones."""

    def __init__(self, value):
        self.value = value

    def uniform(self, size):
        return np.full(size, self.value)


@pytest.mark.parametrize("value", [0.0, np.nextafter(1, 0)])
def test_impossible_labels_are_never_drawn(value):
    proba = np.array([[0, 0.3, 0.7, 0], [0, 1, 0, 0], [0.1] * 3 + [0.7 - 1e-10]])
    drawn = _draw(proba, _LowestRandom(value))
    assert (proba[np.arange(3), drawn] > 0).all()


@pytest.mark.parametrize("rate", [-0.1, 1, 1.0, 20, "0.2", None, np.nan])
@every_rate_noise
def test_rate_is_checked_at_use(noise_class, rate):
    noise = noise_class(rate)
    message = f"'rate' parameter of {noise_class.__name__} must be"
    with pytest.raises(ValueError, match=message):
        noise.corrupt(CODES, X)
    with pytest.raises(ValueError, match=message):
        noise.flip_proba(CODES, X)


@every_noise
def test_random_state_is_checked_at_use(noise):
    noise = clone(noise).set_params(random_state="now")
    with pytest.raises(ValueError, match="'random_state' parameter of"):
        noise.corrupt(CODES, X)


@every_rate_noise
def test_one_class_has_nothing_to_flip_to(noise_class):
    one = ["a"] * 300
    with pytest.raises(ValueError, match=r"at least 2 classes, .* got 1\. Pass labels"):
        noise_class(0.2).corrupt(one, X)
    with pytest.raises(ValueError, match=r"at least 2 classes"):
        noise_class(0.2).flip_proba(np.zeros(300, int), X)
    assert_array_equal(noise_class(0).corrupt(one, X), one)


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (["a", None, "b"], r"UniformNoise expected a label in every row.*row 1"),
        ([1.0, np.nan], r"UniformNoise expected a label in every row"),
        ([0.5, 1.7, 2.2], r"Unknown label type: continuous"),
        ([[0, 1], [1, 0]], r"UniformNoise expected y of shape \(n_samples,\)"),
    ],
)
def test_bad_labels(y, message):
    with pytest.raises(ValueError, match=message):
        UniformNoise().corrupt(y)


@pytest.mark.parametrize(
    ("codes", "n_classes", "message"),
    [
        (["a", "b"], None, r"codes of shape \(n_samples,\).*call corrupt\(y\)"),
        ([[0, 1]], None, r"codes of shape \(n_samples,\).*shape \(1, 2\)"),
        ([0.0, 1.0], None, r"integers from 0, but got dtype float64"),
        ([0, 3], 3, r"codes from 0 to 2, one for each of 3 classes, .* 0 to 3\."),
        ([-1, 1], None, r"codes from 0 to 1, .* from -1 to 1\. Number"),
    ],
)
def test_bad_codes(codes, n_classes, message):
    with pytest.raises(ValueError, match=message):
        UniformNoise().flip_proba(codes, n_classes=n_classes)
