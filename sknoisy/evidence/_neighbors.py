"""Leave-one-out class shares of the nearest points: evidence without any fit."""

import numpy as np

from sknoisy._neighbor_graph import neighbor_graph
from sknoisy._transition_matrix import normalize_rows

# Ten neighbours, as in most work on label noise by neighbours.
N_NEIGHBORS = 10


def neighbor_evidence(inputs):
    """Return the class shares of the neighbours; None without an embedding.

    Parameters
    ----------
    inputs : EvidenceInputs
        Rows, labels and context; the folds are not used.

    Returns
    -------
    ndarray of shape (n_samples, n_classes) or None
        Rows sum to 1.
    """
    if inputs.embedding is None:
        return None
    graph = search_neighbors(inputs.embedding, inputs.labels, inputs.context)
    return neighbor_shares(graph, inputs.labels)


def search_neighbors(Z, labels, context, *, n_neighbors=N_NEIGHBORS):
    """Return the graph of the nearest points of each row.

    Parameters
    ----------
    Z : ndarray of shape (n_samples, n_dimensions)
        Rows as points.

    labels : NoisyLabels
        The labels that the neighbours carry.

    context : FitContext
        ``n_jobs`` and ``memory``.

    n_neighbors : int, default=10
        How many to find.

    Returns
    -------
    NeighborGraph
        The graph.
    """
    return neighbor_graph(
        Z,
        labels,
        n_neighbors=n_neighbors,
        n_jobs=context.n_jobs,
        memory=context.memory,
    )


def neighbor_shares(graph, labels, soft_labels=None):
    """Return the label shares of the neighbours of each row.

    Parameters
    ----------
    graph : NeighborGraph
        The neighbours.

    labels : NoisyLabels
        The labels.

    soft_labels : ndarray of shape (n_samples, n_classes), default=None
        What the neighbours carry instead of the labels.

    Returns
    -------
    ndarray of shape (n_samples, n_classes)
        Rows sum to 1.
    """
    votes = graph.votes(N_NEIGHBORS, soft_labels)
    share = np.bincount(labels.codes, labels.sample_weight, labels.n_classes)
    # One vote by the shares of the classes, so that ten neighbours rule none out.
    return normalize_rows(votes + share / share.sum())
