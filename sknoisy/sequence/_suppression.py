"""Non-maximum suppression: of segments that overlap, the best one counts."""

from numbers import Real

import numpy as np

from sknoisy._compat import Interval, validate_params
from sknoisy.sequence._fusion import SEGMENTS, by_score, read_proposals
from sknoisy.sequence._greedy import decaying_leaders, greedy_rounds
from sknoisy.sequence._overlap import iou


@validate_params(
    {**SEGMENTS, "iou_threshold": [Interval(Real, 0, 1, closed="both")]},
    prefer_skip_nested_validation=True,
)
def temporal_nms(segments, scores, *, labels=None, iou_threshold=0.5):
    """Keep the best of the segments that overlap, and leave out the others.

    Parameters
    ----------
    segments : array-like of shape (n_segments, 2)
        Start and end of each segment, half-open, in any unit.

    scores : array-like of shape (n_segments,)
        How good each segment is; of equal ones the first counts
        as better.

    labels : array-like of shape (n_segments,), default=None
        Label of each segment; only segments with the same one compete. Number the pairs
        of bag and class to treat many bags in one call.

    iou_threshold : float, default=0.5
        Overlap with a better segment, from 0 to 1, above which a segment is left out.

    Returns
    -------
    segments : ndarray of shape (n_kept, 2)
        The segments that are kept, as they were, best first.

    scores : ndarray of shape (n_kept,)
        Their scores.

    labels : ndarray of shape (n_kept,)
        Their labels, only where ``labels`` was given.

    Raises
    ------
    ValueError
        If a segment has no positive length, the lengths of the arguments differ, or a
        number or label is missing.

    See Also
    --------
    gaussian_weighted_fusion : Use what is left out here to correct the boundaries.
    temporal_soft_nms : Lower the scores of what overlaps.

    Examples
    --------
    >>> from sknoisy.sequence import temporal_nms
    >>> temporal_nms([[0, 20], [2, 20], [40, 50]], [0.8, 0.6, 0.5])
    (array([[ 0., 20.],
           [40., 50.]]), array([0.8, 0.5]))
    """
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
    r"""Lower the score of segments that overlap better ones, and keep them all.

    Parameters
    ----------
    segments : array-like of shape (n_segments, 2)
        Start and end of each segment, half-open, in any unit.

    scores : array-like of shape (n_segments,)
        How good each segment is; of equal ones the first counts
        as better.

    labels : array-like of shape (n_segments,), default=None
        Label of each segment; only segments with the same one compete. Number the pairs
        of bag and class to treat many bags in one call.

    iou_threshold : float, default=0.0
        Overlap, from 0 to 1, above which scores are lowered.

    sigma : float, default=0.5
        Above 0: how much overlap it takes; the smaller, the harder the fall.

    Returns
    -------
    segments : ndarray of shape (n_segments, 2)
        All segments, best first.

    scores : ndarray of shape (n_segments,)
        Their scores.

    labels : ndarray of shape (n_segments,)
        Their labels, only where ``labels`` was given.

    Raises
    ------
    ValueError
        If a segment has no positive length, the lengths of the arguments differ, or a
        number or label is missing.

    See Also
    --------
    temporal_nms : Leave out what overlaps.

    Notes
    -----
    The best segment left multiplies the score of each other one by
    :math:`\exp(-\text{IoU}^2 / \sigma)`, as in [1]_; then the next best one is taken by
    the scores as they are by now.

    References
    ----------
    .. [1] N. Bodla, B. Singh, R. Chellappa, L. Davis, "Soft-NMS: improving object
       detection with one line of code", ICCV, 2017, arXiv:1704.04503.

    Examples
    --------
    >>> from sknoisy.sequence import temporal_soft_nms
    >>> segments = [[0, 20], [2, 20], [40, 50]]
    >>> segments, scores = temporal_soft_nms(segments, [0.8, 0.6, 0.5])
    >>> segments
    array([[ 0., 20.],
           [40., 50.],
           [ 2., 20.]])
    >>> scores.round(2)
    array([0.8 , 0.5 , 0.12])
    """
    segments, scores, classes, groups = read_proposals(segments, scores, labels)
    decayed = decay_groups(
        segments, scores, groups, iou_threshold=iou_threshold, sigma=sigma
    )
    return by_score(*decayed, classes)


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
        # exp(-IoU^2 / sigma), the Gaussian penalty of Soft-NMS.
        return np.exp(-(np.where(shared > iou_threshold, shared, 0) ** 2) / sigma)

    scores = decaying_leaders(segments, scores, groups, decay)
    order = np.lexsort([-scores, groups])
    return segments[order], scores[order], groups[order]
