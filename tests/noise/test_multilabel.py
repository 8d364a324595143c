import pickle

import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_array_equal
from scipy import sparse
from sklearn.base import clone

from sknoisy.noise import MultilabelNoise

rng = np.random.RandomState(0)
Y = (rng.uniform(size=(2000, 4)) < [0.05, 0.3, 0.5, 0.9]).astype(int)
X = rng.normal(size=(2000, 3)) + Y[:, 1:2]
NOISE = MultilabelNoise(0.4, 0.1, random_state=0)
FRAME = pd.DataFrame(Y, columns=list("abcd"), index=np.arange(2000)[::-1])
CONTAINERS = {
    "list": Y.tolist(),
    "bool": Y.astype(bool),
    "float": Y.astype(np.float32),
    "object": Y.astype(object),
    "csr_matrix": sparse.csr_matrix(Y),
    "csr_array": sparse.csr_array(Y),
    "csc_array": sparse.csc_array(Y.astype(bool)),
    "coo_matrix": sparse.coo_matrix(Y.astype(float)),
    "pandas": FRAME,
    "pandas bool": FRAME.astype(bool),
    "pandas mixed": FRAME.astype({"a": "int8", "b": "boolean", "c": "Int64"}),
    "pandas sparse": FRAME.astype(pd.SparseDtype(np.int8, 0)),
    "pandas sparse bool": FRAME.astype(pd.SparseDtype(bool, False)),
    "polars": pl.DataFrame(Y, schema=list("abcd")),
    "polars bool": pl.DataFrame(Y.astype(bool), schema=list("abcd")),
}


def as_array(table):
    table = table.toarray() if sparse.issparse(table) else np.asarray(table)
    return table.astype(int)


@pytest.mark.parametrize("kind", CONTAINERS)
def test_every_container_gets_the_same_noise_and_comes_back(kind):
    given = CONTAINERS[kind]
    noisy = NOISE.corrupt(given)
    assert_array_equal(as_array(noisy), NOISE.corrupt(Y))
    if kind == "list":
        assert isinstance(noisy, np.ndarray)
    elif kind.startswith("pandas"):
        pd.testing.assert_frame_equal(MultilabelNoise(0).corrupt(given), given)
        pd.testing.assert_index_equal(noisy.index, given.index)
    elif kind.startswith("polars"):
        assert noisy.schema == given.schema
    elif kind != "object":
        assert type(noisy) is type(given)
        assert noisy.dtype == given.dtype


@pytest.mark.parametrize(
    "column", [pd.Series(Y[:, 1], name="a"), pl.Series("a", Y[:, 1].astype(bool))]
)
def test_one_label_in_one_dimension(column):
    noisy = NOISE.corrupt(column)
    assert type(noisy) is type(column)
    assert noisy.dtype == column.dtype
    assert noisy.name == "a"
    assert_array_equal(as_array(noisy), NOISE.corrupt(Y[:, 1]))
    assert NOISE.corrupt(Y[:, 1]).shape == (2000,)


@pytest.mark.parametrize("striking", [0, 0.3, 1])
@pytest.mark.parametrize("missing", [0.4, [0, 0.2, 0.7, 1]])
@pytest.mark.parametrize("spurious", [0.0, [0.3, 0, 0.1, 1]])
def test_rates_are_kept_label_by_label(missing, spurious, striking):
    noise = MultilabelNoise(missing, spurious, striking=striking, random_state=0)
    noisy = noise.corrupt(Y, X)
    missing, spurious = np.broadcast_to(missing, 4), np.broadcast_to(spurious, 4)
    for k in range(4):
        for value, rate in ((1, missing[k]), (0, spurious[k])):
            flipped = noisy[Y[:, k] == value, k] != value
            error = 4 * np.sqrt(rate * (1 - rate) / len(flipped))
            assert abs(flipped.mean() - rate) <= error


def test_without_rates_nothing_changes():
    assert_array_equal(MultilabelNoise(0, 0).corrupt(Y), Y)


def test_the_table_is_left_as_it_was():
    before = Y.copy()
    NOISE.corrupt(Y)
    assert_array_equal(Y, before)
    given = sparse.csr_array(Y)
    NOISE.corrupt(given)
    assert_array_equal(given.toarray(), before)


@pytest.mark.parametrize("convert", [np.asarray, sparse.csr_array])
def test_least_striking_rows_lose_the_tag(convert):
    strength = np.arange(1000.0)
    has_tag = (strength >= 600).astype(int)
    features = convert(np.column_stack([strength, np.ones(1000)]))
    noise = MultilabelNoise(0.5, striking=1, random_state=0)
    assert_array_equal(noise.corrupt(has_tag, features), strength >= 800)
    opposite = noise.corrupt(1 - has_tag, features)
    assert_array_equal(opposite, strength < 300)
    half = clone(noise).set_params(striking=0.5).corrupt(has_tag, features)
    lost = has_tag > half
    assert 0.6 < lost[600:800].mean() < 0.9
    assert 0.1 < lost[800:].mean() < 0.4


def test_units_of_features_do_not_matter():
    noise = MultilabelNoise(0.5, striking=1, random_state=0)
    assert_array_equal(noise.corrupt(Y, X), noise.corrupt(Y, X * [1000, 1, 0.01] + 5))


def test_seeds_decide():
    noisy = NOISE.corrupt(Y)
    assert_array_equal(clone(NOISE).corrupt(Y), noisy)
    assert_array_equal(pickle.loads(pickle.dumps(NOISE)).corrupt(Y), noisy)
    other = clone(NOISE).set_params(random_state=1).corrupt(Y)
    assert (other != noisy).any()
    moving = clone(NOISE).set_params(random_state=np.random.RandomState(0))
    assert (moving.corrupt(Y) != moving.corrupt(Y)).any()


def test_is_a_bag_of_parameters_and_no_estimator_to_fit():
    assert not hasattr(NOISE, "fit")
    assert set(NOISE.get_params()) == {
        "missing_rate",
        "spurious_rate",
        "striking",
        "random_state",
    }


def test_sparse_tables_stay_small():
    wide = sparse.random(200_000, 50, 0.001, format="csr", random_state=0)
    wide.data[:] = 1
    noisy = MultilabelNoise(0.5, 1e-5, random_state=0).corrupt(wide)
    assert noisy.nnz < 0.7 * wide.nnz


@pytest.mark.parametrize("rate", ["missing_rate", "spurious_rate"])
@pytest.mark.parametrize(
    ("value", "message"),
    [
        (1.1, "parameter of MultilabelNoise must be"),
        ("much", "parameter of MultilabelNoise must be"),
        ([0.1, 0.2], r"one for each of the 4 labels of Y, but got shape \(2,\)"),
        ([0.1, 0.2, 0.3, 1.1], r"a number in \[0, 1\], .* out of that range"),
        ([0.1, 0.2, 0.3, np.nan], "out of that range"),
    ],
)
def test_bad_rates(rate, value, message):
    with pytest.raises(ValueError, match=message):
        MultilabelNoise(**{rate: value}).corrupt(Y)


def test_bad_input():
    with pytest.raises(ValueError, match="MultilabelNoise expected zeros and ones"):
        NOISE.corrupt([[0, 2]])
    striking = MultilabelNoise(striking=0.5)
    with pytest.raises(ValueError, match=r"needs X of shape .* or set striking=0"):
        striking.corrupt(Y)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        striking.corrupt(Y, X[:5])
    with pytest.raises(ValueError, match="'striking' parameter of MultilabelNoise"):
        MultilabelNoise(striking=2).corrupt(Y)
