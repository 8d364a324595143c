import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.datasets import load_digits, load_iris
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler, scale

from sknoisy import SimilarityReweightingClassifier
from sknoisy._clean_posterior import clean_posterior
from sknoisy._context import FitContext
from sknoisy._folds import distinct_rows, make_folds
from sknoisy._labels import read_labels
from sknoisy._out_of_fold import out_of_fold_proba as out_of_fold
from sknoisy.evidence import EvidenceInputs, pool_evidence
from sknoisy.noise import PairNoise, UniformNoise
from sknoisy.quality import ScoreMixture, SimilarityMixture, label_quality
from sknoisy.transition import make_transition_matrix

LINEAR = make_pipeline(StandardScaler(), LogisticRegression(max_iter=300))
PLAIN = LogisticRegression(max_iter=400)
# The published method as far as it goes without a network.
PUBLISHED = {"similarity": "cosine", "exchange": True, "transition": None}
TREES = ExtraTreesClassifier(30, random_state=0)
EXCHANGES = [True, False, "pool"]


@pytest.fixture(scope="module")
def iris():
    X, y = load_iris(return_X_y=True)
    return scale(X), y, UniformNoise(0.3, random_state=0).corrupt(y)


@pytest.fixture(scope="module")
def digits():
    X, y = load_digits(return_X_y=True)
    return train_test_split(X / 16, y, test_size=0.3, stratify=y, random_state=0)


def out_of_fold_proba(model, X, labels, soft_labels=None):
    inputs = EvidenceInputs(model, X, labels, make_folds(X, labels), FitContext())
    return out_of_fold(inputs, soft_labels)


def pooled(probas, labels):
    return pool_evidence(dict(enumerate(probas)), labels)


def weights_of(proba, y):
    margin = label_quality(y, proba)[:, None]
    return ScoreMixture(n_components=2).fit(margin).predict_proba(margin)[:, 1]


# --- the arithmetic -------------------------------------------------------------------


def test_weights_follow_from_both_predictions(iris):
    X, _, noisy = iris
    labels = read_labels(X, noisy, owner="Test").relative_to(distinct_rows(X))
    first, second = GaussianNB(), LogisticRegression()
    probas = [out_of_fold_proba(model, X, labels) for model in (first, second)]
    a, b = (weights_of(proba, noisy) for proba in probas)
    both = weights_of(pooled(probas, labels), noisy)
    expected = {
        True: [b, a],
        False: [a, b],
        "pool": [both, both],
    }
    for exchange, weights in expected.items():
        clf = SimilarityReweightingClassifier(
            first, second, exchange=exchange, transition=None
        ).fit(X, noisy)
        assert_allclose(clf.label_weights_, weights, err_msg=str(exchange))
        assert_allclose(clf.label_quality_, np.mean(weights, axis=0))
        assert_allclose(clf.noise_rate_, 1 - clf.label_quality_.mean())


def test_the_forest_is_the_second_model(iris):
    X, _, noisy = iris
    clf = SimilarityReweightingClassifier(PLAIN, transition=None).fit(X, noisy)
    quality = SimilarityMixture(PLAIN).fit(X, noisy).label_quality_
    assert_allclose(clf.label_quality_, quality)
    assert len(clf.estimators_) == 1


def test_clean_posterior_has_its_say(iris):
    X, _, noisy = iris
    T = make_transition_matrix(3, 0.3)
    options = {"second_estimator": GaussianNB(), "exchange": False}
    without = SimilarityReweightingClassifier(PLAIN, transition=None, **options)
    by_mixture = without.fit(X, noisy).label_weights_[0]
    clf = SimilarityReweightingClassifier(PLAIN, transition=T, **options).fit(X, noisy)
    labels = read_labels(X, noisy, owner="Test").relative_to(distinct_rows(X))
    proba = out_of_fold_proba(PLAIN, X, labels)
    by_matrix = clean_posterior(proba, T, noisy)[np.arange(150), noisy]
    odds = np.sqrt(by_mixture / (1 - by_mixture) * by_matrix / (1 - by_matrix))
    inside = (np.minimum(by_mixture, by_matrix) > 1e-6) & (
        np.maximum(by_mixture, by_matrix) < 1 - 1e-6
    )
    expected = odds / (1 + odds)
    assert inside.sum() > 100
    assert_allclose(clf.label_weights_[0][inside], expected[inside], rtol=1e-5)
    assert_array_equal(clf.transition_matrix_, T)
    assert not hasattr(without, "transition_matrix_")


def test_posterior_of_all_classes(iris):
    X, _, noisy = iris
    clf = SimilarityReweightingClassifier(LINEAR).fit(X, noisy)
    assert_allclose(clf.clean_proba_.sum(axis=1), 1)
    assert_allclose(clf.clean_proba_[np.arange(150), noisy], clf.label_quality_)
    assert clf.similarity_.shape == (2, 150)
    assert clf.label_weights_.shape == (2, 150)


@pytest.mark.parametrize("exchange", EXCHANGES)
@pytest.mark.parametrize("action", ["weight", "filter"])
def test_trusted_labels_have_full_weight(exchange, action, iris):
    X, _, noisy = iris
    trusted = np.arange(150) % 3 == 0
    clf = SimilarityReweightingClassifier(PLAIN, exchange=exchange, action=action)
    clf.fit(X, noisy, trusted=trusted)
    assert_array_equal(clf.label_weights_[:, trusted], 1)
    assert_array_equal(clf.label_quality_[trusted], 1)
    assert (clf.label_weights_[:, ~trusted] < 0.5).any()


@pytest.mark.parametrize("exchange", EXCHANGES)
def test_second_round_is_trained_on_what_the_first_kept(exchange, iris):
    X, _, noisy = iris
    clf = SimilarityReweightingClassifier(
        PLAIN, GaussianNB(), exchange=exchange, transition=None, action="filter"
    )
    first = clone(clf).fit(X, noisy).label_weights_
    second = clone(clf).set_params(n_rounds=2).fit(X, noisy)
    labels = read_labels(X, noisy, owner="Test").relative_to(distinct_rows(X))
    probas = [
        out_of_fold_proba(
            model, X, labels, soft_labels=labels.one_hot() * (w > 0.5)[:, None]
        )
        for model, w in zip((PLAIN, GaussianNB()), first, strict=True)
    ]
    if exchange is True:
        assert_allclose(second.label_weights_[1], weights_of(probas[0], noisy))
    elif exchange is False:
        assert_allclose(second.label_weights_[0], weights_of(probas[0], noisy))
    elif exchange == "pool":
        both = pooled(probas, labels)
        assert_allclose(second.label_weights_[0], weights_of(both, noisy))
    assert [set(entry) for entry in second.history_] == [
        {"noise_rate", "similarity"}
    ] * 2
    # What is kept agrees more with its prediction.
    assert second.history_[1]["similarity"] > second.history_[0]["similarity"]


# --- actions and prediction -----------------------------------------------------------


def test_actions(iris):
    X, _, noisy = iris
    rows, kept = {}, None

    class Spy(LogisticRegression):
        def fit(self, X, y, sample_weight=None):
            rows["last"] = len(y), sample_weight
            return super().fit(X, y, sample_weight)

    for action in ("filter", "weight", "resample", "auto"):
        clf = SimilarityReweightingClassifier(Spy(), action=action, random_state=0)
        clf.fit(X, noisy)
        n, weights = rows["last"]
        kept = clf.label_weights_[0] > 0.5
        if action in {"weight", "auto"}:
            assert n == np.count_nonzero(clf.label_weights_[0] > 0)
            assert_allclose(weights, clf.label_weights_[0][clf.label_weights_[0] > 0])
        elif action == "resample":
            assert n == 150
            assert weights is None
        else:
            assert n == kept.sum() < 150
            assert weights is None
        assert clf.selection_["action"] == ("weight" if action == "auto" else action)
    takes_none = SimilarityReweightingClassifier(KNeighborsClassifier()).fit(X, noisy)
    assert takes_none.selection_["action"] == "filter"


def test_draws_follow_the_weights(iris):
    X, _, noisy = iris
    counts = np.zeros(150)

    class Counts(GaussianNB):
        def fit(self, X, y):
            if len(y) == 150:
                counts[:] += (X[:, None] == rows[None]).all(axis=2).sum(axis=0)
            return super().fit(X, y)

    rows = X + np.arange(150)[:, None] * 1e-6
    for seed in range(20):
        clf = SimilarityReweightingClassifier(
            Counts(), action="resample", random_state=seed
        ).fit(rows, noisy)
    expected = 20 * 150 * clf.label_weights_[0] / clf.label_weights_[0].sum()
    assert np.corrcoef(counts, expected)[0, 1] > 0.9
    assert counts[clf.label_weights_[0] < 1e-6].sum() <= 20


def test_without_noise_the_labels_are_kept(digits):
    X, X_test, y, _ = digits
    clf = SimilarityReweightingClassifier(PLAIN).fit(X, y)
    assert clf.selection_["action"] == "keep"
    assert_array_equal(clf.predict(X_test), PLAIN.fit(X, y).predict(X_test))


@pytest.mark.parametrize("combine", ["mean", "first", "second"])
def test_who_predicts(combine, iris):
    X, _, noisy = iris
    names = np.array(["setosa", "versicolor", "virginica"])
    clf = SimilarityReweightingClassifier(LINEAR, GaussianNB(), combine=combine)
    clf.fit(X, names[noisy])
    first, second = (model.predict_proba(X) for model in clf.estimators_)
    mean = (first + second) / 2
    expected = {"mean": mean, "first": first, "second": second}[combine]
    assert_allclose(clf.predict_proba(X), expected)
    assert_array_equal(clf.predict(X), names[expected.argmax(axis=1)])
    assert hasattr(clf, "decision_function") == (combine == "first")
    assert clf.n_features_in_ == 4


def test_two_equal_models_make_the_exchange_an_identity(iris):
    X, _, noisy = iris
    swapped, own = (
        SimilarityReweightingClassifier(LINEAR, LINEAR, exchange=exchange)
        .fit(X, noisy)
        .label_weights_
        for exchange in (True, False)
    )
    assert_array_equal(swapped, own)


# --- what the method has to show, on digits with clean test labels --------------------


def accuracies(digits, noise, base, clf, seeds=range(5)):
    """Return the mean accuracy of base, classifier and oracle over the seeds."""
    X, X_test, y, y_test = digits
    found = []
    for seed in seeds:
        noisy = noise.set_params(random_state=seed).corrupt(y)
        right = noisy == y
        found.append(
            [
                clone(base).fit(X, noisy).score(X_test, y_test),
                clone(clf).fit(X, noisy).score(X_test, y_test),
                clone(base).fit(X[right], y[right]).score(X_test, y_test),
            ]
        )
    return np.mean(found, axis=0)


@pytest.mark.parametrize(
    ("params", "margin"),
    [
        ({}, 0.02),
        ({**PUBLISHED, "second_estimator": TREES, "action": "weight"}, 0.01),
    ],
    ids=["default", "published"],
)
def test_gap_to_the_plain_fit_grows_with_the_noise(params, margin, digits):
    clf = SimilarityReweightingClassifier(PLAIN, combine="first", **params)
    gains = []
    for rate in (0.1, 0.3, 0.5):
        plain, ours, oracle = accuracies(digits, UniformNoise(rate), PLAIN, clf)
        assert plain < ours <= oracle + 0.005
        gains.append(ours - plain)
    assert gains[0] < gains[1] < gains[2]
    assert gains[1] > margin


def test_pair_noise(digits):
    clf = SimilarityReweightingClassifier(PLAIN)
    plain, ours, oracle = accuracies(digits, PairNoise(0.4), PLAIN, clf)
    assert ours > plain + 0.5 * (oracle - plain)


def test_costs_less_than_a_point_without_noise(digits):
    clf = SimilarityReweightingClassifier(PLAIN)
    plain, ours, _ = accuracies(digits, UniformNoise(0.0), PLAIN, clf, seeds=[0])
    assert ours > plain - 0.01


def test_fully_grown_trees_want_a_filter(digits):
    weighted, filtered = (
        accuracies(
            digits,
            UniformNoise(0.5),
            TREES,
            SimilarityReweightingClassifier(TREES, action=action),
        )[1]
        for action in ("weight", "filter")
    )
    assert filtered > weighted + 0.01
