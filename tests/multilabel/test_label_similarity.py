import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from scipy.stats import pearsonr, spearmanr
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.metrics.pairwise import cosine_similarity as cosine

from sknoisy.multilabel import compare_label_similarity, label_cooccurrence

rng = np.random.RandomState(0)
VECTORS = rng.normal(size=(5, 3))
VECTORS[1] = VECTORS[0] + 0.01
Y = (rng.uniform(size=(300, 5)) < 0.4).astype(int)
Y[Y[:, 0] == 1, 1] = 0  # nobody uses both of the first two


@pytest.mark.parametrize("convert", [np.asarray, sparse.csr_array, pd.DataFrame])
def test_report_holds_both_sides(convert):
    report = compare_label_similarity(VECTORS, convert(Y))
    together = label_cooccurrence(Y, normalize="cosine").matrix
    places = report.first.astype(int), report.second.astype(int)
    assert_allclose(report.similarity, cosine(VECTORS)[places])
    assert_allclose(report.cooccurrence, together[places])
    sides = report.similarity, report.cooccurrence
    assert report.pearson == pytest.approx(pearsonr(*sides).statistic)
    assert report.spearman == pytest.approx(spearmanr(*sides).statistic)
    assert len(report.to_frame()) == 10
    pairs = set(zip(report.first.tolist(), report.second.tolist(), strict=True))
    assert pairs == {(i, j) for i in range(5) for j in range(i + 1, 5)}


def test_synonyms_come_first():
    names = ["vocal", "vocals", "loud", "sad", "old"]
    pairs = compare_label_similarity(VECTORS, Y, label_names=names)
    assert (pairs.first[0], pairs.second[0]) == ("vocal", "vocals")
    assert pairs.similarity_percentile[0] == 100
    assert pairs.cooccurrence[0] == 0
    assert pairs.cooccurrence_percentile[0] == 10
    assert pairs.n_only_first[0] == Y[:, 0].sum()
    assert pairs.n_only_second[0] == Y[:, 1].sum()
    similar = pairs.similarity > 0
    # The dissimilar pairs come last, the others by how surprising they are.
    assert (np.diff(similar.astype(int)) <= 0).all()
    surprise = pairs.similarity_percentile - pairs.cooccurrence_percentile
    assert (np.diff(surprise[similar]) <= 0).all()


def test_rows_with_one_tag_alone_are_counted():
    pair = compare_label_similarity([[1, 0], [1, 1]], [[1, 1], [1, 0], [1, 0], [0, 1]])
    assert_array_equal([pair.n_only_first[0], pair.n_only_second[0]], [2, 1])
    assert np.isnan(pair.pearson)


@pytest.mark.filterwarnings("default::sklearn.exceptions.UndefinedMetricWarning")
def test_absent_labels_and_empty_vectors_are_left_out_with_warnings():
    table, vectors = Y.copy(), VECTORS.copy()
    table[:, 4], vectors[3] = 0, 0
    with pytest.warns(UndefinedMetricWarning) as caught:
        pairs = compare_label_similarity(vectors, table)
    texts = [str(warning.message) for warning in caught]
    assert ["Labels: 3." in texts[0], "Labels: 4." in texts[1]] == [True, True]
    assert set(pairs.first) | set(pairs.second) == {0, 1, 2}
    assert np.isfinite(pairs.pearson)


def test_single_label_has_no_pairs():
    pairs = compare_label_similarity([[1.0, 2.0]], [0, 1])
    assert len(pairs.first) == 0
    assert np.isnan(pairs.spearman)


def test_bad_input():
    with pytest.raises(ValueError, match="vectors expected one for each of 5 labels"):
        compare_label_similarity(VECTORS[:4], Y)


@pytest.mark.parametrize("vectors", [[1, 2, 3], [[np.nan, 1]], [[[1.0]]]])
def test_bad_vectors(vectors):
    with pytest.raises(ValueError, match=r"vectors expected a table of shape"):
        compare_label_similarity(vectors, Y)
