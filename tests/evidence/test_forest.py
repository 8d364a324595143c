"""Out-of-bag evidence: no row is evidence about itself, its copies or its group."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.datasets import load_digits, load_iris
from sklearn.linear_model import LogisticRegression

from sknoisy._context import FitContext
from sknoisy._folds import distinct_rows
from sknoisy._labels import read_labels
from sknoisy.evidence import (
    EvidenceInputs,
    _forest,
    forest_evidence,
    forest_evidence_without,
)
from sknoisy.noise import UniformNoise


def inputs(X, y, *, context=None, checked_folds=(), **aligned):
    labels = read_labels(X, y, owner="Test", **aligned).relative_to(distinct_rows(X))
    context = FitContext(random_state=0) if context is None else context
    return EvidenceInputs(LogisticRegression(), X, labels, [], context, checked_folds)


@pytest.fixture(scope="module")
def iris():
    X, y = load_iris(return_X_y=True)
    rows = np.unique(X, axis=0, return_index=True)[1]
    return X[rows], UniformNoise(0.2, random_state=0).corrupt(y[rows]), y[rows]


def test_rows_sum_to_one_and_none_is_zero(iris):
    X, noisy, _ = iris
    proba = forest_evidence(inputs(X, noisy))
    assert proba.shape == (len(X), 3)
    assert_allclose(proba.sum(axis=1), 1)
    assert proba.min() > 0


@pytest.mark.parametrize("seed", range(5))
def test_wrong_labels_are_contradicted(seed):
    X, y = load_digits(return_X_y=True)
    noisy = UniformNoise(0.3, random_state=seed).corrupt(y)
    proba = forest_evidence(inputs(X, noisy, context=FitContext(random_state=seed)))
    assert (proba.argmax(axis=1) == y).mean() > 0.93
    assert (proba.argmax(axis=1) == noisy).mean() < 0.75


def test_noise_without_any_signal_is_not_learnt_by_heart():
    rng = np.random.RandomState(0)
    X, y = rng.normal(size=(400, 5)), rng.randint(2, size=400)
    agrees = (forest_evidence(inputs(X, y)).argmax(axis=1) == y).mean()
    assert agrees < 0.56


def test_copies_are_in_or_out_of_bag_together():
    rng = np.random.RandomState(0)
    X = np.repeat(rng.normal(size=(100, 3)), 4, axis=0)
    y = np.repeat(rng.randint(2, size=100), 4)
    # Labels that only copies know cannot be predicted.
    assert (forest_evidence(inputs(X, y)).argmax(axis=1) == y).mean() < 0.65


def test_rows_of_a_group_are_in_or_out_of_bag_together():
    rng = np.random.RandomState(0)
    groups = np.repeat(np.arange(60), 5)
    X = rng.normal(size=(60, 3))[groups] + rng.normal(scale=0.01, size=(300, 3))
    y = rng.randint(2, size=60)[groups]
    alone = forest_evidence(inputs(X, y)).argmax(axis=1) == y
    grouped = forest_evidence(inputs(X, y, groups=groups)).argmax(axis=1) == y
    assert alone.mean() > 0.75
    assert grouped.mean() < 0.6


@pytest.mark.parametrize("grouped", [False, True])
def test_weights_are_relative(iris, grouped):
    X, noisy, _ = iris
    groups = np.arange(len(X)) % 40 if grouped else None
    rng = np.random.RandomState(0)
    weights = rng.randint(0, 3, size=len(X)).astype(float)
    given = {"sample_weight": weights, "groups": groups}
    proba = forest_evidence(inputs(X, noisy, **given))
    scaled = {**given, "sample_weight": weights / 99}
    scaled = forest_evidence(inputs(X, noisy, **scaled))
    assert_allclose(scaled, proba)
    kept = np.flatnonzero(weights)
    left_out = forest_evidence(
        inputs(
            X[kept],
            noisy[kept],
            sample_weight=weights[kept],
            groups=groups[kept] if grouped else None,
        )
    )
    assert_allclose(left_out, proba[kept])
    copies = np.repeat(np.arange(len(X)), weights.astype(int))
    copied = forest_evidence(
        inputs(X[copies], noisy[copies], groups=groups[copies] if grouped else None)
    )
    assert_allclose(copied, proba[copies])


def test_the_order_of_rows_changes_nothing(iris):
    X, noisy, _ = iris
    order = np.random.RandomState(0).permutation(len(X))
    proba = forest_evidence(inputs(X, noisy))
    assert_allclose(forest_evidence(inputs(X[order], noisy[order])), proba[order])


def test_jobs_and_seeds(iris):
    X, noisy, _ = iris
    one = forest_evidence(inputs(X, noisy))
    two = forest_evidence(inputs(X, noisy, context=FitContext(None, 2, 0)))
    assert_array_equal(one, two)
    unseeded = forest_evidence(inputs(X, noisy, context=FitContext()))
    assert_array_equal(one, unseeded)
    other = forest_evidence(inputs(X, noisy, context=FitContext(random_state=1)))
    assert np.abs(one - other).max() > 0.01


def test_huge_numbers_and_few_rows():
    X = np.array([[1e300, 0], [-1e300, 1], [0, 2], [1, 3]])
    proba = forest_evidence(inputs(X, [0, 1, 0, 1]))
    assert np.isfinite(proba).all()
    assert_allclose(proba.sum(axis=1), 1)


def test_rows_without_numbers_have_no_forest():
    texts = np.array([["a"], ["b"], ["c"], ["d"]], dtype=object)
    with pytest.warns(UserWarning, match="Forest and neighbours need numeric columns"):
        assert forest_evidence(inputs(texts, [0, 1, 0, 1])) is None


@pytest.mark.parametrize("aligned", ["nothing", "weights", "groups"])
def test_evidence_without_a_fold_has_not_seen_its_labels(iris, aligned):
    X, noisy, _ = iris
    rows = np.arange(len(X))
    folds = [(rows[rows % 3 != i], rows[rows % 3 == i]) for i in range(3)]
    given = {
        "nothing": {},
        "weights": {"sample_weight": 1.0 + rows % 4},
        "groups": {"groups": rows // 4},
    }[aligned]

    def without(number, y):
        given_all = inputs(X, y, checked_folds=folds, **given)
        labels = given_all.labels.take(X, folds[number][0])
        return forest_evidence_without(number, given_all, labels)

    for number, (train, test) in enumerate(folds):
        other = noisy.copy()
        other[test] = (other[test] + 1) % 3
        tables = [without(number, y) for y in (noisy, other)]
        assert tables[0].shape == (len(train), 3)
        assert_array_equal(*tables)
        assert (tables[0].argmax(axis=1) == noisy[train]).mean() > 0.6
        changed = forest_evidence(inputs(X, other, checked_folds=folds, **given))
        as_given = forest_evidence(inputs(X, noisy, checked_folds=folds, **given))
        assert np.abs(changed - as_given).max() > 0.1


def test_evidence_without_a_fold_has_not_seen_the_row_itself():
    rng = np.random.RandomState(0)
    X, y, rows = rng.normal(size=(300, 3)), rng.randint(2, size=300), np.arange(300)
    fold = (rows[100:], rows[:100])
    given = inputs(X, y, checked_folds=[fold])
    table = forest_evidence_without(0, given, given.labels.take(X, fold[0]))
    assert (table.argmax(axis=1) == y[100:]).mean() < 0.6


@pytest.mark.parametrize("size", [1e300, -1e300])
def test_numbers_beyond_single_precision(iris, size):
    X, noisy, true = iris
    context = FitContext(random_state=0, embedding="passthrough")
    far = np.where(np.eye(1, 4, dtype=bool) & (true == 2)[:, None], size, X)
    proba = forest_evidence(inputs(far, noisy, context=context))
    assert (proba.argmax(axis=1) == true).mean() > 0.9


@pytest.mark.parametrize(("n_owners", "n_in_bag"), [(50, 10), (16, 8), (1, 1)])
def test_a_tree_is_grown_on_half_of_the_owners_but_no_more_than_enough(
    n_owners, n_in_bag, monkeypatch
):
    monkeypatch.setattr(_forest, "MOST_IN_BAG", 10)
    rows = np.arange(50)
    Z, codes, weights = rows[:, None].astype(np.float32), rows % 2, np.ones(50)
    drawn = rows, weights, rows[:n_owners]
    _, proba = _forest._votes_of_tree(Z, codes, rows, *drawn, _forest.KINDS[0], 0)
    assert proba.any(axis=1).sum() == 50 - n_in_bag
