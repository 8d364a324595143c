"""Agreement beyond chance, by hand and by definition."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sknoisy.annotators import fleiss_kappa, krippendorff_alpha, pairwise_agreement

# Fourteen annotators, ten items, five classes: counts of each class by item, from the
# worked example of the article on Fleiss' kappa in Wikipedia, where kappa is 0.210.
COUNTS = [
    [0, 0, 0, 0, 14],
    [0, 2, 6, 4, 2],
    [0, 0, 3, 5, 6],
    [0, 3, 9, 2, 0],
    [2, 2, 8, 1, 1],
    [7, 7, 0, 0, 0],
    [3, 2, 6, 3, 0],
    [2, 5, 3, 2, 2],
    [6, 5, 2, 1, 0],
    [0, 2, 2, 3, 7],
]


def alpha_by_pairs(rows):
    """Krippendorff's alpha from all pairs of answers, one by one."""
    rows = [[label for label in row if label is not None] for row in rows]
    rows = [row for row in rows if len(row) > 1]
    values = [label for row in rows for label in row]
    n = len(values)
    observed = sum(
        (row[i] != row[j]) / (len(row) - 1)
        for row in rows
        for i in range(len(row))
        for j in range(len(row))
        if i != j
    )
    expected = sum(
        values[i] != values[j] for i in range(n) for j in range(n) if i != j
    ) / (n - 1)
    return 1 - observed / expected


def test_fleiss_kappa_of_a_published_table():
    answers = [np.repeat(np.arange(5), counts) for counts in COUNTS]
    assert fleiss_kappa(np.array(answers)) == pytest.approx(0.210, abs=5e-4)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.lists(st.sampled_from([None, "a", "b", "c"]), min_size=4, max_size=4),
        min_size=2,
        max_size=6,
    )
)
def test_krippendorff_alpha_by_pairs(rows):
    paired = [r for r in rows if sum(label is not None for label in r) > 1]
    if len({label for row in paired for label in row if label is not None}) > 1:
        assert krippendorff_alpha(rows) == pytest.approx(alpha_by_pairs(rows))


@pytest.mark.parametrize("figure", [fleiss_kappa, krippendorff_alpha])
def test_ends_of_the_scale(figure):
    assert figure([[0, 0, -1], [1, 1, 1], [-1, 0, 0]], missing=-1) == pytest.approx(1)
    assert figure([[0, 1], [1, 0]] * 10) < -0.8
    assert np.isnan(figure([["a", "a"], ["a", "a"]]))
    even = np.random.RandomState(0).randint(2, size=(2000, 3))
    assert abs(figure(even)) < 0.05
    with pytest.raises(
        ValueError, match="two answers or more, but none of the 2 items"
    ):
        figure([["a", None], [None, "b"]])


def test_pairwise_agreement_counts_common_items():
    answers = [["a", "a", None], ["b", "a", None], ["b", None, None], [None, None, "a"]]
    agreement, n_common = pairwise_agreement(answers)
    np.testing.assert_array_equal(n_common, [[3, 2, 0], [2, 2, 0], [0, 0, 1]])
    np.testing.assert_array_equal(
        agreement, [[1, 0.5, np.nan], [0.5, 1, np.nan], [np.nan, np.nan, 1]]
    )
