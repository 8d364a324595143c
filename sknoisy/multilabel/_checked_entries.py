"""Answers of a re-annotation, in whichever form they come, label by label."""

import numpy as np
from scipy import sparse

from sknoisy._indicator import is_frame, missing_as_nan, read_indicator

OWNER = "estimate_label_quality"


def checked_entries(tags, Y_checked, sample, sampling_proba):
    """Return a function of the number of a label that gives its checked entries.

    It returns tags (bool), answers (0 or 1) and weights; entries without an answer are
    left out. The arguments are those of :func:`estimate_label_quality`.
    """
    if sample is None:
        entries = _from_table(tags, Y_checked, sampling_proba)
    elif sampling_proba is None:
        entries = _from_sample(tags, Y_checked, sample)
    else:
        raise ValueError(
            f"{OWNER} expected either a sample or sampling_proba, but got both. A "
            "sample knows its probabilities: pass it alone."
        )

    def answered(k):
        parts = entries(k)
        # Not answered: as if not drawn, since nobody knows why.
        known = ~np.isnan(parts[1])
        return tuple(part[known] for part in parts)

    return answered


def _from_sample(tags, answers, sample):
    """Read one answer for each entry of the sample."""
    answers = _check_answers(answers)
    if answers.shape != (len(sample),):
        raise ValueError(
            f"{OWNER} expected Y_checked of shape ({len(sample)},), one answer per "
            f"entry of the sample, but got shape {answers.shape}. Answer in the order "
            "of the sample, with NaN for what could not be decided."
        )
    # The tags of the sample tell whether this is the table that it was drawn from.
    row, code = sample.row, sample.label_code
    inside = (row < tags.n_samples).all() and (code < tags.n_labels).all()
    if not inside or (tags.matrix[row, code] != sample.tagged).any():
        raise ValueError(
            f"{OWNER} expected a sample drawn from this Y, but rows, labels or tags of "
            f"the sample differ from Y of shape {tags.matrix.shape}. Pass the table "
            "that was given to reannotation_sample."
        )

    def entries(k):
        here = np.flatnonzero(code == k)
        return sample.tagged[here], answers[here], 1 / sample.sampling_proba[here]

    return entries


def _from_table(tags, Y_checked, sampling_proba):
    """Read a table of answers of the shape of the tags, NaN where there is none."""
    shape = tags.matrix.shape
    # A sparse table has no NaN: all of its entries were checked.
    if sparse.issparse(Y_checked):
        checked = read_indicator(Y_checked, owner=OWNER, name="Y_checked")
        found, column = checked.matrix.shape, checked.column
    else:
        answers = _check_answers(Y_checked)
        answers = answers if answers.ndim == 2 else answers[:, np.newaxis]
        found, column = answers.shape, answers.T.__getitem__
    if found != shape:
        raise ValueError(
            f"{OWNER} expected Y_checked of shape {shape}, like Y, but got shape "
            f"{found}. Put NaN where nobody checked, or pass sample= with what was "
            "drawn."
        )
    proba = _check_proba(sampling_proba, shape)
    return lambda k: (tags.column(k), column(k).astype(float), 1 / proba[:, k])


def _check_answers(answers):
    """Return answers as floats: 0, 1 or NaN."""
    answers = answers.to_numpy() if is_frame(answers) else np.asarray(answers)
    answers = missing_as_nan(answers)
    # Infinity stands for what is no number, and is refused with the other values.
    try:
        numbers = answers.astype(float)
    except (TypeError, ValueError):
        numbers = np.full(1, np.inf)
    wrong = ~np.isnan(numbers) & (numbers != 0) & (numbers != 1)
    if wrong.any() or numbers.ndim not in (1, 2):
        raise ValueError(
            f"{OWNER} expected Y_checked to hold 0, 1, and NaN for no answer, but got "
            f"dtype {answers.dtype}, shape {answers.shape} and other values. Turn "
            "words into numbers, as in answers == 'yes'."
        )
    return numbers


def _check_proba(sampling_proba, shape):
    """Return the sampling probability of each entry, (n_samples, n_labels)."""
    if sampling_proba is None:
        return np.broadcast_to(1.0, shape)
    proba = np.asarray(sampling_proba, dtype=float)
    if proba.shape not in (shape, shape[:1]) or not ((proba > 0) & (proba <= 1)).all():
        raise ValueError(
            f"{OWNER} expected sampling_proba of shape {shape[:1]} or {shape} with "
            f"numbers above 0 and up to 1, but got shape {proba.shape} or numbers out "
            "of that range. Pass the probability with which each row was drawn, and 1 "
            "for rows that were not."
        )
    return np.broadcast_to(proba if proba.ndim == 2 else proba[:, None], shape)
