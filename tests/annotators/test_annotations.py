"""Answers in any form come out as the same codes."""

import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sknoisy.annotators import (
    DawidSkene,
    annotations_from_long,
    annotations_to_frame,
    annotations_to_long,
)
from sknoisy.annotators._annotations import read_annotations

WIDE = [["a", None, "b"], ["b", "b", None], [None, "a", "a"]]
NAN = float("nan")
LONG = ([0, 0, 1, 1, 2, 2], [0, 2, 0, 1, 1, 2], ["a", "b", "b", "b", "a", "a"])


def codes_of(annotations, **options):
    found = read_annotations(annotations, owner="test", **options)
    return found.items, found.annotators, found.codes, found.classes.tolist()


def assert_same(first, second):
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one, other)


def test_wide_and_long_form_are_the_same():
    assert_same(codes_of(WIDE), codes_of(annotations_from_long(*LONG)))
    assert_same(annotations_to_long(WIDE), LONG)


@pytest.mark.parametrize(
    ("annotations", "missing"),
    [
        (np.array([[0, np.nan, 1], [1, 1, np.nan], [np.nan, 0, 0]]), None),
        (np.array([[0, -1, 1], [1, 1, -1], [-1, 0, 0]]), -1),
        (np.array([["0", "", "1"], ["1", "1", ""], ["", "0", "0"]]), ""),
        ([[False, None, True], [True, True, None], [None, False, False]], None),
        ([["a", "?", "b"], ["b", "b", float("nan")], ["?", "a", "a"]], "?"),
    ],
    ids=["nan", "marker", "strings", "booleans", "both"],
)
def test_missing_answers_are_left_out(annotations, missing):
    *where, codes, classes = codes_of(annotations, missing=missing)
    assert_same(where, LONG[:2])
    np.testing.assert_array_equal(codes, [0, 1, 1, 1, 0, 0])
    assert len(classes) == 2


def test_whole_numbers_with_gaps_become_integers():
    *_, classes = codes_of([[1.0, np.nan], [2.0, 1.0]])
    assert classes == [1, 2]
    assert isinstance(classes[0], int)


def test_frames_name_their_annotators():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(WIDE, columns=["ann", "bob", "eve"])
    found = read_annotations(frame, owner="test")
    assert found.annotator_names.tolist() == ["ann", "bob", "eve"]
    assert_same(codes_of(frame), codes_of(WIDE))


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.lists(st.sampled_from([None, "a", "b", "c"]), min_size=3, max_size=3),
        min_size=1,
        max_size=6,
    ).filter(lambda rows: any(label for row in rows for label in row))
)
def test_round_trip(rows):
    items, annotators, labels = annotations_to_long(rows)
    back = annotations_from_long(
        items,
        annotators,
        labels,
        item_names=np.arange(len(rows)),
        annotator_names=np.arange(3),
    )
    assert back.to_array().tolist() == rows


def test_names_fix_the_order_and_keep_silent_items():
    answers = annotations_from_long(
        ["x", "z"], ["ann", "bob"], ["no", "yes"], item_names=["z", "y", "x"]
    )
    assert answers.shape == (3, 2)
    assert answers.to_array().tolist() == [[None, "yes"], [None, None], ["no", None]]
    np.testing.assert_array_equal(answers.counts(), [[0, 1], [0, 0], [1, 0]])


def test_classes_are_sorted_whatever_their_order():
    answers = annotations_from_long([0, 1], [0, 0], ["c", "a"], classes=["c", "b", "a"])
    assert answers.classes.tolist() == ["a", "b", "c"]
    np.testing.assert_array_equal(answers.classes[answers.codes], ["c", "a"])


def test_long_words_take_no_room_beyond_themselves():
    words = ["short"] * 2000 + ["long" * 250_000]
    answers = annotations_from_long(np.arange(2001), [0] * 2001, words)
    assert answers.classes[answers.codes[0]] == "short"


def test_numbers_of_numpy_beside_those_of_python():
    answers = annotations_from_long([0, np.int64(1)], [0, 0], [1, np.int64(2)])
    assert answers.classes.tolist() == [1, 2]


def test_a_marker_leaves_other_gaps_missing():
    found = read_annotations([[1, None], [-1, NAN]], owner="test", missing=-1)
    assert found.n_answers == 1
    table = np.array([["a", ""], ["b", "a"]])
    assert read_annotations(table, owner="test", missing=-1).n_answers == 4


@pytest.mark.parametrize("cell", [("a", 1), ["a"], {"a"}], ids=repr)
def test_labels_that_are_no_single_values(cell):
    table = np.empty((2, 2), dtype=object)
    table[:] = [["a", "b"], ["b", "a"]]
    table[0, 1] = cell
    kind = type(cell).__name__
    with pytest.raises(ValueError, match=f"single values, but got {kind}"):
        read_annotations(table, owner="test")
    with pytest.raises(ValueError, match=r"shape \(2, 2, 2\).* tuples must be joined"):
        read_annotations([[("a", 1), ("b", 1)]] * 2, owner="test")


def test_many_items_and_annotators_take_little():
    rng = np.random.RandomState(0)
    items = np.repeat(np.arange(10_000), 3)
    annotators = (rng.randint(0, 1000, 10_000)[:, None] + [0, 1500, 3000]).ravel()
    truth = rng.randint(0, 3, 10_000)
    labels = np.where(rng.rand(30_000) < 0.8, truth[items], rng.randint(0, 3, 30_000))
    answers = annotations_from_long(
        items, annotators, labels, annotator_names=np.arange(5000)
    )
    crowd = DawidSkene(max_iter=5, tol=0.5).fit(answers)
    assert crowd.transition_matrices_.shape == (5000, 3, 3)
    assert (crowd.labels_ == truth).mean() > 0.9


@pytest.mark.parametrize(
    ("annotations", "message"),
    [
        ([[None, np.nan]], "expected some answers, but all 2 entries"),
        (
            np.zeros((2, 2, 2)),
            r"shape \(n_items, n_annotators\).*got shape \(2, 2, 2\)",
        ),
        (np.zeros((0, 3)), r"got shape \(0, 3\)"),
        ([["a", 1]], "labels of one type, but got a mix of int, str"),
        ([[0.25, 0.5], [1.5, 0.1]], "Unknown label type"),
    ],
    ids=["all missing", "3-D", "no items", "mixed", "continuous"],
)
def test_bad_answers_are_refused(annotations, message):
    with pytest.raises(ValueError, match=message):
        read_annotations(annotations, owner="test")


@pytest.mark.parametrize(
    ("columns", "options", "message"),
    [
        (([0, 0], [1, 1], ["a", "b"]), {}, "1 answers about item 0 2 times"),
        (([0], [1, 2], ["a", "b"]), {}, "inconsistent numbers of samples"),
        (([0, 1], [1, 1], ["a", None]), {}, "labels expected an entry .* position 1"),
        (([0, 1], [1, 1], ["a", "c"]), {"classes": ["a", "b"]}, "also hold 'c'"),
        (([0, 9], [1, 1], ["a", "b"]), {"item_names": [0, 1]}, "also hold 9, in 1 of"),
        (([0], [1], ["a"]), {"item_names": [0, 0]}, "no name twice"),
        ((["x", NAN], [1, 1], ["a", "b"]), {}, "items expected an entry .*position 1"),
        (([0, 1], ["x", NAN], ["a", "b"]), {}, "annotators expected an entry"),
        (([0, 1], [1, 1], ["a", NAN]), {}, "labels expected an entry"),
        (([0, 1], ["x", 7], ["a", "b"]), {}, "annotators .* one type, .* int, str"),
        (([0, 1], [1, 1], [("a", 1), ("b", 2)]), {}, r"got shape \(2, 2\).*join"),
        (([("a", 1), "b"], [1, 1], ["a", "b"]), {}, "items .* got tuple"),
        (([0], [1], ["a"]), {"item_names": ["0"]}, "also hold 0"),
    ],
    ids=[
        "twice",
        "length",
        "gap",
        "unknown class",
        "unknown item",
        "same names",
        "item NaN",
        "annotator NaN",
        "label NaN",
        "mixed",
        "tuples",
        "some tuples",
        "other type",
    ],
)
def test_bad_columns_are_refused(columns, options, message):
    with pytest.raises(ValueError, match=message):
        annotations_from_long(*columns, **options)


# What crowd-kit does inside is not for us to warn about.
@pytest.mark.filterwarnings("ignore")
def test_crowd_kit_takes_the_frame():
    pytest.importorskip("crowdkit")
    from crowdkit.aggregation import MajorityVote

    labels = MajorityVote().fit_predict(annotations_to_frame(WIDE[1:]))
    assert labels.to_dict() == {0: "b", 1: "a"}


def test_frame_names_its_columns():
    pytest.importorskip("pandas")
    frame = annotations_to_frame(WIDE)
    assert list(frame.columns) == ["task", "worker", "label"]
    assert_same(frame.to_numpy().T.tolist(), LONG)


def test_without_pandas_the_way_out_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match=r'pip install "\.\[crowd\]"'):
        annotations_to_frame(WIDE)
