"""The table under audit, whatever the user passed: features, labels, masks."""

import os
from dataclasses import dataclass, field, replace

import numpy as np
from scipy import sparse

from sknoisy._aligned import _check_trusted
from sknoisy._label_column import as_array
from sknoisy.report._errors import AuditError, cut, find_column, list_columns, need
from sknoisy.report._images import is_folder, read_image_folder

_NESTED = (list, tuple, set, frozenset, dict, np.ndarray)


@dataclass(frozen=True)
class Table:
    """Features and labels of every row of the input.

    Attributes
    ----------
    name : str
        What to call the table in the report.
    frame : DataFrame of shape (n_rows, n_columns) or None
        All columns but the label, under distinct names; None for sparse rows.
    labels : ndarray of object of shape (n_rows,)
        The label of each row exactly as it stands in the table; "" where there is none.
    label_name : str
        Name of the column of labels.
    notes : list of str
        What the user should know about how the table was read.
    data : object
        The features as they were passed, for a classifier that takes them so.
    trusted : ndarray of bool of shape (n_rows,) or None
        Rows whose label has been checked.
    groups : ndarray of int of shape (n_rows,) or None
        Equal numbers for rows that belong together.
    call : str
        The arguments by which ``audit`` was called.
    code : str
        What makes the report again, where that is no call of ``audit``.
    images : Images or None
        The images that the rows are; ``data`` then holds their pixels.
    """

    name: str
    frame: object
    labels: object
    label_name: str
    notes: list = field(default_factory=list)
    data: object = None
    trusted: object = None
    groups: object = None
    call: str = "X, y"
    code: str = ""
    images: object = None


def as_table(data, y=None, *, label=None, trusted=None, groups=None):
    """Return what was passed to :func:`audit` as a table.

    Parameters
    ----------
    data, y, label, trusted, groups
        The parameters of :func:`audit`.

    Returns
    -------
    Table
        The table.
    """
    if is_folder(data):
        return _table_of_images(data, y, label, trusted, groups)
    data = data.collect() if type(data).__name__ == "LazyFrame" else data
    is_frame = hasattr(data, "columns")
    frame, data = (_pandas(data), data) if is_frame else _frame_of_array(data)
    n_rows = data.shape[0] if frame is None else len(frame)
    call = "X, y"
    if y is None:
        frame, y, label = _split_label(frame, label, is_frame)
        data, call = frame, f"table, label={label!r}"
    elif label is not None:
        raise AuditError(
            f"audit expected labels once, but got y and label={label!r}. Pass one of "
            "them."
        )
    else:
        label = getattr(y, "name", None) or "y"
    if isinstance(groups, str):
        call += f", groups={groups!r}"
        frame, groups = _split_groups(frame, groups)
        data = frame
    elif groups is not None:
        call += ", groups=groups"
    labels = _as_labels(y, n_rows, label)
    groups = None if groups is None else group_numbers(groups, n_rows)
    trusted = None if trusted is None else _check_trusted(trusted, n_rows)
    if trusted is not None:
        call += ", trusted=trusted"
    return Table(
        name="table",
        frame=None if frame is None else _with_distinct_names(frame),
        labels=labels,
        label_name=str(label),
        data=data,
        trusted=trusted,
        groups=groups,
        call=call,
    )


def table_of_folder(folder):
    """Return a folder of class folders of images as a table.

    Parameters
    ----------
    folder : str or Path
        The folder.

    Returns
    -------
    Table
        Its rows are in the order of classes and paths.
    """
    pixels, labels, images, notes = read_image_folder(folder)
    return Table(
        name=os.path.basename(os.path.abspath(folder)) or "images",
        frame=None,
        labels=labels,
        label_name="folder",
        notes=notes,
        data=pixels,
        call=repr(os.fspath(folder)),
        images=images,
    )


def _table_of_images(folder, y, label, trusted, groups):
    """Return a folder with masks and groups as a table."""
    if y is not None or label is not None:
        raise AuditError(
            "audit expected no y and no label beside a folder of images, whose labels "
            "are the names of the class folders. Leave them out."
        )
    if isinstance(groups, str):
        raise AuditError(
            "groups expected one value per image, since a folder has no columns, but "
            f"got {cut(groups)!r}."
        )
    table = table_of_folder(folder)
    n_rows, call = len(table.labels), table.call
    if groups is not None:
        groups, call = group_numbers(groups, n_rows), f"{call}, groups=groups"
    if trusted is not None:
        trusted, call = _check_trusted(trusted, n_rows), f"{call}, trusted=trusted"
    return replace(table, groups=groups, trusted=trusted, call=call)


def _pandas(data):
    """Return a frame of pandas with rows numbered from 0."""
    pandas = need("pandas")
    if not isinstance(data, pandas.DataFrame):
        if not hasattr(data, "to_pandas"):
            raise AuditError(
                "audit expected a frame of pandas or polars, an array, a sparse matrix "
                f"or a list of texts, but got {type(data).__name__}. Convert it first."
            )
        need("pyarrow")
        data = data.to_pandas()
    return data.reset_index(drop=True)


def _frame_of_array(data):
    """Return rows that are no frame as a frame, and as an array."""
    if sparse.issparse(data):
        return None, sparse.csr_array(data)
    pandas = need("pandas")
    array = as_array(data)
    if array.ndim == 1 and len(array) and isinstance(array[0], str):
        return pandas.DataFrame({"text": pandas.Series(array, dtype=object)}), array
    if array.ndim < 2:
        array = np.asarray(data)
    if array.ndim < 2:
        raise AuditError(
            f"audit expected rows of numbers or texts, but got shape {array.shape}. "
            "Reshape one column as X.reshape(-1, 1)."
        )
    flat = array.reshape(len(array), -1)
    if array.dtype == object and array.ndim == 2:
        frame = pandas.DataFrame(flat).infer_objects()
    else:
        frame = pandas.DataFrame(flat)
    return frame.set_axis([f"x{k}" for k in range(flat.shape[1])], axis=1), array


def _split_label(frame, label, is_frame):
    """Return the other columns, the labels, and the name of their column."""
    if not is_frame:
        raise AuditError(
            "audit expected y, one label per row, since data is no frame with a column "
            "of labels. Call audit(X, y)."
        )
    header = list(frame.columns)
    if label is None:
        raise AuditError(
            "audit expected label=, the name of the column of labels, or y. "
            f"{list_columns(header)}"
        )
    if isinstance(label, list | tuple | set):
        raise AuditError(
            f"label expected the name of one column, but got {len(label)} names. Audit "
            "them one at a time; sknoisy.multilabel takes tables of yes and no."
        )
    position = find_column(label, header, "label")
    if len(header) == 1:
        raise AuditError(
            f"the frame holds the column {label!r} alone. The labels can only be "
            "compared with other columns: add some."
        )
    kept = [number for number in range(len(header)) if number != position]
    return frame.iloc[:, kept], frame.iloc[:, position], label


def _split_groups(frame, name):
    """Return the other columns and the groups."""
    if frame is None:
        raise AuditError("groups expected one value per row, since data is no frame.")
    position = find_column(name, list(frame.columns), "groups")
    kept = [number for number in range(frame.shape[1]) if number != position]
    return frame.iloc[:, kept], frame.iloc[:, position]


def _as_labels(y, n_rows, name):
    """Return the labels as objects, "" where there is none."""
    if hasattr(y, "to_numpy") and not hasattr(y, "columns"):
        values = np.asarray(y.to_numpy(), dtype=object)
    else:
        values = as_array(y)
    if values.ndim == 2 and values.shape[1] == 1:
        values = values.ravel()
    if values.ndim != 1:
        raise AuditError(
            f"{name!r} expected one label per row, but has shape {values.shape}. Take "
            "tables of several labels per row to sknoisy.multilabel.MultilabelAudit."
        )
    if len(values) != n_rows:
        raise AuditError(
            f"audit expected one label per row, but got {n_rows} rows and "
            f"{len(values)} labels. Check what selected the rows."
        )
    labels = np.empty(n_rows, dtype=object)
    labels[:] = values.tolist()
    if any(isinstance(value, _NESTED) for value in labels):
        raise AuditError(
            f"{name!r} holds lists of labels. Take several labels per row to "
            "sknoisy.multilabel.MultilabelAudit."
        )
    labels[_is_missing(labels)] = ""
    return labels


def _is_missing(values):
    """Whether each entry is None, NaN, NaT or NA."""
    return np.fromiter(
        (
            value is None or type(value).__name__ == "NAType" or value != value
            for value in values
        ),
        dtype=bool,
        count=len(values),
    )


def group_numbers(values, n_rows, owner="groups"):
    """Return a number for each group; a row without a value is a group of its own.

    Parameters
    ----------
    values : array-like of shape (n_rows,)
        What rows of one group have in common.

    n_rows : int
        Number of rows.

    owner : str, default="groups"
        Parameter or option, for the messages.

    Returns
    -------
    ndarray of int of shape (n_rows,)
        The numbers.

    Raises
    ------
    AuditError
        If there are not as many values as rows, or only one group.
    """
    pandas = need("pandas")
    values = pandas.Series(np.asarray(as_array(values), dtype=object).ravel())
    if len(values) != n_rows:
        raise AuditError(
            f"{owner} expected one value per row, but got {n_rows} rows and "
            f"{len(values)} values. Check what selected the rows."
        )
    words = values.map(str, na_action="ignore")
    numbers, distinct = pandas.factorize(words)
    alone = numbers < 0
    numbers[alone] = len(distinct) + np.arange(alone.sum())
    if numbers.max() < 1:
        raise AuditError(
            f"{owner} expected at least two distinct values, but all rows have the "
            "same."
        )
    return numbers


def _with_distinct_names(frame):
    """Return a frame whose names are texts, a repeated one numbered."""
    seen, result = set(), []
    for name in map(str, frame.columns):
        new, copy = name, 0
        while new in seen:
            copy += 1
            new = f"{name}.{copy}"
        seen.add(new)
        result.append(new)
    return frame.set_axis(result, axis=1)
