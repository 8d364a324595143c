import json

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sknoisy.sequence import (
    segment_table,
    segments_from_activitynet,
    segments_from_seconds,
    segments_to_activitynet,
    segments_to_seconds,
)

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


@pytest.mark.parametrize("rate", [25, 1 / 0.64, [10, 20, 30]])
def test_seconds_and_back(rate):
    seconds = segments_to_seconds(TABLE, rate)
    rates = np.broadcast_to(rate, 3)[TABLE["bag"]]
    assert_allclose(seconds["end"], TABLE["end"] / rates)
    assert_allclose(segments_from_seconds(seconds, rate)["start"], TABLE["start"])
    assert TABLE["start"][0] == 0.5


def test_activitynet_and_back(tmp_path):
    path = tmp_path / "found.json"
    content = segments_to_activitynet(TABLE, bag_names=["u", "v", "w"], path=path)
    assert list(content["results"]) == ["u", "v", "w"]
    assert content["results"]["v"] == []
    assert json.loads(path.read_text()) == content
    back = segments_from_activitynet(path, bag_names=["u", "v", "w"])
    assert_array_equal(back, TABLE)
    assert_array_equal(segments_from_activitynet(content)["bag"], ["u", "u", "w"])


DATABASE = {
    "database": {
        "v1": {
            "subset": "training",
            "duration": 20.0,
            "annotations": [{"label": "run", "segment": [1.5, 3]}],
        },
        "v2": {
            "subset": "validation",
            "annotations": [{"label": "jump", "segment": [2, 7]}],
        },
        "v3": {"subset": "validation", "annotations": []},
    }
}


def test_a_database_of_true_segments():
    table = segments_from_activitynet(DATABASE)
    assert table.tolist() == [("v1", "run", 1.5, 3, 1), ("v2", "jump", 2, 7, 1)]
    part = segments_from_activitynet(DATABASE, subset="validation")
    assert_array_equal(part["bag"], ["v2"])
    content = segments_to_activitynet(part, kind="database")
    assert content["database"] == {
        "v2": {"annotations": [{"label": "jump", "segment": [2, 7]}]}
    }


def test_files_without_segments():
    assert segments_from_activitynet({"results": {}}).shape == (0,)
    empty = segments_from_activitynet({"results": {"v1": []}}, bag_names=["v1"])
    assert segments_to_activitynet(empty, bag_names=["v1"])["results"] == {"v1": []}


BAD_SOURCES = {
    "neither": ({"videos": {}}, {}, r"'database' or .* 'results'.*\['videos'\]"),
    "subset": (DATABASE, {"subset": "test"}, r"\['training', 'validation'\].*'test'"),
    "names": (DATABASE, {"bag_names": ["v1"]}, r"bag_names .*lacks \['v2'\]"),
    "label": ({"results": {"v": [{"segment": [0, 1]}]}}, {}, "entry 0 of 'v'"),
    "segment": ({"results": {"v": [{"label": 1, "segment": [0]}]}}, {}, "entry 0"),
    "backwards": (
        {"results": {"v": [{"label": 1, "segment": [2, 1]}]}},
        {},
        "starts at 2 and ends at 1",
    ),
}


@pytest.mark.parametrize(
    ("source", "options", "message"), BAD_SOURCES.values(), ids=BAD_SOURCES
)
def test_bad_sources(source, options, message):
    with pytest.raises(ValueError, match=message):
        segments_from_activitynet(source, **options)


@pytest.mark.parametrize("names", [["u", "v"], []])
def test_too_few_names(names):
    with pytest.raises(ValueError, match=r"bag_names holds \d names"):
        segments_to_activitynet(TABLE, bag_names=names)


BAD_RATES = {
    "zero": (0, "positive number of steps per second"),
    "NaN": (np.nan, "positive number of steps per second"),
    "table": ([[1.0]], "positive number of steps per second"),
    "too few": ([10, 20], "a rate for each of 2 bags"),
}


@pytest.mark.parametrize(("rate", "message"), BAD_RATES.values(), ids=BAD_RATES)
@pytest.mark.parametrize("convert", [segments_to_seconds, segments_from_seconds])
def test_bad_rates(convert, rate, message):
    with pytest.raises(ValueError, match=message):
        convert(TABLE, rate)


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
