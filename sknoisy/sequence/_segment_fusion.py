"""From scores of steps to segments: proposals, fused where they overlap."""

from numbers import Integral, Real

import numpy as np
from sklearn.base import BaseEstimator

from sknoisy._compat import Interval, StrOptions
from sknoisy.sequence._fusion import fuse_groups
from sknoisy.sequence._proposals import (
    Proposals,
    propose,
    read_margin,
    read_thresholds,
)
from sknoisy.sequence._suppression import decay_groups, suppress_groups

# Up to a third of a high score, to reach past the core of what is found, and on from
# there, to part what a low threshold runs together (docs/examples/
# plot_segment_fusion.py compares low and high levels).
LEVELS = np.concatenate([np.linspace(0.02, 0.3, 15), np.linspace(0.35, 0.95, 13)])


class SegmentFusion(BaseEstimator):
    """From scores of steps to segments, for the ``fusion`` of a localizer.

    Runs of steps above each of some thresholds are proposed, see
    :func:`generate_proposals`, and those that overlap are made into one.

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
        Factor and power of the length of the margins, see :func:`generate_proposals`.
        A quarter of the length on each side reaches beyond weak flanks; [1]_ has
        (0.0785, 0.9).

    weights : {"score", "inner"}, default="score"
        What decides how far each proposal moves the fusion: its contrast, or the mean
        of the scores inside, as in [1]_. For "gaussian" alone.

    temperature : float, default=0.2
        Of the fusion, above 0; the lower, the closer to the best proposal. For
        "gaussian" alone.

    min_bag_score : float, default=0.0
        Classes that score lower in a bag, in [0, 1), are not looked for in prediction;
        0.16 in [1]_.

    See Also
    --------
    WeakSequenceLocalizer : Takes this as ``fusion``.
    PseudoLabelRule : What the segments teach.

    References
    ----------
    .. [1] J. Zhou, L. Huang, L. Wang, S. Liu, H. Li, "Improving weakly supervised
       temporal action localization by bridging train-test gap in pseudo labels",
       CVPR, 2023, arXiv:2304.07978, and the code published with it.

    Examples
    --------
    >>> import numpy as np
    >>> from sknoisy.sequence import SegmentFusion, WeakSequenceLocalizer
    >>> fusion = SegmentFusion(thresholds=np.arange(0.02, 0.3, 0.02), weights="inner")
    >>> localizer = WeakSequenceLocalizer(fusion=fusion)
    """

    _parameter_constraints: dict = {
        "method": [StrOptions({"gaussian", "nms", "soft_nms"})],
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


def levels_of(fusion):
    """Return the thresholds of a fusion, whose parameters are checked."""
    fusion._validate_params()
    read_margin(fusion.margin)
    auto = isinstance(fusion.thresholds, str)
    return LEVELS if auto else read_thresholds(fusion.thresholds, None)


def decode(fusion, scores, offsets, *, kept, temperature=None):
    """Return the segments in scores of shape (n_steps, n_classes) of many bags.

    Only classes that are ``kept``, of shape (n_bags, n_classes), may be found. The
    ``temperature`` takes the place of that of the fusion.
    """
    n_classes = scores.shape[1]
    proposals = propose(
        scores,
        offsets,
        thresholds=levels_of(fusion),
        min_length=fusion.min_length,
        margin=fusion.margin,
    )
    proposals = proposals.only(kept[proposals.bags, proposals.labels])
    # Only segments of one bag and one class compete.
    groups = proposals.bags * n_classes + proposals.labels
    found = proposals.segments, proposals.scores, groups
    if fusion.method == "gaussian":
        inner = proposals.inner if fusion.weights == "inner" else None
        temperature = fusion.temperature if temperature is None else temperature
        fused = fuse_groups(*found, weights=inner, temperature=temperature)
    else:
        part = suppress_groups if fusion.method == "nms" else decay_groups
        fused = part(*found)
    segments, values, groups = fused
    bags = groups // n_classes
    # A weighted mean of ends can pass the end of the bag by a rounding error.
    segments = np.clip(segments, 0, np.diff(offsets)[bags][:, None])
    return Proposals(segments, values, bags, groups % n_classes)
