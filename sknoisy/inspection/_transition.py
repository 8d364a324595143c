"""Which class is given as which: a transition matrix as a picture."""

import numpy as np

from sknoisy._labels import label_record
from sknoisy._transition_matrix import check_transition_matrix, normalize_rows
from sknoisy.inspection._axes import Display, fitted_part

# Up to so many classes the shares are written into the cells, and the classes along
# the axes, at the size of a usual figure.
MOST_VALUES, MOST_TICKS = 12, 60
# Shares below are not written, and those above are written in white.
WRITTEN, DARK = 0.005, 0.4


class TransitionMatrixDisplay(Display):
    """Noise transition matrix: which class is given as which, and how often.

    Make it with :meth:`from_estimator` or :meth:`from_predictions`, or pass a matrix;
    all parameters are stored as attributes.

    Parameters
    ----------
    transition_matrix : array-like of shape (n_classes, n_classes)
        ``T[i, j] = P(noisy = j | clean = i)``. Rows of NaN are classes that nothing is
        known about.

    display_labels : array-like of shape (n_classes,), default=None
        Names of the classes. If None, their numbers from 0.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The axes drawn on.

    figure_ : matplotlib Figure
        Their figure.

    im_ : matplotlib AxesImage
        The matrix.

    text_ : list of matplotlib Text
        The shares that are written, in per cent.

    See Also
    --------
    sknoisy.transition : Estimators of the matrix.
    sknoisy.review.estimate_transition_matrix : The matrix from rows that were checked.

    Examples
    --------
    >>> from sknoisy.inspection import TransitionMatrixDisplay
    >>> given, truth = ["cat", "dog", "dog", "dog"], ["cat", "cat", "dog", "dog"]
    >>> draw = TransitionMatrixDisplay.from_predictions
    >>> draw(truth, given).transition_matrix
    array([[0.5, 0.5],
           [0. , 1. ]])
    """

    def __init__(self, transition_matrix, *, display_labels=None):
        self.transition_matrix = transition_matrix
        self.display_labels = display_labels

    @classmethod
    def from_estimator(
        cls, estimator, *, display_labels=None, colorbar=True, ax=None, **kwargs
    ):
        """Draw the matrix that a fitted estimator has found.

        Parameters
        ----------
        estimator : fitted estimator
            One with ``transition_matrix_``, or a ``Pipeline`` or search around one.

        display_labels : array-like of shape (n_classes,), default=None
            Names of the classes. If None, ``classes_``.

        colorbar : bool, default=True
            Whether to add a colour bar.

        ax : matplotlib Axes, default=None
            Axes to draw on, None for a new figure.

        **kwargs : dict
            Further arguments for :meth:`matplotlib.axes.Axes.imshow`.

        Returns
        -------
        TransitionMatrixDisplay
            The display.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        UnsuitableEstimatorError
            If the estimator has no transition matrix.
        """
        fitted = fitted_part(estimator, "transition_matrix_", owner=cls.__name__)
        if display_labels is None:
            display_labels = getattr(fitted, "classes_", None)
        display = cls(fitted.transition_matrix_, display_labels=display_labels)
        return display.plot(ax, colorbar=colorbar, **kwargs)

    @classmethod
    def from_predictions(
        cls,
        y_true,
        y_noisy,
        *,
        classes=None,
        display_labels=None,
        colorbar=True,
        ax=None,
        **kwargs,
    ):
        """Count how true classes are given.

        Parameters
        ----------
        y_true : array-like of shape (n_samples,)
            True labels.

        y_noisy : array-like of shape (n_samples,)
            Labels as given.

        classes : array-like of shape (n_classes,), default=None
            The classes in the order wanted. If None, the sorted labels of both.

        display_labels : array-like of shape (n_classes,), default=None
            Names of the classes. If None, ``classes``.

        colorbar : bool, default=True
            Whether to add a colour bar.

        ax : matplotlib Axes, default=None
            Axes to draw on, None for a new figure.

        **kwargs : dict
            Further arguments for :meth:`matplotlib.axes.Axes.imshow`.

        Returns
        -------
        TransitionMatrixDisplay
            The display; classes that no row is of have a row of NaN.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If the labels are not equally many, or a label is not among ``classes``.
        """
        both = np.concatenate([np.asarray(y_true), np.asarray(y_noisy)])
        n_samples = len(np.asarray(y_true))
        if len(both) != 2 * n_samples:
            raise ValueError(
                f"{cls.__name__} expected as many labels in y_noisy as in y_true, "
                f"{n_samples}, but got {len(both) - n_samples}. Pass labels of the "
                "same rows."
            )
        labels = label_record(both, owner=cls.__name__, classes=classes)
        counts = np.zeros((len(labels.classes),) * 2)
        np.add.at(counts, (labels.codes[:n_samples], labels.codes[n_samples:]), 1.0)
        T = np.where(counts.any(axis=1)[:, None], normalize_rows(counts), np.nan)
        names = labels.classes if display_labels is None else display_labels
        return cls(T, display_labels=names).plot(ax, colorbar=colorbar, **kwargs)

    def plot(self, ax=None, *, colorbar=True, **kwargs):
        """Draw the matrix; its colours grow with the root of the share.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to draw on, None for a new figure.

        colorbar : bool, default=True
            Whether to add a colour bar.

        **kwargs : dict
            Further arguments for :meth:`matplotlib.axes.Axes.imshow`.

        Returns
        -------
        TransitionMatrixDisplay
            The display itself.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If the matrix is none, or there are not as many names as classes.
        """
        T = self._checked()
        ax = self._draw_on(ax)
        from matplotlib.colors import PowerNorm

        # With the root, confusions of a few per cent are seen beside the diagonal.
        style = {"cmap": "Blues", "norm": PowerNorm(0.5, vmin=0, vmax=1)}
        self.im_ = ax.imshow(T, **{**style, **kwargs})
        self._name_classes(ax, len(T))
        self.text_ = _write_shares(ax, T) if len(T) <= MOST_VALUES else []
        if colorbar:
            bar = self.figure_.colorbar(self.im_, ax=ax, fraction=0.046, pad=0.04)
            bar.set_ticks([0, 0.05, 0.25, 0.5, 1], labels=["0", "5", "25", "50", "100"])
            bar.set_label("% of the true class")
        return self

    def _checked(self):
        """Return the matrix, in which rows may be unknown."""
        T = np.asarray(self.transition_matrix, dtype=float)
        full = T.copy()
        if T.ndim == 2 and T.shape[0] == T.shape[1]:
            unknown = np.isnan(T).all(axis=1)
            full[unknown] = np.eye(len(T))[unknown]
        check_transition_matrix(full)
        if self.display_labels is not None and len(self.display_labels) != len(T):
            raise ValueError(
                f"display_labels expected a name for each of the {len(T)} classes, but "
                f"got {len(self.display_labels)}. Name the classes in the order of the "
                "rows."
            )
        return T

    def _name_classes(self, ax, n_classes):
        """Write the names of the classes along the axes, where there is room."""
        ax.set(xlabel="label given", ylabel="true class")
        if n_classes > MOST_TICKS:
            return
        names = range(n_classes) if self.display_labels is None else self.display_labels
        names = [short(name) for name in names]
        size = {"fontsize": min(9.0, 240 / n_classes)}
        turned = {"rotation": 90} if max(map(len, names)) > 3 else {}
        ax.set_xticks(range(n_classes), labels=names, **size, **turned)
        ax.set_yticks(range(n_classes), labels=names, **size)


def _write_shares(ax, T):
    """Write the shares that can be seen into their cells, in per cent."""
    return [
        ax.text(
            j,
            i,
            f"{100 * share:.0f}",
            ha="center",
            va="center",
            color="white" if share > DARK else "black",
            fontsize=min(9, 90 / len(T)),
        )
        for (i, j), share in np.ndenumerate(T)
        if share >= WRITTEN
    ]


def short(name, n_characters=16):
    """Return a name as plain text of one line that matplotlib does not interpret."""
    text = "".join(c if c.isprintable() else " " for c in str(name))
    text = text if len(text) <= n_characters else f"{text[: n_characters - 1]}…"
    # A pair of dollar signs would be read as a formula.
    return text.replace("$", r"\$")
