"""Which sources are used, and how their tables become one."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import BernoulliNB
from sklearn.svm import LinearSVC

from sknoisy._context import FitContext
from sknoisy._folds import distinct_rows
from sknoisy._labels import NoisyLabels, read_labels
from sknoisy.evidence import (
    EvidenceInputs,
    all_sources,
    check_evidence,
    gather_evidence,
    geometric_mean,
    pool_evidence,
)
from sknoisy.exceptions import UnsuitableEstimatorError


def records(codes, n_classes=2):
    return NoisyLabels(np.asarray(codes), np.arange(n_classes))


@pytest.fixture
def blobs():
    rng = np.random.RandomState(0)
    y = np.arange(90) % 3
    X = rng.normal(size=(90, 2)) + 3 * np.eye(3)[y][:, :2]
    labels = read_labels(X, y, owner="Test").relative_to(distinct_rows(X))
    # The last thirty rows are never held out.
    part = np.arange(90) // 30
    folds = [(np.flatnonzero(part != f), np.flatnonzero(part == f)) for f in (0, 1)]
    return EvidenceInputs(LogisticRegression(), X, labels, folds, FitContext())


@pytest.mark.parametrize(
    "evidence", ["none", [], ["model", "forests"], ["auto", "model"], ()]
)
def test_names_that_are_not_known(evidence):
    with pytest.raises(ValueError, match=r"evidence expected 'auto'.*Name at"):
        check_evidence(evidence)


def test_auto_depends_on_the_classifier(blobs):
    assert list(gather_evidence("auto", blobs)) == ["model", "forest"]
    without = replace(blobs, base=LinearSVC())
    assert list(gather_evidence("auto", without)) == ["forest", "neighbors"]
    assert list(gather_evidence(["forest", "forest"], without)) == ["forest"]
    assert all_sources(LinearSVC()) == ["forest", "neighbors"]
    assert all_sources(LogisticRegression()) == ["model", "forest", "neighbors"]


def test_rows_that_no_fold_holds_out_take_the_other_sources(blobs):
    tables = gather_evidence(["model", "forest"], blobs)
    assert list(tables) == ["model", "forest"]
    assert_array_equal(tables["model"][60:], tables["forest"][60:])
    assert not np.allclose(tables["model"][:60], tables["forest"][:60])
    alone = gather_evidence("model", blobs)["model"]
    assert_array_equal(alone[60:], blobs.labels.one_hot()[60:])


def test_one_table_that_is_right_is_hardly_changed():
    rng = np.random.RandomState(0)
    p = rng.uniform(0.05, 0.95, size=4000)
    codes = (rng.uniform(size=4000) < p).astype(int)
    table = np.column_stack([1 - p, p])
    assert np.abs(pool_evidence({"a": table}, records(codes)) - table).max() < 0.03


def test_a_few_rows_leave_sources_equal_shares():
    p = np.array([0.2, 0.4, 0.6, 0.8])
    table = np.column_stack([1 - p, p])
    pooled = pool_evidence({"a": table, "b": table}, records([0, 1, 0, 1]))
    assert np.abs(pooled - table).max() < 0.05


@pytest.mark.parametrize("seed", range(3))
def test_a_table_that_knows_nothing_does_no_harm(seed):
    rng = np.random.RandomState(seed)
    p = rng.uniform(size=2000)
    codes = (rng.uniform(size=2000) < p).astype(int)
    useful = np.column_stack([1 - p, p])
    useless = rng.dirichlet(np.ones(2), size=2000)
    labels = records(codes)
    pooled = pool_evidence({"useful": useful, "useless": useless}, labels)
    alone = pool_evidence({"useful": useful}, labels)
    assert np.abs(pooled - alone).mean() < 0.03
    assert_allclose(pooled.sum(axis=1), 1)


def test_two_that_are_too_sure_are_made_milder():
    rng = np.random.RandomState(0)
    p = rng.uniform(size=3000)
    codes = (rng.uniform(size=3000) < p).astype(int)
    sure = np.column_stack([1 - p, p]) ** 4
    sure /= sure.sum(axis=1, keepdims=True)
    pooled = pool_evidence({"a": sure, "b": sure}, records(codes))
    assert np.abs(pooled[:, 1] - p).mean() < 0.04 < np.abs(sure[:, 1] - p).mean()


def test_nothing_to_go_by_is_an_error(blobs):
    texts = np.array([["a"], ["b"]] * 45, dtype=object)
    nothing = replace(blobs, base=LinearSVC(), X=texts)
    with (
        pytest.warns(UserWarning, match="need numeric columns"),
        pytest.raises(UnsuitableEstimatorError, match=r"LinearSVC has none.*Pass a t"),
    ):
        gather_evidence("forest", nothing)


class OfTexts(BernoulliNB):
    """Reads the texts itself, so that nothing else can place them."""

    def fit(self, X, y, sample_weight=None):
        return super().fit(X == "a", y, sample_weight)

    def predict_proba(self, X):
        return super().predict_proba(X == "a")


def test_a_classifier_with_probabilities_stands_in_where_there_are_no_points(blobs):
    texts = np.array([["a"], ["b"]] * 45, dtype=object)
    with pytest.warns(UserWarning, match="need numeric columns"):
        tables = gather_evidence("forest", replace(blobs, base=OfTexts(), X=texts))
    assert list(tables) == ["model"]


def test_geometric_mean_by_hand():
    """sqrt(0.4 * 0.9) = 0.6 and sqrt(0.6 * 0.1) = 0.245; a zero rules nothing out."""
    tables = [np.array([[0.4, 0.6], [0.0, 1.0]]), np.array([[0.9, 0.1], [1.0, 0.0]])]
    mean = geometric_mean(tables)
    share = 0.6 / (0.6 + np.sqrt(0.06))
    assert_allclose(mean, [[share, 1 - share], [0.5, 0.5]])
