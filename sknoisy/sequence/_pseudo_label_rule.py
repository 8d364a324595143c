"""What segments teach in the rounds of a localizer."""

from numbers import Integral, Real

import numpy as np
from sklearn.base import BaseEstimator

from sknoisy._compat import Interval, StrOptions
from sknoisy.sequence._overlap import starts_of_runs
from sknoisy.sequence._pseudo_labels import delta_pseudo_labels, linpro_pseudo_labels
from sknoisy.sequence._segments import step_ranges


class PseudoLabelRule(BaseEstimator):
    """From segments to labels of steps, for the ``pseudo_labels`` of a localizer.

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
        Whether steps outside the segments found are taught as background. "auto" does
        so in bags that have ``points``; without them, segments may shrink.

    normalization : {"mean", "sum"}, default="mean"
        Of ``kind="linpro"``; "sum" is that of [1]_.

    temperature : float or array-like of shape (n_rounds,), default=None
        Of the fusion in training, above 0. None means that of the fusion itself.

    delta_from : int, default=None
        Round, from 2, from which on the *change* of the pseudo-labels is taught, see
        :func:`delta_pseudo_labels`. None means never.

    eta : float or array-like of shape (n_rounds,), default=2.0
        Factor on that change, from 0.

    See Also
    --------
    WeakSequenceLocalizer : Takes this as ``pseudo_labels``; its guide has the settings
        of [1]_.
    SegmentFusion : Where the segments come from.

    References
    ----------
    .. [1] J. Zhou, L. Huang, L. Wang, S. Liu, H. Li, "Improving weakly supervised
       temporal action localization by bridging train-test gap in pseudo labels",
       CVPR, 2023, arXiv:2304.07978, and the code published with it.

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
        """Write the labels whose contrasts are the scores, a bag and class at a time."""
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
        return (
            evidence.targets + _of_round("weight", self.weight, round_number) * labels
        )


def _of_round(name, value, round_number, above=-np.inf):
    """Return the entry for a round of a number, or of one number for each round."""
    # One number is a schedule of one entry, which holds for all rounds.
    values = np.atleast_1d(np.asarray(value, dtype=float))
    good = values.ndim == 1 and len(values) and np.isfinite(values).all()
    if not good or (values < 0).any() or (values <= above).any():
        least = "above 0" if above == 0 else "from 0"
        raise ValueError(
            f"{name} of PseudoLabelRule expected a number {least}, or a list with one "
            f"for each round, but got {value!r}. The last one also holds for all later "
            "rounds."
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
