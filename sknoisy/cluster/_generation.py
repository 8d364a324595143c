"""A generation of pseudo-labels, and how it follows from the one before."""

import warnings
from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from sknoisy.cluster._cluster_rows import cluster_rows
from sknoisy.cluster._project_labels import entry_rows, projection
from sknoisy.cluster._soft_table import SoftTable, hard_table, mixed, side_by_side
from sknoisy.exceptions import NoEvidenceWarning


@dataclass(frozen=True)
class Generation:
    """What is known after a clustering.

    Attributes
    ----------
    codes : ndarray of shape (n_samples,)
        Clusters as they came, -1 for none.
    n_given : int
        Their number.
    soft : SoftTable
        Soft labels, with a column per cluster as it came, now or in all that is
        remembered.
    labels : ndarray of shape (n_samples,)
        Refined clusters, -1 for none.
    projection : csr_array of shape (n_clusters_before, n_given)
        What became of the clusters of the generation before.
    changed : float or None
        Share of samples that left the majority of their refined cluster.
    spans : tuple of int
        Number of columns of the soft labels that each remembered clustering has.
    """

    codes: np.ndarray
    n_given: int
    soft: SoftTable
    labels: np.ndarray
    projection: sparse.csr_array
    changed: float | None = None
    spans: tuple = ()

    @property
    def n_clusters(self):
        """Number of refined clusters."""
        return int(self.labels.max()) + 1

    @property
    def outlier_mask(self):
        """Samples that came without a cluster."""
        return self.codes < 0

    @property
    def summary(self):
        """Figures for the history."""
        return {
            "n_clusters_given": self.n_given,
            "n_clusters": self.n_clusters,
            "n_outliers_given": int(self.outlier_mask.sum()),
            "n_outliers": int((self.labels < 0).sum()),
            "changed": self.changed,
        }

    def of_samples(self, samples):
        """Return the same of other samples; -1 stands for one without a past."""
        if samples is None:
            return self
        return replace(
            self,
            codes=_picked(self.codes, samples),
            labels=_picked(self.labels, samples),
            soft=self.soft.of_samples(samples),
        )


def check_options(linkage, metric, hardening, carry, alpha):
    """Refuse options that contradict each other, and warn of those without effect."""
    if linkage == "ward" and metric != "euclidean":
        raise ValueError(
            "linkage='ward' expected metric='euclidean', but got "
            f"metric={metric!r}. Set the metric, or choose linkage='average'."
        )
    if hardening == "argmax" and carry == "runs":
        raise ValueError(
            "hardening='argmax' expected soft labels in terms of the latest clusters, "
            "but carry='runs' sets all clusterings side by side. Choose carry='soft', "
            "or hardening='hierarchical'."
        )
    # S = alpha Y + (1 - alpha) S' P: no other column can exceed alpha above one half.
    if hardening == "argmax" and alpha > 0.5:
        warnings.warn(
            f"hardening='argmax' with alpha={alpha}, above 0.5, gives back each "
            "clustering as it came: the latest cluster of a sample always carries the "
            "most. Choose hardening='hierarchical' or a lower alpha.",
            NoEvidenceWarning,
        )


def first_generation(codes, n_given):
    """Return the generation without a past: the clusters as they came.

    Parameters
    ----------
    codes : ndarray of shape (n_samples,)
        Clusters, -1 for none.

    n_given : int
        Their number.

    Returns
    -------
    Generation
        The generation.
    """
    soft, labels = hard_table(codes, n_given), in_order_of_appearance(codes)
    before = sparse.csr_array((0, n_given))
    return Generation(codes, n_given, soft, labels, before, spans=(n_given,))


def next_generation(
    past, codes, n_given, *, alpha, carry, hardening, outliers, cut, n_runs
):
    """Return the generation that follows another.

    Parameters
    ----------
    past : Generation
        The generation before, of the same samples.

    codes : ndarray of shape (n_samples,)
        Clusters now, -1 for none.

    n_given : int
        Their number.

    alpha, carry, hardening, outliers : object
        As in :class:`~sknoisy.PseudoLabelRefiner`.

    cut : Cut
        How rows are clustered.

    n_runs : int
        Number of clusterings that ``carry="runs"`` remembers.

    Returns
    -------
    Generation
        The generation.
    """
    # P of the equation, in the clusters as they came.
    projected = projection(past.codes, codes, (past.n_given, n_given))
    rescue, spans = outliers == "propagate", (n_given,)
    if carry == "runs":
        soft, spans = side_by_side(
            codes, n_given, past.soft, past.spans, n_runs=n_runs, rescue=rescue
        )
    else:
        soft = mixed(codes, n_given, past.soft, projected, alpha=alpha, rescue=rescue)
    labels = in_order_of_appearance(_hardened(soft, hardening, cut))
    changed = share_that_left(past.labels, labels)
    return Generation(codes, n_given, soft, labels, projected, changed, spans)


def _hardened(soft, hardening, cut):
    """Return a label for each sample, -1 where its soft labels are all 0."""
    rows = soft.rows
    labels = np.full(rows.shape[0], -1)
    known = np.flatnonzero(np.diff(rows.indptr))
    if hardening == "argmax":
        labels[known] = _largest(rows[known])
    elif len(known):
        labels[known] = cluster_rows(rows[known], soft.counts()[known], cut)
    return labels[soft.row_of]


def _largest(rows):
    """Return the column of the largest entry of each row, the first of equal ones."""
    rows.sort_indices()
    top = np.maximum.reduceat(rows.data, rows.indptr[:-1]) if rows.nnz else rows.data
    row = entry_rows(rows)
    is_top = rows.data == top[row]
    return rows.indices[is_top][np.unique(row[is_top], return_index=True)[1]]


def in_order_of_appearance(labels):
    """Return labels numbered from 0 as they first appear; -1 stays -1."""
    known = labels >= 0
    # The label that appears first gets rank 0, and so on.
    _, first, codes = np.unique(labels[known], return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.int64)
    rank[first.argsort()] = np.arange(len(first))
    ordered = np.full(len(labels), -1, dtype=np.int64)
    ordered[known] = rank[codes]
    return ordered


def share_that_left(before, now):
    """Return the share of samples that did not go where most of their cluster went.

    Parameters
    ----------
    before, now : ndarray of shape (n_samples,)
        Refined clusters, -1 for none.

    Returns
    -------
    float or None
        In [0, 1); None if no sample has a cluster in both.
    """
    # Of each earlier cluster, all but its largest overlap with a cluster now.
    shape = before.max() + 1, now.max() + 1
    shared = projection(before, now, shape, similarity="overlap", normalize=None)
    if not shared.nnz:
        return None
    return float(1 - shared.max(axis=1).sum() / shared.sum())


def _picked(values, samples):
    return np.where(samples < 0, -1, values[samples])
