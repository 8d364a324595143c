"""The parts of similarity reweighting, switched on one by one.

Run ``python benchmarks/bench_resup.py``. The published parts are switched on one by one
around a logistic regression: weights by a Beta mixture over the cosine similarity, the
exchange between two models (extra trees are the second); then the defaults of sknoisy.
Digits and MNIST get noise of known kind and rate, ``ferplus`` has the labels that
FER2013 came with against those of ten annotators.
``--generated`` tries the same rows on sets drawn by scikit-learn, on which nothing was
chosen.
"""

import argparse
import time
import warnings
from collections import defaultdict

import numpy as np
from _data import Split, available, load_split
from _noise import NONE, noisy_labels
from _table import average, markdown, shown
from sklearn.base import clone
from sklearn.datasets import make_blobs, make_classification
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score, recall_score, roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from sknoisy import NoisyLabelClassifier, SimilarityReweightingClassifier
from sknoisy.quality import SimilarityMixture

NOISES = (NONE, "uniform10", "uniform30", "uniform50", "pair30")
GENERATED = {
    "blobs5": lambda seed: make_blobs(
        3000, 6, centers=5, cluster_std=3.0, random_state=seed
    ),
    "clusters3": lambda seed: _clusters(3, seed),
    "clusters8": lambda seed: _clusters(8, seed),
    "imbalanced4": lambda seed: _clusters(4, seed, weights=[0.55, 0.25, 0.12, 0.08]),
}
PUBLISHED = {"similarity": "cosine", "transition": None, "action": "weight"}
PLAIN, ORACLE = "plain", "oracle: correct rows"


def _clusters(n_classes, seed, weights=None):
    return make_classification(
        3000,
        n_features=20,
        n_informative=12,
        n_classes=n_classes,
        n_clusters_per_class=1,
        class_sep=1.5,
        flip_y=0,
        weights=weights,
        random_state=seed,
    )


def methods(seed):
    """Return {row: unfitted estimator}."""
    base = LogisticRegression(max_iter=300)
    trees = ExtraTreesClassifier(50, random_state=seed)

    def published(**params):
        return SimilarityReweightingClassifier(
            base, trees, combine="first", random_state=seed, **PUBLISHED | params
        )

    return {
        PLAIN: base,
        "weights (W)": published(exchange=False),
        "W, exchange (W + S)": published(exchange=True),
        "W + S, two rounds": published(exchange=True, n_rounds=2),
        "W, mixture on pooled evidence": published(exchange="pool"),
        "the same, filter": published(exchange="pool", action="filter"),
        "the same, margin": published(
            exchange="pool", action="filter", similarity="margin"
        ),
        "the same, Gaussian": published(
            exchange="pool", action="filter", similarity="margin", mixture="gaussian"
        ),
        "the same, clean posterior too": published(
            exchange="pool", action="filter", similarity="margin", transition="auto"
        ),
        "**default** (forest as the second opinion)": SimilarityReweightingClassifier(
            base, random_state=seed
        ),
        "NoisyLabelClassifier()": NoisyLabelClassifier(base, random_state=seed),
        ORACLE: base,
    }


def generated_split(name, seed):
    """Return the split of a set that scikit-learn draws."""
    X, y = GENERATED[name](seed)
    X_train, X_test, y_train, y_test = train_test_split(
        X, y, test_size=0.4, stratify=y, random_state=seed
    )
    scaler = StandardScaler().fit(X_train)
    return Split(
        name, scaler.transform(X_train), y_train, scaler.transform(X_test), y_test
    )


def measure(name, model, labels, split):
    """Return what a row is judged by."""
    X, y = labels.X, labels.noisy
    if name == ORACLE:
        X, y = X[~labels.wrong], y[~labels.wrong]
    start = time.perf_counter()
    model = clone(model).fit(X, y)
    seconds = time.perf_counter() - start
    predicted = model.predict(split.X_test)
    found = {
        "accuracy": np.mean(predicted == split.y_test),
        "macro_f1": f1_score(split.y_test, predicted, average="macro"),
        "recalls": recall_score(split.y_test, predicted, average=None, zero_division=0),
        "seconds": seconds,
    }
    if hasattr(model, "label_quality_"):
        found["noise_rate"] = model.noise_rate_
        if labels.wrong.any():
            found["auroc"] = roc_auc_score(~labels.wrong, model.label_quality_)
    return found


def run(cells, seeds, load):
    """Return {(set, noise): {row: [measurements]}}."""
    results = defaultdict(lambda: defaultdict(list))
    for name, noises in cells.items():
        for seed in range(seeds):
            split = load(name, seed)
            for noise in noises:
                labels = noisy_labels(split, noise, seed)
                for row, model in methods(seed).items():
                    found = measure(row, model, labels, split)
                    results[name, noise][row].append(found)
    return results


def print_results(results):
    """Print a table for each measure, and the recalls of real noise."""
    for measured, title, scale, digits in (
        ("accuracy", "Accuracy, % (spread over the seeds)", 100, 1),
        ("macro_f1", "Macro-F1, %", 100, 1),
        ("auroc", "Detection of wrong labels, AUROC", 1, 3),
        ("noise_rate", "Estimated noise rate, %", 100, 1),
        ("seconds", "Wall time of a fit, seconds", 1, 2),
    ):
        print(f"\n## {title}\n")
        lines = []
        for row in next(iter(results.values())):
            cells = [
                _cell([found.get(measured) for found in rows[row]], scale, digits)
                for rows in results.values()
            ]
            lines.append([row, *cells])
        print(markdown(["method", *map(" ".join, results)], lines))
    for (name, noise), rows in results.items():
        if noise == "given":
            _print_recalls(name, rows)


def _cell(values, scale, digits):
    values = [value for value in values if value is not None]
    if not values:
        return "."
    spread = f" ({shown(np.std(values), digits, scale)})" if len(values) > 1 else ""
    return shown(average(values), digits, scale) + spread


def _print_recalls(name, rows):
    print(f"\n## Recall by class on {name}, real noise, %\n")
    lines = [
        [row, *(shown(value) for value in np.mean([f["recalls"] for f in found], 0))]
        for row, found in rows.items()
    ]
    n_classes = len(lines[0]) - 1
    print(markdown(["method", *map(str, range(n_classes))], lines))


def print_in_sample(seeds):
    """Print why predictions have to be out-of-fold."""
    print("\n## Detection AUROC of the cosine similarity, digits, 30 % uniform\n")
    lines = []
    for model in (LogisticRegression(max_iter=300), ExtraTreesClassifier(50)):
        seen, unseen = [], []
        for seed in range(seeds):
            split = load_split("digits", seed)
            labels = noisy_labels(split, "uniform30", seed)
            fitted = clone(model).fit(labels.X, labels.noisy)
            proba = fitted.predict_proba(labels.X)
            options = {"similarity": "cosine", "evidence": "model"}
            inside = SimilarityMixture("precomputed", **options)
            outside = SimilarityMixture(model, random_state=seed, **options)
            for quality, X, scores in (
                (inside, proba, seen),
                (outside, labels.X, unseen),
            ):
                similarity = quality.fit(X, labels.noisy).similarity_
                scores.append(roc_auc_score(~labels.wrong, similarity))
        lines.append([type(model).__name__, _cell(seen, 1, 3), _cell(unseen, 1, 3)])
    print(markdown(["model", "in-sample", "out-of-fold"], lines))


def main():
    """Run what is asked for and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument(
        "--generated", action="store_true", help="sets drawn by scikit-learn instead"
    )
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    with threadpool_limits(1):
        if options.generated:
            cells = dict.fromkeys(GENERATED, NOISES)
            print_results(run(cells, options.seeds, generated_split))
            return
        cells = {
            name: ("given",) if name == "ferplus" else NOISES
            for name in available(["digits", "mnist5k", "ferplus"])
        }
        print_results(run(cells, options.seeds, load_split))
        print_in_sample(options.seeds)


if __name__ == "__main__":
    main()
