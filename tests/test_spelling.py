"""Labels that look alike are found."""

import pytest

from sknoisy._spelling import spelling_variants


@pytest.mark.parametrize(
    "pair",
    [
        ("lorry", "lorry "),
        ("lorry", "\tlorry"),
        ("big lorry", "big  lorry"),
        ("big lorry", "big\u00a0lorry"),
        ("Lorry", "lorry"),
        ("STRASSE", "stra\u00dfe"),
        ("caf\u00e9", "cafe\u0301"),
        ("lorry", "lor\u200bry"),
        ("lorry", "\ufefflorry"),
        ("1", "1.0"),
        ("01", "1"),
        ("1e1", "10"),
        ("nan", "NAN"),
    ],
)
def test_spellings_of_one_label(pair):
    assert spelling_variants(["other", *pair]) == [list(pair)]


@pytest.mark.parametrize(
    "labels",
    [
        ["lorry", "lorries"],
        ["new york", "newyork"],
        ["x2", "x\u00b2"],
        ["1", "10"],
        ["nan", "inf", "-inf"],
        [1, 1.5, True],
        [],
    ],
)
def test_other_labels(labels):
    assert spelling_variants(labels) == []
