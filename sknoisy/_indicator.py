"""Reading of tables of tags: zeros and ones in, one sparse record out.

A table of tags has a row per sample and a column per label. It comes as an array, a
list of lists, a sparse matrix or a data frame, and leaves as an :class:`Indicator`,
which never holds more than the ones.
"""

from collections import Counter
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse


@dataclass(frozen=True)
class Indicator:
    """Which sample has which label.

    Attributes
    ----------
    matrix : csr_array of bool of shape (n_samples, n_labels)
        True where the sample has the label; sorted, without stored False.
    names : ndarray of shape (n_labels,)
        Names of the labels, all different.
    """

    matrix: sparse.csr_array
    names: np.ndarray

    @property
    def n_samples(self):
        """Number of rows."""
        return self.matrix.shape[0]

    @property
    def n_labels(self):
        """Number of labels."""
        return self.matrix.shape[1]

    # Made once: rows, columns and counts of a label are read off it one after another.
    @cached_property
    def _by_label(self):
        return self.matrix.tocsc()

    def rows(self, k):
        """Return the numbers of the rows that have label k, ascending."""
        start, stop = self._by_label.indptr[k : k + 2]
        return self._by_label.indices[start:stop]

    def column(self, k):
        """Return label k of every row as an array of bool of shape (n_samples,)."""
        column = np.zeros(self.n_samples, dtype=bool)
        column[self.rows(k)] = True
        return column

    def occurrence(self):
        """Return how many rows have each label, shape (n_labels,)."""
        return np.diff(self._by_label.indptr).astype(np.int64)

    def counts(self):
        """Return how many rows have labels i and j, shape (n_labels, n_labels)."""
        # Products of booleans would be booleans.
        ones = self.matrix.astype(np.int64)
        return (ones.T @ ones).toarray()


def read_indicator(Y, *, owner, label_names=None, name="Y"):
    """Check a table of tags and return it as a record.

    Parameters
    ----------
    Y : array-like, sparse matrix or frame of shape (n_samples, n_labels)
        Zeros and ones of any dtype. One dimension is one label.

    owner : str
        Name of the caller, for the messages.

    label_names : array-like of shape (n_labels,), default=None
        Names of the labels. If None, the columns of a frame, else 0, 1, 2, ...

    name : str, default="Y"
        What the caller calls the table, for the messages.

    Returns
    -------
    Indicator
        The record. Sparse input is never made dense.

    Raises
    ------
    ValueError
        If there is anything but zeros and ones, no row or no label, or if the names
        are too few, too many, missing or not distinct.
    """
    matrix, columns = _as_csr(Y, owner, name)
    if 0 in matrix.shape:
        raise ValueError(
            f"{owner} expected {name} with at least one row and one label, but got "
            f"shape {matrix.shape}. Check what selected the rows and the columns."
        )
    names = columns if label_names is None else label_names
    return Indicator(matrix, _check_names(names, matrix.shape[1], owner))


def is_frame(Y):
    """Whether a table is a data frame of pandas or polars."""
    # Both have these two; importing either library to ask would be slow.
    return hasattr(Y, "columns") and hasattr(Y, "to_numpy")


def _as_csr(Y, owner, name):
    """Return the table as CSR of bool, and the names its columns have."""
    if sparse.issparse(Y):
        return _csr_of_sparse(Y, owner, name), np.arange(Y.shape[-1])
    # A frame of pandas' sparse columns, which to_numpy would make dense.
    if hasattr(Y, "sparse") and all(hasattr(dtype, "subtype") for dtype in Y.dtypes):
        return _csr_of_sparse(Y.sparse.to_coo(), owner, name), _frame_names(Y)
    names = _frame_names(Y) if is_frame(Y) else None
    table = _as_table(Y, owner, name)
    # Two comparisons rather than a cast, which would turn 0.5 into 0 and "1" into 1.
    ones = np.asarray(table == 1, dtype=bool)
    zeros = np.asarray(table == 0, dtype=bool)
    _check_zeros_and_ones(table[~ones & ~zeros], owner, name)
    names = np.arange(ones.shape[1]) if names is None else names
    return sparse.csr_array(ones), names


def _csr_of_sparse(Y, owner, name):
    """Return a sparse matrix as sorted CSR of bool without stored zeros."""
    if Y.ndim != 2:
        raise ValueError(_wrong_shape(owner, name, Y.shape))
    matrix = sparse.csr_array(Y, copy=True)
    matrix.sum_duplicates()
    matrix.eliminate_zeros()
    _check_zeros_and_ones(matrix.data[matrix.data != 1], owner, name)
    return matrix.astype(bool)


def _as_table(Y, owner, name):
    """Return a dense table with two dimensions."""
    try:
        table = Y.to_numpy() if is_frame(Y) else np.asarray(Y)
    except ValueError as error:
        raise ValueError(
            f"{owner} expected {name} as a table of zeros and ones, one row per sample "
            "and one column per label, but got rows of different lengths. Turn lists "
            "of labels into such a table with sklearn.preprocessing.MultiLabelBinarizer"
            "(sparse_output=True)."
        ) from error
    if table.ndim not in (1, 2):
        raise ValueError(_wrong_shape(owner, name, table.shape))
    table = missing_as_nan(table)
    return table if table.ndim == 2 else table[:, np.newaxis]


def _wrong_shape(owner, name, shape):
    return (
        f"{owner} expected {name} of shape (n_samples, n_labels), or (n_samples,) for "
        f"a single label, but got shape {shape}. Pass one row per sample and one "
        "column per label."
    )


def _check_zeros_and_ones(others, owner, name):
    """Refuse a table in which entries other than 0 and 1 were found."""
    if not len(others):
        return
    first = others.tolist()[0]
    if _is_missing(first):
        raise ValueError(
            f"{owner} expected zeros and ones in {name}, but {len(others)} entries are "
            f"missing or no 0 or 1, NaN among them. A tag that nobody gave is a 0: "
            "fill missing entries with 0, or drop their rows."
        )
    raise ValueError(
        f"{owner} expected zeros and ones in {name}, but got {len(others)} other "
        f"entries, the first of them {first!r}. Compare with the value that stands for "
        "'has the label', as in Y == 'yes', or use "
        "sklearn.preprocessing.MultiLabelBinarizer for lists of labels."
    )


def missing_as_nan(table):
    """Return an array in which every kind of missing value is NaN."""
    if table.dtype != object:
        return table
    # pandas' NA refuses to be compared, and None would pass for a value.
    missing = [value is None or _is_missing(value) for value in table.flat]
    return np.where(np.reshape(missing, table.shape), np.nan, table)


def _is_missing(value):
    """Whether a value is NaN, NaT or pandas' NA."""
    # NaN and NaT differ from themselves; NA refuses to say.
    try:
        return bool(value != value)
    except TypeError:
        return True


def _frame_names(Y):
    """Return the names of the columns of a frame as an array of objects."""
    names = np.empty(len(Y.columns), dtype=object)
    names[:] = list(Y.columns)
    return names


def _check_names(names, n_labels, owner):
    """Return one distinct name per label."""
    given = list(names) if not isinstance(names, str) else [names]
    if len(given) != n_labels:
        raise ValueError(
            f"{owner} expected label_names with one name for each of {n_labels} "
            f"labels, the columns of the table, but got {len(given)}. Pass as many "
            "names as columns, in their order."
        )
    doubles = [str(one) for one, count in Counter(given).items() if count > 1]
    if doubles:
        raise ValueError(
            f"{owner} expected distinct names of labels, but {doubles[:5]} occur more "
            "than once. Rename the columns, or pass label_names."
        )
    if isinstance(names, np.ndarray):
        return names
    if all(isinstance(one, str) for one in given):
        return np.array(given)
    objects = np.empty(n_labels, dtype=object)
    objects[:] = given
    return objects
