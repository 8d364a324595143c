"""Labels that spread over the graph of neighbours, until a few reach all rows."""

import numpy as np

from sknoisy._transition_matrix import normalize_rows
from sknoisy.evidence._neighbors import N_NEIGHBORS

# Share of its neighbours in what a point holds, the rest being its own label: `a` in
# the equation. Chosen on digits, satimage and breast_cancer among 0.9, 0.95, 0.98 and
# 0.99.
REACH = 0.95
# Terms of the sum: the first one left out weighs 0.95^61 = 0.04 of the first.
N_STEPS = 60
# Share of the class shares in each row, so that rows which no label reaches, where all
# entries are 0, hold the class shares.
FAINTEST = 1e-6


def spread_by_fold(graph, table, folds):
    """Spread labels, once with all of them and once without those of each fold.

    Spreading is linear in the labels, so that what the labels of a fold have brought
    is subtracted, without another search.

    Parameters
    ----------
    graph : NeighborGraph
        The neighbours of all rows.

    table : ndarray of shape (n_samples, n_classes)
        Weight of each label given, rows of zeros where there is none.

    folds : list of ndarray
        Rows that are held out together.

    Returns
    -------
    list of ndarray of shape (n_samples, n_classes)
        By all labels, then without each fold; not negative.
    """
    parts = np.zeros((1 + len(folds), *table.shape))
    parts[0] = table
    for part, rows in zip(parts[1:], folds, strict=True):
        part[rows] = table[rows]
    spread = spread_labels(graph, np.hstack(list(parts)))
    total, *of_folds = np.split(spread, len(parts), axis=1)
    return [total, *(np.maximum(total - part, 0.0) for part in of_folds)]


def spread_labels(graph, table):
    r"""Pass the labels of each point to its neighbours, over and over.

    With the symmetric graph :math:`W` of neighbours, its degrees :math:`D` and the
    labels :math:`Y`, it is the sum of the first terms of
    :math:`(1 - a) \sum_t (a D^{-1/2} W D^{-1/2})^t Y` (Zhou et al., "Learning with
    Local and Global Consistency", NeurIPS 2003).

    Parameters
    ----------
    graph : NeighborGraph
        The neighbours.

    table : ndarray of shape (n_samples, n_columns)
        What is spread.

    Returns
    -------
    ndarray of shape (n_samples, n_columns)
        What has arrived at each row.
    """
    near = graph.ranks.copy()
    near.data = (near.data <= N_NEIGHBORS).astype(float)
    source = np.zeros((near.shape[0], table.shape[1]))
    np.add.at(source, graph.points, table)
    among = near[graph.voters]
    among = among + among.T
    degrees = np.asarray(among.sum(axis=1)).ravel()
    scale = 1 / np.sqrt(np.maximum(degrees, 1.0))[:, None]
    source = (1 - REACH) * source[graph.voters]
    spread = source
    for _ in range(N_STEPS):
        spread = source + REACH * scale * (among @ (scale * spread))
    # Points without weight receive labels and pass none on.
    result = near @ (scale * spread)
    result[graph.voters] = spread
    return result[graph.points]


def balanced(table, share, sample_weight):
    """Scale the classes so that they hold, in all, the shares that they should.

    Parameters
    ----------
    table : ndarray of shape (n_samples, n_classes)
        Amount of each class for each row, not negative.

    share : ndarray of shape (n_classes,)
        Shares of the classes.

    sample_weight : ndarray of shape (n_samples,)
        Weight of each row.

    Returns
    -------
    ndarray of shape (n_samples, n_classes)
        Rows sum to 1; those that nothing has reached hold the shares themselves. The
        masses of the classes agree with ``share`` before the rows are normalised
        (Zhu, Ghahramani and Lafferty, ICML 2003), so only roughly after it.
    """
    total = sample_weight @ table
    factor = np.divide(
        share * sample_weight.sum(), total, out=np.zeros_like(share), where=total > 0
    )
    return normalize_rows(table * factor + FAINTEST * share)
