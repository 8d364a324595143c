"""Results are appended, resumed, and say where they come from."""

import re

import pytest

from benchmarks import records
from benchmarks.cells import CLEAN, PLAIN
from benchmarks.figures import Results

KEY = ("set", "tables", "uniform40", "lr", "row", 0)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "folder" / "suite.csv"


def test_a_record_is_read_as_it_was_written(path):
    records.Writer(path, ("accuracy",), "the command").append(KEY, {"accuracy": 0.5})
    found, runs = records.read(path)
    assert found[tuple(map(str, KEY))]["accuracy"] == "0.5"
    assert list(runs) == ["1"]
    assert re.search(
        r"\d{4}-\d\d-\d\d; sknoisy .*code \w{8}.*numpy .*the comm", runs["1"]
    )


def test_a_second_run_gets_the_next_number_and_its_records_count(path):
    for value in (0.5, 0.25):
        writer = records.Writer(path, ("accuracy",), "command, with a comma")
        writer.append(KEY, {"accuracy": value})
    found, runs = records.read(path)
    assert list(runs) == ["1", "2"]
    assert runs["2"].endswith("command, with a comma")
    (record,) = found.values()
    assert (record["accuracy"], record["run"]) == ("0.25", "2")
    assert path.read_text().count("data,family") == 1


def test_what_is_there_is_known_and_what_failed_is_not(path):
    writer = records.Writer(path, ("accuracy",), "")
    writer.append(KEY, {"error": "ValueError: no"})
    assert not records.Writer(path, ("accuracy",), "").has(KEY)
    writer.append(KEY, {"accuracy": 1.0})
    assert records.Writer(path, ("accuracy",), "").has(KEY)


def test_other_figures_need_another_file(path):
    records.Writer(path, ("accuracy",), "").append(KEY, {"accuracy": 1.0})
    with pytest.raises(ValueError, match="expected to have the columns"):
        records.Writer(path, ("recall",), "")


def results(values, ours=("a",), references=(CLEAN,), lower=False):
    """Return results from (set, noise, row, value)."""
    names = ("data", "noise", "method", "accuracy")
    usual = {"family": "tables", "base": "lr", "seed": "0"}
    found = [usual | dict(zip(names, map(str, one), strict=True)) for one in values]
    return Results(found, ("accuracy",), ours, references, lower)


TWO_SETS = [
    *[("A", "uniform40", *one) for one in (("a", 0.9), ("b", 0.8), (PLAIN, 0.7))],
    *[("B", "uniform40", *one) for one in (("a", 0.5), ("b", 0.6), (PLAIN, 0.5))],
    ("A", "uniform40", CLEAN, 0.9),
    ("B", "uniform40", CLEAN, 0.51),
]


def test_mean_ranks_worked_by_hand():
    ranks = results(TWO_SETS).mean_ranks()
    # Ranks in A: 1, 2, 3; in B: 2.5, 1, 2.5. The reference has none.
    assert {row: mean for row, (mean, *_) in ranks.items()} == {
        "a": 1.75,
        "b": 1.5,
        PLAIN: 2.75,
    }
    # A bootstrap over two sets reaches from one set alone to the other.
    assert ranks["a"][1:] == (1.0, 2.5)


def test_ranks_where_lower_is_better_and_where_a_fit_failed():
    ranks = results(TWO_SETS, lower=True).mean_ranks()
    assert ranks["b"][0] == 2.5
    failed = [("A", "uniform40", "a", "")]
    failed += [one for one in TWO_SETS if one[:3] != ("A", "uniform40", "a")]
    assert results(failed).mean_ranks()["a"][0] == (3 + 2.5) / 2


def test_only_cells_that_all_rows_were_run_in_have_ranks():
    missing = results([one for one in TWO_SETS if one[:3] != ("A", "uniform40", "a")])
    assert missing.mean_ranks()["a"] == (2.5, 2.5, 2.5)
    assert missing.lacks("a")
    assert not missing.lacks("b")


def test_recovery_leaves_out_cells_with_little_to_win():
    share, n_cells = results(TWO_SETS).recovery("b")
    assert (share, n_cells) == (pytest.approx(0.5), 1)


def test_losses_come_first_with_the_widest_gap():
    found = results(TWO_SETS).losses()
    assert [(key[0], best) for key, _, best, _ in found] == [("B", "b"), ("A", "b")]
    assert found[0][3] == pytest.approx(-0.1)


def test_other_rows_of_ours_are_no_rivals():
    rows = [*TWO_SETS, ("B", "uniform40", "NoisyLabelClassifier, tuned base", 0.9)]
    assert results(rows).losses()[0][2] == "b"
