"""The noise of the benchmarks: which noises a set is tried with, and their labels."""

from dataclasses import dataclass

import numpy as np
from sklearn.ensemble import ExtraTreesClassifier

from benchmarks.data import SETS
from sknoisy.noise import InstanceNoise, TransitionNoise, UniformNoise
from sknoisy.transition import make_transition_matrix

NONE = "none"
# The number is the expected share of wrong labels in per cent; 5 % is for detection.
SEVERAL = (
    *("uniform5", "uniform20", "uniform40", "pair40", "random40", "block40"),
    *("unequal40", "imbalance40", "instance30", "border30"),
)
# With two classes a wrong label can only be the other class, so that random and block
# would be uniform once more; "pair" then flips the second class only.
TWO = ("uniform5", "uniform20", "uniform40", "pair40", "instance30", "border30")
REAL = {name for about in SETS.values() for name, _ in about.given}
QUICK = ("uniform5", "uniform40", "pair40", "instance30")
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


def kind_of(noise):
    """Return the kind of a noise; what a set brings along is real."""
    return "real" if noise in REAL else noise.rstrip("0123456789")


def noises_of(given, n_classes, quick=False):
    """Return the noises that a set is tried with; its own labels replace made ones."""
    if given:
        names = [name for name, _ in given]
        return (NONE, *(names[:1] if quick else names))
    made = TWO if n_classes == 2 else SEVERAL
    return (NONE, *(noise for noise in made if not quick or noise in QUICK))


def noisy_labels(split, noise, seed):
    """Return the training rows under a noise; the same for the same seed."""
    X, y = split.X, split.y
    if noise == NONE:
        return Labels(X, y, y.copy())
    if noise in split.given:
        return Labels(X, y, split.given[noise])
    kind, rate = kind_of(noise), int(noise.removeprefix(kind_of(noise))) / 100
    if kind == "border":
        return Labels(X, y, _border(X, y, rate, seed))
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
        # From half to one and a half times the mean, in random order.
        rates = np.linspace(0.5 * rate, 1.5 * rate, n_classes)
        kind, rate = "uniform", np.random.RandomState(draw).permutation(rates)
    if kind == "pair" and n_classes == 2:
        rate = [0.0, rate]
    T = make_transition_matrix(n_classes, rate, kind=kind, random_state=draw)
    return TransitionNoise(T, random_state=draw)


def _border(X, y, rate, seed):
    """Return labels that are wrong where a forest hardly tells the classes apart."""
    forest = ExtraTreesClassifier(
        100, bootstrap=True, min_samples_leaf=3, oob_score=True, random_state=seed
    )
    proba = np.nan_to_num(forest.fit(X, y).oob_decision_function_)
    rows, codes = np.arange(len(y)), np.searchsorted(forest.classes_, y)
    own = proba[rows, codes]
    proba[rows, codes] = -1
    rank = (own - proba.max(axis=1)).argsort().argsort()
    # From twice the rate where the margin is least to nothing where it is largest.
    flipped = np.random.RandomState(seed).rand(len(y)) < 2 * rate * (1 - rank / len(y))
    return np.where(flipped, forest.classes_[proba.argmax(axis=1)], y)


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
