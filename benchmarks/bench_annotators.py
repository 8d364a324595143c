"""What the answers of several annotators are worth, with and without features.

Run ``python benchmarks/bench_annotators.py``. Without features: the answer tables dogs,
ducks and faces of ``crowd_tables``, with all answers and with half of them, drawn anew
for each seed so that every item keeps one. With features: digits, answered by ten
annotators made up here (below), each of whom sees 30 % of the 1,000 training rows, or,
as "digits, one", with one answer a row by one of them, drawn at random;
``cifar10n``, 2,000 training rows, with its three answers a row, or half of them; and,
on request, ``product_crowd``, whose rows are answered by three of 176 workers each,
with 70 % of them, drawn by the seed, for training.

The ten annotators of digits: four err in 20 %, three in 40 % and one in 70 % of rows,
evenly; one answers at random; one calls each odd digit the next lower even one, in 60 %
of rows. The seed decides the rows and all that is drawn.

The rows that count, in bold, are ``DawidSkene`` without and ``CrowdLabelClassifier``
with features, both with their defaults. Measured is the accuracy of the labels found
for the training rows (for ``product_crowd``, whose classes are unequal, F1 of the rare
class), and the same on clean test rows for a classifier trained on these labels. It is
a logistic regression on standardised features, with C = 0.01 for cifar10n, where the
default overfits clean labels too; or a forest of 50 trees. Digits, cifar10n and the
answer tables served to choose defaults, ``product_crowd`` is for one look at the end.
Rows of crowd-kit are left out where it is not installed; its GLAD and MACE, which take
minutes, come last, with the first seed and ``--slow`` only. Its MMSR takes as long on
``product_crowd``; ``--skip MMSR`` leaves it out.
"""

import argparse
import csv
import gzip
import json
import os
import time
import warnings
from pathlib import Path

import numpy as np
from _table import average, markdown, shown
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from sknoisy.annotators import (
    CrowdLabelClassifier,
    DawidSkene,
    annotations_from_long,
    annotations_to_frame,
)
from sknoisy.datasets import load_from_folder

TABLES = ("dogs", "ducks", "faces")
WITH_FEATURES = ("digits", "digits, one", "cifar10n", "cifar10n, half")
CONFIRMATION = ("product_crowd",)
BASES = ("logistic regression", "random forest")
ALONE, JOINT = "**DawidSkene (default)**", "**CrowdLabelClassifier (default)**"
MAJORITY, CLEAN = "majority vote", "clean labels"
CROWD_KIT = ("DawidSkene", "OneCoinDawidSkene", "MMSR", "GLAD", "MACE")
SLOW = ("crowd-kit GLAD", "crowd-kit MACE")
OURS = {
    ALONE: {},
    "DawidSkene, one_coin": {"model": "one_coin"},
}
VARIANTS = {
    JOINT: {},
    "evidence='model'": {"evidence": "model"},
    "evidence='neighbors'": {"evidence": "neighbors"},
    "n_rounds=1": {"n_rounds": 1},
    "action='relabel'": {"action": "relabel"},
}


def crowd_kit_rows():
    """Return {name in the table: class} of what crowd-kit has, nothing without it."""
    try:
        from crowdkit import aggregation
    except ImportError:
        print("Left out, since it is not installed: crowd-kit.")
        return {}
    return {f"crowd-kit {name}": getattr(aggregation, name) for name in CROWD_KIT}


def read_table(name):
    """Return item, worker, answer of each answer, and the truth by item."""
    folder = Path(os.environ["SKNOISY_DATA"]) / "crowd_tables"
    found = {}
    for part in ("answers", "truth"):
        with gzip.open(folder / f"{name}_{part}.csv.gz", "rt") as file:
            found[part] = list(csv.reader(file))[1:]
    return np.array(found["answers"]).T, dict(found["truth"])


def load_table(name, share, seed):
    """Return the answers and the truth of a table; half of them where asked."""
    (items, workers, labels), truth = read_table(name)
    if share < 1:
        rng = np.random.RandomState(seed)
        order = rng.permutation(len(items))
        first = np.unique(items[order], return_index=True)[1]
        kept = rng.rand(len(items)) < share
        kept[order[first]] = True
        items, workers, labels = items[kept], workers[kept], labels[kept]
    answers = annotations_from_long(items, workers, labels)
    known = np.array([truth.get(item, "") for item in answers.item_names])
    return answers, known


def made_up(y, rng, *, one):
    """Return the answers of the ten annotators, -1 for none."""
    columns = []
    for rate in (0.2, 0.2, 0.2, 0.2, 0.4, 0.4, 0.4, 0.7, 0.9):
        wrong = (y + rng.randint(1, 10, len(y))) % 10
        columns.append(np.where(rng.rand(len(y)) < rate, wrong, y))
    columns.append(np.where((rng.rand(len(y)) < 0.6) & (y % 2 == 1), y - 1, y))
    answers = np.column_stack(columns)
    if one:
        asked = rng.randint(10, size=len(y))[:, None] == np.arange(10)
    else:
        asked = rng.rand(*answers.shape) <= 0.3
    return np.where(asked, answers, -1)


def load_rows(name, seed):
    """Return training rows, answers in long form, truth, test rows and their truth."""
    rng = np.random.RandomState(seed)
    if name.startswith("digits"):
        X, y = load_digits(return_X_y=True)
        order = rng.permutation(len(y))
        train, test = order[:1000], order[1000:]
        answers = made_up(y[train], rng, one=name.endswith("one"))
        names = np.tile(np.arange(10), (1000, 1))
    else:
        bunch = load_from_folder(name.split(",")[0])
        X, y = np.asarray(bunch.data, dtype=float), bunch.target
        order = rng.permutation(len(y))
        if name.startswith("cifar10n"):
            train, test = (order[bunch.split[order] == part] for part in (0, 1))
            train = train[:2000]
        else:
            train, test = np.split(order, [int(0.7 * len(order))])
        answers = bunch.annotations[train].astype(int)
        names = getattr(bunch, "annotator_ids", None)
        names = (
            np.tile(np.arange(3), (len(train), 1)) if names is None else names[train]
        )
    if name.endswith("half"):
        kept = rng.rand(*answers.shape) < 0.5
        kept[np.arange(len(train)), rng.randint(3, size=len(train))] = True
        answers = np.where(kept, answers, -1)
    seen = (answers >= 0).any(axis=1)
    train, answers, names = train[seen], answers[seen], names[seen]
    items, places = np.nonzero(answers >= 0)
    long = annotations_from_long(
        items, names[items, places], answers[items, places], classes=np.unique(y)
    )
    scaler = StandardScaler().fit(X[train])
    return (
        scaler.transform(X[train]),
        long,
        y[train],
        scaler.transform(X[test]),
        y[test],
    )


def make_base(name, dataset, seed):
    """Return an unfitted base."""
    if name == "random forest":
        return RandomForestClassifier(50, random_state=seed)
    return LogisticRegression(
        C=0.01 if dataset.startswith("cifar10n") else 1.0, max_iter=500
    )


def majority(answers, seed):
    """Return the most frequent answers; ties are drawn."""
    counts = answers.counts()
    counts += 0.5 * np.random.RandomState(seed).rand(*counts.shape)
    return answers.classes[counts.argmax(axis=1)]


def aggregate(row, answers, seed, rivals):
    """Return the labels that a row finds without features."""
    if row == MAJORITY:
        return majority(answers, seed)
    if row in OURS:
        return DawidSkene(**OURS[row]).fit(answers).labels_
    found = rivals[row]().fit_predict(annotations_to_frame(answers))
    return found.reindex(answers.item_names).to_numpy()


def score(dataset, truth, found):
    """Return the figure that counts for a set."""
    if dataset in CONFIRMATION:
        return float(f1_score(truth, found))
    return float(np.mean(truth == found))


def measure_rows(row, dataset, base_name, seed, data, rivals):
    """Return how good the labels of a row are, and the classifier on them."""
    X, answers, y, X_test, y_test = data
    base = make_base(base_name, dataset, seed)
    start = time.process_time()
    if row in VARIANTS:
        model = CrowdLabelClassifier(clone(base), **VARIANTS[row]).fit(X, answers)
        labels = model.transduction_
    else:
        labels = y if row == CLEAN else aggregate(row, answers, seed, rivals)
        model = clone(base).fit(X, labels)
    seconds = time.process_time() - start
    return {
        "labels": score(dataset, y, labels),
        "test": score(dataset, y_test, model.predict(X_test)),
        "seconds": seconds,
    }


def run(todo, output, rivals):
    """Carry out what is not in the file yet, and write each result at once."""
    done, loaded = read(output), {}
    for key in todo:
        if key in done:
            continue
        dataset, base, row, seed = key
        if base == "":
            name, _, share = dataset.partition(", ")
            answers, truth = load_table(name, 0.5 if share else 1, seed)
            labels = aggregate(row, answers, seed, rivals)
            known = truth != ""
            done[key] = {"labels": float(np.mean(labels[known] == truth[known]))}
        else:
            if (dataset, seed) not in loaded:
                loaded = {(dataset, seed): load_rows(dataset, seed)}
            data = loaded[dataset, seed]
            try:
                done[key] = measure_rows(row, dataset, base, seed, data, rivals)
            except ValueError as error:
                # MMSR needs annotators who look at the same rows.
                if row not in rivals:
                    raise
                done[key] = {"failed": str(error)}
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


def cell(done, dataset, base, row, measured):
    """Return the mean over the seeds, with the spread in brackets."""
    records = [r for k, r in done.items() if k[:3] == (dataset, base, row)]
    found = [record[measured] for record in records if measured in record]
    if not found:
        return "."
    spread = f" ({shown(max(found) - min(found))})" if len(set(found)) > 1 else ""
    return shown(average(found)) + spread


def print_tables(done):
    """Print what is there as Markdown."""
    tables = list(dict.fromkeys(key[0] for key in done if key[1] == ""))
    rows = list(dict.fromkeys(key[2] for key in done if key[1] == ""))
    if tables:
        print("\n## Without features: accuracy of the labels found, %\n")
        lines = [[r, *(cell(done, t, "", r, "labels") for t in tables)] for r in rows]
        print(markdown(["", *tables], lines))
    for dataset in dict.fromkeys(key[0] for key in done if key[1]):
        rows = dict.fromkeys(k[2] for k in done if k[0] == dataset)
        bases = list(dict.fromkeys(k[1] for k in done if k[0] == dataset))
        figure = "F1" if dataset in CONFIRMATION else "accuracy"
        print(f"\n## {dataset}: {figure} of labels found, and on test rows, %\n")
        columns = [(base, m) for base in bases for m in ("labels", "test")]
        lines = [[r, *(cell(done, dataset, b, r, m) for b, m in columns)] for r in rows]
        print(markdown(["", *(f"{m}, {b}" for b, m in columns)], lines))


def main():
    """Run what is asked for and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--sets", nargs="+", default=[*TABLES, *WITH_FEATURES])
    parser.add_argument("--bases", nargs="+", default=list(BASES))
    parser.add_argument("--variants", action="store_true", help="the other rows too")
    parser.add_argument("--slow", action="store_true", help="also GLAD and MACE")
    parser.add_argument("--skip", nargs="+", default=[], help="texts in rows to skip")
    parser.add_argument("--output", default="annotators.jsonl")
    parser.add_argument("--table", action="store_true", help="only print what is there")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    rivals = {} if options.table else crowd_kit_rows()
    alone = (MAJORITY, *rivals, *OURS)
    joint = list(VARIANTS) if options.variants else [JOINT]
    todo = []
    for seed in range(options.seeds):
        for name in (name for name in options.sets if name in TABLES):
            todo += [(name + s, "", row, seed) for s in ("", ", half") for row in alone]
        for name in (name for name in options.sets if name not in TABLES):
            rows = (CLEAN, *alone, *joint)
            todo += [(name, b, row, seed) for b in options.bases for row in rows]
    late = [k for k in todo if k[2] in SLOW and k[3] == 0 and options.slow]
    todo = [key for key in todo if key[2] not in SLOW] + late
    todo = [k for k in todo if not any(text in k[2] for text in options.skip)]
    with threadpool_limits(1):
        done = run([] if options.table else todo, options.output, rivals)
    print_tables(done)


if __name__ == "__main__":
    main()
