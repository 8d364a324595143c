"""Probabilities that come piece by piece: stored arrays and iterables of blocks."""

from collections.abc import Iterator

import numpy as np

from sknoisy._array_library import numpy_view
from sknoisy._proba_columns import column_order

# Entries of a stored array that are fetched at once, 8 MB of float64: large beside the
# cost of a request, small beside the memory.
FETCHED_ENTRIES = 2**20


class StoredRows:
    """Rows of an array that lies in a file or is computed on demand.

    Parameters
    ----------
    array : object with ``shape``, ``dtype`` and slices of rows
        A dask array is fetched chunk by chunk, any other in slices of 8 MB.

    order : ndarray of int of shape (n_classes,) or None
        Column of each class.
    """

    def __init__(self, array, order):
        self.array = array
        self.order = order

    def __iter__(self):
        n_rows, n_classes = self.array.shape
        chunks = getattr(self.array, "chunks", None)
        # dask lists the length of every chunk, HDF5 and zarr the one that all have.
        if chunks and isinstance(chunks[0], tuple):
            ends = np.cumsum(chunks[0]).tolist()
        else:
            step = max(1, FETCHED_ENTRIES // n_classes)
            ends = [*range(step, n_rows, step), n_rows]
        start = 0
        for end in ends:
            yield np.asarray(self.array[start:end]), self.order
            start = end


class ProbaBlocks:
    """Blocks of probabilities, with or without the labels of their rows.

    Parameters
    ----------
    source : iterable of ndarray or of (array-like, ndarray), or callable
        Tables of consecutive rows, or pairs of labels and table. It is iterated more
        than once; a callable is called for each pass and returns an iterator.

    owner : str
        Name of the caller, for the messages.
    """

    def __init__(self, source, owner):
        if isinstance(source, Iterator):
            raise ValueError(
                f"{owner} reads the blocks of proba at least twice, but got a "
                f"{type(source).__name__}, which can be read only once: two passes are "
                "needed. Pass the function that makes it, a list of blocks, or an "
                "object whose __iter__ starts from the first block each time."
            )
        self.source = _Passes(source) if _makes_iterators(source) else source
        self.owner = owner
        self.paired = None
        self.y = None
        self.classes = None
        self.dtype = None

    @staticmethod
    def describes(proba):
        """Whether probabilities come as blocks rather than as one table."""
        if isinstance(proba, list | tuple) and len(proba):
            return _is_pair(proba[0]) or len(getattr(proba[0], "shape", ())) == 2
        if _makes_iterators(proba):
            return True
        named = ("shape", "__array__", "columns")
        return hasattr(proba, "__iter__") and not any(hasattr(proba, n) for n in named)

    def labels(self, y):
        """Read all blocks once and return their labels, or those given."""
        lengths, parts = [], []
        for number, block in enumerate(self.source):
            table = self._table_of(block, number, y)
            lengths.append(len(table))
            parts.append(self._labels_of(block) if self.paired else None)
            if self.paired and len(parts[-1]) != len(table):
                raise ValueError(
                    f"{self.owner} expected a label per row in block {number}, but got "
                    f"{len(parts[-1])} labels and {len(table)} rows. Pair each table "
                    "with the labels of its rows."
                )
        if not lengths:
            raise ValueError(
                f"{self.owner} expected at least one block of probabilities, but the "
                "iterable yields nothing. Check what it reads, and that it starts from "
                "the first block each time."
            )
        if self.paired:
            y = self.y = np.concatenate(parts)
        if y is None:
            raise ValueError(
                f"{self.owner} expected one label per row of proba, but got y=None and "
                "blocks without labels. Pass y, or pairs (labels, probabilities)."
            )
        self.n_rows = sum(lengths)
        return y

    def of(self, labels):
        """Return the blocks, matched to the classes of the labels they belong to."""
        if self.n_rows != labels.n_samples:
            raise ValueError(
                f"{self.owner} expected blocks of {labels.n_samples} rows in all, one "
                f"for each label, but they hold {self.n_rows}. Pass y and blocks of "
                "the same rows, in the same order."
            )
        if self.first[1] != labels.n_classes:
            raise ValueError(
                f"{self.owner} expected probabilities of shape (n_rows, "
                f"{labels.n_classes}) in each block, a column a class, but got shape "
                f"(n_rows, {self.first[1]}). The columns stand for the sorted labels "
                "of y; where y lacks a class, functions take classes=."
            )
        self.classes = labels.classes
        return self

    def __iter__(self):
        start = 0
        for number, block in enumerate(self.source):
            table = self._table_of(block, number)
            order = column_order(table, self.classes, self.owner)
            table, end = np.asarray(table), start + len(table)
            same = self.y is None or np.array_equal(
                self.y[start:end], self._labels_of(block)
            )
            if end > self.n_rows or not same:
                self._refuse_other_pass(f"block {number} holds other rows")
            yield table, order
            start = end
        if start != self.n_rows:
            self._refuse_other_pass(f"they end after {start} of {self.n_rows} rows")

    def _refuse_other_pass(self, difference):
        raise ValueError(
            f"{self.owner} expected the same blocks in every pass, but {difference}. "
            "Do not shuffle, and let __iter__ start from the first block each time."
        )

    def _table_of(self, block, number, y=None):
        """Return the table of a block, which has to be like the first one."""
        paired = _is_pair(block)
        table = numpy_view(block[1] if paired else block, self.owner)
        shape = getattr(table, "shape", ())
        if len(shape) != 2:
            raise ValueError(
                f"{self.owner} expected tables of shape (n_rows, n_classes) as blocks, "
                f"or pairs of labels and table, but block {number} is a "
                f"{type(block).__name__}. Convert each block by numpy.asarray."
            )
        found = paired, shape[1], _dtype(table)
        if found[2].kind not in "fiub":
            raise ValueError(
                f"{self.owner} expected blocks of real numbers, but block {number} has "
                f"the dtype {found[2]}. Convert each block by numpy.asarray(block, "
                "dtype=float)."
            )
        if self.dtype is None:
            self.first = found
            self.paired, _, dtype = found
            self.dtype = np.dtype(np.float32 if dtype == np.float32 else np.float64)
        if found != self.first or (paired and y is not None):
            raise ValueError(self._unlike(found, number, y))
        return table

    def _labels_of(self, block):
        return np.asarray(numpy_view(block[0], self.owner))

    def _unlike(self, found, number, y):
        """Return the message about a block that is unlike the first one."""
        if y is not None and self.paired:
            return (
                f"{self.owner} expected labels either as y or in the blocks, but got "
                "both. Pass y=None, or blocks without labels."
            )
        kinds = [
            f"{k} columns of {dtype}{' with labels' if paired else ''}"
            for paired, k, dtype in (self.first, found)
        ]
        return (
            f"{self.owner} expected every block to be like the first, {kinds[0]}, but "
            f"block {number} has {kinds[1]}. Bring all blocks to one form."
        )


class _Passes:
    """An iterable that calls a function for each pass."""

    def __init__(self, function):
        self.function = function

    def __iter__(self):
        return iter(self.function())


def _makes_iterators(source):
    """Whether a source of blocks is a function rather than something iterable."""
    return callable(source) and not hasattr(source, "__iter__")


def _is_pair(block):
    """Whether a block is a pair of labels and table."""
    return (
        isinstance(block, list | tuple)
        and len(block) == 2
        and len(getattr(block[1], "shape", ())) == 2
    )


def _dtype(table):
    """Return the dtype of an array, or of the first column of a frame."""
    if hasattr(table, "dtype"):
        return table.dtype
    return np.asarray(table[:1]).dtype
