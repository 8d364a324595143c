import joblib
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.neighbors import KNeighborsTransformer, RadiusNeighborsTransformer

from sknoisy._labels import NoisyLabels
from sknoisy._neighbor_graph import neighbor_votes


def _labels(codes, n_classes=None, **aligned):
    codes = np.asarray(codes)
    n_classes = codes.max() + 1 if n_classes is None else n_classes
    return NoisyLabels(codes=codes, classes=np.arange(n_classes), **aligned)


def _brute_force(Z, codes, k, *, sample_weight=None, groups=None):
    """Count the votes by a loop over rows and a full matrix of distances."""
    weights = np.ones(len(Z)) if sample_weight is None else sample_weight
    # A point is a place, and a group where there are groups.
    owner = np.zeros(len(Z)) if groups is None else groups
    points = np.unique(np.column_stack([owner, Z])[weights > 0], axis=0)
    votes = np.zeros((len(Z), codes.max() + 1))
    for i, z in enumerate(Z):
        if groups is None:
            others = points[(points[:, 1:] != z).any(axis=1)]
        else:
            others = points[points[:, 0] != groups[i]]
        distance = np.sqrt(((others[:, 1:] - z) ** 2).sum(axis=1))
        for point in others[np.argsort(distance, kind="stable")[:k]]:
            same = (owner == point[0]) & (point[1:] == Z).all(axis=1)
            np.add.at(votes[i], codes[same], weights[same])
    return votes


@pytest.fixture(params=range(4))
def case(request):
    rng = np.random.RandomState(request.param)
    Z = rng.normal(size=(60, 3))
    Z[rng.randint(60, size=25)] = Z[rng.randint(60, size=25)]
    weights = rng.randint(0, 3, size=60).astype(float)
    # Copies share a group, since the order of equally near points is left open.
    groups = rng.randint(12, size=60)[np.unique(Z, axis=0, return_inverse=True)[1]]
    return Z, rng.randint(3, size=60), weights, groups


@pytest.mark.parametrize("k", [1, 4, 10, 100])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("grouped", [False, True])
def test_equals_a_brute_force_count(case, k, weighted, grouped):
    Z, codes, weights, groups = case
    aligned = {"sample_weight": weights} if weighted else {}
    aligned |= {"groups": groups} if grouped else {}
    votes = neighbor_votes(Z, _labels(codes, **aligned), n_neighbors=k)
    assert_allclose(votes, _brute_force(Z, codes, k, **aligned))


def test_votes_by_hand():
    Z = np.array([[0.0], [1.0], [3.0], [3.0], [7.0]])
    votes = neighbor_votes(Z, _labels([0, 1, 0, 1, 2]), n_neighbors=2)
    # The two rows at 3 are one point: they vote together and not on each other.
    expected = [[1, 2, 0], [2, 1, 0], [1, 1, 0], [1, 1, 0], [1, 2, 0]]
    assert_array_equal(votes, expected)


def test_copies_do_not_vote_on_each_other():
    Z = np.repeat(np.arange(3.0), 2)[:, None]
    votes = neighbor_votes(Z, _labels([0, 0, 1, 1, 2, 2]), n_neighbors=1)
    assert_array_equal(votes[[2, 3], 1], [0, 0])
    assert_array_equal(votes.sum(axis=1), [2] * 6)


def test_rows_of_a_group_do_not_vote_on_each_other_however_near():
    Z = np.r_[np.linspace(0, 0.1, 50), 5.0, 6.0, 7.0][:, None]
    codes = np.r_[np.zeros(50, int), 1, 1, 2]
    groups = np.r_[np.zeros(50, int), 1, 2, 3]
    votes = neighbor_votes(Z, _labels(codes, groups=groups), n_neighbors=3)
    assert_array_equal(votes[:50], np.tile([0, 2, 1], (50, 1)))
    assert_array_equal(votes[50:], [[1, 1, 1], [1, 1, 1], [1, 2, 0]])
    votes = neighbor_votes(Z, _labels(codes, groups=groups), n_neighbors=2)
    assert_array_equal(votes[:50], np.tile([0, 2, 0], (50, 1)))


def test_groups_may_be_of_any_type():
    Z, codes = np.array([[0.0], [1], [3], [7]]), [0, 0, 1, 1]
    named = neighbor_votes(Z, _labels(codes, groups=list("abab")), n_neighbors=1)
    numbered = neighbor_votes(Z, _labels(codes, groups=[7, 3, 7, 3]), n_neighbors=1)
    assert_array_equal(named, numbered)
    assert_array_equal(named, [[1, 0], [1, 0], [1, 0], [0, 1]])


def test_copies_in_different_groups_vote_on_each_other():
    votes = neighbor_votes(
        np.array([[0.0], [0.0], [9.0]]),
        _labels([0, 1, 1], groups=[1, 2, 3]),
        n_neighbors=1,
    )
    assert_array_equal(votes, [[0, 1], [1, 0], [1, 0]])


def test_a_weight_is_as_many_copies(case):
    Z, codes, weights, _ = case
    repeated = np.repeat(np.arange(60), weights.astype(int))
    weighted = neighbor_votes(Z, _labels(codes, sample_weight=weights), n_neighbors=5)
    copied = neighbor_votes(Z[repeated], _labels(codes[repeated]), n_neighbors=5)
    assert_allclose(copied, weighted[repeated])


@settings(max_examples=25)
@given(seed=st.integers(0, 1000))
def test_order_of_rows_and_of_classes_does_not_matter(seed):
    rng = np.random.RandomState(seed)
    Z, codes = rng.normal(size=(15, 2)), np.r_[0, 1, 2, rng.randint(3, size=12)]
    votes = neighbor_votes(Z, _labels(codes), n_neighbors=4)
    rows, names = rng.permutation(15), rng.permutation(3)
    other = neighbor_votes(Z[rows], _labels(names[codes[rows]]), n_neighbors=4)
    assert_allclose(other[:, names], votes[rows])


@pytest.mark.parametrize("n_points", [2, 3, 5])
def test_more_neighbors_than_points(n_points):
    codes = np.arange(n_points) % 2
    Z = np.arange(n_points, dtype=float)[:, None]
    votes = neighbor_votes(Z, _labels(codes, 2), n_neighbors=50)
    assert_array_equal(votes, np.bincount(codes) - np.eye(2)[codes])


def test_a_single_point_has_no_neighbors():
    votes = neighbor_votes(np.zeros((4, 2)), _labels([0, 1, 0, 1]))
    assert_array_equal(votes, np.zeros((4, 2)))


def test_a_single_group_has_no_neighbors():
    Z = np.arange(4.0)[:, None]
    votes = neighbor_votes(Z, _labels([0, 1, 0, 1], groups=["all"] * 4))
    assert_array_equal(votes, np.zeros((4, 2)))


def test_rows_without_weight_are_voted_on_but_do_not_vote():
    Z = np.array([[0.0], [1.0], [1.1], [9.0]])
    labels = _labels([0, 0, 1, 1], sample_weight=np.array([1.0, 0, 1, 1]))
    votes = neighbor_votes(Z, labels, n_neighbors=1)
    assert_array_equal(votes, [[0, 1], [0, 1], [1, 0], [0, 1]])


@pytest.mark.parametrize(
    "search",
    [
        KNeighborsTransformer(algorithm="brute"),
        KNeighborsTransformer(n_neighbors=1, algorithm="kd_tree"),
    ],
)
@pytest.mark.parametrize("grouped", [False, True])
def test_a_search_of_ones_own(case, search, grouped):
    Z, codes, weights, groups = case
    labels = _labels(codes, sample_weight=weights, groups=groups if grouped else None)
    votes = neighbor_votes(Z, labels, n_neighbors=6, neighbors=search)
    assert_allclose(votes, neighbor_votes(Z, labels, n_neighbors=6))
    assert not hasattr(search, "n_features_in_")


def test_a_search_that_sets_its_own_reach():
    Z = np.array([[0.0], [1.0], [2.0], [10.0]])
    search = RadiusNeighborsTransformer(radius=1.5)
    votes = neighbor_votes(Z, _labels([0, 1, 0, 1]), n_neighbors=1, neighbors=search)
    # The last row has nobody in reach; ties between equally near points may go
    # either way.
    assert_array_equal(votes.sum(axis=1), [1, 1, 1, 0])
    assert_array_equal(votes[[0, 2]], [[0, 1], [0, 1]])


class CosineSearch(TransformerMixin, BaseEstimator):
    """A search from elsewhere: same interface, other distance, unsorted graph."""

    def __init__(self, n_neighbors=5):
        self.n_neighbors = n_neighbors

    def fit(self, X, y=None):
        self.search_ = KNeighborsTransformer(
            n_neighbors=self.n_neighbors, metric="cosine"
        ).fit(X)
        return self

    def transform(self, X):
        graph = self.search_.transform(X)
        graph.sort_indices()
        return graph


def test_distances_are_those_of_the_search():
    Z = np.array([[1.0, 0], [9, 0.1], [1, 1], [8, 8.1]])
    votes = neighbor_votes(
        Z, _labels([0, 0, 1, 1]), n_neighbors=1, neighbors=CosineSearch()
    )
    assert_array_equal(votes, [[1, 0], [1, 0], [0, 1], [0, 1]])


def test_memory_saves_the_search(case, tmp_path, monkeypatch):
    Z, codes, _, _ = case
    memory = joblib.Memory(tmp_path, verbose=0)
    first = neighbor_votes(Z, _labels(codes), memory=memory)
    calls = []
    plain = KNeighborsTransformer.transform
    monkeypatch.setattr(
        KNeighborsTransformer, "transform", lambda *a: calls.append(1) or plain(*a)
    )
    # Other labels on the same points need no other search.
    second = neighbor_votes(Z, _labels((codes + 1) % 3), memory=memory)
    assert_array_equal(second[:, [1, 2, 0]], first)
    assert not calls
    neighbor_votes(Z, _labels(codes))
    assert calls
