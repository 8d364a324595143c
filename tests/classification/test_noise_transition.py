"""Training through a transition matrix."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_digits, make_blobs
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sknoisy import NoiseTransitionClassifier
from sknoisy.exceptions import UnsuitableEstimatorError
from sknoisy.noise import PairNoise, TransitionNoise
from sknoisy.transition import NeighborTransition

T = np.array([[0.7, 0.3, 0.0], [0.1, 0.6, 0.3], [0.3, 0.1, 0.6]])


@pytest.fixture
def blobs():
    corners = [[0, 0], [5, 0], [0, 5]]
    X, y = make_blobs(600, centers=corners, cluster_std=1.0, random_state=0)
    return X, y, TransitionNoise(T, random_state=0).corrupt(y)


@pytest.mark.parametrize("correction", ["forward", "importance", "backward"])
def test_each_correction_with_the_true_matrix(blobs, correction):
    X, y, y_noisy = blobs
    clf = NoiseTransitionClassifier(transition=T, correction=correction)
    clf.fit(X, y_noisy)
    assert clf.score(X, y) > 0.95
    np.testing.assert_allclose(clf.transition_matrix_, T)
    assert abs(clf.noise_rate_ - (y_noisy != y).mean()) < 0.05


@pytest.mark.parametrize("correction", ["forward", "importance", "backward"])
def test_identity_matrix_is_the_plain_fit(blobs, correction):
    X, _, y_noisy = blobs
    clf = NoiseTransitionClassifier(transition=np.eye(3), correction=correction)
    plain = LogisticRegression().fit(X, y_noisy)
    np.testing.assert_allclose(clf.fit(X, y_noisy).estimator_.coef_, plain.coef_)


def test_backward_weights_are_the_rows_of_the_inverse(blobs):
    X, _, y_noisy = blobs
    weight = np.linspace(0.5, 2, len(y_noisy))
    clf = NoiseTransitionClassifier(transition=T, correction="backward")
    clf.fit(X, y_noisy, sample_weight=weight)
    expected = np.linalg.inv(T)[y_noisy] * weight[:, None]
    np.testing.assert_allclose(clf.soft_labels_, expected)


def test_backward_loss_has_the_mean_of_the_clean_loss(blobs):
    _, y, _ = blobs
    drawn = [TransitionNoise(T, random_state=seed).corrupt(y) for seed in range(300)]
    table = np.mean([np.linalg.inv(T)[noisy] for noisy in drawn], axis=0)
    np.testing.assert_allclose(table.mean(axis=0), np.eye(3)[y].mean(axis=0), atol=0.02)


def test_importance_weights_keep_the_labels(blobs):
    X, _, y_noisy = blobs
    clf = NoiseTransitionClassifier(transition=T, correction="importance")
    clf.fit(X, y_noisy)
    np.testing.assert_array_equal(clf.soft_labels_.argmax(axis=1), y_noisy)
    wrong = clf.label_quality_ < 0.2
    assert clf.sample_weight_[wrong].mean() < clf.sample_weight_[~wrong].mean() / 3


def test_verified_labels_stay(blobs):
    X, y, y_noisy = blobs
    trusted = np.arange(len(y)) % 4 == 0
    mixed = np.where(trusted, y, y_noisy)
    clf = NoiseTransitionClassifier(transition=T).fit(X, mixed, trusted=trusted)
    np.testing.assert_array_equal(clf.clean_proba_[trusted], np.eye(3)[y[trusted]])


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    "base",
    [
        make_pipeline(StandardScaler(), LogisticRegression()),
        RandomForestClassifier(30, random_state=0),
    ],
    ids=["linear", "forest"],
)
def test_forward_with_the_neighbours_on_pair_noise(base, seed):
    X, y = load_digits(return_X_y=True)
    y_noisy = PairNoise(0.4, random_state=seed).corrupt(y[:700])
    plain = clone(base).fit(X[:700], y_noisy).score(X[700:], y[700:])
    clf = NoiseTransitionClassifier(base, NeighborTransition(), max_iter=3, tol=1)
    score = clf.fit(X[:700], y_noisy).score(X[700:], y[700:])
    assert score > plain + 0.1
    assert score > 0.8


class Refusing(LogisticRegression):
    def fit(self, X, y, sample_weight=None):
        if sample_weight is not None and min(sample_weight) < 0:
            raise ValueError("Negative values in data")
        return super().fit(X, y, sample_weight)


def test_base_that_refuses_negative_weights(blobs):
    X, _, y_noisy = blobs
    clf = NoiseTransitionClassifier(Refusing(), T, correction="backward")
    with pytest.raises(UnsuitableEstimatorError, match="Use correction='forward'"):
        clf.fit(X, y_noisy)


def test_base_without_weights(blobs):
    X, _, y_noisy = blobs
    clf = NoiseTransitionClassifier(KNeighborsClassifier(), T)
    with pytest.raises(UnsuitableEstimatorError, match="takes no sample_weight"):
        clf.fit(X, y_noisy)


@pytest.mark.parametrize(
    ("transition", "message"),
    [
        (np.eye(2), "3"),
        (T.T, "transposed"),
        (np.full((3, 3), 1 / 3), "singular"),
        (np.eye(3)[:, :2], "square"),
    ],
)
def test_unusable_matrix(blobs, transition, message):
    X, _, y_noisy = blobs
    clf = NoiseTransitionClassifier(transition=transition, correction="backward")
    with pytest.raises(ValueError, match=message):
        clf.fit(X, y_noisy)


@pytest.mark.parametrize("rate", [0, 0.1])
def test_a_base_that_balances_classes_does_not_run_away_to_the_rare_one(rate):
    scores = []
    for seed in range(4):
        rng = np.random.RandomState(seed)
        y = (rng.uniform(size=2400) < 0.08).astype(int)
        X = rng.normal(size=(2400, 4)) + np.outer(y, [1.6, 1.0, 0, 0])
        train = np.arange(2400) < 800
        noisy = np.where(rng.uniform(size=2400) < rate, 1 - y, y)[train]
        base = LogisticRegression(class_weight="balanced")
        clf = NoiseTransitionClassifier(base).fit(X[train], noisy)
        scores.append(
            [
                balanced_accuracy_score(y[~train], model.predict(X[~train]))
                for model in (base.fit(X[train], noisy), clf)
            ]
        )
    plain, corrected = np.mean(scores, axis=0)
    assert corrected > plain - 0.02
