"""The sets of the benchmarks, split and scaled."""

import os
from dataclasses import dataclass, field

import numpy as np
from sklearn.datasets import load_breast_cancer, load_digits, load_wine
from sklearn.decomposition import PCA
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

from sknoisy.datasets import load_from_folder

BUNDLED = {
    "digits": load_digits,
    "breast_cancer": load_breast_cancer,
    "wine": load_wine,
}
DEVELOPMENT = (
    "digits",
    "breast_cancer",
    "mnist5k",
    "satimage",
    "penbased",
    "cifar10n",
    "ferplus",
    "newsclass_yoruba",
    "banking77",
)
# Looked at once, when nothing is changed any more.
CONFIRMATION = (
    "wine",
    "gtzan",
    "tweets_votes",
    "product_crowd",
    "youtube_weak",
    "pll_lost",
)
QUICK = ("digits", "breast_cancer")

# The noisy labels that a set brings along: name in the table -> variant in the file.
GIVEN = {
    "cifar10n": {"worse": None, "random1": "random1", "aggre": "aggre"},
    "banking77": {"confusable": None, "pseudo": "pseudo"},
}
MAX_TRAIN, MAX_TEST = 2000, 3000
MAX_TRAIN_OF = {"banking77": 5000}
COMPONENTS_OF = {"mnist5k": 40}
TRAINING, TEST = 0, 1


@dataclass
class Split:
    """Training and test rows of a set, with clean labels as codes."""

    name: str
    X_train: np.ndarray
    y_train: np.ndarray
    X_test: np.ndarray
    y_test: np.ndarray
    # The noisy labels of the training rows that the set brings along, by name.
    given: dict = field(default_factory=dict)

    @property
    def n_classes(self):
        """Number of classes."""
        return int(max(self.y_train.max(), self.y_test.max())) + 1


def available(names):
    """Return the names whose data are here, and print which are not."""
    found = [name for name in names if name in BUNDLED or _in_folder(name)]
    if missing := [name for name in names if name not in found]:
        print(
            f"Left out, since SKNOISY_DATA does not lead to them: {', '.join(missing)}."
            " The bundled sets need no folder."
        )
    return found


def load_split(name, seed):
    """Return the split of a set that belongs to a seed."""
    split = _bundled(name, seed) if name in BUNDLED else _from_folder(name, seed)
    split.X_train, split.X_test = _scaled(name, split.X_train, split.X_test)
    return split


def _in_folder(name):
    folder = os.environ.get("SKNOISY_DATA", "")
    return os.path.isfile(os.path.join(folder, name, "data.npz"))


def _bundled(name, seed):
    X, y = BUNDLED[name](return_X_y=True)
    X_train, X_test, y_train, y_test = train_test_split(
        X, y, test_size=0.3, stratify=y, random_state=seed
    )
    return Split(name, X_train, y_train, X_test, y_test)


def _from_folder(name, seed):
    """Draw training and test rows from those that the set itself marks as such."""
    bunch = load_from_folder(name)
    rng = np.random.RandomState(seed)
    train, test = _rows(bunch, rng)
    train = train[: MAX_TRAIN_OF.get(name, MAX_TRAIN)]
    test = test[:MAX_TEST]
    given = {}
    if bunch.target_noisy is not None:
        for label, variant in GIVEN.get(name, {"given": None}).items():
            noisy = load_from_folder(name, variant=variant).target_noisy
            given[label] = noisy[train]
    X = np.asarray(bunch.data, dtype=np.float64)
    return Split(
        name, X[train], bunch.target[train], X[test], bunch.target[test], given
    )


def _rows(bunch, rng):
    """Return the shuffled training and test rows; 30 % for test where unmarked."""
    order = rng.permutation(len(bunch.target))
    if bunch.split is None or not (bunch.split == TEST).any():
        n_test = int(0.3 * len(order))
        return order[n_test:], order[:n_test]
    return order[bunch.split[order] == TRAINING], order[bunch.split[order] == TEST]


def _scaled(name, X_train, X_test):
    """Scale by the training part alone."""
    if name in COMPONENTS_OF:
        # One common scale: at unit variance the last component would count as the
        # first.
        pca = PCA(COMPONENTS_OF[name], random_state=0).fit(X_train)
        X_train, X_test = pca.transform(X_train), pca.transform(X_test)
        return X_train / X_train.std(), X_test / X_train.std()
    scaler = StandardScaler().fit(X_train)
    return scaler.transform(X_train), scaler.transform(X_test)
