"""What labels of whole bags say about the logits of their steps."""

from itertools import pairwise

import numpy as np

from sknoisy.sequence._step_network import softmax
from sknoisy.sequence._windows import MovingMean


class BagLoss:
    """Gradient of the loss of weakly labelled bags in the logits of their steps.

    Parameters
    ----------
    evidence : Evidence
        What is known about bags and steps.

    pooling : float
        Share of the steps of a bag that stand for it, for each class.

    absence : float
        Weight of the term that forbids classes which do not occur in a bag.

    smoothing : int
        Width of the window over which logits are averaged.
    """

    def __init__(self, evidence, *, pooling, absence, smoothing):
        self.evidence, self.smoothing = evidence, smoothing
        self.pooling, self.absence = pooling, absence

    def gradient(self, logits, offsets, bags, targets):
        """Return the gradient for a batch of bags, averaged over them.

        Parameters
        ----------
        logits : ndarray of shape (n_steps, n_classes + 1)
            Logits of the batch before they are smoothed, the background last.

        offsets : ndarray of shape (len(bags) + 1,)
            Where each bag of the batch begins and ends.

        bags : ndarray of int
            Their positions among all bags.

        targets : ndarray of shape (n_steps, n_classes + 1)
            What single steps are taught; rows may be zero or, for changes, negative.

        Returns
        -------
        ndarray of shape (n_steps, n_classes + 1)
            The gradient.
        """
        mean = MovingMean(offsets, self.smoothing)
        smooth = mean(logits)
        proba = softmax(smooth)
        length = np.repeat(np.diff(offsets), np.diff(offsets))[:, None]
        gradient = taught(proba, targets) / length
        if not self.evidence.by_step:
            allowed = np.repeat(self.evidence.allowed[bags], np.diff(offsets), axis=0)
            gradient += self.absence * forbidden(proba, allowed) / length
            for bag, begin, end in zip(bags, offsets, offsets[1:], strict=False):
                present = self.evidence.allowed[bag]
                gradient[begin:end] += pooled(smooth[begin:end], present, self.pooling)
        return mean.adjoint(gradient) / len(bags)


def taught(proba, targets):
    """Return the gradient of the cross-entropy with a target for each step."""
    return targets.sum(axis=1, keepdims=True) * proba - targets


def forbidden(proba, allowed):
    """Return the gradient of minus the log-probability of all allowed classes."""
    inside = proba * allowed
    return proba - inside / np.maximum(inside.sum(axis=1, keepdims=True), 1e-12)


def pooled(logits, present, share):
    """Return the gradient of the cross-entropy of a bag with the classes in it.

    The logit of a bag is the mean of the highest logits of its steps; the target is
    shared equally by the classes that are present, the background among them.
    """
    n_top = n_pooled(len(logits), share)
    top = np.argpartition(-logits, n_top - 1, axis=0)[:n_top]
    bag = np.take_along_axis(logits, top, axis=0).mean(axis=0, keepdims=True)
    error = (softmax(bag) - present / present.sum()) / n_top
    gradient = np.zeros_like(logits)
    np.put_along_axis(gradient, top, np.repeat(error, n_top, axis=0), axis=0)
    return gradient


def n_pooled(n_steps, share):
    """Return how many steps stand for a bag: the share of them, and at least one."""
    return max(1, int(n_steps * share))


def bag_scores(scores, offsets, share):
    """Return for each bag the mean of its highest scores of each class.

    Parameters
    ----------
    scores : ndarray of shape (n_steps, n_classes)
        Scores of the steps of all bags.

    offsets : ndarray of shape (n_bags + 1,)
        Where each bag begins and ends.

    share : float
        Share of the steps that count.

    Returns
    -------
    ndarray of shape (n_bags, n_classes)
        The means, 0 for bags without steps.
    """
    found = np.zeros((len(offsets) - 1, scores.shape[1]))
    for bag, (begin, end) in enumerate(pairwise(offsets)):
        if end > begin:
            top = n_pooled(end - begin, share)
            ordered = np.partition(scores[begin:end], end - begin - top, axis=0)
            found[bag] = ordered[end - begin - top :].mean(axis=0)
    return found
