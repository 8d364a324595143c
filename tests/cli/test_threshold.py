"""Thresholds are read, named when wrong, and end the command with code 3."""

from types import SimpleNamespace

import pytest

from sknoisy.cli._threshold import MEASURES, Threshold, parse_threshold
from sknoisy.report._errors import AuditError


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("noise_rate>0.05", Threshold("noise_rate", ">", 0.05)),
        (" noise_rate >= 5 % ", Threshold("noise_rate", ">=", 0.05)),
        ("n_flagged<10", Threshold("n_flagged", "<", 10)),
        ("near_leak<=.5", Threshold("near_leak", "<=", 0.5)),
    ],
)
def test_forms(text, expected):
    assert parse_threshold(text) == expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("noise_rate", "expected a figure, one of >, >=, < and <=, and a number"),
        ("noise_rate>high", "but got 'noise_rate>high'"),
        ("noise_rate=0.1", "but got 'noise_rate=0.1'"),
        ("noise_rate>-1", "but got"),
        ("rate>0.1", "expected one of 'noise_rate', .* but got 'rate'"),
        ("", "but got ''"),
    ],
)
def test_what_cannot_be_read(text, said):
    with pytest.raises(AuditError, match=said):
        parse_threshold(text)


@pytest.mark.parametrize(
    ("sign", "found", "passed"),
    [
        (">", 0.5, False),
        (">", 0.6, True),
        (">=", 0.5, True),
        ("<", 0.5, False),
        ("<", 0.4, True),
        ("<=", 0.5, True),
    ],
)
def test_comparison(sign, found, passed):
    report = SimpleNamespace(measures={"noise_rate": found})
    assert bool(Threshold("noise_rate", sign, 0.5).passed_by(report)) == passed


def test_every_measure_is_one_of_a_report(run, data):
    conditions = [word for name in MEASURES for word in ("--fail-on", f"{name}<0")]
    code, _, errors = run("audit", data, "-l", "label", "-q", *conditions)
    assert (code, errors) == (0, "")


def test_exit_code_tells_that_a_threshold_was_passed(run, data):
    options = ("audit", data, "-l", "label", "--model", "linear", "--quiet")
    code, output, errors = run(*options, "--fail-on", "n_flagged>2")
    assert (code, output) == (3, "")
    assert errors.startswith("sknoisy: threshold passed: n_flagged = ")
    assert data.with_name("data.audit.csv").exists()
    assert run(*options, "--fail-on", "n_flagged>100")[0] == 0


def test_bad_threshold_is_told_before_the_work(refuse, data):
    line = refuse("audit", data, "-l", "label", "--fail-on", "noise>0.1")
    assert "but got 'noise'" in line
    assert not data.with_name("data.audit.csv").exists()
