"""Every kind of bad input gets one clear line and exit code 2, and loses nothing."""

import gzip
import os
import sys

import pytest


def test_no_command(refuse):
    assert "COMMAND" in refuse()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["audit", "--tpo", "3"], "unrecognized arguments"),
        (["audit", "--top", "-3"], "--top"),
        (["audit", "--top", "many"], "expected 0, 1, 2"),
        (["audit", "--jobs", "0"], "expected 1, 2"),
        (["audit", "--model", "oracle"], "invalid choice: 'oracle'"),
        (["audit", "--label", "y"], "no FILE is given"),
        (["audit", "--encoding", "utf-8"], "no FILE is given"),
        (["examine"], "invalid choice: 'examine'"),
    ],
)
def test_bad_usage(run, arguments, said):
    code, output, errors = run(*arguments)
    assert (code, output, errors.count("\n")) == (2, "", 1)
    assert said in errors


def test_missing_file(refuse, tmp_path):
    path = tmp_path / "nowhere.csv"
    assert f"no such file: {path}" in refuse("audit", path, "-l", "y")


def test_directory(refuse, tmp_path):
    path = tmp_path / "folder.csv"
    path.mkdir()
    assert "directory without Parquet files" in refuse("audit", path, "-l", "y")
    pytest.importorskip("PIL")
    (path / "parts.parquet").mkdir()
    assert "Parquet files in the directory itself" in refuse("audit", path)


def test_files_of_a_folder_that_do_not_go_together(refuse, tmp_path):
    pd = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    pd.DataFrame({"x": [1.0, 2.0], "y": ["a", "b"]}).to_parquet(tmp_path / "a.parquet")
    pd.DataFrame({"x": ["1", "2"], "y": ["a", "b"]}).to_parquet(tmp_path / "b.parquet")
    assert "do not go together" in refuse("audit", tmp_path, "-l", "y")
    pd.DataFrame({"z": [1.0], "y": ["a"]}).to_parquet(tmp_path / "b.parquet")
    line = refuse("audit", tmp_path, "-l", "y")
    assert "b.parquet has other columns than a.parquet" in line
    (tmp_path / "b.parquet").write_bytes(b"PAR1")
    assert "b.parquet cannot be read as parquet" in refuse("audit", tmp_path, "-l", "y")


def test_a_folder_that_is_too_large_as_a_whole(refuse, tmp_path):
    pd = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    frame = pd.DataFrame({"x": range(50_000), "y": "a"})
    for number in range(3):
        frame.to_parquet(tmp_path / f"{number}.parquet")
    line = refuse("audit", tmp_path, "-l", "y", "--max-size", "1")
    assert "unfolds to about 2 MiB" in line


@pytest.mark.skipif(
    os.name == "nt" or os.geteuid() == 0, reason="all may be read by this user"
)
def test_unreadable_file(refuse, data):
    data.chmod(0)
    assert "cannot read" in refuse("audit", data, "-l", "label")


def test_unknown_ending(refuse, tmp_path):
    path = tmp_path / "data.bin"
    path.write_bytes(b"PK")
    line = refuse("audit", path, "-l", "y")
    assert "no ending that says how to read it" in line
    assert ".parquet" in line


@pytest.mark.parametrize("content", ["", "\n\n", "  \n"])
def test_empty_file(refuse, tmp_path, content):
    path = tmp_path / "data.csv"
    path.write_text(content)
    assert "is empty" in refuse("audit", path, "-l", "y")


def test_header_only(refuse, write):
    assert "a header but no rows" in refuse("audit", write([]), "-l", "label")


def test_no_label_named(refuse, data):
    line = refuse("audit", data)
    assert "Pass --label COLUMN" in line
    assert "'x', 'color', 'label'" in line


def test_no_such_column(refuse, data):
    line = refuse("audit", data, "-l", "Lable")
    assert "no column 'Lable'" in line
    assert "Did you mean 'label'?" in line
    assert "'x', 'color', 'label'" in line


def test_no_such_column_among_many(refuse, write):
    header = [f"column{number}" for number in range(30)]
    line = refuse("audit", write([header], header=header), "-l", "zzz")
    assert "and 18 more" in line
    assert "Did you mean" not in line


@pytest.mark.parametrize("option", ["--ignore", "--group"])
def test_no_such_column_for_an_option(refuse, data, option):
    line = refuse("audit", data, "-l", "label", option, "colour")
    assert f"no column 'colour' for {option}. Did you mean 'color'?" in line


def test_label_column_twice(refuse, write, table):
    path = write(table, header=("x", "label", "label"))
    assert "2 columns are called 'label'" in refuse("audit", path, "-l", "label")


def test_feature_column_twice_is_kept(run, write, table):
    rows = [[row[0], *row] for row in table]
    path = write(rows, header=("x", "x", "color", "label"))
    code, output, _ = run("audit", path, "-l", "label", "--model", "linear")
    assert code == 0
    assert "Several columns are called 'x'; one is 'x.1' here" in output
    assert "2 number" in output


@pytest.mark.parametrize(
    ("row", "found"), [(["1", "red"], 2), (["1", "red", "01", "more"], 4)]
)
def test_ragged_rows(refuse, write, table, row, found):
    table[9] = row
    line = refuse("audit", write(table), "-l", "label")
    assert f"line 11: expected 3 values as in the header, but got {found}" in line


def test_row_names_without_a_name(refuse, write, table):
    rows = [[number, *row] for number, row in enumerate(table)]
    line = refuse("audit", write(rows), "-l", "label")
    assert "give a column of row names a name" in line


def test_unclosed_quotation_mark(refuse, data):
    data.write_text(data.read_text().replace("red", '"red', 1))
    assert "quotation mark" in refuse("audit", data, "-l", "label")


def test_text_that_is_not_utf8(refuse, data):
    data.write_bytes(data.read_bytes().replace(b"red", "rosé".encode("cp1252"), 1))
    line = refuse("audit", data, "-l", "label")
    number = data.read_bytes().split(b"ros\xe9")[0].count(b"\n") + 1
    assert f"is not UTF-8: byte 0xe9 in line {number} cannot be read" in line
    assert "--encoding cp1252" in line


def test_mixed_encodings(refuse, data):
    content = data.read_bytes().replace(b"red", "rosé".encode("cp1252"), 1)
    data.write_bytes(content.replace(b"blue", "bleuté".encode(), 1))
    line = refuse("audit", data, "-l", "label")
    assert "the file mixes encodings" in line
    assert "0xe9" in line


def test_encoding_that_does_not_exist(refuse, data):
    line = refuse("audit", data, "-l", "label", "--encoding", "utf-9")
    assert "unknown encoding 'utf-9'" in line


def test_encoding_that_does_not_fit(refuse, write, table):
    table[0][1] = "rosé"
    line = refuse("audit", write(table), "-l", "label", "--encoding", "ascii")
    assert "is not ascii: byte 0xc3 in line 2" in line


def test_utf16_is_recognised(refuse, data):
    data.write_bytes(data.read_text().encode("utf-16"))
    assert "Pass --encoding utf-16" in refuse("audit", data, "-l", "label")


def test_binary_file(refuse, tmp_path):
    path = tmp_path / "data.csv"
    path.write_bytes(b"PK\x03\x04\x00\x00\xff\xfe\x00")
    assert "is not text but binary" in refuse("audit", path, "-l", "y")


def test_damaged_gzip(refuse, data, tmp_path):
    path = tmp_path / "data.csv.gz"
    whole = gzip.compress(data.read_bytes())
    for content in (whole[:-20], b"plain text", whole[:40] + b"x" * 40 + whole[80:]):
        path.write_bytes(content)
        assert "damaged or no gzip file" in refuse("audit", path, "-l", "label")


def test_damaged_parquet(refuse, tmp_path):
    pytest.importorskip("pyarrow")
    path = tmp_path / "data.parquet"
    for content in (b"", b"PAR1 nonsense PAR1", b"plain text"):
        path.write_bytes(content)
        assert "cannot be read as parquet" in refuse("audit", path, "-l", "label")


def test_no_such_column_in_parquet(refuse, tmp_path):
    pd = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    path = tmp_path / "data.parquet"
    pd.DataFrame({"x": [1, 2], "y": ["a", "b"]}).to_parquet(path)
    assert "The columns are 'x', 'y'" in refuse("audit", path, "-l", "z")


def relabel(table, labels):
    """Return the table with other labels."""
    return [[*row[:2], label] for row, label in zip(table, labels, strict=True)]


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        (["same"] * 150, "holds one label only, 'same', in all 150 rows"),
        (["", "NA", "NaN"] * 50, "holds no label in any row"),
        ([f"id{n}" for n in range(150)], "another value in each of its 150 rows"),
        ([n / 7 for n in range(75)] * 2, "numbers on a continuous scale (75 distinct"),
        ([*range(110), *range(40)], "numbers on a continuous scale (110 distinct"),
        ([f"id{n}" for n in range(100)] + ["a"] * 50, "101 distinct values in 150"),
        (["a"] * 149 + ["b"], "only one label that occurs more than once, 'a'"),
    ],
    ids=["one", "none", "identifier", "fractions", "whole", "many", "single"],
)
def test_labels_that_are_no_classes(refuse, write, table, labels, said):
    assert said in refuse("audit", write(relabel(table, labels)), "-l", "label")


def test_half_points_are_classes(run, write, table):
    labels = [0.5 + (row[2] == "01") for row in table]
    path = write(relabel(table, labels))
    assert run("audit", path, "-l", "label", "-q", "--model", "linear")[0] == 0


def test_label_column_alone(refuse, write, table):
    path = write([[row[2]] for row in table], header=("label",))
    assert "holds the column 'label' alone" in refuse("audit", path, "-l", "label")


def test_no_useful_column(refuse, write, table):
    rows = [[number, "all", row[2]] for number, row in enumerate(table)]
    line = refuse("audit", write(rows), "-l", "label")
    assert "'x' numbers the rows; 'color' holds one value only" in line


def test_all_columns_ignored(refuse, data):
    line = refuse("audit", data, "-l", "label", "--ignore", "x", "color")
    assert "all are set aside" in line


def test_one_group(refuse, write, table):
    rows = [[row[0], "one", row[2]] for row in table]
    line = refuse("audit", write(rows), "-l", "label", "--group", "color")
    assert "--group expected at least two distinct values" in line


def test_output_in_a_missing_folder(refuse, data, tmp_path):
    path = tmp_path / "nowhere" / "out.csv"
    line = refuse("audit", data, "-l", "label", "-o", path)
    assert "there is no directory" in line


def test_output_is_a_folder(refuse, data, tmp_path):
    line = refuse("audit", data, "-l", "label", "-o", tmp_path)
    assert "it is a directory" in line


@pytest.mark.skipif(
    os.name == "nt" or os.geteuid() == 0, reason="this user may write anywhere"
)
def test_output_not_writable(refuse, data, tmp_path):
    tmp_path.chmod(0o500)
    try:
        assert "permission denied" in refuse("audit", data, "-l", "label")
    finally:
        tmp_path.chmod(0o700)


def test_output_that_cannot_be_written_after_all(refuse, data, monkeypatch):
    from sknoisy.cli import _command, _output

    def write_output(output, report):
        lost = _output.Output(output.kind, output.path / "nowhere")
        _output.write_output(lost, report)

    monkeypatch.setattr(_command, "write_output", write_output)
    line = refuse("audit", data, "-l", "label", "--model", "linear")
    assert "cannot write" in line


def test_output_is_the_table(refuse, data):
    before = data.read_bytes()
    line = refuse("audit", data, "-l", "label", "-o", data)
    assert "is the table itself" in line
    assert data.read_bytes() == before


@pytest.mark.parametrize("asked", [True, False])
def test_foreign_file_is_not_overwritten(refuse, data, asked):
    other = data.with_name("data.audit.csv")
    other.write_text("my own notes\n")
    options = ("-o", other) if asked else ()
    line = refuse("audit", data, "-l", "label", *options)
    assert "is not the result of an audit" in line
    assert other.read_text() == "my own notes\n"


@pytest.mark.parametrize("module", ["pandas", "pyarrow"])
def test_missing_library(refuse, data, tmp_path, monkeypatch, module):
    path = tmp_path / "data.parquet"
    path.write_bytes(b"PAR1")
    absent = {name for name in sys.modules if name.split(".")[0] == module}
    for name in absent:
        monkeypatch.delitem(sys.modules, name)

    def find_spec(name, *_):
        if name.split(".")[0] == module:
            raise ModuleNotFoundError(f"No module named {name!r}")

    finder = type("Absent", (), {"find_spec": staticmethod(find_spec)})
    monkeypatch.setattr(sys, "meta_path", [finder, *sys.meta_path])
    line = refuse("audit", path, "-l", "label")
    assert f"needs {module}, which is not installed" in line
    assert 'pip install ".[report]"' in line
