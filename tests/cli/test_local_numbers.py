"""Numbers are read as they are written in the country that they come from."""

import pytest

from sknoisy.cli._read import read_table

pd = pytest.importorskip("pandas")


def read(tmp_path, values, separator=";", others=()):
    """Return the first column of a table of values, and the notes on it."""
    columns = [values, *others, ["a", "b"] * 9]
    header = [f"x{k}" for k in range(len(columns) - 1)] + ["y"]
    lines = [header, *zip(*columns, strict=False)]
    path = tmp_path / "data.csv"
    text = "\n".join(separator.join(f'"{v}"' for v in line) for line in lines)
    path.write_text(text, encoding="utf-8")
    table = read_table(path, "y")
    return table.frame.iloc[:, 0].tolist(), table.notes


@pytest.mark.parametrize("separator", [";", "\t", ",", "|"])
def test_decimal_commas(tmp_path, separator):
    values, notes = read(tmp_path, ["0,5", "-12,25", "3"], separator)
    assert values == [0.5, -12.25, 3]
    assert notes == ["numbers with decimal commas: 'x0'"]


@pytest.mark.parametrize(
    ("written", "numbers"),
    [
        (["30.123,45", "999,5"], [30123.45, 999.5]),
        (["30 123,45", "1 234 567,5"], [30123.45, 1234567.5]),
        (["30\u00a0123,45", "1\u202f234,5"], [30123.45, 1234.5]),
        (["30'123,45", "1\u2019234,5"], [30123.45, 1234.5]),
        (["1,5e3", "-2,5E-1"], [1500, -0.25]),
        ([",5", "+1,5"], [0.5, 1.5]),
        ([" 1,5 ", "2,5"], [1.5, 2.5]),
    ],
)
def test_thousands_beside_decimal_commas(tmp_path, written, numbers):
    assert read(tmp_path, written)[0] == numbers


@pytest.mark.parametrize(
    ("written", "numbers"),
    [
        (["30,123.45", "999.5"], [30123.45, 999.5]),
        (["1'234.5", "2"], [1234.5, 2]),
        (["1 234", "12"], [1234, 12]),
    ],
)
def test_thousands_beside_decimal_points(tmp_path, written, numbers):
    values, notes = read(tmp_path, written)
    assert values == numbers
    assert notes == ["numbers with commas or blanks between thousands: 'x0'"]


def test_a_comma_that_may_mean_both_is_read_as_in_the_rest_of_the_file(tmp_path):
    written = ["1,234", "5,678"]
    assert read(tmp_path, written, ";")[0] == [1.234, 5.678]
    assert read(tmp_path, written, ",")[0] == [1234, 5678]
    assert read(tmp_path, written, ";", [["0.5", "1.5"]])[0] == [1234, 5678]
    assert read(tmp_path, written, ",", [["0,5", "1,5"]])[0] == [1.234, 5.678]


def test_points_of_thousands_alone(tmp_path):
    # pandas reads 1.234 as a fraction; the other column says that it is not.
    written = ["1.234", "999", "12.345"]
    fractions = ["0,5", "1,5", "2,5"]
    assert read(tmp_path, written, ";", [fractions])[0] == [1234, 999, 12345]
    assert read(tmp_path, written, ";")[0] == [1.234, 999, 12.345]
    coordinates = ["52.52", "13.405", "1.5"]
    assert read(tmp_path, coordinates, ";", [fractions])[0] == [52.52, 13.405, 1.5]


def test_gaps_among_the_numbers(tmp_path):
    written = ["0,5", "?", "1,5", "", "n/a"]
    values, _ = read(tmp_path, written)
    assert [value for value in values if value == value] == [0.5, 1.5]


@pytest.mark.parametrize(
    "written",
    [
        ["red", "blue"],
        ["1,5 m", "2,5 m"],
        ["1,2,3", "4,5,6"],
        ["12,34,56", "1"],
        ["01.02.2024", "03.04.2024"],
        ["one, two", "three"],
    ],
)
def test_other_texts_stay(tmp_path, written):
    assert read(tmp_path, written) == (written, [])


def test_labels_stay_as_they_are_written(tmp_path):
    path = tmp_path / "data.csv"
    path.write_text("x;y\n0,5;1,0\n1,5;2,0\n")
    assert read_table(path, "y").labels.tolist() == ["1,0", "2,0"]


def test_labels_on_a_scale_with_decimal_commas(refuse, write, table):
    rows = [
        [*row[:2], f"{n % 75 + 0.5}".replace(".", ",")] for n, row in enumerate(table)
    ]
    path = write(rows, delimiter=";")
    assert "numbers on a continuous scale" in refuse("audit", path, "-l", "label")


def test_decimal_commas_find_the_same_rows(run, write, table, read_rows):
    written = []
    for decimal in ".,":
        rows = [[str(row[0]).replace(".", decimal), *row[1:]] for row in table]
        path = write(rows, name=f"data{ord(decimal)}.csv", delimiter=";")
        assert run("audit", path, "-l", "label", "-q", "--model", "linear")[0] == 0
        written.append(read_rows(path.with_name(f"{path.stem}.audit.csv")))
    assert written[0] == written[1]
