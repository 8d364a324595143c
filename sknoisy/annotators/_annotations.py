"""Who said what about which item: answers in, integer codes out."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_consistent_length, column_or_1d

from sknoisy._label_column import _fixed_width
from sknoisy._labels import _missing, _of_one_type, as_array
from sknoisy.classification._partly_labeled import _is_marked


@dataclass(frozen=True, eq=False)
class Annotations:
    """Labels by several annotators, in long form: an entry for each answer.

    Made by :func:`annotations_from_long`. Ten thousand items and five thousand
    annotators take no more memory than the answers that there are.

    Parameters
    ----------
    items : ndarray of int of shape (n_answers,)
        Positions in ``item_names``.

    annotators : ndarray of int of shape (n_answers,)
        Positions in ``annotator_names``.

    codes : ndarray of int of shape (n_answers,)
        Positions in ``classes``.

    item_names : ndarray of shape (n_items,)
        Names of the items, in the order of the rows of X.

    annotator_names : ndarray of shape (n_annotators,)
        Names of the annotators.

    classes : ndarray of shape (n_classes,)
        The distinct labels, sorted.

    See Also
    --------
    annotations_from_long : Make one.
    annotations_to_long : Back to three columns.

    Examples
    --------
    >>> from sknoisy.annotators import annotations_from_long
    >>> answers = annotations_from_long(
    ...     [0, 0, 1], ["ann", "bob", "ann"], ["cat", "dog", "dog"]
    ... )
    >>> answers.shape, answers.n_answers
    ((2, 2), 3)
    >>> answers.to_array(missing="")
    array([['cat', 'dog'],
           ['dog', '']], dtype=object)
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
        entries = np.ones(self.n_answers), (self.items, self.codes)
        table = sparse.coo_array(entries, shape=(len(self), self.n_classes))
        return table.toarray()

    def take(self, rows):
        """Return the answers about some of the items.

        Parameters
        ----------
        rows : array-like of int
            Positions of distinct items, in the order wanted.

        Returns
        -------
        Annotations
            The same annotators and classes.
        """
        rows = np.asarray(rows)
        place = np.full(len(self), -1)
        place[rows] = np.arange(len(rows))
        kept = place[self.items] >= 0
        return Annotations(
            items=place[self.items[kept]],
            annotators=self.annotators[kept],
            codes=self.codes[kept],
            item_names=self.item_names[rows],
            annotator_names=self.annotator_names,
            classes=self.classes,
        )

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
    items : array-like of shape (n_answers,)
        The item of each answer.

    annotators : array-like of shape (n_answers,)
        Who gave each answer.

    labels : array-like of shape (n_answers,)
        The answers.

    item_names : array-like of shape (n_items,), default=None
        All items, in the order of the rows of X; also those that nobody has seen. If
        None, the sorted items that have an answer.

    annotator_names : array-like of shape (n_annotators,), default=None
        All annotators. If None, the sorted ones that gave an answer.

    classes : array-like of shape (n_classes,), default=None
        All labels. If None, the sorted ones that were given.

    Returns
    -------
    Annotations
        What ``fit`` and the figures of agreement take.

    Raises
    ------
    ValueError
        If the columns differ in length, something is missing in one of them, a name is
        not among those given, or an annotator answers about an item twice.

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
    values = as_array(labels)
    check_classification_targets(_clean(values, "labels"))
    codes, classes = _named(values, classes, "labels")
    answers = Annotations(
        items, annotators, codes, item_names, annotator_names, np.unique(classes)
    )
    # Classes that were given in another order are sorted, as classes_ always is.
    order = np.argsort(np.argsort(classes))
    answers = _with_codes(answers, order[codes])
    _check_once(answers)
    return answers


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
    items : ndarray of shape (n_answers,)
        Names of the items, row numbers where they have none.

    annotators : ndarray of shape (n_answers,)
        Names of the annotators, column numbers where they have none.

    labels : ndarray of shape (n_answers,)
        The answers.

    Raises
    ------
    ValueError
        If there is no answer at all.

    See Also
    --------
    annotations_from_long : The way back.

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


def read_annotations(annotations, *, owner, missing=None):
    """Read answers of any form.

    Parameters
    ----------
    annotations : array-like of shape (n_items, n_annotators) or Annotations
        The answers; None and NaN stand for none.

    owner : str
        Name of the caller, for the messages.

    missing : object, default=None
        What else stands for a missing answer.

    Returns
    -------
    Annotations
        The answers in long form.
    """
    if isinstance(annotations, Annotations):
        return annotations
    table, names = _as_table(annotations, owner)
    given = ~_missing(table.ravel())
    if missing is not None:
        given &= ~_is_marked(table.ravel(), missing)
    if not given.any():
        raise ValueError(
            f"{owner} expected some answers, but all {table.size} entries of the "
            f"annotations of shape {table.shape} are missing. Check missing="
            f"{missing!r}, which says what stands for no answer."
        )
    values = _values(table.ravel()[given], owner)
    classes, codes = np.unique(values, return_inverse=True)
    items, annotators = np.nonzero(given.reshape(table.shape))
    return Annotations(items, annotators, codes, np.arange(len(table)), names, classes)


def _as_table(annotations, owner):
    """Return the answers as a two-dimensional array, and the names of its columns."""
    columns = getattr(annotations, "columns", None)
    if columns is None and not hasattr(annotations, "__array__"):
        # numpy would write None and NaN among strings out as strings.
        annotations = np.array(annotations, dtype=object)
    table = np.asarray(annotations)
    if table.ndim == 1:
        table = table[:, None]
    if table.ndim != 2 or not table.size:
        raise ValueError(
            f"{owner} expected annotations of shape (n_items, n_annotators), an answer "
            f"of each annotator to each item, but got shape {table.shape}. Rows of "
            "unequal length and long tables go through annotations_from_long."
        )
    names = np.arange(table.shape[1]) if columns is None else np.asarray(columns)
    return table, names


def _values(values, owner):
    """Return the answers that are there in a dtype of their own."""
    if values.dtype.kind == "O":
        values = _dtype_of_its_own(values, owner)
    whole = values.dtype.kind == "f" and np.isfinite(values).all()
    if whole and (values == np.rint(values)).all():
        # Integers among which some are missing can only be stored as floats.
        values = values.astype(np.intp)
    check_classification_targets(values)
    return values


def _clean(values, name):
    values = column_or_1d(values)
    missing = _missing(values)
    if missing.any():
        raise ValueError(
            f"{name} expected an entry for each answer, but {missing.sum()} of "
            f"{len(values)} are None or NaN, the first at position "
            f"{int(missing.argmax())}. Leave out the answers that are missing."
        )
    return _dtype_of_its_own(values, name) if values.dtype.kind == "O" else values


def _dtype_of_its_own(values, name):
    """Return objects as strings or numbers, if they are."""
    values = _of_one_type(values, name)
    is_text = values.dtype.kind == "O" and len(values) and isinstance(values[0], str)
    return _fixed_width(values) if is_text else values


def _named(values, names, what):
    """Return the position of each value among the names, and the names."""
    values = _clean(as_array(values), what)
    if names is None:
        names, positions = np.unique(values, return_inverse=True)
        return positions, names
    names = _clean(as_array(names), what)
    if len(np.unique(names)) < len(names):
        raise ValueError(f"The names of the {what} expected no name twice. Drop one.")
    order = np.argsort(names)
    found = np.minimum(np.searchsorted(names, values, sorter=order), len(names) - 1)
    positions = order[found]
    unknown = names[positions] != values
    if unknown.any():
        raise ValueError(
            f"{what} expected only names among those given, but also hold "
            f"{values[unknown].tolist()[0]!r}, in {unknown.sum()} of {len(values)} "
            "answers. Add it to the names, or leave these answers out."
        )
    return positions, names


def _with_codes(answers, codes):
    fields = {**vars(answers), "codes": codes}
    return Annotations(**fields)


def _check_once(answers):
    """Refuse two answers of one annotator to one item."""
    pairs = answers.items * answers.shape[1] + answers.annotators
    distinct, times = np.unique(pairs, return_counts=True)
    if (times > 1).any():
        item, annotator = divmod(distinct[times.argmax()], answers.shape[1])
        raise ValueError(
            "annotations expected at most one answer of each annotator to each item, "
            f"but {answers.annotator_names.tolist()[annotator]!r} answers about item "
            f"{answers.item_names.tolist()[item]!r} {times.max()} times. Keep one."
        )
