"""How many labels must be checked where one may choose which.

Run ``python benchmarks/bench_review.py``. Of the labels of at most 2,000 training rows
2.5, 5 and 10 per cent are checked in rounds. After each round the classifier is fitted
again with the verdicts as trusted labels, and the next rows are chosen by what it says.
A verdict is the clean label. Accuracy on at most 3,000 clean test rows, mean over the
seeds, which decide the split, the noise, the random rows and the random states.

The classifier is ``RefinedLabelClassifier`` with ``TrustedLabelRefiner`` around a
logistic regression; with ``--refit default`` it is ``NoisyLabelClassifier``.
Labels are wrong by uniform, pair and instance-dependent noise of 40 % on digits,
satimage and penbased, and by people or rules on cifar10n, ferplus and
newsclass_yoruba. Digits, satimage and cifar10n served to choose what
``strategy="auto"`` means; the other three did not. The row that counts, in bold, is the
default of ``suggest_review``. The aim: with 5 % checked it is as accurate as random
checking is with 10 %.
"""

import argparse
import json
import os

import numpy as np
from _data import available, load_split
from _noise import noisy_labels
from _table import markdown, shown
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from sknoisy import NoisyLabelClassifier, RefinedLabelClassifier
from sknoisy.refinement import TrustedLabelRefiner
from sknoisy.review import suggest_review

DEVELOPMENT = ("digits", "satimage", "cifar10n")
SETS = (*DEVELOPMENT, "penbased", "ferplus", "newsclass_yoruba")
INJECTED = ("uniform40", "pair40", "instance40")
REAL = {"cifar10n": "worse", "ferplus": "given", "newsclass_yoruba": "given"}
BUDGETS = (0.0, 0.025, 0.05, 0.1)
RANDOM, COUNTS = "random", "auto"
HALF_RANDOM = "auto, half random"
OPTIONS = {
    RANDOM: {"strategy": RANDOM},
    COUNTS: {},
    HALF_RANDOM: {"random_share": 0.5},
    "expected_change": {"strategy": "expected_change"},
    "suspicion": {"strategy": "suspicion"},
}
REFITS = ("trusted", "default")


def make_classifier(refit):
    """Return the unfitted classifier."""
    base = LogisticRegression(max_iter=200)
    if refit == "default":
        return NoisyLabelClassifier(base, random_state=0)
    return RefinedLabelClassifier(base, TrustedLabelRefiner())


def review(row, refit, labels, split, seed, first):
    """Return accuracy and share of wrong labels among the checked, by budget."""
    y, trusted = labels.noisy.copy(), np.zeros(len(labels.noisy), dtype=bool)
    rng = np.random.RandomState(seed)
    clf = first
    accuracy, found = [], []
    for budget in BUDGETS:
        n = round(budget * len(y)) - trusted.sum()
        if n:
            rows = suggest_review(
                clf, n, trusted=trusted, X=labels.X, random_state=rng, **OPTIONS[row]
            ).rows
            trusted[rows] = True
            y[rows] = labels.clean[rows]
            clf = make_classifier(refit).fit(labels.X, y, trusted=trusted)
        accuracy.append(float(np.mean(clf.predict(split.X_test) == split.y_test)))
        found.append(int(labels.wrong[trusted].sum()))
    share = [n / max(round(b * len(y)), 1) for n, b in zip(found, BUDGETS, strict=True)]
    return {"accuracy": accuracy, "found": share}


def oracle(labels, split):
    """Return the accuracy of the base with all labels clean."""
    base = LogisticRegression(max_iter=200).fit(labels.X, labels.clean)
    return {"accuracy": [float(np.mean(base.predict(split.X_test) == split.y_test))]}


def cells(names):
    """Return the pairs of set and noise."""
    return [
        (name, noise)
        for name in names
        for noise in ([REAL[name]] if name in REAL else INJECTED)
    ]


def run(options, output):
    """Carry out what is not in the file yet, and write each result at once."""
    done = read(output)
    for seed in range(options.seeds):
        for name, noise in cells(options.sets):
            split = load_split(name, seed)
            labels = noisy_labels(split, noise, seed)
            first = None
            for row in (*options.strategies, "clean"):
                key = name, noise, options.refit, row, seed
                if key in done:
                    continue
                if row == "clean":
                    done[key] = oracle(labels, split)
                else:
                    if first is None:
                        clf = make_classifier(options.refit)
                        first = clf.fit(labels.X, labels.noisy)
                    done[key] = review(row, options.refit, labels, split, seed, first)
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


def curve(done, cell, refit, row, what="accuracy"):
    """Return the mean over the seeds for each budget, or None."""
    found = [r[what] for key, r in done.items() if key[:4] == (*cell, refit, row)]
    return np.mean(found, axis=0) if found else None


def complete(done, refit, names, strategies):
    """Return the cells that have a result of every strategy."""
    rows = {RANDOM, "clean", *strategies}
    return [
        cell
        for cell in cells(names)
        if all(curve(done, cell, refit, row) is not None for row in rows)
    ]


def titles(strategies):
    """Return the heads of the columns; the one that counts is bold."""
    return [f"**{s}**" if s == COUNTS else s for s in strategies]


def accuracy_table(done, refit, names, strategies):
    """Return accuracy with 5 % checked, beside that of random checking."""
    at, late = BUDGETS.index(0.05), BUDGETS.index(0.1)
    header = ["set, noise", "none checked"]
    header += [f"{s} 5 %" for s in titles(strategies)] + ["random 10 %", "all clean"]
    rows = []
    for cell in complete(done, refit, names, strategies):
        curves = [curve(done, cell, refit, s) for s in strategies]
        chance, clean = (curve(done, cell, refit, s) for s in (RANDOM, "clean"))
        rows.append([chance[0], *(c[at] for c in curves), chance[late], clean[0]])
    texts = [
        [", ".join(cell), *map(shown, row)]
        for cell, row in zip(
            complete(done, refit, names, strategies), rows, strict=True
        )
    ]
    if rows:
        texts.append(["mean", *map(shown, np.mean(rows, axis=0))])
    return markdown(header, texts)


def needed(values, target):
    """Return the share of labels to check until a mean accuracy is reached."""
    reached = np.flatnonzero(values >= target)
    return f"{100 * BUDGETS[reached[0]]:g}" if len(reached) else "above 10"


def need_table(done, refit, names, strategies):
    """Return how much must be checked to be as good as random checking at 10 %."""
    rows = []
    for cell in complete(done, refit, names, strategies):
        target = curve(done, cell, refit, RANDOM)[BUDGETS.index(0.1)]
        curves = [curve(done, cell, refit, s) for s in strategies]
        rows.append([", ".join(cell), *(needed(c, target) for c in curves)])
    return markdown(["set, noise", *titles(strategies)], rows)


def found_table(done, refit, names, strategies):
    """Return the share of the checked labels that are wrong, with 5 % checked."""
    at, rows = BUDGETS.index(0.05), []
    for cell in complete(done, refit, names, strategies):
        shares = [curve(done, cell, refit, s, "found")[at] for s in strategies]
        rows.append([", ".join(cell), *(shown(share, 0) for share in shares)])
    return markdown(["set, noise", *titles(strategies)], rows)


def print_tables(done, options):
    """Print the tables as Markdown."""
    for refit in REFITS:
        if not any(key[2] == refit for key in done):
            continue
        for names, title in (
            (DEVELOPMENT, "sets that served to choose"),
            ([n for n in SETS if n not in DEVELOPMENT], "the other sets"),
        ):
            names = [name for name in names if name in options.sets]
            print(f"\n## Refit: {refit}, {title}, {options.seeds} seeds\n")
            print(accuracy_table(done, refit, names, options.strategies))
            print("\n% to check for the accuracy of random checking with 10 %:\n")
            print(need_table(done, refit, names, options.strategies))
            print("\n% of the checked labels that are wrong, with 5 % checked:\n")
            print(found_table(done, refit, names, options.strategies))


def main():
    """Read the options, run and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--sets", nargs="+", default=SETS, choices=SETS)
    parser.add_argument("--strategies", nargs="+", default=OPTIONS, choices=OPTIONS)
    parser.add_argument("--refit", default="trusted", choices=REFITS)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--output", default="review.jsonl")
    parser.add_argument("--table", action="store_true", help="only print")
    options = parser.parse_args()
    options.sets = available(options.sets)
    with threadpool_limits(1):
        done = read(options.output) if options.table else run(options, options.output)
    print_tables(done, options)


if __name__ == "__main__":
    main()
