import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from scipy.stats import beta
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.metrics import f1_score, precision_score, recall_score

from sknoisy.multilabel import estimate_label_quality, reannotation_sample

RATES = ("precision", "false_omission_rate", "tagability", "prevalence", "f1")


def tags(seed, n_samples=2000):
    rng = np.random.RandomState(seed)
    truth = rng.uniform(size=(n_samples, 3)) < [0.1, 0.3, 0.5]
    recall, spurious = [0.3, 0.6, 0.9], [0.02, 0.0, 0.1]
    draw = rng.uniform(size=truth.shape)
    return truth, np.where(truth, draw < recall, draw < spurious)


def check(truth, Y, **options):
    sample = reannotation_sample(Y, **options)
    answers = truth[sample.row, sample.label_code].astype(float)
    return sample, answers


def by_label(truth):
    return enumerate(truth.T)


def only(rows, answers, n_samples=2000):
    """A table of answers that are known for some rows."""
    answers = np.asarray(answers, dtype=float)
    table = np.full((n_samples, *answers.shape[1:]), np.nan)
    table[rows] = answers
    return table


def test_all_entries_checked_give_the_scores_themselves():
    truth, Y = tags(0)
    found = estimate_label_quality(Y, truth)
    for k in range(3):
        arguments = truth[:, k], Y[:, k]
        assert found.precision[k] == pytest.approx(precision_score(*arguments))
        assert found.tagability[k] == pytest.approx(recall_score(*arguments))
        assert found.f1[k] == pytest.approx(f1_score(*arguments))
    assert_allclose(found.prevalence, truth.mean(axis=0))
    assert_allclose(found.occurrence, Y.mean(axis=0))
    assert_allclose(found.sample_recall, found.tagability)
    assert_allclose(found.missing_rate, [(~Y[t, k]).mean() for k, t in by_label(truth)])
    assert_allclose(found.spurious_rate, [Y[~t, k].mean() for k, t in by_label(truth)])
    for name in RATES:
        ends = getattr(found, f"{name}_interval")
        assert_allclose(ends, np.transpose([getattr(found, name)] * 2))


def test_by_hand():
    # 40 tagged, 960 not; 8 of 10 and 5 of 50 checked rows are truly positive.
    Y = np.arange(1000) < 40
    rows = np.concatenate([np.arange(10), np.arange(500, 550)])
    answers = np.concatenate([np.arange(10) < 8, np.arange(50) < 5])
    found = estimate_label_quality(Y, only(rows, answers, 1000))
    assert found.precision == pytest.approx(0.8)
    assert found.false_omission_rate == pytest.approx(0.1)
    assert found.tagability == pytest.approx(32 / (32 + 96))
    assert found.prevalence == pytest.approx(0.128)
    assert found.f1 == pytest.approx(2 * 32 / (40 + 128))
    assert found.auc_shrinkage == pytest.approx(0.7)
    assert found.sample_recall == pytest.approx(8 / 13)
    assert found.missing_rate == pytest.approx(96 / 128)
    assert found.spurious_rate == pytest.approx(8 / (1000 - 128))
    assert_array_equal(found.n_tagged_checked, 10)
    assert_array_equal(found.n_untagged_checked, 50)


def test_interval_of_a_share_is_that_of_jeffreys():
    Y = np.ones(10**6, dtype=bool)
    answers = np.arange(40) < 30
    with pytest.warns(UndefinedMetricWarning, match="No untagged row was checked"):
        found = estimate_label_quality(Y, only(np.arange(40), answers, 10**6))
    expected = beta.ppf([0.025, 0.975], 30.5, 10.5)
    assert_allclose(found.precision_interval[0], expected, atol=1e-4)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("convert", [np.asarray, sparse.csr_array, pd.DataFrame])
def test_sample_is_scaled_to_all_rows(seed, convert):
    truth, Y = tags(seed)
    sample, answers = check(truth, Y, n_per_stratum=200, random_state=seed)
    found = estimate_label_quality(convert(Y), answers, sample=sample)
    true = estimate_label_quality(Y, truth)
    for name in RATES:
        assert_allclose(getattr(found, name), getattr(true, name), atol=0.12)
    # The rare label: unscaled, its recall would be far too high.
    assert found.sample_recall[0] > true.tagability[0] + 0.2


def test_intervals_hold_the_truth_as_often_as_they_say():
    held = {name: [] for name in RATES}
    for seed in range(40):
        truth, Y = tags(seed, 1000)
        sample, answers = check(truth, Y, n_per_stratum=60, random_state=seed)
        found = estimate_label_quality(Y, answers, sample=sample, confidence_level=0.9)
        true = estimate_label_quality(Y, truth)
        for name in RATES:
            low, high = getattr(found, f"{name}_interval").T
            value = getattr(true, name)
            held[name].extend((low - 1e-9 <= value) & (value <= high + 1e-9))
    for name in RATES:
        # 120 draws: four standard errors are 0.11.
        assert np.mean(held[name]) > 0.79, name
    assert np.mean(held["tagability"]) < 0.99


def test_more_confidence_and_fewer_entries_widen_the_intervals():
    truth, Y = tags(0)
    widths = []
    for size, level in ((200, 0.8), (200, 0.95), (50, 0.95)):
        sample, answers = check(truth, Y, n_per_stratum=size, random_state=0)
        found = estimate_label_quality(
            Y, answers, sample=sample, confidence_level=level
        )
        widths.append(np.diff(found.tagability_interval, axis=1).mean())
    assert widths == sorted(widths)


def test_no_error_found_leaves_a_wide_interval():
    truth = np.arange(1000) < 100
    sample, answers = check(truth[:, None], truth, n_per_stratum=50, random_state=0)
    found = estimate_label_quality(truth, answers, sample=sample)
    assert found.false_omission_rate == 0
    assert found.tagability == 1
    low, high = found.tagability_interval[0]
    assert low < 0.9
    assert high == 1
    assert found.false_omission_rate_interval[0, 1] > 0.01


def test_unanswered_entries_are_left_out():
    truth, Y = tags(0)
    sample, answers = check(truth, Y, n_per_stratum=50, random_state=0)
    for nothing in (np.nan, None):
        some = answers.astype(object)
        some[::7] = nothing
        found = estimate_label_quality(Y, some, sample=sample)
        left = np.arange(len(answers)) % 7 > 0
        checked = found.n_tagged_checked + found.n_untagged_checked
        expected = np.bincount(sample.label_code[left], minlength=3)
        assert_array_equal(checked, expected)


def test_weights_undo_unequal_sampling():
    truth, Y = tags(0, 20_000)
    rng = np.random.RandomState(0)
    # Whoever picked the rows liked positives.
    proba = np.where(truth[:, 1], 0.4, 0.1)
    rows = np.flatnonzero(rng.uniform(size=len(Y)) < proba)
    true = estimate_label_quality(Y, truth)
    answers = only(rows, truth[rows], len(Y))
    plain = estimate_label_quality(Y, answers)
    weighted = estimate_label_quality(Y, answers, sampling_proba=proba)
    by_entry = estimate_label_quality(
        Y, answers, sampling_proba=np.tile(proba, (3, 1)).T
    )
    assert abs(plain.tagability[1] - true.tagability[1]) > 0.1
    assert abs(weighted.tagability[1] - true.tagability[1]) < 0.05
    assert_allclose(by_entry.tagability, weighted.tagability)
    n_checked = weighted.n_untagged_checked
    assert_array_equal(n_checked, plain.n_untagged_checked)


def test_answers_come_in_any_container():
    truth, Y = tags(0)
    expected = estimate_label_quality(Y, truth)
    for answers in (
        sparse.csr_matrix(truth),
        pd.DataFrame(truth),
        pd.DataFrame(truth).astype("boolean"),
        truth.tolist(),
    ):
        found = estimate_label_quality(Y, answers)
        assert_allclose(found.tagability, expected.tagability)


def test_missing_strata_are_nan_with_a_warning():
    truth, Y = tags(0)
    only_tagged = np.flatnonzero(Y.all(axis=1))
    with pytest.warns(UndefinedMetricWarning, match="No untagged row was checked"):
        found = estimate_label_quality(Y, only(only_tagged, truth[only_tagged]))
    assert np.isfinite(found.precision).all()
    for name in ("false_omission_rate", "tagability", "prevalence", "f1"):
        assert np.isnan(getattr(found, name)).all()
        assert np.isnan(getattr(found, f"{name}_interval")).all()


@pytest.mark.filterwarnings("default::sklearn.exceptions.UndefinedMetricWarning")
def test_labels_never_and_always_given():
    truth = np.column_stack([np.arange(100) < 30] * 3 + [np.zeros(100, bool)])
    Y = np.column_stack(
        [np.zeros(100), np.ones(100), np.arange(100) < 30, np.zeros(100)]
    )
    with pytest.warns(UndefinedMetricWarning) as caught:
        found = estimate_label_quality(Y, truth, label_names=list("abcd"))
    texts = sorted(str(warning.message) for warning in caught)
    assert [text.rpartition(" Labels: ")[2] for text in texts] == ["d.", "a, d.", "b."]
    assert_array_equal(found.precision, [np.nan, 0.3, 1, np.nan])
    assert_array_equal(found.tagability, [0, 1, 1, np.nan])
    assert_array_equal(found.prevalence, [0.3, 0.3, 0.3, 0])


def test_frame_has_a_row_per_label():
    truth, Y = tags(0)
    frame = estimate_label_quality(Y, truth, label_names=["a", "b", "c"]).to_frame()
    assert frame.index.tolist() == ["a", "b", "c"]
    assert {"tagability", "tagability_low", "tagability_high"} <= set(frame.columns)


def test_answers_and_sample_must_fit():
    truth, Y = tags(0)
    sample, answers = check(truth, Y, n_per_stratum=10, random_state=0)
    with pytest.raises(ValueError, match=r"Y_checked of shape \(60,\), one answer per"):
        estimate_label_quality(Y, answers[1:], sample=sample)
    with pytest.raises(ValueError, match="a sample drawn from this Y"):
        estimate_label_quality(~Y, answers, sample=sample)
    with pytest.raises(ValueError, match="a sample drawn from this Y"):
        estimate_label_quality(Y[:20], answers, sample=sample)
    with pytest.raises(ValueError, match="either a sample or sampling_proba"):
        estimate_label_quality(Y, answers, sample=sample, sampling_proba=Y)
    with pytest.raises(ValueError, match=r"Y_checked of shape \(2000, 3\), like Y"):
        estimate_label_quality(Y, truth[:5])


@pytest.mark.parametrize("answers", [[2.0] * 6, ["yes"] * 6, [[[1]]]])
def test_answers_are_zero_one_or_nothing(answers):
    with pytest.raises(ValueError, match="Y_checked to hold 0, 1, and NaN"):
        estimate_label_quality([0, 1, 0, 1, 0, 1], answers)


@pytest.mark.parametrize("proba", [[0, 1], [0.5, 1.5], [1.0], [np.nan, 1]])
def test_sampling_probabilities_are_checked(proba):
    with pytest.raises(ValueError, match=r"sampling_proba of shape \(2,\) or \(2, 1\)"):
        estimate_label_quality([0, 1], [0, 1], sampling_proba=proba)


def test_confidence_level_is_checked():
    with pytest.raises(ValueError, match="'confidence_level' parameter of estimate"):
        estimate_label_quality([0, 1], [0, 1], confidence_level=95)
