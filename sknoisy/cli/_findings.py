"""From out-of-fold probabilities to what is known about every label."""

from dataclasses import dataclass

import numpy as np

from sknoisy._confident_joint import estimated_joint
from sknoisy._labels import NoisyLabels
from sknoisy._transition_matrix import make_transition_matrix, normalize_rows
from sknoisy.quality._noise_rate import estimate_noise

_UNIFORM_SHARE = 0.25
_UNMIXING_STEPS = 2
_TINY = 1e-12
_MAX_RATE = 0.99


@dataclass(frozen=True)
class Findings:
    """What is known about the labels.

    Attributes
    ----------
    suggested : ndarray of int of shape (n_rows,)
        Position of the class that the models find most probable, the label unseen.
    quality : ndarray of shape (n_rows,)
        How far the features support the label given, in [0, 1]: its probability before
        it is looked at, with frequent confusions taken into account.
    transition_matrix : ndarray of shape (n_classes, n_classes)
        ``T[i, j] = P(noisy = j | clean = i)``; rows sum to 1.
    noise_rate : float
        Estimated share of wrong labels, in [0, 1].
    noise_suspected : bool
        Whether labels disagree even where the models are surest, with 95 % confidence.
    noise_rate_upper : float
        Share of the rows for which the models find another label more probable, their
        own mistakes included.
    """

    suggested: np.ndarray
    quality: np.ndarray
    transition_matrix: np.ndarray
    noise_rate: float
    noise_suspected: bool
    noise_rate_upper: float


def assess(proba, codes):
    """Assess the labels by out-of-fold probabilities.

    Parameters
    ----------
    proba : ndarray of shape (n_rows, n_classes)
        Out-of-fold probabilities of the labels given.

    codes : ndarray of shape (n_rows,)
        Positions of the labels given.

    Returns
    -------
    Findings
        The estimates.

    Notes
    -----
    The confident joint counts the mistakes of the models as wrong labels. The share of
    contradictions among the rows that the models are surest of hardly does, so the
    wrong labels are scaled down to it.
    """
    noise = estimate_noise(proba, NoisyLabels(codes, np.arange(proba.shape[1])))
    joint = estimated_joint(proba, codes)
    upper = float(1 - np.trace(joint) / len(codes))
    silent = joint.sum(axis=1) == 0
    joint[silent, silent] = 1.0
    confident = normalize_rows(joint)
    rate = min(noise.core_rate, upper)
    suggested, quality = _weigh(proba, codes, confident, rate, upper)
    return Findings(
        suggested=suggested,
        quality=quality,
        transition_matrix=_scaled(confident, rate, upper),
        noise_rate=rate,
        noise_suspected=noise.suspected,
        noise_rate_upper=float(np.mean(suggested != codes)),
    )


def _scaled(T, rate, full_rate):
    """Scale the confusions of T from one noise rate down to another."""
    scale = rate / full_rate if full_rate > 0 else 1.0
    return scale * T + (1 - scale) * np.eye(len(T))


def _weigh(proba, codes, confident, rate, upper):
    """Return the class that the models suggest, and the support for the label given.

    The confusions are mixed with equally frequent ones, since single entries of T are
    uncertain. A class then counts by how much more often than the average confusion it
    brings the label given. Most labels are right to begin with; that is not counted,
    so that a row shows what speaks against its label however rare errors are.
    """
    # One wrong label is always thought possible, or nothing could be ranked.
    rate = float(np.clip(rate, 1 / (len(codes) + 1), _MAX_RATE))
    uniform = make_transition_matrix(len(confident), rate, kind="uniform")
    known = _scaled(confident, min(rate, upper), upper) if upper > 0 else uniform
    T = (1 - _UNIFORM_SHARE) * known + _UNIFORM_SHARE * uniform
    clean = unmix(proba, T)
    support = normalize_rows(clean * (T / uniform)[:, codes].T)
    return clean.argmax(axis=1), support[np.arange(len(codes)), codes]


def unmix(proba, transition_matrix):
    r"""Return probabilities of the true classes from those of the labels.

    A few steps of

    .. math:: c_k \leftarrow c_k \sum_j T_{kj}\, \frac{p_j}{\sum_l c_l T_{lj}}

    climb the likelihood :math:`\sum_j p_j \log \sum_k c_k T_{kj}` from :math:`c = p`.
    More steps would amplify the errors of the models.

    Parameters
    ----------
    proba : ndarray of shape (n_rows, n_classes)
        Probabilities of the labels.

    transition_matrix : ndarray of shape (n_classes, n_classes)
        ``T[i, j] = P(noisy = j | clean = i)``.

    Returns
    -------
    ndarray of shape (n_rows, n_classes)
        Rows sum to 1.
    """
    clean = proba
    for _ in range(_UNMIXING_STEPS):
        expected = np.maximum(clean @ transition_matrix, _TINY)
        clean = clean * ((proba / expected) @ transition_matrix.T)
    return normalize_rows(clean)
