"""Of segments that overlap: a weighted mean, the best one, or all, scored lower."""

from numbers import Integral, Real

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import column_or_1d

from sknoisy._compat import Interval, StrOptions, validate_params
from sknoisy.sequence._overlap import (
    check_count,
    check_present,
    greedy_rounds,
    iou,
    overlap_length,
    read_per_segment,
    read_segments,
)
from sknoisy.sequence._proposals import Proposals, propose, read_margin, read_thresholds

SHARE = Interval(Real, 0, 1, closed="both")
POSITIVE = Interval(Real, 0, None, closed="neither")
SEGMENTS = {"segments": ["array-like"], "scores": ["array-like"]}
SEGMENTS["labels"] = ["array-like", None]
NMS = {"iou_threshold": [SHARE]}
FUSION = {
    "weights": ["array-like", None],
    "overlap_threshold": [SHARE],
    "temperature": [POSITIVE],
    "overlap": [StrOptions({"candidate", "iou"})],
}


@validate_params(SEGMENTS | FUSION, prefer_skip_nested_validation=True)
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

    The best segment gathers those around it, and their weighted mean takes their place.
    Where many thresholds found the same event, none of them has to be right.

    Parameters
    ----------
    segments : array-like of shape (n_segments, 2)
        Start and end of each segment, half-open, in any unit.

    scores : array-like of shape (n_segments,)
        How good each segment is; the best one left gathers others around it, the first
        of several that are equal.

    weights : array-like of shape (n_segments,), default=None
        What decides how far each member moves the result; None means the scores.

    labels : array-like of shape (n_segments,), default=None
        Label of each segment; only segments with the same one are fused. Number the
        pairs of bag and class to treat many bags in one call.

    overlap_threshold : float, default=0.25
        A segment is gathered that shares more than this part, from 0 to 1, of its
        length, or of the union, with the best one.

    temperature : float, default=0.2
        Above 0: near 0 the member with the highest weight decides alone, while a high
        temperature makes all members count alike.

    overlap : {"candidate", "iou"}, default="candidate"
        What is shared: a part of the candidate's own length, so that whatever lies
        inside the best segment joins it, or of the union.

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
    code published with [1]_, with the inner mean of the proposals as ``weights``.
    Proposals must come from *low* thresholds, so that the best one is a core that
    others reach beyond: fragments within the best segment draw it inwards.

    References
    ----------
    .. [1] J. Zhou, L. Huang, L. Wang, S. Liu, H. Li, CVPR, 2023, arXiv:2304.07978.

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
    options = {"temperature": temperature, "overlap": overlap, "weights": weights}
    options["overlap_threshold"] = overlap_threshold
    return _by_score(fuse_groups, segments, scores, labels, **options)


@validate_params(SEGMENTS | NMS, prefer_skip_nested_validation=True)
def temporal_nms(segments, scores, *, labels=None, iou_threshold=0.5):
    """Keep the best of the segments that overlap, and leave out the others.

    Parameters
    ----------
    segments : array-like of shape (n_segments, 2)
        Start and end of each segment, half-open, in any unit.

    scores : array-like of shape (n_segments,)
        How good each segment is; of equal ones the first counts as better.

    labels : array-like of shape (n_segments,), default=None
        Label of each segment; only segments with the same one compete.

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
    options = {"iou_threshold": iou_threshold}
    return _by_score(suppress_groups, segments, scores, labels, **options)


@validate_params(
    SEGMENTS | NMS | {"sigma": [POSITIVE]}, prefer_skip_nested_validation=True
)
def temporal_soft_nms(segments, scores, *, labels=None, iou_threshold=0.0, sigma=0.5):
    r"""Lower the score of segments that overlap better ones, and keep them all.

    Parameters
    ----------
    segments : array-like of shape (n_segments, 2)
        Start and end of each segment, half-open, in any unit.

    scores : array-like of shape (n_segments,)
        How good each segment is; of equal ones the first counts as better.

    labels : array-like of shape (n_segments,), default=None
        Label of each segment; only segments with the same one compete.

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
    >>> temporal_soft_nms(segments, [0.8, 0.6, 0.5])[1].round(2)
    array([0.8 , 0.5 , 0.12])
    """
    options = {"iou_threshold": iou_threshold, "sigma": sigma}
    return _by_score(decay_groups, segments, scores, labels, **options)


def _by_score(decide, segments, scores, labels, **options):
    """Check segments, scores and labels, decide, and return the best first."""
    segments = read_segments(segments)
    n_segments = len(segments)
    scores = read_per_segment(scores, n_segments, "scores")
    if options.get("weights") is not None:
        weights = read_per_segment(options["weights"], n_segments, "weights")
        options["weights"] = weights
    groups = np.zeros(n_segments, dtype=np.intp)
    if labels is not None:
        labels = column_or_1d(labels)
        check_count(labels, n_segments, "labels")
        check_present(labels, "labels")
        labels, groups = np.unique(labels, return_inverse=True)
    segments, scores, groups = decide(segments, scores, groups, **options)
    order = np.argsort(-scores, kind="stable")
    found = segments[order], scores[order]
    return found if labels is None else (*found, labels[groups[order]])


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

    Returns segments, scores and groups, by group and then the best first, as do
    :func:`suppress_groups` and :func:`decay_groups`.
    """
    start, end = segments.T
    logits = (scores if weights is None else weights) / temperature

    def gather(leader, other):
        # The share of the candidate's own length, |i n j| / |j|, or of the union.
        shared = overlap_length(start[leader], end[leader], start[other], end[other])
        whole = end[other] - start[other]
        if overlap == "iou":
            whole = whole + end[leader] - start[leader] - shared
        return shared > overlap_threshold * whole, 1.0

    values = np.column_stack([segments, scores])
    fused, of_group = [np.empty((0, 3))], [groups[:0]]
    rounds = greedy_rounds(segments, scores, groups, gather)
    for members, first, leaders, _ in rounds:
        fused.append(softmax_means(values[members], logits[members], first))
        of_group.append(groups[leaders])
    fused, of_group = np.concatenate(fused), np.concatenate(of_group)
    return _best_first(fused[:, :2], fused[:, 2], of_group)


def softmax_means(values, logits, first):
    """Return the mean of each run of rows, weighted by the soft-max of its logits."""
    counts = np.diff(np.append(first, len(logits)))
    peak = np.maximum.reduceat(logits, first)
    # Without the peak taken off, small temperatures would overflow.
    weight = np.exp(logits - np.repeat(peak, counts))
    total = np.add.reduceat(weight, first)
    return np.add.reduceat(values * weight[:, None], first) / total[:, None]


def suppress_groups(segments, scores, groups, *, iou_threshold=0.5):
    """Keep the best of the segments that overlap, in many groups at once."""
    start, end = segments.T

    def suppress(leader, other):
        shared = iou(start[leader], end[leader], start[other], end[other])
        return shared > iou_threshold, 1.0

    kept = np.zeros(len(scores), dtype=bool)
    for _, _, leaders, _ in greedy_rounds(segments, scores, groups, suppress):
        kept[leaders] = True
    return _best_first(segments[kept], scores[kept], groups[kept])


def decay_groups(segments, scores, groups, *, iou_threshold=0.0, sigma=0.5):
    """Lower the score of segments that overlap better ones, in many groups at once."""
    start, end = segments.T

    def decay(leader, other):
        shared = iou(start[leader], end[leader], start[other], end[other])
        shared[shared <= iou_threshold] = 0
        # exp(-IoU^2 / sigma), the Gaussian penalty of Soft-NMS.
        return np.zeros(len(other), dtype=bool), np.exp(-(shared**2) / sigma)

    final = np.empty(len(scores))
    for _, _, leaders, best in greedy_rounds(segments, scores, groups, decay):
        final[leaders] = best
    return _best_first(segments, final, groups)


def _best_first(segments, scores, groups):
    order = np.lexsort([-scores, groups])
    return segments[order], scores[order], groups[order]


# Up to a third of a high score, to reach past the core of what is found, and on from
# there, to part what a low threshold runs together: the example
# docs/examples/sequence/plot_segment_fusion.py compares low and high levels.
LEVELS = np.concatenate([np.linspace(0.02, 0.3, 15), np.linspace(0.35, 0.95, 13)])

DECIDE = {"gaussian": fuse_groups, "nms": suppress_groups, "soft_nms": decay_groups}


class SegmentFusion(BaseEstimator):
    """How scores become segments: ``fusion`` of a :class:`WeakSequenceLocalizer`.

    The proposals of :func:`generate_proposals` that overlap are made into one; "there"
    is the code published with arXiv:2304.07978.

    Parameters
    ----------
    method : {"gaussian", "nms", "soft_nms"}, default="gaussian"
        What becomes of proposals that overlap: :func:`gaussian_weighted_fusion`,
        :func:`temporal_nms` or :func:`temporal_soft_nms`.

    thresholds : "auto" or array-like of shape (n_thresholds,), default="auto"
        Levels of the scores to cut proposals at. "auto" has 28 from 0.02 to 0.95.

    min_length : int, default=2
        Number of steps that a proposal has at least.

    margin : tuple of two floats, default=(0.25, 1.0)
        Factor and power of the length of the margins. A quarter of the length on each
        side reaches beyond weak flanks; there (0.0785, 0.9).

    weights : {"score", "inner"}, default="score"
        What decides how far each proposal moves the fusion: its contrast, or the mean
        of the scores inside, as there. For "gaussian" alone.

    temperature : float, default=0.2
        Above 0; the lower, the closer to the best proposal. For "gaussian" alone.

    min_bag_score : float, default=0.0
        Classes that score lower in a bag, in [0, 1), are not looked for in prediction;
        0.16 there.

    Examples
    --------
    >>> from sknoisy.sequence import SegmentFusion, WeakSequenceLocalizer
    >>> fusion = SegmentFusion(thresholds=[0.05, 0.1, 0.2], weights="inner")
    >>> localizer = WeakSequenceLocalizer(fusion=fusion)
    """

    _parameter_constraints: dict = {
        "method": [StrOptions(set(DECIDE))],
        "thresholds": [StrOptions({"auto"}), "array-like"],
        "min_length": [Interval(Integral, 1, None, closed="left")],
        "margin": [tuple, list],
        "weights": [StrOptions({"score", "inner"})],
        "temperature": [Interval(Real, 0, None, closed="neither")],
        "min_bag_score": [Interval(Real, 0, 1, closed="left")],
    }

    def __init__(
        self,
        method="gaussian",
        *,
        thresholds="auto",
        min_length=2,
        margin=(0.25, 1.0),
        weights="score",
        temperature=0.2,
        min_bag_score=0.0,
    ):
        self.method = method
        self.thresholds = thresholds
        self.min_length = min_length
        self.margin = margin
        self.weights = weights
        self.temperature = temperature
        self.min_bag_score = min_bag_score

    def _levels(self):
        """Return the thresholds; the parameters are checked."""
        self._validate_params()
        read_margin(self.margin)
        auto = isinstance(self.thresholds, str)
        return LEVELS if auto else read_thresholds(self.thresholds, None)

    def _decode(self, scores, offsets, kept, temperature=None):
        """Return the segments in scores of shape (n_steps, n_classes) of many bags.

        Only classes that are ``kept``, of shape (n_bags, n_classes), may be found. The
        ``temperature`` takes the place of that of the fusion.
        """
        n_classes = scores.shape[1]
        cut = self._levels(), self.min_length, self.margin
        found = propose(scores, offsets, *cut)
        found = found.only(kept[found.bags, found.labels])
        # Only segments of one bag and one class compete.
        groups = found.bags * n_classes + found.labels
        options = {}
        if self.method == "gaussian":
            options["temperature"] = temperature or self.temperature
            options["weights"] = found.inner if self.weights == "inner" else None
        decide = DECIDE[self.method]
        fused = decide(found.segments, found.scores, groups, **options)
        segments, values, groups = fused
        bags, labels = divmod(groups, n_classes)
        # A weighted mean of ends can pass the end of the bag by a rounding error.
        segments = np.clip(segments, 0, np.diff(offsets)[bags][:, None])
        return Proposals(segments, values, bags, labels)
