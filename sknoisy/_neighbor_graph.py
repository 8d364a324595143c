"""How the neighbours of each row are labelled: the one neighbour search.

Neighbours are distinct points. Copies of a row are one point that carries the labels
of all of them, so that writing a row twice is the same as giving it the weight two,
and no row is its own neighbour, neither itself nor by a copy.
"""

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from sklearn.base import clone
from sklearn.neighbors import KNeighborsTransformer, sort_graph_by_row_values
from sklearn.utils.validation import check_memory

from sknoisy._folds import distinct_rows


@dataclass(frozen=True)
class NeighborGraph:
    """The nearest distinct points of each point, and the labels that they carry.

    Attributes
    ----------
    ranks : csr_array of shape (n_points, n_voters)
        1 for the nearest voter of a point, 2 for the next, and so on.
    voters : ndarray of shape (n_voters,)
        The points that vote.
    points : ndarray of shape (n_samples,)
        The point at which each row lies.
    soft_labels : ndarray of shape (n_samples, n_classes)
        Weight of each class for each row, as given.
    """

    ranks: sparse.csr_array
    voters: np.ndarray
    points: np.ndarray
    soft_labels: np.ndarray

    def votes(self, n_neighbors, soft_labels=None):
        """Return the labels of the nearest neighbours of each row, by weight.

        Parameters
        ----------
        n_neighbors : int
            Number of distinct points that vote on each row.

        soft_labels : ndarray of shape (n_samples, n_classes), default=None
            What the rows vote for instead of the labels given.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Zeros for a row without neighbours.
        """
        soft_labels = self.soft_labels if soft_labels is None else soft_labels
        votes = self.ranks.copy()
        votes.data = (votes.data <= n_neighbors).astype(float)
        return (votes @ _ballots(self.points, soft_labels)[self.voters])[self.points]


def neighbor_votes(
    Z, labels, *, n_neighbors=10, neighbors=None, n_jobs=None, memory=None
):
    """Return the labels of the neighbours of each row, counted by weight.

    Parameters
    ----------
    Z : ndarray of shape (n_samples, n_dimensions)
        Embedding in which distances mean something.

    labels : NoisyLabels
        Labels that vote, each with its weight.

    n_neighbors : int, default=10
        Number of distinct points that vote on each row.

    neighbors, n_jobs, memory : object
        See :func:`neighbor_graph`.

    Returns
    -------
    ndarray of shape (n_samples, n_classes)
        Weight of each label among the neighbours; zeros for a row without any.
    """
    graph = neighbor_graph(
        Z,
        labels,
        n_neighbors=n_neighbors,
        neighbors=neighbors,
        n_jobs=n_jobs,
        memory=memory,
    )
    return graph.votes(n_neighbors)


def neighbor_graph(
    Z, labels, *, n_neighbors=10, neighbors=None, n_jobs=None, memory=None
):
    """Find the neighbours of each row.

    Parameters
    ----------
    Z : ndarray of shape (n_samples, n_dimensions)
        Embedding in which distances mean something.

    labels : NoisyLabels
        Labels that vote, each with its weight. Rows of one group do not vote on each
        other.

    n_neighbors : int, default=10
        Number of distinct points to find for each row.

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
    NeighborGraph
        The graph between the distinct points.
    """
    points, owners = points_and_owners(Z, labels)
    soft_labels = labels.one_hot() * labels.sample_weight[:, None]
    # A row of each point: a table of the points would be one more table of all rows.
    row = np.unique(points, return_index=True)[1]
    voters = np.flatnonzero(np.bincount(points, labels.sample_weight) > 0)
    if len(voters) < 2:
        nobody = sparse.csr_array((len(owners), len(voters)))
        return NeighborGraph(nobody, voters, points, soft_labels)
    search = KNeighborsTransformer(n_jobs=n_jobs) if neighbors is None else neighbors
    nearest = check_memory(memory).cache(_nearest)
    todo, reach, served, parts = np.arange(len(owners)), n_neighbors, [], []
    # The nearest points may be of one's own group: those rows look further.
    while len(todo):
        graph = nearest(search, Z[row[voters]], Z[row[todo]], reach)
        ranks = _allowed(graph, owners[voters], owners[todo], n_neighbors)
        done = (np.diff(ranks.indptr) >= n_neighbors) | (np.diff(graph.indptr) < reach)
        served.append(todo[done])
        parts.append(ranks[done])
        todo, reach = todo[~done], 2 * reach
    order = np.argsort(np.concatenate(served))
    ranks = sparse.vstack(parts).tocsr()[order]
    return NeighborGraph(ranks, voters, points, soft_labels)


def _ballots(points, soft_labels):
    """Return the weight of each class at each point."""
    rows = np.arange(len(points))
    gather = sparse.csr_array((np.ones(len(points)), (points, rows)))
    return gather @ soft_labels


def points_and_owners(Z, labels):
    """Return the point of each row and the owner of each point: its group or itself.

    Parameters
    ----------
    Z : ndarray of shape (n_samples, n_dimensions)
        Rows; equal ones of one group are one point.

    labels : NoisyLabels
        The labels, with the groups.

    Returns
    -------
    points : ndarray of int of shape (n_samples,)
        Number of the point of each row, in the order of its content.

    owners : ndarray of int of shape (n_points,)
        Group of each point; its own number where there are no groups.
    """
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
    """Return the ranks of the first voters that have another owner."""
    counts = np.diff(graph.indptr)
    rows = np.repeat(np.arange(len(counts)), counts)
    allowed = voter_owners[graph.indices] != query_owners[rows]
    so_far = np.concatenate([[0], np.cumsum(allowed)])
    ranks = so_far[1:] - so_far[graph.indptr[rows]]
    kept = allowed & (ranks <= n_neighbors)
    entries = (ranks[kept].astype(float), (rows[kept], graph.indices[kept]))
    return sparse.csr_array(entries, shape=graph.shape)
