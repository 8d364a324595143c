"""What classifiers ask of their labels, and how they answer, in all their ways."""

import copy
import pickle

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.datasets import make_blobs
from sklearn.ensemble import HistGradientBoostingClassifier, StackingClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler, scale
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from sknoisy import (
    NoiseTransitionClassifier,
    NoisyLabelClassifier,
    RefinedLabelClassifier,
    SelfTrainingRefiner,
    SimilarityReweightingClassifier,
)
from sknoisy._fit_labels import CodedClassifier, fit_labels, predicted_codes
from sknoisy._soft_labels import fit_soft_labels, fit_weighted
from sknoisy.exceptions import UnsuitableEstimatorError
from sknoisy.noise import UniformNoise
from sknoisy.refinement import ConfidentPruning

X, y_true = make_blobs(90, n_features=3, centers=3, cluster_std=1.5, random_state=0)
X = scale(X)
codes = UniformNoise(0.2, random_state=0).corrupt(y_true)
NAMES = np.array(["cherry", "ash", "beech"])
y = NAMES[codes]
CLASSIFIERS = [
    NoiseTransitionClassifier,
    RefinedLabelClassifier,
    SelfTrainingRefiner,
    SimilarityReweightingClassifier,
]


def pruned(estimator=None, cv=2):
    """Return the classifier that is fitted fastest."""
    return RefinedLabelClassifier(estimator, ConfidentPruning(cv=cv))


every_classifier = pytest.mark.parametrize("cls", CLASSIFIERS)
pytestmark = [
    pytest.mark.filterwarnings("ignore::sknoisy.exceptions.ReducedFoldsWarning"),
    pytest.mark.filterwarnings("ignore:.*had not settled"),
]


def accuracy(clf):
    return np.mean(clf.predict(X) == NAMES[y_true])


class WantsCodes(LogisticRegression):
    """A classifier that takes the codes 0...K-1 alone, as XGBoost does."""

    def fit(self, X, y, sample_weight=None):
        given, codes = np.unique(y), np.arange(len(np.unique(y)))
        if given.dtype.kind not in "iu" or (given != codes).any():
            raise ValueError(f"Invalid classes. Expected: {codes}, got {given}")
        return super().fit(X, y, sample_weight)


# A base that wants codes


@every_classifier
@pytest.mark.parametrize(
    "base",
    [WantsCodes(), make_pipeline(StandardScaler(), WantsCodes())],
    ids=["plain", "steps"],
)
def test_labels_reach_a_base_that_wants_codes(cls, base):
    clf = cls(base).fit(X, y)
    assert clf.classes_.tolist() == ["ash", "beech", "cherry"]
    assert accuracy(clf) > 0.9
    top = clf.classes_[clf.predict_proba(X).argmax(axis=1)]
    np.testing.assert_array_equal(top, clf.predict(X))
    log_proba = np.exp(clf.predict_log_proba(X))
    np.testing.assert_allclose(log_proba, clf.predict_proba(X))


@every_classifier
def test_a_fold_without_a_class_has_codes_of_its_own(cls):
    # The rows of the middle class make one group, so that a fold never sees it.
    groups = np.where(codes == 1, 0, 1 + np.arange(90) // 6)
    clf = cls(WantsCodes()).fit(X, codes, groups=groups)
    plain = cls(LogisticRegression()).fit(X, codes, groups=groups)
    np.testing.assert_allclose(clf.predict_proba(X), plain.predict_proba(X), atol=1e-6)


def test_a_coded_classifier_is_copied_and_saved():
    model = fit_labels(WantsCodes(), X, y, {})
    assert isinstance(model, CodedClassifier)
    assert model.n_features_in_ == 3
    for twin in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        np.testing.assert_array_equal(twin.predict(X), model.predict(X))
    with pytest.raises(AttributeError, match="embed"):
        _ = model.embed


def test_other_errors_are_those_of_the_base():
    # With codes, the classes 0 to 2 would silently get the weights of other labels.
    base = LogisticRegression(class_weight={0: 5, 1: 1, 2: 1})
    with pytest.raises(ValueError, match=r"\[3\], are not in class_weight"):
        fit_labels(base, X, codes + 1, {})


def test_xgboost_with_labels_of_any_kind_and_classes_missing_in_folds():
    xgboost = pytest.importorskip("xgboost", reason="xgboost is an optional library")
    base = xgboost.XGBClassifier(n_estimators=3, max_depth=2, n_jobs=1)
    for labels in (y, codes > 0, 5 * codes):
        clf = pruned(base).fit(X, labels)
        assert np.mean(clf.predict(X) == labels) > 0.7
    base.fit(X, codes)  # Its objective is set to one for three classes.
    groups = np.where(codes == 1, 0, 1 + np.arange(90) // 6)
    pruned(base).fit(X, codes, groups=groups)
    pruned(base).fit(X, codes % 2)


def test_catboost_answers_are_read_by_the_names_of_the_classes():
    catboost = pytest.importorskip("catboost", reason="catboost is an optional library")
    base = catboost.CatBoostClassifier(
        iterations=10, depth=2, verbose=0, allow_writing_files=False, thread_count=1
    )
    for labels in (np.array(["2", "10", "1"])[codes], codes > 0):
        clf = pruned(base).fit(X, labels)
        assert clf.predict(X).dtype == labels.dtype
        assert np.mean(clf.predict(X) == labels) > 0.7
        top = clf.classes_[clf.predict_proba(X).argmax(axis=1)]
        np.testing.assert_array_equal(top, clf.predict(X))


# A base that wants two rows of each class


def test_early_stopping_beside_a_rare_class():
    labels = y.copy()
    labels[:2] = "yew"
    base = HistGradientBoostingClassifier(max_iter=5, early_stopping=True)
    clf = pruned(base, cv=5).fit(X, labels)
    assert "yew" in clf.classes_


def test_the_only_row_of_a_class_is_split_in_two_halves():
    class Recorder(LogisticRegression):
        def fit(self, X, y, sample_weight=None):
            if np.unique(y, return_counts=True)[1].min() < 2:
                raise ValueError("The least populated class in y has only 1 member")
            self.seen_ = X[:, 0].tolist(), y.tolist(), sample_weight.tolist()
            return super().fit(X, y, sample_weight)

    rows = np.array([[0.0], [1.0], [2.0]])
    weights = np.array([1.0, 3.0, 2.0])
    params = {"sample_weight": weights}
    model = fit_labels(Recorder(), rows, np.array([0, 1, 0]), params)
    assert model.seen_ == ([0, 1, 1, 2], [0, 1, 1, 0], [1, 1.5, 1.5, 2])
    np.testing.assert_array_equal(weights, [1, 3, 2])


# class_weight="balanced" counts weights


@pytest.mark.parametrize(
    "base",
    [
        LogisticRegression(class_weight="balanced", tol=1e-8),
        DecisionTreeClassifier(class_weight="balanced", max_depth=2),
        SVC(class_weight="balanced"),
        make_pipeline(StandardScaler(), SVC(class_weight="balanced")),
    ],
    ids=lambda base: type(base).__name__,
)
def test_balanced_classes_count_weights_not_rows(base):
    # A faint second label takes a row of its own, but little weight.
    faint = 0.9 * np.eye(3)[codes] + 0.1 * np.eye(3)[(codes + 1) % 3]
    model = fit_soft_labels(base, X, faint, NAMES)
    rows, columns = np.nonzero(faint)
    weights = faint[rows, columns]
    total = faint.sum(axis=0)
    balanced = weights * (total.sum() / (3 * total))[columns]
    name = (
        "class_weight" if "class_weight" in base.get_params() else "svc__class_weight"
    )
    plain = fit_weighted(base, X[rows], NAMES[columns], balanced)
    plain = plain.set_params(**{name: None})
    expected = fit_weighted(plain, X[rows], NAMES[columns], balanced)
    np.testing.assert_array_equal(model.predict(X), expected.predict(X))
    assert model.get_params()[name] is None
    assert base.get_params()[name] == "balanced"


def test_balanced_classes_of_equal_rows_are_left_to_the_classifier():
    base = LogisticRegression(class_weight="balanced")
    assert fit_soft_labels(base, X, np.eye(3)[codes], NAMES).class_weight == "balanced"


# Steps that resample rows


class Oversampler(BaseEstimator):
    """Takes each row twice, as the samplers of imbalanced-learn make rows."""

    def fit_resample(self, X, y):
        return np.repeat(X, 2, axis=0), np.repeat(y, 2)

    def fit(self, X, y):
        return self

    def transform(self, X):
        return X


def test_weights_pass_no_step_that_resamples_rows():
    base = make_pipeline(Oversampler(), LogisticRegression())
    clf = NoisyLabelClassifier(base).fit(X, y)
    assert clf.selection_["action"] in {"keep", "filter", "relabel"}
    with pytest.raises(UnsuitableEstimatorError, match="Pipeline takes none"):
        NoisyLabelClassifier(base, action="soft").fit(X, y)
    with pytest.raises(UnsuitableEstimatorError, match="Oversampler resamples the row"):
        RefinedLabelClassifier(base).fit(X, y)


def test_samplers_of_imbalanced_learn():
    imblearn = pytest.importorskip("imblearn", reason="imblearn is an optional library")
    from imblearn.over_sampling import SMOTE  # noqa: F401, proves that it is there

    base = imblearn.pipeline.make_pipeline(
        imblearn.over_sampling.SMOTE(k_neighbors=2, random_state=0),
        LogisticRegression(),
    )
    assert accuracy(NoisyLabelClassifier(base).fit(X, y)) > 0.9


# What a base answers


class Answers(ClassifierMixin, BaseEstimator):
    """Logistic regression whose answer is changed by a function."""

    def __init__(self, change=None, order=None):
        self.change = change
        self.order = order

    def fit(self, X, y, sample_weight=None):
        self.model_ = LogisticRegression().fit(X, y, sample_weight)
        order = slice(None) if self.order is None else self.order
        self.classes_ = self.model_.classes_[order]
        return self

    def predict(self, X):
        labels = self.model_.predict(X)
        return labels if self.change is None else self.change(labels)

    def predict_proba(self, X):
        order = slice(None) if self.order is None else self.order
        return self.model_.predict_proba(X)[:, order]

    def decision_function(self, X):
        values = self.model_.decision_function(X)
        return values if values.ndim == 1 else values[:, self.order]


def as_column(labels):
    return labels[:, None]


@every_classifier
def test_a_column_of_predictions_is_read_as_labels(cls):
    clf, plain = cls(Answers(as_column)).fit(X, y), cls(Answers()).fit(X, y)
    assert clf.predict(X).shape == (90,)
    np.testing.assert_array_equal(clf.predict(X), plain.predict(X))


@pytest.mark.parametrize("labels", [codes > 0, codes, codes.astype(float)])
def test_predictions_as_text_get_the_type_of_the_labels(labels):
    clf = pruned(Answers(lambda v: v.astype(str)))
    predicted = clf.fit(X, labels).predict(X)
    assert predicted.dtype == labels.dtype
    plain = pruned(LogisticRegression()).fit(X, labels)
    np.testing.assert_array_equal(predicted, plain.predict(X))


@every_classifier
def test_classes_in_another_order_are_matched_by_value(cls):
    clf = cls(Answers(order=[2, 0, 1])).fit(X, y)
    plain = cls(Answers(order=[0, 1, 2])).fit(X, y)
    np.testing.assert_allclose(clf.predict_proba(X), plain.predict_proba(X))
    assert accuracy(clf) > 0.9


def test_decision_values_are_matched_by_value():
    clf = pruned(Answers(order=[2, 0, 1])).fit(X, y)
    plain = pruned(Answers(order=[0, 1, 2])).fit(X, y)
    np.testing.assert_allclose(clf.decision_function(X), plain.decision_function(X))


BAD_ANSWERS = {
    "few": (lambda v: v[:-1], r"predict expected to return shape \(\d+,\), .*returned"),
    "table": (lambda v: np.ones((len(v), 3)), r"but returned \(\d+, 3\)"),
    "foreign": (lambda v: np.full(len(v), 7.5), r"classes \[.ash., .*returned 7\.5"),
    "NaN": (lambda v: np.full(len(v), np.nan), r"classes \[.ash., .*returned nan"),
}


@pytest.mark.parametrize(("change", "message"), BAD_ANSWERS.values(), ids=BAD_ANSWERS)
def test_answers_that_are_no_labels(change, message):
    clf = RefinedLabelClassifier(Answers(change)).fit(X, y)
    with pytest.raises(ValueError, match=message):
        clf.predict(X)
    with pytest.raises(ValueError, match=message):
        predicted_codes(clf.estimator_, X, clf.classes_)


def test_labels_that_are_no_classes_have_no_code():
    model = Answers(lambda v: np.full(len(v), "yew")).fit(X, y)
    with pytest.raises(ValueError, match=r"but returned 'yew'\. Check the classifier"):
        predicted_codes(model, X, np.sort(NAMES))


def seeded(base):
    return NoisyLabelClassifier(base, random_state=0)


@pytest.mark.parametrize("make", [pruned, NoisyLabelClassifier, seeded])
def test_a_frozen_base_answers_as_it_is(make):
    frozen = FrozenEstimator(LogisticRegression().fit(X, NAMES[y_true]))
    clf = make(frozen).fit(X, y)
    np.testing.assert_array_equal(clf.predict(X), frozen.predict(X))


def test_weights_do_not_reach_a_frozen_base():
    frozen = FrozenEstimator(LogisticRegression().fit(X, NAMES[y_true]))
    with pytest.raises(UnsuitableEstimatorError, match="FrozenEstimator takes no samp"):
        RefinedLabelClassifier(frozen).fit(X, y)


def test_a_base_that_shows_what_it_predicts_only_once_it_is_fitted():
    base = StackingClassifier([("linear", LogisticRegression())], cv=2)
    assert not hasattr(base, "predict")
    clf = NoisyLabelClassifier(base, evidence="neighbors", cv=2).fit(X, y)
    assert accuracy(clf) > 0.9
    with pytest.raises(UnsuitableEstimatorError, match="StackingClassifier has none"):
        pruned(base).fit(X, y)
    with pytest.raises(ValueError, match="'estimator' parameter of NoisyLabelClassifi"):
        NoisyLabelClassifier(StandardScaler()).fit(X, y)
