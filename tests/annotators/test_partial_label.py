"""Any classifier on sets of candidate labels."""

import numpy as np
import pytest
from scipy import sparse
from sklearn.datasets import load_digits, make_classification
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier

from sknoisy.annotators import PartialLabelClassifier
from sknoisy.exceptions import UnsuitableEstimatorError


def blobs(n_samples=300, n_classes=4, seed=0):
    return make_classification(
        n_samples,
        6,
        n_informative=4,
        n_redundant=0,
        n_classes=n_classes,
        n_clusters_per_class=1,
        class_sep=2,
        random_state=seed,
    )


def candidates_of(y, rate=0.4, seed=0):
    """Return the true class of each row, and every other one at a rate."""
    n_classes = y.max() + 1
    added = np.random.RandomState(seed).rand(len(y), n_classes) < rate
    return added | np.eye(n_classes, dtype=bool)[y]


@pytest.mark.parametrize(
    "base", [LogisticRegression(), GaussianNB(), KNeighborsClassifier()], ids=repr
)
@pytest.mark.parametrize("class_prior", ["even", "estimated"])
def test_candidates_are_told_apart(base, class_prior):
    X, y = blobs()
    candidates = candidates_of(y)
    clf = PartialLabelClassifier(base, class_prior=class_prior).fit(X, candidates)
    drawn = (1 / candidates.sum(axis=1)).mean()
    assert drawn < 0.6
    assert (clf.transduction_ == y).mean() > 0.9
    assert not clf.clean_proba_[~candidates].any()
    np.testing.assert_allclose(clf.clean_proba_.sum(axis=1), 1)


def test_most_of_the_accuracy_is_recovered():
    X, y = load_digits(return_X_y=True)
    X, X_test, y, y_test = X[:700] / 16, X[700:] / 16, y[:700], y[700:]
    candidates = candidates_of(y, rate=0.3)
    rng = np.random.RandomState(0)
    drawn = np.array([rng.choice(np.flatnonzero(row)) for row in candidates])
    base = LogisticRegression(max_iter=300)
    plain = base.fit(X, drawn).score(X_test, y_test)
    supervised = base.fit(X, y).score(X_test, y_test)
    clf = PartialLabelClassifier(base, cv=2).fit(X, candidates)
    assert clf.score(X_test, y_test) > plain + 0.7 * (supervised - plain)


def as_sets(candidates, names):
    return [set(names[row].tolist()) for row in candidates]


@pytest.mark.parametrize(
    "form",
    [
        lambda c: c.astype(int),
        lambda c: c.astype(float),
        lambda c: sparse.csr_array(c),
        lambda c: as_sets(c, np.arange(4)),
        lambda c: [sorted(one) for one in as_sets(c, np.arange(4))],
        lambda c: np.array([*as_sets(c, np.arange(4)), None], dtype=object)[:-1],
    ],
    ids=["integers", "floats", "sparse", "sets", "lists", "array of sets"],
)
def test_forms_of_candidates(form):
    X, y = blobs(n_samples=120)
    candidates = candidates_of(y)
    expected = PartialLabelClassifier(cv=2).fit(X, candidates)
    clf = PartialLabelClassifier(cv=2).fit(X, form(candidates))
    np.testing.assert_allclose(clf.clean_proba_, expected.clean_proba_)


def test_classes_name_the_columns():
    pd = pytest.importorskip("pandas")
    X, y = blobs(n_samples=120)
    candidates = candidates_of(y)
    names = np.array(["d", "a", "c", "b"])
    clf = PartialLabelClassifier(classes=names, cv=2).fit(X, candidates)
    frame = pd.DataFrame(candidates, columns=names)
    framed = PartialLabelClassifier(cv=2).fit(X, frame)
    sets = PartialLabelClassifier(cv=2).fit(X, as_sets(candidates, names))
    assert clf.classes_.tolist() == ["a", "b", "c", "d"]
    assert (clf.transduction_ == names[y]).mean() > 0.85
    for other in (framed, sets):
        np.testing.assert_array_equal(other.transduction_, clf.transduction_)


def test_sets_of_one_are_a_plain_fit():
    X, y = blobs(n_samples=120)
    plain = LogisticRegression().fit(X, y)
    for labels in (y, np.eye(4, dtype=bool)[y], [{label} for label in y.tolist()]):
        clf = PartialLabelClassifier().fit(X, labels)
        np.testing.assert_array_equal(clf.predict_proba(X), plain.predict_proba(X))
        assert clf.evidence_strength_ == {}


def test_rows_that_may_be_anything_are_not_trained_on():
    X, y = blobs()
    candidates = candidates_of(y)
    candidates[:60] = True
    clf = PartialLabelClassifier().fit(X, candidates)
    assert not clf.sample_weight_[:60].any()
    assert (clf.transduction_[:60] == y[:60]).mean() > 0.8


def test_classes_that_are_never_candidates_stay_in_their_column():
    X, y = blobs()
    unused = np.zeros((len(y), 1), dtype=bool)
    clf = PartialLabelClassifier(cv=2).fit(X, np.hstack([candidates_of(y), unused]))
    assert clf.predict_proba(X).shape == (len(y), 5)
    assert not clf.predict_proba(X)[:, 4].any()


def test_even_sets_do_not_starve_rare_classes():
    # A fifth of the rows show class 1 beside class 0, and half of these are of it.
    rng = np.random.RandomState(0)
    y = np.repeat([0, 1, 0, 2], [40, 40, 200, 120])
    X = rng.normal(size=(400, 2))
    X[:, 0] += 2.0 * (y == 1)
    X[:, 1] += 3.0 * (y == 2)
    candidates = np.eye(3, dtype=bool)[y]
    candidates[:80, :2] = True
    recall = {}
    for prior in ("even", "estimated"):
        clf = PartialLabelClassifier(class_prior=prior).fit(X, candidates)
        recall[prior] = (clf.transduction_[y == 1] == 1).mean()
    assert recall["even"] > recall["estimated"]


def test_verified_rows_are_sets_of_one():
    X, y = blobs()
    candidates = candidates_of(y)
    trusted = np.arange(len(y)) < 50
    with pytest.raises(ValueError, match="candidates of a trusted row to be its"):
        PartialLabelClassifier().fit(X, candidates, trusted=trusted)
    candidates[trusted] = np.eye(4, dtype=bool)[y[trusted]]
    clf = PartialLabelClassifier().fit(X, candidates, trusted=trusted)
    np.testing.assert_array_equal(clf.soft_labels_[trusted], candidates[trusted])


@pytest.mark.parametrize("action", ["soft", "weight", "relabel"])
def test_actions(action):
    X, y = blobs(n_samples=120)
    clf = PartialLabelClassifier(action=action, cv=2).fit(X, candidates_of(y))
    n_labels = (clf.soft_labels_ > 0).sum(axis=1)
    assert (n_labels.max() > 1) == (action == "soft")
    weights = clf.sample_weight_[clf.sample_weight_ > 0]
    assert (weights.min() < 0.99) == (action == "weight")


EMPTY = np.eye(3, dtype=bool)[[0, 1, 2, 0, 1, 2]]
EMPTY[4] = False


@pytest.mark.parametrize(
    ("candidates", "message"),
    [
        (
            EMPTY,
            "candidate in every row, but 1 of 6 rows have none, the first is row 4",
        ),
        ([{1}, {2}, {1}, set(), {2}, {1}], "the first is row 3"),
        (np.ones((6, 3), dtype=bool), "either all classes or one and the same"),
        (np.eye(3, dtype=bool)[[1] * 6], "either all classes or one and the same"),
        (np.eye(3, dtype=bool)[[0, 1, 2]], "inconsistent numbers of samples"),
        (2 * np.eye(3)[[0, 1, 2, 0, 1, 2]], "with 0 and 1, but it also holds"),
        ([{1}, 2, {1}, {2}, {2}, {1}], "a mix of sets and labels"),
        ([[True, False], [False, True]] * 3, "lists of booleans"),
        ([{"a"}, {"b", float("nan")}] * 3, "NaN or None in 3 of 9"),
    ],
    ids=[
        "empty",
        "empty set",
        "all",
        "one",
        "length",
        "numbers",
        "mix",
        "lists",
        "gap",
    ],
)
def test_bad_candidates_are_refused(candidates, message):
    X = np.random.RandomState(0).normal(size=(6, 2))
    with pytest.raises(ValueError, match=message):
        PartialLabelClassifier().fit(X, candidates)


@pytest.mark.parametrize(
    ("classes", "candidates", "message"),
    [
        (
            ["a", "b"],
            np.eye(3, dtype=bool)[[0, 1, 2]],
            "distinct class for each of the 3",
        ),
        (["a", "a", "b"], np.eye(3, dtype=bool)[[0, 1, 2]], "2 distinct entries"),
        (["a", "b"], [{"a"}, {"b"}, {"z"}], r"y also holds \['z'\]"),
    ],
)
def test_bad_classes_are_refused(classes, candidates, message):
    X = np.random.RandomState(0).normal(size=(3, 2))
    with pytest.raises(ValueError, match=message):
        PartialLabelClassifier(classes=classes).fit(X, candidates)


def test_weights_need_a_classifier_that_takes_them():
    X, y = blobs(n_samples=60)
    clf = PartialLabelClassifier(KNeighborsClassifier(), action="weight")
    with pytest.raises(UnsuitableEstimatorError, match="Use action='relabel'"):
        clf.fit(X, candidates_of(y))


def test_a_table_of_words_is_no_table_of_candidates():
    words = np.array([["a", "b"], ["b", None]], dtype=object)
    with pytest.raises(ValueError, match=r"with 0 and 1, but .* holds 'a'"):
        PartialLabelClassifier().fit(np.eye(2), words)
