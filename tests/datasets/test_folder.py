"""Larger sets from a folder."""

import json
import zipfile

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal

from sknoisy.datasets import load_from_folder

ABOUT = {"kind": "multiclass", "classes": ["cat", "dog"], "source": "made up"}
CLEAN, NOISY = [0, 0, 1, 1], [0, 1, 1, 1]


def write(folder, name, info=ABOUT, **arrays):
    """Write a set in the form that the loader reads."""
    (folder / name).mkdir()
    np.savez(folder / name / "data.npz", info=json.dumps(info), **arrays)


@pytest.fixture
def folder(tmp_path):
    """Return a folder that holds one small set of each kind."""
    X, split = np.arange(8.0).reshape(4, 2), np.array([0, 0, 0, 1], np.uint8)
    write(
        tmp_path,
        "pets",
        {**ABOUT, "licence": "none", "features": ["size", "age"], "noise_rate": 0.25},
        X=X.astype(np.float16),
        y_clean=np.array(CLEAN, np.uint8),
        y_noisy=np.array(NOISY, np.uint8),
        y_noisy_worse=np.array([1, 1, 0, 1], np.uint8),
        split=split,
        annotations=np.array([[0, -1], [1, 1], [1, 0], [-1, 1]], np.int8),
    )
    write(tmp_path, "clean", X=X, y_clean=CLEAN, split=split)
    tags = np.eye(4, 3, dtype=np.uint8)
    write(
        tmp_path,
        "tags",
        {"kind": "multilabel", "classes": ["a", "b", "c"]},
        X=X,
        Y_clean=tags,
        Y_noisy=1 - tags,
        Y_noisy_hard=tags,
        split=split,
    )
    write(
        tmp_path,
        "partial",
        {"kind": "partial", "classes": ["a", "b"]},
        X=X,
        y_clean=CLEAN,
        y_noisy=NOISY,
        candidates=np.ones((4, 2), np.uint8),
        split=split,
    )
    series = {"X": X, "lengths": np.array([1, 3])}
    write(
        tmp_path,
        "series",
        {"kind": "sequence", "classes": ["rest", "move"]},
        **series,
        y_clean=CLEAN,
        y_noisy=NOISY,
        split=np.array([0, 1]),
        segments=np.array([[1, 1, 3, 1]]),
    )
    write(
        tmp_path,
        "cuts",
        {"kind": "segmentation"},
        X=np.arange(4.0),
        lengths=np.array([3, 1]),
        change_points=np.array([[0, 2]]),
    )
    return tmp_path


def test_multiclass(folder):
    bunch = load_from_folder("pets", folder)
    assert bunch.kind == "multiclass"
    assert bunch.data.dtype == np.float32
    assert_array_equal(bunch.data, np.arange(8).reshape(4, 2))
    assert_array_equal(bunch.target, CLEAN)
    assert_array_equal(bunch.target_noisy, NOISY)
    assert bunch.target.dtype == bunch.target_noisy.dtype == np.intp
    assert_array_equal(bunch.split, [0, 0, 0, 1])
    assert bunch.feature_names == ["size", "age"]
    assert bunch.target_names == ["cat", "dog"]
    assert (bunch.source, bunch.licence) == ("made up", "none")
    assert bunch.meta == {"noise_rate": 0.25}
    assert bunch.variants == ["worse"]
    assert bunch.annotations.shape == (4, 2)
    assert "y_noisy_worse" not in bunch


def test_folder_from_the_environment(folder, monkeypatch):
    monkeypatch.setenv("SKNOISY_DATA", str(folder))
    assert_array_equal(load_from_folder("pets").target, CLEAN)
    assert_array_equal(load_from_folder("pets", str(folder)).target, CLEAN)


def test_variant(folder):
    bunch = load_from_folder("pets", folder, variant="worse")
    assert_array_equal(bunch.target_noisy, [1, 1, 0, 1])
    hard = load_from_folder("tags", folder, variant="hard")
    assert_array_equal(hard.target_noisy, hard.target)


def test_pair(folder):
    X, y = load_from_folder("pets", folder, return_X_y=True)
    assert X.shape == (4, 2)
    assert_array_equal(y, NOISY)


def test_clean_set(folder):
    bunch = load_from_folder("clean", folder)
    assert bunch.target_noisy is None
    assert bunch.feature_names == ["x0", "x1"]
    assert_array_equal(load_from_folder("clean", folder, return_X_y=True)[1], CLEAN)
    frame = load_from_folder("clean", folder, as_frame=True).frame
    assert list(frame.columns) == ["x0", "x1", "target"]


def test_tables(folder):
    bunch = load_from_folder("pets", folder, as_frame=True)
    assert list(bunch.frame.columns) == ["size", "age", "target", "target_noisy"]
    assert isinstance(bunch.target, pd.Series)
    assert bunch.annotations.shape == (4, 2)


def test_tables_of_tags(folder):
    bunch = load_from_folder("tags", folder, as_frame=True)
    assert bunch.target.shape == (4, 3)
    assert bunch.frame.columns[2:6].tolist() == [
        "target__a",
        "target__b",
        "target__c",
        "target_noisy__a",
    ]
    assert_array_equal(bunch.target_noisy, 1 - np.eye(4, 3))


def test_partial_labels_keep_their_candidates(folder):
    bunch = load_from_folder("partial", folder)
    assert_array_equal(bunch.candidates, np.ones((4, 2)))
    assert_array_equal(bunch.target_noisy, NOISY)


def test_sequences_come_one_array_per_series(folder):
    bunch = load_from_folder("series", folder)
    assert [part.shape for part in bunch.data] == [(1, 2), (3, 2)]
    assert_array_equal(bunch.target[1], CLEAN[1:])
    assert_array_equal(bunch.target_noisy[1], NOISY[1:])
    assert_array_equal(bunch.segments, [[1, 1, 3, 1]])
    _, y = load_from_folder("series", folder, return_X_y=True)
    assert len(y) == 2


def test_segmentation_has_no_labels(folder):
    bunch = load_from_folder("cuts", folder)
    assert [part.shape for part in bunch.data] == [(3, 1), (1, 1)]
    assert bunch.target is None
    assert bunch.target_noisy is None
    assert bunch.split is None
    assert_array_equal(bunch.change_points, [[0, 2]])


def test_description(folder):
    assert "made up" in load_from_folder("pets", folder).DESCR
    (folder / "pets" / "README.md").write_text("Größe und Alter", encoding="utf-8")
    assert load_from_folder("pets", folder).DESCR == "Größe und Alter"


def test_no_folder_known(monkeypatch):
    monkeypatch.delenv("SKNOISY_DATA", raising=False)
    with pytest.raises(ValueError, match=r"SKNOISY_DATA is not set. Pass folder="):
        load_from_folder("pets")


@pytest.mark.parametrize("name", ["pet", "../pets", ""])
def test_unknown_name_lists_the_sets(folder, name):
    known = "clean, cuts, partial, pets, series, tags"
    with pytest.raises(ValueError, match=rf"Pass one of: {known}\."):
        load_from_folder(name, folder)


def test_empty_or_missing_folder(tmp_path):
    for path in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(ValueError, match=r"but there are none. Pass another"):
            load_from_folder("pets", path)


def test_unknown_variant_lists_the_variants(folder):
    with pytest.raises(ValueError, match=r"variant='best'. Pass one of: worse"):
        load_from_folder("pets", folder, variant="best")
    with pytest.raises(ValueError, match=r"variant='best'. Pass variant=None"):
        load_from_folder("clean", folder, variant="best")


def test_unknown_kind(tmp_path):
    write(tmp_path, "other", {"kind": "audit"}, X=np.eye(2))
    with pytest.raises(ValueError, match=r"multiclass, multilabel.*kind 'audit'"):
        load_from_folder("other", tmp_path)


def test_series_do_not_fit_tables(folder):
    with pytest.raises(ValueError, match=r"kind 'sequence'.*Pass as_frame=False"):
        load_from_folder("series", folder, as_frame=True)
    with pytest.raises(ValueError, match=r"needs labels.*'segmentation'"):
        load_from_folder("cuts", folder, return_X_y=True)


@pytest.mark.parametrize("arrays", [{}, {"info": "no JSON"}])
def test_file_without_information(tmp_path, arrays):
    (tmp_path / "bare").mkdir()
    np.savez(tmp_path / "bare" / "data.npz", X=np.eye(2), **arrays)
    with pytest.raises(ValueError, match=r"JSON text called 'info'"):
        load_from_folder("bare", tmp_path)


def test_file_that_lacks_arrays(tmp_path):
    write(tmp_path, "half", X=np.eye(2))
    with pytest.raises(ValueError, match=r"lacks \['y_clean'\]"):
        load_from_folder("half", tmp_path)


def test_arrays_that_do_not_fit_together(tmp_path):
    write(tmp_path, "short", X=np.eye(3), y_clean=[0, 1])
    with pytest.raises(ValueError, match=r"as many true labels as rows of X, 3, but"):
        load_from_folder("short", tmp_path)
    info = {"kind": "segmentation"}
    write(tmp_path, "long", info, X=np.ones(3), lengths=[2, 2])
    with pytest.raises(ValueError, match=r"as many steps in lengths as rows of X, 3"):
        load_from_folder("long", tmp_path)


# What a damaged file, or one of ill will, may hold


def hostile(folder, **changes):
    """Write a set of which some arrays are replaced; None leaves one out."""
    arrays = {"X": np.eye(4), "y_clean": CLEAN, "y_noisy": NOISY, **changes}
    info = arrays.pop("info", ABOUT)
    kept = {key: value for key, value in arrays.items() if value is not None}
    write(folder, "odd", info, **kept)
    return folder


@pytest.mark.parametrize("key", ["y_clean", "y_noisy", "y_noisy_worse"])
@pytest.mark.parametrize(
    "code", [np.nan, np.inf, -np.inf, 1e30, -1, 0.5, 2, 2.0**63], ids=str
)
def test_codes_that_are_none(tmp_path, key, code):
    codes = np.array([0, 1, code, 0])
    with pytest.raises(ValueError, match=rf"from 0 on, less than 2 in {key} .*\(2,\)"):
        load_from_folder("odd", hostile(tmp_path, **{key: codes}))


def test_codes_are_open_where_no_classes_are_named(tmp_path):
    info = {"kind": "multiclass"}
    folder = hostile(tmp_path, info=info, y_clean=[0.0, 7.0, 1.0, 2.0])
    assert_array_equal(load_from_folder("odd", folder).target, [0, 7, 1, 2])


def test_a_code_too_large_for_an_integer(tmp_path):
    folder = hostile(tmp_path, info={"kind": "multiclass"}, y_clean=[0, 1, 2, 1e30])
    with pytest.raises(ValueError, match=r"numbers from 0 on in y_clean .*1e\+30"):
        load_from_folder("odd", folder)


def test_tags_are_zeros_and_ones(tmp_path):
    info = {"kind": "multilabel", "classes": ["a", "b"]}
    folder = hostile(tmp_path, info=info, Y_clean=np.full((4, 2), 2))
    with pytest.raises(ValueError, match="from 0 on, less than 2 in Y_clean"):
        load_from_folder("odd", folder)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"info": ["multiclass"]}, "names and values, but it holds a list"),
        ({"info": 7}, "names and values, but it holds a int"),
        ({"info": {"kind": ["multiclass"]}}, r"of kind \['multiclass'\]"),
        ({"info": {**ABOUT, "classes": 3}}, "'classes' in 'info' .* a list of names"),
        ({"info": {**ABOUT, "classes": [[1], [2]]}}, "a list of names, but got"),
        ({"info": {**ABOUT, "features": "size"}}, "'features' in 'info'"),
        ({"info": {**ABOUT, "features": ["a"]}}, "as many features as columns of X, 4"),
        ({"X": np.array(["a"] * 4)}, "expected numbers in X .*dtype <U1"),
        ({"X": np.array(1.0)}, r"expected numbers in X .*shape \(\)"),
        ({"X": np.zeros(4, dtype="M8[s]")}, "expected numbers in X"),
        ({"y_clean": np.array(["a"] * 4)}, "expected numbers in y_clean"),
        ({"split": [0, 1]}, r"split of shape \(4,\), .*holds shape \(2,\)"),
        ({"split": [0, 1, 2, 3]}, "from 0 on, less than 3 in split"),
    ],
)
def test_what_a_set_says_of_itself_is_checked(tmp_path, changes, message):
    with pytest.raises(ValueError, match=message):
        load_from_folder("odd", hostile(tmp_path, **changes))


@pytest.mark.parametrize("lengths", [[-1, 5], [0, 4], [1.5, 2.5], [np.nan, 4]])
def test_lengths_of_series_are_checked(tmp_path, lengths):
    info = {"kind": "sequence", "classes": ["rest", "move"]}
    folder = hostile(tmp_path, info=info, lengths=lengths)
    with pytest.raises(ValueError, match="whole numbers from 1 on in lengths"):
        load_from_folder("odd", folder)


def test_names_of_further_arrays_may_be_anything(tmp_path):
    path = tmp_path / "odd" / "data.npz"
    path.parent.mkdir()
    arrays = {"self": np.ones(1), "keys": np.ones(1), "frame": np.ones(1)}
    info = np.array(json.dumps(ABOUT))
    np.savez(path, X=np.eye(4), y_clean=CLEAN, info=info)
    with zipfile.ZipFile(path, "a") as file:
        for name, array in arrays.items():
            with file.open(f"{name}.npy", "w") as entry:
                np.lib.format.write_array(entry, array)
    bunch = load_from_folder("odd", tmp_path)
    assert bunch.frame is None
    assert_array_equal(bunch["self"], [1])


@pytest.mark.parametrize("how", ["empty", "text", "cut", "half", "foreign", "array"])
def test_damaged_files(tmp_path, how):
    hostile(tmp_path)
    path = tmp_path / "odd" / "data.npz"
    whole = path.read_bytes()
    np.save(tmp_path / "one.npy", np.eye(2))
    path.write_bytes(
        {
            "empty": b"",
            "text": b"no arrays",
            "cut": whole[:-30],
            "half": whole[: len(whole) // 2],
            "foreign": whole.replace(b"\x93NUMPY", b"\x93YPMUN"),
            "array": (tmp_path / "one.npy").read_bytes(),
        }[how]
    )
    with pytest.raises(ValueError, match=r"data\.npz.* write it again|Write the file"):
        load_from_folder("odd", tmp_path)


def test_pickled_objects_are_refused(tmp_path):
    folder = hostile(tmp_path, extra=np.array([{"a": 1}], dtype=object))
    with pytest.raises(ValueError, match="without objects, but it cannot be read"):
        load_from_folder("odd", folder)


def test_a_description_in_another_encoding(tmp_path):
    folder = hostile(tmp_path)
    (tmp_path / "odd" / "README.md").write_bytes("Gr\xf6\xdfe".encode("cp1252"))
    assert load_from_folder("odd", folder).DESCR.startswith("Gr")
