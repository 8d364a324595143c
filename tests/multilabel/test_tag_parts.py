import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from sklearn.linear_model import LogisticRegression, Ridge

from sknoisy._indicator import read_indicator
from sknoisy.exceptions import NoEvidenceWarning
from sknoisy.multilabel._tag_evidence import TagEvidence, has_evidence
from sknoisy.multilabel._tag_labels import TagLabels, is_single_column
from sknoisy.multilabel._tag_models import fit_tag, sparse_columns, tag_proba, thinned
from sknoisy.multilabel._tag_posterior import (
    best_f1_threshold,
    estimate_tagability,
    pool_evidence,
    posterior_of_tag,
    true_proba,
)
from sknoisy.multilabel._tag_regression import RIDGE, TagRegression

PROBABILITY = st.floats(0.01, 0.99)


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
        np.testing.assert_allclose(regression.column(k)[40:], expected)


def test_rows_never_held_out_have_the_mean():
    table = random_table()
    regression = TagRegression(labels_of(table), [(np.arange(40), np.arange(40, 60))])
    np.testing.assert_allclose(regression.column(2)[:40], table[:40, 2].mean())


def test_a_weight_is_a_number_of_copies_for_the_regression():
    table, times = random_table(), np.arange(60) % 3
    copies = np.repeat(np.arange(60), times)
    rows, held = np.arange(60), np.arange(5)
    weighted = TagRegression(
        labels_of(table, weights=times.astype(float)), [(rows, held)]
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


def test_tagability_is_what_the_probability_reaches():
    tagged = np.arange(1000) < 400
    proba = np.where(np.arange(1000) < 600, 0.7, 0.0)
    tagability, lowest = estimate_tagability(proba, tagged, np.ones(1000))
    assert lowest == pytest.approx(0.7)
    assert tagability == pytest.approx((400 * 0.7 + 20 * 0.5) / 420)


def test_few_tags_say_little_about_tagability():
    tagged = np.arange(100) < 2
    tagability, lowest = estimate_tagability(np.full(100, 0.02), tagged, np.ones(100))
    assert lowest == pytest.approx(0.02)
    assert tagability > 0.4


@settings(max_examples=30, deadline=None)
@given(true=PROBABILITY, tagability=st.floats(0.3, 1), spurious=st.floats(0, 0.2))
def test_posterior_is_bayes(true, tagability, spurious):
    given_share = tagability * true + spurious * (1 - true)
    proba, tagged = np.full(2, given_share), np.array([True, False])
    np.testing.assert_allclose(true_proba(proba, tagability, spurious), true)
    posterior = posterior_of_tag(proba, tagged, tagability, spurious)
    missing = (1 - tagability) * true / (1 - given_share)
    np.testing.assert_allclose(posterior[1], missing, atol=1e-9)
    right = tagability * true / given_share if spurious else 1.0
    np.testing.assert_allclose(posterior[0], right, atol=1e-9)


@settings(max_examples=30, deadline=None)
@given(
    scores=st.lists(st.sampled_from([0.1, 0.2, 0.3, 0.5, 0.8]), min_size=1, max_size=8),
    seed=st.integers(0, 100),
)
def test_threshold_is_the_best_of_all(scores, seed):
    rng = np.random.RandomState(seed)
    scores, believed = np.array(scores), rng.uniform(0.01, 1, len(scores))
    mass = rng.uniform(0.1, 1, len(scores))

    def f1(threshold):
        chosen = scores >= threshold
        gained = (mass * believed)[chosen].sum()
        return 2 * gained / (mass[chosen].sum() + (mass * believed).sum())

    best = max(f1(t) for t in np.arange(0.05, 0.9, 0.05))
    assert f1(best_f1_threshold(scores, believed, mass)) == pytest.approx(best)


# Models and records


def test_a_single_class_is_learnt_as_a_constant():
    X, labels = np.eye(4), labels_of(np.eye(4, dtype=int))
    for value in (0, 1):
        model = fit_tag(LogisticRegression(), X, np.full(4, float(value)), labels)
        np.testing.assert_array_equal(tag_proba(model, np.eye(4)[:2]), [value] * 2)


def test_sparse_columns_keep_what_is_not_faint():
    columns = [np.array([0.01, 0.5, 1.0]), np.array([0.2, 0.0, 0.04])]
    table = sparse_columns([thinned(c) for c in columns], 3)
    assert table.dtype == np.float32
    np.testing.assert_allclose(table.toarray(), [[0, 0.2], [0.5, 0], [1, 0]])


def test_folds_in_which_a_tag_does_not_occur_are_no_evidence():
    table = np.zeros((20, 2), dtype=int)
    table[:3, 0], table[::2, 1] = 1, 1
    X = np.random.RandomState(0).normal(size=(20, 2))
    folds = [(np.arange(10, 20), np.arange(10)), (np.arange(10), np.arange(10, 20))]
    evidence = TagEvidence(folds, LogisticRegression())
    (proba,) = evidence.columns(X, labels_of(table), 0)
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


def test_verified_entries_can_be_rows_or_entries():
    table = random_table()
    rows, entries = np.zeros(60, dtype=bool), np.zeros((60, 5), dtype=bool)
    rows[3] = entries[3, 1] = True
    assert labels_of(table, trusted=rows).verified(0)[3]
    assert not labels_of(table, trusted=entries).verified(0)[3]
    assert labels_of(table, trusted=entries).verified(1)[3]


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
    assert is_single_column(y) == single
