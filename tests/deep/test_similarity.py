"""Similarities, tables and what follows from them, worked by hand."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("skorch")

from sknoisy._labels import label_record  # noqa: E402
from sknoisy.deep._core import fit_mixtures  # noqa: E402
from sknoisy.deep._rows import RowDataset  # noqa: E402
from sknoisy.deep._similarity import (  # noqa: E402
    label_similarity,
    look_up,
    weight_tables,
)
from sknoisy.deep._skorch_net import Training  # noqa: E402

rng = np.random.RandomState(0)
CODES = np.arange(400) % 2
SCORES = np.where(rng.uniform(size=400) < 0.4, rng.beta(2, 8, 400), rng.beta(9, 1, 400))


def test_similarity_is_the_cosine():
    proba = torch.tensor([[0.5, 0.5, 0.0], [0.5, 0.3, 0.2]], dtype=torch.float64)
    found = label_similarity(proba, np.array([0, 2]))
    one_hot = np.eye(3)[[0, 2]]
    expected = (proba.numpy() * one_hot).sum(axis=1)
    expected /= np.linalg.norm(proba.numpy(), axis=1)
    np.testing.assert_allclose(found.numpy(), expected)
    # One other class lowers it more than the same share spread over many.
    assert found[0].item() == pytest.approx(0.5**0.5)


def fitted(**options):
    source = torch.utils.data.TensorDataset(torch.zeros(400, 1))
    training = Training(RowDataset(source), label_record(CODES, owner="test"))
    options = {"scope": "global", "min_class_size": 50, **options}
    rows = np.arange(0, 400, 2) if options.pop("half", False) else np.arange(400)
    return fit_mixtures("beta", SCORES, training, rows, **options)


def test_one_mixture_or_one_per_class():
    assert len(fitted()) == 1
    overall, zero, one = fitted(scope="class")
    np.testing.assert_allclose(zero.means_, fitted(half=True)[0].means_)
    assert not np.allclose(zero.means_, one.means_)
    overall, zero, one = fitted(scope="class", min_class_size=201)
    assert zero is one is overall


def test_tables_rise_and_are_clipped():
    tables = weight_tables([fitted(), fitted(scope="class")], 2, 50, 0.01)
    assert tables.shape == (2, 2, 50)
    assert (tables.diff(dim=2) >= 0).all()
    assert tables.min() == pytest.approx(0.01)
    assert tables.max() == pytest.approx(0.99)
    assert torch.equal(tables[0, 0], tables[0, 1])


def test_look_up_takes_the_entry_of_network_class_and_similarity():
    tables = torch.arange(2 * 3 * 4).reshape(2, 3, 4) / 10
    similarity = torch.tensor([[0.0, 0.26, 1.0], [0.74, 0.75, 0.999]])
    found = look_up(tables, similarity, np.array([0, 1, 2]))
    expected = [[0.0, 0.5, 1.1], [1.4, 1.9, 2.3]]
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-6)
