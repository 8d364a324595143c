"""Algebra of the transition matrix ``T[i, j] = P(noisy = j | clean = i)``.

Rows are clean classes, columns are noisy ones, and each row sums to 1. Nothing here
looks at data: estimation is the business of :mod:`sknoisy.transition`.
"""

from numbers import Integral

import numpy as np
from sklearn.utils import check_random_state

__all__ = ["check_transition_matrix", "make_transition_matrix", "normalize_rows"]

# Room for matrices that were stored as float32 or written with seven decimals.
_TOLERANCE = 1e-6


def normalize_rows(a):
    """Divide each row by its sum; rows that sum to zero become uniform.

    Parameters
    ----------
    a : array-like of shape (n_rows, n_columns)
        Non-negative numbers.

    Returns
    -------
    ndarray of float64 of shape (n_rows, n_columns)
        Rows that sum to 1.

    Examples
    --------
    >>> from sknoisy._transition_matrix import normalize_rows
    >>> normalize_rows([[1, 3], [0, 0]])
    array([[0.25, 0.75],
           [0.5 , 0.5 ]])
    """
    a = np.asarray(a, dtype=np.float64)
    total = a.sum(axis=1, keepdims=True)
    empty = total == 0
    return np.where(empty, 1 / a.shape[1], a / np.where(empty, 1, total))


def check_transition_matrix(
    T, *, n_classes=None, invertible=False, name="transition_matrix"
):
    """Return a transition matrix as a checked array of its own.

    Parameters
    ----------
    T : array-like of shape (n_classes, n_classes)
        ``T[i, j] = P(noisy = j | clean = i)``: entries in [0, 1], rows that sum to 1
        within 1e-6.

    n_classes : int, default=None
        Number of classes that the matrix must have. If None, any.

    invertible : bool, default=False
        Whether a singular matrix is an error.

    name : str, default="transition_matrix"
        What the caller calls the matrix, for the messages.

    Returns
    -------
    ndarray of float64 of shape (n_classes, n_classes)
        A copy whose rows sum to 1 up to rounding.

    Raises
    ------
    ValueError
        If ``T`` is not square, not numeric, not finite, negative anywhere, not
        row-stochastic, transposed, of another number of classes, or singular where an
        inverse is needed.

    Examples
    --------
    >>> from sknoisy._transition_matrix import check_transition_matrix
    >>> check_transition_matrix([[0.9, 0.1], [0.4, 0.6]])
    array([[0.9, 0.1],
           [0.4, 0.6]])
    """
    T = _as_square(T, name)
    _check_entries(T, name)
    _check_row_sums(T, name)
    if n_classes is not None and len(T) != n_classes:
        raise ValueError(
            f"{name} must have shape ({n_classes}, {n_classes}), one row and one "
            f"column for each of the {n_classes} classes, but got shape {T.shape}. "
            "Give the rows and columns in the order of the sorted classes, with none "
            "left out."
        )
    T = normalize_rows(T)
    if invertible and np.linalg.matrix_rank(T) < len(T):
        raise ValueError(
            f"{name} must be invertible, since backward correction needs its inverse, "
            f"but got a singular matrix of shape {T.shape} and rank "
            f'{np.linalg.matrix_rank(T)}. Use correction="forward", which needs no '
            "inverse, or a matrix whose rows are linearly independent."
        )
    return T


def make_transition_matrix(n_classes, rate=0.2, *, kind="uniform", random_state=None):
    """Make a transition matrix with a given noise rate in each row.

    Parameters
    ----------
    n_classes : int
        Number of classes, at least 2.

    rate : float or array-like of shape (n_classes,), default=0.2
        Share of each class whose label is wrong, in [0, 1): the off-diagonal total of
        each row. An array gives each class a rate of its own.

    kind : {"uniform", "pair", "random", "block"}, default="uniform"
        Where the wrong labels go:

        - "uniform": to every other class alike;
        - "pair": all to the next class, ``(i + 1) % n_classes``;
        - "random": to the other classes in proportions drawn for each row from a flat
          Dirichlet distribution;
        - "block": to the other classes of the same group alike. Groups are runs of
          ``max(2, round(sqrt(n_classes)))`` consecutive classes; the last one may be
          shorter, and a single class left over joins the group before it.

    random_state : int, RandomState instance or None, default=None
        Seed of the proportions of ``kind="random"``; without effect otherwise.

    Returns
    -------
    ndarray of float64 of shape (n_classes, n_classes)
        ``T[i, j] = P(noisy = j | clean = i)``; rows sum to 1.

    Raises
    ------
    ValueError
        If a parameter is outside its range or ``rate`` has another shape.

    See Also
    --------
    sknoisy.noise.TransitionNoise : Corrupt labels by such a matrix.

    Notes
    -----
    With ``kind="uniform"`` the matrix is singular at the rate
    ``1 - 1 / n_classes``, where noisy labels say nothing about clean ones. With
    ``kind="pair"`` most labels of a class are wrong as soon as the rate exceeds 0.5.

    References
    ----------
    .. [1] G. Patrini, A. Rozza, A. K. Menon, R. Nock and L. Qu, "Making Deep Neural
       Networks Robust to Label Noise: a Loss Correction Approach", CVPR, 2017.

    Examples
    --------
    >>> from sknoisy.transition import make_transition_matrix
    >>> make_transition_matrix(3, 0.2)
    array([[0.8, 0.1, 0.1],
           [0.1, 0.8, 0.1],
           [0.1, 0.1, 0.8]])
    >>> make_transition_matrix(3, [0.0, 0.1, 0.4], kind="pair")
    array([[1. , 0. , 0. ],
           [0. , 0.9, 0.1],
           [0.4, 0. , 0.6]])
    """
    if not isinstance(n_classes, Integral) or n_classes < 2:
        raise ValueError(
            f"n_classes must be an integer of at least 2, but got {n_classes!r}. Pass "
            "the number of distinct labels."
        )
    if kind not in _CONFUSIONS:
        raise ValueError(
            f"kind must be one of {', '.join(map(repr, _CONFUSIONS))}, but got "
            f"{kind!r}. For any other pattern, write the matrix out as an array."
        )
    rate = _check_rate(rate, n_classes)
    confusions = _CONFUSIONS[kind](n_classes, check_random_state(random_state))
    return np.diag(1 - rate) + rate[:, np.newaxis] * confusions


def _uniform_confusions(n_classes, rng):
    """Confuse with every other class alike."""
    return normalize_rows(1 - np.eye(n_classes))


def _pair_confusions(n_classes, rng):
    """Confuse with the next class only."""
    return np.roll(np.eye(n_classes), 1, axis=1)


def _random_confusions(n_classes, rng):
    """Confuse with the other classes in random proportions."""
    confusions = np.zeros((n_classes, n_classes))
    proportions = rng.dirichlet(np.ones(n_classes - 1), size=n_classes)
    confusions[~np.eye(n_classes, dtype=bool)] = proportions.ravel()
    return confusions


def _block_confusions(n_classes, rng):
    """Confuse with the other classes of the same group alike."""
    size = max(2, round(np.sqrt(n_classes)))
    group = np.arange(n_classes) // size
    if n_classes % size == 1:
        group[-1] -= 1
    return normalize_rows((group[:, np.newaxis] == group) - np.eye(n_classes))


# For each kind, the distribution of the label given that it is wrong: rows sum to 1,
# the diagonal is zero.
_CONFUSIONS = {
    "uniform": _uniform_confusions,
    "pair": _pair_confusions,
    "random": _random_confusions,
    "block": _block_confusions,
}


def _check_rate(rate, n_classes):
    """Return one rate per class."""
    try:
        rates = np.asarray(rate, dtype=np.float64)
    except (TypeError, ValueError):
        rates = np.array(np.nan)
    if rates.shape not in ((), (n_classes,)):
        raise ValueError(
            f"rate must be a number or an array of shape ({n_classes},), one rate per "
            f"class, but got shape {rates.shape}. Pass one rate for all classes, or "
            f"{n_classes} of them."
        )
    if not np.all((rates >= 0) & (rates < 1)):
        raise ValueError(
            f"rate must lie in [0, 1), but got {rate!r}. It is the share of labels "
            "that are wrong: pass 0.2 for 20 %."
        )
    return np.broadcast_to(rates, (n_classes,))


def _as_square(T, name):
    """Return T as a square array of float64."""
    try:
        array = np.asarray(T)
        if array.dtype.kind not in "biufO":
            raise TypeError(f"entries of dtype {array.dtype}")
        array = array.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"{name} must be a numeric array of shape (n_classes, n_classes), but got "
            f"what cannot be read as one: {error}. Pass rows of equal length that hold "
            "probabilities."
        ) from error
    if array.ndim != 2 or array.shape[0] != array.shape[1] or not array.size:
        raise ValueError(
            f"{name} must be a square array of shape (n_classes, n_classes), but got "
            f"shape {array.shape}. Give one row per clean class and one column per "
            "noisy class."
        )
    return array


def _check_entries(T, name):
    """Refuse what is no probability, whatever the rows sum to."""
    if not np.isfinite(T).all():
        i, j = np.argwhere(~np.isfinite(T))[0]
        raise ValueError(
            f"{name} must hold finite probabilities, but the entry in row {i}, column "
            f"{j} is {T[i, j]}. Replace it; a class that was never seen may have the "
            "row of the identity."
        )
    if (T < 0).any():
        i, j = np.argwhere(T < 0)[0]
        raise ValueError(
            f"{name} must hold probabilities in [0, 1], but the entry in row {i}, "
            f"column {j} is {T[i, j]:.6g}. If the matrix came out of an inversion or "
            "a subtraction, clip it at 0 and divide each row by its sum."
        )


def _check_row_sums(T, name):
    """Refuse rows that do not sum to 1, and tell where the columns do instead."""
    rows, columns = T.sum(axis=1), T.sum(axis=0)
    if np.allclose(rows, 1, rtol=0, atol=_TOLERANCE):
        return
    if np.allclose(columns, 1, rtol=0, atol=_TOLERANCE):
        raise ValueError(
            f"{name} of shape {T.shape} must have rows that sum to 1, but it looks "
            "transposed: columns sum to 1; sknoisy uses rows, "
            "T[i, j] = P(noisy = j | clean = i); pass T.T."
        )
    worst = np.abs(rows - 1).argmax()
    raise ValueError(
        f"{name} of shape {T.shape} must have rows that sum to 1, since T[i, j] = "
        f"P(noisy = j | clean = i), but row {worst} sums to {rows[worst]:.9g}. If it "
        "holds counts, divide each row by its sum."
    )
