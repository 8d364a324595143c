"""The hook of the room: probabilities and labels in, transition matrix out."""

from abc import abstractmethod

import numpy as np

from sknoisy._clean_posterior import clean_prior
from sknoisy._evidence import ProbabilitySource
from sknoisy._meta import LabelLearner


class BaseTransitionEstimator(ProbabilitySource, LabelLearner):
    """Base of the estimators of a noise transition matrix.

    A subclass implements ``_estimate(proba, labels)`` and returns the matrix ``T`` with
    ``T[i, j] = P(noisy = j | clean = i)``.
    """

    def _learn(self, X, labels):
        self.transition_matrix_ = self._estimate(self._proba(X, labels), labels)
        share = np.bincount(labels.codes, labels.weights, labels.n_classes)
        prior = clean_prior(self.transition_matrix_, share / share.sum())
        self.noise_rate_ = float(1 - prior @ np.diag(self.transition_matrix_))

    @abstractmethod
    def _estimate(self, proba, labels):
        """Return the transition matrix of shape (n_classes, n_classes).

        Parameters
        ----------
        proba : ndarray of shape (n_samples, n_classes)
            Out-of-fold probabilities.

        labels : NoisyLabels
            The record of the labels.
        """
