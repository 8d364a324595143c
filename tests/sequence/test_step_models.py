"""The parts of the localizer's model: windows, network and loss."""

from itertools import pairwise

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sknoisy.sequence._bag_loss import BagLoss, bag_scores
from sknoisy.sequence._bags import read_bags
from sknoisy.sequence._decoding import mixed_targets
from sknoisy.sequence._evidence import read_evidence
from sknoisy.sequence._step_network import StepNetwork, softmax
from sknoisy.sequence._windows import MovingMean, stack_context

OFFSETS = np.array([0, 4, 4, 9])


def test_context_repeats_the_ends_of_a_bag():
    values = np.arange(9.0)[:, None]
    stacked = stack_context(values, OFFSETS, 1)
    assert_array_equal(stacked[[0, 3, 4]], [[0, 0, 1], [2, 3, 3], [4, 4, 5]])


def test_moving_mean_stays_in_its_bag():
    mean = MovingMean(OFFSETS, 3)(np.arange(9.0)[:, None])[:, 0]
    assert_allclose(mean, [0.5, 1, 2, 2.5, 4.5, 5, 6, 7, 7.5])


@pytest.mark.parametrize("width", [1, 3, 7])
def test_adjoint_of_the_moving_mean(width):
    mean = MovingMean(OFFSETS, width)
    assert_allclose(mean(np.eye(9)).T, mean.adjoint(np.eye(9)))


def slope(function, array, place, step=1e-6):
    """Return the derivative of a function in one entry of an array."""
    before = array[place]
    array[place] = before + step
    above = function()
    array[place] = before - step
    below = function()
    array[place] = before
    return (above - below) / (2 * step)


@pytest.mark.parametrize("hidden_units", [0, 4])
def test_network_goes_down_the_slope(hidden_units):
    rng = np.random.RandomState(0)
    net = StepNetwork(5, 3, hidden_units=hidden_units, alpha=0.3, rng=rng)
    values, y = rng.normal(size=(7, 5)), rng.randint(3, size=7)

    def loss():
        fit = -np.log(softmax(net.logits(values))[np.arange(7), y]).sum()
        return fit + 0.15 * sum((w**2).sum() for w in net.weights)

    seen = []
    net._adam = lambda gradients, rate: seen.extend(gradients)
    net.update(values, lambda logits: softmax(logits) - np.eye(3)[y], 0.1)
    for parameter, gradient in zip([*net.weights, *net.biases], seen, strict=True):
        place = (0,) * parameter.ndim
        assert_allclose(slope(loss, parameter, place), gradient[place], atol=1e-6)


def loss_of_bags(logits, evidence, offsets, targets, pooling, absence):
    """Return the loss as the guide writes it, bag by bag."""
    total = 0
    for bag, (begin, end) in enumerate(pairwise(offsets)):
        z, present = logits[begin:end], evidence.allowed[bag] > 0
        log_p = np.log(softmax(z))
        n_top = max(1, int(len(z) * pooling))
        bag_logits = np.sort(z, axis=0)[-n_top:].mean(axis=0)[None]
        total -= np.log(softmax(bag_logits))[0, present].mean()
        inside = np.exp(log_p[:, present]).sum(axis=1)
        total -= absence * np.log(inside).mean()
        total -= (targets[begin:end] * log_p).sum() / len(z)
    return total / (len(offsets) - 1)


@pytest.mark.parametrize("smoothing", [1, 5])
def test_gradient_of_the_loss(smoothing):
    rng = np.random.RandomState(0)
    bags = read_bags([rng.normal(size=(n, 2)) for n in (12, 9)], owner="test")
    evidence = read_evidence(np.array([[1, 0, 1], [0, 0, 1]]), bags, owner="test")
    logits, targets = rng.normal(size=(21, 4)), rng.normal(size=(21, 4))
    loss = BagLoss(evidence, pooling=0.25, absence=2.0, smoothing=smoothing)
    gradient = loss.gradient(logits, bags.offsets, np.arange(2), targets)
    mean = MovingMean(bags.offsets, smoothing)

    def value():
        known = (evidence, bags.offsets, targets, 0.25, 2.0)
        return loss_of_bags(mean(logits), *known)

    for place in [(0, 0), (5, 1), (11, 3), (12, 2), (20, 0)]:
        assert_allclose(slope(value, logits, place), gradient[place], atol=1e-6)


def test_scores_of_bags():
    scores = np.array([[0.1], [0.9], [0.5], [0.3]])
    found = bag_scores(scores, np.array([0, 4, 4]), 0.5)
    assert_allclose(found, [[0.7], [0.0]])


def test_targets_are_mixed_half_and_half():
    given = np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 1.0]])
    found = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 0.0]])
    assert_array_equal(
        mixed_targets(given, found, True), [[0.5, 0.5], [0.5, 0.5], [0, 1]]
    )
    assert_array_equal(mixed_targets(given, found, False), [[1, 0], [0.5, 0.5], [0, 1]])
