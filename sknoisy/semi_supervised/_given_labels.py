"""Are the labels given right? Their posterior, the action and the soft labels."""

import numpy as np

from sknoisy._clean_posterior import clean_posterior
from sknoisy._numeric import SMALLEST_PROBABILITY
from sknoisy._transition_matrix import make_transition_matrix, normalize_rows
from sknoisy.quality._noise_rate import estimate_noise
from sknoisy.transition._resolve import resolve_transition

# Labels of a class at which its estimated row of T counts as much as even noise. With
# ten a class, T as estimated corrected fewer on digits, satimage and breast_cancer.
PRIOR_LABELS = 10
# Even noise of rate r keeps the right label the likeliest while r < 1 - 1/K; the
# estimated rate is cut at this share of it, so that T stays invertible.
HIGHEST_EVEN_RATE = 0.8
# One label a fold of the five by default: a class with fewer is missing from some, and
# its evidence is too weak there to call a label wrong.
FEWEST_LABELS = 5
# Share of uniform noise mixed into T in a likelihood, so that one label that T rules
# out cannot outweigh all others. Not tuned.
UNIFORM_SHARE = 0.1
# Powers of two, not tuned. Spread labels are nearly uniform and need a low one, an
# over-confident classifier a high one.
TEMPERATURES = (4, 2, 1, 1 / 2, 1 / 4, 1 / 8, 1 / 16)


def label_posterior(transition, estimator, X, evidence, given):
    """Return the posterior of the labels given, and their transition matrix.

    Parameters
    ----------
    transition : "auto", transition estimator or array-like
        The parameter. An estimated matrix that goes by "auto" is drawn to even noise.

    estimator : classifier
        What a transition estimator asks, if it asks a classifier.

    X : array-like, frame, sparse matrix or sequence of n_labeled rows
        The rows with a label.

    evidence : ndarray of shape (n_labeled, n_classes)
        Out-of-sample probabilities.

    given : NoisyLabels
        Their labels.

    Returns
    -------
    posterior : ndarray of shape (n_labeled, n_classes)
        P(clean = k | x, label given), certain where the label is trusted.

    T : ndarray of shape (n_classes, n_classes)
        ``T[i, j] = P(noisy = j | clean = i)``.
    """
    T = resolve_transition(transition, X, evidence, given, base=estimator)
    if isinstance(transition, str):
        T = _shrunk_to_even_noise(T, evidence, given)
    posterior = clean_posterior(evidence, T, given.codes, weights=given.sample_weight)
    return given.certain_of_trusted(posterior), T


def _shrunk_to_even_noise(T, evidence, given):
    """Return (n T + m E) / (n + m), row by row, with n labels and m PRIOR_LABELS."""
    agrees = evidence.argmax(axis=1) == given.codes
    rate = 1 - np.average(agrees, weights=given.sample_weight)
    highest = HIGHEST_EVEN_RATE * (1 - 1 / given.n_classes)
    even = make_transition_matrix(given.n_classes, min(rate, highest))
    n_labels = labels_of_classes(given)[:, None]
    return (n_labels * T + PRIOR_LABELS * even) / (n_labels + PRIOR_LABELS)


def labels_of_classes(labels):
    """Return the weighted number of labels of each class."""
    return np.bincount(labels.codes, labels.sample_weight, labels.n_classes)


def choose_action(action, evidence, given):
    """Say what is done with the labels given, and why.

    Parameters
    ----------
    action : str
        What was asked for.

    evidence : ndarray of shape (n_labeled, n_classes)
        Out-of-sample probabilities.

    given : NoisyLabels
        The labels.

    Returns
    -------
    dict
        ``selection_`` of the classifier.
    """
    noise, chosen = estimate_noise(evidence, given), action
    if action == "auto":
        chosen = "relabel" if noise.suspected else "keep"
    selection = noise.describe(chosen)
    n_labels = labels_of_classes(given)
    enough = n_labels.min() >= FEWEST_LABELS
    if action != "auto" or enough or chosen == "keep":
        return selection
    reason = (
        f"Class {given.classes[n_labels.argmin()]} has fewer than {FEWEST_LABELS} "
        "labels, too few to tell wrong labels from weak evidence: action 'keep'."
    )
    return {**selection, "noise_found": False, "action": "keep", "reason": reason}


def hard_labels(proba):
    """Return the most probable class of each row, one-hot."""
    return np.eye(proba.shape[1])[proba.argmax(axis=1)]


def tempered(proba, temperature):
    """Return the probabilities to the power of 1/temperature, rows summing to 1."""
    logs = np.log(np.maximum(proba, SMALLEST_PROBABILITY)) / temperature
    return normalize_rows(np.exp(logs - logs.max(axis=1, keepdims=True)))


def best_temperature(evidence, T, given):
    """Return the temperature at which the evidence makes the labels given likeliest.

    The likelihood of a label is the sum over k of p_k(x) T[k, label], with some uniform
    noise mixed into T.
    """
    mixed = (1 - UNIFORM_SHARE) * T + UNIFORM_SHARE / len(T)
    of_label = mixed[:, given.codes].T

    def log_likelihood(temperature):
        likelihood = (tempered(evidence, temperature) * of_label).sum(axis=1)
        return given.sample_weight @ np.log(
            np.maximum(likelihood, SMALLEST_PROBABILITY)
        )

    return max(TEMPERATURES, key=log_likelihood)
