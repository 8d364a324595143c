import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.datasets import load_digits, make_blobs
from sklearn.model_selection import KFold, cross_val_predict
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import scale

from sknoisy._confident_joint import calibrate_joint, joint_to_transition
from sknoisy.noise import TransitionNoise
from sknoisy.transition import (
    ConfidentTransition,
    confident_joint,
    make_transition_matrix,
)

HAND_Y = ["cat", "cat", "dog", "dog", "dog"]
HAND = [[0.9, 0.1], [0.6, 0.4], [0.8, 0.2], [0.1, 0.9], [0.45, 0.55]]


def test_joint_by_hand():
    assert_array_equal(confident_joint(HAND_Y, HAND), [[1, 1], [0, 2]])


def test_joint_in_the_order_of_the_classes():
    backwards = np.array(HAND)[:, ::-1]
    joint = confident_joint(HAND_Y, backwards, classes=["dog", "cat"])
    assert_array_equal(joint, [[2, 0], [1, 1]])
    wider = np.column_stack([HAND, np.zeros(5)])
    joint = confident_joint(HAND_Y, wider, classes=["cat", "dog", "owl"])
    assert_array_equal(joint, [[1, 1, 0], [0, 2, 0], [0, 0, 0]])


@pytest.mark.parametrize(
    ("proba", "message"),
    [
        (np.eye(2), r"confident_joint expected probabilities of shape \(5, 2\)"),
        (np.full((5, 2), 0.4), "confident_joint .* row 0 sum to 0"),
        (np.full((5, 2), np.nan), "Input proba contains NaN"),
    ],
)
def test_joint_of_bad_probabilities(proba, message):
    with pytest.raises(ValueError, match=message):
        confident_joint(HAND_Y, proba)


def test_matrix_by_hand():
    estimator = ConfidentTransition("precomputed").fit(HAND, HAND_Y)
    assert_array_equal(estimator.confident_joint_, [[1, 1], [0, 2]])
    # Columns become 2 and 3: the calibrated joint is [[2, 1], [0, 2]].
    assert_allclose(estimator.transition_matrix_, [[2 / 3, 1 / 3], [0, 1]])
    # Two fifths of the labels are cats, which are two thirds of all true cats.
    assert_allclose(estimator.noise_rate_, 0.6 / 3, atol=1e-6)


def test_follows_from_out_of_fold_probabilities():
    X, y = load_digits(n_class=4, return_X_y=True)
    model, folds = KNeighborsClassifier(), KFold(4)
    estimator = ConfidentTransition(model, cv=folds).fit(X, y)
    proba = cross_val_predict(model, X, y, cv=folds, method="predict_proba")
    joint = confident_joint(y, proba)
    assert_array_equal(estimator.confident_joint_, joint)
    expected = joint_to_transition(calibrate_joint(joint, np.bincount(y)))
    assert_allclose(estimator.transition_matrix_, expected)


@pytest.mark.parametrize("kind", ["uniform", "pair", "random", "block"])
@pytest.mark.parametrize("seed", [0, 1])
def test_known_matrix_of_separated_classes(kind, seed):
    X, y = make_blobs(1500, centers=4, n_features=5, random_state=0)
    T = make_transition_matrix(4, 0.3, kind=kind, random_state=0)
    noisy = TransitionNoise(T, random_state=seed).corrupt(y)
    estimator = ConfidentTransition().fit(scale(X), noisy)
    assert_allclose(estimator.transition_matrix_, T, atol=0.15)
    assert abs(estimator.noise_rate_ - (noisy != y).mean()) < 0.05


@pytest.mark.parametrize("kind", ["uniform", "pair", "random", "block"])
def test_known_matrix_of_digits(kind):
    X, y = load_digits(return_X_y=True)
    T = make_transition_matrix(10, 0.3, kind=kind, random_state=0)
    noisy = TransitionNoise(T, random_state=0).corrupt(y)
    estimator = ConfidentTransition(KNeighborsClassifier(20)).fit(X, noisy)
    # Mean over the classes of the total error of their row, which is 2 at most.
    error = np.abs(estimator.transition_matrix_ - T).sum(axis=1).mean()
    assert error < 0.2
    assert abs(estimator.noise_rate_ - (noisy != y).mean()) < 0.04


def test_unequal_classes_and_rates():
    X, y = make_blobs([900, 400, 200], n_features=4, random_state=0)
    T = make_transition_matrix(3, [0.1, 0.3, 0.2])
    noisy = TransitionNoise(T, random_state=0).corrupt(y)
    estimator = ConfidentTransition().fit(scale(X), noisy)
    assert_allclose(estimator.transition_matrix_, T, atol=0.15)


def test_a_weight_is_as_many_copies():
    rng = np.random.RandomState(0)
    proba, y = rng.dirichlet([1, 1, 1], size=60), np.arange(60) % 3
    weights = rng.randint(1, 4, size=60)
    copies = np.repeat(np.arange(60), weights)
    weighted = ConfidentTransition("precomputed").fit(proba, y, weights)
    copied = ConfidentTransition("precomputed").fit(proba[copies], y[copies])
    assert_allclose(weighted.transition_matrix_, copied.transition_matrix_)
    assert_allclose(weighted.noise_rate_, copied.noise_rate_)


def test_names_of_the_classes_do_not_matter():
    rng = np.random.RandomState(0)
    proba, y = rng.dirichlet([1, 1, 1], size=60), np.arange(60) % 3
    order = np.array([2, 0, 1])
    plain = ConfidentTransition("precomputed").fit(proba, y)
    other = ConfidentTransition("precomputed").fit(
        proba[:, order], np.argsort(order)[y]
    )
    assert_allclose(
        other.transition_matrix_, plain.transition_matrix_[np.ix_(order, order)]
    )


def test_agreement_of_labels_and_model_is_no_noise():
    y = np.arange(30) % 3
    proba = 0.7 * np.eye(3)[y] + 0.1
    estimator = ConfidentTransition("precomputed").fit(proba, y)
    assert_array_equal(estimator.transition_matrix_, np.eye(3))
    assert estimator.noise_rate_ == 0
