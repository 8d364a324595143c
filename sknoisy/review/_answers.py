"""Verdicts and how they were asked for, read from arrays with an entry per row."""

from dataclasses import dataclass

import numpy as np

from sknoisy.review._design import read_design


@dataclass(frozen=True)
class Answers:
    """Verdicts with their sampling.

    Attributes
    ----------
    verdict : ndarray of shape (n_samples,)
        Zeros and ones, NaN where unknown.
    proba : ndarray of shape (n_samples,)
        Sampling probability, NaN for rows that were not asked about.
    number : ndarray of int of shape (n_samples,)
        Round.
    owner : str
        Name of the function that asks, for the messages.
    """

    verdict: np.ndarray
    proba: np.ndarray
    number: np.ndarray
    owner: str

    def design(self):
        """Return the design, or say why there is nothing to estimate from."""
        return checked_design(
            ~np.isnan(self.verdict), self.proba, self.number, self.owner
        )

    def of_rows(self, values, name):
        """Return a function that gives values of rows for any round, None for None."""
        if values is None:
            return None
        values = numbers(values, len(self.verdict), name, self.owner)
        if np.isnan(values).any():
            raise ValueError(
                f"{self.owner} expected {name} for every row, checked or not, but it "
                f"holds NaN in {np.isnan(values).sum()} of {len(values)} rows. Leave "
                f"{name} out if the model has none for these."
            )
        return lambda number: values


def checked_design(has_verdict, proba, number, owner):
    """Return the design of a review, or say that it cannot be estimated from.

    Parameters
    ----------
    has_verdict : ndarray of bool of shape (n_samples,)
        Which rows have a verdict.

    proba : ndarray of shape (n_samples,)
        Sampling probability, NaN for rows that were not asked about.

    number : ndarray of int of shape (n_samples,)
        Round.

    owner : str
        Name of the function that asks, for the messages.

    Returns
    -------
    Design
        With one round at least.
    """
    design = read_design(has_verdict, proba, number)
    if not design.rounds:
        raise ValueError(
            f"{owner} expected at least one verdict about a row that was drawn at "
            f"random, with a sampling probability below 1, but got "
            f"{has_verdict.sum()} verdicts, none of such a row. Picked rows stand for "
            "themselves alone: ask for a random share."
        )
    return design


def read_answers(verdict, proba, number, *, owner):
    """Check verdicts and their sampling.

    Parameters
    ----------
    verdict : array-like of shape (n_samples,)
        Zeros and ones, NaN where unknown.

    proba : array-like of shape (n_samples,)
        Sampling probability, NaN for rows that were not asked about.

    number : array-like of int of shape (n_samples,) or None
        Round.

    owner : str
        Name of the function that asks, for the messages.

    Returns
    -------
    Answers
        Verdicts about rows that were not asked about are unknown.
    """
    verdict = numbers(verdict, None, "verdicts", owner)
    wrong = ~np.isnan(verdict) & (verdict != 0) & (verdict != 1)
    if wrong.any():
        raise ValueError(
            f"{owner} expected verdicts of 0, 1 or NaN, but row "
            f"{int(wrong.argmax())} holds {verdict[wrong][0]:g}. Compare labels first, "
            "as in y_checked != y, and mark unchecked rows by NaN."
        )
    proba, number = read_sampling(proba, number, len(verdict), owner)
    return Answers(np.where(np.isnan(proba), np.nan, verdict), proba, number, owner)


def read_sampling(proba, number, n_samples, owner):
    """Check probabilities and rounds.

    Parameters
    ----------
    proba : array-like of shape (n_samples,)
        Sampling probability, NaN for rows that were not asked about.

    number : array-like of int of shape (n_samples,) or None
        Round.

    n_samples : int
        Number of rows.

    owner : str
        Name of the function that asks, for the messages.

    Returns
    -------
    proba : ndarray of shape (n_samples,)
        The probabilities.

    number : ndarray of int of shape (n_samples,)
        The rounds, 0 for rows that were not asked about.
    """
    proba = numbers(proba, n_samples, "sampling_probability", owner)
    outside = ~np.isnan(proba) & ~((proba > 0) & (proba <= 1))
    if outside.any():
        raise ValueError(
            f"{owner} expected sampling_probability above 0 and up to 1, or NaN for "
            f"rows that were not asked about, but row {int(outside.argmax())} holds "
            f"{proba[outside][0]:g}. suggest_review tells the probabilities."
        )
    if number is None:
        return proba, np.zeros(n_samples, dtype=int)
    number = numbers(number, n_samples, "review_round", owner)
    asked = ~np.isnan(proba)
    if (number[asked] != np.floor(number[asked])).any():
        raise ValueError(
            f"{owner} expected review_round to hold a whole number for each row that "
            "was asked about, but got others or NaN. Number the rounds 0, 1, 2 and so "
            "on."
        )
    return proba, np.where(asked, number, 0).astype(int)


def numbers(values, n_samples, name, owner):
    """Return values as floats of shape (n_samples,), NaN for missing ones."""
    values = np.asarray(values)
    try:
        values = values.astype(float)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"{owner} expected {name} as numbers, but got dtype {values.dtype}: "
            f"{error}. Turn words into 0 and 1, as in verdict == 'wrong', and missing "
            "values into NaN."
        ) from error
    if values.ndim != 1 or n_samples not in (None, len(values)):
        wanted = "n_samples" if n_samples is None else n_samples
        raise ValueError(
            f"{owner} expected {name} of shape ({wanted},), an entry for every row of "
            f"the data, checked or not, but got shape {values.shape}. Mark the others "
            "by NaN."
        )
    return values
