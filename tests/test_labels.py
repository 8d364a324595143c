from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.exceptions import DataConversionWarning

from sknoisy._labels import NoisyLabels, encode_labels, label_record, read_labels


def _read(y, **aligned):
    return read_labels(np.zeros((len(y), 2)), y, owner="Reader", **aligned)


@pytest.mark.parametrize(
    ("y", "classes", "codes"),
    [
        (["b", "a", "b"], ["a", "b"], [1, 0, 1]),
        ([5, 1, 2], [1, 2, 5], [2, 0, 1]),
        ([True, False], [False, True], [1, 0]),
        ([1.0, -1.0], [-1.0, 1.0], [1, 0]),
        (np.array(["b", "a"], dtype=object), ["a", "b"], [1, 0]),
        (np.array([2, 1], dtype=object), [1, 2], [1, 0]),
        (np.array(["é", "z"]), ["z", "é"], [1, 0]),
    ],
)
def test_codes_are_positions_among_the_sorted_classes(y, classes, codes):
    labels = _read(y)
    assert_array_equal(labels.classes, classes)
    assert_array_equal(labels.codes, codes)
    assert_array_equal(labels.y, y)


def test_objects_of_one_type_get_a_dtype_of_their_own():
    assert _read(np.array([2, 1], dtype=object)).classes.dtype.kind == "i"
    assert _read(np.array([True, False], dtype=object)).classes.dtype.kind == "b"


def test_series_of_pandas_and_polars():
    for library in ("pandas", "polars"):
        series = pytest.importorskip(library).Series(["b", "a", "b"])
        assert_array_equal(_read(series).codes, [1, 0, 1])


def test_a_column_is_read_with_a_warning():
    with pytest.warns(DataConversionWarning, match="column-vector y was passed"):
        labels = _read(np.array([["b"], ["a"]]))
    assert_array_equal(labels.codes, [1, 0])


def test_only_the_length_of_X_is_looked_at():
    y = ["a", "b"]
    for X in (["a text", "another"], sparse.csr_array((2, 5)), [{"k": 1}, {}]):
        assert read_labels(X, y, owner="Reader").n_samples == 2


def test_what_follows_from_the_record():
    labels = _read(["b", "a", "c"], sample_weight=[1, 2, 0])
    assert (labels.n_samples, labels.n_classes) == (3, 3)
    assert_array_equal(labels.one_hot(), [[0, 1, 0], [1, 0, 0], [0, 0, 1]])
    assert_array_equal(labels.sample_weight, [1, 2, 0])
    assert_array_equal(_read(["b", "a"]).sample_weight, [1, 1])


def test_weights_are_relative_to_distinct_rows():
    labels = _read(["a", "b", "a", "b"], sample_weight=[0.5, 0.5, 2, 0])
    points = np.array([0, 0, 1, 2])
    once = labels.relative_to(points)
    # Two points carry weight, 1 and 2: their median is 1.5.
    assert_allclose(once.sample_weight, np.array([0.5, 0.5, 2, 0]) / 1.5)
    assert_array_equal(once.points, points)
    scaled = replace(labels, sample_weight=labels.sample_weight * 7)
    assert_allclose(scaled.relative_to(points).sample_weight, once.sample_weight)
    plain = _read(["a", "b", "a"]).relative_to(np.arange(3))
    assert_array_equal(plain.sample_weight, np.ones(3))


def test_verified_rows_keep_label_and_weight():
    labels = _read(
        ["a", "b", "b"], sample_weight=[1, 2, 3], trusted=np.array([False, True, False])
    )
    soft_labels = np.full((3, 2), 0.5)
    assert_array_equal(
        labels.keep_trusted(soft_labels), [[0.5, 0.5], [0, 2], [0.5, 0.5]]
    )
    assert_array_equal(labels.quality_of_trusted(np.full(3, 0.3)), [0.3, 1, 0.3])


def test_without_verified_rows_nothing_is_changed():
    labels = _read(["a", "b"])
    table = np.full((2, 2), 0.5)
    assert labels.keep_trusted(table) is table
    assert labels.quality_of_trusted(table) is table


def test_classes_may_come_in_any_order():
    classes, codes = encode_labels(
        ["no", "yes", "no"], owner="Reader", classes=["yes", "perhaps", "no"]
    )
    assert_array_equal(classes, ["yes", "perhaps", "no"])
    assert_array_equal(codes, [2, 0, 2])


def test_one_class_is_enough_for_labels_that_come_alone():
    labels = label_record([3, 3], owner="Reader")
    assert isinstance(labels, NoisyLabels)
    assert_array_equal(labels.codes, [0, 0])


@pytest.mark.parametrize("missing", [None, np.nan, float("nan")])
def test_missing_labels_are_counted_and_located(missing):
    y = np.array(["a", "b", missing, missing], dtype=object)
    with pytest.raises(ValueError, match=r"NaN or None in 2 of 4 rows, .* row 2\. Dro"):
        _read(y)


def test_missing_value_of_pandas():
    pd = pytest.importorskip("pandas")
    for dtype in ("string", "Int64", object):
        y = pd.Series([1, 2, None], dtype=object).astype(dtype)
        with pytest.raises(ValueError, match="NaN or None in 1 of 3 rows"):
            _read(y)


@pytest.mark.parametrize(
    ("y", "message"),
    [
        ([1.0, np.nan], "NaN or None in 1 of 2 rows"),
        ([0.5, 1.5, 2.5], "Unknown label type: continuous"),
        (np.eye(3), r"shape \(3, 3\).*MultiOutputClassifier"),
        (["a", "a"], "holds only one class: .*'a'"),
        ([], "X and y have 0 sample"),
        (np.array([1, "a"], dtype=object), r"mix of int, str.*astype\(str\)"),
    ],
)
def test_bad_labels(y, message):
    with pytest.raises(ValueError, match=message):
        _read(y)


def test_labels_must_be_given():
    with pytest.raises(ValueError, match="Reader requires y to be passed"):
        read_labels(np.zeros((2, 1)), None, owner="Reader")


@pytest.mark.parametrize(
    ("aligned", "message"),
    [
        ({"sample_weight": [1, 1, 1]}, r"sample_weight.shape == \(3,\)"),
        ({"sample_weight": [1, -1]}, "Negative values in data"),
        ({"groups": [1]}, "inconsistent numbers of samples"),
        ({"trusted": [0, 1]}, r"boolean mask of shape \(2,\).*int64.*numpy\.isin"),
        ({"trusted": [True]}, r"boolean mask of shape \(2,\).*shape \(1,\)"),
    ],
)
def test_what_is_aligned_with_the_labels_is_checked(aligned, message):
    with pytest.raises(ValueError, match=message):
        _read(["a", "b"], **aligned)


def test_as_many_labels_as_rows():
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        read_labels(np.zeros((3, 1)), ["a", "b"], owner="Reader")


def test_unknown_labels_are_named():
    with pytest.raises(
        ValueError, match=r"among the classes \['a', 'b'\], .*holds \['c'\]"
    ):
        encode_labels(["a", "c"], owner="Reader", classes=["a", "b"])
