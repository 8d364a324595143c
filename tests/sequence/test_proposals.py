import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from sknoisy.sequence import generate_proposals
from sknoisy.sequence._proposals import auto_thresholds, margin_widths, propose


def by_definition(scores, thresholds, min_length, margin):
    """Return the proposals found by walking along the steps."""
    scores, found = list(scores), []
    for level in thresholds:
        start = None
        for t in range(len(scores) + 1):
            above = t < len(scores) and scores[t] > level
            if above and start is None:
                start = t
            if not above and start is not None:
                if t - start >= min_length:
                    found.append((start, t))
                start = None
    rows = []
    for start, end in found:
        width = int(np.ceil(margin[0] * (end - start) ** margin[1]))
        around = scores[max(0, start - width) : start] + scores[end : end + width]
        inner = np.mean(scores[start:end])
        rows.append([start, end, inner - (np.mean(around) if around else 0), inner])
    return np.array(rows).reshape(-1, 4)


def test_worked_by_hand():
    scores = [0.1, 0.2, 0.8, 0.8, 0.2, 0.0]
    found = generate_proposals(scores, thresholds=[0.15, 0.5], margin=(0.25, 1.0))
    inside = (0.2 + 0.8 + 0.8 + 0.2) / 4
    assert_allclose(
        found, [[1, 5, inside - 0.05, inside], [2, 4, 0.8 - 0.2, 0.8]], atol=1e-12
    )


@settings(max_examples=60)
@given(
    st.lists(st.sampled_from([0.0, 0.1, 0.3, 0.5, 0.9]), max_size=40),
    st.integers(1, 4),
    st.sampled_from([(0.0785, 0.9), (0.25, 1.0), (0.0, 1.0), (3.0, 0.0)]),
)
def test_is_the_definition(scores, min_length, margin):
    thresholds = [0.05, 0.2, 0.4]
    found = generate_proposals(
        scores, thresholds=thresholds, min_length=min_length, margin=margin
    )
    expected = by_definition(scores, thresholds, min_length, margin)
    assert_allclose(found, expected, atol=1e-12)


def test_segments_that_touch_the_ends_have_one_margin_or_none():
    scores = [0.9, 0.9, 0.1, 0.1, 0.7, 0.7]
    first, last = generate_proposals(scores, thresholds=[0.5])
    assert_allclose(first, [0, 2, 0.8, 0.9])
    assert_allclose(last, [4, 6, 0.6, 0.7])
    assert_allclose(generate_proposals([0.6] * 5, thresholds=[0.5]), [[0, 5, 0.6, 0.6]])


@pytest.mark.parametrize("n_steps", range(9))
def test_short_bags(n_steps):
    found = generate_proposals(np.ones(n_steps), thresholds=[0.5])
    assert len(found) == (n_steps >= 2)
    assert found.shape[1] == 4


def test_constant_scores_below_and_at_a_threshold_propose_nothing():
    assert len(generate_proposals([0.5] * 20, thresholds=[0.5, 0.7])) == 0


def test_auto_thresholds_are_low():
    scores = np.linspace(0, 2, 101)
    levels = auto_thresholds(scores)
    assert_allclose(levels[[0, -1]], [0.01 * 1.9, 0.35 * 1.9])
    assert len(levels) == 20
    assert_array_equal(
        generate_proposals(scores, thresholds="auto"),
        generate_proposals(scores, thresholds=levels),
    )


def test_auto_thresholds_see_an_event_that_is_rare():
    scores = np.zeros(1000)
    scores[500:510] = [0.1, 0.3, 0.6, 0.8, 0.8, 0.8, 0.8, 0.6, 0.3, 0.1]
    assert_allclose(auto_thresholds(scores)[-1], 0.35 * 0.4)
    found = generate_proposals(scores, thresholds="auto")
    assert {tuple(row) for row in found[:, :2]} == {(500, 510), (501, 509)}


@pytest.mark.parametrize("level", [0.0, -2.0])
def test_auto_thresholds_find_nothing_where_nothing_is_above_zero(level):
    assert len(generate_proposals(np.full(9, level), thresholds="auto")) == 0


def test_margins_have_whole_steps():
    assert_array_equal(
        margin_widths([1, 2, 5, 25, 100], (0.0785, 0.9)), [1, 1, 1, 2, 5]
    )
    assert_array_equal(margin_widths([4, 5], (0.25, 1.0)), [1, 2])
    assert_array_equal(margin_widths([4, 5], (0.0, 1.0)), [0, 0])


def test_many_bags_and_classes_at_once():
    rng = np.random.RandomState(0)
    lengths = [0, 1, 17, 30, 0, 25]
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    scores = rng.uniform(size=(offsets[-1], 3))
    found = propose(scores, offsets, thresholds=[0.2, 0.5])
    assert len(found.segments) > 20
    for bag in range(len(lengths)):
        for label in range(3):
            steps = scores[offsets[bag] : offsets[bag + 1], label]
            alone = generate_proposals(steps, thresholds=[0.2, 0.5])
            mine = (found.bags == bag) & (found.labels == label)
            assert_allclose(found.segments[mine], alone[:, :2])
            assert_allclose(found.scores[mine], alone[:, 2], atol=1e-12)
            assert_allclose(found.inner[mine], alone[:, 3], atol=1e-12)


def test_a_run_ends_with_its_bag():
    found = propose(np.ones((6, 1)), np.array([0, 3, 6]), thresholds=[0.5])
    assert_array_equal(found.segments, [[0, 3], [0, 3]])
    assert_array_equal(found.bags, [0, 1])


def test_no_bags_at_all():
    found = propose(np.empty((0, 2)), np.array([0, 0]), thresholds="auto")
    assert found.segments.shape == (0, 2)


BAD = {
    "classes": (
        [[0.1, 0.2]],
        {},
        r"scores expected one number per step.*scores\[:, k\]",
    ),
    "NaN": ([0.1, np.nan], {}, "scores contains NaN"),
    "NaN threshold": ([0.1], {"thresholds": [np.nan]}, "thresholds contains NaN"),
    "table": ([0.1], {"thresholds": [[0.1]]}, "thresholds expected a list of numbers"),
    "min_length": ([0.1], {"min_length": 0}, "'min_length' parameter"),
    "margin": ([0.1], {"margin": (-1.0, 0.9)}, r"margin expected.*got \(-1.0, 0.9\)"),
    "power": ([0.1], {"margin": (0.1, 2.0)}, r"power in \[0, 1\]"),
    "one number": ([0.1], {"margin": (0.1,)}, "margin expected a factor"),
}


@pytest.mark.parametrize(("scores", "options", "message"), BAD.values(), ids=BAD)
def test_bad_input(scores, options, message):
    with pytest.raises(ValueError, match=message):
        generate_proposals(scores, **{"thresholds": [0.1], **options})
