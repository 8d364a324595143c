"""From scored segments back to a label per step."""

from numbers import Integral

import numpy as np
from scipy.optimize import linprog, lsq_linear

from sknoisy._compat import Interval, StrOptions, validate_params
from sknoisy.sequence._overlap import read_per_segment, read_segments
from sknoisy.sequence._proposals import margin_widths
from sknoisy.sequence._segments import step_ranges

RIDGE, PENALTY = 1e-3, 1e3


@validate_params(
    {
        "segments": ["array-like"],
        "scores": ["array-like"],
        "n_steps": [Interval(Integral, 0, None, closed="left")],
        "normalization": [StrOptions({"sum", "mean"})],
        "margin": [tuple, list],
        "solver": [StrOptions({"min_norm", "linprog"})],
    },
    prefer_skip_nested_validation=True,
)
def linpro_pseudo_labels(
    segments,
    scores,
    n_steps,
    *,
    normalization="sum",
    margin=(0.0785, 0.9),
    solver="min_norm",
):
    segments = read_segments(segments)
    scores = read_per_segment(scores, len(segments), "scores")
    _check_steps(segments, n_steps)
    if not len(segments):
        return np.zeros(n_steps)
    start, end = step_ranges(*segments.T, n_steps)
    cells, incidence = cell_incidence(start, end, n_steps, margin, normalization)
    lengths = np.diff(cells).astype(float)
    solve = {"min_norm": _least_squares, "linprog": _linear_program}[solver]
    level = solve(incidence * lengths, np.maximum(scores, 0), lengths)
    return np.repeat(np.clip(level, 0, 1), np.diff(cells))


def _check_steps(segments, n_steps):
    """Refuse segments outside the bag."""
    outside = (segments[:, 0] < 0) | (segments[:, 1] > n_steps)
    if outside.any():
        row = int(outside.argmax())
        raise ValueError(
            f"segments expected to lie within the {n_steps} steps, but segment {row} "
            f"goes from {segments[row, 0]:g} to {segments[row, 1]:g}. Count from the "
            "start of the bag."
        )


def cell_incidence(start, end, n_steps, margin, normalization):
    """Cut time where a segment or a margin begins or ends.

    Parameters
    ----------
    start, end : ndarray of int of shape (n_segments,)
        Steps of the segments.

    n_steps : int
        Number of steps.

    margin : tuple of float
        See :func:`sknoisy.sequence.generate_proposals`.

    normalization : {"sum", "mean"}
        Whether a segment counts steps or their shares.

    Returns
    -------
    cells : ndarray of shape (n_cells + 1,)
        Borders, from 0 to ``n_steps``.

    incidence : ndarray of shape (n_segments, n_cells)
        What a step of the cell adds to the score of the segment: positive inside it,
        negative in its margins.
    """
    width = margin_widths(end - start, margin)
    left, right = np.maximum(start - width, 0), np.minimum(end + width, n_steps)
    cells = np.unique(np.concatenate([[0, n_steps], left, start, end, right]))
    at = cells[None, :-1]
    inside = (start[:, None] <= at) & (at < end[:, None])
    around = (left[:, None] <= at) & (at < right[:, None]) & ~inside
    if normalization == "sum":
        return cells, inside.astype(float) - around
    n_inside = (end - start)[:, None]
    n_around = (right - left)[:, None] - n_inside
    return cells, inside / n_inside - around / np.maximum(n_around, 1)


def _least_squares(weights, scores, lengths):
    """Return the level of each cell by bounded least squares."""
    # Completing the square turns sum(l * u) + ridge / 2 * sum(l * u ** 2) into
    # ridge / 2 * sum(l * (u + 1 / ridge) ** 2) plus a constant.
    pull = np.sqrt(RIDGE * lengths)
    fit = np.sqrt(PENALTY)
    A = np.vstack([np.diag(pull), fit * weights])
    b = np.concatenate([-pull / RIDGE, fit * scores])
    return lsq_linear(A, b, bounds=(0, 1), method="bvls").x


def _linear_program(weights, scores, lengths):
    """Return the level of each cell by the linear program, with slack at a price."""
    n_segments = len(scores)
    slack = np.eye(n_segments)
    found = linprog(
        np.concatenate([lengths, np.full(2 * n_segments, PENALTY)]),
        A_eq=np.hstack([weights, slack, -slack]),
        b_eq=scores,
        bounds=[(0, 1)] * len(lengths) + [(0, None)] * 2 * n_segments,
        method="highs",
    )
    return found.x[: len(lengths)]
