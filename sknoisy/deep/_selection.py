"""Which rows a net may learn from: so many of each label, those with the least loss."""

from dataclasses import replace
from numbers import Real

import numpy as np

from sknoisy._transition_matrix import normalize_rows
from sknoisy.deep._transition_source import (
    estimated_matrix,
    given_matrix,
    is_estimator,
    label_purity,
    warn_if_not_diagonal,
    warn_if_too_many,
)
from sknoisy.transition import ConfidentTransition

ROUNDING = 1e-9
KEEP_CONSTRAINT = [Real, "array-like", None]


def check_keep_share(keep_share, classes):
    """Return one share to keep per class.

    Parameters
    ----------
    keep_share : float or array-like of shape (n_classes,)
        Shares in (0, 1].

    classes : ndarray of shape (n_classes,)
        The labels.

    Returns
    -------
    ndarray of shape (n_classes,)
        The shares.
    """
    shares = np.asarray(keep_share, dtype=float)
    if shares.shape not in ((), (len(classes),)):
        raise ValueError(
            f"keep_share must be a number or an array of shape ({len(classes)},), one "
            f"share per class in the order of classes_, but got shape {shares.shape}. "
            "Pass None to have the shares estimated."
        )
    if not ((shares > 0) & (shares <= 1)).all():
        raise ValueError(
            f"keep_share must lie in (0, 1], but got {keep_share!r}. It is the share "
            "of labels to learn from: 0.6 where 40 % are taken to be wrong."
        )
    return np.broadcast_to(shares, len(classes)).copy()


def learn_shares(owner, X, labels, proba, seen):
    """Return the transition matrix and the share of each label to keep.

    Parameters
    ----------
    owner : estimator
        The net, with the parameters ``transition`` and ``keep_share``.

    X : object
        Rows as given to ``fit``.

    labels : NoisyLabels
        The record of the labels.

    proba : ndarray of shape (n_samples, n_classes)
        What is known of the classes of each row; need not sum to 1.

    seen : ndarray of shape (n_seen,)
        Numbers of the rows of which anything is known.

    Returns
    -------
    T : ndarray of shape (n_classes, n_classes)
        Transition matrix.

    keep_share : ndarray of shape (n_classes,)
        As given, or the share of right labels that follows from the matrix.
    """
    transition, name = owner.transition, type(owner).__name__
    if transition is None or is_estimator(transition):
        step = ConfidentTransition() if transition is None else transition
        if transition is None:
            warn_if_too_many(labels.n_classes, labels.n_samples, name)
        T = _matrix_of_seen(owner, step, X, labels, normalize_rows(proba), seen)
        warn_if_not_diagonal(T, labels.classes, name)
    else:
        T = given_matrix(transition, labels.n_classes)
    if owner.keep_share is not None:
        return T, check_keep_share(owner.keep_share, labels.classes)
    return T, label_purity(T, labels)


def _matrix_of_seen(owner, step, X, labels, proba, seen):
    """Return the matrix, from the rows with evidence where the estimator needs it."""
    if hasattr(step, "cv") and len(seen) < labels.n_samples:
        take = {
            name: None if (value := getattr(labels, name)) is None else value[seen]
            for name in ("codes", "weights", "groups", "trusted")
        }
        labels, proba = replace(labels, **take), proba[seen]
    return estimated_matrix(owner, step, X, labels, proba)


def thresholds(scores, keep_share, codes, mass):
    """Return, for each label, the score up to which its rows are kept.

    Parameters
    ----------
    scores : ndarray of shape (n_rows,)
        The lower, the more a label is believed.

    keep_share : ndarray of shape (n_classes,)
        Share of the weight of each label to keep.

    codes : ndarray of shape (n_rows,)
        Labels.

    mass : ndarray of shape (n_rows,)
        Weights of the rows.

    Returns
    -------
    ndarray of shape (n_classes,)
        Thresholds; at least the best row of each label is kept. Infinity for labels
        without rows.
    """
    limits = np.full(len(keep_share), np.inf)
    for code in np.unique(codes):
        rows = np.flatnonzero(codes == code)
        rows = rows[np.argsort(scores[rows], kind="stable")]
        before = np.cumsum(mass[rows]) - mass[rows]
        # A row of weight two is kept when the first of two equal rows would be.
        inside = before < keep_share[code] * mass[rows].sum() * (1 - ROUNDING)
        limits[code] = scores[rows[max(np.count_nonzero(inside) - 1, 0)]]
    return limits


def keep_low(scores, keep_share, labels):
    """Return the mask of the rows to learn from.

    Parameters
    ----------
    scores : ndarray of shape (n_samples,)
        The lower, the more a label is believed. NaN where nothing is known.

    keep_share : ndarray of shape (n_classes,)
        Share of the weight of each label to keep.

    labels : NoisyLabels
        The record of the labels; verified ones are kept in any case.

    Returns
    -------
    ndarray of bool of shape (n_samples,)
        The mask.
    """
    known = np.flatnonzero(~np.isnan(scores))
    codes, mass = labels.codes[known], labels.sample_weight[known]
    limits = thresholds(scores[known], keep_share, codes, mass)
    with np.errstate(invalid="ignore"):
        kept = scores <= limits[labels.codes]
    return kept if labels.trusted is None else kept | labels.trusted


def only_kept(losses, kept, weight):
    """Return losses whose weighted mean is that of the kept rows.

    Parameters
    ----------
    losses : tensor of shape (n_rows,)
        Loss of each row of a batch.

    kept : tensor of bool of shape (n_rows,)
        Rows to learn from.

    weight : tensor of shape (n_rows,)
        Sample weights, by which the base will weigh the rows.

    Returns
    -------
    tensor of shape (n_rows,)
        Zero for rows left out; zero for all in a batch without any other.
    """
    weight, kept = weight.to(losses), kept.to(losses)
    share = (weight * kept).sum() / weight.sum().clamp_min(1e-12)
    return losses * kept / share.clamp_min(1e-12)
