"""All that the nets take from the rest of the library, in one place.

Transition matrices, what follows from them, and the test for noise.
"""

import warnings
from collections.abc import Mapping

import numpy as np
import torch
from sklearn.base import clone

from sknoisy._clean_posterior import clean_prior, implied_noise_rate
from sknoisy._context import seed_unset
from sknoisy._labels import NoisyLabels
from sknoisy._meta import prepared
from sknoisy._transition_matrix import check_transition_matrix, normalize_rows
from sknoisy.evidence import ProbabilitySource
from sknoisy.exceptions import DoubtfulMatrixWarning
from sknoisy.quality._noise_rate import (
    CONFIDENCES,
    CORE_SHARES,
    NOTABLE_RATE,
    effective_size,
    estimate_noise,
    wilson_interval,
)
from sknoisy.refinement._base import keep_posterior
from sknoisy.transition import ConfidentTransition
from sknoisy.transition._base import TRANSITION_ESTIMATOR

# A label that a matrix rules out still has some likelihood: matrices are estimates.
SMALLEST_ENTRY = 1e-6
# So many classes are named in a warning.
MOST_NAMES = 5
# What an estimator of the matrix is told beside X and y.
INFO = ("sample_weight", "groups", "trusted")
# What ``transition=`` may be: an estimator of the matrix, the matrix, or nothing.
TRANSITION = [TRANSITION_ESTIMATOR, "array-like", None]


def given_matrix(T, **checks):
    """Return a matrix given as such, checked, as a copy whose rows sum to 1."""
    if isinstance(T, torch.Tensor):
        T = T.detach().cpu().numpy()
    return check_transition_matrix(T, **checks)


def transition_of(net, training, proba=None):
    """Return the matrix that the parameter ``transition`` of a net stands for.

    An estimator of it is fitted to the rows of the training or, with ``proba``, gets
    these predictions, which need not sum to 1. Rows of zeros have none: an estimator
    with folds of its own does not get them.
    """
    step = net.transition
    if step is not None and not hasattr(step, "_estimate"):
        return given_matrix(step, n_classes=len(net.classes_), name="transition")
    X, labels = training.dataset.X, training.labels
    step = clone(ConfidentTransition() if step is None else step)
    step = seed_unset(step, net.random_state)
    if proba is None:
        info = {name: getattr(labels, name) for name in INFO}
        return step.fit(as_table(X), labels.y, **info).transition_matrix_
    seen = np.flatnonzero(proba.any(axis=1))
    proba = normalize_rows(proba)
    if len(seen) < labels.n_samples and hasattr(step, "cv"):
        labels, proba = labels.take(training.dataset, seen), proba[seen]
    # An estimator that uses a model does not look at X where it has predictions.
    X = X if isinstance(step, ProbabilitySource) else as_table(X)
    T = prepared(step)._estimate(X, proba, labels)
    T = check_transition_matrix(T, n_classes=labels.n_classes, name="transition")
    warn_if_not_diagonal(T, labels.classes, type(net).__name__)
    return T


def as_table(X):
    """Return images as rows of a table; whatever else is no table is refused."""
    if isinstance(X, Mapping | torch.utils.data.Dataset) or X is None:
        raise ValueError(
            "An estimator of the transition matrix expected X as a table, but got "
            f"{type(X).__name__}. Fit it on features, and pass its transition_matrix_."
        )
    X = X.numpy(force=True) if isinstance(X, torch.Tensor) else X
    if getattr(X, "ndim", 2) > 2:
        return np.asarray(X).reshape(len(X), -1)
    return X


def label_purity(T, labels):
    """Return, for each label k, ``P(clean = k | noisy = k)`` by the matrix."""
    share = np.bincount(labels.codes, labels.sample_weight, labels.n_classes)
    prior = clean_prior(T, share / share.sum())
    # P(clean = k | noisy = k) = P(clean = k) T[k, k] / P(noisy = k).
    expected = np.maximum(prior @ T, SMALLEST_ENTRY)
    return np.clip(prior * np.diag(T) / expected, 0, 1)


def posterior(proba, T, codes):
    """Return ``proba[i, k] * T[k, codes[i]]`` divided by its sum: Bayes' rule.

    A label that no class can turn into leaves the probabilities as they are.
    """
    return normalize_rows(proba * np.maximum(T, SMALLEST_ENTRY)[:, codes].T)


def keep_label_posterior(net, proba, labels):
    """Keep what ``transition_matrix_`` makes of predictions, as fitted attributes.

    These are ``noise_rate_``, ``clean_proba_`` and ``label_quality_``.
    """
    net.noise_rate_ = implied_noise_rate(net.transition_matrix_, labels)
    keep_posterior(net, posterior(proba, net.transition_matrix_, labels.codes), labels)


def core_error_rate(proba, labels, *, least=0.0):
    """Return the error rate where predictions are surest, and whether it means noise.

    ``least`` leaves out rows whose highest probability is not above it.
    """
    rows = (proba.max(axis=1) > least) & (labels.sample_weight > 0)
    if not rows.any():
        return 0.0, False
    codes, weight = labels.codes[rows], labels.sample_weight[rows]
    noise = estimate_noise(proba[rows], NoisyLabels(codes, labels.classes, weight))
    # Networks have been trained on these rows, and know the surest of them by heart:
    # only the largest core counts, not the smallest bound over several.
    size = CORE_SHARES[0] * effective_size(weight)
    lower = wilson_interval(noise.core_rate, size, CONFIDENCES[0])[0]
    return noise.core_rate, lower > NOTABLE_RATE


def warn_if_too_many(labels, owner):
    """Warn where a matrix has more entries than there are rows to learn it from."""
    n_classes, n_samples = labels.n_classes, labels.n_samples
    if n_classes**2 > n_samples:
        warnings.warn(
            f"{owner} learns a transition matrix of {n_classes} x {n_classes} entries "
            f"from {n_samples} rows, which is less than one row per entry. Give the "
            "matrix by transition=, or merge classes.",
            DoubtfulMatrixWarning,
        )


def warn_if_not_diagonal(T, classes, owner):
    """Warn where a true class is most often labelled as another one."""
    moved = np.flatnonzero(T.argmax(axis=1) != np.arange(len(T)))
    if len(moved):
        names = ", ".join(map(str, classes[moved[:MOST_NAMES]].tolist()))
        more = ", ..." if len(moved) > MOST_NAMES else ""
        warnings.warn(
            f"{owner} learnt a transition matrix in which {len(moved)} of {len(T)} "
            f"classes are mostly labelled as another class: {names}{more}. The net may "
            "have taken classes for each other. Give more data or fewer epochs, or the "
            "matrix by transition=.",
            DoubtfulMatrixWarning,
        )
