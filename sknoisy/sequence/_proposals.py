"""Proposals: runs of steps whose score is above a threshold."""

from dataclasses import dataclass
from numbers import Integral, Real

import numpy as np

from sknoisy._compat import Interval, StrOptions, validate_params
from sknoisy.sequence._overlap import read_numbers

# 20 levels as in the published code, here up to about a third of a high score:
# proposals must reach past the core of what they find, or their fusion draws the
# boundaries inwards (0.979 against 0.680 in the example plot_segment_fusion.py).
LEVELS = np.linspace(0.01, 0.35, 20)
# A high score: of a few steps on, but not the maximum, which may be an outlier.
HIGH_QUANTILE = 0.95


@dataclass(frozen=True)
class Proposals:
    """Segments of many bags and classes."""

    # Start and end, in steps of the bag, (n_segments, 2).
    segments: np.ndarray
    # Mean inside minus mean in the margins, or a fusion of these, (n_segments,).
    scores: np.ndarray
    # Position of the bag, and column of the scores, (n_segments,).
    bags: np.ndarray
    labels: np.ndarray
    # Mean inside, which fused segments do not have.
    inner: np.ndarray | None = None

    def only(self, mask):
        """Return some of the segments."""
        parts = (self.segments, self.scores, self.bags, self.labels, self.inner)
        return Proposals(*(None if part is None else part[mask] for part in parts))


@validate_params(
    {
        "scores": ["array-like"],
        "thresholds": [StrOptions({"auto"}), "array-like"],
        "min_length": [Interval(Integral, 1, None, closed="left")],
        "margin": [tuple, list],
    },
    prefer_skip_nested_validation=True,
)
def generate_proposals(scores, *, thresholds, min_length=2, margin=(0.0785, 0.9)):
    r"""Propose the runs of steps whose score is above each of some thresholds.

    Parameters
    ----------
    scores : array-like of shape (n_steps,)
        How much each step of one bag looks like one class.

    thresholds : "auto" or array-like of shape (n_thresholds,)
        Levels to cut at. With "auto", 20 of them from 0.01 to 0.35 of a high score,
        which is the 95th percentile, or half the maximum where that is more.

    min_length : int, default=2
        Number of steps that a run must have.

    margin : tuple of two floats, default=(0.0785, 0.9)
        Factor and power: the margin on each side of a run of length L has
        ``ceil(factor * L ** power)`` steps, as far as the bag reaches.

    Returns
    -------
    ndarray of shape (n_proposals, 4)
        Start and end of each run, half-open; its score, which is the mean inside minus
        the mean in both margins together, 0 where there is no margin; and the mean
        inside. By threshold, then by start, as often as thresholds find the run.

    Raises
    ------
    ValueError
        If there is more than one number per step, or a number is missing.

    See Also
    --------
    gaussian_weighted_fusion : Make one segment of the proposals for one event.

    Notes
    -----
    Score and margin follow the code published with [1]_, where margins are not alike
    on both sides and each proposal is one step longer than the run. Low thresholds
    matter more than any other setting: those of [1]_ end at 0.039.

    References
    ----------
    .. [1] J. Zhou, L. Huang, L. Wang, S. Liu, H. Li, CVPR, 2023, arXiv:2304.07978.

    Examples
    --------
    >>> from sknoisy.sequence import generate_proposals
    >>> scores = [0, 0, 0.2, 0.8, 0.8, 0.2, 0, 0]
    >>> generate_proposals(scores, thresholds=[0.1, 0.5])
    array([[2. , 6. , 0.5, 0.5],
           [3. , 5. , 0.6, 0.8]])
    """
    scores, cut = read_step_scores(scores), (thresholds, min_length, margin)
    found = propose(scores[:, None], np.array([0, len(scores)]), *cut)
    return np.column_stack([found.segments, found.scores, found.inner])


def read_step_scores(scores):
    """Return the score of each step of one bag as an array."""
    advice = "Pass one class at a time, scores[:, k]."
    return _in_one_dimension(scores, "scores", "one number per step", advice)


def read_thresholds(thresholds, scores):
    """Return the thresholds as an array, made from the scores where "auto"."""
    if isinstance(thresholds, str):
        return auto_thresholds(scores)
    thresholds, advice = np.atleast_1d(thresholds), "Pass the same for all steps."
    return _in_one_dimension(thresholds, "thresholds", "a list of numbers", advice)


def _in_one_dimension(values, name, expected, advice):
    values = read_numbers(values, name)
    if values.ndim != 1:
        raise ValueError(
            f"{name} expected {expected}, but got shape {values.shape}. {advice}"
        )
    return values


def auto_thresholds(scores):
    """Return 20 low thresholds, as shares of what counts as a high score."""
    if not np.size(scores):
        return LEVELS
    # Of an event that fills less than 5 % of the steps, the quantile knows nothing.
    high = max(np.quantile(scores, HIGH_QUANTILE), np.max(scores) / 2)
    return LEVELS * high if high > 0 else LEVELS


def margin_widths(lengths, margin):
    """Return how many steps of the surroundings belong to segments of some lengths."""
    factor, power = read_margin(margin)
    return np.ceil(factor * np.asarray(lengths, dtype=float) ** power).astype(np.intp)


def read_margin(margin):
    """Return factor and power of the margin."""
    numbers = len(margin) == 2 and all(isinstance(value, Real) for value in margin)
    factor, power = margin if numbers else (-1, -1)
    if not (0 <= factor < np.inf and 0 <= power <= 1):
        raise ValueError(
            "margin expected a factor from 0 and a power in [0, 1], for a margin of "
            f"factor * length ** power steps, but got {margin!r}. (0.25, 1.0) is a "
            "quarter of the length, (0.0, 1.0) no margin."
        )
    return factor, power


def propose(scores, offsets, thresholds, min_length=2, margin=(0.0785, 0.9)):
    """Return the proposals of many bags and classes at once."""
    # Scores of shape (n_steps, n_classes); by class, threshold, bag and start.
    thresholds = read_thresholds(thresholds, scores)
    lengths = np.diff(offsets)
    bag_of_step = np.repeat(np.arange(len(lengths)), lengths)
    bounds = np.zeros(len(scores) + 1, dtype=bool)
    bounds[offsets] = True
    parts = [np.empty((0, 6))]
    for label, column in enumerate(scores.T):
        runs = [runs_above(column, level, bounds, min_length) for level in thresholds]
        start, end = np.concatenate(runs, axis=1)
        bag = bag_of_step[start]
        low, high = offsets[bag], offsets[bag + 1]
        inner, outer = contrast(column, start, end, low, high, margin)
        columns = start - low, end - low, inner - outer, inner, bag, 0 * bag + label
        parts.append(np.column_stack(columns))
    table = np.concatenate(parts)
    bags, labels = table[:, 4:].astype(np.intp).T
    return Proposals(table[:, :2], table[:, 2], bags, labels, table[:, 3])


def runs_above(column, level, bounds, min_length):
    """Return first and past-the-last steps of the runs above a level."""
    above = np.concatenate([[False], column > level, [False]])
    # A run ends at the end of its bag, also where the next bag starts above the level.
    starts = np.flatnonzero(above[1:] & (~above[:-1] | bounds))
    ends = np.flatnonzero(above[:-1] & (~above[1:] | bounds))
    long = ends - starts >= min_length
    return np.array([starts[long], ends[long]])


def contrast(column, start, end, low, high, margin):
    """Return the mean inside each segment, and in its margins within [low, high)."""
    width = margin_widths(end - start, margin)
    left = np.maximum(low, start - width)
    right = np.minimum(high, end + width)
    around = range_sums(column, left, start) + range_sums(column, end, right)
    count = start - left + right - end
    outer = np.divide(around, count, out=np.zeros(len(start)), where=count > 0)
    return range_sums(column, start, end) / (end - start), outer


def range_sums(values, start, end):
    """Return the sum of each range of values, which may be empty and may overlap."""
    if not len(start):
        return np.zeros(0)
    # reduceat sums between consecutive bounds; every second sum is a range.
    bounds = np.column_stack([start, end]).ravel()
    sums = np.add.reduceat(np.append(values, 0.0), bounds)[::2]
    return np.where(start < end, sums, 0.0)
