"""What is done about the labels, compared on labels held out, and what that brings."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.datasets import (
    load_breast_cancer,
    load_digits,
    load_iris,
    make_classification,
)
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import (
    AdaBoostClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import KFold, StratifiedKFold, train_test_split
from sklearn.naive_bayes import GaussianNB, MultinomialNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler, scale

from sknoisy import NoisyLabelClassifier
from sknoisy._labels import read_labels
from sknoisy._soft_labels import soft_labels_for
from sknoisy.classification import _action_choice
from sknoisy.datasets import load_digits_prototypes
from sknoisy.exceptions import NoEvidenceWarning
from sknoisy.noise import PairNoise, UniformNoise
from sknoisy.transition import make_transition_matrix


class Counting(GaussianNB):
    """Naive Bayes that counts its fits and the rows they saw."""

    rows = []

    def fit(self, X, y, sample_weight=None):
        Counting.rows.append(len(X))
        return super().fit(X, y, sample_weight)


LINEAR = LogisticRegression(max_iter=2000, tol=1e-8)


@pytest.fixture(scope="module")
def iris():
    X, y = load_iris(return_X_y=True)
    return scale(X), y, UniformNoise(0.3, random_state=0).corrupt(y)


@pytest.fixture(scope="module")
def digits():
    X, y = load_digits(return_X_y=True)
    return train_test_split(X / 16, y, train_size=600, random_state=0)


def _labels(y, **given):
    return read_labels(np.zeros((len(y), 1)), y, owner="Test", **given)


@pytest.mark.parametrize("noisy", [False, True])
@pytest.mark.parametrize("cv", [None, 2, 5, 6, KFold(4)])
def test_costs_at_most_eight_fits(cv, noisy, iris):
    X, y = iris[0], iris[1 + noisy]
    Counting.rows.clear()
    NoisyLabelClassifier(Counting(), cv=cv).fit(X, y)
    assert len(Counting.rows) <= 8
    if cv is None:
        # Three folds with the labels as they are, three with the action, and the last.
        assert len(Counting.rows) == 7


@pytest.mark.parametrize("evidence", ["neighbors", "forest", ["forest", "neighbors"]])
def test_costs_one_fit_without_the_model(evidence, iris):
    X, _, noisy = iris
    Counting.rows.clear()
    clf = NoisyLabelClassifier(Counting(), evidence=evidence).fit(X, noisy)
    assert len(Counting.rows) == 1
    assert clf.selection_["candidates"] == {}
    assert np.isnan(clf.expected_gain_)


def test_many_rows_are_checked_on_one_fold(iris, monkeypatch):
    X, _, noisy = iris
    monkeypatch.setattr(_action_choice, "ENOUGH_ROWS", 50)
    Counting.rows.clear()
    NoisyLabelClassifier(Counting()).fit(X, noisy)
    assert len(Counting.rows) == 5


def test_keeping_gains_nothing(iris):
    X, y, _ = iris
    clf = NoisyLabelClassifier(LogisticRegression()).fit(X, y)
    assert clf.selection_["action"] == "keep"
    assert clf.expected_gain_ == 0
    assert clf.expected_gain_interval_ == (0, 0)
    assert set(clf.selection_["candidates"]) == {"keep", "weight"}


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("noise", [UniformNoise(0.4), PairNoise(0.3)])
def test_expected_gain_is_near_the_gain(noise, seed):
    X, y = load_digits(return_X_y=True)
    X, X_test, y, y_test = train_test_split(
        X / 16, y, train_size=1000, random_state=seed
    )
    noisy = noise.set_params(random_state=seed).corrupt(y)
    base = LogisticRegression(max_iter=500)
    clf = NoisyLabelClassifier(base).fit(X, noisy)
    plain = base.fit(X, noisy)
    gain = clf.score(X_test, y_test) - plain.score(X_test, y_test)
    lower, upper = clf.expected_gain_interval_
    assert lower <= clf.expected_gain_ <= upper
    # The folds held out lack a third of the rows, so that noise hurts them a bit more.
    assert lower - 0.06 < gain < upper + 0.06
    assert clf.expected_gain_ > 0.02


@pytest.mark.parametrize(
    ("base", "lead", "action"),
    [
        (GaussianNB(), -2.0, "keep"),
        (GaussianNB(), -1.0, "weight"),
        (KNeighborsClassifier(), -2.0, "keep"),
        (KNeighborsClassifier(), -1.0, "filter"),
    ],
)
def test_held_out_labels_can_speak_against_it(base, lead, action, iris, monkeypatch):
    monkeypatch.setattr(_action_choice, "_mean_and_error", lambda *_: (lead, 1.0))
    X, _, noisy = iris
    clf = NoisyLabelClassifier(base).fit(X, noisy)
    assert clf.selection_["noise_found"]
    assert clf.selection_["action"] == action
    if action == "keep":
        assert clf.expected_gain_ == 0
        assert_array_equal(clf.soft_labels_, np.eye(3)[noisy])


@pytest.mark.parametrize(("lead", "action"), [(-0.3, "keep"), (-0.2, "weight")])
def test_it_must_be_level_where_no_noise_is_suspected(lead, action, iris, monkeypatch):
    monkeypatch.setattr(_action_choice, "_mean_and_error", lambda *_: (lead, 1.0))
    X, y, _ = iris
    clf = NoisyLabelClassifier(GaussianNB()).fit(X, y)
    assert not clf.selection_["noise_found"]
    assert clf.selection_["action"] == action


def test_the_check_does_not_see_the_labels_held_out(iris, monkeypatch):
    """Changing the labels of a test part leaves what is trained on without it."""
    seen = []
    fit = _action_choice._fit_and_predict
    monkeypatch.setattr(
        _action_choice,
        "_fit_and_predict",
        lambda *args: seen.append(args[4].copy()) or fit(*args),
    )
    X, _, noisy = iris
    folds = list(StratifiedKFold(3).split(X, noisy))
    other = noisy.copy()
    test = folds[0][1]
    other[test] = np.roll(noisy[test], 1)
    for y in (noisy, other):
        NoisyLabelClassifier(GaussianNB(), cv=folds, random_state=0).fit(X, y)
    assert_allclose(seen[0], seen[3])
    assert np.abs(seen[1] - seen[4]).max() > 0.01


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 1000))
def test_classes_are_brought_half_way_back(seed):
    rng = np.random.RandomState(seed)
    labels = _labels(rng.permutation(np.arange(60) % 3))
    quality = rng.uniform(0.01, 1, size=60)
    posterior = np.full((60, 3), np.nan)
    posterior[np.arange(60), labels.codes] = quality
    balanced = soft_labels_for("weight", posterior, labels).sum(axis=1)
    assert_allclose(balanced.sum(), quality.sum())
    before, after = (np.bincount(labels.codes, w) for w in (quality, balanced))
    # Twenty rows each: the share of a class ends as the root of what it was.
    assert_allclose(after / after[0], np.sqrt(before / before[0]))


def test_labels_that_are_wrong_for_sure_get_no_weight():
    labels = _labels(np.arange(10) % 2)
    quality = np.repeat([0.1, 0.3, 0.6, 0.8, 0.9], 2)
    posterior = np.column_stack([quality, 1 - quality])
    posterior[1::2] = posterior[1::2, ::-1]
    for share, n_dropped in [(0, 0), (0.15, 0), (0.2, 2), (0.39, 2), (0.4, 4)]:
        weight = soft_labels_for("weight", posterior, labels, surely_wrong=share)
        assert_array_equal(
            weight.sum(axis=1) == 0, np.arange(10) < n_dropped, err_msg=str(share)
        )


def test_a_class_that_loses_all_keeps_its_labels():
    labels = _labels(np.array([0, 0, 0, 1, 1]))
    posterior = np.tile([1.0, 0.0], (5, 1))
    for action in ("weight", "filter", "relabel", "soft"):
        assert soft_labels_for(action, posterior, labels)[:, 1].sum() == 2


def test_figures_about_the_noise(digits):
    X, _, y, _ = digits
    noisy = UniformNoise(0.3, random_state=1).corrupt(y)
    clf = NoisyLabelClassifier(GaussianNB(var_smoothing=0.01)).fit(X, noisy)
    wrong = noisy != y
    lower, upper = clf.noise_rate_interval_
    assert 0 < lower <= clf.noise_rate_ < upper < 0.5
    assert lower <= wrong.mean() <= upper
    flagged = clf.label_quality_ < 0.5
    error = (1 - clf.label_quality_[flagged]).mean()
    assert_allclose(clf.flag_precision_, min(error, lower / flagged.mean()))
    # What the lower end of the noise rate does not bear is not claimed.
    assert 0.5 < clf.flag_precision_ < wrong[flagged].mean() + 0.02


def test_nothing_flagged_has_no_precision():
    X = np.repeat(np.eye(2), 30, axis=0)
    X += np.random.RandomState(0).normal(scale=0.01, size=X.shape)
    clf = NoisyLabelClassifier().fit(X, np.repeat([0, 1], 30))
    assert np.isnan(clf.flag_precision_)
    assert clf.noise_rate_ < 0.01


def test_noise_that_leaves_nothing_to_learn(iris):
    X, y, _ = iris
    noisy = np.random.RandomState(3).permutation(y)
    with pytest.warns(NoEvidenceWarning, match="no better than chance") as caught:
        clf = NoisyLabelClassifier(DummyClassifier(), evidence="model").fit(X, noisy)
    assert len(caught) == 1
    assert clf.selection_["action"] == "keep"
    assert "no better than chance: action 'keep'" in clf.selection_["reason"]


def test_evidence_of_rare_classes_is_compared_with_chance_and_not_with_the_majority():
    rng = np.random.RandomState(0)
    y = (rng.uniform(size=1000) < 0.1).astype(int)
    X = rng.normal(size=(1000, 2)) + 1.5 * y[:, None]
    noisy = np.where((y == 0) & (rng.uniform(size=1000) < 0.3), 1, y)
    clf = NoisyLabelClassifier(LogisticRegression()).fit(X, noisy)
    assert clf.selection_["candidates"]
    assert roc_auc_score(noisy != y, -clf.label_quality_) > 0.8


@pytest.mark.parametrize("seed", range(2))
def test_a_base_that_balances_classes_is_compared_as_it_balances(seed):
    """Labels are right, and weights would turn rows of the rare class away."""
    rng = np.random.RandomState(seed)
    y = (rng.uniform(size=1000) < 0.08).astype(int)
    X = rng.normal(size=(1000, 4)) + np.outer(y, [1.6, 1.0, 0, 0])
    base = LogisticRegression(class_weight="balanced")
    clf = NoisyLabelClassifier(base, random_state=0).fit(X, y)
    assert clf.selection_["action"] == "keep"
    assert "if all classes count alike: action 'keep'" in clf.selection_["reason"]
    assert_array_equal(clf.predict(X), base.fit(X, y).predict(X))


class MovedBorder(LogisticRegression):
    """Balances classes by its border and not its probabilities, as an SVC does."""

    def fit(self, X, y, sample_weight=None):
        self.counts_ = LogisticRegression().fit(X, y)
        return super().fit(X, y, sample_weight)

    def predict_proba(self, X):
        return self.counts_.predict_proba(X)


@pytest.mark.parametrize("seed", range(3))
def test_what_is_compared_is_what_a_balancing_classifier_predicts(seed):
    rng = np.random.RandomState(seed)
    y = (rng.uniform(size=1000) < 0.08).astype(int)
    X = rng.normal(size=(1000, 4)) + np.outer(y, [1.6, 1.0, 0, 0])
    base = MovedBorder(class_weight="balanced")
    clf = NoisyLabelClassifier(base, random_state=0).fit(X, y)
    scores, right = clf.selection_["candidates"], base.fit(X, y).predict(X) == y
    # By its probabilities it would find a quarter of the rare class.
    alike = (right[y == 0].mean() + right[y == 1].mean()) / 2
    assert scores["keep"] == pytest.approx(alike, abs=0.05)
    assert clf.selection_["action"] == "keep"


class Biased(GaussianNB):
    """Predicts by other probabilities than it shows, as an SVC does."""

    def predict_proba(self, X):
        proba = super().predict_proba(X) * [1, 4]
        return proba / proba.sum(axis=1, keepdims=True)


def test_a_base_that_does_not_predict_the_likeliest_class():
    rng = np.random.RandomState(0)
    y = np.arange(400) % 2
    X = rng.normal(size=(400, 3)) + 1.5 * y[:, None]
    shown = Biased().fit(X, y).predict_proba(X).argmax(axis=1)
    assert (shown == y).mean() < Biased().fit(X, y).score(X, y) - 0.01
    clf = NoisyLabelClassifier(Biased(), random_state=0).fit(X, y)
    assert clf.selection_["action"] == "keep"


def test_a_base_that_knows_its_rows_by_heart(iris):
    X, y, noisy = iris
    forest = RandomForestClassifier(20, random_state=0)
    clf = NoisyLabelClassifier(forest).fit(X, noisy)
    assert clf.score(X, y) > forest.fit(X, noisy).score(X, y)
    nearest = KNeighborsClassifier(1)
    clf = NoisyLabelClassifier(nearest, action="filter").fit(X, noisy)
    assert clf.score(X, y) > nearest.fit(X, noisy).score(X, y) + 0.1


def test_copies_with_different_labels_have_low_quality():
    rng = np.random.RandomState(0)
    X = np.repeat(rng.normal(size=(60, 2)), 3, axis=0)
    y = (X[:, 0] > 0).astype(int)
    noisy = y.copy()
    noisy[::9] = 1 - noisy[::9]
    clf = NoisyLabelClassifier().fit(X, noisy)
    assert clf.label_quality_[::9].mean() < clf.label_quality_[1::9].mean() - 0.3


def test_a_feature_that_leaks_the_label_leaves_nothing_to_find(iris):
    X, _, noisy = iris
    leaking = np.column_stack([X, 10 * np.eye(3)[noisy]])
    clf = NoisyLabelClassifier().fit(leaking, noisy)
    assert clf.selection_["action"] == "keep"
    assert clf.noise_rate_ < 0.05


def test_trusted_labels_say_what_the_others_are_worth():
    data = load_digits_prototypes()
    X, y = data.data / 16, data.target_noisy.copy()
    trusted = np.arange(len(y)) % 20 == 0
    y[trusted] = data.target[trusted]
    base = GaussianNB(var_smoothing=0.01)
    clf = NoisyLabelClassifier(base).fit(X, y, trusted=trusted)
    assert list(clf.evidence_) == ["model", "forest", "neighbors"]
    assert clf.selection_["action"] == "soft"
    assert "trusted labels say how far" in clf.selection_["reason"]
    assert_array_equal(clf.label_quality_[trusted], 1)
    without = NoisyLabelClassifier(base, action="relabel").fit(X, y)
    right = (clf.transduction_ == data.target)[~trusted].mean()
    assert right > (without.transduction_ == data.target)[~trusted].mean() + 0.05


def test_labels_that_are_all_trusted_are_a_plain_fit(iris):
    X, _, noisy = iris
    Counting.rows.clear()
    clf = NoisyLabelClassifier(Counting())
    clf.fit(X, noisy, trusted=np.ones(150, dtype=bool))
    assert Counting.rows == [150]
    assert clf.selection_["action"] == "keep"
    assert clf.noise_rate_ == 0
    assert_array_equal(clf.clean_proba_, np.eye(3)[noisy])


def test_no_trusted_label_is_told_once(iris):
    X, _, noisy = iris
    clf = NoisyLabelClassifier(GaussianNB())
    with pytest.warns(NoEvidenceWarning, match="marks no row") as caught:
        clf.fit(X, noisy, trusted=np.zeros(150, dtype=bool))
    assert len(caught) == 1
    assert_allclose(clf.soft_labels_, clone(clf).fit(X, noisy).soft_labels_)


def test_a_matrix_that_is_given_is_kept_beside_trusted_labels(iris):
    X, y, noisy = iris
    T, trusted = make_transition_matrix(3, 0.3), np.arange(150) % 5 == 0
    clf = NoisyLabelClassifier(GaussianNB(), transition=T)
    clf.fit(X, np.where(trusted, y, noisy), trusted=trusted)
    assert_array_equal(clf.transition_matrix_, T)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_small_class_whose_labels_are_mostly_wrong(seed):
    X, y = load_breast_cancer(return_X_y=True)
    rng = np.random.RandomState(seed)
    rows = np.concatenate([np.flatnonzero(y == 1)[:250], np.flatnonzero(y == 0)[:50]])
    X, y = scale(X[rows]), y[rows]
    noisy = np.where(rng.uniform(size=300) < 0.35, 1 - y, y)
    clf = NoisyLabelClassifier().fit(X, noisy)
    assert roc_auc_score(noisy != y, -clf.label_quality_) > 0.8


@pytest.mark.parametrize("grouped", [False, True])
@pytest.mark.parametrize("base", [LINEAR, MultinomialNB()])
def test_weights_are_relative(base, grouped, digits):
    X, _, y, _ = digits
    noisy = UniformNoise(0.3, random_state=1).corrupt(y)
    groups = np.arange(len(y)) % 200 if grouped else None
    weights = np.random.RandomState(0).randint(0, 3, size=len(y)).astype(float)
    clf = NoisyLabelClassifier(base, random_state=0)

    def fitted(rows, **given):
        given["groups"] = groups[rows] if grouped else None
        return clone(clf).fit(X[rows], noisy[rows], **given)

    everything, kept = np.arange(len(y)), np.flatnonzero(weights)
    copies = np.repeat(everything, weights.astype(int))
    reference = fitted(everything, sample_weight=weights)
    others = [
        fitted(everything, sample_weight=weights / len(y)),
        fitted(kept, sample_weight=weights[kept]),
        fitted(copies, sample_weight=np.full(len(copies), 0.5)),
    ]
    for other, rows in zip(others, [everything, kept, copies], strict=True):
        assert_allclose(other.label_quality_, reference.label_quality_[rows], atol=1e-4)
        assert other.selection_["action"] == reference.selection_["action"]
        assert_allclose(other.noise_rate_, reference.noise_rate_, atol=1e-4)
        assert_allclose(other.predict_proba(X), reference.predict_proba(X), atol=1e-3)


def test_boosting_does_not_switch_it_off(digits):
    X, X_test, y, y_test = digits
    noisy = UniformNoise(0.3, random_state=1).corrupt(y)
    base = NoisyLabelClassifier(GaussianNB(var_smoothing=0.01), random_state=0)
    boosted = AdaBoostClassifier(base, n_estimators=1, random_state=0).fit(X, noisy)
    first = boosted.estimators_[0]
    assert first.selection_["noise_found"]
    assert abs(first.noise_rate_ - 0.3) < 0.12
    assert boosted.score(X_test, y_test) > 0.75


@pytest.mark.parametrize("kind", ["generator", "list", "unseeded", "partial"])
def test_folds_of_any_kind(kind, iris):
    X, _, noisy = iris
    splits = list(StratifiedKFold(3).split(X, noisy))
    cv = {
        "generator": iter(splits),
        "list": splits,
        "unseeded": StratifiedKFold(3, shuffle=True),
        "partial": splits[:2],
    }[kind]
    clf = NoisyLabelClassifier(GaussianNB(), cv=cv).fit(X, noisy)
    assert clf.clean_proba_.shape == (150, 3)
    if kind == "partial":
        rows = splits[2][1]
        assert_array_equal(clf.evidence_["model"][rows], clf.evidence_["forest"][rows])


def test_a_class_missing_from_a_fold_and_classes_of_two_rows():
    rng = np.random.RandomState(0)
    y = np.concatenate([np.arange(40) % 2, [2, 2, 3]])
    X = rng.normal(size=(43, 3)) + 2 * y[:, None]
    with pytest.warns(UserWarning, match="reduced to 2") as caught:
        clf = NoisyLabelClassifier(GaussianNB()).fit(X, y)
    assert len(caught) == 1
    assert_allclose(clf.clean_proba_.sum(axis=1), 1)
    assert set(clf.predict(X)) <= {0, 1, 2, 3}


def test_many_classes():
    rng = np.random.RandomState(0)
    y = np.repeat(np.arange(200), 4)
    X = np.column_stack([y, y]) + rng.normal(scale=0.1, size=(800, 2))
    clf = NoisyLabelClassifier(GaussianNB(), evidence="forest").fit(X, y)
    assert clf.clean_proba_.shape == (800, 200)


def test_weights_that_are_all_zero(iris):
    X, _, noisy = iris
    with pytest.raises(ValueError, match="at least one non-zero"):
        NoisyLabelClassifier().fit(X, noisy, sample_weight=np.zeros(150))


@pytest.mark.parametrize(("n_rows", "action"), [(5999, "weight"), (6000, "filter")])
def test_histogram_boosting_on_many_rows_is_filtered(n_rows, action):
    X, y = make_classification(n_rows, 5, class_sep=2, flip_y=0, random_state=0)
    noisy = UniformNoise(0.3, random_state=0).corrupt(y)
    base = make_pipeline(
        StandardScaler(), HistGradientBoostingClassifier(max_iter=10, random_state=0)
    )
    clf = NoisyLabelClassifier(base, random_state=0).fit(X, noisy)
    assert clf.selection_["action"] == action
    assert set(clf.selection_["candidates"]) == {"keep", action}
