from fractions import Fraction
from functools import lru_cache

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from sknoisy.sequence import (
    detection_average_precision,
    detection_map_score,
    segment_table,
    temporal_iou,
)

THUMOS = [Fraction(k, 10) for k in range(1, 8)]
ACTIVITYNET = [Fraction(k, 20) for k in range(10, 20)]


@lru_cache(maxsize=10_000)
def exact_iou(a, b):
    """Return the overlap of two tuples (…, start, end) of integers as a fraction."""
    shared = max(0, min(a[-1], b[-1]) - max(a[-2], b[-2]))
    return Fraction(shared, (a[-1] - a[-2]) + (b[-1] - b[-2]) - shared)


def exact_average_precision(truth, found, label, threshold):
    """Follow the definition one detection at a time, in fractions."""
    truth = [row for row in truth if row[1] == label]
    found = sorted((row for row in found if row[1] == label), key=lambda row: -row[4])
    taken, hits = set(), []
    for row in found:
        best, best_iou = None, Fraction(0)
        for number, true in enumerate(truth):
            overlap = exact_iou(true[:4], row[:4])
            free = number not in taken and true[0] == row[0]
            if free and overlap >= threshold and overlap > best_iou:
                best, best_iou = number, overlap
        hits.append(best is not None)
        taken.add(best)
    precision = [Fraction(sum(hits[: k + 1]), k + 1) for k in range(len(hits))]
    area = sum(max(precision[k:]) for k, hit in enumerate(hits) if hit)
    return Fraction(area) / len(truth)


def exact_map(truth, found, thresholds):
    labels = {row[1] for row in truth}
    values = [
        exact_average_precision(truth, found, label, threshold)
        for threshold in thresholds
        for label in labels
    ]
    return float(sum(values) / len(values))


def random_case(rng):
    """Return rows (bag, label, start, end, score) of true and of found segments."""
    n_bags, n_labels, n_steps = rng.randint(1, 4), rng.randint(1, 4), rng.randint(4, 30)

    def draw(n_rows):
        start = rng.randint(n_steps, size=n_rows)
        length = rng.randint(1, n_steps, size=n_rows)
        places = rng.randint(n_bags, size=n_rows), rng.randint(n_labels, size=n_rows)
        # Few distinct scores, so that some are equal.
        score = rng.randint(1, 8, size=n_rows) / 8
        return list(zip(*places, start, start + length, score, strict=True))

    return draw(rng.randint(1, 12)), draw(rng.randint(0, 25))


def table(rows):
    bag, label, start, end, score = np.array(rows).reshape(-1, 5).T
    return segment_table(
        start, end, label=label.astype(int), bag=bag.astype(int), score=score
    )


@pytest.mark.parametrize("seed", range(10))
def test_agrees_with_the_definition_in_fractions(seed):
    rng = np.random.RandomState(seed)
    for number in range(100):
        truth, found = random_case(rng)
        name, exact = [("thumos14", THUMOS), ("activitynet", ACTIVITYNET)][number % 2]
        score = detection_map_score(table(truth), table(found), name)
        assert score == pytest.approx(exact_map(truth, found, exact), abs=1e-9)


def test_worked_by_hand():
    truth = segment_table([0, 20, 50], [10, 30, 70], label=["a", "a", "b"])
    found = segment_table(
        [1, 40, 21, 50],
        [10, 45, 31, 56],
        label=["a", "a", "a", "b"],
        score=[0.9, 0.8, 0.7, 0.6],
    )
    # Of "a": hit, miss, hit; precision 1, then 2/3 at the second of two segments.
    assert_allclose(
        detection_average_precision(truth, found, 0.5, average=None), [5 / 6, 0]
    )
    assert detection_average_precision(truth, found, 0.3) == pytest.approx(11 / 12)


def test_a_second_hit_on_the_same_segment_is_a_miss():
    found = [[0, 10, 0.9], [0, 10, 0.8], [20, 30, 0.7]]
    ap = detection_average_precision([[0, 10], [20, 30]], found, 0.5)
    assert ap == pytest.approx((1 + 2 / 3) / 2)


def test_a_detection_takes_the_best_segment_that_is_left():
    truth = [[0, 10], [4, 14]]
    # Both are nearest to the first segment, which the better one takes.
    found = [[0, 9, 0.9], [1, 11, 0.8]]
    assert detection_average_precision(truth, found, 0.5) == 1


def test_a_long_chain_of_displaced_detections():
    # Each detection overlaps the next segment most, which the next one needs: it has
    # no other. So each is displaced to the segment before, one after the other.
    truth = [(0, 0, 10 * k, 10 * k + 10, 0) for k in range(30)]
    found = [(0, 0, 10 * k + 6, 10 * k + 16, k) for k in range(30)]
    assert exact_map(truth, found, [Fraction(1, 5)]) == 1
    assert detection_average_precision(table(truth), table(found), 0.2) == 1


def test_the_identity_scores_one_and_half_a_length_what_the_overlap_says():
    rng = np.random.RandomState(0)
    start = np.cumsum(rng.randint(40, 60, size=50))
    truth = np.column_stack([start, start + 2 * rng.randint(5, 15, size=50)])
    score = rng.uniform(size=(50, 1))
    assert detection_map_score(truth, np.hstack([truth, score]), "activitynet") == 1
    half = (truth[:, 1:] - truth[:, :1]) / 2
    shifted = np.hstack([truth + half, score])
    # Half of each lies in the other: the overlap is 1/3.
    assert_allclose(
        detection_map_score(truth, shifted, [0.3, 1 / 3, 0.34], average=None)[:, 0],
        [1, 1, 0],
    )


def test_rounding_of_a_threshold_does_not_decide():
    threshold = np.arange(0.1, 0.8, 0.1)[2]
    assert threshold > 0.3
    assert detection_average_precision([[0, 10]], [[0, 3, 1]], threshold) == 1
    found = segment_table([0.1], [0.1 + 0.2])
    assert detection_average_precision(found, [[0.1, 0.3, 1]], 1.0) == 1


def test_labels_without_truth_do_not_count_and_those_without_detections_count_zero():
    truth = segment_table([0, 0], [5, 5], label=["a", "b"])
    found = segment_table([0, 0], [5, 5], label=["a", "z"], score=[0.5, 0.9])
    assert detection_map_score(truth, found) == pytest.approx(0.5)
    assert detection_map_score(truth, found[:0]) == 0
    assert detection_map_score(truth[:0], found) == 0
    assert detection_map_score(truth, found, average=None).shape == (7, 2)


def test_bags_are_kept_apart():
    truth = segment_table([0, 0], [5, 5], bag=["x", "y"])
    found = segment_table([0, 0], [5, 5], bag=["x", "z"], score=[0.4, 0.9])
    assert detection_average_precision(truth, found, 0.5) == pytest.approx(0.25)


def test_forms_of_the_same_tables():
    rng = np.random.RandomState(3)
    truth, found = (table(rows) for rows in random_case(rng))
    found["score"] = rng.permutation(len(found))
    expected = detection_map_score(truth, found)
    n_bags = max(truth["bag"].max(), found["bag"].max()) + 1
    listed = [[t[t["bag"] == bag] for bag in range(n_bags)] for t in (truth, found)]
    frames = [pd.DataFrame({f: t[f] for f in t.dtype.names}) for t in (truth, found)]
    columns = [frame.to_dict("list") for frame in frames]
    for forms in (listed, frames, columns):
        assert detection_map_score(*forms) == pytest.approx(expected)


def test_iou_by_hand():
    a = [[0, 10], [5, 6], [10, 20]]
    assert_allclose(
        temporal_iou(a, [[0, 10], [5, 15]]), [[1, 1 / 3], [0.1, 0.1], [0, 1 / 3]]
    )
    assert temporal_iou(a, []).shape == (3, 0)


GOOD = segment_table([0], [5])
BAD = {
    "no scores": ([[0, 5]], [[0, 5]], r"y_pred expected .*'score'.*lacks \['score'\]"),
    "no start": ({"end": [5]}, GOOD, r"y_true expected .*lacks \['start'\]"),
    "words": ([["a", "b"]], GOOD, r"array of shape \(n_segments, 2\).*dtype"),
    "one dimension": ([1, 5], GOOD, r"y_true expected a table.*shape \(2,\)"),
    "ends before": ([[5, 0]], GOOD, "segment 0 starts at 5 and ends at 0"),
    "empty": ([[0, 5], [3, 3]], GOOD, "segment 1 starts at 3 and ends at 3.*half-open"),
    "NaN": ([[0, np.nan]], GOOD, "end of y_true contains NaN"),
    "infinite": ([[0, 5]], [[0, 5, np.inf]], "score of y_pred contains infinity"),
    "label": ({"start": [0], "end": [5], "label": [None]}, GOOD, "label of y_true .*1"),
    "mixed": (segment_table([0], [5], label="1"), GOOD, "label of .*numbers and text"),
    "dates": ({"start": ["a"], "end": [5]}, GOOD, "start of y_true expected a number"),
    "lengths": ({"start": [0, 1], "end": [5, 6, 7]}, GOOD, "columns of one length"),
    "in a list": ([GOOD, {"start": [3], "end": [1]}], GOOD, r"y_true\[1\] expected"),
}


@pytest.mark.parametrize(("truth", "found", "message"), BAD.values(), ids=BAD)
def test_bad_tables(truth, found, message):
    with pytest.raises(ValueError, match=message):
        detection_average_precision(truth, found, 0.5)


@pytest.mark.parametrize("threshold", [0, 1.5, "half"])
def test_bad_threshold(threshold):
    with pytest.raises(ValueError, match="'iou_threshold' parameter"):
        detection_average_precision(GOOD, GOOD, threshold)


BAD_THRESHOLDS = {
    "percent": ([50, 70], r"numbers in \(0, 1\].*not a percentage"),
    "zero": ([0.0, 0.5], r"numbers in \(0, 1\]"),
    "NaN": ([np.nan], r"numbers in \(0, 1\]"),
    "none": ([], r"a list of numbers in \(0, 1\], but got \[\]"),
    "unknown": ("coco", "'iou_thresholds' parameter.*activitynet"),
}


@pytest.mark.parametrize(
    ("thresholds", "message"), BAD_THRESHOLDS.values(), ids=BAD_THRESHOLDS
)
def test_bad_thresholds(thresholds, message):
    with pytest.raises(ValueError, match=message):
        detection_map_score(GOOD, GOOD, thresholds)
