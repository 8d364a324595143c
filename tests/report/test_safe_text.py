"""What a table holds is shown and written, never carried out."""

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
