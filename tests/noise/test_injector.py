import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.datasets import load_digits, load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import scale
from sklearn.tree import DecisionTreeClassifier

from sknoisy import LabelNoiseInjector
from sknoisy.noise import InstanceNoise, PairNoise, TransitionNoise, UniformNoise


@pytest.fixture(scope="module")
def iris():
    X, y = load_iris(return_X_y=True)
    return scale(X), y


def test_trains_on_the_corrupted_labels(iris):
    X, y = iris
    noise = PairNoise(0.3, random_state=0)
    clf = LabelNoiseInjector(LogisticRegression(), noise).fit(X, y)
    corrupted = noise.corrupt(y)
    assert_array_equal(clf.transduction_, corrupted)
    assert_array_equal(clf.flipped_, corrupted != y)
    expected = LogisticRegression().fit(X, corrupted)
    assert_array_equal(clf.estimator_.coef_, expected.coef_)


@pytest.mark.parametrize("rate", [0.1, 0.4])
def test_rate(rate):
    X, y = load_digits(return_X_y=True)
    clf = LabelNoiseInjector(
        KNeighborsClassifier(), UniformNoise(rate), random_state=0
    ).fit(X, y)
    # Four standard errors of a share.
    assert abs(clf.flipped_.mean() - rate) < 4 * np.sqrt(rate * (1 - rate) / len(y))


def test_no_noise_is_the_plain_fit(iris):
    X, y = iris
    clf = LabelNoiseInjector(noise=UniformNoise(0)).fit(X, y)
    assert not clf.flipped_.any()
    assert_array_equal(clf.estimator_.coef_, LogisticRegression().fit(X, y).coef_)


def test_default_is_a_fifth_of_uniform_noise(iris):
    X, y = iris
    clf = LabelNoiseInjector(random_state=0).fit(X, y)
    assert 0.1 < clf.flipped_.mean() < 0.3


def test_verified_labels_are_never_flipped(iris):
    X, y = iris
    trusted = np.arange(150) % 2 == 0
    clf = LabelNoiseInjector(noise=PairNoise(0.9), random_state=0).fit(
        X, y, trusted=trusted
    )
    assert not clf.flipped_[trusted].any()
    assert clf.flipped_[~trusted].mean() > 0.7
    assert_array_equal(clf.transduction_[trusted], y[trusted])


def test_seed_reaches_noise_and_classifier_where_they_have_none(iris):
    X, y = iris
    tree, noise = DecisionTreeClassifier(max_features=1), UniformNoise(0.3)
    one, same, other = (
        LabelNoiseInjector(tree, noise, random_state=seed).fit(X, y)
        for seed in (0, 0, 1)
    )
    assert_array_equal(one.transduction_, same.transduction_)
    assert_array_equal(one.predict(X), same.predict(X))
    assert one.estimator_.random_state is not None
    assert (one.transduction_ != other.transduction_).any()
    assert tree.random_state is None
    assert noise.random_state is None


def test_a_seed_of_the_noise_itself_stays(iris):
    X, y = iris
    noise = UniformNoise(0.3, random_state=7)
    for seed in (None, 0, 1):
        clf = LabelNoiseInjector(noise=noise, random_state=seed).fit(X, y)
        assert_array_equal(clf.transduction_, noise.corrupt(y))


def test_noise_that_looks_at_the_features(iris):
    X, y = iris
    noise = InstanceNoise(0.3, random_state=0)
    clf = LabelNoiseInjector(noise=noise).fit(X, y)
    assert_array_equal(clf.transduction_, noise.corrupt(y, X))


def test_scores_are_on_clean_labels(iris):
    X, y = iris
    model = KNeighborsClassifier(15)
    noisy = LabelNoiseInjector(model, UniformNoise(0.4), random_state=0)
    clean_score = cross_val_score(model, X, y).mean()
    # A steady classifier hardly suffers; scored on noisy labels it could not pass 0.6.
    assert cross_val_score(noisy, X, y).mean() > clean_score - 0.1
    reversing = TransitionNoise(1 - np.eye(2))
    always_wrong = LabelNoiseInjector(model, reversing)
    two = y < 2
    assert_array_equal(cross_val_score(always_wrong, X[two], y[two]), np.zeros(5))


def test_labels_of_any_type(iris):
    X, y = iris
    names = np.array(["setosa", "versicolor", "virginica"])
    clf = LabelNoiseInjector(noise=UniformNoise(0.3, random_state=0)).fit(X, names[y])
    numbered = LabelNoiseInjector(noise=UniformNoise(0.3, random_state=0)).fit(X, y)
    assert_array_equal(clf.transduction_, names[numbered.transduction_])
    assert_array_equal(clf.predict(X), names[numbered.predict(X)])


def test_weights_are_those_of_the_rows(iris):
    X, y = iris
    weights = np.linspace(0.5, 2, 150)
    noise = UniformNoise(0.3, random_state=0)
    clf = LabelNoiseInjector(noise=noise).fit(X, y, sample_weight=weights)
    expected = LogisticRegression().fit(X, noise.corrupt(y), sample_weight=weights)
    assert_array_equal(clf.estimator_.coef_, expected.coef_)


def test_what_is_no_noise(iris):
    with pytest.raises(ValueError, match="'noise' parameter of LabelNoiseInjector"):
        LabelNoiseInjector(noise=0.2).fit(*iris)
