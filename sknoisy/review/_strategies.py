"""In which order labels are checked: one function a strategy, first pick first."""

from dataclasses import dataclass

import numpy as np
from sklearn.cluster import KMeans

# Of how many suspicious rows for each pick a cover is made.
POOL = 10


@dataclass(frozen=True)
class Doubt:
    """What a fitted estimator thinks of the labels.

    Attributes
    ----------
    quality : ndarray of shape (n_samples,)
        Label quality scores, higher for a more believable label.
    posterior : ndarray of shape (n_samples, n_classes) or None
        Probability of each true class, where the estimator yields it.
    points : ndarray of shape (n_samples, n_dimensions) or None
        Rows as points, where a strategy asks for them.
    """

    quality: np.ndarray
    posterior: np.ndarray | None = None
    points: np.ndarray | None = None


def by_suspicion(doubt, rows, n, rng):
    """Return the rows whose labels are least believable."""
    return _highest(-doubt.quality, rows, n, rng)


def by_expected_change(doubt, rows, n, rng):
    """Return the rows whose posterior a verdict is expected to change most.

    A verdict c turns the posterior p into certainty, which lies 1 - p_c from it in
    total variation; expected over c that is 1 - sum of p_c squared.
    """
    return _highest(-(doubt.posterior**2).sum(axis=1), rows, n, rng)


def by_class(doubt, rows, n, rng):
    """Return the least believable rows of each most probable class in turn."""
    rows = by_suspicion(doubt, rows, len(rows), rng)
    best = doubt.posterior[rows].argmax(axis=1)
    turn = np.empty(len(rows), dtype=int)
    for k in np.unique(best):
        members = np.flatnonzero(best == k)
        turn[members] = np.arange(len(members))
    return rows[np.argsort(turn, kind="stable")][:n]


def by_cover(doubt, rows, n, rng):
    """Return a suspicious row from the middle of each of n clusters."""
    pool = by_suspicion(doubt, rows, min(POOL * n, len(rows)), rng)
    weight = 1 - doubt.quality[pool] + 1e-3
    points = doubt.points[pool]
    n_clusters = min(n, len(np.unique(points, axis=0)))
    kmeans = KMeans(n_clusters, n_init=1, random_state=rng.randint(2**31 - 1))
    distance = kmeans.fit(points, sample_weight=weight).transform(points)
    middle = distance[np.arange(len(pool)), kmeans.labels_]
    first = np.zeros(len(pool), dtype=bool)
    # Within a cluster ties go to the more suspicious row, which stands further up.
    for k in range(n_clusters):
        members = np.flatnonzero(kmeans.labels_ == k)
        first[members[middle[members].argmin()]] = True
    return np.concatenate([pool[first], pool[~first]])[:n]


STRATEGIES = {
    "suspicion": by_suspicion,
    "expected_change": by_expected_change,
    "balanced": by_class,
    "covering": by_cover,
}
NEEDS_POSTERIOR = ("expected_change", "balanced")


def _highest(score, rows, n, rng):
    """Return the rows of highest score; chance decides between equals."""
    rows = rng.permutation(rows)
    return rows[np.argsort(-score[rows], kind="stable")][:n]
