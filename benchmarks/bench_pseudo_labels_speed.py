"""Time and memory of refining many pseudo-labels.

Run ``python benchmarks/bench_pseudo_labels_speed.py``. Each generation is handed to
``PseudoLabelRefiner``; at smaller sizes, scikit-learn's hierarchical clustering of the
whole table of soft labels stands beside it. Every size gets a process of its own.
"""

import argparse
import resource
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
from _table import markdown
from sklearn.cluster import AgglomerativeClustering
from sklearn.metrics import adjusted_rand_score

from sknoisy import PseudoLabelRefiner


def speed(n_samples, n_clusters, n_generations, compared):
    """Time generations of many labels, each size in a fresh process."""
    context = get_context("spawn")
    rows = []
    for n, measure in [(n_samples, time_refiner)] + [(n, time_both) for n in compared]:
        with ProcessPoolExecutor(1, mp_context=context) as pool:
            rows += pool.submit(measure, n, n_clusters, n_generations).result()
    print(f"\n## Time and memory, {n_clusters} clusters per generation\n")
    header = [
        "method",
        "samples",
        "generation",
        "CPU seconds",
        "peak memory, MB",
        "ARI",
    ]
    print(markdown(header, rows))


def many_labels(n_samples, n_clusters, n_generations, noise=0.2):
    """Yield groups and clusterings that split each in two and misplace a fifth."""
    rng = np.random.RandomState(0)
    truth = rng.randint(n_clusters // 2, size=n_samples)
    for _ in range(n_generations):
        labels = 2 * truth + rng.randint(2, size=n_samples)
        wrong = rng.uniform(size=n_samples) < noise
        labels[wrong] = rng.randint(n_clusters, size=wrong.sum())
        yield truth, rng.permutation(n_clusters)[labels]


def time_refiner(n_samples, n_clusters, n_generations):
    """Return a row for each generation."""
    refiner, rows = PseudoLabelRefiner(), []
    data = many_labels(n_samples, n_clusters, n_generations)
    for number, (truth, labels) in enumerate(data, 1):
        start = time.process_time()
        refiner.partial_fit(labels)
        figures = time.process_time() - start, adjusted_rand_score(truth, labels)
        ari = f"{figures[1]:.3f} → {adjusted_rand_score(truth, refiner.labels_):.3f}"
        rows.append(speed_row("PseudoLabelRefiner", n_samples, number, figures[0], ari))
    return rows


def time_both(n_samples, n_clusters, n_generations):
    """Return a row each for ours and for scikit-learn on the table as it is."""
    generations = list(many_labels(n_samples, n_clusters, 2))
    refiner = PseudoLabelRefiner().partial_fit(generations[0][1])
    start = time.process_time()
    refiner.partial_fit(generations[1][1])
    seconds, truth = time.process_time() - start, generations[1][0]
    ari = f"{adjusted_rand_score(truth, refiner.labels_):.3f}"
    rows = [speed_row("PseudoLabelRefiner", n_samples, 2, seconds, ari)]
    soft = refiner.soft_labels_.toarray()
    start = time.process_time()
    found = AgglomerativeClustering(
        None, metric="cosine", linkage="average", distance_threshold=0.9
    ).fit_predict(soft)
    seconds = time.process_time() - start
    ari = f"{adjusted_rand_score(truth, found):.3f}"
    return [*rows, speed_row("AgglomerativeClustering", n_samples, 2, seconds, ari)]


def speed_row(name, n_samples, generation, seconds, ari):
    """Return a row of the table; the memory is the highest so far."""
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    counts = f"{n_samples:,}", str(generation)
    return [name, *counts, f"{seconds:.1f}", f"{memory:,.0f}", ari]


def main():
    """Run what is asked for and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--samples", type=int, default=1_000_000)
    parser.add_argument("--clusters", type=int, default=2000)
    parser.add_argument("--generations", type=int, default=5)
    parser.add_argument("--compared", type=int, nargs="*", default=[2000, 10_000])
    options = parser.parse_args()
    size = options.samples, options.clusters, options.generations
    speed(*size, options.compared)


if __name__ == "__main__":
    main()
