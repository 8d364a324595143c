"""Read a table from a file, keeping the labels exactly as they are written."""

import gzip
import io
import zlib
from pathlib import Path

import numpy as np

from sknoisy.cli._csv import parse_csv
from sknoisy.cli._foreign import how_to_convert
from sknoisy.report._errors import (
    AuditError,
    cut,
    find_column,
    list_columns,
    listed,
    need,
)
from sknoisy.report._table import Table

# The longer ones first, since ".csv.gz" also ends in ".gz".
TEXT_SUFFIXES = (".csv.gz", ".tsv.gz", ".csv", ".tsv")
PARQUET_SUFFIXES = (".parquet", ".pq")
SUFFIXES = (*TEXT_SUFFIXES, *PARQUET_SUFFIXES)

# A number of double precision takes eight bytes.
_BYTES_PER_MIB, _BYTES_PER_VALUE = 2**20, 8
# Names of columns that a note tells of before it only counts them.
_RENAMED = 8


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


def read_table(path, label, *, encoding=None, max_size=512):
    """Read a table.

    Parameters
    ----------
    path : str
        Path of a csv, tsv (also gzipped) or parquet file, or of a folder of the latter.

    label : str or None
        Name of the column of labels.

    encoding : str, default=None
        Encoding of a text file. None means UTF-8, with or without byte-order mark.

    max_size : int, default=512
        How large the content of a compressed file may be, in MiB.

    Returns
    -------
    Table
        The table.

    Raises
    ------
    AuditError
        If it cannot be read, unfolds to more than ``max_size``, or there is no such
        column.
    """
    path = Path(path)
    suffix = suffix_of(path)
    is_folder = path.is_dir()
    if not suffix and not is_folder:
        raise AuditError(how_to_convert(path, SUFFIXES))
    notes = []
    if is_folder or suffix.lower() in PARQUET_SUFFIXES:
        read = read_parquet_folder if is_folder else _read_parquet_file
        header, position, labels, frame = _split_label(
            read(path, max_size), path, label
        )
    else:
        content = read_bytes(path)
        if suffix.lower().endswith(".gz"):
            content = unzip(content, path, max_size)
        header, position, labels, frame, notes = parse_csv(
            content,
            path,
            lambda header: label_position(label, header, path),
            encoding=encoding,
        )
    if len(labels) == 0:
        raise AuditError(f"{path} holds a header but no rows.")
    notes = [f"{how}: {listed(names)}" for how, names in notes]
    frame.columns, renamed = _distinct_names(header, position)
    return Table(path.name, frame, labels, label, [*renamed, *notes])


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
            f"{path} holds the column {label!r} alone. The labels can only be compared "
            "with other columns: add some."
        )
    return position


def read_bytes(path):
    """Return the content of a file."""
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise AuditError(f"no such file: {path}") from error
    except IsADirectoryError as error:
        raise AuditError(f"{path} is a directory. Name a file in it.") from error
    except OSError as error:
        raise AuditError(f"cannot read {path}: {error.strerror}.") from error


def unzip(content, path, max_size):
    """Return what was compressed, as far as it may go."""
    limit = max_size * _BYTES_PER_MIB
    try:
        with gzip.open(io.BytesIO(content)) as file:
            unfolded = file.read(limit + 1)
        if len(unfolded) > limit:
            raise AuditError(_too_large(path, f"more than {max_size} MiB"))
        return unfolded
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise AuditError(
            f"{path} is damaged or no gzip file: {error}. Copy it again, or drop .gz "
            "from its name if it is plain text."
        ) from error


def _too_large(path, size):
    """Say how to read a large file after all."""
    return (
        f"{path} unfolds to {size}, which is over the limit. If that is as expected "
        "and memory allows, raise the limit by --max-size MIB."
    )


def read_parquet(content, path, max_size):
    """Return a table of Parquet, which may unfold to so many MiB."""
    pyarrow, parquet = need("pyarrow"), need("pyarrow.parquet")
    try:
        file = parquet.ParquetFile(pyarrow.BufferReader(content))
        # Runs of one value take no room in the file, but each row does in memory.
        n_values = file.metadata.num_rows * file.metadata.num_columns
        size = n_values * _BYTES_PER_VALUE // _BYTES_PER_MIB
        if size > max_size:
            raise AuditError(_too_large(path, f"about {size} MiB"))
        return file.read()
    except (pyarrow.ArrowException, OSError) as error:
        reason = str(error).splitlines()[0].rstrip(".")
        raise AuditError(f"{path} cannot be read as parquet: {reason}.") from error


def _read_parquet_file(path, max_size):
    return read_parquet(read_bytes(path), path, max_size)


def parquet_files(folder):
    """Return the paths of the Parquet files of a folder, in the order of their names."""
    return [
        file
        for file in sorted(folder.iterdir())
        if file.suffix.lower() in PARQUET_SUFFIXES and file.is_file()
    ]


def read_parquet_folder(path, max_size):
    """Return the rows of the Parquet files of a folder, in the order of their names."""
    pyarrow, files = need("pyarrow"), parquet_files(path)
    tables = [_read_parquet_file(file, max_size) for file in files]
    for file, table in zip(files, tables, strict=True):
        if table.column_names != tables[0].column_names:
            raise AuditError(
                f"{file} has other columns than {files[0].name}: "
                f"{list_columns(table.column_names)} Write both with the same columns "
                "in the same order, or name one of them alone."
            )
    size = sum(table.num_rows * table.num_columns for table in tables)
    size = size * _BYTES_PER_VALUE // _BYTES_PER_MIB
    if size > max_size:
        raise AuditError(_too_large(path, f"about {size} MiB"))
    try:
        # Integers in one file and floating-point numbers in another go together.
        return pyarrow.concat_tables(tables, promote_options="permissive")
    except pyarrow.ArrowException as error:
        reason = str(error).splitlines()[0].rstrip(".")
        raise AuditError(
            f"the files of {path} do not go together: {reason}. Write each column with "
            "one type."
        ) from error


def _split_label(table, path, label):
    """Return header, position of the labels, labels and features."""
    need("pandas")
    names = table.column_names
    position = label_position(label, names, path)
    labels = np.fromiter(
        map(as_text, table.column(position).to_pylist()),
        dtype=object,
        count=table.num_rows,
    )
    others = [number for number in range(len(names)) if number != position]
    # Without its metadata, so that no column turns into an index.
    frame = table.select(others).to_pandas(ignore_metadata=True)
    return names, position, labels, frame


def as_text(value):
    """Return a label as text, a missing one as an empty one."""
    return "" if value is None or value != value else str(value)


def _distinct_names(header, position):
    """Return distinct names of the features, and notes on those that were not."""
    names, taken, renamed, copies = [], {header[position]}, {}, {}
    for number, given in enumerate(header):
        if number == position:
            continue
        name = given or f"column {number + 1}"
        while name in taken:
            copies[given] = copies.get(given, 0) + 1
            name = f"{given}.{copies[given]}"
            renamed.setdefault(given, {})[number] = name
        names.append(name)
        taken.add(name)
    notes = [
        f"several columns are called {cut(given)!r}; "
        f"{'one is' if len(new) == 1 else 'the others are'} {listed(new.values())} here"
        for given, new in renamed.items()
    ]
    more = len(notes) - _RENAMED
    return names, notes[:_RENAMED] + [f"so are {more} more names"] * (more > 0)
