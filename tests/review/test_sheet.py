import csv

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sknoisy.review._sheet import label_of, read_sheet, safe_text, write_sheet

DANGEROUS = ("=1+1", "+cmd", "-cmd", "@SUM(A1)", "\tx", "\rx", "'quoted")


@pytest.mark.parametrize("text", DANGEROUS)
def test_formulas_are_marked(text):
    assert safe_text(text) == f"'{text}"
    assert label_of(safe_text(text).strip(), [text, "other"]) == text
    assert label_of(text, [text, "other"]) == text


@pytest.mark.parametrize("label", ["cat", 1, -1, -0.5, "-1", "+2", True, "a=b", ""])
def test_numbers_and_words_are_left_alone(label):
    assert safe_text(label) == str(label)


@given(st.text(min_size=1))
def test_no_text_comes_out_as_a_formula(text):
    safe = safe_text(text)
    if safe.startswith(("=", "@", "\t", "\r", "+", "-")):
        float(safe)
    assert safe.removeprefix("'") == text or safe == text


@pytest.mark.parametrize(
    ("text", "classes", "expected"),
    [
        ("1", [0, 1], 1),
        ("1.0", [0, 1], 1),
        ("1", [0.0, 1.0], 1.0),
        ("-1", [-1, 1], -1),
        ("TRUE", [False, True], True),
        ("Cat", ["cat", "dog"], "cat"),
        ("Cat", ["cat", "Cat"], "Cat"),
        ("CAT", ["cat", "Cat"], None),
        ("01", ["01", "1"], "01"),
        ("bird", ["cat", "dog"], None),
        ("nan", [0.0, 1.0], None),
    ],
)
def test_text_becomes_a_class(text, classes, expected):
    assert label_of(text, classes) == expected


def test_sheet_is_read_back(tmp_path):
    path = tmp_path / "list.csv"
    write_sheet(path, [(3, "=a", "b, c", 0.25, 1.0), (0, "b, c", "=a", 0.5, 0.125)])
    with path.open(newline="") as file:
        header, first, second = csv.reader(file)
    assert header[-1] == "verdict"
    assert first == ["3", "'=a", "b, c", "0.250000", "1", ""]
    assert second[4] == "0.125"
    lines = read_sheet(path)
    assert [(line.line, line.row, line.given, line.verdict) for line in lines] == [
        (2, 3, "'=a", ""),
        (3, 0, "b, c", ""),
    ]


def test_sheet_may_come_back_rearranged(tmp_path):
    path = tmp_path / "list.csv"
    path.write_text(
        "\ufeffverdict;note;given_label;row\ncat;hm;dog;5\n;;cat;7\n\n;;;\n"
    )
    lines = read_sheet(path)
    assert [(line.row, line.given, line.verdict) for line in lines] == [
        (5, "dog", "cat"),
        (7, "cat", ""),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "lacks given_label, row, verdict"),
        ("row,given_label\n1,a\n", "lacks verdict"),
        ("row,given_label,verdict\n1,a\n", "line 2: expected 3 values .* got 2"),
        ("row,given_label,verdict\nx,a,b\n", "line 2: .* number of a row, .* 'x'"),
        ("row,given_label,verdict\n-1,a,b\n", "line 2: .* number of a row"),
    ],
)
def test_broken_sheet(tmp_path, text, message):
    path = tmp_path / "list.csv"
    path.write_text(text)
    with pytest.raises(ValueError, match=message):
        read_sheet(path)
