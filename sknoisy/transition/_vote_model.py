"""Votes that share one true class: the mixture that tells noise from overlap.

Each row has a hidden true class. Its own label went through the noise, ``T``; so did
the labels that vote on it, but these may belong to another true class, ``R``. Both
matrices are found by expectation-maximisation. How far the votes may be counted as
independent is not known: their logarithms are multiplied by an inverse temperature, the
one under which the votes alone say most about the label of the row, which is no vote.
"""

import warnings
from dataclasses import dataclass

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from sknoisy._numeric import SMALLEST_PROBABILITY
from sknoisy._transition_matrix import make_transition_matrix, normalize_rows

# Probability of a vote below which a single one must not rule a class out.
SMALLEST_VOTE = 1e-6
# One label of each class at its own place, so that no row of a matrix is empty.
PSEUDO_COUNT = 1.0
# Share of the votes from other classes to start from; its maximum is found from there.
START_IMPURITY = 0.1


@dataclass(frozen=True)
class VoteModel:
    """What the votes say.

    Attributes
    ----------
    T : ndarray of shape (n_classes, n_classes)
        ``T[i, j] = P(noisy = j | clean = i)``.
    R : ndarray of shape (n_classes, n_classes)
        ``R[i, k]``: probability that a vote on a row of class i comes from class k.
    prior : ndarray of shape (n_classes,)
        Shares of the true classes.
    clean_proba : ndarray of shape (n_samples, n_classes)
        Probability of each true class given the votes and the label.
    inverse_temperature : float
        Exponent of the votes.
    log_likelihood : float
        Mean log-likelihood of the labels given their votes.
    n_iter : int
        Steps taken.
    converged : bool
        Whether T settled.
    """

    T: np.ndarray
    R: np.ndarray
    prior: np.ndarray
    clean_proba: np.ndarray
    inverse_temperature: float
    log_likelihood: float
    n_iter: int
    converged: bool


def likeliest_vote_model(
    votes, labels, *, inverse_temperatures, start_rate, max_iter, tol
):
    """Fit the model for each table of votes and temperature, and keep the likeliest.

    Parameters
    ----------
    votes : list of ndarray of shape (n_samples, n_classes)
        Tables of votes on each row, none of them its own label.

    labels : NoisyLabels
        Labels of the rows, with their weights.

    inverse_temperatures : sequence of float
        Exponents of the votes.

    start_rate : float
        Noise rate to start from.

    max_iter : int
        Steps of each fit at the most.

    tol : float
        A fit ends when no entry of T changes by more.

    Returns
    -------
    VoteModel
        The model under which the labels are most likely.

    Warns
    -----
    ConvergenceWarning
        If that model had not settled after ``max_iter`` steps.
    """
    models = [
        _fit(table, labels, inverse_temperature, start_rate, max_iter, tol)
        for table in votes
        for inverse_temperature in inverse_temperatures
    ]
    best = max(models, key=lambda model: model.log_likelihood)
    if not best.converged:
        warnings.warn(
            f"The transition matrix had not settled after max_iter={max_iter} steps: "
            f"entries still change by more than tol={tol}. Raise max_iter or tol.",
            ConvergenceWarning,
        )
    return best


def _fit(votes, labels, inverse_temperature, start_rate, max_iter, tol):
    """Run expectation-maximisation from one start."""
    n_classes, codes = labels.n_classes, labels.codes
    mass = labels.sample_weight / labels.sample_weight.sum()
    T = make_transition_matrix(n_classes, start_rate)
    R = make_transition_matrix(n_classes, START_IMPURITY)
    prior = np.bincount(codes, mass, minlength=n_classes)
    pseudo = PSEUDO_COUNT / labels.sample_weight.sum() * np.eye(n_classes)
    own = labels.one_hot()
    for n_iter in range(1, max_iter + 1):  # noqa: B007
        mixed = R @ T
        from_votes = _posterior(inverse_temperature * votes, mixed, prior)
        joint = from_votes * T[:, codes].T
        clean_proba = normalize_rows(joint)
        held = clean_proba * mass[:, None]
        # The share of each vote in row k, column j that comes from class l is
        # R[k, l] T[l, j] / mixed[k, j]; summing it out needs no third axis.
        ratio = (
            inverse_temperature
            * (held.T @ votes)
            / np.maximum(mixed, SMALLEST_PROBABILITY)
        )
        new_T = normalize_rows(held.T @ own + T * (R.T @ ratio) + pseudo)
        R = normalize_rows(R * (ratio @ T.T) + pseudo)
        prior = held.sum(axis=0)
        change, T = np.abs(new_T - T).max(), new_T
        if change < tol:
            break
    likelihood = np.maximum(joint.sum(axis=1), SMALLEST_PROBABILITY)
    return VoteModel(
        T=T,
        R=R,
        prior=prior,
        clean_proba=clean_proba,
        inverse_temperature=inverse_temperature,
        log_likelihood=float(mass @ np.log(likelihood)),
        n_iter=n_iter,
        converged=bool(change < tol),
    )


def _posterior(votes, mixed, prior):
    """Return P(true class | votes)."""
    logs = votes @ np.log(np.maximum(mixed, SMALLEST_VOTE)).T
    logs += np.log(np.maximum(prior, SMALLEST_PROBABILITY))
    logs -= logs.max(axis=1, keepdims=True)
    return normalize_rows(np.exp(logs))
