"""The door for bags: sequences of any length come in, one flat array goes on.

Three forms are told apart by what they are, never by trying them out:

- a list, a tuple or an array of objects holds one (n_steps, n_features) array per bag,
- a numeric array of three dimensions is (n_bags, n_features, n_steps), as in aeon,
- two dimensions together with ``groups`` hold the steps of all bags, row by row.
"""

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from sklearn.utils.validation import check_array, column_or_1d

from sknoisy._labels import _missing


@dataclass(frozen=True)
class Bags:
    """Sequences laid end to end.

    Attributes
    ----------
    values : ndarray of shape (n_steps, n_features)
        The steps of all bags, bag after bag.
    offsets : ndarray of int of shape (n_bags + 1,)
        Bag ``i`` is ``values[offsets[i]:offsets[i + 1]]``.
    names : ndarray of shape (n_bags,)
        Group of each bag, or its position where there were no groups.
    rows : ndarray of int of shape (n_steps,) or None
        Where each step stood in flat input whose groups were interleaved, else None.
    """

    values: np.ndarray
    offsets: np.ndarray
    names: np.ndarray
    rows: np.ndarray | None = None

    @property
    def n_bags(self):
        """Number of bags."""
        return len(self.offsets) - 1

    @property
    def n_features(self):
        """Number of columns."""
        return self.values.shape[1]

    @property
    def lengths(self):
        """Number of steps of each bag."""
        return np.diff(self.offsets)

    @property
    def bag_of_step(self):
        """Position of the bag of each step."""
        return np.repeat(np.arange(self.n_bags), self.lengths)

    def split(self, flat):
        """Return an array with one row per step as a list with one array per bag."""
        return np.split(flat, self.offsets[1:-1])

    def in_given_order(self, flat):
        """Return an array with one row per step in the order of flat input."""
        if self.rows is None:
            return flat
        given = np.empty_like(flat)
        given[self.rows] = flat
        return given


def read_bags(X, *, owner, groups=None, n_features=None):
    """Return sequences of any accepted form as one record.

    Parameters
    ----------
    X : list of n_bags arrays of shape (n_steps_i, n_features), array of shape \
            (n_bags, n_features, n_steps), or array of shape (n_steps, n_features)
        The sequences. The last form needs ``groups``.

    owner : str
        Name of the estimator that asks, for the messages.

    groups : array-like of shape (n_steps,), default=None
        Bag of each row of a flat X. Bags come in the order in which they first appear,
        their steps in the order of the rows.

    n_features : int, default=None
        Number of columns that are expected, None for any.

    Returns
    -------
    Bags
        The record.
    """
    if X is None or isinstance(X, str):
        raise ValueError(f"{owner} expected sequences in X, but got {X!r}. {FORMS}")
    if groups is not None:
        bags = _flat_bags(X, groups, owner)
    elif is_list(X):
        bags = _listed_bags(X, owner)
    else:
        bags = _stacked_bags(X, owner)
    if n_features is not None and bags.n_features != n_features:
        raise ValueError(
            f"{owner} expected {n_features} features per step, as in fit, but X has "
            f"{bags.n_features} features. Pass the same columns as in fit."
        )
    return bags


def is_list(values):
    """Whether this holds one entry per bag: a list, a tuple or an array of objects."""
    kind = getattr(getattr(values, "dtype", None), "kind", None)
    return isinstance(values, list | tuple) or kind == "O"


FORMS = (
    "Pass a list with one array of shape (n_steps, n_features) per bag, an array of "
    "shape (n_bags, n_features, n_steps), or all steps as one array of shape "
    "(n_steps, n_features) together with groups."
)


def _listed_bags(X, owner):
    """Return the record of a list of arrays."""
    if not len(X):
        raise ValueError(
            f"{owner} expected at least one sequence in X, but got none. Check what "
            "selected them."
        )
    arrays = [_as_steps(bag, number, owner) for number, bag in enumerate(X)]
    widths = [bag.shape[1] for bag in arrays]
    for number, width in enumerate(widths):
        if width != widths[0]:
            raise ValueError(
                f"{owner} expected the same number of features in all bags, but bag 0 "
                f"has {widths[0]} and bag {number} has {width}. Each bag has the shape "
                "(n_steps, n_features), so that only the first number may differ."
            )
    return _laid_end_to_end(arrays)


def _as_steps(bag, number, owner):
    """Return one bag as an array of finite numbers."""
    name = f"bag {number} of X"
    if sparse.issparse(bag):
        raise TypeError(
            f"{owner} expected dense arrays, but {name} is sparse. Pass "
            "bag.toarray(), or reduce the features first."
        )
    try:
        array = np.asarray(bag, dtype=float)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"{owner} expected each bag to be an array of numbers, but {name} cannot "
            f"be read as one: {error}. Encode texts and fill gaps first."
        ) from error
    if array.ndim != 2:
        raise ValueError(
            f"{owner} expected each bag to have the shape (n_steps, n_features), but "
            f"{name} has shape {array.shape}. A series of single numbers becomes a bag "
            "by series.reshape(-1, 1)."
        )
    if not np.isfinite(array).all():
        value = "NaN" if np.isnan(array).any() else "infinity"
        row = int((~np.isfinite(array)).any(axis=1).argmax())
        raise ValueError(
            f"{owner} expected finite numbers, but {name} contains {value}, first in "
            f"step {row}. Fill or leave out such steps."
        )
    return array


def _stacked_bags(X, owner):
    """Return the record of an array of three dimensions."""
    if sparse.issparse(X) or np.ndim(X) != 3:
        shape = getattr(X, "shape", None) or np.shape(X)
        raise ValueError(
            f"{owner} expected sequences, but X is a single array of shape {shape}. "
            f"{FORMS}"
        )
    X = check_array(X, dtype=float, allow_nd=True, input_name="X")
    return _laid_end_to_end(list(X.transpose(0, 2, 1)))


def _laid_end_to_end(arrays):
    """Return the record of arrays with the same columns."""
    lengths = [len(bag) for bag in arrays]
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    return Bags(np.concatenate(arrays), offsets, np.arange(len(arrays)))


def _flat_bags(X, groups, owner):
    """Return the record of rows that groups divide into bags."""
    if sparse.issparse(X) or np.ndim(X) != 2:
        raise ValueError(
            f"{owner} got groups, and expected with them all steps in one array of "
            f"shape (n_steps, n_features), but X has {np.ndim(X)} dimensions. Leave "
            "groups out where X is divided into bags already."
        )
    X = check_array(X, dtype=float, input_name="X")
    names, position = group_positions(groups, len(X), owner)
    rows = np.argsort(position, kind="stable")
    offsets = np.concatenate([[0], np.cumsum(np.bincount(position))])
    interleaved = (np.diff(rows) < 0).any()
    return Bags(X[rows], offsets, names, rows if interleaved else None)


def group_positions(groups, n_steps, owner):
    """Return the distinct groups in order of appearance, and the place of each row's.

    Parameters
    ----------
    groups : array-like of shape (n_steps,)
        Group of each row.

    n_steps : int
        Number of rows.

    owner : str
        Name of the estimator that asks, for the messages.

    Returns
    -------
    names : ndarray of shape (n_groups,)
        The distinct groups.

    position : ndarray of int of shape (n_steps,)
        ``names[position]`` is ``groups``.
    """
    groups = column_or_1d(groups)
    if len(groups) != n_steps or _missing(groups).any():
        raise ValueError(
            f"{owner} expected a group for each of the {n_steps} rows of X, but got "
            f"{len(groups)}, of which {int(_missing(groups).sum())} are missing. Give "
            "each row the number or name of its bag."
        )
    names, first, position = np.unique(groups, return_index=True, return_inverse=True)
    order = np.argsort(first)
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    return names[order], rank[position]
