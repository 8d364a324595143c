"""A table with planted errors, and the command run in this process."""

import csv

import numpy as np
import pytest

from sknoisy.cli import main

N_ROWS = 150
PLANTED = (3, 20, 41, 77, 90, 118, 139)


@pytest.fixture
def run(capsys):
    """Run the command; return its exit code, output and errors."""

    def run(*arguments):
        code = main([str(argument) for argument in arguments])
        output, errors = capsys.readouterr()
        return code, output, errors

    return run


@pytest.fixture
def refuse(run):
    """Run the command, check that it refuses with one line, and return the line."""

    def refuse(*arguments):
        code, output, errors = run(*arguments, "--quiet")
        assert code == 2
        assert output == ""
        assert errors.count("\n") == 1
        assert errors.startswith("sknoisy: error: ")
        assert "Traceback" not in errors
        return errors

    return refuse


@pytest.fixture
def table():
    """Return rows of a table whose labels 01 and 02 are told apart by x.

    The labels of the rows PLANTED are flipped.
    """
    rng = np.random.default_rng(0)
    true = np.arange(N_ROWS) % 2
    flipped = true.copy()
    flipped[list(PLANTED)] ^= 1
    x = 4 * true + rng.normal(size=N_ROWS)
    color = np.where(rng.random(N_ROWS) < 0.5, "red", "blue")
    rows = zip(x.round(3).tolist(), color.tolist(), flipped.tolist(), strict=True)
    return [[value, colour, f"0{label + 1}"] for value, colour, label in rows]


@pytest.fixture
def write(tmp_path):
    """Write rows as csv under a name and return the path."""

    def write(rows, name="data.csv", header=("x", "color", "label"), **options):
        path = tmp_path / name
        with path.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file, lineterminator="\n", **options).writerows([header, *rows])
        return path

    return write


@pytest.fixture
def data(write, table):
    """Return the path of the table as csv."""
    return write(table)


@pytest.fixture
def planted():
    """Return the numbers of the rows whose label is wrong."""
    return set(PLANTED)


@pytest.fixture
def read_rows():
    """Read a written audit; return its rows and its header."""

    def read_rows(path):
        with path.open(newline="", encoding="utf-8") as file:
            header, *rows = csv.reader(file)
        return rows, header

    return read_rows
