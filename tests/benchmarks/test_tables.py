"""Figures in the documentation are those of the results."""

import re

import pytest

from benchmarks import earlier, records, suites, tables

ROOT = tables.ROOT
FORMER = re.compile(r"bench_\w+(?=\.py)")
README = (ROOT / "benchmarks/README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def all_tables():
    return tables.all_tables()


@pytest.mark.parametrize("path", tables.marked_files(), ids=lambda p: p.name)
def test_marked_tables_are_those_of_the_results(path, all_tables):
    text = path.read_text(encoding="utf-8")
    assert tables.refreshed(text, all_tables) == text, (
        f"{path.name} holds figures that the results do not. Run "
        "`python -m benchmarks tables`."
    )


def test_some_tables_are_marked():
    texts = [path.read_text(encoding="utf-8") for path in tables.marked_files()]
    assert any(tables.BLOCK.search(text) for text in texts)


def test_a_changed_figure_is_noticed(all_tables):
    text = ".. benchmark: classification/ranks\n\n.. end of benchmark\n"
    fresh = tables.refreshed(text, all_tables)
    assert tables.refreshed(fresh, all_tables) == fresh
    figure = re.search(r"\d\.\d \[", fresh)[0]
    assert tables.refreshed(fresh.replace(figure, "0.1 [", 1), all_tables) == fresh


def test_shares_stand_in_the_order_of_their_size(all_tables):
    header = all_tables["trusted/share"].header
    shares = [name for name in header if name.startswith("lr, ")]
    assert shares == [f"lr, {share} % trusted" for share in (2, 5, 10)]


def test_a_table_that_is_not_there_is_named(all_tables):
    text = ".. benchmark: classification/nothing\n\n.. end of benchmark\n"
    with pytest.raises(KeyError, match=r"classification/nothing.*classification/ranks"):
        tables.refreshed(text, all_tables)


def test_no_measured_figure_stands_in_the_pages_by_hand():
    for path in (ROOT / "docs/benchmarks").glob("*.rst"):
        assert not re.findall(r"\d\.\d", path.read_text(encoding="utf-8")), path.name


def test_pages_hold_the_figures_of_the_results_only(tmp_path):
    tables.write_pages(tmp_path)
    written = {path.stem for path in tmp_path.glob("*.rst")}
    kept = {path.stem for path in records.FOLDER.glob("*.csv")}
    assert written == kept
    # With one seed and few sets, what is shown is what was recorded.
    page = (tmp_path / "multilabel.rst").read_text(encoding="utf-8")
    table = page.partition("Mean auc")[2].partition("Mean f1")[0]
    shown = set(re.findall(r" (\d\.\d{3})", table))
    found, _ = records.read(records.FOLDER / "multilabel.csv")
    measured = {f"{float(record['auc']):.3f}" for record in found.values()}
    assert shown
    assert shown <= measured


@pytest.mark.parametrize("path", sorted(records.FOLDER.glob("*.csv")), ids=str)
def test_every_record_says_which_run_it_is_from(path):
    if path.stem == "earlier":
        for name, (_, _, rows, note) in earlier.read().items():
            assert rows, name
            script = r"benchmarks/(bench_\w+|suites/\w+)\.py"
            assert re.search(rf"{script}, code state \w{{7}}", note), name
        return
    found, runs = records.read(path)
    assert found
    assert {record["run"] for record in found.values()} <= set(runs)
    ours = suites.load(path.stem).OURS
    failed = {record["method"] for record in found.values() if record["error"]}
    assert not failed & set(ours)


def test_suites_have_what_the_runner_needs():
    needed = ("FIGURES", "OURS", "REFERENCES", "METHODS", "cells", "prepare", "measure")
    for name in suites.names():
        suite = suites.load(name)
        assert all(hasattr(suite, attribute) for attribute in needed), name
        assert f"`{name}`" in README, f"benchmarks/README.md does not list {name}"
    with pytest.raises(ValueError, match=r"Pass one of: .*classification"):
        suites.load("nothing")


def test_scripts_that_are_cited_exist_or_have_a_successor():
    cited = {}
    for pattern in ("sknoisy/**/*.py", "docs/**/*.rst"):
        for path in ROOT.glob(pattern):
            for script in FORMER.findall(path.read_text(encoding="utf-8")):
                cited.setdefault(script, path)
    for script, path in cited.items():
        exists = (ROOT / f"benchmarks/{script}.py").exists()
        assert exists or f"`{script}.py`" in README, f"{path} cites {script}.py"


def test_rows_that_comments_cite_exist():
    cited = 0
    for path in ROOT.glob("sknoisy/**/*.py"):
        text = re.sub(r"\n\s*# ?", " ", path.read_text(encoding="utf-8"))
        for name, rows in re.findall(r'suite (\w+)((?:,? (?:and )?"[^"]+")*)', text):
            assert name in suites.names(), f"{path.name} cites the suite {name}"
            source = ROOT / f"benchmarks/suites/{name}.py"
            for row in re.findall(r'"([^"]+)"', rows):
                assert row in source.read_text(encoding="utf-8"), f"{path.name}: {row}"
            cited += 1
    assert cited
