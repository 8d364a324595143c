"""Weights, groups and verified labels arrive, with metadata routing on and off."""

import numpy as np
import pytest
from sklearn import config_context
from sklearn.base import clone
from sklearn.datasets import make_blobs
from sklearn.ensemble import AdaBoostClassifier, BaggingClassifier, VotingClassifier
from sklearn.exceptions import UnsetMetadataPassedError
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import get_scorer
from sklearn.model_selection import GridSearchCV, GroupKFold, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler, scale

from sknoisy import (
    LabelNoiseInjector,
    NoisyLabelClassifier,
    RefinedLabelClassifier,
    SelfTrainingRefiner,
)
from sknoisy.noise import UniformNoise
from sknoisy.quality import NeighborAgreement
from sknoisy.refinement import ConfidentPruning, QualityWeighting

X, y_true = make_blobs(120, n_features=4, centers=3, cluster_std=1.5, random_state=0)
X = scale(X)
y = UniformNoise(0.2, random_state=0).corrupt(y_true)
rng = np.random.RandomState(0)
weights = rng.randint(0, 4, len(y)).astype(float)
trusted = rng.uniform(size=len(y)) < 0.3
wrong = y != y_true

routing = pytest.mark.parametrize("routing", [False, True], ids=["off", "on"])

# What the last fit of a classifier that takes notes was given.
SEEN = {}


class NoteTaker(LogisticRegression):
    """A classifier that writes down what it is fitted to."""

    def fit(self, X, y, sample_weight=None, colour=None):
        SEEN.update(rows=np.asarray(X), weights=sample_weight, colour=colour)
        SEEN.setdefault("fits", []).append(np.asarray(X))
        return super().fit(X, y, sample_weight)


class NoteTakingScaler(StandardScaler):
    """A scaler that writes down its weights."""

    def fit(self, X, y=None, sample_weight=None):
        SEEN["scaler weights"] = sample_weight
        return super().fit(X, y, sample_weight)


@pytest.fixture(autouse=True)
def seen():
    SEEN.clear()
    return SEEN


def injector(estimator=None):
    return LabelNoiseInjector(estimator, UniformNoise(0.1), random_state=0)


MAKERS = {
    "filter": NoisyLabelClassifier,
    "weight": lambda base=None: NoisyLabelClassifier(base, action="weight"),
    "soft": lambda base=None: NoisyLabelClassifier(base, action="soft"),
    "neighbors": lambda base=None: NoisyLabelClassifier(base, evidence="neighbors"),
    "weighting": RefinedLabelClassifier,
    "agreement": lambda base=None: RefinedLabelClassifier(
        base, QualityWeighting(NeighborAgreement())
    ),
    "pruning": lambda base=None: RefinedLabelClassifier(base, ConfidentPruning()),
    "self-training": SelfTrainingRefiner,
    "injector": injector,
}
every_treatment = pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
every_learner = pytest.mark.parametrize(
    "make", [make for name, make in MAKERS.items() if name != "injector"]
)
every_classifier = pytest.mark.parametrize(
    "make", [NoisyLabelClassifier, RefinedLabelClassifier, injector]
)


# Weights


@every_treatment
def test_weights_of_one_are_no_weights(make):
    plain, weighted = make().fit(X, y), make().fit(X, y, np.ones(len(y)))
    np.testing.assert_array_equal(weighted.predict_proba(X), plain.predict_proba(X))


@every_learner
def test_a_row_without_weight_is_left_out(make):
    kept = weights > 0
    weighted = make().fit(X, y, kept.astype(float))
    subset = make().fit(X[kept], y[kept])
    np.testing.assert_allclose(
        weighted.predict_proba(X), subset.predict_proba(X), atol=1e-5
    )


@every_learner
def test_a_weight_is_a_number_of_copies(make):
    rows = np.repeat(np.arange(len(y)), weights.astype(int))
    weighted, repeated = make().fit(X, y, weights), make().fit(X[rows], y[rows])
    np.testing.assert_allclose(
        weighted.predict_proba(X), repeated.predict_proba(X), atol=1e-3
    )


@routing
@every_classifier
def test_weights_reach_the_last_step_of_a_pipeline(make, routing, seen):
    clf = make(make_pipeline(NoteTakingScaler(), NoteTaker()))
    with config_context(enable_metadata_routing=routing):
        clf.fit(X, y, sample_weight=weights)
    believed = weights
    if hasattr(clf, "soft_labels_"):
        # Weights are handed on relative to their median.
        believed = clf.soft_labels_.sum(axis=1) / np.median(weights[weights > 0])
    np.testing.assert_allclose(np.sum(seen["weights"]), believed.sum())
    assert len(seen["rows"]) == len(seen["weights"])
    assert seen["scaler weights"] is None


def test_a_step_that_asks_for_weights_gets_them(seen):
    with config_context(enable_metadata_routing=True):
        scaler = NoteTakingScaler().set_fit_request(sample_weight=True)
        clf = NoisyLabelClassifier(make_pipeline(scaler, NoteTaker()), action="weight")
        clf.fit(X, y, sample_weight=weights)
    np.testing.assert_array_equal(seen["scaler weights"], seen["weights"])


@pytest.mark.parametrize(
    "around",
    [
        lambda clf: AdaBoostClassifier(clf, n_estimators=2),
        lambda clf: BaggingClassifier(clf, n_estimators=2, random_state=0),
        lambda clf: VotingClassifier([("ours", clf), ("plain", LogisticRegression())]),
    ],
    ids=["boosting", "bagging", "voting"],
)
def test_weights_come_through_an_ensemble(around):
    plain = around(NoisyLabelClassifier(action="weight", cv=2)).fit(X, y)
    weighted = around(NoisyLabelClassifier(action="weight", cv=2))
    # Only rows of two classes have weight, so that the third is hardly predicted.
    weighted.fit(X, y, sample_weight=np.where(y == 2, 1e-3, 1.0))
    assert (plain.predict(X) == 2).sum() > 20
    assert (weighted.predict(X) == 2).sum() < 10


# Weights that are routed


@every_classifier
def test_a_search_routes_weights(make, seen):
    with config_context(enable_metadata_routing=True):
        clf = make(NoteTaker()).set_fit_request(sample_weight=True)
        clf.set_score_request(sample_weight=True)
        search = GridSearchCV(clf, {"estimator__C": [0.1, 1.0]}, cv=2)
        search.fit(X, y, sample_weight=weights)
    plain = clone(search.best_estimator_).fit(X, y, sample_weight=weights)
    np.testing.assert_array_equal(search.predict_proba(X), plain.predict_proba(X))
    assert seen["weights"] is not None


@every_classifier
def test_a_search_over_a_pipeline_routes_weights(make, seen):
    with config_context(enable_metadata_routing=True):
        clf = make(make_pipeline(NoteTakingScaler(), NoteTaker()))
        clf.set_fit_request(sample_weight=True)
        scaler = StandardScaler().set_fit_request(sample_weight=False)
        pipeline = make_pipeline(scaler, clf)
        name = f"{pipeline.steps[-1][0]}__estimator__notetaker__C"
        scoring = get_scorer("accuracy").set_score_request(sample_weight=True)
        search = GridSearchCV(pipeline, {name: [0.1, 1.0]}, cv=2, scoring=scoring)
        search.fit(X, y, sample_weight=weights)
        assert seen["scaler weights"] is None
        plain = clone(search.best_estimator_[-1]).fit(scale(X), y, weights)
    np.testing.assert_allclose(
        search.predict_proba(X), plain.predict_proba(scale(X)), atol=1e-7
    )


@every_classifier
def test_weights_that_nobody_asked_for_are_refused(make):
    with config_context(enable_metadata_routing=True):
        search = GridSearchCV(make(), {"estimator": [LogisticRegression()]}, cv=2)
        with pytest.raises(UnsetMetadataPassedError, match=r"set_fit_request|sample_w"):
            search.fit(X, y, sample_weight=weights)


@every_classifier
def test_metadata_of_the_base_is_routed_to_every_fit(make, seen):
    colour = np.arange(len(y))
    with config_context(enable_metadata_routing=True):
        clf = make(NoteTaker().set_fit_request(colour=True, sample_weight=True))
        clf.fit(X, y, colour=colour)
    np.testing.assert_array_equal(X[seen["colour"]], seen["rows"])


# Groups


@pytest.mark.parametrize("name", ["filter", "soft", "weighting", "pruning"])
def test_rows_of_a_group_are_held_out_together(name, seen):
    groups = rng.permutation(len(y)) // 4
    MAKERS[name](NoteTaker()).fit(np.column_stack([X, groups]), y, groups=groups)
    # The flagship trains on its folds a second time, then without the wrong labels.
    n_folds, n_fits = (3, 7) if name in {"filter", "soft"} else (5, 6)
    assert len(seen["fits"]) == n_fits
    for rows in seen["fits"][:n_folds]:
        assert len(rows) == np.isin(groups, rows[:, -1]).sum() < len(y)


@pytest.mark.parametrize("name", ["neighbors", "agreement"])
def test_rows_of_a_group_are_no_evidence_about_each_other(name):
    # Six rows in the middle of a class are all given the same wrong label.
    centre = X[y_true == 0].mean(axis=0)
    together = np.argsort(np.linalg.norm(X - centre, axis=1))[:6]
    labels, groups = y_true.copy(), np.arange(len(y))
    labels[together], groups[together] = 1, -1
    alone = MAKERS[name]().fit(X, labels, groups=groups).label_quality_[together]
    vouched_for = MAKERS[name]().fit(X, labels).label_quality_[together]
    assert (alone < 0.05).all()
    assert (vouched_for > alone).all()
    assert vouched_for.mean() > alone.mean() + 0.1


@routing
def test_groups_serve_folds_inside_and_outside(routing):
    groups = np.arange(len(y)) % 12
    clf = NoisyLabelClassifier(cv=GroupKFold(3))
    with config_context(enable_metadata_routing=routing):
        if routing:
            clf.set_fit_request(groups=True)
            search = GridSearchCV(clf, {"action": ["filter", "soft"]}, cv=GroupKFold(2))
            search.fit(X, y, groups=groups)
        else:
            search = clf.fit(X, y, groups=groups)
    assert np.mean(search.predict(X) == y_true) > 0.9


# Verified labels


@every_treatment
def test_verified_labels_are_kept(make):
    clf = make().fit(X, y, trusted=trusted)
    np.testing.assert_array_equal(clf.transduction_[trusted], y[trusted])
    if hasattr(clf, "soft_labels_"):
        np.testing.assert_array_equal(clf.sample_weight_[trusted], 1.0)
    if hasattr(clf, "label_quality_"):
        np.testing.assert_array_equal(clf.label_quality_[trusted], 1.0)
    if hasattr(clf, "flipped_"):
        assert not clf.flipped_[trusted].any()


def test_verified_labels_keep_their_weight():
    clf = NoisyLabelClassifier(action="weight").fit(X, y, weights, trusted=trusted)
    np.testing.assert_array_equal(clf.sample_weight_[trusted], weights[trusted])


def kept_wrong(search_or_clf):
    """Return the share of wrong labels that were believed."""
    clf = getattr(search_or_clf, "best_estimator_", search_or_clf)
    return np.mean(clf.transduction_[wrong] == y[wrong])


@routing
@every_classifier
def test_verified_labels_come_through_a_search(make, routing):
    with config_context(enable_metadata_routing=routing):
        clf = make()
        if routing:
            clf.set_fit_request(trusted=True)
        search = GridSearchCV(clf, {"estimator": [LogisticRegression()]}, cv=2)
        search.fit(X, y, trusted=trusted)
        scores = cross_validate(
            clf, X, y, cv=2, params={"trusted": trusted}, error_score="raise"
        )
    best = search.best_estimator_
    np.testing.assert_array_equal(best.transduction_[trusted], y[trusted])
    plain = make(LogisticRegression()).fit(X, y, trusted=trusted)
    np.testing.assert_array_equal(best.predict_proba(X), plain.predict_proba(X))
    assert scores["test_score"].min() > 0.5


@routing
@every_classifier
def test_verified_labels_come_through_a_pipeline(make, routing):
    with config_context(enable_metadata_routing=routing):
        clf = make()
        pipeline = make_pipeline(StandardScaler(), clf)
        if routing:
            clf.set_fit_request(trusted=True)
            pipeline.fit(X, y, trusted=trusted)
        else:
            pipeline.fit(X, y, **{f"{pipeline.steps[-1][0]}__trusted": trusted})
    plain = make().fit(scale(X), y, trusted=trusted)
    np.testing.assert_allclose(
        pipeline.predict_proba(X), plain.predict_proba(scale(X)), atol=1e-7
    )
    np.testing.assert_array_equal(pipeline[-1].transduction_[trusted], y[trusted])
