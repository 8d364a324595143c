"""What is known about bags and steps, in whatever form it was told."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from sknoisy._labels import encode_labels
from sknoisy.sequence._bag_labels import read_bag_labels, with_positions
from sknoisy.sequence._bags import is_list
from sknoisy.sequence._segments import (
    check_inside,
    read_table,
    segment_table,
    step_ranges,
)


@dataclass(frozen=True)
class Evidence:
    """Weak labels of bags, and labels of single steps where there are any.

    Attributes
    ----------
    classes : ndarray of shape (n_classes,)
        The classes; the background is none of them.
    allowed : ndarray of float of shape (n_bags, n_classes + 1)
        Probability that a class occurs in a bag, 0 or 1 unless labels were doubted; 1
        in the last column, for the background.
    targets : ndarray of shape (n_steps, n_classes + 1)
        Weights of the classes for single steps, rows of zeros where nothing is known.
    by_step : bool
        Whether each step has a label, so that bags have nothing to add.
    points : ndarray or None
        Table of points, with bags and labels as positions.
    pointed : ndarray of bool of shape (n_steps,) or False
        Whether the bag of each step has points.
    verified : ndarray of bool of shape (n_bags, n_classes) or None
        What is known for sure of which class occurs where.
    """

    classes: np.ndarray
    allowed: np.ndarray
    targets: np.ndarray
    by_step: bool = False
    points: np.ndarray | None = None
    pointed: np.ndarray | bool = False
    verified: np.ndarray | None = None

    @property
    def n_classes(self):
        """Number of classes."""
        return len(self.classes)

    @property
    def present(self):
        """Whether each class occurs in each bag, of shape (n_bags, n_classes)."""
        return self.allowed[:, :-1] > 0.5


def read_evidence(y, bags, *, owner, points=None, background=None, trusted=None):
    """Return all that is known as one record.

    Parameters
    ----------
    y : weak labels of bags, tables of segments, or a label for each step
        See :meth:`WeakSequenceLocalizer.fit`.

    bags : Bags
        The sequences.

    owner : str
        Name of the estimator, for the messages.

    points : tables of segments, default=None
        Steps whose label is known.

    background : label, default=None
        Label of steps at which nothing happens.

    trusted : array-like of bool, default=None
        Mask of bags, or of bags and classes, whose labels are verified.

    Returns
    -------
    Evidence
        The record.
    """
    if (steps := labels_of_steps(y, bags)) is not None:
        for name, extra in (("points", points), ("trusted", trusted)):
            if extra is not None:
                raise ValueError(
                    f"{owner} expected {name} beside labels of bags, but y has a label "
                    f"for each step. Leave {name} out, or pass labels of bags in y."
                )
        return _of_steps(steps, bags, owner, background)
    known = read_bag_labels(y, bags, owner=owner)
    allowed = np.column_stack([known.table, np.ones(known.n_bags)])
    targets = np.zeros((len(bags.values), known.n_classes + 1))
    verified, pointed = _verified(trusted, known, bags, owner), False
    if points is not None:
        points = _coded_points(points, bags, known.classes, owner)
        pointed = np.isin(bags.bag_of_step, points["bag"])
        _add_points(targets, points, bags)
        # Where a point is, the class occurs, whatever the label of the bag says.
        allowed[points["bag"], points["label"]] = 1
        verified[points["bag"], points["label"]] = True
    told = {"points": points, "pointed": pointed, "verified": verified}
    return Evidence(known.classes, allowed, targets, **told)


def _verified(trusted, known, bags, owner):
    """Return which entries of the table of bags and classes are known to be right."""
    shape = known.table.shape
    # Nothing could speak against the label of a bag without steps.
    verified = np.repeat(bags.lengths[:, None] == 0, shape[1], axis=1)
    if trusted is None:
        return verified
    trusted = np.asarray(trusted)
    if trusted.dtype.kind != "b" or trusted.shape not in {shape, shape[:1]}:
        raise ValueError(
            f"trusted must be a boolean mask of shape {shape[:1]}, for bags whose "
            f"labels are all verified, or {shape}, for single entries, but {owner} got "
            f"dtype {trusted.dtype} and shape {trusted.shape}."
        )
    return verified | (trusted if trusted.ndim == 2 else trusted[:, None])


def labels_of_steps(y, bags):
    """Return a flat array with the label of each step, None where y is none.

    Labels of steps come as one array per bag, as long as the bag, or as one array as
    long as flat rows. Sets of labels name none twice, so that repeats tell them apart.
    """
    n_steps = len(bags.values)
    if not is_list(y) or any(np.ndim(entry) != 1 for entry in y):
        flat = getattr(y, "dtype", None) is not None and np.ndim(y) == 1
        if not flat or y.dtype.names or len(y) != n_steps or n_steps == bags.n_bags:
            return None
        y = np.asarray(y)
        return y if bags.rows is None else y[bags.rows]
    lengths = [len(entry) for entry in y]
    if any(getattr(getattr(entry, "dtype", None), "names", None) for entry in y):
        return None
    if lengths != bags.lengths.tolist():
        return None
    repeats = any(len(set(np.asarray(entry).tolist())) < len(entry) for entry in y)
    return np.concatenate([np.asarray(entry) for entry in y]) if repeats else None


def _of_steps(labels, bags, owner, background):
    """Return the record of a label for each step."""
    happens = np.ones(len(labels), bool) if background is None else labels != background
    if not happens.any():
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
    """Return the table of points with bags and labels as positions."""
    table = with_positions(read_table(points, "points"), bags)
    check_inside(table, bags.lengths, "points")
    codes = np.zeros(0, np.intp)
    if len(table):
        codes = encode_labels(
            table["label"], owner=f"points of {owner}", classes=classes
        )[1]
    return segment_table(table["start"], table["end"], label=codes, bag=table["bag"])


def _add_points(targets, points, bags):
    """Teach the labels of points, those of a bag together as much as the bag."""
    first, last = step_ranges(
        points["start"], points["end"], bags.lengths[points["bag"]]
    )
    shift = bags.offsets[points["bag"]]
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
    change = np.append(True, (labels[1:] != labels[:-1]) | (bag[1:] != bag[:-1]))
    begin = np.flatnonzero(change)
    end = np.append(begin[1:], len(labels))
    happens = np.full(len(begin), True)
    if background is not None:
        happens = labels[begin] != background
    begin, end = begin[happens], end[happens]
    shift = bags.offsets[bag[begin]]
    return segment_table(
        begin - shift, end - shift, label=labels[begin], bag=bag[begin]
    )
