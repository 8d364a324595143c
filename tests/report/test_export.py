"""Facts as plain values, JSON, and a frame of rows."""

import json
import math

import numpy as np
import pytest

from sknoisy.report import audit
from sknoisy.report._facts import FINDING_KINDS

pd = pytest.importorskip("pandas")
N = 120


@pytest.fixture(scope="module")
def report():
    rng = np.random.default_rng(0)
    codes = np.arange(N) % 2
    frame = pd.DataFrame(
        {
            "x": rng.normal(3 * codes),
            "y": rng.normal(3 * codes),
            "when": pd.Timestamp("2024-02-01") + pd.to_timedelta(codes * 9, unit="D"),
            "gap": np.where(rng.random(N) < 0.3, np.nan, rng.normal(size=N)),
            "none": None,
        }
    )
    frame.iloc[11] = frame.iloc[10]
    labels = np.where(np.arange(N) % 17 == 0, 1 - codes, codes).astype(object)
    labels[5] = None
    return audit(frame, labels, random_state=0)


def is_plain(value):
    if isinstance(value, dict):
        return all(type(key) is str and is_plain(part) for key, part in value.items())
    if isinstance(value, list):
        return all(map(is_plain, value))
    return type(value) in {bool, int, str, type(None)} or math.isfinite(value)


def test_dict_is_plain_and_whole(report):
    facts = report.to_dict()
    assert is_plain(facts)
    assert facts["noise"]["rate"] == report.noise.rate
    assert facts["rows"]["row"] == report.rows.tolist()
    assert facts["classes"] == [0, 1]
    assert {f["kind"] for f in facts["findings"]} >= {"missing_label", "constant"}
    assert {len(column) for column in facts["rows"].values()} == {N - 1}


def test_json_says_the_same(report, tmp_path):
    assert json.loads(report.to_json()) == report.to_dict()
    path = tmp_path / "facts.json"
    path.write_text("an earlier one")
    assert report.to_json(path) is None
    assert path.read_text() == report.to_json()


@pytest.mark.parametrize(
    ("method", "name", "words"),
    [
        (
            "to_html",
            "a.csv",
            r"ends in \.html or \.htm, .*a\.csv.* by to_frame\(\)\.to_csv",
        ),
        ("to_html", "a.JSON", r"A \.json file is written by to_json\(path\)"),
        ("to_html", "a", r"but got .*a'\. Pass another name"),
        ("to_json", "a.html", r"ends in \.json, .* is written by to_html\(path\)"),
        ("to_json", "a.xlsx", r"A \.xlsx file is written by to_sheet\(path\)"),
    ],
)
def test_another_ending_is_refused_with_the_method_for_it(
    report, tmp_path, method, name, words
):
    with pytest.raises(ValueError, match=words):
        getattr(report, method)(tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_frame_has_a_row_per_row_of_the_table(report):
    frame = report.to_frame()
    assert frame.index.tolist() == list(range(N))
    assert frame.index.name == "row"
    first = frame.sort_values("rank").iloc[: report.n_labelled]
    assert first.index.tolist() == report.rows.tolist()
    assert frame["flagged"].sum() == report.n_flagged
    assert frame["missing_label"].tolist() == [row == 5 for row in range(N)]
    assert np.isnan(frame["label_quality"][5])
    found = {kind for kind in FINDING_KINDS if kind in frame}
    assert found == {f.kind for f in report.findings if len(f.rows)}


def test_frame_where_all_rows_have_labels(report):
    labels = np.arange(N) % 2
    frame = audit(report.data, labels, random_state=0).to_frame()
    assert frame["rank"].dtype == int
    assert frame["given_label"].tolist() == labels.tolist()


def test_values_are_text(report):
    position = report.rows.tolist().index(10)
    values = report.row_values(position, n_values=9)
    assert {name for name, _, _ in values} == {"x", "y", "when", "gap"}
    shown = {name: value for name, value, _ in values}
    assert shown["when"] == "2024-02-01"
    assert shown["x"] == f"{report.data['x'][10]:.6g}"
    assert len(report.row_values(position, n_values=2)) == 2
    gaps = np.flatnonzero(report.data["gap"].isna()[report.rows])
    assert ("gap", "") in [pair[:2] for pair in report.row_values(gaps[0])]


def test_measures_count_what_was_found(report):
    measures = report.measures
    assert measures["missing_label"] == 1
    assert measures["constant"] == 1
    assert measures["leak"] == 0
    assert measures["n_flagged"] == report.n_flagged
    assert set(FINDING_KINDS) <= set(measures)


def test_str_and_repr(report):
    assert str(report).startswith("Audit of table, labels in 'y'\n")
    assert repr(report).startswith("<AuditReport of 'table': ")


def test_reports_cannot_be_changed(report):
    with pytest.raises(AttributeError, match="cannot assign"):
        report.n_rows = 3
