"""From scores of steps to segments, and from segments back to labels of steps."""

from dataclasses import dataclass

import numpy as np

from sknoisy.sequence._fusion import fuse_groups
from sknoisy.sequence._linpro import linpro_pseudo_labels
from sknoisy.sequence._proposals import propose
from sknoisy.sequence._segments import step_ranges
from sknoisy.sequence._suppression import decay_groups, suppress_groups

# Up to a third of a high score, to reach past the core of what is found, and on from
# there, to part what a low threshold runs together.
LEVELS = np.concatenate([np.linspace(0.02, 0.3, 15), np.linspace(0.35, 0.95, 13)])

# A quarter of the length on each side, so that the flanks of a segment, where scores
# are low, are not taken for its surroundings.
MARGIN = (0.25, 1.0)


@dataclass(frozen=True)
class Decoded:
    """Segments of many bags.

    Attributes
    ----------
    segments : ndarray of shape (n_segments, 2)
        Start and end in steps of the bag.
    scores : ndarray of shape (n_segments,)
        How sure each is.
    bags : ndarray of int of shape (n_segments,)
        Position of the bag.
    labels : ndarray of int of shape (n_segments,)
        Position of the class.
    """

    segments: np.ndarray
    scores: np.ndarray
    bags: np.ndarray
    labels: np.ndarray

    def only(self, mask):
        """Return some of the segments."""
        parts = (self.segments, self.scores, self.bags, self.labels)
        return Decoded(*(part[mask] for part in parts))


def decode(scores, offsets, *, kept, fusion, thresholds, min_length, temperature):
    """Return the segments that scores of steps amount to.

    Parameters
    ----------
    scores : ndarray of shape (n_steps, n_classes)
        Scores of all bags.

    offsets : ndarray of shape (n_bags + 1,)
        Where each bag begins and ends.

    kept : ndarray of bool of shape (n_bags, n_classes)
        Classes that may be found in each bag.

    fusion : {"gaussian", "nms", "soft_nms"}
        What becomes of proposals that overlap.

    thresholds : array-like of shape (n_thresholds,)
        Levels to cut at.

    min_length : int
        Number of steps that a proposal has at least.

    temperature : float
        Of the fusion.

    Returns
    -------
    Decoded
        The segments.
    """
    n_classes = scores.shape[1]
    proposals = propose(
        scores, offsets, thresholds=thresholds, min_length=min_length, margin=MARGIN
    )
    wanted = kept[proposals.bags, proposals.labels]
    groups = (proposals.bags * n_classes + proposals.labels)[wanted]
    found = proposals.segments[wanted], proposals.scores[wanted], groups
    if fusion == "gaussian":
        segments, values, groups = fuse_groups(*found, temperature=temperature)
    else:
        part = suppress_groups if fusion == "nms" else decay_groups
        segments, values, groups = part(*found)
    bags = groups // n_classes
    # A weighted mean of ends can pass the end of the bag by a rounding error.
    segments = np.clip(segments, 0, np.diff(offsets)[bags][:, None])
    return Decoded(segments, values, bags, groups % n_classes)


def pseudo_labels(found, offsets, n_classes, *, kind, min_score):
    """Return what decoded segments teach each step.

    Parameters
    ----------
    found : Decoded
        The segments.

    offsets : ndarray of shape (n_bags + 1,)
        Where each bag begins and ends.

    n_classes : int
        Number of classes, the background not included.

    kind : {"hard", "paint", "linpro"}
        1 inside segments that score above ``min_score``; the highest score of the
        segments around a step; or the labels that linear programming finds.

    min_score : float
        Segments below are not taught.

    Returns
    -------
    ndarray of shape (n_steps, n_classes + 1)
        Labels in [0, 1]. The last column, for the background, is 0: what was not found
        need not be background.
    """
    labels = np.zeros((offsets[-1], n_classes + 1))
    found = found.only(found.scores > min_score)
    if kind == "linpro":
        _fill_by_linpro(labels, found, offsets)
    else:
        values = np.ones(len(found.scores)) if kind == "hard" else found.scores
        _paint(labels, found, offsets, np.clip(values, 0, 1))
    return labels


def _paint(labels, found, offsets, values):
    """Write the highest value of the segments around each step."""
    first, last = step_ranges(*found.segments.T, np.diff(offsets)[found.bags])
    shift = offsets[found.bags]
    for row in np.argsort(values, kind="stable"):
        rows = slice(shift[row] + first[row], shift[row] + last[row])
        labels[rows, found.labels[row]] = values[row]


def _fill_by_linpro(labels, found, offsets):
    """Write the labels whose contrasts are the scores of the segments."""
    n_columns = labels.shape[1]
    groups = found.bags * n_columns + found.labels
    order = np.argsort(groups, kind="stable")
    for rows in np.split(order, np.flatnonzero(np.diff(groups[order])) + 1):
        if len(rows):
            bag, label = divmod(groups[rows[0]], n_columns)
            begin, end = offsets[bag], offsets[bag + 1]
            labels[begin:end, label] = linpro_pseudo_labels(
                found.segments[rows],
                found.scores[rows],
                int(end - begin),
                normalization="mean",
            )


def mixed_targets(given, found, has_background):
    """Return targets half from labels given for steps and half from what was found.

    Parameters
    ----------
    given : ndarray of shape (n_steps, n_classes + 1)
        The labels given, one for each step.

    found : ndarray of shape (n_steps, n_classes + 1)
        The labels that the segments found amount to, see :func:`pseudo_labels`.

    has_background : bool
        Whether steps outside segments are background. Where there is none, such steps
        keep the label that was given.

    Returns
    -------
    ndarray of shape (n_steps, n_classes + 1)
        Rows that sum to 1.
    """
    found = found.copy()
    if has_background:
        found[:, -1] = ~found[:, :-1].any(axis=1)
    total = found.sum(axis=1, keepdims=True)
    found = np.divide(found, total, out=given.astype(float), where=total > 0)
    return (given + found) / 2


def around_points(found, points, n_bags, n_classes):
    """Return the mask of segments that hold a point of their class.

    Parameters
    ----------
    found : Decoded
        The segments.

    points : ndarray
        Table of points, as segments with bags and labels as positions.

    n_bags, n_classes : int
        Number of bags and of classes.

    Returns
    -------
    ndarray of bool of shape (n_segments,)
        True also in bags that have no points.
    """
    pointed = np.zeros(n_bags, bool)
    pointed[points["bag"]] = True
    groups = found.bags * n_classes + found.labels
    of_point = points["bag"] * n_classes + points["label"]
    middle = (points["start"] + points["end"]) / 2
    mask = ~pointed[found.bags]
    for group, where in zip(of_point, middle, strict=True):
        start, end = found.segments.T
        mask |= (groups == group) & (start <= where) & (where < end)
    return mask


def round_summary(found, labels, previous):
    """Return the figures of a round for the history of the localizer.

    Parameters
    ----------
    found : Decoded
        The segments found.

    labels : ndarray of shape (n_steps, n_classes + 1)
        What they teach.

    previous : ndarray of the same shape or None
        What was taught in the round before.

    Returns
    -------
    dict
        See :class:`WeakSequenceLocalizer`.
    """
    changed = None
    if previous is not None:
        changed = float(np.mean((labels != previous)[:, :-1].any(axis=1)))
    covered = float(np.mean(labels[:, :-1].any(axis=1)))
    return {"n_segments": len(found.scores), "covered": covered, "changed": changed}
