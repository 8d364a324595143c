"""What classifiers of tags learn where tags are missing.

Sets: emotions, yeast_ml and generated rows, on which the defaults were chosen; scene,
cal500, corel5k, pml_yeast_cc and pml_yeast_mf, which were looked at once. *dropped*: 40
% of the tags of the training rows are removed at random; *striking*: those of the least
striking rows, against the assumption of our method; *given*: the noise that a set comes
with; *none*: nothing is removed. At most 1,500 training rows and 25 tags with ten
training rows that have it and ten that lack it. The base is a logistic regression.
Figures: mean AUC of the tags and macro F1 on clean test rows, and the average precision
of missing tags, over all blanks and by tag. The row that counts is
``MultilabelNoisyClassifier`` with its default constructor.

With ``--method`` a row is an estimator around the base whose ``predict_proba`` returns
(n, tags).
"""

import time

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, f1_score, roc_auc_score
from sklearn.model_selection import cross_val_predict
from sklearn.preprocessing import StandardScaler

from benchmarks.bases import folds
from benchmarks.cells import CLEAN, PLAIN, Cell
from benchmarks.data import OTHERS, sets_in
from benchmarks.methods import make_method
from sknoisy.datasets import load_from_folder
from sknoisy.multilabel import MultilabelAudit, MultilabelNoisyClassifier
from sknoisy.noise import MultilabelNoise

FIGURES = ("auc", "f1", "ap", "ap_by_tag", "seconds")
OURS, REFERENCES = ("MultilabelNoisyClassifier",), (CLEAN,)
F1, PUBLISHED = "threshold='f1'", "evidence='model' (Elkan and Noto)"
ENTRIES, ROWS = "cleanlab: entries left out", "cleanlab: rows left out"
TUNED = "plain base, F1 threshold"
METHODS = (PLAIN, TUNED, CLEAN, ENTRIES, ROWS, *OURS, F1, PUBLISHED)
GENERATED = "generated"
NAMES = (
    *("emotions", "yeast_ml", GENERATED, "scene", "cal500", "corel5k"),
    *("pml_yeast_cc", "pml_yeast_mf"),
)
QUICK_NAMES = ("emotions", GENERATED)
VARIANTS = {"pml_yeast_cc": "hard", "pml_yeast_mf": "hard"}
NOISES = ("dropped", "striking", "given", "none")
MAX_TRAIN, MAX_TAGS, MIN_TRAIN, MIN_TEST = 1500, 25, 10, 2


def cells(options):
    """Yield the cells; with a folder, those of its sets of tags."""
    names = options.sets or (QUICK_NAMES if options.quick else NAMES)
    if options.folder:
        names = sets_in(options.folder, "multilabel", options.sets)
    for seed in options.seed_range(3):
        for name in names:
            for noise in options.noises or NOISES:
                yield Cell(name, OTHERS, noise, "lr", seed)


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


def prepare(cell, options):
    """Return (seed, X, noisy, clean, X_test, y_test), None without given noise."""
    rng, given = np.random.RandomState(cell.seed), None
    if cell.data == GENERATED:
        X, y, test = generate(cell.seed)
    else:
        variant = VARIANTS.get(cell.data)
        bunch = load_from_folder(cell.data, options.folder, variant=variant)
        X, y, given = bunch.data.astype(float), bunch.target, bunch.target_noisy
        test = bunch.split == 1
    if cell.noise == "given" and given is None:
        return None
    train = rng.permutation(np.flatnonzero(~test))[: options.rows(MAX_TRAIN)]
    test = np.flatnonzero(test)
    kept = _usable(y[train], MIN_TRAIN) & _usable(y[test], MIN_TEST)
    tags = np.sort(rng.permutation(np.flatnonzero(kept))[:MAX_TAGS])
    scaler, clean = StandardScaler().fit(X[train]), y[train][:, tags]
    if cell.noise == "dropped":
        noisy = clean * (rng.uniform(size=clean.shape) >= 0.4)
    elif cell.noise == "striking":
        noise = MultilabelNoise(0.4, striking=0.7, random_state=0)
        noisy = noise.corrupt(clean, X[train])
    else:
        noisy = clean if cell.noise == "none" else given[train][:, tags]
    X_train, X_test = scaler.transform(X[train]), scaler.transform(X[test])
    return cell.seed, X_train, noisy, clean, X_test, y[test][:, tags]


def _usable(y, fewest):
    n_tagged = y.sum(axis=0)
    return (n_tagged >= fewest) & (n_tagged <= len(y) - fewest)


def base():
    return LogisticRegression(max_iter=200)


def one_versus_rest(X, y, X_test, keep=None):
    """Return the probabilities of the base for each tag, fitted on the rows to keep."""
    proba = np.empty((len(X_test), y.shape[1]))
    for k in range(y.shape[1]):
        rows = np.ones(len(y), bool) if keep is None else keep[:, k]
        if len(np.unique(y[rows, k])) < 2:
            rows = np.ones(len(y), bool)
        if len(np.unique(y[rows, k])) < 2:
            proba[:, k] = float(y[0, k])
        else:
            model = base().fit(X[rows], y[rows, k])
            proba[:, k] = model.predict_proba(X_test)[:, 1]
    return proba


def out_of_fold(X, y, seed):
    """Return out-of-fold probabilities of the base for each tag of each row."""
    columns = [
        cross_val_predict(base(), X, column, cv=folds(5, seed), method="predict_proba")
        for column in y.T
    ]
    return np.column_stack([column[:, 1] for column in columns])


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
    return ~(entries if entries.shape == y.shape else entries.T), keep_rows, quality


def measure(problem, row):
    if problem is None:
        return None
    seed, X, noisy, clean, X_test, y_test = problem
    start, threshold, quality = time.process_time(), 0.5, None
    if row in (PLAIN, CLEAN, TUNED):
        proba = one_versus_rest(X, clean if row == CLEAN else noisy, X_test)
        if row == TUNED:
            threshold = tuned_thresholds(out_of_fold(X, noisy, seed), noisy)
    elif row in (ENTRIES, ROWS):
        kept = cleanlab_keeps(noisy, out_of_fold(X, noisy, seed))
        proba = one_versus_rest(X, noisy, X_test, kept[0 if row == ENTRIES else 1])
        quality = kept[2] if row == ENTRIES else None
    else:
        params = {F1: {"threshold": "f1"}, PUBLISHED: {"evidence": "model"}}.get(
            row, {}
        )
        if row in (*OURS, F1, PUBLISHED):
            model = MultilabelNoisyClassifier(base(), cv=5, **params)
        else:
            model = make_method(row, base(), seed)
        proba = model.fit(X, noisy).predict_proba(X_test)
        threshold = getattr(model, "threshold_", 0.5)
    seconds = time.process_time() - start
    if row in OURS:
        quality = MultilabelAudit(base(), cv=5).fit(X, noisy).label_quality_
    f1 = f1_score(y_test, proba >= threshold, average="macro", zero_division=0)
    found = {"auc": roc_auc_score(y_test, proba, average="macro"), "f1": f1}
    return found | {"seconds": seconds} | missing_tags(quality, noisy, clean)


def missing_tags(quality, noisy, clean):
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
    return {"ap": overall, "ap_by_tag": float(np.mean(by_tag))}
