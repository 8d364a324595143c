"""Which labels to check next, and with what probability each was to be asked about."""

import warnings
from dataclasses import dataclass, fields
from numbers import Integral, Real

import numpy as np
from sklearn.pipeline import Pipeline
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from sknoisy._compat import Interval, StrOptions, _num_samples, validate_params
from sknoisy._embedding import embed
from sknoisy._labels import NoisyLabels
from sknoisy.exceptions import NoEvidenceWarning, UnsuitableEstimatorError
from sknoisy.review._strategies import NEEDS_POSTERIOR, STRATEGIES, Doubt

RANDOM = "random"
OWNER = "suggest_review"


@dataclass(frozen=True, eq=False, repr=False)
class ReviewSuggestion:
    """Rows to check, in order, with what an estimate from the verdicts needs.

    Parameters
    ----------
    rows : ndarray of int of shape (n,)
        Row numbers, counted from 0, in the order of the review.

    sampling_probability : ndarray of shape (n,)
        Probability with which each row was to be chosen, in (0, 1]: 1 for picks of a
        strategy, and for random rows the number drawn over the number of rows that
        they were drawn from.

    strategy : ndarray of str of shape (n,)
        What has chosen the row, "random" for the random ones.

    See Also
    --------
    suggest_review : Makes it.

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

    def to_dict(self):
        """Return the arrays by name.

        Returns
        -------
        dict of str to ndarray
            The three arrays, without copies.
        """
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def to_frame(self):
        """Return the arrays as columns of a data frame.

        Returns
        -------
        DataFrame
            A line for each row to check, in the order of the review.

        Raises
        ------
        ImportError
            If pandas is not installed.
        """
        try:
            import pandas
        except ImportError as error:
            raise ImportError(
                "to_frame needs pandas. Install it with pip install "
                '".[audit]" in the folder of sknoisy, or use to_dict, which needs '
                "nothing."
            ) from error
        return pandas.DataFrame(self.to_dict())


@validate_params(
    {
        "estimator": "no_validation",
        "n": [Interval(Integral, 1, None, closed="left")],
        "strategy": [StrOptions({"auto", RANDOM, *STRATEGIES})],
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
    rest is drawn at random from all other unchecked rows: what is found among picks
    says nothing about the rows that were not picked.

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
        - "balanced": the most suspicious of each class of highest ``clean_proba_`` in
          turn.
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
        Random rows are spread evenly over the order, so that whoever stops early has
        checked their share of them.

    Raises
    ------
    NotFittedError
        If the estimator has not been fitted.

    UnsuitableEstimatorError
        If it has no ``label_quality_`` of shape (n_samples,), or a strategy needs
        ``clean_proba_`` and it has none.

    ValueError
        If fewer than n rows are left to check, ``trusted`` is no mask of the rows, or
        "covering" gets no ``X`` to cover.

    See Also
    --------
    ReviewSession : Keeps the verdicts, fits again and estimates.
    estimate_noise_rate : Share of wrong labels, from the verdicts.

    Notes
    -----
    Picks of a strategy have a sampling probability of 1 and stand for themselves
    alone; m random rows out of the N that are neither picked nor trusted have m / N
    and stand for all N.

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
    doubt = read_doubt(estimator)
    rows = np.flatnonzero(~_read_trusted(trusted, len(doubt.quality)))
    if n > len(rows):
        raise ValueError(
            f"n expected at most {len(rows)}, the number of rows that are neither "
            f"trusted nor asked about already, but got {n}. Ask for fewer."
        )
    rng = check_random_state(random_state)
    strategy, doubt = _prepared(strategy, doubt, X, estimator, rng)
    n_random = n if strategy == RANDOM else _number_of_random(n, random_share)
    return _draw(doubt, rows, n, n_random, strategy, rng)


def _prepared(strategy, doubt, X, estimator, rng):
    """Return the strategy, chosen where it is "auto", and what it needs."""
    known = doubt.posterior is not None
    if strategy in NEEDS_POSTERIOR and not known:
        raise UnsuitableEstimatorError(
            f"strategy={strategy!r} needs an estimator with clean_proba_, but "
            f"{type(estimator).__name__} has none. Use strategy='suspicion'."
        )
    if strategy == "auto" and not known:
        return "suspicion", doubt
    if strategy == "covering" or (strategy == "auto" and X is not None):
        points = _points(doubt, X, estimator, rng)
        if points is not None:
            return "covering", Doubt(doubt.quality, doubt.posterior, points)
        if strategy == "covering":
            raise ValueError(
                "strategy='covering' expected X with numeric columns, or an estimator "
                "around a Pipeline that makes them, but got neither. Use "
                "strategy='expected_change'."
            )
    return "expected_change" if strategy == "auto" else strategy, doubt


def read_doubt(estimator):
    """Return what a fitted estimator thinks of the labels.

    Parameters
    ----------
    estimator : fitted estimator
        It, or the last step or best estimator of it, has ``label_quality_``.

    Returns
    -------
    Doubt
        Quality and, where there is one, posterior.
    """
    inner = judge_of(estimator)
    check_is_fitted(inner)
    quality = getattr(inner, "label_quality_", None)
    if np.ndim(quality) != 1:
        raise UnsuitableEstimatorError(
            f"{OWNER} expected a fitted estimator with label_quality_ of shape "
            f"(n_samples,), but {type(inner).__name__} has "
            f"{'none' if quality is None else f'shape {np.shape(quality)}'}. Pass one "
            "of sknoisy's classifiers, such as NoisyLabelClassifier, or label quality "
            "scores."
        )
    quality = np.asarray(quality, dtype=float)
    posterior = getattr(inner, "clean_proba_", None)
    if np.isnan(quality).any():
        raise ValueError(
            f"{OWNER} expected a label in every row, but label_quality_ of "
            f"{type(inner).__name__} is missing in {np.isnan(quality).sum()} of "
            f"{len(quality)} rows. Fit it to the labelled rows alone."
        )
    return Doubt(quality, None if posterior is None else np.asarray(posterior))


def judge_of(estimator):
    """Return the estimator that judges labels: the last step, the best of a search."""
    if isinstance(estimator, Pipeline):
        return judge_of(estimator[-1])
    best = getattr(estimator, "best_estimator_", None)
    return estimator if best is None else judge_of(best)


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


def _points(doubt, X, estimator, rng):
    """Return the rows of X as points; None where they cannot be embedded."""
    n_samples = len(doubt.quality)
    if X is None or _num_samples(X) != n_samples:
        found = "None" if X is None else f"{_num_samples(X)} rows"
        raise ValueError(
            f"strategy='covering' expected X with the {n_samples} rows that the "
            f"estimator was fitted on, but got {found}. Pass X=."
        )
    known = doubt.posterior is not None
    codes = doubt.posterior.argmax(axis=1) if known else np.zeros(n_samples, dtype=int)
    labels = NoisyLabels(codes=codes, classes=np.arange(codes.max() + 1))
    inner = getattr(judge_of(estimator), "estimator", None)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NoEvidenceWarning)
        return embed(X, labels, estimator=inner, random_state=rng)


def _number_of_random(n, share):
    """Return how many of n rows are drawn at random."""
    return max(1, round(share * n)) if share > 0 else 0


def _draw(doubt, rows, n, n_random, strategy, rng):
    """Pick by the strategy first, then draw from the rows that it has left."""
    picked = rows[:0]
    if n > n_random:
        picked = STRATEGIES[strategy](doubt, rows, n - n_random, rng)
    rest = np.setdiff1d(rows, picked)
    drawn = rng.permutation(rest)[:n_random]
    share = n_random / len(rest) if n_random else 0.0
    found = np.concatenate([picked, drawn])
    proba = np.repeat([1.0, share], [len(picked), n_random])
    by = np.repeat([strategy, RANDOM], [len(picked), n_random])
    order = _spread(len(picked), n_random)
    return ReviewSuggestion(found[order], proba[order], by[order])


def _spread(n_picked, n_random):
    """Return an order in which the last n_random lie evenly among the others."""
    places = [(np.arange(k) + 0.5) / max(k, 1) for k in (n_picked, n_random)]
    return np.argsort(np.concatenate(places), kind="stable")
