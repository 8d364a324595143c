import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn import config_context
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.feature_selection import SelectFromModel
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import make_scorer
from sklearn.model_selection import GridSearchCV
from sklearn.multiclass import OneVsRestClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler, scale
from sklearn.svm import SVC

from sknoisy._labels import NoisyLabels
from sknoisy._soft_labels import (
    balanced_weights,
    balances_classes,
    drop_negligible,
    fit_soft_labels,
    fit_weighted,
    soft_labels_for,
    takes_weights,
)
from sknoisy.exceptions import UnsuitableEstimatorError

CLASSES = np.array(["a", "b", "c"])


class Recorder(ClassifierMixin, BaseEstimator):
    """Keeps what its fit was called with."""

    def fit(self, X, y, sample_weight=None, tag=None):
        self.X_, self.y_, self.weights_, self.tag_ = X, y, sample_weight, tag
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        return np.repeat(self.classes_[0], len(X))


def own_metric(y_true, y_pred):
    return np.mean(y_true == y_pred)


def score(estimator, X, y):
    return estimator.score(X, y)


@pytest.fixture
def iris():
    X, y = load_iris(return_X_y=True)
    return scale(X), y


@pytest.fixture
def soft_labels(iris):
    rng = np.random.RandomState(0)
    table = rng.dirichlet([0.3, 0.3, 0.3], size=150) + 2 * np.eye(3)[iris[1]]
    return table * rng.uniform(0.5, 2, size=(150, 1))


def test_rows_by_hand():
    X = np.arange(4.0)[:, None]
    table = [[1, 0, 0], [0.5, 0, 1.5], [0, 0, 0], [0, 0.25, 0]]
    model = fit_soft_labels(Recorder(), X, table, CLASSES)
    assert_array_equal(model.X_[:, 0], [0, 1, 1, 3])
    assert_array_equal(model.y_, ["a", "a", "c", "b"])
    assert_allclose(model.weights_, [1, 0.5, 1.5, 0.25])


def test_weights_below_zero_are_kept_where_they_are_asked_for():
    table = np.array([[1.4, -0.4, 0.01], [0, 1, 0]])
    model = fit_soft_labels(Recorder(), [[7.0], [8.0]], table, CLASSES, signed=True)
    assert_array_equal(model.X_, [[7], [7], [7], [8]])
    assert_array_equal(model.y_, ["a", "b", "c", "b"])
    assert_array_equal(model.weights_, [1.4, -0.4, 0.01, 1])
    with pytest.raises(ValueError, match=r"smallest entry is -0\.4\. Clip the table"):
        fit_soft_labels(Recorder(), [[7.0], [8.0]], table, CLASSES)


def test_equals_repeated_rows(iris, soft_labels):
    X, _ = iris
    ours = fit_soft_labels(LogisticRegression(), X, soft_labels, [0, 1, 2])
    rows, columns = np.divmod(np.arange(450), 3)
    weights = drop_negligible(soft_labels).ravel()
    theirs = LogisticRegression().fit(X[rows], columns, sample_weight=weights)
    assert_allclose(ours.coef_, theirs.coef_, rtol=1e-4, atol=1e-5)


def test_one_hot_is_the_plain_fit(iris):
    X, y = iris
    ours = fit_soft_labels(LogisticRegression(), X, np.eye(3)[y], [0, 1, 2])
    assert_array_equal(ours.coef_, LogisticRegression().fit(X, y).coef_)


def test_a_twentieth_is_negligible_and_its_weight_goes_to_the_others():
    table = np.array([[0.94, 0.06, 0], [0.95, 0.05, 0], [9.6, 0.3, 0.1]])
    expected = [[0.94, 0.06, 0], [1, 0, 0], [10, 0, 0]]
    assert_allclose(drop_negligible(table), expected)


def test_a_flat_row_of_many_classes_keeps_its_peak():
    flat = np.full((1, 40), 1 / 40)
    flat[0, 7] += 1e-3
    flat *= 3
    kept = drop_negligible(flat)
    assert_array_equal(np.flatnonzero(kept), [7])
    assert_allclose(kept.sum(), flat.sum())


@settings(max_examples=50)
@given(arrays(float, (4, 25), elements=st.floats(0, 1e3, allow_subnormal=False)))
def test_dropping_keeps_the_weight_of_each_row(table):
    kept = drop_negligible(table)
    assert_allclose(kept.sum(axis=1), table.sum(axis=1))
    assert ((kept > 0) <= (table > 0)).all()
    mass = table.sum(axis=1, keepdims=True)
    assert (kept[table > 0.05 * mass] > 0).all()


def test_rows_in_order_pass_X_untouched(iris):
    X, y = iris
    for weight in (1.0, np.linspace(0.5, 1, 150)[:, None]):
        model = fit_soft_labels(Recorder(), X, np.eye(3)[y] * weight, CLASSES)
        assert model.X_ is X
    assert fit_soft_labels(Recorder(), X, np.eye(3)[y], CLASSES).weights_ is None


@pytest.mark.parametrize("out", [0, 1, 2])
def test_metadata_follows_the_rows(out):
    table = np.array([[1.0, 0, 0], [0.5, 0.5, 0], [0, 0, 1]])
    table[out] = 0
    X, tag = np.arange(3.0)[:, None], np.array(["x", "y", "z"])
    model = fit_soft_labels(Recorder(), X, table, CLASSES, params={"tag": tag})
    assert_array_equal(model.tag_, tag[model.X_[:, 0].astype(int)])
    assert out not in model.X_


def test_metadata_that_is_not_by_row_is_left_alone():
    table = np.array([[1.0, 0, 0], [0, 0, 0]])
    model = fit_soft_labels(Recorder(), np.zeros((2, 1)), table, CLASSES,
                            params={"tag": "all"})  # fmt: skip
    assert model.tag_ == "all"


@pytest.mark.parametrize("kind", ["texts", "sparse", "pandas", "polars"])
def test_rows_of_any_kind_are_repeated(kind):
    numbers = np.array([[1.0], [2.0], [3.0]])
    if kind in {"pandas", "polars"}:
        X = pytest.importorskip(kind).DataFrame({"number": numbers[:, 0]})
    else:
        X = {"texts": ["1", "2", "3"], "sparse": sparse.csr_array(numbers)}[kind]
    table = [[1, 0, 0], [0.5, 0.5, 0], [0, 0, 0]]
    seen = fit_soft_labels(Recorder(), X, table, CLASSES).X_
    assert type(seen) is type(X)
    values = seen.toarray() if kind == "sparse" else np.asarray(seen, dtype=float)
    assert_array_equal(values.ravel(), [1, 2, 2])


def test_texts_through_a_pipeline():
    base = make_pipeline(TfidfVectorizer(), LogisticRegression())
    texts = ["good film", "bad film", "good book", "bad book"]
    table = [[1, 0], [0, 1], [1, 0], [0.4, 0.6]]
    model = fit_soft_labels(base, texts, table, ["bad", "good"])
    assert_array_equal(model.predict(["bad", "good"]), ["good", "bad"])


def test_the_model_knows_only_classes_with_weight(iris):
    X, y = iris
    table = np.eye(3)[y]
    table[y == 1] = 0
    model = fit_soft_labels(LogisticRegression(), X, table, CLASSES)
    assert_array_equal(model.classes_, ["a", "c"])


def test_estimators_without_weights_take_whole_samples(iris):
    X, y = iris
    table = np.eye(3)[y] * (np.arange(150) % 2 == 0)[:, None]
    model = fit_soft_labels(KNeighborsClassifier(1), X, table, [0, 1, 2])
    expected = KNeighborsClassifier(1).fit(X[::2], y[::2])
    assert_array_equal(model.predict(X), expected.predict(X))
    assert model.n_samples_fit_ == 75


@pytest.mark.parametrize(
    "base",
    [
        KNeighborsClassifier(),
        make_pipeline(StandardScaler(), KNeighborsClassifier()),
        GridSearchCV(KNeighborsClassifier(), {"n_neighbors": [1, 3]}),
    ],
)
def test_estimators_without_weights_say_so(base, iris, soft_labels):
    assert not takes_weights(base)
    name = type(base).__name__
    with pytest.raises(
        UnsuitableEstimatorError, match=rf"{name} takes no sample_weight.*'filter'"
    ):
        fit_soft_labels(base, iris[0], soft_labels, [0, 1, 2])


SINGLE = LogisticRegression()
PIPELINE = make_pipeline(StandardScaler(), LogisticRegression())
NESTED = Pipeline([("pre", StandardScaler()), ("rest", PIPELINE)])
GRID = {"C": [0.1, 1.0]}
BASES = {
    "single": SINGLE,
    "pipeline": PIPELINE,
    "nested": NESTED,
    "search": GridSearchCV(SINGLE, GRID, cv=2),
    "search of pipeline": GridSearchCV(
        PIPELINE, {"logisticregression__C": [0.1, 1.0]}, cv=2
    ),
    "pipeline of search": make_pipeline(
        StandardScaler(), GridSearchCV(SINGLE, GRID, cv=2)
    ),
    "transformer with estimator": make_pipeline(
        SelectFromModel(LogisticRegression(), max_features=3), LogisticRegression()
    ),
    "calibrated": CalibratedClassifierCV(GaussianNB(), cv=2),
    "forest": RandomForestClassifier(5, random_state=0),
}


@pytest.mark.parametrize("routing", [False, True])
@pytest.mark.parametrize("name", BASES)
def test_weights_arrive_through_whatever_surrounds_the_classifier(
    name, routing, iris, soft_labels
):
    X, y = iris
    base = BASES[name]
    table = np.eye(3)[y] * np.linspace(0.1, 2, 150)[:, None]
    with config_context(enable_metadata_routing=routing):
        assert takes_weights(base)
        model = fit_soft_labels(base, X, table, [0, 1, 2])
        plain = fit_soft_labels(base, X, np.eye(3)[y], [0, 1, 2])
    proba = model.predict_proba(X)
    assert np.abs(proba - plain.predict_proba(X)).max() > 1e-3


@pytest.mark.parametrize("routing", [False, True])
@pytest.mark.parametrize(
    "scoring",
    ["accuracy", ["accuracy", "neg_log_loss"], {"own": make_scorer(own_metric)}, score],
)
def test_searches_with_a_scoring_of_their_own(scoring, routing, iris, soft_labels):
    refit = next(iter(scoring)) if isinstance(scoring, list | dict) else True
    base = GridSearchCV(PIPELINE, {"logisticregression__C": [0.1, 1.0]}, cv=2,
                        scoring=scoring, refit=refit, error_score="raise")  # fmt: skip
    with config_context(enable_metadata_routing=routing):
        model = fit_soft_labels(base, iris[0], soft_labels, [0, 1, 2])
    assert model.best_estimator_.predict(iris[0]).shape == (150,)
    assert base.scoring is scoring
    names = list(scoring) if isinstance(scoring, list | dict) else ["score"]
    assert {f"mean_test_{name}" for name in names} <= set(model.cv_results_)


class Sampler(BaseEstimator):
    """A step that resamples rows, as those of imbalanced-learn."""

    def fit_resample(self, X, y):
        return X, y


def test_a_step_that_resamples_rows_is_named():
    base = Pipeline([("scale", StandardScaler()), ("s", Sampler()), ("r", Recorder())])
    message = "^Pipeline takes no sample_weight, since Sampler resamples the rows"
    with pytest.raises(UnsuitableEstimatorError, match=message):
        fit_weighted(base, np.zeros((2, 1)), np.array([0, 1]), np.array([1.0, 2.0]))


@pytest.mark.parametrize("routing", [False, True])
def test_weights_reach_the_last_step_alone(routing, iris):
    X, _ = iris
    base = Pipeline([("scale", StandardScaler()), ("last", Recorder())])
    weights = np.linspace(0.1, 2, 150)
    with config_context(enable_metadata_routing=routing):
        model = fit_weighted(base, X, np.arange(150) % 2, weights)
    assert_array_equal(model[-1].weights_, weights)
    assert_allclose(model[0].mean_, X.mean(axis=0))
    assert not hasattr(base[-1], "weights_")


def test_what_the_user_has_requested_stays(iris):
    X, _ = iris
    weights = np.linspace(0.1, 2, 150)
    with config_context(enable_metadata_routing=True):
        scaler = StandardScaler().set_fit_request(sample_weight=True)
        model = fit_weighted(
            make_pipeline(scaler, Recorder()), X, np.arange(150) % 2, weights
        )
    assert_allclose(model[0].mean_, np.average(X, axis=0, weights=weights))
    assert_array_equal(model[-1].weights_, weights)


def test_routing_finds_the_classifier_inside_a_meta_estimator(iris):
    X, y = iris
    with config_context(enable_metadata_routing=True):
        base = OneVsRestClassifier(Recorder())
        model = fit_weighted(base, X, y, np.linspace(0.1, 2, 150))
    assert all(part.weights_ is not None for part in model.estimators_)


def test_balanced_weights_by_hand():
    """Weights of 1 and 3 for label 2, of 2 for label 5: each has half of 6."""
    found = balanced_weights(np.array([2, 5, 2]), np.array([1.0, 2.0, 3.0]))
    assert_allclose(found, [0.75, 3, 2.25])
    assert balanced_weights(np.array([0, 1]), np.array([1.0, 0.0])) is None


@pytest.mark.parametrize(
    ("base", "expected"),
    [
        (LogisticRegression(class_weight="balanced"), True),
        (make_pipeline(StandardScaler(), SVC(class_weight="balanced")), True),
        (LogisticRegression(class_weight={0: 1.0}), False),
        (LogisticRegression(), False),
        (GaussianNB(), False),
    ],
)
def test_which_classifiers_balance_classes(base, expected):
    assert balances_classes(base) == expected


def test_weights_of_1_are_no_weights():
    y = np.array([0, 1])
    assert fit_weighted(Recorder(), np.zeros((2, 1)), y, np.ones(2)).weights_ is None
    model = fit_weighted(Recorder(), np.zeros((2, 1)), y, np.array([1, 2.0]))
    assert_array_equal(model.weights_, [1, 2])


def test_takes_weights():
    assert takes_weights(Pipeline([("a", FunctionTransformer()), ("b", SINGLE)]))
    assert not takes_weights(Pipeline([("a", StandardScaler()), ("b", "passthrough")]))
    assert not takes_weights(KNeighborsClassifier())


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ([[1, 0], [0, 1]], r"shape \(n_samples, 3\), .* but got shape \(2, 2\)"),
        ([1, 0, 0], r"but got shape \(3,\)"),
        ([[1, -0.5, 0], [0, 0, 1]], r"not negative, .* smallest entry is -0\.5"),
        ([[1, np.nan, 0], [0, 0, 1]], "expected finite weights"),
        ([[1, np.inf, 0], [0, 0, 1]], "expected finite weights"),
        ([[0, 0, 0], [0, 0, 0]], "got only zeros.*milder action"),
    ],
)
def test_bad_tables(table, message):
    with pytest.raises(ValueError, match=message):
        fit_soft_labels(Recorder(), np.zeros((2, 1)), table, CLASSES)


def test_the_estimator_is_left_unfitted(iris, soft_labels):
    base = LogisticRegression()
    fit_soft_labels(base, iris[0], soft_labels, [0, 1, 2])
    assert not hasattr(base, "coef_")


def test_soft_labels_of_each_action_by_hand():
    posterior = np.array(
        [[0.6, 0.3, 0.1], [0.2, 0.5, 0.3], [0.1, 0.1, 0.8], [0.2, 0.7, 0.1]]
    )
    weights = np.array([1.0, 2, 1, 1])
    labels = NoisyLabels(np.array([0, 2, 1, 0]), np.arange(3), sample_weight=weights)
    expected = {
        "keep": [[1, 0, 0], [0, 0, 2], [0, 1, 0], [1, 0, 0]],
        "relabel": [[1, 0, 0], [0, 2, 0], [0, 0, 1], [0, 1, 0]],
        "soft": posterior * weights[:, None],
        # Nothing would be left of the classes 1 and 2, which keep their labels.
        "filter": [[1, 0, 0], [0, 0, 2], [0, 1, 0], [0, 0, 0]],
    }
    for action, table in expected.items():
        assert_allclose(soft_labels_for(action, posterior, labels), table)
    # Qualities .6, .3, .1 and .2; each class is brought half-way back to its share.
    weighed = soft_labels_for("weight", posterior, labels)
    # Of the classes 0, 2 and 1: what was given by what is left.
    factors = np.sqrt([2 / 0.8, 2 / 0.6, 1 / 0.1])
    factors *= (0.8 + 0.6 + 0.1) / (factors @ [0.8, 0.6, 0.1])
    quality = weights * [0.6, 0.3, 0.1, 0.2] * factors[[0, 1, 2, 0]]
    assert_allclose(weighed, quality[:, None] * labels.one_hot())


def test_weights_count_for_what_is_surely_wrong():
    """The two lowest labels weigh 1 of 5, the lowest three 4 of 5."""
    labels = NoisyLabels(
        np.zeros(4, int), np.arange(2), sample_weight=np.array([0.5, 0.5, 3, 1])
    )
    quality = np.array([0.1, 0.2, 0.3, 0.9])
    posterior = np.column_stack([quality, 1 - quality])
    for surely_wrong, n_dropped in ((0.15, 1), (0.2, 2), (0.75, 2), (0.85, 3)):
        table = soft_labels_for("weight", posterior, labels, surely_wrong=surely_wrong)
        assert (table[:, 0] == 0).sum() == n_dropped


def test_a_pipeline_that_ends_with_no_estimator_takes_no_weights():
    assert not takes_weights(make_pipeline(StandardScaler(), "passthrough"))


def test_weight_drops_as_many_of_the_lowest_labels_as_are_surely_wrong():
    labels = NoisyLabels(codes=np.zeros(4, int), classes=np.arange(2))
    quality = np.array([0.1, 0.9, 0.4, 0.8])
    posterior = np.column_stack([quality, 1 - quality])
    for surely_wrong, n_dropped in ((0, 0), (0.2, 0), (0.25, 1), (0.5, 2), (0.7, 2)):
        table = soft_labels_for("weight", posterior, labels, surely_wrong=surely_wrong)
        assert (table[:, 0] == 0).sum() == n_dropped
        assert table[1, 0] > 0
