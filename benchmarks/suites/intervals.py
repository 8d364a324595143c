"""How often intervals of 95 % hold the score on clean labels, on generated labels.

600 rows of three classes whose labels are wrong by a known matrix, drawn anew in each
repeat; the cells are the metrics. Rows: ``noise_corrected_score`` with the matrix
given, with a matrix counted on 200 checked labels, and ``trusted_score`` with 100
trusted rows. Figures: the share of the repeats in which the interval holds the truth,
and the mean error of the score in its own standard errors.
"""

import numpy as np

from benchmarks.cells import Cell
from sknoisy._transition_matrix import normalize_rows
from sknoisy.metrics import noise_corrected_score, trusted_score
from sknoisy.metrics._proba_scores import PROBA_SCORES
from sknoisy.metrics._read import METRICS
from sknoisy.metrics._trusted_score import _influence

FIGURES = ("coverage", "standard_errors")
METHODS = OURS = ("matrix given", "matrix estimated", "trusted_score")
REFERENCES = ()
T = np.array([[0.7, 0.2, 0.1], [0.05, 0.8, 0.15], [0.2, 0.1, 0.7]])
PRIOR, N_ROWS, N_CHECKED, N_TRUSTED = [0.5, 0.3, 0.2], 600, 200, 100
REPEATS, QUICK_REPEATS = 200, 40


def cells(options):
    for metric in METRICS:
        yield Cell("generated", "generated", metric, "", 0)


def draw(rng, n):
    """Return clean labels, noisy labels and probabilities of a classifier."""
    y = rng.choice(3, n, p=PRIOR)
    logits = rng.randn(n, 3) + 2 * np.eye(3)[y]
    proba = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    return y, flipped(rng, y), proba


def flipped(rng, y):
    """Return labels that are wrong by the matrix."""
    return (rng.rand(len(y))[:, None] > np.cumsum(T[y], axis=1)).sum(axis=1)


def prepare(cell, options):
    """Return the metric, its value on very many rows, and the number of repeats."""
    y, _, proba = draw(np.random.RandomState(1), 400000)
    truth = _influence(cell.noise, y, predictions(cell.noise, proba), 3).value
    return cell.noise, truth, QUICK_REPEATS if options.quick else REPEATS


def predictions(metric, proba):
    return proba if metric in PROBA_SCORES else proba.argmax(axis=1)


def measure(problem, row):
    metric, truth, repeats = problem
    held, errors = [], []
    for seed in range(repeats):
        rng = np.random.RandomState(1000 + seed)
        y, noisy, proba = draw(rng, N_ROWS)
        score = score_of(row, metric, y, noisy, predictions(metric, proba), rng)
        low, high = score.interval
        held.append(low <= truth <= high)
        errors.append(abs(score.value - truth) / score.standard_error)
    return {"coverage": np.mean(held), "standard_errors": np.mean(errors)}


def score_of(row, metric, y, noisy, p, rng):
    if row == "trusted_score":
        trusted = np.arange(N_ROWS) < N_TRUSTED
        return trusted_score(y[trusted], noisy, p, trusted=trusted, metric=metric)
    if row == "matrix given":
        return noise_corrected_score(noisy, p, metric=metric, transition=T)
    checked = rng.choice(3, N_CHECKED, p=PRIOR)
    pairs = 3 * checked + flipped(rng, checked)
    counts = np.bincount(pairs, minlength=9).reshape(3, 3)
    known = {"transition": normalize_rows(counts), "support": counts.sum(axis=1)}
    return noise_corrected_score(noisy, p, metric=metric, **known)
