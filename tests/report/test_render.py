"""The report fits its width and says what the facts say."""

import re
from dataclasses import replace

import numpy as np
import pytest
from sknoisy.cli._audit import AuditFacts

from sknoisy.cli._example import Verdict, compare
from sknoisy.report._table import Table
from sknoisy.report._text import render_report, render_verdict

pd = pytest.importorskip("pandas")


def make_facts(n_classes=2, n_rows=12):
    rng = np.random.default_rng(0)
    names = np.array([f"class {number}" for number in range(n_classes)])
    codes = np.arange(n_rows) % n_classes
    T = 0.8 * np.eye(n_classes) + 0.2 / n_classes
    return AuditFacts(
        n_rows=n_rows,
        rows=rng.permutation(n_rows),
        given=names[codes],
        suggested=names[(codes + (np.arange(n_rows) < 3)) % n_classes],
        quality=np.linspace(0.01, 0.99, n_rows),
        classes=names.tolist(),
        class_counts=np.bincount(codes).tolist(),
        transition_matrix=T,
        noise_rate=0.1,
        noise_suspected=True,
        noise_rate_upper=0.25,
        columns={"number": ["x"], "date": [], "category": [], "text": ["comment"]},
        notes=["something to know"],
    )


def make_table(n_rows=12):
    comments = [f"a comment on row {row},\nwith a break" * 9 for row in range(n_rows)]
    frame = pd.DataFrame({"x": np.arange(n_rows) / 7, "comment": comments})
    return Table("data.csv", frame, None, "kind")


@pytest.mark.parametrize("n_classes", [2, 5, 12])
@pytest.mark.parametrize("width", [60, 80, 110])
def test_report_fits_the_width(n_classes, width):
    facts = make_facts(n_classes)
    report = render_report(facts, make_table(), top=5, width=width)
    long = [line for line in report.splitlines() if len(line) > max(width, 80)]
    assert long == []
    assert "Note: something to know." in report


def test_report_states_the_rates():
    report = render_report(make_facts(), make_table(), top=5, width=80)
    assert "about 10.0% of the labels (upper estimate 25.0%)" in report
    calm = replace(make_facts(), noise_rate=0.01, noise_suspected=False)
    report = render_report(calm, make_table(), top=5, width=80)
    assert "1.0%, no clear sign of scattered errors" in report


def test_matrix_is_shown_where_it_fits():
    report = render_report(make_facts(2), make_table(), top=0, width=80)
    assert "Estimated share of each true label (line)" in report
    assert "class 1          10.0     90.0" in report


def test_upper_estimate_is_shown_where_no_noise_is_found():
    # Of 12 rows, 5 are suggested to be of class 0, 1 of them given as class 1, and 7
    # of class 1, 2 of them given as class 0.
    facts = replace(make_facts(2), noise_suspected=False)
    report = render_report(facts, make_table(), top=0, width=80)
    assert "Upper estimate of the share of each true label" in report
    assert "class 0          80.0     20.0" in report
    assert "class 1          28.6     71.4" in report


def test_largest_confusions_are_listed_where_the_matrix_is_too_wide():
    T = np.eye(12)
    T[3, 3], T[3, 7] = 0.7, 0.3
    T[5, 5], T[5, 0] = 0.9, 0.1
    facts = replace(make_facts(12, 240), transition_matrix=T)
    report = render_report(facts, make_table(240), top=0, width=80)
    listed = report.splitlines()[-2:]
    assert listed[0] == "  class 3  as  class 7   30.0%  (about 6 rows)"
    assert listed[1] == "  class 5  as  class 0   10.0%  (about 2 rows)"
    assert "  none" not in report


def test_no_confusions_among_many_labels():
    facts = replace(make_facts(12), transition_matrix=np.eye(12))
    report = render_report(facts, make_table(), top=0, width=80)
    assert "  none that would concern a whole row" in report


def test_suspicious_rows_show_their_texts_first():
    facts = make_facts()
    lines = render_report(facts, make_table(), top=2, width=100).splitlines()
    cells = re.split(r"\s{2,}", lines[-2].strip())
    row, given, suggested, quality = cells[:4]
    assert int(row) == facts.rows[0]
    assert (given, suggested, quality) == ("class 0", "class 1", "0.010")
    assert f"comment=a comment on row {facts.rows[0]}, with" in lines[-2]


def test_more_rows_asked_for_than_there_are():
    assert "The 12 most suspicious of 12 rows" in render_report(
        make_facts(), make_table(), top=100, width=80
    )


def test_verdict():
    verdict = Verdict(100, 10, {20: 8, 50: 9}, 15, 9)
    text = render_verdict(verdict, width=110)
    assert "Wrong labels: 10 of 100 (10.0%)" in text
    assert "first 20 suspicious rows: 8 wrong, 40% (at random 10%), 80% of" in text
    assert "90% of all wrong labels" in text
    assert "Another label suggested: 15 rows, 9 of them wrong" in text


def test_compare_counts_by_the_rows_of_the_table():
    facts = make_facts()
    truth = np.empty(12, dtype=facts.given.dtype)
    truth[facts.rows] = facts.given
    assert compare(facts, truth).n_errors == 0
    truth[facts.rows[:3]] = facts.suggested[:3]
    verdict = compare(facts, truth)
    assert (verdict.n_errors, verdict.found[20], verdict.n_flagged_wrong) == (3, 3, 3)
