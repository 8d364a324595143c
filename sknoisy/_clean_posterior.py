"""From a noise model and the label given to the probability of each true class."""

import numpy as np

from sknoisy._transition_matrix import normalize_rows

PRIOR_STEPS = 200
TINY = 1e-12


def clean_prior(transition_matrix, noisy_share, n_steps=PRIOR_STEPS):
    """Return the shares of the true classes that explain those of the labels.

    Parameters
    ----------
    transition_matrix : ndarray of shape (n_classes, n_classes)
        ``T[i, j] = P(noisy = j | clean = i)``.

    noisy_share : ndarray of shape (n_classes,)
        Share of each label; sums to 1.

    n_steps : int, default=200
        Steps of expectation-maximisation on the likelihood of the labels.

    Returns
    -------
    ndarray of shape (n_classes,)
        Shares that sum to 1. Inverting the matrix instead can give negative shares.
    """
    prior = np.asarray(noisy_share, dtype=float)
    for _ in range(n_steps):
        expected = np.maximum(prior @ transition_matrix, TINY)
        prior = prior * (transition_matrix @ (noisy_share / expected))
        prior /= prior.sum()
    return prior


def clean_posterior(proba, transition_matrix, codes):
    """Return the probability of each true class, given the features and the label.

    Parameters
    ----------
    proba : ndarray of shape (n_samples, n_classes)
        Out-of-fold probabilities.

    transition_matrix : ndarray of shape (n_classes, n_classes)
        ``T[i, j] = P(noisy = j | clean = i)``.

    codes : ndarray of shape (n_samples,)
        Positions of the labels given.

    Returns
    -------
    ndarray of shape (n_samples, n_classes)
        Rows sum to 1.
    """
    return normalize_rows(proba * transition_matrix[:, codes].T)
