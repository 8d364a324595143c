from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose, assert_array_equal

from sknoisy._labels import label_record
from sknoisy.quality import ScoreMixture
from sknoisy.quality._similarity import MixtureFitter, cosine, label_similarity

PROBA = np.array([[0.5, 0.5, 0.0], [0.5, 0.25, 0.25], [0.0, 0.0, 1.0]])


def test_cosine_by_hand():
    codes = np.array([0, 0, 1])
    expected = [0.5 / np.sqrt(0.5), 0.5 / np.sqrt(0.375), 0]
    assert_allclose(cosine(PROBA, codes), expected)


@given(table=arrays(float, (20, 4), elements=st.floats(0.01, 1)))
def test_cosine_is_that_of_the_vectors(table):
    proba = table / table.sum(axis=1, keepdims=True)
    codes = np.arange(20) % 4
    one_hot = np.eye(4)[codes]
    dot = (proba * one_hot).sum(axis=1) / np.linalg.norm(proba, axis=1)
    assert_allclose(cosine(proba, codes), dot)
    assert (cosine(proba, codes) >= proba[np.arange(20), codes] - 1e-12).all()


def test_one_rival_is_more_suspicious_than_diffuse_doubt():
    rival, diffuse = np.zeros((1, 7)), np.full((1, 7), 0.5 / 6)
    rival[0, :2] = 0.5
    diffuse[0, 0] = 0.5
    codes = np.array([0])
    assert_allclose(cosine(rival, codes), 0.71, atol=0.01)
    assert_allclose(cosine(diffuse, codes), 0.93, atol=0.01)


def test_names_and_callables():
    labels = label_record(["a", "a", "b"], owner="Test", classes=list("abc"))
    assert_allclose(label_similarity("probability", PROBA, labels), [0.5, 0.5, 0])
    assert_allclose(label_similarity("margin", PROBA, labels), [0.5, 0.625, 0])

    def own(proba, codes):
        return 10 * proba[np.arange(3), codes]

    assert_allclose(label_similarity(own, PROBA, labels), [5, 5, 0])


@pytest.mark.parametrize(
    ("returned", "got"),
    [
        (np.ones((3, 2)), r"shape \(3, 2\) with 0 numbers"),
        (np.ones(2), r"shape \(2,\) with 0 numbers"),
        ([1, np.nan, 1], r"shape \(3,\) with 1 numbers"),
    ],
)
def test_a_callable_that_returns_something_else(returned, got):
    labels = label_record(["a", "a", "b"], owner="Test", classes=list("abc"))
    message = f"similarity expected a function that returns 3 finite.*{got}"
    with pytest.raises(ValueError, match=message):
        label_similarity(lambda proba, codes: returned, PROBA, labels)


@pytest.fixture
def two_classes():
    """Return similarities of two classes of which one is harder, and their labels."""
    rng = np.random.default_rng(0)
    easy = np.r_[rng.beta(2, 20, 100), rng.beta(40, 2, 300)]
    hard = np.r_[rng.beta(1, 40, 100), rng.beta(8, 8, 300)]
    codes = np.repeat(["easy", "hard"], 400)
    return np.r_[easy, hard], label_record(codes, owner="Test")


def test_mixtures_by_class(two_classes):
    scores, labels = two_classes
    weights, mixtures = MixtureFitter("beta", True, "class").weigh(scores, labels)
    assert len(mixtures) == 3
    overall = MixtureFitter("beta", True).weigh(scores, labels)[0]
    right_and_hard = np.arange(800) >= 500
    assert weights[right_and_hard].mean() > overall[right_and_hard].mean() + 0.05
    for code, mixture in enumerate(mixtures[1:]):
        rows = labels.codes == code
        alone = ScoreMixture(n_components=2).fit(scores[rows, None])
        assert_array_equal(mixture.means_, alone.means_)


def test_small_classes_take_the_mixture_of_all(two_classes):
    scores, labels = two_classes
    by_class = MixtureFitter("beta", True, "class", min_class_size=401)
    weights, mixtures = by_class.weigh(scores, labels)
    assert mixtures[1] is mixtures[0]
    assert mixtures[2] is mixtures[0]
    assert_array_equal(weights, MixtureFitter("beta", True).weigh(scores, labels)[0])


def test_rows_of_a_class_count_by_weight(two_classes):
    scores, labels = two_classes
    weight = np.where(np.arange(800) % 4, 0.5, 2.5)
    weighted = replace(labels, sample_weight=weight)
    for size, n_own in ((400, 2), (400.5, 0)):
        fitter = MixtureFitter("beta", True, "class", min_class_size=size)
        _, (overall, *own) = fitter.weigh(scores, weighted)
        assert sum(mixture is not overall for mixture in own) == n_own
        of_all = ScoreMixture(n_components=2).fit(scores[:, None], sample_weight=weight)
        assert_array_equal(overall.means_, of_all.means_)
        if n_own:
            rows = slice(400)
            alone = ScoreMixture(n_components=2)
            alone.fit(scores[rows, None], sample_weight=weight[rows])
            assert_array_equal(own[0].means_, alone.means_)


def test_one_component_is_tried_only_where_no_noise_was_found():
    scores = np.random.default_rng(0).beta(9, 9, size=600)
    labels = label_record(np.arange(600) % 2, owner="Test")
    quiet, _ = MixtureFitter("beta", False).weigh(scores, labels)
    assert_array_equal(quiet, 1)
    noisy, _ = MixtureFitter("beta", True).weigh(scores, labels)
    assert noisy.min() < 0.5


def test_a_mixture_of_ones_own_is_used_as_it_is(two_classes):
    scores, labels = two_classes
    own = ScoreMixture("gaussian", n_components=1)
    weights, (mixture,) = MixtureFitter(own, True).weigh(scores, labels)
    assert mixture is not own
    assert mixture.n_components_ == 1
    assert_array_equal(weights, 1)
