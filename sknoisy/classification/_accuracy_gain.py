"""The change of accuracy on clean labels, seen through noisy ones."""

import numpy as np

NORMAL_95 = 1.96
SMALLEST_SINGULAR = 1e-3


def accuracy_gain(transition_matrix, codes, before, after, mass):
    r"""Estimate how much more often one prediction is right than another.

    If labels go wrong by the matrix :math:`T` alone, then
    :math:`(T^{-1})_{\tilde y k}` is an unbiased estimate of whether a prediction
    :math:`k` is right, whatever the true label is. The estimate is the mean of its
    difference over held-out rows.

    Parameters
    ----------
    transition_matrix : ndarray of shape (n_classes, n_classes)
        ``T[i, j] = P(noisy = j | clean = i)``.

    codes : ndarray of int of shape (n_rows,)
        Held-out noisy labels.

    before, after : ndarray of int of shape (n_rows,)
        Predictions.

    mass : ndarray of shape (n_rows,)
        Weight of each row.

    Returns
    -------
    gain : float
        Between -1 and 1; NaN where the matrix cannot be inverted.

    interval : tuple of float
        Lower and upper end, with 95 % confidence as far as the matrix is right; all
        that is possible where it cannot be inverted.

    References
    ----------
    .. [1] N. Natarajan, I. Dhillon, P. Ravikumar and A. Tewari, "Learning with Noisy
       Labels", NeurIPS 2013 (the unbiased estimator).
    """
    if np.linalg.svd(transition_matrix, compute_uv=False)[-1] < SMALLEST_SINGULAR:
        return np.nan, (-1.0, 1.0)
    right = np.linalg.inv(transition_matrix)
    change = right[codes, after] - right[codes, before]
    mean = np.average(change, weights=mass)
    variance = np.average((change - mean) ** 2, weights=mass) / mass.sum()
    reach = NORMAL_95 * np.sqrt(variance)
    ends = np.clip([mean - reach, mean + reach], -1, 1)
    return float(np.clip(mean, -1, 1)), (float(ends[0]), float(ends[1]))
