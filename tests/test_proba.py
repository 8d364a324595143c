import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import BaseEstimator, ClassifierMixin

from sknoisy import RefinedLabelClassifier, find_label_errors, label_quality
from sknoisy._context import FitContext
from sknoisy._folds import make_folds
from sknoisy._labels import read_labels
from sknoisy._out_of_fold import out_of_fold_proba
from sknoisy._proba import align_columns, check_proba, class_proba
from sknoisy.evidence import EvidenceInputs
from sknoisy.quality import NeighborAgreement
from sknoisy.refinement import QualityWeighting
from sknoisy.transition import confident_joint


def _labels(y, **aligned):
    return read_labels(np.zeros((len(y), 1)), y, owner="Test", **aligned)


def test_align_columns():
    table = np.array([[1.0, 2.0]])
    classes = np.array(["a", "b", "c"])
    assert_array_equal(align_columns(table, ["a", "c"], classes), [[1, 0, 2]])
    assert_array_equal(
        align_columns(table, ["b", "c"], classes, -np.inf), [[-np.inf, 1, 2]]
    )
    assert align_columns(table, ["a", "c"], classes[[0, 2]]) is table


def test_columns_in_another_order_are_matched_by_value():
    classes = np.array([1, 2, 3])
    table = np.array([[0.1, 0.2, 0.7]])
    assert_array_equal(align_columns(table, [3, 1, 2], classes), [[0.2, 0.7, 0.1]])
    assert_array_equal(align_columns(table, [3.0, 1.0, 2.0], classes)[0, 2], 0.1)
    assert_array_equal(align_columns(table[:, :2], [3, 1], classes), [[0.2, 0, 0.1]])
    with pytest.raises(ValueError, match=r"classes \[1, 2, 3\], but some .* \[4\]"):
        align_columns(table, [1, 2, 4], classes)


@pytest.mark.parametrize(
    ("proba", "message"),
    [
        ([[1.0], [1.0]], r"shape \(2, 2\), .* but got shape \(2, 1\).*classes="),
        ([[1.0, 0.0]], r"shape \(2, 2\), .* but got shape \(1, 2\)"),
        ([[1.1, -0.1], [0, 1]], r"smallest is -0\.1\. .*decision_function"),
        ([[0.5, 0.5], [0.5, 0.6]], r"those of row 1 sum to 1\.1"),
        ([[np.nan, 0.5], [0.5, 0.5]], "Input proba contains NaN"),
        ([1.0, 0.0], "Expected 2D array"),
    ],
)
def test_given_probabilities_are_checked(proba, message):
    with pytest.raises(ValueError, match=message):
        check_proba(proba, _labels(["a", "b"]), owner="Test")


def test_given_probabilities_keep_their_precision():
    for dtype in (np.float32, np.float64):
        given = np.full((2, 2), 0.5, dtype=dtype)
        assert check_proba(given, _labels(["a", "b"]), owner="Test").dtype == dtype


def test_given_arrays_are_not_copied(tmp_path):
    given = np.full((4, 2), 0.5)
    mapped = np.memmap(tmp_path / "proba", dtype=np.float32, mode="w+", shape=(4, 2))
    mapped[:] = 0.5
    for table in (given, np.asfortranarray(given), given[:, ::-1], mapped):
        checked = check_proba(table, _labels(list("abab")), owner="Test")
        assert np.shares_memory(checked, table)


def test_faults_name_their_rows():
    good = np.full((60_000, 2), 0.5)
    labels = _labels(np.arange(60_000) % 2)
    faults = {
        r"contains NaN in row 50001, 50003, 50005 and 1 more": np.nan,
        r"contains infinity in row 50001, 50003, 50005 and 1 more": np.inf,
        r"smallest is -0\.5.*see row 50001": -0.5,
        r"row 50001 sum to 1\.2.* 50001, 50003, 50005 and 1 more": 0.7,
    }
    for message, value in faults.items():
        bad = good.copy()
        bad[[50_001, 50_003, 50_005, 50_007], 1] = value
        with pytest.raises(ValueError, match=message):
            check_proba(bad, labels, owner="Test")


def test_threads_make_no_difference(monkeypatch):
    rng = np.random.RandomState(0)
    proba, y = rng.dirichlet(np.ones(3), size=500), rng.randint(3, size=500)
    quality, errors = label_quality(y, proba), find_label_errors(y, proba)
    monkeypatch.setattr("sknoisy._proba_table.THREADED_ENTRIES", 1)
    monkeypatch.setattr("sknoisy._proba_table._openmp_effective_n_threads", lambda: 3)
    assert_array_equal(label_quality(y, proba), quality)
    assert_array_equal(find_label_errors(y, proba), errors)
    proba[400, 0] = np.nan
    with pytest.raises(ValueError, match="NaN in row 400"):
        label_quality(y, proba)


FRAME_Y = np.array(["b", "a", "b", "a", "a"])
FRAME_TABLE = np.array([[0.9, 0.1], [0.2, 0.8], [0.7, 0.3], [0.6, 0.4], [0.4, 0.6]])


@pytest.mark.parametrize("library", ["pandas", "polars", "pyarrow"])
def test_columns_of_a_frame_are_matched_by_name(library):
    columns = {"b": FRAME_TABLE[:, 0], "a": FRAME_TABLE[:, 1]}
    module = pytest.importorskip(library)
    frame = (module.table if library == "pyarrow" else module.DataFrame)(columns)
    by_name = FRAME_TABLE[:, ::-1]
    for function in (label_quality, find_label_errors, confident_joint):
        assert_array_equal(function(FRAME_Y, frame), function(FRAME_Y, by_name))
    checked = check_proba(frame, _labels(FRAME_Y), owner="Test")
    assert_array_equal(checked, by_name)


@pytest.mark.parametrize("names", [["10", "2"], [10, 2], [10.0, 2.0]])
def test_names_may_be_the_text_of_numbers(names):
    frame = pd.DataFrame(FRAME_TABLE, columns=names)
    checked = check_proba(frame, _labels([2, 10, 2, 10, 2]), owner="Test")
    assert_array_equal(checked, FRAME_TABLE[:, ::-1])


@pytest.mark.parametrize("names", [None, ["proba_0", "proba_1"]])
def test_columns_without_names_of_classes_are_read_by_position(names):
    frame = pd.DataFrame(FRAME_TABLE, columns=names)
    for y in (FRAME_Y, (FRAME_Y == "b") + 1):
        checked = check_proba(frame, _labels(y), owner="Test")
        assert_array_equal(checked, FRAME_TABLE)


@pytest.mark.parametrize("names", [["a", "c"], ["a", "a"], ["b", "row"]])
def test_columns_of_other_classes_are_refused(names):
    frame = pd.DataFrame(FRAME_TABLE, columns=names)
    with pytest.raises(ValueError, match=r"classes \['a', 'b'\], but got the columns"):
        check_proba(frame, _labels(FRAME_Y), owner="Test")


class Answering(ClassifierMixin, BaseEstimator):
    """Gives the answer it was made with, cut to the number of rows asked for."""

    def __init__(self, answer=None, classes=None):
        self.answer = answer
        self.classes = classes

    def fit(self, X, y, sample_weight=None):
        self.classes_ = np.unique(y) if self.classes is None else self.classes
        return self

    def predict_proba(self, X):
        return self.answer[: len(X)]

    def predict(self, X):
        return self.classes_[np.asarray(self.predict_proba(X)).argmax(axis=1)]


CLASSES = np.array(["ant", "bee", "cat"])
ANSWER = np.array([[0.5, 0.25, 0.25], [0.25, 0.75, 0.0]])


def _base(answer, classes=CLASSES):
    return Answering(answer, classes).fit(None, None)


def test_answers_of_a_base_in_whatever_form():
    X = np.zeros((2, 1))
    base = _base(ANSWER)
    assert np.shares_memory(class_proba(base, X, CLASSES), ANSWER)
    assert class_proba(_base(ANSWER.astype("f")), X, CLASSES).dtype == "f"
    half = class_proba(_base(ANSWER.astype(np.float16)), X, CLASSES)
    assert half.dtype == np.float64
    assert_array_equal(half, ANSWER)
    frame = pd.DataFrame(ANSWER[:, ::-1], columns=CLASSES[::-1])
    assert_array_equal(class_proba(_base(frame), X, CLASSES), ANSWER)
    turned = _base(ANSWER[:, ::-1], CLASSES[::-1])
    assert_array_equal(class_proba(turned, X, CLASSES), ANSWER)
    two = _base(ANSWER[:, :2] / ANSWER[:, :2].sum(1, keepdims=True), CLASSES[1:])
    assert_allclose(class_proba(two, X, CLASSES), [[0, 2 / 3, 1 / 3], [0, 0.25, 0.75]])


@pytest.mark.parametrize(
    ("answer", "classes", "message"),
    [
        (ANSWER, ["ant", "bee", "dog"], r"some stand for \['dog'\]"),
        (ANSWER * 1.2, CLASSES, r"row 0 sum to 1\.2"),
        (ANSWER - [0.3, 0, -0.3], CLASSES, r"smallest is -0\.05"),
        (ANSWER * [[1], [np.nan]], CLASSES, "contains NaN in row 1"),
        (ANSWER + [[0], [np.inf]], CLASSES, "contains infinity in row 1"),
        (ANSWER[:1], CLASSES, r"shape \(2, 3\).* but returned \(1, 3\)"),
        (ANSWER[:, :2], CLASSES, r"shape \(2, 3\).* but returned \(2, 2\)"),
        ([ANSWER, ANSWER], CLASSES, r"but returned \(2, 2, 3\)"),
        (pd.DataFrame(ANSWER, columns=[*"ab", "cat"]), CLASSES, "but got the columns"),
    ],
)
def test_answers_that_are_no_probabilities_name_the_base(answer, classes, message):
    with pytest.raises(ValueError, match=message) as caught:
        class_proba(_base(answer, np.asarray(classes)), np.zeros((2, 1)), CLASSES)
    assert "Answering.predict_proba" in str(caught.value)


@pytest.fixture
def three_groups():
    rng = np.random.RandomState(0)
    X = rng.normal(size=(60, 2)) + 4 * np.repeat(np.eye(3)[:, :2], 20, axis=0)
    return X, np.repeat(CLASSES, 20)


def _refined(base):
    return RefinedLabelClassifier(base, QualityWeighting(NeighborAgreement()))


def test_a_base_whose_classes_are_in_another_order(three_groups):
    X, y = three_groups
    turned = Answering(np.tile([0.7, 0.2, 0.1], (60, 1)), CLASSES[::-1])
    model = _refined(turned).fit(X, y)
    assert_array_equal(model.classes_, CLASSES)
    assert_allclose(model.predict_proba(X)[0], [0.1, 0.2, 0.7])
    labels = _labels(y)
    folds = make_folds(X, labels, 5)
    inputs = EvidenceInputs(turned, X, labels, folds, FitContext())
    proba = out_of_fold_proba(inputs)
    assert_allclose(proba, np.tile([0.1, 0.2, 0.7], (60, 1)))


def test_a_base_without_probabilities_is_named_when_it_predicts(three_groups):
    X, y = three_groups
    model = _refined(Answering(np.full((60, 3), 0.7))).fit(X, y)
    with pytest.raises(ValueError, match=r"Answering\.predict_proba.* sum to 2\.1"):
        model.predict_proba(X)
