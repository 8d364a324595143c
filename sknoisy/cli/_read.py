"""Read a table from a file, keeping the labels exactly as they are written."""

import gzip
import zlib
from pathlib import Path

import numpy as np

from sknoisy.cli._csv import parse_csv
from sknoisy.cli._errors import AuditError, find_column, list_columns, need
from sknoisy.cli._table import Table

# The longer ones first, since ".csv.gz" also ends in ".gz".
TEXT_SUFFIXES = (".csv.gz", ".tsv.gz", ".csv", ".tsv")
PARQUET_SUFFIXES = (".parquet", ".pq")
SUFFIXES = (*TEXT_SUFFIXES, *PARQUET_SUFFIXES)


def suffix_of(path):
    """Return the ending of a file name that says how to read it, "" if none does.

    Parameters
    ----------
    path : Path
        Path of the file.

    Returns
    -------
    str
        The ending as it is written in the name.
    """
    lowered = path.name.lower()
    for suffix in SUFFIXES:
        if lowered.endswith(suffix):
            return path.name[-len(suffix) :]
    return ""


def read_table(path, label, *, encoding=None):
    """Read a table.

    Parameters
    ----------
    path : str
        Path of a csv, tsv (also gzipped) or parquet file.

    label : str or None
        Name of the column of labels.

    encoding : str, default=None
        Encoding of a text file. None means UTF-8, with or without byte-order mark.

    Returns
    -------
    Table
        The table.

    Raises
    ------
    AuditError
        If it cannot be read, or there is no such column.
    """
    path = Path(path)
    suffix = suffix_of(path)
    if not suffix:
        raise AuditError(
            f"{path} has no ending that says how to read it. Expected one of "
            f"{', '.join(SUFFIXES)}: convert or rename it."
        )
    content = _read_bytes(path)
    if suffix.lower() in PARQUET_SUFFIXES:
        header, position, labels, frame = _parse_parquet(content, path, label)
    else:
        if suffix.lower().endswith(".gz"):
            content = _unzip(content, path)
        header, position, labels, frame = parse_csv(
            content,
            path,
            lambda header: label_position(label, header, path),
            encoding=encoding,
        )
    if len(labels) == 0:
        raise AuditError(f"{path} holds a header but no rows.")
    frame.columns, notes = _distinct_names(header, position)
    return Table(path.name, frame, labels, label, notes)


def label_position(label, header, path):
    """Return where the labels are; say so if nobody has told.

    Parameters
    ----------
    label : str or None
        Name of the column of labels.

    header : list of str
        Names of the columns.

    path : Path
        Path of the file, for the message.

    Returns
    -------
    int
        Position of the labels in ``header``.

    Raises
    ------
    AuditError
        If no label is given, there is no such column, or no other.
    """
    if label is None:
        raise AuditError(
            f"which column of {path} holds the labels? Pass --label COLUMN. "
            f"{list_columns(header)}"
        )
    position = find_column(label, header, "--label")
    if len(header) == 1:
        raise AuditError(
            f"{path} holds the column {label!r} alone. The labels can only be judged "
            "by other columns: add some."
        )
    return position


def _read_bytes(path):
    """Return the content of a file."""
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise AuditError(f"no such file: {path}") from error
    except IsADirectoryError as error:
        raise AuditError(f"{path} is a directory. Name a file in it.") from error
    except OSError as error:
        raise AuditError(f"cannot read {path}: {error.strerror}.") from error


def _unzip(content, path):
    """Return what was compressed."""
    try:
        return gzip.decompress(content)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise AuditError(
            f"{path} is damaged or no gzip file: {error}. Copy it again, or drop .gz "
            "from its name if it is plain text."
        ) from error


def _parse_parquet(content, path, label):
    """Return header, position of the labels, labels and features."""
    need("pandas")
    pyarrow, parquet = need("pyarrow"), need("pyarrow.parquet")
    try:
        table = parquet.ParquetFile(pyarrow.BufferReader(content)).read()
    except (pyarrow.ArrowException, OSError) as error:
        reason = str(error).splitlines()[0].rstrip(".")
        raise AuditError(f"{path} cannot be read as parquet: {reason}.") from error
    names = table.column_names
    position = label_position(label, names, path)
    labels = np.array([_as_text(value) for value in table.column(position).to_pylist()])
    others = [number for number in range(len(names)) if number != position]
    # Without its metadata, so that no column turns into an index.
    frame = table.select(others).to_pandas(ignore_metadata=True)
    return names, position, labels, frame


def _as_text(value):
    """Return a label as text, a missing one as an empty one."""
    return "" if value is None or value != value else str(value)


def _distinct_names(header, position):
    """Return distinct names of the features, and notes on those that were not."""
    names, notes = [], []
    for number, given in enumerate(header):
        if number == position:
            continue
        name = given or f"column {number + 1}"
        copies = 1
        while name in names or name == header[position]:
            name = f"{given}.{copies}"
            copies += 1
        if copies > 1:
            notes.append(f"several columns are called {given!r}; one is {name!r} here")
        names.append(name)
    return names, notes
