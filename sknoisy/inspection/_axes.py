"""Where pictures are drawn; matplotlib is imported here, and only when needed."""

from importlib import import_module

from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from sknoisy.exceptions import UnsuitableEstimatorError


class Display:
    """What all displays share: axes of one's own or new ones, and their figure."""

    def _draw_on(self, ax, **figure):
        """Return the axes to draw on, and keep them and their figure."""
        self.ax_ = axes_for(f"{type(self).__name__}.plot", ax, **figure)
        self.figure_ = self.ax_.figure
        return self.ax_


def axes_for(caller, ax, **figure):
    """Return the axes to draw on.

    Parameters
    ----------
    caller : str
        Name of the method that draws, for the message.

    ax : matplotlib Axes or None
        Axes of one's own, None for a new figure.

    **figure : dict
        Arguments of a new figure, such as ``figsize``.

    Returns
    -------
    matplotlib Axes
        The axes.

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    """
    import_matplotlib(caller)
    if ax is not None:
        return ax
    from matplotlib import pyplot

    return pyplot.subplots(**figure)[1]


def import_matplotlib(caller):
    """Return matplotlib, or say how to get it; ``caller`` is named in the message."""
    try:
        return import_module("matplotlib")
    except ImportError as error:
        raise ImportError(
            f'{caller} needs matplotlib. Install it with pip install ".[plot]" in the '
            "folder of sknoisy."
        ) from error


def fitted_part(estimator, *attributes, owner):
    """Return the part of a fitted estimator that learned about the labels.

    Parameters
    ----------
    estimator : fitted estimator
        One of sknoisy, or a ``Pipeline`` or search around one.

    *attributes : str
        Fitted attributes that it must have.

    owner : str
        Name of the display, for the messages.

    Returns
    -------
    estimator
        The last step, or the best of a search.

    Raises
    ------
    NotFittedError
        If it has not been fitted.

    UnsuitableEstimatorError
        If it lacks one of the attributes.
    """
    if isinstance(estimator, Pipeline):
        return fitted_part(estimator[-1], *attributes, owner=owner)
    best = getattr(estimator, "best_estimator_", None)
    if best is not None:
        return fitted_part(best, *attributes, owner=owner)
    for name in attributes:
        if getattr(estimator, name, None) is None:
            # A scorer, which may hold a matrix too, is no estimator.
            if isinstance(estimator, BaseEstimator):
                check_is_fitted(estimator)
            raise UnsuitableEstimatorError(
                f"{owner}.from_estimator expected a fitted estimator with {name}, but "
                f"{type(estimator).__name__} has none. Pass one of sknoisy's, such as "
                "NoisyLabelClassifier, or use from_predictions."
            )
    return estimator
