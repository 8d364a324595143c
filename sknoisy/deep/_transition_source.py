"""Where the nets get a transition matrix from, and what follows from it."""

import warnings
from collections.abc import Mapping

import numpy as np
import torch
from sklearn.base import clone

from sknoisy._clean_posterior import clean_prior, implied_noise_rate
from sknoisy._evidence import ProbabilitySource, seed_unset
from sknoisy._meta import prepared
from sknoisy._transition_matrix import check_transition_matrix, normalize_rows
from sknoisy.exceptions import DoubtfulMatrixWarning
from sknoisy.refinement._base import keep_posterior

SMALLEST_ENTRY = 1e-6


def is_estimator(transition):
    """Whether a parameter is an estimator of the matrix, not the matrix itself.

    Parameters
    ----------
    transition : estimator, array-like or None
        The parameter.

    Returns
    -------
    bool
        True for estimators.
    """
    return hasattr(transition, "_estimate_beside")


def given_matrix(transition, n_classes):
    """Return a matrix given as such, checked.

    Parameters
    ----------
    transition : array-like or tensor of shape (n_classes, n_classes)
        The parameter.

    n_classes : int
        Number of classes.

    Returns
    -------
    ndarray of shape (n_classes, n_classes)
        A copy whose rows sum to 1.
    """
    if isinstance(transition, torch.Tensor):
        transition = transition.detach().cpu().numpy()
    return check_transition_matrix(transition, n_classes=n_classes, name="transition")


def estimated_matrix(owner, step, X, labels, proba=None):
    """Return the matrix that an estimator of ``sknoisy.transition`` finds.

    Parameters
    ----------
    owner : estimator
        The net; its ``random_state`` seeds what is unset.

    step : transition estimator
        It is cloned.

    X : array-like, frame or tensor
        Rows as given to ``fit``.

    labels : NoisyLabels
        The record of the labels.

    proba : ndarray of shape (n_samples, n_classes), default=None
        Predictions of nets that have not been trained on the row. None lets the
        estimator use a model of its own.

    Returns
    -------
    ndarray of shape (n_classes, n_classes)
        The matrix.
    """
    step = seed_unset(clone(step), owner.random_state)
    if proba is not None:
        # Estimators that ask a model do not look at X where it has spoken already.
        X = X if isinstance(step, ProbabilitySource) else as_table(X)
        T = prepared(step)._estimate_beside(X, proba, labels)
    else:
        step.fit(
            as_table(X),
            labels.y,
            sample_weight=labels.sample_weight,
            groups=labels.groups,
            trusted=labels.trusted,
        )
        T = step.transition_matrix_
    return check_transition_matrix(T, n_classes=labels.n_classes, name="transition")


def as_table(X):
    """Return images as rows of a table; whatever else comes stays as it is.

    Parameters
    ----------
    X : array-like, frame or tensor
        Rows.

    Returns
    -------
    array-like
        Two-dimensional where X has more dimensions.
    """
    if isinstance(X, Mapping | torch.utils.data.Dataset) or X is None:
        raise ValueError(
            "An estimator of the transition matrix expected X as a table, an array or "
            f"a tensor, but got {type(X).__name__}. Fit the estimator on features of "
            "your own, and pass its transition_matrix_ by transition=."
        )
    X = X.numpy(force=True) if isinstance(X, torch.Tensor) else X
    if getattr(X, "ndim", 2) > 2:
        return np.asarray(X).reshape(len(X), -1)
    return X


def label_purity(T, labels):
    """Return, for each label, the share of its rows of which it is the true class.

    Parameters
    ----------
    T : ndarray of shape (n_classes, n_classes)
        Transition matrix.

    labels : NoisyLabels
        The labels, whose shares say how frequent the true classes are.

    Returns
    -------
    ndarray of shape (n_classes,)
        ``P(clean = k | noisy = k)``.
    """
    share = np.bincount(labels.codes, labels.sample_weight, labels.n_classes)
    prior = clean_prior(T, share / share.sum())
    expected = np.maximum(prior @ T, SMALLEST_ENTRY)
    return np.clip(prior * np.diag(T) / expected, 0, 1)


def posterior(proba, T, codes):
    """Return the probability of each true class, given the row and its label.

    Parameters
    ----------
    proba : ndarray of shape (n_samples, n_classes)
        Probabilities of the true classes, given the row alone.

    T : ndarray of shape (n_classes, n_classes)
        Transition matrix.

    codes : ndarray of shape (n_samples,)
        Labels.

    Returns
    -------
    ndarray of shape (n_samples, n_classes)
        ``proba[i, k] * T[k, codes[i]]``, divided by its sum. A label that no class can
        turn into leaves the probabilities as they are.
    """
    return normalize_rows(proba * np.maximum(T, SMALLEST_ENTRY)[:, codes].T)


def keep_judgement(net, proba, labels):
    """Keep what the matrix of a net makes of its predictions, as attributes.

    Parameters
    ----------
    net : BaseDeepClassifier
        Its ``transition_matrix_`` is used. Receives ``noise_rate_``, ``clean_proba_``
        and ``label_quality_``.

    proba : ndarray of shape (n_samples, n_classes)
        Probabilities of the true classes, given the row alone.

    labels : NoisyLabels
        The labels.
    """
    net.noise_rate_ = implied_noise_rate(net.transition_matrix_, labels)
    keep_posterior(net, posterior(proba, net.transition_matrix_, labels.codes), labels)


def warn_if_too_many(n_classes, n_samples, owner):
    """Warn where a matrix has more entries than there are rows to learn it from.

    Parameters
    ----------
    n_classes, n_samples : int
        Size of the problem.

    owner : str
        Name of the classifier.
    """
    if n_classes**2 > n_samples:
        warnings.warn(
            f"{owner} learns a transition matrix of {n_classes} x {n_classes} entries "
            f"from {n_samples} rows, which is less than one row per entry. Give the "
            "matrix by transition=, or merge classes.",
            DoubtfulMatrixWarning,
        )


def warn_if_not_diagonal(T, classes, owner):
    """Warn where a true class is most often labelled as another one.

    Parameters
    ----------
    T : ndarray of shape (n_classes, n_classes)
        Transition matrix that was learnt.

    classes : ndarray of shape (n_classes,)
        The labels.

    owner : str
        Name of the classifier.
    """
    moved = np.flatnonzero(T.argmax(axis=1) != np.arange(len(T)))
    if len(moved):
        names = ", ".join(map(str, classes[moved[:5]].tolist()))
        more = ", ..." if len(moved) > 5 else ""
        warnings.warn(
            f"{owner} learnt a transition matrix in which {len(moved)} of {len(T)} "
            f"classes are mostly labelled as another class: {names}{more}. The net may "
            "have taken classes for each other. Give more data or fewer epochs, or the "
            "matrix by transition=.",
            DoubtfulMatrixWarning,
        )
