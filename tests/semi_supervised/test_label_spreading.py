from types import SimpleNamespace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sknoisy._labels import NoisyLabels
from sknoisy._neighbor_graph import neighbor_graph
from sknoisy.semi_supervised._label_spreading import (
    N_STEPS,
    REACH,
    balanced,
    spread_by_fold,
    spread_labels,
)


def graph_of(Z, weights=None):
    labels = NoisyLabels(np.zeros(len(Z), int), np.arange(2), sample_weight=weights)
    return neighbor_graph(Z, labels, n_neighbors=10)


@pytest.fixture(scope="module")
def blobs():
    rng = np.random.RandomState(0)
    Z = np.concatenate([rng.normal(0, 1, (40, 2)), rng.normal(8, 1, (40, 2))])
    table = np.zeros((80, 2))
    table[0, 0] = table[40, 1] = 1
    return Z, table


def test_one_label_reaches_its_whole_blob(blobs):
    Z, table = blobs
    spread = spread_labels(graph_of(Z), table)
    assert_array_equal(spread.argmax(axis=1), np.repeat([0, 1], 40))
    assert (spread.max(axis=1) > 0).all()


def test_it_is_the_sum_of_walks(blobs):
    Z, table = blobs
    graph = graph_of(Z)
    W = graph.ranks.toarray() > 0
    W = (W.astype(float) + W.T)[np.ix_(graph.points, graph.points)]
    d = W.sum(axis=1)
    S = W / np.sqrt(np.outer(d, d))
    total, term = np.zeros_like(table), table
    for step in range(N_STEPS + 1):
        total = total + (1 - REACH) * REACH**step * term
        term = S @ term
    assert_allclose(spread_labels(graph, table), total)


def test_copies_are_one_point(blobs):
    Z, table = blobs
    weights = np.ones(80)
    weights[[0, 5]] = 2
    once = spread_labels(graph_of(Z, weights), table * weights[:, None])
    rows = np.repeat(np.arange(80), weights.astype(int))
    twice = spread_labels(graph_of(Z[rows]), table[rows])
    assert_allclose(twice, once[rows])


def test_points_without_weight_pass_nothing_on(blobs):
    Z, table = blobs
    weights = np.ones(80)
    weights[[3, 50]] = 0
    spread = spread_labels(graph_of(Z, weights), table)
    kept = weights > 0
    assert_allclose(spread[kept], spread_labels(graph_of(Z[kept]), table[kept]))
    assert_array_equal(spread[[3, 50]].argmax(axis=1), [0, 1])


def test_a_fold_is_taken_away_again(blobs):
    Z, table = blobs
    table = table.copy()
    table[[10, 60], [1, 0]] = 1
    graph = graph_of(Z)
    folds = [np.array([10]), np.array([0, 60])]
    total, *without = spread_by_fold(graph, table, folds)
    assert_allclose(total, spread_labels(graph, table))
    for found, rows in zip(without, folds, strict=True):
        left = table.copy()
        left[rows] = 0
        assert_allclose(found, spread_labels(graph, left), atol=1e-15)


def test_no_neighbors_no_spread():
    lonely = SimpleNamespace(
        ranks=graph_of(np.zeros((3, 1))).ranks,
        voters=np.array([0]),
        points=np.zeros(3, int),
    )
    table = np.array([[1.0, 0], [0, 0], [0, 0]])
    assert_allclose(
        spread_labels(lonely, table), (1 - REACH) * table.sum(0) + 0 * table
    )


def test_classes_hold_their_shares():
    rng = np.random.RandomState(0)
    table = rng.gamma(0.3, size=(500, 3)) * [1, 5, 0.2]
    mass, share = rng.uniform(0.5, 2, 500), np.array([0.5, 0.3, 0.2])
    proba = balanced(table, share, mass)
    assert_allclose(proba.sum(axis=1), 1)
    unbalanced = table / table.sum(axis=1, keepdims=True)
    before = np.abs(np.average(unbalanced, axis=0, weights=mass) - share).max()
    after = np.abs(np.average(proba, axis=0, weights=mass) - share).max()
    assert after < before / 2


def test_rows_that_nothing_reaches_hold_the_shares():
    share = np.array([0.7, 0.3])
    proba = balanced(np.array([[0.0, 0.0], [0.2, 0.1]]), share, np.ones(2))
    assert_allclose(proba[0], share)
    assert_allclose(balanced(np.zeros((2, 2)), share, np.ones(2)), [share, share])
