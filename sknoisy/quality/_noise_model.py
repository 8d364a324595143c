"""A transition matrix that is symmetric unless the labels say otherwise for certain.

Symmetric noise leaves the order of classifiers by accuracy as it is, so that a
correction can only help where wrong labels go to some classes rather than to others.
The matrix starts from the symmetric one and leaves it by as much as the wrong labels
themselves make sure.
"""

import warnings
from collections import OrderedDict
from dataclasses import dataclass

import joblib
import numpy as np
from scipy.special import gammaln
from scipy.stats import chi2, rankdata

from sknoisy._context import FitContext
from sknoisy._distinct_rows import distinct_rows
from sknoisy._labels import NoisyLabels
from sknoisy._transition_matrix import make_transition_matrix, normalize_rows
from sknoisy.evidence import EvidenceInputs, forest_evidence
from sknoisy.exceptions import NoEvidenceWarning
from sknoisy.quality._noise_rate import CORE_SHARES, wilson_interval

# Share of the rows of each class, the surest first, whose labels are counted for where
# wrong labels go: overlap of the classes makes few contradictions there. Chosen on the
# first half of the sets of the suite search.
DIRECTION_SHARE = 0.5
# The matrix stays symmetric unless chance alone would do this as rarely as that. With
# 1e-2, matrices from 200 test rows cost up to 7.8 points of accuracy in sets without
# noise; with all rows, 1e-2 to 1e-8 hardly changed a choice (suite search, two seeds).
SIGNIFICANCE = 1e-5
# Concentrations that are tried, from rows of their own to hardly any spread.
CONCENTRATIONS = np.geomspace(0.1, 1e4, 60)
# A symmetric matrix beyond this condition number says nothing of the clean class.
LARGEST_CONDITION = 20
# Keeps the logarithm of a class without votes finite, at a tenth of one vote in 100.
SMALLEST_PROBABILITY = 1e-3
# With fewer rows no forest says anything.
FEWEST_ROWS = 20
# Matrices kept, so that the candidates of a search share those of its test parts.
CACHE_SIZE = 64
_CACHE = OrderedDict()


def cached(key, make):
    """Return what was made for the same content before, or make it.

    Parameters
    ----------
    key : object
        Anything that joblib can hash; equal content is the same key.

    make : callable
        Called without arguments.

    Returns
    -------
    object
        What it returned, now or then.
    """
    key = joblib.hash(key)
    if key not in _CACHE:
        _CACHE[key] = make()
        while len(_CACHE) > CACHE_SIZE:
            _CACHE.popitem(last=False)
    _CACHE.move_to_end(key)
    return _CACHE[key]


def held_out_proba(X, labels, random_state=0):
    """Return the class probabilities of each row by the trees that have not seen it.

    Parameters
    ----------
    X : array-like, frame, sparse matrix or sequence of n_samples rows
        Rows.

    labels : NoisyLabels
        Their labels.

    random_state : int, default=0
        Seed of the forest.

    Returns
    -------
    ndarray of shape (n_samples, n_classes) or None
        None where X has no numbers or too few rows.
    """
    if labels.n_samples < FEWEST_ROWS or len(np.unique(labels.codes)) < 2:
        return None
    context = FitContext(random_state=random_state)
    labels = labels.relative_to(distinct_rows(X))
    inputs = EvidenceInputs(None, X, labels, folds=[], context=context)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NoEvidenceWarning)
        return forest_evidence(inputs)


def core_counts(proba, codes, share, *, relative=True):
    """Count the labels of the surest rows of each predicted class.

    Relative to the mean probability of the rows labelled with the class, as in
    confident learning, a class that loses its labels to another is still predicted.

    Parameters
    ----------
    proba : ndarray of shape (n_samples, n_classes)
        Class probabilities by models that have not seen the row.

    codes : ndarray of shape (n_samples,)
        Labels given.

    share : float
        Share of the rows of each predicted class.

    relative : bool, default=True
        Whether probabilities are divided by the mean that they have among the rows
        labelled with the class.

    Returns
    -------
    ndarray of shape (n_classes, n_classes)
        Row = predicted class, column = label given.
    """
    K = proba.shape[1]
    table = relative_proba(proba, codes) if relative else proba
    predicted, top = table.argmax(axis=1), table.max(axis=1)
    counts = np.zeros((K, K))
    for k in range(K):
        rows = np.flatnonzero(predicted == k)
        rows = rows[np.argsort(-top[rows], kind="stable")]
        rows = rows[: int(np.ceil(share * len(rows)))]
        counts[k] = np.bincount(codes[rows], minlength=K)
    return counts


def error_rate(counts):
    """Return a lower bound of the share of wrong labels among counted ones."""
    n, K = max(counts.sum(), 1.0), len(counts)
    # A lower bound of 95 %, since overlap that is left looks like noise; the level of
    # the score is off by less so (suite search).
    lower, _ = wilson_interval(1 - np.trace(counts) / n, n)
    return min(lower, (1 - 1 / K) * (1 - 1 / LARGEST_CONDITION))


def symmetric_unless_sure(counts, rate):
    r"""Return the transition matrix of counts, shrunk towards the symmetric one.

    With the share :math:`e` of wrong labels and the counts :math:`o_{ij}` of wrong
    labels `j` in class `i`, the rows of wrong labels are Dirichlet-multinomial around
    the flat distribution :math:`1 / (K - 1)`, with one concentration :math:`\kappa` by
    maximum likelihood (empirical Bayes). Their posterior mean is

    .. math:: T_{ij} = e\, \frac{o_{ij} + \kappa / (K - 1)}{\sum_j o_{ij} + \kappa},
              \quad i \neq j, \qquad T_{ii} = 1 - e,

    unless a likelihood ratio test does not tell it from :math:`\kappa = \infty`.

    Parameters
    ----------
    counts : ndarray of shape (n_classes, n_classes)
        Row = likely clean class, column = label given.

    rate : float
        Share of wrong labels.

    Returns
    -------
    ndarray of shape (n_classes, n_classes)
        ``T[i, j] = P(noisy = j | clean = i)``.
    """
    K = len(counts)
    others = ~np.eye(K, dtype=bool)
    wrong = np.where(others, counts, 0)
    kappa = _concentration(wrong[others].reshape(K, K - 1)) if K > 2 else np.inf
    flat = others / (K - 1)
    if np.isfinite(kappa):
        flat = (wrong + kappa * flat) / (wrong.sum(axis=1, keepdims=True) + kappa)
    return (1 - rate) * np.eye(K) + rate * flat


def symmetric_part(T):
    """Return the symmetric matrix with the mean diagonal of another one."""
    return make_transition_matrix(len(T), max(0.0, 1 - np.trace(T) / len(T)))


def is_symmetric(T):
    """Whether a matrix treats all classes alike, but for rounding."""
    return len(T) < 2 or np.allclose(T, symmetric_part(T))


def _concentration(wrong):
    """Return the likeliest concentration of the rows, infinity where none is sure."""
    wrong = wrong[wrong.sum(axis=1) > 0]
    if not len(wrong):
        return np.inf
    likelihood = [_log_likelihood(wrong, kappa) for kappa in CONCENTRATIONS]
    best = int(np.argmax(likelihood))
    flat = -wrong.sum() * np.log(wrong.shape[1])
    # Infinity is the end of the range, where half of the chance is at 0 (Self and
    # Liang, 1987).
    chance = chi2.sf(max(2 * (likelihood[best] - flat), 0), 1) / 2
    return CONCENTRATIONS[best] if chance < SIGNIFICANCE else np.inf


def _log_likelihood(wrong, kappa):
    total, own = wrong.sum(axis=1), kappa / wrong.shape[1]
    rows = (gammaln(wrong + own) - gammaln(own)).sum(axis=1)
    return float((rows + gammaln(kappa) - gammaln(total + kappa)).sum())


@dataclass(frozen=True)
class NoiseModel:
    """The noise of some labels, as far as a forest tells.

    Attributes
    ----------
    transition : ndarray of shape (n_classes, n_classes)
        ``T[i, j] = P(noisy = j | clean = i)``.
    clean_proba : ndarray of shape (n_samples, n_classes) or None
        P(clean = i | row), by trees that have not seen the row; None where the matrix
        is symmetric.
    """

    transition: np.ndarray
    clean_proba: np.ndarray | None = None


def estimated_noise(X, codes, n_classes, T=None, weight=None):
    r"""Return the noise model of rows and labels, with the identity where X says none.

    Of the probabilities of the noisy classes, :math:`q(x)^\top = p(x)^\top T`, the
    inverse of T makes those of the clean ones.

    Parameters
    ----------
    X : array-like, frame, sparse matrix or sequence of n_samples rows
        Rows.

    codes : ndarray of shape (n_samples,)
        Labels given.

    n_classes : int
        Number of classes; some may have no row.

    T : ndarray of shape (n_classes, n_classes), default=None
        The transition matrix where it is known already.

    weight : ndarray of shape (n_samples,), default=None
        Weight of each row in the forest.

    Returns
    -------
    NoiseModel
        The model.
    """
    labels = NoisyLabels(codes, np.arange(n_classes), sample_weight=weight)
    proba = held_out_proba(X, labels)
    if proba is None:
        return NoiseModel(np.eye(n_classes) if T is None else T)
    T = matrix_of(proba, codes) if T is None else T
    if is_symmetric(T):
        return NoiseModel(T)
    # What leaves the simplex does so by the error of the forest.
    clean = np.maximum(proba @ np.linalg.pinv(T), SMALLEST_PROBABILITY)
    return NoiseModel(T, normalize_rows(clean))


def clean_label_posterior(clean_proba, T, codes):
    r"""Return :math:`P(y = i \mid x, \tilde y) \propto P(y = i \mid x) T_{i \tilde y}`.

    Parameters
    ----------
    clean_proba : ndarray of shape (n_samples, n_classes)
        P(clean = i | row).

    T : ndarray of shape (n_classes, n_classes)
        ``T[i, j] = P(noisy = j | clean = i)``.

    codes : ndarray of shape (n_samples,)
        Labels given.

    Returns
    -------
    ndarray of shape (n_samples, n_classes)
        Rows sum to 1.
    """
    return normalize_rows(clean_proba * T[:, codes].T)


def matrix_of(proba, codes):
    """Return the shrunk transition matrix from probabilities and labels."""
    rate = error_rate(core_counts(proba, codes, CORE_SHARES[0], relative=False))
    return symmetric_unless_sure(core_counts(proba, codes, DIRECTION_SHARE), rate)


def held_out_quality(X, labels, random_state=0):
    r"""Return the quality of each label, 1 where nothing is known.

    Labels are ranked by the margin :math:`\log r_{\tilde y} - \max_{k \neq \tilde y}
    \log r_k` of the relative probabilities of :func:`core_counts`. As many as the error
    rate says lie below 0.5, which keeps rows of overlapping classes where labels are
    right.

    Parameters
    ----------
    X : array-like, frame, sparse matrix or sequence of n_samples rows
        Rows.

    labels : NoisyLabels
        Their labels.

    random_state : int, default=0
        Seed of the forest.

    Returns
    -------
    ndarray of shape (n_samples,)
        Values in [0, 1]; a higher value is a better label.
    """
    proba = held_out_proba(X, labels, random_state)
    if proba is None:
        return np.ones(labels.n_samples)
    rate = error_rate(core_counts(proba, labels.codes, CORE_SHARES[0], relative=False))
    logs = np.log(relative_proba(proba, labels.codes) + SMALLEST_PROBABILITY)
    own = labels.proba_of_label(logs)
    logs[np.arange(labels.n_samples), labels.codes] = -np.inf
    rank = rankdata(own - logs.max(axis=1)) / labels.n_samples
    low = 0.5 * rank / max(rate, rank.min())
    return np.where(rank <= rate, 0.999 * low, 0.5 + 0.5 * (rank - rate) / (1 - rate))


def relative_proba(proba, codes):
    """Return probabilities divided by the mean that the rows of each label have."""
    size = np.bincount(codes, minlength=proba.shape[1])
    own = proba[np.arange(len(codes)), codes]
    total = np.bincount(codes, own, minlength=proba.shape[1])
    usual = np.divide(total, size, out=np.ones(len(size)), where=size > 0)
    return proba / np.maximum(usual, np.finfo(float).tiny)
