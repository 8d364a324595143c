"""When does the past help? Pseudo-labels over generations, against a single round.

Run ``SKNOISY_DATA=… python benchmarks/bench_pseudo_labels_contest.py --output FILE``;
what FILE holds already is not run again.

Sets: digits, penbased, mnist5k (50 main directions) and banking77 (20 of its classes,
drawn by the seed), 1,000 rows each, columns at unit variance, true classes hidden. K is
the number of classes. Whatever is chosen is chosen on digits and penbased; mnist5k and
banking77 check it.

Four settings, 8 generations each, written down before the first run:

- ``views``: noise that is independent across generations. Each generation sees a random
  projection to 16 directions, with noise of half the standard deviation added, and
  k-means makes 3 K clusters of it.
- ``numbers``: the same, with a number of clusters drawn from 2 K to 4 K.
- ``learner``: a learner that moves. Discriminant analysis is trained on the
  pseudo-labels of a random third of the rows, in a random half of the columns, and
  k-means makes 3 K clusters of its 16 first coordinates. The first pseudo-labels are
  those of k-means with 3 K clusters, or those that banking77 brings along (its variant
  "pseudo").
- ``density``: clusters by density, which leave samples out. Each generation sees 8 main
  directions, with noise of a fifth of the standard deviation added, and DBSCAN finds
  clusters with the median distance to the fifth neighbour as radius. Samples left out
  count as clusters of their own.

Methods. With a past: ``refined``, the PseudoLabelRefiner on one clustering of each
generation, with what it can carry over. With ``carry="runs"``, which these runs made
the default, it counts how often samples go together in all generations so far.
Controls without a past: the clusters as they come, k-means and Ward's method with K
clusters, and the consensus of 8 clusterings of the same generation, by both counts;
for DBSCAN these see the view of the generation with noise of a fifth added once more.
All are cut to K clusters, except the clusters as they come and the rows that say
"threshold".

The figure is the adjusted Rand index, mean over the last three generations. The aim was
set before the first run: the refiner, as it is by default apart from the cut, at least
0.03 above the best control without a past, mean over the seeds, in two of the four sets
at least.

``consensus`` asks which consensus the clusterer form should use by default: 10 runs of
k-means with the default number of clusters on the same data, by perturbation and by
count, cut to K, and cut at a threshold.
"""

import argparse
import json
import os
import sys
import warnings
from collections import defaultdict
from functools import cache

import numpy as np
from _data import available
from _table import markdown
from sklearn.cluster import DBSCAN, AgglomerativeClustering, KMeans
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.metrics import adjusted_rand_score
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import scale
from threadpoolctl import threadpool_limits

from sknoisy import PseudoLabelRefiner
from sknoisy.cluster._perturbation import run_round
from sknoisy.datasets import load_from_folder

SETS = ("digits", "penbased", "mnist5k", "banking77")
N_ROWS, N_GENERATIONS, LAST = 1000, 8, 3
RAW = "as they come"


@cache
def load(name, seed):
    """Return rows, classes and the pseudo-labels that the set brings along."""
    rng = np.random.RandomState(seed)
    given = None
    if name == "digits":
        X, y = load_digits(return_X_y=True)
    else:
        variant = "pseudo" if name == "banking77" else None
        bunch = load_from_folder(name, variant=variant)
        X, y, given = np.asarray(bunch.data, float), bunch.target, bunch.target_noisy
    if name == "mnist5k":
        X = PCA(50, random_state=0).fit_transform(X)
        X = X / X[:, 0].std()
    rows = rng.permutation(len(y))
    if name == "banking77":
        classes = rng.permutation(np.unique(y))[:20]
        rows = rows[np.isin(y[rows], classes)]
    rows = rows[:N_ROWS]
    X = X[rows] if name == "mnist5k" else scale(X[rows])
    return X, y[rows], None if given is None else given[rows]


def k_means(Z, n_clusters, rng):
    """Return the clusters of one run."""
    seed = rng.randint(2**31 - 1)
    return KMeans(n_clusters, n_init=1, random_state=seed).fit_predict(Z)


class Views:
    """Each generation sees the rows through another noisy projection."""

    def __init__(self, X, y, given, rng):
        self.X, self.n_classes, self.rng = X, len(np.unique(y)), rng

    def next(self, _):
        """Go to the next generation."""
        directions = self.rng.normal(size=(self.X.shape[1], 16))
        Z = self.X @ directions
        self.Z = Z + 0.5 * Z.std(axis=0) * self.rng.normal(size=Z.shape)
        self.n_clusters = self.number()

    def number(self):
        """Return the number of clusters of a generation."""
        return 3 * self.n_classes

    def cluster(self, rng, again=False):
        """Return one clustering of the generation."""
        return k_means(self.Z, self.n_clusters, rng)


class Numbers(Views):
    """Each generation has another number of clusters."""

    def number(self):
        """Return the number of clusters of a generation."""
        return self.rng.randint(2 * self.n_classes, 4 * self.n_classes + 1)


class Learner(Views):
    """The space is learnt from the pseudo-labels of the generation before."""

    feedback = True

    def __init__(self, X, y, given, rng):
        super().__init__(X, y, given, rng)
        self.n_clusters = self.number()
        self.start = k_means(X, self.n_clusters, rng) if given is None else given

    def next(self, pseudo):
        """Go to the next generation, with what was made of the one before."""
        pseudo = self.start if pseudo is None else pseudo
        n, d = self.X.shape
        rows = self.rng.permutation(n)[: n // 3]
        columns = self.rng.permutation(d)[: (d + 1) // 2]
        # A class of a single row has no spread.
        counts = np.bincount(pseudo[rows] + 1, minlength=pseudo.max() + 2)
        rows = rows[counts[pseudo[rows] + 1] > 1]
        model = LinearDiscriminantAnalysis(solver="eigen", shrinkage=0.1)
        model.fit(self.X[np.ix_(rows, columns)], pseudo[rows])
        Z = model.transform(self.X[:, columns])[:, :16]
        self.Z = Z / np.maximum(np.linalg.norm(Z, axis=1, keepdims=True), 1e-12)


class Density(Views):
    """DBSCAN on noisy coordinates."""

    def __init__(self, X, y, given, rng):
        super().__init__(PCA(8, random_state=0).fit_transform(X), y, given, rng)

    def next(self, _):
        """Go to the next generation."""
        self.Z = self.disturbed(self.X, self.rng)

    def disturbed(self, Z, rng):
        """Return coordinates with noise."""
        return Z + 0.2 * Z.std() * rng.normal(size=Z.shape)

    def cluster(self, rng, again=False):
        """Return one clustering of the generation."""
        Z = self.disturbed(self.Z, rng) if again else self.Z
        nearest = NearestNeighbors(n_neighbors=5).fit(Z)
        return DBSCAN(np.median(nearest.kneighbors()[0][:, -1])).fit_predict(Z)


SETTINGS = {
    "views": Views,
    "numbers": Numbers,
    "learner": Learner,
    "density": Density,
}


class Kept:
    """A refiner that lives through all generations."""

    def __init__(self, cut=True, mean=False, **params):
        self.cut, self.mean = cut, mean
        self.refiner, self.n_seen = PseudoLabelRefiner(**params), 0

    def __call__(self, setting, rng):
        """Return the pseudo-labels of a generation."""
        self.n_seen += 1
        if self.cut:
            self.refiner.set_params(n_clusters=setting.n_classes)
        if self.mean:
            self.refiner.set_params(alpha=1 / self.n_seen)
        return self.refiner.partial_fit(setting.cluster(rng)).labels_


def together(runs, n_clusters, threshold=0.5):
    """Return clusters by how often samples go together, average linkage."""
    runs = np.stack(runs)
    both = np.mean([(r[:, None] == r) & (r >= 0) for r in runs], axis=0)
    known = np.sqrt((runs >= 0).mean(axis=0))
    apart = 1 - both / np.maximum(known[:, None] * known, 1e-12)
    inside = known > 0
    labels = np.full(len(known), -1)
    method = AgglomerativeClustering(
        n_clusters,
        metric="precomputed",
        linkage="average",
        distance_threshold=None if n_clusters else threshold,
    )
    labels[inside] = method.fit_predict(apart[np.ix_(inside, inside)])
    return labels


def same_round_refined(setting, rng):
    """Refine as many clusterings of the same generation."""
    refiner = PseudoLabelRefiner(carry="soft", n_clusters=setting.n_classes)
    for _ in range(N_GENERATIONS):
        refiner.partial_fit(setting.cluster(rng, again=True))
    return refiner.labels_


def same_round_together(setting, rng):
    """Count how often samples go together in as many clusterings."""
    runs = [setting.cluster(rng, again=True) for _ in range(N_GENERATIONS)]
    return together(runs, setting.n_classes)


METHODS = {
    RAW: lambda: lambda setting, rng: setting.cluster(rng),
    '**refined** (default, carry "runs")': Kept,
    'refined, carry "soft"': lambda: Kept(carry="soft"),
    'refined, carry "soft", alpha 0.3': lambda: Kept(carry="soft", alpha=0.3),
    'refined, carry "soft", alpha 1/t': lambda: Kept(carry="soft", mean=True),
    "refined, threshold": lambda: Kept(cut=False),
    "control: k-means, K": lambda: lambda s, rng: k_means(s.Z, s.n_classes, rng),
    "control: Ward, K": lambda: (
        lambda s, rng: AgglomerativeClustering(s.n_classes).fit_predict(s.Z)
    ),
    'control: refined, carry "soft", 8 of the same round': lambda: same_round_refined,
    "control: going together, 8 of the same round": lambda: same_round_together,
}


def contest(name, setting, method, seed):
    """Return the adjusted Rand index of a method."""
    X, y, given = load(name, seed)
    # What happens to the rows follows one seed, what the method draws another.
    world = SETTINGS[setting](X, y, given, np.random.RandomState(1000 + seed))
    rng = np.random.RandomState(seed)
    step, pseudo, scores = METHODS[method](), None, []
    for generation in range(N_GENERATIONS):
        world.next(pseudo)
        lasting = "control" not in method and method != RAW
        idle = generation < N_GENERATIONS - LAST and not hasattr(world, "feedback")
        if idle and ("same" in method or not lasting):
            continue
        pseudo = step(world, rng)
        if generation >= N_GENERATIONS - LAST:
            scores.append(ari(y, pseudo))
    return float(np.mean(scores))


def ari(y, labels):
    """Return the adjusted Rand index, each sample in no cluster taken for one."""
    alone = np.where(labels < 0, labels.max() + 1 + np.arange(len(labels)), labels)
    return adjusted_rand_score(y, alone)


PERTURBATIONS = ("seed", "subspace", "bootstrap")
COUNTS = {
    "refined, K": lambda runs, K: refined(runs, n_clusters=K),
    "refined, alpha 1/t, K": lambda runs, K: refined(runs, mean=True, n_clusters=K),
    "together, K": together,
    **{
        f"refined, threshold {t}": lambda runs, K, t=t: refined(
            runs, distance_threshold=t
        )
        for t in (0.9, 0.8, 0.7)
    },
    **{
        f"together, threshold {t}": lambda runs, K, t=t: together(runs, None, t)
        for t in (0.9, 0.8, 0.7)
    },
}


def refined(runs, mean=False, **params):
    """Return what the refiner with soft carry makes of several runs."""
    refiner = PseudoLabelRefiner(carry="soft", **params)
    for number, run in enumerate(runs, 1):
        if mean:
            refiner.set_params(alpha=1 / number)
        refiner.partial_fit(run)
    return refiner.labels_


def consensus(name, seed):
    """Yield method, adjusted Rand index and number of clusters."""
    X, y, _ = load(name, seed)
    K, rng = len(np.unique(y)), np.random.RandomState(seed)
    yield "control: k-means, K, best of 10", KMeans(K, n_init=10, random_state=seed)
    yield "control: Ward, K", AgglomerativeClustering(K)
    for perturbation in PERTURBATIONS:
        runs = [run_round(None, X, perturbation, rng).labels for _ in range(10)]
        for count, function in COUNTS.items():
            yield f"{perturbation}: {count}", function(runs, K)


def consensus_records(name, seed):
    """Return the figures of one set and seed."""
    X, y, _ = load(name, seed)
    records = []
    for method, found in consensus(name, seed):
        labels = found.fit_predict(X) if hasattr(found, "fit") else found
        n_clusters = len(np.unique(labels[labels >= 0]))
        records.append({"method": method, "ari": ari(y, labels), "k": n_clusters})
    return records


def read(path):
    """Return the records of a file of JSON lines."""
    if not path or not os.path.exists(path):
        return []
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def write(path, records):
    """Add records to a file of JSON lines."""
    if path:
        with open(path, "a", encoding="utf-8") as file:
            file.writelines(json.dumps(record) + "\n" for record in records)


def run(options, records):
    """Add the records that are asked for and missing."""
    done = {(r["setting"], r["set"], r["seed"], r["method"]) for r in records}
    names = available(options.sets)
    for seed in range(options.seeds):
        for name in names:
            for setting in options.settings:
                new = []
                if setting == "consensus":
                    if not any(d[:3] == (setting, name, seed) for d in done):
                        new = consensus_records(name, seed)
                else:
                    new = [
                        {"method": m, "ari": contest(name, setting, m, seed)}
                        for m in METHODS
                        if (setting, name, seed, m) not in done
                    ]
                about = {"setting": setting, "set": name, "seed": seed}
                new = [about | record for record in new]
                records += new
                write(options.output, new)
        print(f"seed {seed}: done", file=sys.stderr)
    return records


def print_table(records, setting):
    """Print the figures of a setting."""
    figures = defaultdict(dict)
    for r in records:
        if r["setting"] == setting:
            figures[r["method"]].setdefault(r["set"], []).append(r)
    if not figures:
        return
    names = [name for name in SETS if any(name in row for row in figures.values())]
    rows = []
    for method, by_set in figures.items():
        cells = [cell(by_set.get(name, [])) for name in names]
        every = [np.mean([r["ari"] for r in by_set[n]]) for n in names if n in by_set]
        rows.append([method, *cells, f"{np.mean(every):.3f}"])
    n_seeds = len({r["seed"] for r in records if r["setting"] == setting})
    print(f"\n## {setting}, {n_seeds} seeds\n")
    print(markdown(["method", *names, "mean"], rows))
    if setting != "consensus":
        print_verdict(figures, names)


def cell(records):
    """Return mean and standard deviation as text, and clusters where noted."""
    if not records:
        return "."
    values = [record["ari"] for record in records]
    text = f"{np.mean(values):.3f}"
    text += f" ± {np.std(values, ddof=1):.3f}" if len(values) > 1 else ""
    if "k" in records[0]:
        text += f" ({np.mean([record['k'] for record in records]):.0f})"
    return text


def print_verdict(figures, names):
    """Print what the rows with a past gain on the best control without one."""
    past = [m for m in figures if m != RAW and not m.startswith("control")]
    print()
    for method in past:
        gains = []
        for name in names:
            without = {
                m: np.mean([r["ari"] for r in rows[name]])
                for m, rows in figures.items()
                if (m == RAW or m.startswith("control")) and name in rows
            }
            best = max(without, key=without.get)
            mean = np.mean([r["ari"] for r in figures[method][name]])
            gains.append(f"{name} {mean - without[best]:+.3f} ({best.split(': ')[-1]})")
        print(f"- {method}, above the best without a past: {', '.join(gains)}")


def main():
    """Run what is asked for and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    settings = [*SETTINGS, "consensus"]
    parser.add_argument("--settings", nargs="+", choices=settings, default=settings)
    parser.add_argument("--sets", nargs="+", choices=SETS, default=SETS)
    parser.add_argument("--seeds", type=int, default=5, help="number (default: 5)")
    parser.add_argument("--output", help="file of JSON lines to add to")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    with threadpool_limits(1):
        records = run(options, read(options.output))
    for setting in options.settings:
        print_table(records, setting)


if __name__ == "__main__":
    main()
