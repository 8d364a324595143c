"""Labels of every kind and container: read as they are meant, or refused clearly."""

import datetime
import enum
import random
import re
from collections import deque
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from scipy import sparse

from sknoisy import find_label_errors, label_quality
from sknoisy._label_column import encode_labels
from sknoisy._labels import read_labels
from sknoisy.annotators import PartialLabelClassifier, annotations_from_long
from sknoisy.cluster import project_labels
from sknoisy.noise import UniformNoise
from sknoisy.semi_supervised._partly_labeled import labeled_rows, with_placeholders


class Color(enum.Enum):
    RED = 1
    BLUE = 2


class Word(str, enum.Enum):  # noqa: UP042, the older form is still met
    RED = "red"
    BLUE = "blue"


class Number(enum.IntEnum):
    ONE = 1
    TWO = 2


def encode(y, **options):
    return encode_labels(y, owner="Reader", **options)


def read(y, **aligned):
    return read_labels(np.zeros((len(y), 1)), y, owner="Reader", **aligned)


# Missing values that numpy would write out as text


GAPS = [None, np.nan, float("nan"), pd.NA, pd.NaT, np.datetime64("NaT"), Decimal("nan")]


@pytest.mark.parametrize("gap", GAPS, ids=repr)
@pytest.mark.parametrize("labels", [["a", "b", "a"], [1, 2, 1], [True, False, True]])
@pytest.mark.parametrize("container", [list, tuple, deque, pd.Series])
def test_missing_labels_are_counted_in_every_container(container, labels, gap):
    y = container([labels[0], gap, *labels[1:], gap])
    with pytest.raises(ValueError, match=r"NaN or None in 2 of 5 rows, .* in row 1\."):
        encode(y)


def test_labels_behind_a_mask_are_missing():
    y = np.ma.array([1, 2, 1], mask=[False, True, False])
    with pytest.raises(ValueError, match=r"NaN or None in 1 of 3 rows, .* in row 1\."):
        encode(y)


@pytest.mark.skipif(
    not hasattr(np.dtypes, "StringDType"), reason="numpy 2 brings this dtype"
)
def test_strings_of_variable_width():
    dtype = np.dtypes.StringDType(na_object=np.nan)
    assert encode(np.array(["b", "a"], dtype=dtype))[0].tolist() == ["a", "b"]
    with pytest.raises(ValueError, match="NaN or None in 1 of 2 rows"):
        encode(np.array(["b", np.nan], dtype=dtype))


@pytest.mark.parametrize("dtype", ["string", "string[pyarrow]", "category", object])
def test_strings_of_pandas(dtype):
    classes, codes = encode(pd.Series(["b", "a", "b"], dtype=dtype))
    assert classes.tolist() == ["a", "b"]
    assert_array_equal(codes, [1, 0, 1])
    with pytest.raises(ValueError, match="NaN or None in 1 of 3 rows"):
        encode(pd.Series(["b", None, "a"], dtype=dtype))


@pytest.mark.parametrize("function", [find_label_errors, label_quality])
def test_the_functions_read_labels_the_same_way(function):
    proba = np.full((4, 3), 1 / 3)
    with pytest.raises(ValueError, match="NaN or None in 1 of 4 rows"):
        function(["a", "b", float("nan"), "a"], proba)
    with pytest.raises(ValueError, match="mix of int, str"):
        function(["a", 1, "b", "a"], proba)


# Types


@pytest.mark.parametrize(
    ("y", "classes", "kind"),
    [
        ([np.int64(2), 1], [1, 2], "i"),
        ([np.float32(2), 1.0, 1], [1.0, 2.0], "f"),
        ([np.bool_(True), False], [False, True], "b"),
        ([np.str_("b"), "a"], ["a", "b"], "U"),
        ([2**63, 1], [1, 2**63], "u"),
        ([2**64 - 1, 2**63], [2**63, 2**64 - 1], "u"),
        ([-(2**63), 2**63 - 1], [-(2**63), 2**63 - 1], "i"),
        ([Number.TWO, Number.ONE], [1, 2], "i"),
        ([Word.RED, Word.BLUE], ["blue", "red"], "U"),
        (np.array([Word.RED, Word.BLUE], dtype=object), ["blue", "red"], "O"),
        (["a\0", "a"], ["a", "a\0"], "O"),
        (range(2), [0, 1], "i"),
        (np.array(["2020-01-02", "2020-01-01"], dtype="M8[D]"), None, "M"),
        ([np.datetime64("2020-01-02"), np.datetime64("2020-01-01")], None, "M"),
        ([np.timedelta64(2, "s"), np.timedelta64(1, "s")], None, "m"),
    ],
)
def test_labels_keep_their_value_and_get_a_dtype(y, classes, kind):
    found, codes = encode(y)
    assert found.dtype.kind == kind
    if classes is not None:
        assert found.tolist() == classes
        assert found[codes].tolist() == list(y)


@pytest.mark.parametrize(
    "y",
    [
        [2**64, 1],
        [2**63, -1],
        [np.int8(3), 2**64],
        [2**53 + 1, 0.5],
        [10**400, 0.5],
        np.array([2**70, 1], dtype=object),
        np.array([2.0**63, -1.0]),
        [1e30, 1.0],
    ],
)
def test_numbers_that_would_be_rounded_are_refused(y):
    with pytest.raises(ValueError, match=r"fit 64 bits, but got \d.*rounded.*str\("):
        encode(y)


@pytest.mark.parametrize(
    ("y", "mix"),
    [
        ([1, "a"], "int, str"),
        ([True, 2], "bool, int"),
        ([True, "yes"], "bool, str"),
        ([1.0, "a", 2.0], "float, str"),
        ([b"a", "a"], "bytes, str"),
        ([Decimal(1), 1], "Decimal, int"),
        (np.array([np.int64(1), "a"], dtype=object), "int, str"),
    ],
)
def test_mixed_types_are_refused(y, mix):
    with pytest.raises(ValueError, match=rf"one type in y, but got a mix of {mix}\."):
        encode(y)


@pytest.mark.parametrize(
    ("label", "name", "advice"),
    [
        (pd.Interval(0, 1), "Interval", r"\[str\(label\) for label in y\]"),
        (pd.Period("2020-01"), "Period", r"\[str\(label\) for label in y\]"),
        (Decimal("0.5"), "Decimal", r"\[str\(label\) for label in y\]"),
        (datetime.date(2020, 1, 1), "date", r"\[str\(label\) for label in y\]"),
        (Color.RED, "Color", r"\[label\.name for label in y\]"),
        (b"red", "bytes", r"\[label\.decode\(\) for label in y\]"),
    ],
)
@pytest.mark.parametrize("container", [list, pd.Series])
def test_types_that_no_classifier_takes_are_refused(container, label, name, advice):
    y = container([label, label])
    with pytest.raises(ValueError, match=rf"values of type {name}, .*{advice}"):
        encode(y)


@pytest.mark.parametrize("row", [("a", "b"), {"a"}, ["a", "b"], {"a": 1}, np.ones(2)])
def test_a_collection_in_place_of_a_label(row):
    y = np.empty(2, dtype=object)
    y[:] = ["a", None]
    y[1] = row
    with pytest.raises(ValueError, match=r"row 1 of y holds .*MultiLabelBinarizer"):
        encode(y)


def test_rows_of_unequal_length():
    with pytest.raises(ValueError, match=r"row 0 of y holds \['a'\], a list"):
        encode([["a"], ["a", "b"]])


@pytest.mark.parametrize(
    "y", [[("a", "b"), ("a", "c")], np.eye(2), sparse.csr_array(np.eye(2))]
)
def test_tables_are_sent_to_multilabel(y):
    ways_out = r"shape \(2, 2\).*sknoisy\.multilabel.*MultiOutputClassifier.*argmax"
    with pytest.raises(ValueError, match=ways_out):
        encode(y)


def test_one_long_label_does_not_widen_all_rows():
    short = ["a", "b"] * 1000
    classes, codes = encode([*short, "c" * 10**6])
    assert classes.dtype == object
    assert [len(label) for label in classes] == [1, 1, 10**6]
    assert_array_equal(codes[:3], [0, 1, 0])
    assert encode(short)[0].dtype.kind == "U"


def test_long_labels_are_cut_in_messages():
    with pytest.raises(ValueError, match=r"one class: 'a{59}\.\.\.\. Check"):
        read(["a" * 10**6] * 2)
    with pytest.raises(ValueError, match=r"holds \['b{59}\.\.\.\]\. Pass"):
        encode(["a", "b" * 10**6], classes=["a"])


# Classes


@pytest.mark.parametrize(
    ("classes", "message"),
    [
        ([], r"shape \(n_classes,\).*got shape \(0,\)"),
        ([["a", "b"]], r"shape \(n_classes,\).*got shape \(1, 2\)"),
        (["a", None], "with NaN or None among the names"),
        (["a", float("nan")], "with NaN or None among the names"),
        (["a", "b", "a"], r"distinct classes, but \['a'\] come more than once"),
        ([1, 2], "classes holds .*1.* and y holds 'a'"),
        (["a", 1], "one type in classes, but got a mix of int, str"),
        ([pd.Interval(0, 1)], "values of type Interval"),
        (np.array([b"a", b"b"]), "classes holds b'a' and y holds 'a'"),
    ],
)
def test_bad_classes(classes, message):
    with pytest.raises(ValueError, match=message):
        encode(["a", "b"], classes=classes)


def test_many_unknown_labels_are_counted():
    with pytest.raises(ValueError, match=r"holds \['00', .*'11', and 8 more\]"):
        encode([f"{n:02d}" for n in range(20)], classes=["a"])


# Groups and trusted labels


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        ([1, "a", 2], "values of one type in groups, but got a mix of int, str"),
        (["a", float("nan"), "b"], "NaN or None in 1 of 3 rows, the first in row 1"),
        (np.ones((3, 2)), r"shape \(n_samples,\), but got shape \(3, 2\)"),
        (pd.Series([[1], [2], [3]]), r"can be compared.*but got \[1\]"),
    ],
)
def test_bad_groups(groups, message):
    with pytest.raises(ValueError, match=message):
        read(["a", "b", "a"], groups=groups)


@pytest.mark.parametrize(
    ("groups", "same"),
    [
        ([np.int64(3), 3, 4], [3, 3, 4]),
        (["x", "y", "x"], ["x", "y", "x"]),
        (pd.Series([("x", 1), ("y", 2), ("x", 1)]), [0, 1, 0]),
        (pd.Series([datetime.date(2020, 1, d) for d in (1, 2, 1)]), [0, 1, 0]),
        (np.array([[1], [2], [1]]), [1, 2, 1]),
    ],
)
def test_groups_of_any_kind(groups, same):
    assert_array_equal(read(["a", "b", "a"], groups=groups).groups, same)


def test_nullable_masks_of_trusted_labels():
    trusted = pd.Series([True, False], dtype="boolean")
    assert_array_equal(read(["a", "b"], trusted=trusted).trusted, [True, False])
    for gap in (None, pd.NA):
        with pytest.raises(ValueError, match=r"boolean mask.*entry means False"):
            read(["a", "b"], trusted=[True, gap])


# The same reader elsewhere


def test_a_marker_of_missing_labels_in_a_list():
    y = ["a", float("nan"), "b"]
    labeled = labeled_rows(y, np.nan, owner="Reader")
    assert labeled.tolist() == [True, False, True]
    assert with_placeholders(y, labeled).tolist() == ["a", "a", "b"]


def test_clusters_in_a_list():
    with pytest.raises(ValueError, match="1 of 3 are NaN or None, the first in row 1"):
        project_labels(["a", float("nan"), "b"], [1, 2, 3])


@pytest.mark.parametrize("column", ["items", "annotators", "labels"])
@pytest.mark.parametrize("entry", [float("nan"), None, 7])
def test_columns_of_answers(column, entry):
    columns = {"items": ["i", "j"], "annotators": ["a", "b"], "labels": ["x", "y"]}
    columns[column] = [columns[column][0], entry]
    message = "mix of int, str" if entry == 7 else "1 of 2 are None or NaN"
    with pytest.raises(ValueError, match=message):
        annotations_from_long(**columns)


def test_sets_of_candidates_keep_their_types():
    with pytest.raises(ValueError, match="mix of int, str"):
        PartialLabelClassifier().fit(np.eye(2), [{1, "a"}, {"a", "b"}])


def test_noise_on_a_list_with_a_long_label():
    y = ["a", "b"] * 500 + ["c" * 10**6]
    noisy = UniformNoise(0.2, random_state=0).corrupt(y)
    assert noisy.dtype == object
    assert 0.1 < np.mean(noisy != np.array(y, dtype=object)) < 0.3


# Anything beside anything

ENTRIES = [
    *("a", "b ", "", "nan", "c" * 5000, np.str_("x"), b"x"),
    *(1, 2, -5, 2**63, 2**64, np.int8(3), np.uint64(2**63 + 1), True, np.bool_(True)),
    *(1.0, 2.5, 1e30, float("inf"), np.float16(2), np.longdouble(1.5), 1j),
    *(None, float("nan"), pd.NA, pd.NaT, Decimal("sNaN"), Decimal("1.5")),
    *((1, 2), ("a",), [1], {1}, {"a": 1}, np.array([1, 2]), np.array(1)),
    *(Color.RED, Word.RED, Number.ONE, object(), int, np.void(b"ab")),
    *(datetime.date(2020, 1, 1), pd.Timestamp("2020"), pd.Period("2020")),
    *(np.datetime64("2020"), np.timedelta64(3, "s"), pd.Interval(0, 1)),
]
# Sentences of ours, and those of scikit-learn that say what came.
CLEAR = "Reader (expected|needs)|Unknown label type|bytes is not supported|Complex data"


def draw_column(rng):
    """Return a few entries of up to three values in a container."""
    pool = rng.sample(ENTRIES, rng.choice([1, 1, 2, 3]))
    column = np.empty(rng.randrange(7), dtype=object)
    for row in range(len(column)):
        column[row] = rng.choice(pool)
    containers = [list, tuple, deque, pd.Series, lambda values: values]
    return rng.choice(containers)(column)


@pytest.mark.filterwarnings("ignore:A column-vector y was passed")
@pytest.mark.parametrize("seed", range(300))
def test_labels_are_right_or_refused_clearly(seed):
    rng = random.Random(seed)
    y = draw_column(rng)
    classes = draw_column(rng) if seed % 3 == 0 else None
    error = None
    try:
        found, codes = encode(y, classes=classes)
    except (ValueError, TypeError) as raised:
        error = str(raised)
    if error is not None:
        assert re.search(CLEAR, error)
    else:
        given = [entry for row in y for entry in np.ravel(np.array(row, dtype=object))]
        # Dates in nanoseconds would become plain numbers in a list.
        dates = found.dtype.kind == "M"
        labels = pd.Series(found[codes]) if dates else found[codes]
        assert labels.tolist() == given
