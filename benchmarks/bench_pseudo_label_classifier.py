"""What few labels and many clusters are worth, beside their controls.

Run ``SKNOISY_DATA=… python benchmarks/bench_pseudo_label_classifier.py --output FILE``;
what FILE holds already is not run again.

Sets: digits, penbased, satimage and mnist5k, on which the defaults were chosen, and
breast_cancer and cifar10n, which check them. 1,000 training rows, of which some are
labelled, drawn by the seed; accuracy on the test rows. Three settings: 3 labels per
class; 10 labels per class; and 10 labels per class of which 30 % are replaced by
another class, uniformly.

The base is logistic regression. The row that counts is
``PseudoLabelRefinementClassifier`` by default. Beside it stand the same without a
refiner that projects (all runs side by side: how often rows go together in all rounds),
without a classifier that shapes the space, and with a single round; the base on the
labelled rows alone; scikit-learn's ``SelfTrainingClassifier`` around the same base; and
its ``LabelSpreading`` over 7 neighbours, which is a classifier of its own kind.
"""

import argparse
import json
import os
import sys
import warnings
from collections import defaultdict

import numpy as np
from _data import available, load_split
from _table import markdown
from sklearn.linear_model import LogisticRegression
from sklearn.semi_supervised import LabelSpreading, SelfTrainingClassifier
from threadpoolctl import threadpool_limits

from sknoisy import PseudoLabelRefiner
from sknoisy.noise import UniformNoise
from sknoisy.semi_supervised import PseudoLabelRefinementClassifier

CHOSEN_ON = ("digits", "penbased", "satimage", "mnist5k")
CHECKED_ON = ("breast_cancer", "cifar10n")
N_ROWS = 1000
SETTINGS = {
    "3 labels per class": (3, 0.0),
    "10 labels per class": (10, 0.0),
    "10 labels per class, 30 % wrong": (10, 0.3),
}
ALONE = "base, labelled rows alone"


def base():
    """Return the classifier that is trained."""
    return LogisticRegression(max_iter=200)


def ours(seed, **params):
    """Return the classifier that counts, with other options."""
    return PseudoLabelRefinementClassifier(
        base(), unlabeled=-1, random_state=seed, **params
    )


METHODS = {
    ALONE: None,
    "**PseudoLabelRefinementClassifier**": ours,
    "without projection: all runs side by side": lambda seed: ours(
        seed, refiner=PseudoLabelRefiner(perturbation="bootstrap")
    ),
    "without the classifier in the space": lambda seed: ours(
        seed, embedding="features"
    ),
    "a single round": lambda seed: ours(seed, n_rounds=1),
    "SelfTrainingClassifier": lambda seed: SelfTrainingClassifier(base()),
    "LabelSpreading": lambda seed: LabelSpreading(kernel="knn", n_neighbors=7),
}


def run_cell(name, setting, seed):
    """Return the accuracy of each method."""
    n_per_class, noise = SETTINGS[setting]
    split, rng = load_split(name, seed), np.random.RandomState(seed)
    rows = rng.permutation(len(split.X_train))[:N_ROWS]
    X, y = split.X_train[rows], split.y_train[rows]
    labeled = np.zeros(len(y), dtype=bool)
    for c in np.unique(y):
        labeled[rng.permutation(np.flatnonzero(y == c))[:n_per_class]] = True
    if noise:
        y = UniformNoise(noise, random_state=seed).corrupt(y)
    given = np.where(labeled, y, -1)
    records = []
    for method, make in METHODS.items():
        if method == ALONE:
            model = base().fit(X[labeled], y[labeled])
        else:
            model = make(seed).fit(X, given)
        accuracy = float(model.score(split.X_test, split.y_test))
        about = {"set": name, "setting": setting, "seed": seed, "method": method}
        records.append({**about, "accuracy": accuracy})
    return records


def main():
    """Run what is asked for and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5, help="number (default: 5)")
    parser.add_argument("--output", help="file of JSON lines to add to")
    options = parser.parse_args()
    records = []
    if options.output and os.path.exists(options.output):
        with open(options.output, encoding="utf-8") as file:
            records = [json.loads(line) for line in file]
    done = {(r["set"], r["setting"], r["seed"]) for r in records}
    names = available(CHOSEN_ON + CHECKED_ON)
    warnings.simplefilter("ignore")
    for seed in range(options.seeds):
        for name in names:
            for setting in SETTINGS:
                if (name, setting, seed) not in done:
                    with threadpool_limits(1):
                        new = run_cell(name, setting, seed)
                    records += new
                    if options.output:
                        with open(options.output, "a", encoding="utf-8") as file:
                            file.writelines(json.dumps(r) + "\n" for r in new)
        print(f"seed {seed}: done", file=sys.stderr)
    for setting in SETTINGS:
        print_table([r for r in records if r["setting"] == setting], setting)


def print_table(records, setting):
    """Print mean accuracies, and the smallest gain on the base in a set."""
    by_cell = defaultdict(list)
    for record in records:
        by_cell[record["method"], record["set"]].append(100 * record["accuracy"])
    names = [n for n in CHOSEN_ON + CHECKED_ON if (ALONE, n) in by_cell]
    rows = []
    for method in METHODS:
        means = [np.mean(by_cell[method, name]) for name in names]
        gains = [
            m - np.mean(by_cell[ALONE, n]) for m, n in zip(means, names, strict=True)
        ]
        texts = [f"{mean:.1f}" for mean in means]
        rows.append([method, *texts, f"{np.mean(means):.1f}", f"{min(gains):+.1f}"])
    n_seeds = len({record["seed"] for record in records})
    print(f"\n## {setting}: accuracy in %, {n_seeds} seeds\n")
    print(markdown(["method", *names, "mean", "worst gain"], rows))


if __name__ == "__main__":
    main()
