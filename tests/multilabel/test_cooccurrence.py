import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.exceptions import UndefinedMetricWarning

from sknoisy.multilabel import label_cooccurrence

Y = np.array([[1, 1, 0], [1, 0, 0], [1, 1, 0], [0, 1, 1]])
MEASURES = ["conditional", "cosine", "jaccard", "lift", None]


@pytest.mark.parametrize(
    ("normalize", "expected"),
    [
        ("conditional", [[1, 2 / 3, 0], [2 / 3, 1, 1 / 3], [0, 1, 1]]),
        ("cosine", [[1, 2 / 3, 0], [2 / 3, 1, 3**-0.5], [0, 3**-0.5, 1]]),
        ("jaccard", [[1, 1 / 2, 0], [1 / 2, 1, 1 / 3], [0, 1 / 3, 1]]),
        ("lift", [[4 / 3, 8 / 9, 0], [8 / 9, 4 / 3, 4 / 3], [0, 4 / 3, 4]]),
        (None, [[3, 2, 0], [2, 3, 1], [0, 1, 1]]),
    ],
)
@pytest.mark.parametrize("convert", [np.asarray, sparse.csr_array, pd.DataFrame])
def test_cooccurrence_by_hand(normalize, expected, convert):
    found = label_cooccurrence(convert(Y), normalize=normalize)
    assert_allclose(found.matrix, expected)
    assert_array_equal(found.count, [3, 3, 1])


@given(arrays(bool, st.tuples(st.integers(1, 15), st.integers(1, 5))))
def test_cooccurrence_keeps_its_bounds(table):
    table = np.vstack([table, np.ones(table.shape[1], bool)])
    conditional = label_cooccurrence(table).matrix
    cosine = label_cooccurrence(table, normalize="cosine").matrix
    jaccard = label_cooccurrence(table, normalize="jaccard").matrix
    assert_allclose(np.diag(conditional), 1)
    assert_allclose(cosine**2, conditional * conditional.T)
    assert_allclose(cosine, cosine.T)
    assert (jaccard <= cosine + 1e-12).all()
    assert (jaccard > 0).all()


@pytest.mark.parametrize("normalize", MEASURES[:-1])
def test_labels_that_never_occur_are_nan_with_a_warning(normalize):
    table = np.column_stack([Y, np.zeros(4, int)])
    with pytest.warns(UndefinedMetricWarning, match=r"never occur\. Labels: 3\."):
        matrix = label_cooccurrence(table, normalize=normalize).matrix
    assert np.isnan(matrix[3]).all()
    assert np.isnan(matrix[:, 3]).all()
    assert_allclose(
        matrix[:3, :3], label_cooccurrence(Y, normalize=normalize).matrix * 1.0
    )


def test_counts_need_no_warning():
    counts = label_cooccurrence([[1, 0]], normalize=None).matrix
    assert_array_equal(counts, [[1, 0], [0, 0]])


def test_labels_on_every_row_and_twice():
    table = np.column_stack([np.ones(4, int), Y[:, 0], Y[:, 0]])
    matrix = label_cooccurrence(table).matrix
    assert_allclose(matrix[1, 0], 1)
    assert_allclose(matrix[1, 2], 1)
    assert_allclose(label_cooccurrence(Y[:, 0]).matrix, [[1]])


def test_top_pairs():
    names = ["a", "b", "c"]
    pairs = label_cooccurrence(Y, label_names=names).top_pairs(2)
    assert pairs.first.tolist() == ["c", "a"]
    assert pairs.second.tolist() == ["b", "b"]
    assert_allclose(pairs.value, [1, 2 / 3])
    pairs = label_cooccurrence(Y, normalize="jaccard", label_names=names).top_pairs()
    assert list(zip(pairs.first, pairs.second, strict=True)) == [
        ("a", "b"),
        ("b", "c"),
        ("a", "c"),
    ]
    assert len(pairs.to_frame()) == 3


def test_frame_of_the_matrix_has_names_on_both_sides():
    frame = label_cooccurrence(pd.DataFrame(Y, columns=list("abc"))).to_frame()
    assert frame.loc["c", "b"] == 1
    assert frame.loc["b", "c"] == pytest.approx(1 / 3)


def test_bad_measure():
    with pytest.raises(ValueError, match="normalize expected one of 'conditional',"):
        label_cooccurrence(Y, normalize="npmi")


def test_frames_need_pandas(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match=r'pip install ".\[report\]"'):
        label_cooccurrence(Y).top_pairs().to_frame()
    assert label_cooccurrence(Y).to_dict()["count"][0] == 3
