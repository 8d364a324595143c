import numpy as np
import pytest
from scipy import sparse
from sklearn.metrics import average_precision_score, roc_auc_score

from sknoisy.exceptions import NoEvidenceWarning
from sknoisy.multilabel import (
    MultilabelAudit,
    estimate_label_quality,
    reannotation_sample,
)

N_SAMPLES, N_LABELS = 800, 8


def tagging(seed, recall=0.6, spurious=0.03):
    rng = np.random.RandomState(seed)
    factors = rng.normal(size=(N_SAMPLES, 4))
    X = factors @ rng.normal(size=(4, 15)) + 0.5 * rng.normal(size=(N_SAMPLES, 15))
    directions = rng.normal(size=(4, N_LABELS))
    directions /= np.linalg.norm(directions, axis=0)
    y = (factors @ directions > rng.uniform(0.2, 0.8, N_LABELS)).astype(int)
    chance = rng.uniform(size=y.shape)
    return X, np.where(y == 1, chance < recall, chance < spurious).astype(int), y


@pytest.fixture(scope="module")
def data():
    return tagging(0)


@pytest.fixture(scope="module")
def audit(data):
    X, noisy, _ = data
    return MultilabelAudit(cv=2).fit(X, noisy)


def test_quality_ranks_wrong_entries_below_right_ones(data, audit):
    _, noisy, y = data
    for tagged in (0, 1):
        asked = noisy == tagged
        wrong = (noisy != y)[asked]
        assert roc_auc_score(wrong, -audit.label_quality_[asked]) > 0.85
    share = (noisy != y).mean(axis=1)
    assert np.corrcoef(share, audit.sample_quality_)[0, 1] < -0.3


def test_all_evidence_finds_more_than_the_model_alone(data, audit):
    X, noisy, y = data
    alone = MultilabelAudit(cv=2, evidence="model").fit(X, noisy)
    blank = noisy == 0
    found, found_alone = (
        average_precision_score(y[blank], -one.label_quality_[blank])
        for one in (audit, alone)
    )
    assert found > found_alone


def test_suspicious_entries_come_in_order(data, audit):
    _, noisy, y = data
    missing, spurious = audit.missing_tags(50), audit.spurious_tags(20)
    assert len(missing) == 50
    assert (np.diff(missing.label_quality) >= 0).all()
    assert not noisy[missing.row, missing.label_code].any()
    assert noisy[spurious.row, spurious.label_code].all()
    assert y[missing.row, missing.label_code].mean() > 0.9
    assert y[spurious.row, spurious.label_code].mean() < 0.4
    assert (audit.missing_tags().label_quality < 0.5).all()
    assert len(audit.spurious_tags(10**6)) == noisy.sum()
    np.testing.assert_array_equal(missing.label, missing.label_code)
    assert len(audit.missing_tags(0)) == 0
    assert audit.label_quality_[noisy == 0].min() == missing.label_quality[0]


def test_reannotation_corrects_the_rates():
    X, noisy, y = tagging(0)
    # Features that show little: without re-annotation, tags seem to be often missing.
    X = X + 6 * np.random.RandomState(1).normal(size=X.shape)
    audit = MultilabelAudit(cv=2, evidence="model").fit(X, noisy)
    true = 1 - (noisy * y).sum(axis=0) / y.sum(axis=0)
    assert np.abs(audit.missing_rate_ - true).mean() > 0.15
    assert (audit.precision_ == 1).all()
    sample = reannotation_sample(noisy, n_per_stratum=100, random_state=0)
    answers = y[sample.row, sample.label_code]
    audit.use_label_quality(estimate_label_quality(noisy, answers, sample=sample))
    np.testing.assert_allclose(audit.missing_rate_, true, atol=0.1)
    low, high = audit.missing_rate_bounds_.T
    assert ((low < audit.missing_rate_) & (audit.missing_rate_ < high)).all()
    np.testing.assert_allclose(audit.spurious_rate_, 0.03, atol=0.04)
    precision = (noisy * y).sum(axis=0) / noisy.sum(axis=0)
    np.testing.assert_allclose(audit.precision_, precision, atol=0.1)


def test_frame_has_a_row_per_tag(audit):
    frame = audit.to_frame()
    assert frame.index.tolist() == list(range(N_LABELS))
    np.testing.assert_allclose(frame["missing_rate"], audit.missing_rate_)
    assert (frame["missing_rate_low"] <= frame["missing_rate_high"]).all()
    assert (frame["missing"] > 0).all()


def test_tags_as_a_sparse_table(data, audit):
    X, noisy, _ = data
    again = MultilabelAudit(cv=2).fit(X, sparse.csr_array(noisy))
    np.testing.assert_array_equal(again.label_quality_, audit.label_quality_)


def test_classes_of_a_column_are_tags(data):
    X, noisy, _ = data
    y = np.array(["b", "a", "c"])[noisy[:, 0] + noisy[:, 1]]
    audit = MultilabelAudit(cv=2).fit(X, y)
    assert audit.label_names_.tolist() == ["a", "b", "c"]
    assert audit.proba_.shape == (N_SAMPLES, 3)


def test_names_can_be_given(data):
    X, noisy, _ = data
    audit = MultilabelAudit(cv=2, label_names=["rock", "jazz"]).fit(X, noisy[:, :2])
    assert set(audit.missing_tags(10).label) <= {"rock", "jazz"}


def test_trusted_entries_have_quality_one(data):
    X, noisy, _ = data
    trusted = np.arange(N_SAMPLES) < 100
    audit = MultilabelAudit(cv=2).fit(X, noisy, trusted=trusted)
    assert (audit.label_quality_[:100] == 1).all()
    assert (audit.missing_tags(200).row >= 100).all()


def test_tags_without_evidence_have_quality_one(data):
    X, noisy, _ = data
    y = noisy.copy()
    y[:, 0], y[2:, 1] = 0, 0
    with pytest.warns(NoEvidenceWarning, match="2 of 8 tags are taken as they are"):
        audit = MultilabelAudit(cv=2).fit(X, y)
    assert np.isnan(audit.missing_rate_[:2]).all()
    assert (audit.label_quality_[:, :2] == 1).all()
    assert audit.to_frame()["missing_rate"].isna().sum() == 2


@pytest.mark.parametrize("n", [-1, 2.5, "all"])
def test_numbers_that_are_none(audit, n):
    with pytest.raises(ValueError, match="n expected a number of entries"):
        audit.missing_tags(n)


def test_quality_of_other_tags(data, audit):
    quality = estimate_label_quality(data[1][:, :3], data[2][:, :3])
    with pytest.raises(ValueError, match="8 tags given to fit, but got LabelQuality o"):
        audit.use_label_quality(quality)
    with pytest.raises(ValueError, match="but got float of 0"):
        audit.use_label_quality(0.5)
