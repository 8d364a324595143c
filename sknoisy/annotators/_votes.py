"""How annotators go wrong: the models that turn answers into likelihoods."""

import numpy as np
from scipy import sparse
from scipy.optimize import minimize
from scipy.special import expit, log_expit, softmax

TINY = 1e-12
# Steps on abilities and difficulties in each round; the next round goes on from there.
ABILITY_STEPS = 20
# Right answers that each class has beforehand in the matrix of the whole crowd.
HEAD_START = 1.0


class ConfusionModel:
    """Each annotator has a confusion matrix of their own.

    The counts of an annotator are joined by ``strength`` answers for each true class,
    spread as the answers of the whole crowd are.

    Parameters
    ----------
    answers : Annotations
        The answers.

    weights : ndarray of shape (n_items,)
        What each item counts among the answers of an annotator.

    strength : float
        Answers for each true class that are borrowed from the crowd.
    """

    def __init__(self, answers, weights, strength):
        self.answers, self.strength = answers, strength
        n_answers, (n_items, n_annotators) = answers.n_answers, answers.shape
        each, n_classes = np.arange(n_answers), answers.n_classes
        self._of_item = sparse.csr_array(
            (np.ones(n_answers), (answers.items, each)), shape=(n_items, n_answers)
        )
        given = answers.annotators * n_classes + answers.codes
        self._of_annotator = sparse.csr_array(
            (weights[answers.items], (given, each)),
            shape=(n_annotators * n_classes, n_answers),
        )

    def update(self, posterior):
        """Fit the annotators to the probabilities of the true classes.

        Parameters
        ----------
        posterior : ndarray of shape (n_items, n_classes)
            Rows sum to 1.
        """
        n_annotators, n_classes = self.answers.shape[1], self.answers.n_classes
        counts = self._of_annotator @ posterior[self.answers.items]
        counts = counts.reshape(n_annotators, n_classes, n_classes)
        self.matrices = self._matrices(counts.transpose(0, 2, 1))

    def log_likelihood(self):
        """Return how likely the answers to each item are, for each true class.

        Returns
        -------
        ndarray of shape (n_items, n_classes)
            Natural logarithms; zeros for an item without answers.
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
    """Each annotator is right with one probability, whatever the true class.

    Wrong answers go to all other classes alike.
    """

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


class DifficultyModel(ConfusionModel):
    """Annotators have an ability and items an ease; their product decides.

    The answer is right with the probability ``expit(ability * exp(ease))``.
    """

    def __init__(self, answers, weights, strength):
        super().__init__(answers, weights, strength)
        self._mass = weights[answers.items]
        self.ability = np.ones(answers.shape[1])
        self.ease = np.zeros(answers.shape[0])

    def update(self, posterior):
        """Fit abilities and ease to the probabilities of the true classes.

        Parameters
        ----------
        posterior : ndarray of shape (n_items, n_classes)
            Rows sum to 1.
        """
        right = posterior[self.answers.items, self.answers.codes]
        start = np.concatenate([self.ability, self.ease])
        found = minimize(
            self._loss,
            start,
            args=(right,),
            jac=True,
            method="L-BFGS-B",
            options={"maxiter": ABILITY_STEPS},
        )
        self.ability, self.ease = np.split(found.x, [len(self.ability)])
        self.matrices = one_coin_matrices(self._share(), self.answers.n_classes)

    def log_likelihood(self):
        """Return how likely the answers to each item are, for each true class.

        Returns
        -------
        ndarray of shape (n_items, n_classes)
            Natural logarithms; zeros for an item without answers.
        """
        logit = self._logit(self.ability, self.ease)
        n_classes, answers = self.answers.n_classes, self.answers
        wrong = log_expit(-logit) - np.log(n_classes - 1)
        logs = np.repeat(wrong[:, None], n_classes, axis=1)
        logs[np.arange(len(logs)), answers.codes] = log_expit(logit)
        return self._of_item @ logs

    def _logit(self, ability, ease):
        answers = self.answers
        return ability[answers.annotators] * np.exp(np.clip(ease, -5, 5))[answers.items]

    def _loss(self, x, right):
        """Return the negative log-posterior of abilities and ease, and its slope."""
        answers = self.answers
        ability, ease = np.split(x, [len(self.ability)])
        logit = self._logit(ability, ease)
        wrong = log_expit(-logit) - np.log(answers.n_classes - 1)
        fit = self._mass @ (right * log_expit(logit) + (1 - right) * wrong)
        prior = ((ability - 1) ** 2).sum() / 2 + (ease**2).sum() / 2
        pull = self._mass * (right - expit(logit))
        scale = np.exp(np.clip(ease, -5, 5))[answers.items]
        by_ability = np.bincount(answers.annotators, pull * scale, len(ability))
        by_ease = np.bincount(answers.items, pull * logit, len(ease))
        slope = np.concatenate([ability - 1 - by_ability, ease - by_ease])
        return prior - fit, slope

    def _share(self):
        """Return the mean probability of a right answer of each annotator."""
        answers, n_annotators = self.answers, len(self.ability)
        right = expit(self._logit(self.ability, self.ease))
        total = np.bincount(answers.annotators, minlength=n_annotators)
        sums = np.bincount(answers.annotators, right, n_annotators)
        return np.divide(sums, total, out=expit(self.ability), where=total > 0)


def one_coin_matrices(share, n_classes):
    """Return the matrices of annotators who are right with one probability.

    Parameters
    ----------
    share : ndarray of shape (n_annotators,)
        Probabilities of a right answer.

    n_classes : int
        Number of classes.

    Returns
    -------
    ndarray of shape (n_annotators, n_classes, n_classes)
        Rows sum to 1.
    """
    share = share[:, None, None]
    return np.where(np.eye(n_classes, dtype=bool), share, (1 - share) / (n_classes - 1))


MODELS = {
    "confusion": ConfusionModel,
    "one_coin": OneCoinModel,
    "difficulty": DifficultyModel,
}


def vote_shares(answers):
    """Return the share of the answers to each item that name each class.

    Parameters
    ----------
    answers : Annotations
        The answers.

    Returns
    -------
    ndarray of shape (n_items, n_classes)
        Rows sum to 1; an item without answers has the shares of all answers.
    """
    counts = answers.counts()
    total = counts.sum(axis=1, keepdims=True)
    overall = np.broadcast_to(counts.sum(axis=0) / total.sum(), counts.shape)
    return np.divide(counts, total, out=overall.copy(), where=total > 0)


def settle_votes(model, posterior, mass, *, log_prior=None, max_iter, tol):
    """Alternate between annotators and true classes until they agree.

    Parameters
    ----------
    model : ConfusionModel
        It is updated in place.

    posterior : ndarray of shape (n_items, n_classes)
        Probabilities of the true classes to start from.

    mass : ndarray of shape (n_items,)
        What each item counts in the shares of the classes.

    log_prior : ndarray of shape (n_items, n_classes), default=None
        What else is known about each item. If None, the shares of the classes, which
        are estimated along.

    max_iter : int
        Largest number of rounds.

    tol : float
        Largest change of a probability at which the rounds end.

    Returns
    -------
    posterior : ndarray of shape (n_items, n_classes)
        Rows sum to 1.

    n_iter : int
        Number of rounds.

    change : float
        How much the last round has changed.
    """
    n_iter, change = 0, np.inf
    while n_iter < max_iter and change > tol:
        n_iter += 1
        model.update(posterior)
        before = posterior
        prior = log_prior
        if prior is None:
            prior = np.log(np.maximum(mass @ posterior / mass.sum(), TINY))
        posterior = softmax(model.log_likelihood() + prior, axis=1)
        change = float(np.abs(posterior - before).max())
    return posterior, n_iter, change
