"""Similarities, tables and what follows from them, worked by hand."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("skorch")

from sknoisy._labels import label_record  # noqa: E402
from sknoisy.deep._resup_net import (  # noqa: E402
    label_similarity,
    look_up,
    weight_tables,
)
from sknoisy.quality._similarity import MixtureFitter  # noqa: E402

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


def fitted(scope):
    fitter = MixtureFitter("beta", noise_found=False, scope=scope)
    return fitter.weigh(SCORES, label_record(CODES, owner="test"))[1]


def test_tables_rise_and_are_clipped():
    tables = weight_tables([fitted("global"), fitted("class")], 2)
    assert tables.shape == (2, 2, 100)
    assert (tables.diff(dim=2) >= 0).all()
    assert tables.min() == pytest.approx(1e-4)
    assert tables.max() == pytest.approx(1 - 1e-4)
    assert torch.equal(tables[0, 0], tables[0, 1])
    assert not torch.equal(tables[1, 0], tables[1, 1])


def test_look_up_takes_the_entry_of_network_class_and_similarity():
    tables = torch.arange(2 * 3 * 4).reshape(2, 3, 4) / 10
    similarity = torch.tensor([[0.0, 0.26, 1.0], [0.74, 0.75, 0.999]])
    found = look_up(tables, similarity, np.array([0, 1, 2]))
    expected = [[0.0, 0.5, 1.1], [1.4, 1.9, 2.3]]
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-6)
