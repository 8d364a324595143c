"""LabelQualityFold: what leaves the test parts, where it works, and bad input."""

import warnings

import numpy as np
import pytest
import sklearn
from sklearn.base import clone
from sklearn.datasets import load_digits, load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    KFold,
    StratifiedKFold,
    cross_val_score,
)
from sklearn.naive_bayes import GaussianNB

from sknoisy.exceptions import NoEvidenceWarning
from sknoisy.model_selection import LabelQualityFold
from sknoisy.noise import UniformNoise
from sknoisy.quality import ModelConfidence

X = np.zeros((12, 1))
Y = np.repeat([0, 1], 6)
QUALITY = np.array([1, 1, 0.2, 1, 0.4, 1, 0.1, 1, 1, 1, 0.3, 0.9])


def test_training_parts_are_untouched_and_test_parts_lose_low_quality():
    inner = KFold(3, shuffle=True, random_state=0)
    plain = list(inner.split(X, Y))
    splits = list(LabelQualityFold(inner, quality=QUALITY).split(X, Y))
    for (train, test), (given_train, given_test) in zip(splits, plain, strict=True):
        np.testing.assert_array_equal(train, given_train)
        high = given_test[QUALITY[given_test] >= 0.5]
        assert set(high) <= set(test) <= set(given_test)
        low = np.setdiff1d(test, high)
        assert not set(Y[low]) & set(Y[high])


def test_each_class_keeps_its_best_row_in_each_test_part():
    quality = np.where(Y == 1, np.linspace(0, 0.4, 12), 1.0)
    with pytest.warns(NoEvidenceWarning, match=r"All labels of the classes \[1\]"):
        splits = list(LabelQualityFold(StratifiedKFold(3), quality=quality).split(X, Y))
    for _, test in splits:
        ones = test[Y[test] == 1]
        assert len(ones) == 1
    assert 11 in splits[-1][1]


def test_zero_and_one_test_on_verified_rows_alone():
    trusted = np.arange(12) % 3 == 0
    cv = LabelQualityFold(KFold(2), quality=trusted.astype(float))
    for _, test in cv.split(X, Y):
        assert trusted[test].all()


def test_auto_brings_the_score_closer_to_that_on_clean_labels():
    X, y = load_digits(return_X_y=True)
    noisy = UniformNoise(0.4, random_state=0).corrupt(y)
    plain = cross_val_score(GaussianNB(), X, noisy, cv=5).mean()
    better = cross_val_score(GaussianNB(), X, noisy, cv=LabelQualityFold()).mean()
    folds = StratifiedKFold(5).split(X, noisy)
    clean = np.mean(
        [GaussianNB().fit(X[a], noisy[a]).score(X[b], y[b]) for a, b in folds]
    )
    assert abs(better - clean) < abs(plain - clean) / 5


def test_auto_finds_the_wrong_labels_and_repeats_itself():
    X, y = load_digits(return_X_y=True)
    noisy = UniformNoise(0.3, random_state=0).corrupt(y)
    cv = LabelQualityFold(3)
    tested = np.concatenate([test for _, test in cv.split(X, noisy)])
    assert (noisy[tested] == y[tested]).mean() > 0.95
    again = np.concatenate([test for _, test in LabelQualityFold(3).split(X, noisy)])
    np.testing.assert_array_equal(tested, again)


def test_estimators_give_the_quality():
    X, y = load_iris(return_X_y=True)
    score = ModelConfidence(GaussianNB())
    fresh = LabelQualityFold(3, quality=score)
    fitted = LabelQualityFold(3, quality=clone(score).fit(X, y))
    for (_, one), (_, two) in zip(fresh.split(X, y), fitted.split(X, y), strict=True):
        np.testing.assert_array_equal(one, two)
    with pytest.raises(ValueError, match="finds label_quality_"):
        list(LabelQualityFold(3, quality=GaussianNB()).split(X, y))


def test_generator_of_splits_is_read_once_and_kept():
    splits = KFold(3).split(X)
    cv = LabelQualityFold(splits, quality=QUALITY)
    first, second = list(cv.split(X, Y)), list(clone(cv, safe=False).split(X, Y))
    assert len(first) == len(second) == cv.get_n_splits() == 3


def test_groups_reach_the_splitter():
    groups = np.tile([0, 1, 2, 3], 3)
    cv = LabelQualityFold(GroupKFold(4), quality=QUALITY)
    for train, test in cv.split(X, Y, groups):
        assert not set(groups[train]) & set(groups[test])


@pytest.mark.parametrize("routing", [False, True])
def test_works_as_cv_of_a_search(routing):
    X, y = load_iris(return_X_y=True)
    grid = {"C": [0.1, 1]}
    quality = np.where(np.arange(150) % 7 == 0, 0.2, 1.0)
    cv = LabelQualityFold(GroupKFold(3), quality=quality)
    with sklearn.config_context(enable_metadata_routing=routing):
        search = GridSearchCV(LogisticRegression(max_iter=1000), grid, cv=cv)
        search.fit(X, y, groups=np.arange(150) % 10)
    assert search.best_score_ > 0.9


def test_masks_of_test_rows_are_understood():
    mask = np.arange(12) < 4
    cv = LabelQualityFold([(np.flatnonzero(~mask), mask)], quality=QUALITY)
    ((_, test),) = cv.split(X, Y)
    np.testing.assert_array_equal(test, [0, 1, 3])


def test_fewer_test_rows_than_classes():
    y = np.repeat(np.arange(6), 2)
    cv = LabelQualityFold(KFold(4), quality=np.ones(12))
    assert [len(test) for _, test in cv.split(X, y)] == [3, 3, 3, 3]


def test_texts_are_all_kept():
    texts = np.array(["a", "b", "c"] * 10, dtype=object)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        parts = list(LabelQualityFold(3).split(texts, np.tile([0, 1, 1], 10)))
    assert sum(len(test) for _, test in parts) == 30


@pytest.mark.parametrize(
    ("options", "y", "message"),
    [
        ({"quality": QUALITY[:5]}, Y, r"array of shape \(12,\)"),
        ({"quality": 2 * QUALITY}, Y, r"numbers in \[0, 1\]"),
        ({"quality": np.where(QUALITY < 1, np.nan, 1)}, Y, r"numbers in \[0, 1\]"),
        ({"quality": "best"}, Y, 'expected "auto"'),
        ({"quality": QUALITY, "min_quality": 2}, Y, "min_quality expected"),
        ({"quality": QUALITY, "min_quality": "high"}, Y, "min_quality expected"),
        ({"quality": QUALITY}, None, "expected the noisy labels y"),
        ({"quality": QUALITY}, np.eye(2)[Y], "sknoisy.multilabel"),
    ],
)
def test_bad_input_is_refused(options, y, message):
    with pytest.raises(ValueError, match=message):
        list(LabelQualityFold(3, **options).split(X, y))


def test_labels_and_qualities_that_cannot_be_read():
    X = np.zeros((6, 1))
    with pytest.raises(ValueError, match="contains NaN or None in 1 of 6 rows"):
        next(LabelQualityFold(2).split(X, ["a", "b", "a", "b", "a", np.nan]))
    with pytest.raises(ValueError, match=r"inconsistent numbers of samples: \[6, 5\]"):
        next(LabelQualityFold(2, quality=np.ones(6)).split(X, [0, 1, 0, 1, 0]))
    with pytest.raises(ValueError, match=r"an array of numbers, .*got <function"):
        next(LabelQualityFold(2, quality=np.mean).split(X, [0, 1] * 3))
