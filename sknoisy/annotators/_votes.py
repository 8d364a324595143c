"""How annotators go wrong: the models that turn answers into likelihoods."""

import numpy as np
from scipy import sparse
from scipy.special import softmax

# The least probability whose logarithm is taken; its square is still no denormal.
TINY = 1e-12
# Right answers that each class has beforehand in the matrix of the whole crowd: one
# pseudo-count, so that a class which votes never name is a class of right answers.
HEAD_START = 1.0


class ConfusionModel:
    """Each annotator has a confusion matrix of their own (Dawid and Skene, 1979).

    The weighted counts of an annotator are joined by ``strength`` answers for each true
    class, spread as those of the whole crowd are.
    """

    def __init__(self, answers, weights, strength):
        self.answers, self.strength = answers, strength
        n_answers, (n_items, n_annotators) = answers.n_answers, answers.shape
        each, n_classes = np.arange(n_answers), answers.n_classes
        # Sums over the answers to an item, and over those of an annotator by label.
        self._of_item = sparse.csr_array(
            (np.ones(n_answers), (answers.items, each)), shape=(n_items, n_answers)
        )
        given = answers.annotators * n_classes + answers.codes
        self._of_annotator = sparse.csr_array(
            (weights[answers.items], (given, each)),
            shape=(n_annotators * n_classes, n_answers),
        )

    def update(self, posterior):
        """Fit the annotators to the probabilities of the true classes (M step)."""
        n_annotators, n_classes = self.answers.shape[1], self.answers.n_classes
        counts = self._of_annotator @ posterior[self.answers.items]
        counts = counts.reshape(n_annotators, n_classes, n_classes)
        self.matrices = self._matrices(counts.transpose(0, 2, 1))

    def log_likelihood(self):
        """Return how likely the answers to each item are, for each true class.

        Natural logarithms of shape (n_items, n_classes); zeros without an answer.
        """
        logs = np.log(np.maximum(self.matrices, TINY))
        answers = self.answers
        return self._of_item @ logs[answers.annotators, :, answers.codes]

    def _matrices(self, counts):
        crowd = counts.sum(axis=0) + HEAD_START * np.eye(len(counts[0]))
        crowd /= crowd.sum(axis=1, keepdims=True)
        total = counts.sum(axis=2, keepdims=True)
        joined = counts + self.strength * crowd
        # A class that an annotator has never met says nothing about them.
        alone = np.broadcast_to(crowd, counts.shape)
        known = total + self.strength
        return np.divide(joined, known, out=alone.copy(), where=known > 0)


class OneCoinModel(ConfusionModel):
    """Each annotator is right with one probability; wrong answers go anywhere."""

    def _matrices(self, counts):
        n_classes = counts.shape[1]
        right = np.trace(counts, axis1=1, axis2=2)
        total = counts.sum(axis=(1, 2))
        crowd = (right.sum() + HEAD_START) / (total.sum() + HEAD_START)
        # As much is borrowed as the full matrix would borrow in all of its rows.
        borrowed = self.strength * n_classes
        known = total + borrowed
        share = np.divide(
            right + borrowed * crowd,
            known,
            out=np.full(len(total), crowd),
            where=known > 0,
        )
        return one_coin_matrices(share, n_classes)


def one_coin_matrices(share, n_classes):
    """Return the matrices of annotators who are right with one probability."""
    share = share[:, None, None]
    return np.where(np.eye(n_classes, dtype=bool), share, (1 - share) / (n_classes - 1))


MODELS = {"confusion": ConfusionModel, "one_coin": OneCoinModel}


def vote_shares(answers):
    """Return the shares of the answers to each item; of all answers without any."""
    counts = answers.counts()
    total = counts.sum(axis=1, keepdims=True)
    overall = np.broadcast_to(counts.sum(axis=0) / total.sum(), counts.shape)
    return np.divide(counts, total, out=overall.copy(), where=total > 0)


def alternate(model, posterior, sample_weight, log_prior, max_iter, tol):
    """Alternate between annotators and true classes until they agree.

    Starts from a posterior of shape (n_items, n_classes), updates the model in place,
    and returns the posterior, the number of rounds and how much the last has changed.
    ``log_prior`` is what else is known of each item; None estimates the shares of the
    classes along.
    """
    n_iter, change = 0, np.inf
    while n_iter < max_iter and change > tol:
        n_iter += 1
        model.update(posterior)
        before, prior = posterior, log_prior
        if prior is None:
            shares = sample_weight @ posterior / sample_weight.sum()
            prior = np.log(np.maximum(shares, TINY))
        posterior = softmax(model.log_likelihood() + prior, axis=1)
        change = float(np.abs(posterior - before).max())
    return posterior, n_iter, change
