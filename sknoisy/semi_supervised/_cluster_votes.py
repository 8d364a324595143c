"""Votes of the labelled rows for the rows that share their clusters."""

import warnings

import numpy as np
from scipy import sparse

from sknoisy._labels import NoisyLabels
from sknoisy._soft_labels import settle
from sknoisy.exceptions import NoEvidenceWarning

# Votes added for no class at all, so that shares of few votes are small: a row with one
# vote weighs one half. One vote is one labelled row; not tuned.
OPEN_VOTES = 1.0
# A cluster has no labelled class if it holds less than this part of the labelled rows
# that its size leads to expect. Not tuned.
UNEXPECTED = 0.1
# What is left of votes after subtraction counts as rounding below this part of them,
# float64 being exact to 2e-16 an operation.
ROUNDING = 1e-9


def cluster_votes(members, table, sources):
    """Count for each row the labels of the rows that share its clusters.

    Parameters
    ----------
    members : sparse array of shape (n_samples, n_clusters)
        How much each row belongs to each cluster.

    table : ndarray of shape (n_samples, n_classes)
        Weight of each class for each row, zeros where there is no label.

    sources : ndarray of int of shape (n_samples,)
        Rows of the same source do not vote for each other; a row never votes for
        itself.

    Returns
    -------
    ndarray of shape (n_samples, n_classes)
        Votes, not negative.
    """
    votes = members @ (members.T @ table)
    # A column for each cluster of each source: what a row gives to its own source.
    cells = sparse.coo_array(members)
    columns = sources[cells.row].astype(np.int64) * members.shape[1] + cells.col
    used, columns = np.unique(columns, return_inverse=True)
    shape = len(sources), len(used)
    apart = sparse.coo_array((cells.data, (cells.row, columns)), shape=shape).tocsr()
    own = apart @ (apart.T @ table)
    return np.where(votes - own > ROUNDING * votes, votes - own, 0.0)


def shares_of(votes):
    """Return the share of each class among the votes and the open ones.

    Parameters
    ----------
    votes : ndarray of shape (n_samples, n_classes)
        Votes.

    Returns
    -------
    ndarray of shape (n_samples, n_classes)
        Shares; the sum of a row is in [0, 1) and 0 without votes.
    """
    return votes / (votes.sum(axis=1, keepdims=True) + OPEN_VOTES)


def novel_clusters(clusters, mass, labeled):
    """Find the clusters of classes without any label.

    Parameters
    ----------
    clusters : ndarray of shape (n_samples,)
        Refined clusters, -1 for none.

    mass : ndarray of shape (n_samples,)
        Weight of each row.

    labeled : ndarray of bool of shape (n_samples,)
        Rows with a label.

    Returns
    -------
    codes : ndarray of shape (n_samples,)
        Positions of such clusters, -1 for other rows.

    n_novel : int
        Their number.
    """
    inside = clusters >= 0
    n_clusters = clusters.max() + 1
    total = np.bincount(clusters[inside], mass[inside], n_clusters)
    voters = np.bincount(clusters[inside], (mass * labeled)[inside], n_clusters)
    expected = total * (mass @ labeled) / mass.sum()
    novel = voters < UNEXPECTED * expected
    position = np.append(np.where(novel, novel.cumsum() - 1, -1), -1)
    return np.where(labeled, -1, position[clusters]), int(novel.sum())


def one_hot(codes, n_classes):
    """Return positions as a sparse table, rows of zeros for -1."""
    return sparse.csr_array((codes[:, None] == np.arange(n_classes)).astype(float))


def leaders(votes):
    """Return the class with most votes for each row, -1 without votes."""
    return np.where(votes.any(axis=1), votes.argmax(axis=1), -1)


def soft_labels_of(votes, labels, given_share, *, soft):
    """Return the soft labels that the votes make.

    Parameters
    ----------
    votes : ndarray of shape (n_samples, n_classes)
        Votes.

    labels : PartlyLabeled
        The labels.

    given_share : float
        Share of its own label in what a labelled row is trained on.

    soft : bool
        Whether a row may be trained on several classes.

    Returns
    -------
    ndarray of shape (n_samples, n_classes)
        Weight of each class. Labelled rows keep their weight, unlabelled ones lose
        what is open.
    """
    shares, given = shares_of(votes), labels.one_hot()
    # What the votes leave open stays with the label that was given.
    cast = shares.sum(axis=1, keepdims=True)
    own = given + (1 - given_share) * (shares - given * cast)
    if not soft:
        own = one_hot(own.argmax(axis=1), labels.n_classes).toarray()
        shares = (shares > 0.5).astype(float)
    table = np.where(labels.labeled[:, None], own, shares)
    return _settled(table * labels.sample_weight[:, None], labels)


def _settled(table, labels):
    """Return soft labels in which no class loses all its weight; trusted ones stay."""
    rows = np.flatnonzero(labels.labeled)
    given = NoisyLabels(
        labels.codes[rows],
        labels.classes,
        sample_weight=labels.sample_weight[rows],
        trusted=None if labels.trusted is None else labels.trusted[rows],
    )
    table[rows] = settle(table[rows], given)
    return table


def warn_without_evidence(votes, labels, given_share, n_clusters):
    """Warn if the clusters change no label, and tell why.

    Parameters
    ----------
    votes : ndarray of shape (n_samples, n_classes)
        Votes of the last round.

    labels : PartlyLabeled
        The labels.

    given_share : float
        Share of its own label in what a labelled row is trained on.

    n_clusters : int
        Number of clusters of the last round, as they came.
    """
    if labels.labeled.all():
        if given_share == 1:
            warnings.warn(
                "Every row has a label and given_share=1, so that the clusters change "
                "nothing. Lower given_share, or say by unlabeled what stands for a "
                "missing label.",
                NoEvidenceWarning,
            )
    elif not votes[~labels.labeled].any():
        found = ("no cluster", "a single cluster")[min(n_clusters, 1)]
        reason = f"the clusterer has found {found}"
        if n_clusters > 1:
            reason = "no cluster holds rows with and without a label"
        warnings.warn(
            f"No row without a label has got a pseudo-label, since {reason}: only the "
            "labels that were given are used. Look at history_, and try another "
            "clusterer, radius, number of clusters or embedding.",
            NoEvidenceWarning,
        )
