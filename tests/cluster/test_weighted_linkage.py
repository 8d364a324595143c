import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import sparse
from scipy.cluster.hierarchy import linkage as scipy_linkage
from scipy.spatial.distance import cdist
from sklearn.cluster import AgglomerativeClustering
from sklearn.metrics import adjusted_rand_score

from sknoisy.cluster import _cluster_rows
from sknoisy.cluster._cluster_rows import Cut, cluster_rows
from sknoisy.cluster._weighted_linkage import cut_tree, linkage_tree

LINKAGES = ["average", "ward"]
linkages = pytest.mark.parametrize("linkage", LINKAGES)


def same_clusters(a, b):
    return adjusted_rand_score(a, b) == 1


@linkages
@settings(max_examples=15)
@given(seed=st.integers(0, 1000), n_points=st.integers(2, 30))
def test_heights_are_those_of_scipy(linkage, seed, n_points):
    X = np.random.RandomState(seed).normal(size=(n_points, 3))
    _, heights = linkage_tree(cdist(X, X), np.ones(n_points), linkage)
    assert_allclose(heights, scipy_linkage(X, linkage)[:, 2])


@linkages
@settings(max_examples=15)
@given(seed=st.integers(0, 1000))
def test_a_weight_is_a_row_written_that_often(linkage, seed):
    rng = np.random.RandomState(seed)
    X, weights = rng.normal(size=(12, 3)), rng.randint(1, 5, size=12)
    tree = linkage_tree(cdist(X, X), weights, linkage)
    written = AgglomerativeClustering(3, linkage=linkage).fit(np.repeat(X, weights, 0))
    ours = cut_tree(*tree, 12, n_clusters=3)
    assert same_clusters(np.repeat(ours, weights), written.labels_)


def test_weights_decide_with_average_linkage():
    # The third point is nearer to the fourth than to the first two on average, unless
    # most of these lie on the second.
    X = np.array([[0.0], [2.0], [5.0], [8.5]])
    for weights, joined in (([1, 1, 1, 1], 3), ([1, 9, 1, 1], 1)):
        pairs, heights = linkage_tree(cdist(X, X), weights, "average")
        labels = cut_tree(pairs, heights, 4, n_clusters=2)
        assert labels[2] == labels[joined]


@linkages
def test_the_cut_is_that_of_scikit_learn(linkage):
    X = np.random.RandomState(0).normal(size=(40, 2))
    tree = linkage_tree(cdist(X, X), np.ones(40), linkage)
    for threshold in (0, 0.3, 0.8, 100):
        theirs = AgglomerativeClustering(
            None, linkage=linkage, distance_threshold=threshold
        ).fit_predict(X)
        ours = cut_tree(*tree, 40, distance_threshold=threshold)
        assert same_clusters(ours, theirs)


def test_more_clusters_than_points():
    assert len(set(cut_tree(np.empty((0, 2), int), np.empty(0), 1, n_clusters=5))) == 1


def groups(n_groups, n_rows, seed=0):
    """Return rows on the columns of their group, and the groups."""
    rng = np.random.RandomState(seed)
    truth = rng.randint(n_groups, size=n_rows)
    table = np.zeros((n_rows, 3 * n_groups))
    for k in range(3):
        table[np.arange(n_rows), 3 * truth + k] = rng.uniform(0.2, 1, size=n_rows)
    noise = rng.randint(3 * n_groups, size=n_rows)
    table[np.arange(n_rows), noise] += 0.1
    return sparse.csr_array(table / table.sum(axis=1, keepdims=True)), truth


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
@pytest.mark.parametrize("options", [(6, 0.9), (None, 0.5)])
def test_many_rows_are_clustered_in_parts(metric, options, monkeypatch):
    table, truth = groups(6, 400)
    cut = Cut("average", metric, *options)
    weights = np.random.RandomState(0).randint(1, 9, size=400)
    exact = cluster_rows(table, weights, cut)
    assert same_clusters(exact, truth)
    monkeypatch.setattr(_cluster_rows, "MAX_EXACT", 50)
    assert same_clusters(cluster_rows(table, weights, cut), truth)


def test_rows_near_to_none_start_again(monkeypatch):
    # The third group is light, so that no row of it is among the first.
    table, truth = groups(3, 90)
    weights = np.where(truth == 2, 1, 10)
    monkeypatch.setattr(_cluster_rows, "MAX_EXACT", 10)
    for metric, threshold in (("cosine", 0.9), ("euclidean", 0.6)):
        labels = cluster_rows(table, weights, Cut("average", metric, None, threshold))
        assert set(labels[truth == 2]).isdisjoint(labels[truth < 2])


def test_rows_without_a_common_column_stay_apart(monkeypatch):
    # Groups of 1, 2, 3 … rows without any noise, then one of 200 rows.
    sizes = [*range(1, 15), 200]
    truth = np.repeat(np.arange(len(sizes)), sizes)
    rng = np.random.RandomState(0)
    table = np.zeros((len(truth), 2 * len(sizes)))
    table[np.arange(len(truth)), 2 * truth] = 1
    table[np.arange(len(truth)), 2 * truth + 1] = rng.uniform(size=len(truth))
    order = rng.permutation(len(truth))
    rows, truth = sparse.csr_array(table[order]), truth[order]
    for largest in (5, 10, 50, 1000):
        monkeypatch.setattr(_cluster_rows, "MAX_EXACT", largest)
        cut = Cut("average", "cosine", None, 0.9)
        assert same_clusters(cluster_rows(rows, np.ones(len(truth)), cut), truth)


def test_a_hundred_thousand_rows_that_stand_alone():
    table = sparse.csr_array(sparse.identity(100_000, format="csr"))
    labels = cluster_rows(table, np.ones(100_000), Cut("average", "cosine", None, 0.9))
    assert len(np.unique(labels)) == 100_000
