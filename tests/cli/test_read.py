"""Tables are read as they are meant, labels exactly as they are written."""

import gzip

import numpy as np
import pytest

from sknoisy.cli._read import read_table, suffix_of
from sknoisy.report._label_check import labelled_rows, natural_order

pd = pytest.importorskip("pandas")


@pytest.fixture
def csv_file(tmp_path):
    def write(content, name="data.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


@pytest.mark.parametrize("label", ["01", "1.0", "1e3", "True", " padded ", "a,b", "é"])
def test_labels_are_kept_as_text(csv_file, label):
    table = read_table(csv_file(f'x,y\n1,"{label}"\n2,other\n'), "y")
    assert table.labels.tolist() == [label, "other"]
    assert list(table.frame.columns) == ["x"]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_separators_and_line_ends(csv_file, separator, ending):
    lines = [["x", "name", "y"], ["1", "Ann", "a"], ["2.5", "Bob", "b"]]
    content = ending.join(separator.join(line) for line in lines) + ending
    table = read_table(csv_file(content), "y")
    assert table.labels.tolist() == ["a", "b"]
    assert table.frame["x"].tolist() == [1, 2.5]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_encodings(csv_file, encoding):
    path = csv_file("größe,y\n1,é\n2,ü\n".encode(encoding))
    named = None if encoding.startswith("utf-8") else encoding
    table = read_table(path, "y", encoding=named)
    assert table.labels.tolist() == ["é", "ü"]
    assert list(table.frame.columns) == ["größe"]


def test_quoted_line_breaks_and_blank_lines(csv_file):
    table = read_table(csv_file('x,text,y\n\n1,"two\nlines",a\n\n2,one,b\n'), "y")
    assert table.labels.tolist() == ["a", "b"]
    assert table.frame["text"].tolist() == ["two\nlines", "one"]


def test_very_long_text(csv_file):
    text = "word " * 50_000
    table = read_table(csv_file(f"text,y\n{text},a\nshort,b\n"), "y")
    assert table.frame["text"][0].strip() == text.strip()


def test_names_of_columns_are_made_distinct(csv_file):
    table = read_table(csv_file("x,,x,y,x.1\n1,2,3,a,4\n5,6,7,b,8\n"), "y")
    names = list(table.frame.columns)
    assert len(set(names)) == 4
    assert names[:2] == ["x", "column 2"]
    assert table.frame.iloc[0].tolist() == [1, 2, 3, 4]


def test_name_in_capitals_and_zipped(csv_file):
    path = csv_file(gzip.compress(b"x,y\n1,a\n2,b\n"), "DATA.CSV.GZ")
    assert suffix_of(path) == ".CSV.GZ"
    assert read_table(path, "y").labels.tolist() == ["a", "b"]


@pytest.mark.parametrize(
    ("labels", "read"),
    [
        ([1, 2], ["1", "2"]),
        (pd.array([1, None], dtype="Int64"), ["1", ""]),
        ([True, False], ["True", "False"]),
        (["a", None], ["a", ""]),
        (pd.Categorical(["b", "a"]), ["b", "a"]),
        ([1.5, float("nan")], ["1.5", ""]),
    ],
)
def test_labels_of_parquet(tmp_path, labels, read):
    pytest.importorskip("pyarrow")
    path = tmp_path / "data.parquet"
    frame = pd.DataFrame({"x": [0.1, 0.2], "y": labels}, index=["r1", "r2"])
    frame.to_parquet(path)
    table = read_table(path, "y")
    assert table.labels.tolist() == read
    assert "x" in table.frame


def test_a_folder_of_parquet_is_one_table(tmp_path):
    pytest.importorskip("pyarrow")
    for name, x, y in (("b.pq", [2.5], ["c"]), ("a.parquet", [0, 1], ["a", "b"])):
        pd.DataFrame({"x": x, "y": y}).to_parquet(tmp_path / name)
    (tmp_path / "_SUCCESS").touch()
    table = read_table(tmp_path, "y")
    assert table.labels.tolist() == ["a", "b", "c"]
    assert table.frame["x"].tolist() == [0, 1, 2.5]
    assert table.name == tmp_path.name


def test_labelled_rows():
    labels = np.array(["a", "", " ", "NA", "nan", "NULL", "None", "0", "<NA>"])
    assert labels[labelled_rows(labels)].tolist() == ["a", "None", "0"]


def test_natural_order():
    classes = ["10", "b", "2", "a", "1.5"]
    assert [classes[i] for i in natural_order(classes)] == ["1.5", "2", "10", "a", "b"]
