"""What the labels given are worth, judged by what has not seen them."""

from dataclasses import dataclass

import numpy as np

from sknoisy._clean_posterior import clean_posterior
from sknoisy._compat import _safe_indexing
from sknoisy._transition_matrix import make_transition_matrix
from sknoisy.classification._transition_option import (
    is_estimated,
    transition_beside,
)
from sknoisy.quality._core_disagreement import select_action
from sknoisy.semi_supervised._pseudo_labels import calibrated, decoded

# Labels of a class that a row of T must stand on to outweigh even noise. With ten of
# each, the matrix as it is corrected fewer on digits, satimage and breast_cancer.
PRIOR_LABELS = 10
# With fewer labels of a class than folds, weak evidence and wrong labels look alike.
FEWEST_LABELS = 5
# What is left to chance in a likelihood, so that no single label decides.
CHANCE = 0.1


@dataclass(frozen=True)
class Judgement:
    """What is known about the labels given.

    Attributes
    ----------
    transition_matrix : ndarray of shape (n_classes, n_classes)
        ``T[i, j] = P(noisy = j | clean = i)``.
    posterior : ndarray of shape (n_labeled, n_classes)
        Probability of each true class.
    power : float
        What makes the evidence as sure as it should be.
    """

    transition_matrix: np.ndarray
    posterior: np.ndarray
    power: float

    @property
    def forward(self):
        """Probability of each label given the true class, some of it chance."""
        T = self.transition_matrix
        return (1 - CHANCE) * T + CHANCE / len(T)


def judge(rounds, evidence):
    """Judge the labels given.

    Parameters
    ----------
    rounds : Rounds
        The labels, and the ``transition`` of their owner. An estimated matrix that
        goes by the name "auto" is drawn to even noise.

    evidence : ndarray of shape (n_labeled, n_classes)
        Probabilities of something that has not seen the label.

    Returns
    -------
    Judgement
        The judgement.
    """
    transition, given, X = rounds.owner.transition, rounds.given, None
    if is_estimated(transition):
        X = _safe_indexing(rounds.X, rounds.rows)
    T = transition_beside(transition, rounds.base, X, evidence, given)
    if isinstance(transition, str):
        T = _steadied(T, evidence, given)
    posterior = clean_posterior(evidence, T, given.codes, weights=given.sample_weight)
    posterior = given.certain_of_trusted(posterior)
    first = Judgement(T, posterior, 1.0)
    power = calibrated(evidence, given.codes, first.forward, given.sample_weight)[1]
    return Judgement(T, posterior, power)


def _steadied(T, evidence, given):
    """Return an estimated matrix, drawn to even noise where it stands on few labels."""
    agrees = evidence.argmax(axis=1) == given.codes
    rate = 1 - np.average(agrees, weights=given.sample_weight)
    # Even noise must leave the right label the most probable one.
    highest = 0.8 * (1 - 1 / given.n_classes)
    even = make_transition_matrix(given.n_classes, min(rate, highest))
    n_labels = np.bincount(given.codes, given.sample_weight, given.n_classes)[:, None]
    return (n_labels * T + PRIOR_LABELS * even) / (n_labels + PRIOR_LABELS)


def select_treatment(action, evidence, given):
    """Say what is done with the labels given, and why.

    Parameters
    ----------
    action : str
        What was asked for.

    evidence : ndarray of shape (n_labeled, n_classes)
        Probabilities of something that has not seen the label.

    given : NoisyLabels
        The record of the labels.

    Returns
    -------
    dict
        ``noise_found``, ``action``, ``core_disagreement``,
        ``core_disagreement_lower`` and ``reason``, a sentence.
    """
    selection = select_action(action, evidence, given, treatment="relabel")
    n_labels = np.bincount(given.codes, given.sample_weight, given.n_classes)
    enough = n_labels.min() >= FEWEST_LABELS
    if action != "auto" or enough or not selection["noise_found"]:
        return selection
    reason = (
        f"Class {given.classes[n_labels.argmin()]} has fewer than {FEWEST_LABELS} "
        "labels, too few to tell wrong labels from weak evidence: action 'keep'."
    )
    return {**selection, "noise_found": False, "action": "keep", "reason": reason}


def treated(action, one_hot, posterior):
    """Return what the labels given count as, before any sample weight.

    Parameters
    ----------
    action : {"keep", "soft", "weight", "relabel", "filter"}
        What is done.

    one_hot : ndarray of shape (n_labeled, n_classes)
        The labels.

    posterior : ndarray of shape (n_labeled, n_classes)
        Probability of each true class.

    Returns
    -------
    ndarray of shape (n_labeled, n_classes)
        Weight of each class.
    """
    if action == "keep":
        return one_hot
    if action == "soft":
        return posterior
    if action == "weight":
        return one_hot * (one_hot * posterior).sum(axis=1, keepdims=True)
    best = decoded(posterior)
    return best if action == "relabel" else one_hot * best
