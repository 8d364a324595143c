"""How probable it is that a label is wrong, where the evidence may be weak.

A posterior that ranks labels well can be far too sure of itself, so that it promises
more wrong labels than are found. What is promised here follows from how often labels
like this one are given to rows like this one, which labels held out tell.
"""

import numpy as np
from sklearn.isotonic import IsotonicRegression

from sknoisy._numeric import SMALLEST_PROBABILITY

# Pairs of a row and a class by which probabilities are calibrated at most: the sort of
# as many takes about half a second.
MOST_PAIRS = 2_000_000


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
