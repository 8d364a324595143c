"""Columns of labels of any kind, read in one place.

numpy turns what it finds in a list into one type: NaN among strings becomes the string
``'nan'``, the number 1 beside strings the string ``'1'``, integers beyond 64 bits
floats. Two labels could so become one, or a gap a class. A column is therefore kept as
objects until all its entries are known to be present and of one type.
"""

import contextlib
from collections.abc import Mapping, Sequence, Set
from enum import Enum

import numpy as np
from scipy import sparse
from sklearn.utils.validation import column_or_1d

from sknoisy._class_codes import check_targets, distinct_labels

# Types of which no value is missing: the common columns need no look at each entry.
_NEVER_MISSING = frozenset({str, int, bool, np.str_, np.bool_, np.int64, np.intp})
_COLLECTIONS = (Sequence, Set, Mapping, np.ndarray)
# Characters and labels that an error message quotes before it cuts them off.
_QUOTED_CHARACTERS, _QUOTED_LABELS = 60, 12
# A string array takes 4 bytes for each character of its longest entry in every row. It
# is used where this is at most 16 times the text itself, or 64 MiB; one label of a
# megabyte among short ones stays an object.
_BYTES_PER_CHARACTER, _PADDING, _SMALL = 4, 16, 2**26
_INT64, _UINT64 = 2**63, 2**64


def encode_labels(y, *, owner, classes=None):
    """Return the sorted classes and the position of each label among them.

    Parameters
    ----------
    y : array-like of shape (n_samples,)
        Labels of any type that can be sorted.

    owner : str
        Name of the caller, for the messages.

    classes : array-like of shape (n_classes,), default=None
        The classes in the order wanted. If None, the sorted labels of ``y``.

    Returns
    -------
    classes : ndarray of shape (n_classes,)
        The classes.

    codes : ndarray of shape (n_samples,)
        ``classes[codes]`` is ``y``.

    Raises
    ------
    ValueError
        If a label is missing, the labels are of several types or of one that no
        classifier takes, or ``classes`` are not distinct names of all of them.
    """
    y = _as_column(y, owner)
    if classes is None:
        return distinct_labels(y)
    classes = _given_classes(classes, y, owner)
    order = np.argsort(classes)
    position = np.searchsorted(classes, y, sorter=order)
    codes = order[np.minimum(position, len(classes) - 1)]
    unknown = classes[codes] != y
    if unknown.any():
        raise ValueError(
            f"{owner} expected labels among the classes {_quoted(classes.tolist())}, "
            f"but y also holds {_quoted(sorted(set(y[unknown].tolist())))}. Pass "
            "classes= with every label."
        )
    return classes, codes


def as_array(values):
    """Return values as an array in which no entry has changed its type.

    Parameters
    ----------
    values : array-like
        An array, a series, a list.

    Returns
    -------
    ndarray
        Lists, and arrays of numpy with a mask, as objects; None where an entry is
        masked.
    """
    if isinstance(values, np.ma.MaskedArray):
        plain = values.data.astype(object)
        plain[np.ma.getmaskarray(values)] = None
        return plain
    if _is_plain(values):
        # Rows of equal length are a table; numpy refuses some of unequal shape.
        if _collections_among(values):
            with contextlib.suppress(ValueError):
                return np.array(values, dtype=object)
        return np.fromiter(values, dtype=object, count=len(values))
    array = np.asarray(values)
    # Strings of variable width and records are no types that scikit-learn knows.
    return array.astype(object) if array.dtype.kind in "TV" else array


def _collections_among(values):
    """Return the types of entries that hold several values."""
    return [
        kind
        for kind in set(map(type, values))
        if issubclass(kind, _COLLECTIONS) and not issubclass(kind, str | bytes)
    ]


def _is_plain(values):
    """Whether values are a list or the like, which numpy would convert."""
    sequence = isinstance(values, Sequence) and not isinstance(values, str | bytes)
    return sequence and not hasattr(values, "__array__")


def _as_column(y, owner):
    """Return y as a one-dimensional array without missing values."""
    plain = _is_plain(y)
    y = _one_dimensional(y, owner)
    missing = _missing(y)
    if missing.any():
        raise ValueError(
            f"{owner} expected a label in every row, but input y contains NaN or None "
            f"in {missing.sum()} of {len(y)} rows, the first in row "
            f"{int(missing.argmax())}. Drop these rows."
        )
    if y.dtype.kind == "O":
        y = _of_one_type(y, owner)
        _check_type(y, owner)
    if plain and y.dtype.kind == "O":
        y = _fixed_width(y)
    if y.dtype.kind == "f" and np.isinf(y).any():
        raise ValueError(
            f"{owner} expected the label of a class in every row, but input y contains "
            f"infinity in row {int(np.isinf(y).argmax())}. Drop these rows, and check "
            "that the right column was passed as y."
        )
    if y.dtype.kind == "f" and (np.abs(y) >= _INT64).any():
        raise ValueError(_rounded(owner, y[np.abs(y).argmax()]))
    check_targets(y)
    return y


def _one_dimensional(y, owner):
    """Return y as an array of one label per row."""
    table = y if sparse.issparse(y) else as_array(y)
    if table.ndim == 2 and table.shape[1] > 1:
        raise ValueError(
            f"{owner} expected y of shape (n_samples,), one label per row, but got "
            f"shape {table.shape}; multi-label and multi-output y is not supported "
            "here. Several tags per row are the subject of sknoisy.multilabel, such as "
            "MultilabelNoisyClassifier; columns of classes take one classifier each, "
            "for example with sklearn.multioutput.MultiOutputClassifier; rows with a "
            "single 1 become labels by y.argmax(axis=1)."
        )
    y = column_or_1d(table.toarray() if sparse.issparse(y) else table, warn=True)
    if y.dtype.kind == "O":
        _check_single(y, owner)
    return y


def _check_single(y, owner):
    """Refuse rows that hold a collection in place of a label."""
    several = _collections_among(y)
    if several:
        row = next(row for row, label in enumerate(y) if isinstance(label, several[0]))
        raise ValueError(
            f"{owner} expected one label per row, but row {row} of y holds "
            f"{_named(y[row])}, a {several[0].__name__}. Join its parts to one "
            "string where they are one label; several tags per row become a table of "
            "0 and 1 by sklearn.preprocessing.MultiLabelBinarizer, which "
            "sknoisy.multilabel reads."
        )


def _of_one_type(y, owner, name="y"):
    """Return labels held as objects in a dtype of their own, if they have one."""
    types = set(map(type, y))
    kinds = set(map(_kind, types))
    if len(kinds) > 1 and not kinds <= {int, float}:
        names = ", ".join(sorted(kind.__name__ for kind in kinds))
        noun = "labels" if name == "y" else "values"
        raise ValueError(
            f"{owner} expected {noun} of one type in {name}, but got a mix of {names}. "
            f"Convert them to one type, for example with {name}.astype(str) or "
            f"[str(value) for value in {name}]."
        )
    if kinds == {str}:
        return y if types == {str} else _plain_strings(y)
    if kinds == {bool}:
        return y.astype(bool)
    if len(kinds) == 1 and issubclass(*kinds, np.datetime64 | np.timedelta64):
        return np.array(list(y))
    if kinds and kinds <= {int, float}:
        return _numbers(y, kinds, owner)
    return y


def _kind(type_):
    """Return the kind of number or text that a type is, else the type itself."""
    if issubclass(type_, np.timedelta64):
        # numpy counts it among its integers.
        return type_
    for kind, abstract in (
        (str, str),
        (bool, bool | np.bool_),
        (int, int | np.integer),
        (float, float | np.floating),
    ):
        if issubclass(type_, abstract):
            return kind
    return type_


def _plain_strings(y):
    """Return strings of subclasses, such as members of an enum, as strings."""
    return np.fromiter((str.__str__(label) for label in y), dtype=object, count=len(y))


def _numbers(y, kinds, owner):
    """Return numbers as integers of 64 bits or floats, without changing one of them."""
    # Plain numbers: those of numpy overflow when they are compared or negated.
    values = [float(v) if _kind(type(v)) is float else int(v) for v in y]
    if kinds == {int}:
        low, high = min(values), max(values)
        if low >= -_INT64 and high < _INT64:
            return np.array(values, dtype=np.int64)
        if low >= 0 and high < _UINT64:
            return np.array(values, dtype=np.uint64)
    else:
        try:
            floats = np.array(values, dtype=float)
        except OverflowError:
            floats = np.array([])
        if floats.tolist() == values:
            return floats
    raise ValueError(_rounded(owner, max(values, key=abs)))


def _rounded(owner, number):
    """Say that a number is too large to name a class."""
    return (
        f"{owner} expected numbers that fit 64 bits, but got {_cut(str(number))}, "
        "which would be rounded. Convert them to strings, for example with "
        "[str(value) for value in y]."
    )


def _check_type(y, owner):
    """Refuse labels of a type that no classifier of scikit-learn takes."""
    if y.dtype.kind != "O" or not len(y) or isinstance(y[0], str):
        return
    name, convert = type(y[0]).__name__, "str(label)"
    if isinstance(y[0], Enum):
        convert = "label.name"
    elif isinstance(y[0], bytes):
        convert = "label.decode()"
    raise ValueError(
        f"{owner} expected labels that are strings, numbers or booleans, but y holds "
        f"values of type {name}, the first {_named(y[0])} (unknown label type to "
        "scikit-learn's classifiers). Convert them to strings, for example with "
        f"[{convert} for label in y]."
    )


def _fixed_width(y):
    """Return strings in numpy's own dtype, where it neither wastes nor changes one."""
    n_bytes = _BYTES_PER_CHARACTER * len(y) * max(map(len, y), default=0)
    text = _BYTES_PER_CHARACTER * sum(map(len, y))
    # numpy drops NUL characters at the end, which could make two labels one.
    changed = any(label.endswith("\0") for label in y)
    if changed or n_bytes > max(_SMALL, _PADDING * text):
        return y
    return y.astype(str)


def _missing(y):
    """Return the mask of missing labels of any dtype."""
    if y.dtype.kind == "O":
        if set(map(type, y)) <= _NEVER_MISSING:
            return np.zeros(len(y), dtype=bool)
        return np.array([label is None or _differs(label, label) for label in y], bool)
    return y != y


def _differs(a, b):
    """Whether two labels differ; pandas' NA, which will not say, is missing too."""
    try:
        return bool(a != b)
    except (TypeError, ArithmeticError):
        return True
    except ValueError:
        # Arrays compare entry by entry. They are no labels, but not missing either.
        return False


def _given_classes(classes, y, owner):
    """Return the classes that were passed beside the labels y, checked."""
    plain = _is_plain(classes)
    classes = as_array(classes)
    if classes.ndim != 1 or not len(classes) or _missing(classes).any():
        raise ValueError(
            f"{owner} expected classes of shape (n_classes,), a name for each class, "
            f"but got shape {classes.shape}{_with_gap(classes)}. Pass the distinct "
            "labels in a list."
        )
    if classes.dtype.kind == "O":
        classes = _of_one_type(classes, owner, name="classes")
        _check_type(classes, owner)
        if plain and classes.dtype.kind == "O":
            classes = _fixed_width(classes)
    if len(y) and _family(classes) != _family(y):
        raise ValueError(
            f"{owner} expected classes of the type of the labels, but classes holds "
            f"{_named(classes[0])} and y holds {_named(y[0])}. Pass both in one type."
        )
    distinct, counts = np.unique(classes, return_counts=True)
    if len(distinct) < len(classes):
        twice = _quoted(distinct[counts > 1].tolist())
        raise ValueError(
            f"{owner} expected distinct classes, but {twice} come more than once. Name "
            "each class once."
        )
    return classes


def _with_gap(classes):
    """Say that a name is missing, where one is."""
    gaps = classes.ndim == 1 and len(classes) and _missing(classes).any()
    return " with NaN or None among the names" if gaps else ""


def _family(values):
    """Return what an array holds: arrays of one family can be compared."""
    kind = values.dtype.kind
    return "text" if kind in "OU" else "number" if kind in "biuf" else kind


def _cut(text):
    """Return a text that an error message can quote."""
    more = len(text) > _QUOTED_CHARACTERS
    return f"{text[:_QUOTED_CHARACTERS]}..." if more else text


def _named(label):
    """Return a label as the user wrote it, for an error message."""
    return _cut(repr(label.item() if isinstance(label, np.generic) else label))


def _quoted(labels):
    """Return the first labels of a list as an error message quotes them."""
    shown = [_named(label) for label in labels[:_QUOTED_LABELS]]
    if len(labels) > _QUOTED_LABELS:
        shown.append(f"and {len(labels) - _QUOTED_LABELS} more")
    return f"[{', '.join(shown)}]"
