"""When does the past help? Pseudo-labels over generations, against a single round.

Sets: digits, penbased, mnist5k and 20 classes of banking77, 1,000 rows each, true
classes hidden; K is their number. What was chosen was chosen on the first two.
Settings, eight generations each:

- ``views``: each generation sees a random projection to 16 directions with noise of
  half the standard deviation, and k-means makes 3 K clusters of it;
- ``learner``: discriminant analysis is trained on the pseudo-labels of a random third
  of the rows in a random half of the columns, and k-means makes 3 K clusters of its
  output;
- ``rounds``: ten runs of k-means on the same data, as one clusterer.

Changing numbers of clusters and DBSCAN (``numbers``, ``density``) were measured by
earlier code only.

The figure is the adjusted Rand index, mean over the last three generations. The row
that counts is ``PseudoLabelRefiner``, cut to K clusters as all rows but "as they come"
and "threshold". Controls without a past: k-means and Ward's method with K clusters, and
the consensus of eight clusterings of the same generation.

With ``--method`` a row is a clusterer with ``partial_fit(labels)`` and ``labels_``.
"""

from functools import partial

import numpy as np
from sklearn.cluster import AgglomerativeClustering, KMeans
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.metrics import adjusted_rand_score
from sklearn.preprocessing import scale

from benchmarks.cells import Cell
from benchmarks.data import OTHERS, is_here
from benchmarks.methods import import_name
from sknoisy import PseudoLabelRefiner
from sknoisy.datasets import load_from_folder

FIGURES = ("ari", "clusters")
REFINED = "PseudoLabelRefiner"
OURS, REFERENCES = (REFINED,), ()
RAW, ROUNDS = "as they come", "rounds"
NAMES = ("digits", "penbased", "mnist5k", "banking77")
N_ROWS, N_GENERATIONS, LAST = 1000, 8, 3
KEPT = {
    REFINED: {},
    "carry='soft'": {"carry": "soft"},
    "threshold": {"n_clusters": None},
}
KMEANS, WARD = "control: k-means, K", "control: Ward, K"
SAME_TOGETHER = "control: going together, 8 of the same round"
PERTURBED = {f"rounds by {p}": p for p in ("seed", "subspace", "bootstrap")}
METHODS = (RAW, *KEPT, KMEANS, WARD, SAME_TOGETHER, *PERTURBED)


def cells(options):
    names = [name for name in options.sets or NAMES if is_here(name)]
    names = names[:1] if options.quick else names
    for seed in options.seed_range(5):
        for name in names:
            for setting in options.noises or (*SETTINGS, ROUNDS):
                yield Cell(name, OTHERS, setting, "", seed)


def prepare(cell, options):
    """Return the cell, rows, classes and the pseudo-labels that come with the set."""
    rng, given = np.random.RandomState(cell.seed), None
    if cell.data == "digits":
        X, y = load_digits(return_X_y=True)
    else:
        variant = "pseudo" if cell.data == "banking77" else None
        bunch = load_from_folder(cell.data, variant=variant)
        X, y, given = np.asarray(bunch.data, float), bunch.target, bunch.target_noisy
    if cell.data == "mnist5k":
        X = PCA(50, random_state=0).fit_transform(X)
    rows = rng.permutation(len(y))
    if cell.data == "banking77":
        rows = rows[np.isin(y[rows], rng.permutation(np.unique(y))[:20])]
    rows = rows[: options.rows(N_ROWS)]
    X = X[rows] / X[:, 0].std() if cell.data == "mnist5k" else scale(X[rows])
    return cell, X, y[rows], None if given is None else given[rows]


def k_means(Z, n_clusters, rng):
    seed = rng.randint(2**31 - 1)
    return KMeans(n_clusters, n_init=1, random_state=seed).fit_predict(Z)


class Views:
    """Each generation sees the rows through another noisy projection."""

    feedback = False

    def __init__(self, X, n_classes, given, rng):
        self.X, self.n_classes, self.rng = X, n_classes, rng

    def next(self, pseudo):
        """Go to the next generation, with what was made of the one before."""
        directions = self.rng.normal(size=(self.X.shape[1], 16))
        Z = self.X @ directions
        self.Z = Z + 0.5 * Z.std(axis=0) * self.rng.normal(size=Z.shape)
        self.n_clusters = 3 * self.n_classes

    def cluster(self, rng):
        """Return one clustering of the generation."""
        return k_means(self.Z, self.n_clusters, rng)


class Learner(Views):
    """The space is learnt from the pseudo-labels of the generation before."""

    feedback = True

    def __init__(self, X, n_classes, given, rng):
        super().__init__(X, n_classes, given, rng)
        self.n_clusters = 3 * n_classes
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


SETTINGS = {"views": Views, "learner": Learner}


def measure(problem, row):
    """Return the adjusted Rand index and the number of clusters of a row."""
    cell, X, y, given = problem
    K, rng = len(np.unique(y)), np.random.RandomState(cell.seed)
    if cell.noise == ROUNDS:
        labels = in_rounds(X, K, row, cell.seed)
        return None if labels is None else scored(y, [labels])
    if row in PERTURBED:
        return None
    # What happens to the rows follows one seed, what the method draws another.
    world = SETTINGS[cell.noise](X, K, given, np.random.RandomState(1000 + cell.seed))
    step, pseudo, found = maker(row, K), None, []
    for generation in range(N_GENERATIONS):
        world.next(pseudo)
        late = generation >= N_GENERATIONS - LAST
        if late or world.feedback or not row.startswith(("control", RAW)):
            pseudo = step(world, rng)
        found += [pseudo] * late
    return scored(y, found)


def scored(y, found):
    """Return the figures, each sample in no cluster taken for one."""
    scores = []
    for labels in found:
        alone = labels.max() + 1 + np.arange(len(labels))
        scores.append(adjusted_rand_score(y, np.where(labels < 0, alone, labels)))
    return {"ari": np.mean(scores), "clusters": len(np.unique(found[-1]))}


def maker(row, K):
    """Return what makes the pseudo-labels of a generation."""
    if row == RAW:
        return lambda world, rng: world.cluster(rng)
    if row == KMEANS:
        return lambda world, rng: k_means(world.Z, K, rng)
    if row == WARD:
        return lambda world, rng: AgglomerativeClustering(K).fit_predict(world.Z)
    if row == SAME_TOGETHER:
        return partial(together, K=K)
    known = row in KEPT
    params = {"n_clusters": K} | KEPT[row] if known else {}
    refiner = (PseudoLabelRefiner if known else import_name(row))(**params)
    return lambda world, rng: refiner.partial_fit(world.cluster(rng)).labels_


def together(world, rng, K):
    """Return the consensus of clusterings of the same generation."""
    refiner = PseudoLabelRefiner(n_clusters=K)
    for run in [world.cluster(rng) for _ in range(N_GENERATIONS)]:
        refiner.partial_fit(run)
    return refiner.labels_


def in_rounds(X, K, row, seed):
    """Return the clusters of several runs on the same data, as one clusterer."""
    rng = np.random.RandomState(seed)
    if row in (RAW, KMEANS):
        return k_means(X, K if row == KMEANS else 3 * K, rng)
    if row == WARD:
        return AgglomerativeClustering(K).fit_predict(X)
    if row not in KEPT and row not in PERTURBED:
        return None
    params = KEPT.get(row) or {"perturbation": PERTURBED.get(row, "seed")}
    params = {"n_clusters": K, "n_rounds": 10, "random_state": seed} | params
    return PseudoLabelRefiner(KMeans(3 * K, n_init=1), **params).fit_predict(X)
