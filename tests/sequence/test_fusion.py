import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from sknoisy.sequence import (
    gaussian_weighted_fusion,
    generate_proposals,
    temporal_iou,
    temporal_nms,
    temporal_soft_nms,
)
from sknoisy.sequence._fusion import fuse_groups
from sknoisy.sequence._overlap import overlap_clusters

# Start, end, score and mean inside.
EXAMPLE = np.array(
    [[0, 20, 0.8, 0.9], [12, 24, 0.6, 0.7], [40, 50, 0.5, 0.5], [41, 44, 0.3, 0.6]]
)
SEGMENTS, SCORES, INNER = EXAMPLE[:, :2], EXAMPLE[:, 2], EXAMPLE[:, 3]


def one_by_one(segments, scores, weights, threshold, temperature, overlap):
    """Fuse one group by the definition."""
    left, fused = list(np.argsort(-scores, kind="stable")), []
    while left:
        best, group = left[0], []
        for j in left:
            (s, e), (s_best, e_best) = segments[j], segments[best]
            shared = max(0, min(e, e_best) - max(s, s_best))
            whole = e - s if overlap == "candidate" else max(e, e_best) - min(s, s_best)
            if j == best or shared / whole > threshold:
                group.append(j)
        w = np.exp((weights[group] - weights[group].max()) / temperature)
        w /= w.sum()
        fused.append([*(w @ segments[group]), w @ scores[group]])
        left = [j for j in left if j not in group]
    return sorted(fused, key=lambda row: -row[2])


def random_segments(rng, n_segments, n_steps=60):
    start = rng.randint(n_steps, size=n_segments)
    segments = np.column_stack([start, start + rng.randint(1, 20, size=n_segments)])
    return segments.astype(float), rng.permutation(n_segments) / n_segments


def test_fusion_by_hand_with_inner_weights():
    segments, scores = gaussian_weighted_fusion(SEGMENTS, SCORES, weights=INNER)
    assert_allclose(segments, [[3.227, 21.076], [40.623, 46.265]], atol=1e-3)
    assert_allclose(scores, [0.746, 0.375], atol=1e-3)


def test_fusion_by_hand_with_score_weights():
    segments, scores = gaussian_weighted_fusion(SEGMENTS, SCORES)
    assert_allclose(segments, [[3.227, 21.076], [40.269, 48.386]], atol=1e-3)
    assert_allclose(scores, [0.746, 0.446], atol=1e-3)


def test_nms_by_hand():
    segments, scores = temporal_nms(SEGMENTS, SCORES, iou_threshold=0.25)
    assert_array_equal(segments, [[0, 20], [40, 50]])
    assert_array_equal(scores, [0.8, 0.5])
    # The overlaps are 1/3 and 3/10.
    assert len(temporal_nms(SEGMENTS, SCORES)[0]) == 4


def test_soft_nms_by_hand():
    segments, scores = temporal_soft_nms(SEGMENTS, SCORES)
    lowered = 0.6 * np.exp(-2 / 9), 0.3 * np.exp(-0.18)
    assert_allclose(scores, [0.8, 0.5, *lowered])
    assert_array_equal(segments, SEGMENTS[[0, 2, 1, 3]])
    assert_array_equal(
        temporal_soft_nms(SEGMENTS, SCORES, iou_threshold=0.4)[1], SCORES
    )


@settings(max_examples=60)
@given(
    st.integers(0, 10_000),
    st.integers(1, 30),
    st.sampled_from([0.0, 0.25, 0.6]),
    st.sampled_from(["candidate", "iou"]),
)
def test_fusion_is_the_definition(seed, n_segments, threshold, overlap):
    rng = np.random.RandomState(seed)
    segments, scores = random_segments(rng, n_segments)
    weights = rng.uniform(size=n_segments)
    fused, fused_scores = gaussian_weighted_fusion(
        segments,
        scores,
        weights=weights,
        overlap_threshold=threshold,
        temperature=0.1,
        overlap=overlap,
    )
    expected = one_by_one(segments, scores, weights, threshold, 0.1, overlap)
    assert_allclose(np.column_stack([fused, fused_scores]), expected)


@settings(max_examples=40)
@given(st.integers(0, 10_000), st.integers(1, 30))
def test_nms_is_the_definition(seed, n_segments):
    segments, scores = random_segments(np.random.RandomState(seed), n_segments)
    overlap, kept = temporal_iou(segments, segments), []
    for j in np.argsort(-scores):
        if (overlap[j, kept] <= 0.3).all():
            kept.append(j)
    found, found_scores = temporal_nms(segments, scores, iou_threshold=0.3)
    assert_array_equal(found, segments[kept])
    assert_array_equal(found_scores, scores[kept])


@settings(max_examples=40)
@given(st.integers(0, 10_000), st.integers(1, 30))
def test_soft_nms_is_the_definition(seed, n_segments):
    segments, scores = random_segments(np.random.RandomState(seed), n_segments)
    overlap, current, expected = temporal_iou(segments, segments), scores.copy(), []
    left = list(range(n_segments))
    while left:
        best = left.pop(int(np.argmax(current[left])))
        expected.append(current[best])
        current[left] *= np.exp(-(overlap[best, left] ** 2) / 0.5)
    found = temporal_soft_nms(segments, scores)[1]
    assert_allclose(found, np.sort(expected)[::-1])


@pytest.mark.parametrize(
    "fuse", [gaussian_weighted_fusion, temporal_nms, temporal_soft_nms]
)
def test_labels_are_treated_one_by_one(fuse):
    rng = np.random.RandomState(0)
    segments, scores = random_segments(rng, 60)
    labels = np.array(["run", "jump", "throw"])[rng.randint(3, size=60)]
    found, found_scores, found_labels = fuse(segments, scores, labels=labels)
    assert (np.diff(found_scores) <= 0).all()
    for label in np.unique(labels):
        alone = fuse(segments[labels == label], scores[labels == label])
        assert_allclose(found[found_labels == label], alone[0])
        assert_allclose(found_scores[found_labels == label], alone[1])


@pytest.mark.parametrize(
    "fuse", [gaussian_weighted_fusion, temporal_nms, temporal_soft_nms]
)
def test_nothing_in_nothing_out(fuse):
    segments, scores = fuse([], [])
    assert segments.shape == (0, 2)
    assert scores.shape == (0,)
    labels = fuse(np.empty((0, 2)), [], labels=np.empty(0, "U3"))[2]
    assert labels.dtype == "<U3"


def test_a_low_temperature_keeps_the_best_segment_as_it_is():
    coldest = gaussian_weighted_fusion(SEGMENTS, SCORES, temperature=1.6e-3)[0]
    assert_allclose(coldest, SEGMENTS[[0, 2]], atol=1e-50)
    assert np.isfinite(gaussian_weighted_fusion(SEGMENTS, 900 * SCORES)[0]).all()


def test_a_high_temperature_is_the_plain_mean():
    hottest = gaussian_weighted_fusion(SEGMENTS, SCORES, temperature=1e9)[0]
    assert_allclose(hottest, [[6, 22], [40.5, 47]], atol=1e-6)


def test_whatever_lies_inside_the_best_segment_joins_it():
    segments, scores = [[0, 100], [50, 51]], [0.9, 0.5]
    assert len(gaussian_weighted_fusion(segments, scores)[0]) == 1
    assert len(gaussian_weighted_fusion(segments, scores, overlap="iou")[0]) == 2
    # The other way round, only a hundredth of the long one is shared.
    assert len(gaussian_weighted_fusion(segments, scores[::-1])[0]) == 2


def test_touching_segments_are_strangers_at_any_threshold():
    segments = [[0, 5], [5, 10], [9, 12]]
    found = gaussian_weighted_fusion(segments, [0.9, 0.8, 0.7], overlap_threshold=0)[0]
    assert_array_equal(found[:, 0].astype(int), [0, 6])


# Found by a weak flank around a strong core, the usual shape of a class activation.
ACTIVATION = np.concatenate(
    [np.zeros(20), np.linspace(0.05, 0.3, 8), [0.9] * 4, np.linspace(0.3, 0.05, 8)]
)
ACTIVATION = np.append(ACTIVATION, np.zeros(20))
TRUTH = [[20, 40]]


def overlap_after(decode, thresholds):
    found = generate_proposals(ACTIVATION, thresholds=thresholds)
    segments = decode(found[:, :2], found[:, 2])[0]
    return temporal_iou(segments[:1], TRUTH)[0, 0]


def test_fusion_needs_low_thresholds():
    low, high = np.arange(0.02, 0.29, 0.02), np.arange(0.1, 0.9, 0.05)
    fused = overlap_after(gaussian_weighted_fusion, low)
    assert fused > overlap_after(temporal_nms, low) + 0.1
    assert fused > overlap_after(gaussian_weighted_fusion, high) + 0.1


def test_clusters_are_connected_by_overlaps_within_groups():
    segments = np.array([[0, 5], [4, 9], [9, 12], [8, 10], [0, 5], [4.0, 6]])
    clusters = overlap_clusters(segments, np.array([0, 0, 0, 0, 1, 1]))
    assert_array_equal(clusters, [0, 0, 0, 0, 1, 1])
    without = overlap_clusters(segments[[0, 1, 2]], np.zeros(3, int))
    assert_array_equal(without, [0, 0, 1])


def test_many_groups_at_once():
    rng = np.random.RandomState(1)
    segments, scores = random_segments(rng, 500, n_steps=200)
    groups = rng.randint(40, size=500)
    found, found_scores, found_groups = fuse_groups(segments, scores, groups)
    assert (np.diff(found_groups) >= 0).all()
    for group in range(40):
        alone = gaussian_weighted_fusion(
            segments[groups == group], scores[groups == group]
        )
        assert_allclose(found[found_groups == group], alone[0])
        assert_allclose(found_scores[found_groups == group], alone[1])


BAD = {
    "ends before": (
        [[5, 3]],
        [1],
        {},
        "segments .*segment 0 starts at 5 and ends at 3",
    ),
    "empty": ([[0, 1], [3, 3]], [1, 1], {}, "segment 1 starts at 3 and ends at 3"),
    "columns": ([[0, 1, 2, 3]], [1], {}, r"two columns.*\(1, 4\).*proposals\[:, :2\]"),
    "NaN": ([[0, np.nan]], [1], {}, "segments contains NaN"),
    "NaN score": ([[0, 1]], [np.nan], {}, "scores contains NaN"),
    "scores": ([[0, 1]], [1, 2], {}, "scores expected one entry .* 1 segments.*got 2"),
    "labels": ([[0, 1]], [1], {"labels": ["a", "b"]}, "labels expected one entry"),
    "None": ([[0, 1]], [1], {"labels": [None]}, "labels expected a value.*segment 0"),
}


@pytest.mark.parametrize(
    ("segments", "scores", "options", "message"), BAD.values(), ids=BAD
)
@pytest.mark.parametrize(
    "fuse", [gaussian_weighted_fusion, temporal_nms, temporal_soft_nms]
)
def test_bad_segments(fuse, segments, scores, options, message):
    with pytest.raises(ValueError, match=message):
        fuse(segments, scores, **options)


BAD_OPTIONS = {
    "weights": ([0.5], "weights expected one entry for each of the 4 segments"),
    "overlap_threshold": (25, "'overlap_threshold' parameter"),
    "temperature": (0, "'temperature' parameter"),
    "overlap": ("union", "'overlap' parameter"),
}


@pytest.mark.parametrize("name", BAD_OPTIONS)
def test_bad_options(name):
    value, message = BAD_OPTIONS[name]
    with pytest.raises(ValueError, match=message):
        gaussian_weighted_fusion(SEGMENTS, SCORES, **{name: value})
