"""Bad input gets an error that says what was expected, what came and what to do."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.cluster import KMeans
from sklearn.datasets import make_blobs
from sklearn.ensemble import RandomForestRegressor
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import Ridge
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler, scale
from sklearn.svm import LinearSVC

from sknoisy import (
    LabelNoiseInjector,
    NoiseTransitionClassifier,
    NoisyLabelClassifier,
    RefinedLabelClassifier,
    find_label_errors,
    label_quality,
)
from sknoisy.exceptions import UnsuitableEstimatorError
from sknoisy.noise import UniformNoise
from sknoisy.quality import ModelConfidence, NeighborAgreement
from sknoisy.refinement import ConfidentPruning, PosteriorRelabeling, QualityWeighting
from sknoisy.transition import ConfidentTransition

X, y_true = make_blobs(60, n_features=4, centers=3, cluster_std=2, random_state=0)
X = scale(X)
y = UniformNoise(0.2, random_state=0).corrupt(y_true)

CLASSIFIERS = [
    NoisyLabelClassifier,
    NoiseTransitionClassifier,
    RefinedLabelClassifier,
    LabelNoiseInjector,
]
LEARNERS = [
    ConfidentTransition,
    ConfidentPruning,
    PosteriorRelabeling,
    QualityWeighting,
    ModelConfidence,
    NeighborAgreement,
]
every_classifier = pytest.mark.parametrize("cls", CLASSIFIERS)
every_estimator = pytest.mark.parametrize("cls", CLASSIFIERS + LEARNERS)


# Labels


def with_label(label, dtype):
    labels = y.astype(dtype)
    labels[4] = label
    return labels


MISSING = "contains NaN or None in 1 of 60 rows, the first in row 4. Drop these rows"
SEVERAL = (
    r"one label per row, but got shape \(60, 2\).*sknoisy\.multilabel.*"
    "MultiOutputClassifier"
)
BAD_LABELS = {
    "NaN": (with_label(np.nan, float), MISSING),
    "None": (with_label(None, object), MISSING),
    "pandas NA": (pd.Series(with_label(None, object), dtype="Int64"), MISSING),
    "polars null": (pl.Series(with_label(None, object).tolist()), MISSING),
    "infinity": (with_label(np.inf, float), "contains infinity in row 4. Drop these"),
    "one class": (np.zeros(60), "holds only one class: .*Check that the right column"),
    "one class of strings": (["a"] * 60, "holds only one class: .*'a'"),
    "too few": (y[:50], r"inconsistent numbers of samples: \[60, 50\]"),
    "too many": (np.repeat(y, 2), r"inconsistent numbers of samples: \[60, 120\]"),
    "continuous": (X[:, 0], "Unknown label type: continuous"),
    "several columns": (np.column_stack([y, y]), SEVERAL),
    "frame of several columns": (pd.DataFrame({"a": y, "b": y}), SEVERAL),
    "indicators": (np.eye(3, dtype=int)[y], r"got shape \(60, 3\); multi-label"),
    "mixed types": (
        with_label("a", object),
        r"labels of one type in y, but got a mix of int, str.*y\.astype\(str\)",
    ),
    "gap in a list": ([*y[:4].astype(str), np.nan, *y[5:].astype(str)], MISSING),
    "mixed list": ([*y[:4].tolist(), "a", *y[5:].tolist()], "a mix of int, str"),
    "none at all": (None, "requires y to be passed, but the target y is None"),
}


@every_estimator
@pytest.mark.parametrize(("labels", "message"), BAD_LABELS.values(), ids=BAD_LABELS)
def test_labels(cls, labels, message):
    with pytest.raises(ValueError, match=message):
        cls().fit(X, labels)


@pytest.mark.parametrize("function", [find_label_errors, label_quality])
@pytest.mark.parametrize(
    "name",
    ["NaN", "gap in a list", "mixed list", "indicators", "mixed types", "continuous"],
)
def test_labels_of_functions(function, name):
    labels, message = BAD_LABELS[name]
    with pytest.raises(ValueError, match=message):
        function(labels, np.full((60, 3), 1 / 3))


# Rows


BAD_ROWS = {
    "no rows": (X[:0], y[:0], r"X and y have 0 sample\(s\)"),
    "None": (None, y, "expected X with one row per label, but got None"),
    "no columns": (X[:, :0], y, r"Found array with 0 feature\(s\)"),
    "one dimension": (X[:, 0], y, "Expected 2D array, got 1D array instead"),
    "infinity": (np.where(X > 1, np.inf, X), y, "contains infinity"),
}


@every_estimator
@pytest.mark.parametrize(("rows", "labels", "message"), BAD_ROWS.values(), ids=BAD_ROWS)
def test_rows(cls, rows, labels, message):
    with pytest.raises(ValueError, match=message):
        cls().fit(rows, labels)


@every_classifier
def test_missing_values_are_judged_by_the_base(cls):
    with pytest.raises(ValueError, match=r"contains NaN\.\nLogisticRegression"):
        cls().fit(np.where(X > 1, np.nan, X), y)


@every_classifier
def test_rows_to_predict(cls):
    with pytest.raises(NotFittedError, match=r"is not fitted yet\. Call 'fit'"):
        cls().predict(X)
    with pytest.raises(ValueError, match="X has 2 features, but LogisticRegression"):
        cls().fit(X, y).predict(X[:, :2])


# What is passed beside the labels


LENGTHS = r"inconsistent numbers of samples: \[60, 2\]"
BAD_COMPANIONS = {
    "few weights": ({"sample_weight": [1, 2]}, r"sample_weight.shape == \(2,\)"),
    "negative weights": ({"sample_weight": -np.ones(60)}, "Negative values in data"),
    "missing weights": ({"sample_weight": [np.nan] * 60}, "sample_weight contains NaN"),
    "no weight": ({"sample_weight": np.zeros(60)}, "one non-zero number"),
    "few groups": ({"groups": [1, 2]}, LENGTHS),
    "missing groups": (
        {"groups": with_label(None, object)},
        "groups expected a value in every row.*row 4. Give each of these rows a group",
    ),
    "row numbers as mask": (
        {"trusted": [3, 5]},
        r"trusted must be a boolean mask of shape \(60,\).*int64.*pass numpy.isin",
    ),
    "short mask": ({"trusted": [True]}, r"but got dtype bool and shape \(1,\)"),
    "unknown": ({"colour": y}, r"only supported if enable_metadata_routing=True"),
}


@every_estimator
@pytest.mark.parametrize(
    ("companions", "message"), BAD_COMPANIONS.values(), ids=BAD_COMPANIONS
)
def test_companions(cls, companions, message):
    with pytest.raises(ValueError, match=message):
        cls().fit(X, y, **companions)


@pytest.mark.parametrize("cls", [NoisyLabelClassifier, RefinedLabelClassifier])
def test_a_single_group(cls):
    with pytest.raises(ValueError, match=r"2 distinct values.*Leave groups out"):
        cls().fit(X, y, groups=np.zeros(60))


# Classifiers that lack something, and the ways out that the messages name


@pytest.mark.parametrize(
    "clf",
    [
        NoisyLabelClassifier(LinearSVC(), evidence="model"),
        RefinedLabelClassifier(LinearSVC(), ConfidentPruning()),
        RefinedLabelClassifier(LinearSVC(), QualityWeighting()),
        RefinedLabelClassifier(refiner=ConfidentPruning(LinearSVC())),
        NoiseTransitionClassifier(LinearSVC()),
        ConfidentTransition(LinearSVC()),
    ],
)
def test_no_probabilities(clf):
    ways_out = (
        r"LinearSVC has none.*CalibratedClassifierCV\(LinearSVC.*evidence='neighbors'.*"
        "NeighborAgreement"
    )
    with pytest.raises(UnsuitableEstimatorError, match=ways_out):
        clf.fit(X, y)


@pytest.mark.parametrize("base", [Ridge(), RandomForestRegressor(), KMeans()])
@pytest.mark.parametrize("cls", [*CLASSIFIERS[:2], ConfidentTransition])
def test_no_classifier(cls, base):
    way_out = rf"{type(base).__name__} is no classifier. Pass one, such as LogisticReg"
    with pytest.raises(UnsuitableEstimatorError, match=way_out):
        cls(base).fit(X, y)


@pytest.mark.parametrize("transition", ["confident", "Confident", ""])
@pytest.mark.parametrize("cls", CLASSIFIERS[:2])
def test_a_transition_that_there_is_not(cls, transition):
    choices = r"an estimator of sknoisy\.transition .*ConfidentTransition\(\), EM"
    with pytest.raises(ValueError, match=choices):
        cls(transition=transition).fit(X, y)


@pytest.mark.parametrize(
    "clf",
    [
        NoisyLabelClassifier(CalibratedClassifierCV(LinearSVC(), cv=2)),
        NoisyLabelClassifier(LinearSVC(), evidence="neighbors"),
        RefinedLabelClassifier(LinearSVC(), QualityWeighting(NeighborAgreement())),
    ],
)
def test_ways_out_without_probabilities(clf):
    assert clf.fit(X, y).score(X, y_true) > 0.8


NO_WEIGHTS = KNeighborsClassifier()
NO_WEIGHTS_IN_STEPS = make_pipeline(StandardScaler(), NO_WEIGHTS)


@pytest.mark.parametrize("base", [NO_WEIGHTS, NO_WEIGHTS_IN_STEPS], ids=["", "steps"])
@pytest.mark.parametrize("action", ["weight", "soft"])
def test_an_action_that_needs_weights(base, action):
    name = type(base).__name__
    ways_out = f"{name} takes none. Use action='filter' or action='relabel'"
    with pytest.raises(UnsuitableEstimatorError, match=ways_out):
        NoisyLabelClassifier(base, action=action).fit(X, y)


@pytest.mark.parametrize("base", [NO_WEIGHTS, NO_WEIGHTS_IN_STEPS], ids=["", "steps"])
def test_weights_that_the_base_does_not_take(base):
    weights = np.arange(1.0, 61)
    ways_out = "takes no sample_weight.*action='filter'.*the refiner ConfidentPruning"
    with pytest.raises(UnsuitableEstimatorError, match=ways_out):
        RefinedLabelClassifier(base, QualityWeighting()).fit(X, y)
    for clf in (NoisyLabelClassifier(base), LabelNoiseInjector(base)):
        with pytest.raises(UnsuitableEstimatorError, match=ways_out):
            clf.fit(X, y, weights)
