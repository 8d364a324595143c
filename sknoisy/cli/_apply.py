"""The command ``apply``: the verdicts of a review, written beside the table."""

import csv
import gzip
import io
from dataclasses import dataclass
from pathlib import Path

from sknoisy.cli._csv import read_fields
from sknoisy.cli._foreign import how_to_convert
from sknoisy.cli._output import check_place
from sknoisy.cli._read import (
    PARQUET_SUFFIXES,
    SUFFIXES,
    as_text,
    read_bytes,
    read_parquet,
    suffix_of,
    unzip,
)
from sknoisy.report._errors import AuditError, find_column, list_columns
from sknoisy.report._files import replacing
from sknoisy.report._safe_text import inert
from sknoisy.report._sheet import read_sheet
from sknoisy.report._sheet_labels import label_of
from sknoisy.review import read_verdicts

# The column that tells where each label comes from, and what it says.
SOURCE = "label_source"
GIVEN, CHECKED, CORRECTED = "given", "checked", "corrected"


@dataclass
class _TextTable:
    """A table as text, whose other cells are written back as they were read."""

    fields: object
    zipped: bool

    @property
    def header(self):
        return self.fields.header

    def column(self, position):
        """Return a column as text."""
        return [line[position] for line in self.fields.lines]

    def with_columns(self, position, labels, sources):
        """Return the content of the file with other labels and sources."""
        fields, text = self.fields, io.StringIO(newline="")
        end = "\r\n" if fields.ends_in_return else "\n"
        writer = csv.writer(text, delimiter=fields.separator, lineterminator=end)
        header, place = _with_source(fields.header)
        writer.writerow(header)
        for line, label, source in zip(fields.lines, labels, sources, strict=True):
            line = [*line, ""][: len(header)]
            line[position], line[place] = label, source
            writer.writerow(line)
        content = text.getvalue().encode(fields.encoding)
        return gzip.compress(content, mtime=0) if self.zipped else content


@dataclass
class _ParquetTable:
    """A table of Parquet, whose other columns keep their types."""

    table: object

    @property
    def header(self):
        return self.table.column_names

    def column(self, position):
        """Return a column as text."""
        return list(map(as_text, self.table.column(position).to_pylist()))

    def with_columns(self, position, labels, sources):
        """Return the content of the file with other labels and sources."""
        import pyarrow
        from pyarrow import parquet

        old = self.table.column(position)
        # The value that each text stands for, such as 1 for "1".
        values = {as_text(value): value for value in old.to_pylist()}
        new = pyarrow.array([values[label] for label in labels], type=old.type)
        name = self.table.column_names[position]
        table = self.table.set_column(position, name, new)
        _, place = _with_source(self.header)
        sources = pyarrow.array(sources, type=pyarrow.string())
        if place < len(self.header):
            table = table.set_column(place, SOURCE, sources)
        else:
            table = table.append_column(SOURCE, sources)
        sink = pyarrow.BufferOutputStream()
        parquet.write_table(table, sink)
        return sink.getvalue().to_pybytes()


def run_apply(arguments):
    """Write the corrected table beside the input.

    Parameters
    ----------
    arguments : argparse.Namespace
        Parsed arguments.

    Returns
    -------
    bool
        True: there is no threshold to pass.

    Raises
    ------
    AuditError
        If the table, a sheet or the output is bad.
    """
    source = Path(arguments.file)
    if source.is_dir():
        raise AuditError(
            f"{source} is a directory, but apply writes a single table. Write Parquet "
            "files into one first; of images, the sheet itself says which file belongs "
            "into which folder."
        )
    suffix = suffix_of(source)
    if not suffix:
        raise AuditError(how_to_convert(source, SUFFIXES))
    output = _output_path(arguments.output, source, suffix)
    table = _read(source, suffix, arguments)
    position = _label_position(table, arguments.label, arguments.verdicts, source)
    given = table.column(position)
    labels, trusted = verdicts_on(given, arguments.verdicts)
    if not trusted.any():
        raise AuditError(
            f"{' and '.join(arguments.verdicts)} expected a label in some line of the "
            "column verdict, but all are empty. Fill in the true label of each row."
        )
    sources = _sources(table, given, labels, trusted)
    content = table.with_columns(position, labels, sources)
    try:
        with replacing(output, binary=True) as file:
            file.write(content)
    except OSError as error:
        raise AuditError(f"cannot write {output}: {error.strerror}.") from error
    n_changed = sum(a != b for a, b in zip(given, labels, strict=True))
    print(
        f"{trusted.sum()} of {len(given)} labels checked, {n_changed} of them "
        f"corrected: {inert(str(output))}"
    )
    return True


def verdicts_on(labels, paths):
    """Return labels with the verdicts of sheets in their place, and the mask of these.

    Parameters
    ----------
    labels : sequence of str of n_rows labels
        Labels as they stand in the table.

    paths : list of str
        The sheets.

    Returns
    -------
    labels : list of str
        The labels.

    trusted : ndarray of bool of shape (n_rows,)
        Rows that have a verdict.

    Raises
    ------
    AuditError
        If a sheet cannot be read, or does not belong to the table.
    """
    try:
        checked, trusted = read_verdicts(paths, list(labels))
    except OSError as error:
        raise AuditError(f"cannot read {error.filename}: {error.strerror}.") from error
    except (ValueError, ImportError) as error:
        raise AuditError(str(error)) from error
    return checked.tolist(), trusted


def _read(path, suffix, arguments):
    """Return the table, as text or of Parquet."""
    content = read_bytes(path)
    if suffix.lower() in PARQUET_SUFFIXES:
        return _ParquetTable(read_parquet(content, path, arguments.max_size))
    zipped = suffix.lower().endswith(".gz")
    content = unzip(content, path, arguments.max_size) if zipped else content
    return _TextTable(read_fields(content, path, encoding=arguments.encoding), zipped)


def _label_position(table, label, sheets, path):
    """Return which column holds the labels, by name or as the sheets repeat them."""
    if label is not None:
        return find_column(label, table.header, "--label")
    try:
        lines = [line for sheet in sheets for line in read_sheet(sheet)]
    except OSError as error:
        raise AuditError(f"cannot read {error.filename}: {error.strerror}.") from error
    except (ValueError, ImportError) as error:
        raise AuditError(str(error)) from error
    columns = [table.column(position) for position in range(len(table.header))]
    beyond = [line.row for line in lines if line.row >= len(columns[0])]
    if beyond:
        raise AuditError(
            f"{path} has {len(columns[0])} rows, counted from 0, but the sheet tells "
            f"of row {beyond[0]}. Pass the sheet that was written for this table."
        )
    fits = [
        position
        for position, cells in enumerate(columns)
        if lines and all(label_of(x.given, [cells[x.row]]) is not None for x in lines)
    ]
    if len(fits) != 1:
        raise AuditError(
            f"which column of {path} holds the labels of the sheet? Pass --label "
            f"COLUMN. {list_columns(table.header)}"
        )
    return fits[0]


def _with_source(header):
    """Return the header with the column of sources, and its place."""
    if SOURCE in header:
        return header, header.index(SOURCE)
    return [*header, SOURCE], len(header)


def _sources(table, given, labels, trusted):
    """Say where each label comes from; what an earlier review said stays."""
    sources = [GIVEN] * len(given)
    if SOURCE in table.header:
        sources = table.column(table.header.index(SOURCE))
    for row in trusted.nonzero()[0]:
        if given[row] != labels[row]:
            sources[row] = CORRECTED
        elif sources[row] != CORRECTED:
            sources[row] = CHECKED
    return sources


def _output_path(asked, source, suffix):
    """Return where the table goes; never over the input, or over a file of others."""
    name = source.name[: len(source.name) - len(suffix)]
    path = source.with_name(f"{name}.corrected{suffix}")
    if asked is not None:
        path = Path(asked)
        if suffix_of(path).lower() != suffix.lower():
            raise AuditError(
                f"--output {path} expected the ending of the table, {suffix}. The "
                "corrected table is written in the form of the one that was read."
            )
    check_place(path)
    if path.exists():
        if source.exists() and path.samefile(source):
            raise AuditError(
                f"--output {path} is the table itself. Pass another name, so that "
                "nothing is lost."
            )
        if not _is_ours(path, suffix):
            raise AuditError(
                f"{path} exists and is no table that apply has written. Move it away, "
                "or pass another --output FILE."
            )
    return path


def _is_ours(path, suffix):
    """Whether a file has the column of sources last, as what was written here."""
    try:
        if suffix.lower() in PARQUET_SUFFIXES:
            from pyarrow import parquet

            return parquet.read_schema(path).names[-1:] == [SOURCE]
        content = path.read_bytes()
        content = gzip.decompress(content) if suffix.endswith(".gz") else content
        first = content.splitlines()[0].decode("utf-8", errors="replace")
        return first.rstrip().endswith(SOURCE)
    except (ImportError, OSError, ValueError, IndexError, EOFError):
        return False
