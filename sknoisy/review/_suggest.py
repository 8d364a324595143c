"""Which labels to check next, and with what probability each was to be asked about."""

import warnings
from dataclasses import dataclass, replace
from numbers import Integral, Real

import numpy as np
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state

from sknoisy._compat import Interval, StrOptions, validate_params
from sknoisy.exceptions import UnsuitableEstimatorError
from sknoisy.review._estimator import embedded, read_scores

RANDOM, PICKS = "random", ("suspicion", "expected_change", "covering")
# Candidates of a cover for each pick. The suite review on digits, satimage
# and cifar10n: ahead of 10, and of a pool of suspicious rows.
POOL = 3


@dataclass(frozen=True, eq=False, repr=False)
class ReviewSuggestion:
    """Rows to check, in order, with what an estimate from the verdicts needs.

    Parameters
    ----------
    rows : ndarray of int of shape (n,)
        Row numbers, counted from 0, in the order of the review.

    sampling_probability : ndarray of shape (n,)
        Probability with which each row was to be chosen, in (0, 1]: 1 for picks of a
        strategy, the share that was drawn for random rows.

    strategy : ndarray of str of shape (n,)
        What has chosen the row, "random" for the random ones.

    Examples
    --------
    >>> import numpy as np
    >>> from sknoisy.review import ReviewSuggestion
    >>> strategy = np.array(["suspicion", "random"])
    >>> ReviewSuggestion(np.array([7, 2]), np.array([1.0, 0.1]), strategy)
    ReviewSuggestion of 2 rows, 1 at random: 7, 2
    """

    rows: np.ndarray
    sampling_probability: np.ndarray
    strategy: np.ndarray

    def __len__(self):
        return len(self.rows)

    def __repr__(self):
        shown = ", ".join(map(str, self.rows[:10])) + ", …" * (len(self) > 10)
        return (
            f"ReviewSuggestion of {len(self)} rows, {self.is_random.sum()} at random: "
            f"{shown}"
        )

    @property
    def is_random(self):
        """Mask of the rows that were drawn at random, of shape (n,)."""
        return self.strategy == RANDOM


@validate_params(
    {
        "estimator": "no_validation",
        "n": [Interval(Integral, 1, None, closed="left")],
        "strategy": [StrOptions({"auto", RANDOM, *PICKS})],
        "random_share": [Interval(Real, 0, 1, closed="both")],
        "trusted": ["array-like", None],
        "X": "no_validation",
        "random_state": ["random_state"],
    },
    prefer_skip_nested_validation=True,
)
def suggest_review(
    estimator,
    n,
    *,
    strategy="auto",
    random_share=0.2,
    trusted=None,
    X=None,
    random_state=None,
):
    r"""Say which labels to check next.

    Most rows are picked by a strategy, since some verdicts teach more than others. The
    rest is drawn at random from all other rows, for which picks cannot stand.

    Parameters
    ----------
    estimator : fitted estimator
        One with ``label_quality_``: any classifier, refiner or label quality score of
        sknoisy, or a ``Pipeline`` or search around one.

    n : int
        How many rows to suggest, at least 1.

    strategy : str, default="auto"
        How rows are picked.

        - "suspicion": the lowest ``label_quality_`` first.
        - "expected_change": rows first whose ``clean_proba_`` p a verdict is expected
          to change most, by :math:`1 - \sum_k p_k^2`.
        - "covering": rows of large expected change far from each other, one for each
          of as many clusters as rows are asked for; needs ``X``.
        - "random": no picks.
        - "auto": "covering"; without an ``X`` that has numbers "expected_change", and
          without ``clean_proba_`` "suspicion".

    random_share : float, default=0.2
        Share of the suggested rows that is drawn at random, in [0, 1]; at least one
        row unless the share is 0.

    trusted : array-like of bool of shape (n_samples,), default=None
        Rows that have been checked already, or asked about, and are left out.

    X : array-like, frame or sparse matrix of n_samples rows, default=None
        The rows that the estimator was fitted on, for "covering" and "auto".

    random_state : int, RandomState instance or None, default=None
        Seed of the random rows, and of the order among rows equally suspicious.

    Returns
    -------
    ReviewSuggestion
        ``rows`` in the order of the review, ``sampling_probability`` and ``strategy``.
        Random rows are spread evenly over the order, for whoever stops early.

    Raises
    ------
    NotFittedError
        If the estimator has not been fitted.

    UnsuitableEstimatorError
        If it lacks ``label_quality_``, or ``clean_proba_`` where a strategy needs it.

    ValueError
        If fewer than n rows are left to check, ``trusted`` is no mask of the rows, or
        "covering" gets no ``X`` to cover.

    See Also
    --------
    ReviewSession : Keeps the verdicts, fits again and estimates.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.preprocessing import scale
    >>> from sknoisy.quality import ModelConfidence
    >>> from sknoisy.review import suggest_review
    >>> X, y = load_iris(return_X_y=True)
    >>> y[[3, 70]] = 2
    >>> quality = ModelConfidence().fit(scale(X), y)
    >>> suggestion = suggest_review(quality, 10, random_state=0)
    >>> int(suggestion.rows[0]), float(suggestion.sampling_probability[0])
    (3, 1.0)
    >>> int(suggestion.is_random.sum())
    2
    """
    scores = read_scores(estimator)
    rows = np.flatnonzero(~_read_trusted(trusted, len(scores.quality)))
    if n > len(rows):
        raise ValueError(
            f"n expected at most {len(rows)}, the number of rows that are neither "
            f"trusted nor asked about already, but got {n}. Ask for fewer."
        )
    rng = check_random_state(random_state)
    strategy, scores = _prepared(strategy, scores, X, estimator, rng)
    # At least one, since nothing can be estimated without a random row.
    n_random = max(1, round(random_share * n)) if random_share > 0 else 0
    n_random = n if strategy == RANDOM else n_random
    return _draw(scores, rows, n, n_random, strategy, rng)


def _prepared(strategy, scores, X, estimator, rng):
    """Return the strategy, chosen where it is "auto", and what it needs."""
    known = scores.posterior is not None
    if strategy == "expected_change" and not known:
        raise UnsuitableEstimatorError(
            f"strategy={strategy!r} needs an estimator with clean_proba_, but "
            f"{type(estimator).__name__} has none. Use strategy='suspicion'."
        )
    # "covering" leads the others on average in the suite review.
    if strategy == "auto" and not known:
        return "suspicion", scores
    if strategy == "covering" or (strategy == "auto" and X is not None):
        points = embedded(scores, X, estimator, rng)
        if points is not None:
            return "covering", replace(scores, points=points)
        if strategy == "covering":
            raise ValueError(
                "strategy='covering' expected X with numeric columns, or an estimator "
                "around a Pipeline that makes them, but got neither. Use "
                "strategy='expected_change'."
            )
    return "expected_change" if strategy == "auto" else strategy, scores


def _read_trusted(trusted, n_samples):
    """Return the mask of rows that need no check."""
    if trusted is None:
        return np.zeros(n_samples, dtype=bool)
    trusted = np.asarray(trusted)
    if trusted.dtype.kind != "b" or trusted.shape != (n_samples,):
        raise ValueError(
            f"trusted expected a boolean mask of shape ({n_samples},), one entry per "
            f"row that the estimator was fitted on, but got dtype {trusted.dtype} and "
            f"shape {trusted.shape}. For row numbers, pass "
            "numpy.isin(numpy.arange(n_samples), rows)."
        )
    return trusted


def _draw(scores, rows, n, n_random, strategy, rng):
    """Pick by the strategy first, then draw from the rows that it has left."""
    picked = rows[:0]
    if n > n_random:
        # Picks are certain and stand for themselves; m random rows of the N that are
        # left have the probability m / N and stand for all N.
        picked = STRATEGIES[strategy](scores, rows, n - n_random, rng)
    rest = np.setdiff1d(rows, picked)
    drawn = rng.permutation(rest)[:n_random]
    share = n_random / len(rest) if n_random else 0.0
    found = np.concatenate([picked, drawn])
    proba = np.repeat([1.0, share], [len(picked), n_random])
    by = np.repeat([strategy, RANDOM], [len(picked), n_random])
    # Random rows lie evenly among the others, for whoever stops early.
    places = [(np.arange(k) + 0.5) / max(k, 1) for k in (len(picked), n_random)]
    order = np.argsort(np.concatenate(places), kind="stable")
    return ReviewSuggestion(found[order], proba[order], by[order])


def by_suspicion(scores, rows, n, rng):
    """Return the rows of lowest label quality."""
    return _highest(-scores.quality, rows, n, rng)


def by_expected_change(scores, rows, n, rng):
    """Return the rows whose posterior a verdict is expected to change most."""
    return _highest(expected_change(scores), rows, n, rng)


def expected_change(scores):
    """Return how much a verdict is expected to change the posterior of each row.

    A verdict c turns the posterior p into certainty, which lies 1 - p_c from it in
    total variation; expected over c that is 1 - sum of p_c squared. Where there is no
    posterior, the estimated error rate stands for it.
    """
    if scores.posterior is None:
        return 1 - scores.quality
    return 1 - (scores.posterior**2).sum(axis=1)


def by_cover(scores, rows, n, rng):
    """Return n rows of large expected change, each from the middle of a cluster."""
    change = expected_change(scores)
    pool = _highest(change, rows, min(POOL * n, len(rows)), rng)
    # KMeans refuses weights that are all zero, as where the posterior is certain.
    weight = change[pool] + 1e-3
    points = scores.points[pool]
    n_clusters = min(n, len(np.unique(points, axis=0)))
    kmeans = KMeans(n_clusters, n_init=1, random_state=rng.randint(2**31 - 1))
    with warnings.catch_warnings():
        # Points that differ by rounding alone may leave clusters empty.
        warnings.simplefilter("ignore", ConvergenceWarning)
        distance = kmeans.fit(points, sample_weight=weight).transform(points)
    middle = distance[np.arange(len(pool)), kmeans.labels_]
    # The nearest of each cluster; ties go to the larger change, which comes first.
    order = np.argsort(middle, kind="stable")
    _, first = np.unique(kmeans.labels_[order], return_index=True)
    nearest = np.isin(np.arange(len(pool)), order[first])
    return np.concatenate([pool[nearest], pool[~nearest]])[:n]


def _highest(score, rows, n, rng):
    """Return the rows of highest score; chance decides between equals."""
    rows = rng.permutation(rows)
    return rows[np.argsort(-score[rows], kind="stable")][:n]


STRATEGIES = dict(zip(PICKS, (by_suspicion, by_expected_change, by_cover), strict=True))
