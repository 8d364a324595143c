"""Tables of class probabilities, read in blocks that stay in the cache of a core.

A table is in memory, in a mapped or chunked file, or comes piece by piece. Whatever it
is, the functions that compute on it see small contiguous arrays: nothing is copied as a
whole, and a table may be larger than the memory.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from sknoisy._compat import _openmp_effective_n_threads

# Entries of a block, 512 kB of float64: of 2**14 to 2**17 the fastest in
# benchmarks/bench_kernels.py for 10 and for 1,000 classes.
BLOCK_ENTRIES = 2**16
# The same where several threads read: they wait for one another whenever a step ends.
# For 10 and for 1,000 classes a fifth faster than the above (bench_kernels, "layouts").
THREADED_BLOCK_ENTRIES = 2**18
# Rows of up to so many bytes are stored class by class, so that a maximum over classes
# becomes a few vector operations over rows (bench_kernels, "layouts").
SHORT_ROW = 192
# Rows from so many classes on are read where they lie. On two threads a copy takes a
# fifth longer for 500 classes, half as long again for 1,000; for 200 both are level
# (bench_kernels, "layouts").
LONG_ROW = 500
# Largest distance of the sum of a row from 1: probabilities with three decimals.
SUM_TOLERANCE = 1e-3
# From so many entries on, 32 MB of float64, starting threads costs less than a
# hundredth of what they save.
THREADED_ENTRIES = 2**22


@dataclass(frozen=True)
class ProbaTable:
    """A table of probabilities that can be read more than once.

    Attributes
    ----------
    pieces : iterable of (ndarray, ndarray or None)
        Consecutive rows, and the column of each class; None for columns in order.
    n_classes : int
        Number of columns.
    dtype : dtype
        float32 or float64: that of the blocks.
    owner : str or None
        Who checks the rows when all of them are read, for messages; None for rows that
        have been checked.
    """

    pieces: object
    n_classes: int
    dtype: np.dtype
    owner: str | None = None

    def blocks(self, rows=None, first_row=0, most_entries=None):
        """Yield row numbers and these rows, block by block.

        Parameters
        ----------
        rows : ndarray of int, default=None
            Numbers of the rows wanted, ascending. If None, all rows are read and
            checked.

        first_row : int, default=0
            Number of the first row of the table.

        most_entries : int, default=None
            Entries of a block at most. If None, as many as suit one thread.

        Yields
        ------
        rows : slice or ndarray of int
            Which rows these are.

        block : ndarray of shape (n_rows, n_classes)
            Contiguous, in either order. One that is writeable is a copy, which may be
            overwritten and which the next block overwrites.
        """
        n_rows = max(1, (most_entries or BLOCK_ENTRIES) // self.n_classes)
        buffer = np.empty(n_rows * self.n_classes, dtype=self.dtype)
        start = first_row
        for piece, order in self.pieces:
            wanted = None
            if rows is not None:
                ends = np.searchsorted(rows, [start, start + len(piece)])
                wanted = rows[slice(*ends)]
            for a in range(0, len(piece) if wanted is None else len(wanted), n_rows):
                if wanted is None:
                    part = piece[a : a + n_rows]
                    found = slice(start + a, start + a + len(part))
                    block = self._next_rows(part, order, buffer)
                    if self.owner is not None:
                        check_block(block, start + a, self.owner)
                else:
                    found = wanted[a : a + n_rows]
                    block = self._picked_rows(piece, found - start, order, buffer)
                yield found, block
            start += len(piece)

    def for_each_block(self, work):
        """Call ``work(rows, block)`` for each block, on all cores for a large array.

        Parameters
        ----------
        work : callable
            Takes what :meth:`blocks` yields. It must write to its own rows only.
        """
        parts = self._parts()
        most_entries = THREADED_BLOCK_ENTRIES if len(parts) > 1 else None

        def run(table, first_row):
            for rows, block in table.blocks(None, first_row, most_entries):
                work(rows, block)

        if len(parts) == 1:
            run(*parts[0])
            return
        with ThreadPoolExecutor(len(parts)) as pool:
            # The list raises the error of the first part that has one.
            list(pool.map(run, *zip(*parts, strict=True)))

    def _parts(self):
        """Return tables of a share of the rows for each core, with their first row."""
        n_threads = _openmp_effective_n_threads()
        if not isinstance(self.pieces, list) or n_threads == 1:
            return [(self, 0)]
        [(array, order)] = self.pieces
        if array.size < THREADED_ENTRIES:
            return [(self, 0)]
        starts = np.linspace(0, len(array), n_threads + 1).astype(int)
        return [
            (replace(self, pieces=[(array[start:end], order)]), start)
            for start, end in pairwise(starts.tolist())
        ]

    def _next_rows(self, part, order, buffer):
        """Return consecutive rows in the layout that suits the classes."""
        as_wanted = part.dtype == self.dtype and part.flags.c_contiguous
        if order is None and as_wanted and self.n_classes >= LONG_ROW:
            block = part.view()
            block.flags.writeable = False
            return block
        flat = buffer[: len(part) * self.n_classes]
        if self.n_classes * self.dtype.itemsize <= SHORT_ROW:
            block = flat.reshape(self.n_classes, -1).T
        else:
            block = flat.reshape(-1, self.n_classes)
        np.copyto(block, part if order is None else part[:, order])
        return block

    def _picked_rows(self, piece, rows, order, buffer):
        """Return a copy of some rows, row by row."""
        block = buffer[: len(rows) * self.n_classes].reshape(-1, self.n_classes)
        if order is None and piece.dtype == self.dtype and piece.flags.c_contiguous:
            # A third faster than a copy of a copy; of another piece it copies all.
            np.take(piece, rows, axis=0, out=block, mode="clip")
        else:
            picked = piece[rows]
            np.copyto(block, picked if order is None else picked[:, order])
        return block

    def to_array(self):
        """Return the whole table in memory, without a copy where it is there."""
        pieces = [p if order is None else p[:, order] for p, order in self.pieces]
        return pieces[0] if len(pieces) == 1 else np.concatenate(pieces)


def table_of_array(proba):
    """Return the table of an array of probabilities that have been checked."""
    dtype = proba.dtype if proba.dtype == np.float32 else np.dtype(np.float64)
    return ProbaTable([(proba, None)], proba.shape[1], dtype)


def check_block(block, first_row, owner):
    """Refuse rows that hold no probabilities.

    Parameters
    ----------
    block : ndarray of shape (n_rows, n_classes)
        Rows to check.

    first_row : int
        Number of the first of them, for the message.

    owner : str
        Name of the caller, for the message.

    Raises
    ------
    ValueError
        If an entry is missing, infinite or negative, or a row does not sum to 1.
    """
    # A missing entry makes a minimum that is not at least 0, an infinite one a sum that
    # is not near 1, so that these two see every fault.
    if not block.min() >= 0:
        raise ValueError(_fault(block, first_row, owner))
    # For rows of many classes a tenth faster than sum; a product with ones would start
    # threads within threads.
    off = np.einsum("nk->n", block)
    off -= 1
    if not np.abs(off, out=off).max() <= SUM_TOLERANCE:
        raise ValueError(_fault(block, first_row, owner))


def _fault(block, first_row, owner):
    """Return the message about the first kind of fault in a block."""
    for kind, bad in (("NaN", np.isnan), ("infinity", np.isinf)):
        rows = np.flatnonzero(bad(block).any(axis=1))
        if len(rows):
            return (
                f"Input proba contains {kind} in row {_listed(rows, first_row)}.\n"
                f"{owner} expected finite probabilities. Drop these rows, or use a "
                "classifier that gives each of them probabilities."
            )
    if block.min() < 0:
        row, _ = np.unravel_index(block.argmin(), block.shape)
        return (
            f"{owner} expected probabilities in [0, 1], but the smallest is "
            f"{block.min():.6g}. Pass the output of predict_proba, not of "
            f"decision_function or predict_log_proba; see row {first_row + row}."
        )
    off = np.abs(block.sum(axis=1) - 1)
    worst = int(off.argmax())
    rows = np.flatnonzero(off > SUM_TOLERANCE)
    return (
        f"{owner} expected the probabilities of each row to sum to 1, but those of "
        f"row {first_row + worst} sum to {block[worst].sum():.6g}. Normalise the rows "
        f"first: {_listed(rows, first_row)}."
    )


def _listed(rows, first_row):
    """Write some row numbers, the first three of many."""
    text = ", ".join(str(first_row + row) for row in rows[:3])
    return text if len(rows) <= 3 else f"{text} and {len(rows) - 3} more"
