"""The example tells how right the audit was."""

from types import SimpleNamespace

import numpy as np
import pytest

from sknoisy.cli._example import Verdict, compare, load_example, render_verdict

NOISE = SimpleNamespace(rate=0.11, lower=0.05, upper=0.2)


def test_verdict():
    verdict = Verdict(100, 10, NOISE, {20: 8, 50: 9}, 15, 9)
    text = render_verdict(verdict, width=110)
    assert "10 of 100, 10.0%; estimated were 11.0%, between 5.0% and 20.0%" in text
    assert "first 20 suspicious rows: 8 wrong, 40% (at random 10%), 80% of" in text
    assert "90% of all wrong labels" in text
    assert "Another label suggested: 15 rows, 9 of them wrong" in text


def test_compare_counts_by_the_rows_of_the_table():
    rows = np.random.default_rng(0).permutation(12)
    given = np.array(["a", "b"], dtype=object)[np.arange(12) % 2]
    report = SimpleNamespace(
        rows=rows, given=given, noise=NOISE, flagged=np.arange(12) < 3, n_flagged=3
    )
    truth = np.empty(12, dtype=object)
    truth[rows] = given
    assert compare(report, truth).n_errors == 0
    truth[rows[:3]] = "c"
    verdict = compare(report, truth)
    assert (verdict.n_errors, verdict.found[20], verdict.n_flagged_wrong) == (3, 3, 3)


def test_labels_of_the_example_are_swapped_at_the_rate_it_tells():
    pytest.importorskip("pandas")
    table, truth = load_example()
    assert (table.labels != truth).mean() == pytest.approx(0.1, abs=0.03)
    assert "10%" in table.notes[0]
