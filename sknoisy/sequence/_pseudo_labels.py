"""What segments say of each step: by a linear program, or by what changed."""

from numbers import Integral, Real

import numpy as np
from scipy.optimize import linprog, lsq_linear, nnls
from sklearn.base import BaseEstimator

from sknoisy._compat import Interval, StrOptions, validate_params
from sknoisy.sequence._overlap import (
    read_numbers,
    read_per_segment,
    read_segments,
    starts_of_runs,
)
from sknoisy.sequence._proposals import margin_widths
from sknoisy.sequence._segments import step_ranges

# rho and M of the notes: small and large enough to come within 1e-3 of the solution of
# the linear program in the examples worked by hand.
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
    r"""Turn scored segments back into a soft label for each step.

    The score of a segment says by how much its inside stands out from its margins.
    What is sought are the least labels per step that stand out by as much.

    Parameters
    ----------
    segments : array-like of shape (n_segments, 2)
        Start and end of each segment of one bag and one class, within
        ``[0, n_steps]``.

    scores : array-like of shape (n_segments,)
        Score of each segment; those below 0 count as 0.

    n_steps : int
        Number of steps of the bag.

    normalization : {"sum", "mean"}, default="sum"
        With "sum" the labels inside a segment, minus those in its margins, *sum* to its
        score, so that a segment has the same mass whatever its length. With "mean" the
        means differ by the score, as they do in :func:`generate_proposals`.

    margin : tuple of two floats, default=(0.0785, 0.9)
        Factor and power: the margin on each side of a segment of length L has
        ``ceil(factor * L ** power)`` steps, as far as the bag reaches.

    solver : {"min_norm", "linprog"}, default="min_norm"
        "min_norm" has one solution, which spreads labels evenly, and finds a compromise
        where segments contradict each other. "linprog" is the linear program itself,
        solved by HiGHS; its solution is one of many.

    Returns
    -------
    ndarray of shape (n_steps,)
        Soft labels in [0, 1], zeros where there are no segments.

    Raises
    ------
    ValueError
        If a segment has no positive length or leaves the bag, or a number is missing.

    Notes
    -----
    With the segments :math:`[s_k, e_k)`, their margins :math:`M_k` and their scores
    :math:`q_k`, the linear program is

    .. math::

        \min_{0 \le y \le 1} \sum_t y_t \quad \text{such that} \quad
        \sum_{t=s_k}^{e_k - 1} y_t - \sum_{t \in M_k} y_t = q_k .

    It has many solutions: a simplex method may put the whole score of a segment on one
    step. Steps in the same segments and margins cannot be told apart, so :math:`\ell_m`
    of them share one level :math:`u_m` here, and "min_norm" minimises

    .. math::

        \sum_m \ell_m u_m + \frac{\rho}{2} \sum_m \ell_m u_m^2
        + \frac{M}{2} \lVert W \operatorname{diag}(\ell) u - q \rVert^2,
        \quad 0 \le u \le 1,

    with :math:`\rho = 10^{-3}` and :math:`M = 10^3`, by bounded least squares. The
    program follows the code published with [1]_, whose margins leave out the last step
    of a bag; shared levels and the squares are sknoisy's own. With "linprog" each
    constraint may be missed at the price :math:`M`, so that there always is a solution.
    A segment covers the steps whose middle lies in it, and at least one.

    References
    ----------
    .. [1] J. Zhou, L. Huang, L. Wang, S. Liu, H. Li, CVPR, 2023, arXiv:2304.07978.

    Examples
    --------
    >>> from sknoisy.sequence import linpro_pseudo_labels
    >>> linpro_pseudo_labels([[2, 6]], [0.8], 8).round(2)
    array([0. , 0. , 0.2, 0.2, 0.2, 0.2, 0. , 0. ])
    >>> linpro_pseudo_labels([[2, 6]], [0.8], 8, normalization="mean").round(2)
    array([0. , 0. , 0.8, 0.8, 0.8, 0.8, 0. , 0. ])
    """
    segments = read_segments(segments)
    scores = np.maximum(read_per_segment(scores, len(segments), "scores"), 0)
    outside = (segments[:, 0] < 0) | (segments[:, 1] > n_steps)
    if outside.any():
        row = int(outside.argmax())
        raise ValueError(
            f"segments expected to lie within the {n_steps} steps, but segment {row} "
            f"goes from {segments[row, 0]:g} to {segments[row, 1]:g}. Count from the "
            "start of the bag."
        )
    start, end = step_ranges(*segments.T, n_steps)
    cells, incidence = cell_incidence(start, end, n_steps, margin, normalization)
    if not len(segments):
        return np.zeros(n_steps)
    lengths = np.diff(cells)
    scores = scores * (end - start) if normalization == "mean" else scores
    solve = {"min_norm": _least_squares, "linprog": _linear_program}[solver]
    level = solve(incidence * lengths, scores, lengths)
    return np.repeat(np.clip(level, 0, 1), lengths)


def cell_incidence(start, end, n_steps, margin, normalization):
    """Cut time where a segment or a margin begins or ends."""
    width = margin_widths(end - start, margin)
    left, right = np.maximum(start - width, 0), np.minimum(end + width, n_steps)
    cells = np.unique(np.concatenate([[0, n_steps], left, start, end, right]))
    at = cells[None, :-1]
    inside = (start[:, None] <= at) & (at < end[:, None])
    around = (left[:, None] <= at) & (at < right[:, None]) & ~inside
    # With "sum" a step in the margins takes 1 away, with "mean" all of them together
    # as much as the inside adds.
    weight = np.ones(len(start))
    if normalization == "mean":
        weight = (end - start) / np.maximum(right - left - (end - start), 1)
    return cells, inside - weight[:, None] * around


def _least_squares(weights, scores, lengths):
    """Return the level of each cell by bounded least squares."""
    # Completing the square turns sum(l * u) + ridge / 2 * sum(l * u ** 2) into
    # ridge / 2 * sum(l * (u + 1 / ridge) ** 2) plus a constant.
    pull = np.sqrt(RIDGE * lengths)
    fit = np.sqrt(PENALTY)
    A = np.vstack([np.diag(pull), fit * weights])
    b = np.concatenate([-pull / RIDGE, fit * scores])
    level = nnls(A, b, maxiter=100 * len(lengths))[0]
    if level.max() <= 1:
        return level
    # The constant makes up nearly all of the cost; a usual tolerance stops too early.
    options = {"method": "bvls", "tol": 1e-18, "max_iter": 100 * len(lengths)}
    return lsq_linear(A, b, bounds=(0, 1), **options).x


def _linear_program(weights, scores, lengths):
    """Return the level of each cell by the linear program, with slack at a price."""
    # Two slacks for each constraint, above and below.
    slack = np.eye(len(scores))
    price = np.full(2 * len(scores), PENALTY)
    found = linprog(
        np.concatenate([lengths, price]),
        A_eq=np.hstack([weights, slack, -slack]),
        b_eq=scores,
        bounds=[(0, 1)] * len(lengths) + [(0, None)] * len(price),
        method="highs",
    )
    return found.x[: len(lengths)]


CHANGE = {"current": ["array-like"], "previous": ["array-like"]}
CHANGE |= {"anchor": ["array-like", None]}
CHANGE |= {"eta": [Interval(Real, 0, None, closed="left")]}


@validate_params(CHANGE, prefer_skip_nested_validation=True)
def delta_pseudo_labels(current, previous, *, eta=2.0, anchor=None):
    r"""Return what changed in the pseudo-labels since the round before.

    A pseudo-label that stays the same, rightly or wrongly, is no longer reinforced; one
    that appears is promoted, and one that disappears is pushed away.

    Parameters
    ----------
    current : array-like of shape (n_steps,) or (n_steps, n_classes)
        Pseudo-labels of this round.

    previous : array-like of the same shape
        Pseudo-labels of the round before.

    eta : float, default=2.0
        Factor on the change, from 0.

    anchor : array-like of the same shape, default=None
        Probabilities by the present model, for a target that any classifier can take.

    Returns
    -------
    ndarray of the same shape
        Without ``anchor``, the change times ``eta``, with negative entries. With it,
        anchor plus change, clipped at 0; the rows of two dimensions sum to 1, and in
        one dimension values are clipped at 1.

    Raises
    ------
    ValueError
        If the shapes differ, or a number is missing.

    Notes
    -----
    The change serves as the target :math:`D` of the loss
    :math:`-\sum_{t,c} D_{tc} \log p_{tc}`, whose gradient in the logits is
    :math:`(\sum_c D_{tc}) p_t - D_t`. To first order, the cross-entropy with the target
    :math:`p + D` has the same one, so that an anchor serves classifiers that know no
    negative labels. Where clipping leaves nothing of a row, the anchor stands.

    The change is taught in the code published with [1]_; the anchor is sknoisy's own.
    Take labels of segments: the change of plain probabilities feeds on itself.

    References
    ----------
    .. [1] J. Zhou, L. Huang, L. Wang, S. Liu, H. Li, CVPR, 2023, arXiv:2304.07978.

    Examples
    --------
    >>> from sknoisy.sequence import delta_pseudo_labels
    >>> delta_pseudo_labels([0, 1, 1, 0], [0, 0, 1, 1])
    array([ 0.,  2.,  0., -2.])
    >>> current, previous = [[1, 0], [0, 1]], [[1, 0], [1, 0]]
    >>> delta_pseudo_labels(current, previous, anchor=[[0.7, 0.3], [0.7, 0.3]]).round(2)
    array([[0.7, 0.3],
           [0. , 1. ]])
    """
    current = read_numbers(current, "current")
    change = eta * (current - _read_like(current, previous, "previous"))
    if anchor is None:
        return change
    anchor = _read_like(current, anchor, "anchor")
    if current.ndim == 1:
        return np.clip(anchor + change, 0, 1)
    target = np.maximum(anchor + change, 0)
    # Where clipping leaves nothing of a row, the anchor stands.
    total = target.sum(axis=1, keepdims=True)
    return np.divide(target, total, out=anchor.copy(), where=total > 0)


def _read_like(current, labels, name):
    """Return pseudo-labels of the same steps and classes."""
    labels = read_numbers(labels, name)
    if labels.shape != current.shape:
        raise ValueError(
            f"{name} expected the shape of current, {current.shape}, but got "
            f"{labels.shape}. Both hold the same steps and classes."
        )
    return labels


class PseudoLabelRule(BaseEstimator):
    """What segments teach: ``pseudo_labels`` of a :class:`WeakSequenceLocalizer`.

    ``weight``, ``temperature`` and ``eta`` are one number, or one for each round, of
    which the last also holds for all later ones.

    Parameters
    ----------
    kind : {"paint", "hard", "linpro"}, default="paint"
        What segments teach: their score at each of their steps, 1, or the labels of
        :func:`linpro_pseudo_labels`.

    weight : float or array-like of shape (n_rounds,), default=8.0
        Weight of what segments teach in the loss, from 0.

    min_score : float, default=0.1
        Segments whose score is not above, in [0, 1), are not taught.

    background : bool or "auto", default="auto"
        Whether steps outside segments are taught as background. "auto" does so in bags
        that have ``points``; without them, segments may shrink.

    normalization : {"mean", "sum"}, default="mean"
        Of ``kind="linpro"``; "sum" is that of arXiv:2304.07978.

    temperature : float or array-like of shape (n_rounds,), default=None
        Of the fusion in training, above 0; None for that of the fusion itself.

    delta_from : int, default=None
        Round, from 2, from which on the *change* of the pseudo-labels is taught, see
        :func:`delta_pseudo_labels`. None means never.

    eta : float or array-like of shape (n_rounds,), default=2.0
        Factor on that change, from 0.

    Examples
    --------
    >>> from sknoisy.sequence import PseudoLabelRule, WeakSequenceLocalizer
    >>> rule = PseudoLabelRule("linpro", delta_from=3, eta=[2.0, 2.0, 2.0, 2.15])
    >>> localizer = WeakSequenceLocalizer(pseudo_labels=rule, n_rounds=4)
    """

    _parameter_constraints: dict = {
        "kind": [StrOptions({"paint", "hard", "linpro"})],
        "weight": [Interval(Real, 0, None, closed="left"), "array-like"],
        "min_score": [Interval(Real, 0, 1, closed="left")],
        "background": ["boolean", StrOptions({"auto"})],
        "normalization": [StrOptions({"mean", "sum"})],
        "temperature": [Interval(Real, 0, None, closed="neither"), "array-like", None],
        "delta_from": [Interval(Integral, 2, None, closed="left"), None],
        "eta": [Interval(Real, 0, None, closed="left"), "array-like"],
    }

    def __init__(
        self,
        kind="paint",
        *,
        weight=8.0,
        min_score=0.1,
        background="auto",
        normalization="mean",
        temperature=None,
        delta_from=None,
        eta=2.0,
    ):
        self.kind = kind
        self.weight = weight
        self.min_score = min_score
        self.background = background
        self.normalization = normalization
        self.temperature = temperature
        self.delta_from = delta_from
        self.eta = eta

    def _temperature(self, round_number):
        """Return the temperature of the fusion in a round, None for its own."""
        self._validate_params()
        if self.temperature is None:
            return None
        return _of_round("temperature", self.temperature, round_number, above=0)

    def _labels(self, found, offsets, n_classes):
        """Return what segments say of each step, of shape (n_steps, n_classes + 1).

        The last column, for the background, is 0: what was not found need not be that.
        """
        labels = np.zeros((offsets[-1], n_classes + 1))
        found = found.only(found.scores > self.min_score)
        values = np.ones(len(found.scores)) if self.kind == "hard" else found.scores
        first, last = step_ranges(*found.segments.T, np.diff(offsets)[found.bags])
        shift = offsets[found.bags]
        if self.kind == "linpro":
            self._solve(labels, found, offsets)
            return labels
        # The highest last, so that it stands where segments overlap.
        for row in np.argsort(values, kind="stable"):
            rows = slice(shift[row] + first[row], shift[row] + last[row])
            labels[rows, found.labels[row]] = np.clip(values[row], 0, 1)
        return labels

    def _solve(self, labels, found, offsets):
        """Write labels whose contrasts are the scores, a bag and class at a time."""
        # Segments come in the order of bags and classes.
        groups = found.bags * labels.shape[1] + found.labels
        begins = np.flatnonzero(starts_of_runs(groups))
        for rows in map(slice, begins, [*begins[1:], len(groups)]):
            bag, label = found.bags[rows][0], found.labels[rows][0]
            begin, end = offsets[bag : bag + 2]
            labels[begin:end, label] = linpro_pseudo_labels(
                found.segments[rows],
                found.scores[rows],
                int(end - begin),
                normalization=self.normalization,
            )

    def _targets(self, labels, previous, evidence, round_number):
        """Return what steps are taught: what is known of them, and what was found.

        The column of the background is filled in; ``previous`` are the labels of the
        round before. Where changes are taught, some weights are negative.
        """
        where = evidence.pointed if self.background == "auto" else self.background
        labels[:, -1] = where & ~labels[:, :-1].any(axis=1)
        if self.delta_from is not None and round_number >= self.delta_from:
            eta = _of_round("eta", self.eta, round_number)
            labels = delta_pseudo_labels(labels, previous, eta=eta)
        weight = _of_round("weight", self.weight, round_number)
        return evidence.targets + weight * labels


def _of_round(name, value, round_number, above=-np.inf):
    """Return the entry for a round of a number, or of one number for each round."""
    values = np.atleast_1d(np.asarray(value, dtype=float))
    good = values.ndim == 1 and len(values) and np.isfinite(values).all()
    if not good or (values < 0).any() or (values <= above).any():
        least = "above 0" if above == 0 else "from 0"
        raise ValueError(
            f"{name} of PseudoLabelRule expected a number {least}, or a list with one "
            f"for each round, but got {value!r}. One number holds for all rounds."
        )
    return float(values[min(round_number, len(values)) - 1])


def mixed_targets(given, found, has_background):
    """Return targets half from labels given for steps and half from what was found.

    Steps outside the segments are background where there is one; else they keep the
    label that was given.
    """
    found = found.copy()
    if has_background:
        found[:, -1] = ~found[:, :-1].any(axis=1)
    total = found.sum(axis=1, keepdims=True)
    found = np.divide(found, total, out=given.astype(float), where=total > 0)
    return (given + found) / 2


def around_points(found, points, n_bags, n_classes):
    """Return the mask of segments that hold a point, or whose bag has none."""
    pointed = np.zeros(n_bags, bool)
    pointed[points["bag"]] = True
    groups = found.bags * n_classes + found.labels
    of_point = points["bag"] * n_classes + points["label"]
    # A point stands for the segment that holds its middle.
    middle = (points["start"] + points["end"]) / 2
    mask = ~pointed[found.bags]
    start, end = found.segments.T
    for group, where in zip(of_point, middle, strict=True):
        mask |= (groups == group) & (start <= where) & (where < end)
    return mask
