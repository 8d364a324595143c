"""Files as spreadsheets, other programs and ill will make them."""

import gzip
import json
import subprocess
import sys
import time

import numpy as np
import pytest

from sknoisy.cli._foreign import how_to_convert
from sknoisy.cli._read import SUFFIXES, _distinct_names, read_table
from sknoisy.report._errors import AuditError, find_column

pd = pytest.importorskip("pandas")
TABLE = "x;name;y\r\n1;Ann;a\r\n2,5;Bob;b\r\n"


@pytest.fixture
def csv_file(tmp_path):
    def write(content, name="data.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


# The line by which Excel says what separates the values


@pytest.mark.parametrize("line", ["sep=;", '"sep=;"', "SEP=;", "sep=;;;", '"sep=;";;'])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("ending", ["\r\n", "\n", "\r"])
def test_separator_line(csv_file, line, mark, ending):
    text = f"{mark}{line}\r\n{TABLE}".replace("\r\n", ending)
    table = read_table(csv_file(text), "y")
    assert table.labels.tolist() == ["a", "b"]
    assert table.frame["x"].tolist() == [1, 2.5]


@pytest.mark.parametrize("separator", [",", "\t", "|", ":", "^"])
def test_any_separator_may_be_stated(csv_file, separator):
    text = f"sep={separator}\n" + TABLE.replace("2,5", "2.5").replace(";", separator)
    table = read_table(csv_file(text), "y")
    assert table.labels.tolist() == ["a", "b"]


def test_lines_are_counted_from_the_first(csv_file):
    path = csv_file(f"sep=;\r\n{TABLE}1;2\r\n")
    with pytest.raises(AuditError, match="line 5: expected 3 values"):
        read_table(path, "y")


def test_a_column_called_sep_is_a_column(csv_file):
    table = read_table(csv_file("sep=,y\n1,a\n2,b\n"), "y")
    assert list(table.frame.columns) == ["sep="]


def test_a_mark_that_the_encoding_does_not_remove(csv_file):
    path = csv_file("\ufeffx,y\n1,a\n2,b\n".encode())
    table = read_table(path, "y", encoding="utf-8")
    assert list(table.frame.columns) == ["x"]


# Sizes


def test_a_header_of_any_length(csv_file):
    name = "long " * 60_000
    path = csv_file(f"{name},y\n1,a\n2,b\n")
    assert read_table(path, "y").labels.tolist() == ["a", "b"]
    with pytest.raises(AuditError, match=r"no column 'z'.*long \.\.\.', 'y'") as caught:
        read_table(path, "z")
    assert len(str(caught.value)) < 300


def test_one_long_label_takes_the_room_of_one(csv_file):
    lines = [f"{n},{'ab'[n % 2]}" for n in range(4000)] + [f"0,{'c' * 10**6}"]
    labels = read_table(csv_file("x,y\n" + "\n".join(lines)), "y").labels
    assert labels.dtype == object
    assert len(labels[-1]) == 10**6


def test_a_long_label_is_audited_in_little_room(run, write, table):
    table[3][2] = "c" * 10**6
    path = write(table)
    code, output, _ = run("audit", path, "-l", "label", "--model", "linear")
    assert code == 0
    assert len(output) < 10_000
    assert "Nothing can be known" in " ".join(output.split())
    written = path.with_name("data.audit.csv").read_text()
    # Nothing but the label itself can be suggested for a row that is alone with it.
    assert 2 * 10**6 < len(written) < 2 * 10**6 + 10_000


def test_a_compressed_bomb_is_refused(csv_file):
    path = csv_file(gzip.compress(b"x,y\n" + b"0" * 3 * 2**20), "data.csv.gz")
    assert path.stat().st_size < 10_000
    with pytest.raises(AuditError, match=r"unfolds to more than 2 MiB.*--max-size MIB"):
        read_table(path, "y", max_size=2)


def test_the_limit_may_be_raised(refuse, run, write, table, tmp_path):
    rows = [[*row[:2], "word " * 9000, row[2]] for row in table]
    plain = write(rows, header=("x", "color", "text", "label"))
    path = tmp_path / "packed.csv.gz"
    path.write_bytes(gzip.compress(plain.read_bytes()))
    options = ("audit", path, "-l", "label", "--model", "linear")
    assert "--max-size" in refuse(*options, "--max-size", 1)
    assert run(*options, "-q", "--max-size", 10, "--ignore", "text")[0] == 0
    assert "expected 1, 2" in refuse(*options, "--max-size", 0)


def test_a_parquet_bomb_is_refused(tmp_path):
    pytest.importorskip("pyarrow")
    path = tmp_path / "data.parquet"
    pd.DataFrame({"x": np.zeros(2**20), "y": "a"}).to_parquet(path)
    with pytest.raises(AuditError, match=r"unfolds to about 16 MiB.*--max-size"):
        read_table(path, "y", max_size=15)


def test_many_columns_of_one_name():
    start = time.perf_counter()
    names, notes = _distinct_names(["y", *["x"] * 20_000], 0)
    assert len(set(names)) == 20_000
    assert time.perf_counter() - start < 10
    assert notes == [
        "several columns are called 'x'; the others are 'x.1', 'x.2', 'x.3', 'x.4', "
        "'x.5', 'x.6', 'x.7', 'x.8' and 19991 more here"
    ]


def test_many_names_that_come_twice():
    header = ["y", *[f"x{k // 2}" for k in range(40)]]
    names, notes = _distinct_names(header, 0)
    assert len(set(names)) == 40
    assert len(notes) == 9
    assert notes[-1] == "so are 12 more names"


def test_a_name_is_looked_for_among_long_ones():
    with pytest.raises(AuditError, match="Did you mean 'label'"):
        find_column("lable", ["x" * 10**6, "y" * 10**6, "label"], "--label")


# Kinds that are not read


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (
            "data.xlsx",
            r"Save it as CSV UTF-8, or .*read_excel\('data\.xlsx', ",
        ),
        ("data.XLS", "pip install xlrd"),
        ("data.ods", "pip install odfpy"),
        ("data.jsonl", r"is JSON lines.*read_json\('data\.jsonl', lines=True"),
        ("data.json", r"read_json\('data\.json', dtype=False"),
        ("data.feather", "read_feather"),
        ("data.csv.zip", r"read_csv\('data\.csv\.zip'"),
        ("data.bin", r"Expected one of \.csv\.gz"),
    ],
)
def test_other_kinds_name_a_way(tmp_path, monkeypatch, name, said):
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).write_bytes(b"PK")
    with pytest.raises(AuditError, match=said):
        read_table(name, "y")


@pytest.mark.parametrize("name", ["data.jsonl", "it's $(here) data.jsonl"])
def test_the_way_works(tmp_path, name):
    lines = [{"text": "fine", "y": "01"}, {"text": "bad", "y": "2020-01-01"}]
    path = tmp_path / name
    path.write_text("\n".join(map(json.dumps, lines)))
    advice = how_to_convert(path, SUFFIXES)
    command = advice.split(" it by: ")[1].replace("python", sys.executable, 1)
    subprocess.run(command, shell=True, check=True, timeout=120)
    table = read_table(path.with_suffix(".csv"), "y")
    assert table.labels.tolist() == ["01", "2020-01-01"]


# Labels that look alike


@pytest.mark.parametrize(
    ("other", "shown"),
    [("01 ", "'01 '"), ("1", "1"), ("0\u200b1", "'0\\\\u200b1'")],
)
def test_labels_that_look_alike_are_named(run, write, table, other, shown):
    for row in table[:30]:
        row[2] = row[2].replace("01", other)
    _, output, _ = run("audit", write(table), "-l", "label", "--model", "linear")
    words = " ".join(output.split())
    assert "differ only by capitals, blanks, unprinted characters" in words
    assert "'01' (" in words
    assert shown.replace("\\\\", "\\") in words


def test_labels_that_differ_are_not_named(run, data):
    _, output, _ = run("audit", data, "-l", "label", "--model", "linear")
    assert "differ only by" not in output
