import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from sknoisy import label_quality

METHODS = ["self_confidence", "normalized_margin", "confidence_weighted_entropy"]
PROBA = np.array([[0.5, 0.3, 0.2], [0.1, 0.1, 0.8], [0.0, 1.0, 0.0], [0.4, 0.4, 0.2]])
Y = np.array([0, 0, 1, 1])

sizes = st.integers(2, 6)
seeds = st.integers(0, 10_000)


def test_self_confidence_by_hand():
    assert_allclose(
        label_quality(Y, PROBA, method="self_confidence", classes=[0, 1, 2]),
        [0.5, 0.1, 1, 0.4],
    )


def test_normalized_margin_by_hand():
    assert_allclose(
        label_quality(Y, PROBA, classes=[0, 1, 2]),
        [(0.5 - 0.3 + 1) / 2, (0.1 - 0.8 + 1) / 2, 1, 0.5],
    )


def test_confidence_weighted_entropy_by_hand():
    score = label_quality(
        Y[:2], PROBA[:2], method="confidence_weighted_entropy", classes=[0, 1, 2]
    )
    for row, given_share in enumerate([0.5, 0.1]):
        entropy = -(PROBA[row] * np.log(PROBA[row])).sum()
        a = -given_share * np.log(3) / (entropy * np.log(given_share))
        assert_allclose(score[row], a / (1 + a))


@pytest.mark.parametrize("method", METHODS)
def test_ends_of_the_scale(method):
    quality = label_quality(["a", "b"], [[1, 0], [1, 0]], method=method)
    assert_allclose(quality, [1, 0], atol=1e-3)


@pytest.mark.parametrize("method", METHODS[:2])
def test_equal_probabilities_lie_between_the_ends(method):
    quality = label_quality(["a", "b"], [[0.5, 0.5], [0.5, 0.5]], method=method)
    assert_allclose(quality, [0.5, 0.5])


@settings(max_examples=30)
@given(n_classes=sizes, seed=seeds, method=st.sampled_from(METHODS))
def test_scores_lie_in_the_unit_interval_and_know_no_names(n_classes, seed, method):
    rng = np.random.RandomState(seed)
    proba = rng.dirichlet(np.full(n_classes, 0.2), size=30)
    proba[0] = np.eye(n_classes)[0]
    y = rng.randint(n_classes, size=30)
    quality = label_quality(y, proba, method=method, classes=np.arange(n_classes))
    assert ((quality >= 0) & (quality <= 1)).all()
    names = rng.permutation(n_classes)
    same = label_quality(names[y], proba, method=method, classes=names)
    assert_array_equal(same, quality)


@settings(max_examples=30)
@given(seed=seeds)
def test_more_probability_for_the_label_never_lowers_the_score(seed):
    rng = np.random.RandomState(seed)
    others = rng.dirichlet([1.0, 1.0])
    given_share = np.sort(rng.uniform(0, 1, size=8))
    proba = np.column_stack([given_share, np.outer(1 - given_share, others)])
    for method in ("self_confidence", "normalized_margin"):
        quality = label_quality([0] * 8, proba, method=method, classes=[0, 1, 2])
        assert (np.diff(quality) >= -1e-12).all()


def test_with_two_classes_margin_and_confidence_agree():
    proba = np.random.RandomState(0).dirichlet([1, 1], size=20)
    y = np.arange(20) % 2
    assert_allclose(
        label_quality(y, proba), label_quality(y, proba, method="self_confidence")
    )


def test_a_single_class_is_fully_believed():
    assert_array_equal(label_quality(["a", "a"], [[1.0], [1.0]]), [1, 1])


def test_single_precision_is_enough():
    quality = label_quality(Y, PROBA.astype(np.float32), classes=[0, 1, 2])
    assert_allclose(quality, label_quality(Y, PROBA, classes=[0, 1, 2]), rtol=1e-6)


def test_the_probabilities_are_left_alone():
    proba = PROBA.copy()
    for method in METHODS:
        label_quality(Y, proba, method=method, classes=[0, 1, 2])
    assert_array_equal(proba, PROBA)


@pytest.mark.parametrize(
    ("y", "proba", "options", "message"),
    [
        (Y, PROBA, {}, r"shape \(4, 2\), .* but got shape \(4, 3\)\. .*classes="),
        (Y, PROBA, {"classes": [1, 2, 3]}, r"y also holds \[0\]"),
        ([0, 1], [[0.9, 0.3], [0, 1]], {}, r"^label_quality ex.*row 0 sum to 1\.2"),
        ([0, 1], [[1.1, -0.1], [0, 1]], {}, r"smallest is -0\.1"),
        ([0, 1], np.eye(2), {"method": "margin"}, r"method expected .* got 'margin'"),
    ],
)
def test_bad_input(y, proba, options, message):
    with pytest.raises(ValueError, match=message):
        label_quality(y, proba, **options)
