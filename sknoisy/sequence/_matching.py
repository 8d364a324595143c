"""Which detections hit a true segment."""

from dataclasses import dataclass

import numpy as np

from sknoisy.sequence._overlap import iou
from sknoisy.sequence._segments import check_same_kind, read_table

# Rounding, of a threshold or of seconds, must not decide whether 0.3 reaches 0.3.
ROUNDING = 1e-9
MAX_PAIRS = 2_000_000


@dataclass(frozen=True)
class Matches:
    """Detections of the classes that have true segments, best first.

    Attributes
    ----------
    hits : ndarray of bool of shape (n_thresholds, n_detections)
        Whether a detection is matched to a true segment.
    labels : ndarray of int of shape (n_detections,)
        Position of its class.
    scores : ndarray of shape (n_detections,)
        Its score, which never rises.
    classes : ndarray of shape (n_classes,)
        The classes with true segments, sorted.
    n_true : ndarray of int of shape (n_classes,)
        Number of true segments of each class.
    """

    hits: np.ndarray
    labels: np.ndarray
    scores: np.ndarray
    classes: np.ndarray
    n_true: np.ndarray


def match_detections(y_true, y_pred, thresholds):
    """Match detections, best first, to the true segments that they overlap most.

    Parameters
    ----------
    y_true, y_pred : tables of segments
        See :func:`sknoisy.sequence.detection_average_precision`.

    thresholds : ndarray of shape (n_thresholds,)
        Overlap from which a detection may be matched.

    Returns
    -------
    Matches
        The detections of classes with truth, and which of them are matched.
    """
    truth = read_table(y_true, "y_true")
    found = read_table(y_pred, "y_pred", with_scores=True)
    for field in ("bag", "label"):
        check_same_kind([truth[field], found[field]], f"{field} of y_true and y_pred")
    classes, n_true = np.unique(truth["label"], return_counts=True)
    found = found[np.isin(found["label"], classes)]
    found = found[np.argsort(-found["score"], kind="stable")]
    group = _groups(truth, found)
    pairs = overlapping_pairs(truth, found, group, thresholds.min() - ROUNDING)
    hits = np.array([hit_mask(pairs, t - ROUNDING, len(found)) for t in thresholds])
    hits = hits.reshape(len(thresholds), len(found))
    labels = np.searchsorted(classes, found["label"])
    return Matches(hits, labels, found["score"], classes, n_true)


def _groups(truth, found):
    """Return a number for bag and label of the true segments, and of the found."""
    codes = [
        np.unique(np.concatenate([truth[field], found[field]]), return_inverse=True)[1]
        for field in ("bag", "label")
    ]
    joint = codes[0] * (codes[1].max(initial=0) + 1) + codes[1]
    return joint[: len(truth)], joint[len(truth) :]


def overlapping_pairs(truth, found, groups, least):
    """Return detection, true segment and overlap of all pairs that overlap enough.

    The pairs go by detection and, within, by falling overlap.
    """
    order = np.argsort(groups[0], kind="stable")
    truth, of_truth = truth[order], groups[0][order]
    low = np.searchsorted(of_truth, groups[1])
    count = np.searchsorted(of_truth, groups[1], side="right") - low
    parts = [(np.empty(0, np.intp), np.empty(0, np.intp), np.empty(0))]
    for rows in _chunks(count):
        detection = np.repeat(rows, count[rows])
        first = np.repeat(np.cumsum(count[rows]) - count[rows], count[rows])
        true = np.repeat(low[rows], count[rows]) + np.arange(len(detection)) - first
        one, other = found[detection], truth[true]
        overlap = iou(one["start"], one["end"], other["start"], other["end"])
        enough = overlap >= least
        parts.append((detection[enough], order[true[enough]], overlap[enough]))
    detection, true, overlap = map(np.concatenate, zip(*parts, strict=True))
    by = np.lexsort([true, -overlap, detection])
    return detection[by], true[by], overlap[by]


def _chunks(count):
    """Cut the detections so that each part has a bounded number of pairs."""
    rows = np.flatnonzero(count)
    chunk = np.cumsum(count[rows]) // MAX_PAIRS
    return np.split(rows, np.flatnonzero(np.diff(chunk)) + 1) if len(rows) else []


def hit_mask(pairs, least, n_detections):
    """Return which detections are matched to a true segment of their own.

    Detections that come first choose first. Since all true segments agree on that
    order, the outcome is the only stable matching, so that deferred acceptance finds
    it: each detection asks for its best remaining segment, the earliest detection that
    asked holds it, and the others go on to their next one, all in the same round.
    """
    detection, true, overlap = pairs
    enough = overlap >= least
    detection, true = detection[enough], true[enough]
    first = np.searchsorted(detection, np.arange(n_detections))
    last = np.searchsorted(detection, np.arange(n_detections), side="right")
    holder = np.full(true.max(initial=-1) + 1, n_detections)
    asking, at = np.flatnonzero(first < last), first.copy()
    while len(asking):
        wanted = true[at[asking]]
        before = holder[wanted]
        np.minimum.at(holder, wanted, asking)
        left = np.append(asking[holder[wanted] != asking], before)
        left = np.unique(left[left < n_detections])
        left = left[holder[true[at[left]]] != left]
        at[left] += 1
        asking = left[at[left] < last[left]]
    hits = np.zeros(n_detections + 1, dtype=bool)
    hits[holder] = True
    return hits[:-1]
