"""What comes beside the labels, an entry for each row: groups and trusted labels."""

import numpy as np
from sklearn.utils.validation import check_consistent_length

from sknoisy._label_column import _kind, _missing, _named, _of_one_type, as_array


def _check_groups(groups, codes):
    """Return the group of each row as an array without missing values."""
    groups = as_array(groups)
    if groups.ndim != 1 and groups.shape[1:] != (1,):
        raise ValueError(
            "groups expected one value per row, of shape (n_samples,), but got shape "
            f"{groups.shape}. Join several columns to one string per row."
        )
    groups = groups.reshape(len(groups))
    check_consistent_length(codes, groups)
    missing = _missing(groups)
    if missing.any():
        raise ValueError(
            "groups expected a value in every row, but there is NaN or None in "
            f"{missing.sum()} of {len(groups)} rows, the first in row "
            f"{int(missing.argmax())}. Give each of these rows a group of its own."
        )
    if groups.dtype.kind != "O":
        return groups
    groups = _of_one_type(groups, "fit", name="groups")
    return groups if _is_sortable(groups) else _group_numbers(groups)


def _is_sortable(groups):
    """Whether groups have a dtype of their own or are strings."""
    return groups.dtype.kind != "O" or isinstance(groups[0], str)


def _group_numbers(groups):
    """Return a number for each group, in the order in which they come first."""
    numbers = {}
    try:
        return np.array([numbers.setdefault(group, len(numbers)) for group in groups])
    except TypeError as error:
        raise ValueError(
            "groups expected values that can be compared, such as numbers or strings, "
            f"but got {_named(groups[0])}: {error}. Convert them, for example with "
            "[str(value) for value in groups]."
        ) from error


def _check_trusted(trusted, n_samples):
    """Return the mask of trusted labels as a boolean array."""
    trusted = np.asarray(trusted)
    if trusted.dtype.kind == "O" and set(map(_kind, map(type, trusted.flat))) == {bool}:
        # A nullable column of pandas without a missing value is a mask all the same.
        trusted = trusted.astype(bool)
    if trusted.dtype.kind != "b" or trusted.shape != (n_samples,):
        raise ValueError(
            f"trusted must be a boolean mask of shape ({n_samples},), one entry per "
            f"row of X, but got dtype {trusted.dtype} and shape {trusted.shape}. For "
            "row numbers, pass numpy.isin(numpy.arange(len(y)), rows); a missing entry "
            "means False."
        )
    return trusted
