import pickle

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from scipy import sparse
from sklearn.base import clone
from sklearn.cluster import DBSCAN, AgglomerativeClustering, KMeans
from sklearn.datasets import load_digits, make_blobs
from sklearn.exceptions import NotFittedError
from sklearn.metrics import adjusted_rand_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sknoisy import PseudoLabelRefiner
from sknoisy.exceptions import NoEvidenceWarning

X, y = make_blobs(150, centers=3, n_features=4, random_state=0)


def test_several_runs_agree_better_than_one():
    digits, truth = load_digits(return_X_y=True)
    one = KMeans(10, n_init=1)
    single = [
        adjusted_rand_score(
            truth, one.set_params(random_state=seed).fit_predict(digits)
        )
        for seed in range(5)
    ]
    clusterer = PseudoLabelRefiner(KMeans(30, n_init=1), n_clusters=10, random_state=0)
    few = clone(clusterer).set_params(n_rounds=2).fit(digits)
    many = clusterer.fit(digits)
    found = adjusted_rand_score(truth, many.labels_)
    assert found > np.mean(single)
    assert found > adjusted_rand_score(truth, few.labels_)


@pytest.mark.parametrize("perturbation", ["seed", "subspace", "bootstrap"])
@pytest.mark.parametrize("make", [lambda: None, lambda: DBSCAN(2.0)])
@pytest.mark.filterwarnings("ignore:DBSCAN has no random_state")
def test_every_perturbation_finds_clear_groups(perturbation, make):
    clusterer = PseudoLabelRefiner(
        make(), n_clusters=3, perturbation=perturbation, n_rounds=6, random_state=0
    ).fit(X)
    assert adjusted_rand_score(y, clusterer.labels_) > 0.8
    assert adjusted_rand_score(y, clusterer.predict(X)) > 0.8
    assert len(clusterer.history_) == 6


def test_rounds_of_fit_are_rounds_of_partial_fit():
    params = {"n_rounds": 3, "perturbation": "bootstrap", "random_state": 0}
    at_once = PseudoLabelRefiner(**params).fit(X)
    step_by_step = PseudoLabelRefiner(**params)
    for _ in range(3):
        step_by_step.partial_fit(X)
    assert_array_equal(at_once.labels_, step_by_step.labels_)
    assert at_once.history_ == step_by_step.history_
    assert len(at_once.fit(X).history_) == 3


def test_sparse_data():
    rows = sparse.csr_matrix(np.where(np.abs(X) > 1, X, 0))
    for perturbation in ("seed", "subspace", "bootstrap"):
        clusterer = PseudoLabelRefiner(
            n_clusters=3, perturbation=perturbation, random_state=0
        ).fit(rows)
        assert adjusted_rand_score(y, clusterer.labels_) > 0.5
        assert_array_equal(
            clusterer.predict(rows[:20]), clusterer.predict(sparse.csr_array(rows)[:20])
        )


def test_predict_asks_the_clusterer_or_the_nearest_sample():
    by_clusterer = PseudoLabelRefiner(n_clusters=3, random_state=0).fit(X[:100])
    nearest = PseudoLabelRefiner(
        AgglomerativeClustering(12),
        n_clusters=3,
        perturbation="subspace",
        random_state=0,
    ).fit(X[:100])
    for clusterer in (by_clusterer, nearest):
        assert adjusted_rand_score(y[100:], clusterer.predict(X[100:])) > 0.9
    assert_array_equal(nearest.predict(X[:100]), nearest.labels_)


def test_predict_needs_data():
    with pytest.raises(NotFittedError, match="is not fitted yet"):
        PseudoLabelRefiner().predict(X)
    refiner = PseudoLabelRefiner(random_state=0).fit(X).partial_fit(y)
    with pytest.raises(NotFittedError, match=r"latest generation.*came as labels"):
        refiner.predict(X)
    assert refiner.partial_fit(X).predict(X).shape == (150,)


def test_all_outliers_on_data():
    clusterer = PseudoLabelRefiner(
        DBSCAN(1e-9), perturbation="subspace", random_state=0
    )
    assert_array_equal(clusterer.fit_predict(X), np.full(150, -1))
    assert clusterer.n_clusters_ == 0
    assert_array_equal(clusterer.predict(X), np.full(150, -1))


def test_more_clusters_than_samples():
    clusterer = PseudoLabelRefiner(KMeans(20, n_init=1), n_rounds=2, random_state=0)
    with pytest.warns(UserWarning, match="20 clusters of 6 samples; 6 are made"):
        clusterer.fit(X[:6])
    assert len(clusterer.labels_) == 6
    assert PseudoLabelRefiner().fit(X[:1]).labels_ == [0]


def test_a_clusterer_without_seed():
    clusterer = PseudoLabelRefiner(DBSCAN(2.0))
    with pytest.warns(
        NoEvidenceWarning, match="DBSCAN has no random_state.*'subspace'"
    ):
        clusterer.fit(X)


def test_steps_get_seeds_of_their_own():
    steps = make_pipeline(StandardScaler(), KMeans(8, n_init=1, random_state=0))
    clusterer = PseudoLabelRefiner(steps, n_clusters=3, random_state=0).fit(X)
    assert clusterer.history_[1]["n_clusters_given"] == 8
    assert adjusted_rand_score(y, clusterer.labels_) > 0.8
    # With one seed for all rounds, each cluster would become exactly one.
    assert clusterer.projection_.nnz > 8


class Lazy(KMeans):
    """A clusterer that labels half of the rows."""

    def fit_predict(self, X, y=None):
        return super().fit_predict(X)[::2]


def test_a_clusterer_that_leaves_rows_out():
    with pytest.raises(ValueError, match=r"each of 150 samples, but.*Lazy.*\(75,\)"):
        PseudoLabelRefiner(Lazy(3, n_init=1)).fit(X)


def test_frames_and_their_names():
    frame = pd.DataFrame(X, columns=list("abcd"))
    clusterer = PseudoLabelRefiner(n_clusters=3, random_state=0).fit(frame)
    assert_array_equal(clusterer.feature_names_in_, list("abcd"))
    assert clusterer.predict(frame[:5]).shape == (5,)
    with pytest.raises(ValueError, match="feature names should match"):
        clusterer.predict(frame[list("dcba")])


def test_the_seed_decides_and_the_past_can_be_pickled():
    clusterer = PseudoLabelRefiner(n_rounds=3, random_state=3)
    first = clusterer.fit_predict(X)
    assert_array_equal(clusterer.fit_predict(X), first)
    copy = pickle.loads(pickle.dumps(clusterer))
    assert_array_equal(copy.partial_fit(X).labels_, clusterer.partial_fit(X).labels_)
