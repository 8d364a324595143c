"""What fails in the middle of a fit leaves what was there, and says what happened."""

import os
import signal

import numpy as np
import pytest
from joblib import Memory, parallel_config
from joblib.externals.loky.process_executor import TerminatedWorkerError
from sklearn.base import clone
from sklearn.datasets import make_blobs
from sklearn.naive_bayes import GaussianNB

from sknoisy import (
    NoiseTransitionClassifier,
    NoisyLabelClassifier,
    RefinedLabelClassifier,
    SelfTrainingRefiner,
    SimilarityReweightingClassifier,
)
from sknoisy.noise import UniformNoise
from sknoisy.quality import ModelConfidence
from sknoisy.refinement import ConfidentPruning

X, y_true = make_blobs(60, n_features=3, centers=3, cluster_std=1.5, random_state=0)
y = UniformNoise(0.2, random_state=0).corrupt(y_true)


class Failing(GaussianNB):
    """A classifier whose fit number ``at`` does not end well."""

    count = 0

    def __init__(self, at=None, how=None):
        super().__init__()
        self.at = at
        self.how = how

    def fit(self, X, y, sample_weight=None):
        Failing.count += 1
        if Failing.count == self.at and isinstance(self.how, BaseException):
            raise self.how
        self.spoiled_ = Failing.count == self.at and self.how == "NaN"
        return super().fit(X, y, sample_weight)

    def predict_proba(self, X):
        proba = super().predict_proba(X)
        return proba * np.nan if self.spoiled_ else proba


@pytest.fixture(autouse=True)
def from_the_first_fit():
    Failing.count = 0


def noisy_label(base):
    return NoisyLabelClassifier(base, evidence="model", cv=2, action="filter")


CLASSIFIERS = {
    "noisy label": noisy_label,
    "transition": lambda base: NoiseTransitionClassifier(base, cv=2),
    "pruning": lambda base: RefinedLabelClassifier(base, ConfidentPruning(cv=2)),
    "self-training": lambda base: SelfTrainingRefiner(base, evidence="model", cv=2),
    "similarity": lambda base: SimilarityReweightingClassifier(base, cv=2),
}
FAILURES = [KeyboardInterrupt("stop"), MemoryError("no memory")]
every_classifier = pytest.mark.parametrize(
    "make", CLASSIFIERS.values(), ids=list(CLASSIFIERS)
)


@every_classifier
@pytest.mark.parametrize("error", FAILURES, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("at", [2, "last"])
def test_a_fit_that_fails_leaves_the_earlier_one_whole(make, error, at):
    clf = make(Failing()).fit(X, y)
    before, expected = dict(vars(clf)), clf.predict_proba(X)
    at = Failing.count if at == "last" else at
    Failing.count = 0
    clf.set_params(estimator=Failing(at, error))
    with pytest.raises(type(error), match=str(error)):
        clf.fit(X[:, :2], np.array(["a", "b", "c"])[y])
    fitted = {name for name in before if name.endswith("_")}
    assert {name for name in vars(clf) if name.endswith("_")} == fitted
    assert all(vars(clf)[name] is before[name] for name in fitted)
    np.testing.assert_array_equal(clf.predict_proba(X), expected)


@every_classifier
def test_a_first_fit_that_fails_leaves_nothing(make):
    clf = make(Failing(1, MemoryError("no memory")))
    with pytest.raises(MemoryError, match="no memory"):
        clf.fit(X, y)
    assert [name for name in vars(clf) if name.endswith("_")] == []


@every_classifier
def test_a_fold_whose_probabilities_are_missing(make):
    with pytest.raises(ValueError, match=r"Failing.predict_proba expected finite prob"):
        make(Failing(1, "NaN")).fit(X, y)


class Dying(GaussianNB):
    """A classifier that takes its process with it, as one that is out of memory."""

    def fit(self, X, y, sample_weight=None):
        os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.skipif(os.name == "nt", reason="signals are sent in another way there")
def test_a_worker_that_is_killed_ends_the_fit_and_not_the_next_one():
    clf = ModelConfidence(Dying(), cv=2, n_jobs=2)
    with (
        parallel_config("loky"),
        pytest.raises(TerminatedWorkerError, match="unexpectedly terminated"),
    ):
        clf.fit(X, y)
    clf.set_params(estimator=GaussianNB()).fit(X, y)
    plain = ModelConfidence(GaussianNB(), cv=2).fit(X, y)
    np.testing.assert_allclose(clf.label_quality_, plain.label_quality_)


# Caches


@pytest.fixture
def cached(tmp_path):
    return ModelConfidence(Failing(), cv=2, memory=Memory(tmp_path, verbose=0))


@pytest.mark.parametrize("content", [b"", b"not a pickle", b"\x80\x05\x95"])
@pytest.mark.filterwarnings("ignore:Persisting input arguments")
@pytest.mark.filterwarnings("ignore:Exception while loading results")
def test_a_damaged_entry_of_a_cache_is_made_anew(cached, tmp_path, content):
    expected = clone(cached).fit(X, y).label_quality_
    entries = list(tmp_path.rglob("output.pkl"))
    assert len(entries) == 2
    for entry in entries:
        entry.write_bytes(content)
    np.testing.assert_array_equal(clone(cached).fit(X, y).label_quality_, expected)
    assert Failing.count == 4


@pytest.mark.filterwarnings("ignore:Persisting input arguments")
def test_an_entry_of_other_numbers_is_not_taken(cached):
    first = clone(cached).fit(X, y).label_quality_
    second = clone(cached).fit(X + 1e-9, y).label_quality_
    assert Failing.count == 4
    assert (first != second).any()
    clone(cached).fit(X, y)
    assert Failing.count == 4


@pytest.mark.skipif(os.name == "nt", reason="folders have no such bits there")
@pytest.mark.skipif(os.name != "nt" and os.getuid() == 0, reason="root writes anywhere")
@pytest.mark.filterwarnings("ignore:Unable to cache to disk")
def test_a_folder_that_cannot_be_written_to_is_named(cached, tmp_path):
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(PermissionError, match=tmp_path.name):
            cached.fit(X, y)
    finally:
        tmp_path.chmod(0o700)
