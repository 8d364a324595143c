"""The centres of the classes, put right by the rows whose label is trusted."""

import numpy as np
from scipy.special import log_softmax, softmax

# How many trusted rows the centre of a class by all other rows is worth: noise that
# goes by the features moves the centres, and how far is not known beforehand.
CENTRE_WORTHS = (0.5, 2.0, 8.0, 32.0, 128.0)
TEMPERATURES = 2.0 ** np.arange(-6, 2)
# Above it, a common covariance costs more than it tells.
MOST_DIMENSIONS = 500


def prototype_proba(Z, expected, codes, trusted, weights, owners):
    r"""Return the probability of each class by the distance to its centre.

    The centre of a class is the mean of its trusted rows and, counting as `m` more of
    them, the mean of all others by what is expected of them. Distances are those of
    Mahalanobis with the common covariance, as in linear discriminant analysis. `m` and
    a temperature are those that predict the trusted rows best, each by centres that
    its owner has no part in.

    Parameters
    ----------
    Z : ndarray of shape (n_samples, n_dimensions)
        Embedding in which distances mean something.

    expected : ndarray of shape (n_samples, n_classes)
        Probability of each true class.

    codes : ndarray of int of shape (n_samples,)
        Labels; those of trusted rows count.

    trusted : ndarray of bool of shape (n_samples,)
        The trusted rows, at least one.

    weights : ndarray of shape (n_samples,)
        Weights of the rows.

    owners : ndarray of int of shape (n_trusted,)
        Verified rows of one owner, such as copies, say nothing about each other.

    Returns
    -------
    ndarray of shape (n_samples, n_classes)
        Rows sum to 1.
    """
    centres, precision = _centres(Z, expected, trusted, weights)
    known = np.eye(expected.shape[1])[codes[trusted]] * weights[trusted][:, None]
    own = Z[trusted], known, owners
    right = np.arange(len(owners)), codes[trusted]
    best, chosen = np.inf, None
    for worth in CENTRE_WORTHS:
        held_out = _held_out_logits(*own, centres, precision, worth)
        for temperature in TEMPERATURES:
            log_proba = log_softmax(temperature * held_out, axis=1)
            loss = -weights[trusted] @ log_proba[right]
            if loss < best:
                best, chosen = loss, (worth, temperature, np.exp(log_proba))
    worth, temperature, own_proba = chosen
    moved = _moved(known.sum(axis=0), known.T @ Z[trusted], centres, worth)
    proba = softmax(temperature * _logits(Z, moved, precision), axis=1)
    proba[trusted] = own_proba
    return proba


def _centres(Z, expected, trusted, weights):
    """Return the centres by rows that are not trusted, and the inverse covariance."""
    mass = weights / weights.mean()
    others = expected * (mass * ~trusted)[:, None]
    # One row at the middle of all keeps the centre of a class without any defined.
    middle = np.average(Z, axis=0, weights=mass)
    centres = (others.T @ Z + middle) / (others.sum(axis=0) + 1)[:, None]
    residuals = Z - expected @ centres
    return centres, _precision(residuals, weights)


def _precision(residuals, weights):
    """Return the inverse of the covariance, drawn to a sphere where rows are few."""
    n_dimensions = residuals.shape[1]
    shares = weights / weights.sum()
    variances = shares @ residuals**2
    spread = variances.mean()
    if spread < np.finfo(float).tiny:
        # All rows are alike: any precision gives each of them the same logits.
        spread = 1.0
    drawn = n_dimensions / (n_dimensions + weights.sum())
    if n_dimensions > MOST_DIMENSIONS:
        return np.diag(1 / ((1 - drawn) * variances + drawn * spread))
    covariance = (residuals * shares[:, None]).T @ residuals
    covariance *= 1 - drawn
    covariance[np.diag_indices(n_dimensions)] += drawn * spread
    return np.linalg.inv(covariance)


def _moved(mass, total, centres, worth):
    """Return the centres with trusted rows of a mass and a total counted in."""
    return (total + worth * centres) / (mass + worth)[:, None]


def _logits(Z, centres, precision):
    """Return half the squared distances, negative, but for what classes share."""
    seen = centres @ precision
    return Z @ seen.T - (seen * centres).sum(axis=1) / 2


def _held_out_logits(Z, known, owners, centres, precision, worth):
    """Return for each trusted row the logits by centres without its owner's rows."""
    mass, total = known.sum(axis=0), known.T @ Z
    logits = _logits(Z, _moved(mass, total, centres, worth), precision)
    order = np.argsort(owners, kind="stable")
    starts = np.flatnonzero(np.diff(owners[order])) + 1
    for rows in np.split(order, starts):
        classes = np.flatnonzero(known[rows].any(axis=0))
        own = known[np.ix_(rows, classes)]
        left = np.maximum(mass[classes] - own.sum(axis=0), 0)
        without = total[classes] - own.T @ Z[rows]
        centre = _moved(left, without, centres[classes], worth)
        logits[np.ix_(rows, classes)] = _logits(Z[rows], centre, precision)
    return logits
