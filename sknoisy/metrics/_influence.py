"""What a score on pseudo-labels is worth: its value and how each row moves it."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Influence:
    """A score of n rows, with what its uncertainty follows from.

    Attributes
    ----------
    value : float
        The score.
    rows : ndarray of shape (n_samples,)
        Influence of each row: the derivative of the score by the share of that row.
        Their weighted mean is 0.
    pseudo_label : ndarray of shape (n_classes, n_classes)
        Derivative of the score by the weight with which a row given as class j (row)
        counts for class i (column).
    """

    value: float
    rows: np.ndarray
    pseudo_label: np.ndarray

    def variance(self, share):
        """Return the sampling variance where row i has the share ``share[i]``."""
        return float(share**2 @ self.rows**2)


def transition_gradient(pseudo_label, inverse):
    r"""Return the derivative of a score by the entries of the transition matrix.

    With pseudo-labels :math:`R = T^{-1}` one has :math:`dR = -R\,dT\,R`, so that a
    score with derivative :math:`D` by :math:`R` has :math:`-R^\top D R^\top` by T.

    Parameters
    ----------
    pseudo_label : ndarray of shape (n_classes, n_classes)
        Derivative by the pseudo-labels.

    inverse : ndarray of shape (n_classes, n_classes)
        Inverse of the transition matrix.

    Returns
    -------
    ndarray of shape (n_classes, n_classes)
        Derivative by ``T[i, j]``.
    """
    return -inverse.T @ pseudo_label @ inverse.T


def transition_variance(gradient, transition, support):
    """Return what an estimated transition matrix adds to the variance of a score.

    Row i was read off ``support[i]`` labels, so that it is multinomial. One label more,
    spread evenly, keeps a class of which no label was wrong from passing for certain.

    Parameters
    ----------
    gradient : ndarray of shape (n_classes, n_classes)
        Derivative of the score by the matrix.

    transition : ndarray of shape (n_classes, n_classes)
        The matrix.

    support : ndarray of shape (n_classes,)
        Number of labels behind each row; infinity for a row that is known.

    Returns
    -------
    float
        The variance.
    """
    # A row that is known for certain has no variance, whatever its entries.
    n = np.where(np.isfinite(support), support, 0.0)[:, None]
    T = (transition * n + 1 / len(transition)) / (n + 1)
    middle = (T * gradient).sum(axis=1, keepdims=True)
    spread = (T * (gradient - middle) ** 2).sum(axis=1)
    return float((spread / (support + 1)).sum())
