"""Average precision of detected segments."""

from numbers import Real

import numpy as np

from sknoisy._compat import Interval, StrOptions, validate_params
from sknoisy.sequence._matching import match_detections

BENCHMARKS = {
    "thumos14": (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7),
    "activitynet": (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95),
}
AVERAGE = [StrOptions({"macro"}), None]


@validate_params(
    {
        "y_true": "no_validation",
        "y_pred": "no_validation",
        "iou_threshold": [Interval(Real, 0, 1, closed="right")],
        "average": AVERAGE,
    },
    prefer_skip_nested_validation=True,
)
def detection_average_precision(y_true, y_pred, iou_threshold, *, average="macro"):
    precision = average_precisions(y_true, y_pred, np.array([iou_threshold]))[0]
    return precision if average is None else _mean(precision)


@validate_params(
    {
        "y_true": "no_validation",
        "y_pred": "no_validation",
        "iou_thresholds": [StrOptions(set(BENCHMARKS)), "array-like"],
        "average": AVERAGE,
    },
    prefer_skip_nested_validation=True,
)
def detection_map_score(y_true, y_pred, iou_thresholds="thumos14", *, average="macro"):
    thresholds = read_iou_thresholds(iou_thresholds)
    precision = average_precisions(y_true, y_pred, thresholds)
    return precision if average is None else _mean(precision)


def _mean(precision):
    return float(np.mean(precision)) if precision.size else 0.0


def read_iou_thresholds(iou_thresholds):
    """Return thresholds of the overlap as an array."""
    if isinstance(iou_thresholds, str):
        return np.array(BENCHMARKS[iou_thresholds])
    thresholds = np.atleast_1d(np.asarray(iou_thresholds, dtype=float))
    if thresholds.ndim != 1 or not thresholds.size:
        raise ValueError(
            "iou_thresholds expected a list of numbers, but got shape "
            f"{thresholds.shape}. Pass for example [0.3, 0.5, 0.7]."
        )
    if not ((thresholds > 0) & (thresholds <= 1)).all():
        raise ValueError(
            f"iou_thresholds expected numbers in (0, 1], but got {iou_thresholds!r}. "
            "An overlap is a share, not a percentage."
        )
    return thresholds


def average_precisions(y_true, y_pred, thresholds):
    """Return the average precision of each threshold and class with truth."""
    found = match_detections(y_true, y_pred, thresholds)
    result = np.empty((len(thresholds), len(found.n_true)))
    for label, n_true in enumerate(found.n_true):
        hits = found.hits[:, found.labels == label]
        result[:, label] = (envelope(hits) * hits).sum(axis=1) / n_true
    return result


def envelope(hits):
    """Return the highest precision at each rank or any later one, row by row."""
    precision = np.cumsum(hits, axis=1) / np.arange(1, hits.shape[1] + 1)
    return np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
