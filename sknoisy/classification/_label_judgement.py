"""What is believed about the labels before anything is done about them."""

from dataclasses import dataclass

import numpy as np

from sknoisy._clean_posterior import clean_posterior, expected_classes, spread_doubt
from sknoisy._evidence import model_evidence, neighbor_evidence, neighborhood, pool
from sknoisy._folds import make_folds
from sknoisy._soft_labels import takes_weights
from sknoisy.classification._label_weights import (
    scale_doubt,
    softened,
    weigh_labels,
)
from sknoisy.classification._transition_option import is_estimated, transition_beside
from sknoisy.quality._core_disagreement import look_for_noise
from sknoisy.refinement._base import settle
from sknoisy.refinement._trusted_posterior import judge_by_trusted
from sknoisy.transition._trusted import has_trusted

# So many rows of a class a first look leaves at least.
FEWEST_ROWS = 10


@dataclass(frozen=True)
class Evidence:
    """What was asked about each label.

    Attributes
    ----------
    proba : ndarray of shape (n_samples, n_classes)
        Probabilities of all that was asked, together.
    model : ndarray of shape (n_samples, n_classes) or None
        The share of the classifier in it, out-of-fold; None if it was not asked.
    trained_on : ndarray of shape (n_samples, n_classes) or None
        Soft labels that the folds were trained on; None for the labels as they are.
    parts : tuple of ndarray of shape (n_samples, n_classes)
        The probabilities of each that was asked.
    folds : list of (ndarray, ndarray)
        The folds that the classifier was asked by.
    """

    proba: np.ndarray
    model: np.ndarray | None = None
    trained_on: np.ndarray | None = None
    parts: tuple = ()
    folds: tuple = ()


@dataclass(frozen=True)
class Judgement:
    """What the evidence makes of the labels.

    Attributes
    ----------
    evidence : Evidence
        What was asked.
    noise_found : bool
        Whether labels contradict the rows that the evidence is surest of.
    finding : dict
        ``noise_found`` and the figures behind it.
    posterior : ndarray of shape (n_samples, n_classes)
        Probability of each true class. Its doubt is scaled to that of the core.
    transition_matrix : ndarray of shape (n_classes, n_classes)
        ``T[i, j] = P(noisy = j | clean = i)``.
    """

    evidence: Evidence
    noise_found: bool
    finding: dict
    posterior: np.ndarray
    transition_matrix: np.ndarray

    def quality(self, labels):
        """Return the probability of each label given."""
        return self.posterior[np.arange(labels.n_samples), labels.codes]


def judge_labels(owner, base, X, labels):
    """Ask about the labels and say what is believed of them.

    Parameters
    ----------
    owner : estimator
        Its ``evidence``, ``transition``, ``embedding``, ``cv``, ``memory``, ``n_jobs``
        and ``random_state`` are used.

    base : classifier
        The classifier that is being trained.

    X : array-like, frame, sparse matrix or sequence of n_samples rows
        Rows as given to ``fit``.

    labels : NoisyLabels
        The labels.

    Returns
    -------
    Judgement
        The record.
    """
    if labels.trusted is not None and labels.trusted.all():
        return _nothing_to_judge(labels)
    evidence = _gather(owner, base, X, labels)
    finding = look_for_noise(evidence.proba, labels)
    if has_trusted(labels) and evidence.parts:
        return _judge_by_trusted(owner, base, X, labels, evidence, finding)
    posterior, T = _believe(evidence.proba, owner, base, X, labels, finding)
    return Judgement(evidence, finding["noise_found"], finding, posterior, T)


def _nothing_to_judge(labels):
    """Return the judgement of labels that are all verified."""
    one_hot = labels.one_hot()
    finding = look_for_noise(one_hot, labels)
    T = np.eye(labels.n_classes)
    return Judgement(Evidence(one_hot), False, finding, one_hot, T)


def _judge_by_trusted(owner, base, X, labels, evidence, finding):
    """Return the judgement that verified labels have taught."""
    taught = judge_by_trusted(owner, base, X, labels, list(evidence.parts))
    T, found = taught.transition_matrix, bool(taught.noise_found)
    if not is_estimated(owner.transition):
        T = transition_beside(owner.transition, base, X, evidence.proba, labels)
    finding = {**finding, "noise_found": found}
    return Judgement(evidence, found, finding, taught.proba, T)


def _gather(owner, base, X, labels):
    """Ask neighbours and classifier about the labels."""
    graph = None
    if owner.evidence != "model":
        graph = neighborhood(owner, base, X, labels)
    if owner.evidence == "neighbors":
        if graph is None:
            return Evidence(labels.one_hot())
        votes = neighbor_evidence(graph, labels)
        return Evidence(votes, parts=(votes,))
    # Once, as a generator of splits can be read only once.
    folds = make_folds(X, labels, owner.cv)
    if graph is None:
        model = model_evidence(owner, base, X, labels, cv=folds)
        return Evidence(model, model, parts=(model,), folds=folds)
    # Neighbours cost no fit: what they doubt is held back from the model, and the
    # second vote is by labels that have been looked at.
    soft = _held_back(neighbor_evidence(graph, labels), base, X, labels)
    model = model_evidence(owner, base, X, labels, soft, cv=folds)
    parts = (model, neighbor_evidence(graph, labels, soft))
    return Evidence(pool(parts), model, soft, parts, folds)


def _held_back(votes, base, X, labels):
    """Return the labels, weighed by the votes of the neighbours; None for none."""
    finding = look_for_noise(votes, labels)
    if not finding["noise_found"]:
        return None
    # Whatever the transition is: another one shall find its folds in the cache.
    weights = weigh_labels(votes, base, X, labels, noise_found=True).weights
    # Neighbours are poor judges of rows at a border. What is held back here is never
    # seen by the model, so that no more is than the core speaks for.
    core = finding["core_disagreement"]
    weights = scale_doubt(weights, core, labels, share=1.0)
    if not takes_weights(base):
        weights = (weights > 0.5).astype(float)
    weights = _spared(weights, labels)
    return settle(labels.one_hot() * (weights * labels.sample_weight)[:, None], labels)


def _spared(weights, labels):
    """Return weights with which each class is there in each fold, by more than a row.

    A class that would nearly vanish keeps the labels that are believed most.
    """
    believed = np.bincount(
        labels.codes, labels.sample_weight * (weights > 0.5), labels.n_classes
    )
    weights = weights.copy()
    for code in np.flatnonzero(believed < FEWEST_ROWS):
        rows = np.flatnonzero(labels.codes == code)
        rows = rows[np.argsort(-weights[rows], kind="stable")]
        enough = np.cumsum(labels.sample_weight[rows]) >= FEWEST_ROWS
        last = rows[np.argmax(enough)] if enough.any() else rows[-1]
        weights[rows[weights[rows] >= weights[last]]] = 1.0
    return weights


def _believe(proba, owner, base, X, labels, finding):
    """Return the probability of each true class, and the matrix."""
    codes, transition = labels.codes, owner.transition
    # Without noise there are no two populations for a mixture to tell apart.
    if finding["noise_found"] and is_estimated(transition):
        found = weigh_labels(
            proba, base, X, labels, noise_found=True, transition=transition
        )
        weights, T = found.weights, found.transition_matrix
    else:
        T = transition_beside(transition, base, X, proba, labels)
        posterior = clean_posterior(proba, T, codes, weights=labels.sample_weight)
        weights = posterior[np.arange(labels.n_samples), codes]
        if not is_estimated(transition):
            return posterior, T
    expected = expected_classes(
        proba, softened(T, transition), codes, weights=labels.sample_weight
    )
    quality = scale_doubt(weights, finding["core_disagreement"], labels)
    return spread_doubt(expected, codes, quality), T
