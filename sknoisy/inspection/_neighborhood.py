"""A suspicious row beside its nearest neighbours: values, texts or images."""

import textwrap
import warnings

import numpy as np
from scipy import sparse

from sknoisy._compat import _num_samples, _safe_indexing
from sknoisy._embedding import embed
from sknoisy._labels import read_labels
from sknoisy.exceptions import NoEvidenceWarning
from sknoisy.inspection._axes import Display, fitted_part
from sknoisy.inspection._transition import short

# Columns of a table, and lines and characters of a text, that fit in a usual figure.
MOST_COLUMNS, LINES, WIDTH = 6, 2, 70
FIGURE = {"figsize": (8, 3.5)}


class NeighborhoodDisplay(Display):
    """A suspicious row beside the rows most like it, and how they are labelled.

    Make it with :meth:`from_estimator` or :meth:`from_predictions`; all parameters are
    stored as attributes. Labels like that of the suspicious row are orange, others
    blue.

    Parameters
    ----------
    rows : ndarray of int of shape (n_neighbors + 1,)
        Row numbers: the suspicious one, then its neighbours, the nearest first.

    distances : ndarray of shape (n_neighbors + 1,)
        Distance of each of them from the suspicious one.

    labels : sequence of n_neighbors + 1 labels
        Their labels.

    values : ndarray or list of n_neighbors + 1 entries
        What is shown of each: images, of shape (height, width) or (height, width,
        channels); texts; or rows of a table.

    columns : list of str, default=None
        Names of the columns of a table. None for images and texts.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The axes drawn on.

    figure_ : matplotlib Figure
        Their figure.

    kind_ : {"image", "text", "table"}
        What was drawn.

    See Also
    --------
    sknoisy.quality.NeighborAgreement : Label quality by the labels of neighbours.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sknoisy.inspection import NeighborhoodDisplay
    >>> X, y = load_iris(return_X_y=True)
    >>> y[20] = 2
    >>> draw = NeighborhoodDisplay.from_predictions
    >>> [int(label) for label in draw(X, y, 20).labels]
    [2, 0, 0, 0, 0, 0]
    """

    def __init__(self, rows, distances, labels, values, *, columns=None):
        self.rows = rows
        self.distances = distances
        self.labels = labels
        self.values = values
        self.columns = columns

    @classmethod
    def from_estimator(
        cls,
        estimator,
        X,
        y,
        row=None,
        *,
        n_neighbors=5,
        columns=None,
        image_shape=None,
        ax=None,
        **kwargs,
    ):
        """Draw a row beside its neighbours in the space of a fitted estimator.

        Parameters
        ----------
        estimator : fitted estimator
            One with ``label_quality_``, or a ``Pipeline`` or search around one.
            Neighbours are searched in its ``embedding``, where it has one; otherwise
            after the transformers of its base, or in the numeric columns at unit
            variance.

        X : array-like, frame, sparse matrix or sequence of n_samples rows
            The rows that it was fitted to.

        y : array-like of shape (n_samples,)
            Their labels.

        row : int, default=None
            Row number. If None, the row of lowest label quality.

        n_neighbors : int, default=5
            Number of neighbours.

        columns : list of str or int, default=None
            Columns to show. If None, the first six.

        image_shape : tuple of int, default=None
            Shape of the image that each row of a table of numbers is.

        ax : matplotlib Axes, default=None
            Axes to draw on, None for a new figure.

        **kwargs : dict
            Further arguments for :meth:`matplotlib.axes.Axes.imshow` of images, or of
            the texts.

        Returns
        -------
        NeighborhoodDisplay
            The display.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        UnsuitableEstimatorError
            If the estimator has no label quality.
        ValueError
            If rows and labels do not fit, there is no such row or column, or nothing
            in ``X`` can be compared.
        """
        fitted = fitted_part(estimator, "label_quality_", owner=cls.__name__)
        if row is None:
            row = int(np.argmin(fitted.label_quality_))
        inner = getattr(fitted, "estimator", None)
        options = {"n_neighbors": n_neighbors, "columns": columns}
        return cls.from_predictions(
            X,
            y,
            row,
            points=_points(X, y, inner, getattr(fitted, "embedding", "auto")),
            image_shape=image_shape,
            ax=ax,
            **options,
            **kwargs,
        )

    @classmethod
    def from_predictions(
        cls,
        X,
        y,
        row,
        *,
        points=None,
        n_neighbors=5,
        columns=None,
        image_shape=None,
        ax=None,
        **kwargs,
    ):
        """Draw a row beside its neighbours among given points.

        Parameters
        ----------
        X : array-like, frame, sparse matrix or sequence of n_samples rows
            The rows to show: a table, texts or images.

        y : array-like of shape (n_samples,)
            Their labels.

        row : int
            Row number.

        points : array-like of shape (n_samples, n_dimensions), default=None
            Where the rows lie, such as embeddings of texts. If None, the numeric
            columns of X at unit variance.

        n_neighbors : int, default=5
            Number of neighbours.

        columns : list of str or int, default=None
            Columns to show. If None, the first six.

        image_shape : tuple of int, default=None
            Shape of the image that each row of a table of numbers is.

        ax : matplotlib Axes, default=None
            Axes to draw on, None for a new figure.

        **kwargs : dict
            Further arguments for :meth:`matplotlib.axes.Axes.imshow` of images, or of
            the texts.

        Returns
        -------
        NeighborhoodDisplay
            The display.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If rows, labels and points do not fit, there is no such row or column, or
            nothing in ``X`` can be compared.
        """
        n_samples = _num_samples(X)
        labels = read_labels(X, y, owner=cls.__name__)
        if not 0 <= row < n_samples:
            raise ValueError(
                f"row expected a number from 0 to {n_samples - 1}, but got {row}. Rows "
                "are counted from 0."
            )
        Z = _points(X, y) if points is None else np.asarray(points, dtype=float)
        if Z is None or Z.ndim != 2 or len(Z) != n_samples:
            found = "no numeric column" if Z is None else f"shape {Z.shape}"
            raise ValueError(
                f"{cls.__name__} expected points of shape ({n_samples}, n_dimensions) "
                f"or numeric columns, but got {found}. Pass points=, such as "
                "embeddings."
            )
        distances = np.linalg.norm(Z - Z[row], axis=1)
        order = np.argsort(distances, kind="stable")
        rows = np.append(row, order[order != row][:n_neighbors])
        values, names = _read_values(X, rows, columns, image_shape)
        given = labels.classes[labels.codes[rows]].tolist()
        display = cls(rows, distances[rows], given, values, columns=names)
        return display.plot(ax, **kwargs)

    def plot(self, ax=None, **kwargs):
        """Draw the row and its neighbours.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to draw on, None for a new figure.

        **kwargs : dict
            Further arguments for :meth:`matplotlib.axes.Axes.imshow` of images, or of
            the texts.

        Returns
        -------
        NeighborhoodDisplay
            The display itself.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        ax = self._draw_on(ax, **FIGURE)
        ax.set_axis_off()
        if self.columns is not None:
            self.kind_, draw = "table", self._draw_table
        elif isinstance(self.values[0], str):
            self.kind_, draw = "text", self._draw_texts
        else:
            self.kind_, draw = "image", self._draw_images
        draw(ax, kwargs)
        return self

    def _titles(self):
        """Return what is written about each row, and in which colour."""
        for row, distance, label in zip(
            self.rows, self.distances, self.labels, strict=True
        ):
            color = "C1" if label == self.labels[0] else "C0"
            near = "" if row == self.rows[0] else f"{distance:.2g}"
            yield short(label), row, near, color

    def _draw_images(self, ax, kwargs):
        n = len(self.rows)
        for place, (name, row, near, color) in enumerate(self._titles()):
            # The suspicious image stands apart by half a gap.
            left = (place + 0.5 * (place > 0)) / (n + 0.5)
            part = ax.inset_axes([left, 0, 0.9 / (n + 0.5), 0.8])
            part.imshow(self.values[place], **{"cmap": "gray_r", **kwargs})
            part.set(xticks=[], yticks=[])
            part.set_title(name, color=color, fontsize=10)
            part.set_xlabel(f"row {row}\n{near and f'at {near}'}", fontsize=8)

    def _draw_texts(self, ax, kwargs):
        n = len(self.rows)
        for place, (name, row, near, color) in enumerate(self._titles()):
            top = 1 - place / n
            where = f"row {row}{near and f' at {near}'}"
            ax.text(0, top, name, color=color, weight="bold", va="top")
            ax.text(0, top - 0.4 / n, where, color="0.5", fontsize=7, va="top")
            lines = textwrap.wrap(
                short(self.values[place], LINES * WIDTH),
                WIDTH,
                max_lines=LINES,
                placeholder=" …",
            )
            style = {"va": "top", "fontsize": 9}
            ax.text(0.2, top, "\n".join(lines), **{**style, **kwargs})

    def _draw_table(self, ax, kwargs):
        titles = list(self._titles())
        cells = [
            [name, row, near, *(_cell(value) for value in line)]
            for (name, row, near, _), line in zip(titles, self.values, strict=True)
        ]
        names = (textwrap.wrap(short(name, 24), 11) for name in self.columns)
        header = ["label", "row", "distance", *("\n".join(lines) for lines in names)]
        box = [0, 0, 1, 1]
        table = ax.table(cells, colLabels=header, bbox=box, edges="horizontal")
        table.auto_set_font_size(False)
        table.set_fontsize(8)
        for line, (*_, color) in enumerate(titles, start=1):
            table[line, 0].get_text().set(color=color, weight="bold")
            for cell in range(3, len(header)):
                table[line, cell].get_text().set(**kwargs)


def _points(X, y, estimator=None, embedding="auto"):
    """Return the rows as points, None where they cannot be compared."""
    labels = read_labels(X, y, owner="NeighborhoodDisplay")
    if np.ndim(X) > 2:
        X = np.reshape(X, (len(X), -1))
    with warnings.catch_warnings():
        # Without points, an error says what is missing.
        warnings.simplefilter("ignore", NoEvidenceWarning)
        return embed(
            X, labels, estimator=estimator, embedding=embedding, random_state=0
        )


def _read_values(X, rows, columns, image_shape):
    """Return what is shown of some rows, and the names of columns, None if none."""
    part = _safe_indexing(X, rows)
    if image_shape is not None:
        return np.asarray(part).reshape(len(rows), *image_shape), None
    names = getattr(part, "columns", None)
    if sparse.issparse(part):
        part = part.toarray()
    if names is None and np.ndim(part) == 1:
        return [str(value) for value in part], None
    if names is None and np.ndim(part) > 2:
        return np.asarray(part), None
    table = part.to_numpy() if names is not None else np.asarray(part)
    names = list(range(table.shape[1])) if names is None else list(names)
    columns = names[:MOST_COLUMNS] if columns is None else columns
    unknown = [column for column in columns if column not in names]
    if unknown:
        raise ValueError(
            f"columns expected names among {names[:20]}, but got {unknown}. Leave "
            "columns out for the first six."
        )
    table = table[:, [names.index(column) for column in columns]]
    return table, [str(column) for column in columns]


def _cell(value):
    """Return a value of a table as a short text."""
    number = isinstance(value, float | np.floating)
    return f"{value:.4g}" if number else short(value, 14)
