import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from sknoisy._distinct_rows import distinct_rows


def _reference(X):
    """Compare all pairs of rows."""
    return np.array([[np.array_equal(a, b) for b in X] for a in X])


def _equal_numbers(X):
    number = distinct_rows(X)
    return number[:, None] == number


@settings(max_examples=25)
@given(seed=st.integers(0, 999), dtype=st.sampled_from(["u1", "i4", "i8", "f4", "f8"]))
def test_images_are_told_apart_by_their_content(seed, dtype):
    rng = np.random.RandomState(seed)
    X = rng.randint(2, size=(20, 2, 1, 2)).astype(dtype)
    assert_array_equal(_equal_numbers(X), _reference(X))
    assert_array_equal(distinct_rows(X), distinct_rows(X.reshape(20, -1)))


@pytest.mark.parametrize("kind", ["images", "table", "texts", "ragged"])
def test_numbers_do_not_depend_on_the_order_of_the_rows(kind):
    rng = np.random.RandomState(0)
    content = rng.randint(8, size=30)
    X = {
        "images": np.stack([np.full((3, 2, 2), c / 3) for c in content]),
        "table": np.column_stack([content, -content]),
        "texts": np.array([f"text {c}" for c in content]),
        "ragged": [np.arange(c, dtype=float) for c in content],
    }[kind]
    order = rng.permutation(30)
    moved = [X[i] for i in order] if kind == "ragged" else X[order]
    assert_array_equal(distinct_rows(moved), distinct_rows(X)[order])
    assert_array_equal(_equal_numbers(X), content[:, None] == content)
    assert distinct_rows(X).max() == len(np.unique(content)) - 1


def test_large_integers_are_not_rounded():
    ids = np.array([[2**60], [2**60 + 1], [2**60]])
    assert_array_equal(distinct_rows(ids), [0, 1, 0])
    ids = np.array([[2**63], [2**63 + 1], [2**63]], dtype=np.uint64)
    assert_array_equal(_equal_numbers(ids)[0], [True, False, True])


def test_missing_values_and_zeros_are_written_in_one_way():
    other_nan = np.array([0x7FF8000000000001], dtype=np.uint64).view(np.float64)[0]
    X = np.array([[np.nan], [-np.nan], [other_nan]])
    assert_array_equal(distinct_rows(X), [0, 0, 0])
    assert_array_equal(distinct_rows(X.astype(np.float32)), [0, 0, 0])
    rows = [np.array([-0.0, 1]), np.array([0.0, 1]), np.array([1.0])]
    assert_array_equal(_equal_numbers(rows)[0], [True, True, False])


def test_arrays_of_other_shape_are_other_rows():
    rows = [np.zeros((2, 3)), np.zeros((3, 2)), np.zeros((2, 3)), np.zeros(6)]
    assert_array_equal(_equal_numbers(rows)[0], [True, False, True, False])


def test_more_rows_than_are_compared_at_once(monkeypatch):
    X = np.random.RandomState(0).randint(3, size=(50, 2))
    monkeypatch.setattr("sknoisy._distinct_rows.COMPARED_NUMBERS", 6)
    assert_array_equal(_equal_numbers(X), _reference(X))
