"""The clean posterior, calibrated on the rows whose label is trusted."""

from dataclasses import dataclass

import numpy as np
from sklearn.base import clone
from sklearn.utils.validation import check_memory

from sknoisy._clean_posterior import expected_classes
from sknoisy._compat import _check_method_params, _safe_indexing
from sknoisy._context import FitContext
from sknoisy._folds import distinct_rows
from sknoisy._proba import class_proba
from sknoisy._soft_labels import fit_soft_labels
from sknoisy._transition_matrix import normalize_rows
from sknoisy.evidence import pool_evidence
from sknoisy.evidence._stacked_logit import StackedLogit, fit_stacked_logit
from sknoisy.quality._noise_rate import estimate_noise
from sknoisy.refinement._trusted_prototypes import prototype_proba
from sknoisy.transition import ConfidentTransition
from sknoisy.transition._trusted import gold_transition, has_trusted

# As many as the default of the folds elsewhere.
FOLDS_OF_TRUSTED = 5
# Steps of expectation-maximisation; the start, counted on trusted rows, is close.
MATRIX_STEPS = 30
# Labels of a class that the matrix by the trusted rows is worth in the likelihood.
PRIOR_LABELS = 20
# How likely the label given is to say something that the features do not.
LABEL_SHARE = 0.5
# What a row loses of its weight as its label quality falls to 0. Chosen on cifar10n,
# ferplus, newsclass_yoruba and banking77 among 0, 1/2, 2/3 and 3/4, around a forest and
# a perceptron.
DISCOUNT = 2 / 3
# Standard errors; one in a hundred sets without noise is beyond them.
NOTABLE_DEVIATION = 2.58
# Share of right labels that may look wrong. A weak classifier on digits without noise
# contradicted 4 %, better ones there and on satimage less.
FEW_CONTRADICTIONS = 0.05


@dataclass(frozen=True)
class TrustedPosterior:
    """What trusted labels make of the evidence.

    Attributes
    ----------
    proba : ndarray of shape (n_samples, n_classes)
        Probability of each true class, given the features and the label; certain for
        trusted rows.
    transition_matrix : ndarray of shape (n_classes, n_classes)
        ``T[i, j] = P(noisy = j | clean = i)``.
    stack : StackedLogit
        The exponents of the tables.
    noise_found : bool
        Whether there seem to be wrong labels among those that are not trusted.
    """

    proba: np.ndarray
    transition_matrix: np.ndarray
    stack: StackedLogit
    noise_found: bool


def trusted_posterior(evidence, labels, *, Z=None, taught=None, owners=None):
    r"""Return the clean posterior by evidence, stacked so as to fit trusted labels.

    Parameters
    ----------
    evidence : dict of str to ndarray of shape (n_samples, n_classes)
        Out-of-sample tables about the noisy labels, by the name of the source.

    labels : NoisyLabels
        The labels.

    Z : ndarray of shape (n_samples, n_dimensions), default=None
        Embedding for the centres of the classes; None does without.

    taught : ndarray of shape (n_samples, n_classes), default=None
        Probabilities by a model of the trusted rows alone, out-of-fold for these.

    owners : ndarray of int of shape (n_trusted,), default=None
        Which trusted rows belong together; None takes each for itself.

    Returns
    -------
    TrustedPosterior
        Posterior, matrix, exponents and finding.
    """
    pooled = pool_evidence(evidence, labels)
    confident = ConfidentTransition()._estimate(None, pooled, labels)
    codes, weights = labels.codes, labels.sample_weight
    untrusted = expected_classes(pooled, confident, codes, weights=weights)
    tables = [untrusted, *evidence.values()]
    gold = gold_transition(pooled, labels)
    if has_trusted(labels):
        stack = _fitted(tables, labels)
        if Z is not None:
            # Shares of all classes would draw all centres to the middle.
            best = posterior_given_labels(stack.proba(tables), gold, labels)
            classes = np.eye(labels.n_classes)[best.argmax(axis=1)]
            tables.append(_prototypes(Z, classes, owners, labels))
        if taught is not None:
            tables.append(taught)
        stack = _fitted(tables, labels)
    else:
        stack = StackedLogit(_start(tables), np.zeros(labels.n_classes))
    expected = stack.proba(tables)
    T = likeliest_transition(expected, gold, labels)
    posterior = posterior_given_labels(expected, T, labels)
    found = noise_is_found(pooled, labels, posterior)
    return TrustedPosterior(posterior, T, stack, found)


def discounted_soft_labels(posterior, labels):
    """Return soft labels in which a row counts less, the lower its label quality is.

    Where trusted labels are few, some of the posterior is wrong, and forests and nets
    learn it. A label of quality 0 leaves its row a third of its weight; trusted rows
    keep theirs.

    Parameters
    ----------
    posterior : ndarray of shape (n_samples, n_classes)
        Probability of each true class, given the features and the label.

    labels : NoisyLabels
        The labels.

    Returns
    -------
    ndarray of shape (n_samples, n_classes)
        Weight of each class, sample weights left out.
    """
    quality = labels.proba_of_label(posterior)
    return posterior * (1 - DISCOUNT * (1 - quality))[:, None]


def likeliest_transition(expected, start, labels):
    r"""Return the matrix under which the labels that are not trusted are most likely.

    It maximises :math:`\sum_i \log \sum_k P(k \mid x_i) T_{k \tilde y_i}` by
    expectation-maximisation, with a prior that is worth twenty labels of each class.
    :math:`P(k \mid x)` stays as it is: since trusted rows have calibrated it, the
    matrix is identified.

    Parameters
    ----------
    expected : ndarray of shape (n_samples, n_classes)
        Probability of each true class, given the features alone.

    start : ndarray of shape (n_classes, n_classes)
        Where to start, and the mean of the prior.

    labels : NoisyLabels
        The labels.

    Returns
    -------
    ndarray of shape (n_classes, n_classes)
        ``T[i, j] = P(noisy = j | clean = i)``.
    """
    mass = (
        labels.sample_weight
        if labels.trusted is None
        else labels.sample_weight * ~labels.trusted
    )
    given = labels.one_hot() * mass[:, None]
    T = start
    for _ in range(MATRIX_STEPS):
        posterior = normalize_rows(expected * T[:, labels.codes].T)
        T = normalize_rows(posterior.T @ given + PRIOR_LABELS * start)
    return T


def posterior_given_labels(expected, transition_matrix, labels):
    r"""Return the probability of each true class, given the features and the label.

    Labels and features may go wrong together, so that the label tells less beside the
    features than it does alone; without the labels that trusted rows had before, it
    cannot be learnt how much less. Half of the posterior therefore takes the label as
    drawn by `T`, and half as saying nothing new,

    .. math:: P(k \mid x, \tilde y) = \frac{1}{2} P(k \mid x) + \frac{1}{2}
        \frac{P(k \mid x) T_{k \tilde y}}{\sum_l P(l \mid x) T_{l \tilde y}}.

    Verified rows are certain.

    Parameters
    ----------
    expected : ndarray of shape (n_samples, n_classes)
        Probability of each true class, given the features alone.

    transition_matrix : ndarray of shape (n_classes, n_classes)
        ``T[i, j] = P(noisy = j | clean = i)``.

    labels : NoisyLabels
        The labels.

    Returns
    -------
    ndarray of shape (n_samples, n_classes)
        Rows sum to 1.
    """
    drawn = normalize_rows(expected * transition_matrix[:, labels.codes].T)
    posterior = (1 - LABEL_SHARE) * expected + LABEL_SHARE * drawn
    return labels.certain_of_trusted(posterior)


def noise_is_found(proba, labels, posterior):
    """Whether there seem to be wrong labels among those that are not trusted.

    Labels contradict what is surest; or, where some are trusted, the evidence agrees
    with these clearly less often than with the others, or more often; or more than a
    few of the others contradict what trusted labels have taught.

    Parameters
    ----------
    proba : ndarray of shape (n_samples, n_classes)
        Out-of-sample probabilities of the noisy labels.

    labels : NoisyLabels
        The labels.

    posterior : ndarray of shape (n_samples, n_classes)
        Probability of each true class, given the features and the label.

    Returns
    -------
    bool
        Whether any of these is so.
    """
    if estimate_noise(proba, labels).found_in_core:
        return True
    if not has_trusted(labels):
        return False
    if _agrees_otherwise(proba, labels):
        return True
    mass = labels.sample_weight * ~labels.trusted
    wrong = posterior.argmax(axis=1) != labels.codes
    return bool(mass @ wrong > FEW_CONTRADICTIONS * mass.sum())


def _agrees_otherwise(proba, labels):
    """Whether evidence agrees with trusted labels more, or less, than with others."""
    agrees = proba.argmax(axis=1) == labels.codes
    shares, variances = [], []
    for rows in (labels.trusted, ~labels.trusted):
        mass = labels.sample_weight[rows].sum()
        # By the rule of succession, so that few rows are not taken for certain.
        share = (labels.sample_weight[rows] @ agrees[rows] + 1) / (mass + 2)
        shares.append(share)
        variances.append(share * (1 - share) / (mass + 2))
    difference = abs(shares[0] - shares[1])
    return bool(difference > NOTABLE_DEVIATION * np.sqrt(sum(variances)))


def trusted_proba(estimator, X, labels, *, context=None):
    """Return class probabilities by a model of the trusted rows alone.

    Parameters
    ----------
    estimator : classifier with ``predict_proba``
        It is cloned.

    X : array-like, frame, sparse matrix or sequence of n_samples rows
        Handed on as it came.

    labels : NoisyLabels
        The labels, at least one of which is trusted.

    context : FitContext, default=None
        Says where the probabilities are cached, and counts the fits.

    Returns
    -------
    ndarray of shape (n_samples, n_classes)
        Rows sum to 1. For trusted rows by models that have seen neither them nor
        rows that belong to them; the shares of the classes where a model would have
        seen a single class.
    """
    rows = np.flatnonzero(trusted_rows(labels))
    # Dealt class by class, so that each fold has some of each.
    owners = owners_of_trusted(X, labels)
    first = np.unique(owners, return_index=True)[1]
    fold = np.empty(len(first), dtype=np.intp)
    fold[np.argsort(labels.codes[rows][first], kind="stable")] = (
        np.arange(len(first)) % FOLDS_OF_TRUSTED
    )
    context = FitContext() if context is None else context
    predict = check_memory(context.memory).cache(_predict_all)
    proba, n_fits = predict(
        clone(estimator), X, labels.one_hot() * labels.sample_weight[:, None],
        labels.classes, labels.params, rows, fold[owners],
    )  # fmt: skip
    context.fits.append(n_fits)
    return proba


def trusted_rows(labels):
    """Return the mask of the rows that are trusted and carry weight."""
    return labels.trusted & (labels.sample_weight > 0)


def owners_of_trusted(X, labels):
    """Return for each trusted row its group, or the point at which it lies.

    Parameters
    ----------
    X : array-like, frame, sparse matrix or sequence of n_samples rows
        Rows.

    labels : NoisyLabels
        The labels.

    Returns
    -------
    ndarray of int of shape (n_trusted,)
        Numbers from 0 on.
    """
    owners = distinct_rows(X) if labels.groups is None else np.asarray(labels.groups)
    return np.unique(owners[trusted_rows(labels)], return_inverse=True)[1]


def _start(tables):
    """Return exponents by which the stack is the answer without trusted labels."""
    return np.eye(len(tables))[0]


def _fitted(tables, labels):
    """Return the stack under which the trusted rows are most likely."""
    rows = trusted_rows(labels)
    known = labels.codes[rows], labels.sample_weight[rows]
    return fit_stacked_logit([t[rows] for t in tables], *known, _start(tables))


def _prototypes(Z, classes, owners, labels):
    """Return the probabilities by the distance to the centres of the classes."""
    rows = trusted_rows(labels)
    owners = np.arange(rows.sum()) if owners is None else owners
    return prototype_proba(Z, classes, labels.codes, rows, labels.sample_weight, owners)


def _predict_all(estimator, X, soft_labels, classes, params, rows, fold):
    """Return the answers of models of trusted rows, all and folds, and their number."""
    n_fits = 0
    shares = soft_labels[rows].sum(axis=0) + 1
    proba = np.tile(shares / shares.sum(), (len(soft_labels), 1))
    others = np.setdiff1d(np.arange(len(proba)), rows)
    splits = [(rows[fold != f], rows[fold == f]) for f in np.unique(fold)]
    for train, test in [*splits, (rows, others)]:
        if len(test) and soft_labels[train].any(axis=0).sum() > 1:
            model = fit_soft_labels(
                estimator,
                _safe_indexing(X, train),
                soft_labels[train],
                classes,
                params=_check_method_params(X, params, indices=train),
            )
            proba[test] = class_proba(model, _safe_indexing(X, test), classes)
            n_fits += 1
    return proba, n_fits
