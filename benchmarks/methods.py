"""The rows of the leaderboard: ours, what others have, and the references."""

import importlib
import importlib.util
import inspect
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler
from sklearn.semi_supervised import LabelSpreading

from benchmarks.bases import folds
from benchmarks.cells import CLEAN, PLAIN
from sknoisy import (
    NoiseTransitionClassifier,
    NoisyLabelClassifier,
    RefinedLabelClassifier,
    SimilarityReweightingClassifier,
)
from sknoisy.refinement import ConfidentPruning, QualityWeighting

TUNED = ", tuned base"
CORRECT = "correct rows only"
# The constructor's parameter that takes the base, in the libraries around.
BASE_PARAMETERS = ("estimator", "base_estimator", "clf", "classifier", "model")


class LabelFilter(ClassifierMixin, BaseEstimator):
    """Fit the base to the rows whose labels are kept."""

    def __init__(self, estimator, random_state=None):
        self.estimator = estimator
        self.random_state = random_state

    def fit(self, X, y):
        """Judge the labels, and fit the base to the rows that are kept."""
        self.classes_, codes = np.unique(y, return_inverse=True)
        kept, self.label_quality_ = self._judge(X, codes)
        # Without two classes there would be nothing to fit.
        kept |= len(np.unique(codes[kept])) < 2
        self.noise_rate_ = float(1 - kept.mean())
        self.estimator_ = clone(self.estimator).fit(X[kept], y[kept])
        return self

    def predict(self, X):
        """Return the labels that the base predicts."""
        return self.estimator_.predict(X)


class ForestFilter(LabelFilter):
    """Leave out the rows whose label an out-of-bag forest does not predict."""

    def _judge(self, X, codes):
        """Return which labels are kept, and their quality."""
        seed = self.random_state
        forest = RandomForestClassifier(200, oob_score=True, random_state=seed)
        proba = np.nan_to_num(forest.fit(X, codes).oob_decision_function_)
        return proba.argmax(axis=1) == codes, proba[np.arange(len(codes)), codes]


class AreaUnderMargin(LabelFilter):
    """Leave out the rows whose label a small net learns late (Pleiss et al., 2020).

    The margin of a label is the mean lead of its logit over the epochs. Twice a part of
    the rows is given to a class that does not exist; a label is kept if its margin is
    above 99 % of theirs. The step size and the epochs are those of four that rank wrong
    labels best on the sets that serve to choose.
    """

    def _judge(self, X, codes):
        """Return which labels are kept, and their margins."""
        n, K = len(codes), codes.max() + 1
        Z = StandardScaler(with_mean=False).fit_transform(X)
        order = np.random.RandomState(self.random_state).permutation(n)
        margin, times, kept = np.zeros(n), np.zeros(n), np.zeros(n, dtype=bool)
        for part in np.split(order, [n // (K + 1), 2 * (n // (K + 1))])[:2]:
            given = codes.copy()
            given[part] = K
            found = self._margins(Z, given, K + 1)
            rest = np.isin(np.arange(n), part, invert=True)
            kept |= rest & (found > np.percentile(found[part], 99))
            margin += rest * found
            times += rest
        return kept, margin / times

    def _margins(self, Z, codes, n_classes, n_epochs=30):
        net = MLPClassifier(batch_size=32, random_state=self.random_state)
        total, rows = np.zeros(len(codes)), np.arange(len(codes))
        for _ in range(n_epochs):
            net.partial_fit(Z, codes, classes=np.arange(n_classes))
            logits = np.log(np.maximum(net.predict_proba(Z), 1e-12))
            own = logits[rows, codes]
            logits[rows, codes] = -np.inf
            total += own - logits.max(axis=1)
        return total / n_epochs


class CleanLearningRow(ClassifierMixin, BaseEstimator):
    """cleanlab's CleanLearning with its defaults, reading and answering any labels."""

    def __init__(self, estimator, random_state=None):
        self.estimator = estimator
        self.random_state = random_state

    def fit(self, X, y):
        """Fit on codes 0, 1, …, which is what CleanLearning accepts."""
        from cleanlab.classification import CleanLearning

        self.classes_, codes = np.unique(y, return_inverse=True)
        self.estimator_ = CleanLearning(
            clone(self.estimator),
            seed=self.random_state,
            find_label_issues_kwargs={"n_jobs": 1},
        )
        self.estimator_.fit(X, codes)
        issues = self.estimator_.get_label_issues()
        self.label_quality_ = issues["label_quality"].to_numpy()
        # Its noise_matrix holds P(noisy | true) by columns; the diagonal is the same.
        kept = np.diag(self.estimator_.noise_matrix)
        self.noise_rate_ = float(1 - self.estimator_.py @ kept)
        return self

    def predict(self, X):
        """Return labels as given to fit."""
        return self.classes_[self.estimator_.predict(X)]


@dataclass(frozen=True)
class Method:
    """How a row is made, and which labels it is fitted to."""

    make: Callable
    shown: str = "noisy"  # or "clean", or "correct": the rightly labelled rows only
    tuned: bool = False  # whether the base is tuned on the noisy labels before


def _neighbors(base, seed):
    grid = {"n_neighbors": [5, 15, 31, 61]}
    return GridSearchCV(KNeighborsClassifier(), grid, cv=folds(5, seed))


def _spreading(base, seed):
    # A clamp that lets neighbours overrule a label.
    return LabelSpreading(kernel="knn", n_neighbors=10, alpha=0.8)


def _flagship(base, seed):
    return NoisyLabelClassifier(base, random_state=seed)


def _corrected(correction):
    def make(base, seed):
        return NoiseTransitionClassifier(base, correction=correction, random_state=seed)

    return Method(make)


FLAGSHIP, CLEAN_LEARNING = "NoisyLabelClassifier", "CleanLearning"
FOREST_FILTER, NEIGHBORS = "forest filter", "kNN, k tuned"
MARGINS = "AUM, small net"
METHODS = {
    PLAIN: Method(lambda base, seed: base),
    CLEAN: Method(lambda base, seed: base, shown="clean"),
    CORRECT: Method(lambda base, seed: base, shown="correct"),
    "tuned base": Method(lambda base, seed: base, tuned=True),
    NEIGHBORS: Method(_neighbors),
    "LabelSpreading(knn)": Method(_spreading),
    FOREST_FILTER: Method(ForestFilter),
    MARGINS: Method(AreaUnderMargin),
    CLEAN_LEARNING: Method(CleanLearningRow),
    CLEAN_LEARNING + TUNED: Method(CleanLearningRow, tuned=True),
    FLAGSHIP: Method(_flagship),
    FLAGSHIP + TUNED: Method(_flagship, tuned=True),
    "SimilarityReweightingClassifier": Method(
        lambda base, seed: SimilarityReweightingClassifier(base, random_state=seed)
    ),
    "NoiseTransitionClassifier(forward)": _corrected("forward"),
    "NoiseTransitionClassifier(importance)": _corrected("importance"),
    "RefinedLabelClassifier(QualityWeighting)": Method(
        lambda base, seed: RefinedLabelClassifier(base, QualityWeighting())
    ),
    "RefinedLabelClassifier(ConfidentPruning)": Method(
        lambda base, seed: RefinedLabelClassifier(base, ConfidentPruning())
    ),
}
QUICK = (PLAIN, CLEAN, NEIGHBORS, FOREST_FILTER, CLEAN_LEARNING, FLAGSHIP)
# How the names of rows begin that are left out where a library is not installed.
NEEDS = {"CleanLearning": "cleanlab", "cleanlab": "cleanlab", "crowd-kit": "crowdkit"}
NEEDS["net: "] = "skorch"


def installed(rows):
    """Return those of the rows whose library is here."""
    absent = {
        n for n, library in NEEDS.items() if not importlib.util.find_spec(library)
    }
    return [row for row in rows if not row.startswith(tuple(absent))]


def make_method(name, base, seed):
    """Return a row of the registry, or what an import path leads to, unfitted."""
    base = clone(base)
    return METHODS[name].make(base, seed) if name in METHODS else load(name, base, seed)


def load(path, base, seed):
    """Return what an import path leads to: a class, a function or an estimator.

    Of the parameters of a class or function, the first that is named like a base gets
    it, and ``random_state`` the seed; all others keep their defaults.
    """
    made = import_name(path)
    if not callable(made):
        return clone(made)
    names = list(inspect.signature(made).parameters)
    params = {name: base for name in BASE_PARAMETERS if name in names}
    params = dict(list(params.items())[:1])
    if "random_state" in names:
        params["random_state"] = seed
    return made(**params)


def import_name(path):
    """Return the object at an import path, such as ``package.module:Name``."""
    module, _, name = path.replace(":", ".").rpartition(".")
    if not module:
        raise ValueError(
            f"--method expected an import path such as package.module:Name, but got "
            f"{path!r}. The rows that need no path are: {', '.join(METHODS)}."
        )
    return getattr(importlib.import_module(module), name)
