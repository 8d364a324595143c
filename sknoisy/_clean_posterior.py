"""From a noise model and the label given to the probability of each true class."""

import numpy as np

from sknoisy._transition_matrix import normalize_rows

PRIOR_STEPS = 200
POSTERIOR_STEPS = 20
STRENGTHS = (1, 2, 4, 8, 16)
SMALLEST_VOTE = 1e-3
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


def implied_noise_rate(transition_matrix, labels):
    """Return the share of wrong labels that follows from a transition matrix.

    Parameters
    ----------
    transition_matrix : ndarray of shape (n_classes, n_classes)
        ``T[i, j] = P(noisy = j | clean = i)``.

    labels : NoisyLabels
        The labels, whose shares say how frequent the true classes are.

    Returns
    -------
    float
        Value in [0, 1].
    """
    share = np.bincount(labels.codes, labels.sample_weight, labels.n_classes)
    prior = clean_prior(transition_matrix, share / share.sum())
    return float(1 - prior @ np.diag(transition_matrix))


def expected_classes(proba, transition_matrix, codes, *, weights=None):
    r"""Return the probability of each true class, given the features alone.

    The probabilities :math:`p(x)` of the noisy labels are read as votes that have gone
    through the noise:

    .. math:: P(k \mid x) \propto \pi_k \exp\Big(s \sum_j p_j(x) \log T_{kj}\Big).

    The prior :math:`\pi` is the mean of :math:`P(k \mid x)`, and the strength :math:`s`
    is the power of two that makes the labels given most likely. The label of a row is
    no part of its own votes, so this likelihood is one of held-out labels.

    Parameters
    ----------
    proba : ndarray of shape (n_samples, n_classes)
        Out-of-fold probabilities of the noisy labels.

    transition_matrix : ndarray of shape (n_classes, n_classes)
        ``T[i, j] = P(noisy = j | clean = i)``.

    codes : ndarray of shape (n_samples,)
        Positions of the labels given; they choose the strength.

    weights : ndarray of shape (n_samples,), default=None
        Weights of the samples in prior and likelihood.

    Returns
    -------
    ndarray of shape (n_samples, n_classes)
        Rows sum to 1.
    """
    mass = np.ones(len(codes)) if weights is None else weights
    mass = mass / mass.sum()
    share = np.bincount(codes, mass, minlength=proba.shape[1])
    # A single impossible vote must not rule a class out.
    votes = proba @ np.log(np.maximum(transition_matrix, SMALLEST_VOTE)).T
    votes -= votes.max(axis=1, keepdims=True)
    given = transition_matrix[:, codes].T
    best, chosen = -np.inf, None
    for strength in STRENGTHS:
        believed = _believed(np.exp(strength * votes), share, mass)
        likelihood = np.maximum((believed * given).sum(axis=1), TINY)
        if mass @ np.log(likelihood) > best:
            best, chosen = mass @ np.log(likelihood), believed
    return chosen


def clean_posterior(proba, transition_matrix, codes, *, weights=None):
    r"""Return the probability of each true class, given the features and the label.

    It is :math:`P(k \mid x, \tilde y) \propto P(k \mid x)\, T_{k\tilde y}` with
    :math:`P(k \mid x)` from :func:`expected_classes`.

    Parameters
    ----------
    proba : ndarray of shape (n_samples, n_classes)
        Out-of-fold probabilities of the noisy labels.

    transition_matrix : ndarray of shape (n_classes, n_classes)
        ``T[i, j] = P(noisy = j | clean = i)``.

    codes : ndarray of shape (n_samples,)
        Positions of the labels given.

    weights : ndarray of shape (n_samples,), default=None
        Weights of the samples in prior and likelihood.

    Returns
    -------
    ndarray of shape (n_samples, n_classes)
        Rows sum to 1.
    """
    expected = expected_classes(proba, transition_matrix, codes, weights=weights)
    return normalize_rows(expected * transition_matrix[:, codes].T)


def _believed(evidence, prior, mass):
    """Return P(k | x) with the prior that agrees with its own mean."""
    for _ in range(POSTERIOR_STEPS):
        believed = normalize_rows(evidence * prior)
        prior = mass @ believed
    return believed


def spread_doubt(proba, codes, quality):
    """Return class probabilities in which the label given has a certain share.

    Parameters
    ----------
    proba : ndarray of shape (n_rows, n_classes)
        Predictions, of any sum; they share out what the label given does not get.

    codes : ndarray of int of shape (n_rows,)
        Labels given.

    quality : ndarray of shape (n_rows,)
        Share of the label given.

    Returns
    -------
    ndarray of shape (n_rows, n_classes)
        Rows sum to 1.
    """
    rows = np.arange(len(codes))
    others = proba.copy()
    others[rows, codes] = 0
    total = others.sum(axis=1, keepdims=True)
    # A prediction that is entirely sure of the label given says nothing of the others.
    evenly = np.full_like(others, 1 / (others.shape[1] - 1))
    evenly[rows, codes] = 0
    clean = np.divide(others, total, out=evenly, where=total > 0)
    clean *= 1 - quality[:, None]
    clean[rows, codes] = quality
    return clean
