"""Answers of a second look, in whichever form they come, label by label."""

import numpy as np
from scipy import sparse

from sknoisy._indicator import is_frame, missing_as_nan, read_indicator

OWNER = "estimate_label_quality"


def checked_entries(tags, Y_checked, sample, rows, sampling_proba):
    """Return a function that gives the checked entries of a label.

    Parameters
    ----------
    tags : Indicator
        The tags as they were given.

    Y_checked : array-like, sparse matrix or frame
        Answers.

    sample : ReannotationSample or None
        What was drawn.

    rows : array-like of int of shape (n_checked,) or None
        Rows that were looked at.

    sampling_proba : array-like or None
        Probability of each row or entry.

    Returns
    -------
    callable
        Of the number of a label; returns tags (bool), answers (0 or 1) and weights of
        its checked entries, entries without an answer left out.
    """
    if sample is None:
        return _from_rows(tags, Y_checked, rows, sampling_proba)
    if rows is not None or sampling_proba is not None:
        raise ValueError(
            f"{OWNER} expected either a sample or rows and sampling_proba, but got "
            "both. A sample knows its rows and probabilities: pass it alone."
        )
    return _from_sample(tags, Y_checked, sample)


def _from_sample(tags, answers, sample):
    """Read one answer for each entry of the sample."""
    answers = _check_answers(answers)
    if answers.shape != (len(sample),):
        raise ValueError(
            f"{OWNER} expected Y_checked of shape ({len(sample)},), one answer per "
            f"entry of the sample, but got shape {answers.shape}. Answer in the order "
            "of the sample, with NaN for what could not be judged."
        )
    order = np.argsort(sample.label_code, kind="stable")
    bounds = np.searchsorted(sample.label_code[order], np.arange(tags.n_labels + 1))
    _check_origin(tags, sample, order, bounds)

    def entries(k):
        chosen = order[bounds[k] : bounds[k + 1]]
        return _answered(
            sample.tagged[chosen], answers[chosen], 1 / sample.sampling_proba[chosen]
        )

    return entries


def _check_origin(tags, sample, order, bounds):
    """Refuse a sample that was drawn from another table."""
    inside = bounds[-1] == len(sample) and (sample.row < tags.n_samples).all()
    for k in range(tags.n_labels if inside else 0):
        chosen = order[bounds[k] : bounds[k + 1]]
        tagged = tags.column(k)[sample.row[chosen]]
        inside = inside and np.array_equal(tagged, sample.tagged[chosen])
    if not inside:
        raise ValueError(
            f"{OWNER} expected a sample drawn from this Y, but rows, labels or tags of "
            f"the sample differ from Y of shape {tags.matrix.shape}. Pass the table "
            "that was given to reannotation_sample."
        )


def _from_rows(tags, Y_checked, rows, sampling_proba):
    """Read a row of answers for each of the rows looked at."""
    n_labels = tags.n_labels
    rows = np.arange(tags.n_samples) if rows is None else _check_rows(rows, tags)
    column = _columns_of(Y_checked, (len(rows), n_labels))
    weight = _check_weights(sampling_proba, (len(rows), n_labels))

    def entries(k):
        return _answered(tags.column(k)[rows], column(k), weight(k))

    return entries


def _answered(tagged, answer, weight):
    known = ~np.isnan(answer)
    return tagged[known], answer[known], weight[known]


def _columns_of(Y_checked, shape):
    """Return a function that gives the answers for a label."""
    if sparse.issparse(Y_checked):
        checked = read_indicator(Y_checked, owner=OWNER, name="Y_checked")
        found, column = checked.matrix.shape, checked.column
    else:
        answers = _check_answers(Y_checked)
        answers = answers if answers.ndim == 2 else answers[:, np.newaxis]
        found, column = answers.shape, answers.T.__getitem__
    if found != shape:
        raise ValueError(
            f"{OWNER} expected Y_checked of shape {shape}, a row for each row looked "
            f"at and a column per label, but got shape {found}. Pass rows= with "
            "the numbers of the rows, or sample= with what was drawn."
        )
    return lambda k: column(k).astype(float)


def _check_answers(answers):
    """Return answers as floats: 0, 1 or NaN."""
    answers = answers.to_numpy() if is_frame(answers) else np.asarray(answers)
    answers = missing_as_nan(answers)
    try:
        numbers = answers.astype(float)
    except (TypeError, ValueError):
        numbers = np.full(1, np.inf)
    wrong = ~np.isnan(numbers) & (numbers != 0) & (numbers != 1)
    if wrong.any() or numbers.ndim not in (1, 2):
        raise ValueError(
            f"{OWNER} expected Y_checked to hold 0, 1, and NaN where the judge could "
            f"not say, in one or two dimensions, but got dtype {answers.dtype}, shape "
            f"{answers.shape} and other values. Turn words into numbers, as in "
            "answers == 'yes'."
        )
    return numbers


def _check_rows(rows, tags):
    """Return the numbers of the rows looked at."""
    rows = np.asarray(rows)
    fits = rows.ndim == 1 and rows.dtype.kind in "iu"
    if fits and len(rows):
        fits = 0 <= rows.min() <= rows.max() < tags.n_samples
        fits = fits and len(np.unique(rows)) == len(rows)
    if not fits:
        raise ValueError(
            f"{OWNER} expected rows as distinct integers from 0 to "
            f"{tags.n_samples - 1}, shape (n_checked,), but got dtype {rows.dtype} and "
            f"shape {rows.shape}, numbers out of that range, or one more than once. "
            "For a mask, pass numpy.flatnonzero(mask)."
        )
    return rows


def _check_weights(sampling_proba, shape):
    """Return a function that gives the weights of the entries of a label."""
    if sampling_proba is None:
        return lambda k: np.ones(shape[0])
    proba = np.asarray(sampling_proba, dtype=float)
    if proba.shape not in (shape, shape[:1]) or not ((proba > 0) & (proba <= 1)).all():
        raise ValueError(
            f"{OWNER} expected sampling_proba of shape {shape[:1]} or {shape} with "
            f"numbers above 0 and up to 1, but got shape {proba.shape} or numbers out "
            "of that range. Pass the probability with which each row was drawn."
        )
    return lambda k: 1 / (proba if proba.ndim == 1 else proba[:, k])
