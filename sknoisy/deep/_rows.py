"""Rows that know their number and weight, in whatever order they are drawn.

So what is learnt about a single row finds its place among the rows of X.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import skorch
import torch
from scipy.sparse import issparse
from torch.utils.data import default_collate

# The number of rows that are not of X, such as those to predict.
EVERYTHING_ELSE = -1


class Rows(NamedTuple):
    """The input side of a batch: inputs, number in X (or -1) and weight of each row."""

    inputs: object
    index: torch.Tensor
    weight: torch.Tensor


class RowDataset(skorch.dataset.Dataset):
    """Rows of X with row number, label code (or row of tags) and weight.

    ``X`` and ``y`` are those of the user, for skorch's scoring callbacks. ``source``
    yields pairs, the first of which is the input of a row.
    """

    def __init__(
        self, source, codes=None, weights=None, X=None, y=None, *, numbered=True
    ):
        n_rows = len(source)
        super().__init__(X, y, length=n_rows)
        self.source = source
        self.codes = _tensor(np.zeros(n_rows) if codes is None else codes, torch.int64)
        weights = np.ones(n_rows) if weights is None else weights
        self.weights = _tensor(weights, torch.float32)
        self.index = torch.arange(n_rows)
        if not numbered:
            self.index = torch.full((n_rows,), EVERYTHING_ELSE)
        self._at_once = _sliceable(source)

    def __getitem__(self, i):
        inputs, _ = self.source[i]
        return Rows(inputs, self.index[i], self.weights[i]), self.codes[i]

    def __getitems__(self, indices):
        """Return the rows of a batch: together where X can be sliced."""
        if self._at_once is None:
            return [self[i] for i in indices]
        i = torch.as_tensor(indices)
        inputs = _slice(self._at_once, i)
        return Batch((Rows(inputs, self.index[i], self.weights[i]), self.codes[i]))


class Batch(tuple):
    """A batch that needs no collating."""

    def samples(self):
        """Return the rows of the batch one by one."""
        rows, codes = self
        return [
            (Rows(_slice(rows.inputs, i), rows.index[i], rows.weight[i]), codes[i])
            for i in range(len(codes))
        ]


class Collate:
    """The function that makes a batch, around the ``collate_fn`` of the user, if any.

    That one gets pairs of input and label, as in plain skorch.
    """

    def __init__(self, of_inputs=None):
        self.of_inputs = of_inputs

    def __call__(self, samples):
        """Return the batch: rows and label codes."""
        together = isinstance(samples, Batch)
        if self.of_inputs is None:
            return tuple(samples if together else default_collate(samples))
        samples = samples.samples() if together else samples
        inputs, codes = self.of_inputs([(rows.inputs, code) for rows, code in samples])
        index = torch.stack([rows.index for rows, _ in samples])
        weight = torch.stack([rows.weight for rows, _ in samples])
        return Rows(inputs, index, weight), codes


def is_numbered(dataset):
    """Whether a data set is one of ours, or a part of one: its batches hold Rows."""
    while isinstance(dataset, torch.utils.data.Subset):
        dataset = dataset.dataset
    return isinstance(dataset, RowDataset)


def row_numbers(dataset):
    """Return which rows a data set of ours, or a part of one, is made of, in order."""
    if isinstance(dataset, torch.utils.data.Subset):
        return row_numbers(dataset.dataset)[np.asarray(dataset.indices)]
    return dataset.index.numpy()


def labels_of(dataset):
    """Return the labels that a data set of pairs holds, None where it holds none."""
    try:
        _, y = skorch.utils.data_from_dataset(dataset)
    except AttributeError:
        y = [dataset[i][1] for i in range(len(dataset))]
    return None if y is None else np.asarray(skorch.utils.to_numpy(np.asarray(y)))


def as_rows(x):
    """Return the input side of a batch as Rows; foreign ones have no number."""
    if isinstance(x, Rows):
        return x
    n_rows = skorch.dataset.get_len(x)
    return Rows(x, torch.full((n_rows,), EVERYTHING_ELSE), torch.ones(n_rows))


def _tensor(values, dtype):
    return torch.as_tensor(np.asarray(values)).to(dtype)


def _sliceable(source):
    """Return X where whole batches of it can be taken at once, else None."""
    # A subclass may transform each row, so that only skorch's own class will do.
    if type(source) is not skorch.dataset.Dataset:
        return None
    X = source.X
    parts = list(X.values()) if isinstance(X, Mapping) else [X]
    plain = all(isinstance(p, np.ndarray | torch.Tensor) or issparse(p) for p in parts)
    return X if plain else None


def _slice(X, i):
    if isinstance(X, Mapping):
        return {name: _slice(part, i) for name, part in X.items()}
    if isinstance(X, torch.Tensor):
        return X[i]
    if issparse(X):
        return torch.as_tensor(X[i.numpy()].toarray())
    return torch.as_tensor(X[i.numpy()])
