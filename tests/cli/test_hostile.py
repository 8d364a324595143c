"""Cells and names from strangers are shown and written, never carried out."""

import csv
import json

HOSTILE = "=cmd|'/c calc'!A0\x1b[2J\u202e"


def test_hostile_table(run, write, table, read_rows, capsys):
    rows = [
        [
            f"{HOSTILE} {row[0]} word word word word",
            *row[:2],
            row[2].replace("01", HOSTILE),
        ]
        for row in table
    ]
    header = ("note", "x", "co\x1blor", "label\x1b")
    path = write(rows, name="da\x1bta.csv", header=header)
    code, output, errors = run("audit", path, "-l", "label\x1b", "--model", "linear")
    assert code == 0
    for stream in (output, errors):
        assert all(line.isprintable() for line in stream.splitlines())
    assert "\\x1b[2J" in output
    written, _ = read_rows(path.with_name("da\x1bta.audit.csv"))
    cells = {cell for row in written for cell in row}
    assert not any(cell.startswith("=") for cell in cells)
    assert any(cell.startswith("'=cmd") for cell in cells)


def test_hostile_json(run, write, table, tmp_path):
    rows = [[*row[:2], row[2].replace("01", "<script>&" + HOSTILE)] for row in table]
    path = tmp_path / "facts.json"
    options = ("-l", "label", "-q", "--model", "linear", "--json", path)
    assert (
        run("audit", write(rows, header=("x", "</script>", "label")), *options)[0] == 0
    )
    text = path.read_text()
    assert text.isascii()
    assert not set(text) & set("<>&\x1b")
    facts = json.loads(text)
    assert facts["classes"] == ["02", "<script>&" + HOSTILE]


def test_long_cells_are_cut(run, write, table):
    rows = [[f"{row[0]} " + "x" * 10_000, row[0], row[2]] for row in table]
    path = write(rows, header=("x" * 10_000, "x", "label"))
    code, output, _ = run("audit", path, "-l", "label", "--model", "linear")
    assert code == 0
    assert max(map(len, output.replace(str(path), "").splitlines())) <= 130


def test_hostile_names_in_errors(refuse, write, table):
    path = write(table, header=("x\x1b[2J", "color\u202e", "label"))
    line = refuse("audit", path, "-l", "la\x1bbel")
    assert line.removesuffix("\n").isprintable()
    assert "\\x1b[2J" in line


def test_labels_that_begin_like_formulas_are_marked(run, write, table, read_rows):
    signs = {"01": "=yes", "02": "-1"}
    path = write([[*row[:2], signs[row[2]]] for row in table])
    assert run("audit", path, "-l", "label", "-q", "--model", "linear")[0] == 0
    rows, _ = read_rows(path.with_name("data.audit.csv"))
    assert {row[1] for row in rows} == {"'=yes", "-1"}
    assert {row[4] for row in rows} == {"True", "False"}
    with path.open(newline="") as file:
        assert {row[2] for row in csv.reader(file)} == {"label", *signs.values()}
