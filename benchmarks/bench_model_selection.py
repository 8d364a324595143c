"""Choosing and scoring models when the validation labels are wrong too.

    python benchmarks/bench_model_selection.py [--seeds 2] [--cache FOLDER]
    python benchmarks/bench_model_selection.py --only coverage speed

Eighteen candidates (linear, neighbours, forests, boosting) are predicted out of fold on
five folds of at most 1,000 noisy rows, once for each set, noise and seed; what is found
is kept in ``--cache``. Each way of scoring then chooses one. Sets that ``SKNOISY_DATA``
does not lead to are left out; those of the first half chose the constants of
``sknoisy.quality._noise_model``, those of the second half check them.
"""

import argparse
import tempfile
import time
import warnings

import numpy as np
from _noise import NONE
from _selection import CHECKING, CHOOSING, cells
from _table import markdown
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, f1_score
from sklearn.model_selection import GridSearchCV
from threadpoolctl import threadpool_limits

from sknoisy._labels import NoisyLabels
from sknoisy._transition_matrix import normalize_rows
from sknoisy.metrics import (
    noise_corrected_score,
    noise_corrected_scorer,
    trusted_score,
)
from sknoisy.metrics._proba_scores import PROBA_SCORES
from sknoisy.metrics._read import METRICS
from sknoisy.metrics._trusted_score import _influence
from sknoisy.noise import UniformNoise
from sknoisy.quality._noise_model import estimated_transition, held_out_quality

KINDS = ("pair", "block", "uniform", "border", "real", NONE)
FOLDS = range(5)
# The row that counts, named before the run.
COUNTS = 'noise_corrected_scorer("accuracy").fit(X, y)'


def agreement(cell, y):
    """Return the share of right predictions, (n_folds, n_candidates)."""
    right = cell.predicted == y[:, None]
    return np.array([right[cell.fold == f].mean(axis=0) for f in FOLDS])


def by_inverse(cell, matrices):
    """Return accuracies corrected by the inverse of a matrix for each fold."""
    scores = []
    for f, T in zip(FOLDS, matrices, strict=True):
        rows, R = cell.fold == f, np.linalg.pinv(T)
        own = R[cell.noisy[rows][:, None], cell.predicted[rows]]
        scores.append(own.mean(axis=0))
    return np.array(scores)


def with_true_matrix(cell):
    K = cell.n_classes
    pairs = np.bincount(cell.clean * K + cell.noisy, minlength=K * K).reshape(K, K)
    T = normalize_rows(pairs + np.diag(pairs.sum(axis=1) == 0))
    return by_inverse(cell, [T] * 5)


def fitted(cell):
    T = estimated_transition(cell.X, cell.noisy, cell.n_classes)
    return by_inverse(cell, [T] * 5)


def by_part(cell):
    """Correct by a matrix of each test part: what the scorer refuses to do."""
    parts = [cell.fold == f for f in FOLDS]
    return by_inverse(
        cell,
        [estimated_transition(cell.X[p], cell.noisy[p], cell.n_classes) for p in parts],
    )


def of_high_quality(cell):
    """Score on the rows that LabelQualityFold keeps."""
    labels = NoisyLabels(codes=cell.noisy, classes=np.arange(cell.n_classes))
    kept = held_out_quality(cell.X, labels) >= 0.5
    right = cell.predicted == cell.noisy[:, None]
    return np.array(
        [
            right[kept & (cell.fold == f)].mean(axis=0)
            if (kept & (cell.fold == f)).any()
            else right[cell.fold == f].mean(axis=0)
            for f in FOLDS
        ]
    )


WAYS = {
    "noisy labels as they are": lambda cell: agreement(cell, cell.noisy),
    COUNTS: fitted,
    "a matrix of each test part (200 rows)": by_part,
    "LabelQualityFold()": of_high_quality,
    "inverse of the true matrix": with_true_matrix,
    "clean labels (the limit)": lambda cell: agreement(cell, cell.clean),
}


def selection(folder, seeds, ways):
    """Print regret and error of the score for each way, kind of noise and half."""
    for half, sets in {"choosing": CHOOSING, "checking": CHECKING}.items():
        found = {kind: [] for kind in KINDS}
        for cell in cells(folder, sets, range(seeds)):
            clean = agreement(cell, cell.clean).mean(axis=0)
            outcome = {}
            for way in ways:
                score = WAYS[way](cell).mean(axis=0)
                regret = cell.accuracy.max() - cell.accuracy[score.argmax()]
                outcome[way] = regret, np.abs(score - clean).mean()
            found[cell.kind].append(outcome)
        counts = {kind: len(outcomes) for kind, outcomes in found.items()}
        print(
            f"\nRegret in points (worst cell against plain); error of the score, {half}"
        )
        print(f"half, cells: {counts}\n")
        rows = [[way, *(summary(found[kind], way) for kind in KINDS)] for way in ways]
        print(markdown(["way", *KINDS], rows), flush=True)


def summary(outcomes, way):
    """Return the entry of a table."""
    if not outcomes:
        return "."
    plain = np.array([one["noisy labels as they are"][0] for one in outcomes])
    regret = np.array([one[way][0] for one in outcomes])
    error = np.mean([one[way][1] for one in outcomes])
    worst = (regret - plain).max()
    return f"{100 * regret.mean():.2f} ({100 * worst:+.1f}); {100 * error:.1f}"


def with_few_verified(folder, seeds, share=0.05, draws=5):
    """Print the regret of prediction-powered accuracy near the border, by half."""
    for half, sets in {"choosing": CHOOSING, "checking": CHECKING}.items():
        regrets = []
        for cell in cells(folder, sets, range(seeds)):
            if cell.kind == "border":
                regrets += [verified_regret(cell, share, seed) for seed in range(draws)]
        print(
            f"\nNear the border, {share:.0%} verified, {half} half: regret "
            f"{100 * np.mean(regrets):.2f} points in {len(regrets)} draws",
            flush=True,
        )


def verified_regret(cell, share, seed):
    """Return what the choice by a few verified and all noisy labels loses."""
    n = len(cell.noisy)
    rows = np.random.RandomState(seed).permutation(n)[: int(share * n)]
    trusted = np.isin(np.arange(n), rows)
    right = (cell.predicted == cell.clean[:, None])[trusted].astype(float)
    agree = (cell.predicted == cell.noisy[:, None]).astype(float)
    middle, rest = agree[trusted].mean(axis=0), agree[~trusted].mean(axis=0)
    centred = agree[trusted] - middle
    # One power for all candidates, so that none gains by its own.
    power = ((right - right.mean(axis=0)) * centred).sum() / (centred**2).sum()
    power = np.clip(power / (1 + trusted.sum() / (~trusted).sum()), 0, 1)
    score = right.mean(axis=0) + power * (rest - middle)
    return cell.accuracy.max() - cell.accuracy[score.argmax()]


T = np.array([[0.7, 0.2, 0.1], [0.05, 0.8, 0.15], [0.2, 0.1, 0.7]])


def draw(rng, n):
    """Return clean labels, noisy labels and probabilities of a classifier."""
    y = rng.choice(3, n, p=[0.5, 0.3, 0.2])
    logits = rng.randn(n, 3) + 2 * np.eye(3)[y]
    proba = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    return y, flipped(rng, y), proba


def flipped(rng, y):
    return (rng.rand(len(y))[:, None] > np.cumsum(T[y], axis=1)).sum(axis=1)


def coverage(repeats, n=600, n_checked=200, n_trusted=100):
    """Print how often intervals of 95 % hold the score on clean labels."""
    y, _, proba = draw(np.random.RandomState(1), 400000)
    truth = {m: _influence(m, y, needed(m, proba), 3).value for m in METRICS}
    ways = ("matrix given", "matrix estimated", "trusted_score")
    hits = {(m, way): [] for m in METRICS for way in ways}
    errors = {m: [] for m in METRICS}
    trusted = np.arange(n) < n_trusted
    for seed in range(repeats):
        rng = np.random.RandomState(1000 + seed)
        y, noisy, proba = draw(rng, n)
        checked = rng.choice(3, n_checked, p=[0.5, 0.3, 0.2])
        pairs = 3 * checked + flipped(rng, checked)
        counts = np.bincount(pairs, minlength=9).reshape(3, 3)
        support = counts.sum(axis=1)
        for m in METRICS:
            p = needed(m, proba)
            given = noise_corrected_score(noisy, p, metric=m, transition=T)
            read = noise_corrected_score(
                noisy, p, metric=m, transition=normalize_rows(counts), support=support
            )
            few = trusted_score(y[trusted], noisy, p, trusted=trusted, metric=m)
            for way, score in zip(ways, (given, read, few), strict=True):
                low, high = score.interval
                hits[m, way].append(low <= truth[m] <= high)
            errors[m].append(abs(given.value - truth[m]) / given.standard_error)
    rows = [
        [m, *(f"{100 * np.mean(hits[m, way]):.1f}" for way in ways)]
        + [f"{np.mean(errors[m]):.2f}"]
        for m in METRICS
    ]
    print(f"\nCoverage in % of {repeats} repeats ({n} rows; {n_checked} checked labels")
    print(f"for the matrix; {n_trusted} trusted rows); mean error, matrix given, in")
    print("standard errors\n")
    print(markdown(["metric", *ways, "error"], rows), flush=True)


def needed(metric, proba):
    return proba if metric in PROBA_SCORES else proba.argmax(axis=1)


def clock(call, repeats=3):
    """Return the least time of some calls."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return min(times)


def speed(n=1_000_000, K=10):
    """Print times against those of scikit-learn's metrics and of a plain search."""
    rng = np.random.RandomState(0)
    y, y_pred = rng.randint(0, K, n), rng.randint(0, K, n)
    T = np.full((K, K), 0.3 / (K - 1)) + (0.7 - 0.3 / (K - 1)) * np.eye(K)
    rows = []
    for metric, other in {
        "accuracy": accuracy_score,
        "f1_macro": lambda a, b: f1_score(a, b, average="macro"),
    }.items():
        ours = clock(
            lambda m=metric: noise_corrected_score(y, y_pred, metric=m, transition=T)
        )
        theirs = clock(lambda f=other: f(y, y_pred))
        rows.append([metric, f"{ours:.3f}", f"{theirs:.3f}", f"{ours / theirs:.2f}"])
    print(f"\nSeconds for {n:,} rows and {K} classes\n")
    print(markdown(["metric", "ours", "scikit-learn", "ratio"], rows), flush=True)
    X, y = make_classification(2000, 20, n_informative=10, n_classes=5, random_state=0)
    y = UniformNoise(0.3, random_state=0).corrupt(y)
    grid = {"C": np.logspace(-3, 2, 18)}

    def search(scoring=None):
        return GridSearchCV(LogisticRegression(max_iter=500), grid, scoring=scoring)

    plain = clock(lambda: search().fit(X, y), 2)
    scorer = noise_corrected_scorer("accuracy")
    ours = clock(lambda: search(scorer.fit(X, y)).fit(X, y), 1)
    print(
        f"\nSearch over 18 logistic regressions, 2,000 x 20: {ours / plain:.2f} times"
    )
    print(f"the time of the same search without the scorer ({plain:.1f} s)", flush=True)


def main():
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=200)
    parser.add_argument("--ways", nargs="+", default=list(WAYS), choices=list(WAYS))
    parser.add_argument("--cache", default=f"{tempfile.gettempdir()}/sknoisy-selection")
    parts = ("selection", "verified", "coverage", "speed")
    parser.add_argument("--only", nargs="+", default=parts, choices=parts)
    options = parser.parse_args()
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if "selection" in options.only:
            selection(options.cache, options.seeds, options.ways)
        if "verified" in options.only:
            with_few_verified(options.cache, options.seeds)
        if "coverage" in options.only:
            coverage(options.repeats)
        if "speed" in options.only:
            speed()


if __name__ == "__main__":
    main()
