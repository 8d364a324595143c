"""How probable it is that a label is wrong, where the evidence may be weak.

A posterior that ranks labels well can be far too sure of itself, so that it promises
more wrong labels than are found. What is promised here follows from how often labels
like this one are given to rows like this one, which labels held out tell.
"""

from dataclasses import replace

import numpy as np
from sklearn.isotonic import IsotonicRegression

from sknoisy._numeric import ONE_SIDED_99, SMALLEST_PROBABILITY
from sknoisy.quality._noise_rate import (
    CORE_SHARES,
    NOTABLE_RATE,
    effective_size,
    wilson_interval,
)

# Pairs of a row and a class by which probabilities are calibrated at most: the sort of
# as many takes about half a second.
MOST_PAIRS = 2_000_000


def lower_between_classes(noise, proba, labels):
    r"""Return a noise estimate in which a class between others is no noise.

    A class that lies between two others overlaps with them even at its own centre. On
    the far side of `j`, it does not overlap with `j`. So, for each pair of classes, the
    core of the rows predicted as `i` is taken in the order of :math:`p_i / p_j`, and
    the shares of `j` in these cores are summed. The lower of this and of the estimate
    as it was counts.

    Parameters
    ----------
    noise : NoiseEstimate
        What all classes together say.

    proba : ndarray of shape (n_samples, n_classes)
        Out-of-sample probabilities of the noisy labels.

    labels : NoisyLabels
        The labels.

    Returns
    -------
    NoiseEstimate
        With rate and bounds of the core that are never higher.
    """
    size = effective_size(labels.sample_weight, labels.points)
    rates = _pairwise_rates(proba, labels.codes)
    bounds = [
        wilson_interval(rate, share * size, ONE_SIDED_99)[0]
        for rate, share in zip(rates, CORE_SHARES, strict=True)
    ]
    lower = min(noise.core_lower, *bounds)
    return replace(
        noise,
        found=noise.identifiable and lower > NOTABLE_RATE,
        core_rate=min(noise.core_rate, rates[0]),
        core_lower=lower,
        lower=lower if noise.identifiable else 0.0,
    )


def _pairwise_rates(proba, codes):
    """Return the share of other labels in the cores of all pairs, by share of rows."""
    predicted = proba.argmax(axis=1)
    wrong = np.zeros(len(CORE_SHARES))
    for label in np.unique(predicted):
        rows = np.flatnonzero(predicted == label)
        given = codes[rows]
        others = np.setdiff1d(given, label)
        column = np.searchsorted(others, given)
        is_other = given != label
        against = np.maximum(proba[np.ix_(rows, others)], SMALLEST_PROBABILITY)
        odds = proba[rows, label][:, None] / against
        for k, share in enumerate(CORE_SHARES):
            # Equal odds go together.
            n_core = int(np.ceil(share * len(rows)))
            least = np.partition(odds, len(rows) - n_core, axis=0)[len(rows) - n_core]
            core = odds >= least
            hit = core[is_other, column[is_other]]
            found = np.bincount(column[is_other], hit, len(others))
            wrong[k] += len(rows) * (found / core.sum(axis=0)).sum()
    return np.minimum(wrong / len(codes), 1.0)


def error_probabilities(proba, labels, transition_matrix, quality):
    r"""Return the probability that each label is wrong, falling with its quality.

    Given features and label, Bayes' rule says

    .. math:: P(y \neq \tilde y \mid x, \tilde y) = \min\Big(1, \frac{
        \sum_{k \neq \tilde y} r_k(x)\, T_{k \tilde y}}{r_{\tilde y}(x)}\Big),

    where :math:`r_k` is the share of rows with label `k` among all for which the
    evidence gives as much to `k`: the isotonic regression of the labels, held out as
    they are, on the probabilities. So what is promised is right in the mean over the
    rows, however sure the evidence is of itself, as far as the matrix is right. A
    second isotonic regression on the rank by quality leaves the sum as it is.

    Parameters
    ----------
    proba : ndarray of shape (n_samples, n_classes)
        Out-of-sample probabilities of the noisy labels.

    labels : NoisyLabels
        The labels.

    transition_matrix : ndarray of shape (n_classes, n_classes)
        ``T[i, j] = P(noisy = j | clean = i)``.

    quality : ndarray of shape (n_samples,)
        Label qualities, whose order counts.

    Returns
    -------
    ndarray of shape (n_samples,)
        Values in [0, 1].
    """
    shares = _calibrated(proba, labels)
    confusions = transition_matrix - np.diag(np.diag(transition_matrix))
    given = labels.proba_of_label(shares)
    total = np.maximum(shares.sum(axis=1), SMALLEST_PROBABILITY)
    wrong = labels.proba_of_label(shares @ confusions) / total
    error = np.minimum(wrong / np.maximum(given, SMALLEST_PROBABILITY), 1.0)
    # Nearly equal qualities become one, which can be below the largest.
    falling = IsotonicRegression(increasing=False, out_of_bounds="clip")
    return falling.fit(quality, error, labels.sample_weight).predict(quality)


def _calibrated(proba, labels):
    """Return how often labels are given where they have such a probability."""
    n_samples, n_classes = proba.shape
    few = slice(None, None, 1 + n_samples * n_classes // MOST_PAIRS)
    weights = np.repeat(labels.sample_weight[few], n_classes)
    scale = IsotonicRegression(y_min=0.0, y_max=1.0, out_of_bounds="clip")
    is_label = labels.codes[few, None] == np.arange(n_classes)
    scale.fit(proba[few].ravel(), is_label.ravel().astype(float), weights)
    return scale.predict(proba.ravel()).reshape(proba.shape)
