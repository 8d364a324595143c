"""SoftLabelClassifier: equals fits on hard labels and on copies, and bad input."""

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from sknoisy import SoftLabelClassifier
from sknoisy.exceptions import UnsuitableEstimatorError

X, Y = load_iris(return_X_y=True)
ONE_HOT = np.eye(3)[Y]
BASES = [
    LogisticRegression(max_iter=500),
    RandomForestClassifier(5, random_state=0),
    HistGradientBoostingClassifier(max_iter=5, random_state=0),
    KNeighborsClassifier(),
    make_pipeline(StandardScaler(), LogisticRegression()),
]


@pytest.mark.parametrize("base", BASES, ids=lambda base: type(base).__name__)
@pytest.mark.parametrize("dtype", [float, int, bool])
def test_one_hot_table_is_a_fit_on_hard_labels(base, dtype):
    expected = base.fit(X, Y).predict_proba(X)
    clf = SoftLabelClassifier(base).fit(X, ONE_HOT.astype(dtype))
    np.testing.assert_array_equal(clf.predict_proba(X), expected)
    plain = SoftLabelClassifier(base).fit(X, Y)
    np.testing.assert_array_equal(plain.predict_proba(X), expected)
    np.testing.assert_array_equal(plain.soft_labels_, ONE_HOT)


def test_counts_are_weights():
    rng = np.random.RandomState(0)
    votes = rng.multinomial(4, [0.2, 0.3, 0.5], size=150)
    rows, classes = np.nonzero(votes)
    tree = DecisionTreeClassifier(max_depth=3, random_state=0)
    expected = tree.fit(X[rows], classes, sample_weight=votes[rows, classes])
    clf = SoftLabelClassifier(tree).fit(X, votes)
    np.testing.assert_allclose(clf.predict_proba(X), expected.predict_proba(X))
    np.testing.assert_array_equal(clf.sample_weight_, 4)


def test_rows_of_zeros_and_weights_of_zero_leave_samples_out():
    half = np.arange(150) % 2 == 0
    base = LogisticRegression(max_iter=500)
    expected = base.fit(X[half], Y[half]).predict_proba(X)
    zeros = SoftLabelClassifier(base).fit(X, ONE_HOT * half[:, None])
    weights = SoftLabelClassifier(base).fit(X, ONE_HOT, sample_weight=half * 1.0)
    np.testing.assert_array_equal(zeros.predict_proba(X), expected)
    np.testing.assert_array_equal(weights.predict_proba(X), expected)


def test_score_is_the_expected_accuracy():
    clf = SoftLabelClassifier(KNeighborsClassifier(1)).fit(X, Y)
    table = 0.7 * ONE_HOT + 0.1
    table[:50] *= 3
    predicted = clf.predict(X)
    expected = table[np.arange(150), predicted].sum() / table.sum()
    assert clf.score(X, table) == pytest.approx(expected)
    assert clf.score(X, Y) == (predicted == Y).mean()
    weight = np.where(Y == 0, 0.0, 1.0)
    weighted = clf.score(X, table, sample_weight=weight)
    assert weighted == pytest.approx(clf.score(X[50:], table[50:]))


def test_names_of_classes():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(ONE_HOT, columns=["c", "a", "b"])
    base = LogisticRegression(max_iter=500)
    of_frame = SoftLabelClassifier(base).fit(X, frame)
    given = SoftLabelClassifier(base, classes=["c", "a", "b"]).fit(X, ONE_HOT)
    for clf in (of_frame, given):
        assert clf.classes_.tolist() == ["a", "b", "c"]
        assert clf.predict(X[[0, 60, 140]]).tolist() == ["c", "a", "b"]
        np.testing.assert_array_equal(clf.soft_labels_[0], [0, 0, 1])
    assert of_frame.score(X, frame) > 0.95


def test_class_without_weight_has_probability_zero():
    clf = SoftLabelClassifier(LogisticRegression(max_iter=500))
    table = np.column_stack([ONE_HOT[:, 0], np.zeros(150), 1 - ONE_HOT[:, 0]])
    proba = clf.fit(X, table).predict_proba(X)
    assert proba.shape == (150, 3)
    assert (proba[:, 1] == 0).all()
    more = SoftLabelClassifier(classes=[0, 1, 2, 3]).set_params(estimator=BASES[0])
    assert more.fit(X, Y).predict_proba(X).shape == (150, 4)


def test_search_over_a_pipeline():
    table = 0.8 * ONE_HOT + 0.2 / 3
    pipe = make_pipeline(StandardScaler(), SoftLabelClassifier(LogisticRegression()))
    order = np.random.RandomState(0).permutation(150)
    grid = {"softlabelclassifier__estimator__C": [1e-5, 1]}
    search = GridSearchCV(pipe, grid, cv=3).fit(X[order], table[order])
    assert search.best_params_ == {"softlabelclassifier__estimator__C": 1}
    assert search.best_score_ == pytest.approx(0.8, abs=0.05)


def test_soft_rows_want_a_classifier_that_takes_weights():
    clf = SoftLabelClassifier(KNeighborsClassifier())
    with pytest.raises(UnsuitableEstimatorError, match="takes no sample_weight"):
        clf.fit(X, 0.8 * ONE_HOT + 0.2 / 3)


def changed(row, column, value):
    table = ONE_HOT.copy()
    table[row, column] = value
    return table


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (changed(3, 0, -0.5), "row 3 holds -0.5"),
        (changed(3, 0, np.nan), "row 3 holds NaN or infinity"),
        (0 * ONE_HOT, "only zeros"),
        (np.full((150, 1), 0.5), "at least 2 columns"),
        (ONE_HOT[:10], "inconsistent numbers of samples"),
        (np.char.add(ONE_HOT.astype(str), "x"), "expected numbers in a table"),
        (np.ones(150), "only one class"),
    ],
)
def test_bad_tables_are_refused(table, message):
    with pytest.raises(ValueError, match=message):
        SoftLabelClassifier().fit(X, table)


def test_bad_classes_are_refused():
    with pytest.raises(ValueError, match="with 2 columns"):
        SoftLabelClassifier(classes=["a", "b"]).fit(X, ONE_HOT)
    with pytest.raises(ValueError, match="y also holds"):
        SoftLabelClassifier(classes=[0, 1]).fit(X, Y)
    with pytest.raises(ValueError, match="a column for each of classes_"):
        SoftLabelClassifier(BASES[0]).fit(X, ONE_HOT).score(X, ONE_HOT[:, :2])
