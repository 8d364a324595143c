"""Probability of the label given and of its strongest rival, in one pass."""

from dataclasses import dataclass

import numpy as np

from sknoisy._proba_table import ProbaTable, table_of_array


@dataclass(frozen=True)
class LabelMargins:
    """What most questions about a label need to know of its row.

    Attributes
    ----------
    table : ProbaTable
        Where the rows can be read again.
    given : ndarray of shape (n_samples,)
        Probability of the label given.
    other : ndarray of shape (n_samples,)
        Largest probability of another class; 0 where there is none.
    """

    table: ProbaTable
    given: np.ndarray
    other: np.ndarray


def label_margins(proba, codes):
    """Return the two probabilities of each row.

    Parameters
    ----------
    proba : ndarray of shape (n_samples, n_classes), ProbaTable or LabelMargins
        Probabilities; what has been read is returned as it is.

    codes : ndarray of int of shape (n_samples,)
        Positions of the labels given.

    Returns
    -------
    LabelMargins
        The probabilities, in the precision of the table.
    """
    if isinstance(proba, LabelMargins):
        return proba
    table = proba if isinstance(proba, ProbaTable) else table_of_array(proba)
    given, other = (np.empty(len(codes), dtype=table.dtype) for _ in range(2))

    def read(rows, block):
        given[rows], other[rows] = block_margins(block, codes[rows])

    table.for_each_block(read)
    return LabelMargins(table, given, other)


def block_margins(block, codes):
    """Return the two probabilities of the rows of a block.

    Parameters
    ----------
    block : ndarray of shape (n_rows, n_classes)
        Contiguous, in either order; overwritten where it is writable.

    codes : ndarray of int of shape (n_rows,)
        Positions of the labels given.

    Returns
    -------
    given, other : ndarray of shape (n_rows,)
        Probability of the label, and the largest of another class.
    """
    if not block.flags.writeable:
        return _margins_in_place(block, codes)
    flat, at_label = _entries_at(block, codes)
    given = flat[at_label]
    flat[at_label] = 0
    return given, block.max(axis=1)


def _margins_in_place(block, codes):
    """Return the two probabilities from the maxima on either side of the label."""
    n_rows, n_classes = block.shape
    starts = np.empty((n_rows, 3), dtype=np.intp)
    starts[:, 0] = np.arange(0, block.size, n_classes)
    starts[:, 1] = starts[:, 0] + codes
    starts[:, 2] = starts[:, 1] + 1
    # Nothing follows the last label where it is the last entry.
    starts[-1, 2] = min(starts[-1, 2], block.size - 1)
    maxima = np.maximum.reduceat(block.ravel(), starts.ravel()).reshape(n_rows, 3)
    before, given, after = maxima.T
    # Of a side without entries reduceat returns one from elsewhere.
    before, after = before * (codes > 0), after * (codes < n_classes - 1)
    return given, np.maximum(before, after)


def block_confidence(block, codes):
    """Return the probability of the label of each row of a contiguous block."""
    flat, at_label = _entries_at(block, codes)
    return flat[at_label]


def _entries_at(block, codes):
    """Return a flat view of a block and the places of the labels in it.

    Indexing in one dimension takes half the time of indexing in two.
    """
    row_step, class_step = np.array(block.strides) // block.itemsize
    return block.ravel(order="K"), np.arange(len(codes)) * row_step + codes * class_step
