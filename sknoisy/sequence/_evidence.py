"""Labels of bags and of steps: the keyword, never a value, says how they are read."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from sknoisy._indicator import read_indicator
from sknoisy._labels import encode_labels
from sknoisy.sequence._bags import is_list
from sknoisy.sequence._segments import (
    check_inside,
    holds_segments,
    is_list_of_tables,
    read_table,
    segment_table,
    step_ranges,
)

KEYWORDS = (
    "Labels of bags go into y as a list with one set per bag, empty where nothing "
    "happens, [set(labels) for labels in y], as a table numpy.array(y) of zeros and "
    "ones, or as one label per bag in one dimension; a label for each step goes into "
    "step_labels, tables of segments into segments."
)


@dataclass(frozen=True)
class Evidence:
    """Weak labels of bags, and labels of single steps where there are any."""

    # The classes; the background is none of them, (n_classes,).
    classes: np.ndarray
    # Probability that a class occurs in a bag, 0 or 1 unless labels were corrected; 1
    # in the last column, for the background, (n_bags, n_classes + 1).
    allowed: np.ndarray
    # Weights of the classes for single steps, rows of zeros where nothing is known,
    # (n_steps, n_classes + 1).
    targets: np.ndarray
    # Whether each step has a label, so that bags have nothing to add.
    by_step: bool = False
    # Table of points, with bags and labels as positions.
    points: np.ndarray | None = None
    # Whether the bag of each step has points, (n_steps,).
    pointed: np.ndarray | bool = False
    # What is known to be right about bags and classes, (n_bags, n_classes).
    trusted: np.ndarray | None = None

    @property
    def present(self):
        """Whether each class occurs in each bag, of shape (n_bags, n_classes)."""
        # More likely than not, where the labels of bags were corrected.
        return self.allowed[:, :-1] > 0.5


def read_evidence(bags, sources, *, owner, points=None, trusted=None, background=None):
    """Return as one record what one of ``y``, ``segments`` and ``step_labels`` says."""
    kind, labels = _only_source(owner, sources)
    if kind == "step_labels":
        for name, extra in {"points": points, "trusted": trusted}.items():
            if extra is not None:
                raise ValueError(
                    f"{owner} expected {name} beside labels of bags, but got it beside "
                    f"step_labels. Leave {name} out, or pass labels of bags in y."
                )
        return _of_steps(read_step_labels(labels, bags, owner), bags, owner, background)
    if kind == "y":
        classes, table = read_bag_labels(labels, bags, owner)
    else:
        found = read_segments_of_bags(labels, bags, owner)
        classes, table = _table_of_pairs(found["bag"], found["label"], bags, owner)
    allowed = np.column_stack([table, np.ones(len(table))])
    targets = np.zeros((len(bags.values), len(classes) + 1))
    # Nothing could contradict the label of a bag without steps.
    known = _read_trusted(trusted, table.shape, owner) | (bags.lengths == 0)[:, None]
    if points is None:
        return Evidence(classes, allowed, targets, trusted=known)
    points = _coded_points(points, bags, classes, owner)
    _add_points(targets, points, bags)
    # Where a point is, the class occurs, whatever the label of the bag says.
    allowed[points["bag"], points["label"]] = 1
    known[points["bag"], points["label"]] = True
    pointed = np.isin(bags.bag_of_step, points["bag"])
    return Evidence(classes, allowed, targets, False, points, pointed, known)


def _only_source(owner, sources):
    """Return the keyword and the labels of the one source that is given."""
    given = {name: value for name, value in sources.items() if value is not None}
    if not given:
        what = "requires y to be passed, but the target y is None"
        raise ValueError(f"{owner} {what}. {KEYWORDS}")
    if len(given) > 1:
        raise ValueError(
            f"{owner} expected one of {', '.join(sources)}, but got "
            f"{' and '.join(given)}. Leave out all but one."
        )
    return given.popitem()


def _check_count(n_labels, bags, owner, name):
    """Refuse anything but one entry per bag."""
    if n_labels != bags.n_bags:
        raise ValueError(
            f"{owner} expected labels for each of the {bags.n_bags} bags of X, but "
            f"{name} has {n_labels} entries. {KEYWORDS}"
        )


def read_bag_labels(y, bags, owner):
    """Return the classes, and whether each occurs in each bag."""
    if holds_segments(y):
        raise ValueError(
            f"{owner} expected labels of bags in y, but got tables of segments. Pass "
            "them by their keyword: fit(X, segments=...)."
        )
    if isinstance(y, str | set | frozenset | dict) or not np.iterable(y):
        raise ValueError(
            f"{owner} expected an entry in y for each bag, but got {y!r}. {KEYWORDS}"
        )
    if not is_list(y) and np.ndim(y) == 2:
        table = read_indicator(y, owner=owner, name="y")
        _check_count(table.n_samples, bags, owner, "y")
        # Names of columns as an array of their own type, not of objects.
        return np.array(table.names.tolist()), table.matrix.toarray()
    if all(isinstance(entry, str | bytes) or not np.iterable(entry) for entry in y):
        y = np.asarray(y)
        _check_count(y.size, bags, owner, "y")
        return _table_of_pairs(np.arange(len(y)), y, bags, owner)
    _check_count(len(y), bags, owner, "y")
    for number, entry in enumerate(y):
        # A list could be a row of a table, a label per step, or labels of the bag.
        if not isinstance(entry, set | frozenset):
            raise ValueError(
                f"{owner} cannot tell what y says, and expected a set of labels for "
                f"each bag, but bag {number} has {entry!r}, of type "
                f"{type(entry).__name__}. {KEYWORDS}"
            )
    flat = [label for entry in y for label in entry]
    if any(isinstance(label, tuple) for label in flat):
        raise ValueError(
            f"{owner} expected labels that are texts or numbers, but y has tuples as "
            "labels. Join their parts to one text."
        )
    bag = np.repeat(np.arange(len(y)), [len(entry) for entry in y])
    return _table_of_pairs(bag, np.array(flat), bags, owner)


def _table_of_pairs(bag, labels, bags, owner):
    """Return the classes and the table of pairs of bag and label."""
    if not len(labels):
        raise ValueError(
            f"{owner} expected at least one label, but nothing happens in any bag. "
            "Check what selected them."
        )
    classes, codes = encode_labels(labels, owner=owner)
    table = np.zeros((bags.n_bags, len(classes)), dtype=bool)
    table[bag, codes] = True
    return classes, table


def read_segments_of_bags(segments, bags, owner, name="segments"):
    """Return tables of segments as one, all of them inside the bags."""
    if is_list_of_tables(segments):
        _check_count(len(segments), bags, owner, name)
    table = read_table(segments, name)
    check_inside(table, bags.lengths, name)
    return table


def read_step_labels(step_labels, bags, owner):
    """Return the labels of all steps, checked to fit the bags, as one array."""
    if isinstance(step_labels, str) or not np.iterable(step_labels):
        raise ValueError(
            f"{owner} expected one array of labels per bag in step_labels, but got "
            f"{step_labels!r}. Pass [labels_of_bag_0, labels_of_bag_1, ...]."
        )
    _check_count(len(step_labels), bags, owner, "step_labels")
    arrays = [np.asarray(entry) for entry in step_labels]
    for bag, (array, length) in enumerate(zip(arrays, bags.lengths, strict=True)):
        if array.shape != (length,):
            raise ValueError(
                f"{owner} expected step_labels for each of the {length} steps of bag "
                f"{bag}, but got shape {array.shape}. Labels of bags go into y."
            )
    # The dtype of an empty array says nothing about the labels.
    return np.concatenate([array for array in arrays if len(array)] or arrays[:1])


def _read_trusted(trusted, shape, owner):
    """Return which entries of the table of bags and classes are known to be right."""
    if trusted is None:
        return np.zeros(shape, bool)
    # Row numbers would be read as a mask of another shape.
    trusted = np.asarray(trusted)
    if trusted.dtype.kind != "b" or trusted.shape not in {shape, shape[:1]}:
        raise ValueError(
            f"trusted must be a boolean mask of shape {shape[:1]}, for bags whose "
            f"labels are all right, or {shape}, for single entries, but {owner} got "
            f"dtype {trusted.dtype} and shape {trusted.shape}."
        )
    trusted = trusted if trusted.ndim == 2 else trusted[:, None]
    return np.broadcast_to(trusted, shape).copy()


def _of_steps(labels, bags, owner, background):
    """Return the record of a label for each step."""
    happens = np.ones(len(labels), bool) if background is None else labels != background
    if not np.any(happens):
        raise ValueError(
            f"{owner} expected something to happen at some step, but all labels are "
            f"the background, {background!r}. Check the parameter background."
        )
    classes, codes = encode_labels(labels[happens], owner=owner)
    column = np.full(len(labels), len(classes))
    column[happens] = codes
    targets = np.eye(len(classes) + 1)[column]
    allowed = np.zeros((bags.n_bags, len(classes) + 1))
    np.maximum.at(allowed, bags.bag_of_step, targets)
    return Evidence(classes, allowed, targets, by_step=True)


def _coded_points(points, bags, classes, owner):
    """Return the table of points with labels as positions."""
    table = read_segments_of_bags(points, bags, owner, "points")
    if not len(table):
        return segment_table([], [])
    owner = f"points of {owner}"
    codes = encode_labels(table["label"], owner=owner, classes=classes)[1]
    return segment_table(table["start"], table["end"], label=codes, bag=table["bag"])


def _add_points(targets, points, bags):
    """Add the labels of points, those of a bag together as much as the bag."""
    n_steps, shift = bags.lengths[points["bag"]], bags.offsets[points["bag"]]
    first, last = step_ranges(points["start"], points["end"], n_steps)
    for row, label in enumerate(points["label"]):
        targets[shift[row] + first[row] : shift[row] + last[row], label] = 1
    for begin, end in pairwise(bags.offsets):
        # The loss takes the mean over all steps of the bag, of which few have a point.
        n_known = max(np.count_nonzero(targets[begin:end].any(axis=1)), 1)
        targets[begin:end] *= (end - begin) / n_known


def runs_of_labels(labels, bags, background):
    """Return the runs of equal labels as a table of segments."""
    bag = bags.bag_of_step
    if not len(labels):
        return segment_table([], [])
    # A run also ends with its bag.
    change = np.append(True, (labels[1:] != labels[:-1]) | (bag[1:] != bag[:-1]))
    begin = np.flatnonzero(change)
    end = np.append(begin[1:], len(labels))
    if background is not None:
        happens = labels[begin] != background
        begin, end = begin[happens], end[happens]
    bag, label = bag[begin], labels[begin]
    start, end = begin - bags.offsets[bag], end - bags.offsets[bag]
    return segment_table(start, end, label=label, bag=bag)
