"""From the similarity of predictions and labels to weights, batch by batch."""

import numpy as np
import torch


def label_similarity(proba, codes):
    """Return the cosine between class probabilities and the label given.

    Parameters
    ----------
    proba : tensor of shape (n_rows, n_classes)
        Class probabilities.

    codes : array-like or tensor of int64 of shape (n_rows,)
        Label of each row.

    Returns
    -------
    tensor of shape (n_rows,)
        ``proba[i, codes[i]] / norm(proba[i])``, in [0, 1].
    """
    codes = torch.as_tensor(codes, device=proba.device)
    return proba.gather(1, codes[:, None])[:, 0] / proba.norm(dim=1)


def weight_tables(mixtures, resolution, clip):
    """Return the weights that mixtures give to evenly spaced similarities.

    Parameters
    ----------
    mixtures : list of ScoreMixture
        One for each network.

    resolution : int
        Number of entries.

    clip : float
        Smallest weight, and what the largest one lacks of 1.

    Returns
    -------
    tensor of shape (n_mixtures, resolution)
        Probability of the component of right labels, for similarities from 0 to 1.
    """
    grid = np.linspace(0, 1, resolution)[:, None]
    tables = np.stack([mixture.predict_proba(grid)[:, 1] for mixture in mixtures])
    return torch.as_tensor(np.clip(tables, clip, 1 - clip))


def look_up(tables, similarity):
    """Return the table entry of each similarity.

    Parameters
    ----------
    tables : tensor of shape (n_tables, resolution)
        Weights for similarities from 0 to 1.

    similarity : tensor of shape (n_tables, n_rows)
        Similarities in [0, 1].

    Returns
    -------
    tensor of shape (n_tables, n_rows)
        Weights.
    """
    resolution = tables.shape[1]
    entry = (similarity * resolution).long().clamp(0, resolution - 1)
    return tables.to(similarity.device).gather(1, entry)


def clean_proba(proba, codes, quality):
    """Return class probabilities in which the label given has a certain share.

    Parameters
    ----------
    proba : ndarray of shape (n_rows, n_classes)
        Predictions, of any sum; they share out what the label given does not get.

    codes : ndarray of int of shape (n_rows,)
        Labels given.

    quality : ndarray of shape (n_rows,)
        Share of the label given.

    Returns
    -------
    ndarray of shape (n_rows, n_classes)
        Rows sum to 1.
    """
    rows = np.arange(len(codes))
    others = proba.copy()
    others[rows, codes] = 0
    total = others.sum(axis=1, keepdims=True)
    # Where the net is entirely sure of the label given, it says nothing of the others.
    evenly = np.full_like(others, 1 / (others.shape[1] - 1))
    evenly[rows, codes] = 0
    clean = np.divide(others, total, out=evenly, where=total > 0)
    clean *= 1 - quality[:, None]
    clean[rows, codes] = quality
    return clean
