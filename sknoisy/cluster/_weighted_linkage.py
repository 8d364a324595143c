"""Hierarchical clustering of points that stand for several samples each."""

import numpy as np


def linkage_tree(distances, weights, linkage):
    """Merge points step by step, as if each were written as often as it weighs.

    Chains of nearest neighbours find the pairs, and the formulas of Lance and Williams
    the distances to what they become.

    Parameters
    ----------
    distances : ndarray of shape (n_points, n_points)
        Symmetric distances, for "ward" Euclidean ones. Overwritten.

    weights : ndarray of shape (n_points,)
        How many samples each point stands for.

    linkage : {"average", "ward"}
        Distance between two clusters.

    Returns
    -------
    pairs : ndarray of shape (n_points - 1, 2)
        For each merge, a point of either cluster, in the order of the heights.

    heights : ndarray of shape (n_points - 1,)
        Distance at which they merge, never falling.
    """
    D, size = distances, np.asarray(weights, dtype=float).copy()
    if linkage == "ward":
        # Squared height of two points that stand for m and n samples: 2mn/(m+n) d².
        D **= 2
        D *= 2 / (1 / size[:, None] + 1 / size)
    np.fill_diagonal(D, np.inf)
    pairs = np.empty((len(D) - 1, 2), dtype=np.intp)
    heights = np.empty(len(D) - 1)
    # Rounding must not let a merge come before those it is made of.
    reached, alive = np.full(len(D), -np.inf), np.ones(len(D), dtype=bool)
    chain = []
    for step in range(len(pairs)):
        a, b = _closest_pair(D, chain, alive)
        heights[step] = reached[b] = max(D[a, b], reached[a], reached[b])
        pairs[step] = a, b
        D[b] = D[:, b] = _merged(D, size, a, b, linkage)
        size[b] += size[a]
        D[a] = D[:, a] = D[b, b] = np.inf
        alive[a] = False
    order = heights.argsort(kind="stable")
    heights = heights[order]
    return pairs[order], np.sqrt(heights) if linkage == "ward" else heights


def _closest_pair(D, chain, alive):
    """Follow nearest neighbours until two points are each other's; take them off."""
    if not chain:
        chain.append(int(alive.argmax()))
    # Reducible linkages allow to merge mutual neighbours in any order; Murtagh, "A
    # survey of recent advances in hierarchical clustering algorithms", 1983.
    while True:
        row = D[chain[-1]]
        nearest = int(row.argmin())
        if len(chain) > 1 and row[chain[-2]] <= row[nearest]:
            return chain.pop(), chain.pop()
        chain.append(nearest)


def _merged(D, size, a, b, linkage):
    """Return the distances of all clusters to the union of two."""
    # Lance and Williams' updates.
    if linkage == "average":
        return (size[a] * D[a] + size[b] * D[b]) / (size[a] + size[b])
    total = (size[a] + size) * D[a] + (size[b] + size) * D[b] - size * D[a, b]
    return total / (size[a] + size[b] + size)


def cut_tree(pairs, heights, n_points, *, n_clusters=None, distance_threshold=None):
    """Return the cluster of each point after some of the merges.

    Parameters
    ----------
    pairs : ndarray of shape (n_points - 1, 2)
        Merges, see :func:`linkage_tree`.

    heights : ndarray of shape (n_points - 1,)
        Their heights.

    n_points : int
        Number of points.

    n_clusters : int, default=None
        Number of clusters to end with, at most ``n_points``.

    distance_threshold : float, default=None
        Without ``n_clusters``, clusters at this distance or further stay apart.

    Returns
    -------
    ndarray of shape (n_points,)
        Positions of the clusters, in no particular order.
    """
    if n_clusters is None:
        n_merges = int(np.searchsorted(heights, distance_threshold, side="left"))
    else:
        n_merges = max(n_points - n_clusters, 0)
    root = np.arange(n_points)
    for a, b in pairs[:n_merges]:
        root[_root(root, a)] = _root(root, b)
    roots = np.array([_root(root, point) for point in range(n_points)])
    return np.unique(roots, return_inverse=True)[1]


def _root(root, point):
    """Return the point that names a cluster, and shorten the way to it."""
    while root[point] != point:
        root[point] = root[root[point]]
        point = root[point]
    return point
