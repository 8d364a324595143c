"""Text of a table that neither a terminal nor a spreadsheet carries out.

Labels and cells come from files of strangers. A terminal obeys escape sequences and
shows text after a bidirectional control in another order; a spreadsheet computes cells
that begin like a formula.
"""

import re
import unicodedata

# Joiners are part of words in Persian, in Indian scripts and in emoji.
_JOINERS = frozenset("\u200c\u200d")
# Control, format, surrogate and unassigned characters, and line separators.
_UNPRINTED = frozenset({"Cc", "Cf", "Cs", "Cn", "Zl", "Zp"})
# What a spreadsheet takes for the beginning of a formula, also in full width.
_FORMULA = ("=", "+", "-", "@", "\t", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_NUMBER = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?", re.ASCII)
# In front of a text, the sign by which spreadsheets know that it is one.
_MARK = "'"


def inert(text, *, kept="\n"):
    r"""Return a text in which characters that are not printed are spelled out.

    Parameters
    ----------
    text : str
        Any text.

    kept : str, default="\\n"
        Characters that stay.

    Returns
    -------
    str
        The text; an escape character, for example, reads ``\x1b``.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        character
        if character in kept or _is_printed(character)
        else _spelled(character)
        for character in text
    )


def safe_cell(text):
    """Return a text as a cell of a csv file that no spreadsheet computes.

    Parameters
    ----------
    text : str
        A label as it stands in the table.

    Returns
    -------
    str
        Texts that begin like a formula or with an apostrophe get an apostrophe in
        front, numbers stay; control characters but line breaks and tabs are spelled
        out.
    """
    text = "".join(
        _spelled(c) if unicodedata.category(c) == "Cc" and c not in "\n\t" else c
        for c in text
    )
    marked = text.startswith((*_FORMULA, _MARK)) and not _NUMBER.fullmatch(text)
    return _MARK + text if marked else text


def _is_printed(character):
    """Whether a character shows on a terminal and does nothing else."""
    return character in _JOINERS or unicodedata.category(character) not in _UNPRINTED


def _spelled(character):
    r"""Return a character as Python writes it, such as \x1b."""
    return character.encode("unicode_escape").decode("ascii")
