import numpy as np
import pytest

from sknoisy.review import ReviewForecast
from sknoisy.review._forecast import recalibrated


def verdicts(n, curve, seed=0):
    rng = np.random.RandomState(seed)
    doubt = rng.uniform(size=n)
    return doubt, (rng.uniform(size=n) < curve(doubt)) * 1.0


def test_without_verdicts_the_estimator_is_believed():
    doubt = np.array([0.01, 0.3, 0.9])
    found = recalibrated(doubt, np.empty(0), np.empty(0))
    np.testing.assert_allclose(found, doubt)


def test_doubts_that_are_too_weak_are_raised():
    def curve(doubt):
        return np.sqrt(doubt)

    doubt = np.array([0.04, 0.25, 0.64])
    found = recalibrated(doubt, *verdicts(3000, curve))
    np.testing.assert_allclose(found, curve(doubt), atol=0.08)


def test_few_verdicts_change_little():
    doubt = np.array([0.1, 0.5, 0.8])
    found = recalibrated(doubt, np.array([0.5]), np.array([1.0]))
    assert (found > doubt).all()
    np.testing.assert_allclose(found, doubt, atol=0.15)


@pytest.mark.parametrize("answer", [0.0, 1.0])
def test_equal_verdicts_stay_finite_and_in_order(answer):
    doubt = np.array([0.0, 0.2, 0.5, 0.9, 1.0])
    found = recalibrated(doubt, np.linspace(0, 1, 500), np.full(500, answer))
    assert np.isfinite(found).all()
    assert (np.diff(found) >= 0).all()
    assert abs(found[2] - answer) < 0.1


def test_doubts_that_mislead_are_not_turned_round():
    found = recalibrated(np.array([0.1, 0.9]), *verdicts(1000, lambda doubt: 1 - doubt))
    assert found[0] == pytest.approx(found[1])
    assert found[0] == pytest.approx(0.5, abs=0.1)


def test_forecast_reads_as_a_sentence():
    text = str(ReviewForecast(50, 4.4, 20.6, 1.0, np.nan, np.nan))
    assert text.replace("\n", " ") == (
        "Another 50 checks are expected to find 4 wrong labels of about 21 that are "
        "left, 1 of them with a true label that the estimator does not suggest."
    )
    text = str(ReviewForecast(50, 4.4, 20.6, 1.0, 0.05, 0.041))
    assert text.endswith("from ±5.0 to ±4.1 points.")
