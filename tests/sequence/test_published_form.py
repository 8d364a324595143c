"""The settings of arXiv:2304.07978 in one constructor call, by numbers worked by hand.

Steps are scored by a stand-in with scores set in advance, so that fusion with inner
weights, linear programming and the change with its schedule are seen inside the
localizer, and not only as functions.
"""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.base import BaseEstimator

from sknoisy.sequence import PseudoLabelRule, SegmentFusion, WeakSequenceLocalizer

N_STEPS = 40


def published(estimator, **params):
    usual = {
        "n_rounds": 6,
        "bag_noise": None,
        "fusion": SegmentFusion(
            thresholds=np.arange(0.001, 0.04, 0.002),
            margin=(0.0785, 0.9),
            weights="inner",
            min_bag_score=0.16,
        ),
        "pseudo_labels": PseudoLabelRule(
            "linpro",
            normalization="sum",
            weight=[10, 28.1, 47.0, 50],
            min_score=0,
            temperature=[0.02, 0.02, 0.02, 0.002, 0.002, 0.0016],
            delta_from=3,
            eta=[2, 2, 2, 2, 2, 2.15],
        ),
    }
    return WeakSequenceLocalizer(estimator, **usual | params)


class ScoresByRound(BaseEstimator):
    """Stands in for a network: one score table a round, and what was taught is kept."""

    def __init__(self, scores, taught):
        self.scores = scores
        self.taught = taught

    def step_model(self, options, rng):
        return self

    def train(self, values, offsets, evidence, targets, *, round_number):
        self.round_ = round_number
        self.taught.append(targets.copy())

    def proba(self, values, offsets):
        scores = self.scores[min(self.round_, len(self.scores) - 1)]
        return np.column_stack([scores, 1 - scores])


def steps(*parts):
    """Return scores that are 0 but for some (start, end, value)."""
    scores = np.zeros(N_STEPS)
    for start, end, value in parts:
        scores[start:end] = value
    return scores


# The model of round r - 1 gives what is taught in round r.
HEIGHTS = [0.6, 0.3, 0.5, 0.5, 0.4, 0.8, 0.8]
TAUGHT = []
LOCALIZER = published(
    ScoresByRound([steps((10, 20, height)) for height in HEIGHTS], TAUGHT)
).fit([np.zeros((N_STEPS, 1))], [{"a"}])


def test_six_rounds_follow_the_warm_up():
    assert LOCALIZER.n_iter_ == len(TAUGHT) == 7
    assert not TAUGHT[0].any()
    assert_allclose(LOCALIZER.thresholds_[[0, -1]], [0.001, 0.039])
    assert len(LOCALIZER.thresholds_) == 20


@pytest.mark.parametrize(
    ("number", "label"),
    [
        # Ten steps share the score of the segment, times the weight of the round.
        (1, 10 * 0.06),
        (2, 28.1 * 0.03),
        # From the third round on it is the change, times eta.
        (3, 47 * 2 * (0.05 - 0.03)),
        (4, 0),
        (5, 50 * 2 * (0.04 - 0.05)),
        (6, 50 * 2.15 * (0.08 - 0.04)),
    ],
)
def test_labels_of_each_round(number, label):
    expected = steps((10, 20, label))
    # The ridge of the solver leaves 1e-4 of a label at most.
    assert_allclose(TAUGHT[number][:, 0], expected, atol=50 * 2e-4)
    assert not TAUGHT[number][:, 1].any()


TWO_LEVELS = steps((8, 20, 0.02), (10, 15, 0.5))


@pytest.mark.parametrize("weights", ["inner", "score"])
def test_fusion_with_inner_weights_in_prediction(weights):
    fusion = SegmentFusion(
        thresholds=[0.01, 0.1], margin=(0.0785, 0.9), weights=weights
    )
    localizer = published(ScoresByRound([TWO_LEVELS], []), fusion=fusion, n_rounds=0)
    found = localizer.fit([np.zeros((N_STEPS, 1))], [{"a"}]).predict(
        np.zeros((1, 1, N_STEPS))
    )
    # The core, with a mean of 0.5 inside and of 0.02 around it, gathers the other.
    wide = (5 * 0.5 + 7 * 0.02) / 12
    inner, score = np.array([0.5, wide]), np.array([0.5 - 0.02, wide])
    weight = np.exp((inner if weights == "inner" else score) / 0.2)
    weight /= weight.sum()
    (row,) = found
    assert_allclose(row["start"], weight @ [10, 8])
    assert_allclose(row["end"], weight @ [15, 20])
    assert_allclose(row["score"], weight @ score)


def test_low_temperatures_of_late_rounds_keep_the_core():
    fusion = SegmentFusion(
        thresholds=[0.01, 0.1], margin=(0.0785, 0.9), weights="inner"
    )
    taught = []
    published(ScoresByRound([TWO_LEVELS], taught), fusion=fusion, n_rounds=4).fit(
        [np.zeros((N_STEPS, 1))], [{"a"}]
    )
    # exp((0.22 - 0.5) / 0.02) is 8e-7: the core alone, with 0.48 on five steps.
    assert_allclose(taught[1][:, 0], steps((10, 15, 10 * 0.096)), atol=5e-3)


def test_classes_below_the_filter_are_not_looked_for():
    faint = steps((10, 20, 0.15))
    localizer = published(ScoresByRound([faint], []), n_rounds=0)
    X = [np.zeros((N_STEPS, 1))]
    assert len(localizer.fit(X, [{"a"}]).predict(X)) == 0
    localizer.set_params(fusion__min_bag_score=0.0)
    assert len(localizer.predict(X)) == 1
