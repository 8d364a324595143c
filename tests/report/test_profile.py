"""How columns go with labels, on tables worked by hand."""

import numpy as np
import pytest

from sknoisy.report._columns import read_columns
from sknoisy.report._profile import agreement, bin_columns, speaking_against

pd = pytest.importorskip("pandas")


def test_agreement_leaves_the_row_itself_out():
    # Bin 0: labels 0 0 1, bin 1: labels 1 1, bin 2: a row alone.
    bins, codes = np.array([0, 0, 0, 1, 1, 2]), np.array([0, 0, 1, 1, 1, 0])
    # In bin 0 a row of label 0 sees 0 and 1, a tie; the other sees two 0. Bin 1 is
    # predicted, the row alone is not.
    assert agreement(bins, codes, 2) == pytest.approx(2 / 6)


def test_agreement_of_a_copy_and_of_an_identifier():
    codes = np.arange(60) % 3
    assert agreement(codes, codes, 3) == 1
    assert agreement(np.arange(60), codes, 3) == 0
    assert agreement(np.zeros(60, dtype=int), codes, 3) == 0


def test_numbers_are_cut_by_quantiles():
    values = np.append(np.random.default_rng(0).exponential(size=999), np.nan)
    (column,) = read_columns(pd.DataFrame({"x": values}))
    bins = bin_columns([column])["x"]
    sizes = np.bincount(bins)
    assert sizes[0] == 1
    assert sizes[1:].min() >= 9
    assert sizes[1:].max() <= 12
    order = np.argsort(values[:-1])
    assert (np.diff(bins[:-1][order]) >= 0).all()


def test_few_distinct_numbers_are_bins_each():
    (column,) = read_columns(pd.DataFrame({"x": [1, 2, 5, 5] * 30}))
    bins = bin_columns([column])["x"]
    assert len(np.unique(bins)) == 3


def test_value_that_speaks_most_against_the_label_comes_first():
    rng = np.random.default_rng(0)
    codes = np.repeat([0, 1], 100)
    frame = pd.DataFrame(
        {
            "little": np.where(rng.random(200) < 0.6, codes, 1 - codes),
            "much": np.array(["cat", "dog"])[codes],
            "nothing": rng.normal(size=200),
            "words": [f"{'meow' if k == 0 else 'woof'} number {n} again and again"
                      for n, k in enumerate(codes)],
        }
    )  # fmt: skip
    frame.loc[0] = [1, "dog", 0.0, "woof number 3 again and again"]
    columns = read_columns(frame, codes)
    bins = bin_columns(columns)
    rows = np.array([0, 150])
    names, words = speaking_against(columns, bins, codes, 1 - codes, rows)
    assert set(names[0, :2]) == {"much", "words"}
    assert names[0, 2] == "little"
    assert words[0].split(", ")[0] == "woof"
    assert "much" not in names[1]
    assert "woof" not in words[1]


def test_score_of_a_category_is_that_of_naive_bayes():
    # Label 0: 3 of 4 are a; label 1: 1 of 4 is a. For the row 3 of label 0 with b:
    # log (3 + 1) / (4 + 2) - log (1 + 1) / (4 + 2) > 0 speaks for 1, a against it.
    frame = pd.DataFrame({"c": list("aaab") + list("abbb")})
    codes = np.repeat([0, 1], 4)
    columns = read_columns(frame, codes)
    bins = bin_columns(columns)
    names, _ = speaking_against(columns, bins, codes, 1 - codes, np.array([3, 0]))
    assert names[:, 0].tolist() == ["c", ""]
