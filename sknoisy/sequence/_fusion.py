"""One segment out of many that overlap, by a weighted mean."""

from numbers import Real

import numpy as np

from sknoisy._compat import Interval, StrOptions, validate_params
from sknoisy.sequence._greedy import greedy_rounds
from sknoisy.sequence._overlap import (
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
    r"""Fuse segments that overlap into one, which moves its boundaries.

    The best segment gathers all those around it, and their weighted mean takes their
    place. Where many thresholds found the same event, none of them has to be right.

    Parameters
    ----------
    segments : array-like of shape (n_segments, 2)
        Start and end of each segment, half-open, in any unit.

    scores : array-like of shape (n_segments,)
        How good each segment is; the best one left gathers others
        around it, the first of several that are equal.

    weights : array-like of shape (n_segments,), default=None
        What decides how far each member moves the result; None means the scores.

    labels : array-like of shape (n_segments,), default=None
        Label of each segment; only segments with the same one are fused. Number
        the pairs of bag and class to treat many bags in one call.

    overlap_threshold : float, default=0.25
        Share of its length, or of the union, from 0 to 1, that a segment must share
        with the best one to be gathered. It must exceed this.

    temperature : float, default=0.2
        Above 0: near 0 the member with the highest weight decides alone, while a high
        temperature makes all members count alike.

    overlap : {"candidate", "iou"}, default="candidate"
        What is compared with the threshold: the share of the candidate's own length,
        so that whatever lies inside the best segment joins it, or the share of the
        union.

    Returns
    -------
    segments : ndarray of shape (n_fused, 2)
        Fused segments, best first.

    scores : ndarray of shape (n_fused,)
        Their scores.

    labels : ndarray of shape (n_fused,)
        Their labels, only where ``labels`` was given.

    Raises
    ------
    ValueError
        If a segment has no positive length, the lengths of the arguments differ, or a
        number or label is missing.

    See Also
    --------
    temporal_nms : Keep the best segment as it is.
    generate_proposals : Where the segments come from.

    Notes
    -----
    A group :math:`G` is fused into :math:`\sum_G w_j (s_j, e_j, q_j)`, which are start,
    end and score, with :math:`w_j = \exp(v_j / \tau) / \sum_G \exp(v_k / \tau)` for
    the weights :math:`v` and the temperature :math:`\tau`. That is the fusion of the
    code published with [1]_, with the inner mean of the proposals as ``weights``;
    lengths are those of half-open segments here.

    Fusion needs proposals from *low* thresholds, among which the best one is a core
    that others reach beyond. Fragments within the best segment draw it inwards.

    References
    ----------
    .. [1] J. Zhou, L. Huang, L. Wang, S. Liu, H. Li, "Improving weakly supervised
       temporal action localization by bridging train-test gap in pseudo labels",
       CVPR, 2023, arXiv:2304.07978.

    Examples
    --------
    >>> from sknoisy.sequence import gaussian_weighted_fusion
    >>> segments = [[0, 20], [12, 24], [40, 50]]
    >>> fused, scores = gaussian_weighted_fusion(segments, [0.8, 0.6, 0.5])
    >>> fused.round(2)
    array([[ 3.23, 21.08],
           [40.  , 50.  ]])
    >>> scores.round(2)
    array([0.75, 0.5 ])
    """
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
    """Fuse the segments of many groups, such as the classes of many bags, at once."""
    # The groups, such as the classes of many bags, take their greedy steps together.
    start, end = segments.T
    logits = (scores if weights is None else weights) / temperature

    def absorbs(leader, other):
        # The share of the candidate's own length, |i n j| / |j|, or of the union.
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
