import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.datasets import load_digits, load_iris
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import cross_val_predict
from sklearn.preprocessing import scale

from sknoisy.noise import UniformNoise
from sknoisy.quality import (
    ModelConfidence,
    NeighborAgreement,
    ScoreMixture,
    SimilarityMixture,
)

LINEAR = LogisticRegression(C=0.1)


@pytest.fixture(scope="module")
def digits():
    X, y = load_digits(return_X_y=True)
    return X[:900] / 16, y[:900]


def noisy_digits(digits, rate, seed=0):
    X, y = digits
    return X, y, UniformNoise(rate, random_state=seed).corrupt(y)


def test_quality_is_the_high_component_of_the_similarity(digits):
    X, _, noisy = noisy_digits(digits, 0.3)
    quality = SimilarityMixture(LINEAR, evidence="model").fit(X, noisy)
    margin = ModelConfidence(LINEAR).fit(X, noisy).label_quality_
    assert_allclose(quality.similarity_, margin)
    mixture = ScoreMixture(n_components=2).fit(margin[:, None])
    expected = mixture.predict_proba(margin[:, None])[:, 1]
    assert_allclose(quality.label_quality_, expected)
    assert_allclose(quality.noise_rate_, 1 - expected.mean())


def test_neighbors_alone(digits):
    X, _, noisy = noisy_digits(digits, 0.3)
    quality = SimilarityMixture(similarity="neighbors").fit(X, noisy)
    share = NeighborAgreement().fit(X, noisy).label_quality_
    # One vote by the shares of the classes is added to the ten.
    prior = np.bincount(noisy) / len(noisy)
    assert_allclose(quality.similarity_, (10 * share + prior[noisy]) / 11)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("rate", [0.1, 0.3])
def test_out_of_fold_similarity_finds_uniform_noise(rate, seed, digits):
    X, y, noisy = noisy_digits(digits, rate, seed)
    quality = SimilarityMixture(LINEAR).fit(X, noisy)
    assert roc_auc_score(noisy == y, quality.label_quality_) > 0.97


@pytest.mark.parametrize("seed", range(5))
def test_a_model_that_memorises_finds_nothing_in_sample(seed, digits):
    X, y, noisy = noisy_digits(digits, 0.3, seed)
    trees = ExtraTreesClassifier(20, random_state=seed)
    seen = trees.fit(X, noisy).predict_proba(X)
    # Copies of a row with unlike labels aside, it repeats what it was told.
    blind = SimilarityMixture("precomputed").fit(seen, noisy)
    assert abs(roc_auc_score(noisy == y, blind.similarity_) - 0.5) < 0.02
    unseen = cross_val_predict(trees, X, noisy, method="predict_proba")
    found = SimilarityMixture("precomputed").fit(unseen, noisy)
    assert roc_auc_score(noisy == y, found.label_quality_) > 0.95


@pytest.mark.parametrize("seed", range(5))
def test_mean_quality_falls_with_the_noise(seed, digits):
    rates = [
        SimilarityMixture(LINEAR)
        .fit(*noisy_digits(digits, rate, seed)[::2])
        .noise_rate_
        for rate in (0.1, 0.3, 0.5)
    ]
    assert rates[0] + 0.03 < rates[1]
    assert rates[1] + 0.1 < rates[2]


def test_scope_class_keeps_one_mixture_per_class(digits):
    X, _, noisy = noisy_digits(digits, 0.3)
    by_class = SimilarityMixture(LINEAR, scope="class", min_class_size=90)
    mixtures = by_class.fit(X, noisy).mixtures_
    assert len(mixtures) == 11
    large = np.bincount(noisy) >= 90
    assert 0 < large.sum() < 10
    own = [mixture is not mixtures[0] for mixture in mixtures[1:]]
    assert_array_equal(own, large)


def test_verified_labels_are_certain(digits):
    X, y, noisy = noisy_digits(digits, 0.3)
    trusted = noisy != y
    quality = SimilarityMixture(LINEAR).fit(X, y, trusted=trusted)
    assert_array_equal(quality.label_quality_[trusted], 1)


@pytest.mark.parametrize("similarity", ["cosine", "probability", "margin", "neighbors"])
@pytest.mark.parametrize("mixture", ["beta", "gaussian"])
def test_every_similarity_and_mixture(similarity, mixture, digits):
    X, y, noisy = noisy_digits(digits, 0.3)
    found = SimilarityMixture(LINEAR, similarity=similarity, mixture=mixture)
    quality = found.fit(X, noisy).label_quality_
    assert roc_auc_score(noisy == y, quality) > 0.95


def test_two_classes_and_no_noise():
    X, y = load_iris(return_X_y=True)
    X, y = scale(X[y > 0]), y[y > 0]
    quality = SimilarityMixture(similarity="cosine").fit(X, y).label_quality_
    assert quality.mean() > 0.7


def test_the_noise_rate_is_a_mean_by_weight():
    rng = np.random.RandomState(0)
    y = np.arange(300) % 3
    proba = 0.6 * np.eye(3)[y] + 0.4 * rng.dirichlet(np.ones(3), 300)
    noisy = np.where(rng.uniform(size=300) < 0.3, (y + 1) % 3, y)
    weight = np.where(noisy == y, 1.0, 3.0)
    step = SimilarityMixture("precomputed").fit(proba, noisy, sample_weight=weight)
    expected = 1 - np.average(step.label_quality_, weights=weight)
    assert step.noise_rate_ == pytest.approx(expected)
    assert step.noise_rate_ > 1 - step.label_quality_.mean() + 0.1


def test_precomputed_probabilities_have_no_neighbors():
    X, y = load_iris(return_X_y=True)
    proba = cross_val_predict(LINEAR, X, y, method="predict_proba")
    pooled = SimilarityMixture("precomputed").fit(proba, y)
    alone = SimilarityMixture("precomputed", evidence="model").fit(proba, y)
    assert_array_equal(pooled.label_quality_, alone.label_quality_)
    with pytest.raises(ValueError, match="similarity='neighbors' expected rows of"):
        SimilarityMixture("precomputed", similarity="neighbors").fit(proba, y)
