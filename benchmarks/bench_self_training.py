"""What labels of one's own are worth, where few are given and some are wrong.

Run ``python benchmarks/bench_self_training.py``. Of 1,000 training rows, 3 rows of each
class have their right label ("3 clean"), or 10 have one of which 30 % are wrong, any
other class alike ("10 noisy"); all other rows have none. Accuracy on at most 1,000
clean test rows, mean over the seeds, which decide the split, the labels and the random
states.

The sets are digits, satimage, breast_cancer, penbased and mnist5k, and eight tables.
The first three served to choose the defaults of ``SelfTrainingRefiner``, the others did
not. The row that counts, in bold, is its default constructor; it is compared with the
base on the labels given, with ``SelfTrainingClassifier`` around the same base and with
``LabelSpreading``, which has none. The other rows change one parameter of the default.
"""

import argparse
import json
import os
import sys
import time
import warnings
from functools import lru_cache, partial

import numpy as np
from _data import available, load_split
from _table import average, markdown, shown
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.semi_supervised import LabelSpreading, SelfTrainingClassifier
from threadpoolctl import threadpool_limits

from sknoisy import SelfTrainingRefiner

DEVELOPMENT = ("digits", "satimage", "breast_cancer")
OTHERS = ("penbased", "mnist5k")
TABLES = (
    "vehicle",
    "phoneme",
    "segment",
    "chess",
    "spambase",
    "contraceptive",
    "german",
    "banana",
)
SETS = (*DEVELOPMENT, *OTHERS, *TABLES)
REGIMES = {"3 clean": (3, 0.0), "10 noisy": (10, 0.3)}
BASES = ("logistic regression", "random forest", "small net")
N_ROWS, N_TEST, NO_LABEL = 1000, 1000, -1
SUPERVISED, COUNTS = "base on the labels given", "**SelfTrainingRefiner (default)**"
RIVALS = (
    "SelfTrainingClassifier",
    "LabelSpreading, knn",
    "LabelSpreading, knn, alpha 0.8",
)
OPTIONS = {
    COUNTS: {},
    "threshold=0.75": {"threshold": 0.75},
    "evidence='neighbors'": {"evidence": "neighbors"},
    "evidence='model'": {"evidence": "model"},
    "action='keep'": {"action": "keep"},
    "class_balance=False": {"class_balance": False},
}
MAIN = (SUPERVISED, *RIVALS, COUNTS)
# The rows of a set and seed follow one another.
load_split = lru_cache(maxsize=1)(load_split)


def make_base(name, seed):
    """Return an unfitted base."""
    if name == "logistic regression":
        return LogisticRegression(max_iter=200)
    if name == "random forest":
        return RandomForestClassifier(50, random_state=seed)
    return MLPClassifier(50, max_iter=100, random_state=seed)


def make_method(row, base):
    """Return the estimator of a row."""
    if row == "SelfTrainingClassifier":
        return SelfTrainingClassifier(clone(base))
    if row == "LabelSpreading, knn":
        return LabelSpreading(kernel="knn", max_iter=100)
    if row == "LabelSpreading, knn, alpha 0.8":
        return LabelSpreading(kernel="knn", n_neighbors=10, alpha=0.8, max_iter=100)
    return SelfTrainingRefiner(clone(base), unlabeled=NO_LABEL, **OPTIONS[row])


def few_labels(y, regime, n_classes, seed):
    """Return the labels given, and the marker where there is none."""
    n_labels, rate = REGIMES[regime]
    rng = np.random.RandomState(1000 + seed)
    given = np.full(len(y), NO_LABEL)
    for k in range(n_classes):
        rows = rng.permutation(np.flatnonzero(y == k))[:n_labels]
        given[rows] = k
    rows = rng.permutation(np.flatnonzero(given != NO_LABEL))
    wrong = rows[: round(rate * len(rows))]
    shift = rng.randint(1, n_classes, size=len(wrong))
    given[wrong] = (given[wrong] + shift) % n_classes
    return given


def measure(row, base, X, given, split):
    """Return what one fit of a row comes to."""
    labeled = given != NO_LABEL
    start = time.process_time()
    if row == SUPERVISED:
        model = clone(base).fit(X[labeled], given[labeled])
    else:
        model = make_method(row, base).fit(X, given)
    seconds = time.process_time() - start
    X_test, y_test = split.X_test[:N_TEST], split.y_test[:N_TEST]
    found = {"accuracy": float(np.mean(model.predict(X_test) == y_test))}
    found |= {"seconds": seconds}
    if isinstance(model, SelfTrainingRefiner):
        found["rounds"] = model.n_iter_
        found["ended"] = model.termination_condition_
    return found


def run(todo, output):
    """Carry out what is not in the file yet, and write each result at once."""
    done = read(output)
    for seed, name, regime, base_name, row in todo:
        # Label spreading has no base: one fit serves all.
        base_name = BASES[0] if row.startswith("LabelSpreading") else base_name
        key = name, regime, base_name, row, seed
        if key in done:
            continue
        split = load_split(name, seed)
        X, y = split.X_train[:N_ROWS], split.y_train[:N_ROWS]
        given = few_labels(y, regime, split.n_classes, seed)
        base = make_base(base_name, seed)
        done[key] = measure(row, base, X, given, split)
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


def values(done, row, regime, base, name, measured="accuracy"):
    """Return what was measured of a row in a cell, by seed."""
    base = BASES[0] if row.startswith("LabelSpreading") else base
    wanted = name, regime, base, row
    return {key[-1]: record[measured] for key, record in done.items()
            if key[:-1] == wanted and measured in record}  # fmt: skip


def mean(done, row, regime, base, names, measured="accuracy"):
    """Return the mean over sets of the means over seeds, None where any is missing."""
    cells = [values(done, row, regime, base, name, measured) for name in names]
    return average([average(cell.values()) for cell in cells]) if all(cells) else None


def print_overview(done, names, title):
    """Print the mean over the sets: a column for each kind of labels and base."""
    columns = [(regime, base) for regime in REGIMES for base in BASES]
    print(f"\n## {title}\n")
    header = ["", *(f"{regime}, {base}" for regime, base in columns)]
    lines = []
    for row in (*MAIN, *list(OPTIONS)[1:]):
        found = [mean(done, row, *column, names) for column in columns]
        if any(value is not None for value in found):
            lines.append([row, *map(shown, found)])
    print(markdown(header, lines))


def print_cells(done, names):
    """Print each cell of the rows that are compared."""
    print("\n## Accuracy by set, %; in brackets the difference to the labels given\n")
    lines = []
    for name in names:
        for regime in REGIMES:
            for base in BASES:
                cell = partial(mean, done, regime=regime, base=base, names=[name])
                plain, found = cell(SUPERVISED), [cell(row) for row in MAIN]
                if None in found:
                    continue
                shows = [shown(value) for value in found]
                shows[-1] += f" ({shown(found[-1] - plain, sign=True)})"
                lines.append([f"{name}, {regime}, {base}", *shows])
    print(markdown(["", *MAIN], lines))


def print_ends(done):
    """Print how the rounds of the default ended, and what a fit cost."""
    ends = [record["ended"] for key, record in done.items() if key[3] == COUNTS]
    counts = {end: ends.count(end) for end in sorted(set(ends))}
    rounds = [record["rounds"] for key, record in done.items() if key[3] == COUNTS]
    print(f"\nEnds of the default: {counts}; rounds, mean: {np.mean(rounds):.1f}.")
    ratios = [
        record["seconds"]
        / done[(*key[:3], "SelfTrainingClassifier", key[4])]["seconds"]
        for key, record in done.items()
        if key[3] == COUNTS and (*key[:3], "SelfTrainingClassifier", key[4]) in done
    ]
    print(
        f"Median time in multiples of SelfTrainingClassifier: {np.median(ratios):.1f}."
    )


def main():
    """Run what is asked for and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--sets", nargs="+", default=list(SETS))
    parser.add_argument("--bases", nargs="+", default=list(BASES))
    parser.add_argument("--variants", action="store_true", help="the other rows too")
    parser.add_argument("--output", default="self_training.jsonl")
    parser.add_argument("--table", action="store_true", help="only print what is there")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    names = options.sets if options.table else available(options.sets)
    rows = (*MAIN, *list(OPTIONS)[1:]) if options.variants else MAIN
    todo = [
        (seed, name, regime, base, row)
        for seed in range(options.seeds)
        for base in options.bases
        for name in names
        for regime in REGIMES
        for row in rows
    ]
    with threadpool_limits(1):
        done = run([] if options.table else todo, options.output)
    done = {key: found for key, found in done.items() if key[-1] < options.seeds}
    families = {
        "digits, pixels, images": (*DEVELOPMENT, *OTHERS),
        "sets that chose the defaults": DEVELOPMENT,
        "sets that did not": OTHERS,
        "tables": TABLES,
    }
    for family, members in families.items():
        if found := [name for name in names if name in members]:
            print_overview(done, found, f"Accuracy, %, mean over the {family}")
    print_cells(done, names)
    print_ends(done)
    return 0


if __name__ == "__main__":
    sys.exit(main())
