import numpy as np
import pytest
import sklearn
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.datasets import load_iris
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler, scale
from sklearn.utils.fixes import parse_version

from sknoisy import SimilarityReweightingClassifier
from sknoisy.exceptions import ReducedFoldsWarning, UnsuitableEstimatorError
from sknoisy.noise import UniformNoise

LINEAR = make_pipeline(StandardScaler(), LogisticRegression(max_iter=300))


@pytest.fixture(scope="module")
def iris():
    X, y = load_iris(return_X_y=True)
    return scale(X), y, UniformNoise(0.3, random_state=0).corrupt(y)


# --- bad input and edge cases ---------------------------------------------------------


def test_two_classes(iris):
    X, y, _ = iris
    rows = y > 0
    noisy = UniformNoise(0.2, random_state=0).corrupt(y[rows])
    for similarity in ("cosine", "probability", "margin"):
        clf = SimilarityReweightingClassifier(LINEAR, similarity=similarity)
        assert clf.fit(X[rows], noisy).score(X[rows], y[rows]) > 0.85


def test_one_class():
    with pytest.raises(ValueError, match="holds only one class"):
        SimilarityReweightingClassifier().fit(np.eye(4), ["a"] * 4)


def test_class_with_fewer_members_than_folds(iris):
    X, y, _ = iris
    rows = np.r_[0:52]
    with pytest.warns(ReducedFoldsWarning):
        clf = SimilarityReweightingClassifier(LINEAR).fit(X[rows], y[rows])
    assert_array_equal(clf.classes_, [0, 1])


@pytest.mark.filterwarnings("ignore::sknoisy.exceptions.ReducedFoldsWarning")
def test_fewer_rows_than_two_per_class():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(9, 2)), np.array([0, 1, 2, 3, 4, 0, 1, 2, 3])
    clf = SimilarityReweightingClassifier(GaussianNB()).fit(X, y)
    assert set(clf.predict(X)) <= set(range(5))


def test_class_missing_from_the_training_part_of_a_fold(iris):
    X, y, noisy = iris
    unlucky = [(np.flatnonzero(y < 2), np.flatnonzero(y == 2))]
    unlucky += [(np.flatnonzero(y > 0), np.flatnonzero(y == 0))]
    clf = SimilarityReweightingClassifier(LINEAR, cv=unlucky).fit(X, noisy)
    assert_array_equal(clf.classes_, [0, 1, 2])
    assert np.isfinite(clf.label_weights_).all()


def test_all_similarities_equal(iris):
    X, y, _ = iris
    dull = DummyClassifier(strategy="uniform", random_state=0)
    clf = SimilarityReweightingClassifier(dull, dull).fit(X, y)
    assert_array_equal(clf.predict_proba(X), np.full((150, 3), 1 / 3))
    assert np.isfinite(clf.label_weights_).all()


class Unsure(ClassifierMixin, BaseEstimator):
    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        return np.repeat(self.classes_[0], len(X))

    def predict_proba(self, X):
        return np.full((len(X), len(self.classes_)), np.nan)


def test_probabilities_that_are_missing(iris):
    X, _, noisy = iris
    with pytest.raises(ValueError, match=r"Unsure\.predict_proba expected finite"):
        SimilarityReweightingClassifier(Unsure()).fit(X, noisy)


@pytest.mark.parametrize("slot", ["estimator", "second_estimator"])
def test_weights_for_a_classifier_that_takes_none(slot, iris):
    X, _, noisy = iris
    params = {slot: KNeighborsClassifier()}
    with pytest.raises(UnsuitableEstimatorError, match="action='filter' or action='re"):
        SimilarityReweightingClassifier(action="weight", **params).fit(X, noisy)
    for action in ("filter", "resample", "auto"):
        clf = SimilarityReweightingClassifier(action=action, **params)
        assert clf.set_params(random_state=0).fit(X, noisy).score(X, iris[1]) > 0.8


def test_second_alone_needs_a_second(iris):
    X, _, noisy = iris
    with pytest.raises(ValueError, match="combine='second' expected a second_estim"):
        SimilarityReweightingClassifier(combine="second").fit(X, noisy)


def test_a_matrix_for_other_classes(iris):
    X, _, noisy = iris
    with pytest.raises(ValueError, match=r"transition must have shape \(3, 3\)"):
        SimilarityReweightingClassifier(transition=np.eye(4)).fit(X, noisy)


@pytest.mark.parametrize(
    "params",
    [
        {"similarity": "dot"},
        {"mixture": "gamma"},
        {"exchange": "swap"},
        {"action": "soft"},
        {"n_rounds": 0},
        {"combine": "max"},
    ],
)
def test_unknown_options(params, iris):
    X, _, noisy = iris
    with pytest.raises(ValueError, match=f"'{next(iter(params))}' parameter"):
        SimilarityReweightingClassifier(**params).fit(X, noisy)


@pytest.mark.skipif(
    parse_version(sklearn.__version__) < parse_version("1.7"),
    reason='"balanced" counted rows, whatever their weight',
)
def test_class_weight_and_sample_weight_go_together(iris):
    X, _, noisy = iris
    base = LogisticRegression(class_weight="balanced")
    weights = np.where(noisy == 0, 5.0, 1.0)
    clf = SimilarityReweightingClassifier(base, action="weight")
    clf.fit(X, noisy, sample_weight=weights)
    learned = clf.label_weights_[0] * weights
    alone = clone(base).fit(X, noisy, sample_weight=learned)
    assert_allclose(clf.estimator_.coef_, alone.coef_, atol=1e-3)


def test_a_search_over_its_parameters(iris):
    X, _, noisy = iris
    grid = {"exchange": [True, "pool"], "second_estimator__var_smoothing": [1e-9, 0.1]}
    clf = SimilarityReweightingClassifier(LINEAR, GaussianNB(), cv=3)
    search = GridSearchCV(clf, grid, cv=3).fit(X, noisy)
    assert len(search.cv_results_["params"]) == 4


def test_verified_labels_count_in_full(iris):
    X, y, noisy = iris
    trusted = noisy != y
    clf = SimilarityReweightingClassifier(LINEAR).fit(X, y, trusted=trusted)
    assert_array_equal(clf.label_weights_[:, trusted], 1)
