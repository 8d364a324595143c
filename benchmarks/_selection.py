"""Candidates on noisy labels, predicted out of fold once and kept on disk."""

import os
from dataclasses import dataclass

import numpy as np
from _data import available, load_split
from _noise import NONE, Labels, noisy_labels
from sklearn.ensemble import (
    ExtraTreesClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.neighbors import KNeighborsClassifier

# Set -> noises. The sets of the first half choose, those of the second half check.
SEVERAL = ("pair40", "block40", "uniform40", "border30", NONE)
TWO = ("pair40", "uniform40", "border30", NONE)
CHOOSING = {
    "vehicle": SEVERAL,
    "phoneme": TWO,
    "contraceptive": ("pair40", "uniform40", "border30", NONE),
    "digits": SEVERAL,
    "cifar10n": ("worse",),
    "newsclass_yoruba": ("given",),
}
CHECKING = {
    "segment": SEVERAL,
    "spambase": TWO,
    "banana": TWO,
    "satimage": SEVERAL,
    "mnist5k": SEVERAL,
    "ferplus": ("given",),
}
TABLES = {"vehicle", "phoneme", "contraceptive", "segment", "spambase", "banana"}
N_ROWS = 1000
BORDER_RATE = 0.3


def candidates():
    """Return the eighteen candidates of the searches by name."""
    found = {f"LR {C}": LogisticRegression(C=C, max_iter=200) for C in C_VALUES}
    for k in (1, 5, 15, 40):
        found[f"kNN {k}"] = KNeighborsClassifier(k)
    for leaf in (1, 5, 20):
        found[f"forest {leaf}"] = RandomForestClassifier(
            30, min_samples_leaf=leaf, random_state=0
        )
    for rounds, leaves, rate in ((10, 4, 0.3), (30, 4, 0.1), (30, 8, 0.1)):
        found[f"boosting {rounds}, {leaves}, {rate}"] = boosting(rounds, leaves, rate)
    found["boosting 10, 31, 0.3"] = boosting(10, 31, 0.3)
    found["boosting 10, 31, 0.3, leaf 60"] = boosting(10, 31, 0.3, 60)
    return found


C_VALUES = (0.001, 0.01, 0.1, 1, 10, 100)


def boosting(rounds, leaves, rate, min_samples_leaf=20):
    """Return boosting of a given size."""
    return HistGradientBoostingClassifier(
        max_iter=rounds,
        max_leaf_nodes=leaves,
        learning_rate=rate,
        min_samples_leaf=min_samples_leaf,
        random_state=0,
    )


@dataclass
class Cell:
    """What a search has to choose from: a set, a noise and a seed."""

    name: str
    noise: str
    seed: int
    X: np.ndarray
    clean: np.ndarray
    noisy: np.ndarray
    fold: np.ndarray
    predicted: np.ndarray  # (n_samples, n_candidates), out of fold
    accuracy: np.ndarray  # (n_candidates,) on clean test labels, fitted to all rows

    @property
    def n_classes(self):
        """Number of classes."""
        return int(max(self.clean.max(), self.noisy.max(), self.predicted.max())) + 1

    @property
    def kind(self):
        """The kind of noise, as in the table."""
        kind = self.noise.rstrip("0123456789")
        return kind if kind in {"pair", "block", "uniform", "border", NONE} else "real"

    @property
    def family(self):
        """The family of the set."""
        return "tables" if self.name in TABLES else "others"


def labels_of(split, noise, seed):
    """Return at most a thousand training rows with their noisy labels."""
    if noise.startswith("border"):
        labels = border_labels(split, seed)
    else:
        labels = noisy_labels(split, noise, seed)
    return Labels(labels.X[:N_ROWS], labels.clean[:N_ROWS], labels.noisy[:N_ROWS])


def border_labels(split, seed):
    """Return labels that are wrong where a forest hardly tells the classes apart."""
    X, y = split.X_train, split.y_train
    forest = ExtraTreesClassifier(
        100, bootstrap=True, min_samples_leaf=3, oob_score=True, random_state=seed
    )
    proba = np.nan_to_num(forest.fit(X, y).oob_decision_function_)
    rows, codes = np.arange(len(y)), np.searchsorted(forest.classes_, y)
    own = proba[rows, codes]
    proba[rows, codes] = -1
    rank = (own - proba.max(axis=1)).argsort().argsort()
    # From twice the rate where the margin is least to nothing where it is largest.
    flipped = np.random.RandomState(seed).rand(len(y)) < 2 * BORDER_RATE * (
        1 - rank / len(y)
    )
    return Labels(X, y, np.where(flipped, forest.classes_[proba.argmax(axis=1)], y))


def load_cell(folder, name, noise, seed):
    """Return a cell, from the folder if it is there."""
    path = os.path.join(folder, f"{name}-{noise}-{seed}.npz")
    if not os.path.exists(path):
        os.makedirs(folder, exist_ok=True)
        np.savez_compressed(path, **made(name, noise, seed))
    with np.load(path) as stored:
        return Cell(name, noise, seed, **stored)


def made(name, noise, seed):
    """Fit all candidates on five folds and on all rows."""
    split = load_split(name, seed)
    labels = labels_of(split, noise, seed)
    X, y = labels.X, labels.noisy
    folds = StratifiedKFold(5, shuffle=True, random_state=seed).split(X, y)
    fold = np.zeros(len(y), dtype=int)
    for number, (_, test) in enumerate(folds):
        fold[test] = number
    predicted, accuracy = [], []
    for model in candidates().values():
        column = np.zeros(len(y), dtype=int)
        for number in range(5):
            test = fold == number
            column[test] = model.fit(X[~test], y[~test]).predict(X[test])
        predicted.append(column)
        accuracy.append(model.fit(X, y).score(split.X_test, split.y_test))
    return {
        "X": X,
        "clean": labels.clean,
        "noisy": y,
        "fold": fold,
        "predicted": np.transpose(predicted),
        "accuracy": np.array(accuracy),
    }


def cells(folder, sets, seeds):
    """Yield the cells of some sets."""
    names = available(sets)
    for seed in seeds:
        for name in names:
            for noise in sets[name]:
                yield load_cell(folder, name, noise, seed)
