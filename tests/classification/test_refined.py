import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.datasets import load_digits, load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler, scale

from sknoisy import RefinedLabelClassifier
from sknoisy._soft_labels import fit_soft_labels
from sknoisy.noise import PairNoise, UniformNoise
from sknoisy.quality import ModelConfidence, NeighborAgreement
from sknoisy.refinement import BaseRefiner, ConfidentPruning, QualityWeighting


@pytest.fixture(scope="module")
def iris():
    X, y = load_iris(return_X_y=True)
    return scale(X), UniformNoise(0.3, random_state=0).corrupt(y)


@pytest.mark.parametrize(
    "refiner",
    [
        QualityWeighting(NeighborAgreement()),
        QualityWeighting(ModelConfidence(GaussianNB()), power=2),
        ConfidentPruning(GaussianNB()),
    ],
)
def test_trains_on_what_the_refiner_says(refiner, iris):
    X, noisy = iris
    clf = RefinedLabelClassifier(LogisticRegression(), refiner).fit(X, noisy)
    alone = clone(refiner).fit(X, noisy)
    for name in ("soft_labels_", "sample_weight_", "transduction_", "label_quality_"):
        assert_array_equal(getattr(clf, name), getattr(alone, name))
    expected = fit_soft_labels(
        LogisticRegression(), X, alone.soft_labels_, clf.classes_
    )
    assert_array_equal(clf.estimator_.coef_, expected.coef_)
    assert not hasattr(refiner, "soft_labels_")


@pytest.mark.parametrize("refiner", [None, ConfidentPruning()])
def test_the_classifier_that_is_trained_is_asked_for_evidence(refiner, iris):
    X, noisy = iris
    clf = RefinedLabelClassifier(GaussianNB(), refiner).fit(X, noisy)
    expected = ModelConfidence(GaussianNB()).fit(X, noisy).label_quality_
    assert_array_equal(clf.label_quality_, expected)
    if refiner is not None:
        assert_array_equal(clf.sample_weight_ == 0, clf.refiner_.pruned_)


def test_weights_are_multiplied_and_verified_rows_keep_theirs(iris):
    X, noisy = iris
    weights, trusted = np.linspace(0.5, 2, 150), np.arange(150) % 3 == 0
    clf = RefinedLabelClassifier().fit(X, noisy, sample_weight=weights, trusted=trusted)
    assert_allclose(clf.sample_weight_, weights * clf.label_quality_)
    assert_allclose(clf.sample_weight_[trusted], weights[trusted])


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("noise", [UniformNoise(0.4), PairNoise(0.3)])
@pytest.mark.parametrize("refiner", [QualityWeighting(power=2), ConfidentPruning()])
def test_beats_its_own_base_on_noisy_digits(refiner, noise, seed):
    X, y = load_digits(return_X_y=True)
    X, X_test, y, y_test = train_test_split(X, y, train_size=800, random_state=seed)
    noisy = noise.set_params(random_state=seed).corrupt(y)
    base = make_pipeline(StandardScaler(), LogisticRegression())
    plain = clone(base).fit(X, noisy).score(X_test, y_test)
    clf = RefinedLabelClassifier(base, refiner).fit(X, noisy)
    assert clf.score(X_test, y_test) > plain + 0.02


class Relabeler(BaseRefiner):
    """Calls everything the first class, with half the weight."""

    def _refine(self, X, labels):
        return np.eye(labels.n_classes)[np.zeros(labels.n_samples, int)] / 2


def test_a_refiner_of_ones_own_cannot_wipe_out_a_class(iris):
    X, noisy = iris
    clf = RefinedLabelClassifier(LogisticRegression(), Relabeler()).fit(X, noisy)
    assert_array_equal(clf.transduction_, noisy)
    assert_array_equal(clf.sample_weight_[noisy > 0], np.ones((noisy > 0).sum()))
    assert_array_equal(clf.sample_weight_[noisy == 0], np.full((noisy == 0).sum(), 0.5))


def test_what_is_no_refiner(iris):
    with pytest.raises(ValueError, match="'refiner' parameter of RefinedLabelClassifi"):
        RefinedLabelClassifier(refiner=StandardScaler()).fit(*iris)
    with pytest.raises(ValueError, match="'power' parameter of QualityWeighting"):
        RefinedLabelClassifier(refiner=QualityWeighting(power=-1)).fit(*iris)
