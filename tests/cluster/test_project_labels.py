import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from sknoisy.cluster import project_labels

CLUSTERS = st.lists(
    st.tuples(st.integers(-1, 4), st.integers(-1, 4)), min_size=1, max_size=40
)


def by_sets(prev, current, similarity):
    """Return the projection by the definition, set by set."""
    rows = [set(np.flatnonzero(prev == a)) for a in sorted(set(prev) - {-1})]
    columns = [set(np.flatnonzero(current == b)) for b in sorted(set(current) - {-1})]
    table = np.zeros((len(rows), len(columns)))
    for a, row in enumerate(rows):
        for b, column in enumerate(columns):
            union = len(row | column) if similarity == "iou" else 1
            table[a, b] = len(row & column) / union
    return table


@settings(max_examples=40)
@given(CLUSTERS, st.sampled_from(["iou", "overlap"]))
def test_is_what_the_sets_say(pairs, similarity):
    prev, current = np.array(pairs).T
    expected = by_sets(prev, current, similarity)
    options = {"similarity": similarity}
    plain = project_labels(prev, current, **options, normalize=None)
    assert_allclose(plain, expected)
    for axis, normalize in ((1, "row"), (0, "col")):
        total = expected.sum(axis=axis, keepdims=True)
        scaled = np.divide(
            expected, total, out=np.zeros_like(expected), where=total > 0
        )
        found = project_labels(prev, current, **options, normalize=normalize)
        assert_allclose(found, scaled)


def test_worked_by_hand():
    table = project_labels([0, 0, 1, 1], [0, 1, 1, -1], normalize=None)
    assert_allclose(table, [[1 / 2, 1 / 3], [0, 1 / 3]])


@pytest.mark.parametrize("normalize", ["row", "col", None])
def test_a_sparse_table_holds_the_same(normalize):
    prev, current = np.random.RandomState(0).randint(-1, 5, size=(2, 60))
    options = {"normalize": normalize}
    table = project_labels(prev, current, sparse_output=True, **options)
    assert isinstance(table, sparse.csr_array)
    assert_allclose(table.toarray(), project_labels(prev, current, **options))


WORDS = ["ash", "elm", "oak"]
KINDS = {
    "strings": np.array(WORDS),
    "objects": np.array(WORDS, dtype=object),
    "floats": np.array([0.5, 1.5, 2.0]),
    "booleans and more": np.array([False, 1.5, 2], dtype=object),
    "tuples": np.fromiter([(0, "a"), (1, "a"), (1, "b")], dtype=object),
    "not sortable": np.fromiter([0, "a", (1, 2)], dtype=object),
}


@pytest.mark.parametrize("kind", KINDS)
def test_labels_of_any_hashable_kind(kind):
    codes = np.array([0, 0, 1, 2, 1, 0, 2])
    current = np.array([1, 0, 1, 1, 0, 0, 0])
    found = project_labels(KINDS[kind][codes], current)
    assert_allclose(found, project_labels(codes, current))


def test_series_and_lists():
    expected = project_labels(np.array([1, 1, 0]), np.array([0, 1, 1]))
    series = pd.Series(["b", "b", "a"], index=[3, 9, 4])
    assert_allclose(project_labels(series, [0, 1, 1]), expected)
    assert_allclose(project_labels(series.astype("category"), [0, 1, 1]), expected)


@pytest.mark.parametrize("dtype", [int, float, object])
def test_minus_one_is_no_cluster(dtype):
    prev = np.array([0, -1, 2], dtype=dtype)
    assert_array_equal(project_labels(prev, [0, 0, 0]), [[1], [1]])


def test_minus_one_as_text_is_a_cluster():
    assert project_labels(["-1", "0"], [0, 0]).shape == (2, 1)


def test_all_without_a_cluster():
    assert project_labels([-1, -1], [0, 1]).shape == (0, 2)
    assert project_labels([-1, -1], [-1, -1]).shape == (0, 0)


BAD = {
    "lengths": ([0, 1], [0], r"inconsistent numbers of samples: \[2, 1\]"),
    "NaN": ([0, np.nan, np.nan], [0] * 3, "prev expected a value.*2 of 3.*in row 1"),
    "None": ([0, 1], ["a", None], "current expected a value for every sample"),
    "pandas NA": ([0, 1], pd.array([1, None], dtype="Int64"), "current expected a val"),
    "columns": (np.eye(2), [0, 1], r"shape \(n_samples,\), but got shape \(2, 2\)"),
    "none": ([], [], "at least one sample, but got none"),
    "unhashable": (
        np.fromiter([[1], [2]], dtype=object),
        [0, 1],
        "Turn lists into tup",
    ),
}


@pytest.mark.parametrize(("prev", "current", "message"), BAD.values(), ids=BAD)
def test_bad_labels(prev, current, message):
    with pytest.raises(ValueError, match=message):
        project_labels(prev, current)


@pytest.mark.parametrize("option", ["similarity", "normalize"])
def test_bad_options(option):
    with pytest.raises(ValueError, match=f"The '{option}' parameter of project_labels"):
        project_labels([0], [0], **{option: "cosine"})
