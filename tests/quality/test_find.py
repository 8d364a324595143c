import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from sknoisy import find_label_errors, label_quality
from sknoisy._confident_joint import estimated_joint
from sknoisy.noise import PairNoise, UniformNoise
from sknoisy.quality._find import RULES

ALL_RULES = sorted(RULES)
seeds = st.integers(0, 10_000)

# Six labels 0 and four labels 1; the last of the zeros and the last two ones look
# like the other class.
HAND_Y = np.array([0, 0, 0, 0, 0, 0, 1, 1, 1, 1])
HAND_P0 = np.array([0.95, 0.9, 0.85, 0.9, 0.8, 0.1, 0.05, 0.2, 0.75, 0.9])
HAND = np.column_stack([HAND_P0, 1 - HAND_P0])


def _separated(noise, seed=0, n_samples=600, n_classes=4):
    """Draw labels and the probabilities of a model that is sure and mostly right."""
    rng = np.random.RandomState(seed)
    clean = rng.randint(n_classes, size=n_samples)
    y = noise.set_params(random_state=seed).corrupt(clean)
    sure = rng.beta(8, 1, size=(n_samples, 1))
    proba = sure * np.eye(n_classes)[clean] + (1 - sure) / n_classes
    return y, proba, clean


def test_confident_joint_and_budgets_by_hand():
    # Thresholds: 0.75 for class 0, 0.525 for class 1.
    joint = estimated_joint(HAND, HAND_Y)
    assert_array_equal(joint, [[5, 2], [1, 2]])


@pytest.mark.parametrize(
    ("rule", "rows"),
    [
        ("class", [5, 8, 9]),
        ("noise_rate", [5, 8, 9]),
        ("both", [5, 8, 9]),
        ("confident_joint", [5, 8, 9]),
        ("clean_proba", [5, 8, 9]),
    ],
)
def test_rows_by_hand(rule, rows):
    assert_array_equal(np.flatnonzero(find_label_errors(HAND_Y, HAND, rule=rule)), rows)


# Label 0 with three suspects, of which one is counted for class 1 and one for 2.
THREE_Y = np.array([0, 0, 0, 0, 0, 0, 1, 1, 2, 2])
THREE = np.array(
    [[0.8, 0.1, 0.1]] * 3
    + [[0.1, 0.7, 0.2], [0.3, 0.1, 0.6], [0.25, 0.4, 0.35]]
    + [[0.2, 0.6, 0.2], [0.0, 0.7, 0.3], [0.2, 0.3, 0.5], [0.2, 0.2, 0.6]]
)


def test_rules_differ_where_they_should():
    # Thresholds: 3.05 / 6, 0.65 and 0.55. The sixth row is counted for no class, so
    # that five counted zeros stand for six: 3.6, 1.2 and 1.2 of them.
    assert_array_equal(
        estimated_joint(THREE, THREE_Y).round(9),
        [[3.6, 0, 0], [1.2, 2, 0], [1.2, 0, 2]],
    )
    found = {
        rule: np.flatnonzero(find_label_errors(THREE_Y, THREE, rule=rule)).tolist()
        for rule in ALL_RULES
    }
    # The budget of the class is 2.4: the two zeros of least probability of 0.
    assert found["class"] == [3, 5]
    # One zero that looks most like a 1, and one that looks most like a 2.
    assert found["noise_rate"] == [3, 4]
    assert found["both"] == [3]
    assert found["confident_joint"] == [3, 4]
    assert found["clean_proba"] == [3, 4, 5]


@pytest.mark.parametrize("rule", ALL_RULES)
@pytest.mark.parametrize("noise", [UniformNoise(0.2), PairNoise(0.2)])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_flipped_labels_are_found(rule, noise, seed):
    y, proba, clean = _separated(noise, seed)
    found = find_label_errors(y, proba, rule=rule)
    wrong = y != clean
    assert wrong[found].mean() > 0.9
    assert found[wrong].mean() > 0.8


@pytest.mark.parametrize("rule", ALL_RULES)
def test_nothing_is_found_where_model_and_labels_agree(rule):
    y, proba, _ = _separated(UniformNoise(0))
    assert_array_equal(proba.argmax(axis=1), y)
    assert not find_label_errors(y, proba, rule=rule).any()


@settings(max_examples=25)
@given(seed=seeds, rule=st.sampled_from(ALL_RULES))
def test_ranking_holds_the_rows_of_the_mask_by_suspicion(seed, rule):
    y, proba, _ = _separated(UniformNoise(0.3), seed, n_samples=60)
    mask = find_label_errors(y, proba, rule=rule)
    rows = find_label_errors(y, proba, rule=rule, ranked=True)
    assert mask.dtype == bool
    assert_array_equal(np.sort(rows), np.flatnonzero(mask))
    quality = label_quality(y, proba)[rows]
    assert (np.diff(quality) >= 0).all()


@settings(max_examples=25)
@given(seed=seeds, rule=st.sampled_from(ALL_RULES))
def test_order_of_rows_and_names_of_classes_do_not_matter(seed, rule):
    rng = np.random.RandomState(seed)
    y, proba, _ = _separated(UniformNoise(0.3), seed, n_samples=60)
    proba = 0.5 * proba + 0.5 * rng.dirichlet(np.ones(4), size=60)
    found = find_label_errors(y, proba, rule=rule, classes=range(4))
    rows, names = rng.permutation(60), rng.permutation(4)
    other = find_label_errors(names[y][rows], proba[rows], rule=rule, classes=names)
    assert_array_equal(other, found[rows])


@pytest.mark.parametrize("rule", ALL_RULES)
def test_rows_of_equal_score_are_found_together(rule):
    y, proba, _ = _separated(UniformNoise(0.3), n_samples=200)
    copies = np.repeat(np.arange(200), 3)
    found = find_label_errors(y[copies], proba[copies], rule=rule)
    assert_array_equal(found[::3], found[1::3])
    assert_array_equal(found[::3], found[2::3])


@pytest.mark.parametrize("n_samples", [2, 10, 500])
def test_a_model_that_knows_nothing_finds_nothing_by_default(n_samples):
    y = np.arange(n_samples) % 2
    assert not find_label_errors(y, np.full((n_samples, 2), 0.5)).any()


@pytest.mark.parametrize("rule", ALL_RULES)
@pytest.mark.parametrize("unit", [1e-3, 1.0, 1e3])
def test_the_unit_of_the_weights_does_not_matter(rule, unit):
    y, proba, _ = _separated(UniformNoise(0.3))
    weights = np.random.RandomState(0).uniform(0.5, 2, size=len(y))
    found = RULES[rule](proba, y, weights * unit)
    assert_array_equal(found, RULES[rule](proba, y, weights))
    assert_array_equal(
        RULES[rule](proba, y, np.full(len(y), unit)), RULES[rule](proba, y, None)
    )


@pytest.mark.parametrize("rule", ALL_RULES)
def test_a_weight_is_as_many_copies(rule):
    y, proba, _ = _separated(UniformNoise(0.3), n_samples=200)
    weights = np.random.RandomState(0).randint(1, 4, size=200)
    copies = np.repeat(np.arange(200), weights)
    weighted = RULES[rule](proba, y, weights.astype(float))
    assert_array_equal(RULES[rule](proba[copies], y[copies], None), weighted[copies])


def test_string_labels_and_classes_that_y_lacks():
    names = np.array(["owl", "cat"])
    found = find_label_errors(names[HAND_Y], HAND, classes=names, ranked=True)
    assert set(found.tolist()) == {5, 8, 9}
    three = np.column_stack([HAND, np.zeros(10)])
    found = find_label_errors(names[HAND_Y], three, classes=["owl", "cat", "dog"])
    assert_array_equal(np.flatnonzero(found), [5, 8, 9])


def test_errors_of_equal_quality_are_listed_in_the_order_of_the_rows():
    sure = np.tile([0.95, 0.9, 0.85], 80)
    proba = np.column_stack([sure, 1 - sure])
    proba[120:] = proba[120:, ::-1]
    y, wrong = np.repeat([0, 1], 120), np.arange(240) % 4 == 1
    found = find_label_errors(np.where(wrong, 1 - y, y), proba, ranked=True)
    by_quality = [np.flatnonzero(wrong & (sure == one)) for one in (0.95, 0.9, 0.85)]
    assert_array_equal(found, np.concatenate(by_quality))


@pytest.mark.parametrize(
    ("y", "proba", "options", "message"),
    [
        (HAND_Y, HAND, {"rule": "best"}, r"rule expected one of .* got 'best'"),
        (HAND_Y, HAND[:5], {}, r"shape \(10, 2\), .* but got shape \(5, 2\)"),
        (HAND_Y, 2 * HAND, {}, r"^find_label_errors ex.*those of row 0 sum to 2"),
    ],
)
def test_bad_input(y, proba, options, message):
    with pytest.raises(ValueError, match=message):
        find_label_errors(y, proba, **options)


def test_no_rows_are_ranked_where_no_label_is_wrong():
    y = np.arange(8) % 2
    rows = find_label_errors(y, 0.8 * np.eye(2)[y] + 0.1, ranked=True)
    assert rows.shape == (0,)
