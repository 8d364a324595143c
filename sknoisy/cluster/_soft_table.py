"""Soft labels of a generation: what a clustering says, and what came before."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from sknoisy.cluster._project_labels import entry_rows, with_unit_sums

# Numbers that a table of distinct rows may hold, some 50 MB with their columns; beyond
# it the smallest are left out.
MAX_ENTRIES = 2**22
# Numbers that a row may hold on average, however many rows there are. Not tuned.
MIN_WIDTH = 4


@dataclass(frozen=True)
class SoftTable:
    """Soft labels of many samples, each distinct row kept once.

    Attributes
    ----------
    rows : csr_array of shape (n_rows, n_clusters)
        Distinct rows; each sums to 1, or to 0 for samples in no cluster.
    row_of : ndarray of shape (n_samples,)
        Row of each sample, -1 for samples of which nothing is known.
    """

    rows: sparse.csr_array
    row_of: np.ndarray

    def expanded(self):
        """Return the table with a row per sample."""
        return _take(self.rows, self.row_of)

    def of_samples(self, samples):
        """Return the table of other samples; -1 stands for one without a past."""
        if samples is None:
            return self
        return SoftTable(self.rows, np.where(samples < 0, -1, self.row_of[samples]))

    def counts(self):
        """Return how many samples each row stands for."""
        return np.bincount(self.row_of[self.row_of >= 0], minlength=self.rows.shape[0])


def hard_table(codes, n_clusters):
    """Return the table of a clustering alone: a row of zeros and a one per cluster."""
    each = np.arange(n_clusters + 1)
    shape = n_clusters, n_clusters
    rows = sparse.csr_array((np.ones(n_clusters), each[:-1], each), shape=shape)
    return SoftTable(rows, codes)


def mixed(codes, n_clusters, past, projected, *, alpha, rescue):
    """Mix a clustering with the projected past of its samples.

    Parameters
    ----------
    codes : ndarray of shape (n_samples,)
        Clusters now, -1 for none.

    n_clusters : int
        Number of clusters now.

    past : SoftTable
        Soft labels of the same samples one generation earlier.

    projected : csr_array of shape (n_clusters_past, n_clusters)
        Earlier clusters in terms of those of now.

    alpha : float
        Share of the clustering of now, in [0, 1], where there is a past too.

    rescue : bool
        Whether samples without a cluster get what their past says, instead of nothing.

    Returns
    -------
    SoftTable
        The soft labels now.
    """
    # What a sample is now depends on its earlier row and its cluster alone.
    key = (past.row_of + 1) * (n_clusters + 1) + codes + 1
    kinds, row_of = np.unique(key, return_inverse=True)
    before, now = kinds // (n_clusters + 1) - 1, kinds % (n_clusters + 1) - 1
    width = max(MAX_ENTRIES // len(kinds), MIN_WIDTH)
    carried = _lean(past.rows @ _lean(projected, width), width)
    carried = _take(carried, before)
    known = np.asarray(carried.sum(axis=1)).ravel() > 0
    # S = alpha Y + (1 - alpha) S' P, where there is a past; else Y.
    share = np.where(known, alpha, 1.0) * (now >= 0)
    keep = (1 - share) * ((now >= 0) | rescue)
    rows = _scaled(hard_table(now, n_clusters).expanded(), share)
    rows = rows + _scaled(carried, keep)
    rows.eliminate_zeros()
    return SoftTable(with_unit_sums(rows), row_of)


def side_by_side(codes, n_clusters, past, spans, *, n_runs, rescue):
    """Set a clustering beside those before it, each of which counts alike.

    Parameters
    ----------
    codes : ndarray of shape (n_samples,)
        Clusters now, -1 for none.

    n_clusters : int
        Number of clusters now.

    past : SoftTable
        Table of the same samples one generation earlier.

    spans : tuple of int
        Number of columns of each clustering in it, the oldest first.

    n_runs : int
        Number of clusterings that are kept, that of now included.

    rescue : bool
        Whether samples without a cluster keep what their past says.

    Returns
    -------
    table : SoftTable
        The table now.

    spans : tuple of int
        Number of columns of each clustering in it.
    """
    # One number for each pair of earlier row and cluster now, both from -1.
    key = (past.row_of + 1) * (n_clusters + 1) + codes + 1
    kinds, first, row_of = np.unique(key, return_index=True, return_inverse=True)
    # Many distances are equal, and which of them goes first must not be by the names.
    order = first.argsort()
    kinds, row_of = kinds[order], order.argsort()[row_of]
    before, now = kinds // (n_clusters + 1) - 1, kinds % (n_clusters + 1) - 1
    spans = (*spans, n_clusters)
    forgotten = sum(spans[:-n_runs])
    earlier = _take(past.rows[:, forgotten:], before)
    latest = hard_table(now, n_clusters).expanded()
    rows = sparse.csr_array(sparse.hstack([earlier, latest], format="csr"))
    rows.data[:] = 1
    if not rescue:
        rows = _scaled(rows, now >= 0)
        rows.eliminate_zeros()
    if forgotten:
        rows, row_of = _merged(rows, row_of)
    return SoftTable(with_unit_sums(rows), row_of), spans[-n_runs:]


def _merged(rows, row_of):
    """Keep one of rows with the same columns, which differed in what is forgotten."""
    # Rows with equal columns, and hardly any others, have the same random sum.
    keys = np.random.RandomState(0).uniform(size=rows.shape[1])
    rows.sort_indices()
    _, first, kept = np.unique(rows @ keys, return_index=True, return_inverse=True)
    order = first.argsort()
    return rows[first[order]], order.argsort()[kept][row_of]


def _take(rows, positions):
    """Return some rows of a table, rows of zeros for -1."""
    # One empty row more at the end, which is what -1 picks.
    indptr = np.append(rows.indptr, rows.indptr[-1])
    shape = len(indptr) - 1, rows.shape[1]
    return sparse.csr_array((rows.data, rows.indices, indptr), shape=shape)[positions]


def _scaled(rows, factors):
    rows = rows.copy()
    rows.data *= factors[entry_rows(rows)]
    return rows


def _lean(rows, width):
    """Leave out the numbers that are smallest beside the largest of their row."""
    n_kept = width * rows.shape[0]
    if rows.nnz <= n_kept:
        return rows
    largest = np.maximum.reduceat(rows.data, rows.indptr[:-1][np.diff(rows.indptr) > 0])
    filled = np.cumsum(np.diff(rows.indptr) > 0) - 1
    share = rows.data / largest[filled[entry_rows(rows)]]
    rows = rows.copy()
    rows.data[share < np.partition(share, -n_kept)[-n_kept]] = 0
    rows.eliminate_zeros()
    return rows
