"""The hook of the room: rows and noisy labels in, soft labels out."""

from abc import abstractmethod

import numpy as np

from sknoisy._meta import LabelLearner
from sknoisy._soft_labels import drop_negligible


class BaseRefiner(LabelLearner):
    """Base of the refiners.

    A subclass implements ``_refine(X, labels)`` and returns the soft labels, an array
    of shape (n_samples, n_classes): the weight of each class for each sample.
    """

    def _learn(self, X, labels):
        keep_soft_labels(self, self._refine(X, labels), labels)

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
    """Settle soft labels and keep them, and what follows, as fitted attributes.

    Parameters
    ----------
    owner : estimator
        Receives ``soft_labels_``, ``sample_weight_`` and ``transduction_``.

    soft_labels : ndarray of shape (n_samples, n_classes)
        Weight of each class for each sample.

    labels : NoisyLabels
        The record of the labels.
    """
    owner.soft_labels_ = settle(soft_labels, labels)
    owner.sample_weight_ = owner.soft_labels_.sum(axis=1)
    owner.transduction_ = labels.classes[owner.soft_labels_.argmax(axis=1)]


def keep_posterior(owner, posterior, labels):
    """Keep the clean posterior, certain where labels are verified, as attributes.

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
    owner.label_quality_ = posterior[np.arange(labels.n_samples), labels.codes]
    return posterior


def settle(soft_labels, labels):
    """Return soft labels that keep to what is certain.

    Verified labels stay as they are. A class that would lose all its weight keeps the
    labels that were given: evidence that wipes out a class is not believed about it.

    Parameters
    ----------
    soft_labels : ndarray of shape (n_samples, n_classes)
        Weight of each class for each sample.

    labels : NoisyLabels
        The record of the labels.

    Returns
    -------
    ndarray of shape (n_samples, n_classes)
        The soft labels to train on.
    """
    soft_labels = labels.keep_trusted(soft_labels)
    given = labels.one_hot() * labels.sample_weight[:, None]
    restored = np.zeros(labels.n_classes, dtype=bool)
    # Samples that go back to a lost class may have been the last of another one.
    while (lost := ~(drop_negligible(soft_labels).any(axis=0) | restored)).any():
        soft_labels = np.where(lost[labels.codes][:, None], given, soft_labels)
        restored |= lost
    return soft_labels
