"""Labels that spread from row to row, so that few of them reach all."""

import numpy as np

from sknoisy._evidence import N_NEIGHBORS
from sknoisy._transition_matrix import normalize_rows

# Share of what a point hears from its neighbours in place of its own label. Chosen on
# digits, satimage and breast_cancer among 0.9, 0.95, 0.98 and 0.99.
REACH = 0.95
N_STEPS = 60
FAINTEST = 1e-6


class SpreadLabels:
    """Labels spread over a graph, with or without those of a fold.

    Spreading is linear in the labels: what the labels of a fold have brought is taken
    away again without another search or solution.

    Parameters
    ----------
    graph : NeighborGraph
        The neighbours of all rows.

    table : ndarray of shape (n_samples, n_classes)
        Weight of each label given, rows of zeros where there is none.

    folds : list of ndarray
        Rows that are held out together.
    """

    def __init__(self, graph, table, folds):
        parts = np.zeros((1 + len(folds), *table.shape))
        parts[0] = table
        for part, rows in zip(parts[1:], folds, strict=True):
            part[rows] = table[rows]
        columns = np.hstack(list(parts))
        spread = spread_labels(graph, columns)
        self.parts = np.split(spread, len(parts), axis=1)

    def table(self, without=None):
        """Return what has reached each row, not counting the labels of a fold.

        Parameters
        ----------
        without : int, default=None
            Position of the fold. None counts all labels.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Amounts that are not negative.
        """
        total = self.parts[0]
        if without is not None:
            total = total - self.parts[1 + without]
        return np.maximum(total, 0.0)


def spread_labels(graph, table):
    r"""Let the labels of each point pass to its neighbours, over and over.

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
    heard = graph.ranks.copy()
    heard.data = (heard.data <= N_NEIGHBORS).astype(float)
    source = np.zeros((heard.shape[0], table.shape[1]))
    np.add.at(source, graph.points, table)
    among = heard[graph.voters]
    among = among + among.T
    degrees = np.asarray(among.sum(axis=1)).ravel()
    scale = 1 / np.sqrt(np.maximum(degrees, 1.0))[:, None]
    source = (1 - REACH) * source[graph.voters]
    spread = source
    for _ in range(N_STEPS):
        spread = source + REACH * scale * (among @ (scale * spread))
    # Points without weight only listen.
    result = heard @ (scale * spread)
    result[graph.voters] = spread
    return result[graph.points]


def balanced(table, share, mass):
    """Scale the classes so that they hold, in all, the shares that they should.

    Parameters
    ----------
    table : ndarray of shape (n_samples, n_classes)
        Amount of each class for each row, not negative.

    share : ndarray of shape (n_classes,)
        Shares of the classes.

    mass : ndarray of shape (n_samples,)
        Weight of each row.

    Returns
    -------
    ndarray of shape (n_samples, n_classes)
        Rows sum to 1; those that nothing has reached hold the shares themselves. The
        masses of the classes agree with ``share`` before the rows are normalised
        (Zhu, Ghahramani and Lafferty, ICML 2003), so only roughly after it.
    """
    total = mass @ table
    factor = np.divide(
        share * mass.sum(), total, out=np.zeros_like(share), where=total > 0
    )
    return normalize_rows(table * factor + FAINTEST * share)
