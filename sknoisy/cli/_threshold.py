"""Thresholds such as noise_rate>0.05, by which an audit fails in a pipeline."""

import operator
import re
from dataclasses import dataclass

from sknoisy.report._audit_report import FIGURES
from sknoisy.report._errors import AuditError, listed
from sknoisy.report._facts import FINDING_KINDS

# The keys of ``AuditReport.measures``.
MEASURES = (*FIGURES, *FINDING_KINDS)
_OPERATORS = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}
_FORM = re.compile(r"\s*(\w+)\s*(>=|<=|>|<)\s*(\d*\.?\d+)\s*(%?)\s*", re.ASCII)


@dataclass(frozen=True)
class Threshold:
    """A figure of the report, and when it is too high or too low.

    Attributes
    ----------
    measure : str
        One of ``MEASURES``.
    operator : str
        ">", ">=", "<" or "<=".
    value : float
        What the figure is compared with.
    """

    measure: str
    operator: str
    value: float

    def passed_by(self, report):
        """Return how a report passes the threshold, "" if it does not.

        Parameters
        ----------
        report : AuditReport
            The report.

        Returns
        -------
        str
            Such as "noise_rate = 0.12 > 0.05".
        """
        found = report.measures[self.measure]
        if not _OPERATORS[self.operator](found, self.value):
            return ""
        return f"{self.measure} = {found:.4g} {self.operator} {self.value:g}"


def parse_threshold(text):
    """Read a threshold.

    Parameters
    ----------
    text : str
        Such as "noise_rate>0.05", "noise_rate > 5%" or "near_leak>0".

    Returns
    -------
    Threshold
        The same.

    Raises
    ------
    AuditError
        If it has another form, or names no figure.
    """
    form = _FORM.fullmatch(text)
    if form is None:
        raise AuditError(
            "--fail-on expected a figure, one of >, >=, < and <=, and a number, as in "
            f"'noise_rate>0.05', but got {text!r}."
        )
    measure, sign, number, percent = form.groups()
    if measure not in MEASURES:
        raise AuditError(
            f"--fail-on expected one of {listed(MEASURES, len(MEASURES))}, but got "
            f"{measure!r}."
        )
    return Threshold(measure, sign, float(number) / (100 if percent else 1))
