import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from sklearn.linear_model import LogisticRegression, Ridge

from sknoisy._indicator import read_indicator
from sknoisy.exceptions import NoEvidenceWarning
from sknoisy.multilabel import (
    MultilabelNoisyClassifier,
    _tag_evidence,
    _tag_labels,
)
from sknoisy.multilabel._tag_evidence import (
    RIDGE,
    TagEvidence,
    TagRegression,
    gather_evidence,
    has_evidence,
)
from sknoisy.multilabel._tag_labels import TagLabels, is_single_column
from sknoisy.multilabel._tag_models import (
    TagFit,
    best_f1_threshold,
    fit_tag,
    soft_labels_of_tag,
    sparse_posterior,
    tag_proba,
)
from sknoisy.multilabel._tag_posterior import (
    TagPosterior,
    entry_quality,
    pool_evidence,
    posterior_of_tag,
    tag_posterior,
)


def labels_of(table, **params):
    return TagLabels(read_indicator(table, owner="test"), **params)


def random_table(seed=0, shape=(60, 5)):
    rng = np.random.RandomState(seed)
    return (rng.normal(size=shape) + rng.normal(size=(shape[0], 1)) > 0.3).astype(int)


# Regression of tags on tags


def test_coefficients_are_those_of_ridge_regressions():
    table = random_table()
    folds = [(np.arange(40), np.arange(40, 60))]
    regression = TagRegression(labels_of(table), folds)
    for k in range(5):
        others = np.delete(table, k, axis=1)
        ridge = Ridge(alpha=RIDGE).fit(others[:40], table[:40, k])
        expected = ridge.predict(others[40:])
        np.testing.assert_allclose(regression.predict([k])[40:, 0], expected)
    several = regression.predict([3, 0])
    np.testing.assert_allclose(several[:, 1], regression.predict([0])[:, 0])


def test_rows_never_held_out_have_the_mean():
    table = random_table()
    regression = TagRegression(labels_of(table), [(np.arange(40), np.arange(40, 60))])
    np.testing.assert_allclose(regression.predict([2])[:40], table[:40, 2].mean())


def test_rows_held_out_twice_have_the_mean_of_both():
    table, rows = random_table(), np.arange(60)
    folds = [(rows[:40], rows[40:]), (rows[:30], rows[30:])]
    both = TagRegression(labels_of(table), folds).predict([1])
    parts = [TagRegression(labels_of(table), [one]).predict([1]) for one in folds]
    np.testing.assert_allclose(both[40:], np.mean(parts, axis=0)[40:])


def test_a_weight_is_a_number_of_copies_for_the_regression():
    table, times = random_table(), np.arange(60) % 3
    copies = np.repeat(np.arange(60), times)
    rows, held = np.arange(60), np.arange(5)
    weighted = TagRegression(
        labels_of(table, sample_weight=times.astype(float)), [(rows, held)]
    )
    written = TagRegression(
        labels_of(table[copies]), [(np.arange(len(copies)), np.arange(5))]
    )
    np.testing.assert_allclose(weighted.parts[0][2], written.parts[0][2])
    np.testing.assert_allclose(weighted.parts[0][3], written.parts[0][3])


# Pooling and posterior


def test_pooling_follows_what_predicts_and_ignores_what_does_not():
    rng = np.random.RandomState(0)
    p = rng.uniform(0.05, 0.95, 4000)
    tagged = rng.uniform(size=4000) < p
    noise = rng.uniform(0.05, 0.95, 4000)
    pooled, exponents = pool_evidence([p, noise], tagged, np.ones(4000))
    assert exponents[0] == pytest.approx(1, abs=0.1)
    assert exponents[1] == pytest.approx(0, abs=0.05)
    np.testing.assert_allclose(pooled, p, atol=0.06)


def test_a_single_source_is_recalibrated():
    rng = np.random.RandomState(0)
    p = rng.uniform(0.05, 0.95, 4000)
    tagged = rng.uniform(size=4000) < p
    odds = p / (1 - p)
    # Twice the logit, and one more: both are undone.
    given_odds = np.e * odds**2
    pooled, weights = pool_evidence(
        [given_odds / (1 + given_odds)], tagged, np.ones(4000)
    )
    assert weights[0] == pytest.approx(0.5, abs=0.05)
    np.testing.assert_allclose(pooled, p, atol=0.06)


def test_posterior_by_hand():
    # q = 0.5 p + 0.1 (1 - p) = 0.3 gives p = 1/2; a blank is missing at 0.25 / 0.7.
    posterior = posterior_of_tag(np.full(2, 0.3), np.array([True, False]), 0.5, 0.1)
    np.testing.assert_allclose(posterior, [0.25 / 0.3, 0.25 / 0.7])


def test_elkan_and_noto_by_hand():
    # Their weight of a blank: (1 - c) / c * q / (1 - q) with c = 0.6, q = 0.3.
    posterior = posterior_of_tag(np.full(2, 0.3), np.array([True, False]), 0.4)
    np.testing.assert_allclose(posterior, [1, 0.4 / 0.6 * 0.3 / 0.7])


def test_quality_ranks_blanks_whose_posterior_is_one():
    table = np.zeros((3, 2), dtype=int)
    table[0, 0] = table[0, 1] = 1
    labels = labels_of(table, trusted=np.array([False, False, True]))
    quality, omission, precision = entry_quality(
        np.array([0.2, 0.9, 0.95]), labels, 0, 0.5, 0.0
    )
    np.testing.assert_allclose(quality, [0.4, 1 / (1 + 9), 1])
    assert omission == pytest.approx(0.5)
    assert precision == 1


def test_trusted_tags_do_not_count_for_the_missing_rate():
    table = np.zeros((200, 2), dtype=int)
    table[:100, 0], table[::2, 1] = 1, 1
    trusted = np.arange(200) < 50
    proba = np.where(trusted, 0.9, 0.4)
    rates = np.array([np.nan, np.nan]), np.zeros(2)
    plain = tag_posterior([proba], labels_of(table), 0, rates)
    known = tag_posterior([proba], labels_of(table, trusted=trusted), 0, rates)
    assert known.missing_rate > plain.missing_rate + 0.1
    np.testing.assert_array_equal(known.posterior[:50], 1)


def test_actions_by_hand():
    posterior, tagged = np.array([0.9, 0.3, 0.6, 0.2]), np.array([1, 1, 0, 0], bool)
    expected = {
        "soft": [[0.1, 0.9], [0.7, 0.3], [0.4, 0.6], [0.8, 0.2]],
        "relabel": [[0, 1], [1, 0], [0, 1], [1, 0]],
        "weight": [[0, 0.9], [0, 0.3], [0.4, 0], [0.8, 0]],
        "filter": [[0, 1], [0, 0], [0, 0], [1, 0]],
    }
    for action, table in expected.items():
        found = soft_labels_of_tag(action, posterior, tagged)
        np.testing.assert_allclose(found, table)


@settings(max_examples=30, deadline=None)
@given(
    scores=st.lists(st.sampled_from([0.1, 0.2, 0.3, 0.5, 0.8]), min_size=1, max_size=8),
    seed=st.integers(0, 100),
)
def test_threshold_is_the_best_of_all(scores, seed):
    rng = np.random.RandomState(seed)
    scores, posterior = np.array(scores), rng.uniform(0.01, 1, len(scores))
    weight = rng.uniform(0.1, 1, len(scores))

    def f1(threshold):
        chosen = scores >= threshold
        gained = (weight * posterior)[chosen].sum()
        return 2 * gained / (weight[chosen].sum() + (weight * posterior).sum())

    best = max(f1(t) for t in np.arange(0.05, 0.9, 0.05))
    assert f1(best_f1_threshold(scores, posterior, weight)) == pytest.approx(best)


# Models and records


def test_a_single_class_is_learnt_as_a_constant():
    X, labels = np.eye(4), labels_of(np.eye(4, dtype=int))
    for value in (0, 1):
        table = np.eye(2)[np.full(4, value)]
        model = fit_tag(LogisticRegression(), X, table, labels)
        np.testing.assert_array_equal(tag_proba(model, np.eye(4)[:2]), [value] * 2)


def test_posteriors_are_kept_where_they_are_not_negligible():
    columns = [np.array([0.01, 0.5, 1.0]), np.array([0.2, 0.0, 0.04])]
    fits = [TagFit.of(None, 0.5, TagPosterior(None, one, 0.3)) for one in columns]
    assert fits[0].found.posterior is None
    assert fits[0].found.missing_rate == 0.3
    table = sparse_posterior(fits, 3)
    assert table.dtype == np.float32
    np.testing.assert_allclose(table.toarray(), [[0, 0.2], [0.5, 0], [1, 0]])


def test_folds_in_which_a_tag_does_not_occur_are_no_evidence():
    table = np.zeros((20, 2), dtype=int)
    table[:3, 0], table[::2, 1] = 1, 1
    X = np.random.RandomState(0).normal(size=(20, 2))
    folds = [(np.arange(10, 20), np.arange(10)), (np.arange(10), np.arange(10, 20))]
    evidence = TagEvidence(folds, LogisticRegression())
    (found,) = evidence.of_block(X, labels_of(table), [0], [True])
    (proba,) = found
    np.testing.assert_allclose(proba[:10], 3 / 20)
    assert np.ptp(proba[10:]) > 0


def test_rare_tags_are_named_in_a_warning():
    table = np.zeros((20, 3), dtype=int)
    table[:10, 0] = table[:2, 1] = table[:, 2] = 1
    with pytest.warns(NoEvidenceWarning, match="2 of 3 tags are taken .*: 1, 2"):
        enough = has_evidence(labels_of(table))
    np.testing.assert_array_equal(enough, [True, False, False])


def test_rows_are_stratified_by_their_rarest_tag():
    table = np.array([[1, 1, 0]] * 4 + [[1, 0, 0]] * 6 + [[0, 0, 0]] * 5)
    strata = labels_of(table).rarest(2)
    assert len(np.unique(strata.codes[:4])) == 1
    assert len(strata.classes) == 3
    assert len(labels_of(table).rarest(6).classes) == 1


def test_trusted_can_be_rows_or_entries():
    table = random_table()
    rows, entries = np.zeros(60, dtype=bool), np.zeros((60, 5), dtype=bool)
    rows[3] = entries[3, 1] = True
    assert labels_of(table, trusted=rows).trusted_rows(0)[3]
    assert not labels_of(table, trusted=entries).trusted_rows(0)[3]
    assert labels_of(table, trusted=entries).trusted_rows(1)[3]


@pytest.mark.parametrize(
    ("y", "single"),
    [
        ([0, 1, 2], True),
        ([[0], [1]], True),
        ([[0, 1], [1, 1]], False),
        (sparse.csr_array(np.eye(3)), False),
        ([["a"], ["a", "b"]], False),
    ],
)
def test_one_column_or_a_table(y, single):
    assert is_single_column(y, "test") == single


@pytest.mark.parametrize(
    "y", [[("a", "b"), ("c",)], pd.Series([["a"], ["b"]]), [{"a"}, {"b", "c"}]]
)
def test_lists_of_labels_are_no_column(y):
    array = np.empty(2, dtype=object)
    array[:] = list(y)
    with pytest.raises(
        ValueError, match=r"expected y as a table .*MultiLabelBinarizer"
    ):
        is_single_column(array, "test")


# Samples of large tables


def rare_tag(n_rows=6000, seed=0):
    rng = np.random.RandomState(seed)
    X = rng.normal(size=(n_rows, 2))
    tagged = rng.uniform(size=n_rows) < 1 / (1 + np.exp(4 - 2 * X[:, 0]))
    return X, np.column_stack([tagged, ~tagged]).astype(int)


def test_small_tables_are_learnt_from_as_a_whole():
    rows, share = labels_of(rare_tag()[1]).blank_sample(0)
    assert rows.all()
    assert share == 1


def test_a_rare_tag_keeps_its_rows_and_a_share_of_its_blanks(monkeypatch):
    monkeypatch.setattr(_tag_labels, "MANY_ROWS", 1000)
    monkeypatch.setattr(_tag_labels, "BLANKS_PER_TAG", 3)
    table = rare_tag()[1]
    labels = labels_of(table, sample_weight=np.arange(6000) % 3.0)
    rows, share = labels.blank_sample(0)
    tagged = table[:, 0] == 1
    assert rows[tagged].all()
    assert (rows & ~tagged).sum() == pytest.approx(3 * tagged.sum(), rel=0.1)
    weight = labels.sample_weight
    assert share == weight[rows & ~tagged].sum() / weight[~tagged].sum()
    assert labels.blank_sample(1)[1] == 1  # More rows have this tag than lack it.


def test_evidence_from_a_sample_is_that_from_all_blanks(monkeypatch):
    X, table = rare_tag()
    folds = [(np.arange(3000), np.arange(3000, 6000))]
    evidence = TagEvidence(folds, LogisticRegression())
    found = []
    for many in (1000, 10_000):
        monkeypatch.setattr(_tag_labels, "MANY_ROWS", many)
        monkeypatch.setattr(_tag_labels, "BLANKS_PER_TAG", 5)
        labels = labels_of(table)
        proba = next(evidence.of_block(X, labels, [0], [True]))[0][3000:]
        pooled, weights = pool_evidence([proba], table[3000:, 0] == 1, np.ones(3000))
        found.append((proba.mean(), pooled.mean(), *weights))
    # Without the correction the mean would be twice as large.
    np.testing.assert_allclose(found[0], found[1], rtol=0.1)


def test_weights_of_sources_from_a_sample_are_those_of_all_rows():
    rng = np.random.RandomState(0)
    p = rng.beta(0.3, 6, size=40_000)
    tagged = rng.uniform(size=40_000) < p
    rows = tagged | (rng.uniform(size=40_000) < 0.2)
    whole, of_whole = pool_evidence([p], tagged, np.ones(40_000))
    part, of_part = pool_evidence([p], tagged, np.ones(40_000), (rows, 0.2))
    np.testing.assert_allclose(of_part, of_whole, rtol=0.05)
    np.testing.assert_allclose(part.mean(), whole.mean(), rtol=0.05)


def test_neighbors_are_searched_in_a_sample_of_a_large_table(monkeypatch):
    monkeypatch.setattr(_tag_evidence, "MANY_ROWS", 50)
    monkeypatch.setattr(_tag_labels, "MANY_ROWS", 50)
    X, table = rare_tag(400)
    clf = MultilabelNoisyClassifier(evidence="neighbors")
    evidence = gather_evidence(clf, LogisticRegression(), X, labels_of(table))
    assert len(evidence.graph.voters) == 100
