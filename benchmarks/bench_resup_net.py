"""Which part of ReSup carries the gain? Two networks with and without each part.

Run ``python benchmarks/bench_resup_net.py``. The rows add one part at a time: mixture
weights (W), their exchange between the networks (S), consistency of the networks (C).
"W + S + C" is ``ReSupNetClassifier`` with its defaults.
"""

import argparse
import json
import os
import sys
import time
from collections import defaultdict
from pathlib import Path

import numpy as np
from _data import available
from _table import average, markdown, shown
from sklearn.datasets import load_digits
from sklearn.metrics import f1_score, recall_score, roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

from sknoisy.datasets import load_from_folder
from sknoisy.deep import ReSupNetClassifier
from sknoisy.deep._base import BaseDeepClassifier
from sknoisy.noise import TransitionNoise
from sknoisy.transition import make_transition_matrix

try:
    import torch
    from skorch.callbacks import Callback
except ImportError:
    sys.exit('This benchmark needs torch. Run: pip install ".[deep]"')

PLAIN, ORACLE, SINGLE = "plain", "oracle: correct rows", "plain, one network"
NO_PARTS = {"exchange": False, "consistency_weight": 0.0}
# A warm-up that never ends is plain training of the two networks.
ROWS = {
    SINGLE: {},
    PLAIN: {**NO_PARTS, "warmup_epochs": 10**6},
    "W": NO_PARTS,
    "W + S": {"exchange": True, "consistency_weight": 0.0},
    "W + S + C": {},
    "W + S + C, by class": {"scope": "class"},
    "W + S + C, product": {"exchange": "product"},
    ORACLE: {**NO_PARTS, "warmup_epochs": 10**6},
}
NOISES = {
    "none": None,
    "uniform 10": ("uniform", 0.1),
    "uniform 30": ("uniform", 0.3),
    "uniform 50": ("uniform", 0.5),
    "pair 30": ("pair", 0.3),
}
QUICK_NOISES = ("none", "uniform 30")
IMAGES = {"digits": (1, 8, 8), "mnist5k": (1, 28, 28)}
EXPRESSIONS = "ferplus"


class BestEpoch(Callback):
    """Watch the accuracy on clean test labels, which no method gets to see.

    Parameters
    ----------
    X, y : array-like
        Test rows and labels.
    """

    def __init__(self, X, y):
        self.X = X
        self.y = y

    def initialize(self):
        """Start anew."""
        self.scores_, self.seconds_ = [], 0.0
        return self

    def on_epoch_end(self, net, **kwargs):
        """Score the epoch, and keep count of the time that this takes."""
        start = time.perf_counter()
        self.scores_.append(float(np.mean(net.predict(self.X) == self.y)))
        self.seconds_ += time.perf_counter() - start


def load(name, seed, max_train):
    """Return training and test rows with labels, and given noisy labels or None."""
    rng = np.random.RandomState(seed)
    given = None
    if name == "digits":
        X, y = load_digits(return_X_y=True)
        rows = train_test_split(
            np.arange(len(y)), test_size=0.3, stratify=y, random_state=seed
        )
    else:
        bunch = load_from_folder(name)
        X, y, given = np.asarray(bunch.data, float), bunch.target, bunch.target_noisy
        order = rng.permutation(len(y))
        marked = np.arange(len(order)) < 0.3 * len(order)
        if bunch.split is not None:
            marked = bunch.split[order] == 1
        rows = order[~marked], order[marked]
    train, test = rows[0][:max_train], rows[1]
    X = X / X.max() if name in IMAGES else StandardScaler().fit(X[train]).transform(X)
    given = None if given is None else given[train]
    X = X.astype(np.float32)
    return X[train], y[train], X[test], y[test], given


def corrupted(y, noise, seed):
    """Return the labels under a noise of the table."""
    if noise is None:
        return y.copy()
    T = make_transition_matrix(int(y.max()) + 1, noise[1], kind=noise[0])
    return TransitionNoise(T, random_state=1000 + seed).corrupt(y)


def measure(row, rows, seed, options):
    """Return the figures of one fit."""
    X, y, y_noisy, X_test, y_test, shape = rows
    if row == ORACLE:
        X, y, y_noisy = X[y == y_noisy], y[y == y_noisy], y[y == y_noisy]
    watch = BestEpoch(X_test, y_test)
    net = classifier(row)(
        **ROWS[row],
        max_epochs=options.epochs,
        image_shape=shape if options.convolution else None,
        device=options.device,
        random_state=seed,
        callbacks=[("watch", watch)],
    )
    start = time.perf_counter()
    net.fit(X, y_noisy)
    seconds = time.perf_counter() - start - watch.seconds_
    predicted = net.predict(X_test)
    found = {
        "last": watch.scores_[-1],
        "best": max(watch.scores_),
        "f1": f1_score(y_test, predicted, average="macro"),
        "recall": recall_score(y_test, predicted, average=None).tolist(),
        "seconds": seconds / options.epochs,
    }
    wrong = y != y_noisy
    if row.startswith("W"):
        found["noise_rate"] = net.noise_rate_ - wrong.mean()
        if wrong.any():
            found["detection"] = roc_auc_score(~wrong, net.label_quality_)
    return found


def classifier(row):
    """Return the class that a row is about."""
    if row != SINGLE:
        return ReSupNetClassifier
    # The same training with one network is the base of all nets.
    return BaseDeepClassifier


def settings(options):
    """Yield set, noise and seed."""
    for seed in range(options.seeds):
        for name in options.datasets:
            noises = QUICK_NOISES if options.quick else NOISES
            for noise in ("given",) if name == EXPRESSIONS else noises:
                yield name, noise, seed


def run(options):
    """Return all records; those in the file are not computed again."""
    path = Path(options.output)
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    records = [json.loads(line) for line in lines]
    done = {tuple(r[k] for k in ("set", "noise", "seed", "row")) for r in records}
    for name, noise, seed in settings(options):
        X, y, X_test, y_test, given = load(name, seed, options.train_rows)
        y_noisy = given if noise == "given" else corrupted(y, NOISES[noise], seed)
        rows = X, y, y_noisy, X_test, y_test, IMAGES.get(name)
        for row in ROWS:
            where = {"set": name, "noise": noise, "seed": seed, "row": row}
            if tuple(where.values()) in done:
                continue
            records.append({**where, **measure(row, rows, seed, options)})
            with path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(records[-1]) + "\n")
            print(f"{where}: done", file=sys.stderr)
    return records


def spread(values, digits=1):
    """Return mean and, in brackets, largest minus smallest."""
    values = [value for value in values if value is not None]
    if not values:
        return shown(None)
    return f"{shown(average(values), digits)} ({shown(np.ptp(values), digits)})"


def grouped(records):
    """Return {(row, set, noise): records}."""
    groups = defaultdict(list)
    for record in records:
        groups[record["row"], record["set"], record["noise"]].append(record)
    return groups


def accuracy_table(records, name):
    """Return the accuracy after the last epoch and, in the best one, of each row."""
    groups = grouped(r for r in records if r["set"] == name)
    noises = list(dict.fromkeys(noise for _, _, noise in groups))
    header = ["row", *(f"{noise}: {e}" for noise in noises for e in ("last", "best"))]
    table = []
    for row in ROWS:
        cells = [groups[row, name, noise] for noise in noises]
        figures = [spread([r[e] for r in c]) for c in cells for e in ("last", "best")]
        table.append([row, *figures])
    return markdown(header, table)


def class_table(records):
    """Return macro-F1 and the recall of each class, in per cent."""
    groups = grouped(records)
    classes = [str(label) for label in load_from_folder(EXPRESSIONS).target_names]
    table = []
    for row in ROWS:
        found = groups[row, EXPRESSIONS, "given"]
        if not found:
            continue
        recalls = zip(*(r["recall"] for r in found), strict=True)
        table.append(
            [row, spread([r["f1"] for r in found]), *(spread(r, 0) for r in recalls)]
        )
    return markdown(["row", "macro-F1", *classes], table)


def detection_table(records):
    """Return how well wrong labels are found, and the cost of an epoch."""
    table = []
    for row in ROWS:
        mine = [record for record in records if record["row"] == row]
        error = average(abs(r["noise_rate"]) for r in mine if "noise_rate" in r)
        single = [r for r in records if r["row"] == SINGLE]
        times = [
            a["seconds"] / b["seconds"]
            for a in mine
            for b in single
            if all(a[key] == b[key] for key in ("set", "noise", "seed"))
        ]
        table.append(
            [
                row,
                shown(average(r.get("detection") for r in mine)),
                shown(error),
                shown(average(r["seconds"] for r in mine), 3, 1),
                shown(float(np.median(times)) if times else None, 2, 1),
            ]
        )
    header = ["row", "detection AUROC", "error of noise rate", "seconds per epoch"]
    return markdown([*header, "of one network"], table)


def print_tables(records, options):
    """Print all tables as Markdown."""
    kind = "small convolutional network" if options.convolution else "perceptron"
    print(f"\n{kind}, {options.epochs} epochs, {options.device}, clean test labels, %")
    for name in dict.fromkeys(record["set"] for record in records):
        seeds = len({r["seed"] for r in records if r["set"] == name})
        print(f"\n## {name}: accuracy, mean of {seeds} seeds (largest - smallest)\n")
        print(accuracy_table(records, name))
        if name == EXPRESSIONS:
            print(f"\n## {name}: macro-F1 and recall of each class, last epoch\n")
            print(class_table(records))
    print("\n## Wrong labels found, and cost\n")
    print(detection_table(records))


def main():
    """Run what is asked for and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add = parser.add_argument
    add("--quick", action="store_true", help="one seed, two noises, few epochs")
    add("--datasets", nargs="+", default=["digits", "mnist5k", EXPRESSIONS])
    add("--seeds", type=int, help="number of seeds (default: 3)")
    add("--epochs", type=int, help="number of epochs (default: 40)")
    add("--train-rows", type=int, default=4000, help="most rows to train on")
    add("--convolution", action="store_true", help="convolve where rows are images")
    add("--device", default="cpu", help="such as cuda")
    add("--output", default="resup_net.jsonl", help="file of results, added to")
    options = parser.parse_args()
    options.seeds = options.seeds or (1 if options.quick else 3)
    options.epochs = options.epochs or (10 if options.quick else 40)
    options.datasets = available(options.datasets)
    if options.convolution:
        options.datasets = [name for name in options.datasets if name in IMAGES]
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))
    print_tables(run(options), options)


if __name__ == "__main__":
    main()
