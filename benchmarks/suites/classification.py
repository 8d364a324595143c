"""Classifiers on labels with injected and with real noise, tested on clean labels.

Tables, and digits, pixels, images and texts; 5 % of wrong labels for detection. The row
that counts is ``NoisyLabelClassifier`` with its default constructor; all rows of a cell
see the same rows, features and noisy labels. At most 1,000 training and 3,000 test
rows.
"""

import time

import numpy as np
from sklearn.metrics import average_precision_score, roc_auc_score

from benchmarks.cells import CLEAN, row_cells, row_problem
from benchmarks.methods import CORRECT, FLAGSHIP, METHODS, QUICK, make_method

__all__ = ["METHODS", "QUICK"]

FIGURES = ("accuracy", "auroc", "average_precision", "rate_error", "seconds")
OURS = (FLAGSHIP,)
REFERENCES = (CLEAN, CORRECT)
prepare = row_problem


def cells(options):
    """Yield the cells: logistic regression and forest, boosting in a full run."""
    return row_cells(options, bases=("lr", "rf") + (() if options.quick else ("hgb",)))


def measure(problem, method):
    """Return accuracy, ranking of the wrong labels, error of the rate, and seconds."""
    known, labels = METHODS.get(method), problem.labels
    X, y = labels.X, labels.clean if known and known.shown == "clean" else labels.noisy
    if known and known.shown == "correct":
        X, y = X[~labels.wrong], y[~labels.wrong]
    base = problem.tuned_base if known and known.tuned else problem.base
    model = make_method(method, base, problem.cell.seed)
    start = time.process_time()
    model.fit(X, y)
    found = {"seconds": time.process_time() - start}
    return found | {"accuracy": problem.accuracy(model)} | detection(model, labels)


def detection(model, labels):
    """Return how a fitted model ranks the wrong labels, and the error of its rate."""
    quality, found = getattr(model, "label_quality_", None), {}
    if quality is not None and labels.wrong.any():
        found["auroc"] = roc_auc_score(labels.wrong, -quality)
        found["average_precision"] = average_precision_score(labels.wrong, -quality)
    if (rate := getattr(model, "noise_rate_", None)) is not None:
        found["rate_error"] = float(rate - np.mean(labels.wrong))
    return found
