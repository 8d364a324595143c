"""Which rows have the same content, whatever holds them."""

import hashlib
from itertools import pairwise

import numpy as np
from scipy import sparse

# Integers up to this are exact in float64, in which 1, 1.0 and True are the same.
LARGEST_EXACT = 2**53
# Numbers that are compared at once: 1 MB stays in the cache.
COMPARED_NUMBERS = 2**17


def distinct_rows(X):
    """Return a number for each row, by the order of their content.

    Parameters
    ----------
    X : array-like, frame, sparse matrix or sequence of n_samples rows
        Rows of any content and any number of dimensions.

    Returns
    -------
    ndarray of int of shape (n_samples,)
        Equal numbers for equal rows. They do not depend on the order of the rows.
    """
    table = X if sparse.issparse(X) else as_table(X)
    if sparse.issparse(table):
        digests = _digests_of_sparse_rows(table)
    elif table.dtype.kind in "biuf" and table.size:
        return _ranks(_canonical(table.reshape(len(table), -1)))
    else:
        digests = [_digest(_content(row)) for row in table]
    return np.unique(np.asarray(digests), return_inverse=True)[1]


def as_table(X):
    """Return rows as an array; of objects where they are of unequal length."""
    try:
        return np.asarray(X)
    except ValueError:
        # Rows of unequal length, such as lists of words.
        return np.fromiter(X, dtype=object, count=len(X))


def _ranks(rows):
    """Return the rank of each row of a contiguous table by its bytes."""
    row_bytes = np.dtype((np.void, rows.itemsize * rows.shape[1]))
    # Sorting row numbers moves no rows, and most comparisons end at the first number.
    order = np.argsort(rows.view(row_bytes).ravel(), kind="stable")
    words = rows.view(np.int64)
    new = np.zeros(len(rows), dtype=np.intp)
    step = max(1, COMPARED_NUMBERS // rows.shape[1])
    for start in range(1, len(rows), step):
        end = start + step
        this, previous = order[start:end], order[start - 1 : end - 1]
        previous = previous[: len(this)]
        new[start:end] = (words[this] != words[previous]).any(axis=1)
    ranks = np.empty(len(rows), dtype=np.intp)
    ranks[order] = np.cumsum(new)
    return ranks


def _canonical(numbers):
    """Return numbers such that equal ones have equal bytes."""
    if numbers.dtype in (np.int64, np.uint64) and numbers.size:
        largest = max(int(numbers.max()), -int(numbers.min()))
        if largest > LARGEST_EXACT:
            return np.ascontiguousarray(numbers)
    # Adding zero turns -0.0 into 0.0.
    numbers = np.ascontiguousarray(numbers, dtype=np.float64) + 0.0
    # Of the many ways to write NaN, one.
    np.copyto(numbers, np.nan, where=np.isnan(numbers))
    return numbers


def _digests_of_sparse_rows(table):
    table = sparse.csr_array(table, dtype=np.float64, copy=True)
    table.sum_duplicates()
    table.eliminate_zeros()
    return [
        _digest(table.indices[start:end].tobytes() + table.data[start:end].tobytes())
        for start, end in pairwise(table.indptr)
    ]


def _content(row):
    """Write a row of any content as bytes."""
    if isinstance(row, np.ndarray) and row.dtype.kind in "biuf":
        # The bytes of an array take a hundredth of the time of writing out its numbers.
        return f"{row.shape} ".encode() + _canonical(row).tobytes()
    # The repr of an array would be cut short.
    return repr(row.tolist() if isinstance(row, np.ndarray) else row).encode()


def _digest(content):
    return hashlib.blake2b(content, digest_size=16).hexdigest()
