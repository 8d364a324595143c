"""A classifier for noisy labels goes wherever any classifier of scikit-learn goes."""

import pickle
import warnings

import numpy as np
import pytest
import sklearn
from sklearn.base import clone, is_classifier
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import make_blobs
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import (
    BaggingClassifier,
    RandomForestClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.exceptions import DataConversionWarning, NotFittedError
from sklearn.gaussian_process import GaussianProcessClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    ShuffleSplit,
    StratifiedKFold,
    TunedThresholdClassifierCV,
    cross_val_score,
    cross_validate,
)
from sklearn.multioutput import MultiOutputClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler, scale
from sklearn.svm import LinearSVC
from sklearn.utils.fixes import parse_version
from sklearn.utils.validation import check_is_fitted

from sknoisy import (
    LabelNoiseInjector,
    NoiseTransitionClassifier,
    NoisyLabelClassifier,
    RefinedLabelClassifier,
)
from sknoisy.exceptions import ReducedFoldsWarning
from sknoisy.noise import UniformNoise
from sknoisy.quality import ModelConfidence, NeighborAgreement
from sknoisy.refinement import ConfidentPruning, QualityWeighting
from sknoisy.transition import ConfidentTransition

X, y_true = make_blobs(120, n_features=4, centers=3, cluster_std=1.5, random_state=0)
X = scale(X)
y = UniformNoise(0.2, random_state=0).corrupt(y_true)


def injector(estimator=None):
    return LabelNoiseInjector(estimator, UniformNoise(0.1), random_state=0)


def transition(estimator=None):
    return NoiseTransitionClassifier(estimator, correction="importance")


every_classifier = pytest.mark.parametrize(
    "make", [NoisyLabelClassifier, RefinedLabelClassifier, transition, injector]
)


def accuracy(clf):
    """Return the accuracy on the true labels; of the given ones a fifth is wrong."""
    return np.mean(clf.predict(X) == y_true)


# What is passed stays as it was


@every_classifier
def test_clone_has_the_same_parameters(make):
    clf = make(LogisticRegression(C=0.5))
    copy = clone(clf)
    assert copy.get_params()["estimator__C"] == 0.5
    assert copy.estimator is not clf.estimator
    assert repr(copy) == repr(clf)
    assert copy.set_params(estimator__C=2).estimator.C == 2
    assert clf.estimator.C == 0.5


SCALED = make_pipeline(StandardScaler(), LogisticRegression())


@pytest.mark.parametrize(
    "clf",
    [
        NoisyLabelClassifier(
            SCALED,
            transition=ConfidentTransition(),
            embedding=StandardScaler(),
            random_state=0,
        ),
        RefinedLabelClassifier(SCALED, ConfidentPruning(random_state=0)),
        RefinedLabelClassifier(
            SCALED, QualityWeighting(ModelConfidence(LogisticRegression()))
        ),
        injector(SCALED),
    ],
    ids=["noisy label", "pruning", "weighting", "injector"],
)
def test_fit_leaves_what_was_passed_untouched(clf):
    before = pickle.dumps(clf.get_params())
    clf.fit(X, y)
    assert pickle.dumps(clf.get_params()) == before
    assert not hasattr(clf.estimator[0], "mean_")
    assert not hasattr(clf.estimator[-1], "coef_")


@every_classifier
def test_it_is_a_classifier(make):
    assert is_classifier(make())
    assert is_classifier(make_pipeline(StandardScaler(), make()))


# Searching and validating


@every_classifier
def test_grid_search_over_a_nested_parameter(make):
    pipeline = make_pipeline(StandardScaler(), make(LogisticRegression()))
    name = f"{pipeline.steps[-1][0]}__estimator__C"
    search = GridSearchCV(pipeline, {name: [1e-9, 1.0]}, cv=2, error_score="raise")
    search.fit(X, y)
    assert search.best_params_ == {name: 1.0}
    assert accuracy(search) > 0.9


def test_grid_search_by_the_documented_name():
    pipeline = make_pipeline(NoisyLabelClassifier(LogisticRegression()))
    grid = {"noisylabelclassifier__estimator__C": [0.1, 1.0]}
    search = GridSearchCV(pipeline, grid, cv=2, error_score="raise").fit(X, y)
    assert set(search.best_params_) == set(grid)


def test_grid_search_over_the_refiner_and_its_parameters():
    grid = [
        {"refiner": [ConfidentPruning()], "refiner__rule": ["both", "class"]},
        {"refiner": [QualityWeighting()], "refiner__power": [0.5, 2]},
        {"refiner": [QualityWeighting(NeighborAgreement())]},
    ]
    search = GridSearchCV(RefinedLabelClassifier(), grid, cv=2, error_score="raise")
    search.fit(X, y)
    assert len(search.cv_results_["params"]) == 5
    assert accuracy(search) > 0.9


def test_grid_search_over_the_action():
    grid = {"action": ["auto", "weight", "filter", "relabel", "soft"]}
    search = GridSearchCV(NoisyLabelClassifier(), grid, cv=2, error_score="raise")
    assert accuracy(search.fit(X, y)) > 0.9


@every_classifier
def test_folds_of_labels_in_order_are_stratified(make):
    order = np.argsort(y_true, kind="stable")
    scores = cross_val_score(make(), X[order], y_true[order], cv=3)
    assert scores.min() > 0.85


def test_cross_validation_in_two_processes():
    clf = NoisyLabelClassifier()
    alone = cross_validate(clf, X, y, cv=2)["test_score"]
    shared = cross_validate(clf, X, y, cv=2, n_jobs=2)["test_score"]
    np.testing.assert_array_equal(shared, alone)


# Inside other estimators


@every_classifier
def test_last_step_of_a_pipeline(make):
    pipeline = make_pipeline(StandardScaler(), make()).fit(X, y)
    check_is_fitted(pipeline)
    assert accuracy(pipeline) > 0.9
    assert pipeline.predict_proba(X).shape == (120, 3)


def test_unfitted_as_the_last_step_says_so():
    pipeline = make_pipeline(NoisyLabelClassifier())
    with pytest.raises(NotFittedError, match="is not fitted yet"):
        pipeline[-1].predict(X)


@pytest.mark.parametrize(
    "clf",
    [
        NoisyLabelClassifier(LinearDiscriminantAnalysis()),
        RefinedLabelClassifier(LinearDiscriminantAnalysis(), ConfidentPruning()),
        injector(LinearDiscriminantAnalysis()),
    ],
    ids=lambda clf: type(clf).__name__,
)
def test_first_step_of_a_pipeline_where_the_base_transforms(clf):
    pipeline = make_pipeline(clf, LogisticRegression()).fit(X, y)
    assert pipeline[0].transform(X).shape == (120, 2)
    assert pipeline.predict(X).shape == (120,)


AROUND = {
    "voting": lambda clf: VotingClassifier(
        [("ours", clf), ("plain", LogisticRegression())], voting="soft"
    ),
    "stacking": lambda clf: StackingClassifier(
        [("ours", clf), ("plain", LogisticRegression())], cv=2
    ),
    "stacked on": lambda clf: StackingClassifier(
        [("plain", LogisticRegression())], final_estimator=clf, cv=2
    ),
    "bagging": lambda clf: BaggingClassifier(clf, n_estimators=3, random_state=0),
    "calibrated": lambda clf: CalibratedClassifierCV(clf, cv=2),
}


@every_classifier
@pytest.mark.parametrize("around", AROUND.values(), ids=AROUND)
def test_inside_another_estimator(make, around):
    assert accuracy(around(make()).fit(X, y)) > 0.9


@every_classifier
def test_inside_a_tuned_threshold(make):
    positive, truth = y == 0, y_true == 0
    tuned = TunedThresholdClassifierCV(make(), cv=2).fit(X, positive)
    assert np.mean(tuned.predict(X) == truth) > 0.9


@every_classifier
def test_several_outputs_one_classifier_each(make):
    outputs = np.column_stack([y, y == 0])
    clf = MultiOutputClassifier(make()).fit(X, outputs)
    assert clf.predict(X).shape == (120, 2)


# Around any classifier


@every_classifier
def test_methods_are_those_of_the_base(make):
    forest, linear = make(RandomForestClassifier()), make(LinearSVC())
    assert not hasattr(forest, "decision_function")
    assert hasattr(forest, "predict_proba")
    assert hasattr(linear, "decision_function")
    assert not hasattr(linear, "predict_proba")
    assert not hasattr(linear, "transform")


@every_classifier
def test_answers_are_those_of_the_fitted_base(make):
    clf = make().fit(X, y)
    for method in ("predict_proba", "predict_log_proba", "decision_function"):
        ours, inner = getattr(clf, method)(X), getattr(clf.estimator_, method)(X)
        np.testing.assert_array_equal(ours, inner)
    assert clf.score(X, y_true) == accuracy(clf)


WITHOUT_WEIGHTS = [
    KNeighborsClassifier(),
    GaussianProcessClassifier(optimizer=None),
    LinearDiscriminantAnalysis(),
    make_pipeline(StandardScaler(), KNeighborsClassifier()),
]


@pytest.mark.parametrize("base", WITHOUT_WEIGHTS, ids=lambda e: type(e).__name__)
@pytest.mark.parametrize("action", ["auto", "filter", "relabel"])
def test_a_base_that_takes_no_weights(base, action):
    assert accuracy(NoisyLabelClassifier(base, action=action).fit(X, y)) > 0.85


@pytest.mark.parametrize("base", WITHOUT_WEIGHTS, ids=lambda e: type(e).__name__)
def test_pruning_around_a_base_that_takes_no_weights(base):
    clf = RefinedLabelClassifier(base, ConfidentPruning())
    assert accuracy(clf.fit(X, y)) > 0.85


@pytest.mark.parametrize("action", ["auto", "weight", "filter", "relabel", "soft"])
def test_neighbors_serve_a_base_without_probabilities(action):
    clf = NoisyLabelClassifier(LinearSVC(), evidence="neighbors", action=action)
    assert accuracy(clf.fit(X, y)) > 0.9
    clf = RefinedLabelClassifier(LinearSVC(), QualityWeighting(NeighborAgreement()))
    assert accuracy(clf.fit(X, y)) > 0.9


def test_a_base_that_wraps_its_own_search():
    base = GridSearchCV(LogisticRegression(), {"C": [0.1, 1.0]}, cv=2)
    clf = NoisyLabelClassifier(base, action="weight", cv=2).fit(X, y)
    assert accuracy(clf) > 0.9


# Folds


SPLITTERS = {
    "splitter": StratifiedKFold(3, shuffle=True, random_state=0),
    "list of splits": list(StratifiedKFold(3).split(X, y)),
    "repeated": ShuffleSplit(4, test_size=0.3, random_state=0),
    "number": 3,
}


@pytest.mark.parametrize("cv", SPLITTERS.values(), ids=SPLITTERS)
def test_folds_by_any_splitter(cv):
    clf = NoisyLabelClassifier(cv=cv).fit(X, y)
    assert accuracy(clf) > 0.9
    refined = RefinedLabelClassifier(refiner=ConfidentPruning(cv=cv)).fit(X, y)
    assert accuracy(refined) > 0.9


def test_folds_by_groups():
    groups = np.arange(120) // 4
    clf = NoisyLabelClassifier(cv=GroupKFold(3)).fit(X, y, groups=groups)
    assert accuracy(clf) > 0.9


def test_a_rare_class_reduces_the_folds():
    labels = y.copy()
    labels[:3] = 7
    with pytest.warns(ReducedFoldsWarning, match="folds were reduced to 3"):
        clf = NoisyLabelClassifier(cv=5).fit(X, labels)
    assert clf.predict_proba(X).shape == (120, 4)


@pytest.mark.parametrize("action", ["auto", "weight", "filter", "relabel", "soft"])
def test_a_class_of_one_row_is_kept(action):
    labels = y.copy()
    labels[5] = 7
    clf = NoisyLabelClassifier(action=action).fit(X, labels)
    np.testing.assert_array_equal(clf.classes_, [0, 1, 2, 7])
    assert 7 in clf.estimator_.classes_
    assert clf.transduction_[5] == 7


@every_classifier
def test_a_column_of_labels_warns(make):
    with pytest.warns(DataConversionWarning, match="A column-vector y was passed"):
        clf = make().fit(X, y[:, None])
    assert clf.predict(X).shape == (120,)


# In a notebook


@every_classifier
def test_html_shows_the_inner_classifier(make):
    clf = make(GaussianNB())
    for estimator in (clf, clone(clf).fit(X, y), make_pipeline(clf)):
        html = estimator._repr_html_()
        assert type(clf).__name__ in html
        assert "GaussianNB" in html


@pytest.mark.skipif(
    parse_version(sklearn.__version__) < parse_version("1.7"),
    reason="estimators had no place for it in their HTML",
)
def test_html_says_what_was_found_once_it_is_known():
    clf = NoisyLabelClassifier()
    assert "wrong labels" not in clf._repr_html_()
    html = clf.fit(X, y)._repr_mimebundle_()["text/html"]
    low, high = clf.noise_rate_interval_
    line = (
        f"<p>Estimated share of wrong labels: {clf.noise_rate_:.1%}, at least "
        f"{low:.1%} and at most {high:.1%}.</p>"
    )
    assert html.startswith(line)


def test_nothing_warns_by_default():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        NoisyLabelClassifier().fit(X, y).predict(X)
