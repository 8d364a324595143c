"""From what is believed about the rows to the labels that a round trains on."""

import numpy as np

from sknoisy._transition_matrix import normalize_rows

POWERS = (0.25, 0.5, 1, 2, 4, 8, 16)
TINY = 1e-12


def decoded(believed):
    """Return the most probable class of each row, as predict would, one-hot."""
    return np.eye(believed.shape[1])[believed.argmax(axis=1)]


def pseudo_labels(kind, believed, before, eta):
    r"""Return the soft labels of rows without a label.

    Parameters
    ----------
    kind : {"hard", "soft", "delta"}
        The most probable class; the probabilities of all; or
        :math:`P + \eta (H_t - H_{t-1})`, clipped, where :math:`P` are the
        probabilities and :math:`H_t` the most probable classes of a round.

    believed : ndarray of shape (n_samples, n_classes)
        Probabilities.

    before : ndarray of shape (n_samples, n_classes) or None
        The most probable classes of the round before, one-hot.

    eta : float
        How much a change counts.

    Returns
    -------
    ndarray of shape (n_samples, n_classes)
        Rows sum to 1.
    """
    if kind == "soft":
        return believed
    now = decoded(believed)
    if kind == "hard" or before is None:
        return now
    return normalize_rows(np.maximum(believed + eta * (now - before), 0.0))


def most_confident(believed, candidates, n_best, share):
    """Return the rows of highest probability, class by class where asked.

    Parameters
    ----------
    believed : ndarray of shape (n_samples, n_classes)
        Probabilities.

    candidates : ndarray of bool of shape (n_samples,)
        Rows to choose from.

    n_best : int
        Number of rows in all.

    share : ndarray of shape (n_classes,) or None
        Share of each class in ``n_best``, rounded up. None ranks all rows together.

    Returns
    -------
    ndarray of bool of shape (n_samples,)
        The rows chosen.
    """
    best, sureness = believed.argmax(axis=1), believed.max(axis=1)
    chosen = np.zeros(len(believed), dtype=bool)
    if share is None:
        pools, quotas = [candidates], [n_best]
    else:
        pools = [candidates & (best == k) for k in range(len(share))]
        quotas = np.ceil(n_best * share - TINY).astype(int)
    for pool, quota in zip(pools, quotas, strict=True):
        rows = np.flatnonzero(pool)
        order = np.argsort(-sureness[rows], kind="stable")
        chosen[rows[order[:quota]]] = True
    return chosen


def sharpened(proba, power):
    """Return probabilities raised to a power, rows summing to 1."""
    logs = power * np.log(np.maximum(proba, TINY))
    return normalize_rows(np.exp(logs - logs.max(axis=1, keepdims=True)))


def calibrated(proba, codes, transition_matrix, mass):
    """Return how likely each label given is, and the power that makes them likeliest.

    Probabilities of another kind of model are as sure of themselves as it happens to
    be. Before they are compared, each is raised to the power that suits it best.

    Parameters
    ----------
    proba : ndarray of shape (n_samples, n_classes)
        Probabilities of the true classes, from a model that has not seen the labels.

    codes : ndarray of int of shape (n_samples,)
        Labels given.

    transition_matrix : ndarray of shape (n_classes, n_classes)
        ``T[i, j] = P(noisy = j | clean = i)``.

    mass : ndarray of shape (n_samples,)
        Weight of each row.

    Returns
    -------
    log_likelihood : ndarray of shape (n_samples,)
        Of each label given.

    power : float
        The power.
    """
    given = transition_matrix[:, codes].T
    found = []
    for power in POWERS:
        likelihood = (sharpened(proba, power) * given).sum(axis=1)
        found.append(np.log(np.maximum(likelihood, TINY)))
    best = int(np.argmax([mass @ logs for logs in found]))
    return found[best], POWERS[best]


def clearly_lower(found, reference, mass, n_errors=1):
    """Whether one log-likelihood is lower by more than its standard error allows.

    Parameters
    ----------
    found : ndarray of shape (n_samples,)
        Log-likelihood of each row.

    reference : ndarray of shape (n_samples,)
        What it is compared with.

    mass : ndarray of shape (n_samples,)
        Weight of each row.

    n_errors : float, default=1
        Number of standard errors that count as chance.

    Returns
    -------
    bool
        True if the mean difference is lower by more than that.
    """
    total = mass.sum()
    difference = found - reference
    mean = mass @ difference / total
    variance = mass @ (difference - mean) ** 2 / total
    return bool(mean < -n_errors * np.sqrt(variance / total) - TINY)
