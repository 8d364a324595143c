"""Scores against the rate of injected noise, a curve for each estimator."""

from sknoisy.inspection._axes import Display
from sknoisy.model_selection import robustness_curve


class RobustnessCurveDisplay(Display):
    """Scores on clean labels against the injected noise rate.

    Make it with :meth:`from_estimator`, or pass a curve that was computed before.

    Parameters
    ----------
    curve : RobustnessCurve
        What :func:`sknoisy.model_selection.robustness_curve` returns.

    score_name : str, default=None
        What the scores are, for the axis. If None, "score".

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

    def __init__(self, curve, *, score_name=None):
        self.curve = curve
        self.score_name = score_name

    @classmethod
    def from_estimator(
        cls, estimators, X, y, *, score_name=None, ax=None, plot_kwargs=None, **options
    ):
        """Inject noise, train, score on clean labels, and draw the scores.

        Parameters
        ----------
        estimators : estimator, list or dict of str to estimator
            What is compared.

        X : array-like, frame or sparse matrix of n_samples rows
            Rows.

        y : array-like of shape (n_samples,)
            Clean labels.

        score_name : str, default=None
            What the scores are, for the axis. If None, the name of ``scoring`` where
            it is a string.

        ax : matplotlib Axes, default=None
            Axes to draw on, None for a new figure.

        plot_kwargs : dict, default=None
            Further arguments for :meth:`matplotlib.axes.Axes.errorbar`.

        **options : dict
            Further arguments of :func:`~sknoisy.model_selection.robustness_curve`,
            such as ``rates``, ``noise``, ``scoring``, ``cv`` and ``random_state``.

        Returns
        -------
        RobustnessCurveDisplay
            The display.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            As in :func:`~sknoisy.model_selection.robustness_curve`.
        """
        curve = robustness_curve(estimators, X, y, **options)
        scoring = options.get("scoring")
        if score_name is None and isinstance(scoring, str):
            score_name = scoring.replace("_", " ")
        display = cls(curve, score_name=score_name)
        return display.plot(ax, **(plot_kwargs or {}))

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
        ax = self._draw_on(ax)
        each = zip(
            self.curve.names, self.curve.mean, self.curve.standard_error, strict=True
        )
        self.lines_ = [
            ax.errorbar(self.curve.rates, mean, error, label=name, **kwargs)
            for name, mean, error in each
        ]
        score = self.score_name or "score"
        ax.set(xlabel="injected noise rate", ylabel=f"{score} on clean labels")
        ax.legend()
        return self
