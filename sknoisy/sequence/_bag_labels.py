"""The door for weak labels: what happens in each bag, in whatever form it is told.

The forms are told apart by what they are:

- two dimensions: a multi-hot table of zeros and ones, a column per class,
- one dimension of plain labels: the single label of each bag,
- a list of sets, lists, tuples or arrays: the labels of each bag, maybe none,
- a list of tables of segments, or one flat table: where things happen, of which the
  bag labels are what remains.
"""

from dataclasses import dataclass

import numpy as np
from sklearn.utils.validation import check_array

from sknoisy._labels import as_array, encode_labels
from sknoisy.sequence._bags import is_list
from sknoisy.sequence._segments import (
    FIELDS,
    check_inside,
    read_table,
    table_of_columns,
)


@dataclass(frozen=True)
class BagLabels:
    """What happens in each bag.

    Attributes
    ----------
    table : ndarray of bool of shape (n_bags, n_classes)
        Whether the class occurs in the bag.
    classes : ndarray of shape (n_classes,)
        The classes, in the order of the columns.
    segments : ndarray or None
        Flat table of the segments where these were given, with bags as positions.
    """

    table: np.ndarray
    classes: np.ndarray
    segments: np.ndarray | None = None

    @property
    def n_bags(self):
        """Number of bags."""
        return len(self.table)

    @property
    def n_classes(self):
        """Number of classes."""
        return len(self.classes)


def read_bag_labels(y, bags, *, owner, classes=None):
    """Return weak labels of any accepted form as one record.

    Parameters
    ----------
    y : multi-hot table, single labels, label sets or tables of segments
        See the top of this file.

    bags : Bags
        The sequences that they belong to.

    owner : str
        Name of the estimator that asks, for the messages.

    classes : array-like of shape (n_classes,), default=None
        The classes in the order wanted. If None, the sorted labels, and for a multi-hot
        table the numbers of its columns.

    Returns
    -------
    BagLabels
        The record.
    """
    if y is None:
        raise ValueError(
            f"{owner} requires y to be passed, but the target y is None. Pass the "
            "labels of each bag."
        )
    form = form_of_labels(y)
    read = {
        "segments": _of_segments,
        "sets": _of_sets,
        "multi-hot": _of_indicator,
        "single": _of_single,
    }[form]
    return read(y, bags, owner, classes)


SEVERAL = (list, tuple, set, frozenset, np.ndarray)


def form_of_labels(y):
    """Return how labels were told: "segments", "sets", "multi-hot" or "single"."""
    if _is_table(y):
        return "segments"
    if not is_list(y) or getattr(y, "ndim", 1) > 1:
        return "multi-hot" if np.ndim(y) == 2 else "single"
    if any(map(_is_table, y)):
        return "segments"
    if not any(isinstance(entry, SEVERAL) for entry in y):
        return "single"
    _check_not_ambiguous(y)
    return "sets"


def _check_not_ambiguous(y):
    """Refuse nested lists that could be a multi-hot table and sets of labels alike."""
    widths = {len(entry) for entry in y if isinstance(entry, list | tuple)}
    rectangular = all(isinstance(entry, list | tuple) for entry in y)
    if not rectangular or len(widths) != 1 or not widths - {0, 1}:
        return
    if {label for entry in y for label in entry} <= {0, 1}:
        raise ValueError(
            "y is a list of lists of zeros and ones, which can be a table with a "
            "column per class or the labels 0 and 1 of each bag. Pass a table as "
            "numpy.array(y), labels as a list of sets."
        )


def _is_table(y):
    """Whether this is a table of segments, which has a column "start"."""
    names = getattr(getattr(y, "dtype", None), "names", None)
    names = names or getattr(y, "columns", None)
    return names is not None and "start" in list(names)


def _check_count(n_labels, bags, owner):
    """Refuse anything but one entry per bag."""
    if n_labels != bags.n_bags:
        raise ValueError(
            f"{owner} expected labels for each of the {bags.n_bags} bags of X, but y "
            f"has {n_labels} entries. An empty set says that nothing happens in a bag."
        )


def _of_segments(y, bags, owner, classes):
    """Return the record of segments, in one table or one per bag."""
    if _is_table(y):
        segments = with_positions(read_table(y, "y"), bags)
    else:
        _check_count(len(y), bags, owner)
        segments = read_table(list(y), "y")
    check_inside(segments, bags.lengths, "y")
    return _record(segments["bag"], segments["label"], bags, owner, classes, segments)


def with_positions(segments, bags):
    """Return a table in which names of groups have become positions of bags."""
    if np.array_equal(bags.names, np.arange(bags.n_bags)):
        return segments
    bag = segments["bag"]
    if (unknown := ~np.isin(bag, bags.names)).any():
        raise ValueError(
            "y expected segments in bags that groups names, but segment "
            f"{int(unknown.argmax())} is in bag {bag[unknown].tolist()[0]!r}. Write "
            "bags as in groups."
        )
    order = np.argsort(bags.names)
    place = np.searchsorted(bags.names, bag, sorter=order)
    columns = {field: segments[field] for field in FIELDS}
    return table_of_columns({**columns, "bag": order[place]}, "y")


def _of_sets(y, bags, owner, classes):
    """Return the record of a set of labels per bag."""
    _check_count(len(y), bags, owner)
    for number, entry in enumerate(y):
        if not isinstance(entry, SEVERAL):
            raise ValueError(
                f"{owner} expected the set of labels of each bag, but bag {number} has "
                f"{entry!r}. Write a single label as a set as well, {{{entry!r}}}."
            )
    flat = [label for entry in y for label in entry]
    bag = np.repeat(np.arange(len(y)), [len(entry) for entry in y])
    return _record(bag, flat, bags, owner, classes)


def _of_single(y, bags, owner, classes):
    """Return the record of one label per bag."""
    y = as_array(y)
    _check_count(y.size, bags, owner)
    return _record(np.arange(len(y)), y, bags, owner, classes)


def _record(bag, labels, bags, owner, classes, segments=None):
    """Return the record of pairs of bag and label."""
    if not len(labels):
        if classes is None:
            raise ValueError(
                f"{owner} expected at least one label in y, but nothing happens in any "
                "bag. Check what selected them."
            )
        codes, classes = np.empty(0, np.intp), np.asarray(classes)
    else:
        classes, codes = encode_labels(labels, owner=owner, classes=classes)
    table = np.zeros((bags.n_bags, len(classes)), dtype=bool)
    table[bag, codes] = True
    return BagLabels(table, classes, segments)


def _of_indicator(y, bags, owner, classes):
    """Return the record of a multi-hot table."""
    table = check_array(y, accept_sparse="csr", dtype=None, input_name="y")
    table = table.toarray() if hasattr(table, "toarray") else table
    _check_count(len(table), bags, owner)
    if not np.isin(table, [0, 1]).all():
        raise ValueError(
            f"{owner} expected zeros and ones in a table y of shape (n_bags, n_classes)"
            f", but got the values {np.unique(table)[:5].tolist()}. For one label per "
            "bag pass one dimension; labels per step belong into segments."
        )
    classes = np.arange(table.shape[1]) if classes is None else np.asarray(classes)
    if len(classes) != table.shape[1]:
        raise ValueError(
            f"{owner} expected a column in y for each of the {len(classes)} classes, "
            f"but got {table.shape[1]}. Keep columns of classes that never occur."
        )
    return BagLabels(table.astype(bool), classes)
