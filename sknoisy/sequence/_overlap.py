"""How far segments overlap, and which of many overlapping ones are taken together.

A greedy step takes the best segment left and everything it absorbs. Segments that no
chain of overlaps connects cannot absorb each other, so that each such *cluster*, in
each group, takes its step in the same round. The loop is over rounds alone.
"""

import numpy as np
from sklearn.utils.validation import check_array, column_or_1d

from sknoisy._compat import validate_params
from sknoisy._labels import _missing


@validate_params(
    {"a": ["array-like"], "b": ["array-like"]}, prefer_skip_nested_validation=True
)
def temporal_iou(a, b):
    """Overlap of each segment with each other one, as a share of their union.

    Parameters
    ----------
    a : array-like of shape (n_segments_a, 2)
        Start and end of each segment, half-open, in any unit.

    b : array-like of shape (n_segments_b, 2)
        Segments in the same unit.

    Returns
    -------
    ndarray of shape (n_segments_a, n_segments_b)
        Length of the intersection divided by the length of the union, in [0, 1]; 0
        where segments only touch.

    Raises
    ------
    ValueError
        If a segment has no positive length, or a number is missing.

    See Also
    --------
    detection_average_precision : Which detections overlap the truth far enough.

    Examples
    --------
    >>> from sknoisy.sequence import temporal_iou
    >>> temporal_iou([[0, 10], [10, 20]], [[5, 10], [0, 20]])
    array([[0.5, 0.5],
           [0. , 0.5]])
    """
    a, b = read_segments(a, "a"), read_segments(b, "b")
    return iou(a[:, None, 0], a[:, None, 1], b[None, :, 0], b[None, :, 1])


def iou(start_a, end_a, start_b, end_b):
    """Return the intersection over union of segments given as four arrays."""
    shared = overlap_length(start_a, end_a, start_b, end_b)
    return shared / (end_a - start_a + end_b - start_b - shared)


def overlap_length(start_a, end_a, start_b, end_b):
    """Return the length of the intersection of segments given as four arrays."""
    return np.maximum(np.minimum(end_a, end_b) - np.maximum(start_a, start_b), 0)


def read_segments(segments, name="segments"):
    """Return segments as floats of shape (n_segments, 2), or say what is wrong."""
    # No segments come as an empty list, which has no second dimension.
    if np.size(segments) == 0:
        return np.empty((0, 2))
    segments = check_array(segments, dtype=float, input_name=name)
    if segments.shape[1] != 2:
        raise ValueError(
            f"{name} expected two columns, start and end, but got shape "
            f"{segments.shape}. Of proposals with scores pass the first two columns, "
            "proposals[:, :2]."
        )
    check_order(*segments.T, name)
    return segments


def check_order(start, end, name):
    """Refuse segments that end where or before they start."""
    empty = ~(start < end)
    if empty.any():
        row = int(empty.argmax())
        raise ValueError(
            f"{name} expected each segment to end after it starts, but segment {row} "
            f"starts at {start[row]:g} and ends at {end[row]:g}. Segments are "
            "half-open, [start, end): a single step t is [t, t + 1)."
        )


def read_numbers(values, name):
    """Return finite numbers, in one dimension or more, of which there may be none."""
    return check_array(
        values, dtype=float, ensure_2d=False, ensure_min_samples=0, input_name=name
    )


def read_per_segment(values, n_segments, name):
    """Return one finite number per segment as an array of floats."""
    values = read_numbers(column_or_1d(values, warn=False), name)
    check_count(values, n_segments, name)
    return values


def check_count(values, n_segments, name):
    """Refuse anything that does not have one entry per segment."""
    if len(values) != n_segments:
        raise ValueError(
            f"{name} expected one entry for each of the {n_segments} segments, but "
            f"got {len(values)}. Pass both from the same proposals."
        )


def check_present(values, name):
    """Refuse missing labels or bags."""
    if (missing := _missing(values)).any():
        raise ValueError(
            f"{name} expected a value for each segment, but there is NaN or None in "
            f"{missing.sum()} of {len(values)}, the first for segment "
            f"{int(missing.argmax())}. Leave these segments out."
        )


def overlap_clusters(segments, groups):
    """Return the sets of segments of one group that overlaps hold together."""
    order = np.lexsort([segments[:, 0], groups])
    (start, end), group = segments[order].T, groups[order]
    by_end = np.argsort(end, kind="stable")
    rank = np.empty(len(order), np.int64)
    rank[by_end] = np.arange(len(order))
    new_group = starts_of_runs(group)
    # Ranks are exact where adding a large offset to the ends would round them.
    latest = np.maximum.accumulate(np.cumsum(new_group) * len(order) + rank)
    reach = end[by_end[latest % max(len(order), 1)]]
    new_cluster = new_group.copy()
    new_cluster[1:] |= start[1:] >= reach[:-1]
    clusters = np.empty(len(order), np.intp)
    clusters[order] = np.cumsum(new_cluster) - 1
    return clusters


def starts_of_runs(values):
    """Return the mask of entries that differ from the one before."""
    return np.append(np.ones(min(len(values), 1), bool), values[1:] != values[:-1])


def greedy_rounds(segments, scores, groups, step):
    """Yield what the best segment of each cluster takes, round by round.

    ``step`` maps positions of leaders and of those left to the mask of what is taken,
    and to factors on the scores of the others. Members, where each cluster starts in
    them, leaders and the scores of these by now are yielded.
    """
    clusters = overlap_clusters(segments, groups)
    left = np.argsort(clusters, kind="stable")
    clusters, current = clusters[left], scores[left]
    while len(left):
        opens = starts_of_runs(clusters)
        first, cluster = np.flatnonzero(opens), np.cumsum(opens) - 1
        # The first of those with the highest score of their cluster leads.
        best = np.maximum.reduceat(current, first)
        place = np.where(current == best[cluster], np.arange(len(left)), len(left))
        leads = np.minimum.reduceat(place, first)
        taken, factor = step(left[leads][cluster], left)
        taken[leads] = True
        begins = np.flatnonzero(starts_of_runs(clusters[taken]))
        yield left[taken], begins, left[leads], best
        current = (current * factor)[~taken]
        left, clusters = left[~taken], clusters[~taken]
