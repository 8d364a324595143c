"""Scores against the rate of injected noise, a curve for each estimator."""

from sknoisy.inspection._axes import axes_for


class RobustnessCurveDisplay:
    """Scores on clean labels against the injected noise rate.

    Parameters
    ----------
    curve : RobustnessCurve
        What :func:`sknoisy.model_selection.robustness_curve` returns.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The axes drawn on.

    figure_ : matplotlib Figure
        Their figure.

    lines_ : list of matplotlib ErrorbarContainer
        The curves.

    See Also
    --------
    sknoisy.model_selection.robustness_curve : The scores.

    Examples
    --------
    >>> import numpy as np
    >>> from sknoisy.inspection import RobustnessCurveDisplay
    >>> from sknoisy.model_selection import RobustnessCurve
    >>> scores = np.array([[[0.9, 0.8], [0.6, 0.7]]])
    >>> curve = RobustnessCurve(["forest"], np.array([0.0, 0.4]), scores)
    >>> display = RobustnessCurveDisplay(curve).plot()
    >>> display.ax_.get_xlabel()
    'injected noise rate'
    """

    def __init__(self, curve):
        self.curve = curve

    def plot(self, ax=None, **kwargs):
        """Draw mean and standard error over the splits.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to draw on, None for a new figure.

        **kwargs : dict
            Further arguments for :meth:`matplotlib.axes.Axes.errorbar`.

        Returns
        -------
        RobustnessCurveDisplay
            The display.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        self.ax_ = axes_for("RobustnessCurveDisplay.plot", ax)
        self.figure_ = self.ax_.figure
        each = zip(
            self.curve.names, self.curve.mean, self.curve.standard_error, strict=True
        )
        self.lines_ = [
            self.ax_.errorbar(self.curve.rates, mean, error, label=name, **kwargs)
            for name, mean, error in each
        ]
        self.ax_.set(xlabel="injected noise rate", ylabel="score on clean labels")
        self.ax_.legend()
        return self
