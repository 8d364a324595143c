"""Labels that a reader takes for one and a program for two."""

import math
import unicodedata


def spelling_variants(classes):
    """Return the labels that look alike though they are different classes.

    Parameters
    ----------
    classes : iterable
        Distinct labels; only strings are compared.

    Returns
    -------
    list of list of str
        Groups of two or more labels that differ by capitals, by blanks, by characters
        that are not printed, or by the way the same number is written.
    """
    alike = {}
    for label in classes:
        if isinstance(label, str):
            alike.setdefault(_folded(label), []).append(str(label))
    return [group for group in alike.values() if len(group) > 1]


def _folded(label):
    """Return what two spellings of a label have in common."""
    text = unicodedata.normalize("NFC", label).casefold()
    printed = (c for c in text if c.isspace() or unicodedata.category(c)[0] != "C")
    text = " ".join("".join(printed).split())
    try:
        number = float(text)
    except ValueError:
        return text
    return number if math.isfinite(number) else text
