"""A network behind the rounds of the localizer, and the bags that it is trained on."""

import numpy as np
import torch
from sklearn.base import clone

# A round with number n takes steps of lr / (2 n): it corrects what has been learnt.
ROUND_SLOWDOWN = 2


class BagDataset(torch.utils.data.Dataset):
    """Bags, laid end to end, with what is known of each and of its steps.

    Empty bags say nothing, and are left out.
    """

    X = y = None

    def __init__(self, values, offsets, allowed, targets):
        self.values, self.offsets = values, offsets
        self.allowed, self.targets = allowed, targets
        self.filled = np.flatnonzero(np.diff(offsets))

    def __len__(self):
        return len(self.filled)

    def __getitem__(self, i):
        bag = self.filled[i]
        steps = slice(*self.offsets[bag : bag + 2])
        return self.values[steps], self.targets[steps], self.allowed[bag]


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

    ``rng`` is the source of the random numbers of the net.
    """

    def __init__(self, net, options, rng):
        self.net = clone(net)
        self.net.random_state, self.net._goal_ = rng, options

    def train(self, values, offsets, evidence, targets, *, round_number):
        """Train with labels of bags and of steps; each round takes smaller steps."""
        net, more = self.net, {"by_step": evidence.by_step}
        if round_number:
            lr = net.lr / (ROUND_SLOWDOWN * round_number)
            more |= {"epochs": net.round_epochs, "lr": lr}
        dataset = BagDataset(values, offsets, evidence.allowed, targets)
        net._train(dataset, fresh=not net.initialized_, **more)

    def proba(self, values, offsets):
        """Return probabilities of shape (n_steps, n_classes + 1), background last."""
        return self.net._proba(values, offsets)
