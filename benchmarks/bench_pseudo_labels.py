"""What refining the labels of successive clusterings is worth, beside its controls.

Run ``python benchmarks/bench_pseudo_labels.py``. Four experiments, each with the
controls that could take the gain away:

- ``loop``: a representation that is learnt from its own pseudo-labels (needs the set
  ``mnist5k`` in the folder that SKNOISY_DATA names);
- ``labels``: label arrays alone, with other linkages, metrics and mixtures;
- ``clusterer``: several runs of k-means on the digits as one clusterer;
- ``outliers``: DBSCAN, which leaves samples out.
"""

import argparse
import sys
import warnings
from collections import defaultdict

import numpy as np
from _data import available
from _table import markdown
from sklearn.cluster import DBSCAN, AgglomerativeClustering, KMeans
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.metrics import adjusted_rand_score, average_precision_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import normalize
from threadpoolctl import threadpool_limits

from sknoisy import PseudoLabelRefiner
from sknoisy.datasets import load_from_folder
from sknoisy.exceptions import NoEvidenceWarning

RAW = "as they come"
ARG_MAX = {"carry": "soft", "hardening": "argmax"}


class Kept:
    """A refiner that lives through all generations."""

    def __init__(self, n_raw=30, **params):
        self.n_raw, self.refiner = n_raw, PseudoLabelRefiner(**params)

    def __call__(self, Z, rng):
        """Return the pseudo-labels of a generation."""
        return self.refiner.partial_fit(k_means(Z, self.n_raw, rng)).labels_


class SameRound:
    """Consensus of several clusterings of the same generation, without any past."""

    def __init__(self, n_clusterings, n_clusters):
        self.n_clusterings, self.n_clusters = n_clusterings, n_clusters

    def __call__(self, Z, rng):
        """Return the pseudo-labels of a generation."""
        refiner = PseudoLabelRefiner(n_clusters=self.n_clusters)
        for _ in range(self.n_clusterings):
            refiner.partial_fit(k_means(Z, 30, rng))
        return refiner.labels_


def k_means(Z, n_clusters, rng):
    """Return the clusters of one run."""
    seed = rng.randint(2**31 - 1)
    return KMeans(n_clusters, n_init=1, random_state=seed).fit_predict(Z)


def plain(n_clusters):
    """Return what takes the clusters of one run for pseudo-labels."""
    return lambda Z, rng: k_means(Z, n_clusters, rng)


def ward(Z, rng):
    """Return ten clusters by Ward's method."""
    return AgglomerativeClustering(10).fit_predict(Z)


def together(generations, n_clusters):
    """Return clusters by how often samples go together, average linkage."""
    apart = np.mean([g[:, None] != g for g in generations], axis=0)
    method = AgglomerativeClustering(
        n_clusters, metric="precomputed", linkage="average"
    )
    return method.fit_predict(apart)


LOOP = {
    RAW + ", 30 clusters": lambda: plain(30),
    "arg-max, alpha 0.7": lambda: Kept(alpha=0.7, **ARG_MAX),
    "arg-max, alpha 0.3": lambda: Kept(alpha=0.3, **ARG_MAX),
    "**refined (default)**": Kept,
    "refined, cut to 10": lambda: Kept(n_clusters=10),
    "soft carry": lambda: Kept(carry="soft"),
    "soft carry, alpha 0.7, cut to 10": lambda: Kept(
        carry="soft", alpha=0.7, n_clusters=10
    ),
    "control: k-means, 10": lambda: plain(10),
    "control: k-means, 5 (true number)": lambda: plain(5),
    "control: Ward, 10": lambda: ward,
    "control: 2 of the same round, cut to 10": lambda: SameRound(2, 10),
    "control: 6 of the same round, cut to 10": lambda: SameRound(6, 10),
    "control: 6 of the same round, threshold": lambda: SameRound(6, None),
}


def loop(seeds, n_rounds=6):
    """Learn a representation of unknown digits from its own pseudo-labels."""
    if not available(["mnist5k"]):
        return
    bunch = load_from_folder("mnist5k")
    X = PCA(50, random_state=0).fit_transform(np.asarray(bunch.data, dtype=float))
    results = defaultdict(list)
    for seed in seeds:
        for name, make in LOOP.items():
            results[name].append(one_loop(X, bunch.target, make(), seed, n_rounds))
        print(f"loop, seed {seed}: done", file=sys.stderr)
    print("\n## A representation learnt from its own pseudo-labels\n")
    print("Five digits are labelled, the others are not; k-means with 30 clusters.\n")
    print(table(results, RAW + ", 30 clusters"))


def one_loop(X, y, method, seed, n_rounds):
    """Return the figures of one run."""
    rng = np.random.RandomState(seed)
    target = rng.permutation(np.flatnonzero(y >= 5))
    train, test = target[:1500], target[1500:]
    source = np.flatnonzero(y < 5)
    rows, labels = source, y[source]
    for _ in range(n_rounds):
        Z = embedded(X, rows, labels, train)
        pseudo = method(Z, rng)
        rows = np.concatenate([source, train])
        labels = np.concatenate([y[source], 5 + pseudo])
    return {
        "mAP": retrieval_map(embedded(X, rows, labels, test), y[test]),
        "ARI": adjusted_rand_score(y[train], pseudo),
        "clusters": len(np.unique(pseudo)),
    }


def embedded(X, rows, labels, wanted):
    """Return discriminant coordinates of some rows, of length 1."""
    model = LinearDiscriminantAnalysis(solver="eigen", shrinkage=0.1)
    return normalize(model.fit(X[rows], labels).transform(X[wanted]))


def retrieval_map(Z, y):
    """Return the mean average precision of finding the rows of the same class."""
    similar = Z @ Z.T
    others = ~np.eye(len(Z), dtype=bool)
    scores = [
        average_precision_score(y[others[i]] == y[i], similar[i][others[i]])
        for i in range(len(Z))
    ]
    return float(np.mean(scores))


MIXTURES = {
    "arg-max, alpha 0.5": ARG_MAX,
    "arg-max, alpha 0.3": {**ARG_MAX, "alpha": 0.3},
    **{f"cosine, average, alpha {a}": {"alpha": a} for a in (0.3, 0.5, 0.7, 0.9)},
    "**all runs (default)**": {"carry": "runs"},
    **{
        f"{metric}, {linkage}, alpha {a}": {
            "metric": metric,
            "linkage": linkage,
            "alpha": a,
        }
        for metric, linkage in (
            ("euclidean", "ward"),
            ("euclidean", "average"),
        )
        for a in (0.3, 0.9)
    },
}


def labels_alone(seeds, n_generations=6):
    """Refine label arrays whose clusterings saw different views of the digits."""
    X, y = load_digits(return_X_y=True)
    results = defaultdict(list)
    for seed in seeds:
        rng = np.random.RandomState(seed)
        views = [view(X, rng) for _ in range(n_generations)]
        generations = [k_means(Z, rng.randint(25, 36), rng) for Z in views]
        given = np.mean([adjusted_rand_score(y, g) for g in generations[-3:]])
        results[RAW].append({"ARI": given})
        for name, params in MIXTURES.items():
            params = {"carry": "soft", "n_clusters": 10, **params}
            results[name].append({"ARI": last_three(generations, y, params)})
        coarse = np.mean([adjusted_rand_score(y, k_means(Z, 10, rng)) for Z in views])
        results["control: k-means, 10"].append({"ARI": coarse})
        pairs = [
            generations[t - 1 : t + 1] for t in range(n_generations - 3, n_generations)
        ]
        shared = np.mean([adjusted_rand_score(y, together(p, 10)) for p in pairs])
        results["control: going together in the same 2"].append({"ARI": shared})
        shared = adjusted_rand_score(y, together(generations, 10))
        results["control: going together in all 6"].append({"ARI": shared})
    print("\n## Label arrays alone, cut to 10\n")
    print("Digits, noisy random projections, k-means with 25 to 35 clusters.\n")
    print(table(results, RAW))


def view(X, rng):
    """Return a noisy random projection."""
    Z = X / 16 @ rng.normal(size=(X.shape[1], 32)) / np.sqrt(32)
    return Z + rng.normal(scale=0.2, size=Z.shape)


def last_three(generations, y, params):
    """Return the adjusted Rand index, mean over the last three generations."""
    refiner, scores = PseudoLabelRefiner(**params), []
    for generation in generations:
        scores.append(adjusted_rand_score(y, refiner.partial_fit(generation).labels_))
    return float(np.mean(scores[-3:]))


def clusterer(seeds):
    """Cluster the digits by the agreement of several runs."""
    X, y = load_digits(return_X_y=True)
    results = defaultdict(list)
    for seed in seeds:
        rng = np.random.RandomState(seed)
        rows = {
            "k-means, 10": k_means(X, 10, rng),
            "k-means, 10, best of 10 by inertia": KMeans(
                10, n_init=10, random_state=seed
            ).fit_predict(X),
            "control: Ward, 10": ward(X, rng),
        }
        for n_rounds in (2, 5, 10):
            rows[f"refined, {n_rounds} rounds, cut to 10"] = refined_digits(
                X, seed, n_rounds=n_rounds, n_clusters=10
            )
        rows["**refined, 10 rounds (default)**"] = refined_digits(X, seed)
        rows["soft carry, 10 rounds"] = refined_digits(X, seed, carry="soft")
        for perturbation in ("subspace", "bootstrap"):
            rows[f"refined, 10 rounds, {perturbation}"] = refined_digits(
                X, seed, perturbation=perturbation
            )
        runs = [k_means(X, 30, rng) for _ in range(10)]
        rows["control: going together in 10 runs"] = together(runs, 10)
        for name, found in rows.items():
            ari = adjusted_rand_score(y, found)
            results[name].append({"ARI": ari, "clusters": len(np.unique(found))})
    print("\n## Several runs of k-means as one clusterer, digits\n")
    print(table(results, "k-means, 10"))


def refined_digits(X, seed, **params):
    """Return the refined clusters of several runs with 30 clusters."""
    base = KMeans(30, n_init=1)
    return PseudoLabelRefiner(base, random_state=seed, **params).fit_predict(X)


RESCUES = {
    "soft carry, outliers dropped": {"outliers": "drop", "carry": "soft"},
    "arg-max, outliers rescued": ARG_MAX,
    "soft carry, outliers rescued": {"carry": "soft"},
    "refined, outliers rescued, threshold 0.7": {"distance_threshold": 0.7},
    "**refined, outliers rescued (default)**": {},
}


def outliers(seeds, n_generations=6):
    """Refine the clusters of DBSCAN on the digits, with other noise each time."""
    X, y = load_digits(return_X_y=True)
    Z = PCA(20, random_state=0).fit_transform(X / 16)
    for eps in (1.1, 1.2):
        results = defaultdict(list)
        for seed in seeds:
            rng = np.random.RandomState(seed)
            views = [
                Z + rng.normal(scale=0.1, size=Z.shape) for _ in range(n_generations)
            ]
            generations = [DBSCAN(eps, min_samples=5).fit_predict(V) for V in views]
            results[RAW].append(with_singletons(y, generations[-1]))
            for name, params in RESCUES.items():
                refiner = PseudoLabelRefiner(**params)
                for generation in generations:
                    refiner.partial_fit(generation)
                results[name].append(with_singletons(y, refiner.labels_))
            results["control: label of the nearest clustered sample"].append(
                with_singletons(y, filled(views[-1], generations[-1]))
            )
        print(f"\n## DBSCAN, eps {eps}: samples left out count as clusters\n")
        print(table(results, RAW))


def filled(Z, labels):
    """Give each sample that was left out the label of the nearest one that was not."""
    known = labels >= 0
    nearest = KNeighborsClassifier(1).fit(Z[known], labels[known])
    return np.where(known, labels, nearest.predict(Z))


def with_singletons(y, labels):
    """Return the figures of labels, each outlier taken for a cluster."""
    left_out = labels < 0
    alone = np.where(left_out, labels.max() + 1 + np.arange(len(labels)), labels)
    return {
        "ARI": adjusted_rand_score(y, alone),
        "left out": left_out.mean(),
        "clusters": labels.max() + 1,
    }


def table(results, reference):
    """Return means and standard deviations, and the seeds won against a reference."""
    figures = list(next(iter(results.values()))[0])
    rows = []
    for name, records in results.items():
        texts = [spread([record[f] for record in records], f) for f in figures]
        pairs = zip(records, results[reference], strict=True)
        won = sum(a[figures[0]] > b[figures[0]] for a, b in pairs)
        texts.append("." if name == reference else f"{won} of {len(records)}")
        rows.append([name, *texts])
    return markdown(["method", *figures, f"won against “{reference}”"], rows)


def spread(values, figure):
    """Return mean and standard deviation as text."""
    digits = 1 if figure == "clusters" else 3
    sd = f" ± {np.std(values, ddof=1):.{digits}f}" if len(values) > 1 else ""
    return f"{np.mean(values):.{digits}f}{sd}"


PARTS = {
    "loop": loop,
    "labels": labels_alone,
    "clusterer": clusterer,
    "outliers": outliers,
}


def main():
    """Run what is asked for and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--seeds", type=int, default=5, help="number (default: 5)")
    options = parser.parse_args()
    # Rows whose arg-max gives the labels back are here to show just that.
    warnings.simplefilter("ignore", NoEvidenceWarning)
    with threadpool_limits(1):
        for part in options.parts:
            PARTS[part](range(options.seeds))


if __name__ == "__main__":
    main()
