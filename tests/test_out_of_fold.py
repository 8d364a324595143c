import joblib
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.datasets import load_iris
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    RepeatedStratifiedKFold,
    ShuffleSplit,
    StratifiedKFold,
    cross_val_predict,
)
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import scale
from sklearn.svm import LinearSVC

from sknoisy._context import FitContext
from sknoisy._folds import make_folds
from sknoisy._labels import NoisyLabels, read_labels
from sknoisy._out_of_fold import out_of_fold_proba as out_of_fold_proba_of
from sknoisy.evidence import EvidenceInputs
from sknoisy.exceptions import UnsuitableEstimatorError


class ShareClassifier(ClassifierMixin, BaseEstimator):
    """Predicts the shares of the labels it was given: known by hand, and it counts."""

    def fit(self, X, y, sample_weight=None, tag=None):
        self.classes_, codes = np.unique(y, return_inverse=True)
        share = np.bincount(codes, sample_weight)
        self.share_ = share / share.sum()
        self.n_fitted_, self.tag_ = len(y), tag
        return self

    def predict_proba(self, X):
        return np.tile(self.share_, (len(X), 1))

    def predict(self, X):
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


def out_of_fold_proba(model, X, labels, *, cv=None, soft_labels=None, **context):
    inputs = EvidenceInputs(
        model, X, labels, make_folds(X, labels, cv), FitContext(**context)
    )
    return out_of_fold_proba_of(inputs, soft_labels)


def _labels(y, **aligned):
    return read_labels(np.zeros((len(y), 1)), y, owner="Test", **aligned)


@pytest.fixture
def iris():
    X, y = load_iris(return_X_y=True)
    return scale(X), y


def test_equals_cross_val_predict(iris):
    X, y = iris
    cv = StratifiedKFold(4, shuffle=True, random_state=0)
    proba = out_of_fold_proba(LogisticRegression(), X, _labels(y), cv=cv)
    expected = cross_val_predict(
        LogisticRegression(), X, y, cv=cv, method="predict_proba"
    )
    assert_allclose(proba, expected)


@pytest.mark.parametrize("copies", [1, 2])
def test_a_label_is_no_evidence_about_itself_nor_its_copy(copies):
    rng = np.random.RandomState(0)
    X, y = rng.normal(size=(300, 2)), rng.randint(2, size=300)
    X, y = np.tile(X, (copies, 1)), np.tile(y, copies)
    proba = out_of_fold_proba(KNeighborsClassifier(1), X, _labels(y))
    # The features say nothing, so that only knowing the label could get it right.
    assert abs((proba.argmax(axis=1) == y).mean() - 0.5) < 0.1


def test_shares_by_hand():
    splits = [([0, 1, 2], [3, 4]), ([2, 3, 4], [0, 1])]
    labels = _labels(["a", "a", "b", "b", "b"])
    proba = out_of_fold_proba(ShareClassifier(), np.zeros((5, 1)), labels, cv=splits)
    assert_allclose(proba[[3, 4]], [[2 / 3, 1 / 3]] * 2)
    # Row 2 is never held out; the model of the second fold has never seen an "a".
    assert np.isnan(proba[[0, 1, 2]]).all()


def test_class_missing_from_a_fold_has_probability_0():
    labels = _labels(["a", "b", "c", "a", "b", "c"])
    splits = [([0, 1, 3, 4], [2, 5]), ([0, 2, 3, 5], [1, 3, 4]), ([1, 2], [0, 3])]
    proba = out_of_fold_proba(ShareClassifier(), np.zeros((6, 1)), labels, cv=splits)
    # Row 3, an "a", is held out from a model of "a" and "c", and from one of "b" and
    # "c" that has never seen an "a" and does not count.
    assert_allclose(proba[3], [0.5, 0, 0.5])
    assert np.isnan(proba[[0, 1, 2]]).all()


def test_columns_of_a_class_between_two_others():
    labels = _labels(["a", "b", "c", "a", "c"])
    splits = [([0, 2, 3, 4], [0, 2, 3, 4]), ([0, 2, 3, 4], [1])]
    proba = out_of_fold_proba(ShareClassifier(), np.zeros((5, 1)), labels, cv=splits)
    assert_allclose(proba[[0, 2]], [[0.5, 0, 0.5]] * 2)
    assert np.isnan(proba[1]).all()


def test_training_part_of_one_class_says_nothing():
    labels = _labels(["a", "a", "b", "b"])
    splits = [([0, 1], [2, 3]), ([2, 3], [0, 1])]
    proba = out_of_fold_proba(LogisticRegression(), np.zeros((4, 1)), labels, cv=splits)
    assert np.isnan(proba).all()


def test_class_of_a_single_row_has_no_evidence(iris):
    X, y = iris
    y = np.where(np.arange(150) == 7, 3, y)
    proba = out_of_fold_proba(LogisticRegression(), X, _labels(y))
    assert np.isnan(proba[7]).all()
    assert (proba[y == 0].max(axis=1) < 1).all()


def test_repeated_splits_are_averaged(iris):
    X, y = iris
    cv = RepeatedStratifiedKFold(n_splits=3, n_repeats=2, random_state=0)
    splits = list(cv.split(X, y))
    model = LogisticRegression()
    once, again = (
        out_of_fold_proba(model, X, _labels(y), cv=part)
        for part in (splits[:3], splits[3:])
    )
    both = out_of_fold_proba(model, X, _labels(y), cv=cv)
    assert_allclose(both, (once + again) / 2)
    assert np.abs(once - again).max() > 1e-3


def test_rows_never_held_out_have_no_evidence(iris):
    X, y = iris
    cv = ShuffleSplit(2, test_size=0.2, random_state=0)
    held_out = np.unique(np.concatenate([test for _, test in cv.split(X)]))
    never = np.setdiff1d(np.arange(150), held_out)
    proba = out_of_fold_proba(LogisticRegression(), X, _labels(y), cv=cv)
    assert np.isnan(proba[never]).all()
    assert (proba[held_out].max(axis=1) < 1).all()


def test_rows_without_weight_are_predicted_but_not_trained_on():
    y = np.array(["a", "a", "b", "b", "b", "a"])
    weights = np.array([1.0, 3, 2, 0, 1, 0])
    splits = [([0, 1, 2, 3], [4, 5]), ([2, 3, 4, 5], [0, 1])]
    labels = _labels(y, sample_weight=weights)
    proba = out_of_fold_proba(ShareClassifier(), np.zeros((6, 1)), labels, cv=splits)
    assert_allclose(proba[[4, 5]], [[4 / 6, 2 / 6]] * 2)
    # The only "a" of the second training part has no weight.
    assert np.isnan(proba[[0, 1]]).all()


def test_a_weight_is_as_many_copies(iris):
    X, y = iris
    weights = np.random.RandomState(0).randint(0, 4, 150)
    repeated = np.repeat(np.arange(150), weights)
    model = LogisticRegression(tol=1e-10)
    weighted = out_of_fold_proba(model, X, _labels(y, sample_weight=weights))
    copied = out_of_fold_proba(model, X[repeated], _labels(y[repeated]))
    assert_allclose(copied, weighted[repeated], atol=1e-5)


def test_metadata_follows_the_rows():
    class Recorder(ShareClassifier):
        def fit(self, X, y, sample_weight=None, tag=None):
            assert_array_equal(X[:, 0], tag)
            return super().fit(X, y, sample_weight, tag)

    X = np.arange(8.0)[:, None]
    labels = NoisyLabels(
        codes=np.arange(8) % 2, classes=np.arange(2), params={"tag": X[:, 0]}
    )
    proba = out_of_fold_proba(Recorder(), X, labels, cv=2)
    assert_allclose(proba, 0.5)


def test_same_whatever_the_number_of_jobs(iris):
    X, y = iris
    with joblib.parallel_backend("threading"):
        one, two = (
            out_of_fold_proba(LogisticRegression(), X, _labels(y), n_jobs=n_jobs)
            for n_jobs in (None, 2)
        )
    assert_array_equal(one, two)


class Counter(LogisticRegression):
    fits = 0

    def fit(self, X, y, sample_weight=None):
        Counter.fits += 1
        return super().fit(X, y, sample_weight)


class Steps:
    def __init__(self):
        self.started, self.steps = [], []

    def start(self, name, n_steps):
        self.started.append((name, n_steps))

    def step(self, name):
        self.steps.append(name)


def test_memory_saves_the_fits(iris, tmp_path):
    X, y = iris
    memory = joblib.Memory(tmp_path, verbose=0)
    labels = NoisyLabels(codes=y, classes=np.arange(3))
    first, second = (
        out_of_fold_proba(Counter(), X, labels, memory=memory) for _ in range(2)
    )
    assert_array_equal(first, second)
    assert Counter.fits == 5
    out_of_fold_proba(Counter(C=2), X, labels, memory=str(tmp_path))
    assert Counter.fits == 10


def test_progress_is_told(iris):
    X, y = iris
    progress = Steps()
    out_of_fold_proba(LogisticRegression(), X, _labels(y), progress=progress)
    assert progress.started == [("out-of-fold", 5)]
    assert progress.steps == ["out-of-fold"] * 5


def test_the_estimator_is_left_unfitted(iris):
    X, y = iris
    model = LogisticRegression()
    out_of_fold_proba(model, X, _labels(y))
    assert not hasattr(model, "coef_")


def test_no_probabilities_no_evidence(iris):
    X, y = iris
    with pytest.raises(
        UnsuitableEstimatorError,
        match=r"predict_proba, but LinearSVC has none\. .*CalibratedClassifierCV",
    ):
        out_of_fold_proba(LinearSVC(), X, _labels(y))


def test_rows_sum_to_1(iris):
    X, y = iris
    for model in (LogisticRegression(), DummyClassifier(strategy="prior")):
        proba = out_of_fold_proba(model, X, _labels(y), cv=7)
        assert_allclose(proba.sum(axis=1), 1)
