"""Labels per step: from scored segments, and from their change."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy.optimize import linprog, minimize

from sknoisy.sequence import (
    delta_pseudo_labels,
    generate_proposals,
    linpro_pseudo_labels,
)
from sknoisy.sequence._pseudo_labels import PENALTY, RIDGE, cell_incidence
from sknoisy.sequence._segments import step_ranges

SOLVERS = ["min_norm", "linprog"]


@pytest.mark.parametrize("solver", SOLVERS)
def test_one_segment_is_spread_evenly(solver):
    labels = linpro_pseudo_labels([[10, 20]], [0.6], 40, solver=solver)
    expected = np.zeros(40)
    expected[10:20] = 0.06
    assert_allclose(labels, expected, atol=2e-4)


def test_the_plain_linear_program_is_not_enough():
    # What SciPy's default method makes of the same program, one variable per step.
    inside = np.zeros((1, 40))
    inside[0, 10:20], inside[0, [9, 20]] = 1, -1
    naive = linprog(np.ones(40), A_eq=inside, b_eq=[0.6], bounds=(0, 1)).x
    assert naive.max() == pytest.approx(0.6)
    assert (naive > 0).sum() == 1


def test_two_segments_by_hand():
    labels = linpro_pseudo_labels([[5, 30], [10, 15]], [0.5, 0.6], 40)
    expected = np.zeros(40)
    expected[10:15] = 0.12
    expected[[3, 4, 30, 31]] = 0.024
    assert_allclose(labels, expected, atol=1e-3)


def test_segments_that_contradict_each_other_find_a_compromise():
    segments, scores = [[10, 20], [10, 20]], [0.9, 0.1]
    labels = linpro_pseudo_labels(segments, scores, 40)
    assert_allclose(labels[10:20], 0.05, atol=1e-3)
    program = linpro_pseudo_labels(segments, scores, 40, solver="linprog")
    assert 0.1 - 1e-6 <= program.sum() <= 0.9 + 1e-6


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize(("start", "end"), [(2, 12), (0, 7), (15, 20), (0, 20)])
def test_the_mean_is_the_inverse_of_the_score(solver, start, end):
    scores = np.zeros(20)
    scores[start:end] = 0.7
    proposal = generate_proposals(scores, thresholds=[0.1])
    labels = linpro_pseudo_labels(
        proposal[:, :2], proposal[:, 2], 20, normalization="mean", solver=solver
    )
    assert_allclose(labels, scores, atol=1e-3)


@settings(max_examples=30)
@given(st.integers(0, 10_000), st.integers(1, 6), st.sampled_from(["sum", "mean"]))
def test_least_squares_solve_the_stated_problem(seed, n_segments, normalization):
    rng = np.random.RandomState(seed)
    start = rng.randint(30, size=n_segments)
    end = start + rng.randint(2, 11, size=n_segments)
    scores = rng.uniform(size=n_segments)
    segments = np.column_stack([start, end])
    labels = linpro_pseudo_labels(segments, scores, 40, normalization=normalization)
    cells, incidence = cell_incidence(start, end, 40, (0.0785, 0.9), normalization)
    lengths = np.diff(cells)
    weights = incidence * lengths
    target = scores * (end - start) if normalization == "mean" else scores

    def cost(u):
        misfit = weights @ u - target
        gradient = lengths * (1 + RIDGE * u) + PENALTY * weights.T @ misfit
        value = lengths @ (u + RIDGE / 2 * u**2) + PENALTY / 2 * misfit @ misfit
        return value, gradient

    found = labels[cells[:-1]]
    bounds = [(0, 1)] * len(lengths)
    better = minimize(cost, found, jac=True, bounds=bounds, options={"ftol": 1e-14})
    assert cost(found)[0] <= better.fun + 1e-6 * max(1, better.fun)


def test_labels_stay_below_one():
    segments = [[0, 10], [2, 8], [4, 6]]
    labels = linpro_pseudo_labels(segments, [30, 20, 9], 12)
    assert labels.max() == 1
    assert (labels[10:] == 0).all()


@pytest.mark.parametrize("solver", SOLVERS)
def test_negative_scores_count_as_zero(solver):
    assert_allclose(linpro_pseudo_labels([[3, 6]], [-0.4], 9, solver=solver), 0)


@pytest.mark.parametrize("n_steps", [0, 1, 5])
def test_no_segments(n_steps):
    assert_array_equal(linpro_pseudo_labels([], [], n_steps), np.zeros(n_steps))


def test_a_bag_of_one_step():
    assert_allclose(linpro_pseudo_labels([[0, 1]], [0.5], 1), [0.5], atol=2e-3)


def test_steps_belong_to_the_segment_that_holds_their_middle():
    start, end = np.array([0.4, 0.6, 2.6, 3.6]), np.array([2.6, 2.4, 3.2, 4.0])
    first, last = step_ranges(start, end, 4)
    assert_array_equal(first, [0, 1, 2, 3])
    assert_array_equal(last, [3, 2, 3, 4])


BAD_LINPRO = {
    "outside": ([[3, 12]], {}, "within the 10 steps, but segment 0 goes from 3 to 12"),
    "before": ([[-1, 2]], {}, "segment 0 goes from -1 to 2"),
    "ends before": ([[5, 2]], {}, "segment 0 starts at 5 and ends at 2"),
    "margin": ([[1, 2]], {"margin": ("a", 1)}, "margin expected"),
    "solver": ([[1, 2]], {"solver": "simplex"}, "'solver' parameter"),
    "normalization": ([[1, 2]], {"normalization": "max"}, "'normalization' parameter"),
}


@pytest.mark.parametrize(
    ("segments", "options", "message"), BAD_LINPRO.values(), ids=BAD_LINPRO
)
def test_bad_segments(segments, options, message):
    with pytest.raises(ValueError, match=message):
        linpro_pseudo_labels(segments, [0.5], 10, **options)


def test_delta_is_the_change():
    current, previous = np.random.RandomState(0).uniform(size=(2, 7, 3))
    assert_allclose(delta_pseudo_labels(current, previous), 2 * (current - previous))
    assert not delta_pseudo_labels(current, current).any()
    assert not delta_pseudo_labels(current, previous, eta=0).any()


def test_delta_on_an_anchor_is_a_target():
    anchor = [[0.5, 0.5], [0.2, 0.8], [0.9, 0.1]]
    current = [[1, 0], [0, 1], [0, 0]]
    previous = [[0, 0], [0, 1], [1, 1]]
    target = delta_pseudo_labels(current, previous, eta=1.0, anchor=anchor)
    # Promoted; left alone; nothing left of the row, so that the anchor stands.
    assert_allclose(target, [[0.75, 0.25], [0.2, 0.8], [0.9, 0.1]])


def test_delta_on_an_anchor_of_one_class_is_clipped():
    target = delta_pseudo_labels([1, 0, 0], [0, 1, 0], anchor=[0.4, 0.4, 0.4])
    assert_allclose(target, [1, 0, 0.4])


def test_delta_has_the_gradient_of_its_loss():
    rng = np.random.RandomState(0)
    logits = rng.normal(size=4)
    p = np.exp(logits) / np.exp(logits).sum()
    change = delta_pseudo_labels(rng.uniform(size=4), rng.uniform(size=4), eta=0.01)
    loss_gradient = change.sum() * p - change
    target = p + change
    assert_allclose(target.sum() * p - target, loss_gradient, atol=1e-12)


BAD_DELTA = {
    "shape": ([1, 0], [1, 0, 0], {}, r"previous expected the shape of current, \(2,\)"),
    "anchor": ([1], [1], {"anchor": [[1]]}, "anchor expected the shape of current"),
    "NaN": ([np.nan], [1], {}, "current contains NaN"),
    "eta": ([1], [1], {"eta": -1}, "'eta' parameter"),
}


@pytest.mark.parametrize(
    ("current", "previous", "options", "message"), BAD_DELTA.values(), ids=BAD_DELTA
)
def test_bad_delta(current, previous, options, message):
    with pytest.raises(ValueError, match=message):
        delta_pseudo_labels(current, previous, **options)
