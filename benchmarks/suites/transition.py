"""Error of the estimated noise transition matrix on noise that is known.

Every estimator of a transition matrix is fitted with its defaults on generated sets of
2, 5 and 10 classes, on breast cancer and on digits, whose labels were flipped by a
known matrix T. Figures: the largest error of any entry, the error of the noise rate,
and the accuracy of a logistic regression on clean labels, which tells how hard a
problem is.

With ``--method`` a row has ``fit(X, y)``, ``transition_matrix_`` and ``noise_rate_``.
"""

import inspect
import time
from functools import partial

import numpy as np
from sklearn.datasets import (
    load_breast_cancer,
    load_digits,
    make_blobs,
    make_classification,
)
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_predict, cross_val_score
from sklearn.preprocessing import scale

from benchmarks.bases import folds
from benchmarks.cells import Cell
from benchmarks.methods import import_name
from sknoisy import transition
from sknoisy.noise import TransitionNoise
from sknoisy.transition import BaseTransitionEstimator, make_transition_matrix

FIGURES = ("entry_error", "rate_error", "accuracy", "seconds")
LOWER_IS_BETTER = True
REFERENCES = ("no noise assumed",)
CLEANLAB = "cleanlab"
N_SAMPLES = 2000
# With two classes all kinds are the same, so that the second kind flips one class only.
KINDS = {2: ("uniform", "one-sided"), 5: ("uniform", "pair", "random", "block")}


def blobs(n_classes, seed):
    """Return round clusters that overlap."""
    drawn = {"centers": n_classes, "cluster_std": 3.0, "random_state": seed}
    return make_blobs(N_SAMPLES, 6, **drawn)


def clusters(n_classes, seed):
    """Return classes of two clusters each, which no linear model separates."""
    drawn = {"n_informative": 10, "n_redundant": 4, "n_clusters_per_class": 2}
    drawn |= {"class_sep": 2.0, "flip_y": 0, "random_state": seed}
    return make_classification(N_SAMPLES, 20, n_classes=n_classes, **drawn)


PROBLEMS = {
    **{f"blobs, {k}": (partial(blobs, k), k) for k in (2, 5, 10)},
    **{f"clusters, {k}": (partial(clusters, k), k) for k in (2, 5, 10)},
    "breast_cancer": (lambda seed: load_breast_cancer(return_X_y=True), 2),
    "digits": (lambda seed: load_digits(return_X_y=True), 10),
}


def _estimators():
    found = {}
    for name in transition.__all__:
        member = getattr(transition, name)
        is_class = inspect.isclass(member) and not inspect.isabstract(member)
        if is_class and issubclass(member, BaseTransitionEstimator):
            # What needs verified labels has a suite of its own.
            found |= {} if "Trusted" in name else {name: member}
    return found


ESTIMATORS = _estimators()
OURS = tuple(ESTIMATORS)
METHODS = (*REFERENCES, CLEANLAB, *OURS)


def cells(options):
    for seed in options.seed_range(5):
        for name, (_, n_classes) in PROBLEMS.items():
            for kind in KINDS.get(n_classes, KINDS[5]):
                for rate in (40,) if options.quick else (20, 40):
                    yield Cell(name, "generated", f"{kind}{rate}", "", seed)


def prepare(cell, options):
    """Return rows, noisy labels, their matrix, the share wrong, the accuracy."""
    make, n_classes = PROBLEMS[cell.data]
    X, y = make(cell.seed)
    X, kind, rate = scale(X), cell.noise[:-2], int(cell.noise[-2:]) / 100
    if kind == "one-sided":
        kind, rate = "uniform", [0.0, rate]
    T = make_transition_matrix(n_classes, rate, kind=kind, random_state=cell.seed)
    noisy = TransitionNoise(T, random_state=1000 + cell.seed).corrupt(y)
    accuracy = cross_val_score(LogisticRegression(max_iter=200), X, y, cv=5).mean()
    return X, noisy, T, float(np.mean(noisy != y)), accuracy


def by_cleanlab(X, y):
    """Return cleanlab's matrix and rate by a logistic regression out of fold."""
    from cleanlab.count import compute_confident_joint, estimate_latent

    proba = cross_val_predict(
        LogisticRegression(), X, y, cv=folds(5, 0), method="predict_proba"
    )
    prior, by_columns, _ = estimate_latent(compute_confident_joint(y, proba), y)
    return by_columns.T, float(1 - prior @ np.diag(by_columns))


def measure(problem, row):
    X, noisy, T, wrong, accuracy = problem
    start = time.process_time()
    if row in REFERENCES:
        found, rate = np.eye(len(T)), 0.0
    elif row == CLEANLAB:
        found, rate = by_cleanlab(X, noisy)
    else:
        model = (ESTIMATORS.get(row) or import_name(row))().fit(X, noisy)
        found, rate = model.transition_matrix_, model.noise_rate_
    seconds = time.process_time() - start
    error = float(np.abs(found - T).max())
    figures = {"entry_error": error, "seconds": seconds}
    figures["rate_error"] = float(rate - wrong)
    return figures | ({"accuracy": accuracy} if row in REFERENCES else {})
