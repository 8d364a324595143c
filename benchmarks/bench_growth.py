"""How the time of the evidence grows with the rows.

Run ``python benchmarks/bench_growth.py``, with ``--size 0.1`` for a tenth of the rows.
Seven tables: exact and approximate neighbour search on data with 12 directions in 50
columns, with the share of the ten nearest rows that the approximate search finds; the
out-of-bag forest, with the exponent of its growth from one size to the next; the
default classifier around boosting and logistic regression beside CleanLearning, with
the memory that it needs beside X and a plain fit; histogram boosting on 8,000 rows as
they are, weighted and filtered; the default classifier around a forest on one and on
two workers of dask, the median of five elapsed times; searches with and without the
corrected scorer; and the classifier of tags on up to 100,000 rows and 1,000 tags, both
sparse, of which 40 % are removed, beside plain fits, with the most memory of the
process and the mean AUC of some of the tags. All other times are of the processor.
"""

import argparse
import multiprocessing
import resource
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import product

import numpy as np
from joblib import parallel_config
from scipy import sparse
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsTransformer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sknoisy import NoisyLabelClassifier
from sknoisy._context import FitContext
from sknoisy._folds import distinct_rows
from sknoisy._labels import NoisyLabels
from sknoisy._soft_labels import fit_soft_labels, soft_labels_for
from sknoisy.evidence import EvidenceInputs, forest_evidence
from sknoisy.metrics import noise_corrected_scorer
from sknoisy.multilabel import MultilabelNoisyClassifier
from sknoisy.noise import PairNoise, UniformNoise

N_NEIGHBORS = 10
SEARCHED = [10_000, 20_000, 40_000]
GROWN = [12_500, 50_000, 200_000]
BOOSTED, SPREAD, REPEATS = 8000, 50_000, 5
FITTED = [20_000, 60_000, 200_000]
BASES = {
    "boosting": HistGradientBoostingClassifier(max_iter=30, random_state=0),
    "logistic regression": make_pipeline(
        StandardScaler(), LogisticRegression(max_iter=300)
    ),
}
# Rows of the searches, of which pair noise asks for a forest in each test part.
CHOSEN = 5000
# Rows and tags; every 63rd tag is also fitted as it is, and scored on new rows.
TAGGED = [(10_000, 100), (50_000, 500), (100_000, 1000)]
SAMPLED_TAGS, NEW_ROWS = 63, 10_000


def evidence_inputs(X, y):
    """Return what the forest is given."""
    classes, codes = np.unique(y, return_inverse=True)
    labels = NoisyLabels(codes, classes, points=distinct_rows(X))
    return EvidenceInputs(None, X, labels, [], FitContext(random_state=0))


def make_rows(n_rows, seed=0):
    """Return rows and labels of five classes."""
    return make_classification(
        n_rows, 50, n_informative=12, n_classes=5, class_sep=1.2, random_state=seed
    )


def seconds(function):
    """Return the result of a call and its processor time."""
    start = time.process_time()
    result = function()
    return result, time.process_time() - start


def nearest_rows(graph):
    """Return the sets of neighbours of all rows, themselves included."""
    return [set(row) for row in np.split(graph.indices, graph.indptr[1:-1])]


def compare_searches(size):
    """Print time and recall of both searches by the number of rows."""
    # Imported here: its compiler would count as memory of the other tables.
    from pynndescent import PyNNDescentTransformer

    # The first search compiles; smaller tables are searched by other code.
    search, X = PyNNDescentTransformer(n_neighbors=5), make_rows(5000)[0]
    _, compiling = seconds(lambda: search.fit_transform(X))
    print(f"The first approximate search of a process: {compiling:.0f} s\n")
    print("| rows | exact, s | approximate, s | recall |\n| --- | --- | --- | --- |")
    for n_rows in (int(size * n) for n in SEARCHED):
        X, _ = make_rows(n_rows)
        exact, slow = seconds(
            lambda X=X: KNeighborsTransformer(n_neighbors=N_NEIGHBORS).fit_transform(X)
        )
        search = PyNNDescentTransformer(n_neighbors=N_NEIGHBORS, random_state=0)
        found, fast = seconds(lambda X=X, search=search: search.fit_transform(X))
        pairs = zip(nearest_rows(exact), nearest_rows(found), strict=True)
        recall = np.mean([len(a & b) / len(a) for a, b in pairs])
        print(f"| {n_rows:,} | {slow:.1f} | {fast:.1f} | {recall:.2f} |", flush=True)


def compare_forests(size):
    """Print the time of the forest and the exponent of its growth."""
    print("\n| rows | forest, s | exponent |\n| --- | --- | --- |")
    last = None
    for n_rows in (int(size * n) for n in GROWN):
        inputs = evidence_inputs(*make_rows(n_rows))
        _, taken = seconds(lambda inputs=inputs: forest_evidence(inputs))
        exponent = "-"
        if last is not None:
            exponent = f"{np.log(taken / last[1]) / np.log(n_rows / last[0]):.2f}"
        print(f"| {n_rows:,} | {taken:.1f} | {exponent} |", flush=True)
        last = n_rows, taken


def compare_actions(size):
    """Print time and accuracy of histogram boosting, weighted and filtered."""
    base = HistGradientBoostingClassifier(random_state=0)
    actions = ("keep", "weight", "filter")
    print("\n| noise |" + "".join(f" {a}, s | {a}, % |" for a in actions))
    print("| --- |" + " --- |" * 6)
    n_rows = int(size * BOOSTED)
    for seed, rate in product(range(3), (0.2, 0.4)):
        X, y = make_rows(2 * n_rows, seed)
        noisy = UniformNoise(rate, random_state=seed).corrupt(y[:n_rows])
        labels = evidence_inputs(X[:n_rows], noisy).labels
        clf = NoisyLabelClassifier(evidence="forest", random_state=0)
        proba = clf.fit(X[:n_rows], noisy).clean_proba_
        row = f"| {rate:.0%}, seed {seed} |"
        for action in actions:
            soft_labels = soft_labels_for(action, proba, labels)
            model, taken = seconds(
                lambda s=soft_labels, X=X[:n_rows], c=labels.classes: fit_soft_labels(
                    base, X, s, c
                )
            )
            row += f" {taken:.1f} | {100 * model.score(X[n_rows:], y[n_rows:]):.1f} |"
        print(row, flush=True)


def measure_fit(name, n_rows):
    """Return the times of a plain fit, ours and cleanlab's, fits, and memory over X."""
    X, y = make_rows(n_rows)
    base = BASES[name]
    y = UniformNoise(0.2, random_state=0).corrupt(y)
    _, plain = seconds(lambda: base.fit(X, y))
    before = peak_memory()
    model, ours = seconds(lambda: NoisyLabelClassifier(base, random_state=0).fit(X, y))
    memory = (peak_memory() - before) / X.nbytes
    try:
        from cleanlab.classification import CleanLearning
    except ImportError:
        peer = np.nan
    else:
        one_job = {"find_label_issues_kwargs": {"n_jobs": 1}}
        _, peer = seconds(lambda: CleanLearning(clone(base), **one_job).fit(X, y))
    return plain, ours, peer, model.n_fits_, memory


def in_new_process(function, *args):
    """Return the result of a call in a process that has had nothing in memory."""
    fresh = {"max_workers": 1, "mp_context": multiprocessing.get_context("spawn")}
    with ProcessPoolExecutor(**fresh) as process:
        return process.submit(function, *args).result()


def peak_memory():
    """Return the most bytes that the process has had in memory so far."""
    return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def compare_fits(size):
    """Print time and memory of the default classifier, each in a process of its own."""
    header = ["base", "rows", "plain fit, s", "ours, s", "CleanLearning, s", "fits"]
    print("\n|", " | ".join([*header, "exponent", "memory over X"]), "|")
    print("|", " | ".join(["---"] * (2 + len(header))), "|")
    for name in BASES:
        last = None
        for n_rows in (int(size * n) for n in FITTED):
            found = in_new_process(measure_fit, name, n_rows)
            plain, ours, peer, n_fits, memory = found
            exponent = "-"
            if last is not None:
                exponent = f"{np.log(ours / last[1]) / np.log(n_rows / last[0]):.2f}"
            cells = f"{plain:.2f} | {ours:.1f} | {peer:.1f} | {n_fits} | {exponent}"
            print(f"| {name} | {n_rows:,} | {cells} | {memory:.1f} |", flush=True)
            last = n_rows, ours


def compare_workers(size):
    """Print the time of the default classifier by the number of workers of dask."""
    from distributed import Client, LocalCluster

    X, y = make_rows(int(size * SPREAD))
    y = UniformNoise(0.2, random_state=0).corrupt(y)
    base = RandomForestClassifier(50, random_state=0)
    print("\n| workers | elapsed, s | as fast as one |")
    print("| --- | --- | --- |")
    first = None
    for n_workers in (1, 2):
        workers = {"n_workers": n_workers, "threads_per_worker": 1}
        taken = []
        with (
            LocalCluster(**workers, dashboard_address=None) as cluster,
            Client(cluster),
            parallel_config("dask"),
        ):
            for _ in range(REPEATS):
                start = time.perf_counter()
                NoisyLabelClassifier(base, random_state=0).fit(X, y)
                taken.append(time.perf_counter() - start)
        median = np.median(taken)
        first = first or median
        print(f"| {n_workers} | {median:.1f} | {first / median:.2f} |", flush=True)


def searched(base, parameter, X, y, corrected):
    """Return a search over a parameter, by the corrected score or by the plain one."""
    scoring = noise_corrected_scorer("accuracy").fit(X, y) if corrected else None
    grid = {parameter: [1, 2, 5, 10, 20, 50]}
    return GridSearchCV(base, grid, scoring=scoring).fit(X, y)


def compare_scorers(size):
    """Print the time of searches without and with the corrected scorer."""
    searches = {
        "forest": (RandomForestClassifier(random_state=0), "min_samples_leaf"),
        "logistic regression": (LogisticRegression(), "C"),
    }
    print("\n| base | plain search, s | corrected, s | ratio |")
    print("| --- | --- | --- | --- |")
    for seed, (name, (base, parameter)) in enumerate(searches.items()):
        # Labels of their own, or the second search would find the forests of the first.
        X, y = make_rows(int(size * CHOSEN), seed)
        y = PairNoise(0.4, random_state=seed).corrupt(y)
        search = partial(searched, base, parameter, X, y)
        plain, ours = (seconds(partial(search, c))[1] for c in (False, True))
        print(f"| {name} | {plain:.1f} | {ours:.1f} | {ours / plain:.2f} |", flush=True)


def make_tags(n_rows, n_tags, rng, n_factors=20):
    """Return sparse rows and tags, each tag in 1 % of the rows, made of few factors."""
    shape = (n_rows, 10 * n_factors)
    X = sparse.random_array(shape, density=0.05, format="csr", rng=rng)
    factors = X @ np.eye(n_factors)[np.arange(10 * n_factors) % n_factors]
    columns = []
    for _ in range(n_tags):
        score = factors @ rng.normal(size=n_factors)
        tagged = score > np.quantile(score, 0.99)
        columns.append(sparse.csc_array(tagged[:, None]))
    return X, sparse.hstack(columns, format="csr")


def measure_tags(n_rows, n_tags):
    """Return times of plain fits and of ours, memory, and AUC of both and of clean."""
    rng = np.random.RandomState(0)
    X, clean = make_tags(n_rows + NEW_ROWS, n_tags, rng)
    X, X_test, y_test = X[:n_rows], X[n_rows:], clean[n_rows:].tocsc()
    clean = clean[:n_rows].tocoo()
    kept = rng.uniform(size=clean.nnz) < 0.6
    noisy = sparse.csr_array(
        (kept[kept].astype(int), (clean.row[kept], clean.col[kept])), clean.shape
    )
    base = SGDClassifier(loss="log_loss", max_iter=5, tol=None, random_state=0)
    some = np.arange(0, n_tags, SAMPLED_TAGS)
    model, ours = seconds(lambda: MultilabelNoisyClassifier(base).fit(X, noisy))
    memory = peak_memory()
    proba = [model.predict_proba(X_test)[:, some]]
    for y in (noisy, clean):
        columns = y.tocsc()[:, some].toarray().T
        fits, plain = seconds(lambda c=columns: [clone(base).fit(X, y) for y in c])
        proba.append(np.column_stack([f.predict_proba(X_test)[:, 1] for f in fits]))
    aucs = [roc_auc_score(y_test[:, some].toarray(), p) for p in proba]
    return plain / len(some) * n_tags, ours, memory, aucs


def compare_tags(size):
    """Print time, memory and AUC of the classifier of tags, size by size."""
    print("\n| rows | tags | plain fits, s | ours, s | MiB | AUC: ours, plain, clean |")
    print("| --- | --- | --- | --- | --- | --- |")
    for n_rows, n_tags in TAGGED:
        n_rows = int(size * n_rows)
        plain, ours, memory, aucs = in_new_process(measure_tags, n_rows, n_tags)
        aucs = ", ".join(f"{auc:.3f}" for auc in aucs)
        line = f"{plain:.0f} | {ours:.0f} | {memory / 2**20:.0f} | {aucs}"
        print(f"| {n_rows:,} | {n_tags:,} | {line} |", flush=True)


TABLES = {
    "searches": compare_searches,
    "forests": compare_forests,
    "fits": compare_fits,
    "actions": compare_actions,
    "workers": compare_workers,
    "scorers": compare_scorers,
    "tags": compare_tags,
}


def main():
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=float, default=1, help="share of the rows")
    parser.add_argument("--only", choices=TABLES, help="one of the tables")
    options = parser.parse_args()
    for name, compare in TABLES.items():
        if options.only in (None, name):
            compare(options.size)


if __name__ == "__main__":
    main()
