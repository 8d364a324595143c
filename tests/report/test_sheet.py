import csv

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sknoisy.report._sheet import BlankSheet, read_filled, read_sheet, write_sheet
from sknoisy.report._sheet_labels import label_of, safe_text


def write(path, lines):
    """Write rows, labels, suggestions, qualities and probabilities."""
    rows, given, *said = map(list, zip(*lines, strict=True))
    names = ["suggested_label", "label_quality", "sampling_probability"]
    sheet = BlankSheet(rows, given, given, dict(zip(names, said, strict=True)))
    write_sheet(path, sheet)


DANGEROUS = ("=1+1", "+cmd", "-cmd", "@SUM(A1)", "\tx", "\rx", "'quoted", "\uff1dx")


@pytest.mark.parametrize("text", DANGEROUS)
def test_formulas_are_marked(text):
    assert safe_text(text) == f"'{text}"
    assert label_of(safe_text(text), [text, "other"]) == text
    assert label_of(safe_text(text).strip(), [text, "other"]) == text
    assert label_of(text, [text, "other"]) == text


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("a;=1+1", "a;'=1+1"),
        ("a, -b", "a,' -b"),
        ("-inf", "'-inf"),
        ("-1_0", "'-1_0"),
        ("", "'"),
        (" ", "' "),
        (" =a", "' =a"),
    ],
)
def test_what_else_would_not_come_through(text, safe):
    assert safe_text(text) == safe
    assert label_of(safe, [text, "other"]) == text


@pytest.mark.parametrize("label", ["cat", 1, -1, -0.5, "-1", "+2", True, "a=b", "a;b"])
def test_numbers_and_words_are_left_alone(label):
    assert safe_text(label) == str(label)


@given(st.lists(st.text(alphabet="=+-@'a;, \t\r\n1", max_size=4), unique=True))
def test_no_cell_is_a_formula_and_every_label_comes_back(labels):
    for label in labels:
        safe = safe_text(label)
        for cell in safe.replace(";", ",").replace("\t", ",").split(","):
            if cell.strip().startswith(("=", "@", "+", "-")):
                float(safe)
        assert label_of(safe, labels) == label


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
        ("a ", ["a ", "a"], "a "),
        ("a", ["a ", "a"], "a"),
        ("a", ["a ", "b"], "a "),
        (" b", ["a ", "b"], "b"),
        ("a  ", ["a ", "a"], None),
        ("sÃ¼ÃŸ", ["süß", "saß"], "süß"),
    ],
)
def test_text_becomes_a_class(text, classes, expected):
    assert label_of(text, classes) == expected


def test_sheet_is_read_back(tmp_path):
    path = tmp_path / "list.csv"
    write(path, [(3, "=a", "b, c", 0.25, 1.0), (0, "b, c", None, 0.5, 0.125)])
    with path.open(newline="") as file:
        header, first, second = csv.reader(file)
    assert header[-1] == "verdict"
    assert first == ["3", "'=a", "b, c", "0.250000", "1", ""]
    assert second[2:5] == ["", "0.500000", "0.125"]
    lines = read_sheet(path)
    assert [(line.line, line.row, line.given, line.verdict) for line in lines] == [
        (2, 3, "'=a", ""),
        (3, 0, "b, c", ""),
    ]


def test_nothing_is_left_beside_a_sheet_that_fails(tmp_path):
    path = tmp_path / "list.csv"
    write(path, [(3, "a", "b", 0.25, 1.0)])
    before = path.read_bytes()
    with pytest.raises(UnicodeEncodeError, match="surrogates"):
        write(path, [(3, "\ud800", "b", 0.25, 1.0)])
    assert [*tmp_path.iterdir()] == [path]
    assert path.read_bytes() == before


# Labels, and what is typed for the true one.
LABELS = ["süß", "saß ", "=naß", "a;b", "e,f", 'a "b"', "two\r\nlines", "c\rd", ""]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("named", [False, True], ids=["", "sep="])
def test_sheet_that_a_spreadsheet_has_saved(tmp_path, encoding, separator, named):
    path = tmp_path / "list.csv"
    write(path, [(i, label, label, 0.5, 1.0) for i, label in enumerate(LABELS)])
    with path.open(newline="", encoding="utf-8") as file:
        header, *lines = csv.reader(file)
    lines = [[*line[:5], line[2]] for line in lines]
    with path.open("w", newline="", encoding=encoding) as file:
        if named:
            file.write(f"sep={separator}\r\n")
        csv.writer(file, delimiter=separator).writerows([header, *lines])
    rows, labels = read_filled(path, dict(enumerate(LABELS)), LABELS)
    assert rows == [*range(len(LABELS))]
    assert labels == LABELS


def test_sheet_opened_as_cp1252_and_saved_as_utf_8(tmp_path):
    path = tmp_path / "list.csv"
    text = "row,given_label,verdict\n0,süß,saß\n"
    path.write_text(text.encode("utf-8").decode("cp1252"), encoding="utf-8-sig")
    assert read_filled(path, {0: "süß"}, ["süß", "saß"]) == ([0], ["saß"])


def test_utf_16_without_a_mark(tmp_path):
    path = tmp_path / "list.csv"
    for encoding in ("utf-16-le", "utf-16-be"):
        path.write_bytes("row;given_label;verdict\n0;süß;saß".encode(encoding))
        assert read_filled(path, {0: "süß"}, ["süß", "saß"]) == ([0], ["saß"])


def test_sheet_may_come_back_rearranged(tmp_path):
    path = tmp_path / "list.csv"
    path.write_text(
        "\ufeffverdict;note;given_label;row\ncat;hm;dog;5\n;;cat;7\n\n;;;\n",
        encoding="utf-8",
    )
    lines = read_sheet(path)
    assert [(line.row, line.given, line.verdict) for line in lines] == [
        (5, "dog", "cat"),
        (7, "cat", ""),
    ]


def test_separators_at_the_end_may_be_lost_or_added(tmp_path):
    path = tmp_path / "list.csv"
    path.write_text("row,given_label,verdict\n1,a\n2,b,c,,\n3,d, \n")
    lines = read_sheet(path)
    assert [(line.row, line.verdict) for line in lines] == [(1, ""), (2, "c"), (3, "")]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "lacks given_label, row, verdict"),
        ("sep=;\n", "lacks given_label, row, verdict"),
        ("row,given_label\n1,a\n", "lacks verdict"),
        ("row,given_label,verdict\n1\n", "line 2: expected 3 values .* got 1"),
        ("row,given_label,verdict\n1,a,b,c\n", "line 2: expected 3 values .* got 4"),
        ("row,given_label,verdict\nx,a,b\n", "line 2: .* number of a row, .* 'x'"),
        ("row,given_label,verdict\n-1,a,b\n", "line 2: .* number of a row"),
        (f"row,given_label,verdict\n1,{'a' * 200_000},b", "line 2: .*field limit"),
        (b"PK\x03\x04...", 'as a workbook of Excel: .* Save it as "CSV UTF-8"'),
        (b"row,given_label,verdict\n1,\x81,b", 'byte 26 .* Save it as "CSV UTF-8"'),
    ],
)
def test_broken_sheet(tmp_path, text, message):
    path = tmp_path / "list.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ValueError, match=message):
        read_sheet(path)


def test_letters_that_were_lost_are_told(tmp_path):
    path = tmp_path / "list.csv"
    path.write_text("row,given_label,verdict\n0,s??,a\n")
    with pytest.raises(ValueError, match=r"file says 's\?\?'.*save it as \"CSV UTF-8"):
        read_filled(path, {0: "süß"}, ["süß", "a"])
