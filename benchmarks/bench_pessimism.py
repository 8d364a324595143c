"""What pessimism does in the rounds of NoiseTransitionClassifier.

    python benchmarks/bench_pessimism.py [--sets digits mnist5k] [--seeds 2]

Accuracy of forward correction around a logistic regression, on 1,000 training rows, for
growing pessimism q. Sets that ``SKNOISY_DATA`` does not lead to are left out.
"""

import argparse
import warnings

import numpy as np
from _data import available, load_split
from _noise import noisy_labels
from _table import markdown, shown
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from sknoisy import NoiseTransitionClassifier
from sknoisy.transition import ConfidentTransition, NeighborTransition

SETS = ("digits", "mnist5k", "satimage", "penbased")
NOISES = ("none", "uniform40", "pair40", "random40")
VALUES = (0.0, 0.1, 0.3, 0.5)
STEPS = {"Confident": ConfidentTransition, "Neighbor": NeighborTransition}
N_ROWS = 1000


def accuracies(name, noise, seed):
    """Return the accuracy of the plain base and of each estimator and value."""
    split = load_split(name, seed)
    labels = noisy_labels(split, noise, seed)
    X, y = labels.X[:N_ROWS], labels.noisy[:N_ROWS]
    base = LogisticRegression(max_iter=200)
    scores = [base.fit(X, y).score(split.X_test, split.y_test)]
    for step in STEPS.values():
        for q in VALUES:
            clf = NoiseTransitionClassifier(base, step(), pessimism=q, random_state=0)
            scores.append(clf.fit(X, y).score(split.X_test, split.y_test))
    return scores


def main():
    """Run and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sets", nargs="+", default=SETS)
    parser.add_argument("--seeds", type=int, default=2, help="number of seeds")
    options = parser.parse_args()
    rows = []
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in available(options.sets):
            for noise in NOISES:
                seeds = range(options.seeds)
                scores = [accuracies(name, noise, seed) for seed in seeds]
                rows.append([name, noise, *map(shown, np.mean(scores, axis=0))])
    columns = [f"{step}, q = {q}" for step in STEPS for q in VALUES]
    print(markdown(["set", "noise", "plain", *columns], rows))


if __name__ == "__main__":
    main()
