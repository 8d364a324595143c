import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.metrics import roc_auc_score

from sknoisy.multilabel import (
    estimate_label_quality,
    evaluation_noise_report,
    reannotation_sample,
)
from sknoisy.multilabel._noisy_auc import _corrected


def noisy_tags(seed, n_samples=4000, n_labels=3):
    """Return scores, true tags and tags wrong by class alone."""
    rng = np.random.RandomState(seed)
    truth = rng.uniform(size=(n_samples, n_labels)) < 0.3
    score = rng.normal(size=truth.shape) + 1.5 * truth
    draw = rng.uniform(size=truth.shape)
    return score, truth, np.where(truth, draw < 0.4, draw < 0.05)


@given(st.floats(0, 1), st.floats(1e-6, 1))
def test_correction_undoes_the_shrinkage(auc, shrinkage):
    noisy = 0.5 + shrinkage * (auc - 0.5)
    assert _corrected(noisy, shrinkage) == pytest.approx(auc, abs=1e-6)


def test_correction_by_hand():
    # FDR 0.1 and FOR 0.4 halve what is above one half; 0.9 would be above 1.
    found = _corrected(np.array([0.7, 0.9, 0.1, 0.6]), np.array([0.5, 0.5, 0.5, -0.1]))
    assert_allclose(found, [0.9, 1, 0, np.nan])


@pytest.mark.parametrize("seed", range(5))
def test_equation_holds_for_noise_by_class(seed):
    score, truth, tags = noisy_tags(seed, 40_000)
    quality = estimate_label_quality(tags, truth)
    report = evaluation_noise_report(tags, score, quality)
    clean = roc_auc_score(truth, score, average=None)
    assert (clean - report.auc > 0.05).all()
    shrunk = 0.5 + quality.auc_shrinkage * (clean - 0.5)
    assert_allclose(shrunk, report.auc, atol=0.015)
    assert_allclose(report.auc_corrected, clean, atol=0.03)


def test_equation_goes_too_far_where_only_the_striking_are_tagged():
    rng = np.random.RandomState(0)
    truth = np.arange(4000) < 1200
    score = rng.normal(size=4000) + truth
    tags = truth & (score > np.quantile(score[truth], 0.6))
    quality = estimate_label_quality(tags, truth)
    report = evaluation_noise_report(tags, score, quality)
    assert report.auc_corrected[0] > roc_auc_score(truth, score) + 0.05


def test_report_corrects_every_label():
    score, truth, tags = noisy_tags(0)
    quality = estimate_label_quality(tags, truth, label_names=list("abc"))
    report = evaluation_noise_report(tags, score, quality)
    assert_allclose(report.auc, roc_auc_score(tags, score, average=None))
    shrinkage = quality.precision - quality.false_omission_rate
    expected = 0.5 + (report.auc - 0.5) / shrinkage
    assert_allclose(report.auc_corrected, expected)
    assert_allclose(report.auc_shrinkage, quality.auc_shrinkage)
    assert report.to_frame().loc["a", "auc_corrected_low"] < expected[0]
    # Every entry has been checked: what is left is the size of the test.
    low, high = report.auc_corrected_interval.T
    assert_allclose((low + high) / 2, expected)
    few = evaluation_noise_report(tags[:1000], score[:1000], quality)
    width = np.diff(few.auc_corrected_interval, axis=1)[:, 0]
    assert_allclose(width, 2 * (high - low), rtol=0.2)


def test_standard_error_by_hand():
    # Two positives and three negatives, AUC 5/6: Hanley and McNeil's equation 1.
    auc, q1, q2 = 5 / 6, (5 / 6) / (7 / 6), 2 * (25 / 36) / (11 / 6)
    variance = auc * (1 - auc) + (q1 - auc**2) + 2 * (q2 - auc**2)
    error = 1.959964 * np.sqrt(variance / 6)
    y = np.array([1, 1, 0, 0, 0])
    report = evaluation_noise_report(
        y, [0.9, 0.4, 0.5, 0.2, 0.1], estimate_label_quality(y, y)
    )
    assert report.auc[0] == pytest.approx(auc)
    assert report.auc_corrected_interval[0, 0] == pytest.approx(auc - error, abs=1e-5)


def test_intervals_hold_the_auc_on_right_tags():
    held = []
    for seed in range(25):
        score, truth, tags = noisy_tags(seed, 1500)
        sample = reannotation_sample(tags, n_per_stratum=100, random_state=seed)
        answers = truth[sample.row, sample.label_code]
        quality = estimate_label_quality(tags, answers, sample=sample)
        report = evaluation_noise_report(tags, score, quality)
        low, high = report.auc_corrected_interval.T
        clean = roc_auc_score(truth, score, average=None)
        held.extend((low <= clean) & (clean <= high))
    assert 0.88 < np.mean(held) < 1


def test_report_gives_nan_where_tags_say_nothing():
    tags = np.tile(np.arange(200) < 100, (3, 1)).T
    rows = np.concatenate([np.arange(30), np.arange(100, 130)])
    # 9 of 30 tagged rows have each label, and 6, 9 and 12 of 30 that lack the tag.
    n_found = np.array([[6, 9, 12]] * 60)
    n_found[:30] = 9
    answers = np.full((200, 3), np.nan)
    answers[rows] = np.tile(np.arange(30), 2)[:, np.newaxis] < n_found
    names = ["unsure", "useless", "reverse"]
    quality = estimate_label_quality(tags, answers, label_names=names)
    # 53 of 100 pairs of rows are in the right order.
    score = np.where(np.arange(200) < 53, 2, np.where(np.arange(200) < 100, 0, 1))
    with pytest.warns(UndefinedMetricWarning, match=r"unsure, useless, reverse\."):
        report = evaluation_noise_report(tags, np.tile(score, (3, 1)).T, quality)
    assert_allclose(report.auc, 0.53)
    assert_allclose(report.auc_corrected, [0.8, np.nan, np.nan])
    assert np.isnan(report.auc_corrected_interval).all()


@pytest.mark.filterwarnings("default::sklearn.exceptions.UndefinedMetricWarning")
def test_labels_on_no_row_and_on_every_row_have_no_auc():
    score, truth, tags = noisy_tags(0)
    quality = estimate_label_quality(tags, truth, label_names=list("abc"))
    test = tags.copy()
    test[:, 0], test[:, 1] = 0, 1
    with pytest.warns(UndefinedMetricWarning) as caught:
        report = evaluation_noise_report(test, score, quality)
    texts = [str(warning.message) for warning in caught]
    assert "where no row has the label. Labels: a." in texts[0]
    assert "where every row has the label. Labels: b." in texts[1]
    assert_array_equal(np.isnan(report.auc), [True, True, False])
    assert_array_equal(np.isnan(report.auc_corrected), [True, True, False])


@pytest.mark.parametrize(
    "convert",
    [sparse.csr_array, pd.DataFrame, lambda p: [np.stack([1 - c, c], 1) for c in p.T]],
)
def test_scores_in_any_container(convert):
    score, truth, tags = noisy_tags(0)
    quality = estimate_label_quality(tags, truth)
    expected = evaluation_noise_report(tags, score, quality)
    found = evaluation_noise_report(tags, convert(score), quality)
    assert_allclose(found.auc, expected.auc)


def test_label_that_training_never_saw_scores_like_chance():
    score, truth, tags = noisy_tags(0)
    quality = estimate_label_quality(tags, truth)
    lists = [np.ones((4000, 1)), *(np.stack([-c, c], 1) for c in score.T[1:])]
    assert evaluation_noise_report(tags, lists, quality).auc[0] == 0.5


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda s: s[:, :2], r"y_score of shape \(4000, 3\).* shape \(4000, 2\)"),
        (lambda s: s[:9], r"y_score of shape \(4000, 3\).* shape \(9, 3\)"),
        (lambda s: s.astype(str), "a number for each row and label"),
        (lambda s: np.where(s > 2, np.nan, s), "Input y_score contains NaN"),
        (lambda s: [], r"y_score of shape \(4000, 3\)"),
    ],
)
def test_bad_scores(change, message):
    score, truth, tags = noisy_tags(0)
    quality = estimate_label_quality(tags, truth)
    with pytest.raises(ValueError, match=message):
        evaluation_noise_report(tags, change(score), quality)


def test_table_and_quality_must_fit():
    score, truth, tags = noisy_tags(0)
    quality = estimate_label_quality(tags, truth, label_names=list("abc"))
    with pytest.raises(ValueError, match="expected the 3 labels of quality"):
        evaluation_noise_report(tags[:, :2], score[:, :2], quality)
    frame = pd.DataFrame(tags, columns=list("abd"))
    with pytest.raises(ValueError, match="or other names"):
        evaluation_noise_report(frame, score, quality)
    with pytest.raises(ValueError, match="quality expected what estimate_label"):
        evaluation_noise_report(tags, score, 0.5)
