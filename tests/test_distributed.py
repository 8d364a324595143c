"""Fits and scores on the workers of a cluster, and tables that are scored there."""

import numpy as np
import pytest
from joblib import parallel_config
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.datasets import make_blobs
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score

from sknoisy import NoisyLabelClassifier, find_label_errors, label_quality
from sknoisy.multilabel import MultilabelNoisyClassifier

pytest.importorskip("distributed", reason="distributed is an optional library")

X, Y = make_blobs(150, centers=2, random_state=0)
Y[::9] = 1 - Y[::9]
NOISY = NoisyLabelClassifier(LogisticRegression(), random_state=0)
LIGHT = clone(NOISY).set_params(evidence="neighbors", action="weight")
TAGS = MultilabelNoisyClassifier(LogisticRegression(), random_state=0)


@pytest.fixture(scope="module")
def client():
    from distributed import Client, LocalCluster

    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as both,
        Client(both) as client,
    ):
        yield client


def tasks_done(client):
    """Return how many tasks the scheduler has seen so far."""
    seen = client.run_on_scheduler(
        lambda dask_scheduler: dask_scheduler.transition_counter
    )
    return int(seen)


def clean_proba(estimator, y):
    table = estimator.fit(X, y).clean_proba_
    return table.toarray() if hasattr(table, "toarray") else table


@pytest.mark.parametrize(
    "work",
    [
        lambda: clean_proba(NOISY, Y),
        lambda: clean_proba(TAGS, np.column_stack([Y, X[:, 0] > 0])),
        lambda: cross_val_score(LIGHT, X, Y, cv=2),
    ],
    ids=["fit", "multilabel", "scores"],
)
def test_work_is_spread_and_gives_the_same(client, work):
    alone, before = work(), tasks_done(client)
    with parallel_config("dask"):
        spread = work()
    assert tasks_done(client) > before
    assert_allclose(spread, alone, atol=1e-7)


def test_tables_are_scored_where_their_chunks_are(client):
    dask = pytest.importorskip("dask.array", reason="dask is an optional library")
    proba = np.random.RandomState(0).dirichlet([1, 1, 1], size=90)
    y = proba.argmax(axis=1)
    y[::8] = 0
    chunked, y_chunked = dask.from_array(proba, (40, 3)), dask.from_array(y, 40)

    def score(table, labels):
        return label_quality(labels.ravel(), table, classes=range(3))

    before = tasks_done(client)
    # The labels are a column, so that their chunks are matched to those of the rows.
    lazy = dask.map_blocks(score, chunked, y_chunked[:, None], drop_axis=1, dtype=float)
    assert_array_equal(lazy.compute(), label_quality(y, proba))
    assert_array_equal(find_label_errors(y, chunked), find_label_errors(y, proba))
    assert tasks_done(client) > before
