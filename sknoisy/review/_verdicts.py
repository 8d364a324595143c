"""Labels that somebody has checked, as positions among the classes."""

import numpy as np

# As in scikit-learn's semi-supervised labels; it is no position among the classes.
NO_VERDICT = -1


def read_verdict_codes(labels, classes, wanted, *, owner):
    """Return the class of each wanted row, of shape (n_samples,); -1 where unknown."""
    labels = as_objects(labels)
    if labels.shape != wanted.shape:
        raise ValueError(
            f"{owner} expected y_checked of shape {wanted.shape}, an entry for every "
            f"row of the data, checked or not, but got shape {labels.shape}. Mark the "
            "others by None or NaN."
        )
    codes = np.full(len(labels), NO_VERDICT)
    rows = np.flatnonzero(wanted)
    codes[rows] = verdict_codes(labels[rows], rows, classes, owner=owner)
    return codes


def verdict_codes(labels, rows, classes, *, owner):
    """Return verdicts about some rows as positions among the classes.

    ``labels`` are Python objects, None or NaN for no verdict, which is -1; the row
    numbers are for the message.
    """
    place = {label: code for code, label in enumerate(classes.tolist())}
    found = [NO_VERDICT if is_missing(x) else _place(x, place) for x in labels]
    unknown = [i for i, code in enumerate(found) if code is None]
    if unknown:
        shown = ", ".join(f"{labels[i]!r} in row {rows[i]}" for i in unknown[:5])
        raise ValueError(
            f"{owner} expected each verdict to be one of the classes "
            f"{classes.tolist()}, but got {shown}. Leave rows that belong to none of "
            "them without a verdict, or add the class to y and start anew."
        )
    return np.array(found, dtype=int)


def _place(label, place):
    """Return the position of a label; None for what is no class, or cannot be one."""
    try:
        return place.get(label)
    except TypeError:
        return None


def read_row_verdicts(rows, labels, n_samples, classes, *, owner):
    """Return the rows that have a verdict, sorted, each once, and their classes."""
    labels, rows = as_objects(labels), _read_rows(rows, n_samples, owner)
    if len(labels) != len(rows):
        raise ValueError(
            f"{owner} expected one label for each of the {len(rows)} rows, but got "
            f"{len(labels)}. Pass None or NaN for rows without a verdict."
        )
    codes = verdict_codes(labels, rows, classes, owner=owner)
    rows, codes = rows[codes != NO_VERDICT], codes[codes != NO_VERDICT]
    # All of them are looked at before one is taken.
    distinct, first, place = np.unique(rows, return_index=True, return_inverse=True)
    contradicted = np.unique(rows[codes != codes[first][place]])
    if len(contradicted):
        raise ValueError(
            f"{owner} expected one verdict about each row, but got two that differ "
            f"about rows {listed(contradicted)}. Decide which one is right."
        )
    return distinct, codes[first]


def _read_rows(rows, n_samples, owner):
    rows = np.asarray(rows)
    # An empty list is an array of floats.
    rows = rows.astype(int) if rows.size == 0 else rows
    whole = rows.ndim == 1 and rows.dtype.kind in "iu"
    if not whole or ((rows < 0) | (rows >= n_samples)).any():
        raise ValueError(
            f"{owner} expected rows as integers from 0 to {n_samples - 1}, shape "
            f"(n_verdicts,), but got dtype {rows.dtype}, shape {rows.shape} or numbers "
            "out of that range. For a mask, pass numpy.flatnonzero(mask)."
        )
    return rows


def listed(rows):
    """Return row numbers as text, the first ten of them."""
    more = f" and {len(rows) - 10} more" if len(rows) > 10 else ""
    return ", ".join(map(str, rows[:10])) + more


def as_objects(labels):
    """Return labels as an array of plain Python objects of shape (n,)."""
    if not hasattr(labels, "__array__"):
        # numpy would write None, NaN and numbers among strings out as strings.
        labels = list(labels)
        values = [x.item() if isinstance(x, np.generic) else x for x in labels]
    else:
        values = np.asarray(labels)
        values = values.tolist() if values.ndim == 1 else [values.tolist()]
    objects = np.empty(len(values), dtype=object)
    objects[:] = values
    return objects


def is_missing(label):
    """Whether there is no verdict: None, NaN, or the missing values of pandas."""
    if label is None:
        return True
    try:
        return bool(label != label)
    except TypeError:
        # The missing value of pandas will not say.
        return True
    except ValueError:
        return False
