import csv
import json
import sys
from time import monotonic

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array

from sknoisy.report import audit
from sknoisy.report._sheet import (
    BlankSheet,
    read_filled,
    read_sheet,
    row_values,
    write_sheet,
)

LABELS = ["cat", "=dog", "01", "a\x1bb", "two\nlines", "'t", "süß"]
SAID = {
    "suggested_label": [*LABELS[1:], None],
    "label_quality": [0.25] * 7,
    "sampling_probability": [1.0] * 7,
}
COLUMNS = {
    "=cmd|' /C calc'!A0": ["=1+1"] * 7,
    "verdict": ["@SUM(A1)"] * 7,
    "bidi": ["\u202ename\x1b[31m\x00"] * 7,
    "": ["+1-1"] * 7,
}
HOSTILE = row_values(pd.DataFrame(COLUMNS), np.arange(7))
FORMATS = ["csv", "xlsx", "json"]


def needs(form):
    if form == "xlsx":
        return pytest.importorskip("openpyxl")
    return None


@pytest.fixture(params=FORMATS)
def path(request, tmp_path):
    needs(request.param)
    return tmp_path / f"list.{request.param}"


def blank(said=SAID, values=HOSTILE):
    return BlankSheet(list(range(7)), LABELS, LABELS, said, values)


def fill(path, verdicts):
    """Fill in a verdict for each line, in whichever format."""
    if path.suffix == ".csv":
        with path.open(newline="", encoding="utf-8") as file:
            header, *lines = csv.reader(file)
        lines = [[*line[:-1], text] for line, text in zip(lines, verdicts, strict=True)]
        with path.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([header, *lines])
    elif path.suffix == ".xlsx":
        book = needs("xlsx").load_workbook(path)
        page = book["review"]
        for at, text in enumerate(verdicts, start=2):
            page.cell(at, page.max_column).value = text
        book.save(path)
    else:
        tasks = json.loads(path.read_text(encoding="utf-8"))
        for task, text in zip(tasks, verdicts, strict=True):
            task["annotations"] = [annotation(text)] if text else []
        path.write_text(json.dumps(tasks), encoding="utf-8")


def annotation(*labels, cancelled=False):
    choice = {
        "from_name": "verdict",
        "to_name": "text",
        "type": "choices",
        "value": {"choices": list(labels)},
    }
    return {"was_cancelled": cancelled, "result": [choice]}


def test_every_label_goes_round_in_every_format(path):
    write_sheet(path, blank())
    assert [line.verdict for line in read_sheet(path)] == [""] * 7
    asked = dict(enumerate(LABELS))
    # What is suggested is chosen, as it stands in the sheet.
    with_marks = ["'=dog", "01", "a\\x1bb", "two\nlines", "''t", "süß", ""]
    fill(path, with_marks if path.suffix != ".json" else [*LABELS[1:], ""])
    rows, labels = read_filled(path, asked, LABELS)
    assert rows == [0, 1, 2, 3, 4, 5]
    assert labels == LABELS[1:]


def test_what_is_said_can_be_hidden(path):
    write_sheet(path, blank(said={}, values={}))
    text = path.read_bytes()
    if path.suffix == ".xlsx":
        page = needs("xlsx").load_workbook(path)["review"]
        assert [cell.value for cell in page[1]] == ["row", "given_label", "verdict"]
    else:
        assert b"suggested" not in text
        assert b"predictions" not in text
        assert b"quality" not in text
    assert len(read_sheet(path)) == 7


def test_hostile_values_are_inert(path):
    write_sheet(path, blank())
    if path.suffix == ".json":
        text = path.read_text(encoding="utf-8")
        assert text.isascii()
        assert json.loads(text)[0]["data"]["row"] == 0
        return
    if path.suffix == ".csv":
        with path.open(newline="", encoding="utf-8") as file:
            cells = [cell for line in csv.reader(file) for cell in line]
        assert not [cell for cell in cells if cell.startswith(("=", "@", "+"))]
    else:
        page = needs("xlsx").load_workbook(path)["review"]
        cells = [cell for line in page.iter_rows() for cell in line]
        assert {cell.data_type for cell in cells} <= {"s", "n"}
        values = [cell.value for cell in cells if isinstance(cell.value, str)]
        assert not [text for text in values if text.startswith(("=", "@", "+"))]
        assert not [text for text in values if "\x1b" in text or "\u202e" in text]
    # A column of the table that is called as one of ours is called otherwise.
    assert [line.verdict for line in read_sheet(path)] == [""] * 7


def test_an_ending_that_says_nothing(tmp_path):
    with pytest.raises(ValueError, match=r"no ending .* \.csv, \.xlsx .* \.json"):
        write_sheet(tmp_path / "list.html", blank())


def test_no_format_is_written_over_verdicts(path):
    write_sheet(path, blank())
    write_sheet(path, blank())
    fill(path, ["cat"] * 7)
    with pytest.raises(ValueError, match="exists and holds verdicts"):
        write_sheet(path, blank())


def test_excel_offers_the_labels(tmp_path):
    openpyxl = needs("xlsx")
    path = tmp_path / "list.xlsx"
    write_sheet(path, blank())
    book = openpyxl.load_workbook(path)
    (offered,) = book["review"].data_validations.dataValidation
    assert offered.formula1 == "labels!$A$1:$A$7"
    assert str(offered.sqref) == "J2:J8"
    assert [cell.value for cell in book["labels"]["A"]][:2] == ["cat", "'=dog"]


def test_excel_keeps_what_is_typed(tmp_path):
    needs("xlsx")
    path = tmp_path / "list.xlsx"
    asked, classes = {0: True, 1: False, 2: True}, [False, True]
    rows, given = [0, 1, 2], [True, False, True]
    write_sheet(path, BlankSheet(rows, given, classes, {}, {}))
    fill(path, [False, "true", "TRUE"])
    assert read_filled(path, asked, classes) == (rows, [False, True, True])
    numbers = tmp_path / "numbers.xlsx"
    write_sheet(numbers, BlankSheet([0, 1], [1, 2], [1, 2], {}, {}))
    fill(numbers, [2.0, 1])
    assert read_filled(numbers, {0: 1, 1: 2}, [1, 2]) == ([0, 1], [2, 1])
    formulas = tmp_path / "formulas.xlsx"
    write_sheet(formulas, BlankSheet([0], ["=a"], ["=a", "b"], {}, {}))
    fill(formulas, ["=a"])
    assert read_filled(formulas, {0: "=a"}, ["=a", "b"]) == ([0], ["=a"])


def test_excel_without_openpyxl(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(ImportError, match=r"needs openpyxl.*pip install openpyxl"):
        write_sheet(tmp_path / "list.xlsx", blank())
    (tmp_path / "old.xlsx").write_bytes(b"PK\x03\x04")
    with pytest.raises(ImportError, match="or use a sheet that ends in"):
        read_sheet(tmp_path / "old.xlsx")


def studio(tmp_path, *tasks):
    path = tmp_path / "export.json"
    path.write_text(json.dumps(list(tasks)), encoding="utf-8")
    return path


DATA = {"row": 3, "given_label": "cat", "text": "…"}


def test_label_studio_exports(tmp_path):
    path = studio(
        tmp_path,
        {"id": 1, "data": DATA, "annotations": [annotation("dog")]},
        {
            "id": 2,
            "data": {**DATA, "row": 4},
            "annotations": [annotation("cat", cancelled=True), annotation("dog")],
        },
        {"id": 3, "data": {**DATA, "row": 5}, "annotations": []},
        {"id": 4, **DATA, "row": 6, "verdict": "dog"},
        {"id": 5, **DATA, "row": 7, "verdict": {"choices": ["dog"]}},
        {"id": 6, **DATA, "row": 8},
    )
    asked = dict.fromkeys(range(10), "cat")
    assert read_filled(path, asked, ["cat", "dog"]) == ([3, 4, 6, 7], ["dog"] * 4)


BAD_TASKS = {
    "two": (
        {"data": DATA, "annotations": [annotation("cat"), annotation("dog")]},
        r"task 1: expected one verdict about row 3, .*\['cat', 'dog'\]",
    ),
    "other": ({"data": {"image": "x.png"}}, "task 1: expected row and .* got image"),
    "list": (["cat"], "expected a list of tasks of Label Studio"),
}


@pytest.mark.parametrize(("task", "message"), BAD_TASKS.values(), ids=BAD_TASKS)
def test_bad_tasks(tmp_path, task, message):
    with pytest.raises(ValueError, match=message):
        read_sheet(studio(tmp_path, task))


def test_json_that_is_cut_off(tmp_path):
    path = tmp_path / "export.json"
    path.write_text('[{"data": ')
    with pytest.raises(ValueError, match="expected tasks of Label Studio as JSON"):
        read_sheet(path)


def test_values_of_rows():
    rows = np.array([1, 0])
    frame = pd.DataFrame({"a": [1.5, None], "b": ["x", "y" * 2000], "row": [1, 2]})
    values = row_values(frame, rows)
    assert values["a"] == ["", "1.5"]
    assert values["b"] == ["y" * 1000 + "…", "x"]
    assert values["row (column)"] == ["2", "1"]
    assert [*row_values(frame, rows, ["b"])] == ["b"]
    assert row_values(["one", "two"], rows) == {"text": ["two", "one"]}
    assert row_values(np.eye(2), rows, [1]) == {"column 1": ["1", "0"]}
    assert row_values(np.zeros((2, 4, 4)), rows) == {}
    assert row_values(frame, rows, []) == {}
    assert row_values([[1, "a"], [2, "b"]], rows)["column 1"] == ["b", "a"]
    assert row_values(csr_array(np.eye(2)), rows) == {}
    assert row_values([np.zeros(3), np.zeros((2, 2))], rows) == {}
    assert row_values([[1, 2], [1]], rows) == {}
    with pytest.raises(ValueError, match=r"columns expected names .* \['z'\]"):
        row_values(frame, rows, ["z"])


def test_sheet_of_a_report(tmp_path):
    rng = np.random.RandomState(0)
    kind = np.repeat(["left", "right"], 60)
    frame = pd.DataFrame(
        {"width": np.where(kind == "left", -3, 3) + rng.normal(size=120)}
    )
    frame["kind"] = kind
    frame.loc[[5, 80], "kind"] = ["right", "left"]
    report = audit(frame, label="kind", random_state=0)
    path = tmp_path / "list.csv"
    report.to_sheet(path, 10)
    lines = pd.read_csv(path)
    assert lines["row"].tolist() == report.rows[:10].tolist()
    assert {5, 80} <= set(lines["row"][:3])
    assert lines["given_label"].tolist() == frame["kind"][lines["row"]].tolist()
    np.testing.assert_allclose(lines["width"], frame["width"][lines["row"]], rtol=1e-4)
    report.to_sheet(tmp_path / "hidden.csv", hide_suggestion=True)
    hidden = pd.read_csv(tmp_path / "hidden.csv")
    assert hidden.columns.tolist() == ["row", "given_label", "width", "verdict"]
    assert len(hidden) == max(report.n_to_check, 20)


def test_long_sheets_of_many_classes_are_read_quickly(tmp_path):
    classes = [f"class number {k}" for k in range(1000)]
    given = classes * 10
    lines = [f"{row},{label},{label.upper()}" for row, label in enumerate(given)]
    path = tmp_path / "list.csv"
    path.write_text("\n".join(["row,given_label,verdict", *lines]))
    start = monotonic()
    rows, labels = read_filled(path, dict(enumerate(given)), classes)
    # Comparing each line with each class takes a minute.
    assert monotonic() - start < 10
    assert labels == given
    assert len(rows) == 10_000
