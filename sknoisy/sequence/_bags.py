"""Sequences of any length, read into one flat array."""

from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse
from sklearn.utils.validation import check_array

FORMS = (
    "Pass a list with one array of shape (n_steps, n_features) per bag, or an array of "
    "shape (n_bags, n_features, n_steps). numpy.split cuts one long array into bags."
)


@dataclass(frozen=True)
class Bags:
    """Sequences laid end to end."""

    # The steps of all bags, bag after bag, (n_steps, n_features).
    values: np.ndarray
    # Bag i is values[offsets[i] : offsets[i + 1]], (n_bags + 1,).
    offsets: np.ndarray

    # Number of bags, and of columns.
    n_bags = property(lambda self: len(self.offsets) - 1)
    n_features = property(lambda self: self.values.shape[1])
    # Number of steps of each bag, and the position of the bag of each step.
    lengths = property(lambda self: np.diff(self.offsets))
    bag_of_step = property(lambda self: np.repeat(np.arange(self.n_bags), self.lengths))

    def split(self, flat):
        """Return an array with one row per step as a list with one array per bag."""
        return np.split(flat, self.offsets[1:-1])

    def part(self, which):
        """Return some of the bags, and the rows of their steps among all steps."""
        rows = [np.arange(*self.offsets[bag : bag + 2]) for bag in which]
        rows = np.concatenate([np.empty(0, int), *rows])
        offsets = np.append(0, np.cumsum(self.lengths[which]))
        return Bags(self.values[rows], offsets), rows

    def with_context(self, context):
        """Return bags whose steps hold those around them; ends of bags are repeated."""
        step, bag = np.arange(len(self.values)), self.bag_of_step
        first, last = self.offsets[bag], self.offsets[bag + 1] - 1
        shifts = range(-context, context + 1)
        near = [self.values[np.clip(step + shift, first, last)] for shift in shifts]
        return replace(self, values=np.hstack(near)) if context else self


def read_bags(X, *, owner, n_features=None):
    """Return sequences of either form as one record, with the features expected."""
    if X is None or isinstance(X, str):
        raise ValueError(f"{owner} expected sequences in X, but got {X!r}. {FORMS}")
    arrays = _listed(X, owner) if is_list(X) else _stacked(X, owner)
    lengths = [len(bag) for bag in arrays]
    bags = Bags(np.concatenate(arrays), np.concatenate([[0], np.cumsum(lengths)]))
    if n_features is not None and bags.n_features != n_features:
        raise ValueError(
            f"{owner} expected {n_features} features per step, as in fit, but X has "
            f"{bags.n_features} features. Pass the same columns as in fit."
        )
    return bags


def bags_to_learn_from(X, owner):
    """Return sequences as one record, of which at least one has steps."""
    bags = read_bags(X, owner=owner)
    if not bags.lengths.any():
        raise ValueError(
            f"{owner} expected bags with steps to learn from, but all {bags.n_bags} "
            "bags in X have none. Check what cut them."
        )
    return bags


def is_list(values):
    """Whether this holds one entry per bag: a list, a tuple or an array of objects."""
    kind = getattr(getattr(values, "dtype", None), "kind", None)
    return isinstance(values, list | tuple) or kind == "O"


def _listed(X, owner):
    """Return a list of arrays, checked to have the same columns."""
    if not len(X):
        raise ValueError(
            f"{owner} expected at least one sequence in X, but got none. Check what "
            "selected them."
        )
    arrays = [_as_steps(bag, f"bag {i} of X", owner) for i, bag in enumerate(X)]
    widths = np.array([bag.shape[1] for bag in arrays])
    if (other := widths != widths[0]).any():
        raise ValueError(
            f"{owner} expected the same number of features in all bags, but bag 0 has "
            f"{widths[0]} and bag {other.argmax()} has {widths[other.argmax()]}. Each "
            "bag has the shape (n_steps, n_features): only the first may differ."
        )
    return arrays


def _as_steps(bag, name, owner):
    """Return one bag as an array of finite numbers."""
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
    # A series without a column for its only feature is not guessed at.
    if array.ndim != 2:
        raise ValueError(
            f"{owner} expected each bag to have the shape (n_steps, n_features), but "
            f"{name} has shape {array.shape}. A series of single numbers becomes a bag "
            "by series.reshape(-1, 1)."
        )
    if (bad := ~np.isfinite(array).all(axis=1)).any():
        value = "NaN" if np.isnan(array).any() else "infinity"
        raise ValueError(
            f"{owner} expected finite numbers, but {name} contains {value}, first in "
            f"step {bad.argmax()}. Fill or leave out such steps."
        )
    return array


def _stacked(X, owner):
    """Return the bags of an array of three dimensions, of which time is the last."""
    if sparse.issparse(X) or np.ndim(X) != 3:
        shape = getattr(X, "shape", None) or np.shape(X)
        raise ValueError(
            f"{owner} expected sequences, but X is a single array of shape {shape}. "
            f"{FORMS}"
        )
    # As in aeon, features come before steps.
    X = check_array(X, dtype=float, allow_nd=True, input_name="X")
    return list(X.transpose(0, 2, 1))
