"""From the similarity of predictions and labels to weights, batch by batch."""

import numpy as np
import torch


def label_similarity(proba, codes):
    """Return the cosine between class probabilities and the label given, in [0, 1].

    For a one-hot label it is ``proba[i, codes[i]] / norm(proba[i])``.
    """
    codes = torch.as_tensor(codes, device=proba.device)
    return proba.gather(1, codes[:, None])[:, 0] / proba.norm(dim=1)


def weight_tables(mixtures, n_classes, resolution, clip):
    """Return the weights that mixtures give to evenly spaced similarities in [0, 1].

    ``mixtures`` holds for each network what ``fit_mixtures`` has returned. The tensor
    has the shape (n_networks, n_classes, resolution); ``clip`` is the smallest weight,
    and what the largest one lacks of 1.
    """
    # A table, as in the authors' code: batches come far more often than mixtures.
    grid = np.linspace(0, 1, resolution)[:, None]
    tables = []
    for fitted in mixtures:
        # Behind the mixture of all rows stand those of the classes, if there are any.
        own = fitted[1:] or fitted * n_classes
        tables.append([mixture.predict_proba(grid)[:, 1] for mixture in own])
    return torch.as_tensor(np.clip(tables, clip, 1 - clip))


def look_up(tables, similarity, codes):
    """Return the table entry of each similarity of shape (n_networks, n_rows)."""
    resolution = tables.shape[-1]
    codes = torch.as_tensor(codes, device=similarity.device)
    entry = (similarity * resolution).long().clamp(0, resolution - 1)
    network = torch.arange(len(tables), device=similarity.device)[:, None]
    return tables.to(similarity.device)[network, codes, entry]
