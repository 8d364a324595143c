"""What to do about the labels, chosen by labels that were held out.

No clean label is needed for it: as long as every class keeps its own label more often
than it gets any other, the classifier that is right most often is also the one that
agrees most often with held-out noisy labels.
"""

import warnings
from dataclasses import dataclass, field, replace
from numbers import Integral

import numpy as np
from sklearn.base import clone
from sklearn.utils.parallel import Parallel, delayed

from sknoisy._compat import _safe_indexing
from sknoisy._out_of_fold import out_of_fold_proba
from sknoisy._soft_labels import fit_soft_labels, takes_weights
from sknoisy.classification._accuracy_gain import accuracy_gain
from sknoisy.classification._label_judgement import judge_labels
from sknoisy.classification._label_weights import balance_classes
from sknoisy.exceptions import NoEvidenceWarning
from sknoisy.quality._core_disagreement import ONE_SIDED_95, describe_finding
from sknoisy.refinement._base import settle
from sknoisy.refinement._trusted_posterior import cautious_soft_labels
from sknoisy.transition._trusted import has_trusted

KEEP, WEIGHT, CAUTIOUS, FILTER = "keep", "weight", "cautious weight", "filter"
CAUTIOUS_SOFT = "cautious soft"
# Standard errors by which a candidate is clearly behind or ahead, with 95 % confidence.
CLEARLY = ONE_SIDED_95
MOST = 0.5


@dataclass(frozen=True)
class Choice:
    """What is done, and what it is expected to bring.

    Attributes
    ----------
    action : str
        What is done.
    reason : str
        Why, as the second half of a sentence.
    scores : dict
        Share of held-out noisy labels that each candidate predicted.
    gain : float
        Expected change of accuracy; NaN where it was not measured.
    interval : tuple of float
        Its interval.
    """

    action: str
    reason: str = ""
    scores: dict = field(default_factory=dict)
    gain: float = np.nan
    interval: tuple = (np.nan, np.nan)

    def __post_init__(self):
        if self.action == KEEP:
            object.__setattr__(self, "gain", 0.0)
            object.__setattr__(self, "interval", (0.0, 0.0))

    def selection(self, finding):
        """Return what is kept as ``selection_``."""
        reason = f"{describe_finding(finding)}{self.reason}: action {self.action!r}."
        return {
            **finding,
            "candidates": self.scores,
            "action": self.action,
            "reason": reason,
        }


def treat(judgement, labels, action):
    """Return the soft labels that an action stands for.

    Parameters
    ----------
    judgement : Judgement
        What is believed.

    labels : NoisyLabels
        The labels.

    action : str
        The action.

    Returns
    -------
    ndarray of shape (n_samples, n_classes)
        Weight of each class, sample weights counted.
    """
    one_hot, posterior = labels.one_hot(), judgement.posterior
    if action == KEEP:
        table = one_hot
    elif action == "soft":
        table = posterior
    elif action == CAUTIOUS_SOFT:
        table = cautious_soft_labels(posterior, labels)
    elif action in (WEIGHT, CAUTIOUS):
        doubt = 1 - judgement.quality(labels)
        weights = 1 - (doubt if action == WEIGHT else doubt / 2)
        table = one_hot * balance_classes(weights, labels)[:, None]
    else:
        best = np.eye(labels.n_classes)[posterior.argmax(axis=1)]
        table = best if action == "relabel" else one_hot * best
    return settle(table * labels.sample_weight[:, None], labels)


def choose_action(owner, base, X, labels, judgement):
    """Choose what is done about the labels.

    Parameters
    ----------
    owner : estimator
        Its ``action``, ``evidence`` and folding parameters are used.

    base : classifier
        The classifier that is being trained.

    X : array-like, frame, sparse matrix or sequence of n_samples rows
        Rows as given to ``fit``.

    labels : NoisyLabels
        The labels.

    judgement : Judgement
        What is believed.

    Returns
    -------
    Choice
        The record.
    """
    automatic = owner.action == "auto"
    if automatic and not judgement.noise_found:
        return Choice(KEEP)
    weighed = takes_weights(base)
    if automatic and has_trusted(labels):
        action = CAUTIOUS_SOFT if weighed else "relabel"
        return Choice(action, "; verified labels say how far")
    if automatic and knows_nothing(judgement.evidence.proba, labels):
        warnings.warn(
            "The labels are left as they are: what neighbours and classifier say about "
            "them is no better than a guess of the most frequent label, so the wrong "
            "ones cannot be told from the right ones. Give better features, an "
            "embedding, or verified labels by trusted=.",
            NoEvidenceWarning,
        )
        return Choice(KEEP, ", but the evidence is no better than a guess")
    if owner.evidence == "thorough":
        return _choose_thoroughly(owner, base, X, labels, judgement)
    bold = WEIGHT if weighed else FILTER
    action = bold if automatic else owner.action
    if judgement.evidence.model is None:
        return Choice(action)
    # Folds that were trained on weighed labels stand for every other action.
    tried = action if judgement.evidence.trained_on is None else bold
    held_out = _one_fold(owner, base, X, labels, judgement, tried)
    scores = held_out.scores()
    doubt = np.average(1 - judgement.quality(labels), weights=labels.sample_weight)
    # Whoever doubts most of the labels has to prove it.
    needed = CLEARLY if doubt > MOST else -CLEARLY
    if automatic and held_out.lead(tried) < needed:
        # What would be gained by the milder way was not measured.
        mild = CAUTIOUS if weighed else KEEP
        return Choice(mild, _words(scores, tried), scores)
    gain = held_out.gain(judgement, tried)
    return Choice(action, _words(scores, tried), scores, *gain)


def knows_nothing(proba, labels):
    """Whether evidence predicts labels no better than their most frequent one does."""
    share = np.bincount(labels.codes, labels.sample_weight) / labels.sample_weight.sum()
    agrees = np.average(
        proba.argmax(axis=1) == labels.codes, weights=labels.sample_weight
    )
    return agrees <= share.max()


def _words(scores, action):
    return (
        f"; with action {action!r} {scores[action]:.1%} of the labels held out are "
        f"predicted, with the labels as they are {scores[KEEP]:.1%}"
    )


@dataclass(frozen=True)
class HeldOut:
    """Predictions for rows that were held out, by candidate.

    Attributes
    ----------
    codes : ndarray of int of shape (n_rows,)
        Noisy labels of the rows.
    mass : ndarray of shape (n_rows,)
        Their weights.
    predicted : dict
        Positions of the classes predicted for them, by candidate.
    """

    codes: np.ndarray
    mass: np.ndarray
    predicted: dict

    def scores(self):
        """Return the share of the labels that each candidate predicted."""
        return {
            name: float(np.average(predicted == self.codes, weights=self.mass))
            for name, predicted in self.predicted.items()
        }

    def lead(self, name):
        """Return by how many standard errors a candidate leads the labels as they are.

        Zero where it predicts the same.
        """
        before, after = (self.predicted[one] == self.codes for one in (KEEP, name))
        lead = after.astype(float) - before
        mean = np.average(lead, weights=self.mass)
        variance = np.average((lead - mean) ** 2, weights=self.mass)
        error = np.sqrt(variance / self.mass.sum())
        return mean / error if error > 0 else np.sign(mean) * np.inf if mean else 0.0

    def gain(self, judgement, name):
        """Return the expected gain over the labels as they are, and its interval."""
        return accuracy_gain(
            judgement.transition_matrix,
            self.codes,
            self.predicted[KEEP],
            self.predicted[name],
            self.mass,
        )


def _held_out(labels, rows, predicted):
    mass = labels.sample_weight[rows]
    # Rows without weight are predicted as well, and are all there is in such a fold.
    return HeldOut(
        labels.codes[rows], mass if mass.any() else np.ones(len(rows)), predicted
    )


def _one_fold(owner, base, X, labels, judgement, action):
    """Hold one fold out of the labels as they are and of what is done with them.

    For one of the two that was done already, when the evidence was gathered.
    """
    evidence = judgement.evidence
    train, rows = evidence.folds[0]
    as_they_are = evidence.trained_on is not None
    other = None if as_they_are else treat(judgement, labels, action)
    tried = out_of_fold_proba(
        base, X, labels, soft_labels=other, cv=[(train, rows)], memory=owner.memory
    )
    known, tried = (proba[rows].argmax(axis=1) for proba in (evidence.model, tried))
    predicted = (
        {KEEP: tried, action: known} if as_they_are else {KEEP: known, action: tried}
    )
    return _held_out(labels, rows, predicted)


def _choose_thoroughly(owner, base, X, labels, judgement):
    """Try every candidate on folds from which nothing at all was learnt."""
    folds = judgement.evidence.folds
    names = _candidates(owner, base)
    inner = clone(owner).set_params(
        evidence="auto", n_jobs=None, cv=owner.cv if _is_number(owner.cv) else None
    )
    # What reports progress stays in this process.
    quiet = replace(labels, announce=None, report=None)
    parts = Parallel(n_jobs=owner.n_jobs)(
        delayed(_try_candidates)(inner, base, X, quiet, names, *fold) for fold in folds
    )
    rows = np.concatenate([test for _, test in folds])
    predicted = {name: np.concatenate([part[name] for part in parts]) for name in names}
    held_out = _held_out(labels, rows, predicted)
    scores = held_out.scores()
    action = owner.action
    if action == "auto":
        # Of equals the first, which is the mildest.
        action = max(names, key=scores.get)
    return Choice(
        action, _words(scores, action), scores, *held_out.gain(judgement, action)
    )


def _is_number(cv):
    return cv is None or isinstance(cv, Integral)


def _candidates(owner, base):
    """Return what is tried, the mildest first."""
    if owner.action != "auto":
        return list(dict.fromkeys((KEEP, owner.action)))
    if not takes_weights(base):
        return [KEEP, FILTER, "relabel"]
    return [KEEP, CAUTIOUS, WEIGHT, FILTER, "soft"]


def _try_candidates(inner, base, X, labels, names, train, test):
    """Judge the labels of one part alone and predict the other by each candidate."""
    X_train, known = _safe_indexing(X, train), labels.take(X, train)
    judgement = judge_labels(inner, base, X_train, known)
    held_out = _safe_indexing(X, test)
    predicted = {}
    for name in names:
        model = fit_soft_labels(
            base,
            X_train,
            treat(judgement, known, name),
            labels.classes,
            params=known.params,
        )
        predicted[name] = np.searchsorted(labels.classes, model.predict(held_out))
    return predicted
