"""Wrong labels of bags: found by models that have not seen the bag, and corrected."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import expit
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.neural_network import MLPRegressor

from sknoisy.sequence import WeakSequenceLocalizer, segment_table
from sknoisy.sequence._bag_noise import BagNoise, deal_folds, noise_of_scores
from sknoisy.sequence._evidence import Evidence

NOTHING = np.zeros((200, 6), bool)


def flipped(seed, missing=0.2, spurious=0.05):
    """Return truth, scores that tell it with errors, and labels some of them wrong."""
    rng = np.random.RandomState(seed)
    truth = rng.uniform(size=(200, 6)) < 0.25
    scores = expit(np.where(truth, 2.0, -2.0) + 1.5 * rng.normal(size=truth.shape))
    keep, add = rng.uniform(size=(2, *truth.shape))
    return truth, scores, np.where(truth, keep >= missing, add < spurious)


@pytest.mark.parametrize("seed", range(3))
def test_rates_are_found(seed):
    truth, scores, tagged = flipped(seed)
    noise = noise_of_scores(scores, tagged, NOTHING)
    assert noise.gain > 8
    assert_allclose(noise.missing_rate.mean(), 0.2, atol=0.08)
    assert_allclose(noise.spurious_rate.mean(), 0.05, atol=0.04)
    wrong = tagged != truth
    assert_allclose((1 - noise.quality).sum(), wrong.sum(), rtol=0.35)
    assert roc_auc_score(wrong.ravel(), -noise.quality.ravel()) > 0.9
    errors = np.abs(noise.posterior - truth).sum()
    assert errors < 0.8 * wrong.sum()


@pytest.mark.parametrize("seed", range(3))
def test_right_labels_are_left_alone(seed):
    truth, scores, _ = flipped(seed)
    noise = noise_of_scores(scores, truth, NOTHING)
    assert noise.gain < 1
    assert noise.missing_rate.max() < 0.05
    assert noise.spurious_rate.max() < 0.02


def test_rates_near_zero_correct_nothing():
    tagged = NOTHING.copy()
    tagged[:50] = True
    allowed = np.column_stack([tagged, np.ones(200)])
    evidence = Evidence(np.arange(6), allowed, np.zeros((0, 7)))
    unlikely = np.where(tagged, 0.2, 0.0)
    for rate, corrected in ((0.01, False), (0.05, True)):
        rates = np.full(6, rate), np.zeros(6)
        noise = BagNoise(unlikely, np.full((200, 6), 0.2), *rates, gain=9.0)
        found = noise.corrected(evidence)
        assert (found is not evidence) == corrected
    assert_array_equal(found.allowed[:, :-1], unlikely)


def test_trusted_labels_are_kept():
    _, scores, tagged = flipped(0)
    trusted = NOTHING.copy()
    trusted[:100] = True
    noise = noise_of_scores(scores, tagged, trusted)
    assert_array_equal(noise.posterior[:100], tagged[:100])
    assert_array_equal(noise.quality[:100], 1)
    assert noise.quality[100:].min() < 0.5


def test_labels_of_rare_classes_are_kept():
    _, scores, tagged = flipped(0)
    tagged[:, 2], tagged[:, 3] = False, True
    tagged[:3, 2], tagged[:3, 3] = True, False
    noise = noise_of_scores(scores, tagged, NOTHING)
    assert_array_equal(noise.quality[:, 2:4], 1)
    assert_array_equal(noise.missing_rate[2:4], 0)


def test_one_class_for_each_bag():
    rng = np.random.RandomState(0)
    truth = rng.randint(4, size=200)
    given = np.where(rng.uniform(size=200) < 0.3, rng.randint(4, size=200), truth)
    scores = expit(4 * np.eye(4)[truth] - 2 + rng.normal(size=(200, 4)))
    tagged = np.eye(4)[given] > 0
    noise = noise_of_scores(scores, tagged, NOTHING[:, :4], exclusive=True)
    assert_allclose(noise.posterior.sum(axis=1), 1)
    assert np.mean(noise.posterior.argmax(axis=1) == truth) > 0.93
    assert np.mean(given == truth) < 0.85


def test_classes_are_dealt_round_the_folds():
    rng = np.random.RandomState(0)
    present = rng.uniform(size=(40, 3)) < [0.1, 0.3, 0.5]
    fold = deal_folds(present, 4)
    assert_array_equal(np.unique(fold), range(4))
    rarest = present.sum(axis=0).argmin()
    counts = np.bincount(fold[present[:, rarest]], minlength=4)
    assert np.ptp(counts) <= 1


def made_bags(n_bags, rng):
    """Return sequences with events of three kinds, and where these are."""
    bags, truth = [], []
    for _ in range(n_bags):
        signal, rows = 0.8 * rng.normal(size=(60, 4)), []
        for place, label in enumerate(rng.permutation(3)[: rng.randint(1, 3)]):
            start = rng.randint(2, 16) + 28 * place
            signal[start : start + 10, label] += 1.2
            rows.append((start, start + 10, label))
        start, end, label = zip(*rows, strict=True)
        truth.append(segment_table(start, end, label=np.array(label)))
        bags.append(signal)
    return bags, truth


RNG = np.random.RandomState(0)
X, TRUTH = made_bags(120, RNG)
X_NEW, TRUTH_NEW = made_bags(40, RNG)
Y = np.array([[label in part["label"] for label in range(3)] for part in TRUTH]) * 1
NOISY = Y.copy()
for bag in RNG.permutation(120)[:40]:
    present, absent = np.flatnonzero(Y[bag]), np.flatnonzero(1 - Y[bag])
    NOISY[bag, [RNG.choice(present), RNG.choice(absent)]] = [0, 1]
NET = MLPRegressor(
    hidden_layer_sizes=(),
    alpha=1e-3,
    learning_rate_init=0.02,
    max_iter=20,
    batch_size=8,
)
QUICK = WeakSequenceLocalizer(NET, n_rounds=1, random_state=0)
CORRECTED = clone(QUICK).fit(X, NOISY)


def test_wrong_labels_of_bags_are_found():
    wrong = (NOISY != Y).ravel()
    quality = CORRECTED.bag_label_quality_
    assert quality.shape == Y.shape
    assert roc_auc_score(wrong, -quality.ravel()) > 0.9
    assert CORRECTED.missing_rate_.mean() > 0.1
    assert CORRECTED.spurious_rate_.mean() > 0.1


def test_correction_improves_segments():
    plain = clone(QUICK).set_params(bag_noise=None).fit(X, NOISY)
    clean = clone(QUICK).fit(X, Y)
    scores = [m.score(X_NEW, TRUTH_NEW) for m in (plain, CORRECTED, clean)]
    assert scores[1] > scores[0] + 0.02
    assert scores[1] > scores[2] - 0.1
    assert plain.bag_label_quality_ is None
    assert plain.missing_rate_ is None


def test_right_labels_train_the_same_model():
    corrected = clone(QUICK).fit(X, Y)
    plain = clone(QUICK).set_params(bag_noise=None).fit(X, Y)
    assert_array_equal(corrected.predict(X_NEW), plain.predict(X_NEW))
    assert corrected.bag_label_quality_.mean() > 0.97


@pytest.mark.parametrize("whole", [True, False])
def test_trusted_labels(whole):
    right = (NOISY == Y).all(axis=1) & (np.arange(120) % 2 == 0)
    trusted = right if whole else np.repeat(right[:, None], 3, axis=1)
    localizer = clone(QUICK).fit(X, NOISY, trusted=trusted)
    assert_array_equal(localizer.bag_label_quality_[right], 1)
    assert localizer.bag_label_quality_[~right].min() < 0.5


def test_labels_at_points_are_right():
    points = [part[:1] for part in TRUTH]
    localizer = clone(QUICK).fit(X, Y, points=points)
    labels = [part["label"][0] for part in points]
    assert_array_equal(localizer.bag_label_quality_[range(120), labels], 1)


def test_labels_of_few_bags_are_kept():
    localizer = clone(QUICK).fit(X[:7], NOISY[:7])
    assert_array_equal(localizer.bag_label_quality_, 1)


def test_labels_of_steps_are_not_corrected():
    steps = [np.arange(60) // 30 for _ in X]
    assert clone(QUICK).fit(X, step_labels=steps).bag_label_quality_ is None


def test_wrong_labels_with_a_classifier():
    localizer = clone(QUICK).set_params(estimator=LogisticRegression()).fit(X, NOISY)
    wrong = (NOISY != Y).ravel()
    assert roc_auc_score(wrong, -localizer.bag_label_quality_.ravel()) > 0.85
