"""Fits under the backend of ray, where it is installed."""

import pytest
from joblib import parallel_config
from numpy.testing import assert_array_equal
from sklearn.datasets import make_blobs
from sklearn.linear_model import LogisticRegression

from sknoisy import NoisyLabelClassifier

ray = pytest.importorskip("ray", reason="ray is an optional library")


@pytest.fixture
def workers():
    from ray.util.joblib import register_ray

    ray.init(num_cpus=2, include_dashboard=False, logging_level="ERROR")
    register_ray()
    yield
    ray.shutdown()


@pytest.mark.usefixtures("workers")
# What ray itself opens and deprecates is not ours.
@pytest.mark.filterwarnings("ignore")
def test_work_is_spread_and_gives_the_same():
    X, y = make_blobs(150, centers=2, random_state=0)
    y[::9] = 1 - y[::9]
    clf = NoisyLabelClassifier(LogisticRegression(), random_state=0)
    alone = clf.fit(X, y).clean_proba_
    with parallel_config("ray"):
        assert_array_equal(clf.fit(X, y).clean_proba_, alone)
