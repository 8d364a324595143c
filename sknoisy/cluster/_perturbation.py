"""One round of a clusterer on data that are changed a little."""

import warnings
from dataclasses import dataclass

import numpy as np
from sklearn.base import clone
from sklearn.cluster import KMeans
from sklearn.neighbors import NearestNeighbors

from sknoisy.cluster._project_labels import encode_clusters, projection
from sknoisy.exceptions import NoEvidenceWarning

# The largest seed that scikit-learn takes as an int32.
MAX_SEED = 2**31 - 1


@dataclass
class ClusteringRound:
    """A fitted clusterer, and what is needed to predict clusters of other samples.

    Attributes
    ----------
    clusterer : clusterer
        Fitted.
    columns : ndarray of shape (n_columns,)
        Columns of X that it has seen.
    labels : ndarray of shape (n_samples,)
        Its clusters, -1 for none.
    X : array or sparse matrix of shape (n_samples, n_features)
        The samples, unchanged.
    """

    clusterer: object
    columns: np.ndarray
    labels: np.ndarray
    X: object

    def predict(self, X, refined):
        """Return refined clusters of other samples, from those of the fitted ones."""
        if not hasattr(self.clusterer, "predict"):
            nearest = NearestNeighbors(n_neighbors=1).fit(self.X)
            return refined[nearest.kneighbors(X, return_distance=False)[:, 0]]
        # Each cluster as it came gets the refined cluster of most of its samples.
        codes, n_codes = encode_clusters(self.labels, "labels")
        shape = n_codes, refined.max() + 1
        shares = projection(codes, refined, shape, similarity="overlap", normalize=None)
        best = np.append(_argmax_of_rows(shares), -1)
        known = np.unique(self.labels[self.labels >= 0])
        raw = self.clusterer.predict(X[:, self.columns])
        place = np.minimum(np.searchsorted(known, raw), len(known) - 1)
        return best[np.where(known[place] == raw, place, -1)]


def _argmax_of_rows(table):
    """Return the column of the largest entry of each row, -1 for rows of zeros."""
    if not table.nnz:
        return np.full(table.shape[0], -1)
    best = np.asarray(table.argmax(axis=1)).ravel()
    return np.where(np.diff(table.indptr) > 0, best, -1)


def run_round(clusterer, X, perturbation, rng):
    """Fit a copy of a clusterer to perturbed data.

    Parameters
    ----------
    clusterer : clusterer or None
        None stands for k-means with √(n/2) clusters.

    X : array or sparse matrix of shape (n_samples, n_features)
        The data.

    perturbation : {"seed", "subspace", "bootstrap"}
        What is changed beside the seeds.

    rng : RandomState instance
        Draws seeds, columns and rows.

    Returns
    -------
    ClusteringRound
        The clusters of all samples.
    """
    n_samples, n_features = X.shape
    rows, columns = np.arange(n_samples), np.arange(n_features)
    # Each drawn row once: weights of copies are not known to all clusterers.
    if perturbation == "bootstrap":
        rows = np.unique(rng.randint(n_samples, size=n_samples))
    elif perturbation == "subspace":
        columns = np.sort(rng.permutation(n_features)[: (n_features + 1) // 2])
    clusterer = _copy(clusterer, n_samples, len(rows), rng)
    seen = X[:, columns]
    found = _checked(clusterer.fit_predict(seen[rows]), clusterer, len(rows))
    # Rows that were not drawn are predicted where the clusterer can, else left out.
    labels = np.full(n_samples, -1)
    labels[rows] = found
    if len(rows) < n_samples and hasattr(clusterer, "predict"):
        labels = np.asarray(clusterer.predict(seen))
    return ClusteringRound(clusterer, columns, labels, X)


def _copy(clusterer, n_samples, n_rows, rng):
    """Return an unfitted copy with seeds of its own and no more clusters than rows."""
    if clusterer is None:
        # The rule of thumb √(n/2) of Mardia, Kent and Bibby, "Multivariate Analysis",
        # 1979: fine, as a refiner can join clusters and never part them.
        n_clusters = min(max(2, round(np.sqrt(n_samples / 2))), n_rows)
        clusterer = KMeans(n_clusters, n_init=1)
    clusterer = clone(clusterer)
    params = clusterer.get_params() if hasattr(clusterer, "get_params") else {}
    seeds = [name for name in sorted(params) if _is_seed(name)]
    changes = {name: rng.randint(MAX_SEED) for name in seeds}
    n_clusters = params.get("n_clusters")
    if n_clusters is not None and n_clusters > n_rows:
        warnings.warn(
            f"{type(clusterer).__name__} is asked for {n_clusters} clusters of "
            f"{n_rows} samples; {n_rows} are made. Lower its n_clusters."
        )
        changes["n_clusters"] = n_rows
    return clusterer.set_params(**changes) if changes else clusterer


def _is_seed(name):
    return name.split("__")[-1] == "random_state"


def has_seed(clusterer):
    """Whether another seed can give a clusterer another result."""
    return clusterer is None or any(map(_is_seed, clusterer.get_params()))


def warn_without_seed(clusterer):
    """Warn if rounds that differ by their seed alone would all be the same."""
    if not has_seed(clusterer):
        warnings.warn(
            f"{type(clusterer).__name__} has no random_state, so that all rounds give "
            "the same clusters and nothing is refined. Choose another perturbation: "
            "'subspace' or 'bootstrap'.",
            NoEvidenceWarning,
        )


def _checked(labels, clusterer, n_rows):
    """Return the labels of a clusterer as an array with one entry per row."""
    labels = np.asarray(labels)
    if labels.shape != (n_rows,):
        raise ValueError(
            f"clusterer expected to return one label for each of {n_rows} samples, but "
            f"fit_predict of {type(clusterer).__name__} gave shape {labels.shape}. "
            "Check that its fit_predict labels every row of X."
        )
    return labels
