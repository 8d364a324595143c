"""What the benchmarks of the parts of NoisyLabelClassifier share."""

import warnings
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from unittest.mock import patch

import numpy as np
from _data import available, load_split
from _noise import NONE, noisy_labels
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sknoisy._context import FitContext
from sknoisy._distinct_rows import distinct_rows
from sknoisy._folds import make_folds
from sknoisy._labels import read_labels
from sknoisy.evidence import EvidenceInputs

# Constants are to be tried on the first half, and held against the second.
HALVES = {
    "choose": (
        *("vehicle", "chess", "german", "segment"),
        *("digits", "mnist5k", "cifar10n", "newsclass_yoruba"),
    ),
    "check": (
        *("phoneme", "spambase", "contraceptive", "banana"),
        *("satimage", "penbased", "ferplus", "breast_cancer"),
    ),
}
TABLES = (*HALVES["choose"][:4], *HALVES["check"][:4])
# Sets that bring noisy labels along are tried with these instead.
NOISES = (NONE, "uniform20", "uniform40", "pair30", "instance30")
N_FOLDS = 3


@dataclass
class Cell:
    """Training rows with clean and noisy labels, and test rows with clean ones."""

    name: str
    noise: str
    seed: int
    X: np.ndarray
    clean: np.ndarray
    noisy: np.ndarray
    X_test: np.ndarray
    y_test: np.ndarray

    @property
    def family(self):
        """The family of the set."""
        return "tables" if self.name in TABLES else "others"

    @property
    def wrong(self):
        """Mask of the wrong labels."""
        return self.noisy != self.clean

    def inputs(self, base):
        """Return what the sources of evidence are given, on three folds."""
        labels = read_labels(self.X, self.noisy, owner="benchmark")
        labels = labels.relative_to(distinct_rows(self.X))
        folds = make_folds(self.X, labels, N_FOLDS)
        context = FitContext(random_state=self.seed)
        return EvidenceInputs(base, self.X, labels, folds, context)


def make_bases(seed):
    """Return the unfitted bases by name."""
    return {
        "lr": make_pipeline(StandardScaler(), LogisticRegression(max_iter=500)),
        "rf": RandomForestClassifier(100, random_state=seed),
        "hgb": HistGradientBoostingClassifier(max_iter=60, random_state=seed),
    }


def add_options(parser):
    """Add the options that choose the sets, the seeds and the number of rows."""
    add = parser.add_argument
    add("--half", choices=HALVES, help="only the sets that choose, or that check")
    add("--sets", nargs="+", metavar="NAME", help="these sets instead of both halves")
    add("--seeds", type=int, default=1, help="number of seeds (default: 1)")
    add("--n-rows", type=int, default=1000, help="training rows at most")


def cells(options, noises=NOISES, *, given=True):
    """Yield the cells that the options ask for.

    With ``given``, the main noisy labels that a set brings along replace the noise that
    is made.
    """
    both = (*HALVES["choose"], *HALVES["check"])
    names = options.sets or (HALVES[options.half] if options.half else both)
    for name in available(names):
        for seed in range(options.seeds):
            split = load_split(name, seed)
            own = (NONE, *list(split.given)[:1]) if given and split.given else noises
            for noise in own:
                labels = noisy_labels(split, noise, seed)
                shown = [labels.X, labels.clean, labels.noisy]
                rows = [column[: options.n_rows] for column in shown]
                yield Cell(name, noise, seed, *rows, split.X_test, split.y_test)


@contextmanager
def exchanged(patches):
    """Replace attributes, given as (owner, name, value), and silence warnings."""
    with ExitStack() as stack, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for owner, name, value in patches:
            stack.enter_context(patch.object(owner, name, value))
        yield


def print_table(title, header, rows):
    """Print a Markdown table; numbers that are unknown become a dot."""
    print(f"\n### {title}\n")
    print("| " + " | ".join(header) + " |")
    print("|---" * len(header) + "|")
    for row in rows:
        print("| " + " | ".join(map(_shown, row)) + " |")


def _shown(value):
    if isinstance(value, str):
        return value
    return "." if np.isnan(value) else f"{value:.3f}"
