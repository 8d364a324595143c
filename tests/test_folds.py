import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from scipy import sparse
from sklearn.datasets import load_digits
from sklearn.model_selection import (
    GroupKFold,
    LeaveOneGroupOut,
    PredefinedSplit,
    ShuffleSplit,
    StratifiedKFold,
)

from sknoisy._folds import distinct_rows, make_folds
from sknoisy._labels import NoisyLabels
from sknoisy.exceptions import ReducedFoldsWarning


def _labels(codes, **aligned):
    codes = np.asarray(codes)
    return NoisyLabels(codes=codes, classes=np.arange(codes.max() + 1), **aligned)


def _fold_of_rows(X, labels, cv=None):
    """Return the number of the fold that holds each row out."""
    fold = np.full(labels.n_samples, -1)
    for number, (train, test) in enumerate(make_folds(X, labels, cv)):
        assert_array_equal(np.sort(np.r_[train, test]), np.arange(labels.n_samples))
        assert (fold[test] == -1).all()
        fold[test] = number
    return fold


def _held_out_together(fold):
    return fold[:, None] == fold


@pytest.fixture
def digits():
    X, y = load_digits(return_X_y=True)
    return X[:120], y[:120]


def test_five_stratified_folds_by_default(digits):
    X, y = digits
    fold = _fold_of_rows(X, _labels(y))
    assert_array_equal(np.unique(fold), np.arange(5))
    table = np.zeros((10, 5))
    np.add.at(table, (y, fold), 1)
    assert np.ptp(table, axis=1).max() <= 1
    assert np.ptp(table.sum(axis=0)) <= 1


@settings(max_examples=40)
@given(
    content=st.lists(st.integers(0, 9), min_size=12, max_size=30),
    seed=st.integers(0, 99),
)
def test_copies_of_a_row_share_a_fold(content, seed):
    X = np.array(content, dtype=float)[:, None]
    codes = np.r_[0, 0, 1, 1, np.random.RandomState(seed).randint(2, size=len(X) - 4)]
    fold = _fold_of_rows(X, _labels(codes), cv=2)
    same_content = X == X.T
    if np.ptp(X):
        assert _held_out_together(fold)[same_content].all()


@pytest.mark.parametrize(
    "kind", ["array", "sparse", "texts", "objects", "pandas", "polars", "words"]
)
def test_copies_are_found_in_whatever_holds_the_rows(kind):
    content = np.tile(np.arange(12), 2)
    X = _as(kind, content)
    assert_array_equal(
        distinct_rows(X)[:, None] == distinct_rows(X), content[:, None] == content
    )
    fold = _fold_of_rows(X, _labels(content % 3), cv=3)
    assert _held_out_together(fold)[content[:, None] == content].all()


def _as(kind, content):
    if kind in {"pandas", "polars"}:
        frame = pytest.importorskip(kind).DataFrame
        return frame({"name": [f"no. {i}" for i in content], "size": content})
    return {
        "array": np.column_stack([content, -content]),
        "sparse": sparse.coo_array(np.column_stack([content, -content])),
        "texts": [f"text number {i}" for i in content],
        "objects": np.array([[i, f"{i}"] for i in content.tolist()], dtype=object),
        "words": [["word"] * i for i in content],
    }[kind]


def test_rows_longer_than_numpy_prints():
    X = np.zeros((2, 3000), dtype=object)
    X[1, 1500] = 1
    assert len(np.unique(distinct_rows(X))) == 2


def test_equal_numbers_are_equal_rows():
    assert_array_equal(distinct_rows(np.array([[0.0], [-0.0]])), [0, 0])
    assert_array_equal(distinct_rows(np.array([[np.nan], [np.nan]])), [0, 0])
    X = np.array([[1, 0], [2, 3]])
    for other in (np.asfortranarray(X), X.astype(np.float32), X[::-1][::-1]):
        assert_array_equal(distinct_rows(other), distinct_rows(X))


def test_sparse_rows_are_compared_by_value():
    explicit_zero = ([1.0, 0.0, 1.0], ([0, 0, 1], [0, 1, 0]))
    split_in_two = ([1.0, 0.5, 0.5], ([0, 1, 1], [0, 0, 0]))
    for entries in (explicit_zero, split_in_two):
        X = sparse.coo_array(entries, shape=(2, 2))
        assert_array_equal(distinct_rows(X), [0, 0])


def test_order_of_rows_does_not_matter(digits):
    X, y = digits
    order = np.random.RandomState(0).permutation(len(X))
    fold = _fold_of_rows(X, _labels(y))
    shuffled = _fold_of_rows(X[order], _labels(y[order]))
    assert_array_equal(_held_out_together(fold[order]), _held_out_together(shuffled))


def test_a_weight_is_as_many_copies(digits):
    X, y = digits
    weights = np.random.RandomState(0).randint(0, 4, size=len(X))
    assert np.bincount(y, weights > 0).min() >= 5
    repeated = np.repeat(np.arange(len(X)), weights)
    weighted = _fold_of_rows(X, _labels(y, sample_weight=weights.astype(float)))
    copied = _fold_of_rows(X[repeated], _labels(y[repeated]))
    assert_array_equal(copied, weighted[repeated])


def test_label_of_copies_is_that_of_most_weight():
    X = np.repeat(np.arange(8.0), 2)[:, None]
    zero, one = np.repeat([[0, 0, 0, 0, 1, 1, 1, 1], [1, 0, 0, 0, 1, 1, 1, 1]], 2, 1)
    torn = np.r_[0, 1, zero[2:]]
    as_zero, as_one = (_fold_of_rows(X, _labels(codes), cv=3) for codes in (zero, one))
    assert (as_zero != as_one).any()
    for heavy, expected in enumerate((as_zero, as_one)):
        weights = np.ones(16)
        weights[heavy] = 3
        fold = _fold_of_rows(X, _labels(torn, sample_weight=weights), cv=3)
        assert_array_equal(fold, expected)


def test_rows_that_are_all_alike_are_points_of_their_own():
    fold = _fold_of_rows(np.zeros((10, 2)), _labels([0, 1] * 5), cv=5)
    assert_array_equal(np.bincount(fold), [2, 2, 2, 2, 2])


def test_folds_are_reduced_to_the_smallest_class_that_can_be_split():
    X = np.arange(14.0)[:, None]
    codes = np.array([0] * 10 + [1] * 3 + [2])
    with pytest.warns(ReducedFoldsWarning, match=r"cv=5 folds were reduced to 3.*cv=3"):
        folds = make_folds(X, _labels(codes))
    assert len(folds) == 3
    assert len(make_folds(X, _labels(codes), cv=3)) == 3


def test_copies_and_rows_without_weight_count_once_or_not_at_all():
    X = np.array([0, 1, 2, 3, 4, 5, 6, 6, 7.0])[:, None]
    codes = np.array([0, 0, 0, 0, 0, 1, 1, 1, 1])
    with pytest.warns(ReducedFoldsWarning, match="3 distinct rows"):
        make_folds(X, _labels(codes), cv=4)
    with pytest.warns(ReducedFoldsWarning, match="2 distinct rows"):
        make_folds(X, _labels(codes, sample_weight=np.array([1.0] * 8 + [0])), cv=4)


def test_two_folds_at_least():
    fold = _fold_of_rows(np.arange(4.0)[:, None], _labels([0, 1, 2, 3]), cv=2)
    assert_array_equal(np.bincount(fold), [2, 2])
    with pytest.raises(ValueError, match=r"at least 2 folds, but got cv=1\. Pass"):
        make_folds(np.zeros((4, 1)), _labels([0, 1, 0, 1]), cv=1)


@settings(max_examples=60)
@given(seed=st.integers(0, 10_000))
def test_a_group_shares_a_fold_and_no_fold_is_empty(seed):
    rng = np.random.RandomState(seed)
    n_samples = rng.randint(6, 40)
    codes = np.r_[0, 1, rng.randint(2, size=n_samples - 2)]
    groups = np.r_[0, 1, rng.geometric(rng.uniform(0.05, 0.9), n_samples - 2)]
    X, labels = np.zeros((n_samples, 1)), _labels(codes, groups=groups)
    if min(np.bincount(codes)) < 3:
        return
    folds = make_folds(X, labels, cv=3)
    assert all(len(test) for _, test in folds)
    fold = _fold_of_rows(X, labels, cv=3)
    assert _held_out_together(fold)[groups[:, None] == groups].all()


def test_very_unequal_groups_leave_no_empty_fold():
    codes = np.array([0, 1, 1, 0, 1, 0, 1, 0, 0, 0, 0, 0, 1, 1, 1, 1, 0, 1, 1, 0, 0, 1,
                      1, 0, 0])  # fmt: skip
    groups = np.array([2, 2, 6, 4, 2, 3, 1, 1, 1, 2, 2, 1, 2, 2, 2, 3, 3, 1, 1, 1, 3, 2,
                       1, 4, 1])  # fmt: skip
    folds = make_folds(np.zeros((25, 1)), _labels(codes, groups=groups))
    assert all(len(test) for _, test in folds)
    assert_array_equal(np.sort(np.concatenate([t for _, t in folds])), np.arange(25))


def test_groups_with_a_class_of_one_row():
    codes = np.array([0, 0, 0, 0, 1, 1, 1, 1, 2])
    groups = np.array(list("abcdabcda"))
    fold = _fold_of_rows(np.zeros((9, 1)), _labels(codes, groups=groups), cv=4)
    assert len(np.unique(fold)) == 4


def test_a_single_group_cannot_be_split():
    labels = _labels(np.arange(20) % 2, groups=["a"] * 20)
    with pytest.raises(ValueError, match=r"at least 2 distinct values, .* but got 1"):
        make_folds(np.zeros((20, 1)), labels)


def test_splitters_and_lists_are_taken_as_they_are(digits):
    X, y = digits
    splitter = StratifiedKFold(4, shuffle=True, random_state=0)
    expected = list(splitter.split(X, y))
    labels = _labels(y)
    for cv in (splitter, expected, iter(expected)):
        for ours, theirs in zip(make_folds(X, labels, cv), expected, strict=True):
            assert_array_equal(ours[0], theirs[0])
            assert_array_equal(ours[1], theirs[1])


@pytest.mark.parametrize("cv", [GroupKFold(2), LeaveOneGroupOut()])
def test_splitters_of_groups_receive_them(cv):
    groups = np.array([0, 1, 0, 1])
    labels = _labels([0, 1, 0, 1], groups=groups)
    for _, test in make_folds(np.zeros((4, 1)), labels, cv):
        assert len(np.unique(groups[test])) == 1


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "cv", [ShuffleSplit(2, random_state=0), PredefinedSplit([0, 1, 0, 1])]
)
def test_splitters_without_groups_do_not_receive_them(cv):
    labels = _labels([0, 1, 0, 1], groups=np.zeros(4))
    folds = make_folds(np.zeros((4, 1)), labels, cv)
    assert len(folds) == 2
    assert all(len(test) for _, test in folds)


ROWS = np.arange(12)
BAD_SPLITS = {
    "empty part": ([(ROWS[:8], ROWS[:0])], r"dtype int64 and shape \(0,\)\. Leave out"),
    "negative": ([(ROWS[:8], -ROWS[1:4])], r"below 12, .*from 0 on, .* holds -3\. A"),
    "floats": ([(ROWS[:8] / 1, ROWS[8:])], r"holds dtype float64 and shape \(8,\)"),
    "one part": ([(ROWS,)], r"expected pairs .* but got \(array\(.*Pass a list of pai"),
    "numbers": ([1, 2], "expected pairs of row numbers, .* but got 1. Pass"),
    "mask": ([((ROWS > 3)[1:], ROWS < 4)], r"a mask of 12 rows, .* shape \(11,\)"),
}


@pytest.mark.parametrize(("cv", "message"), BAD_SPLITS.values(), ids=BAD_SPLITS)
def test_lists_that_hold_no_splits(cv, message):
    labels = NoisyLabels(codes=ROWS % 2, classes=np.arange(2))
    with pytest.raises(ValueError, match=message):
        make_folds(ROWS[:, None], labels, cv)
