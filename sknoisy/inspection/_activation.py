"""Scores over time with what was made of them."""

import numpy as np

from sknoisy.inspection._axes import Display
from sknoisy.sequence import gaussian_weighted_fusion, generate_proposals
from sknoisy.sequence._overlap import read_per_segment, read_segments
from sknoisy.sequence._proposals import read_step_scores

# From the axis downwards: label, attribute, colour and opacity of each lane of bars.
LANES = [
    ("truth", "C2", 0.9),
    ("segments", "C1", 0.9),
    ("proposals", "C0", 0.12),
]
# Share of the highest score from which a score is written.
WRITTEN = 0.2


class SegmentActivationDisplay(Display):
    """Class activation over time, with proposals, fused segments and the truth.

    Make it with :meth:`from_predictions` or :meth:`from_estimator`; all parameters are
    stored as attributes.

    Parameters
    ----------
    activation : ndarray of shape (n_steps,)
        Score of one class at each step of one bag.

    proposals : ndarray of shape (n_proposals, 2), default=None
        Start and end of each proposal. They lie on top of each other, so that the lane
        is darkest where they agree.

    segments : ndarray of shape (n_segments, 2), default=None
        The segments decided on.

    scores : ndarray of shape (n_segments,), default=None
        Their scores. Bars fade as these fall, and the higher ones are written out.

    truth : ndarray of shape (n_true, 2), default=None
        The true segments.

    name : str, default=None
        Name of the class, for the legend.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The axes drawn on.

    figure_ : matplotlib Figure
        Their figure.

    line_ : matplotlib Line2D
        The activation.

    bars_ : dict
        For each of "truth", "segments" and "proposals" that was given, the bars drawn.

    See Also
    --------
    DetectionPrecisionRecallDisplay : How good the segments of all bags are.
    sknoisy.sequence.generate_proposals : What a proposal is.

    Examples
    --------
    >>> import numpy as np
    >>> from sknoisy.inspection import SegmentActivationDisplay
    >>> activation = np.exp(-((np.arange(60) - 30) ** 2) / 50)
    >>> draw = SegmentActivationDisplay.from_predictions
    >>> display = draw(activation, truth=[[22, 39]])
    >>> sorted(display.bars_)
    ['proposals', 'segments', 'truth']
    """

    def __init__(
        self,
        activation,
        *,
        proposals=None,
        segments=None,
        scores=None,
        truth=None,
        name=None,
    ):
        self.activation = activation
        self.proposals = proposals
        self.segments = segments
        self.scores = scores
        self.truth = truth
        self.name = name

    @classmethod
    def from_estimator(
        cls, estimator, bag, *, label=None, truth=None, name=None, ax=None, **kwargs
    ):
        """Draw what a fitted localizer makes of one bag.

        Parameters
        ----------
        estimator : fitted localizer
            With ``classes_``, ``thresholds_``, ``predict_proba`` and ``predict``.

        bag : array-like of shape (n_steps, n_features)
            The sequence.

        label : object, default=None
            Class to draw. If None, the one with the highest score at any step.

        truth : array-like of shape (n_true, 2), default=None
            The true segments of that class.

        name : str, default=None
            Name of the class, for the legend. If None, the label.

        ax : matplotlib Axes, default=None
            Axes to draw on, None for a new figure.

        **kwargs : dict
            Further arguments of the line, for :meth:`matplotlib.axes.Axes.plot`.

        Returns
        -------
        SegmentActivationDisplay
            The display.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If the localizer knows no such label.
        """
        scores, found = estimator.predict_proba([bag])[0], estimator.predict([bag])
        classes = estimator.classes_.tolist()
        if label is None:
            label = classes[scores.max(axis=0, initial=0).argmax()]
        if label not in classes:
            raise ValueError(
                f"label expected one of the classes of the localizer, {classes}, but "
                f"got {label!r}. Pass None for the one with the highest score."
            )
        found = found[found["label"] == label]
        return cls.from_predictions(
            scores[:, classes.index(label)],
            np.column_stack([found["start"], found["end"]]),
            found["score"],
            truth=truth,
            thresholds=estimator.thresholds_,
            name=str(label) if name is None else name,
            ax=ax,
            **kwargs,
        )

    @classmethod
    def from_predictions(
        cls,
        activation,
        segments=None,
        scores=None,
        *,
        truth=None,
        thresholds="auto",
        name=None,
        ax=None,
        **kwargs,
    ):
        """Propose and fuse segments of an activation, and draw all of it.

        Parameters
        ----------
        activation : array-like of shape (n_steps,)
            Score of one class at each step of one bag.

        segments : array-like of shape (n_segments, 2), default=None
            The segments decided on. If None, the proposals, fused by
            :func:`~sknoisy.sequence.gaussian_weighted_fusion`.

        scores : array-like of shape (n_segments,), default=None
            Scores of ``segments``.

        truth : array-like of shape (n_true, 2), default=None
            The true segments.

        thresholds : "auto" or array-like of shape (n_thresholds,), default="auto"
            Levels of the proposals, see
            :func:`~sknoisy.sequence.generate_proposals`.

        name : str, default=None
            Name of the class, for the legend.

        ax : matplotlib Axes, default=None
            Axes to draw on, None for a new figure.

        **kwargs : dict
            Further arguments of the line, for :meth:`matplotlib.axes.Axes.plot`.

        Returns
        -------
        SegmentActivationDisplay
            The display.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If the activation has more than one number per step, or a segment no
            positive length.
        """
        activation = read_step_scores(activation)
        found = generate_proposals(activation, thresholds=thresholds)
        if segments is None:
            segments, scores = gaussian_weighted_fusion(found[:, :2], found[:, 2])
        else:
            segments = read_segments(segments)
            if scores is not None:
                scores = read_per_segment(scores, len(segments), "scores")
        display = cls(
            activation,
            proposals=found[:, :2],
            segments=segments,
            scores=scores,
            truth=None if truth is None else read_segments(truth, "truth"),
            name=name,
        )
        return display.plot(ax, **kwargs)

    def plot(self, ax=None, **kwargs):
        """Draw the activation, and a lane of bars for each kind of segments.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to draw on, None for a new figure.

        **kwargs : dict
            Further arguments of the line, for :meth:`matplotlib.axes.Axes.plot`.

        Returns
        -------
        SegmentActivationDisplay
            The display itself.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        ax = self._draw_on(ax)
        style = {"color": "0.2", "linewidth": 1, "label": self.name or "activation"}
        # Each value holds for the whole of its step, [t, t + 1).
        held = np.append(self.activation, self.activation[-1:])
        steps = np.arange(len(held))
        (self.line_,) = ax.plot(
            steps, held, **{**style, "drawstyle": "steps-post", **kwargs}
        )
        lowest = self._draw_lanes(ax, 0.09 * _height(self.activation))
        ax.set(xlim=(0, max(len(self.activation), 1)), xlabel="step", ylabel="score")
        ax.set_ylim(bottom=lowest)
        ax.legend(loc="upper right")
        return self

    def _draw_lanes(self, ax, height):
        """Draw the lanes that have segments, and return where the last one ends."""
        self.bars_, top = {}, min(0.0, self.activation.min(initial=0.0))
        for kind, color, opacity in LANES:
            segments = getattr(self, kind)
            if segments is None:
                continue
            top -= height
            spans = [(start, end - start) for start, end in segments]
            self.bars_[kind] = ax.broken_barh(
                spans, (top, 0.8 * height), color=color, alpha=opacity, label=kind
            )
            if kind == "segments" and self.scores is not None and len(spans):
                self._show_scores(ax, top + 0.4 * height, opacity)
        return top - 0.2 * height

    def _show_scores(self, ax, middle, opacity):
        """Let bars fade with their score, and write the scores that matter."""
        share = np.clip(self.scores / max(np.max(self.scores), 1e-12), 0, 1)
        self.bars_["segments"].set_alpha(np.maximum(opacity * share, 0.15))
        for (start, end), score, part in zip(
            self.segments, self.scores, share, strict=True
        ):
            if part >= WRITTEN:
                at = (start + end) / 2, middle
                ax.text(*at, f"{score:.2f}", ha="center", va="center")


def _height(activation):
    """Return the range of an activation, 1 where it has none."""
    low, high = activation.min(initial=0.0), activation.max(initial=0.0)
    return high - low if high > low else 1.0
