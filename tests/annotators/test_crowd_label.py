"""Any classifier on the labels of several annotators."""

import numpy as np
import pytest
from joblib import parallel_config
from sklearn.base import clone
from sklearn.cluster import KMeans
from sklearn.datasets import load_digits, make_classification
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sknoisy.annotators import (
    CrowdLabelClassifier,
    DawidSkene,
    annotations_from_long,
    annotations_to_long,
    items_needing_votes,
)
from sknoisy.datasets import load_wine_annotators
from sknoisy.exceptions import UnsuitableEstimatorError


def blobs(seed=0, n_samples=400):
    X, y = make_classification(
        n_samples,
        6,
        n_informative=4,
        n_redundant=0,
        n_classes=3,
        n_clusters_per_class=1,
        class_sep=1.5,
        random_state=seed,
    )
    return X, y


def ask(y, rates=(0.2, 0.4, 0.6), silent=0.4, seed=0, n_classes=3):
    """Return answers, of which a share is missing, shown as -1."""
    rng = np.random.RandomState(seed)
    answers = []
    for rate in rates:
        wrong = (y + rng.randint(1, n_classes, len(y))) % n_classes
        answer = np.where(rng.rand(len(y)) < rate, wrong, y)
        answers.append(np.where(rng.rand(len(y)) < silent, -1, answer))
    return np.column_stack(answers)


@pytest.mark.parametrize(
    "base", [LogisticRegression(), GaussianNB(), KNeighborsClassifier()], ids=repr
)
def test_features_help_to_read_the_answers(base):
    X, y = blobs()
    answers = ask(y)
    clf = CrowdLabelClassifier(base, missing=-1).fit(X, answers)
    alone = DawidSkene(missing=-1)
    with pytest.warns(UserWarning, match="no answer to"):
        alone.fit(answers)
    assert (clf.transduction_ == y).mean() > (alone.labels_ == y).mean() + 0.05
    np.testing.assert_allclose(clf.annotator_quality_, [0.8, 0.6, 0.4], atol=0.1)
    np.testing.assert_allclose(clf.transition_matrices_.sum(axis=2), 1)
    np.testing.assert_allclose(clf.clean_proba_.sum(axis=1), 1)
    wrong = (answers != y[:, None])[answers >= 0].mean()
    assert clf.noise_rate_ == pytest.approx(wrong, abs=0.07)


def test_the_classifier_learns_more_than_from_votes():
    X, y = load_digits(return_X_y=True)
    X, X_test, y, y_test = X[:700] / 16, X[700:] / 16, y[:700], y[700:]
    answers = ask(y, rates=(0.3, 0.5, 0.7), silent=0.3, n_classes=10)
    counts = np.stack([(answers == k).sum(axis=1) for k in range(10)], axis=1)
    seen = counts.any(axis=1)
    base = LogisticRegression(max_iter=300)
    plain = base.fit(X[seen], counts.argmax(axis=1)[seen]).score(X_test, y_test)
    clf = CrowdLabelClassifier(base, missing=-1, cv=2).fit(X, answers)
    assert clf.score(X_test, y_test) > plain + 0.05


def test_rows_without_answers_are_predicted_but_not_trained_on():
    X, y = blobs()
    answers = ask(y, silent=0)
    answers[:100] = -1
    clf = CrowdLabelClassifier(missing=-1).fit(X, answers)
    assert (clf.transduction_[:100] == y[:100]).mean() > 0.7
    assert not clf.sample_weight_[:100].any()
    assert np.isnan(clf.label_quality_[:100]).all()
    assert np.isfinite(clf.label_quality_[100:]).all()
    seen = CrowdLabelClassifier(missing=-1).fit(X[100:], answers[100:])
    assert (clf.predict(X) == seen.predict(X)).mean() > 0.95


def test_long_form_and_table_are_the_same():
    X, y = blobs(n_samples=150)
    answers = ask(y)
    long = annotations_to_long(answers, missing=-1)
    answers_long = annotations_from_long(*long, item_names=np.arange(len(y)))
    wide = CrowdLabelClassifier(missing=-1).fit(X, answers)
    other = CrowdLabelClassifier().fit(X, answers_long)
    np.testing.assert_allclose(wide.clean_proba_, other.clean_proba_)


def test_names_and_strings():
    pd = pytest.importorskip("pandas")
    X, y = blobs(n_samples=150)
    names = np.array(["cat", "dog", "owl"])
    answers = ask(y)
    table = np.where(answers < 0, None, names[answers])
    frame = pd.DataFrame(table, columns=["ann", "bob", "eve"])
    clf = CrowdLabelClassifier().fit(pd.DataFrame(X, columns=list("uvwxyz")), frame)
    codes = CrowdLabelClassifier(missing=-1).fit(X, answers)
    assert clf.classes_.tolist() == names.tolist()
    assert clf.annotator_names_.tolist() == ["ann", "bob", "eve"]
    assert clf.feature_names_in_.tolist() == list("uvwxyz")
    np.testing.assert_array_equal(clf.transduction_, names[codes.transduction_])
    assert items_needing_votes(clf, 3, annotator="bob").shape == (3,)


def test_one_answer_a_row_is_enough():
    X, y = blobs()
    answers = ask(y, rates=(0.05, 0.2, 0.5, 0.6), silent=0)
    asked = np.random.RandomState(0).randint(4, size=len(y))[:, None] == np.arange(4)
    answers = np.where(asked, answers, -1)
    given = answers.max(axis=1)
    clf = CrowdLabelClassifier(missing=-1).fit(X, answers)
    assert (clf.transduction_ == y).mean() > (given == y).mean() + 0.15
    quality = clf.annotator_quality_
    assert quality[:2].min() > quality[2:].max() + 0.1


def test_one_annotator_is_a_column_of_labels():
    X, y = blobs(n_samples=200)
    noisy = ask(y, rates=(0.2,), silent=0)[:, 0]
    clf = CrowdLabelClassifier().fit(X, noisy)
    assert clf.transition_matrices_.shape == (1, 3, 3)
    assert clf.annotator_quality_.shape == (1,)
    plain = LogisticRegression().fit(X, noisy)
    assert (clf.predict(X) == y).mean() > (plain.predict(X) == y).mean() - 0.03


def column_with_gaps(y):
    noisy = ask(y, rates=(0.2,), silent=0)[:, 0].astype(float)
    return np.where(np.arange(len(y)) % 4 == 0, np.nan, noisy)


def frame_of(column):
    pd = pytest.importorskip("pandas")
    return pd.DataFrame({"ann": column})


@pytest.mark.parametrize(
    ("form", "missing"),
    [
        (lambda column: column, None),
        (lambda column: column[:, None], None),
        (frame_of, None),
        (lambda column: [[None] if v != v else [int(v)] for v in column], None),
        (lambda column: [None if v != v else int(v) for v in column], None),
        (lambda column: np.nan_to_num(column, nan=-1).astype(int), -1),
    ],
    ids=["column", "2-D", "frame", "lists", "list", "marker"],
)
def test_one_annotator_with_gaps(form, missing):
    X, y = blobs(n_samples=200)
    column = column_with_gaps(y)
    clf = CrowdLabelClassifier(missing=missing, cv=2).fit(X, form(column))
    # A second annotator who says nothing changes nothing.
    beside = np.column_stack([column, np.full(200, np.nan)])
    two = CrowdLabelClassifier(cv=2).fit(X, beside)
    np.testing.assert_allclose(clf.clean_proba_, two.clean_proba_, atol=1e-8)
    assert clf.transition_matrices_.shape == (1, 3, 3)
    assert not clf.sample_weight_[::4].any()
    assert (clf.predict(X) == y).mean() > 0.8


def test_frame_of_one_annotator_keeps_the_name():
    X, y = blobs(n_samples=120)
    clf = CrowdLabelClassifier(cv=2).fit(X, frame_of(y))
    assert clf.annotator_names_.tolist() == ["ann"]


def test_weight_on_rows_without_answers_alone():
    X, y = blobs(n_samples=100)
    column = column_with_gaps(y)
    with pytest.raises(ValueError, match="weight on rows that have a label"):
        CrowdLabelClassifier().fit(X, column, np.isnan(column).astype(float))


def test_labels_that_are_tuples():
    X, y = blobs(n_samples=20)
    tuples = np.empty(20, dtype=object)
    tuples[:] = [("a", int(label)) for label in y]
    with pytest.raises(ValueError, match="single values, but got tuple"):
        CrowdLabelClassifier().fit(X, tuples[:, None].repeat(2, axis=1))
    with pytest.raises(ValueError, match="single values, but got tuple"):
        CrowdLabelClassifier().fit(X, tuples)
    with pytest.raises(ValueError, match="of which tuples are rows"):
        CrowdLabelClassifier().fit(X, tuples.tolist())


def test_two_annotators_whose_votes_are_ties():
    X, y = blobs(n_samples=60)
    # Where one of them says 1 the other says 0, which the most frequent answer never
    # leaves.
    rows = [(int(label == 1), int(label == 2)) for label in y]
    clf = CrowdLabelClassifier(cv=2).fit(X, rows)
    assert clf.classes_.tolist() == [0, 1]
    assert clf.transition_matrices_.shape == (2, 2, 2)


def test_verified_rows_keep_their_label_and_say_nothing_of_annotators():
    X, y = blobs()
    answers = ask(y, silent=0)
    trusted = np.arange(len(y)) < 80
    answers[trusted] = y[trusted][:, None]
    clf = CrowdLabelClassifier(missing=-1).fit(X, answers, trusted=trusted)
    np.testing.assert_array_equal(clf.clean_proba_[trusted], np.eye(3)[y[trusted]])
    # The verified answers are right throughout, which would make 0.6 look like 0.68.
    assert clf.annotator_quality_[2] == pytest.approx(0.4, abs=0.1)
    rest = CrowdLabelClassifier(missing=-1).fit(X[80:], answers[80:])
    right = (clf.transduction_ == y)[80:].mean()
    assert right >= (rest.transduction_ == y[80:]).mean() - 0.01


def test_all_rows_verified_is_a_plain_fit():
    X, y = blobs(n_samples=150)
    answers = np.column_stack([y, y])
    clf = CrowdLabelClassifier().fit(X, answers, trusted=np.ones(150, dtype=bool))
    plain = LogisticRegression().fit(X, y)
    np.testing.assert_allclose(clf.predict_proba(X), plain.predict_proba(X), atol=1e-6)


def test_weights_of_zero_leave_rows_out():
    X, y = blobs(n_samples=200)
    answers = ask(y)
    weight = np.repeat([1.0, 0.0], [150, 50])
    clf = CrowdLabelClassifier(missing=-1).fit(X, answers, weight)
    left = CrowdLabelClassifier(missing=-1).fit(X[:150], answers[:150])
    np.testing.assert_allclose(
        clf.transition_matrices_, left.transition_matrices_, atol=1e-3
    )
    np.testing.assert_allclose(clf.predict_proba(X), left.predict_proba(X), atol=1e-2)


def test_other_model_of_annotators():
    X, y = blobs(n_samples=200)
    aggregator = DawidSkene(model="one_coin")
    clf = CrowdLabelClassifier(GaussianNB(), aggregator, missing=-1).fit(X, ask(y))
    assert (clf.transduction_ == y).mean() > 0.8
    assert not hasattr(aggregator, "clean_proba_")


def test_same_result_for_every_number_of_jobs():
    X, y = blobs(n_samples=120)
    answers = ask(y)
    forest = RandomForestClassifier(10)
    with parallel_config("threading"):
        results = [
            CrowdLabelClassifier(forest, missing=-1, random_state=0, n_jobs=n_jobs)
            .fit(X, answers)
            .predict_proba(X)
            for n_jobs in (1, 2)
        ]
    np.testing.assert_allclose(*results, atol=1e-7)


def test_pipelines_inside_and_searches_around():
    X, y = blobs(n_samples=150)
    base = make_pipeline(StandardScaler(), LogisticRegression())
    clf = CrowdLabelClassifier(base, missing=-1, cv=2)
    search = GridSearchCV(
        clf,
        {"evidence": ["model", "neighbors"]},
        cv=KFold(2),
        scoring=lambda fitted, X, answers: -fitted.noise_rate_,
    )
    search.fit(X, ask(y))
    assert search.best_estimator_.predict(X).shape == (150,)


def test_evidence_that_knows_nothing_counts_for_nothing():
    X, y = blobs()
    answers = ask(y)
    noise = np.random.RandomState(0).normal(size=X.shape)
    clf = CrowdLabelClassifier(missing=-1).fit(X, answers)
    blind = CrowdLabelClassifier(missing=-1).fit(noise, answers)
    told, untold = clf.evidence_strength_, blind.evidence_strength_
    assert set(told) == {"neighbors", "model"}
    assert sum(untold.values()) < 0.6 * sum(told.values())
    answered = (answers >= 0).any(axis=1)
    alone = DawidSkene(missing=-1).fit(answers[answered])
    right = (blind.transduction_ == y)[answered].mean()
    assert right > (alone.labels_ == y[answered]).mean() - 0.03


def test_bundled_annotators():
    bunch = load_wine_annotators()
    base = make_pipeline(StandardScaler(), LogisticRegression())
    clf = CrowdLabelClassifier(base, missing=-1).fit(bunch.data, bunch.annotations)
    votes = (bunch.target_noisy == bunch.target).mean()
    assert (clf.transduction_ == bunch.target).mean() > votes + 0.03


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        (np.full((20, 2), -1), "expected some answers, but all 40 entries"),
        (np.zeros((19, 2), dtype=int), "inconsistent numbers of samples"),
        (np.zeros((20, 2), dtype=int), "at least 2 classes|one class|1 class"),
        (np.tile([0.5, 0.25], (20, 1)), "Unknown label type"),
        (None, "requires y to be passed"),
    ],
    ids=["all missing", "length", "one class", "continuous", "none"],
)
def test_bad_answers_are_refused(answers, message):
    X = np.random.RandomState(0).normal(size=(20, 2))
    with pytest.raises(ValueError, match=message):
        CrowdLabelClassifier(missing=-1).fit(X, answers)


def test_verified_rows_must_be_clear():
    X, y = blobs(n_samples=50)
    answers = ask(y, silent=0)
    with pytest.raises(ValueError, match="answers of a trusted row to be its"):
        CrowdLabelClassifier().fit(X, answers, trusted=np.ones(50, dtype=bool))


def test_weights_need_a_classifier_that_takes_them():
    X, y = blobs(n_samples=60)
    clf = CrowdLabelClassifier(KNeighborsClassifier(), missing=-1)
    with pytest.raises(UnsuitableEstimatorError, match="Use action='relabel'"):
        clone(clf).set_params(action="soft").fit(X, ask(y))
    with pytest.raises(ValueError, match="'aggregator' parameter"):
        clone(clf).set_params(aggregator=KMeans()).fit(X, ask(y))
