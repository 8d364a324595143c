import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.datasets import load_iris
from sklearn.naive_bayes import GaussianNB
from sklearn.preprocessing import scale

from sknoisy.noise import UniformNoise
from sknoisy.quality import ModelConfidence, NeighborAgreement
from sknoisy.refinement import QualityWeighting


@pytest.fixture
def noisy_iris():
    X, y = load_iris(return_X_y=True)
    return scale(X), UniformNoise(0.3, random_state=0).corrupt(y), y


@pytest.mark.parametrize("power", [0, 0.5, 1, 3])
def test_weight_is_a_power_of_the_quality(power, noisy_iris):
    X, noisy, _ = noisy_iris
    refiner = QualityWeighting(NeighborAgreement(), power=power).fit(X, noisy)
    quality = NeighborAgreement().fit(X, noisy).label_quality_
    assert_array_equal(refiner.label_quality_, quality)
    assert_allclose(refiner.soft_labels_, np.eye(3)[noisy] * quality[:, None] ** power)


def test_asks_a_model_by_default(noisy_iris):
    X, noisy, _ = noisy_iris
    refiner = QualityWeighting().fit(X, noisy)
    assert_array_equal(
        refiner.label_quality_, ModelConfidence().fit(X, noisy).label_quality_
    )


def test_weights_are_multiplied_and_verified_rows_keep_theirs(noisy_iris):
    X, noisy, _ = noisy_iris
    weights = np.random.RandomState(0).uniform(0.5, 2, size=150)
    trusted = np.arange(150) % 5 == 0
    refiner = QualityWeighting(NeighborAgreement()).fit(
        X, noisy, weights, trusted=trusted
    )
    assert_allclose(refiner.sample_weight_, refiner.label_quality_ * weights)
    assert_allclose(refiner.sample_weight_[trusted], weights[trusted])
    assert_array_equal(refiner.transduction_[trusted], noisy[trusted])


def test_wrong_labels_lose_weight_and_no_class_dies(noisy_iris):
    X, noisy, y = noisy_iris
    refiner = QualityWeighting(ModelConfidence(GaussianNB())).fit(X, noisy)
    weight = refiner.sample_weight_
    assert weight[noisy != y].mean() < 0.5 * weight[noisy == y].mean()
    assert np.isfinite(refiner.soft_labels_).all()
    assert (refiner.soft_labels_.sum(axis=0) > 0).all()


def test_a_class_of_quality_0_keeps_its_labels():
    # Neighbours of another label surround the only two of class "b".
    X = np.array([[0.0], [1], [2], [3], [4], [5], [6], [7]])
    y = list("aabaabaa")
    refiner = QualityWeighting(NeighborAgreement(2)).fit(X, y)
    assert_array_equal(refiner.label_quality_[[2, 5]], [0, 0])
    assert_array_equal(refiner.soft_labels_[[2, 5]], [[0, 1], [0, 1]])


def test_the_quality_is_cloned_and_its_parameters_are_checked(noisy_iris):
    X, noisy, _ = noisy_iris
    quality = NeighborAgreement()
    QualityWeighting(quality).fit(X, noisy)
    assert not hasattr(quality, "label_quality_")
    with pytest.raises(ValueError, match="'n_neighbors' parameter of NeighborAgreem"):
        QualityWeighting(NeighborAgreement(0)).fit(X, noisy)
    with pytest.raises(ValueError, match="'power' parameter of QualityWeighting"):
        QualityWeighting(power=-1).fit(X, noisy)
