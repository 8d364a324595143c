"""Copies are found by content, near copies where they are no chance."""

import numpy as np
import pytest

from sknoisy.report._columns import read_columns
from sknoisy.report._duplicates import copy_groups, near_copy_groups, rows_in_groups

pd = pytest.importorskip("pandas")
RNG = np.random.default_rng(0)


def test_groups_by_labels():
    groups, codes = np.array([0, 0, 1, 1, 2, 3, 3]), np.array([0, 1, 0, 0, 1, 1, 1])
    rows, group = rows_in_groups(groups, codes, contradicting=True)
    assert (rows.tolist(), group.tolist()) == ([0, 1], [0, 0])
    rows, group = rows_in_groups(groups, codes, contradicting=False)
    assert (rows.tolist(), group.tolist()) == ([2, 3, 5, 6], [1, 1, 3, 3])


def test_copies_are_equal_in_every_used_column():
    frame = pd.DataFrame(
        {
            "x": [1.0, 1.0, np.nan, np.nan, 2.0, 3.0] * 2,
            "word": ["a", "a", None, None, "b", "a"] * 2,
            "id": [f"n{n}" for n in range(12)],
        }
    )
    groups = copy_groups(frame, read_columns(frame))
    same = [sorted(np.flatnonzero(groups == g).tolist()) for g in np.unique(groups)]
    assert sorted(same) == [[0, 1, 6, 7], [2, 3, 8, 9], [4, 10], [5, 11]]
    only_words = copy_groups(frame, read_columns(frame), left_out=["x"])
    assert len(np.unique(only_words)) == 3
    assert copy_groups(frame, read_columns(frame), ["x", "word"]) is None


def columns_of(n_columns, n_rows=300, **more):
    numbers = {f"x{k}": RNG.normal(size=n_rows) for k in range(n_columns)}
    return pd.DataFrame({**numbers, **more})


def test_near_copies():
    frame = columns_of(5, text=[f"Some words, number {n}." for n in range(300)])
    row = np.arange(300)
    row[:20] = row[20:40]
    frame = frame.iloc[row].reset_index(drop=True)
    frame.loc[:19, "x0"] += 1e-5
    frame.loc[:19, "text"] = frame.loc[:19, "text"].str.lower().str.replace(",", "")
    groups = near_copy_groups(read_columns(frame))
    # A value at the edge of two steps may part a pair.
    assert (groups[:20] == groups[20:40]).mean() > 0.9


@pytest.mark.parametrize("n_columns", [1, 2, 5])
def test_rows_that_are_near_by_chance_are_not_told_of(n_columns):
    columns = read_columns(columns_of(n_columns, 3000))
    groups = near_copy_groups(columns)
    assert groups is None or len(np.unique(groups)) == 3000


def test_nothing_to_compare():
    assert near_copy_groups([]) is None
