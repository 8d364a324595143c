"""What labels are, before anything is learnt from them."""

import numpy as np
import pytest

from sknoisy.report._label_check import (
    encode,
    labelled_rows,
    list_separator,
    merge_spellings,
    natural_order,
)

TAGS = ["a, b", "b, c", "a", "c", "a, c", "b"]


@pytest.mark.parametrize(
    ("values", "separator"),
    [
        (TAGS, ","),
        ([value.replace(", ", "|") for value in TAGS], "|"),
        ([value.replace(", ", "; ") for value in TAGS], ";"),
        (["cat", "dog"], None),
        (["1,5", "2,5", "cat"], None),
        (["Paris, France", "Rome, Italy", "Oslo, Norway"], None),
        (["a long sentence, which says this", "and one, which says that"], None),
        ([], None),
    ],
)
def test_lists_are_known_by_parts_that_recur(values, separator):
    assert list_separator(values) == separator


def test_missing_labels():
    labels = np.array(["a", " ", "NA", "nan", "None", 0, 1.5], dtype=object)
    assert labelled_rows(labels).tolist() == [True, False, False, False] + [True] * 3


def test_codes_of_any_type():
    for labels in (["b", "a"], [2, 1], [True, False], [0.5, -1.0]):
        classes, codes = encode(np.array(labels, dtype=object))
        assert classes.tolist() == sorted(labels)
        assert classes[codes].tolist() == labels


def test_spellings_share_a_code():
    classes, codes = encode(np.array(["b", "A", "a ", "a", "B"], dtype=object))
    merged = merge_spellings(classes, codes)
    assert len(np.unique(merged)) == 2
    assert merged[0] == merged[4]
    assert merged[1] == merged[2] == merged[3]


def test_natural_order():
    classes = ["10", "b", "9", "a"]
    assert [classes[k] for k in natural_order(classes)] == ["9", "10", "a", "b"]
    assert natural_order([True, False]) == [1, 0]
