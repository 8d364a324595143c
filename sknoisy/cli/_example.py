"""The audit that needs no file: an example whose true labels are known."""

from dataclasses import dataclass

import numpy as np
from sklearn.datasets import load_breast_cancer

from sknoisy.noise import UniformNoise
from sknoisy.report._errors import need
from sknoisy.report._table import Table
from sknoisy.report._text import fitting, wrapped

# One label in ten is swapped; the seed decides which.
RATE, SEED = 0.1, 0
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
    noise : NoiseFacts
        What was estimated.
    found : dict of int to int
        Wrong labels among the first so many suspicious rows.
    n_flagged, n_flagged_wrong : int
        Rows with another label suggested, and those of them whose label is wrong.
    """

    n_rows: int
    n_errors: int
    noise: object
    found: dict
    n_flagged: int
    n_flagged_wrong: int


def load_example():
    """Return the example and its true labels.

    Returns
    -------
    table : Table
        Breast-cancer measurements, of whose labels some are swapped.

    truth : ndarray of str of shape (n_rows,)
        The true labels.
    """
    need("pandas")
    bunch = load_breast_cancer(as_frame=True)
    names = np.asarray(bunch.target_names, dtype=str).astype(object)
    swapped = UniformNoise(RATE, random_state=SEED).corrupt(bunch.target.to_numpy())
    table = Table(
        name="breast-cancer measurements",
        frame=bunch.data,
        labels=names[swapped],
        label_name="diagnosis",
        notes=[f"this is an example: labels were swapped at a rate of {RATE:.0%}"],
        data=bunch.data,
        code="sknoisy audit",
    )
    return table, names[bunch.target]


def compare(report, truth):
    """Compare what was found with the truth.

    Parameters
    ----------
    report : AuditReport
        What was found.

    truth : ndarray of str of shape (n_rows,)
        The true labels.

    Returns
    -------
    Verdict
        How right the audit was.
    """
    wrong = report.given != truth[report.rows]
    return Verdict(
        n_rows=len(wrong),
        n_errors=int(wrong.sum()),
        noise=report.noise,
        found={first: int(wrong[:first].sum()) for first in FIRST},
        n_flagged=report.n_flagged,
        n_flagged_wrong=int(wrong[report.flagged].sum()),
    )


def render_verdict(verdict, *, width=None):
    """Return what the true labels say about the audit.

    Parameters
    ----------
    verdict : Verdict
        How right it was.

    width : int, default=None
        Width of the lines. None means that of the terminal.

    Returns
    -------
    str
        Lines of text.
    """
    base, noise = verdict.n_errors / verdict.n_rows, verdict.noise
    lines = [
        f"Wrong labels: {verdict.n_errors} of {verdict.n_rows}, {base:.1%}; estimated "
        f"were {noise.rate:.1%}, between {noise.lower:.1%} and {noise.upper:.1%}."
    ]
    for first, found in verdict.found.items():
        lines.append(
            f"Among the first {first} suspicious rows: {found} wrong, "
            f"{found / first:.0%} (at random {base:.0%}), "
            f"{found / verdict.n_errors:.0%} of all wrong labels."
        )
    lines.append(
        f"Another label suggested: {verdict.n_flagged} rows, {verdict.n_flagged_wrong} "
        "of them wrong."
    )
    heading = "How right was it? The true labels of this example are known."
    return "\n".join([heading, *(wrapped(line, fitting(width)) for line in lines)])
