import numpy as np
import pytest

from sknoisy.review import read_verdicts

GIVEN = np.array(["cat", "dog", "dog", "cat"])


def sheet(tmp_path, *lines, name="list.csv"):
    path = tmp_path / name
    path.write_text("\n".join(["row,given_label,verdict", *lines]) + "\n")
    return path


def test_verdicts_take_the_place_of_labels(tmp_path):
    path = sheet(tmp_path, "2,dog,cat", "0,cat,cat", "1,dog,")
    checked, trusted = read_verdicts(path, GIVEN)
    assert checked.tolist() == ["cat", "dog", "cat", "cat"]
    assert trusted.tolist() == [True, False, True, False]
    assert GIVEN.tolist() == ["cat", "dog", "dog", "cat"]


def test_several_sheets(tmp_path):
    first = sheet(tmp_path, "2,dog,cat")
    second = sheet(tmp_path, "1,dog,cat", "2,dog,cat", name="more.csv")
    checked, trusted = read_verdicts([first, str(second)], list(GIVEN))
    assert checked.tolist() == ["cat"] * 4
    assert trusted.sum() == 2
    third = sheet(tmp_path, "2,dog,dog", name="other.csv")
    with pytest.raises(ValueError, match="two that differ about rows 2"):
        read_verdicts([first, third], GIVEN)


def test_a_class_that_nobody_was_given(tmp_path):
    path = sheet(tmp_path, "2,dog,bird")
    checked, _ = read_verdicts(path, GIVEN, classes=["bird", "cat", "dog"])
    assert checked[2] == "bird"
    with pytest.raises(ValueError, match=r"line 2: expected a verdict .* got 'bird'"):
        read_verdicts(path, GIVEN)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("4,cat,dog", "row 4 was not asked about, or is none of these data"),
        ("0,dog,cat", "expected the label 'cat' for row 0, but the file says 'dog'"),
    ],
)
def test_sheets_of_other_data(tmp_path, line, message):
    with pytest.raises(ValueError, match=message):
        read_verdicts(sheet(tmp_path, line), GIVEN)


def test_numbers_stay_numbers(tmp_path):
    checked, _ = read_verdicts(sheet(tmp_path, "0,1,2"), np.array([1, 2, 2]))
    assert checked.dtype.kind == "i"
    assert checked.tolist() == [2, 2, 2]
