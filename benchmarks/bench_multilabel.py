"""What classifiers of tags learn where tags are missing.

Run ``python benchmarks/bench_multilabel.py``; it needs the sets of tags in the folder
that SKNOISY_DATA names. Set down before the first run:

- Sets: emotions, yeast_ml and the generator below, on which the defaults were chosen;
  scene, cal500, corel5k, pml_yeast_cc and pml_yeast_mf, which were looked at once.
- Noise: 40 % of the tags of the training rows are removed at random. ``given`` is the
  noise that a set comes with, 33 to 41 % missing and 7 to 14 % false tags in Mulan's
  sets, and the "hard" labels of the pml sets. ``none`` removes nothing. ``striking``,
  added after the others had been seen, removes 40 % of the tags as well, but those of
  the least striking rows rather than any: the assumption of our method does not hold.
- Training rows: at most 1,500; tags: those with at least ten training rows that have
  it and ten that lack it, and two of each among the test rows, at most 25, drawn by
  the seed. Features at unit variance. The base is a logistic regression.
- Figures: mean AUC of the tags and macro F1 on clean test rows.
- The row that counts is ``MultilabelNoisyClassifier`` with its default constructor. Its
  rivals: the base on the noisy tags; the base without the entries, or without the
  rows, that the filters of cleanlab's multi-label module name; the base on clean tags.

``bench_multilabel_cost.py`` measures time and memory on large sparse tables.
"""

import argparse
import json
import os
import sys
import tempfile
import time
import warnings
from collections import defaultdict

import numpy as np
from _rivals import has_cleanlab
from _table import markdown
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, f1_score, roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from sknoisy.datasets import load_from_folder
from sknoisy.exceptions import LabelNoiseWarning
from sknoisy.multilabel import MultilabelAudit, MultilabelNoisyClassifier
from sknoisy.noise import MultilabelNoise

DEVELOPMENT = ("emotions", "yeast_ml", "generator")
CONFIRMATION = ("scene", "cal500", "corel5k", "pml_yeast_cc", "pml_yeast_mf")
VARIANTS = {"pml_yeast_cc": "hard", "pml_yeast_mf": "hard"}
NOISES = ("dropped", "striking", "given", "none")
MAX_TRAIN, MAX_TAGS, MIN_TRAIN, MIN_TEST = 1500, 25, 10, 2
SMALL_GAP = 0.01
STRIKING = MultilabelNoise(0.4, striking=0.7, random_state=0)
PLAIN, TUNED, CLEAN = "plain", "plain, F1 threshold", "oracle: clean tags"
CLEANLAB, CLEANLAB_ROWS = "cleanlab: entries left out", "cleanlab: rows left out"
OURS = "**MultilabelNoisyClassifier**"
OURS_F1 = "MultilabelNoisyClassifier, threshold='f1'"
PUBLISHED = "evidence='model' (Elkan and Noto)"


def base():
    """Return the unfitted binary classifier."""
    return LogisticRegression(max_iter=200)


# Data


def generate(seed, n_samples=1600, n_factors=6, n_features=30, n_tags=20):
    """Return features and tags: directions of few factors, seen through noise."""
    rng = np.random.RandomState(1000 + seed)
    factors = rng.normal(size=(n_samples, n_factors))
    mixing = rng.normal(size=(n_factors, n_features))
    X = factors @ mixing + rng.normal(size=(n_samples, n_features))
    directions = rng.normal(size=(n_factors, n_tags))
    directions /= np.linalg.norm(directions, axis=0)
    scores = factors @ directions + 0.3 * rng.normal(size=(n_samples, n_tags))
    y = (scores > rng.uniform(0.3, 1.5, n_tags)).astype(int)
    return X, y, np.arange(n_samples) >= n_samples // 2


def cell(name, noise, seed):
    """Return X, noisy and clean tags for training, then X and clean tags for testing.

    None where a set has no noise of its own.
    """
    rng = np.random.RandomState(seed)
    given = None
    if name == "generator":
        X, y, test = generate(seed)
    else:
        bunch = load_from_folder(name, variant=VARIANTS.get(name))
        X, y, given = bunch.data.astype(float), bunch.target, bunch.target_noisy
        test = bunch.split == 1
    train = rng.permutation(np.flatnonzero(~test))[:MAX_TRAIN]
    test = np.flatnonzero(test)
    kept = _usable(y[train], MIN_TRAIN) & _usable(y[test], MIN_TEST)
    tags = np.sort(rng.permutation(np.flatnonzero(kept))[:MAX_TAGS])
    scaler = StandardScaler().fit(X[train])
    clean = y[train][:, tags]
    if noise == "given" and given is None:
        return None
    noisy = {
        "dropped": clean * (rng.uniform(size=clean.shape) >= 0.4),
        "striking": STRIKING.corrupt(clean, X[train]),
        "given": None if given is None else given[train][:, tags],
        "none": clean,
    }[noise]
    X_train, X_test = scaler.transform(X[train]), scaler.transform(X[test])
    return X_train, noisy, clean, X_test, y[test][:, tags]


def _usable(y, fewest):
    n_tagged = y.sum(axis=0)
    return (n_tagged >= fewest) & (n_tagged <= len(y) - fewest)


# Methods: each returns probabilities and predicted tags of the test rows


def one_versus_rest(X, y, X_test, keep=None):
    """Fit the base to each tag, on the rows to keep."""
    proba = np.empty((len(X_test), y.shape[1]))
    for k in range(y.shape[1]):
        rows = np.ones(len(y), bool) if keep is None else keep[:, k]
        if len(np.unique(y[rows, k])) < 2:
            rows = np.ones(len(y), bool)
        proba[:, k] = _fit_tag(X[rows], y[rows, k], X_test)
    return proba


def _fit_tag(X, y, X_test):
    if len(np.unique(y)) < 2:
        return np.full(len(X_test), float(y[0]))
    return base().fit(X, y).predict_proba(X_test)[:, 1]


def out_of_fold(X, y, seed):
    """Return out-of-fold probabilities of the base for each tag of each row."""
    proba = np.empty(y.shape)
    for k in range(y.shape[1]):
        folds = StratifiedKFold(5, shuffle=True, random_state=seed)
        proba[:, k] = cross_val_predict(
            base(), X, y[:, k], cv=folds, method="predict_proba"
        )[:, 1]
    return proba


def tuned_thresholds(proba, y):
    """Return the threshold of each tag with the best F1 on noisy out-of-fold rows."""
    best = []
    for p, tagged in zip(proba.T, y.T, strict=True):
        order = np.argsort(-p)
        hits = np.cumsum(tagged[order])
        f1 = 2 * hits / (np.arange(1, len(p) + 1) + tagged.sum())
        best.append(p[order[f1.argmax()]])
    return np.array(best)


def cleanlab_keeps(y, proba):
    """Return which entries and rows cleanlab keeps, and its quality of each entry."""
    from cleanlab.multilabel_classification import filter as finding
    from cleanlab.multilabel_classification import rank

    labels = [np.flatnonzero(row).tolist() for row in y]
    entries = finding.find_multilabel_issues_per_class(labels, proba, n_jobs=1)
    rows = finding.find_label_issues(labels, proba, n_jobs=1)
    quality = rank.get_label_quality_scores_per_class(labels, proba)
    keep_rows = np.repeat(~np.asarray(rows)[:, None], y.shape[1], axis=1)
    # Documented as a list with a mask per tag, returned as a table.
    entries = np.asarray(entries)
    entries = entries if entries.shape == y.shape else entries.T
    return ~entries, keep_rows, quality


def rivals(X, noisy, clean, X_test, seed, with_cleanlab):
    """Yield name, probabilities, thresholds, seconds and quality of entries."""
    start = time.perf_counter()
    plain = one_versus_rest(X, noisy, X_test)
    seconds = time.perf_counter() - start
    proba = out_of_fold(X, noisy, seed)
    yield PLAIN, plain, 0.5, seconds, None
    yield TUNED, plain, tuned_thresholds(proba, noisy), seconds, None
    yield CLEAN, one_versus_rest(X, clean, X_test), 0.5, None, None
    if with_cleanlab:
        entries, rows, quality = cleanlab_keeps(noisy, proba)
        yield CLEANLAB, one_versus_rest(X, noisy, X_test, entries), 0.5, None, quality
        yield CLEANLAB_ROWS, one_versus_rest(X, noisy, X_test, rows), 0.5, None, None


def ours(X, noisy, X_test, folder):
    """Yield the same for the classifiers of sknoisy."""
    shared = {"memory": folder, "cv": 5}
    start = time.perf_counter()
    clf = MultilabelNoisyClassifier(base(), **shared).fit(X, noisy)
    seconds = time.perf_counter() - start
    audit = MultilabelAudit(base(), **shared).fit(X, noisy)
    yield OURS, clf.predict_proba(X_test), 0.5, seconds, audit.label_quality_
    clf.set_params(threshold="f1").fit(X, noisy)
    yield OURS_F1, clf.predict_proba(X_test), clf.threshold_, None, None
    published = MultilabelNoisyClassifier(base(), evidence="model", **shared)
    published.fit(X, noisy)
    yield PUBLISHED, published.predict_proba(X_test), 0.5, None, None


def figures(proba, threshold, y_test):
    """Return mean AUC and macro F1."""
    predicted = proba >= threshold
    return {
        "auc": float(roc_auc_score(y_test, proba, average="macro")),
        "f1": float(f1_score(y_test, predicted, average="macro", zero_division=0)),
    }


def detection(quality, noisy, clean):
    """Return how well missing tags are found: over all blanks, and by tag."""
    blank = noisy == 0
    missing = (clean == 1) & blank
    if quality is None or not missing.any():
        return {}
    by_tag = [
        average_precision_score(missing[rows, k], -quality[rows, k])
        for k, rows in enumerate(blank.T)
        if missing[rows, k].any()
    ]
    overall = average_precision_score(missing[blank], -quality[blank])
    return {"ap": float(overall), "ap_by_tag": float(np.mean(by_tag))}


# Run and tables


def run(names, noises, seeds, output):
    """Compute every cell that the output does not hold yet."""
    done = {key(record) for record in read(output)}
    with_cleanlab = has_cleanlab()
    for seed in range(seeds):
        for name in names:
            for noise in noises:
                if (name, noise, seed) in done:
                    continue
                found = cell(name, noise, seed)
                if found is not None:
                    record = compare(found, seed, with_cleanlab)
                    record |= {"dataset": name, "noise": noise, "seed": seed}
                    with open(output, "a", encoding="utf-8") as file:
                        file.write(json.dumps(record) + "\n")
                    print(f"{name}, {noise}, seed {seed}: done", file=sys.stderr)


def compare(found, seed, with_cleanlab):
    """Return the figures of all methods in one cell."""
    X, noisy, clean, X_test, y_test = found
    record = {"shape": noisy.shape, "methods": {}}
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore", LabelNoiseWarning)
        warnings.simplefilter("ignore", ConvergenceWarning)
        methods = [
            *rivals(X, noisy, clean, X_test, seed, with_cleanlab),
            *ours(X, noisy, X_test, folder),
        ]
    for name, proba, threshold, seconds, quality in methods:
        record["methods"][name] = {
            **figures(proba, threshold, y_test),
            **detection(quality, noisy, clean),
            "seconds": seconds,
        }
    return record


def key(record):
    """Return what identifies a cell of one seed."""
    return record["dataset"], record["noise"], record["seed"]


def read(output):
    """Return the records of a file, none if it is not there."""
    if not os.path.exists(output):
        return []
    with open(output, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def print_tables(records):
    """Print all tables as Markdown."""
    cells = defaultdict(list)
    for record in records:
        cells[record["noise"], record["dataset"]].append(record["methods"])
    order = {name: place for place, name in enumerate(DEVELOPMENT + CONFIRMATION)}
    for noise in NOISES:
        names = sorted((n for m, n in cells if m == noise), key=order.get)
        if not names:
            continue
        seeds = sorted({len(cells[noise, name]) for name in names})
        print(f"\n## Noise: {noise}, seeds: {', '.join(map(str, seeds))}")
        for figure, title in (("auc", "Mean AUC"), ("f1", "Macro F1")):
            print(f"\n### {title}, %\n")
            print(score_table({name: cells[noise, name] for name in names}, figure))
        if noise != "none":
            print("\n### Missing tags found: average precision, over all / by tag, %\n")
            print(detection_table({name: cells[noise, name] for name in names}))


def mean(runs, method, figure):
    """Return the mean of a figure over the seeds."""
    return float(np.mean([methods[method][figure] for methods in runs]))


def score_table(cells, figure):
    """Return scores, cells won against plain and cleanlab, and recovery."""
    methods = list(dict.fromkeys(m for runs in cells.values() for m in runs[0]))
    score = {m: {n: mean(r, m, figure) for n, r in cells.items()} for m in methods}
    rows = []
    for method in methods:
        own = score[method]
        ahead = [
            sum(own[n] > score[rival][n] for n in cells)
            for rival in (PLAIN, CLEANLAB)
            if rival in score
        ]
        gaps = {n: score[CLEAN][n] - score[PLAIN][n] for n in cells}
        wide = [n for n in cells if gaps[n] >= SMALL_GAP]
        recovered = [(own[n] - score[PLAIN][n]) / gaps[n] for n in wide]
        rows.append(
            [
                method,
                *(f"{100 * own[n]:.1f}" for n in cells),
                " / ".join(map(str, ahead)),
                f"{np.mean(recovered):.2f}" if recovered else "",
            ]
        )
    header = ["method", *cells, f"ahead of plain / cleanlab (of {len(cells)})"]
    return markdown([*header, "recovery"], rows)


def detection_table(cells):
    """Return average precision of finding missing tags."""
    rows = []
    for method in (CLEANLAB, OURS):
        texts = []
        for runs in cells.values():
            if method in runs[0] and "ap" in runs[0][method]:
                pair = (mean(runs, method, f) for f in ("ap", "ap_by_tag"))
                texts.append(" / ".join(f"{100 * value:.1f}" for value in pair))
            else:
                texts.append(".")
        rows.append([method if method != OURS else "**MultilabelAudit**", *texts])
    return markdown(["quality of entries by", *cells], rows)


def main():
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--datasets", nargs="*", default=DEVELOPMENT + CONFIRMATION)
    parser.add_argument("--noises", nargs="*", default=NOISES)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--output", default="bench_multilabel.jsonl")
    parser.add_argument("--table", action="store_true", help="print what is there")
    args = parser.parse_args()
    with threadpool_limits(1):
        if not args.table:
            run(args.datasets, args.noises, args.seeds, args.output)
    print_tables(read(args.output))


if __name__ == "__main__":
    main()
