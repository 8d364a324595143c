"""What the verdicts of a session tell about all rows."""

from copy import deepcopy

import numpy as np
from sklearn.base import clone

from sknoisy._compat import _check_method_params, _safe_indexing
from sknoisy._folds import make_folds
from sknoisy._labels import read_labels
from sknoisy.review._answers import checked_design
from sknoisy.review._estimates import estimate_share
from sknoisy.review._forecast import ReviewForecast, recalibrated
from sknoisy.review._transition import estimate_matrix
from sknoisy.review._verdicts import NO_VERDICT, as_objects, verdict_codes


class SessionEstimates:
    """Estimates of a review session, from what it has recorded."""

    def noise_rate(self, *, power="auto", confidence=0.95):
        """Estimate the share of wrong labels among all rows, as given.

        Parameters
        ----------
        power : "auto" or float, default="auto"
            What the estimator's own opinion counts, in [0, 1]; see
            :func:`estimate_noise_rate`. It is the opinion from before each round.

        confidence : float, default=0.95
            Confidence of the interval, in (0, 1).

        Returns
        -------
        ReviewEstimate
            ``value``, ``interval``, ``standard_error``, ``n_checked``, ``n_random``.

        Raises
        ------
        ValueError
            If no random row has a verdict.
        """
        return estimate_share(
            self._is_wrong(), self._design(), self._doubt_of_round, power, confidence
        )

    def transition_matrix(self, *, power="auto", confidence=0.95):
        """Estimate which class is given as which.

        Parameters
        ----------
        power : "auto" or float, default="auto"
            What the estimator's own opinion counts, in [0, 1].

        confidence : float, default=0.95
            Confidence of the interval of each entry, in (0, 1).

        Returns
        -------
        ReviewEstimate
            ``value`` is ``T[i, j] = P(noisy = j | clean = i)`` in the order of
            ``classes_``.

        Raises
        ------
        ValueError
            If no random row has a verdict.
        """
        known = any(posterior is not None for _, posterior in self._opinions.values())
        return estimate_matrix(
            np.eye(len(self.classes_))[self._codes],
            self._verdict,
            self._design(),
            self._posterior_of_round if known else None,
            power,
            confidence,
        )

    def accuracy(self, y_pred=None, *, power="auto", confidence=0.95):
        """Estimate the accuracy of predictions on the true labels of all rows.

        Parameters
        ----------
        y_pred : array-like of shape (n_samples,), default=None
            Predicted class of each row, by a classifier that was not trained on it.
            None means 5-fold cross-validation of the estimator, a classifier then, with
            the verdicts so far; it costs five fits.

        power : "auto" or float, default="auto"
            What the estimator's own opinion counts, in [0, 1].

        confidence : float, default=0.95
            Confidence of the interval, in (0, 1).

        Returns
        -------
        ReviewEstimate
            ``value``, ``interval``, ``standard_error``, ``n_checked``, ``n_random``.

        Raises
        ------
        ValueError
            If no random row has a verdict, or a prediction is not among the classes.
        """
        design = self._design()
        y_pred = self._cross_val_predict() if y_pred is None else y_pred
        labels = as_objects(y_pred)
        n_samples = len(self._codes)
        if len(labels) != n_samples:
            raise ValueError(
                f"y_pred expected a prediction for each of the {n_samples} rows, but "
                f"got {len(labels)}. Predict all rows, checked or not."
            )
        rows = np.arange(n_samples)
        codes = verdict_codes(labels, rows, self.classes_, owner="y_pred")
        right = np.where(self.trusted_, (self._verdict == codes) * 1.0, np.nan)

        def opinion(number):
            posterior = self._posterior_of_round(number)
            return np.zeros(n_samples) if posterior is None else posterior[rows, codes]

        return estimate_share(right, design, opinion, power, confidence)

    def forecast(self, n):
        """Say what another n checks would buy.

        Parameters
        ----------
        n : int
            How many more rows would be checked.

        Returns
        -------
        ReviewForecast
            Expected findings; printed, it is a sentence. The next rows of the queue are
            looked at, without asking about them, and the doubts of the estimator are
            corrected by how right they were so far. That random rows narrow the
            interval by the root of their number is an approximation.

        Raises
        ------
        ValueError
            If fewer than n rows are left.
        """
        self.refit()
        suggestion = self._suggested(n, deepcopy(self._rng))
        rows = suggestion.rows
        quality, posterior = self._opinion()
        doubt = recalibrated(1 - quality, *self._doubts_so_far())
        left = np.flatnonzero(~self.trusted_)
        n_left, now, after = doubt[left].sum(), np.nan, np.nan
        if self._design_or_none() is not None:
            estimate = self.noise_rate()
            n_left = estimate.value * len(doubt) - np.nansum(self._is_wrong())
            now = float(np.ptp(estimate.interval) / 2)
            n_random = estimate.n_random
            more = (suggestion.sampling_probability < 1).sum()
            after = now * np.sqrt(n_random / max(n_random + more, 1))
        return ReviewForecast(
            n=n,
            n_wrong=float(doubt[rows].sum()),
            n_wrong_left=max(float(n_left), 0.0),
            n_overturned=self._n_overturned(doubt, posterior, rows),
            half_width=now,
            half_width_after=float(after),
        )

    def _n_overturned(self, doubt, posterior, rows):
        """Return how many verdicts are likely to be neither given nor suggested."""
        if posterior is None:
            return np.nan
        other = posterior[rows].copy()
        other[np.arange(len(rows)), self._codes[rows]] = 0
        by_model = 1 - other.max(axis=1) / np.maximum(other.sum(axis=1), 1e-12)
        wrong = self._queue[self._is_wrong()[self._queue] == 1]
        so_far = [
            self._posterior_of_round(number)[row].argmax() != self._verdict[row]
            for row, number in zip(wrong, self.review_round_[wrong], strict=True)
        ]
        # What the verdicts say, with the word of the estimator for two of them.
        expected = doubt[rows].sum()
        word = (doubt[rows] @ by_model) / max(expected, 1e-12)
        return float(expected * (sum(so_far) + 2 * word) / (len(so_far) + 2))

    def _doubts_so_far(self):
        """Return what was thought of checked rows when they were asked for."""
        numbers = self.review_round_[self._queue]
        checked = self._verdict[self._queue] != NO_VERDICT
        doubts = [
            self._doubt_of_round(number)[row]
            for row, number in zip(self._queue[checked], numbers[checked], strict=True)
        ]
        return np.array(doubts), self._is_wrong()[self._queue[checked]]

    def _is_wrong(self):
        """Return zeros and ones for rows with a verdict, NaN for others."""
        wrong = (self._verdict != self._codes) * 1.0
        return np.where(self.trusted_, wrong, np.nan)

    def _doubt_of_round(self, number):
        """Return the probability that each label is wrong, as of before a round."""
        quality, posterior = self._opinions[number]
        if posterior is None:
            return 1 - quality
        return 1 - posterior[np.arange(len(self._codes)), self._codes]

    def _posterior_of_round(self, number):
        return self._opinions[number][1]

    def _design(self):
        return checked_design(
            self.trusted_,
            self.sampling_probability_,
            self.review_round_,
            "ReviewSession",
        )

    def _design_or_none(self):
        try:
            return self._design()
        except ValueError:
            return None

    def _cross_val_predict(self):
        """Return predictions of classifiers that have not seen the row."""
        params = dict(self.fit_params)
        if self.trusted_.any():
            params["trusted"] = self.trusted_
        y = self.y_
        y_pred = y.copy()
        groups = params.get("groups")
        labels = read_labels(self.X, y, owner="ReviewSession", groups=groups)
        for train, test in make_folds(self.X, labels):
            part = _check_method_params(self.X, params, indices=train)
            model = clone(self.estimator)
            model.fit(_safe_indexing(self.X, train), y[train], **part)
            y_pred[test] = model.predict(_safe_indexing(self.X, test))
        return y_pred
