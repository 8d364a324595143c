"""What labels of bags, and of single steps, say about the logits of a network.

Bags of a batch are filled up to the same number of steps: ``logits`` have the shape
(n_bags, n_steps, n_classes + 1), the background last; ``mask``, of shape (n_bags,
n_steps), is 1 where a bag has a step; ``allowed``, of shape (n_bags, n_classes + 1),
holds the probability that a class occurs in a bag, and 1 for the background.
"""

import torch
from torch.nn.functional import log_softmax


def bag_loss(logits, mask, allowed, share):
    """Return the cross-entropy of bags with the classes in them and the background.

    The logit of a bag is the mean of the highest logits of its steps, for each class
    over its own steps.
    """
    top = highest_mean(logits, mask, share)
    target = allowed / allowed.sum(dim=1, keepdim=True)
    return -(target * log_softmax(top, dim=1)).sum(dim=1)


def absence_loss(log_proba, mask, allowed):
    """Return the mean over steps of minus the log-probability of what may be there."""
    possible = log_proba + allowed.log()[:, None]
    return -_mean_over_steps(torch.logsumexp(possible, dim=2), mask)


def step_loss(log_proba, mask, targets):
    """Return the mean over steps of the cross-entropy with what they are taught.

    ``targets`` have the shape of the logits; rows may be zero or, for changes,
    negative.
    """
    return -_mean_over_steps((targets * log_proba).sum(dim=2), mask)


def highest_mean(values, mask, share):
    """Return the mean of the highest values of each column, bag by bag."""
    # Of each bag its own number of steps, at least one.
    n_top = (mask.sum(dim=1).double() * share).long().clamp_min(1)
    real = values.masked_fill(mask[..., None] == 0, -torch.inf)
    highest = real.topk(int(n_top.max()), dim=1).values
    counted = torch.arange(highest.shape[1], device=values.device) < n_top[:, None]
    kept = torch.where(counted[..., None], highest, torch.zeros_like(highest))
    return kept.sum(dim=1) / n_top[:, None]


def _mean_over_steps(values, mask):
    return (values * mask).sum(dim=1) / mask.sum(dim=1)
