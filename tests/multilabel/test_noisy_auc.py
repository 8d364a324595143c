import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.metrics import roc_auc_score

from sknoisy.multilabel import (
    correct_auc,
    estimate_label_quality,
    evaluation_noise_report,
    reannotation_sample,
    shrink_auc,
    tagwise_score_report,
)

share = st.floats(0, 1)


def noisy_tags(seed, n_samples=4000, n_labels=3):
    """Return scores, true tags and tags wrong by class alone."""
    rng = np.random.RandomState(seed)
    truth = rng.uniform(size=(n_samples, n_labels)) < 0.3
    score = rng.normal(size=truth.shape) + 1.5 * truth
    draw = rng.uniform(size=truth.shape)
    return score, truth, np.where(truth, draw < 0.4, draw < 0.05)


@given(share, share, share)
def test_correction_undoes_the_shrinkage(auc, wrong, omitted):
    assume(1 - wrong - omitted > 1e-6)
    rates = {"false_discovery_rate": wrong, "false_omission_rate": omitted}
    noisy = shrink_auc(auc, **rates)
    assert abs(noisy - 0.5) <= abs(auc - 0.5) + 1e-12
    assert correct_auc(noisy, **rates) == pytest.approx(auc, abs=1e-6)


@pytest.mark.parametrize("seed", range(5))
def test_equation_holds_for_noise_by_class(seed):
    score, truth, tags = noisy_tags(seed, 40_000)
    quality = estimate_label_quality(tags, truth)
    rates = {
        "false_discovery_rate": 1 - quality.precision,
        "false_omission_rate": quality.false_omission_rate,
    }
    clean, noisy = (roc_auc_score(y, score, average=None) for y in (truth, tags))
    assert (clean - noisy > 0.05).all()
    assert_allclose(shrink_auc(clean, **rates), noisy, atol=0.015)
    assert_allclose(correct_auc(noisy, **rates), clean, atol=0.03)


def test_equation_goes_too_far_where_only_the_striking_are_tagged():
    rng = np.random.RandomState(0)
    truth = np.arange(4000) < 1200
    score = rng.normal(size=4000) + truth
    tags = truth & (score > np.quantile(score[truth], 0.6))
    quality = estimate_label_quality(tags, truth)
    corrected = correct_auc(
        roc_auc_score(tags, score),
        false_discovery_rate=0,
        false_omission_rate=quality.false_omission_rate[0],
    )
    assert corrected > roc_auc_score(truth, score) + 0.05


def test_shapes_follow_the_input():
    rates = {"false_discovery_rate": 0.1, "false_omission_rate": 0.2}
    assert type(shrink_auc(0.8, **rates)) is float
    assert type(correct_auc(np.float64(0.6), **rates)) is float
    assert_allclose(shrink_auc([0.8, 0.9], **rates), [0.71, 0.78])
    assert_allclose(correct_auc([[0.71], [0.78]], **rates), [[0.8], [0.9]])


def test_correction_stays_within_bounds():
    rates = {"false_discovery_rate": 0.3, "false_omission_rate": 0.2}
    assert correct_auc(0.9, **rates) == 1
    assert correct_auc(0.1, **rates) == 0


def test_useless_tags_cannot_be_corrected():
    with pytest.warns(UndefinedMetricWarning, match=r"not above 0\. Labels: 1, 2\."):
        found = correct_auc(
            0.6, false_discovery_rate=[0.1, 0.5, 0.9], false_omission_rate=0.5
        )
    assert_array_equal(np.isnan(found), [False, True, True])
    with pytest.warns(UndefinedMetricWarning, match="not above 0"):
        assert np.isnan(
            correct_auc(0.6, false_discovery_rate=1, false_omission_rate=0.5)
        )


@pytest.mark.parametrize("function", [shrink_auc, correct_auc])
def test_bad_rates(function):
    with pytest.raises(ValueError, match="false_omission_rate expected numbers from 0"):
        function(0.8, false_discovery_rate=0.1, false_omission_rate=20)
    with pytest.raises(ValueError, match="auc expected numbers from 0 to 1"):
        function([0.8, -0.1], false_discovery_rate=0.1, false_omission_rate=0.2)
    with pytest.raises(ValueError, match=r"got shapes \(2,\), \(3,\), \(\)"):
        function([0.8, 0.9], false_discovery_rate=[0.1] * 3, false_omission_rate=0)


def test_report_corrects_every_label():
    score, truth, tags = noisy_tags(0)
    quality = estimate_label_quality(tags, truth, label_names=list("abc"))
    scores = tagwise_score_report(tags, score, label_names=list("abc"))
    report = evaluation_noise_report(scores, quality)
    expected = correct_auc(
        scores.roc_auc,
        false_discovery_rate=1 - quality.precision,
        false_omission_rate=quality.false_omission_rate,
    )
    assert_allclose(report.auc_corrected, expected)
    assert_allclose(report.auc_shrinkage, quality.auc_shrinkage)
    assert report.to_frame().loc["a", "auc_corrected_low"] < expected[0]
    # Every entry has been checked: without the size of the test nothing is in doubt.
    bare = evaluation_noise_report(scores.roc_auc, quality)
    assert_allclose(bare.auc_corrected_interval.T, [expected] * 2)


def test_intervals_hold_the_auc_on_right_tags():
    held = []
    for seed in range(25):
        score, truth, tags = noisy_tags(seed, 1500)
        sample = reannotation_sample(tags, n_per_stratum=100, random_state=seed)
        answers = truth[sample.row, sample.label_code]
        quality = estimate_label_quality(tags, answers, sample=sample)
        report = evaluation_noise_report(tagwise_score_report(tags, score), quality)
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
    answers = np.tile(np.arange(30), 2)[:, np.newaxis] < n_found
    quality = estimate_label_quality(
        tags, answers, rows=rows, label_names=["doubtful", "useless", "reverse"]
    )
    with pytest.warns(UndefinedMetricWarning, match=r"doubtful, useless, reverse\."):
        report = evaluation_noise_report([0.53] * 3, quality)
    assert_allclose(report.auc_corrected, [0.8, np.nan, np.nan])
    assert np.isnan(report.auc_corrected_interval).all()


def test_reports_must_fit():
    score, truth, tags = noisy_tags(0)
    quality = estimate_label_quality(tags, truth)
    with pytest.raises(ValueError, match="scores expected the 3 labels of quality"):
        evaluation_noise_report([0.5, 0.6], quality)
    other = tagwise_score_report(tags, score, label_names=list("abc"))
    with pytest.raises(ValueError, match="labels or other names"):
        evaluation_noise_report(other, quality)
    with pytest.raises(ValueError, match="quality expected what estimate_label"):
        evaluation_noise_report(other, other)
