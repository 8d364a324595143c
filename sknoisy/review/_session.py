"""A review that remembers: suggest, take verdicts, fit again, estimate."""

from inspect import Parameter, signature

import numpy as np
from sklearn.base import clone
from sklearn.utils import check_random_state

from sknoisy._checked_rows import estimate_share, read_design
from sknoisy._labels import read_labels
from sknoisy.exceptions import UnsuitableEstimatorError
from sknoisy.report._sheet import BlankSheet, read_filled, row_values, write_sheet
from sknoisy.review._estimates import estimate_matrix
from sknoisy.review._estimator import held_out_predictions, read_scores
from sknoisy.review._suggest import suggest_review
from sknoisy.review._verdicts import (
    NO_VERDICT,
    as_objects,
    listed,
    read_row_verdicts,
    verdict_codes,
)

OWNER = "ReviewSession"


class ReviewSession:
    """Check labels in rounds: suggest rows, take verdicts, fit again, estimate.

    Parameters
    ----------
    estimator : estimator
        A classifier or refiner of sknoisy: its ``fit`` takes ``trusted``, and it yields
        ``label_quality_``. It is cloned for each fit.

    X : array-like, frame, sparse matrix or sequence of n_samples rows
        Rows, handed to the estimator as they come.

    y : array-like of shape (n_samples,)
        Labels as given.

    trusted : array-like of bool of shape (n_samples,), default=None
        Rows whose label has been checked before. They are not asked about.

    strategy : str, default="auto"
        How rows are picked, see :func:`suggest_review`.

    random_share : float, default=0.2
        Share of each round that is drawn at random, in [0, 1].

    fit_params : dict, default=None
        Further keywords for ``fit`` of the estimator, such as ``sample_weight``.

    random_state : int, RandomState instance or None, default=None
        Seed of the random rows; an integer makes the session repeatable.

    Attributes
    ----------
    estimator_ : estimator
        The estimator as last fitted, by ``suggest`` or ``refit``.

    classes_ : ndarray of shape (n_classes,)
        The distinct labels.

    y_ : ndarray of shape (n_samples,)
        The labels, with the verdicts in their place.

    trusted_ : ndarray of bool of shape (n_samples,)
        Rows that have a verdict or were trusted before.

    sampling_probability_ : ndarray of shape (n_samples,)
        Probability of each row to be chosen in its round; NaN for rows not asked about.

    review_round_ : ndarray of int of shape (n_samples,)
        Round in which each row was asked about, from 1; 0 for all other rows.

    found_ : ndarray of bool of shape (n_answers,)
        Whether the label was wrong, of each row that was asked about and has a verdict,
        in the order of the review.

    n_rounds_ : int
        Number of rounds so far.

    See Also
    --------
    suggest_review : A single round, without memory.

    Notes
    -----
    A row is asked about once; without a verdict it stays in ``open_rows_``. A verdict
    is one of the classes; rows that belong to none are left without. Verdicts about
    rows that nobody asked about count for themselves from the next round on, as picked
    rows do. Estimates raise ValueError as long as no random row has a verdict. The
    session can be pickled, with X and y in it.

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
        # Trusted rows count as asked about with certainty before the first round.
        known = np.zeros(n_samples, bool) if trusted is None else labels.trusted
        self._verdict = np.where(known, labels.codes, NO_VERDICT)
        self.sampling_probability_ = np.where(known, 1.0, np.nan)
        self.review_round_ = np.zeros(n_samples, dtype=int)
        self.n_rounds_ = 0
        self._queue = np.empty(0, dtype=int)
        self._scores = {}
        self._fresh = False
        self._rng = check_random_state(random_state)

    def __repr__(self):
        return (
            f"ReviewSession of {len(self._codes)} rows: {self.trusted_.sum()} with a "
            f"verdict, {len(self.open_rows_)} open, after round {self.n_rounds_}"
        )

    @property
    def trusted_(self):
        """Mask of the rows that have a verdict or were trusted before."""
        return self._verdict != NO_VERDICT

    @property
    def y_(self):
        """The labels, with the verdicts in their place."""
        return self.classes_[np.where(self.trusted_, self._verdict, self._codes)]

    @property
    def open_rows_(self):
        """Numbers of the rows that were asked about and have no verdict yet."""
        return self._queue[self._verdict[self._queue] == NO_VERDICT]

    @property
    def found_(self):
        """Whether the label was wrong, of rows with a verdict in the order asked."""
        rows = self._queue[self.trusted_[self._queue]]
        return self._verdict[rows] != self._codes[rows]

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
        suggestion = suggest_review(
            self.estimator_,
            n,
            strategy=self.strategy,
            random_share=self.random_share,
            trusted=~np.isnan(self.sampling_probability_),
            X=self.X,
            random_state=self._rng,
        )
        self.n_rounds_ += 1
        rows = suggestion.rows
        self.sampling_probability_[rows] = suggestion.sampling_probability
        self.review_round_[rows] = self.n_rounds_
        self._queue = np.concatenate([self._queue, rows])
        # Estimates need what was predicted before the verdicts of the round came in.
        self._scores[self.n_rounds_] = read_scores(self.estimator_, self.classes_)
        return suggestion

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
            If rows are out of range, or a verdict is no class or contradicts another
            about the row. Then none is taken.
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
        # Chosen for a reason nobody knows, so they can stand for themselves alone.
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
        # What was fitted to the same labels would come out the same.
        if not self._fresh:
            model = clone(self.estimator)
            self.estimator_ = model.fit(self.X, self.y_, **self._params())
            self._fresh = True
        return self.estimator_

    def noise_rate(self, *, power="auto", confidence=0.95):
        """Estimate the share of wrong labels among all rows, as given.

        Parameters
        ----------
        power : "auto" or float, default="auto"
            What the predictions of the estimator, made before each round, count in
            :func:`estimate_noise_rate`, in [0, 1].

        confidence : float, default=0.95
            Confidence of the interval, in (0, 1).

        Returns
        -------
        ReviewEstimate
            ``value``, ``interval``, ``standard_error``, ``n_checked``, ``n_random``.
        """
        predictions = {k: s.error_rate(self._codes) for k, s in self._scores.items()}
        wrong = self._verdict != self._codes
        return self._share(wrong, predictions, power, confidence)

    def transition_matrix(self, *, power="auto", confidence=0.95):
        """Estimate which class is given as which.

        Parameters
        ----------
        power : "auto" or float, default="auto"
            What the predictions of the estimator count, in [0, 1].

        confidence : float, default=0.95
            Confidence of the interval of each entry, in (0, 1).

        Returns
        -------
        ReviewEstimate
            ``value`` is ``T[i, j] = P(noisy = j | clean = i)`` in the order of
            ``classes_``.
        """
        given = np.eye(len(self.classes_))[self._codes]
        posteriors = self._posteriors()
        return estimate_matrix(
            given, self._verdict, self._design(), posteriors, power, confidence
        )

    def accuracy(self, y_pred=None, *, power="auto", confidence=0.95):
        """Estimate the accuracy of predictions on the true labels of all rows.

        Parameters
        ----------
        y_pred : array-like of shape (n_samples,), default=None
            Predicted classes, by a classifier that was not trained on the row. None
            means 5-fold cross-validation of the estimator; it costs five fits.

        power : "auto" or float, default="auto"
            What the predictions of the estimator count, in [0, 1].

        confidence : float, default=0.95
            Confidence of the interval, in (0, 1).

        Returns
        -------
        ReviewEstimate
            ``value``, ``interval``, ``standard_error``, ``n_checked``, ``n_random``.

        Raises
        ------
        ValueError
            If a prediction is missing or not among the classes.
        """
        if y_pred is None:
            # Says that nothing can be estimated before it costs five fits.
            self._design()
            y_pred = held_out_predictions(
                self.estimator, self.X, self.y_, self._params()
            )
        labels, rows = as_objects(y_pred), np.arange(len(self._codes))
        if len(labels) != len(rows):
            raise ValueError(
                f"y_pred expected a prediction for each of the {len(rows)} rows, but "
                f"got {len(labels)}. Predict all rows, checked or not."
            )
        codes = verdict_codes(labels, rows, self.classes_, owner="y_pred")
        predictions = self._posteriors()
        if predictions is not None:
            predictions = {k: table[rows, codes] for k, table in predictions.items()}
        return self._share(self._verdict == codes, predictions, power, confidence)

    def _share(self, z, predictions, power, confidence):
        options = {"power": power, "confidence": confidence}
        return estimate_share(z, self._design(), predictions, **options)

    def _design(self):
        proba, number = self.sampling_probability_, self.review_round_
        return read_design(self.trusted_, proba, number, owner=OWNER)

    def _posteriors(self):
        """Return the posterior before each round, None if there is none."""
        found = {k: scores.posterior for k, scores in self._scores.items()}
        return None if any(table is None for table in found.values()) else found

    def _params(self):
        """Return what the estimator is fitted with beside X and y."""
        trusted = {"trusted": self.trusted_} if self.trusted_.any() else {}
        return {**self.fit_params, **trusted}

    def to_sheet(self, path, *, columns=None, hide_suggestion=False):
        """Write the open rows to a file, with an empty column for the verdicts.

        Parameters
        ----------
        path : str or Path
            Where to write. The ending says in which form: ``.csv``, ``.xlsx`` for
            Excel, which needs openpyxl, or ``.json``, tasks of Label Studio. Labels
            that a spreadsheet would take for a formula get an apostrophe in front.

        columns : list, default=None
            Columns of X that are shown of each row. None means the first 30, or the
            text where rows are texts; an empty list none.

        hide_suggestion : bool, default=False
            Whether to leave out what the estimator says, so that verdicts do not
            follow it.

        Raises
        ------
        ValueError
            If the ending is another one, a file stands there that is no such list, or
            that holds verdicts, or there is no such column.
        ImportError
            If openpyxl is needed and not installed.
        """
        rows = self.open_rows_
        classes = self.classes_.tolist()
        sheet = BlankSheet(
            rows.tolist(),
            self.classes_[self._codes[rows]].tolist(),
            classes,
            {} if hide_suggestion else self._said(rows),
            row_values(self.X, rows, columns),
        )
        write_sheet(path, sheet)

    def to_csv(self, path):
        """Write the open rows as CSV; :meth:`to_sheet` has more to choose from.

        Parameters
        ----------
        path : str or Path
            Where to write; it ends in ``.csv``.
        """
        self.to_sheet(path)

    def _said(self, rows):
        """Return what the estimator says of some rows, for those who check them."""
        suggested, quality = [None] * len(rows), []
        if len(rows):
            scores = read_scores(self.estimator_, self.classes_)
            quality = scores.quality[rows].tolist()
            if scores.posterior is not None:
                best = scores.posterior[rows].argmax(axis=1)
                suggested = self.classes_[best].tolist()
        return {
            "suggested_label": suggested,
            "label_quality": quality,
            "sampling_probability": self.sampling_probability_[rows].tolist(),
        }

    def read_verdicts(self, path):
        """Take the verdicts from a file that ``to_sheet`` has written.

        Parameters
        ----------
        path : str or Path
            The file, with labels filled in under ``verdict``. It may have been saved by
            a spreadsheet, or be the tasks that Label Studio exports; rows of missing
            or empty lines stay open.

        Returns
        -------
        self : ReviewSession
            The session.

        Raises
        ------
        ValueError
            If the file cannot be read, a line belongs to another row or label, or a
            verdict is no class or contradicts another. Then none is taken.
        """
        asked = {row: self.classes_[self._codes[row]] for row in self._queue.tolist()}
        return self.record(*read_filled(path, asked, self.classes_.tolist()))


def _check_estimator(estimator):
    """Refuse an estimator whose fit cannot be told which labels are trusted."""
    fit = getattr(estimator, "fit", None)
    parameters = signature(fit).parameters if callable(fit) else {}
    kinds = [p.kind for p in parameters.values()]
    if "trusted" in parameters or Parameter.VAR_KEYWORD in kinds:
        return estimator
    raise UnsuitableEstimatorError(
        f"{OWNER} expected an estimator whose fit takes trusted, but got "
        f"{type(estimator).__name__}. Wrap it, as in NoisyLabelClassifier(estimator)."
    )
