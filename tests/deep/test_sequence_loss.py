"""The terms of the loss for sequences, and the layers that see only their own bag."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

torch = pytest.importorskip("torch")

from sknoisy.deep._sequence_loss import (  # noqa: E402
    absence_loss,
    bag_loss,
    highest_mean,
    step_loss,
)
from sknoisy.deep._sequence_module import (  # noqa: E402
    StepScorer,
    TemporalConvolution,
    moving_mean,
)
from sknoisy.sequence._step_models import StepOptions, bag_gradient  # noqa: E402

LENGTHS = [20, 9, 1]
OFFSETS = np.array([0, 20, 29, 30])
ALLOWED = np.array([[1.0, 0, 1, 1], [0, 0.6, 0.2, 1], [0, 0, 0, 1]])
RNG = np.random.RandomState(0)


def padded(flat):
    """Return rows of all bags as one array per bag, filled up with zeros."""
    filled = np.zeros((len(LENGTHS), max(LENGTHS), flat.shape[1]))
    for row, length in enumerate(LENGTHS):
        filled[row, :length] = flat[OFFSETS[row] : OFFSETS[row] + length]
    return torch.as_tensor(filled)


MASK = padded(np.ones((30, 1)))[..., 0]
SLICES = [slice(*OFFSETS[i : i + 2]) for i in range(3)]


def log_shares(logits):
    return logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))


@pytest.mark.parametrize("smoothing", [1, 5])
def test_terms_are_those_of_the_network_without_torch(smoothing):
    logits, targets = RNG.normal(size=(30, 4)), RNG.normal(size=(30, 4))
    options = StepOptions(pooling=0.25, absence=2.0, smoothing=smoothing)
    expected = bag_gradient(logits, OFFSETS, ALLOWED, targets, options)
    leaf, allowed = padded(logits).requires_grad_(), torch.as_tensor(ALLOWED)
    smooth = moving_mean(leaf, MASK, smoothing)
    log_proba = torch.log_softmax(smooth, dim=2)
    total = bag_loss(smooth, MASK, allowed, 0.25)
    total = total + step_loss(log_proba, MASK, padded(targets))
    total = total + 2 * absence_loss(log_proba, MASK, allowed)
    total.mean().backward()
    assert_allclose(leaf.grad, padded(expected), atol=1e-12)


def test_loss_of_bags_is_that_of_their_highest_steps():
    logits = RNG.normal(size=(30, 4))
    losses = bag_loss(padded(logits), MASK, torch.as_tensor(ALLOWED), 0.25)
    for steps, allowed, n_top, loss in zip(
        SLICES, ALLOWED, (5, 2, 1), losses, strict=True
    ):
        top = np.sort(logits[steps], axis=0)[-n_top:].mean(axis=0)
        assert_allclose(loss, -(allowed / allowed.sum()) @ log_shares(top))


def test_absent_classes_cost_at_every_step():
    log_proba = log_shares(RNG.normal(size=(30, 4)))
    losses = absence_loss(padded(log_proba), MASK, torch.as_tensor(ALLOWED))
    for steps, allowed, loss in zip(SLICES, ALLOWED, losses, strict=True):
        possible = np.exp(log_proba[steps]) @ allowed
        assert_allclose(loss, -np.log(possible).mean())


def test_steps_are_taught_their_targets():
    log_proba, targets = log_shares(RNG.normal(size=(30, 4))), RNG.normal(size=(30, 4))
    losses = step_loss(padded(log_proba), MASK, padded(targets))
    for steps, loss in zip(SLICES, losses, strict=True):
        taught = (targets[steps] * log_proba[steps]).sum(axis=1)
        assert_allclose(loss, -taught.mean())


def test_highest_steps_are_those_of_the_bag():
    values = np.concatenate([-np.arange(1, 30), [-5]])[:, None].astype(float)
    means = highest_mean(padded(values), MASK, 0.25)[:, 0]
    assert_allclose(means, [-3, -21.5, -5])


@pytest.mark.parametrize("width", [1, 3, 41])
def test_moving_mean_stays_in_its_bag(width):
    values = RNG.normal(size=(30, 4))
    means = moving_mean(padded(values), MASK, width)
    for bag, steps in enumerate(SLICES):
        for step in range(LENGTHS[bag]):
            window = values[steps][max(step - width // 2, 0) : step + width // 2 + 1]
            assert_allclose(means[bag, step], window.mean(axis=0))


def test_what_fills_up_a_batch_is_not_seen():
    body = TemporalConvolution(4, n_units=6, kernel_size=5, n_layers=3, dropout=0.5)
    scorer = StepScorer(body, 6, 3, np.full(4, 7.0), 2.0).eval()
    x, mask = padded(RNG.normal(size=(30, 4))).transpose(1, 2), MASK.float()
    together = scorer(x, mask)
    for row, length in enumerate(LENGTHS):
        alone = scorer(x[row : row + 1, :, :length], torch.ones(1, length))
        expected = together[row, :length].detach()
        assert_allclose(alone[0].detach(), expected, atol=1e-6, rtol=1e-5)
