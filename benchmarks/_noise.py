"""The noise of the benchmarks: which cells a set has, and the labels of each."""

from dataclasses import dataclass

import numpy as np

from sknoisy.noise import InstanceNoise, TransitionNoise, UniformNoise
from sknoisy.transition import make_transition_matrix

NONE = "none"
# Name of the noise -> family under which the overview puts it.
INJECTED = {
    "uniform20": "uniform",
    "uniform40": "uniform",
    "pair20": "pair",
    "pair40": "pair",
    "random40": "random",
    "block40": "block",
    "unequal40": "unequal",
    "imbalance40": "imbalance",
    "instance40": "instance",
}
# With two classes a wrong label can only be the other class, so that pair, random and
# block would be uniform once more, and instance noise nearly so. "pair" then flips
# the second class only, which is also the case of unequal rates.
INJECTED_BINARY = ("uniform20", "uniform40", "pair20", "pair40", "imbalance40")
# Labels that come with a set but were not given by people or rules.
MADE = {"confusable": "made", "pseudo": "made"}
FAMILIES = (*dict.fromkeys(INJECTED.values()), "real", "made")
IMBALANCE = 5


@dataclass
class Labels:
    """Training rows with clean and noisy labels."""

    X: np.ndarray
    clean: np.ndarray
    noisy: np.ndarray

    @property
    def wrong(self):
        """Mask of the wrong labels."""
        return self.noisy != self.clean


def family_of(noise):
    """Return the family of a noise; what a set brings along is real unless made."""
    return INJECTED.get(noise, MADE.get(noise, "real"))


def noises_of(split):
    """Return the names of the noises that a set is tried with."""
    if split.given:
        return (NONE, *split.given)
    return (NONE, *(INJECTED_BINARY if split.n_classes == 2 else INJECTED))


def noisy_labels(split, noise, seed):
    """Return the training rows under a noise; the same for the same seed."""
    X, y = split.X_train, split.y_train
    if noise == NONE:
        return Labels(X, y, y.copy())
    if noise in split.given:
        return Labels(X, y, split.given[noise])
    kind, rate = noise.rstrip("0123456789"), int(noise[-2:]) / 100
    if kind == "imbalance":
        rows = _imbalanced_rows(y, split.n_classes, seed)
        X, y = X[rows], y[rows]
    model = _noise_model(kind, rate, split.n_classes, seed)
    return Labels(X, y, model.corrupt(y, X))


def _noise_model(kind, rate, n_classes, seed):
    """Return the noise object; one seed decides the matrix and the flips."""
    draw = 1000 + seed
    if kind in {"uniform", "imbalance"}:
        return UniformNoise(rate, random_state=draw)
    if kind == "instance":
        return InstanceNoise(rate, random_state=draw)
    if kind == "unequal":
        kind, rate = "uniform", _unequal_rates(rate, n_classes, draw)
    if kind == "pair" and n_classes == 2:
        rate = [0.0, rate]
    T = make_transition_matrix(n_classes, rate, kind=kind, random_state=draw)
    return TransitionNoise(T, random_state=draw)


def _unequal_rates(rate, n_classes, seed):
    """Return rates from half to one and a half times the mean, in random order."""
    rates = np.linspace(0.5 * rate, 1.5 * rate, n_classes)
    return np.random.RandomState(seed).permutation(rates)


def _imbalanced_rows(y, n_classes, seed):
    """Thin the classes out, from all rows of one to a fifth of them for the last."""
    rng = np.random.RandomState(seed)
    shares = 1 / IMBALANCE ** np.linspace(0, 1, n_classes)
    largest = np.bincount(y, minlength=n_classes).max()
    rows = []
    for label, share in zip(rng.permutation(n_classes), shares, strict=True):
        members = rng.permutation(np.flatnonzero(y == label))
        rows.append(members[: max(2, round(share * largest))])
    return np.sort(np.concatenate(rows))
