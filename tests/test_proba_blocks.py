import tracemalloc

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from sklearn import config_context

from sknoisy import find_label_errors, label_quality
from sknoisy._array_library import numpy_view
from sknoisy.quality._find import RULES
from sknoisy.transition import confident_joint

RNG = np.random.RandomState(0)
N_ROWS, N_CLASSES = 300, 3
PROBA = RNG.dirichlet(np.full(N_CLASSES, 0.4), size=N_ROWS)
Y = np.array([RNG.choice(N_CLASSES, p=row) for row in PROBA])
Y[::7] = RNG.randint(N_CLASSES, size=len(Y[::7]))
NAMES = np.array(["ant", "bee", "cat"])
FUNCTIONS = [label_quality, find_label_errors, confident_joint]


class Rereadable:
    """Yields its blocks from the first one each time, and counts the passes."""

    def __init__(self, blocks):
        self.blocks = blocks
        self.n_passes = 0

    def __iter__(self):
        self.n_passes += 1
        return iter(self.blocks)


class Stored:
    """An array in a file of which rows can be had only by slices."""

    def __init__(self, array, chunks=None):
        self.array = array
        self.shape, self.dtype = array.shape, array.dtype
        self.largest = 0
        if chunks is not None:
            self.chunks = chunks

    def __getitem__(self, rows):
        assert isinstance(rows, slice)
        part = self.array[rows]
        self.largest = max(self.largest, len(part))
        return part


def cut(table, n_rows, labels=None):
    parts = [slice(start, start + n_rows) for start in range(0, len(table), n_rows)]
    if labels is None:
        return [table[part] for part in parts]
    return [(labels[part], table[part]) for part in parts]


def same(function, y, blocks, **options):
    assert_array_equal(
        function(y, blocks, **options), function(Y, PROBA, **options), strict=True
    )


@pytest.mark.parametrize("n_rows", [1, 7, 299, 300])
@pytest.mark.parametrize("function", FUNCTIONS)
def test_blocks_give_the_same_as_the_table(function, n_rows):
    same(function, Y, cut(PROBA, n_rows))
    same(function, Y, Rereadable(cut(PROBA, n_rows)))
    same(function, Y, lambda: (block for block in cut(PROBA, n_rows)))
    same(function, None, cut(PROBA, n_rows, labels=Y))
    same(function, None, Rereadable(cut(PROBA, n_rows, labels=Y)))
    same(function, None, lambda: iter(cut(PROBA, n_rows, labels=Y)))


@pytest.mark.parametrize("rule", sorted(RULES))
@pytest.mark.parametrize("ranked", [False, True])
def test_every_rule_reads_blocks(rule, ranked):
    same(find_label_errors, Y, cut(PROBA, 64), rule=rule, ranked=ranked)
    same(find_label_errors, Y, Stored(PROBA), rule=rule, ranked=ranked)


def test_single_precision_is_kept():
    blocks = cut(PROBA.astype(np.float32), 64)
    whole = label_quality(Y, PROBA.astype(np.float32))
    assert_array_equal(label_quality(Y, blocks), whole, strict=True)
    assert whole.dtype == np.float32


def test_frames_as_blocks_are_matched_by_name():
    frames = [
        pd.DataFrame(PROBA[part][:, order], columns=NAMES[order])
        for part, order in (
            (slice(0, 90), [2, 0, 1]),
            (slice(90, 300), [0, 1, 2]),
        )
    ]
    for function in FUNCTIONS:
        assert_array_equal(function(NAMES[Y], frames), function(NAMES[Y], PROBA))


def test_labels_in_blocks_may_lack_classes():
    order = np.argsort(Y, kind="stable")
    sorted_blocks = cut(PROBA[order], 50, labels=Y[order])
    assert_array_equal(
        label_quality(None, sorted_blocks), label_quality(Y, PROBA)[order]
    )


@pytest.mark.parametrize("function", FUNCTIONS)
def test_mapped_files(function, tmp_path):
    mapped = np.memmap(tmp_path / "proba", np.float64, mode="w+", shape=PROBA.shape)
    mapped[:] = PROBA
    mapped.flush()
    read = np.memmap(tmp_path / "proba", np.float64, mode="r", shape=PROBA.shape)
    same(function, Y, read)


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("chunks", [None, (100, 3), ((100, 150, 50), (3,))])
def test_stored_arrays_are_fetched_in_slices(function, chunks, monkeypatch):
    monkeypatch.setattr("sknoisy._proba_blocks.FETCHED_ENTRIES", 120)
    stored = Stored(PROBA, chunks)
    same(function, Y, stored)
    assert stored.largest == (150 if chunks and isinstance(chunks[0], tuple) else 40)


def test_dask_arrays_and_frames():
    dask = pytest.importorskip("dask.array", reason="dask is an optional library")
    chunked = dask.from_array(PROBA, chunks=(64, 2))
    for function in FUNCTIONS:
        same(function, Y, chunked)
        same(function, dask.from_array(Y, chunks=50), chunked)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_an_iterator_can_be_read_only_once(function):
    blocks = cut(PROBA, 50)
    for once in (iter(blocks), (block for block in blocks)):
        with pytest.raises(ValueError, match=r"read only once: two passes are needed"):
            function(Y, once)


def test_a_function_has_to_make_a_new_iterator():
    started = iter(cut(PROBA, 50))
    with pytest.raises(ValueError, match="every pass, but they end after 0 of 300"):
        find_label_errors(Y, lambda: started)
    with pytest.raises(TypeError, match="argument"):
        find_label_errors(Y, lambda path: cut(PROBA, 50))


class Exhausted(Rereadable):
    def __iter__(self):
        super().__iter__()
        return iter(self.blocks if self.n_passes == 1 else self.blocks[:2])


class Shuffled(Rereadable):
    def __iter__(self):
        super().__iter__()
        return iter(self.blocks[:: 1 if self.n_passes == 1 else -1])


BLOCKS = cut(PROBA, 50)
PAIRS = cut(PROBA, 50, labels=Y)


def spoiled(value):
    table = PROBA.copy()
    table[[271, 280], 1] = value
    return cut(table, 50)


@pytest.mark.parametrize(
    ("y", "blocks", "message"),
    [
        (Y, Rereadable([]), "at least one block of probabilities, but .* nothing"),
        (Y, Exhausted(BLOCKS), r"same blocks in every pass, but they end after 100 of"),
        (None, Shuffled(PAIRS), r"same blocks in every pass, but block 0 holds other"),
        (Y[:250], BLOCKS, r"blocks of 250 rows in all, .* but they hold 300"),
        (None, BLOCKS, "y=None and blocks without labels"),
        (Y, PAIRS, "either as y or in the blocks, but got both"),
        (None, PROBA, r"one label per row of proba, but got y=None"),
        (
            Y,
            [*BLOCKS[:5], BLOCKS[5][:, :2]],
            r"3 columns of float64, but block 5 has 2",
        ),
        (Y, [*BLOCKS[:5], BLOCKS[5].astype("f")], "block 5 has 3 columns of float32"),
        (Y, [], "at least one block of probabilities, but .* nothing"),
        (Y, [PROBA.astype(object)], "real numbers, but block 0 has the dtype object"),
        (Y, [PROBA.astype(complex)], "block 0 has the dtype complex128"),
        (Y, [*BLOCKS[:5], BLOCKS[5].astype(str)], "block 5 has the dtype <U32"),
        (Y, [*BLOCKS[:5], BLOCKS[5][0]], r"shape \(n_rows, n_classes\).* block 5 is a"),
        (
            None,
            [*PAIRS[:5], BLOCKS[5]],
            "3 columns of float64 with labels, but block 5",
        ),
        (None, [*PAIRS[:5], (Y[:9], BLOCKS[5])], "block 5, but got 9 labels and 50"),
        (Y, [np.full((300, 2), 0.5)], r"\(n_rows, 3\) in each block.*classes="),
        (Y, spoiled(np.nan), r"contains NaN in row 271, 280\."),
        (Y, spoiled(0.999), r"Normalise the rows first: 271, 280\."),
        (Y, spoiled(-0.25), r"smallest is -0\.25.* see row 271"),
    ],
)
@pytest.mark.parametrize("function", FUNCTIONS)
def test_blocks_that_cannot_be_read(function, y, blocks, message):
    if isinstance(blocks, Rereadable):
        blocks = type(blocks)(blocks.blocks)
    with pytest.raises(ValueError, match=message) as caught:
        function(y, blocks)
    assert function.__name__ in str(caught.value)


class Tensor:
    """What other libraries of arrays have in common, here over an array of numpy."""

    def __init__(self, array, device="cpu"):
        self.array, self.device = array, device
        self.shape, self.dtype = array.shape, array.dtype

    def __dlpack__(self, **options):
        if self.device != "cpu":
            raise BufferError("not in the memory of the CPU")
        return self.array.__dlpack__(**options)

    def __dlpack_device__(self):
        return self.array.__dlpack_device__()


def tensors():
    yield Tensor
    yield pytest.importorskip("torch", reason="torch is optional").from_numpy


@pytest.mark.parametrize("dispatch", [False, True])
@pytest.mark.parametrize("function", FUNCTIONS)
def test_tensors_are_read_where_they_lie(function, dispatch, monkeypatch):
    monkeypatch.setenv("SCIPY_ARRAY_API", "1")
    try:
        with config_context(array_api_dispatch=dispatch):
            pass
    except ImportError:
        pytest.skip("old versions of scikit-learn need array_api_compat")
    for tensor in tensors():
        with config_context(array_api_dispatch=dispatch):
            for table in (PROBA, PROBA.astype(np.float32), np.asfortranarray(PROBA)):
                expected = function(Y, table)
                for y in (Y, tensor(Y)):
                    assert_array_equal(
                        function(y, tensor(table)), expected, strict=True
                    )
                blocks = [(tensor(Y), tensor(table))]
                assert_array_equal(function(None, blocks), expected, strict=True)


def test_tensors_are_not_copied():
    assert np.shares_memory(numpy_view(Tensor(PROBA), "it"), PROBA)


def test_tensors_that_numpy_cannot_read():
    torch = pytest.importorskip("torch", reason="torch is optional")
    with_gradient = torch.from_numpy(PROBA).requires_grad_()
    for table in (Tensor(PROBA, "cuda:0"), with_gradient, with_gradient.bfloat16()):
        message = "memory of the CPU, .* but got a Tensor of .*detach"
        with pytest.raises(TypeError, match=message):
            label_quality(Y, table)


def test_memory_does_not_grow_with_the_table():
    table = np.full((20_000, 200), 1 / 200)
    y = np.arange(20_000) % 200
    for function in FUNCTIONS:
        tracemalloc.start()
        function(y, table)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 0.2 * table.nbytes
