"""Who said what about which item: answers in, integer codes out."""

from dataclasses import dataclass

import numpy as np
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_consistent_length

from sknoisy._labels import _missing


@dataclass(frozen=True, eq=False)
class Annotations:
    """Labels by several annotators, in long form: an entry for each answer.

    Made by :func:`annotations_from_long`; memory grows with the number of answers.

    Parameters
    ----------
    items, annotators, codes : ndarray of int of shape (n_answers,)
        Positions in ``item_names``, ``annotator_names`` and ``classes``.

    item_names : ndarray of shape (n_items,)
        Names of the items, in the order of the rows of X.

    annotator_names : ndarray of shape (n_annotators,)
        Names of the annotators.

    classes : ndarray of shape (n_classes,)
        The distinct labels, sorted.

    See Also
    --------
    annotations_from_long : Makes one.

    Examples
    --------
    >>> from sknoisy.annotators import annotations_from_long
    >>> answers = annotations_from_long([0, 0, 1], ["ann", "bob", "ann"], list("xyy"))
    >>> answers.shape, answers.n_answers
    ((2, 2), 3)
    >>> answers.to_array(missing="").tolist()
    [['x', 'y'], ['y', '']]
    """

    items: np.ndarray
    annotators: np.ndarray
    codes: np.ndarray
    item_names: np.ndarray
    annotator_names: np.ndarray
    classes: np.ndarray

    @property
    def shape(self):
        """Numbers of items and of annotators."""
        return len(self.item_names), len(self.annotator_names)

    @property
    def n_answers(self):
        """Number of answers."""
        return len(self.codes)

    @property
    def n_classes(self):
        """Number of classes."""
        return len(self.classes)

    def __len__(self):
        return len(self.item_names)

    def counts(self):
        """Count the answers that name each class.

        Returns
        -------
        ndarray of shape (n_items, n_classes)
            Numbers of answers.
        """
        shape = len(self), self.n_classes
        flat = np.ravel_multi_index((self.items, self.codes), shape)
        return np.bincount(flat, minlength=np.prod(shape)).reshape(shape) * 1.0

    def to_array(self, missing=None):
        """Return a table with a row for each item and a column for each annotator.

        Parameters
        ----------
        missing : object, default=None
            What stands where there is no answer.

        Returns
        -------
        ndarray of object of shape (n_items, n_annotators)
            The labels.
        """
        table = np.full(self.shape, missing, dtype=object)
        table[self.items, self.annotators] = self.classes[self.codes]
        return table


def annotations_from_long(
    items, annotators, labels, *, item_names=None, annotator_names=None, classes=None
):
    """Make annotations of three columns: item, annotator, label.

    Parameters
    ----------
    items, annotators, labels : array-like of shape (n_answers,)
        The item of each answer, who gave it, and the answer.

    item_names : array-like of shape (n_items,), default=None
        All items, in the order of the rows of X; None means those with an answer.

    annotator_names : array-like of shape (n_annotators,), default=None
        All annotators.

    classes : array-like of shape (n_classes,), default=None
        All labels.

    Returns
    -------
    Annotations
        What ``fit`` takes.

    Raises
    ------
    ValueError
        If columns differ in length, hold gaps, several types or tuples, or names not
        among those given, or if an annotator answers about an item twice.

    See Also
    --------
    annotations_to_long : The way back.

    Examples
    --------
    >>> from sknoisy.annotators import DawidSkene, annotations_from_long
    >>> item = ["a", "a", "a", "b", "b", "c"]
    >>> who = [1, 2, 3, 1, 2, 3]
    >>> label = ["yes", "yes", "no", "no", "no", "yes"]
    >>> answers = annotations_from_long(item, who, label)
    >>> DawidSkene().fit(answers).labels_
    array(['yes', 'no', 'yes'], dtype='<U3')
    """
    check_consistent_length(items, annotators, labels)
    items, item_names = _named(items, item_names, "items")
    annotators, annotator_names = _named(annotators, annotator_names, "annotators")
    codes, classes = _named(labels, classes, "labels")
    # Words and whole numbers are classes; the rest may be measurements.
    if classes.dtype.kind not in "USbiu":
        check_classification_targets(classes[codes])
    # Classes that were given in another order are sorted, as classes_ always is.
    order = np.argsort(classes)
    codes = np.argsort(order)[codes]
    _check_once(items, annotators, item_names, annotator_names)
    return Annotations(
        items, annotators, codes, item_names, annotator_names, classes[order]
    )


def annotations_to_long(annotations, *, missing=None):
    """Return answers as three columns: item, annotator, label.

    Parameters
    ----------
    annotations : array-like of shape (n_items, n_annotators) or Annotations
        The answers; None and NaN stand for none.

    missing : object, default=None
        What else stands for a missing answer.

    Returns
    -------
    items, annotators, labels : ndarray of shape (n_answers,)
        Names of the items and annotators, row and column numbers where they have none,
        and the answers.

    Examples
    --------
    >>> from sknoisy.annotators import annotations_to_long
    >>> items, annotators, labels = annotations_to_long([["a", None], ["b", "a"]])
    >>> items, annotators
    (array([0, 1, 1]), array([0, 0, 1]))
    >>> labels
    array(['a', 'b', 'a'], dtype='<U1')
    """
    found = read_annotations(annotations, missing=missing, owner="annotations_to_long")
    return (
        found.item_names[found.items],
        found.annotator_names[found.annotators],
        found.classes[found.codes],
    )


def annotations_to_frame(annotations, *, missing=None):
    """Return answers as a frame of three columns, as crowd-kit takes them.

    The ``fit_predict`` of its aggregators (the extra ``crowd``), such as ``MACE`` or
    ``GLAD``, takes this frame and returns labels by item.

    Parameters
    ----------
    annotations : array-like of shape (n_items, n_annotators) or Annotations
        The answers; None and NaN stand for none.

    missing : object, default=None
        What else stands for a missing answer.

    Returns
    -------
    DataFrame of shape (n_answers, 3)
        A row for each answer, with the columns task, worker and label.

    Raises
    ------
    ImportError
        If pandas is not installed.

    Examples
    --------
    >>> from sknoisy.annotators import annotations_to_frame
    >>> print(annotations_to_frame([["a", None], ["b", "a"]]))
       task  worker label
    0     0       0     a
    1     1       0     b
    2     1       1     a
    """
    try:
        import pandas as pd
    except ImportError as error:
        raise ImportError(
            "annotations_to_frame needs pandas. Install it with pip install "
            '".[crowd]" in the folder of sknoisy, or use annotations_to_long, which '
            "returns arrays."
        ) from error
    long = annotations_to_long(annotations, missing=missing)
    return pd.DataFrame(dict(zip(("task", "worker", "label"), long, strict=True)))


def read_annotations(annotations, *, owner, missing=None):
    """Return answers of any form as :class:`Annotations`.

    ``annotations`` is one, or a table of shape (n_items, n_annotators), of which one
    column may come alone; ``missing`` stands for no answer, beside None and NaN.
    """
    if isinstance(annotations, Annotations):
        return annotations
    table, names = _as_table(annotations, owner)
    given = ~is_gap(table.ravel(), missing)
    if not given.any():
        raise ValueError(
            f"{owner} expected some answers, but all {table.size} entries of the "
            f"annotations are missing. Check missing={missing!r}, which says what "
            "stands for no answer."
        )
    expected = f"{owner} expected a table, of which tuples are rows, with labels"
    values = _of_one_type(table.ravel()[given], expected)
    # Integers among which some are missing can only be stored as floats.
    whole = values.dtype.kind == "f" and np.isfinite(values).all()
    if whole and (values == np.rint(values)).all():
        values = values.astype(np.intp)
    check_classification_targets(values)
    classes, codes = _distinct(values)
    items, annotators = np.nonzero(given.reshape(table.shape))
    return Annotations(items, annotators, codes, np.arange(len(table)), names, classes)


def _as_array(values):
    """Return values as an array, without None and NaN written out as words."""
    if hasattr(values, "__array__"):
        return np.asarray(values)
    return np.array(values, dtype=object)


def _as_table(annotations, owner):
    """Return the answers as a two-dimensional array, and the names of its columns."""
    table = _as_array(annotations)
    if table.ndim == 1:
        table = table[:, None]
    if table.ndim != 2 or not table.size:
        raise ValueError(
            f"{owner} expected annotations of shape (n_items, n_annotators), but got "
            f"shape {table.shape}. Rows of unequal length and long tables go through "
            "annotations_from_long; labels that are tuples must be joined to one text."
        )
    columns = getattr(annotations, "columns", None)
    names = np.arange(table.shape[1]) if columns is None else np.asarray(columns)
    return table, names


def is_gap(values, missing):
    """Return the mask of None, NaN, pandas' missing values and the marker."""
    gaps = _missing(values)
    if missing is not None:
        # One by one, since numpy compares numbers with words as words.
        gaps |= np.array([_equals(value, missing) for value in values.tolist()], bool)
    return gaps


def _equals(value, missing):
    """Whether a label is the marker; a missing value, which will not say, is not."""
    try:
        return bool(value == missing)
    except (TypeError, ValueError):
        return False


def _of_one_type(values, expected):
    """Return values held as objects in a dtype of their own; words stay objects."""
    if values.dtype.kind != "O":
        return values
    # The integers of numpy and of Python are of one type.
    values = [v.item() if isinstance(v, np.generic) else v for v in values]
    kinds = {str if isinstance(value, str) else type(value) for value in values}
    nested = [k for k in kinds if hasattr(k, "__len__") and k not in (str, bytes)]
    if nested:
        raise ValueError(
            f"{expected} that are single values, but got {nested[0].__name__}, such as "
            f"{next(v for v in values if isinstance(v, nested[0]))!r}. Join its parts "
            "to one text, for example by '/'.join(map(str, value))."
        )
    if len(kinds) > 1:
        names = ", ".join(sorted(kind.__name__ for kind in kinds))
        raise ValueError(
            f"{expected} of one type, but got a mix of {names}. Convert them to "
            "one type, for example to str."
        )
    return np.array(values, dtype=object if kinds == {str} else None)


def _distinct(values):
    """Return the sorted distinct values and the position of each value."""
    names, positions = np.unique(values, return_inverse=True)
    # Only here, since an array of fixed width takes the longest word for every answer.
    return np.array(names.tolist()) if names.dtype.kind == "O" else names, positions


def _column(values, what):
    """Return a column of the long form without missing values, of one type."""
    values = _as_array(values)
    if values.ndim != 1:
        raise ValueError(
            f"{what} expected one value for each answer, shape (n_answers,), but got "
            f"shape {values.shape}. Pass one column; join parts of tuples to one text."
        )
    missing = _missing(values)
    if missing.any():
        raise ValueError(
            f"{what} expected an entry for each answer, but {missing.sum()} of "
            f"{len(values)} are None or NaN, the first at position "
            f"{int(missing.argmax())}. Leave out the answers that are missing."
        )
    return _of_one_type(values, f"{what} expected values")


def _named(values, names, what):
    """Return the position of each value among the names, and the names."""
    values = _column(values, what)
    if names is None:
        names, positions = _distinct(values)
        return positions, names
    names = _column(names, what)
    # By hash, since names may be of a type that does not sort beside the values.
    place = {name: position for position, name in enumerate(names.tolist())}
    if len(place) < len(names):
        raise ValueError(f"The names of the {what} expected no name twice. Drop one.")
    positions = [place.get(value) for value in values.tolist()]
    unknown = [k for k, position in enumerate(positions) if position is None]
    if unknown:
        raise ValueError(
            f"{what} expected only names among those given, but also hold "
            f"{values.tolist()[unknown[0]]!r}, in {len(unknown)} of {len(values)} "
            "answers. Add it to the names, or leave these answers out."
        )
    names = np.array(names.tolist()) if names.dtype.kind == "O" else names
    return np.array(positions, dtype=np.intp), names


def _check_once(items, annotators, item_names, annotator_names):
    """Refuse two answers of one annotator to one item."""
    # One number for each pair of item and annotator.
    pairs = items * len(annotator_names) + annotators
    distinct, times = np.unique(pairs, return_counts=True)
    if (times > 1).any():
        item, annotator = divmod(distinct[times.argmax()], len(annotator_names))
        raise ValueError(
            "annotations expected at most one answer of each annotator to each item, "
            f"but {annotator_names.tolist()[annotator]!r} answers about item "
            f"{item_names.tolist()[item]!r} {times.max()} times. Keep one."
        )
