"""How far segments overlap, and how they are read and checked."""

import numpy as np
from sklearn.utils.validation import check_array, column_or_1d

from sknoisy._compat import validate_params
from sknoisy._labels import _missing


@validate_params(
    {"a": ["array-like"], "b": ["array-like"]}, prefer_skip_nested_validation=True
)
def temporal_iou(a, b):
    r"""Overlap of each segment with each other one, as a share of their union.

    Parameters
    ----------
    a : array-like of shape (n_segments_a, 2)
        Start and end of each segment, half-open, in any unit.

    b : array-like of shape (n_segments_b, 2)
        Segments in the same unit.

    Returns
    -------
    ndarray of shape (n_segments_a, n_segments_b)
        Length of the intersection divided by the length of the union, in [0, 1].

    Raises
    ------
    ValueError
        If a segment has no positive length, or a number is missing.

    See Also
    --------
    detection_average_precision : Which detections overlap the truth far enough.
    temporal_nms : Leave out what overlaps something better.

    Notes
    -----
    For :math:`a = [s, e)` and :math:`b = [s', e')` the intersection is
    :math:`\max(0, \min(e, e') - \max(s, s'))`. Segments that only touch have an
    overlap of 0.

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
    shared = np.minimum(end_a, end_b) - np.maximum(start_a, start_b)
    return np.maximum(shared, 0)


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
    check_order(segments[:, 0], segments[:, 1], name)
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


def read_per_segment(values, n_segments, name):
    """Return one finite number per segment as an array of floats."""
    values = check_array(
        column_or_1d(values, warn=False),
        dtype=float,
        ensure_2d=False,
        ensure_min_samples=0,
        input_name=name,
    )
    check_count(values, n_segments, name)
    return values


def check_count(values, n_segments, name):
    """Refuse anything that does not have one entry per segment."""
    if len(values) != n_segments:
        raise ValueError(
            f"{name} expected one entry for each of the {n_segments} segments, but "
            f"got {len(values)}. Pass both from the same proposals."
        )


def read_groups(labels, n_segments):
    """Return the distinct labels, None for none, and each one's place among them."""
    if labels is None:
        return None, np.zeros(n_segments, dtype=np.intp)
    labels = column_or_1d(labels)
    check_count(labels, n_segments, "labels")
    if (missing := _missing(labels)).any():
        raise ValueError(
            "labels expected a label for each segment, but there is NaN or None in "
            f"{missing.sum()} of {n_segments}, the first for segment "
            f"{int(missing.argmax())}. Leave these segments out."
        )
    return np.unique(labels, return_inverse=True)
