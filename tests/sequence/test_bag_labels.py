import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from scipy import sparse

from sknoisy.sequence import segment_table
from sknoisy.sequence._bag_labels import form_of_labels, read_bag_labels
from sknoisy.sequence._bags import read_bags

BAGS = read_bags([np.ones((10, 1)), np.ones((4, 1)), np.ones((6, 1))], owner="Model")
TABLE = np.array([[1, 0], [0, 0], [1, 1]])
FLAT = segment_table([0, 1, 2], [5, 4, 6], label=["a", "b", "a"], bag=[0, 2, 2])


def read(y, bags=BAGS, **options):
    return read_bag_labels(y, bags, owner="Model", **options)


def per_bag(table):
    return [table[table["bag"] == bag] for bag in range(3)]


SAME = {
    "sets": [{"a"}, set(), {"b", "a"}],
    "lists": [["a"], [], ["b", "a"]],
    "tuples": (("a",), (), ("b", "a", "b")),
    "arrays": [np.array(["a"]), np.array([]), np.array(["b", "a"])],
    "flat table": FLAT,
    "tables": per_bag(FLAT),
    "frames": [pd.DataFrame(part) for part in per_bag(FLAT)],
}


@pytest.mark.parametrize("y", SAME.values(), ids=SAME)
def test_forms_of_the_same_labels(y):
    labels = read(y)
    assert_array_equal(labels.classes, ["a", "b"])
    assert_array_equal(labels.table, TABLE)
    assert (labels.n_bags, labels.n_classes) == (3, 2)


@pytest.mark.parametrize("y", [TABLE, TABLE.astype(bool), sparse.csr_array(TABLE)])
def test_multi_hot(y):
    labels = read(y)
    assert_array_equal(labels.table, TABLE)
    assert_array_equal(labels.classes, [0, 1])
    assert_array_equal(read(y, classes=["x", "y"]).classes, ["x", "y"])
    assert labels.segments is None


@pytest.mark.parametrize("kind", [list, np.array, pd.Series])
def test_single_labels(kind):
    labels = read(kind(["u", "v", "u"]))
    assert_array_equal(labels.classes, ["u", "v"])
    assert_array_equal(labels.table, [[1, 0], [0, 1], [1, 0]])


def test_segments_are_kept():
    segments = read(per_bag(FLAT)).segments
    for field in ("bag", "label", "start", "end"):
        assert_array_equal(segments[field], FLAT[field])


def test_segments_name_the_bags_as_groups_do():
    groups = np.repeat(["v9", "v1", "v5"], BAGS.lengths)
    bags = read_bags(BAGS.values, groups=groups, owner="Model")
    named = segment_table(
        FLAT["start"], FLAT["end"], label=FLAT["label"], bag=["v9", "v5", "v5"]
    )
    labels = read(named, bags)
    assert_array_equal(labels.table, TABLE)
    assert_array_equal(labels.segments["bag"], [0, 2, 2])
    assert_array_equal(read(per_bag(FLAT), bags).segments["bag"], [0, 2, 2])
    with pytest.raises(ValueError, match="segment 0 is in bag 0"):
        read(FLAT, bags)


def test_classes_in_the_order_wanted():
    labels = read(SAME["sets"], classes=["b", "c", "a"])
    assert_array_equal(labels.table, [[0, 0, 1], [0, 0, 0], [1, 0, 1]])


def test_bags_in_which_nothing_happens():
    labels = read([set(), set(), set()], classes=["a"])
    assert_array_equal(labels.table, [[0], [0], [0]])
    assert read(np.zeros((3, 2))).table.sum() == 0


@pytest.mark.parametrize("y", [[[1, 2], [2, 2], [3, 1]], [[0, 1], [1], [0, 1]]])
def test_lists_of_numbers_are_sets_of_labels(y):
    assert form_of_labels(y) == "sets"


LONG = segment_table([0, 1], [5, 7], bag=[0, 1])
BAD = {
    "nothing": (None, "requires y to be passed"),
    "too few": (["a", "b"], "each of the 3 bags of X, but y has 2 entries"),
    "too few sets": ([{"a"}], "each of the 3 bags of X, but y has 1 entries"),
    "too few rows": (TABLE[:2], "each of the 3 bags of X, but y has 2 entries"),
    "too few tables": (per_bag(FLAT)[:2], "each of the 3 bags .* 2 entries"),
    "counts": (2 * TABLE, r"zeros and ones in a table y.*got the values \[0, 2\]"),
    "NaN": (np.full((3, 2), np.nan), "y contains NaN"),
    "ambiguous": (
        TABLE.tolist(),
        r"table .*numpy\.array\(y\), labels as a list of sets",
    ),
    "mixed": ([{"a"}, "a", {"b"}], r"bag 1 has 'a'.*\{'a'\}"),
    "never": ([set(), set(), set()], "at least one label in y"),
    "missing": ([{"a"}, {None}, set()], "a label in every row.*NaN or None"),
    "outside": (LONG, "segment 1 goes from 1 to 7 where bag 1 has 4 steps.*seconds"),
    "no such bag": (segment_table([0], [1], bag=7), "from 0 to 2, but segment 0 .* 7"),
    "negative": (segment_table([-1], [1]), "segment 0 goes from -1 to 1"),
    "backwards": ([{"start": [3], "end": [1]}, FLAT[:0], FLAT[:0]], "starts at 3 and"),
}


@pytest.mark.parametrize(("y", "message"), BAD.values(), ids=BAD)
def test_bad_labels(y, message):
    with pytest.raises(ValueError, match=message):
        read(y)


@pytest.mark.parametrize("y", [SAME["sets"], ["a", "b", "b"], FLAT])
def test_labels_unknown_to_the_model(y):
    with pytest.raises(ValueError, match=r"among the classes \['a'\].*\['b'\]"):
        read(y, classes=["a"])


def test_columns_unknown_to_the_model():
    with pytest.raises(ValueError, match="each of the 3 classes, but got 2"):
        read(TABLE, classes=["a", "b", "c"])
