"""Precision and recall of detected segments, for several overlaps."""

import numpy as np

from sknoisy.inspection._axes import Display
from sknoisy.sequence._detection import (
    ROUNDING,
    envelope,
    match_detections,
    read_iou_thresholds,
)

# Hundredths, as drawn.
RECALL = np.linspace(0, 1, 101)


class DetectionPrecisionRecallDisplay(Display):
    """Precision over recall of detected segments, a curve for each overlap.

    Make it with :meth:`from_predictions`; all parameters are stored as attributes.

    Parameters
    ----------
    precision : ndarray of shape (n_thresholds, n_recalls)
        The best precision at each recall or more.

    recall : ndarray of shape (n_recalls,)
        Shares of the true segments.

    iou_thresholds : ndarray of shape (n_thresholds,)
        Overlap from which a detection counts as right.

    average_precision : ndarray of shape (n_thresholds,), default=None
        Average precision of each curve, for the legend.

    name : str, default=None
        Title.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The axes drawn on.

    figure_ : matplotlib Figure
        Their figure.

    lines_ : list of matplotlib Line2D
        The curves.

    See Also
    --------
    SegmentActivationDisplay : The segments of one bag.
    sknoisy.sequence.detection_average_precision : The area under a curve.

    Examples
    --------
    >>> from sknoisy.inspection import DetectionPrecisionRecallDisplay
    >>> truth = [[0, 10], [20, 30]]
    >>> found = [[0, 9, 0.9], [14, 18, 0.5], [24, 34, 0.4]]
    >>> display = DetectionPrecisionRecallDisplay.from_predictions(truth, found)
    >>> display.average_precision.round(2)
    array([0.83, 0.5 , 0.5 ])
    """

    def __init__(
        self, precision, recall, iou_thresholds, *, average_precision=None, name=None
    ):
        self.precision = precision
        self.recall = recall
        self.iou_thresholds = iou_thresholds
        self.average_precision = average_precision
        self.name = name

    @classmethod
    def from_predictions(
        cls,
        y_true,
        y_pred,
        *,
        iou_thresholds=(0.3, 0.5, 0.7),
        label=None,
        name=None,
        ax=None,
        **kwargs,
    ):
        """Score detections and draw a curve for each overlap.

        Parameters
        ----------
        y_true : table of segments
            True segments, see :func:`~sknoisy.sequence.detection_average_precision`.

        y_pred : table of segments with scores
            Detected ones.

        iou_thresholds : str or array-like of shape (n_thresholds,), \
                default=(0.3, 0.5, 0.7)
            Overlaps, see :func:`~sknoisy.sequence.detection_map_score`.

        label : object, default=None
            Label to look at. If None, the curves are means over all labels that have
            true segments, at the same recall.

        name : str, default=None
            Title. If None, the label, where one is given.

        ax : matplotlib Axes, default=None
            Axes to draw on, None for a new figure.

        **kwargs : dict
            Further arguments of all lines, for :meth:`matplotlib.axes.Axes.plot`.

        Returns
        -------
        DetectionPrecisionRecallDisplay
            The display.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If no true segment has the label, or as in
            :func:`~sknoisy.sequence.detection_map_score`.
        """
        thresholds = read_iou_thresholds(iou_thresholds)
        precision, areas = precision_at_recall(
            y_true, y_pred, thresholds, RECALL, label
        )
        name = name if name is not None or label is None else str(label)
        display = cls(precision, RECALL, thresholds, average_precision=areas, name=name)
        return display.plot(ax, **kwargs)

    def plot(self, ax=None, **kwargs):
        """Draw the curves.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to draw on, None for a new figure.

        **kwargs : dict
            Further arguments of all lines, for :meth:`matplotlib.axes.Axes.plot`.

        Returns
        -------
        DetectionPrecisionRecallDisplay
            The display itself.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        ax = self._draw_on(ax)
        self.lines_ = []
        for number, overlap in enumerate(self.iou_thresholds):
            text = f"overlap {overlap:g}"
            if self.average_precision is not None:
                text += f" (AP {self.average_precision[number]:.2f})"
            self.lines_ += ax.plot(
                self.recall, self.precision[number], **{"label": text, **kwargs}
            )
        ax.set(xlabel="recall", ylabel="precision", xlim=(0, 1), ylim=(0, 1.02))
        if self.name is not None:
            ax.set_title(self.name)
        ax.legend(loc="lower left")
        return self


def precision_at_recall(y_true, y_pred, thresholds, recall, label=None):
    """Return the best precision at each recall or more, and average precisions.

    Both have a row per threshold. With ``label=None`` they are means over all labels
    that have true segments; precision is 0 where a recall is not reached.
    """
    found = match_detections(y_true, y_pred, thresholds)
    known = found.classes.tolist()
    if label is not None and label not in known:
        raise ValueError(
            f"label expected one of the labels of y_true, {known}, but got {label!r}. "
            "Pass None for the mean over all of them."
        )
    chosen = range(len(known)) if label is None else [known.index(label)]
    if not chosen:
        return np.zeros((len(thresholds), len(recall))), np.zeros(len(thresholds))
    curves, areas = [], []
    for k in chosen:
        hits = found.hits_of(k)
        # A column of zeros for recalls that are never reached.
        best = np.pad(envelope(hits), ((0, 0), (0, 1)))
        # How many of the true segments a recall means, up to rounding.
        needed = np.ceil(recall * found.n_true[k] - ROUNDING)
        reached = np.cumsum(hits, axis=1)
        at = [np.searchsorted(row, needed) for row in reached]
        curves.append(np.take_along_axis(best, np.array(at), axis=1))
        areas.append((best[:, :-1] * hits).sum(axis=1) / found.n_true[k])
    return np.mean(curves, axis=0), np.mean(areas, axis=0)
