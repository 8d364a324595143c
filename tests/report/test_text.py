"""The report as text fits its width and says what the facts say."""

import re
from dataclasses import replace

import numpy as np
import pytest

from sknoisy.report import (
    AuditReport,
    ClassFacts,
    ColumnFacts,
    Confusion,
    Finding,
    NoiseFacts,
    RankedLabels,
    TableFacts,
)
from sknoisy.report._text import render_report

pd = pytest.importorskip("pandas")


def make_report(n_classes=2, n_rows=12):
    rng = np.random.default_rng(0)
    names = np.array([f"class {number}" for number in range(n_classes)], dtype=object)
    codes = np.arange(n_rows) % n_classes
    suggested = (codes + (np.arange(n_rows) < 3)) % n_classes
    comments = [f"a comment on row {row},\nwith a break" * 9 for row in range(n_rows)]
    frame = pd.DataFrame({"x": np.arange(n_rows) / 7, "comment": comments})
    columns = (
        ColumnFacts("x", "number", "", 0.0, n_rows, 0.5),
        ColumnFacts("comment", "text", "", 0.0, n_rows, np.nan),
    )
    ranking = RankedLabels(
        rows=rng.permutation(n_rows),
        given=names[codes],
        suggested=names[suggested],
        quality=np.linspace(0.01, 0.99, n_rows),
        error=np.where(np.arange(n_rows) < 3, 0.5, 0.1),
        flagged=suggested != codes,
        trusted=np.zeros(n_rows, dtype=bool),
        against=np.full((n_rows, 3), "", dtype=object),
        words=np.full(n_rows, "", dtype=object),
    )
    T = 0.8 * np.eye(n_classes) + 0.2 / n_classes
    confusions = (Confusion("class 0", "class 1", 0.3, 6.2),)
    return AuditReport(
        TableFacts("data.csv", "kind", n_rows, columns, frame),
        ranking,
        ClassFacts(names, np.bincount(codes), T, confusions),
        noise=NoiseFacts(0.1, 0.05, 0.25, True, True, 0.8, "About a tenth."),
        findings=(Finding("note", "hint", "Something to know", "Or two."),),
        how={},
    )


@pytest.mark.parametrize("n_classes", [2, 5, 12])
@pytest.mark.parametrize("width", [60, 80, 110])
def test_report_fits_the_width(n_classes, width):
    text = render_report(make_report(n_classes), top=5, width=width)
    long = [line for line in text.splitlines() if len(line) > max(width, 80)]
    assert long == []
    assert "  - Something to know. Or two." in text


def test_problems_are_marked():
    problem = Finding("leak", "problem", "A leak", "Drop it.")
    text = render_report(replace(make_report(), findings=(problem,)), width=80)
    assert "  ! A leak. Drop it." in text


def test_number_of_rows_to_look_at():
    report = make_report()
    assert "the first 3 rows by suspicion, of which about 2 are" in render_report(
        report, width=110
    )
    calm = replace(report.noise, lower=0.0)
    text = render_report(replace(report, noise=calm), width=110)
    assert "Begin with the first 12" in text


def test_matrix_is_shown_where_it_fits():
    text = render_report(make_report(2), top=0, width=80)
    assert "Estimated share of each true label (line)" in text
    assert "class 1          10.0     90.0" in text


def test_matrix_is_an_upper_estimate_where_there_is_no_clear_sign():
    calm = replace(make_report().noise, lower=0.0)
    text = render_report(replace(make_report(), noise=calm), top=0, width=80)
    assert "Upper estimate of the share of each true label" in text


def test_largest_confusions_are_listed_where_the_matrix_is_too_wide():
    text = render_report(make_report(12), top=0, width=80)
    assert text.splitlines()[-1] == "  class 0  as  class 1   30.0%  (about 6 rows)"
    report = make_report(12)
    report = replace(report, by_class=replace(report.by_class, confusions=()))
    text = render_report(report, top=0, width=80)
    assert "  none that would concern a whole row" in text


def test_suspicious_rows_show_their_texts_first():
    report = make_report()
    lines = render_report(report, top=2, width=100).splitlines()
    cells = re.split(r"\s{2,}", lines[-2].strip())
    row, given, suggested, quality = cells[:4]
    assert int(row) == report.rows[0]
    assert (given, suggested, quality) == ("class 0", "class 1", "0.010")
    assert f"comment=a comment on row {report.rows[0]}, with" in lines[-2]


def test_what_speaks_against_the_label_comes_first():
    report = make_report()
    report.against[0, 0] = "x"
    (line,) = render_report(report, top=1, width=100).splitlines()[-1:]
    assert re.search(r"\*x=[\d.]+, comment=", line)


def test_more_rows_asked_for_than_there_are():
    text = render_report(make_report(), top=100, width=80)
    assert "The 12 most suspicious of 12 rows" in text
