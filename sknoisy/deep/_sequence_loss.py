"""What labels of bags, and of single steps, say about the answers of a network."""

from dataclasses import dataclass

import torch
from torch.nn import functional

# What a network says of itself is sharpened before it is taught back.
SHARPENING = 0.2
# The lowest and the highest attentions, an eighth of a bag each, are to differ.
ATTENDED = 0.125
LIKELY = 0.5
TINY = 1e-7


@dataclass(frozen=True)
class BagBatch:
    """Bags of a batch, filled up to the same number of steps.

    Attributes
    ----------
    x : tensor of shape (n_bags, n_features, n_steps)
        The bags.
    mask : tensor of shape (n_bags, n_steps)
        1 where a bag has a step, else 0.
    allowed : tensor of shape (n_bags, n_classes + 1)
        Probability that a class occurs in a bag, and 1 for the background, at the end.
    targets : tensor of shape (n_bags, n_steps, n_classes + 1)
        What single steps are taught; rows may be zero or, for changes, negative.
    """

    x: torch.Tensor
    mask: torch.Tensor
    allowed: torch.Tensor
    targets: torch.Tensor

    @property
    def lengths(self):
        """Number of steps of each bag."""
        return self.mask.sum(dim=1)


@dataclass(frozen=True)
class Answers:
    """What a network says of the steps of a batch.

    Attributes
    ----------
    logits : tensor of shape (n_bags, n_steps, n_classes + 1)
        Logits of the classes, the background last.
    attention : tensor of shape (n_bags, n_steps)
        Logit of the probability that anything happens.
    """

    logits: torch.Tensor
    attention: torch.Tensor

    @property
    def log_share(self):
        """Log-probabilities of the classes and the background."""
        return functional.log_softmax(self.logits, dim=2)

    def proba(self, attends):
        """Return probabilities; where it attends, what does not count is background."""
        share = torch.softmax(self.logits.double(), dim=2)
        if not attends:
            return share
        classes = share[..., :-1] * torch.sigmoid(self.attention.double())[..., None]
        return torch.cat([classes, 1 - classes.sum(dim=2, keepdim=True)], dim=2)


def mean_over_steps(values, batch):
    """Return the mean over the steps of each bag."""
    return (values * batch.mask).sum(dim=1) / batch.lengths


def bag_loss(logits, batch, share):
    """Return the cross-entropy of bags with the classes in them and the background.

    The logit of a bag is the mean of the highest logits of its steps, for each class
    over its own steps.
    """
    top = highest_mean(logits, batch, share)
    target = batch.allowed / batch.allowed.sum(dim=1, keepdim=True)
    return -(target * functional.log_softmax(top, dim=1)).sum(dim=1)


def foreground_loss(answers, batch):
    """Return the cross-entropy of what is attended to with the classes of the bag."""
    weight = torch.sigmoid(answers.attention) * batch.mask
    weight = weight / weight.sum(dim=1, keepdim=True).clamp_min(TINY)
    attended = (answers.logits * weight[..., None]).sum(dim=1)
    present = batch.allowed[:, :-1]
    target = present / present.sum(dim=1, keepdim=True).clamp_min(1)
    return -(target * functional.log_softmax(attended, dim=1)[:, :-1]).sum(dim=1)


def attention_loss(answers, batch):
    """Return how much the lowest attentions of a bag exceed the highest ones."""
    attention = torch.sigmoid(answers.attention)[..., None]
    highest = highest_mean(attention, batch, ATTENDED)[:, 0]
    lowest = -highest_mean(-attention, batch, ATTENDED)[:, 0]
    happens = (batch.allowed[:, :-1] > LIKELY).any(dim=1)
    return torch.where(happens, lowest - highest, highest)


def absence_loss(log_share, batch):
    """Return the mean over steps of minus the log-probability of what may be there."""
    possible = log_share + batch.allowed.log()[:, None]
    return mean_over_steps(-torch.logsumexp(possible, dim=2), batch)


def step_loss(log_share, batch):
    """Return the mean over steps of the cross-entropy with what they are taught."""
    return mean_over_steps(-(batch.targets * log_share).sum(dim=2), batch)


def consistency_loss(log_share, teacher, batch):
    """Return the cross-entropy of steps with sharpened answers of a teacher."""
    teacher = teacher.detach() + batch.allowed.log()[:, None]
    target = torch.softmax(teacher / SHARPENING, dim=2)
    sharp = functional.log_softmax(log_share / SHARPENING, dim=2)
    return mean_over_steps(-(target * sharp).sum(dim=2), batch)


def highest_mean(values, batch, share):
    """Return the mean of the highest values of each column, bag by bag."""
    # Of each bag its own number of steps, at least one.
    n_top = (batch.lengths.double() * share).long().clamp_min(1)
    real = values.masked_fill(batch.mask[..., None] == 0, -torch.inf)
    highest = real.topk(int(n_top.max()), dim=1).values
    counted = torch.arange(highest.shape[1], device=values.device) < n_top[:, None]
    kept = torch.where(counted[..., None], highest, torch.zeros_like(highest))
    return kept.sum(dim=1) / n_top[:, None]
