"""A review that remembers: suggest, take verdicts, fit again, estimate."""

from inspect import Parameter, signature

import numpy as np
from sklearn.base import clone
from sklearn.utils import check_random_state

from sknoisy._labels import read_labels
from sknoisy._proba import align_columns
from sknoisy.exceptions import UnsuitableEstimatorError
from sknoisy.review._session_estimates import SessionEstimates
from sknoisy.review._sheet import check_replaceable, read_filled, write_sheet
from sknoisy.review._suggest import judge_of, read_doubt, suggest_review
from sknoisy.review._verdicts import NO_VERDICT, listed, read_row_verdicts

OWNER = "ReviewSession"


class ReviewSession(SessionEstimates):
    """Check labels in rounds: suggest rows, take verdicts, fit again, estimate.

    Parameters
    ----------
    estimator : estimator
        A classifier or refiner of sknoisy, unfitted: its ``fit`` takes ``trusted``, and
        it yields ``label_quality_``. It is cloned for each fit.

    X : array-like, frame, sparse matrix or sequence of n_samples rows
        Rows, handed to the estimator as they come.

    y : array-like of shape (n_samples,)
        Labels as given.

    trusted : array-like of bool of shape (n_samples,), default=None
        Rows whose label has been verified before. They are not asked about.

    strategy : str, default="auto"
        How rows are picked, see :func:`suggest_review`.

    random_share : float, default=0.2
        Share of the rows of each round that is drawn at random, in [0, 1]. Without it
        nothing can be estimated.

    fit_params : dict, default=None
        Further keywords for ``fit`` of the estimator, such as ``sample_weight``.

    random_state : int, RandomState instance or None, default=None
        Seed of the random rows. With an integer two sessions with the same verdicts
        ask the same.

    Attributes
    ----------
    estimator_ : estimator
        The estimator as last fitted; there once rows were suggested or ``refit`` was
        called.

    classes_ : ndarray of shape (n_classes,)
        The distinct labels.

    y_ : ndarray of shape (n_samples,)
        The labels, with the verdicts in their place.

    trusted_ : ndarray of bool of shape (n_samples,)
        Rows that have a verdict or were trusted from the start.

    sampling_probability_ : ndarray of shape (n_samples,)
        Probability with which each row was to be chosen in its round; NaN for rows
        that were not asked about.

    review_round_ : ndarray of int of shape (n_samples,)
        Round in which each row was asked about, counted from 1; 0 for rows that were
        not, and for those trusted from the start.

    n_rounds_ : int
        Number of rounds so far.

    See Also
    --------
    suggest_review : A single round, without memory.
    estimate_noise_rate : How the estimates are made.

    Notes
    -----
    A row is asked about once. As long as it has no verdict it stays in ``open_rows_``.
    A verdict is one of the classes; rows that belong to none are left without.

    Verdicts about rows that nobody asked about are welcome. They count for themselves
    from the next round on, as picked rows do.

    The session can be pickled, with X and y in it.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.preprocessing import scale
    >>> from sknoisy import NoisyLabelClassifier
    >>> from sknoisy.noise import UniformNoise
    >>> from sknoisy.review import ReviewSession
    >>> X, y = load_iris(return_X_y=True)
    >>> X, given = scale(X), UniformNoise(0.3, random_state=0).corrupt(y)
    >>> review = ReviewSession(NoisyLabelClassifier(), X, given, random_state=0)
    >>> rows = review.suggest(30).rows
    >>> review.record(rows, y[rows])
    ReviewSession of 150 rows: 30 with a verdict, 0 open, after round 1
    >>> review.refit().score(X, y) > 0.9
    True
    >>> 0 < review.noise_rate().value < 0.5
    True
    """

    def __init__(
        self,
        estimator,
        X,
        y,
        *,
        trusted=None,
        strategy="auto",
        random_share=0.2,
        fit_params=None,
        random_state=None,
    ):
        self.estimator = _check_estimator(estimator)
        self.X = X
        self.strategy = strategy
        self.random_share = random_share
        self.fit_params = {} if fit_params is None else dict(fit_params)
        labels = read_labels(X, y, owner=OWNER, trusted=trusted)
        self.classes_, self._codes = labels.classes, labels.codes
        n_samples = labels.n_samples
        known = np.zeros(n_samples, bool) if trusted is None else labels.trusted
        self._verdict = np.where(known, labels.codes, NO_VERDICT)
        self.sampling_probability_ = np.where(known, 1.0, np.nan)
        self.review_round_ = np.zeros(n_samples, dtype=int)
        self.n_rounds_ = 0
        self._queue = np.empty(0, dtype=int)
        self._opinions = {}
        self._fresh = False
        self._rng = check_random_state(random_state)

    def __repr__(self):
        return (
            f"ReviewSession of {len(self._codes)} rows: {self.trusted_.sum()} with a "
            f"verdict, {len(self.open_rows_)} open, after round {self.n_rounds_}"
        )

    @property
    def trusted_(self):
        """Mask of the rows that have a verdict or were trusted from the start."""
        return self._verdict != NO_VERDICT

    @property
    def y_(self):
        """The labels, with the verdicts in their place."""
        return self.classes_[np.where(self.trusted_, self._verdict, self._codes)]

    @property
    def open_rows_(self):
        """Numbers of the rows that were asked about and have no verdict yet."""
        return self._queue[self._verdict[self._queue] == NO_VERDICT]

    def suggest(self, n):
        """Open a round: say which rows to check next.

        If verdicts have come in since the last fit, the estimator is fitted first.

        Parameters
        ----------
        n : int
            How many rows, at least 1. Rows that are still open come on top.

        Returns
        -------
        ReviewSuggestion
            Rows that were not asked about before, in the order of the review.

        Raises
        ------
        ValueError
            If fewer than n rows are left.
        """
        self.refit()
        suggestion = self._suggested(n, self._rng)
        self.n_rounds_ += 1
        rows = suggestion.rows
        self.sampling_probability_[rows] = suggestion.sampling_probability
        self.review_round_[rows] = self.n_rounds_
        self._queue = np.concatenate([self._queue, rows])
        self._opinions[self.n_rounds_] = self._opinion()
        return suggestion

    def _suggested(self, n, rng):
        return suggest_review(
            self.estimator_,
            n,
            strategy=self.strategy,
            random_share=self.random_share,
            trusted=~np.isnan(self.sampling_probability_),
            X=self.X,
            random_state=rng,
        )

    def _opinion(self):
        """Return quality and posterior of all rows by the estimator as it is."""
        doubt = read_doubt(self.estimator_)
        if doubt.posterior is None:
            return doubt.quality, None
        given = judge_of(self.estimator_).classes_
        return doubt.quality, align_columns(doubt.posterior, given, self.classes_)

    def record(self, rows, labels, *, overwrite=False):
        """Take verdicts.

        Parameters
        ----------
        rows : array-like of int of shape (n_verdicts,)
            Row numbers, counted from 0.

        labels : array-like of shape (n_verdicts,)
            True label of each of them, among the classes; None or NaN for no verdict.

        overwrite : bool, default=False
            Whether a verdict may replace another one given earlier.

        Returns
        -------
        self : ReviewSession
            The session.

        Raises
        ------
        ValueError
            If rows are out of range, a verdict is not among the classes, or two
            verdicts about a row contradict each other. Then none is taken.
        """
        rows, codes = read_row_verdicts(
            rows, labels, len(self._codes), self.classes_, owner=OWNER
        )
        before = self._verdict[rows]
        changed = (before != NO_VERDICT) & (before != codes)
        if changed.any() and not overwrite:
            raise ValueError(
                f"{OWNER} expected no other verdict than before about rows "
                f"{listed(rows[changed])}, but got different labels. Pass "
                "overwrite=True if the later verdict is right."
            )
        self._verdict[rows] = codes
        unasked = rows[np.isnan(self.sampling_probability_[rows])]
        self.sampling_probability_[unasked] = 1.0
        self.review_round_[unasked] = self.n_rounds_ + 1
        self._fresh &= not (before != codes).any()
        return self

    def refit(self):
        """Fit the estimator to the labels, with the verdicts as trusted ones.

        Returns
        -------
        estimator
            ``estimator_``; it is not fitted again if no verdict has come in since.
        """
        if not self._fresh:
            params = dict(self.fit_params)
            if self.trusted_.any():
                params["trusted"] = self.trusted_
            self.estimator_ = clone(self.estimator).fit(self.X, self.y_, **params)
            self._fresh = True
        return self.estimator_

    def to_csv(self, path):
        """Write the open rows to a file, with an empty column for the verdicts.

        Parameters
        ----------
        path : str or Path
            Where to write. The columns are ``row``, ``given_label``,
            ``suggested_label``, ``label_quality``, ``sampling_probability`` and
            ``verdict``, in the order of the review. Labels that a spreadsheet would
            take for a formula get an apostrophe in front.

        Raises
        ------
        ValueError
            If a file stands there that is no such list, or that holds verdicts.
        """
        check_replaceable(path)
        rows = self.open_rows_
        quality, posterior = self._opinion() if len(rows) else (None, None)
        suggested = np.full(len(rows), "", dtype=object)
        if posterior is not None:
            suggested = self.classes_[posterior[rows].argmax(axis=1)]
        lines = [
            (row, self.classes_[self._codes[row]], label, quality[row], share)
            for row, label, share in zip(
                rows, suggested, self.sampling_probability_[rows], strict=True
            )
        ]
        write_sheet(path, lines)

    def read_verdicts(self, path):
        """Take the verdicts from a file that ``to_csv`` has written.

        Parameters
        ----------
        path : str or Path
            The file, with labels filled in under ``verdict``. Lines may be missing or
            empty: their rows stay open.

        Returns
        -------
        self : ReviewSession
            The session.

        Raises
        ------
        ValueError
            If a line belongs to a row that was not asked about or has another label,
            a verdict is not among the classes, or verdicts contradict each other. Then
            none is taken.
        """
        asked = {row: self.classes_[self._codes[row]] for row in self._queue.tolist()}
        return self.record(*read_filled(path, asked, self.classes_.tolist()))


def _check_estimator(estimator):
    """Refuse an estimator whose fit cannot be told which labels are verified."""
    fit = getattr(estimator, "fit", None)
    parameters = signature(fit).parameters if callable(fit) else {}
    kinds = [p.kind for p in parameters.values()]
    if "trusted" in parameters or Parameter.VAR_KEYWORD in kinds:
        return estimator
    raise UnsuitableEstimatorError(
        f"{OWNER} expected an estimator whose fit takes trusted, but got "
        f"{type(estimator).__name__}. Wrap it, as in NoisyLabelClassifier(estimator)."
    )
