import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_array_equal
from scipy import sparse

from sknoisy._indicator import Indicator, read_indicator

Y = np.array([[0, 1, 1, 0], [1, 1, 0, 0], [0, 0, 0, 0]])
FRAME = pd.DataFrame(Y, columns=list("abcd"))
WITHOUT_NAMES = {
    "array": Y,
    "list": Y.tolist(),
    "bool": Y.astype(bool),
    "float": Y.astype(float),
    "object": Y.astype(object),
    "csr_matrix": sparse.csr_matrix(Y),
    "csc_array": sparse.csc_array(Y.astype(float)),
    "coo_array": sparse.coo_array(Y.astype(bool)),
    "lil_matrix": sparse.lil_matrix(Y),
}
WITH_NAMES = {
    "pandas": FRAME,
    "pandas bool": FRAME.astype(bool),
    "pandas nullable": FRAME.astype({"a": "Int8", "b": "boolean"}),
    "pandas sparse": FRAME.astype(pd.SparseDtype(int, 0)),
    "polars": pl.DataFrame(Y, schema=list("abcd")),
}


def read(Y, **options):
    return read_indicator(Y, owner="audit", **options)


@pytest.mark.parametrize("kind", [*WITHOUT_NAMES, *WITH_NAMES])
def test_every_container_is_read(kind):
    found = read({**WITHOUT_NAMES, **WITH_NAMES}[kind])
    assert isinstance(found.matrix, sparse.csr_array)
    assert found.matrix.dtype == bool
    assert_array_equal(found.matrix.toarray(), Y)
    names = list("abcd") if kind in WITH_NAMES else [0, 1, 2, 3]
    assert found.names.tolist() == names


@given(arrays(bool, st.tuples(st.integers(1, 12), st.integers(1, 6))))
def test_record_says_what_the_table_says(table):
    found = read(sparse.csr_array(table))
    assert (found.n_samples, found.n_labels) == table.shape
    assert_array_equal(found.occurrence(), table.sum(axis=0))
    assert_array_equal(found.counts(), table.T.astype(int) @ table.astype(int))
    for k in range(found.n_labels):
        assert_array_equal(found.column(k), table[:, k])
        assert_array_equal(found.rows(k), np.flatnonzero(table[:, k]))


def test_counts_do_not_overflow_small_types():
    found = read(np.ones((1000, 2), dtype=np.int8))
    assert_array_equal(found.counts(), np.full((2, 2), 1000))


def test_one_dimension_is_one_label():
    for column in (Y[:, 1], Y[:, 1].tolist(), pd.Series(Y[:, 1])):
        assert_array_equal(read(column).matrix.toarray(), Y[:, 1:2])


def test_names_are_taken_as_given():
    assert read(FRAME, label_names=list("wxyz")).names.tolist() == list("wxyz")
    mixed = read(Y, label_names=["a", 1, ("b", 2), None]).names
    assert mixed.tolist() == ["a", 1, ("b", 2), None]


def test_stored_zeros_and_doubles_of_sparse_input():
    table = sparse.csr_array(
        (np.array([1.0, 0.0, 1.0]), np.array([2, 0, 1]), np.array([0, 2, 3]))
    )
    found = read(table)
    assert found.matrix.nnz == 2
    assert table.nnz == 3
    twice = sparse.coo_array((np.ones(2), (np.zeros(2, int), np.zeros(2, int))))
    with pytest.raises(ValueError, match=r"got 1 other entries, the first of them 2\."):
        read(twice)


def test_large_sparse_tables_stay_sparse():
    row, column = np.random.RandomState(0).randint(300_000, size=(2, 1000))
    table = sparse.coo_matrix((np.ones(1000), (row, column)), shape=(300_000,) * 2)
    found = read(table)
    assert isinstance(found, Indicator)
    assert found.occurrence().sum() == 1000


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ([[0, 2]], r"zeros and ones in Y, but got 1 other .* them 2\."),
        ([[0, -1]], r"the first of them -1\. Compare with"),
        ([[0.5, 1]], r"the first of them 0\.5"),
        ([["a"], ["b"]], r"got 2 other entries, the first of them 'a'"),
        ([[0, np.nan]], "NaN among them"),
        ([[0, None]], "NaN among them"),
        (pd.DataFrame([[1, None]], dtype="Int8"), "NaN among them"),
        (sparse.csr_array([[0, np.nan]]), "NaN among them"),
        (sparse.csr_array([[0, 3.0]]), r"the first of them 3\.0"),
        ([["a"], ["a", "b"]], "rows of different lengths.*MultiLabelBinarizer"),
        (np.zeros((2, 2, 2)), r"got shape \(2, 2, 2\)"),
        (None, r"got shape \(\)"),
        (np.zeros((0, 3)), r"at least one row and one label, but got shape \(0, 3\)"),
        (np.zeros((3, 0)), r"at least one row and one label, but got shape \(3, 0\)"),
        ([], r"at least one row and one label"),
        (pd.DataFrame(Y, columns=list("aabc")), r"distinct names .* \['a'\] occur"),
    ],
)
def test_bad_tables(table, message):
    with pytest.raises(ValueError, match=f"audit expected .*{message}"):
        read(table)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (list("abc"), "one name for each of 4 labels.* but got 3"),
        ("abcd", "one name for each of 4 labels.* but got 1"),
        (list("abca"), r"distinct names of labels, but \['a'\]"),
    ],
)
def test_bad_names(names, message):
    with pytest.raises(ValueError, match=message):
        read(Y, label_names=names)


def test_messages_call_the_table_by_its_name():
    with pytest.raises(ValueError, match="audit expected zeros and ones in y_true"):
        read([[2]], name="y_true")
