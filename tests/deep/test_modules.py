"""Default networks fit the data, and what is not logits is recognised."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("skorch")

from sknoisy.deep._modules import (  # noqa: E402
    Standardize,
    check_logits,
    make_image_module,
    make_table_module,
    redraw,
)


def test_standardize_takes_out_the_scale():
    X = np.random.RandomState(0).normal([5, 1e9], [2, 3], size=(100, 2))
    X = np.column_stack([X, np.full(100, 0.1)])
    module = Standardize(X.mean(axis=0), X.std(axis=0))
    scaled = module(torch.from_numpy(X)).numpy()
    assert scaled.dtype == np.float32
    np.testing.assert_allclose(scaled.mean(axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(scaled.std(axis=0), [1, 1, 0], atol=1e-6)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.int64])
def test_table_module_takes_any_precision(dtype):
    module = make_table_module(3, 4, np.zeros(3), np.ones(3))
    logits = module(torch.zeros(5, 3, dtype=dtype))
    assert logits.shape == (5, 4)
    assert logits.dtype == torch.float32


@pytest.mark.parametrize("size", [1, 3, 8, 28, 48])
def test_image_module_fits_the_image(size):
    module = make_image_module((2, size, size + 1), 3, np.zeros(2), np.ones(2))
    assert module(torch.zeros(4, 2, size, size + 1)).shape == (4, 3)


def test_redraw_changes_the_weights():
    torch.manual_seed(0)
    module = make_table_module(3, 4, np.zeros(3), np.ones(3))
    before = module[1].weight.clone()
    assert redraw(module) is module
    assert not torch.equal(module[1].weight, before)


def test_logits_are_told_from_probabilities():
    logits = torch.tensor([[2.0, -1.0], [0.5, 0.5]])
    check_logits(logits, 2, "Net")
    check_logits(torch.log_softmax(logits, dim=1), 2, "Net")
    with pytest.raises(ValueError, match=r"got probabilities.*Remove the softmax"):
        check_logits(torch.softmax(logits, dim=1), 2, "Net")
    with pytest.raises(ValueError, match=r"\(n_samples, 3\), one per class.*\(2, 2\)"):
        check_logits(logits, 3, "Net")
    with pytest.raises(ValueError, match=r"but got shape \(2,\)\. Give the last layer"):
        check_logits(logits[0], 2, "Net")
