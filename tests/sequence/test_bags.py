import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from scipy import sparse

from sknoisy.sequence._bags import read_bags

LISTED = [np.arange(8.0).reshape(4, 2), np.empty((0, 2)), np.ones((1, 2))]


def read(X, **options):
    return read_bags(X, owner="Model", **options)


def test_a_list_of_arrays():
    bags = read(LISTED)
    assert_array_equal(bags.offsets, [0, 4, 4, 5])
    assert_array_equal(bags.lengths, [4, 0, 1])
    assert_array_equal(bags.values, np.concatenate(LISTED))
    assert (bags.n_bags, bags.n_features) == (3, 2)
    assert_array_equal(bags.bag_of_step, [0, 0, 0, 0, 2])


def test_the_steps_go_back_to_their_bags():
    parts = read(LISTED).split(np.arange(5))
    assert [part.tolist() for part in parts] == [[0, 1, 2, 3], [], [4]]


def as_objects(arrays):
    holder = np.empty(len(arrays), dtype=object)
    holder[:] = arrays
    return holder


SAME = {
    "tuple": tuple(LISTED),
    "objects": as_objects(LISTED),
    "nested lists": [bag.tolist() for bag in LISTED[:1]] + LISTED[1:],
    "frames": [pd.DataFrame(bag) for bag in LISTED],
    "integers": [LISTED[0].astype(int), *LISTED[1:]],
}


@pytest.mark.parametrize("X", SAME.values(), ids=SAME)
def test_other_lists(X):
    bags = read(X)
    assert_array_equal(bags.values, np.concatenate(LISTED))
    assert_array_equal(bags.offsets, [0, 4, 4, 5])


def test_an_array_of_three_dimensions_has_time_last():
    X = np.random.RandomState(0).uniform(size=(3, 2, 7))
    bags = read(X)
    assert_array_equal(bags.lengths, [7, 7, 7])
    assert_array_equal(bags.values[7:14], X[1].T)


def test_some_of_the_bags():
    part, rows = read(LISTED).part([2, 0])
    assert_array_equal(part.offsets, [0, 1, 5])
    assert_array_equal(rows, [4, 0, 1, 2, 3])
    assert_array_equal(part.values, np.concatenate([LISTED[2], LISTED[0]]))


ONE = np.ones((3, 2))
BAD = {
    "nothing": (None, {}, "expected sequences in X, but got None.*list with one"),
    "text": ("abc", {}, "expected sequences in X, but got 'abc'"),
    "no bags": ([], {}, "at least one sequence in X, but got none"),
    "widths": ([ONE, ONE[:, :1]], {}, "bag 0 has 2 and bag 1 has 1"),
    "series": ([ONE, ONE[:, 0]], {}, r"bag 1 of X has shape \(3,\).*reshape\(-1, 1\)"),
    "NaN": ([ONE, ONE * np.nan], {}, "bag 1 of X contains NaN, first in step 0"),
    "infinity": ([ONE * np.inf], {}, "bag 0 of X contains infinity"),
    "words": ([ONE, [["a"], ["b"]]], {}, "bag 1 of X cannot be read as one"),
    "ragged": ([[[1, 2], [3]]], {}, "bag 0 of X cannot be read as one"),
    "flat": (ONE, {}, r"single array of shape \(3, 2\).*numpy\.split"),
    "sparse": (sparse.csr_array(ONE), {}, "single array of shape"),
    "features": ([ONE], {"n_features": 5}, "expected 5 features per step.*2 features"),
    "NaN in three": (np.full((1, 2, 3), np.nan), {}, "X contains NaN"),
}


@pytest.mark.parametrize(("X", "options", "message"), BAD.values(), ids=BAD)
def test_bad_bags(X, options, message):
    with pytest.raises(ValueError, match=message):
        read(X, **options)


def test_sparse_bags():
    with pytest.raises(TypeError, match=r"dense arrays, but bag 1 of X is sparse"):
        read([ONE, sparse.csr_array(ONE)])
