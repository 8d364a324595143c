"""Cluster the distinct rows of a soft table, each with its multiplicity."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components
from sklearn.preprocessing import normalize

from sknoisy.cluster._project_labels import entry_rows
from sknoisy.cluster._weighted_linkage import cut_tree, linkage_tree

# Rows that are clustered exactly: their distances take 8 bytes a pair, 72 MB in all.
MAX_EXACT = 3000
# Entries of a block of similarities to cluster centres: 32 MB.
BLOCK = 2**22
# Above this share of stored entries a product of dense arrays is the faster one. Not
# measured.
DENSE_SHARE = 0.1


@dataclass(frozen=True)
class Cut:
    """How rows are clustered, and where the tree is cut."""

    linkage: str
    metric: str
    n_clusters: int | None
    distance_threshold: float


def cluster_rows(table, weights, cut):
    """Return the cluster of each row.

    Up to 3,000 rows are clustered exactly. Of more, the heaviest are, and the others
    join the cluster that is nearest on average; rows near to none go through the same
    again.

    Parameters
    ----------
    table : csr_array of shape (n_rows, n_columns)
        Distinct rows, none of zeros only.

    weights : ndarray of shape (n_rows,)
        Number of samples that each row stands for.

    cut : Cut
        The options.

    Returns
    -------
    ndarray of shape (n_rows,)
        Positions of the clusters, in no particular order.
    """
    points = normalize(table) if cut.metric == "cosine" else table
    labels = np.arange(points.shape[0])
    n_found = len(labels)
    for rows in _parts(points, cut):
        labels[rows] = n_found + _cluster_part(points[rows], weights[rows], cut)
        n_found = labels[rows].max() + 1
    return np.unique(labels, return_inverse=True)[1]


def _parts(points, cut):
    """Return groups of rows to be clustered apart, without rows that stand alone."""
    everything = np.arange(points.shape[0])
    if len(everything) <= MAX_EXACT or not _unrelated_stay_apart(cut):
        return [everything]
    # Rows that share no column, not even by way of others, are at distance 1.
    nodes = sum(points.shape)
    edges = entry_rows(points), len(everything) + points.indices
    graph = sparse.coo_array((points.data, edges), shape=(nodes, nodes)).tocsr()
    # SciPy 1.11 keeps the wider integers, and its csgraph takes no others than these.
    graph.indices = graph.indices.astype(np.int32)
    graph.indptr = graph.indptr.astype(np.int32)
    part = connected_components(graph, directed=False)[1][: len(everything)]
    size = np.bincount(part)
    # Small parts share a block, in which they stay apart all the same.
    small = size <= MAX_EXACT // 2
    block = np.where(small, 0, size.cumsum()) + len(everything)
    block[small] = size[small].cumsum() // max(MAX_EXACT // 2, 1)
    rows = np.flatnonzero(size[part] > 1)
    order = rows[block[part[rows]].argsort(kind="stable")]
    starts = np.flatnonzero(np.diff(block[part[order]])) + 1
    return [group for group in np.split(order, starts) if len(group)]


def _unrelated_stay_apart(cut):
    by_distance = cut.n_clusters is None and cut.distance_threshold <= 1
    return by_distance and cut.metric == "cosine"


def _cluster_part(points, weights, cut):
    """Cluster the heaviest rows, hand the others out, and start again on the rest."""
    labels = np.full(points.shape[0], -1)
    rest, n_found = np.arange(points.shape[0]), 0
    while len(rest):
        heaviest = _heaviest(weights[rest], max(MAX_EXACT, cut.n_clusters or 0))
        core, rest = rest[heaviest], np.delete(rest, heaviest)
        found = _cluster_exactly(points[core], weights[core], cut)
        labels[core] = n_found + found
        if len(rest):
            nearest, near = _nearest(points, rest, core, found, weights, cut)
            labels[rest[near]] = n_found + nearest[near]
            rest = rest[~near]
        n_found += found.max() + 1
    return labels


def _heaviest(weights, n_kept):
    """Return the positions of the largest weights, of equal ones at random."""
    # Of equal ones the first would all be of the earliest clusters.
    order = np.random.RandomState(0).permutation(len(weights))
    return order[(-weights[order]).argsort(kind="stable")[:n_kept]]


def _cluster_exactly(points, weights, cut):
    if points.shape[0] == 1:
        return np.zeros(1, dtype=int)
    pairs, heights = linkage_tree(_distances(points, cut), weights, cut.linkage)
    return cut_tree(
        pairs,
        heights,
        points.shape[0],
        n_clusters=cut.n_clusters,
        distance_threshold=cut.distance_threshold,
    )


def _distances(points, cut):
    """Return the distances of all pairs, for "cosine" of rows of length 1."""
    dense = points.nnz > DENSE_SHARE * np.prod(points.shape)
    points = points.toarray() if dense else points
    products = points @ points.T
    products = products if dense else products.toarray()
    if cut.metric == "cosine":
        return np.maximum(1 - products, 0, out=products)
    # |a - b|^2 = |a|^2 + |b|^2 - 2 a.b, which rounding can make negative.
    squares = products.diagonal().copy()
    D = squares[:, None] + squares - 2 * products
    return np.sqrt(np.maximum(D, 0, out=D), out=D)


def _nearest(points, rest, core, found, weights, cut):
    """Return the nearest cluster of the rows that are left, and which are near."""
    share = weights[core] / np.bincount(found, weights[core])[found]
    where = np.arange(len(core)), found
    centres = points[core].T @ sparse.coo_array((share, where)).tocsr()
    # The nearest centre c of a row a has the largest a.c - |c|^2 / 2.
    norms = np.zeros(centres.shape[1])
    if cut.metric == "euclidean":
        norms = centres.power(2).sum(axis=0) / 2
    nearest, closeness = np.empty(len(rest), dtype=int), np.empty(len(rest))
    step = max(BLOCK // len(norms), 1)
    for start in range(0, len(rest), step):
        block = slice(start, start + step)
        close = (points[rest[block]] @ centres).toarray() - norms
        nearest[block] = close.argmax(axis=1)
        closeness[block] = close.max(axis=1)
    if cut.n_clusters is not None:
        return nearest, np.ones(len(rest), dtype=bool)
    if cut.metric == "cosine":
        return nearest, 1 - closeness < cut.distance_threshold
    squares = points[rest].power(2).sum(axis=1) - 2 * closeness
    return nearest, np.sqrt(np.maximum(squares, 0)) < cut.distance_threshold
