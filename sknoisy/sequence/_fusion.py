"""One segment out of many that overlap: fusion and non-maximum suppression."""

from numbers import Real

import numpy as np

from sknoisy._compat import Interval, StrOptions, validate_params
from sknoisy.sequence._greedy import decaying_leaders, greedy_rounds
from sknoisy.sequence._overlap import (
    iou,
    overlap_length,
    read_groups,
    read_per_segment,
    read_segments,
)

SEGMENTS = {
    "segments": ["array-like"],
    "scores": ["array-like"],
    "labels": ["array-like", None],
}


@validate_params(
    {
        **SEGMENTS,
        "weights": ["array-like", None],
        "overlap_threshold": [Interval(Real, 0, 1, closed="both")],
        "temperature": [Interval(Real, 0, None, closed="neither")],
        "overlap": [StrOptions({"candidate", "iou"})],
    },
    prefer_skip_nested_validation=True,
)
def gaussian_weighted_fusion(
    segments,
    scores,
    *,
    weights=None,
    labels=None,
    overlap_threshold=0.25,
    temperature=0.2,
    overlap="candidate",
):
    segments, scores, classes, groups = read_proposals(segments, scores, labels)
    if weights is not None:
        weights = read_per_segment(weights, len(segments), "weights")
    fused = fuse_groups(
        segments,
        scores,
        groups,
        weights=weights,
        overlap_threshold=overlap_threshold,
        temperature=temperature,
        overlap=overlap,
    )
    return by_score(*fused, classes)


@validate_params(
    {**SEGMENTS, "iou_threshold": [Interval(Real, 0, 1, closed="both")]},
    prefer_skip_nested_validation=True,
)
def temporal_nms(segments, scores, *, labels=None, iou_threshold=0.5):
    segments, scores, classes, groups = read_proposals(segments, scores, labels)
    kept = suppress_groups(segments, scores, groups, iou_threshold=iou_threshold)
    return by_score(*kept, classes)


@validate_params(
    {
        **SEGMENTS,
        "iou_threshold": [Interval(Real, 0, 1, closed="both")],
        "sigma": [Interval(Real, 0, None, closed="neither")],
    },
    prefer_skip_nested_validation=True,
)
def temporal_soft_nms(segments, scores, *, labels=None, iou_threshold=0.0, sigma=0.5):
    segments, scores, classes, groups = read_proposals(segments, scores, labels)
    decayed = decay_groups(
        segments, scores, groups, iou_threshold=iou_threshold, sigma=sigma
    )
    return by_score(*decayed, classes)


def read_proposals(segments, scores, labels):
    """Return checked segments, scores, classes and the group of each segment."""
    segments = read_segments(segments)
    scores = read_per_segment(scores, len(segments), "scores")
    return segments, scores, *read_groups(labels, len(segments))


def by_score(segments, scores, groups, classes):
    """Return segments, scores and, where there are any, labels, best first."""
    order = np.argsort(-scores, kind="stable")
    found = segments[order], scores[order]
    return found if classes is None else (*found, classes[groups[order]])


def fuse_groups(
    segments,
    scores,
    groups,
    *,
    weights=None,
    overlap_threshold=0.25,
    temperature=0.2,
    overlap="candidate",
):
    """Fuse the segments of many groups, such as the classes of many bags, at once.

    Parameters
    ----------
    segments : ndarray of shape (n_segments, 2)
        Start and end of each segment.

    scores : ndarray of shape (n_segments,)
        What decides which segment gathers others around it.

    groups : ndarray of int of shape (n_segments,)
        Group of each segment, from 0; only segments of one group are fused.

    weights : ndarray of shape (n_segments,), default=None
        What decides how far each segment moves the result, None for the scores.

    overlap_threshold, temperature, overlap : float, float and str
        See :func:`gaussian_weighted_fusion`.

    Returns
    -------
    segments : ndarray of shape (n_fused, 2)
        The fused segments, by group and, within, best first.

    scores : ndarray of shape (n_fused,)
        Their scores.

    groups : ndarray of shape (n_fused,)
        Their groups.
    """
    start, end = segments.T
    logits = (scores if weights is None else weights) / temperature

    def absorbs(leader, other):
        shared = overlap_length(start[leader], end[leader], start[other], end[other])
        whole = end[other] - start[other]
        if overlap == "iou":
            whole = whole + end[leader] - start[leader] - shared
        return shared > overlap_threshold * whole

    values = np.column_stack([segments, scores])
    fused, of_group = [np.empty((0, 3))], [groups[:0]]
    for members, first, leaders in greedy_rounds(segments, scores, groups, absorbs):
        fused.append(softmax_means(values[members], logits[members], first))
        of_group.append(groups[leaders])
    fused, of_group = np.concatenate(fused), np.concatenate(of_group)
    order = np.lexsort([-fused[:, 2], of_group])
    return fused[order, :2], fused[order, 2], of_group[order]


def softmax_means(values, logits, first):
    """Return the mean of each run of rows, weighted by the soft-max of its logits."""
    counts = np.diff(np.append(first, len(logits)))
    peak = np.maximum.reduceat(logits, first)
    # Without the peak taken off, small temperatures would overflow.
    weight = np.exp(logits - np.repeat(peak, counts))
    total = np.add.reduceat(weight, first)
    return np.add.reduceat(values * weight[:, None], first) / total[:, None]


def suppress_groups(segments, scores, groups, *, iou_threshold=0.5):
    """Keep the best of the segments that overlap, in many groups at once.

    Parameters and returns are those of :func:`fuse_groups`.
    """
    start, end = segments.T

    def absorbs(leader, other):
        return iou(start[leader], end[leader], start[other], end[other]) > iou_threshold

    rounds = greedy_rounds(segments, scores, groups, absorbs)
    kept = np.concatenate([np.empty(0, np.intp), *(leaders for *_, leaders in rounds)])
    kept = kept[np.lexsort([-scores[kept], groups[kept]])]
    return segments[kept], scores[kept], groups[kept]


def decay_groups(segments, scores, groups, *, iou_threshold=0.0, sigma=0.5):
    """Lower the score of segments that overlap better ones, in many groups at once.

    Parameters and returns are those of :func:`fuse_groups`; no segment is left out.
    """
    start, end = segments.T

    def decay(leader, other):
        shared = iou(start[leader], end[leader], start[other], end[other])
        return np.exp(-(np.where(shared > iou_threshold, shared, 0) ** 2) / sigma)

    scores = decaying_leaders(segments, scores, groups, decay)
    order = np.lexsort([-scores, groups])
    return segments[order], scores[order], groups[order]
