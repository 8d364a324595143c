"""What a review finds: wrong labels against rows looked at."""

import numpy as np

from sknoisy.inspection._axes import Display, fitted_part
from sknoisy.inspection._quality import read_mask

# Points of a curve: more cannot be told apart, and would make an SVG large.
MOST_POINTS = 400


class ReviewCurveDisplay(Display):
    """Wrong labels found against rows looked at.

    Make it with :meth:`from_estimator`, :meth:`from_predictions` or
    :meth:`from_review`; all parameters are stored as attributes.

    Parameters
    ----------
    n_checked : array-like of int of shape (n_points,)
        Numbers of rows looked at, rising.

    n_found : array-like of shape (n_points,)
        Wrong labels among them, known or expected.

    n_samples : int, default=None
        Number of all rows. With ``n_wrong`` it gives the line of random order.

    n_wrong : float, default=None
        Number of all wrong labels, known or estimated.

    n_wrong_interval : tuple of float, default=None
        What that number is at least and at most.

    name : str, default=None
        Name of the curve, for the legend.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The axes drawn on.

    figure_ : matplotlib Figure
        Their figure.

    line_ : matplotlib Line2D
        The curve.

    chance_ : matplotlib Line2D or None
        What a look at rows in random order would find.

    See Also
    --------
    sknoisy.review.suggest_review : Which rows to look at.
    LabelQualityDisplay : The scores by class.

    Examples
    --------
    >>> import numpy as np
    >>> from sknoisy.inspection import ReviewCurveDisplay
    >>> is_wrong = np.array([False, True, False, True])
    >>> draw = ReviewCurveDisplay.from_predictions
    >>> draw(is_wrong, [0.9, 0.1, 0.3, 0.2]).n_found
    array([0, 1, 2, 2, 2])
    """

    def __init__(
        self,
        n_checked,
        n_found,
        *,
        n_samples=None,
        n_wrong=None,
        n_wrong_interval=None,
        name=None,
    ):
        self.n_checked = n_checked
        self.n_found = n_found
        self.n_samples = n_samples
        self.n_wrong = n_wrong
        self.n_wrong_interval = n_wrong_interval
        self.name = name

    @classmethod
    def from_estimator(
        cls, estimator, is_wrong=None, *, n_rows=None, name=None, ax=None, **kwargs
    ):
        """Draw what a look at the labels of lowest quality finds.

        Parameters
        ----------
        estimator : fitted estimator
            One with ``label_quality_``, or a ``Pipeline`` or search around one.

        is_wrong : array-like of bool of shape (n_samples,), default=None
            Which of the labels that it was fitted to are wrong. If None, the curve is
            the number that ``label_quality_``, as a probability, makes expect.

        n_rows : int, default=None
            Number of rows looked at. If None, all.

        name : str, default=None
            Name of the curve, for the legend. If None, that of the estimator.

        ax : matplotlib Axes, default=None
            Axes to draw on, None for a new figure.

        **kwargs : dict
            Further arguments of the curve, for :meth:`matplotlib.axes.Axes.plot`.

        Returns
        -------
        ReviewCurveDisplay
            The display.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        UnsuitableEstimatorError
            If the estimator has no label quality.
        ValueError
            If ``is_wrong`` is no mask of the rows.
        """
        fitted = fitted_part(estimator, "label_quality_", owner=cls.__name__)
        quality = np.asarray(fitted.label_quality_, dtype=float)
        name = type(fitted).__name__ if name is None else name
        if is_wrong is not None:
            is_wrong = read_mask(is_wrong, len(quality), owner=cls.__name__)
        wrong = 1 - quality if is_wrong is None else is_wrong
        return cls._of_order(wrong, quality, n_rows, name).plot(ax, **kwargs)

    @classmethod
    def from_predictions(
        cls, is_wrong, label_quality, *, n_rows=None, name=None, ax=None, **kwargs
    ):
        """Draw what a look at the rows of lowest label quality finds.

        Parameters
        ----------
        is_wrong : array-like of bool of shape (n_samples,)
            Which labels are wrong.

        label_quality : array-like of shape (n_samples,)
            Scores, low for labels to look at first.

        n_rows : int, default=None
            Number of rows looked at. If None, all.

        name : str, default=None
            Name of the curve, for the legend.

        ax : matplotlib Axes, default=None
            Axes to draw on, None for a new figure.

        **kwargs : dict
            Further arguments of the curve, for :meth:`matplotlib.axes.Axes.plot`.

        Returns
        -------
        ReviewCurveDisplay
            The display.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If ``is_wrong`` is no mask of the rows.
        """
        quality = np.asarray(label_quality, dtype=float)
        wrong = read_mask(is_wrong, len(quality), owner=cls.__name__)
        return cls._of_order(wrong, quality, n_rows, name).plot(ax, **kwargs)

    @classmethod
    def _of_order(cls, wrong, quality, n_rows, name):
        """Return the display of rows in the order of their quality."""
        order = np.argsort(quality, kind="stable")
        found = np.append(0, wrong[order].cumsum())
        stop = len(found) if n_rows is None else min(n_rows, len(quality)) + 1
        return cls(
            np.arange(stop),
            found[:stop],
            n_samples=len(quality),
            n_wrong=found[-1],
            name=name,
        )

    @classmethod
    def from_review(cls, review, *, name=None, ax=None, **kwargs):
        """Draw what the verdicts of a review have found so far.

        Parameters
        ----------
        review : ReviewSession
            The review. Rows count in the order in which they were asked about.

        name : str, default=None
            Name of the curve, for the legend.

        ax : matplotlib Axes, default=None
            Axes to draw on, None for a new figure.

        **kwargs : dict
            Further arguments of the curve, for :meth:`matplotlib.axes.Axes.plot`.

        Returns
        -------
        ReviewCurveDisplay
            The display, with the estimated number of all wrong labels where rows
            drawn at random have a verdict.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        wrong = review.found_
        n_samples = len(review.trusted_)
        estimate = _estimate_of(review)
        known = {} if estimate is None else _totals(estimate, n_samples)
        display = cls(
            np.arange(len(wrong) + 1),
            np.append(0, wrong.cumsum()),
            n_samples=n_samples,
            name=name,
            **known,
        )
        return display.plot(ax, **kwargs)

    def plot(self, ax=None, **kwargs):
        """Draw the curve, the number of all wrong labels, and random order.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to draw on, None for a new figure.

        **kwargs : dict
            Further arguments of the curve, for :meth:`matplotlib.axes.Axes.plot`.

        Returns
        -------
        ReviewCurveDisplay
            The display itself.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        ax = self._draw_on(ax)
        checked, found = np.asarray(self.n_checked), np.asarray(self.n_found)
        few = np.unique(np.linspace(0, len(checked) - 1, MOST_POINTS).astype(int))
        style = {"label": self.name or "by suspicion"}
        (self.line_,) = ax.plot(checked[few], found[few], **{**style, **kwargs})
        self.chance_ = self._draw_chance(ax, checked[-1])
        if self.n_wrong_interval is not None:
            style = {"color": "0.5", "alpha": 0.2, "linewidth": 0}
            ax.axhspan(*self.n_wrong_interval, label="estimate of all", **style)
        # Of a part of the rows, the number of all would flatten the curve.
        if self.n_wrong is not None and self.n_wrong < 2 * max(found[-1], 1):
            style = {"color": "0.5", "linewidth": 1, "linestyle": ":"}
            ax.axhline(self.n_wrong, label=f"all: {self.n_wrong:.0f}", **style)
        ax.set(xlabel="rows looked at", ylabel="wrong labels found")
        ax.set_ylim(bottom=0)
        ax.legend()
        return self

    def _draw_chance(self, ax, n_checked):
        """Draw what rows in random order would give."""
        if not self.n_samples or self.n_wrong is None:
            return None
        ends = [0, n_checked], [0, self.n_wrong * n_checked / self.n_samples]
        style = {"color": "0.5", "linestyle": "--", "linewidth": 1}
        # A second curve on the same axes brings no second entry of the legend.
        name = "in random order"
        known = {line.get_label() for line in ax.lines}
        (line,) = ax.plot(*ends, label=f"_{name}" if name in known else name, **style)
        return line


def _estimate_of(review):
    """Return the estimated noise rate; None where no random row has a verdict."""
    try:
        return review.noise_rate()
    except ValueError:
        return None


def _totals(estimate, n_samples):
    """Return shares of wrong labels as numbers of rows."""
    low, high = estimate.interval
    interval = n_samples * low, n_samples * high
    return {"n_wrong": n_samples * estimate.value, "n_wrong_interval": interval}
