"""The promises of each kind of thing, so that a method added later is tested unasked.

Members are found by ``__all__``: whoever adds a transition estimator, a label quality
score, a refiner, a classifier or a noise finds it here.
"""

import numpy as np
import pytest
from sklearn.base import ClassifierMixin, clone
from sklearn.datasets import load_digits, make_classification
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler, scale

import sknoisy
from sknoisy import noise, quality, refinement, transition
from sknoisy.noise import LabelNoiseInjector, PairNoise, TransitionNoise, UniformNoise

SEEDS = range(3)
# What learns from verified labels goes on without any, and says so.
pytestmark = pytest.mark.filterwarnings("ignore:.* found no trusted label")

TRUE_T = np.array([[0.8, 0.15, 0.05], [0.05, 0.7, 0.25], [0.1, 0.05, 0.85]])
ARGUMENTS = {TransitionNoise: (TRUE_T,)}


def members(module, base):
    """Return an instance of each public subclass of a base."""
    found = [getattr(module, name) for name in module.__all__]
    return [
        cls(*ARGUMENTS.get(cls, ()))
        for cls in found
        if isinstance(cls, type)
        and issubclass(cls, base)
        and not cls.__name__.startswith("Base")
    ]


def each(module, base):
    return pytest.mark.parametrize("method", members(module, base), ids=repr)


transitions = each(transition, transition.BaseTransitionEstimator)
qualities = each(quality, quality.BaseLabelQuality)
refiners = each(refinement, refinement.BaseRefiner)
# One makes noise, and one takes labels and tables of labels as they are.
AS_GIVEN = {LabelNoiseInjector, sknoisy.SoftLabelClassifier}
classifiers = pytest.mark.parametrize(
    "method",
    [m for m in members(sknoisy, ClassifierMixin) if type(m) not in AS_GIVEN],
    ids=repr,
)
noises = each(noise, noise.BaseNoise)


def separable(seed, n_classes=3, n_samples=1200):
    X, y = make_classification(
        n_samples,
        6,
        n_informative=6,
        n_redundant=0,
        n_classes=n_classes,
        n_clusters_per_class=1,
        class_sep=2.5,
        flip_y=0,
        random_state=seed,
    )
    return scale(X), y


@transitions
@pytest.mark.parametrize("seed", SEEDS)
def test_transition_recovers_a_known_matrix(method, seed):
    X, y = separable(seed)
    y_noisy = TransitionNoise(TRUE_T, random_state=seed).corrupt(y)
    T = clone(method).fit(X, y_noisy).transition_matrix_
    np.testing.assert_allclose(T.sum(axis=1), 1)
    # A matrix that takes all labels for right is off by 0.3; reading the matrix off
    # at single anchor points is the least exact of the methods.
    assert np.abs(T - TRUE_T).max() < 0.2


@transitions
def test_transition_is_close_to_the_identity_without_noise(method):
    X, y = separable(0)
    T = clone(method).fit(X, y).transition_matrix_
    assert np.diag(T).min() > 0.9


@transitions
def test_transition_permutes_with_the_classes(method):
    X, y = separable(1)
    y_noisy = TransitionNoise(TRUE_T, random_state=0).corrupt(y)
    T = clone(method).fit(X, y_noisy).transition_matrix_
    order = np.array([2, 0, 1])
    permuted = clone(method).fit(X, order[y_noisy]).transition_matrix_
    np.testing.assert_allclose(permuted[np.ix_(order, order)], T, atol=0.03)


@qualities
@pytest.mark.parametrize("seed", SEEDS)
def test_quality_ranks_flipped_labels_below_right_ones(method, seed):
    X, y = separable(seed)
    y_noisy = UniformNoise(0.2, random_state=seed).corrupt(y)
    score = clone(method).fit(X, y_noisy).label_quality_
    assert score.shape == y.shape
    assert 0 <= score.min() <= score.max() <= 1
    assert roc_auc_score(y_noisy == y, score) > 0.9


@qualities
def test_quality_follows_the_rows(method):
    X, y = separable(0, n_samples=300)
    y = UniformNoise(0.2, random_state=0).corrupt(y)
    rows = np.random.RandomState(0).permutation(len(y))
    score = clone(method).fit(X, y).label_quality_
    shuffled = clone(method).fit(X[rows], y[rows]).label_quality_
    np.testing.assert_allclose(shuffled, score[rows], atol=1e-4)


@refiners
def test_refiner_gives_usable_soft_labels(method):
    X, y = separable(0)
    y_noisy = UniformNoise(0.3, random_state=0).corrupt(y)
    weight = np.random.RandomState(0).uniform(0, 2, len(y))
    refiner = clone(method).fit(X, y_noisy, sample_weight=weight)
    soft_labels = refiner.soft_labels_
    assert soft_labels.shape == (len(y), 3)
    assert np.isfinite(soft_labels).all()
    assert soft_labels.min() >= 0
    assert (refiner.sample_weight_ <= weight + 1e-9).all()
    assert (soft_labels.sum(axis=0) > 0).all()


@refiners
@pytest.mark.parametrize("seed", SEEDS)
def test_refiner_shifts_weight_to_the_true_classes(method, seed):
    X, y = separable(seed)
    y_noisy = UniformNoise(0.3, random_state=seed).corrupt(y)
    soft_labels = clone(method).fit(X, y_noisy).soft_labels_
    share = soft_labels[np.arange(len(y)), y].sum() / soft_labels.sum()
    assert share > (y_noisy == y).mean() + 0.05


@refiners
def test_refiner_keeps_verified_labels(method):
    X, y = separable(0, n_samples=300)
    y_noisy = UniformNoise(0.4, random_state=0).corrupt(y)
    trusted = np.arange(len(y)) % 3 == 0
    soft_labels = clone(method).fit(X, y_noisy, trusted=trusted).soft_labels_
    np.testing.assert_array_equal(soft_labels[trusted], np.eye(3)[y_noisy[trusted]])


@classifiers
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("disturb", [UniformNoise(0.4), PairNoise(0.3)], ids=repr)
def test_classifier_beats_its_own_base_on_noisy_labels(method, seed, disturb):
    X, y = load_digits(return_X_y=True)
    train, test = np.arange(1000), np.arange(1000, len(y))
    base = make_pipeline(StandardScaler(), LogisticRegression())
    y_noisy = clone(disturb).set_params(random_state=seed).corrupt(y[train])
    plain = clone(base).fit(X[train], y_noisy).score(X[test], y[test])
    clf = clone(method).set_params(estimator=base).fit(X[train], y_noisy)
    assert clf.score(X[test], y[test]) > plain + 0.01


@classifiers
@pytest.mark.parametrize("seed", SEEDS)
def test_classifier_loses_little_without_noise(method, seed):
    X, y = load_digits(return_X_y=True)
    rows = np.random.RandomState(seed).permutation(len(y))
    train, test = rows[:1000], rows[1000:]
    base = make_pipeline(StandardScaler(), LogisticRegression())
    plain = clone(base).fit(X[train], y[train]).score(X[test], y[test])
    clf = clone(method).set_params(estimator=base).fit(X[train], y[train])
    assert clf.score(X[test], y[test]) > plain - 0.02


@noises
@pytest.mark.parametrize("seed", SEEDS)
def test_noise_draws_what_it_says(method, seed):
    X, y = separable(seed, n_samples=4000)
    proba = method.flip_proba(y, X)
    np.testing.assert_allclose(proba.sum(axis=1), 1)
    y_noisy = clone(method).set_params(random_state=seed).corrupt(y, X)
    expected = 1 - proba[np.arange(len(y)), y].mean()
    error = np.sqrt(expected * (1 - expected) / len(y))
    assert abs((y_noisy != y).mean() - expected) < 4 * error


@noises
def test_noise_follows_its_seed(method):
    X, y = separable(0)
    seeded = clone(method).set_params(random_state=0)
    first = seeded.corrupt(y, X)
    np.testing.assert_array_equal(seeded.corrupt(y, X), first)
    other = clone(method).set_params(random_state=1).corrupt(y, X)
    assert (other != first).any()
