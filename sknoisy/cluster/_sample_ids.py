"""Which sample is which, where samples come and go between clusterings."""

import numpy as np

from sknoisy.cluster._project_labels import label_column, positions_of


def match_samples(prev_ids, ids):
    """Return the earlier row of each sample, -1 for the samples that are new.

    Parameters
    ----------
    prev_ids : ndarray of shape (n_prev,)
        Names of the samples of the earlier rows.

    ids : ndarray of shape (n_samples,)
        Names of the samples now.

    Returns
    -------
    ndarray of shape (n_samples,)
        Row numbers in [-1, n_prev).
    """
    # As one dtype, the number 1 and the text "1" would be the same name.
    of_a_kind = (prev_ids.dtype.kind == "U") == (ids.dtype.kind == "U")
    dtype = np.result_type(prev_ids, ids) if of_a_kind else object
    both = np.empty(len(prev_ids) + len(ids), dtype=dtype)
    both[: len(prev_ids)], both[len(prev_ids) :] = prev_ids, ids
    codes, distinct = positions_of(both, "sample_ids")
    # Earlier row of each distinct name.
    row = np.full(len(distinct), -1)
    row[codes[: len(prev_ids)]] = np.arange(len(prev_ids))
    return row[codes[len(prev_ids) :]]


def checked_ids(sample_ids, n_samples, ids_before, n_before):
    """Return the names of the samples, and refuse those that do not fit.

    Parameters
    ----------
    sample_ids : array-like of shape (n_samples,) or None
        Names, or None for the same samples as before in the same order.

    n_samples : int
        Number of samples now.

    ids_before : ndarray of shape (n_before,) or None
        Names in the generation before.

    n_before : int or None
        Number of samples in the generation before, None if there is none.

    Returns
    -------
    ndarray of shape (n_samples,) or None
        The names.
    """
    if sample_ids is None:
        _check_same_samples(n_samples, ids_before, n_before)
        return None
    ids = label_column(sample_ids, "sample_ids")
    if len(ids) != n_samples:
        raise ValueError(
            f"sample_ids expected a name for each of {n_samples} samples, but got "
            f"{len(ids)}. Pass one name per sample."
        )
    n_distinct = len(positions_of(ids, "sample_ids")[1])
    if n_distinct < n_samples:
        raise ValueError(
            f"sample_ids expected {n_samples} different names, but there are only "
            f"{n_distinct}. Give each sample a name of its own."
        )
    if n_before is not None and ids_before is None:
        raise ValueError(
            "sample_ids expected to be given from the first generation on, but the "
            "earlier ones came without. Start again with a new PseudoLabelRefiner."
        )
    return ids


def _check_same_samples(n_samples, ids_before, n_before):
    """Refuse samples without names that cannot be those of the generation before."""
    if ids_before is not None:
        raise ValueError(
            "sample_ids expected a name for each sample, as in the generation before, "
            "but got None. Pass sample_ids each time."
        )
    if n_before not in (None, n_samples):
        raise ValueError(
            f"X expected the {n_before} samples of the generation before, but has "
            f"{n_samples}. Where samples come and go, pass sample_ids each time."
        )
