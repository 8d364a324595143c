"""Segments of many bags as one flat table."""

import numpy as np

from sknoisy.sequence._overlap import check_order, check_present, read_numbers

FIELDS = ("bag", "label", "start", "end", "score")


def segment_table(start, end, *, label=0, bag=0, score=1.0):
    """Make a table of segments.

    Parameters
    ----------
    start : array-like of shape (n_segments,)
        First step of each segment, counted from the start of its bag.

    end : array-like of shape (n_segments,)
        Where it ends: the first step that is no longer in it.

    label : array-like of shape (n_segments,) or scalar, default=0
        What happens in it.

    bag : array-like of shape (n_segments,) or scalar, default=0
        Position of the sequence that it lies in, or its name.

    score : array-like of shape (n_segments,) or scalar, default=1.0
        How sure it is, the higher the surer.

    Returns
    -------
    ndarray of shape (n_segments,)
        Structured array with the fields ``bag``, ``label``, ``start``, ``end`` and
        ``score``, the last three of them floats.

    Raises
    ------
    ValueError
        If a segment does not end after it starts, or a number or label is missing.

    Notes
    -----
    Segments are half-open, ``[start, end)``: step ``t`` alone is ``[t, t + 1)``. They
    need not lie on whole steps; seconds times the frame rate are steps.

    Examples
    --------
    >>> from sknoisy.sequence import segment_table
    >>> table = segment_table([0, 12], [4, 20], label=["run", "jump"], score=[0.9, 0.4])
    >>> table[["label", "start", "end"]].tolist()
    [('run', 0.0, 4.0), ('jump', 12.0, 20.0)]
    """
    columns = {"bag": bag, "label": label, "start": start, "end": end, "score": score}
    return table_of_columns(columns, "segment_table")


def table_of_columns(columns, name):
    """Return the table of five columns, which are checked and broadcast."""
    columns = {field: np.atleast_1d(columns[field]) for field in FIELDS}
    try:
        bag, label, *numbers = np.broadcast_arrays(*columns.values())
    except ValueError as error:
        raise ValueError(
            f"{name} expected columns of one length, but {error}. Pass one entry per "
            "segment, or one for all of them."
        ) from error
    if bag.ndim != 1:
        shape = f"shape (n_segments,), but got {bag.shape}"
        raise ValueError(f"{name} expected columns of {shape}. Flatten them first.")
    names = [f"{field} of {name}" for field in FIELDS]
    numbers = list(map(_finite, numbers, names[2:]))
    check_order(*numbers[:2], name)
    bag, label = _present(bag, names[0]), _present(label, names[1])
    kinds = bag.dtype, label.dtype, float, float, float
    table = np.empty(len(bag), dtype=list(zip(FIELDS, kinds, strict=True)))
    for field, column in zip(FIELDS, (bag, label, *numbers), strict=True):
        table[field] = column
    return table


def _finite(column, name):
    """Return a column of finite numbers."""
    try:
        column = np.asarray(column, dtype=float)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"{name} expected a number for each segment, but got {column[0]!r}, …. "
            "Convert texts and dates to steps or seconds first."
        ) from error
    return read_numbers(column, name)


def _present(column, name):
    """Return a column without missing values, text in a dtype of its own."""
    check_present(column, name)
    # Objects that are all texts get a dtype that sorts and compares.
    text = column.dtype.kind == "O" and all(isinstance(v, str) for v in column)
    return column.astype(str) if text else column


def read_table(segments, name, *, with_scores=False):
    """Return segments as a table, whatever they came as."""
    if is_list_of_tables(segments):
        return _stack_tables(segments, name, with_scores)
    if _names(segments) is None:
        segments = _columns_of_array(segments, name)
    columns = {field: segments[field] for field in FIELDS if field in _names(segments)}
    needed = ["start", "end", *["score"] * with_scores]
    if missing := sorted(set(needed) - set(columns)):
        raise ValueError(
            f"{name} expected segments with the fields {needed}, but lacks {missing}. "
            "sknoisy.sequence.segment_table makes such a table."
        )
    defaults = {"bag": 0, "label": 0, "score": 1.0}
    # An array of its own, since a single entry would broadcast to no segments.
    rest = {f: np.full(len(columns["start"]), v) for f, v in defaults.items()}
    return table_of_columns(rest | columns, name)


def is_list_of_tables(segments):
    """Whether this is a list with tables, one for each bag."""
    return isinstance(segments, list | tuple) and any(map(_names, segments))


def holds_segments(values):
    """Whether these are tables of segments: a column "start", or a list of tables."""
    return "start" in (_names(values) or ()) or is_list_of_tables(values)


def _names(segments):
    """Return the names of the columns, None where they have none."""
    if isinstance(segments, dict):
        return set(segments)
    names = getattr(getattr(segments, "dtype", None), "names", None)
    names = getattr(segments, "columns", names)
    return None if names is None else set(names)


def _columns_of_array(segments, name):
    """Return the columns of a plain array of numbers."""
    array = np.empty((0, 3)) if np.size(segments) == 0 else np.asarray(segments)
    if array.ndim != 2 or array.shape[1] not in (2, 3) or array.dtype.kind not in "iuf":
        raise ValueError(
            f"{name} expected a table of segments with the fields {list(FIELDS)}, a "
            "list with such a table for each bag, or an array of shape (n_segments, 2) "
            f"or (n_segments, 3) with start, end and score, but got shape {array.shape}"
            f" of dtype {array.dtype}. sknoisy.sequence.segment_table makes a table."
        )
    return dict(zip(("start", "end", "score"), array.T, strict=False))


def _stack_tables(tables, name, with_scores):
    """Return the segments of several bags as one table, numbered by their place."""
    parts = []
    for number, segments in enumerate(tables):
        part = read_table(segments, f"{name}[{number}]", with_scores=with_scores)
        columns = {field: part[field] for field in FIELDS}
        parts.append(columns | {"bag": np.full(len(part), number)})
    # The dtype of the labels of empty tables says nothing.
    filled = [part for part in parts if len(part["start"])] or parts[:1]
    check_same_kind([part["label"] for part in filled], f"labels of {name}")
    stacked = {f: np.concatenate([part[f] for part in filled]) for f in FIELDS}
    return table_of_columns(stacked, name)


def check_same_kind(columns, name):
    """Refuse to mix text and numbers, which would make 1 and "1" the same."""
    # numpy would write 1 as "1" beside texts.
    kind_of = {"U": "text", "S": "text", "O": "objects"}
    kinds = {kind_of.get(c.dtype.kind, "numbers") for c in columns if len(c)}
    if len(kinds) > 1:
        kinds = " and ".join(sorted(kinds))
        raise ValueError(f"{name} expected one type, but got {kinds}. Use one of them.")


def check_inside(table, lengths, name):
    """Refuse segments that leave their bag."""
    unknown = (table["bag"] < 0) | (table["bag"] >= len(lengths))
    if unknown.any():
        row = int(unknown.argmax())
        raise ValueError(
            f"{name} expected bags numbered from 0 to {len(lengths) - 1}, but segment "
            f"{row} is in bag {table['bag'][row]}. Number them by their place in X."
        )
    outside = (table["start"] < 0) | (table["end"] > lengths[table["bag"]])
    if outside.any():
        row = table[outside.argmax()]
        raise ValueError(
            f"{name} expected segments inside their bags, but segment "
            f"{int(outside.argmax())} goes from {row['start']:g} to {row['end']:g} "
            f"where bag {row['bag']} has {lengths[row['bag']]} steps. Count in steps."
        )


def step_ranges(start, end, n_steps):
    """Return the first and the past-the-last step that segments cover.

    A step belongs to a segment that holds its middle. A segment too short for that gets
    the step that holds its own middle.
    """
    first = np.ceil(start - 0.5).astype(np.intp)
    last = np.ceil(end - 0.5).astype(np.intp)
    middle = np.floor((start + end) / 2).astype(np.intp)
    empty = first >= last
    first = np.where(empty, np.minimum(middle, n_steps - 1), first)
    return first, np.where(empty, first + 1, last)
