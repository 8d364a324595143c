"""From a noise model and the label given to the probability of each true class."""

import numpy as np

from sknoisy._proba_table import BLOCK_ENTRIES

# Change of a prior at which its steps end: far below the noise of any data.
SETTLED = 1e-8
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
    evidence = np.exp(votes)
    best, chosen = -np.inf, None
    for strength in STRENGTHS:
        prior = _settled_prior(evidence, share, mass)
        likelihood = _likelihood(evidence, prior, transition_matrix, codes)
        value = mass @ np.log(np.maximum(likelihood, TINY))
        if value > best:
            best, chosen = value, (strength, prior)
        # Each strength is twice the one before.
        np.square(evidence, out=evidence)
    strength, prior = chosen
    np.exp(np.multiply(votes, strength, out=votes), out=evidence)
    return _normalized(np.multiply(evidence, prior, out=evidence))


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
    expected *= np.ascontiguousarray(transition_matrix.T)[codes]
    return _normalized(expected)


def _normalized(table):
    """Divide the rows of a table in place; rows of zeros become uniform."""
    total = table.sum(axis=1, keepdims=True)
    empty = total[:, 0] == 0
    table /= np.where(total == 0, 1, total)
    table[empty] = 1 / table.shape[1]
    return table


def _settled_prior(evidence, prior, mass):
    """Return the prior that agrees with the mean of its own posterior."""
    for _ in range(POSTERIOR_STEPS - 1):
        last, prior = prior, _mean_posterior(evidence, prior, mass)
        if np.abs(prior - last).max() < SETTLED:
            break
    return prior


def _mean_posterior(evidence, prior, mass):
    """Return the weighted mean of ``evidence * prior``, whose rows are normalised.

    The sum over rows is a product of a matrix and a vector for each block, so that the
    evidence is read once and the posterior is never stored.
    """
    gain, uniform = np.zeros(len(prior)), 0.0
    for rows in _blocks(evidence):
        total = evidence[rows] @ prior
        # Rows of which nothing is known have a uniform posterior.
        empty = total == 0
        gain += (mass[rows] / np.where(empty, 1, total)) @ evidence[rows]
        uniform += mass[rows] @ empty
    return prior * gain + uniform / len(prior)


def _likelihood(evidence, prior, transition_matrix, codes):
    """Return the probability of each label given under the posterior of its row."""
    given, likelihood = transition_matrix.T, np.empty(len(codes))
    for rows in _blocks(evidence):
        weighted = evidence[rows] * prior
        total = weighted.sum(axis=1)
        joint = np.einsum("nk,nk->n", weighted, given[codes[rows]])
        unknown = given.mean(axis=1)[codes[rows]]
        likelihood[rows] = np.divide(joint, total, out=unknown, where=total > 0)
    return likelihood


def _blocks(table):
    """Return slices of rows that stay in the cache of a core."""
    step = max(1, BLOCK_ENTRIES // table.shape[1])
    return [slice(start, start + step) for start in range(0, len(table), step)]


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
