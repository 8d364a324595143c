import numpy as np
import pytest
from joblib import parallel_config
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.datasets import load_digits, make_blobs
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_selection import SelectKBest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.semi_supervised import SelfTrainingClassifier

from sknoisy import SelfTrainingRefiner
from sknoisy.noise import UniformNoise

BASE = LogisticRegression(max_iter=500)


def few(y, n_labels, seed=0, rate=0.0):
    """Keep some labels of each class, a share of them wrong, and mark the others."""
    rng = np.random.RandomState(seed)
    given = np.full(len(y), -1)
    for k in np.unique(y):
        given[rng.permutation(np.flatnonzero(y == k))[:n_labels]] = k
    labeled = given >= 0
    noise = UniformNoise(rate, random_state=seed)
    given[labeled] = noise.corrupt(given[labeled])
    return given


@pytest.fixture(scope="module")
def digits():
    X, y = load_digits(return_X_y=True)
    return X[:700] / 16, y[:700], X[1000:] / 16, y[1000:]


@pytest.fixture(scope="module")
def blobs():
    X, y = make_blobs(180, centers=3, cluster_std=1.5, random_state=3)
    return X, y


def plain_score(given, X, X_test, y_test, base=BASE):
    labeled = given != -1
    return clone(base).fit(X[labeled], given[labeled]).score(X_test, y_test)


@pytest.mark.parametrize("base", [BASE, RandomForestClassifier(20, random_state=0)])
@pytest.mark.parametrize(("n_labels", "rate"), [(3, 0.0), (10, 0.3)])
def test_gains_on_the_labels_given(base, n_labels, rate, digits):
    X, y, X_test, y_test = digits
    given = few(y, n_labels, rate=rate)
    clf = SelfTrainingRefiner(base, unlabeled=-1).fit(X, given)
    alone = plain_score(given, X, X_test, y_test, base)
    assert clf.score(X_test, y_test) > alone + 0.05
    rival = SelfTrainingClassifier(clone(base)).fit(X, given)
    assert clf.score(X_test, y_test) > rival.score(X_test, y_test) + 0.02


def test_corrects_the_labels_given(digits):
    X, y, *_ = digits
    given = few(y, 12, rate=0.3)
    clf = SelfTrainingRefiner(BASE, unlabeled=-1).fit(X, given)
    labeled = given >= 0
    right = given[labeled] == y[labeled]
    assert clf.selection_["action"] == "relabel"
    corrected = clf.transduction_[labeled] == y[labeled]
    assert corrected.mean() > right.mean() + 0.1
    quality = clf.label_quality_[labeled]
    assert quality[right].mean() > quality[~right].mean() + 0.3
    assert 0.15 < clf.noise_rate_ < 0.45


def test_attributes_of_all_rows(digits):
    X, y, *_ = digits
    given = few(y, 3)
    clf = SelfTrainingRefiner(BASE, unlabeled=-1).fit(X, given)
    labeled = given >= 0
    assert_array_equal(clf.classes_, np.arange(10))
    assert_array_equal(clf.transduction_[labeled], given[labeled])
    assert_array_equal(clf.labeled_iter_, np.where(labeled, 0, 1))
    assert_array_equal(clf.soft_labels_, np.eye(10)[clf.transduction_])
    assert_allclose(clf.clean_proba_.sum(axis=1), 1)
    assert_array_equal(
        clf.label_quality_[~labeled], clf.clean_proba_[~labeled].max(axis=1)
    )
    assert clf.termination_condition_ == "all_labeled"
    assert len(clf.history_) == clf.n_iter_ + 1
    assert clf.history_[0]["n_labeled"] == 30
    assert clf.history_[-1]["n_labeled"] == 700
    assert clf.history_[0]["changed"] is None
    assert clf.history_[-1]["changed"] <= 0.01


def test_classic_self_training_by_hand(blobs):
    X, y = blobs
    given = few(y, 4)
    labeled = given >= 0
    clf = SelfTrainingRefiner(
        BASE,
        unlabeled=-1,
        evidence="model",
        action="keep",
        class_balance=False,
        max_iter=3,
    )
    model = clone(BASE).fit(X[labeled], given[labeled])
    for _ in range(clf.fit(X, given).n_iter_):
        labels = np.where(labeled, given, model.predict(X))
        model = clone(BASE).fit(X, labels)
    assert_allclose(clf.estimator_.coef_, model.coef_, atol=1e-4)
    assert_array_equal(clf.transduction_, labels)


def test_threshold_leaves_out_what_is_unsure(blobs):
    X, y = blobs
    clf = SelfTrainingRefiner(BASE, unlabeled=-1, threshold=0.95).fit(X, few(y, 4))
    left_out = clf.labeled_iter_ == -1
    assert left_out.any()
    assert (clf.clean_proba_[left_out].max(axis=1) < 0.95).all()
    assert_array_equal(clf.sample_weight_ == 0, left_out)
    assert_array_equal(
        clf.transduction_[left_out], clf.clean_proba_[left_out].argmax(axis=1)
    )
    assert clf.termination_condition_ == "no_change"


def test_evidence_of_the_model_is_the_way_out_where_neighbors_mislead():
    rng = np.random.RandomState(0)
    # The first column decides; neighbours follow the second one, of larger scale.
    X = np.column_stack([rng.normal(0, 1, 400), 50 * rng.normal(0, 1, 400)])
    y = (X[:, 0] > 0).astype(int)
    given = few(y, 30)
    clf = SelfTrainingRefiner(BASE, unlabeled=-1, embedding="passthrough").fit(X, given)
    alone = clone(clf).set_params(evidence="model").fit(X, given)
    assert alone.score(X, y) > clf.score(X, y) + 0.05
    assert alone.score(X, y) > plain_score(given, X, X, y) - 0.02


def test_probabilities_of_a_round_by_hand(blobs):
    X, y = blobs
    clf = SelfTrainingRefiner(BASE, unlabeled=-1, max_iter=1).fit(X, few(y, 4))
    # The first round is taught by the neighbours alone, the second by both.
    near, model = clf.clean_proba_, clf.predict_proba(X)
    again = clone(clf).set_params(max_iter=2).fit(X, few(y, 4))
    pooled = np.sqrt(np.maximum(near, 1e-6) * np.maximum(model, 1e-6))
    pooled /= pooled.sum(axis=1, keepdims=True)
    others = few(y, 4) < 0
    assert_allclose(again.clean_proba_[others], pooled[others], atol=1e-5)


def test_all_labeled_and_right_is_the_plain_fit(digits):
    X, y, *_ = digits
    clf = SelfTrainingRefiner(BASE).fit(X, y)
    assert_allclose(clf.estimator_.coef_, clone(BASE).fit(X, y).coef_)
    assert clf.selection_["action"] == "keep"
    assert clf.termination_condition_ == "all_labeled"
    assert clf.history_ == []
    assert clf.n_iter_ == 1


def test_all_labeled_and_wrong_is_refined(digits):
    X, y, X_test, y_test = digits
    noisy = UniformNoise(0.4, random_state=0).corrupt(y)
    clf = SelfTrainingRefiner(BASE).fit(X, noisy)
    plain = clone(BASE).fit(X, noisy).score(X_test, y_test)
    assert clf.score(X_test, y_test) > plain + 0.05
    assert abs(clf.noise_rate_ - (noisy != y).mean()) < 0.1


@pytest.mark.parametrize("action", ["keep", "weight", "filter", "relabel", "soft"])
def test_labels_given_are_treated_as_told(action, digits):
    X, y, *_ = digits
    given = few(y, 8, rate=0.3)
    labeled = given >= 0
    clf = SelfTrainingRefiner(BASE, unlabeled=-1, action=action).fit(X, given)
    one_hot, posterior = np.eye(10)[given[labeled]], clf.clean_proba_[labeled]
    best = np.eye(10)[posterior.argmax(axis=1)]
    expected = {
        "keep": one_hot,
        "filter": one_hot * best,
        "relabel": best,
        "soft": posterior,
    }
    if action == "weight":
        # Weights are balanced by class, so that they follow the quality in each class.
        weight, quality = clf.sample_weight_[labeled], clf.label_quality_[labeled]
        for label in range(10):
            rows = given[labeled] == label
            assert_allclose(
                weight[rows] / weight[rows][0], quality[rows] / quality[rows][0]
            )
    else:
        assert_allclose(clf.soft_labels_[labeled], expected[action])
    assert clf.selection_["action"] == action


def test_trusted_rows_keep_their_label(digits):
    X, y, *_ = digits
    given = few(y, 10, rate=0.4)
    trusted = (given >= 0) & (np.arange(len(y)) % 2 == 0)
    clf = SelfTrainingRefiner(BASE, unlabeled=-1, action="relabel")
    clf.fit(X, given, trusted=trusted)
    assert_array_equal(clf.transduction_[trusted], given[trusted])
    assert_array_equal(clf.label_quality_[trusted], 1)
    doubtful = (given >= 0) & ~trusted
    assert (clf.transduction_[doubtful] != given[doubtful]).any()


def test_weights_are_copies(blobs):
    X, y = blobs
    given = few(y, 6)
    weights = np.random.RandomState(0).randint(0, 3, len(y))
    weights[given >= 0] = np.random.RandomState(1).randint(1, 3, 18)
    clf = SelfTrainingRefiner(BASE, unlabeled=-1, cv=3)
    weighted = clone(clf).fit(X, given, sample_weight=weights)
    copied = clone(clf).fit(X.repeat(weights, axis=0), given.repeat(weights))
    assert_allclose(weighted.predict_proba(X), copied.predict_proba(X), atol=1e-4)


def test_same_result_for_every_n_jobs(blobs):
    X, y = blobs
    given = few(y, 4)
    forest = RandomForestClassifier(5)
    with parallel_config(backend="threading"):
        one, two = (
            SelfTrainingRefiner(forest, unlabeled=-1, n_jobs=n, random_state=0).fit(
                X, given
            )
            for n in (None, 2)
        )
    assert_array_equal(one.transduction_, two.transduction_)
    assert_allclose(one.predict_proba(X), two.predict_proba(X), atol=1e-7)


def test_searches_the_grid_of_scikit_learn(blobs):
    X, y = blobs
    given = few(y, 10)
    grid = {
        "threshold": [0.6, 0.9],
        "estimator__C": [1.0],
        "max_iter": [2],
    }
    ours = GridSearchCV(SelfTrainingRefiner(BASE, unlabeled=-1), grid, cv=2)
    ours.fit(X, given)
    theirs = GridSearchCV(SelfTrainingClassifier(BASE), grid, cv=2).fit(X, given)
    # Theirs counts each row without a label as wrong.
    assert theirs.best_score_ < 0.3
    assert ours.best_score_ > 0.8
    for name in ("transduction_", "labeled_iter_", "termination_condition_"):
        assert hasattr(ours.best_estimator_, name)
        assert hasattr(theirs.best_estimator_, name)


def test_supervised_steps_of_a_pipeline_never_see_the_marker(blobs):
    X, y = blobs
    given, seen = few(y, 4), []

    class Spy(SelectKBest):
        """Remembers the labels that it has seen."""

        def fit(self, X, y):
            seen.append(np.unique(y))
            return super().fit(X, y)

    base = make_pipeline(Spy(k=1), LogisticRegression())
    SelfTrainingRefiner(base, unlabeled=-1, max_iter=1).fit(X, given)
    assert len(seen) > 2
    assert all(labels.min() >= 0 for labels in seen)


@pytest.mark.parametrize("base", [KNeighborsClassifier(3), GaussianNB()], ids=repr)
def test_bases_without_weights_serve_as_well(base, digits):
    X, y, X_test, y_test = digits
    given = few(y, 3)
    clf = SelfTrainingRefiner(base, unlabeled=-1).fit(X, given)
    assert clf.score(X_test, y_test) >= plain_score(given, X, X_test, y_test, base)
