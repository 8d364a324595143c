"""Class probabilities that come from outside, checked and put in order.

They come as arrays, frames whose columns are named like the classes, files, blocks, or
as the answer of somebody else's ``predict_proba``. Columns are matched to the classes
by value, never by position where their class is known.
"""

import numpy as np
from scipy import sparse
from sklearn.utils.validation import check_array

from sknoisy._array_library import numpy_view
from sknoisy._class_codes import narrow_codes
from sknoisy._compat import _num_samples
from sknoisy._labels import NoisyLabels, encode_labels
from sknoisy._proba_blocks import ProbaBlocks, StoredRows
from sknoisy._proba_columns import column_order
from sknoisy._proba_table import ProbaTable, check_block


def check_proba(proba, labels, *, owner):
    """Check given out-of-fold probabilities against the labels they belong to.

    Parameters
    ----------
    proba : array-like of shape (n_samples, n_classes)
        Probabilities to check. The columns of a frame are matched by name where they
        are named like the classes.

    labels : NoisyLabels
        The labels.

    owner : str
        Name of the caller, for the messages.

    Returns
    -------
    ndarray of shape (n_samples, n_classes)
        The probabilities, float32 or float64 as they came, and the array itself where
        it is one.

    Raises
    ------
    ValueError
        If an entry is missing or outside [0, 1], a row does not sum to 1, or the
        shape does not fit the labels.
    """
    table = proba_table(proba, labels, owner=owner)
    table.for_each_block(lambda rows, block: None)
    return table.to_array()


def labels_and_table(y, proba, *, owner, classes=None):
    """Return the labels and the table of the functions that take ``(y, proba)``.

    Parameters
    ----------
    y : array-like of shape (n_samples,) or None
        Labels; None where each block of ``proba`` brings its own.

    proba : array-like of shape (n_samples, n_classes) or iterable of blocks
        Probabilities.

    owner : str
        Name of the function, for the messages.

    classes : array-like of shape (n_classes,), default=None
        The classes in the order of the columns. If None, the sorted labels.

    Returns
    -------
    labels : NoisyLabels
        The labels.

    table : ProbaTable
        The probabilities, whose rows are checked as they are read.
    """
    if ProbaBlocks.describes(proba):
        proba = ProbaBlocks(proba, owner)
        y = proba.labels(y)
    elif y is None:
        raise ValueError(
            f"{owner} expected one label per row of proba, but got y=None. Pass y, or "
            "pass proba as a list of blocks (labels, probabilities)."
        )
    classes, codes = encode_labels(numpy_view(y, owner), owner=owner, classes=classes)
    codes = narrow_codes(codes, len(classes))
    # Equal weights that take no memory.
    weights = np.broadcast_to(1.0, codes.shape)
    labels = NoisyLabels(codes=codes, classes=classes, sample_weight=weights)
    return labels, proba_table(proba, labels, owner=owner)


def proba_table(proba, labels, *, owner):
    """Return probabilities as a table that checks its rows as they are read.

    Parameters
    ----------
    proba : array-like of shape (n_samples, n_classes) or ProbaBlocks
        Probabilities.

    labels : NoisyLabels
        The labels, which the shape has to fit.

    owner : str
        Name of the caller, for the messages.

    Returns
    -------
    ProbaTable
        The table.
    """
    if isinstance(proba, ProbaBlocks):
        pieces = proba.of(labels)
        return ProbaTable(pieces, labels.n_classes, pieces.dtype, owner)
    proba = numpy_view(proba, owner)
    proba = proba.to_dask_array(lengths=True) if _is_dask_frame(proba) else proba
    order = column_order(proba, labels.classes, owner)
    stored = _is_stored(proba)
    if not stored:
        proba = check_array(
            proba, dtype=[np.float64, np.float32], ensure_all_finite=False,
            input_name="proba", estimator=owner,
        )  # fmt: skip
    expected = (labels.n_samples, labels.n_classes)
    if tuple(proba.shape) != expected:
        raise ValueError(
            f"{owner} expected probabilities of shape {expected}, a row a label and a "
            f"column a class, but got shape {tuple(proba.shape)}. The columns stand "
            "for the sorted labels of y; where y lacks a class, functions take "
            "classes=."
        )
    pieces = StoredRows(proba, order) if stored else [(proba, order)]
    dtype = np.float32 if proba.dtype == np.float32 else np.float64
    return ProbaTable(pieces, labels.n_classes, np.dtype(dtype), owner)


def _is_stored(proba):
    """Whether rows are fetched on demand: a dask, HDF5 or zarr array, not a frame."""
    return (
        not isinstance(proba, np.ndarray)
        and not sparse.issparse(proba)
        and isinstance(getattr(proba, "dtype", None), np.dtype)
        and len(getattr(proba, "shape", ())) == 2
    )


def _is_dask_frame(proba):
    return hasattr(proba, "to_dask_array") and hasattr(proba, "columns")


def align_columns(table, given, classes, fill=0.0, *, owner="The probabilities"):
    """Return the columns of a table in the order of ``classes``, matched by value.

    Parameters
    ----------
    table : ndarray of shape (n_samples, n_given)
        A column per class in ``given``.

    given : array-like of shape (n_given,)
        Classes that the model knows: some or all of ``classes``, in any order.

    classes : ndarray of shape (n_classes,)
        Classes wanted.

    fill : float, default=0.0
        Value for classes that the model does not know.

    owner : str, default="The probabilities"
        Whose columns these are, for the message.

    Returns
    -------
    ndarray of shape (n_samples, n_classes)
        The table itself where nothing is missing and the order is the same.

    Raises
    ------
    ValueError
        If ``given`` holds a class that is not among ``classes``.
    """
    given, classes = np.asarray(given).tolist(), np.asarray(classes).tolist()
    if given == classes:
        return table
    place = {label: position for position, label in enumerate(classes)}
    unknown = [label for label in given if label not in place]
    if unknown:
        raise ValueError(
            f"{owner} expected columns of the classes {classes}, but some stand for "
            f"{unknown}. Fit the model on labels of these classes only."
        )
    aligned = np.full((len(table), len(classes)), fill, dtype=table.dtype)
    aligned[:, [place[label] for label in given]] = table
    return aligned


def align_decisions(values, given, classes):
    """Return decision values in the order of ``classes``, see :func:`align_columns`.

    Parameters
    ----------
    values : ndarray of shape (n_samples,) or (n_samples, n_columns)
        One column a class of ``given``; a single one is for the second of two. Columns
        for pairs of classes have no order to bring them into.

    given : array-like of shape (n_given,)
        Classes that the model knows.

    classes : ndarray of shape (n_classes,)
        Classes wanted.

    Returns
    -------
    ndarray of the same shape
        A class that the model does not know has minus infinity.
    """
    values = np.asarray(values)
    if values.ndim == 2 and values.shape[1] == len(given):
        return align_columns(values, given, classes, -np.inf)
    if np.asarray(given).tolist() == np.asarray(classes).tolist()[::-1]:
        return -values if values.ndim == 1 else values
    return values


def class_proba(model, X, classes):
    """Return the probabilities of a fitted classifier in the order of ``classes``.

    Parameters
    ----------
    model : fitted classifier with ``predict_proba``
        Any classifier. Its columns are those of its ``classes_``, or those named like
        classes where it returns a frame.

    X : array-like, frame, sparse matrix or sequence of n_samples rows
        Handed on as it came.

    classes : ndarray of shape (n_classes,)
        Classes wanted.

    Returns
    -------
    ndarray of shape (n_samples, n_classes)
        Rows sum to 1; 0 for classes that the model does not know.

    Raises
    ------
    ValueError
        If the answer has another number of rows or columns, stands for unknown
        classes, is not finite, is negative or has rows that do not sum to 1.
    """
    owner = f"{type(model).__name__}.predict_proba"
    answer = model.predict_proba(X)
    given = getattr(model, "classes_", classes)
    order = column_order(answer, given, owner)
    table = np.asarray(answer)
    if table.dtype not in (np.float32, np.float64):
        table = table.astype(np.float64)
    expected = (_num_samples(X), len(given))
    if table.shape != expected:
        raise ValueError(
            f"{owner} expected to return shape {expected}, a row a sample and a column "
            f"for each of its classes_, but returned {table.shape}. Check the "
            "classifier; of one for several outputs, wrap one per output."
        )
    if len(table):
        check_block(table, 0, owner)
    table = table if order is None else table[:, order]
    return align_columns(table, given, classes, owner=owner)
