import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from sknoisy.exceptions import NoEvidenceWarning
from sknoisy.semi_supervised._cluster_votes import (
    cluster_votes,
    leaders,
    novel_clusters,
    one_hot,
    shares_of,
    soft_labels_of,
    warn_without_evidence,
)
from sknoisy.semi_supervised._partly_labeled import PartlyLabeled

CLASSES = np.array(["a", "b"])


def record(codes, labeled=None, **known):
    labeled = np.ones(len(codes), bool) if labeled is None else np.array(labeled)
    return PartlyLabeled(np.array(codes), CLASSES, labeled=labeled, **known)


@settings(max_examples=30)
@given(st.integers(0, 2**31 - 1))
def test_votes_are_those_of_all_pairs_from_other_sources(seed):
    rng = np.random.RandomState(seed)
    members = rng.uniform(size=(12, 4)) * (rng.uniform(size=(12, 4)) < 0.6)
    table = rng.uniform(size=(12, 3)) * (rng.uniform(size=(12, 1)) < 0.5)
    sources = rng.randint(5, size=12)
    expected = [
        sum(
            (members[i] @ members[j] * table[j] for j in np.flatnonzero(sources != s)),
            np.zeros(3),
        )
        for i, s in enumerate(sources)
    ]
    found = cluster_votes(sparse.csr_array(members), table, sources)
    assert_allclose(found, expected, atol=1e-8)
    assert found.min() >= 0


def test_a_row_alone_in_its_cluster_has_no_votes():
    found = cluster_votes(one_hot(np.array([0, 1, 1]), 2), np.eye(3), np.arange(3))
    assert_array_equal(found, [[0, 0, 0], [0, 0, 1], [0, 1, 0]])


def test_few_votes_leave_much_open():
    assert_allclose(shares_of(np.array([[3.0, 0], [0, 0]])), [[0.75, 0], [0, 0]])
    assert_array_equal(leaders(np.array([[1.0, 3], [0, 0]])), [1, -1])


def test_soft_labels_by_hand():
    votes = np.array([[0.0, 3], [0, 3], [0, 0], [1, 2]])
    labels = record([0, 0, 1, 0], [True, False, True, False])
    found = soft_labels_of(votes, labels, 0.5, soft=True)
    expected = [[1 - 0.375, 0.375], [0, 0.75], [0, 1], [0.25, 0.5]]
    assert_allclose(found, expected)


def test_hard_labels_need_a_majority():
    votes = np.array([[0.0, 3], [0, 3], [0, 0], [1, 2], [0, 9]])
    labels = record([0, 0, 1, 0, 0], [True, False, True, False, True])
    found = soft_labels_of(votes, labels, 0.2, soft=False)
    # Three votes take over six tenths of the first label, with eight tenths at stake.
    # The fourth row has two votes of three, which is half with the one for not knowing.
    # Then the first and the last row would be lost to class "a", which gets them back.
    assert_array_equal(found, [[1, 0], [0, 1], [0, 1], [0, 0], [1, 0]])


def test_no_class_is_wiped_out():
    votes = np.array([[0.0, 99], [0, 99], [0, 99]])
    labels = record([0, 1, 0], [True, True, False])
    found = soft_labels_of(votes, labels, 0.0, soft=False)
    assert_array_equal(found, [[1, 0], [0, 1], [0, 1]])


def test_weights_and_verified_labels_are_kept():
    votes = np.array([[0.0, 1], [0, 1], [0, 1]])
    labels = record(
        [0, 0, 0],
        [True, True, False],
        sample_weight=np.array([2.0, 4, 6]),
        trusted=np.array([True, False, False]),
    )
    found = soft_labels_of(votes, labels, 0.5, soft=True)
    assert_allclose(found, [[2, 0], [3, 1], [0, 3]])


def test_novel_clusters_lack_labelled_rows():
    clusters = np.repeat([0, 1, 2, -1], [20, 20, 20, 3])
    labeled = np.zeros(63, dtype=bool)
    labeled[:10] = labeled[20] = True
    codes, n_novel = novel_clusters(clusters, np.ones(63), labeled)
    # One label in twenty rows is a quarter of what could be expected.
    assert n_novel == 1
    assert_array_equal(codes, np.where(clusters == 2, 0, -1))


@pytest.mark.parametrize(
    ("labeled", "votes", "given_share", "n_clusters", "message"),
    [
        (True, 0.0, 1, 5, "Every row has a label and given_share=1.*Lower given_share"),
        (False, 0.0, 0.5, 0, "the clusterer has found no cluster: only the labels"),
        (False, 0.0, 0.5, 1, "has found a single cluster.*try another clusterer"),
        (False, 0.0, 0.5, 5, "no cluster holds rows with and without a label"),
        (False, 1.0, 1, 5, None),
        (True, 0.0, 0.5, 5, None),
    ],
)
def test_warnings_tell_why(labeled, votes, given_share, n_clusters, message):
    labels = record([0, 1], [True, labeled])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        table = np.full((2, 2), votes)
        warn_without_evidence(table, labels, given_share, n_clusters)
    assert [w.category for w in caught] == [NoEvidenceWarning] * (message is not None)
    if message is not None:
        with pytest.warns(NoEvidenceWarning, match=message):
            warn_without_evidence(table, labels, given_share, n_clusters)
