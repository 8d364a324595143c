"""The keyword decides how labels are read, never a value."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from scipy import sparse

from sknoisy.sequence import segment_table
from sknoisy.sequence._bags import read_bags
from sknoisy.sequence._evidence import read_bag_labels, read_evidence

BAGS = read_bags([np.ones((10, 1)), np.ones((4, 1)), np.ones((6, 1))], owner="Model")
TABLE = np.array([[1, 0], [0, 0], [1, 1]])
SETS = [{"a"}, set(), {"b", "a"}]
FLAT = segment_table([0, 1, 2], [5, 4, 6], label=["a", "b", "a"], bag=[0, 2, 2])
STEPS = [np.array(list(text)) for text in ("--aaaaa---", "----", "-bbaaa")]


def read(y=None, segments=None, step_labels=None, **keywords):
    sources = {"y": y, "segments": segments, "step_labels": step_labels}
    return read_evidence(BAGS, sources, owner="Model", **keywords)


def per_bag(table):
    return [table[table["bag"] == bag] for bag in range(3)]


SAME = {
    "sets": {"y": SETS},
    "frozen sets": {"y": tuple(map(frozenset, SETS))},
    "flat table": {"segments": FLAT},
    "tables": {"segments": per_bag(FLAT)},
    "frames": {"segments": [pd.DataFrame(part) for part in per_bag(FLAT)]},
    "steps": {"step_labels": STEPS, "background": "-"},
    "lists of steps": {"step_labels": [s.tolist() for s in STEPS], "background": "-"},
}


@pytest.mark.parametrize("keywords", SAME.values(), ids=SAME)
def test_forms_of_the_same_labels(keywords):
    evidence = read(**keywords)
    assert_array_equal(evidence.classes, ["a", "b"])
    assert_array_equal(evidence.present, TABLE)
    assert evidence.by_step == ("step_labels" in keywords)


@pytest.mark.parametrize(
    "y", [TABLE, TABLE.astype(bool), sparse.csr_array(TABLE), pd.DataFrame(TABLE)]
)
def test_multi_hot(y):
    evidence = read(y)
    assert_array_equal(evidence.present, TABLE)
    assert_array_equal(evidence.classes, [0, 1])


@pytest.mark.parametrize("names", [["run", "jump"], [7, 3]])
def test_columns_of_a_frame_name_the_classes(names):
    evidence = read(pd.DataFrame(TABLE, columns=names))
    assert_array_equal(evidence.classes, names)
    assert evidence.classes.dtype.kind == np.array(names).dtype.kind
    assert_array_equal(evidence.present, TABLE)


@pytest.mark.parametrize("kind", [list, np.array, pd.Series])
def test_single_labels(kind):
    classes, table = read_bag_labels(kind(["u", "v", "u"]), BAGS, "Model")
    assert_array_equal(classes, ["u", "v"])
    assert_array_equal(table, [[1, 0], [0, 1], [1, 0]])


def test_steps_are_coded():
    evidence = read(step_labels=STEPS, background="-")
    assert evidence.targets.shape == (20, 3)
    assert_array_equal(evidence.targets[[0, 2, 15]], np.eye(3)[[2, 0, 1]])


@pytest.mark.parametrize("changed", ["a", "b", "z", "-"])
@pytest.mark.parametrize("step", range(6))
def test_one_changed_label_does_not_change_how_labels_are_read(step, changed):
    # Distinct labels once made these arrays sets of labels of whole bags.
    steps = [np.array(["a"] * n) for n in BAGS.lengths]
    steps[2] = np.array(list("uvwxyz"))
    steps[2][step] = changed
    evidence = read(step_labels=steps)
    assert evidence.by_step
    position = list(evidence.classes).index(changed)
    assert_array_equal(evidence.targets[14 + step], np.eye(len(evidence.classes) + 1)[
        position
    ])  # fmt: skip
    with pytest.raises(ValueError, match="step_labels, tables of segments"):
        read(steps)


@pytest.mark.parametrize(
    "y",
    [
        [["a"], [], ["b", "a"]],
        [("a",), (), ("b", "a")],
        [np.array(["a"]), np.array([]), np.array(["b", "a"])],
        [{"a"}, ["b"], {"b"}],
        TABLE.tolist(),
        [[1, 2], [2, 2], [3, 1]],
        STEPS,
    ],
    ids=["lists", "tuples", "arrays", "mixed", "table", "numbers", "steps"],
)
def test_what_cannot_be_told_names_the_keywords(y):
    with pytest.raises(
        ValueError, match=r"cannot tell .*one set per bag.*numpy\.array\(y\).*into "
        "step_labels, tables of segments into segments"
    ):  # fmt: skip
        read(y)


def test_bags_in_which_nothing_happens():
    assert read(np.zeros((3, 2))).present.sum() == 0


LONG = segment_table([0, 1], [5, 7], bag=[0, 1])
SHORT = [labels[:-1] for labels in STEPS]
BAD = {
    "nothing": ({}, "requires y to be passed"),
    "two": ({"y": SETS, "segments": FLAT}, "one of y, .* but got y and segments"),
    "text": ({"y": "abc"}, "an entry in y for each bag, but got 'abc'"),
    "one set": ({"y": {"a"}}, "an entry in y for each bag, but got {'a'}"),
    "too few": ({"y": ["a", "b"]}, "each of the 3 bags of X, but y has 2 entries"),
    "too few sets": ({"y": [{"a"}]}, "each of the 3 bags .* y has 1 entries"),
    "too few rows": ({"y": TABLE[:2]}, "each of the 3 bags .* y has 2 entries"),
    "all steps": ({"y": np.concatenate(STEPS)}, "y has 20 entries.*step_labels"),
    "table in y": ({"y": FLAT}, r"tables of segments.*fit\(X, segments=\.\.\.\)"),
    "tables in y": ({"y": per_bag(FLAT)}, r"tables of segments.*segments=\.\.\."),
    "few tables": ({"segments": per_bag(FLAT)[:2]}, "segments has 2 entries"),
    "counts": ({"y": 2 * TABLE}, "zeros and ones in y, but got 3 other .* first .* 2"),
    "NaN": ({"y": np.full((3, 2), np.nan)}, "zeros and ones in y.*NaN among them"),
    "set and text": ({"y": [{"a"}, "a", {"b"}]}, "bag 1 has 'a', of type str"),
    "tuples as labels": ({"y": [{("a", 1)}, set(), set()]}, "tuples as labels"),
    "never": ({"y": [set(), set(), set()]}, "at least one label"),
    "missing": ({"y": [{"a"}, {None}, set()]}, "a label in every row.*NaN or None"),
    "outside": ({"segments": LONG}, "segment 1 goes from 1 to 7 where bag 1 has 4"),
    "no such bag": (
        {"segments": segment_table([0], [1], bag=7)},
        "from 0 to 2, but segment 0 .* 7",
    ),
    "negative": ({"segments": segment_table([-1], [1])}, "goes from -1 to 1"),
    "backwards": (
        {"segments": [{"start": [3], "end": [1]}, FLAT[:0], FLAT[:0]]},
        "starts at 3 and",
    ),
    "short steps": ({"step_labels": SHORT}, "each of the 10 steps of bag 0.*into y"),
    "few steps": ({"step_labels": STEPS[:2]}, "step_labels has 2 entries"),
    "no steps": ({"step_labels": 3}, "one array of labels per bag .* got 3"),
    "background": (
        {"step_labels": [["-"] * n for n in BAGS.lengths], "background": "-"},
        "all labels are the background, '-'",
    ),
}


@pytest.mark.parametrize(("keywords", "message"), BAD.values(), ids=BAD)
def test_bad_labels(keywords, message):
    with pytest.raises(ValueError, match=message):
        read(**keywords)
