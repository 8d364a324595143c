"""Tables that earlier states of the benchmarks printed, kept as they were quoted.

``results/earlier.csv`` holds a cell of a table in each line. The lines that begin with
``# table`` say which script printed the table, the commit that brought the figures into
the documentation, and what the table shows. They are figures of that state of the code;
a suite that has run again replaces them.
"""

import csv

from benchmarks import records

PATH = records.FOLDER / "earlier.csv"
INTRODUCTION = """
=============================
Figures of earlier code
=============================

The benchmarks were separate scripts before they became suites. These are the tables
that the guide quoted then, as the scripts printed them. Each says which script and which
state of the code it is from, and none was computed with the present code.
"""


def read(path=PATH):
    """Return {name: (header, rows, note)} of the tables."""
    notes, cells = {}, {}
    if not path.exists():
        return {}
    with open(path, encoding="utf-8", newline="") as file:
        for line in csv.reader(file):
            if line[0].startswith("# table "):
                name, _, note = line[0].removeprefix("# table ").partition(": ")
                notes[name] = note
            elif line[0] != "table":
                name, row, column, value = line
                cells.setdefault(name, {})[int(row), int(column)] = value
    return {name: (*_filled(cells[name]), notes[name]) for name in notes}


def _filled(cells):
    """Return header and rows; a header is row 0, and what is missing is empty."""
    n_rows, n_columns = (max(key[axis] for key in cells) + 1 for axis in (0, 1))
    rows = [[cells.get((r, c), "") for c in range(n_columns)] for r in range(n_rows)]
    return rows[0], rows[1:]


def page(make_table):
    """Return the page of these tables."""
    parts = [INTRODUCTION]
    for name, (header, rows, note) in read().items():
        table = make_table(name, header, rows, note)
        parts.append(f"\n{name}\n{'-' * len(name)}\n\n{note}\n\n{table.rst()}")
    return "\n".join(parts)
