import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from scipy.stats import pearsonr, spearmanr
from sklearn.exceptions import UndefinedMetricWarning

from sknoisy.multilabel import compare_label_similarity, label_cooccurrence

rng = np.random.RandomState(0)
VECTORS = rng.normal(size=(5, 3))
VECTORS[1] = VECTORS[0] + 0.01
Y = (rng.uniform(size=(300, 5)) < 0.4).astype(int)
Y[Y[:, 0] == 1, 1] = 0  # nobody uses both of the first two


@pytest.mark.parametrize("convert", [np.asarray, sparse.csr_array, pd.DataFrame])
@pytest.mark.parametrize("normalize", ["cosine", "jaccard", "lift"])
def test_report_holds_both_sides(convert, normalize):
    report = compare_label_similarity(VECTORS, convert(Y), normalize=normalize)
    together = label_cooccurrence(Y, normalize=normalize).matrix
    assert_allclose(report.cooccurrence, together)
    pairs = np.triu_indices(5, 1)
    sides = report.similarity[pairs], together[pairs]
    assert report.pearson == pytest.approx(pearsonr(*sides).statistic)
    assert report.spearman == pytest.approx(spearmanr(*sides).statistic)
    assert report.to_frame().shape == (5, 5)


def test_synonyms_come_first():
    names = ["vocal", "vocals", "loud", "sad", "old"]
    report = compare_label_similarity(VECTORS, Y, label_names=names)
    for by in ("surprise", "similarity"):
        pairs = report.pairs(3, by=by)
        assert (pairs.first[0], pairs.second[0]) == ("vocal", "vocals")
    assert pairs.similarity_percentile[0] == 100
    assert pairs.cooccurrence[0] == 0
    assert pairs.cooccurrence_percentile[0] == 10
    assert pairs.n_only_first[0] == Y[:, 0].sum()
    assert pairs.n_only_second[0] == Y[:, 1].sum()
    assert (np.diff(pairs.similarity) <= 0).all()
    assert len(pairs.to_frame()) == 3
    assert len(report.pairs(100, by="similarity").first) == 10
    surprising = report.pairs(100)
    assert len(surprising.first) == (report.similarity > 0).sum() / 2 - 2.5
    assert (surprising.similarity > 0).all()


def test_rows_with_one_tag_alone_are_counted():
    report = compare_label_similarity(
        [[1, 0], [1, 1]], [[1, 1], [1, 0], [1, 0], [0, 1]]
    )
    pair = report.pairs()
    assert_array_equal([pair.n_only_first[0], pair.n_only_second[0]], [2, 1])
    assert np.isnan(report.pearson)


@pytest.mark.filterwarnings("default::sklearn.exceptions.UndefinedMetricWarning")
def test_absent_labels_and_empty_vectors_are_left_out_with_warnings():
    table, vectors = Y.copy(), VECTORS.copy()
    table[:, 4], vectors[3] = 0, 0
    with pytest.warns(UndefinedMetricWarning) as caught:
        report = compare_label_similarity(vectors, table)
    texts = [str(warning.message) for warning in caught]
    assert ["Labels: 3." in texts[0], "Labels: 4." in texts[1]] == [True, True]
    pairs = report.pairs(100, by="similarity")
    assert set(pairs.first) | set(pairs.second) == {0, 1, 2}
    assert np.isfinite(report.pearson)


def test_single_label_has_no_pairs():
    report = compare_label_similarity([[1.0, 2.0]], [0, 1])
    assert len(report.pairs().first) == 0
    assert np.isnan(report.spearman)


def test_bad_input():
    with pytest.raises(ValueError, match="vectors expected one for each of 5 labels"):
        compare_label_similarity(VECTORS[:4], Y)
    with pytest.raises(ValueError, match="normalize expected one of cosine, jaccard"):
        compare_label_similarity(VECTORS, Y, normalize="conditional")
    with pytest.raises(ValueError, match=r"by expected one of \['similarity', 'surpr"):
        compare_label_similarity(VECTORS, Y).pairs(by="size")
