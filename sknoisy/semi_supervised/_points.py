"""The distinct rows that carry weight: what a clusterer is given."""

import numpy as np
from scipy import sparse
from sklearn.cluster import KMeans

from sknoisy._folds import distinct_rows
from sknoisy.cluster._soft_table import SoftTable

# Clusters for n points: this times the root of n, of four points each at least. Chosen
# on digits, penbased, satimage and MNIST with 3 and 10 labels per class.
CLUSTERS_PER_ROOT = 3
MIN_CLUSTER_SIZE = 4


class Points:
    """The distinct rows that carry weight: what is clustered.

    Parameters
    ----------
    X : array-like, frame, sparse matrix or sequence of n_samples rows
        Rows.

    labels : PartlyLabeled
        Their labels.
    """

    def __init__(self, X, labels):
        weighted = np.flatnonzero(labels.sample_weight > 0)
        numbers = distinct_rows(X)[weighted]
        _, first, position = np.unique(numbers, return_index=True, return_inverse=True)
        self.rows = weighted[first]
        self.of_row = np.full(labels.n_samples, -1)
        self.of_row[weighted] = position
        self.sources = self.of_row
        if labels.groups is not None:
            self.sources = np.unique(labels.groups, return_inverse=True)[1]

    def spread(self, values):
        """Return for each row what is known about its point."""
        if sparse.issparse(values):
            return SoftTable(sparse.csr_array(values), self.of_row).expanded()
        return np.append(values, -1)[self.of_row]

    def default_clusterer(self):
        """Return k-means with a number of clusters that suits the points."""
        n = len(self.rows)
        n_clusters = min(round(CLUSTERS_PER_ROOT * n**0.5), n // MIN_CLUSTER_SIZE)
        return KMeans(min(max(n_clusters, 2), n), n_init=1)
