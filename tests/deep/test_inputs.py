"""The scale of the training data, by weight, for every kind of rows."""

import numpy as np
import pytest
from scipy.sparse import csr_array, dok_array

torch = pytest.importorskip("torch")
pytest.importorskip("skorch")

from sknoisy.deep._inputs import (  # noqa: E402
    count_rows,
    is_dict,
    row_shape,
    scale_of,
)

rng = np.random.RandomState(0)
X = rng.normal([1, -2, 0], [1, 3, 0], size=(40, 3))
WEIGHTS = rng.randint(1, 4, 40).astype(float)


@pytest.mark.parametrize("kind", [np.asarray, csr_array, torch.from_numpy])
def test_scale_of_columns_counts_by_weight(kind):
    mean, std = scale_of(kind(X), (3,), WEIGHTS)
    repeated = np.repeat(X, WEIGHTS.astype(int), axis=0)
    np.testing.assert_allclose(mean, repeated.mean(axis=0), atol=1e-12)
    np.testing.assert_allclose(std, repeated.std(axis=0), atol=1e-7)
    plain, _ = scale_of(kind(X), (3,), None)
    np.testing.assert_allclose(plain, X.mean(axis=0), atol=1e-12)


@pytest.mark.parametrize("shape", [(40, 2, 5, 7), (40, 70)])
def test_scale_of_images_is_that_of_channels(shape):
    images = rng.normal(size=(40, 2, 5, 7)) * [[[[1]], [[4]]]]
    mean, std = scale_of(images.reshape(shape), (2, 5, 7), None)
    np.testing.assert_allclose(mean, images.mean(axis=(0, 2, 3)))
    np.testing.assert_allclose(std, images.std(axis=(0, 2, 3)))


def test_rows_without_a_scale():
    assert scale_of(np.zeros((4, 3, 2)), (3, 2), None) is None
    assert scale_of({"a": X}, None, None) is None


def test_shape_of_a_row():
    assert row_shape(X, None, "Net") == (3,)
    assert row_shape(X, [1, 1, 3], "Net") == (1, 1, 3)
    assert row_shape({"a": X}, None, "Net") is None
    for wrong in [(1, 3), (2, 2, 2)]:
        with pytest.raises(ValueError, match=r"Net expected image_shape .*, 3, but"):
            row_shape(X, wrong, "Net")


def test_number_of_rows():
    for rows in (X, X.tolist(), csr_array(X), {"a": X, "b": X[:, 0]}):
        assert count_rows(rows) == 40
    assert count_rows(torch.utils.data.TensorDataset(torch.from_numpy(X))) == 40
    assert not is_dict(dok_array(X))
