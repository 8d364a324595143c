import numpy as np
import pytest
from numpy.testing import assert_array_equal

from sknoisy.sequence import segment_table

TABLE = segment_table(
    [0.5, 3, 2],
    [2, 4.5, 9],
    label=["run", "jump", "run"],
    bag=[0, 0, 2],
    score=[1, 2, 3],
)


def test_a_table_has_five_fields():
    assert TABLE.dtype.names == ("bag", "label", "start", "end", "score")
    assert TABLE.shape == (3,)
    assert TABLE["bag"].dtype.kind == "i"
    assert TABLE["label"].dtype == "<U4"
    assert segment_table([], []).shape == (0,)


def test_columns_are_broadcast():
    table = segment_table([0, 1], [1, 2], label="x", bag=4)
    assert_array_equal(table["label"], ["x", "x"])
    assert_array_equal(table["bag"], [4, 4])
    assert_array_equal(table["score"], [1, 1])


BAD_TABLES = {
    "backwards": (([3], [1]), {}, "segment 0 starts at 3 and ends at 1"),
    "NaN": (([np.nan], [1]), {}, "start of segment_table contains NaN"),
    "no label": (([0], [1]), {"label": [None]}, "label of segment_table expected a"),
    "no bag": (([0], [1]), {"bag": [np.nan]}, "bag of segment_table expected a value"),
    "lengths": (([0, 1], [1, 2, 3]), {}, "columns of one length"),
    "two dimensions": (([[0]], [[1]]), {}, r"shape \(n_segments,\), but got"),
}


@pytest.mark.parametrize(
    ("ends", "options", "message"), BAD_TABLES.values(), ids=BAD_TABLES
)
def test_bad_columns(ends, options, message):
    with pytest.raises(ValueError, match=message):
        segment_table(*ends, **options)
