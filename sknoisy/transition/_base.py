"""The hook of the package: probabilities and labels in, transition matrix out."""

from abc import abstractmethod

from sknoisy._clean_posterior import clean_posterior, implied_noise_rate
from sknoisy._compat import HasMethods
from sknoisy._meta import LabelLearner


class _TransitionEstimator(HasMethods):
    """Constraint of a parameter ``transition`` whose message names the choices."""

    def __init__(self):
        super().__init__(["fit", "_estimate"])

    def __str__(self):
        return (
            "an estimator of sknoisy.transition (an instance, such as "
            "ConfidentTransition(), EMTransition(), NeighborTransition(), "
            "AnchorPointTransition(), DualTTransition() or TrustedTransition())"
        )


TRANSITION_ESTIMATOR = _TransitionEstimator()


class BaseTransitionEstimator(LabelLearner):
    """Base of the estimators of a noise transition matrix.

    A subclass implements ``_estimate(X, proba, labels)`` and returns the matrix ``T``
    with ``T[i, j] = P(noisy = j | clean = i)``. One that needs out-of-fold
    probabilities derives from ``ProbabilitySource`` as well and leaves
    ``_needs_proba`` at True; any other sets it to False and receives None.
    """

    _needs_proba = True

    def _learn(self, X, labels):
        proba = self._proba(X, labels) if self._needs_proba else None
        self.transition_matrix_ = self._estimate(X, proba, labels)
        self.noise_rate_ = implied_noise_rate(self.transition_matrix_, labels)

    def _posterior(self, X, proba, labels):
        """Return the matrix and the clean posterior that follows from it.

        Mixtures that find both at once have the posterior already.
        """
        T = self._estimate(X, proba, labels)
        if hasattr(self, "clean_proba_"):
            return T, self.clean_proba_
        return T, clean_posterior(proba, T, labels.codes, weights=labels.sample_weight)

    @abstractmethod
    def _estimate(self, X, proba, labels):
        """Return the transition matrix of shape (n_classes, n_classes).

        Parameters
        ----------
        X : array-like, frame, sparse matrix or sequence of n_samples rows
            The rows as given to ``fit``.

        proba : ndarray of shape (n_samples, n_classes) or None
            Out-of-fold probabilities, where they are needed.

        labels : NoisyLabels
            The record of the labels.
        """
