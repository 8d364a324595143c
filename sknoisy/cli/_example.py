"""The audit that needs no file: an example whose true labels are known."""

from dataclasses import dataclass

import numpy as np

from sknoisy.cli._errors import need
from sknoisy.cli._table import Table
from sknoisy.datasets import load_breast_cancer_rules

FIRST = (20, 50)


@dataclass(frozen=True)
class Verdict:
    """How right the audit was, measured by the true labels.

    Attributes
    ----------
    n_rows : int
        Number of audited rows.
    n_errors : int
        Number of wrong labels among them.
    found : dict of int to int
        Wrong labels among the first so many suspicious rows.
    n_flagged, n_flagged_wrong : int
        Rows with another label suggested, and those of them whose label is wrong.
    """

    n_rows: int
    n_errors: int
    found: dict
    n_flagged: int
    n_flagged_wrong: int


def load_example():
    """Return the example and its true labels.

    Returns
    -------
    table : Table
        Breast-cancer measurements, labelled by a rule of thumb.

    truth : ndarray of str of shape (n_rows,)
        The true labels.
    """
    need("pandas")
    bunch = load_breast_cancer_rules(as_frame=True)
    table = Table(
        name="breast-cancer measurements",
        frame=bunch.data,
        labels=np.asarray(bunch.target_names, dtype=str)[bunch.target_noisy],
        label_name="diagnosis",
        notes=[f"the rule of thumb: malignant if {_rule(bunch)}"],
    )
    return table, np.asarray(bunch.target_names, dtype=str)[bunch.target]


def _rule(bunch):
    """Return the rule in words."""
    *others, last = bunch.annotator_names
    return f"two of these three hold: {', '.join(others)}, {last}"


def compare(facts, truth):
    """Compare what was found with the truth.

    Parameters
    ----------
    facts : AuditFacts
        What was found.

    truth : ndarray of str of shape (n_rows,)
        The true labels.

    Returns
    -------
    Verdict
        How right the audit was.
    """
    wrong = facts.given != truth[facts.rows]
    flagged = facts.flagged
    return Verdict(
        n_rows=len(wrong),
        n_errors=int(wrong.sum()),
        found={first: int(wrong[:first].sum()) for first in FIRST},
        n_flagged=int(flagged.sum()),
        n_flagged_wrong=int(wrong[flagged].sum()),
    )
