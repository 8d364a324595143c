import gzip
import re

import numpy as np
import pandas as pd
import pytest

from sknoisy.cli import main

LABELS = ["cat", "=dog", "cat", "bird ", "=dog", "cat"]


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "animals.csv"
    lines = [f'{number},"a, b",{label}' for number, label in enumerate(LABELS)]
    path.write_text("\n".join(["number,note,kind", *lines]) + "\n")
    return path


@pytest.fixture
def sheet(tmp_path):
    def write(*lines, name="list.csv"):
        path = tmp_path / name
        path.write_text("\n".join(["row,given_label,verdict", *lines]) + "\n")
        return str(path)

    return write


def apply(capsys, *arguments):
    """Return the exit code, and what was printed."""
    code = main(["apply", *map(str, arguments)])
    printed = capsys.readouterr()
    return code, printed.out + printed.err


def test_the_corrected_table_stands_beside_the_input(capsys, table, sheet):
    before = table.read_bytes()
    path = sheet("0,cat,'=dog", "1,'=dog,'=dog", "3,bird,cat", "5,cat,")
    code, text = apply(capsys, table, "--verdicts", path)
    output = table.with_name("animals.corrected.csv")
    assert (code, text) == (
        0,
        f"3 of 6 labels checked, 2 of them corrected: {output}\n",
    )
    assert table.read_bytes() == before
    lines = output.read_text().splitlines()
    assert lines[:3] == [
        "number,note,kind,label_source",
        '0,"a, b",=dog,corrected',
        '1,"a, b",=dog,checked',
    ]
    assert lines[4] == '3,"a, b",cat,corrected'
    assert lines[6] == '5,"a, b",cat,given'
    # Again, with one more verdict: the file is ours.
    more = sheet("5,cat,bird", name="more.csv")
    code, _ = apply(capsys, table, "--verdicts", path, more)
    assert code == 0
    assert output.read_text().splitlines()[6] == '5,"a, b",bird ,corrected'


def test_a_second_round_keeps_the_sources_of_the_first(capsys, table, sheet):
    path = sheet("0,cat,'=dog", "3,bird,cat")
    apply(capsys, table, "--verdicts", path)
    output = table.with_name("animals.corrected.csv")
    second = sheet("0,'=dog,'=dog", "2,cat,cat", name="second.csv")
    code, text = apply(capsys, output, "--verdicts", second, "-l", "kind")
    assert code == 0, text
    found = pd.read_csv(table.with_name("animals.corrected.corrected.csv"))
    expected = ["corrected", "given", "checked", "corrected", "given", "given"]
    assert found["label_source"].tolist() == expected


def test_other_forms_of_tables(capsys, table, sheet, tmp_path):
    path = sheet("0,cat,'=dog")
    zipped = tmp_path / "zipped.csv.gz"
    zipped.write_bytes(gzip.compress(table.read_bytes().replace(b"\n", b"\r\n")))
    assert apply(capsys, zipped, "--verdicts", path)[0] == 0
    text = gzip.decompress((tmp_path / "zipped.corrected.csv.gz").read_bytes())
    assert text.splitlines(keepends=True)[1] == b'0,"a, b",=dog,corrected\r\n'
    western = tmp_path / "western.csv"
    western.write_bytes("kind;næme\ncat;ø\n=dog;å\n".encode("cp1252"))
    asked = [western, "--verdicts", path, "--encoding", "cp1252"]
    assert apply(capsys, *asked)[0] == 0
    content = (tmp_path / "western.corrected.csv").read_bytes()
    assert content.decode("cp1252").splitlines()[1] == "=dog;ø;corrected"


def test_parquet_keeps_types(capsys, sheet, tmp_path):
    pytest.importorskip("pyarrow")
    source = tmp_path / "table.parquet"
    frame = pd.DataFrame({"kind": np.array([1, 2, 2], dtype="int8"), "x": [0.5, 1, 2]})
    frame.to_parquet(source)
    code, text = apply(capsys, source, "--verdicts", sheet("1,2,1", "0,1,1"))
    assert code == 0, text
    found = pd.read_parquet(tmp_path / "table.corrected.parquet")
    assert found["kind"].dtype == "int8"
    assert found["kind"].tolist() == [1, 1, 2]
    assert found["label_source"].tolist() == ["checked", "corrected", "given"]
    assert apply(capsys, source, "--verdicts", sheet("1,2,1"))[0] == 0


BAD = {
    "unknown row": (["6,cat,cat"], [], "has 6 rows, .* the sheet tells of row 6"),
    "unknown row of a column": (["6,cat,cat"], ["-l", "kind"], "row 6 was not asked"),
    "no verdict": (["0,cat,", "1,'=dog,"], [], "column verdict, but all are empty"),
    "unknown label": (["0,cat,cow"], [], "expected a verdict among .* got 'cow'"),
    "other label": (["0,bird,cat"], ["-l", "kind"], "expected the label 'cat'"),
    "no column": (["0,bird,cat"], [], "which column .* Pass --label COLUMN"),
    "wrong column": (["0,cat,cat"], ["-l", "kinds"], "Did you mean 'kind'"),
    "ending": (["0,cat,cat"], ["-o", "x.parquet"], "expected the ending .*, .csv"),
    "folder": (["0,cat,cat"], ["-o", "none/x.csv"], "there is no directory none"),
}


@pytest.mark.parametrize(("lines", "options", "message"), BAD.values(), ids=BAD)
def test_bad_verdicts(capsys, table, sheet, lines, options, message):
    asked = [table, "--verdicts", sheet(*lines), *options]
    code, text = apply(capsys, *asked)
    assert code == 2
    assert re.search(message, text), text
    assert not table.with_name("animals.corrected.csv").exists()


def test_files_that_are_not_there(capsys, table, sheet, tmp_path):
    code, text = apply(capsys, table, "--verdicts", tmp_path / "none.csv")
    assert (code, "cannot read" in text, "none.csv" in text) == (2, True, True)
    code, text = apply(capsys, tmp_path / "none.csv", "--verdicts", sheet("0,cat,cat"))
    assert (code, "no such file" in text) == (2, True)
    code, text = apply(capsys, table)
    assert (code, "--verdicts" in text) == (2, True)
    code, text = apply(capsys, tmp_path / "x.pdf", "--verdicts", "list.csv")
    assert (code, "x.pdf" in text) == (2, True)


@pytest.mark.parametrize("kind", ["input", "other"])
def test_nothing_is_written_over(capsys, table, sheet, tmp_path, kind):
    path = sheet("0,cat,'=dog")
    output = table if kind == "input" else tmp_path / "notes.csv"
    if kind == "other":
        output.write_text("my,notes\n1,2\n")
    before = output.read_bytes()
    code, text = apply(capsys, table, "--verdicts", path, "-o", output)
    assert code == 2
    assert ("is the table itself" if kind == "input" else "exists and is no") in text
    assert output.read_bytes() == before


@pytest.fixture
def measured(tmp_path):
    """Return a table of two kinds, two of whose labels are wrong, and its path."""
    rng = np.random.RandomState(0)
    kind = np.repeat(["left", "right"], 40)
    width = np.where(kind == "left", -3, 3) + rng.normal(size=80)
    frame = pd.DataFrame({"width": width, "height": rng.normal(size=80), "kind": kind})
    frame.loc[[5, 60], "kind"] = ["right", "left"]
    path = tmp_path / "measured.csv"
    frame.to_csv(path, index=False)
    return frame, path


def audited(path, *options):
    frame = path.with_name("rows.csv")
    arguments = [path, "-l", "kind", "-q", "--jobs", 1, "-o", frame, *options]
    assert main(["audit", *map(str, arguments)]) == 0
    return pd.read_csv(frame).set_index("row")


def test_verdicts_are_trusted_labels_of_the_next_audit(capsys, measured, tmp_path):
    _, path = measured
    sheet = tmp_path / "list.csv"
    first = audited(path, "--sheet", sheet)
    assert first.loc[[5, 60], "flagged"].all()
    lines = pd.read_csv(sheet)
    assert lines.columns[-1] == "verdict"
    assert {"suggested_label", "width", "height"} <= set(lines.columns)
    lines["verdict"] = lines["suggested_label"].where(lines["row"].isin([5, 60]))
    sheet.unlink()
    lines.to_csv(sheet, index=False)
    second = audited(path, "--verdicts", sheet)
    assert not second.loc[[5, 60], "flagged"].any()
    assert second.loc[[5, 60], "given_label"].tolist() == ["left", "right"]
    assert apply(capsys, path, "--verdicts", sheet)[0] == 0
    corrected = path.with_name("measured.corrected.csv")
    third = audited(corrected, "--trusted-from", "label_source")
    pd.testing.assert_frame_equal(second, third)


def test_a_sheet_that_hides_what_was_found(measured, tmp_path):
    sheet = tmp_path / "list.csv"
    audited(measured[1], "--sheet", sheet, "--hide-suggestion")
    expected = ["row", "given_label", "width", "height", "verdict"]
    assert pd.read_csv(sheet).columns.tolist() == expected


def test_sheets_and_columns_that_make_no_sense(capsys, measured, tmp_path):
    _, path = measured
    asked = ["audit", str(path), "-l", "kind", "-q", "--jobs", "1"]
    assert main([*asked, "--trusted-from", "width"]) == 2
    assert "expected 'checked' or 'corrected'" in capsys.readouterr().err
    assert main([*asked, "--sheet", str(tmp_path / "list.html")]) == 2
    assert "has no ending that says what to write" in capsys.readouterr().err
    assert main([*asked, "--verdicts", str(path)]) == 2
    assert "lacks given_label, row, verdict" in capsys.readouterr().err
    assert main(["audit", "--trusted-from", "x"]) == 2
    assert "--trusted-from says something about FILE" in capsys.readouterr().err
