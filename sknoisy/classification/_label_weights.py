"""How likely each label is right: similarities in a mixture, and a matrix beside it."""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from sknoisy._clean_posterior import clean_posterior
from sknoisy._evidence import pool
from sknoisy.classification._transition_option import is_estimated, transition_beside
from sknoisy.quality._similarity import MixtureFitter, label_similarity

# An estimated matrix is too sure of which confusions never occur. Chosen on digits,
# satimage, penbased, MNIST and breast_cancer among 0 and this.
CHANCE = 0.25
SUREST = 1e-12
BISECTIONS = 60


@dataclass(frozen=True)
class LabelWeights:
    """What a prediction makes of the labels.

    Attributes
    ----------
    weights : ndarray of shape (n_samples,)
        Probability that each label is right.
    similarity : ndarray of shape (n_samples,)
        Similarity of prediction and label.
    mixture : estimator
        The mixture fitted to the similarities.
    transition_matrix : ndarray of shape (n_classes, n_classes) or None
        The matrix found or given; None where none was asked for.
    """

    weights: np.ndarray
    similarity: np.ndarray
    mixture: object
    transition_matrix: np.ndarray | None


def weigh_labels(
    proba,
    estimator,
    X,
    labels,
    *,
    noise_found,
    similarity="margin",
    mixture="beta",
    transition="auto",
):
    """Return the probability that each label is right.

    Parameters
    ----------
    proba : ndarray of shape (n_samples, n_classes)
        Out-of-fold probabilities of the noisy labels.

    estimator : classifier
        The classifier that is being trained.

    X : array-like, frame, sparse matrix or sequence of n_samples rows
        Rows as given to ``fit``.

    labels : NoisyLabels
        The labels.

    noise_found : bool
        Whether there is noise for sure, so that the mixture has two components.

    similarity : str or callable, default="margin"
        Similarity of prediction and label.

    mixture : str or estimator, default="beta"
        Distribution of the similarities.

    transition : str, transition estimator, array-like or None, default="auto"
        Where the transition matrix comes from that is asked beside the mixture.

    Returns
    -------
    LabelWeights
        The record.
    """
    fitter = MixtureFitter(mixture, noise_found)
    scores = label_similarity(similarity, proba, labels)
    weights, (fitted,) = fitter.weigh(scores, labels)
    T = None
    if transition is not None:
        T = transition_beside(transition, estimator, X, proba, labels)
        right = _behind(proba, softened(T, transition), labels)
        acquits = labels.sample_weight @ right >= labels.sample_weight @ weights
        # A matrix that knows its business acquits labels. One that accuses more of them
        # than the similarities do was estimated from too weak a model.
        if acquits or not is_estimated(transition):
            opinions = [np.column_stack([1 - p, p]) for p in (weights, right)]
            weights = labels.quality_of_trusted(pool(opinions)[:, 1])
    return LabelWeights(weights, scores, fitted, T)


def softened(T, transition):
    """Return a matrix with some chance mixed in, where it was estimated unasked.

    Parameters
    ----------
    T : ndarray of shape (n_classes, n_classes)
        The matrix.

    transition : str, transition estimator, array-like or None
        Where it comes from.

    Returns
    -------
    ndarray of shape (n_classes, n_classes)
        Rows sum to 1.
    """
    if isinstance(transition, str):
        return (1 - CHANCE) * T + CHANCE / len(T)
    return T


def _behind(proba, T, labels):
    """Return the probability of each label by the clean posterior."""
    posterior = clean_posterior(proba, T, labels.codes, weights=labels.sample_weight)
    return posterior[np.arange(labels.n_samples), labels.codes]


def scale_doubt(weights, core_rate, labels, *, share=0.5):
    """Return probabilities of being right whose mean doubt is nearer to the core's.

    Mixture and matrix count mistakes of the model as wrong labels, so they doubt too
    many where the model is weak. Among the rows that it is surest of it hardly errs,
    but noise that depends on the features is rarer there. The truth is between.

    Parameters
    ----------
    weights : ndarray of shape (n_samples,)
        Probability that each label is right.

    core_rate : float
        Share of contradictions among the surest rows.

    labels : NoisyLabels
        The labels.

    share : float, default=0.5
        How much of the way to the doubt of the core is gone, in [0, 1].

    Returns
    -------
    ndarray of shape (n_samples,)
        In the same order; never lower than before.
    """
    mass = labels.sample_weight / labels.sample_weight.sum()
    target = share * core_rate + (1 - share) * (mass @ (1 - weights))
    if mass @ (1 - weights) <= target:
        return weights
    odds = np.clip(weights, SUREST, 1 - SUREST)
    odds = odds / (1 - odds)
    low, high = 0.0, np.log(1 / SUREST**2)
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        scaled = expit(np.log(odds) + middle)
        if mass @ (1 - scaled) > target:
            low = middle
        else:
            high = middle
    return labels.quality_of_trusted(expit(np.log(odds) + high))


def balance_classes(weights, labels):
    """Return weights that bring the classes half-way back to their shares.

    Doubt hits some classes harder than others, and most of all the rare ones, which
    no model knows well. Without a say for their share a classifier would forget them.

    Parameters
    ----------
    weights : ndarray of shape (n_samples,)
        Weight of each label.

    labels : NoisyLabels
        The labels.

    Returns
    -------
    ndarray of shape (n_samples,)
        Of the same sum, sample weights counted.
    """
    given = np.bincount(labels.codes, labels.sample_weight, labels.n_classes)
    left = np.bincount(labels.codes, labels.sample_weight * weights, labels.n_classes)
    if not left.any():
        return weights
    factor = np.sqrt(np.divide(given, left, out=np.ones_like(given), where=left > 0))
    return weights * (factor * (left.sum() / (factor @ left)))[labels.codes]
