"""How much of the accuracy comes back where only candidate labels are known.

Run ``python benchmarks/bench_candidates.py``. The sets: ``pll_msrcv2`` (segments of
pictures; the candidates are the labels of the picture), digits and satimage, 1,000
training rows, with each wrong class a candidate at a rate of 0.3, and, on request,
``pll_lost`` (faces; the candidates are the names in the text). A fifth of the rows, or
at most 1,000, are test rows with their true label; seeds decide rows and all draws.

Recovery is ``(accuracy - plain) / (supervised - plain)`` of the means over the seeds,
with plain for the classifier on one candidate a row, drawn at random, and supervised
for the same on true labels. The row that counts, in bold, is ``PartialLabelClassifier``
with its defaults. ``pll_msrcv2`` and digits served to choose these, satimage did not;
``pll_lost`` is for one look at the end.
"""

import argparse
import json
import os
import time
import warnings

import numpy as np
from _table import average, markdown, shown
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from sknoisy.annotators import PartialLabelClassifier
from sknoisy.datasets import load_from_folder

SETS = ("pll_msrcv2", "digits", "satimage")
RATE, N_ROWS, N_TEST = 0.3, 1000, 1000
BASES = ("logistic regression", "random forest")
PLAIN, SUPERVISED = "one candidate, drawn", "true labels"
EVEN, COUNTS = "all candidates alike", "**PartialLabelClassifier (default)**"
OPTIONS = {
    COUNTS: {},
    "class_prior='estimated'": {"class_prior": "estimated"},
    "action='soft'": {"action": "soft"},
    "action='relabel'": {"action": "relabel"},
    "evidence='model'": {"evidence": "model"},
    "evidence='neighbors'": {"evidence": "neighbors"},
}
MAIN = (SUPERVISED, PLAIN, EVEN, COUNTS, "class_prior='estimated'")


def load(name, seed):
    """Return training rows, candidates, truth, test rows and their truth."""
    rng = np.random.RandomState(seed)
    if name == "digits":
        X, y = load_digits(return_X_y=True)
        candidates = None
    else:
        bunch = load_from_folder(name)
        X, y = np.asarray(bunch.data, dtype=float), bunch.target
        candidates = getattr(bunch, "candidates", None)
    n_classes = int(y.max()) + 1
    if candidates is None:
        candidates = rng.rand(len(y), n_classes) < RATE
        candidates |= np.eye(n_classes, dtype=bool)[y]
    candidates = candidates.astype(bool)
    order = rng.permutation(len(y))
    n_test = min(N_TEST, len(y) // 5)
    test, train = order[:n_test], order[n_test:]
    train = train if name.startswith("pll") else train[:N_ROWS]
    scaler = StandardScaler().fit(X[train])
    X = scaler.transform(X)
    return X[train], candidates[train], y[train], X[test], y[test]


def make_base(name, seed):
    """Return an unfitted base."""
    if name == "random forest":
        return RandomForestClassifier(50, random_state=seed)
    return LogisticRegression(max_iter=500)


def measure(row, base, seed, data):
    """Return what one fit of a row comes to."""
    X, candidates, y, X_test, y_test = data
    rng = np.random.RandomState(1000 + seed)
    start = time.process_time()
    if row in OPTIONS:
        model = PartialLabelClassifier(clone(base), **OPTIONS[row]).fit(X, candidates)
        told = float(np.mean(model.transduction_ == y))
    elif row == EVEN:
        rows, codes = np.nonzero(candidates)
        weights = 1 / candidates.sum(axis=1)[rows]
        model = clone(base).fit(X[rows], codes, sample_weight=weights)
        told = float((1 / candidates.sum(axis=1)).mean())
    else:
        draws = np.where(candidates, rng.rand(*candidates.shape), -1).argmax(axis=1)
        labels = y if row == SUPERVISED else draws
        model = clone(base).fit(X, labels)
        told = float(np.mean(labels == y))
    seconds = time.process_time() - start
    accuracy = float(np.mean(model.predict(X_test) == y_test))
    return {"accuracy": accuracy, "told": told, "seconds": seconds}


def run(todo, output):
    """Carry out what is not in the file yet, and write each result at once."""
    done, loaded = read(output), {}
    for key in todo:
        if key in done:
            continue
        name, base, row, seed = key
        if (name, seed) not in loaded:
            loaded = {(name, seed): load(name, seed)}
        done[key] = measure(row, make_base(base, seed), seed, loaded[name, seed])
        with open(output, "a", encoding="utf-8") as file:
            file.write(json.dumps({"key": key, **done[key]}) + "\n")
    return done


def read(path):
    """Return the results of a file by their key."""
    if not os.path.exists(path):
        return {}
    with open(path, encoding="utf-8") as file:
        records = [json.loads(line) for line in file]
    return {tuple(record.pop("key")): record for record in records}


def print_table(done, name):
    """Print accuracy and recovery of a set."""
    bases = list(dict.fromkeys(key[1] for key in done if key[0] == name))
    rows = list(dict.fromkeys(key[2] for key in done if key[0] == name))
    n_seeds = len({key[3] for key in done if key[0] == name})
    print(f"\n## {name}, seeds: {n_seeds}; accuracy on test rows, recovery, %\n")
    lines = []
    for row in rows:
        line = [row]
        for base in bases:
            mean = {
                one: average(
                    r["accuracy"] for k, r in done.items() if k[:3] == (name, base, one)
                )
                for one in (row, PLAIN, SUPERVISED)
            }
            if None in mean.values():
                line += [".", "."]
                continue
            gap = mean[SUPERVISED] - mean[PLAIN]
            line += [shown(mean[row]), shown((mean[row] - mean[PLAIN]) / gap, 0)]
        told = average(r["told"] for k, r in done.items() if k[:3:2] == (name, row))
        lines.append([*line, shown(told)])
    header = [f"{what}, {base}" for base in bases for what in ("accuracy", "recovery")]
    print(markdown(["", *header, "training rows told right"], lines))


def main():
    """Run what is asked for and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--sets", nargs="+", default=list(SETS))
    parser.add_argument("--bases", nargs="+", default=list(BASES))
    parser.add_argument("--variants", action="store_true", help="the other rows too")
    parser.add_argument("--output", default="candidates.jsonl")
    parser.add_argument("--table", action="store_true", help="only print what is there")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    rows = dict.fromkeys([*MAIN, *(OPTIONS if options.variants else ())])
    todo = [
        (name, base, row, seed)
        for seed in range(options.seeds)
        for name in options.sets
        for base in options.bases
        for row in rows
    ]
    with threadpool_limits(1):
        done = run([] if options.table else todo, options.output)
    for name in dict.fromkeys(key[0] for key in done):
        print_table(done, name)


if __name__ == "__main__":
    main()
