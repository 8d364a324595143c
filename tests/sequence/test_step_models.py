"""The parts of the localizer's model: windows, network and loss."""

from itertools import pairwise

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import softmax
from sklearn.neural_network import MLPRegressor

from sknoisy.sequence._bags import Bags, read_bags
from sknoisy.sequence._evidence import read_evidence
from sknoisy.sequence._pseudo_labels import mixed_targets
from sknoisy.sequence._step_models import (
    MovingMean,
    NetworkModel,
    StepOptions,
    bag_gradient,
    bag_scores,
    default_network,
)

OFFSETS = np.array([0, 4, 4, 9])


def test_context_repeats_the_ends_of_a_bag():
    stacked = Bags(np.arange(9.0)[:, None], OFFSETS).with_context(1).values
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


@pytest.mark.parametrize("layers", [(), (4,)])
def test_the_regressor_takes_a_step_along_the_gradient_of_the_bags(layers):
    rng = np.random.RandomState(0)
    bags = read_bags([rng.normal(size=(n, 3)) for n in (12, 9)], owner="test")
    evidence = read_evidence(bags, {"y": np.array([[1, 0], [1, 1]])}, owner="test")
    net = MLPRegressor(
        hidden_layer_sizes=layers,
        solver="sgd",
        momentum=0,
        alpha=0,
        learning_rate_init=0.5,
        max_iter=1,
    )
    options = StepOptions(pooling=0.25, absence=2.0, smoothing=3)
    model = NetworkModel(net, options, np.random.RandomState(0))
    model._begin(bags.values, 3)
    values = model._scaled(bags.values).astype(float)
    weights = model.trained_.coefs_[-1]
    first, inputs = weights.astype(float), values
    if layers:
        hidden = values @ model.trained_.coefs_[0] + model.trained_.intercepts_[0]
        inputs = np.maximum(hidden, 0)
    targets = rng.normal(size=(21, 3))
    model.train(bags.values, bags.offsets, evidence, targets, round_number=0)
    moved = model.trained_.coefs_[-1] - first
    mean = MovingMean(bags.offsets, 3)

    def value():
        logits = mean(inputs @ first)
        return loss_of_bags(logits, evidence, bags.offsets, targets, 0.25, 2.0)

    for place in [(0, 0), (2, 1), (1, 2)]:
        expected = -0.5 * slope(value, first, place)
        assert_allclose(moved[place], expected, rtol=1e-3, atol=1e-6)


def test_new_networks_have_logits_near_zero():
    values = np.random.RandomState(0).normal(size=(50, 4)) * 30 + 100
    options = StepOptions(0.1, 4.0, 1)
    model = NetworkModel(default_network(), options, np.random.RandomState(0))
    model._begin(values, 5)
    assert_allclose(model.proba(values, np.array([0, 50])), 0.2, atol=0.1)


def loss_of_bags(logits, evidence, offsets, targets, pooling, absence):
    """Return the loss as the guide writes it, bag by bag."""
    total = 0
    for bag, (begin, end) in enumerate(pairwise(offsets)):
        z, present = logits[begin:end], evidence.allowed[bag] > 0
        log_p = np.log(softmax(z, axis=1))
        n_top = max(1, int(len(z) * pooling))
        bag_logits = np.sort(z, axis=0)[-n_top:].mean(axis=0)[None]
        total -= np.log(softmax(bag_logits, axis=1))[0, present].mean()
        inside = np.exp(log_p[:, present]).sum(axis=1)
        total -= absence * np.log(inside).mean()
        total -= (targets[begin:end] * log_p).sum() / len(z)
    return total / (len(offsets) - 1)


@pytest.mark.parametrize("smoothing", [1, 5])
def test_gradient_of_the_loss(smoothing):
    rng = np.random.RandomState(0)
    bags = read_bags([rng.normal(size=(n, 2)) for n in (12, 9)], owner="test")
    evidence = read_evidence(
        bags, {"y": np.array([[1, 0, 1], [0, 0, 1]])}, owner="test"
    )
    logits, targets = rng.normal(size=(21, 4)), rng.normal(size=(21, 4))
    options = StepOptions(pooling=0.25, absence=2.0, smoothing=smoothing)
    gradient = bag_gradient(logits, bags.offsets, evidence.allowed, targets, options)
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
