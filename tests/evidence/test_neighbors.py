"""Class shares of the nearest points."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sknoisy._context import FitContext
from sknoisy._labels import read_labels
from sknoisy.evidence import EvidenceInputs, neighbor_evidence
from sknoisy.evidence import _neighbors as module
from sknoisy.evidence._neighbors import neighbor_shares, search_neighbors

Z = np.repeat([0.0, 100.0], 11)[:, None] + np.arange(22)[:, None] / 10
# The first eleven points are each other's neighbours, as are the others.
Y = np.array([0] * 8 + [1] * 3 + [1] * 11)
WEIGHTS = np.where(Y == 0, 2.0, 1.0)


def records(weights=None):
    return read_labels(Z, Y, sample_weight=weights, owner="Test")


def test_shares_by_hand():
    """A row of class 0 sees seven of its own and three others, and one vote between."""
    labels = records()
    found = neighbor_shares(search_neighbors(Z, labels, FitContext()), labels)
    assert_allclose(found[0], np.array([7 + 8 / 22, 3 + 14 / 22]) / 11)
    assert_allclose(found[8], np.array([8 + 8 / 22, 2 + 14 / 22]) / 11)
    assert_allclose(found[11:], [np.array([8 / 22, 10 + 14 / 22]) / 11] * 11)


def test_weights_count_in_votes_and_in_the_vote_between():
    labels = records(WEIGHTS)
    unit = labels.sample_weight[-1]
    found = neighbor_shares(search_neighbors(Z, labels, FitContext()), labels)
    expected = np.array([14 * unit + 16 / 30, 3 * unit + 14 / 30])
    assert_allclose(found[0], expected / expected.sum())


def test_neighbours_may_carry_other_labels():
    labels = records()
    carried = np.column_stack([np.full(22, 0.25), np.full(22, 0.75)])
    graph = search_neighbors(Z, labels, FitContext())
    found = neighbor_shares(graph, labels, carried)
    assert_allclose(found, [np.array([2.5 + 8 / 22, 7.5 + 14 / 22]) / 11] * 22)


def test_a_class_without_rows_has_a_column():
    labels = replace(records(), classes=np.arange(3))
    found = neighbor_shares(search_neighbors(Z, labels, FitContext()), labels)
    assert_array_equal(found[:, 2], 0)


def test_the_search_is_asked_for_what_the_context_says(monkeypatch):
    def graph(Z, labels, **options):
        return options

    monkeypatch.setattr(module, "neighbor_graph", graph)
    asked = search_neighbors(Z, records(), FitContext(memory="m", n_jobs=3))
    assert asked == {"n_neighbors": 10, "n_jobs": 3, "memory": "m"}
    asked = search_neighbors(Z, records(), FitContext(), n_neighbors=4)
    assert asked == {"n_neighbors": 4, "n_jobs": None, "memory": None}


@pytest.mark.parametrize("embedding", ["auto", "passthrough"])
def test_evidence_is_the_shares_where_rows_are_points(embedding):
    labels, context = records(), FitContext(embedding=embedding)
    inputs = EvidenceInputs(None, Z, labels, [], context)
    graph = search_neighbors(inputs.embedding, labels, context)
    assert_array_equal(neighbor_evidence(inputs), neighbor_shares(graph, labels))


@pytest.mark.filterwarnings("ignore::sknoisy.exceptions.NoEvidenceWarning")
def test_texts_are_no_points():
    texts = np.array([["a"], ["b"]] * 11, dtype=object)
    inputs = EvidenceInputs(None, texts, records(), [], FitContext())
    assert neighbor_evidence(inputs) is None
