"""A sheet as a workbook of Excel, with the labels to choose from in each cell."""

import datetime
import io
import zipfile

from sknoisy.report._files import replacing
from sknoisy.report._sheet_csv import SAVE_AS, texts_of
from sknoisy.report._sheet_labels import printable

# First bytes of workbooks: ZIP archives (.xlsx, .ods) and compound files (.xls).
WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
# Columns that Excel shall keep as numbers; all others are text.
NUMBERS = {"row": int, "label_quality": float, "sampling_probability": float}
# Width of a column in characters, and of one that holds a text.
NARROW, WIDE = 14, 40


def fits(data):
    """Whether a file is a workbook."""
    return data.startswith(WORKBOOKS)


def write(path, sheet):
    """Write the lines to check; verdicts are chosen from a list or typed."""
    openpyxl = _openpyxl(path)
    header, lines = texts_of(sheet, printable)
    book = openpyxl.Workbook()
    page, labels = book.active, book.create_sheet("labels")
    page.title = "review"
    page.append(header)
    for at, line in enumerate(lines, start=2):
        for column, (name, text) in enumerate(zip(header, line, strict=True), start=1):
            _write_cell(page.cell(at, column), NUMBERS.get(name), text)
    for at, label in enumerate(sheet.classes, start=1):
        _write_cell(labels.cell(at, 1), None, printable(label))
    _arrange(openpyxl, page, header, len(lines), len(sheet.classes))
    content = io.BytesIO()
    book.save(content)
    with replacing(path, binary=True) as file:
        file.write(content.getvalue())


def _write_cell(cell, number, text):
    """Write a number, or a text that Excel takes for one and for nothing else."""
    if number is not None and text:
        cell.value = number(text)
        return
    cell.number_format = "@"
    if text:
        cell.value, cell.data_type = text, "s"


def _arrange(openpyxl, page, header, n_lines, n_classes):
    """Keep the header in sight, and offer the labels where a verdict is wanted."""
    page.freeze_panes = "A2"
    letter = openpyxl.utils.get_column_letter
    for column in range(1, len(header) + 1):
        longest = max(len(str(cell.value or "")) for cell in page[letter(column)])
        page.column_dimensions[letter(column)].width = NARROW if longest < 20 else WIDE
    # By reference: a list written out may not be longer than 255 characters.
    offered = openpyxl.worksheet.datavalidation.DataValidation(
        type="list", formula1=f"labels!$A$1:$A${n_classes}", allow_blank=True
    )
    offered.showErrorMessage = False
    page.add_data_validation(offered)
    if n_lines:
        last = letter(len(header))
        offered.add(f"{last}2:{last}{n_lines + 1}")


def read(data, path):
    """Return header and numbered lines of the first page, each a list of texts."""
    openpyxl = _openpyxl(path)
    try:
        # A formula reads as its text, so that a label typed as "=a" is not lost.
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True)
        page = book.worksheets[0]
        lines = [[_text(value) for value in line] for line in page.values]
    except (
        openpyxl.utils.exceptions.InvalidFileException,
        zipfile.BadZipFile,
        KeyError,
        IndexError,
        ValueError,
    ) as error:
        raise ValueError(
            f"{path} cannot be read as a workbook of Excel: {error}. {SAVE_AS}, or as "
            ".xlsx."
        ) from error
    header = [name.strip() for name in lines[0]] if lines else []
    numbered = enumerate(lines[1:], start=2)
    return header, [(at, line) for at, line in numbered if "".join(line).strip()]


def _text(value):
    """Return the value of a cell as it would be typed."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime.datetime | datetime.date | datetime.time):
        return value.isoformat()
    return str(value)


def _openpyxl(path):
    try:
        import openpyxl
        import openpyxl.worksheet.datavalidation
    except ImportError as error:
        raise ImportError(
            f"{path} is a workbook, which needs openpyxl. Install it with pip install "
            "openpyxl, or use a sheet that ends in .csv."
        ) from error
    return openpyxl
