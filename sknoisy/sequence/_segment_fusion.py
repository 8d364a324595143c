"""From scores of steps to segments: proposals, fused where they overlap."""

from numbers import Integral, Real

import numpy as np
from sklearn.base import BaseEstimator

from sknoisy._compat import Interval, StrOptions
from sknoisy.sequence._fusion import decay_groups, fuse_groups, suppress_groups
from sknoisy.sequence._proposals import Proposals, propose, read_margin, read_thresholds

# Up to a third of a high score, to reach past the core of what is found, and on from
# there, to part what a low threshold runs together (docs/examples/
# plot_segment_fusion.py compares low and high levels).
LEVELS = np.concatenate([np.linspace(0.02, 0.3, 15), np.linspace(0.35, 0.95, 13)])

DECIDE = {"gaussian": fuse_groups, "nms": suppress_groups, "soft_nms": decay_groups}


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
