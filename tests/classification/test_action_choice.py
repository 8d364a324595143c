"""What is done about the labels, chosen by labels held out, and what that brings."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_digits, load_iris
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold, train_test_split
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import scale

from sknoisy import NoisyLabelClassifier
from sknoisy._labels import read_labels
from sknoisy.classification._accuracy_gain import accuracy_gain
from sknoisy.classification._action_choice import (
    Choice,
    HeldOut,
    choose_action,
    treat,
)
from sknoisy.classification._label_judgement import _spared, judge_labels
from sknoisy.classification._label_weights import balance_classes, scale_doubt
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


@pytest.mark.parametrize("evidence", ["auto", "model"])
def test_costs_less_than_six_plain_fits(evidence, iris):
    X, _, noisy = iris
    Counting.rows.clear()
    NoisyLabelClassifier(Counting(), evidence=evidence).fit(X, noisy)
    # Five folds, one of them once more, and the fit on all rows.
    assert len(Counting.rows) == 7
    assert sum(Counting.rows) <= 5.8 * len(X) + 2


def test_costs_one_fit_where_neighbours_alone_are_asked(iris):
    X, _, noisy = iris
    Counting.rows.clear()
    clf = NoisyLabelClassifier(Counting(), evidence="neighbors").fit(X, noisy)
    assert Counting.rows == [len(X)]
    assert clf.selection_["candidates"] == {}
    assert np.isnan(clf.expected_gain_)


def test_costs_nothing_more_where_no_noise_is_found(iris):
    X, y, _ = iris
    Counting.rows.clear()
    clf = NoisyLabelClassifier(Counting()).fit(X, y)
    assert len(Counting.rows) == 6
    assert clf.expected_gain_ == 0
    assert clf.expected_gain_interval_ == (0, 0)


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
    # The fold held out lacks a fifth of the rows, so that noise hurts it a bit more.
    assert lower - 0.05 < gain < upper + 0.05
    assert clf.expected_gain_ > 0.02


@settings(max_examples=25, deadline=None)
@given(rate=st.floats(0, 0.6), seed=st.integers(0, 1000))
def test_gain_is_unbiased_under_its_matrix(rate, seed):
    rng = np.random.RandomState(seed)
    T = make_transition_matrix(4, rate, kind="random", random_state=seed)
    clean, before, after = rng.randint(4, size=(3, 30))
    # The mean over all noisy labels that a row could have got, not over a sample.
    rows, codes = np.repeat(np.arange(30), 4), np.tile(np.arange(4), 30)
    if np.linalg.svd(T, compute_uv=False)[-1] < 0.01:
        return
    gain, _ = accuracy_gain(T, codes, before[rows], after[rows], T[clean[rows], codes])
    expected = np.mean(after == clean) - np.mean(before == clean)
    assert_allclose(gain, expected, atol=1e-8)


def test_gain_has_an_interval_that_holds_what_it_says():
    T = make_transition_matrix(3, 0.3)
    held = 0
    for seed in range(100):
        rng = np.random.RandomState(seed)
        clean = rng.randint(3, size=300)
        codes = (T[clean].cumsum(axis=1) < rng.uniform(size=(300, 1))).sum(axis=1)
        before, after = (
            np.where(rng.uniform(size=300) < p, clean, rng.randint(3, size=300))
            for p in (0.6, 0.8)
        )
        truth = 2 / 3 * 0.2
        lower, upper = accuracy_gain(T, codes, before, after, np.ones(300))[1]
        held += lower <= truth <= upper
    assert 0.9 <= held / 100 <= 0.99


def test_gain_is_unknown_where_the_matrix_tells_nothing():
    gain, interval = accuracy_gain(
        np.full((2, 2), 0.5), np.array([0]), np.array([0]), np.array([1]), np.ones(1)
    )
    assert np.isnan(gain)
    assert interval == (-1, 1)


def test_a_candidate_leads_by_standard_errors():
    codes, mass = np.zeros(100, dtype=int), np.ones(100)
    keep = np.repeat([0, 1], 50)
    better = np.repeat([0, 1], [54, 46])
    held_out = HeldOut(codes, mass, {"keep": keep, "weight": better})
    assert held_out.scores() == {"keep": 0.5, "weight": 0.54}
    assert_allclose(held_out.lead("weight"), 0.04 / np.sqrt(0.04 * 0.96 / 100))
    same = replace(held_out, predicted={"keep": keep, "weight": keep})
    assert same.lead("weight") == 0
    always = replace(held_out, predicted={"keep": codes, "weight": codes + 1})
    assert always.lead("weight") == -np.inf


@pytest.mark.parametrize(
    ("base", "mild"),
    [(GaussianNB(), "cautious weight"), (KNeighborsClassifier(), "keep")],
)
def test_is_milder_where_held_out_labels_speak_against_it(
    base, mild, iris, monkeypatch
):
    monkeypatch.setattr(HeldOut, "lead", lambda self, name: -1.7)
    X, _, noisy = iris
    clf = NoisyLabelClassifier(base).fit(X, noisy)
    assert clf.selection_["action"] == mild
    gain = 0.0 if mild == "keep" else np.nan
    assert_array_equal(clf.expected_gain_, gain)
    assert set(clf.selection_["candidates"]) == {
        "keep",
        "weight" if mild != "keep" else "filter",
    }


@pytest.mark.parametrize(
    ("doubt", "action"), [(0.4, "weight"), (0.6, "cautious weight")]
)
def test_doubt_of_most_labels_must_be_proven(doubt, action, iris, monkeypatch):
    X, _, noisy = iris
    labels = read_labels(X, noisy, owner="Test")
    clf = NoisyLabelClassifier(GaussianNB())
    judgement = judge_labels(clf, GaussianNB(), X, labels)
    others = (1 - np.eye(3)[noisy]) * doubt / 2
    doubtful = replace(judgement, posterior=others + np.eye(3)[noisy] * (1 - doubt))
    monkeypatch.setattr(HeldOut, "lead", lambda self, name: 0.0)
    choice = choose_action(clf, GaussianNB(), X, labels, doubtful)
    assert choice.action == action


def test_cautious_weights_halve_the_doubt(iris):
    X, _, noisy = iris
    labels = read_labels(X, noisy, owner="Test")
    judgement = judge_labels(NoisyLabelClassifier(), GaussianNB(), X, labels)
    halved = balance_classes((1 + judgement.quality(labels)) / 2, labels)
    table = treat(judgement, labels, "cautious weight")
    assert_allclose(table, labels.one_hot() * halved[:, None])


def test_keeping_gains_nothing():
    assert Choice("keep").gain == 0
    assert np.isnan(Choice("weight").gain)


@settings(max_examples=25, deadline=None)
@given(core=st.floats(0, 1), share=st.floats(0, 1), seed=st.integers(0, 1000))
def test_doubt_is_scaled_towards_the_core(core, share, seed):
    rng = np.random.RandomState(seed)
    weights = rng.beta(0.5, 0.5, size=50)
    labels = _labels(
        rng.permutation(np.arange(50) % 2), sample_weight=rng.uniform(0.1, 2, 50)
    )
    scaled = scale_doubt(weights, core, labels, share=share)
    mass = labels.sample_weight / labels.sample_weight.sum()
    doubt = mass @ (1 - weights)
    target = min(doubt, share * core + (1 - share) * doubt)
    assert_allclose(mass @ (1 - scaled), target, atol=1e-4)
    assert (np.diff(scaled[weights.argsort()]) >= 0).all()
    assert (scaled >= weights - 1e-5).all()


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 1000))
def test_classes_are_brought_half_way_back(seed):
    rng = np.random.RandomState(seed)
    labels = _labels(rng.permutation(np.arange(60) % 3))
    weights = rng.uniform(0.01, 1, size=60)
    balanced = balance_classes(weights, labels)
    assert_allclose(balanced.sum(), weights.sum())
    before, after = (np.bincount(labels.codes, w) for w in (weights, balanced))
    # Twenty rows each: the share of a class ends as the root of what it was.
    assert_allclose(after / after[0], np.sqrt(before / before[0]))


def test_classes_without_any_weight_are_left_alone():
    labels = _labels(np.array([0, 0, 1, 1]))
    assert_array_equal(balance_classes(np.zeros(4), labels), np.zeros(4))
    assert_allclose(balance_classes(np.array([0.5, 0.5, 0, 0]), labels)[2:], 0)


def test_figures_about_the_noise(digits):
    X, _, y, _ = digits
    noisy = UniformNoise(0.3, random_state=1).corrupt(y)
    clf = NoisyLabelClassifier(GaussianNB(var_smoothing=0.01)).fit(X, noisy)
    wrong = noisy != y
    lower, upper = clf.noise_rate_interval_
    assert 0 < lower <= clf.noise_rate_ < upper < 0.5
    assert lower <= wrong.mean() <= upper
    flagged = clf.label_quality_ < 0.5
    doubt = (1 - clf.label_quality_[flagged]).mean()
    core = clf.selection_["core_disagreement"]
    assert_allclose(clf.flag_precision_, min(doubt, core / flagged.mean()))
    assert abs(clf.flag_precision_ - wrong[flagged].mean()) < 0.15


def test_nothing_flagged_has_no_precision():
    X = np.repeat(np.eye(2), 30, axis=0)
    X += np.random.RandomState(0).normal(scale=0.01, size=X.shape)
    clf = NoisyLabelClassifier().fit(X, np.repeat([0, 1], 30))
    assert np.isnan(clf.flag_precision_)
    assert clf.noise_rate_ < 0.01


def test_thorough_tries_every_candidate(iris):
    X, y, _ = iris
    noisy = PairNoise(0.3, random_state=0).corrupt(y)
    clf = NoisyLabelClassifier(GaussianNB(), evidence="thorough", n_jobs=2)
    clf.fit(X, noisy)
    scores = clf.selection_["candidates"]
    assert set(scores) == {"keep", "cautious weight", "weight", "filter", "soft"}
    action = clf.selection_["action"]
    assert action != "keep"
    assert scores[action] == max(scores.values())
    lower, upper = clf.expected_gain_interval_
    assert lower < clf.expected_gain_ < upper
    alone = clone(clf).set_params(n_jobs=None).fit(X, noisy)
    assert alone.selection_ == clf.selection_
    assert_allclose(alone.soft_labels_, clf.soft_labels_)


def test_thorough_keeps_the_labels_where_nothing_is_better(iris, monkeypatch):
    monkeypatch.setattr(
        HeldOut, "scores", lambda self: dict.fromkeys(self.predicted, 0.5)
    )
    X, _, noisy = iris
    clf = NoisyLabelClassifier(GaussianNB(), evidence="thorough").fit(X, noisy)
    assert clf.selection_["action"] == "keep"
    assert clf.expected_gain_ == 0


@pytest.mark.parametrize(
    ("base", "action", "tried"),
    [
        (KNeighborsClassifier(), "auto", {"keep", "filter", "relabel"}),
        (GaussianNB(), "soft", {"keep", "soft"}),
    ],
)
def test_thorough_tries_what_is_possible(base, action, tried, iris):
    X, _, noisy = iris
    folds = list(StratifiedKFold(3).split(X, noisy))
    clf = NoisyLabelClassifier(base, evidence="thorough", action=action, cv=folds)
    assert set(clf.fit(X, noisy).selection_["candidates"]) == tried
    if action != "auto":
        assert clf.selection_["action"] == action


def test_noise_that_leaves_nothing_to_learn(iris):
    X, y, _ = iris
    noisy = np.random.RandomState(3).permutation(y)
    with pytest.warns(NoEvidenceWarning, match="no better than a guess") as caught:
        clf = NoisyLabelClassifier(DummyClassifier(), evidence="model").fit(X, noisy)
    assert len(caught) == 1
    assert clf.selection_["action"] == "keep"
    assert "no better than a guess: action 'keep'" in clf.selection_["reason"]


def test_a_base_that_knows_its_rows_by_heart(iris):
    X, y, noisy = iris
    forest = RandomForestClassifier(20, random_state=0)
    clf = NoisyLabelClassifier(forest).fit(X, noisy)
    # Old versions of scikit-learn draw the rows of a tree without looking at weights.
    assert clf.score(X, y) > forest.fit(X, noisy).score(X, y) - 0.02
    nearest = KNeighborsClassifier(1)
    clf = NoisyLabelClassifier(nearest, action="filter").fit(X, noisy)
    assert clf.score(X, y) > nearest.fit(X, noisy).score(X, y) + 0.1


def test_copies_with_different_labels_are_doubted():
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


def test_verified_labels_teach_what_the_others_are_worth():
    data = load_digits_prototypes()
    X, y = data.data / 16, data.target_noisy.copy()
    trusted = np.arange(len(y)) % 20 == 0
    y[trusted] = data.target[trusted]
    base = GaussianNB(var_smoothing=0.01)
    clf = NoisyLabelClassifier(base).fit(X, y, trusted=trusted)
    assert clf.selection_["action"] == "cautious soft"
    assert "verified labels say how far" in clf.selection_["reason"]
    assert_array_equal(clf.label_quality_[trusted], 1)
    without = NoisyLabelClassifier(base).fit(X, y)
    right = (clf.transduction_ == data.target)[~trusted].mean()
    assert right > (without.transduction_ == data.target)[~trusted].mean() + 0.05


def test_labels_that_are_all_verified_are_a_plain_fit(iris):
    X, _, noisy = iris
    Counting.rows.clear()
    clf = NoisyLabelClassifier(Counting())
    clf.fit(X, noisy, trusted=np.ones(150, dtype=bool))
    assert Counting.rows == [150]
    assert clf.selection_["action"] == "keep"
    assert clf.noise_rate_ == 0
    assert_array_equal(clf.clean_proba_, np.eye(3)[noisy])


@pytest.mark.parametrize("evidence", ["auto", "thorough"])
def test_no_verified_label_is_told_once(evidence, iris):
    X, _, noisy = iris
    clf = NoisyLabelClassifier(GaussianNB(), evidence=evidence)
    with pytest.warns(NoEvidenceWarning, match="marks no row") as caught:
        clf.fit(X, noisy, trusted=np.zeros(150, dtype=bool))
    assert len(caught) == 1
    assert_allclose(clf.soft_labels_, clone(clf).fit(X, noisy).soft_labels_)


def test_a_matrix_that_is_given_is_kept_beside_verified_labels(iris):
    X, y, noisy = iris
    T, trusted = make_transition_matrix(3, 0.3), np.arange(150) % 5 == 0
    clf = NoisyLabelClassifier(GaussianNB(), transition=T)
    clf.fit(X, np.where(trusted, y, noisy), trusted=trusted)
    assert_array_equal(clf.transition_matrix_, T)


def test_a_class_keeps_the_labels_that_are_believed_most():
    codes = np.repeat([0, 1], [30, 40])
    labels = _labels(codes)
    weights = np.concatenate([np.linspace(0, 0.4, 30), np.full(40, 0.9)])
    spared = _spared(weights, labels)
    assert_array_equal(spared[20:30], 1)
    assert_array_equal(spared[:20], weights[:20])
    assert_array_equal(spared[30:], weights[30:])
    few = _spared(np.zeros(70), _labels(np.repeat([0, 1], [4, 66])))
    assert_array_equal(few, 1)
    twice = _labels(codes, sample_weight=np.repeat([2.0, 1.0], [30, 40]))
    assert (_spared(weights, twice)[:30] == 1).sum() == 5


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_small_class_whose_labels_are_mostly_wrong(seed):
    X, y = load_breast_cancer(return_X_y=True)
    rng = np.random.RandomState(seed)
    rows = np.concatenate([np.flatnonzero(y == 1)[:250], np.flatnonzero(y == 0)[:50]])
    X, y = scale(X[rows]), y[rows]
    noisy = np.where(rng.uniform(size=300) < 0.35, 1 - y, y)
    clf = NoisyLabelClassifier().fit(X, noisy)
    assert roc_auc_score(noisy != y, -clf.label_quality_) > 0.8
