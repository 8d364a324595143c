"""What is done about the labels, compared on labels that were held out.

No clean label is needed for it: as long as every class keeps its own label more often
than it gets any other, the classifier that is right most often is also the one that
agrees most often with held-out noisy labels. The comparison is honest only where what
is done to the training rows has not seen the labels held out, so the evidence about
the training rows comes from the trees of the forest that have not seen them.
"""

import warnings
from dataclasses import dataclass, field, replace

import numpy as np
from sklearn.utils.parallel import delayed
from sklearn.utils.validation import check_memory

from sknoisy._clean_posterior import (
    clean_posterior,
    label_posterior,
    with_class_shares,
)
from sknoisy._compat import _safe_indexing, parallel_as_they_come
from sknoisy._confident_joint import estimated_joint, joint_to_transition
from sknoisy._numeric import TWO_SIDED_95
from sknoisy._proba import class_proba
from sknoisy._soft_labels import (
    balanced_weights,
    balances_classes,
    fit_soft_labels,
    path_of_weights,
    soft_labels_for,
)
from sknoisy.evidence import forest_evidence_without, pool_evidence
from sknoisy.exceptions import NoEvidenceWarning
from sknoisy.quality._noise_rate import effective_size, estimate_noise
from sknoisy.transition._resolve import is_matrix, resolve_transition

KEEP = "keep"
# Fits of the classifier that a default fit costs at most, the last one included.
MOST_FITS = 8
# Rows on which keeping and acting are compared at least, where there are as many: the
# standard error of the difference is then below one point of accuracy.
ENOUGH_ROWS = 2000
# Rows from which histogram boosting is filtered instead of weighted: a fit with weights
# takes twice as long or more, and on so many rows both are level (bench_growth).
MANY_ROWS = 6000
# Standard errors by which an action has to lead the labels as they are, where noise is
# suspected and where it is not. Held-out labels are few and wrong as well, so that the
# action may lie behind; less where none is suspected, though errors near the border
# hardly show in the core either. Without noise this costs nothing beside a lead of 0.5
# (suite parts, "check of the action").
NEEDED_LEAD = {True: -1.5, False: -0.25}
# Singular values below this make the inverse of a matrix worthless.
SMALLEST_SINGULAR = 1e-3
# An estimated matrix is too sure of which confusions never occur, so that this share of
# the uniform matrix is mixed in (suite parts, "uniform share").
UNIFORM_SHARE = 0.25


@dataclass(frozen=True)
class Selection:
    """What is done, and what it is expected to bring.

    Attributes
    ----------
    action : str
        The action.
    reason : str
        Why, as the second half of a sentence.
    scores : dict
        Share of held-out noisy labels that each candidate predicted.
    gain : float
        Expected change of accuracy; NaN where it was not measured.
    interval : tuple of float
        Its 95 % interval.
    """

    action: str
    reason: str = ""
    scores: dict = field(default_factory=dict)
    gain: float = np.nan
    interval: tuple = (np.nan, np.nan)


def folds_to_check(folds):
    """Return the folds on which an action is checked: as many as say enough."""
    n_rows = np.cumsum([len(test) for _, test in folds])
    enough = int(np.searchsorted(n_rows, ENOUGH_ROWS)) + 1
    return folds[: max(1, min(enough, MOST_FITS - 1 - len(folds)))]


def posterior_of(evidence, inputs, transition):
    """Return posterior, transition matrix and noise estimate from tables of evidence.

    Parameters
    ----------
    evidence : dict of str to ndarray of shape (n_samples, n_classes)
        The tables of the sources.

    inputs : EvidenceInputs
        Classifier, rows, labels, folds and context.

    transition : "auto", transition estimator or array-like
        The parameter. A matrix that is given is taken as it is: the posterior is then
        Bayes' rule.

    Returns
    -------
    posterior : ndarray of shape (n_samples, n_classes)
        Probability of each true class; trusted labels are certain.

    T : ndarray of shape (n_classes, n_classes)
        ``T[i, j] = P(noisy = j | clean = i)``.

    noise : NoiseEstimate
        Bounds of the noise rate.
    """
    labels, proba = inputs.labels, pool_evidence(evidence, inputs.labels)
    noise = estimate_noise(proba, labels)
    if isinstance(transition, str):
        joint = estimated_joint(proba, labels.codes, labels.sample_weight)
        T = joint_to_transition(joint)
        smooth = (1 - UNIFORM_SHARE) * T + UNIFORM_SHARE / labels.n_classes
        return label_posterior(proba, labels, smooth, noise.core_rate), T, noise
    T = resolve_transition(transition, inputs.X, proba, labels, base=inputs.base)
    if is_matrix(transition):
        weights = labels.sample_weight
        return clean_posterior(proba, T, labels.codes, weights=weights), T, noise
    return label_posterior(proba, labels, T, noise.core_rate), T, noise


def select_action(action, transition, inputs, evidence, noise, T):
    """Select what is done about the labels.

    Parameters
    ----------
    action : str
        What the user asked for; "auto" compares one action with the labels as they
        are.

    transition : "auto", transition estimator or array-like
        The parameter, for the posterior of the rows that are trained on.

    inputs : EvidenceInputs
        Classifier, rows, labels, folds and context.

    evidence : dict of str to ndarray of shape (n_samples, n_classes)
        The tables of the sources.

    noise : NoiseEstimate
        What is known of the amount of noise.

    T : ndarray of shape (n_classes, n_classes)
        Transition matrix, through which the gain is seen.

    Returns
    -------
    Selection
        What is done.
    """
    candidate, automatic = action, action == "auto"
    if automatic:
        candidate = _candidate(inputs)
        if not noise.better_than_chance:
            warnings.warn(
                "The labels are left as they are: the evidence predicts them no better "
                "than chance, so the wrong ones cannot be told from the right ones. "
                "Give better features, an embedding, or trusted labels by trusted=.",
                NoEvidenceWarning,
            )
            return _keep("; the evidence is no better than chance")
    if "model" not in evidence or inputs.embedding is None:
        # Nothing was held out, so that only the evidence itself can speak.
        unsure = automatic and not noise.suspected
        return _keep("; nothing was held out") if unsure else Selection(candidate)
    rows, acted, moved = _held_out(candidate, transition, inputs)
    codes, weights = inputs.labels.codes[rows], inputs.labels.sample_weight[rows]
    # Rows without weight are predicted as well, and may be all there is.
    weights = weights if weights.any() else np.ones(len(rows))
    kept = evidence["model"][rows]
    kept = (_counted_alike(kept, codes, weights) if moved else kept).argmax(axis=1)
    agrees = {KEEP: kept == codes, candidate: acted == codes}
    # What a classifier that balances classes gains on the frequent ones is no gain.
    alike = balances_classes(inputs.base)
    balanced = balanced_weights(codes, weights) if alike else None
    counted = weights if balanced is None else balanced
    scores = {
        name: float(np.average(right, weights=counted))
        for name, right in agrees.items()
    }
    reason = (
        f"; {candidate!r} predicts {scores[candidate]:.1%} of the labels held out, the "
        f"labels as they are {scores[KEEP]:.1%}"
        f"{'' if balanced is None else ', if all classes count alike'}"
    )
    size = effective_size(counted, inputs.labels.points, rows)
    lead, error = _mean_and_error(agrees[candidate] * 1.0 - agrees[KEEP], counted, size)
    if automatic and lead <= NEEDED_LEAD[noise.suspected] * error:
        return _keep(reason, scores)
    size = effective_size(weights, inputs.labels.points, rows)
    gain, interval = _gain(T, codes, kept, acted, weights, size)
    return Selection(candidate, reason, scores, gain, interval)


def _gain(T, codes, kept, acted, weights, size):
    """Return the expected gain in accuracy, and its interval.

    If labels go wrong by T alone, (T^-1)[given, k] is an unbiased estimate of whether
    k is the true class (N. Natarajan et al., "Learning with Noisy Labels", 2013).
    """
    if np.linalg.svd(T, compute_uv=False)[-1] < SMALLEST_SINGULAR:
        return np.nan, (-1.0, 1.0)
    right = np.linalg.inv(T)
    change = right[codes, acted] - right[codes, kept]
    gain, error = _mean_and_error(change, weights, size)
    reach = TWO_SIDED_95 * error
    gain, low, high = np.clip([gain, gain - reach, gain + reach], -1, 1).tolist()
    return gain, (low, high)


def _candidate(inputs):
    """Return the action that is compared with the labels as they are."""
    _, learner, takes = path_of_weights(inputs.base)
    if takes and inputs.labels.n_samples >= MANY_ROWS:
        # Imported here, since it takes time and whoever passes one has imported it.
        from sklearn.ensemble import HistGradientBoostingClassifier

        takes = not isinstance(learner, HistGradientBoostingClassifier)
    return "weight" if takes else "filter"


def _keep(reason, scores=None):
    return Selection(KEEP, reason, scores or {}, 0.0, (0.0, 0.0))


def _mean_and_error(values, weights, size):
    """Return the weighted mean and its standard error."""
    mean = np.average(values, weights=weights)
    return mean, np.sqrt(np.average((values - mean) ** 2, weights=weights) / size)


def _held_out(action, transition, inputs):
    """Return rows held out, codes predicted for them, and if their border is moved."""
    context, labels, folds = inputs.context, inputs.labels, inputs.checked_folds
    predict = delayed(check_memory(context.memory).cache(_fit_and_predict))
    context.fits.append(len(folds))
    if context.progress is not None:
        context.progress.start("checking the action", len(folds))
    # Made before: an estimator of the matrix may have parallel jobs of its own.
    nested = [
        _nested_soft_labels(action, transition, inputs, number)
        for number in range(len(folds))
    ]
    acted, moved = [], False
    for codes, differs in parallel_as_they_come(context.n_jobs)(
        predict(inputs.base, inputs.X, *fold, *soft, labels.classes)
        for fold, soft in zip(folds, nested, strict=True)
    ):
        acted.append(codes)
        moved |= differs
        if context.progress is not None:
            context.progress.step("checking the action")
    rows = np.concatenate([test for _, test in folds])
    return rows, np.concatenate(acted), moved


def _counted_alike(proba, codes, weights):
    """Return probabilities as if all classes that occur were equally frequent."""
    given = np.eye(proba.shape[1])[codes]
    share, proba = weights @ given, with_class_shares(proba, given, weights)
    return np.divide(proba, share, out=np.zeros_like(proba), where=share > 0)


def _nested_soft_labels(action, transition, inputs, number):
    """Return soft labels of the rows of a fold by evidence from these alone."""
    train = inputs.checked_folds[number][0]
    labels = inputs.labels.take(inputs.X, train)
    X = _safe_indexing(inputs.X, train)
    nested = replace(inputs, X=X, labels=labels, checked_folds=())
    evidence = {"forest": forest_evidence_without(number, inputs, labels)}
    posterior, _, noise = posterior_of(evidence, nested, transition)
    soft_labels = soft_labels_for(
        action, posterior, labels, surely_wrong=noise.core_lower
    )
    return soft_labels, labels.params


def _fit_and_predict(base, X, train, test, soft_labels, params, classes):
    """Fit the classifier to some rows and return the codes predicted for others.

    And whether these are not the likeliest: support vector machines that balance
    classes move the border between them, and their probabilities know nothing of it.
    """
    model = fit_soft_labels(
        base, _safe_indexing(X, train), soft_labels, classes, params=params
    )
    X_test = _safe_indexing(X, test)
    # As the evidence is read: not every classifier predicts the likeliest class.
    codes = class_proba(model, X_test, classes).argmax(axis=1)
    if not balances_classes(base):
        return codes, False
    predicted = np.searchsorted(classes, np.ravel(model.predict(X_test)))
    return predicted, bool((predicted != codes).any())
