"""What the answers of several annotators, or sets of candidate labels, are worth.

*Without features*: the answer tables dogs, ducks and faces. *With features*: digits,
answered by ten annotators made up here, each of whom sees 30 % of the 1,000 training
rows, or with one answer a row (``one``); cifar10n, 2,000 rows, with its three answers;
product_crowd, whose rows are answered by three of 176 workers each. *Candidates*:
pll_msrcv2 with those of its own, digits and satimage with each wrong class a candidate
at a rate of 0.3.

Figures: the score on clean test rows of a classifier trained on the labels found, and
the score of these labels themselves: accuracy, or F1 of the rare class for
product_crowd. The rows that count, with default constructors: ``DawidSkene`` without
features, ``CrowdLabelClassifier`` with features, ``PartialLabelClassifier`` for
candidates. The ten annotators of digits: four err in 20 %, three in 40 % and one in 70
% of rows, evenly; one answers at random; one calls each odd digit the next lower even
one in 60 % of rows. Digits, cifar10n, pll_msrcv2 and the answer tables served to choose
defaults, product_crowd and satimage did not.

With ``--method`` a row is an estimator around the base whose ``fit`` takes the answers.
"""

import csv
import gzip
import os
import time
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.preprocessing import StandardScaler

from benchmarks.cells import CLEAN, Cell
from benchmarks.data import OTHERS
from benchmarks.methods import make_method
from sknoisy.annotators import (
    CrowdLabelClassifier,
    DawidSkene,
    PartialLabelClassifier,
    annotations_from_long,
    annotations_to_frame,
)
from sknoisy.datasets import load_from_folder

FIGURES = ("test", "labels", "seconds")
AGGREGATED, JOINT = "DawidSkene", "CrowdLabelClassifier"
PARTIAL = "PartialLabelClassifier"
OURS, REFERENCES = (AGGREGATED, JOINT, PARTIAL), (CLEAN,)
MAJORITY, DRAWN, ALIKE = "majority vote", "one candidate, drawn", "all candidates alike"
# GLAD and MACE take minutes, and were run by earlier code.
CROWD_KIT = ("crowd-kit DawidSkene", "crowd-kit OneCoinDawidSkene", "crowd-kit MMSR")
ONE_COIN = "DawidSkene, one_coin"
VARIANTS = {JOINT: {}, "crowd, evidence='neighbors'": {"evidence": "neighbors"}}
PARTIALS = {PARTIAL: {}, "partial, estimated": {"class_prior": "estimated"}}
USUAL = (CLEAN, MAJORITY, DRAWN, ALIKE)
METHODS = (*USUAL, *CROWD_KIT, *VARIANTS, *PARTIALS, AGGREGATED, ONE_COIN)
QUICK = (*USUAL, *CROWD_KIT, *OURS)
ALONE = ("dogs", "ducks", "faces")
FEATURES = {"digits": ("all", "one"), "cifar10n": ("all",), "product_crowd": ("all",)}
CANDIDATES = {"digits": "made", "satimage": "made", "pll_msrcv2": "given"}
RARE = ("product_crowd",)


def cells(options):
    """Yield the cells: tables of answers, rows with answers, rows with candidates."""
    folder = options.folder or os.environ.get("SKNOISY_DATA", "")

    def here(name):
        # What is for one look at the end has to be asked for.
        wanted = name in options.sets if options.sets else name not in RARE
        return wanted and (name == "digits" or (Path(folder) / name).is_dir())

    for seed in options.seed_range(5):
        for name in ALONE if (Path(folder) / "crowd_tables").is_dir() else ():
            if not options.sets or name in options.sets:
                yield Cell(name, "answers", "all", "", seed)
        for name in filter(here, FEATURES):
            for share in FEATURES[name][: 1 if options.quick else 2]:
                yield Cell(name, OTHERS, share, "lr", seed)
        for name in filter(here, CANDIDATES):
            yield Cell(name, "candidates", CANDIDATES[name], "lr", seed)


def prepare(cell, options):
    rng = np.random.RandomState(cell.seed)
    if cell.family == "answers":
        return (cell, *answer_table(cell, options))
    if cell.family == "candidates":
        return (cell, *candidate_rows(cell, options, rng))
    return (cell, *answered_rows(cell, options, rng))


def answer_table(cell, options):
    """Return answers and truth, "" where it is not known; no features."""
    folder = Path(options.folder or os.environ["SKNOISY_DATA"]) / "crowd_tables"
    found = {}
    for part in ("answers", "truth"):
        with gzip.open(folder / f"{cell.data}_{part}.csv.gz", "rt") as file:
            found[part] = list(csv.reader(file))[1:]
    (items, workers, labels), truth = np.array(found["answers"]).T, dict(found["truth"])
    answers = annotations_from_long(items, workers, labels)
    known = np.array([truth.get(item, "") for item in answers.item_names])
    return None, answers, known, None, None


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


def rows_of(cell, options):
    """Return the set with its rows and their true labels."""
    digits = cell.data == "digits"
    bunch = load_digits() if digits else load_from_folder(cell.data, options.folder)
    return bunch, np.asarray(bunch.data, dtype=float), bunch.target


def scaled(X, train, test):
    """Return both parts scaled by the training part alone."""
    scaler = StandardScaler().fit(X[train])
    return scaler.transform(X[train]), scaler.transform(X[test])


def answered_rows(cell, options, rng):
    """Return training rows, answers, truth, test rows and their truth."""
    bunch, X, y = rows_of(cell, options)
    order = rng.permutation(len(y))
    if cell.data == "digits":
        train, test = order[:1000], order[1000:]
        answers = made_up(y[train], rng, one=cell.noise == "one")
    else:
        train, test = np.split(order, [int(0.7 * len(order))])
        if cell.data == "cifar10n":
            train, test = (order[bunch.split[order] == part] for part in (0, 1))
        train = train[: options.rows(2000)]
        answers = bunch.annotations[train].astype(int)
    seen = (answers >= 0).any(axis=1)
    train, answers = train[seen], answers[seen]
    items, places = np.nonzero(answers >= 0)
    known = "annotator_ids" in bunch
    who = bunch.annotator_ids[train[items], places] if known else places
    said = answers[items, places]
    long = annotations_from_long(items, who, said, classes=np.unique(y))
    X_train, X_test = scaled(X, train, test)
    return X_train, long, y[train], X_test, y[test]


def candidate_rows(cell, options, rng):
    """Return training rows, candidates, truth, test rows and their truth."""
    bunch, X, y = rows_of(cell, options)
    candidates = bunch.get("candidates")
    if candidates is None:
        candidates = rng.rand(len(y), int(y.max()) + 1) < 0.3
        candidates[np.arange(len(y)), y] = True
    order, n_test = rng.permutation(len(y)), min(1000, len(y) // 5)
    test, train = order[:n_test], order[n_test:]
    train = train if cell.noise == "given" else train[: options.rows(1000)]
    X_train, X_test = scaled(X, train, test)
    return X_train, candidates[train].astype(bool), y[train], X_test, y[test]


def measure(problem, row):
    """Return the score on test rows, that of the labels found, and seconds."""
    cell, X, given, y, X_test, y_test = problem
    rng, start = np.random.RandomState(1000 + cell.seed), time.process_time()
    # The default penalty overfits the clean labels of cifar10n.
    model = LogisticRegression(C=0.01 if cell.data == "cifar10n" else 1, max_iter=500)
    model, weights = None if X is None else model, None
    partial = cell.family == "candidates"
    if row in PARTIALS or row in VARIANTS:
        if X is None or partial != (row in PARTIALS):
            return None
        make = PartialLabelClassifier if partial else CrowdLabelClassifier
        model = make(model, **(PARTIALS | VARIANTS)[row]).fit(X, given)
        labels = model.transduction_
    elif row == CLEAN:
        labels = y
    elif partial and row == DRAWN:
        labels = np.where(given, rng.rand(*given.shape), -1).argmax(axis=1)
    elif partial and row == ALIKE:
        rows, labels = np.nonzero(given)
        X, weights = X[rows], 1 / given.sum(axis=1)[rows]
    elif not partial and (
        row in (MAJORITY, AGGREGATED, ONE_COIN) or "crowd-kit" in row
    ):
        labels = aggregate(row, given, rng)
    elif "." in row and X is not None:
        model = make_method(row, model, cell.seed).fit(X, given)
        labels = getattr(model, "transduction_", y)
    else:
        return None
    if X is None:
        known = y != ""
        score = float(np.mean(labels[known] == y[known]))
        return None if row == CLEAN else {"test": score, "labels": score}
    if not hasattr(model, "classes_"):
        model.fit(X, labels, **({} if weights is None else {"sample_weight": weights}))
    seconds = time.process_time() - start
    found = None if weights is not None else score_of(cell, y, labels)
    test = score_of(cell, y_test, model.predict(X_test))
    return {"test": test, "labels": found, "seconds": seconds}


def aggregate(row, answers, rng):
    """Return the labels that a row finds without features; ties are drawn."""
    if row == MAJORITY:
        counts = answers.counts() + 0.5 * rng.rand(*answers.counts().shape)
        return answers.classes[counts.argmax(axis=1)]
    if row in (AGGREGATED, ONE_COIN):
        params = {} if row == AGGREGATED else {"model": "one_coin"}
        return DawidSkene(**params).fit(answers).labels_
    from crowdkit import aggregation

    model = getattr(aggregation, row.removeprefix("crowd-kit "))()
    found = model.fit_predict(annotations_to_frame(answers))
    return found.reindex(answers.item_names).to_numpy()


def score_of(cell, truth, found):
    if cell.data in RARE:
        return float(f1_score(truth, found))
    return float(np.mean(truth == found))
