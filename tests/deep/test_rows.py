"""Rows keep their number and weight, however a loader mixes them."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")
skorch = pytest.importorskip("skorch")

from scipy.sparse import csr_array  # noqa: E402
from torch.utils.data import DataLoader, Subset, TensorDataset  # noqa: E402

from sknoisy.deep._rows import (  # noqa: E402
    Collate,
    RowDataset,
    as_rows,
    is_numbered,
    labels_of,
    row_numbers,
)

X = np.arange(22, dtype=np.float32).reshape(11, 2)
CODES = np.arange(11) % 3
WEIGHTS = np.linspace(1, 2, 11)
SOURCES = {
    "array": skorch.dataset.Dataset(X),
    "tensor": skorch.dataset.Dataset(torch.from_numpy(X)),
    "sparse": skorch.dataset.Dataset(csr_array(X)),
    "foreign": TensorDataset(torch.from_numpy(X), torch.arange(11)),
}


def batches(dataset, **params):
    generator = torch.Generator().manual_seed(0)
    params = {"batch_size": 4, "collate_fn": Collate(), **params}
    return list(DataLoader(dataset, shuffle=True, generator=generator, **params))


@pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES)
@pytest.mark.parametrize("part", [None, [7, 3, 5, 0, 9]], ids=["all", "part"])
def test_numbers_weights_and_codes_belong_to_the_inputs(source, part):
    dataset = RowDataset(source, CODES, WEIGHTS)
    dataset = dataset if part is None else Subset(dataset, part)
    seen = []
    for rows, codes in batches(dataset):
        i = rows.index.numpy()
        np.testing.assert_array_equal(rows.inputs.numpy(), X[i])
        np.testing.assert_array_equal(codes.numpy(), CODES[i])
        np.testing.assert_allclose(rows.weight.numpy(), WEIGHTS[i], rtol=1e-6)
        seen.extend(i)
    assert seen != sorted(seen)
    assert sorted(seen) == sorted(row_numbers(dataset))


def test_dict_of_inputs():
    source = skorch.dataset.Dataset({"a": X, "b": torch.from_numpy(-X)})
    rows, _ = batches(RowDataset(source, CODES))[0]
    np.testing.assert_array_equal(rows.inputs["a"], X[rows.index.numpy()])
    np.testing.assert_array_equal(rows.inputs["b"], -X[rows.index.numpy()])


@pytest.mark.parametrize("name", ["array", "foreign"])
def test_collate_function_of_the_user_gets_pairs(name):
    def doubled(pairs):
        inputs = torch.stack([torch.as_tensor(x) for x, _ in pairs])
        return 2 * inputs, torch.stack([code for _, code in pairs])

    dataset = RowDataset(SOURCES[name], CODES)
    for rows, codes in batches(dataset, collate_fn=Collate(doubled)):
        i = rows.index.numpy()
        np.testing.assert_array_equal(rows.inputs.numpy(), 2 * X[i])
        np.testing.assert_array_equal(codes.numpy(), CODES[i])


def test_rows_of_others_have_no_number_and_weight_one():
    rows = as_rows(torch.zeros(3, 2))
    assert rows.index.tolist() == [-1, -1, -1]
    assert rows.weight.tolist() == [1, 1, 1]
    dataset = RowDataset(SOURCES["array"], numbered=False)
    assert dataset[2][0].index == -1


def test_parts_of_parts_are_recognised():
    dataset = RowDataset(SOURCES["array"])
    part = Subset(Subset(dataset, [4, 6, 8]), [2, 0])
    assert is_numbered(part)
    assert row_numbers(part).tolist() == [8, 4]
    assert not is_numbered(SOURCES["foreign"])


def test_labels_of_a_data_set():
    assert labels_of(SOURCES["foreign"]).tolist() == list(range(11))
    named = skorch.dataset.Dataset(X, np.array(list("abcabcabcab")))
    assert labels_of(named).tolist() == list("abcabcabcab")
    assert labels_of(skorch.dataset.Dataset(X)) is None
