import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from sknoisy._transition_matrix import make_transition_matrix
from sknoisy.noise import PairNoise, TransitionNoise, UniformNoise

rates = st.floats(0, 0.99)
seeds = st.integers(0, 2**32 - 1)


def _within_four_standard_errors(share, probability, size):
    return (
        abs(share - probability)
        <= 4 * np.sqrt(probability * (1 - probability) / size) + 1e-12
    )


@settings(max_examples=30, deadline=None)
@given(n_classes=st.integers(2, 12), rate=rates, seed=seeds)
@pytest.mark.parametrize(
    ("noise_class", "kind"), [(UniformNoise, "uniform"), (PairNoise, "pair")]
)
def test_flip_proba_is_the_row_of_the_matrix(noise_class, kind, n_classes, rate, seed):
    codes = np.random.RandomState(seed).randint(n_classes, size=20)
    proba = noise_class(rate).flip_proba(codes, None, n_classes=n_classes)
    T = make_transition_matrix(n_classes, rate, kind=kind)
    assert_allclose(proba, T[codes], atol=1e-15)


@pytest.mark.parametrize("rate", [0.02, 0.2, 0.5, 0.95])
@pytest.mark.parametrize("n_classes", [2, 3, 10])
@pytest.mark.parametrize("noise_class", [UniformNoise, PairNoise])
def test_realised_rate(noise_class, n_classes, rate):
    y = np.arange(20_000) % n_classes
    noisy = noise_class(rate, random_state=42).corrupt(y)
    assert _within_four_standard_errors(np.mean(noisy != y), rate, len(y))


@pytest.mark.parametrize("kind", ["uniform", "pair", "random", "block"])
def test_realised_matrix(kind):
    T = make_transition_matrix(
        6, [0, 0.1, 0.2, 0.3, 0.4, 0.5], kind=kind, random_state=0
    )
    y = np.repeat(np.arange(6), 5000)
    noisy = TransitionNoise(T, random_state=42).corrupt(y)
    for i in range(6):
        for j in range(6):
            share = np.mean(noisy[y == i] == j)
            assert _within_four_standard_errors(share, T[i, j], 5000)


def test_pair_noise_goes_to_the_next_class_in_sorted_order():
    y = np.array(["owl", "cat", "dog"] * 200)
    noisy = PairNoise(0.5, random_state=0).corrupt(y)
    following = {"cat": "dog", "dog": "owl", "owl": "cat"}
    wrong = noisy != y
    assert wrong.any()
    assert_array_equal(noisy[wrong], [following[label] for label in y[wrong]])


def test_uniform_noise_reaches_every_other_class():
    y = np.zeros(2000, int)
    y[:4] = np.arange(4)
    noisy = UniformNoise(0.6, random_state=0).corrupt(y)
    counts = np.bincount(noisy[4:], minlength=4)
    assert_allclose(counts / 1996, [0.4, 0.2, 0.2, 0.2], atol=0.04)


def test_codes_without_the_last_class_need_the_number_of_classes():
    noise = UniformNoise(0.3)
    assert noise.flip_proba([0, 1]).shape == (2, 2)
    assert noise.flip_proba([0, 1], n_classes=4).shape == (2, 4)


CYCLE = [[0, 1, 0], [0, 0, 1], [1, 0, 0]]


def test_rows_follow_the_sorted_classes():
    noisy = TransitionNoise(CYCLE).corrupt(["c", "a", "b"])
    assert_array_equal(noisy, ["a", "b", "c"])


def test_rows_follow_classes_where_given():
    noise = TransitionNoise(CYCLE, classes=["b", "a", "c"])
    assert_array_equal(noise.corrupt(["a", "b", "c"]), ["c", "a", "b"])
    assert_array_equal(noise.corrupt(["b", "b"]), ["a", "a"])


def test_labels_that_y_lacks_are_not_cut_short():
    noise = TransitionNoise([[0, 1], [1, 0]], classes=["no", "perhaps"])
    assert_array_equal(noise.corrupt(np.array(["no", "no"])), ["perhaps", "perhaps"])
    noise = TransitionNoise([[0, 1], [1, 0]], classes=[1, 1000])
    assert_array_equal(noise.corrupt(np.array([1, 1], dtype=np.int8)), [1000, 1000])


def test_dtype_is_kept_where_all_classes_fit():
    noise = TransitionNoise(CYCLE, classes=[0, 1, 2])
    noisy = noise.corrupt(np.array([0, 1], dtype=np.int8))
    assert noisy.dtype == np.int8
    assert_array_equal(noisy, [1, 2])


def test_categories_must_hold_every_class():
    pd = pytest.importorskip("pandas")
    noise = TransitionNoise(CYCLE, classes=["a", "b", "c"])
    y = pd.Series(["a", "b"], dtype="category")
    with pytest.raises(ValueError, match=r"among its categories.*add_categories"):
        noise.corrupt(y)
    noisy = noise.corrupt(y.cat.add_categories("c"))
    assert noisy.tolist() == ["b", "c"]


def test_the_matrix_sets_the_number_of_classes():
    noise = TransitionNoise(CYCLE)
    assert_array_equal(noise.flip_proba([0, 0]), [[0, 1, 0]] * 2)
    assert_array_equal(noise.flip_proba([2], n_classes=3), [[1, 0, 0]])


@pytest.mark.parametrize(
    ("noise", "message"),
    [
        (TransitionNoise([[0.9, 0.4], [0.1, 0.6]]), r"looks transposed.*pass T\.T"),
        (TransitionNoise([[0.9, 0.2], [0.1, 0.6]]), r"rows that sum to 1.*row 1"),
        (TransitionNoise(np.eye(3)), r"of 3 classes, but y holds 2: .*Pass classes="),
        (TransitionNoise(np.eye(2), classes=["a"]), r"2 distinct labels, .*\['a'\]"),
        (TransitionNoise(np.eye(2), classes=["a", "a"]), r"2 distinct labels"),
        (TransitionNoise(np.eye(2), classes=["a", "c"]), r"y also holds \['b'\]"),
        (TransitionNoise(0.3), r"'transition_matrix' parameter of TransitionNoise"),
        (TransitionNoise(None), r"'transition_matrix' parameter of TransitionNoise"),
        (TransitionNoise(np.eye(2), classes=3), r"'classes' parameter of"),
    ],
)
def test_bad_matrices_and_classes(noise, message):
    with pytest.raises(ValueError, match=message):
        noise.corrupt(["a", "b"])


def test_flip_proba_checks_the_number_of_classes():
    with pytest.raises(ValueError, match=r"must have shape \(4, 4\)"):
        TransitionNoise(CYCLE).flip_proba([0], n_classes=4)
    with pytest.raises(ValueError, match=r"codes from 0 to 2"):
        TransitionNoise(CYCLE).flip_proba([3])
