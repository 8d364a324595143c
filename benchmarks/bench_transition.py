"""Error of the estimated noise transition matrix on noise that is known.

Run ``python benchmarks/bench_transition.py``. Every estimator of a transition matrix
that sknoisy has is fitted with its defaults on sets of 2, 5 and 10 classes whose
labels were flipped by a known matrix T, and the tables show the largest error of any
entry, ``max |estimate - T|``, beside the error of the estimated noise rate.
"""

import argparse
import inspect
import sys
import time
import traceback
import warnings
from collections import defaultdict

import numpy as np
from _rivals import has_cleanlab
from _table import average, markdown, shown
from sklearn.datasets import (
    load_breast_cancer,
    load_digits,
    make_blobs,
    make_classification,
)
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict, cross_val_score
from sklearn.preprocessing import scale
from threadpoolctl import threadpool_limits

from sknoisy import transition
from sknoisy.noise import TransitionNoise
from sknoisy.transition import BaseTransitionEstimator, make_transition_matrix

N_SAMPLES = 2000
IDENTITY = "no noise assumed"
KINDS = ("uniform", "pair", "random", "block")
# With two classes all kinds are the same, so that the second kind flips one class only.
KINDS_BINARY = ("uniform", "one-sided")


def blobs(n_classes, seed):
    """Return round clusters that overlap."""
    return make_blobs(
        N_SAMPLES, 6, centers=n_classes, cluster_std=3.0, random_state=seed
    )


def clusters(n_classes, seed):
    """Return classes of two clusters each, which no linear model separates."""
    return make_classification(
        N_SAMPLES,
        n_features=20,
        n_informative=10,
        n_redundant=4,
        n_classes=n_classes,
        n_clusters_per_class=2,
        class_sep=2.0,
        flip_y=0,
        random_state=seed,
    )


PROBLEMS = {
    **{f"blobs, {k} classes": (blobs, k) for k in (2, 5, 10)},
    **{f"clusters, {k} classes": (clusters, k) for k in (2, 5, 10)},
    "breast_cancer": (lambda k, seed: load_breast_cancer(return_X_y=True), 2),
    "digits": (lambda k, seed: load_digits(return_X_y=True), 10),
}


class Identity:
    """The estimate of those who do not ask."""

    def fit(self, X, y):
        """Believe every label."""
        self.transition_matrix_ = np.eye(int(y.max()) + 1)
        self.noise_rate_ = 0.0
        return self


class CleanlabTransition:
    """cleanlab's estimate on out-of-fold probabilities of a logistic regression."""

    def fit(self, X, y):
        """Estimate from five shuffled folds, as CleanLearning does."""
        from cleanlab.count import compute_confident_joint, estimate_latent

        folds = StratifiedKFold(5, shuffle=True, random_state=0)
        proba = cross_val_predict(
            LogisticRegression(), X, y, cv=folds, method="predict_proba"
        )
        joint = compute_confident_joint(y, proba)
        prior, by_columns, _ = estimate_latent(joint, y)
        self.transition_matrix_ = by_columns.T
        self.noise_rate_ = float(1 - prior @ np.diag(by_columns))
        return self


def discover():
    """Return the estimators of the room by name, with their defaults."""
    found = {}
    for name in transition.__all__:
        member = getattr(transition, name)
        is_class = inspect.isclass(member) and not inspect.isabstract(member)
        if is_class and issubclass(member, BaseTransitionEstimator):
            found[name] = member
    return found


def true_matrix(kind, rate, n_classes, seed):
    """Return the matrix that flips the labels."""
    if kind == "one-sided":
        return make_transition_matrix(n_classes, [0.0, rate])
    return make_transition_matrix(n_classes, rate, kind=kind, random_state=seed)


def settings(quick, seeds):
    """Yield problem, number of classes, kind of noise, rate and seed."""
    for seed in range(seeds):
        for problem, (_, n_classes) in PROBLEMS.items():
            for kind in KINDS_BINARY if n_classes == 2 else KINDS:
                for rate in (0.4,) if quick else (0.2, 0.4):
                    yield problem, n_classes, kind, rate, seed


def measure(estimator, X, y_noisy, T, wrong):
    """Return the errors of one estimate and its time."""
    start = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        estimator.fit(X, y_noisy)
    return {
        "seconds": time.perf_counter() - start,
        "T": float(np.abs(estimator.transition_matrix_ - T).max()),
        "rate": float(estimator.noise_rate_ - wrong),
    }


def run(methods, quick, seeds):
    """Return a record per setting and method, and the number of failures."""
    records, failures = [], 0
    for problem, n_classes, kind, rate, seed in settings(quick, seeds):
        make, _ = PROBLEMS[problem]
        X, y = make(n_classes, seed)
        X = scale(X)
        T = true_matrix(kind, rate, n_classes, seed)
        y_noisy = TransitionNoise(T, random_state=1000 + seed).corrupt(y)
        where = {"problem": problem, "n_classes": n_classes}
        where["noise"] = f"{kind}{100 * rate:.0f}"
        for name, method in methods.items():
            try:
                found = measure(method(), X, y_noisy, T, np.mean(y_noisy != y))
            except Exception:
                failures += 1
                print(f"FAILED: {name} on {where}, seed {seed}", file=sys.stderr)
                traceback.print_exc()
                continue
            records.append({**where, "seed": seed, "method": name, **found})
        print(f"{where}, seed {seed}: done", file=sys.stderr)
    return records, failures


def error_table(records, figure, column):
    """Return the mean error by the values of a column, with the largest in brackets."""
    values = list(dict.fromkeys(record[column] for record in records))
    groups = defaultdict(list)
    for record in records:
        for value in (record[column], "all"):
            groups[record["method"], value].append(abs(record[figure]))
    rows = []
    for method in dict.fromkeys(record["method"] for record in records):
        row = [groups[method, value] for value in (*values, "all")]
        texts = [f"{average(e):.3f} ({max(e):.3f})" if e else "." for e in row]
        rows.append([method, *texts])
    return markdown(["method", *values, "all"], rows)


def overview_table(records):
    """Return errors over all settings, the bias of the rate, and the time of a fit."""
    rows = []
    for method in dict.fromkeys(record["method"] for record in records):
        mine = [record for record in records if record["method"] == method]
        texts = [shown(average(abs(r[f]) for r in mine), 3, 1) for f in ("T", "rate")]
        bias = shown(average(r["rate"] for r in mine), 3, 1, sign=True)
        seconds = shown(float(np.median([r["seconds"] for r in mine])), 2, 1)
        rows.append([method, *texts, bias, seconds])
    header = ["method", "max error of T", "error of rate", "bias of rate", "seconds"]
    return markdown(header, rows)


def difficulty_table():
    """Return how well a logistic regression learns each problem from clean labels."""
    rows = []
    for problem, (make, n_classes) in PROBLEMS.items():
        X, y = make(n_classes, 0)
        accuracy = cross_val_score(LogisticRegression(max_iter=200), scale(X), y, cv=5)
        rows.append([problem, str(len(y)), shown(accuracy.mean())])
    return markdown(["problem", "rows", "accuracy on clean labels, %"], rows)


def print_tables(records):
    """Print all tables as Markdown."""
    print(f"\n## The problems, seed 0\n\n{difficulty_table()}")
    print(f"\n## All settings, means\n\n{overview_table(records)}")
    for n_classes in (2, 5, 10):
        some = [record for record in records if record["n_classes"] == n_classes]
        print(f"\n## {n_classes} classes: max error of T, mean (largest)\n")
        print(error_table(some, "T", "noise"))
        print(f"\n## {n_classes} classes: error of the noise rate, mean (largest)\n")
        print(error_table(some, "rate", "noise"))
    print("\n## By problem: max error of T, mean (largest)\n")
    print(error_table(records, "T", "problem"))


def main():
    """Run what is asked for and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="one seed, 40 %% only")
    parser.add_argument("--seeds", type=int, help="number of seeds (default: 5)")
    options = parser.parse_args()
    methods = {IDENTITY: Identity, **discover()}
    if has_cleanlab():
        methods["cleanlab"] = CleanlabTransition
    seeds = options.seeds or (1 if options.quick else 5)
    with threadpool_limits(1):
        records, failures = run(methods, options.quick, seeds)
        print_tables(records)
    if failures:
        sys.exit(f"{failures} fits failed; see above.")


if __name__ == "__main__":
    main()
