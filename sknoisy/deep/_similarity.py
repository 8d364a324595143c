"""From the similarity of predictions and labels to weights, batch by batch."""

import numpy as np
import torch
from sklearn.base import clone


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


def fit_mixtures(mixture, scores, labels, rows, *, scope, min_class_size):
    """Fit a mixture to the similarities of all rows, and perhaps one to each class.

    Parameters
    ----------
    mixture : ScoreMixture
        It is cloned.

    scores : ndarray of shape (n_samples,)
        Similarities.

    labels : NoisyLabels
        The labels.

    rows : ndarray of int
        The rows that are trained on; the mixtures see no others.

    scope : {"global", "class"}
        Whether each class gets a mixture of its own.

    min_class_size : int
        Smaller classes, by weight, take the mixture of all rows.

    Returns
    -------
    list of ScoreMixture
        That of all rows and, with scope "class", one for each class.
    """
    overall = _fitted(mixture, scores, labels.sample_weight, rows)
    if scope == "global":
        return [overall]
    mixtures = [overall]
    for code in range(labels.n_classes):
        members = rows[labels.codes[rows] == code]
        large = labels.sample_weight[members].sum() >= min_class_size
        own = (
            _fitted(mixture, scores, labels.sample_weight, members)
            if large
            else overall
        )
        mixtures.append(own)
    return mixtures


def _fitted(mixture, scores, mass, rows):
    return clone(mixture).fit(scores[rows, None], sample_weight=mass[rows])


def weight_tables(mixtures, n_classes, resolution, clip):
    """Return the weights that mixtures give to evenly spaced similarities.

    Parameters
    ----------
    mixtures : list of lists of ScoreMixture
        What ``fit_mixtures`` has returned for each network.

    n_classes : int
        Number of classes.

    resolution : int
        Number of entries.

    clip : float
        Smallest weight, and what the largest one lacks of 1.

    Returns
    -------
    tensor of shape (n_networks, n_classes, resolution)
        Probability of the component of right labels, for similarities from 0 to 1.
    """
    grid = np.linspace(0, 1, resolution)[:, None]
    tables = []
    for fitted in mixtures:
        own = fitted[1:] or fitted * n_classes
        tables.append([mixture.predict_proba(grid)[:, 1] for mixture in own])
    return torch.as_tensor(np.clip(tables, clip, 1 - clip))


def look_up(tables, similarity, codes):
    """Return the table entry of each similarity.

    Parameters
    ----------
    tables : tensor of shape (n_networks, n_classes, resolution)
        Weights for similarities from 0 to 1.

    similarity : tensor of shape (n_networks, n_rows)
        Similarities in [0, 1].

    codes : array-like or tensor of int64 of shape (n_rows,)
        Label of each row.

    Returns
    -------
    tensor of shape (n_networks, n_rows)
        Weights.
    """
    resolution = tables.shape[-1]
    codes = torch.as_tensor(codes, device=similarity.device)
    entry = (similarity * resolution).long().clamp(0, resolution - 1)
    network = torch.arange(len(tables), device=similarity.device)[:, None]
    return tables.to(similarity.device)[network, codes, entry]
