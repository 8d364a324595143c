import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.datasets import (
    load_digits,
    load_iris,
    make_classification,
)
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler, scale
from sklearn.svm import LinearSVC

from sknoisy import NoisyLabelClassifier
from sknoisy._clean_posterior import clean_posterior
from sknoisy._folds import distinct_rows
from sknoisy._labels import read_labels
from sknoisy._soft_labels import soft_labels_for
from sknoisy._transition_matrix import make_transition_matrix
from sknoisy.evidence import pool_evidence
from sknoisy.exceptions import NoEvidenceWarning, UnsuitableEstimatorError
from sknoisy.noise import PairNoise, UniformNoise
from sknoisy.quality._noise_rate import estimate_noise
from sknoisy.transition import ConfidentTransition

LINEAR = make_pipeline(StandardScaler(), LogisticRegression())
ACTIONS = ["weight", "filter", "relabel", "soft"]


@pytest.fixture(scope="module")
def iris():
    X, y = load_iris(return_X_y=True)
    return scale(X), y, UniformNoise(0.3, random_state=0).corrupt(y)


@pytest.fixture(scope="module")
def digits():
    X, y = load_digits(return_X_y=True)
    return train_test_split(X, y, train_size=800, random_state=0)


def _labels(X, y, **aligned):
    return read_labels(X, y, owner="Test", **aligned).relative_to(distinct_rows(X))


@pytest.mark.parametrize(
    ("evidence", "names"),
    [
        ("auto", ["model", "forest"]),
        ("model", ["model"]),
        ("forest", ["forest"]),
        ("neighbors", ["neighbors"]),
        (["neighbors", "model"], ["neighbors", "model"]),
    ],
)
def test_posterior_follows_from_the_evidence(evidence, names, iris):
    X, _, noisy = iris
    T = make_transition_matrix(3, 0.3)
    clf = NoisyLabelClassifier(evidence=evidence, transition=T).fit(X, noisy)
    assert list(clf.evidence_) == names
    assert_array_equal(clf.transition_matrix_, T)
    labels = _labels(X, noisy)
    proba = pool_evidence(clf.evidence_, labels)
    weights = labels.sample_weight
    expected = clean_posterior(proba, T, noisy, weights=weights)
    assert_allclose(clf.clean_proba_, expected, atol=1e-6)
    noise = estimate_noise(proba, labels)
    assert_allclose(clf.selection_["core_disagreement"], noise.core_rate)
    assert_allclose(clf.selection_["core_disagreement_lower"], noise.lower)


def test_quality_and_noise_rate_follow_from_the_posterior(iris):
    X, _, noisy = iris
    weights = np.random.RandomState(0).uniform(0.5, 2, size=150)
    clf = NoisyLabelClassifier().fit(X, noisy, sample_weight=weights)
    assert_allclose(clf.clean_proba_.sum(axis=1), 1)
    assert_array_equal(clf.label_quality_, clf.clean_proba_[np.arange(150), noisy])
    error = np.average(1 - clf.label_quality_, weights=weights)
    assert_allclose(clf.noise_rate_, error)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("action", ACTIONS)
def test_soft_labels_of_each_action(action, weighted, iris):
    X, _, noisy = iris
    weights = np.linspace(0.5, 2, 150) if weighted else None
    clf = NoisyLabelClassifier(action=action).fit(X, noisy, sample_weight=weights)
    given, best = np.eye(3)[noisy], np.eye(3)[clf.clean_proba_.argmax(axis=1)]
    labels = _labels(X, noisy, sample_weight=weights)
    table = {"filter": given * best, "relabel": best, "soft": clf.clean_proba_}
    noise = estimate_noise(pool_evidence(clf.evidence_, labels), labels)
    expected = soft_labels_for(
        action, clf.clean_proba_, labels, surely_wrong=noise.core_lower
    )
    # The soft labels are kept in the units of the weights that were given.
    assert_allclose(clf.soft_labels_, expected * labels.unit)
    if action in table:
        weights = np.ones(150) if weights is None else weights
        assert_allclose(clf.soft_labels_, table[action] * weights[:, None])
    assert_array_equal(clf.sample_weight_, clf.soft_labels_.sum(axis=1))
    assert_array_equal(clf.transduction_, clf.soft_labels_.argmax(axis=1))
    assert clf.selection_["action"] == action


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("noise", [UniformNoise(0.4), PairNoise(0.3)])
def test_beats_its_own_base_on_noisy_digits(action, noise, digits):
    X, X_test, y, y_test = digits
    noisy = noise.set_params(random_state=0).corrupt(y)
    plain = clone(LINEAR).fit(X, noisy).score(X_test, y_test)
    clf = NoisyLabelClassifier(LINEAR, action=action).fit(X, noisy)
    assert clf.score(X_test, y_test) > plain + 0.05


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("noise", [UniformNoise(0.4), PairNoise(0.3)])
def test_beats_its_own_base_by_default(noise, seed):
    X, y = load_digits(return_X_y=True)
    X, X_test, y, y_test = train_test_split(X, y, train_size=800, random_state=seed)
    noisy = noise.set_params(random_state=seed).corrupt(y)
    plain = clone(LINEAR).fit(X, noisy).score(X_test, y_test)
    clf = NoisyLabelClassifier(LINEAR).fit(X, noisy)
    assert clf.score(X_test, y_test) > plain + 0.05
    assert abs(clf.noise_rate_ - (noisy != y).mean()) < 0.15


@pytest.mark.parametrize("noise", [UniformNoise(0.4), PairNoise(0.3)])
def test_beats_its_own_base_with_trees(noise, digits):
    X, X_test, y, y_test = digits
    noisy = noise.set_params(random_state=0).corrupt(y)
    forest = RandomForestClassifier(30, random_state=0)
    plain = clone(forest).fit(X, noisy).score(X_test, y_test)
    clf = NoisyLabelClassifier(forest).fit(X, noisy)
    # Old versions of scikit-learn draw the rows of a tree without looking at weights.
    assert clf.score(X_test, y_test) > plain - 0.02
    clf.set_params(action="filter").fit(X, noisy)
    assert clf.score(X_test, y_test) > plain + 0.03


@pytest.mark.parametrize("load", [load_iris, load_digits])
def test_is_the_plain_fit_where_it_finds_no_noise(load):
    X, y = load(return_X_y=True)
    X = scale(X)
    clf = NoisyLabelClassifier().fit(X, y)
    assert_array_equal(clf.estimator_.coef_, LogisticRegression().fit(X, y).coef_)
    assert_array_equal(clf.soft_labels_, np.eye(len(clf.classes_))[y])
    assert not clf.selection_["noise_found"]
    assert clf.selection_["action"] == "keep"
    assert clf.selection_["reason"].endswith(": action 'keep'.")
    assert clf.selection_["core_disagreement_lower"] <= 0.02


def test_says_why_it_acts(iris):
    X, _, noisy = iris
    chosen = NoisyLabelClassifier().fit(X, noisy).selection_
    assert chosen["noise_found"]
    assert chosen["core_disagreement_lower"] > 0.02
    assert chosen["action"] == "weight"
    scores = chosen["candidates"]
    assert scores["weight"] > scores["keep"]
    assert chosen["reason"] == (
        f"{chosen['core_disagreement']:.1%} of the labels disagree where the evidence "
        f"is surest, and at least {chosen['core_disagreement_lower']:.1%} are wrong "
        f"with 99 % confidence; 'weight' predicts {scores['weight']:.1%} of the labels "
        f"held out, the labels as they are {scores['keep']:.1%}: action 'weight'."
    )


def test_an_action_that_is_named_is_carried_out(iris):
    X, y, _ = iris
    y = np.where(np.arange(150) == 3, 2, y)
    clf = NoisyLabelClassifier(action="weight").fit(X, y)
    assert not clf.selection_["noise_found"]
    assert clf.selection_["action"] == "weight"
    assert clf.sample_weight_.argmin() == 3
    assert clf.sample_weight_[3] < 0.6 * np.median(clf.sample_weight_)


def test_transition_by_an_estimator(iris):
    X, _, noisy = iris
    estimator = ConfidentTransition()
    params = {"evidence": "model"}
    clf = NoisyLabelClassifier(transition=estimator, **params).fit(X, noisy)
    auto = NoisyLabelClassifier(**params).fit(X, noisy)
    assert_array_equal(clf.transition_matrix_, auto.transition_matrix_)
    # The matrix that nobody asked for is not taken at its word.
    assert np.abs(clf.clean_proba_ - auto.clean_proba_).max() > 0.01
    assert not hasattr(estimator, "transition_matrix_")


def test_classifiers_without_weights_get_a_filter(iris):
    X, _, noisy = iris
    clf = NoisyLabelClassifier(KNeighborsClassifier()).fit(X, noisy)
    assert clf.selection_["action"] == "filter"


def test_weak_features_do_not_cost_a_forest_its_labels():
    """Where hardly anything can be told from X, a filter would leave too little."""
    X, y = make_classification(
        1200, 40, n_informative=6, n_classes=5, class_sep=0.4, random_state=0
    )
    X, X_test, y, y_test = X[:600], X[600:], y[:600], y[600:]
    forest = RandomForestClassifier(30, random_state=0)
    plain = clone(forest).fit(X, y).score(X_test, y_test)
    score = NoisyLabelClassifier(forest).fit(X, y).score(X_test, y_test)
    assert score > plain - 0.04


def test_identity_believes_every_label(iris):
    X, _, noisy = iris
    clf = NoisyLabelClassifier(transition=np.eye(3), action="filter").fit(X, noisy)
    assert clf.noise_rate_ == 0
    assert_array_equal(clf.soft_labels_, np.eye(3)[noisy])


@pytest.mark.parametrize(
    ("T", "message"),
    [
        (np.eye(2), r"transition must have shape \(3, 3\)"),
        (np.full((3, 3), 0.5), "transition .*rows that sum to 1"),
    ],
)
def test_transition_that_does_not_fit(T, message, iris):
    with pytest.raises(ValueError, match=message):
        NoisyLabelClassifier(transition=T).fit(*iris[::2])


@pytest.mark.parametrize("action", ACTIONS)
def test_trusted_rows_keep_label_and_weight(action, iris):
    X, _, noisy = iris
    trusted = np.arange(150) % 3 == 0
    weights = np.linspace(0.5, 2, 150)
    clf = NoisyLabelClassifier(action=action).fit(
        X, noisy, sample_weight=weights, trusted=trusted
    )
    assert_array_equal(clf.label_quality_[trusted], np.ones(50))
    assert_allclose(
        clf.soft_labels_[trusted], np.eye(3)[noisy[trusted]] * weights[trusted, None]
    )
    assert (clf.label_quality_[~trusted] < 0.5).any()


def test_a_space_of_ones_own(iris):
    X, _, noisy = iris
    clf = NoisyLabelClassifier(evidence="neighbors", embedding="passthrough")
    one = clf.fit(X, noisy).clean_proba_
    # Shrinking a column in X changes nothing if the scaler of the embedding undoes it.
    shrunk = X * [1, 1, 1, 1e-6]
    other = clone(clf).fit(shrunk, noisy).clean_proba_
    undone = clone(clf).set_params(embedding=StandardScaler()).fit(shrunk, noisy)
    assert np.abs(one - other).max() > 0.1
    assert_allclose(undone.clean_proba_, one)


def test_bases_without_probabilities(iris):
    X, y, noisy = iris
    svm = LinearSVC(random_state=0)
    clf = NoisyLabelClassifier(svm).fit(X, noisy)
    assert list(clf.evidence_) == ["forest", "neighbors"]
    assert hasattr(clf, "decision_function")
    assert clf.score(X, y) > 0.8
    with pytest.raises(
        UnsuitableEstimatorError, match=r"LinearSVC has none.*evidence='forest'"
    ):
        NoisyLabelClassifier(svm, evidence="model").fit(X, noisy)


@pytest.mark.parametrize("action", ["weight", "soft"])
def test_weights_must_have_somewhere_to_go(action, iris):
    base = KNeighborsClassifier()
    with pytest.raises(
        UnsuitableEstimatorError,
        match=rf"action='{action}' needs .* but KNeighborsClassifier takes none",
    ):
        NoisyLabelClassifier(base, action=action).fit(*iris[::2])


class LengthClassifier(LogisticRegression):
    """Reads texts by their length alone."""

    def fit(self, X, y, sample_weight=None):
        return super().fit(self._lengths(X), y, sample_weight)

    def predict_proba(self, X):
        return super().predict_proba(self._lengths(X))

    def predict(self, X):
        return super().predict(self._lengths(X))

    def _lengths(self, X):
        return np.array([[len(text) / 10] for text in X])


@pytest.mark.parametrize("evidence", ["auto", "forest", "neighbors"])
def test_without_an_embedding_the_model_alone_is_used(evidence):
    texts = ["x" * (1 + i % 20) for i in range(200)]
    y = np.array([len(text) > 10 for text in texts])
    with pytest.warns(NoEvidenceWarning, match="their evidence is left out") as caught:
        clf = NoisyLabelClassifier(LengthClassifier(), evidence=evidence).fit(texts, y)
    assert len(caught) == 1
    alone = NoisyLabelClassifier(LengthClassifier(), evidence="model")
    with pytest.warns(NoEvidenceWarning, match="their evidence is left out"):
        alone.fit(texts, y)
    assert_array_equal(clf.clean_proba_, alone.clean_proba_)
    assert list(clf.evidence_) == ["model"]


def test_labels_are_told_apart_where_no_noise_is_found(iris):
    X, y, _ = iris
    y = np.where(np.arange(150) == 3, 2, y)
    clf = NoisyLabelClassifier(evidence="model").fit(X, y)
    assert not clf.selection_["noise_found"]
    assert clf.label_quality_.argmin() == 3
    assert len(np.unique(clf.label_quality_)) > 10
