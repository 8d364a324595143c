"""trusted_score: hand-worked estimate, its guard, coverage and bad input."""

import numpy as np
import pytest
from sklearn.metrics import accuracy_score

from sknoisy.metrics import trusted_score


def sample(seed, n=2000, n_trusted=100, rate=0.2):
    rng = np.random.RandomState(seed)
    y = rng.randint(0, 3, n)
    y_pred = np.where(rng.rand(n) < 0.85, y, rng.randint(0, 3, n))
    noisy = np.where(rng.rand(n) < rate, rng.randint(0, 3, n), y)
    return y, noisy, y_pred, np.arange(n) < n_trusted


def test_estimate_by_hand():
    """Four of five verified rows are right, three of them by their noisy labels.

    With power 1/2 and six of ten others right: .8 + (.6 - .6) / 2 and .8 + 0 is .8;
    eight of ten make it .8 + (.8 - .6) / 2 = .9.
    """
    y_pred = np.zeros(15, int)
    verified = np.array([0, 0, 0, 0, 1])
    noisy = np.r_[0, 0, 0, 1, 1, np.repeat([0, 1], [8, 2])]
    trusted = np.arange(15) < 5
    score = trusted_score(verified, noisy, y_pred, trusted=trusted, power=0.5)
    assert score.value == pytest.approx(0.9)
    assert score.uncorrected == pytest.approx(11 / 15)


def test_few_verified_rows_leave_noisy_labels_out():
    y, noisy, y_pred, _ = sample(0)
    trusted = np.arange(len(y)) < 5
    score = trusted_score(y[trusted], noisy, y_pred, trusted=trusted)
    expected = accuracy_score(y[trusted], y_pred[trusted])
    assert score.value == pytest.approx(expected)


def test_useless_labels_leave_the_interval_as_it_is():
    y, _, y_pred, trusted = sample(0)
    random = np.random.RandomState(1).randint(0, 3, len(y))
    alone = trusted_score(y[trusted], random, y_pred, trusted=trusted, power=0)
    score = trusted_score(y[trusted], random, y_pred, trusted=trusted)
    assert np.ptp(score.interval) < 1.05 * np.ptp(alone.interval)


def test_noisy_labels_narrow_the_interval():
    y, noisy, y_pred, trusted = sample(0, rate=0.02)
    alone = trusted_score(y[trusted], noisy, y_pred, trusted=trusted, power=0)
    score = trusted_score(y[trusted], noisy, y_pred, trusted=trusted)
    assert score.standard_error < 0.8 * alone.standard_error


def test_all_rows_verified():
    y, noisy, y_pred, _ = sample(0, n=200)
    score = trusted_score(y, noisy, y_pred, trusted=np.ones(200, bool))
    assert score.value == pytest.approx(accuracy_score(y, y_pred))


def test_interval_covers():
    truth = 0.85 + 0.15 / 3
    hits = 0
    for seed in range(100):
        y, noisy, y_pred, trusted = sample(seed)
        low, high = trusted_score(y[trusted], noisy, y_pred, trusted=trusted).interval
        hits += low <= truth <= high
    # Of 100 intervals of 95 %, fewer than 89 or all would be a surprise of 1 %.
    assert 89 <= hits <= 99


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"trusted": [0, 1, 2]}, "boolean mask"),
        ({"trusted": np.array([True] * 4)}, "boolean mask"),
        ({"y_trusted": [0]}, "label for each of the 2 rows"),
        ({"y_noisy": [0, 1], "y_pred": [0, 1], "trusted": np.array([True, False])},
         "label for each of the 1 rows"),
        ({"classes": [0, 1], "y_trusted": [0, 7]}, "y also holds"),
    ],
)  # fmt: skip
def test_bad_input_is_refused(options, message):
    arguments = {
        "y_trusted": [0, 1],
        "y_noisy": [0, 1, 1],
        "y_pred": [0, 1, 0],
        "trusted": np.array([True, True, False]),
        **options,
    }
    data = [arguments.pop(name) for name in ("y_trusted", "y_noisy", "y_pred")]
    with pytest.raises(ValueError, match=message):
        trusted_score(*data, **arguments)


@pytest.mark.parametrize("gap", [None, np.nan])
def test_gaps_in_lists_are_no_class(gap):
    labels = ["a", "b"] * 6
    trusted = np.arange(12) < 4
    for place in range(3):
        columns = [labels[:4], list(labels), list(labels)]
        columns[place][1] = gap
        with pytest.raises(ValueError, match="contains NaN or None in"):
            trusted_score(*columns, trusted=trusted)


@pytest.mark.parametrize("metric", ["roc_auc", "average_precision"])
def test_an_area_needs_trusted_rows_of_every_class(metric):
    trusted, scores = np.arange(40) < 12, np.linspace(0, 1, 40)
    noisy = np.tile([0, 1], 20)
    with pytest.raises(ValueError, match=r"every class .* class 1 has 0.00% of them"):
        trusted_score(np.zeros(12, int), noisy, scores, trusted=trusted, metric=metric)
    # Noisy labels of a single class are left out, whatever their power is said to be.
    for one_class in (np.where(trusted, noisy, 0), np.where(trusted, 0, noisy)):
        with_noisy = trusted_score(
            noisy[:12], one_class, scores, trusted=trusted, metric=metric, power=1
        )
        alone = trusted_score(
            noisy[:12], noisy, scores, trusted=trusted, metric=metric, power=0
        )
        assert with_noisy.value == alone.value
