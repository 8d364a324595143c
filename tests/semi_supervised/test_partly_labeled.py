import numpy as np
import pytest
from numpy.testing import assert_array_equal

from sknoisy.exceptions import NoEvidenceWarning
from sknoisy.semi_supervised._partly_labeled import (
    PartlyLabeled,
    labeled_rows,
    with_placeholders,
)

NAN = float("nan")
MIXED = np.array(["a", -1, "b"], dtype=object)


@pytest.mark.parametrize(
    ("y", "marker"),
    [
        ([0, -1, 1], -1),
        (["a", "?", "b"], "?"),
        ([0.0, NAN, 1.0], NAN),
        (np.array(["a", None, "b"], dtype=object), NAN),
        (np.array(["a", NAN, "b"], dtype=object), np.nan),
        (MIXED, -1),
        ([[0], [-1], [1]], -1),
        ([True, False, True], False),
    ],
)
def test_markers_of_any_kind(y, marker):
    y = np.ravel(y) if np.ndim(y) == 2 else y
    labeled = labeled_rows(y, marker, owner="Test")
    assert_array_equal(labeled, [True, False, True])
    filled = with_placeholders(y, labeled)
    assert filled[1] == filled[0] == y[0]
    assert filled[2] == y[2]


def test_without_a_marker_every_row_has_a_label():
    y = [0, -1, 1]
    labeled = labeled_rows(y, None, owner="Test")
    assert labeled.all()
    assert with_placeholders(y, labeled) is y


def test_the_labels_given_are_not_changed():
    y = np.array([0, -1, 1])
    with_placeholders(y, y >= 0)
    assert_array_equal(y, [0, -1, 1])


def test_nothing_labelled():
    message = r"Test expected some rows.*all 3 entries of y .*-1\. Label a few rows"
    with pytest.raises(ValueError, match=message):
        labeled_rows([-1, -1, -1], -1, owner="Test")


@pytest.mark.parametrize("marker", ["?", -1, NAN, 7])
@pytest.mark.parametrize("y", [[0, 1], ["a", "b"]])
def test_everything_labelled(y, marker):
    message = "Test found no row without a label: no entry of y is the marker.*Check"
    with pytest.warns(NoEvidenceWarning, match=message):
        assert labeled_rows(y, marker, owner="Test").all()


def test_the_record_has_no_label_where_there_is_none():
    labels = PartlyLabeled(
        np.array([0, 1, 0]),
        np.array(["a", "b"]),
        sample_weight=np.array([1.0, 2, 3]),
        labeled=np.array([True, True, False]),
    )
    assert_array_equal(labels.one_hot(), [[1, 0], [0, 1], [0, 0]])
    assert_array_equal(labels.labeled_only().sample_weight, [1, 2, 0])
