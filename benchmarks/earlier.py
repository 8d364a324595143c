"""Tables that earlier states of the benchmarks printed, kept as they were quoted.

``results/earlier.csv`` holds a cell of a table in each line. The lines that begin with
``# table`` hold its name, its title, what it shows, which script printed it, and the
commit that brought the figures into the documentation.
"""

import csv

from benchmarks import records

PATH = records.FOLDER / "earlier.csv"
INTRODUCTION = """
=======================
Figures of earlier code
=======================

The benchmarks were separate scripts before they became suites. These are the tables
that the guide quoted then, as the scripts printed them. Each says which script and
state of the code it is from; none was computed with the present code.
"""


def read(path=PATH):
    """Return {name: (title, header, rows, note)} of the tables."""
    about, cells = {}, {}
    with open(path, encoding="utf-8", newline="") as file:
        for line in csv.reader(file):
            if line[0].startswith("# table "):
                text = ",".join(line).removeprefix("# table ")
                name, title, note = text.split(": ", 2)
                about[name] = title, note
            elif line[0] != "table":
                name, row, column, value = line
                cells.setdefault(name, {})[int(row), int(column)] = value
    return {
        name: (about[name][0], *_filled(cells[name]), about[name][1]) for name in about
    }


def _filled(cells):
    """Return header and rows; the header is row 0, and what is missing is empty."""
    n_rows, n_columns = (max(key[axis] for key in cells) + 1 for axis in (0, 1))
    rows = [[cells.get((r, c), "") for c in range(n_columns)] for r in range(n_rows)]
    return rows[0], rows[1:]
