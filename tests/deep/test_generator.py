"""The random numbers of a net start from its seed and are nobody else's."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("skorch")

from sknoisy.deep._generator import draw_seed, get_state, own_generators  # noqa: E402

CPU = torch.device("cpu")


def test_seed_of_each_kind_of_random_state():
    assert draw_seed(3) == draw_seed(3) != draw_seed(4)
    state = np.random.RandomState(0)
    assert draw_seed(state) != draw_seed(state)
    torch.manual_seed(0)
    first = draw_seed(None)
    assert draw_seed(None) != first
    torch.manual_seed(0)
    assert draw_seed(None) == first


def test_numbers_go_on_from_a_state_and_the_rest_stays_as_it_was():
    before = torch.get_rng_state()
    with own_generators(CPU, seed=1):
        torch.rand(3)
        state = get_state(CPU)
        expected = torch.rand(3)
    with own_generators(CPU, state=state):
        found = torch.rand(3)
    assert torch.equal(found, expected)
    assert torch.equal(torch.get_rng_state(), before)


def fail():
    with own_generators(CPU, seed=1):
        torch.rand(3)
        raise RuntimeError("broken")


def test_generators_are_put_back_after_an_error():
    before = torch.get_rng_state()
    with pytest.raises(RuntimeError, match="broken"):
        fail()
    assert torch.equal(torch.get_rng_state(), before)
