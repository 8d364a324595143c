"""Read delimited text, and say exactly where it is broken."""

import codecs
import contextlib
import csv
import io
import re
from dataclasses import dataclass

import numpy as np

from sknoisy.cli._local_numbers import read_local_numbers
from sknoisy.report._errors import AuditError, need

# Separators that are found by themselves; any other one is stated by a line "sep=".
_SEPARATORS = (",", ";", "\t", "|")
_UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
# The largest limit that the csv module takes on every platform.
_LONGEST_FIELD = 2**31 - 1
# Bytes at the beginning in which binary files betray themselves by a zero.
_BINARY_SAMPLE = 4096
# The line by which Excel tells itself what separates the values; some programs quote
# it, and fill it up with separators to the width of the table.
_SEPARATOR_LINE = re.compile(
    r'"?sep=(?P<separator>[^\w\s"]|\t)"?(?P=separator)*(?:\r\n|\r|\n)', re.IGNORECASE
)


def parse_csv(content, path, find_label, *, encoding=None):
    """Read delimited text.

    Parameters
    ----------
    content : bytes
        Content of the file.

    path : Path
        Path of the file, for the messages.

    find_label : callable
        Takes the header and returns the position of the labels.

    encoding : str, default=None
        None means UTF-8, with or without byte-order mark.

    Returns
    -------
    header : list of str
        Names of all columns, as they stand in the file.

    position : int
        Which of them holds the labels.

    labels : ndarray of str of shape (n_rows,)
        Labels as they stand in the file.

    frame : DataFrame of shape (n_rows, n_columns - 1)
        The other columns.

    notes : list of tuple of str and list of str
        What the user should know about how columns were read, and their names.

    Raises
    ------
    AuditError
        If the content is no table, or not in this encoding.
    """
    text = _decode(content, path, encoding).removeprefix("\ufeff")
    stated = _SEPARATOR_LINE.match(text)
    if stated:
        text = text[stated.end() :]
    with _fields_of_any_length():
        separator = stated["separator"] if stated else _find_separator(text)
        # As bytes, since a stream of text takes four for each character.
        body = text.encode()
        del text
        first_line = 2 if stated else 1
        header, labels, position = _scan(body, separator, path, find_label, first_line)
    others = [number for number in range(len(header)) if number != position]

    def read(**options):
        frame = _parse_features(body, separator, path, len(labels), **options)
        return frame.iloc[:, others]

    frame = read()
    notes = read_local_numbers(frame, separator, lambda: read(dtype=str))
    return header, position, labels, frame, notes


@dataclass
class Fields:
    """All fields of delimited text, and how they stood in the file.

    Attributes
    ----------
    header : list of str
        Names of the columns.
    lines : list of list of str
        The fields of each row; empty lines are left out.
    separator, encoding : str
        What stands between fields, and how text is encoded.
    ends_in_return : bool
        Whether lines end in a carriage return and a line feed.
    """

    header: list
    lines: list
    separator: str
    encoding: str
    ends_in_return: bool


def read_fields(content, path, *, encoding=None):
    """Read delimited text as it stands, to be written back.

    Parameters
    ----------
    content : bytes
        Content of the file.

    path : Path
        Path of the file, for the messages.

    encoding : str, default=None
        None means UTF-8, with or without byte-order mark.

    Returns
    -------
    Fields
        What was read.

    Raises
    ------
    AuditError
        If the content is no table, or not in this encoding.
    """
    text = _decode(content, path, encoding).removeprefix("\ufeff")
    stated = _SEPARATOR_LINE.match(text)
    text = text[stated.end() :] if stated else text
    with _fields_of_any_length():
        separator = stated["separator"] if stated else _find_separator(text)
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
        try:
            lines = []
            for fields in filter(None, reader):
                if lines and len(fields) != len(lines[0]):
                    line = reader.line_num + bool(stated)
                    raise AuditError(_ragged(line, fields, lines[0], path))
                lines.append(fields)
        except csv.Error as error:
            line = reader.line_num + bool(stated)
            raise AuditError(f"{path}, line {line}: {error}.") from error
    header = [name.strip() for name in lines[0]]
    mark = content.startswith(codecs.BOM_UTF8)
    found = encoding or ("utf-8-sig" if mark else "utf-8")
    return Fields(header, lines[1:], separator, found, "\r\n" in text)


@contextlib.contextmanager
def _fields_of_any_length():
    """Lift the limit of the csv module, which a long name or text exceeds."""
    limit = csv.field_size_limit(_LONGEST_FIELD)
    try:
        yield
    finally:
        csv.field_size_limit(limit)


def _lines(body):
    """Return a stream of the text that keeps its line ends."""
    return io.TextIOWrapper(io.BytesIO(body), encoding="utf-8", newline="")


def _decode(content, path, encoding):
    """Return the content as text, or name the first byte that is none."""
    try:
        text = content.decode(encoding or "utf-8-sig")
    except LookupError as error:
        raise AuditError(
            f"--encoding: unknown encoding {encoding!r}. Pass one that Python knows, "
            "such as utf-8, cp1252, latin-1, utf-16 or shift_jis."
        ) from error
    except UnicodeError as error:
        raise AuditError(_undecodable(content, path, encoding, error)) from error
    if not text.strip():
        raise AuditError(f"{path} is empty.")
    return text


def _undecodable(content, path, encoding, error):
    """Say which byte cannot be read, where, and what to do about it."""
    if encoding is None and content.startswith(_UTF16_MARKS):
        return f"{path} is not UTF-8 but UTF-16. Pass --encoding utf-16."
    if encoding is None and b"\0" in content[:_BINARY_SAMPLE]:
        return (
            f"{path} is not text but binary. Expected a table in csv form: export it "
            "as csv first."
        )
    start = getattr(error, "start", 0)
    line = content.count(b"\n", 0, start) + 1
    found = f"byte 0x{content[start]:02x} in line {line}" if content else "its end"
    complaint = f"{path} is not {encoding or 'UTF-8'}: {found} cannot be read."
    if encoding is None and _has_utf8(content):
        return (
            f"{complaint} Other lines are UTF-8, so the file mixes encodings: repair "
            "that line, or write the file again in one encoding."
        )
    return (
        f"{complaint} Pass the encoding that it was saved in, for example --encoding "
        "cp1252 for files from Windows."
    )


def _has_utf8(content):
    """Whether some character outside ASCII is written in UTF-8."""
    return not content.decode("utf-8", errors="ignore").isascii()


def _find_separator(text):
    """Return the character that splits the header into most names."""
    line = re.match(r"[\r\n]*([^\r\n]*)", text)[1]
    counts = {
        separator: len(next(csv.reader([line], delimiter=separator)))
        for separator in _SEPARATORS
    }
    return max(counts, key=counts.get)


def _scan(body, separator, path, find_label, first_line):
    """Walk over all lines: check their width, collect the labels."""
    reader = csv.reader(_lines(body), delimiter=separator)
    same = {}
    try:
        rows = (fields for fields in reader if fields)
        header = [name.strip() for name in next(rows)]
        position = find_label(header)
        labels = []
        for fields in rows:
            if len(fields) != len(header):
                line = reader.line_num + first_line - 1
                raise AuditError(_ragged(line, fields, header, path))
            # One string for all rows of a label.
            labels.append(same.setdefault(fields[position], fields[position]))
    except csv.Error as error:
        line = reader.line_num + first_line - 1
        raise AuditError(f"{path}, line {line}: {error}.") from error
    return header, np.fromiter(labels, dtype=object, count=len(labels)), position


def _ragged(line, fields, header, path):
    """Say which line does not fit the header."""
    hint = "Look for a missing or unquoted separator, or an unclosed quotation mark."
    if len(fields) == len(header) + 1:
        hint = (
            "Quote values that hold the separator; give a column of row names a name."
        )
    return (
        f"{path}, line {line}: expected {len(header)} values as in the header, but got "
        f"{len(fields)}. {hint}"
    )


def _parse_features(body, separator, path, n_rows, **options):
    """Return all columns, each in the type that pandas finds in it."""
    pd = need("pandas")
    try:
        frame = pd.read_csv(
            _lines(body),
            sep=separator,
            header=0,
            index_col=False,
            low_memory=False,
            **options,
        )
    except (ValueError, pd.errors.ParserError) as error:
        reason = str(error).strip().rstrip(".")
        raise AuditError(f"{path} cannot be read as a table: {reason}.") from error
    if len(frame) != n_rows:
        raise AuditError(
            f"{path} can be read in two ways: by its lines it holds {n_rows} rows, by "
            f"its values {len(frame)}. Look for stray quotation marks."
        )
    return frame
