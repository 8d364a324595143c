"""The hook of the package: rows and noisy labels in, soft labels out."""

from abc import abstractmethod

from sknoisy._meta import LabelLearner
from sknoisy._soft_labels import settle


class BaseRefiner(LabelLearner):
    """Base of the refiners.

    A subclass implements ``_refine(X, labels)`` and returns the soft labels, an array
    of shape (n_samples, n_classes): the weight of each class for each sample.
    """

    def _learn(self, X, labels):
        soft_labels = settle(self._refine(X, labels), labels) * labels.unit
        keep_soft_labels(self, soft_labels, labels)

    @abstractmethod
    def _refine(self, X, labels):
        """Return the soft labels.

        Parameters
        ----------
        X : array-like, frame, sparse matrix or sequence of n_samples rows
            As given to ``fit``.

        labels : NoisyLabels
            The record of the labels.
        """


def keep_soft_labels(owner, soft_labels, labels):
    """Keep soft labels, and what follows from them, as fitted attributes.

    Parameters
    ----------
    owner : estimator
        Receives ``soft_labels_``, ``sample_weight_`` and ``transduction_``.

    soft_labels : ndarray of shape (n_samples, n_classes)
        Weight of each class for each sample.

    labels : NoisyLabels
        The record of the labels.
    """
    owner.soft_labels_ = soft_labels
    owner.sample_weight_ = owner.soft_labels_.sum(axis=1)
    owner.transduction_ = labels.classes[owner.soft_labels_.argmax(axis=1)]


def keep_posterior(owner, posterior, labels):
    """Keep the clean posterior, certain where labels are trusted, as attributes.

    Parameters
    ----------
    owner : estimator
        Receives ``clean_proba_`` and ``label_quality_``.

    posterior : ndarray of shape (n_samples, n_classes)
        Probability of each true class.

    labels : NoisyLabels
        The record of the labels.

    Returns
    -------
    ndarray of shape (n_samples, n_classes)
        ``clean_proba_``.
    """
    posterior = labels.certain_of_trusted(posterior)
    owner.clean_proba_ = posterior
    owner.label_quality_ = labels.proba_of_label(posterior)
    return posterior
