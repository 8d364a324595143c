import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy import sparse
from sklearn.datasets import make_blobs
from sklearn.linear_model import LogisticRegression, Perceptron
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import LinearSVC

from sknoisy import SelfTrainingRefiner
from sknoisy.exceptions import NoEvidenceWarning, UnsuitableEstimatorError

X, Y = make_blobs(90, centers=3, cluster_std=1.0, random_state=0)
LABELED = np.arange(90) % 5 == 0
NAMES = np.array(["ape", "bee", "cat"])[Y]


@pytest.mark.parametrize(
    ("marker", "y"),
    [
        (-1, np.where(LABELED, Y, -1)),
        (np.nan, np.where(LABELED, Y, np.nan)),
        ("?", np.where(LABELED, NAMES, "?")),
        ("?", np.where(LABELED, NAMES, "?").astype(object)),
        (-1, [name if kept else -1 for name, kept in zip(NAMES, LABELED, strict=True)]),
        (
            np.nan,
            np.array(
                [n if kept else None for n, kept in zip(NAMES, LABELED, strict=True)],
                dtype=object,
            ),
        ),
        (-1, np.where(LABELED, Y, -1)[:, None].ravel().tolist()),
    ],
)
def test_markers_of_any_kind(marker, y):
    y = np.array(y, dtype=object) if isinstance(y, list) else y
    clf = SelfTrainingRefiner(unlabeled=marker).fit(X, y)
    names = NAMES if isinstance(y[0], str) else Y
    assert_array_equal(clf.classes_, np.unique(names))
    assert (clf.predict(X) == names).mean() > 0.85
    assert_array_equal(clf.labeled_iter_ == 0, LABELED)


def test_plus_and_minus_one_are_labels_unless_told():
    y = np.where(Y > 0, 1, -1)
    clf = SelfTrainingRefiner().fit(X, y)
    assert_array_equal(clf.classes_, [-1, 1])
    with pytest.raises(ValueError, match="only one class"):
        SelfTrainingRefiner(unlabeled=-1).fit(X, y)


def test_nothing_labeled():
    with pytest.raises(ValueError, match=r"all 90 entries of y are the marker .*-1"):
        SelfTrainingRefiner(unlabeled=-1).fit(X, np.full(90, -1))


@pytest.mark.parametrize("marker", [-1, "?", np.nan])
def test_everything_labeled_though_a_marker_is_named(marker):
    clf = SelfTrainingRefiner(unlabeled=marker)
    with pytest.warns(NoEvidenceWarning, match="found no row without a label"):
        clf.fit(X, NAMES)
    assert_array_equal(clf.transduction_, NAMES)
    assert clf.termination_condition_ == "all_labeled"


def test_missing_labels_without_a_marker():
    y = np.where(LABELED, Y, np.nan)
    with pytest.raises(ValueError, match="NaN or None in 72 of 90 rows"):
        SelfTrainingRefiner().fit(X, y)


def test_a_class_without_labels_is_not_predicted():
    y = np.where(LABELED & (Y != 2), Y, -1)
    clf = SelfTrainingRefiner(unlabeled=-1).fit(X, y)
    assert_array_equal(clf.classes_, [0, 1])
    assert_array_equal(np.unique(clf.transduction_), [0, 1])


def test_a_single_label_of_each_class():
    y = np.full(90, -1)
    y[[np.flatnonzero(k == Y)[0] for k in range(3)]] = range(3)
    clf = SelfTrainingRefiner(unlabeled=-1).fit(X, y)
    assert clf.score(X, Y) > 0.8
    assert clf.selection_["action"] == "keep"


def test_one_class_has_a_single_label():
    y = np.where(LABELED, Y, -1)
    y[np.flatnonzero(LABELED & (Y == 2))[1:]] = -1
    clf = SelfTrainingRefiner(unlabeled=-1).fit(X, y)
    assert_array_equal(clf.classes_, [0, 1, 2])
    assert clf.score(X, Y) > 0.6


def test_verified_rows_must_have_a_label():
    y = np.where(LABELED, Y, -1)
    with pytest.raises(ValueError, match=r"trusted expected .* 72 of its rows have"):
        SelfTrainingRefiner(unlabeled=-1).fit(X, y, trusted=np.ones(90, bool))


@pytest.mark.parametrize("weight", [np.where(LABELED, 0, 1), Y == 1])
def test_labels_must_have_weight(weight):
    y = np.where(LABELED, Y, -1)
    with pytest.raises(ValueError, match="some weight on rows with a label"):
        SelfTrainingRefiner(unlabeled=-1).fit(X, y, sample_weight=weight.astype(float))


def test_rows_without_weight_are_left_out():
    y, weight = np.where(LABELED, Y, -1), np.ones(90)
    weight[1::5] = 0
    clf = SelfTrainingRefiner(unlabeled=-1).fit(X, y, sample_weight=weight)
    assert_array_equal(clf.labeled_iter_[1::5], -1)
    assert clf.termination_condition_ == "all_labeled"


@pytest.mark.parametrize("base", [LinearSVC(), Perceptron()], ids=repr)
def test_needs_probabilities(base):
    y = np.where(LABELED, Y, -1)
    with pytest.raises(UnsuitableEstimatorError, match=r"predict_proba.*has none"):
        SelfTrainingRefiner(base, unlabeled=-1).fit(X, y)


@pytest.mark.parametrize("action", ["soft", "weight"])
def test_soft_labels_need_weights(action):
    y = np.where(LABELED, Y, -1)
    clf = SelfTrainingRefiner(KNeighborsClassifier(), unlabeled=-1, action=action)
    with pytest.raises(UnsuitableEstimatorError, match=f"action='{action}' needs"):
        clf.fit(X, y)


class Unsure(LogisticRegression):
    """Says nothing of some rows."""

    def predict_proba(self, X):
        return np.where(X[:, :1] > 0, np.nan, super().predict_proba(X))


def test_probabilities_must_be_finite():
    y = np.where(LABELED, Y, -1)
    with pytest.raises(ValueError, match=r"Unsure\.predict_proba expected finite prob"):
        SelfTrainingRefiner(Unsure(), unlabeled=-1).fit(X, y)


class Lengths(LogisticRegression):
    """Reads texts by their length alone."""

    def fit(self, X, y, sample_weight=None):
        return super().fit([[len(text)] for text in X], y, sample_weight)

    def predict_proba(self, X):
        return super().predict_proba([[len(text)] for text in X])

    def predict(self, X):
        return super().predict([[len(text)] for text in X])


def test_without_neighbors_the_model_alone_is_asked():
    texts = ["x" * (1 + i % 20) for i in range(90)]
    y = np.array([len(text) > 10 for text in texts], dtype=int)
    y[~LABELED] = -1
    with pytest.warns(NoEvidenceWarning, match="their evidence is left out"):
        clf = SelfTrainingRefiner(Lengths(), unlabeled=-1).fit(texts, y)
    alone = SelfTrainingRefiner(Lengths(), unlabeled=-1, evidence="model")
    assert_array_equal(clf.transduction_, alone.fit(texts, y).transduction_)


@pytest.mark.parametrize("container", [sparse.csr_array, sparse.csr_matrix])
def test_sparse_rows(container):
    y = np.where(LABELED, Y, -1)
    dense = np.hstack([X - X.min(), np.zeros((90, 3))])
    clf = SelfTrainingRefiner(unlabeled=-1, random_state=0).fit(container(dense), y)
    assert clf.score(container(dense), Y) > 0.85


def test_folds_as_a_list_count_the_rows_with_a_label():
    y, rows = np.where(LABELED, Y, -1), np.arange(18)
    folds = [(np.flatnonzero(rows % 3 != f), np.flatnonzero(rows % 3 == f))
             for f in range(3)]  # fmt: skip
    clf = SelfTrainingRefiner(unlabeled=-1, cv=folds).fit(X, y)
    assert clf.score(X, Y) > 0.85
    with pytest.raises(ValueError, match="row numbers below 18"):
        SelfTrainingRefiner(unlabeled=-1, cv=[(rows, np.array([40]))]).fit(X, y)


def test_rows_of_a_group_are_no_evidence_about_each_other():
    y = np.where(LABELED, Y, -1)
    clf = SelfTrainingRefiner(unlabeled=-1, cv=3)
    clf.fit(X, y, groups=np.arange(90) // 2)
    assert clf.score(X, Y) > 0.85


def test_labels_in_a_column():
    y = np.where(LABELED, Y, -1)
    clf = SelfTrainingRefiner(unlabeled=-1).fit(X, y)
    again = SelfTrainingRefiner(unlabeled=-1)
    with pytest.warns(UserWarning, match="column-vector y"):
        again.fit(X, y[:, None])
    assert_array_equal(again.transduction_, clf.transduction_)


@pytest.mark.parametrize(
    ("marker", "truth"), [(-1, Y), (np.nan, Y.astype(float)), ("?", NAMES)]
)
def test_score_passes_over_rows_without_a_label(marker, truth):
    y = truth.astype(object)
    y[~LABELED] = marker
    clf = SelfTrainingRefiner(unlabeled=marker).fit(X, y)
    hits = clf.predict(X) == truth
    assert clf.score(X, y) == pytest.approx(hits[LABELED].mean())
    assert clf.score(X, truth) == pytest.approx(hits.mean())
    weight = np.linspace(1, 2, 90)
    expected = np.average(hits[LABELED], weights=weight[LABELED])
    assert clf.score(X, y, weight) == pytest.approx(expected)
    with pytest.raises(ValueError, match="score expected some rows with a label"):
        clf.score(X, np.full(90, marker))
