"""The ending of a file says what is written into it."""

import json
import re

import pytest


def test_json_holds_the_facts(run, data, tmp_path):
    path = tmp_path / "facts.json"
    options = ("-l", "label", "--model", "linear", "--json", path)
    code, output, _ = run("audit", data, *options)
    assert code == 0
    assert f"All facts: {path}" in output
    facts = json.loads(path.read_text())
    assert facts["n_rows"] == 150
    assert facts["how"]["code"].startswith("sknoisy audit ")
    assert data.with_name("data.audit.csv").exists()


def test_ending_of_the_output_decides(run, data, tmp_path):
    path = tmp_path / "facts.json"
    assert run("audit", data, "-l", "label", "-q", "-o", path)[0] == 0
    assert json.loads(path.read_text())["generator"] == "sknoisy audit"
    assert not data.with_name("data.audit.csv").exists()
    # It is known as ours the next time.
    assert run("audit", data, "-l", "label", "-q", "-o", path)[0] == 0


def test_page(run, data, tmp_path):
    pytest.importorskip("sknoisy.report._html")
    pytest.importorskip("jinja2")
    pytest.importorskip("matplotlib")
    path = tmp_path / "report.html"
    for _ in range(2):
        assert run("audit", data, "-l", "label", "-q", "--html", path)[0] == 0
    assert "<html" in path.read_text()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("-o", "out.xlsx"), "--output .*out.xlsx has no ending that says what"),
        (("-o", "out"), "Expected one of .csv, .html, .htm, .json"),
        (("--html", "out.csv"), "--html .*out.csv has no ending .* .html, .htm"),
        (("--json", "out.html"), "--json .*out.html has no ending .* of .json"),
        (("--json", "a.json", "-o", "a.json"), "a.json is to be written twice"),
    ],
)
def test_endings_that_do_not_fit(refuse, data, tmp_path, options, said, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert re.search(said, refuse("audit", data, "-l", "label", *options))


@pytest.mark.parametrize("name", ["notes.json", "notes.html"])
def test_foreign_files_stay(refuse, data, tmp_path, name):
    if name.endswith("html"):
        pytest.importorskip("matplotlib")
    path = tmp_path / name
    path.write_text("<html>mine</html>")
    option = "--json" if name.endswith("json") else "--html"
    line = refuse("audit", data, "-l", "label", option, path)
    assert "is not the result of an audit" in line
    assert path.read_text() == "<html>mine</html>"
