"""The terms of the loss for sequences, and the layers that see only their own bag."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

torch = pytest.importorskip("torch")

from sknoisy.deep._sequence_loss import (  # noqa: E402
    Answers,
    BagBatch,
    absence_loss,
    attention_loss,
    bag_loss,
    consistency_loss,
    foreground_loss,
    highest_mean,
    step_loss,
)
from sknoisy.deep._sequence_module import (  # noqa: E402
    StepScorer,
    TemporalConvolution,
    moving_mean,
)
from sknoisy.sequence._step_models import (  # noqa: E402
    MovingMean,
    StepOptions,
    bag_gradient,
)

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


def batch(targets=None):
    targets = np.zeros((30, 4)) if targets is None else targets
    mask = padded(np.ones((30, 1)))[..., 0]
    return BagBatch(None, mask, torch.as_tensor(ALLOWED), padded(targets))


def answers(logits, attention=None):
    attention = np.zeros(30) if attention is None else attention
    return Answers(padded(logits), padded(attention[:, None])[..., 0])


@pytest.mark.parametrize("smoothing", [1, 5])
def test_shared_terms_are_those_of_the_network_without_torch(smoothing):
    logits, targets = RNG.normal(size=(30, 4)), RNG.normal(size=(30, 4))
    options = StepOptions(pooling=0.25, absence=2.0, smoothing=smoothing)
    expected = bag_gradient(logits, OFFSETS, ALLOWED, targets, options)
    leaf, known = padded(logits).requires_grad_(), batch(targets)
    smooth = moving_mean(leaf, known.mask, smoothing)
    said = Answers(smooth, smooth[..., 0])
    total = bag_loss(smooth, known, 0.25) + step_loss(said.log_share, known)
    total = total + 2 * absence_loss(said.log_share, known)
    total.mean().backward()
    assert_allclose(leaf.grad, padded(expected), atol=1e-12)


def test_foreground_is_what_is_attended_to():
    logits, attention = RNG.normal(size=(30, 4)), RNG.normal(size=30)
    losses = foreground_loss(answers(logits, attention), batch())
    weight = 1 / (1 + np.exp(-attention[:20]))
    pooled = (logits[:20] * weight[:, None]).sum(axis=0) / weight.sum()
    log_share = pooled - np.log(np.exp(pooled).sum())
    assert_allclose(losses[0], -(log_share[0] + log_share[2]) / 2)
    pooled = logits[20:29].T @ (1 / (1 + np.exp(-attention[20:29])))
    pooled /= (1 / (1 + np.exp(-attention[20:29]))).sum()
    log_share = pooled - np.log(np.exp(pooled).sum())
    assert_allclose(losses[1], -0.6 * log_share[1] - 0.2 * log_share[2])
    assert losses[2] == 0


def test_attention_is_to_differ_where_anything_happens():
    attention = np.linspace(-2, 2, 30)
    losses = attention_loss(answers(np.zeros((30, 4)), attention), batch())
    share = 1 / (1 + np.exp(-attention))
    assert_allclose(losses[0], share[:2].mean() - share[18:20].mean())
    assert_allclose(losses[1], share[20] - share[28])
    assert_allclose(losses[2], share[29])


def test_consistency_is_with_sharp_answers_within_the_bag():
    logits, teacher = (torch.log_softmax(torch.randn(1, 1, 4), 2) for _ in "12")
    known = BagBatch(None, torch.ones(1, 1), torch.tensor([[1.0, 0, 0, 1]]), None)
    target = torch.softmax(5 * teacher[0, 0, [0, 3]], 0)
    said = torch.log_softmax(5 * logits[0, 0], 0)[[0, 3]]
    expected = -(target * said).sum()
    assert_allclose(consistency_loss(logits, teacher, known)[0], expected, rtol=1e-5)


def test_probabilities_with_and_without_attention():
    said = answers(RNG.normal(size=(30, 4)), RNG.normal(size=30))
    share = torch.softmax(said.logits, 2)
    assert_allclose(said.proba(False), share)
    weighted = said.proba(True)
    assert_allclose(weighted.sum(2), 1)
    expected = share[..., :-1] * torch.sigmoid(said.attention)[..., None]
    assert_allclose(weighted[..., :-1], expected)


def test_highest_steps_are_those_of_the_bag():
    values = np.concatenate([-np.arange(1, 30), [-5]])[:, None].astype(float)
    means = highest_mean(padded(values), batch(), 0.25)[:, 0]
    assert_allclose(means, [-3, -21.5, -5])


@pytest.mark.parametrize("width", [1, 3, 41])
def test_moving_mean_stays_in_its_bag(width):
    values = RNG.normal(size=(30, 4))
    expected = padded(MovingMean(OFFSETS, width)(values))
    assert_allclose(moving_mean(padded(values), batch().mask, width), expected)


def test_what_fills_up_a_batch_is_not_seen():
    body = TemporalConvolution(4, n_units=6, kernel_size=5, n_layers=3, dropout=0.5)
    scorer = StepScorer(body, 6, 3, np.full(4, 7.0), 2.0).eval()
    x, mask = padded(RNG.normal(size=(30, 4))).transpose(1, 2), batch().mask.float()
    together = scorer(x, mask)
    for row, length in enumerate(LENGTHS):
        alone = scorer(x[row : row + 1, :, :length], torch.ones(1, length))
        for one, other in zip(alone, together, strict=True):
            assert_allclose(
                one[0].detach(), other[row, :length].detach(), atol=1e-6, rtol=1e-5
            )
