import pickle

import numpy as np
import pandas as pd
import polars as pl
import pytest
from joblib import parallel_backend
from scipy import sparse
from sklearn import config_context
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import DataConversionWarning
from sklearn.linear_model import LogisticRegression, Perceptron
from sklearn.metrics import f1_score, roc_auc_score
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.multioutput import MultiOutputClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sknoisy._compat import _routing_enabled
from sknoisy.exceptions import NoEvidenceWarning, UnsuitableEstimatorError
from sknoisy.multilabel import MultilabelNoisyClassifier, label_vectors


def tagging(seed, n_samples=900, n_labels=8, recall=0.6):
    """Tags as thresholded directions of few factors, seen through noisy features."""
    rng = np.random.RandomState(seed)
    factors = rng.normal(size=(n_samples, 4))
    X = factors @ rng.normal(size=(4, 15)) + rng.normal(size=(n_samples, 15))
    directions = rng.normal(size=(4, n_labels))
    directions /= np.linalg.norm(directions, axis=0)
    y = (factors @ directions > rng.uniform(0.2, 1.0, n_labels)).astype(int)
    noisy = y * (rng.uniform(size=y.shape) < recall)
    return X[:500], noisy[:500], y[:500], X[500:], y[500:]


@pytest.fixture(scope="module")
def data():
    return tagging(0)


@pytest.fixture(scope="module")
def fitted(data):
    X, noisy, *_ = data
    return MultilabelNoisyClassifier(cv=2).fit(X, noisy)


def macro_f1(clf, X, y):
    return f1_score(y, clf.predict(X), average="macro", zero_division=0)


def mean_auc(clf, X, y):
    return roc_auc_score(y, clf.predict_proba(X), average="macro")


# What it is for


@pytest.mark.parametrize("seed", range(2))
def test_missing_tags_harm_less(seed):
    X, noisy, y, X_test, y_test = tagging(seed)
    plain = MultiOutputClassifier(LogisticRegression()).fit(X, noisy)
    clean = MultiOutputClassifier(LogisticRegression()).fit(X, y)
    ours = MultilabelNoisyClassifier().fit(X, noisy)
    gap = macro_f1(clean, X_test, y_test) - macro_f1(plain, X_test, y_test)
    gained = macro_f1(ours, X_test, y_test) - macro_f1(plain, X_test, y_test)
    assert gap > 0.05
    assert gained > 0.6 * gap
    plain_auc = np.mean(
        [
            roc_auc_score(y_test[:, k], proba[:, 1])
            for k, proba in enumerate(plain.predict_proba(X_test))
        ]
    )
    assert mean_auc(ours, X_test, y_test) > plain_auc


@pytest.mark.parametrize("seed", range(2))
def test_complete_tags_are_not_harmed(seed):
    X, _, y, X_test, y_test = tagging(seed)
    clean = MultiOutputClassifier(LogisticRegression()).fit(X, y)
    ours = MultilabelNoisyClassifier().fit(X, y)
    assert macro_f1(ours, X_test, y_test) > macro_f1(clean, X_test, y_test) - 0.02


def test_clean_proba_find_the_missing_tags(data, fitted):
    _, noisy, y, *_ = data
    posterior = fitted.clean_proba_.toarray()
    assert (posterior[noisy == 1] == 1).all()
    blank = noisy == 0
    assert roc_auc_score(y[blank], posterior[blank]) > 0.9


def test_bounds_hold_the_missing_rate_and_it_orders_the_tags():
    rng = np.random.RandomState(0)
    X, _, y, *_ = tagging(0)
    recall = np.array([0.3, 0.9] * 4)
    noisy = y * (rng.uniform(size=y.shape) < recall)
    clf = MultilabelNoisyClassifier(evidence="model").fit(X, noisy)
    low, high = clf.missing_rate_bounds_.T
    assert (low == 0).all()
    assert (high > 1 - recall).all()
    missing = clf.missing_rate_
    assert missing[recall < 0.5].min() > missing[recall > 0.5].max()


@pytest.mark.parametrize("evidence", ["model", "neighbors", "tags"])
def test_each_kind_of_evidence_is_heard_alone(data, evidence):
    X, noisy, _, X_test, y_test = data
    clf = MultilabelNoisyClassifier(evidence=evidence, cv=2).fit(X, noisy)
    assert clf.evidence_weights_.shape == (8, 1)
    assert mean_auc(clf, X_test, y_test) > 0.85


def test_given_missing_rate_is_used(data):
    X, noisy, *_ = data
    clf = MultilabelNoisyClassifier(missing_rate=0.4, cv=2).fit(X, noisy)
    np.testing.assert_array_equal(clf.missing_rate_, 0.4)
    whole = MultilabelNoisyClassifier(missing_rate=0.0, cv=2).fit(X, noisy)
    np.testing.assert_array_equal(whole.clean_proba_.toarray(), noisy)
    some = np.where(np.arange(8) < 4, 0.4, np.nan)
    mixed = MultilabelNoisyClassifier(missing_rate=some, cv=2).fit(X, noisy)
    free = MultilabelNoisyClassifier(cv=2).fit(X, noisy)
    expected = np.where(np.arange(8) < 4, 0.4, free.missing_rate_)
    np.testing.assert_allclose(mixed.missing_rate_, expected)
    plain = MultiOutputClassifier(LogisticRegression()).fit(X, noisy)
    np.testing.assert_array_equal(whole.predict(X), plain.predict(X))


def test_spurious_tags_are_found_where_their_rate_is_known(data):
    X, _, y, *_ = data
    rng = np.random.RandomState(1)
    noisy = np.where(rng.uniform(size=y.shape) < 0.15, 1, y)
    rates = {"missing_rate": 0.0, "spurious_rate": 0.15}
    clf = MultilabelNoisyClassifier(**rates).fit(X, noisy)
    posterior, tagged = clf.clean_proba_.toarray(), noisy == 1
    assert roc_auc_score(y[tagged], posterior[tagged]) > 0.85


# Treatments


def test_actions_train_on_what_they_say(data):
    X, noisy, *_ = data
    params = {"missing_rate": 0.4, "evidence": "tags", "cv": 2}
    soft = MultilabelNoisyClassifier(**params).fit(X, noisy)
    posterior = soft.clean_proba_.toarray()[:, 2]
    tagged = noisy[:, 2] == 1
    relabelled = LogisticRegression().fit(X, posterior > 0.5)
    kept = tagged | (posterior < 0.5)
    filtered = LogisticRegression().fit(X[kept], tagged[kept])
    # Negligible shares of the posterior are left out in ``clean_proba_``, not here.
    weights = np.where(tagged, 1, 1 - posterior)
    weighed = LogisticRegression().fit(X, tagged, sample_weight=weights)
    expected = {"relabel": relabelled, "filter": filtered, "weight": weighed}
    for action, plain in expected.items():
        clf = MultilabelNoisyClassifier(action=action, **params).fit(X, noisy)
        proba = clf.predict_proba(X)[:, 2]
        np.testing.assert_allclose(proba, plain.predict_proba(X)[:, 1], atol=0.02)


def test_elkan_and_noto_in_one_call(data):
    X, noisy, *_ = data
    base = LogisticRegression(tol=1e-8)
    clf = MultilabelNoisyClassifier(base, evidence="model", missing_rate=0.4, cv=2)
    clf.fit(X, noisy)
    blank = noisy[:, 0] == 0
    weights = clf.clean_proba_.toarray()[:, 0]
    # Shares below a twentieth are not trained on.
    weights[weights > 0.95] = 1
    rows = np.concatenate([np.arange(500), np.flatnonzero(blank)])
    target = np.concatenate([np.where(blank, 0, 1), np.ones(blank.sum())])
    weight = np.concatenate([np.where(blank, 1 - weights, 1), weights[blank]])
    plain = clone(base).fit(X[rows], target, sample_weight=weight)
    np.testing.assert_allclose(
        clf.predict_proba(X)[:, 0], plain.predict_proba(X)[:, 1], atol=1e-3
    )


def test_threshold_for_f1_suits_rare_tags(data):
    X, noisy, *_ = data
    rare = noisy * (np.random.RandomState(0).uniform(size=noisy.shape) < 0.3)
    half = MultilabelNoisyClassifier(missing_rate=0.0, cv=2).fit(X, rare)
    best = clone(half).set_params(threshold="f1").fit(X, rare)
    np.testing.assert_allclose(best.predict_proba(X), half.predict_proba(X))
    assert macro_f1(best, X, rare) > macro_f1(half, X, rare)


def test_a_base_without_weights_gets_relabelled_tags(data):
    X, noisy, _, X_test, y_test = data
    base = KNeighborsClassifier(15)
    clf = MultilabelNoisyClassifier(base, cv=2).fit(X, noisy)
    plain = MultiOutputClassifier(base).fit(X, noisy)
    assert macro_f1(clf, X_test, y_test) > macro_f1(plain, X_test, y_test)


# scikit-learn's ways


def test_it_stands_in_a_grid_search(data):
    X, noisy, *_ = data
    search = GridSearchCV(
        MultilabelNoisyClassifier(cv=2),
        {"estimator__C": [0.01, 1]},
        scoring="roc_auc",
        cv=KFold(2),
    )
    search.set_params(estimator__estimator=LogisticRegression())
    search.fit(X, noisy)
    assert np.isfinite(search.best_score_)
    assert search.predict(X).shape == noisy.shape


def test_it_stands_in_a_search_over_two_tags(data):
    X, noisy, *_ = data
    search = GridSearchCV(
        MultilabelNoisyClassifier(cv=2),
        {"evidence": ["neighbors", "tags"]},
        scoring="roc_auc",
        cv=KFold(2),
    )
    assert search.fit(X, noisy[:, :2]).best_score_ > 0.7


def test_every_number_of_jobs_gives_the_same_result():
    X, noisy, *_ = tagging(0, n_labels=20)
    base = RandomForestClassifier(2, max_depth=3)
    one = (
        MultilabelNoisyClassifier(base, cv=2, random_state=0)
        .fit(X, noisy)
        .predict_proba(X)
    )
    with parallel_backend("threading", n_jobs=2):
        two = (
            MultilabelNoisyClassifier(base, cv=2, random_state=0)
            .fit(X, noisy)
            .predict_proba(X)
        )
    np.testing.assert_allclose(one, two, atol=1e-12)


@pytest.mark.parametrize(
    "container",
    [
        sparse.csr_array,
        sparse.csc_matrix,
        pd.DataFrame,
        lambda y: pl.DataFrame(y, schema=[str(k) for k in range(y.shape[1])]),
        lambda y: y.astype(bool),
        lambda y: y.tolist(),
    ],
)
def test_tags_in_any_container(data, fitted, container):
    X, noisy, *_ = data
    clf = MultilabelNoisyClassifier(cv=2).fit(X, container(noisy))
    predicted = clf.predict(X)
    np.testing.assert_allclose(clf.predict_proba(X), fitted.predict_proba(X))
    if sparse.issparse(container(noisy)):
        assert sparse.issparse(predicted)
        predicted = predicted.toarray()
    np.testing.assert_array_equal(predicted, fitted.predict(X))


def test_names_of_tags_are_kept(data):
    X, noisy, *_ = data
    names = list("abcdefgh")
    clf = MultilabelNoisyClassifier(cv=2).fit(X, pd.DataFrame(noisy, columns=names))
    assert clf.label_names_.tolist() == names


def test_a_column_of_classes_goes_to_the_plain_base(data):
    X, noisy, *_ = data
    y = np.array(["no", "yes"])[noisy[:, 0]]
    clf = MultilabelNoisyClassifier().fit(X, y)
    plain = LogisticRegression().fit(X, y)
    np.testing.assert_array_equal(clf.predict(X), plain.predict(X))
    np.testing.assert_array_equal(clf.classes_, ["no", "yes"])
    with pytest.warns(DataConversionWarning, match="column-vector"):
        clf.fit(X, y[:, None])
    np.testing.assert_allclose(clf.predict_proba(X), plain.predict_proba(X))


def test_a_pipeline_takes_the_weights_at_its_end(data):
    X, noisy, _, X_test, y_test = data
    base = make_pipeline(StandardScaler(), LogisticRegression())
    clf = MultilabelNoisyClassifier(base, cv=2).fit(100 * X, noisy)
    assert mean_auc(clf, 100 * X_test, y_test) > 0.85
    with config_context(enable_metadata_routing=True):
        assert _routing_enabled()
        routed = clone(clf).fit(100 * X, noisy)
    np.testing.assert_allclose(routed.predict_proba(X), clf.predict_proba(X))


def test_it_survives_a_pickle(data, fitted):
    X = data[0]
    again = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(again.predict(X), fitted.predict(X))


def test_a_weight_is_a_number_of_copies():
    X, noisy, *_ = tagging(1, n_labels=3)
    times = np.random.RandomState(0).randint(0, 3, size=len(X))
    rows = np.repeat(np.arange(len(X)), times)
    weighted = MultilabelNoisyClassifier(cv=2).fit(X, noisy, sample_weight=times)
    written = MultilabelNoisyClassifier(cv=2).fit(X[rows], noisy[rows])
    np.testing.assert_allclose(
        weighted.predict_proba(X), written.predict_proba(X), atol=1e-3
    )


def test_trusted_entries_are_kept(data):
    X, noisy, *_ = data
    trusted = np.zeros(noisy.shape, dtype=bool)
    trusted[:200] = True
    clf = MultilabelNoisyClassifier(cv=2).fit(X, noisy, trusted=trusted)
    posterior = clf.clean_proba_.toarray()
    np.testing.assert_array_equal(posterior[:200], noisy[:200])
    assert (posterior[200:] != noisy[200:]).any()
    rows = MultilabelNoisyClassifier(cv=2).fit(X, noisy, trusted=trusted[:, 0])
    np.testing.assert_allclose(rows.predict_proba(X), clf.predict_proba(X))


def test_rows_of_a_group_are_no_evidence_about_each_other(data):
    X = data[0]
    twins, groups = np.repeat(X[:200], 2, axis=0), np.repeat(np.arange(200), 2)
    twins = twins + 1e-6 * np.random.RandomState(0).normal(size=twins.shape)
    y = np.random.RandomState(1).randint(2, size=(200, 3)).repeat(2, axis=0)
    params = {"evidence": "neighbors", "cv": 2}
    alone = MultilabelNoisyClassifier(**params).fit(twins, y)
    grouped = MultilabelNoisyClassifier(**params).fit(twins, y, groups=groups)
    assert alone.evidence_weights_.mean() > grouped.evidence_weights_.mean() + 0.2


# Bad input


def test_rare_and_constant_tags_are_taken_as_they_are(data):
    X, noisy, *_ = data
    y = noisy.copy()
    y[:, 0], y[:, 1], y[:, 2], y[2:, 3] = 0, 1, 0, 0
    y[:2, [2, 3]] = 1
    with pytest.warns(NoEvidenceWarning, match="4 of 8 tags are taken as they are"):
        clf = MultilabelNoisyClassifier(cv=2, threshold="f1").fit(X, y)
    np.testing.assert_array_equal(np.isnan(clf.missing_rate_), np.arange(8) < 4)
    predicted = clf.predict(X)
    assert not predicted[:, 0].any()
    assert predicted[:, 1].all()
    assert np.isfinite(clf.predict_proba(X)).all()
    vectors = label_vectors(clf)
    np.testing.assert_array_equal(vectors.any(axis=1), np.arange(8) > 1)


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (np.full((500, 2), 2), "expected zeros and ones in y"),
        (np.full((500, 2), np.nan), "expected zeros and ones in y"),
        ([["a"], ["a", "b"]] * 250, "MultiLabelBinarizer"),
        ([("a", "b"), ("b", "c")] * 250, "the first of them 'a'.*MultiLabelBinarizer"),
        (pd.Series([("a",), ("b", "c")] * 250), "got tuples of labels. Pass sklearn"),
        (np.zeros((500, 2), dtype=int), "of 2 tags 2 are all zero and 0 all one"),
        (np.tile([0, 1], (500, 1)), "of 2 tags 1 are all zero and 1 all one"),
        (np.zeros((400, 2), dtype=int), r"inconsistent numbers of samples: \[500, 400"),
    ],
)
def test_tables_that_are_no_tags(data, y, message):
    with pytest.raises(ValueError, match=message):
        MultilabelNoisyClassifier().fit(data[0], y)


def test_a_single_row():
    with pytest.raises(ValueError, match="at least 2 rows of tags, but got 1 sample"):
        MultilabelNoisyClassifier().fit([[1.0]], [[0, 1]])


@pytest.mark.parametrize(
    ("params", "message"),
    [
        (
            {"missing_rate": [0.5] * 2},
            r"missing_rate expected a number or shape \(8,\)",
        ),
        ({"missing_rate": [-0.5] * 8}, "expected numbers from 0 whose sum is below 1"),
        ({"missing_rate": 0.7, "spurious_rate": 0.4}, "whose sum is below 1"),
    ],
)
def test_rates_that_cannot_be(data, params, message):
    X, noisy, *_ = data
    with pytest.raises(ValueError, match=message):
        MultilabelNoisyClassifier(**params).fit(X, noisy)


def test_trusted_rows_in_the_wrong_shape(data):
    X, noisy, *_ = data
    with pytest.raises(ValueError, match="trusted must be a boolean mask of shape"):
        MultilabelNoisyClassifier().fit(X, noisy, trusted=np.ones((500, 2), dtype=bool))


def test_a_base_without_probabilities(data):
    X, noisy, *_ = data
    with pytest.raises(UnsuitableEstimatorError, match="needs a classifier with pred"):
        MultilabelNoisyClassifier(Perceptron()).fit(X, noisy)


def test_a_base_without_weights_where_they_are_needed(data):
    X, noisy, *_ = data
    base = KNeighborsClassifier()
    with pytest.raises(UnsuitableEstimatorError, match="Use action='relabel'"):
        MultilabelNoisyClassifier(base, action="soft").fit(X, noisy)
    with pytest.raises(UnsuitableEstimatorError, match="action='weight' needs a cla"):
        MultilabelNoisyClassifier(base, action="weight").fit(X, noisy)


@pytest.mark.skipif(
    not hasattr(MultilabelNoisyClassifier, "set_callbacks"),
    reason="callbacks came with scikit-learn 1.9",
)
def test_callbacks_see_each_block_of_tags():
    class Recorder:
        def setup(self, estimator, context):
            self.begun = []

        def on_fit_task_begin(self, estimator, context):
            self.begun.append((context.task_name, context.max_subtasks))

        def on_fit_task_end(self, estimator, context):
            pass

        def teardown(self, estimator, context):
            pass

    X, noisy, *_ = tagging(0, n_labels=20)
    clf = MultilabelNoisyClassifier(evidence="tags", cv=2)
    recorder = Recorder()
    clf.set_callbacks(recorder).fit(X, noisy)
    assert recorder.begun == [("fit", None), ("tags", 2), *[("step", 0)] * 2]
