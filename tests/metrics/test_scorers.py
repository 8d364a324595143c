"""Scorers for searches: ranking, caching, names and bad input."""

import warnings

import numpy as np
import pandas as pd
import pytest
import sklearn
from joblib import parallel_config
from scipy import sparse
from sklearn.base import clone
from sklearn.datasets import load_digits, load_iris, make_classification
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import LinearSVC

from sknoisy._labels import NoisyLabels
from sknoisy.exceptions import NoEvidenceWarning
from sknoisy.metrics import (
    noise_corrected_score,
    noise_corrected_scorer,
    quality_weighted_scorer,
)
from sknoisy.noise import PairNoise, TransitionNoise, UniformNoise
from sknoisy.quality import _noise_model

T2 = np.array([[0.8, 0.2], [0.3, 0.7]])
GRID = {"n_neighbors": [1, 3, 8, 20, 60]}


def digits(noise):
    X, y = load_digits(return_X_y=True)
    return X, y, noise.corrupt(y)


@pytest.mark.parametrize(
    "metric",
    ["accuracy", "balanced_accuracy", "f1_macro", "roc_auc", "average_precision",
     "neg_log_loss", "neg_brier_score"],
)  # fmt: skip
def test_given_matrix_scores_as_the_function(metric):
    X, y = make_classification(300, random_state=0)
    clf = LogisticRegression().fit(X[:150], y[:150])
    X, y = X[150:], TransitionNoise(T2, random_state=0).corrupt(y[150:])
    of_labels = metric in {"accuracy", "balanced_accuracy", "f1_macro"}
    predicted = clf.predict(X) if of_labels else clf.predict_proba(X)
    name = {"neg_log_loss": "log_loss", "neg_brier_score": "brier"}.get(metric, metric)
    expected = noise_corrected_score(y, predicted, metric=name, transition=T2).value
    sign = -1 if metric.startswith("neg_") else 1
    scorer = noise_corrected_scorer(metric, transition=T2)
    assert scorer(clf, X, y) == pytest.approx(sign * expected)


def test_symmetric_noise_ranks_as_plain_scoring():
    X, _, noisy = digits(UniformNoise(0.4, random_state=0))
    scoring = noise_corrected_scorer("accuracy").fit(X, noisy)
    off = scoring.transition_matrix_[~np.eye(10, dtype=bool)]
    assert np.ptp(off) == 0
    assert off.sum() / 10 > 0.25
    plain = GridSearchCV(KNeighborsClassifier(), GRID, cv=3).fit(X, noisy)
    search = GridSearchCV(KNeighborsClassifier(), GRID, cv=3, scoring=scoring)
    ranks = search.fit(X, noisy).cv_results_["rank_test_score"]
    np.testing.assert_array_equal(ranks, plain.cv_results_["rank_test_score"])


def test_pair_noise_is_corrected():
    X, y, noisy = digits(PairNoise(0.4, random_state=0))
    scoring = noise_corrected_scorer("accuracy").fit(X, noisy)
    T = scoring.transition_matrix_
    next_class = T[np.arange(10), (np.arange(10) + 1) % 10]
    others = 1 - next_class - np.diag(T)
    assert (next_class > others).all()
    rows = np.arange(len(y)) % 3 == 0
    clf = KNeighborsClassifier(20).fit(X[~rows], noisy[~rows])
    clean, plain = clf.score(X[rows], y[rows]), clf.score(X[rows], noisy[rows])
    corrected = scoring(clf, X[rows], noisy[rows])
    assert abs(corrected - clean) < abs(plain - clean) / 2


def candidates(X, noisy, n_train=900):
    """Return one neighbour, which learns wrong labels, and twenty."""
    return [KNeighborsClassifier(k).fit(X[:n_train], noisy[:n_train]) for k in (1, 20)]


def test_asymmetric_noise_counts_each_row_by_its_posterior():
    X, y, noisy = digits(PairNoise(0.4, random_state=0))
    scoring = noise_corrected_scorer("accuracy").fit(X, noisy)
    T, rows = scoring.transition_matrix_, np.arange(900, len(y))
    # By hand: a forest on the test rows alone, P(clean | row) times the column of the
    # label given, and the symmetric matrix of the same rate.
    labels = NoisyLabels(codes=noisy[rows], classes=np.arange(10))
    proba = _noise_model.held_out_proba(X[rows], labels) @ np.linalg.inv(T)
    proba = np.maximum(proba, _noise_model.SMALLEST_PROBABILITY)
    posterior = proba / proba.sum(axis=1, keepdims=True) * T[:, noisy[rows]].T
    posterior /= posterior.sum(axis=1, keepdims=True)
    right = T.diagonal().mean()
    for clf in candidates(X, noisy):
        predicted = clf.predict(X[rows])
        counted = posterior[np.arange(len(rows)), predicted].mean()
        others = (1 - right) / 9
        inverted = (np.mean(predicted == noisy[rows]) - others) / (right - others)
        expected = 0.8 * counted + 0.2 * inverted
        assert scoring(clf, X[rows], noisy[rows]) == pytest.approx(expected)
        weight = np.arange(len(rows)) % 3
        copies = np.repeat(rows, weight)
        assert scoring(clf, X[rows], noisy[rows], weight) == pytest.approx(
            scoring(clf, X[copies], noisy[copies])
        )


@pytest.mark.parametrize(
    "metric", ["f1_macro", "matthews_corrcoef", "roc_auc", "neg_brier_score"]
)
@pytest.mark.parametrize("fitted", [True, False])
def test_asymmetric_noise_is_corrected_in_all_metrics(metric, fitted):
    X, y, noisy = digits(PairNoise(0.4, random_state=0))
    clf = candidates(X, noisy)[1]
    scoring = noise_corrected_scorer(metric)
    scoring = scoring.fit(X, noisy) if fitted else scoring
    plain = noise_corrected_scorer(metric, transition=np.eye(10))
    test = X[900:], noisy[900:]
    clean = plain(clf, X[900:], y[900:])
    assert abs(scoring(clf, *test) - clean) < abs(plain(clf, *test) - clean)


def test_small_test_parts_without_fit_are_corrected_where_noise_is_asymmetric():
    X, y, noisy = digits(PairNoise(0.4, random_state=0))
    few, many = candidates(X, noisy)
    X, y, noisy = X[900:1150], y[900:1150], noisy[900:1150]
    scoring = noise_corrected_scorer("accuracy")
    lead = scoring(many, X, noisy) - scoring(few, X, noisy)
    assert lead > 2 * (many.score(X, noisy) - few.score(X, noisy)) > 0
    assert many.score(X, noisy) < scoring(many, X, noisy) < many.score(X, y)


def test_labels_of_the_rest_have_no_part_in_the_posterior_of_a_test_part():
    X, _, noisy = digits(PairNoise(0.4, random_state=0))
    scoring = noise_corrected_scorer("accuracy").fit(X, noisy)
    clf = KNeighborsClassifier(20).fit(X[:900], noisy[:900])
    found = scoring(clf, X[900:], noisy[900:])
    other = noise_corrected_scorer("accuracy").fit(X[:900], noisy[:900])
    other.transition_matrix_ = scoring.transition_matrix_
    assert other(clf, X[900:], noisy[900:]) == found


def test_a_test_part_of_few_rows_is_corrected_by_the_matrix():
    X, _, noisy = digits(PairNoise(0.4, random_state=0))
    scoring = noise_corrected_scorer("accuracy").fit(X, noisy)
    clf = KNeighborsClassifier(20).fit(X[:900], noisy[:900])
    few = slice(900, 915)
    by_matrix = noise_corrected_scorer(
        "accuracy", transition=scoring.transition_matrix_
    )
    with warnings.catch_warnings():
        # 15 rows lack some of the ten classes.
        warnings.simplefilter("ignore")
        expected = by_matrix(clf, X[few], noisy[few])
        assert scoring(clf, X[few], noisy[few]) == pytest.approx(expected)


@pytest.mark.parametrize("container", [pd.DataFrame, sparse.csr_array, list])
def test_any_container_has_a_posterior(container):
    X, _, noisy = digits(PairNoise(0.4, random_state=0))
    clf = KNeighborsClassifier(20).fit(X[:900], noisy[:900])
    scoring = noise_corrected_scorer("accuracy").fit(X, noisy)
    expected = scoring(clf, X[900:], noisy[900:])
    scoring = noise_corrected_scorer("accuracy").fit(container(X), noisy)
    found = scoring(clf, container(X[900:]), noisy[900:])
    by_matrix = noise_corrected_scorer(
        "accuracy", transition=scoring.transition_matrix_
    )
    assert found != by_matrix(clf, X[900:], noisy[900:])
    # Sparse rows have their forest on singular directions.
    assert found == pytest.approx(expected, abs=0.1)


def test_small_test_parts_without_fit_get_the_plain_score():
    X, _, noisy = digits(UniformNoise(0.4, random_state=0))
    clf = KNeighborsClassifier().fit(X[:900], noisy[:900])
    scoring = noise_corrected_scorer("accuracy")
    with pytest.warns(NoEvidenceWarning, match="was not fitted, and from 897 test"):
        score = scoring(clf, X[900:], noisy[900:])
    assert score == pytest.approx(accuracy_score(noisy[900:], clf.predict(X[900:])))


def test_large_test_parts_share_a_matrix_over_candidates(monkeypatch):
    X, _, noisy = digits(PairNoise(0.4, random_state=0))
    made = []
    original = _noise_model.held_out_proba
    monkeypatch.setattr(
        _noise_model, "held_out_proba", lambda *a: made.append(1) or original(*a)
    )
    scoring = noise_corrected_scorer("accuracy")
    for k in (1, 5, 20):
        clf = KNeighborsClassifier(k).fit(X[:500], noisy[:500])
        scoring(clf, X[500:], noisy[500:])
    assert len(made) == 1


def test_the_same_for_every_number_of_jobs_and_after_a_clone():
    X, _, noisy = digits(PairNoise(0.4, random_state=1))
    scoring = noise_corrected_scorer("accuracy").fit(X, noisy)
    search = GridSearchCV(KNeighborsClassifier(), GRID, cv=3, scoring=scoring)
    one = clone(search).fit(X, noisy).cv_results_["mean_test_score"]
    with parallel_config("threading"):
        two = clone(search).set_params(n_jobs=2).fit(X, noisy)
    np.testing.assert_array_equal(one, two.cv_results_["mean_test_score"])


def test_missing_classes_and_texts():
    X = np.array(["good film", "bad film", "good", "bad"] * 300, dtype=object)
    y = np.array([1, 0, 1, 0] * 300)
    scoring = noise_corrected_scorer("accuracy").fit(X, y)
    np.testing.assert_array_equal(scoring.transition_matrix_, np.eye(2))
    clf = DummyClassifier().fit(X, y)
    assert scoring(clf, X, y) == pytest.approx(0.5)


def test_labels_are_read_by_decision_function_where_there_is_no_proba():
    X, y = make_classification(200, random_state=0)
    scorer = noise_corrected_scorer("roc_auc", transition=np.eye(2))
    assert scorer(LinearSVC().fit(X, y), X, y) > 0.9


def test_quality_weighs():
    X = np.array([[0.0], [1.0], [2.0], [3.0]])
    clf = LogisticRegression().fit(X, [0, 0, 1, 1])
    y = [0, 0, 1, 0]
    scorer = quality_weighted_scorer("accuracy", quality=lambda X: [1, 1, 1, 0.5])
    assert scorer(clf, X, y) == pytest.approx(3 / 3.5)
    by_weight = quality_weighted_scorer("accuracy")
    weight = np.array([1, 1, 1, 0.5])
    assert by_weight(clf, X, y, sample_weight=weight) == pytest.approx(3 / 3.5)
    with pytest.raises(ValueError, match="expected the quality of each test label"):
        by_weight(clf, X, y)
    with pytest.raises(ValueError, match="expected a frame with the column"):
        quality_weighted_scorer("accuracy", quality="agreement")(clf, X, y)
    with pytest.raises(ValueError, match="one quality for each of the 4 test rows"):
        quality_weighted_scorer("accuracy", quality=lambda X: [1])(clf, X, y)


def test_quality_of_a_column():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame({"x": [0.0, 1.0, 2.0, 3.0], "agreement": [1, 1, 1, 0.5]})
    clf = LogisticRegression().fit(frame, [0, 0, 1, 1])
    scorer = quality_weighted_scorer("neg_log_loss", quality="agreement")
    assert scorer(clf, frame, [0, 0, 1, 0]) < 0


def test_bad_input_is_refused():
    X, y = make_classification(100, random_state=0)
    clf = LogisticRegression().fit(X, y)
    with pytest.raises(ValueError, match=r"must have shape \(2, 2\)"):
        noise_corrected_scorer("accuracy", transition=np.eye(3))(clf, X, y)
    with pytest.raises(ValueError, match="'metric' parameter"):
        noise_corrected_scorer("loss")
    with pytest.raises(ValueError, match="expected a fitted classifier with classes_"):
        noise_corrected_scorer("accuracy", transition=T2)(object(), X, y)
    fitted = noise_corrected_scorer("accuracy").fit(X, y)
    with pytest.raises(ValueError, match="that it was fitted to"):
        fitted(LogisticRegression().fit(X, y + 5), X, y + 5)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        noise_corrected_scorer("accuracy").fit(X, y[:5])
    with pytest.raises(ValueError, match="looks transposed"):
        noise_corrected_scorer("accuracy", transition=T2.T)(clf, X, y)
    with pytest.raises(ValueError, match="that can be inverted"):
        noise_corrected_scorer("accuracy", transition=np.full((2, 2), 0.5)).fit(X, y)
    with pytest.raises(ValueError, match=r"sknoisy\.multilabel"):
        noise_corrected_scorer("accuracy").fit(X, np.eye(2)[y])
    with pytest.raises(ValueError, match=r"sknoisy\.multilabel"):
        noise_corrected_scorer("accuracy")(clf, X, np.eye(2)[y])


def test_works_in_cross_val_score():
    X, y = make_classification(300, random_state=0)
    scoring = noise_corrected_scorer("accuracy", transition=T2)
    assert len(cross_val_score(LogisticRegression(), X, y, scoring=scoring)) == 5


def test_weights_are_routed_as_qualities():
    X, y = make_classification(200, random_state=0)
    weight = np.where(np.arange(200) % 2, 1.0, 0.0)
    scoring = quality_weighted_scorer("accuracy").set_score_request(sample_weight=True)
    with sklearn.config_context(enable_metadata_routing=True):
        clf = LogisticRegression().set_fit_request(sample_weight=False)
        search = GridSearchCV(clf, {"C": [1e-6, 1]}, scoring=scoring, cv=2)
        search.fit(X, y, sample_weight=weight)
        corrected = noise_corrected_scorer("accuracy", transition=np.eye(2))
        search.set_params(scoring=corrected).fit(X, y)
    plain = GridSearchCV(LogisticRegression(), {"C": [1e-6, 1]}, cv=2).fit(X, y)
    assert search.best_score_ == pytest.approx(plain.best_score_)


@pytest.mark.parametrize(
    "scorer",
    [
        noise_corrected_scorer("accuracy", transition=np.eye(2)),
        quality_weighted_scorer("accuracy", quality=lambda X: np.ones(len(X))),
    ],
    ids=["corrected", "weighted"],
)
def test_labels_of_another_type_than_the_classes(scorer):
    X = np.arange(8.0)[:, None]
    clf = LogisticRegression().fit(X, np.arange(8) > 3)
    with pytest.raises(ValueError, match="labels of one type in y, but got a mix of"):
        scorer(clf, X, ["a", "b"] * 4)
    with pytest.raises(ValueError, match="contains NaN or None in 1 of 8 rows"):
        scorer(clf, X, [*("a", "b", "a") * 2, "b", np.nan])


@pytest.mark.parametrize("metric", ["accuracy", "neg_log_loss"])
def test_right_labels_in_the_place_of_noisy_ones_are_noticed(metric):
    X, y = load_iris(return_X_y=True)
    noisy = UniformNoise(0.4, random_state=0).corrupt(y)
    scorer = noise_corrected_scorer(metric, transition=0.4 * np.eye(3) + 0.2)
    clf = LogisticRegression(max_iter=1000).fit(X, noisy)
    scorer(clf, X, noisy)
    with pytest.warns(UserWarning, match=r"at least 40% are wrong, but \d\d% of these"):
        scorer(clf, X, y)
