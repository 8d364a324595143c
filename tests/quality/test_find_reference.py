"""The kernels beside a reference that says in plain loops what they compute."""

import tracemalloc
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.utils.multiclass import check_classification_targets

from sknoisy import _label_margins, _proba_table, find_label_errors, label_quality
from sknoisy._class_codes import check_targets, distinct_labels
from sknoisy._confident_joint import (
    confident_classes,
    count_confident_joint,
    estimated_joint,
)
from sknoisy._proba_table import BLOCK_ENTRIES, LONG_ROW, SHORT_ROW
from sknoisy.quality import _lowest
from sknoisy.quality._find import RULES
from sknoisy.quality._scores import SCORES


def margin_by_rows(proba, codes):
    margins = []
    for row, code in zip(proba, codes, strict=True):
        other = np.delete(row, code).max(initial=0)
        margins.append((row[code] - other + 1) / 2)
    return np.array(margins, dtype=proba.dtype)


def entropy_by_rows(proba, codes):
    p = np.clip(proba.astype(float), 1e-12, 1)
    given = np.clip(p[np.arange(len(codes)), codes], 1e-12, 1 - 1e-12)
    entropy = np.maximum(-(p * np.log(p)).sum(axis=1), 1e-12)
    ratio = -given * np.log(p.shape[1]) / (entropy * np.log(given))
    return ratio / (1 + ratio)


def confident_by_rows(codes, proba, weights=None):
    weights = np.ones(len(codes)) if weights is None else weights
    thresholds = np.full(proba.shape[1], 2.0)
    for k in np.unique(codes[weights > 0]):
        rows = codes == k
        thresholds[k] = np.average(proba[rows, k], weights=weights[rows]) - 1e-7
    thresholds = thresholds.astype(proba.dtype)
    counted = []
    for row, code in zip(proba, codes, strict=True):
        sure = np.flatnonzero(row >= thresholds)
        best = row[sure].max(initial=-1)
        torn = code in sure and row[code] == best
        counted.append(code if torn else next((k for k in sure if row[k] == best), -1))
    return np.array(counted)


def lowest_by_levels(score, budget, weights):
    """Take whole levels of equal score while half of a level fits."""
    taken, before = np.zeros(len(score), dtype=bool), 0.0
    for level in np.unique(score):
        mass = weights[score == level].sum()
        if before + mass / 2 <= budget * (1 + 1e-9):
            taken |= score == level
        before += mass
    return taken


def wrong_by_loops(proba, codes, weights=None):
    joint = estimated_joint(proba, codes, weights)
    mass = np.ones(len(codes)) if weights is None else weights
    by_class, by_rate = np.zeros((2, len(codes)), dtype=bool)
    for label in range(len(joint)):
        rows = np.flatnonzero(codes == label)
        given = proba[rows, label]
        budget = joint[:, label].sum() - joint[label, label]
        by_class[rows] = lowest_by_levels(given, budget, mass[rows])
        for other in np.flatnonzero(joint[:, label]):
            if other != label:
                lead = given - proba[rows, other]
                budget = joint[other, label]
                by_rate[rows] |= lowest_by_levels(lead, budget, mass[rows])
    return {"class": by_class, "noise_rate": by_rate, "both": by_class & by_rate}


def draw(seed, n_classes, n_samples, dtype, ties, absent):
    """Draw labels and probabilities; with ties as few neighbours make them."""
    rng = np.random.RandomState(seed)
    codes = rng.randint(max(1, n_classes - absent), size=n_samples)
    proba = rng.dirichlet(np.full(n_classes, 0.3), size=n_samples)
    proba[np.arange(n_samples), codes] += rng.uniform(0, 2, size=n_samples)
    proba /= proba.sum(axis=1, keepdims=True)
    if ties:
        proba = np.array([rng.multinomial(4, row) for row in proba]) / 4
    return codes, proba.astype(dtype)


# The longest rows that are stored class by class, in single and double precision.
LONGEST_SINGLE, LONGEST_DOUBLE = SHORT_ROW // 4, SHORT_ROW // 8
SIZES = [2, 3, 5, 12, LONGEST_DOUBLE, LONGEST_DOUBLE + 1]
SIZES += [LONGEST_SINGLE, LONGEST_SINGLE + 1, LONG_ROW - 1, LONG_ROW]

cases = given(
    seed=st.integers(0, 10_000),
    n_classes=st.sampled_from(SIZES),
    n_samples=st.sampled_from([1, 20, 200]),
    dtype=st.sampled_from([np.float32, np.float64]),
    ties=st.booleans(),
    absent=st.integers(0, 1),
    order=st.sampled_from("CF"),
    weighted=st.booleans(),
)


@settings(max_examples=80, deadline=None)
@cases
def test_kernels_equal_the_reference(
    seed, n_classes, n_samples, dtype, ties, absent, order, weighted
):
    codes, proba = draw(seed, n_classes, n_samples, dtype, ties, absent)
    given_table = np.array(proba, order=order)
    weights = None
    if weighted:
        weights = np.random.RandomState(seed).randint(0, 3, size=n_samples) * 0.5
        weights[0] = 1
    counted = confident_by_rows(codes, proba, weights)
    assert_array_equal(confident_classes(codes, given_table, weights), counted)
    for rule, wrong in wrong_by_loops(proba, codes, weights).items():
        assert_array_equal(RULES[rule](given_table, codes, weights), wrong)
    wrong = (counted >= 0) & (counted != codes)
    rule = RULES["confident_joint"](given_table, codes, weights)
    assert_array_equal(rule, wrong)
    margin = SCORES["normalized_margin"](given_table, codes)
    assert_array_equal(margin, margin_by_rows(proba, codes), strict=True)
    entropy = SCORES["confidence_weighted_entropy"](given_table, codes)
    assert_allclose(entropy, entropy_by_rows(proba, codes), rtol=1e-5, atol=1e-7)
    assert entropy.dtype == dtype
    assert_array_equal(given_table, proba)


@pytest.mark.parametrize("n_classes", [10, 200, LONG_ROW])
@pytest.mark.parametrize("weighted", [False, True])
def test_tables_of_many_blocks(n_classes, weighted, monkeypatch):
    n_samples = 2 * BLOCK_ENTRIES // n_classes + 7
    codes, proba = draw(0, n_classes, n_samples, np.float64, ties=True, absent=0)
    weights = np.full(n_samples, 0.25) if weighted else None
    # So few leads are kept that they are thinned out on the way.
    monkeypatch.setattr(_lowest, "KEPT_ENTRIES", 1000)
    monkeypatch.setattr(_label_margins, "ROWS_AT_ONCE", 100)
    for rule, wrong in wrong_by_loops(proba, codes, weights).items():
        assert_array_equal(RULES[rule](proba, codes, weights), wrong)


@pytest.mark.parametrize("large_group", [0, 10**9])
def test_groups_are_sorted_one_by_one_or_at_once(large_group, monkeypatch):
    monkeypatch.setattr(_lowest, "LARGE_GROUP", large_group)
    codes, proba = draw(1, 40, 2000, np.float64, ties=False, absent=0)
    for rule, wrong in wrong_by_loops(proba, codes).items():
        assert_array_equal(RULES[rule](proba, codes, None), wrong)


@pytest.mark.parametrize("order", "CF")
@pytest.mark.parametrize(("n_classes", "most"), [(10, 4), (50, 12)])
def test_memory_is_that_of_a_few_numbers_a_row(n_classes, most, order):
    n_samples = 3_000_000 // n_classes
    codes, proba = draw(0, n_classes, n_samples, np.float64, ties=False, absent=0)
    proba = np.array(proba, order=order)
    tracemalloc.start()
    find_label_errors(codes, proba)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < most * 8 * n_samples


def test_the_bound_of_the_other_classes_is_never_below():
    codes, proba = draw(0, 3, 2000, np.float64, ties=False, absent=0)
    read = _label_margins.label_margins(proba, codes)
    proba[np.arange(len(codes)), codes] = 0
    assert (read.other >= proba.max(axis=1)).all()
    assert_allclose(read.other, proba.max(axis=1), rtol=1e-6)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n_classes", [2, 3, 7])
def test_rows_that_are_read_where_they_lie(n_classes, dtype, monkeypatch):
    monkeypatch.setattr(_proba_table, "LONG_ROW", 2)
    monkeypatch.setattr(_proba_table, "SHORT_ROW", 0)
    monkeypatch.setattr(_proba_table, "BLOCK_ENTRIES", 5 * n_classes)
    # Labels of the first and of the last class, also in the first and in the last row.
    codes = np.tile([0, n_classes - 1], 12)
    _, proba = draw(0, n_classes, len(codes), dtype, ties=False, absent=0)
    proba.flags.writeable = False
    read = _label_margins.label_margins(proba, codes)
    others = np.array(proba)
    others[np.arange(len(codes)), codes] = 0
    assert_array_equal(read.given, proba[np.arange(len(codes)), codes])
    assert_allclose(read.other, others.max(axis=1), rtol=1e-6)
    assert (read.other >= others.max(axis=1)).all()
    margin = margin_by_rows(proba, codes)
    assert_array_equal(SCORES["normalized_margin"](proba, codes), margin, strict=True)


def test_threads_read_the_same(monkeypatch):
    codes, proba = draw(0, 6, 500, np.float64, ties=False, absent=0)
    expected = label_quality(codes, proba)
    monkeypatch.setattr(_proba_table, "THREADED_ENTRIES", 0)
    monkeypatch.setattr(_proba_table, "THREADED_BLOCK_ENTRIES", 60)
    monkeypatch.setattr(_proba_table, "_openmp_effective_n_threads", lambda: 3)
    assert_array_equal(label_quality(codes, proba), expected)
    proba[400] = np.nan
    with pytest.raises(ValueError, match="NaN in row 400"):
        label_quality(codes, proba)


def test_joint_of_counted_rows_by_loops():
    codes, proba = draw(0, 4, 100, np.float64, ties=True, absent=1)
    expected = np.zeros((4, 4))
    for counted, code in zip(confident_by_rows(codes, proba), codes, strict=True):
        if counted >= 0:
            expected[counted, code] += 1
    assert_array_equal(count_confident_joint(codes, proba), expected)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_certain_probabilities_have_a_finite_entropy_score(dtype):
    proba = np.eye(3, dtype=dtype)[[0, 1, 2, 0]]
    quality = label_quality([0, 1, 2, 1], proba, method="confidence_weighted_entropy")
    assert quality.dtype == dtype
    assert_allclose(quality, [1, 1, 1, 0], atol=1e-3)


@pytest.mark.parametrize("dtype", ["i1", "u1", "i4", "u8", "i8", "f8", "U3", "O"])
@pytest.mark.parametrize("values", [[3, 5, 4, 5, 3], [0, 90, 7, 7, 0], [1]])
def test_labels_are_numbered_as_by_unique(dtype, values):
    y = np.array(values).astype("U3" if dtype == "O" else dtype).astype(dtype)
    expected = np.unique(y, return_inverse=True)
    for got, wanted in zip(distinct_labels(y), expected, strict=True):
        assert_array_equal(got, wanted, strict=True)


def test_labels_below_zero_and_far_apart():
    for y in ([-3, 4, -3, 0, 1, 1, 2, 3], [-(2**62), 2**62, 0]):
        expected = np.unique(y, return_inverse=True)
        for got, wanted in zip(distinct_labels(np.array(y)), expected, strict=True):
            assert_array_equal(got, wanted, strict=True)


def test_as_many_classes_as_rows_are_warned_of():
    # As by scikit-learn, of which old versions do not warn.
    with warnings.catch_warnings(record=True) as by_scikit_learn:
        warnings.simplefilter("always")
        check_classification_targets(np.arange(30))
    with warnings.catch_warnings(record=True) as ours:
        warnings.simplefilter("always")
        check_targets(np.arange(30))
        check_targets(np.arange(30) // 2)
    assert len(ours) == len(by_scikit_learn) <= 1
    with pytest.raises(ValueError, match="Unknown label type: continuous"):
        check_targets(np.array([0.5, 1.5]))


def test_labels_as_unsigned_integers():
    codes, proba = draw(0, 3, 60, np.float64, ties=False, absent=0)
    expected = find_label_errors(codes, proba, classes=[0, 1, 2])
    for dtype in ("u1", "i2", "u8"):
        y = codes.astype(dtype)
        assert_array_equal(find_label_errors(y, proba, classes=[0, 1, 2]), expected)
