"""In which order labels are checked: one function a strategy, first pick first."""

import warnings
from dataclasses import dataclass

import numpy as np
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning

# Of how many rows for each pick a cover is made. Chosen on digits, satimage and
# cifar10n among this, 10 and a pool of suspicious rows.
POOL = 3


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
    """Return the rows whose posterior a verdict is expected to change most."""
    return _highest(expected_change(doubt), rows, n, rng)


def expected_change(doubt):
    """Return how much a verdict is expected to change the posterior of each row.

    A verdict c turns the posterior p into certainty, which lies 1 - p_c from it in
    total variation; expected over c that is 1 - sum of p_c squared. Where there is no
    posterior, the doubt about the label stands for it.
    """
    if doubt.posterior is None:
        return 1 - doubt.quality
    return 1 - (doubt.posterior**2).sum(axis=1)


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
    """Return n rows of large expected change, each from the middle of a cluster."""
    change = expected_change(doubt)
    pool = _highest(change, rows, min(POOL * n, len(rows)), rng)
    weight = change[pool] + 1e-3
    points = doubt.points[pool]
    n_clusters = min(n, len(np.unique(points, axis=0)))
    kmeans = KMeans(n_clusters, n_init=1, random_state=rng.randint(2**31 - 1))
    with warnings.catch_warnings():
        # Points that differ by rounding alone may leave clusters empty.
        warnings.simplefilter("ignore", ConvergenceWarning)
        distance = kmeans.fit(points, sample_weight=weight).transform(points)
    middle = distance[np.arange(len(pool)), kmeans.labels_]
    first = np.zeros(len(pool), dtype=bool)
    # Within a cluster ties go to the larger change, which stands further up.
    for k in np.unique(kmeans.labels_):
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
