"""How believable the labels of each class are."""

import numpy as np

from sknoisy._labels import label_record
from sknoisy.inspection._axes import Display, fitted_part
from sknoisy.inspection._transition import MOST_TICKS, short
from sknoisy.quality import label_quality as score_labels

# Twentieths: a bar ends at the usual threshold of 0.5.
EDGES = np.linspace(0, 1, 21)
# Height of the tallest bar, as a part of the distance between two classes.
HEIGHT = 0.85


class LabelQualityDisplay(Display):
    """How often each label quality occurs among the labels of each class.

    Make it with :meth:`from_estimator` or :meth:`from_predictions`; all parameters are
    stored as attributes.

    Parameters
    ----------
    label_quality : ndarray of shape (n_samples,)
        Label quality in [0, 1], low for labels that are likely wrong.

    y : array-like of shape (n_samples,), default=None
        Labels as given, for a line per class. If None, all rows are one line.

    display_labels : array-like of shape (n_classes,), default=None
        Names of the classes in their sorted order. If None, the labels.

    is_wrong : array-like of bool of shape (n_samples,), default=None
        Which labels are known to be wrong; drawn in front.

    threshold : float, default=0.5
        Labels of lower quality are drawn in another colour and counted.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The axes drawn on.

    figure_ : matplotlib Figure
        Their figure.

    line_ : matplotlib Line2D
        The threshold.

    counts_ : ndarray of int of shape (n_classes, 2)
        For each class, how many labels lie below the threshold, and how many there are.

    See Also
    --------
    sknoisy.quality : The scores.
    ReviewCurveDisplay : What a look at the lowest ones finds.

    Examples
    --------
    >>> from sknoisy.inspection import LabelQualityDisplay
    >>> y, proba = ["cat", "cat", "dog"], [[0.9, 0.1], [0.3, 0.7], [0.2, 0.8]]
    >>> display = LabelQualityDisplay.from_predictions(y, proba)
    >>> display.counts_
    array([[1, 2],
           [0, 1]])
    """

    def __init__(
        self,
        label_quality,
        y=None,
        *,
        display_labels=None,
        is_wrong=None,
        threshold=0.5,
    ):
        self.label_quality = label_quality
        self.y = y
        self.display_labels = display_labels
        self.is_wrong = is_wrong
        self.threshold = threshold

    @classmethod
    def from_estimator(
        cls,
        estimator,
        y=None,
        *,
        display_labels=None,
        is_wrong=None,
        threshold=0.5,
        ax=None,
        **kwargs,
    ):
        """Draw the label quality that a fitted estimator has found.

        Parameters
        ----------
        estimator : fitted estimator
            One with ``label_quality_``, or a ``Pipeline`` or search around one.

        y : array-like of shape (n_samples,), default=None
            The labels that it was fitted to, for a line per class.

        display_labels : array-like of shape (n_classes,), default=None
            Names of the classes in their sorted order. If None, the labels.

        is_wrong : array-like of bool of shape (n_samples,), default=None
            Which labels are known to be wrong.

        threshold : float, default=0.5
            Labels of lower quality are drawn in another colour and counted.

        ax : matplotlib Axes, default=None
            Axes to draw on, None for a new figure.

        **kwargs : dict
            Further arguments of all bars, for :meth:`matplotlib.axes.Axes.bar`.

        Returns
        -------
        LabelQualityDisplay
            The display.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        UnsuitableEstimatorError
            If the estimator has no label quality.
        ValueError
            If ``y`` or ``is_wrong`` do not fit.
        """
        quality = fitted_part(
            estimator, "label_quality_", owner=cls.__name__
        ).label_quality_
        display = cls(
            quality,
            y,
            display_labels=display_labels,
            is_wrong=is_wrong,
            threshold=threshold,
        )
        return display.plot(ax, **kwargs)

    @classmethod
    def from_predictions(
        cls,
        y,
        proba,
        *,
        method="normalized_margin",
        classes=None,
        display_labels=None,
        is_wrong=None,
        threshold=0.5,
        ax=None,
        **kwargs,
    ):
        """Score labels by out-of-fold probabilities, and draw the scores.

        Parameters
        ----------
        y : array-like of shape (n_samples,)
            Labels as given.

        proba : array-like of shape (n_samples, n_classes)
            Probabilities by a model that has not seen the label of the row.

        method : str, default="normalized_margin"
            The score, see :func:`sknoisy.label_quality`.

        classes : array-like of shape (n_classes,), default=None
            Labels that the columns stand for. If None, the sorted labels of ``y``.

        display_labels : array-like of shape (n_classes,), default=None
            Names of the classes in their sorted order. If None, the labels.

        is_wrong : array-like of bool of shape (n_samples,), default=None
            Which labels are known to be wrong.

        threshold : float, default=0.5
            Labels of lower quality are drawn in another colour and counted. 0.5 of the
            normalized margin is where another class becomes more probable.

        ax : matplotlib Axes, default=None
            Axes to draw on, None for a new figure.

        **kwargs : dict
            Further arguments of all bars, for :meth:`matplotlib.axes.Axes.bar`.

        Returns
        -------
        LabelQualityDisplay
            The display.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If labels and probabilities do not fit each other.
        """
        quality = score_labels(y, proba, method=method, classes=classes)
        display = cls(
            quality,
            y,
            display_labels=display_labels,
            is_wrong=is_wrong,
            threshold=threshold,
        )
        return display.plot(ax, **kwargs)

    def plot(self, ax=None, **kwargs):
        """Draw a histogram for each class; its heights are roots of numbers.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to draw on, None for a new figure.

        **kwargs : dict
            Further arguments of all bars, for :meth:`matplotlib.axes.Axes.bar`.

        Returns
        -------
        LabelQualityDisplay
            The display itself.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If ``y`` or ``is_wrong`` do not fit.
        """
        quality, codes, names = self._read()
        wrong = self._read_mask(len(quality))
        ax = self._draw_on(ax)
        self.counts_ = np.zeros((len(names), 2), dtype=int)
        for k in range(len(names)):
            rows = codes == k
            low = quality[rows] < self.threshold
            self.counts_[k] = low.sum(), rows.sum()
            self._draw_class(ax, len(names) - 1 - k, quality[rows], wrong[rows], kwargs)
        style = {"color": "0.3", "linestyle": "--", "linewidth": 1}
        self.line_ = ax.axvline(self.threshold, **style)
        self._name_classes(ax, names)
        self._explain(ax)
        return self

    def _read(self):
        """Return qualities, the class of each row and the names of the classes."""
        quality = np.asarray(self.label_quality, dtype=float)
        if self.y is None:
            return quality, np.zeros(len(quality), dtype=int), ["all labels"]
        labels = label_record(self.y, owner=type(self).__name__)
        if len(labels.codes) != len(quality):
            raise ValueError(
                f"{type(self).__name__} expected a label for each of the "
                f"{len(quality)} rows with a label quality, but got "
                f"{len(labels.codes)}. Pass the labels that the estimator was fitted "
                "to."
            )
        names = labels.classes if self.display_labels is None else self.display_labels
        if len(names) != len(labels.classes):
            raise ValueError(
                f"display_labels expected a name for each of the {len(labels.classes)} "
                f"classes, but got {len(names)}. Name them in their sorted order."
            )
        return quality, labels.codes, list(names)

    def _read_mask(self, n_samples):
        if self.is_wrong is None:
            return np.zeros(n_samples, dtype=bool)
        return read_mask(self.is_wrong, n_samples, owner=type(self).__name__)

    def _draw_class(self, ax, base, quality, wrong, kwargs):
        """Draw the bars of one class, the known errors in front."""
        heights = np.sqrt(np.histogram(quality, EDGES)[0])
        errors = np.sqrt(np.histogram(quality[wrong], EDGES)[0])
        scale = HEIGHT / max(heights.max(initial=0), 1)
        low = EDGES[:-1] < self.threshold
        layers = [(heights, np.where(low, "C1", "C0"), 0.55)]
        if self.is_wrong is not None:
            layers.append((errors, np.full(len(low), "C3"), 1.0))
        for height, colors, opacity in layers:
            seen = height > 0
            style = {"color": colors[seen], "alpha": opacity, "align": "edge"}
            ax.bar(
                EDGES[:-1][seen],
                scale * height[seen],
                width=EDGES[1],
                bottom=base,
                **{**style, **kwargs},
            )

    def _name_classes(self, ax, names):
        n = len(names)
        if n <= MOST_TICKS:
            texts = [
                f"{short(name)} ({low} of {total})"
                for name, (low, total) in zip(names, self.counts_, strict=True)
            ]
            size = min(9.0, 240 / n)
            ax.set_yticks(np.arange(n)[::-1], labels=texts, fontsize=size)
        ax.set(xlim=(0, 1), ylim=(-0.1, n), xlabel="label quality")
        ax.tick_params(axis="y", length=0)

    def _explain(self, ax):
        """Add a legend, of colours that occur."""
        from matplotlib.patches import Patch

        low, total = self.counts_.sum(axis=0)
        parts = [
            Patch(color="C1", alpha=0.55, label=f"below {self.threshold:g}: {low}"),
            Patch(color="C0", alpha=0.55, label=f"others: {total - low}"),
        ]
        if self.is_wrong is not None:
            n_wrong = int(np.count_nonzero(self.is_wrong))
            parts.append(Patch(color="C3", label=f"known to be wrong: {n_wrong}"))
        ax.legend(handles=parts, loc="lower center", bbox_to_anchor=(0.5, 1), ncols=3)


def read_mask(mask, n_samples, *, owner):
    """Return which labels are known to be wrong."""
    mask = np.asarray(mask)
    if mask.dtype.kind != "b" or mask.shape != (n_samples,):
        raise ValueError(
            f"{owner} expected is_wrong as a boolean mask of shape ({n_samples},), but "
            f"got dtype {mask.dtype} and shape {mask.shape}. Compare labels first, as "
            "in y_noisy != y_true."
        )
    return mask
