"""Average precision of detected segments."""

from collections import defaultdict
from dataclasses import dataclass
from numbers import Real

import numpy as np

from sknoisy._compat import Interval, StrOptions, validate_params
from sknoisy.sequence._overlap import iou
from sknoisy.sequence._segments import check_same_kind, read_table

# The overlaps of the evaluation code published for the two sets.
BENCHMARKS = {
    "thumos14": (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7),
    "activitynet": (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95),
}
# Rounding, of a threshold or of seconds, must not decide whether 0.3 reaches 0.3.
ROUNDING = 1e-9
TABLES = {
    "y_true": "no_validation",
    "y_pred": "no_validation",
    "average": [StrOptions({"macro"}), None],
}
AT_ONE = {**TABLES, "iou_threshold": [Interval(Real, 0, 1, closed="right")]}
AT_MANY = {**TABLES, "iou_thresholds": [StrOptions(set(BENCHMARKS)), "array-like"]}


@validate_params(AT_ONE, prefer_skip_nested_validation=True)
def detection_average_precision(y_true, y_pred, iou_threshold, *, average="macro"):
    r"""Average precision of detected segments at one overlap.

    A detection is right when it overlaps a true segment of its own bag and label far
    enough, and no better detection has taken that one already.

    Parameters
    ----------
    y_true : table of segments
        A :func:`segment_table`; a frame or a dictionary with the columns ``bag``,
        ``label``, ``start`` and ``end``; a list with one such table per bag; or, for
        one bag and one label, an array of shape (n_segments, 2).

    y_pred : table of segments with scores
        The same with the field ``score``, or an array of shape (n_detections, 3).

    iou_threshold : float
        Intersection over union, in (0, 1], that a detection must reach.

    average : {"macro"} or None, default="macro"
        Whether to average over the labels.

    Returns
    -------
    float or ndarray of shape (n_labels,)
        In [0, 1]: the mean over the labels that have true segments, or one entry per
        such label, in sorted order. 0 where nothing is true.

    Raises
    ------
    ValueError
        If tables lack fields, hold empty segments or missing values, or write labels
        or bags in different types.

    See Also
    --------
    detection_map_score : The mean over several overlaps.
    temporal_iou : The overlap itself.

    Notes
    -----
    Detections of all bags are taken by falling score, equal ones in the order given,
    and each is matched to the segment not taken yet that it overlaps most. With the
    precision :math:`P_k` and the recall :math:`R_k` of the first :math:`k` detections,

    .. math:: \text{AP} = \sum_k (R_k - R_{k-1}) \max_{l \ge k} P_l .

    Labels without true segments are left out; a label that nothing was detected for
    counts 0. Overlaps may fall short by 1e-9.

    Examples
    --------
    >>> from sknoisy.sequence import detection_average_precision, segment_table
    >>> truth = segment_table([0, 20, 50], [10, 30, 70], label=["a", "a", "b"])
    >>> found = segment_table(
    ...     [1, 40, 21, 50], [10, 45, 31, 56], label=["a", "a", "a", "b"],
    ...     score=[0.9, 0.8, 0.7, 0.6],
    ... )
    >>> detection_average_precision(truth, found, 0.5, average=None).round(3)
    array([0.833, 0.   ])
    """
    found = average_precisions(y_true, y_pred, np.array([iou_threshold]), average)
    return found[0] if average is None else found


@validate_params(AT_MANY, prefer_skip_nested_validation=True)
def detection_map_score(y_true, y_pred, iou_thresholds="thumos14", *, average="macro"):
    """Mean average precision of detected segments over several overlaps.

    Parameters
    ----------
    y_true : table of segments
        The true segments, in any form of :func:`detection_average_precision`.

    y_pred : table of segments with scores
        The same with the field ``score``, or an array of shape (n_detections, 3).

    iou_thresholds : str or array-like of shape (n_thresholds,), default="thumos14"
        Overlaps, in (0, 1]: "thumos14" is 0.1, 0.2, …, 0.7 and "activitynet" 0.5,
        0.55, …, 0.95, as is usual for these sets.

    average : {"macro"} or None, default="macro"
        Whether to average over overlaps and labels.

    Returns
    -------
    float or ndarray of shape (n_thresholds, n_labels)
        In [0, 1]: the mean over overlaps and labels that have true segments, or the
        table of all of them.

    Raises
    ------
    ValueError
        If an overlap is not in (0, 1], and as :func:`detection_average_precision`.

    See Also
    --------
    detection_average_precision : One overlap, with the definition.

    Examples
    --------
    >>> from sknoisy.sequence import detection_map_score
    >>> truth = [[0, 10], [20, 30]]
    >>> found = [[0, 10, 0.9], [22, 30, 0.8]]
    >>> detection_map_score(truth, found)
    1.0
    >>> detection_map_score(truth, found, "activitynet")
    0.85
    """
    thresholds = read_iou_thresholds(iou_thresholds)
    return average_precisions(y_true, y_pred, thresholds, average)


def read_iou_thresholds(iou_thresholds):
    """Return thresholds of the overlap as an array."""
    if isinstance(iou_thresholds, str):
        iou_thresholds = BENCHMARKS[iou_thresholds]
    thresholds = np.atleast_1d(np.asarray(iou_thresholds, dtype=float))
    good = (thresholds > 0) & (thresholds <= 1)
    if thresholds.ndim != 1 or not thresholds.size or not good.all():
        raise ValueError(
            "iou_thresholds expected a list of numbers in (0, 1], but got "
            f"{iou_thresholds!r}. An overlap is a share, not a percentage."
        )
    return thresholds


@dataclass(frozen=True)
class Matches:
    """Detections of the classes that have true segments, best first."""

    # Whether a detection is matched to a true segment, (n_thresholds, n_detections).
    hits: np.ndarray
    # Position of the class of each detection, (n_detections,).
    labels: np.ndarray
    # The classes with true segments, sorted, and how many each has, (n_classes,).
    classes: np.ndarray
    n_true: np.ndarray

    def hits_of(self, label):
        """Return the hits of the detections of one class, at each threshold."""
        return self.hits[:, self.labels == label]


def match_detections(y_true, y_pred, thresholds):
    """Match detections, best first, to the true segments that they overlap most."""
    truth = read_table(y_true, "y_true")
    found = read_table(y_pred, "y_pred", with_scores=True)
    for field in ("bag", "label"):
        check_same_kind([truth[field], found[field]], f"{field} of y_true and y_pred")
    classes, n_true = np.unique(truth["label"], return_counts=True)
    found = found[np.isin(found["label"], classes)]
    found = found[np.argsort(-found["score"], kind="stable")]
    least = np.asarray(thresholds) - ROUNDING
    pairs = _overlapping_pairs(truth, found, least.min(initial=1))
    hits = [_greedy_hits(*pairs, level, len(found), len(truth)) for level in least]
    hits = np.array(hits, dtype=bool).reshape(len(least), len(found))
    return Matches(hits, np.searchsorted(classes, found["label"]), classes, n_true)


def _overlapping_pairs(truth, found, least):
    """Return detection, true segment and overlap, by detection and falling overlap."""
    parts = [(np.empty(0, int), np.empty(0, int), np.empty(0))]
    true_rows, found_rows = (_rows_of_groups(table) for table in (truth, found))
    # A detection can only take segments of its own bag and class, which are few.
    for group in true_rows.keys() & found_rows.keys():
        t, f = true_rows[group], found_rows[group]
        ours, others = found[f][:, None], truth[t][None]
        overlap = iou(ours["start"], ours["end"], others["start"], others["end"])
        near, other = np.nonzero(overlap >= least)
        parts.append((f[near], t[other], overlap[near, other]))
    detection, true, overlap = map(np.concatenate, zip(*parts, strict=True))
    order = np.lexsort([true, -overlap, detection])
    return detection[order], true[order], overlap[order]


def _rows_of_groups(table):
    """Return the rows of the segments of each pair of bag and label."""
    rows = defaultdict(list)
    for row, group in enumerate(zip(table["bag"], table["label"], strict=True)):
        rows[group].append(row)
    return {group: np.array(places) for group, places in rows.items()}


def _greedy_hits(detection, true, overlap, least, n_detections, n_true):
    """Return which detections, best first, take the best true segment that is left."""
    hits, taken = [False] * n_detections, [False] * n_true
    enough = overlap >= least
    for d, t in zip(detection[enough].tolist(), true[enough].tolist(), strict=True):
        if not (hits[d] or taken[t]):
            hits[d] = taken[t] = True
    return hits


def average_precisions(y_true, y_pred, thresholds, average):
    """Return the average precision of each threshold and class with truth."""
    found = match_detections(y_true, y_pred, thresholds)
    result = np.empty((len(thresholds), len(found.n_true)))
    for label, n_true in enumerate(found.n_true):
        hits = found.hits_of(label)
        result[:, label] = (envelope(hits) * hits).sum(axis=1) / n_true
    if average is None:
        return result
    return float(result.mean()) if result.size else 0.0


def envelope(hits):
    """Return the highest precision at each rank or any later one, row by row."""
    precision = np.cumsum(hits, axis=1) / np.arange(1, hits.shape[1] + 1)
    return np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
