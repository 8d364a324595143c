"""A network behind the rounds of the localizer, and the bags that it is trained on."""

from dataclasses import dataclass

import numpy as np
import torch
from sklearn.base import clone

# A round with number n takes steps of lr / (2 n): it corrects what has been learnt.
ROUND_SLOWDOWN = 2


@dataclass(frozen=True)
class Goal:
    """What a localizer wants of a network; the defaults are those of the localizer."""

    pooling: float = 0.125
    absence: float = 4.0
    smoothing: int = 5

    @classmethod
    def of(cls, localizer):
        """Return the goal of a localizer."""
        return cls(localizer.pooling, localizer.absence, localizer.smoothing)


class BagDataset(torch.utils.data.Dataset):
    """Bags, laid end to end, with what is known of each and of its steps."""

    X = y = None

    def __init__(self, values, offsets, allowed, targets):
        self.values, self.offsets = values, offsets
        self.allowed, self.targets = allowed, targets

    def __len__(self):
        return len(self.offsets) - 1

    def __getitem__(self, bag):
        steps = slice(*self.offsets[bag : bag + 2])
        return self.values[steps], self.targets[steps], self.allowed[bag]


class BagOrder(torch.utils.data.Sampler):
    """The order of the bags of an epoch, by chance if ``rng`` says how.

    Empty bags say nothing, and are left out.
    """

    def __init__(self, dataset, rng=None):
        lengths = [len(dataset[bag][0]) for bag in range(len(dataset))]
        self.filled, self.rng = np.flatnonzero(lengths), rng

    def __iter__(self):
        order = self.filled if self.rng is None else self.rng.permutation(self.filled)
        return iter(order.tolist())

    def __len__(self):
        return len(self.filled)


def side_by_side(bags):
    """Return bags as a batch, filled up to the longest with zeros."""
    longest = max(len(values) for values, *_ in bags)
    n_features, n_targets = bags[0][0].shape[1], bags[0][1].shape[1]
    x = np.zeros((len(bags), longest, n_features))
    mask, taught = np.zeros(x.shape[:2]), np.zeros((*x.shape[:2], n_targets))
    for row, (values, targets, _) in enumerate(bags):
        x[row, : len(values)], taught[row, : len(values)] = values, targets
        mask[row, : len(values)] = 1
    allowed = np.stack([allowed for *_, allowed in bags])
    # Bags in double precision until they are scaled: they may be far from 0.
    inputs = {"x": torch.from_numpy(x.transpose(0, 2, 1)), "mask": _single(mask)}
    return inputs, {"allowed": _single(allowed), "targets": _single(taught)}


def _single(array):
    return torch.as_tensor(array, dtype=torch.float32)


class SequenceModel:
    """Trains a copy of a net on whole bags, round by round, for a localizer.

    ``rng`` is the source of weights, of the order of bags, and of dropout.
    """

    def __init__(self, net, localizer, rng):
        self.net = clone(net)
        self.net.random_state = rng
        self.net.goal_ = Goal.of(localizer)

    def train(self, values, offsets, evidence, targets, *, round_number):
        """Train with labels of bags and of steps; each round takes smaller steps."""
        net, epochs, lr = self.net, self.net.max_epochs, None
        if round_number:
            epochs, lr = net.round_epochs, net.lr / (ROUND_SLOWDOWN * round_number)
        dataset = BagDataset(values, offsets, evidence.allowed, targets)
        fresh = not net.initialized_
        net._train_on(
            dataset, by_step=evidence.by_step, fresh=fresh, epochs=epochs, lr=lr
        )

    def proba(self, values, offsets):
        """Return probabilities of shape (n_steps, n_classes + 1), background last."""
        return self.net._proba(values, offsets)
