"""What a table holds is shown and written, never carried out."""

import csv

import pytest

from sknoisy.report._safe_text import inert, safe_cell

# Escape sequence, backspace, carriage return, C1 control, right-to-left override,
# isolate, zero-width space, soft hyphen, line separator, byte-order mark.
UNPRINTED = [
    "\x1b",
    "\x08",
    "\r",
    "\x9b",
    "\u202e",
    "\u2066",
    "\u200b",
    "\xad",
    "\u2028",
    "\ufeff",
]


@pytest.mark.parametrize("character", UNPRINTED, ids=ascii)
def test_unprinted_characters_are_spelled_out(character):
    text = inert(f"a{character}[31mb")
    assert text == f"a{character.encode('unicode_escape').decode()}[31mb"
    assert text.isprintable()


@pytest.mark.parametrize(
    "text",
    ["plain", "größe", "two\nlines", "日本語", "👩\u200d🚀", "क्\u200cष", ""],
)
def test_other_characters_stay(text):
    assert inert(text) == text


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+cmd", "-2+3", "@SUM(A1)", "\t=1", "=", "'=1", "\uff1d1", "-", "+1 2"],
)
def test_formulas_are_marked_as_text(text):
    assert safe_cell(text) == f"'{text}"


@pytest.mark.parametrize(
    "text", ["-1", "+1", "-0.5", "+1,5", "-1e-3", "a=b", "yes", "", "a\nb", "a-b", " x"]
)
def test_numbers_and_words_are_written_as_they_are(text):
    assert safe_cell(text) == text


def test_control_characters_of_a_cell_are_spelled_out():
    assert safe_cell("a\x1b[2Jb\x00") == "a\\x1b[2Jb\\x00"
    assert safe_cell("\r=1") == "\\r=1"


HOSTILE = "=cmd|'/c calc'!A0\x1b[2J\u202e"


def test_hostile_table(run, write, table, read_rows, capsys):
    rows = [
        [
            f"{HOSTILE} {row[0]} word word word word",
            *row[:2],
            row[2].replace("01", HOSTILE),
        ]
        for row in table
    ]
    header = ("note", "x", "co\x1blor", "label\x1b")
    path = write(rows, name="da\x1bta.csv", header=header)
    code, output, errors = run("audit", path, "-l", "label\x1b", "--model", "linear")
    assert code == 0
    for stream in (output, errors):
        assert all(line.isprintable() for line in stream.splitlines())
    assert "\\x1b[2J" in output
    written, _ = read_rows(path.with_name("da\x1bta.audit.csv"))
    cells = {cell for row in written for cell in row}
    assert not any(cell.startswith("=") for cell in cells)
    assert any(cell.startswith("'=cmd") for cell in cells)


def test_hostile_names_in_errors(refuse, write, table):
    path = write(table, header=("x\x1b[2J", "color\u202e", "label"))
    line = refuse("audit", path, "-l", "la\x1bbel")
    assert line.removesuffix("\n").isprintable()
    assert "\\x1b[2J" in line


def test_labels_that_begin_like_formulas_are_marked(run, write, table, read_rows):
    signs = {"01": "=yes", "02": "-1"}
    path = write([[*row[:2], signs[row[2]]] for row in table])
    assert run("audit", path, "-l", "label", "-q", "--model", "linear")[0] == 0
    rows, _ = read_rows(path.with_name("data.audit.csv"))
    assert {row[1] for row in rows} == {"'=yes", "-1"}
    assert {row[4] for row in rows} == {"True", "False"}
    with path.open(newline="") as file:
        assert {row[2] for row in csv.reader(file)} == {"label", *signs.values()}
