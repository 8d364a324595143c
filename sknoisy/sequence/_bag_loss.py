"""What labels of whole bags say about the logits of their steps."""

from itertools import pairwise

import numpy as np

from sknoisy.sequence._windows import MovingMean


class BagLoss:
    """Gradient of the loss of weakly labelled bags in the logits of their steps."""

    def __init__(self, evidence, *, pooling, absence, smoothing):
        self.evidence, self.smoothing = evidence, smoothing
        self.pooling, self.absence = pooling, absence

    def gradient(self, logits, offsets, bags, targets):
        """Return the gradient for a batch of bags, averaged over them."""
        mean = MovingMean(offsets, self.smoothing)
        smooth = mean(logits)
        proba = softmax(smooth)
        length = np.repeat(np.diff(offsets), np.diff(offsets))[:, None]
        gradient = taught(proba, targets) / length
        # The three terms of the loss in the notes of WeakSequenceLocalizer.
        if not self.evidence.by_step:
            allowed = np.repeat(self.evidence.allowed[bags], np.diff(offsets), axis=0)
            gradient += self.absence * forbidden(proba, allowed) / length
            gradient += pooled(
                smooth, offsets, self.evidence.allowed[bags], self.pooling
            )
        return mean.adjoint(gradient) / len(bags)


def softmax(logits):
    """Return probabilities whose rows sum to 1."""
    weights = np.exp(logits - logits.max(axis=1, keepdims=True))
    return weights / weights.sum(axis=1, keepdims=True)


def taught(proba, targets):
    """Return the gradient of the cross-entropy with a target for each step."""
    # (sum_c D_c) p - D, also for D with negative entries.
    return targets.sum(axis=1, keepdims=True) * proba - targets


def forbidden(proba, allowed):
    """Return the gradient of minus the log-probability of all allowed classes."""
    inside = proba * allowed
    # p minus p limited to what is allowed; the bound avoids 0 / 0.
    return proba - inside / np.maximum(inside.sum(axis=1, keepdims=True), 1e-12)


def pooled(logits, offsets, present, share):
    """Return the gradient of the cross-entropy of bags with the classes in them.

    The logit of a bag is the mean of the highest logits of its steps; the target is
    shared by the classes that are present, the background among them.
    """
    lengths = np.diff(offsets)
    n_top = np.array([n_pooled(length, share) for length in lengths])
    inside = np.arange(lengths.max()) < lengths[:, None]
    # Bags side by side, filled up by what is never among the highest.
    lowest = np.full((*inside.shape, logits.shape[1]), np.inf)
    lowest[inside] = -logits
    most = n_top.max()
    top = np.argpartition(lowest, most - 1, axis=1)[:, :most]
    chosen = np.take_along_axis(lowest, top, axis=1)
    order = np.argsort(chosen, axis=1)
    top = np.take_along_axis(top, order, axis=1)
    counts = (np.arange(most) < n_top[:, None])[:, :, None]
    chosen = np.where(counts, np.take_along_axis(chosen, order, axis=1), 0)
    # The gradient of a mean of the highest goes to these in equal parts.
    bag = -chosen.sum(axis=1) / n_top[:, None]
    error = softmax(bag) - present / present.sum(axis=1, keepdims=True)
    gradient = np.zeros_like(lowest)
    share_of_step = np.where(counts, (error / n_top[:, None])[:, None], 0)
    np.put_along_axis(gradient, top, share_of_step, axis=1)
    return gradient[inside]


def n_pooled(n_steps, share):
    """Return how many steps stand for a bag: the share of them, and at least one."""
    return max(1, int(n_steps * share))


def bag_scores(scores, offsets, share):
    """Return for each bag the mean of its highest scores of each class."""
    found = np.zeros((len(offsets) - 1, scores.shape[1]))
    for bag, (begin, end) in enumerate(pairwise(offsets)):
        if end > begin:
            top = n_pooled(end - begin, share)
            ordered = np.partition(scores[begin:end], end - begin - top, axis=0)
            found[bag] = ordered[end - begin - top :].mean(axis=0)
    return found
