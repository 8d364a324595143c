"""The hook of the room: probabilities and labels in, transition matrix out."""

from abc import abstractmethod

from sknoisy._clean_posterior import clean_posterior, implied_noise_rate
from sknoisy._compat import HasMethods
from sknoisy._evidence import ProbabilitySource
from sknoisy._meta import LabelLearner


class _TransitionEstimator(HasMethods):
    """Constraint of a parameter ``transition`` whose message names the choices."""

    def __init__(self):
        super().__init__(["fit", "_estimate_beside"])

    def __str__(self):
        return (
            "an estimator of sknoisy.transition (an instance, such as "
            "ConfidentTransition(), EMTransition(), NeighborTransition(), "
            "AnchorPointTransition(), DualTTransition() or TrustedTransition())"
        )


TRANSITION_ESTIMATOR = _TransitionEstimator()


class BaseTransitionEstimator(LabelLearner):
    """Base of the estimators of a noise transition matrix.

    A subclass implements ``_estimate(evidence, labels)`` and returns the matrix ``T``
    with ``T[i, j] = P(noisy = j | clean = i)``. The evidence of a subclass of
    ``ProbabilitySource`` are out-of-fold probabilities; any other receives X.
    """

    def _learn(self, X, labels):
        asks_model = isinstance(self, ProbabilitySource)
        evidence = self._proba(X, labels) if asks_model else X
        self.transition_matrix_ = self._estimate(evidence, labels)
        self.noise_rate_ = implied_noise_rate(self.transition_matrix_, labels)

    def _estimate_beside(self, X, proba, labels):
        """Return the transition matrix where the probabilities are known already."""
        asks_model = isinstance(self, ProbabilitySource)
        return self._estimate(proba if asks_model else X, labels)

    def _posterior_beside(self, X, proba, labels):
        """Return the matrix and the clean posterior that follows from it.

        Mixtures that find both at once have the posterior already.
        """
        T = self._estimate_beside(X, proba, labels)
        if hasattr(self, "clean_proba_"):
            return T, self.clean_proba_
        return T, clean_posterior(proba, T, labels.codes, weights=labels.sample_weight)

    @abstractmethod
    def _estimate(self, evidence, labels):
        """Return the transition matrix of shape (n_classes, n_classes).

        Parameters
        ----------
        evidence : ndarray of shape (n_samples, n_classes), or X
            Out-of-fold probabilities, or the rows as given to ``fit``.

        labels : NoisyLabels
            The record of the labels.
        """
