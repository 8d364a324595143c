import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.datasets import load_digits, load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import scale

from sknoisy import label_quality
from sknoisy.noise import PairNoise, UniformNoise
from sknoisy.quality import ModelConfidence


@pytest.fixture
def iris():
    X, y = load_iris(return_X_y=True)
    return scale(X), y


@pytest.mark.parametrize(
    "method", ["self_confidence", "normalized_margin", "confidence_weighted_entropy"]
)
def test_scores_out_of_fold_probabilities(method, iris):
    X, y = iris
    cv = StratifiedKFold(3, shuffle=True, random_state=0)
    ours = ModelConfidence(method=method, cv=cv).fit(X, y).label_quality_
    model = LogisticRegression()
    proba = cross_val_predict(model, X, y, cv=cv, method="predict_proba")
    assert_allclose(ours, label_quality(y, proba, method=method))


def test_precomputed_probabilities(iris):
    _, y = iris
    proba = np.random.RandomState(0).dirichlet([1, 1, 1], size=150)
    ours = ModelConfidence("precomputed").fit(proba, y).label_quality_
    assert_array_equal(ours, label_quality(y, proba))
    with pytest.raises(ValueError, match="sum to 1, but those of row"):
        ModelConfidence("precomputed").fit(2 * proba, y)


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("noise", [UniformNoise(0.3), PairNoise(0.2)])
@pytest.mark.parametrize("estimator", [None, KNeighborsClassifier(10)])
def test_flipped_labels_rank_below_kept_ones(estimator, noise, seed):
    X, y = load_digits(return_X_y=True)
    X, y = scale(X[:600]), y[:600]
    noisy = noise.set_params(random_state=seed).corrupt(y)
    quality = ModelConfidence(estimator).fit(X, noisy).label_quality_
    assert roc_auc_score(noisy == y, quality) > 0.83


def test_verified_labels_score_1(iris):
    X, y = iris
    noisy = UniformNoise(0.4, random_state=0).corrupt(y)
    trusted = np.arange(150) < 30
    quality = ModelConfidence().fit(X, noisy, trusted=trusted).label_quality_
    assert_array_equal(quality[trusted], np.ones(30))
    plain = ModelConfidence().fit(X, noisy).label_quality_
    assert_array_equal(quality[~trusted], plain[~trusted])


def test_unset_seeds_are_set(iris):
    X, y = iris
    forest = RandomForestClassifier(3)
    first, second, other = (
        ModelConfidence(forest, random_state=seed).fit(X, y).label_quality_
        for seed in (0, 0, 1)
    )
    assert_array_equal(first, second)
    assert (first != other).any()
    assert forest.random_state is None


def test_groups_are_held_out_together(iris):
    X, y = iris
    # Each flower comes twice, the twin a little off and as wrongly labelled.
    noisy = UniformNoise(0.3, random_state=0).corrupt(y)
    X2, noisy2 = np.r_[X, X + 1e-6], np.r_[noisy, noisy]
    model = KNeighborsClassifier(10, weights="distance")
    groups = np.tile(np.arange(150), 2)
    wrong = noisy2 != np.r_[y, y]
    fooled = ModelConfidence(model).fit(X2, noisy2).label_quality_
    grouped = ModelConfidence(model).fit(X2, noisy2, groups=groups).label_quality_
    assert roc_auc_score(~wrong, grouped) > roc_auc_score(~wrong, fooled) + 0.1
