"""How the neighbours of each row are labelled: the one neighbour search.

Neighbours are distinct points. Copies of a row are one point that carries the labels
of all of them, so that writing a row twice is the same as giving it the weight two,
and no row is its own neighbour, neither itself nor by a copy.
"""

import numpy as np
from scipy import sparse
from sklearn.base import clone
from sklearn.neighbors import KNeighborsTransformer, sort_graph_by_row_values
from sklearn.utils.validation import check_memory

from sknoisy._folds import distinct_rows


def neighbor_votes(
    Z, labels, *, n_neighbors=10, neighbors=None, n_jobs=None, memory=None
):
    """Return the labels of the neighbours of each row, counted by weight.

    Parameters
    ----------
    Z : ndarray of shape (n_samples, n_dimensions)
        Embedding in which distances mean something.

    labels : NoisyLabels
        Labels that vote, each with its weight. Rows of one group do not vote on each
        other.

    n_neighbors : int, default=10
        Number of distinct points that vote on each row.

    neighbors : transformer, default=None
        Search of the kind of :class:`~sklearn.neighbors.KNeighborsTransformer`, exact
        or approximate: its ``transform`` returns a sparse graph of distances. It is
        cloned, and asked for as many neighbours as are needed. None searches exactly.

    n_jobs : int, default=None
        Number of jobs of the exact search.

    memory : str or object with the joblib.Memory interface, default=None
        Where the neighbours are cached.

    Returns
    -------
    ndarray of shape (n_samples, n_classes)
        Weight of each label among the neighbours; zeros for a row without any.
    """
    points, owners = _points(Z, labels)
    ballots = np.zeros((len(owners), labels.n_classes))
    np.add.at(ballots, (points, labels.codes), labels.mass)
    place = np.zeros((len(owners), Z.shape[1]))
    place[points] = Z
    voters = np.flatnonzero(ballots.sum(axis=1) > 0)
    votes = np.zeros_like(ballots)
    if len(voters) < 2:
        return votes[points]
    search = (
        neighbors if neighbors is not None else KNeighborsTransformer(n_jobs=n_jobs)
    )
    nearest = check_memory(memory).cache(_nearest)
    todo, reach = np.arange(len(owners)), n_neighbors
    # The nearest points may be of one's own group: those rows look further.
    while len(todo):
        graph = nearest(search, place[voters], place[todo], reach)
        entries = _allowed(graph, owners[voters], owners[todo], n_neighbors)
        votes[todo] = entries @ ballots[voters]
        unserved = np.diff(entries.indptr) < n_neighbors
        exhausted = np.diff(graph.indptr) < reach
        todo, reach = todo[unserved & ~exhausted], 2 * reach
    return votes[points]


def _points(Z, labels):
    """Return the point of each row and the owner of each point: its group or itself."""
    points = distinct_rows(Z)
    if labels.groups is None:
        return points, np.arange(points.max() + 1)
    groups = np.unique(np.asarray(labels.groups), return_inverse=True)[1]
    pairs, points = np.unique(
        np.column_stack([groups, points]), axis=0, return_inverse=True
    )
    return points.ravel(), pairs[:, 0]


def _nearest(search, voters, queries, reach):
    """Return the graph of the nearest voters of each query, nearest first."""
    search = clone(search)
    if "n_neighbors" in search.get_params():
        # In distance mode one more is returned, to make up for the row itself.
        search.set_params(n_neighbors=min(reach, len(voters) - 1))
    graph = sparse.csr_array(search.fit(voters).transform(queries))
    return sort_graph_by_row_values(graph, warn_when_not_sorted=False)


def _allowed(graph, voter_owners, query_owners, n_neighbors):
    """Return the graph of ones for the first voters that have another owner."""
    counts = np.diff(graph.indptr)
    rows = np.repeat(np.arange(len(counts)), counts)
    allowed = voter_owners[graph.indices] != query_owners[rows]
    so_far = np.concatenate([[0], np.cumsum(allowed)])
    rank = so_far[1:] - so_far[graph.indptr[rows]]
    kept = allowed & (rank <= n_neighbors)
    return sparse.csr_array(
        (np.ones(kept.sum()), (rows[kept], graph.indices[kept])), shape=graph.shape
    )
