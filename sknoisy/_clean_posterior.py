"""From a noise model and the label given to the probability of each true class."""

import numpy as np
from scipy import sparse
from scipy.optimize import brentq
from scipy.special import expit, logit

from sknoisy._label_margins import block_margins
from sknoisy._numeric import SMALLEST_PROBABILITY
from sknoisy._proba_table import BLOCK_ENTRIES

# Change of a prior at which its steps end: far below the noise of any data.
SETTLED = 1e-8
# Steps of expectation-maximisation for the prior: with 200 its entries change by less
# than 1e-6 for matrices whose diagonal leads, which is what is asked of them.
PRIOR_STEPS = 200
# Steps after which the prior of the posterior agrees with its own mean to 1e-3.
POSTERIOR_STEPS = 20
# Temperatures that are tried for the probabilities, from as they are to nearly the
# most probable class alone.
INVERSE_TEMPERATURES = (1, 2, 4, 8, 16)
# From so many entries on, sums over rows are taken in single precision, in half the
# time: what rounding adds to a mean of so many rows is less than 1e-7 of it.
SINGLE_PRECISION_ENTRIES = 2**22
# Probability of a confusion below which one prediction must not rule a class out.
SMALLEST_CONFUSION = 1e-3
# Up to this share of larger confusions a sparse product is faster: for 300 classes it
# takes two thirds of the time at 0.05, as long at 0.1.
SPARSE_SHARE = 0.05
# How far the mean of 1 - quality goes from its own value to the rate of the core. All
# the way misses noise near the border, none counts overlap of classes as noise
# (suite parts, "error rate of the core").
CORE_SHARE = 0.5
# Exponent of the odds by the matrix beside those by the evidence itself, which do not
# fail where the matrix does (suite parts, "exponent of the matrix" and "matrix
# alone").
MATRIX_EXPONENT = 0.5


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
        expected = np.maximum(prior @ transition_matrix, SMALLEST_PROBABILITY)
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

    The probabilities :math:`p(x)` of the noisy labels are read as labels that have gone
    through the noise:

    .. math:: P(k \mid x) \propto \pi_k \exp\Big(s \sum_j p_j(x) \log T_{kj}\Big).

    The prior :math:`\pi` is the mean of :math:`P(k \mid x)`, and the inverse
    temperature :math:`s` is the power of two that makes the labels given most likely.
    The label of a row has no part in its own probabilities, so this likelihood is one
    of held-out labels.

    Parameters
    ----------
    proba : ndarray of shape (n_samples, n_classes)
        Out-of-sample probabilities of the noisy labels.

    transition_matrix : ndarray of shape (n_classes, n_classes)
        ``T[i, j] = P(noisy = j | clean = i)``.

    codes : ndarray of shape (n_samples,)
        Positions of the labels given; they choose the temperature.

    weights : ndarray of shape (n_samples,), default=None
        Weights of the samples in prior and likelihood.

    Returns
    -------
    ndarray of shape (n_samples, n_classes)
        Rows sum to 1.
    """
    weights = np.ones(len(codes)) if weights is None else weights
    weights = weights / weights.sum()
    share = np.bincount(codes, weights, minlength=proba.shape[1])
    table = _likelihood_of_votes(proba, transition_matrix)
    large = table.size >= SINGLE_PRECISION_ENTRIES
    summed = table.astype(np.float32) if large else table
    priors = _settled_priors(summed, share, weights)
    fit = _log_likelihoods(summed, priors, transition_matrix, codes, weights)
    chosen = int(np.argmax(fit))
    for rows in _blocks(table):
        for _, power in _powers(table[rows], np.arange(len(fit)) == chosen):
            table[rows] = _normalized(power * priors[chosen])
    return table


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
    joint = expected_classes(proba, transition_matrix, codes, weights=weights)
    given = np.ascontiguousarray(transition_matrix.T)
    for rows in _blocks(joint):
        joint[rows] = _normalized(joint[rows] * given[codes[rows]])
    return joint


def label_posterior(proba, labels, transition_matrix, core_rate):
    r"""Return the probability of each true class where the noise is only estimated.

    The odds that the label of row `i` is right are

    .. math:: \frac{q_i}{1 - q_i} = \Big(\frac{t_i}{1 - t_i}\Big)^{1/2}
        \frac{p_{\tilde y_i}(x_i)}{\max_{k \neq \tilde y_i} p_k(x_i)},

    with :math:`t_i = P(\tilde y_i \mid x_i, \tilde y_i)`, the clean posterior of the
    label by an estimated matrix, and the evidence :math:`p` itself. One factor on the
    odds then brings the mean of :math:`1 - q` half-way to the error rate of the core,
    since matrix and evidence count mistakes of the evidence as wrong labels. What the
    label does not get is shared out as the features have it.

    Parameters
    ----------
    proba : ndarray of shape (n_samples, n_classes)
        Out-of-sample probabilities of the noisy labels.

    labels : NoisyLabels
        The labels, with weights.

    transition_matrix : ndarray of shape (n_classes, n_classes)
        ``T[i, j] = P(noisy = j | clean = i)``, estimated.

    core_rate : float
        Share of other labels where the evidence is surest.

    Returns
    -------
    ndarray of shape (n_samples, n_classes)
        Rows sum to 1.
    """
    codes, weights = labels.codes, labels.sample_weight
    expected = expected_classes(proba, transition_matrix, codes, weights=weights)
    joint = expected * transition_matrix[:, codes].T
    # A matrix of zeros and ones can rule out every class of a row.
    total = np.maximum(joint.sum(axis=1), SMALLEST_PROBABILITY)
    by_matrix = log_odds(labels.proba_of_label(joint) / total)
    margins = np.maximum(block_margins(proba.copy(), codes), SMALLEST_PROBABILITY)
    given, other = np.log(margins)
    quality = expit(MATRIX_EXPONENT * by_matrix + (given - other))
    quality = calibrate_error_rate(quality, core_rate, weights)
    return spread_quality(expected, codes, quality)


def with_class_shares(proba, targets, weights):
    r"""Return the probabilities of a classifier that counts all classes alike.

    Its probabilities are those of classes that are equally frequent, or part of the way
    there. With the shares :math:`\pi` that the classes have,

    .. math:: P(k \mid x) \propto p_k(x)\, \pi_k^s, \qquad 0 \le s \le 1,

    where `s` makes the targets most likely: 1 for classifiers that learn by weights, 0
    for those that move their decision but not their probabilities.

    Parameters
    ----------
    proba : ndarray of shape (n_samples, n_classes)
        Probabilities; rows of NaN stay as they are.

    targets : ndarray of shape (n_samples, n_classes)
        Probabilities of the classes to be predicted; rows sum to 1.

    weights : ndarray of shape (n_samples,)
        Weight of each row.

    Returns
    -------
    ndarray of shape (n_samples, n_classes)
        Rows sum to 1.
    """
    share = weights @ targets / weights.sum()
    log_share = np.log(np.maximum(share, SMALLEST_PROBABILITY))
    known = ~np.isnan(proba[:, 0])

    def scaled(s):
        return _normalized(proba * np.exp(s * log_share))

    def slope(s):
        missing = (targets - scaled(s))[known]
        return weights[known] @ (missing @ log_share)

    if slope(0.0) <= 0:
        return proba
    return scaled(1.0 if slope(1.0) >= 0 else brentq(slope, 0.0, 1.0))


def _normalized(table):
    """Divide the rows of a table in place; rows of zeros become uniform."""
    total = table.sum(axis=1, keepdims=True)
    empty = total[:, 0] == 0
    table /= np.where(total == 0, 1, total)
    table[empty] = 1 / table.shape[1]
    return table


def _likelihood_of_votes(proba, transition_matrix):
    """Return how likely each row is in each true class, up to a factor of the row."""
    # Only differences between classes count, so that the smallest factor may be 1.
    log_T = np.log(np.maximum(transition_matrix / SMALLEST_CONFUSION, 1)).T
    if np.count_nonzero(log_T) <= SPARSE_SHARE * log_T.size:
        log_T = sparse.csr_array(log_T)
    table = np.empty(proba.shape)
    for rows in _blocks(table):
        votes = proba[rows] @ log_T
        votes -= votes.max(axis=1, keepdims=True)
        np.exp(votes, out=table[rows])
    return table


def _settled_priors(table, share, weights):
    """Return for each temperature the prior that agrees with its mean posterior."""
    priors = np.tile(share, (len(INVERSE_TEMPERATURES), 1))
    moving = np.ones(len(priors), dtype=bool)
    for _ in range(POSTERIOR_STEPS - 1):
        last, priors = priors, _mean_posteriors(table, priors, weights, moving)
        moving &= np.abs(priors - last).max(axis=1) >= SETTLED
        if not moving.any():
            break
    return priors


def _mean_posteriors(table, priors, weights, moving):
    """Return the weighted mean of ``power * prior`` with rows that sum to 1.

    The sum over rows is a product of a matrix and a vector for each block and power,
    so that the table is read once and no posterior is stored.
    """
    factors = priors.astype(table.dtype)
    gains, uniform = np.zeros(priors.shape), np.zeros(len(priors))
    weights = weights.astype(table.dtype)
    for rows in _blocks(table):
        weight = weights[rows]
        for t, power in _powers(table[rows], moving):
            total = power @ factors[t]
            if not total.all():
                # Rows of which nothing is known have a uniform posterior.
                uniform[t] += weight[total == 0].sum()
                total[total == 0] = np.inf
            gains[t] += (weight / total) @ power
    mean = priors * gains + uniform[:, None] / priors.shape[1]
    return np.where(moving[:, None], mean, priors)


def _log_likelihoods(table, priors, transition_matrix, codes, weights):
    """Return how likely the labels given are at each temperature."""
    given, factors = transition_matrix.T.astype(table.dtype), priors.astype(table.dtype)
    every, fit = np.ones(len(priors), dtype=bool), np.zeros(len(priors))
    for rows in _blocks(table):
        to_label = given[codes[rows]]
        unknown = to_label.mean(axis=1)
        for t, power in _powers(table[rows], every):
            total = power @ factors[t]
            joint = (power * to_label) @ factors[t]
            likelihood = np.divide(joint, total, out=unknown.copy(), where=total > 0)
            fit[t] += weights[rows] @ np.log(
                np.maximum(likelihood, SMALLEST_PROBABILITY)
            )
    return fit


def _powers(block, wanted):
    """Yield the powers of a block by the inverse temperatures wanted, each in turn."""
    for t in range(np.flatnonzero(wanted)[-1] + 1):
        if t > 0:
            # Each inverse temperature is twice the one before.
            block = np.square(block, out=None if t == 1 else block)
        if wanted[t]:
            yield t, block


def _blocks(table):
    """Return slices of rows that stay in the cache of a core."""
    step = max(1, 8 * BLOCK_ENTRIES // (table.shape[1] * table.itemsize))
    return [slice(start, start + step) for start in range(0, len(table), step)]


def calibrate_error_rate(quality, core_rate, weights, share=CORE_SHARE):
    """Return label qualities whose mean error rate is nearer to that of the core.

    Parameters
    ----------
    quality : ndarray of shape (n_samples,)
        Probability that each label is right.

    core_rate : float
        Share of other labels in the core.

    weights : ndarray of shape (n_samples,)
        Weight of each row.

    share : float, default=0.5
        How much of the way to the rate of the core is gone, in [0, 1].

    Returns
    -------
    ndarray of shape (n_samples,)
        In the same order; never lower than before.
    """
    weights = weights / weights.sum()
    target = share * core_rate + (1 - share) * (weights @ (1 - quality))
    odds = log_odds(quality)
    excess = lambda shift: weights @ (1 - expit(odds + shift)) - target  # noqa: E731
    # At the upper end every label is right, whatever its odds are.
    top = -2 * np.log(SMALLEST_PROBABILITY)
    if excess(0.0) <= 0 or excess(top) >= 0:
        return quality
    return expit(odds + brentq(excess, 0.0, top))


def log_odds(probability):
    """Return the logarithm of the odds, finite also for certainties."""
    return logit(np.clip(probability, SMALLEST_PROBABILITY, 1 - SMALLEST_PROBABILITY))


def spread_quality(proba, codes, quality):
    """Return class probabilities in which the label given has its quality.

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
