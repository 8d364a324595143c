"""Time of fusing proposals and of scoring detections, and whether scores are right.

Run ``python benchmarks/bench_sequence_speed.py``. Proposals are drawn around 5 events
in each bag of 500 steps, about 20 for each with jittered boundaries, and all of them
fused in one call; detections are drawn around true segments of 20 labels in 400 bags,
half of them beside any. At a smaller size the same work is done by a plain loop over
segments, and the ratio is the loop's time over ours, at that size; both must give the
same result. The rows that count are the largest sizes of ``gaussian_weighted_fusion``
and of ``detection_map_score``, the latter with the ten overlaps of ActivityNet.

Where ``SKNOISY_DATA`` leads to ``thumos14_annotations``, its true segments are
perturbed and scored: the mean average precision must be what follows from that.
"""

import argparse
import csv
import gzip
import os
import time
from pathlib import Path

import numpy as np
from _table import markdown

from sknoisy.sequence import (
    detection_map_score,
    gaussian_weighted_fusion,
    generate_proposals,
    segment_table,
    temporal_nms,
    temporal_soft_nms,
)
from sknoisy.sequence._proposals import propose

N_STEPS, N_EVENTS, N_LABELS = 500, 5, 20
OVERLAPS = np.array([0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95])
THUMOS = np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7])


def seconds_of(call, *args, **options):
    """Return the time of a call and what it returned."""
    start = time.perf_counter()
    result = call(*args, **options)
    return time.perf_counter() - start, result


def draw_proposals(n_proposals, n_bags, seed=0):
    """Return segments, scores and bags of proposals around a few events in each bag."""
    rng = np.random.RandomState(seed)
    bags = np.sort(rng.randint(n_bags, size=n_proposals))
    event = bags * N_EVENTS + rng.randint(N_EVENTS, size=n_proposals)
    middle = rng.uniform(0, N_STEPS, size=n_bags * N_EVENTS)[event]
    half = rng.uniform(5, 25, size=n_bags * N_EVENTS)[event]
    half = half * rng.uniform(0.3, 1.2, size=n_proposals)
    middle += rng.normal(0, 2, size=n_proposals)
    segments = np.column_stack([middle - half, middle + half])
    return segments, rng.uniform(size=n_proposals), bags


def fuse_in_a_loop(segments, scores, bags, threshold=0.25, temperature=0.2):
    """Fuse the proposals of one bag after the other, one group at a time."""
    fused = []
    for bag in np.unique(bags):
        mine = bags == bag
        left = [
            (s, e, q) for (s, e), q in zip(segments[mine], scores[mine], strict=True)
        ]
        left.sort(key=lambda row: -row[2])
        while left:
            best, group, others = left[0], [], []
            for row in left:
                shared = min(row[1], best[1]) - max(row[0], best[0])
                joins = shared / (row[1] - row[0]) > threshold
                (group if joins else others).append(row)
            weights = [np.exp((row[2] - best[2]) / temperature) for row in group]
            total = sum(weights)
            fused.append(
                [
                    sum(w * row[k] for w, row in zip(weights, group, strict=True))
                    / total
                    for k in range(3)
                ]
            )
            left = others
    return np.array(fused)


def draw_detections(n_detections, n_true, n_bags, seed=0):
    """Return tables of true and of found segments."""
    rng = np.random.RandomState(seed)
    start = rng.uniform(0, 10_000, size=n_true)
    length = rng.uniform(5, 50, size=n_true)
    places = {
        "label": rng.randint(N_LABELS, size=n_true),
        "bag": rng.randint(n_bags, size=n_true),
    }
    truth = segment_table(start, start + length, **places)
    near = rng.randint(n_true, size=n_detections)
    shift = rng.normal(0, 0.3, size=n_detections) * length[near]
    shift += np.where(rng.uniform(size=n_detections) < 0.5, 100, 0)
    size = length[near] * rng.uniform(0.6, 1.5, size=n_detections)
    found = segment_table(
        start[near] + shift,
        start[near] + shift + size,
        score=rng.uniform(size=n_detections),
        **{field: truth[field][near] for field in places},
    )
    return truth, found


def map_in_a_loop(truth, found, overlaps):
    """Score detections one by one."""
    values = []
    for overlap in overlaps:
        for label in np.unique(truth["label"]):
            true = {}
            for row in truth[truth["label"] == label].tolist():
                true.setdefault(row[0], []).append([row[2], row[3], False])
            rows = found[found["label"] == label].tolist()
            rows.sort(key=lambda row: -row[4])
            n_true = sum(map(len, true.values()))
            values.append(average_precision([hits(row, true, overlap) for row in rows]))
            values[-1] /= n_true
    return float(np.mean(values))


def hits(row, true, overlap):
    """Whether a detection finds a true segment that is free; takes the best of them."""
    best, best_iou = None, overlap - 1e-9
    for entry in true.get(row[0], []):
        shared = min(row[3], entry[1]) - max(row[2], entry[0])
        iou = shared / (row[3] - row[2] + entry[1] - entry[0] - shared)
        if (
            shared > 0
            and not entry[2]
            and iou >= best_iou
            and (best is None or iou > best_iou)
        ):
            best, best_iou = entry, iou
    if best is not None:
        best[2] = True
    return best is not None


def average_precision(flags):
    """Return the sum over hits of the best precision from there on."""
    precision = np.cumsum(flags) / np.arange(1, len(flags) + 1)
    highest, total = 0.0, 0.0
    for value, hit in zip(precision[::-1], flags[::-1], strict=True):
        highest = max(highest, value)
        total += highest * hit
    return total


def time_fusion(n_proposals, n_bags, n_compared):
    """Return a row for each way of making one segment of many."""
    segments, scores, bags = draw_proposals(n_proposals, n_bags)
    seconds, fused = seconds_of(gaussian_weighted_fusion, segments, scores, labels=bags)
    rows = [
        ["gaussian_weighted_fusion", n_proposals, n_bags, len(fused[1]), seconds, ""]
    ]
    small = draw_proposals(n_compared, max(1, n_compared * n_bags // n_proposals))
    ours, fused = seconds_of(gaussian_weighted_fusion, *small[:2], labels=small[2])
    loop, expected = seconds_of(fuse_in_a_loop, *small)
    order = np.argsort(-expected[:, 2], kind="stable")
    found = np.column_stack(fused[:2])
    assert np.allclose(found, expected[order]), "the loop gives another result"
    n_small = len(np.unique(small[2]))
    rows += [
        [
            "gaussian_weighted_fusion",
            n_compared,
            n_small,
            len(found),
            ours,
            loop / ours,
        ],
        ["a loop over segments", n_compared, n_small, len(found), loop, ""],
    ]
    for other in (temporal_nms, temporal_soft_nms):
        seconds, kept = seconds_of(other, segments, scores, labels=bags)
        rows.append([other.__name__, n_proposals, n_bags, len(kept[1]), seconds, ""])
    return rows


def time_proposals(n_bags):
    """Return a row for the proposals of many bags in one go, and one by one."""
    rng = np.random.RandomState(0)
    offsets = 100 * np.arange(n_bags + 1)
    scores = np.convolve(rng.uniform(size=offsets[-1]), np.ones(9) / 9, "same") ** 4
    seconds, found = seconds_of(propose, scores[:, None], offsets, thresholds="auto")
    counts = len(scores), n_bags, len(found.segments)
    rows = [["all bags together", *counts, seconds]]
    parts = np.split(scores[:100_000], 1000)
    seconds, found = seconds_of(
        lambda: [generate_proposals(part, thresholds="auto") for part in parts]
    )
    counts = 100 * len(parts), len(parts), sum(map(len, found))
    return [*rows, ["generate_proposals, bag by bag", *counts, seconds]]


def time_scores(n_detections, n_compared):
    """Return a row for the score of many detections, and for the loop."""
    truth, found = draw_detections(n_detections, n_detections // 20, 400)
    seconds, value = seconds_of(detection_map_score, truth, found, OVERLAPS)
    rows = [["detection_map_score", n_detections, len(truth), seconds, value, ""]]
    truth, found = draw_detections(n_compared, n_compared // 20, 400)
    ours, value = seconds_of(detection_map_score, truth, found, OVERLAPS)
    loop, expected = seconds_of(map_in_a_loop, truth, found, OVERLAPS)
    assert abs(value - expected) < 1e-9, "the loop gives another score"
    return rows + [
        ["detection_map_score", n_compared, len(truth), ours, value, loop / ours],
        ["a loop over detections", n_compared, len(truth), loop, expected, ""],
    ]


def read_thumos(folder):
    """Return the true segments of THUMOS'14 and how many have no length."""
    path = Path(folder) / "thumos14_annotations" / "segments.csv.gz"
    with gzip.open(path, "rt", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    proper = [row for row in rows if float(row["start"]) < float(row["end"])]
    columns = {name: np.array([row[name] for row in proper]) for name in proper[0]}
    ends = columns["start"].astype(float), columns["end"].astype(float)
    table = segment_table(*ends, label=columns["label"], bag=columns["video"])
    return table, len(rows) - len(proper)


def moved(table, share=0.0, seconds=0.0):
    """Return the segments later by a share of their lengths and by some seconds."""
    table = table.copy()
    shift = share * (table["end"] - table["start"]) + seconds
    table["start"] += shift
    table["end"] += shift
    return table


def score_perturbed(truth):
    """Return a row for each perturbation: the score and what it must be."""
    rng = np.random.RandomState(0)
    n_true = len(truth)
    found = truth.copy()
    found["score"] = rng.permutation(n_true) / n_true
    shape = len(THUMOS), len(np.unique(truth["label"]))
    cases = [("identity, scores at random", truth, found, np.ones(shape))]
    for share in (0.1, 0.25, 0.5):
        overlap = (1 - share) / (1 + share)
        must = np.repeat(overlap >= THUMOS[:, None], shape[1], axis=1)
        alone = [table.copy() for table in (truth, found)]
        for table in alone:
            table["bag"] = np.arange(n_true).astype(str)
        name = f"shifted by {share:g} lengths"
        text = f"{name}, every segment in a video of its own (overlap {overlap:.3f})"
        cases.append((text, alone[0], moved(alone[1], share), must))
        loop = map_in_a_loop(truth, moved(found, share), THUMOS)
        cases.append((f"{name}, beside a plain loop", truth, moved(found, share), loop))
    kept = rng.uniform(size=n_true) < 0.5
    labels = np.unique(truth["label"])
    share = [kept[truth["label"] == label].mean() for label in labels]
    cases.append(("about half of them found", truth, found[kept], np.array(share)))
    low = found.copy()
    low["score"] -= 1
    cases.append(("all of them found twice", truth, np.append(found, low), 1.0))
    false = moved(found, seconds=1e6)
    false["score"] += 1
    text = "as many false ones, with higher scores"
    cases.append((text, truth, np.append(found, false), 0.5))
    return [perturbed_row(*case) for case in cases]


def perturbed_row(name, truth, found, must):
    """Return name, score, what it must be and the largest difference."""
    values = detection_map_score(truth, found, THUMOS, average=None)
    if isinstance(must, float):
        values = values.mean(keepdims=True)
    return [name, values.mean(), np.mean(must), f"{np.abs(values - must).max():.0e}"]


def show(title, header, rows):
    """Print a table with numbers as they are best read."""
    text = [
        [cell if isinstance(cell, str) else number(cell) for cell in r] for r in rows
    ]
    print(f"\n## {title}\n\n{markdown(header, text)}")


def number(value):
    """Return whole numbers with commas, others with three digits."""
    return f"{value:,}" if isinstance(value, int | np.integer) else f"{value:.3f}"


def main():
    """Run everything and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--proposals", type=int, default=1_000_000)
    parser.add_argument("--bags", type=int, default=10_000)
    parser.add_argument("--detections", type=int, default=100_000)
    parser.add_argument("--compared", type=int, default=20_000)
    sizes = parser.parse_args()
    show(
        "From proposals to segments",
        ["function", "proposals", "bags", "segments", "seconds", "loop / ours"],
        time_fusion(sizes.proposals, sizes.bags, sizes.compared),
    )
    show(
        "From scores per step to proposals, 100 steps a bag, 20 thresholds",
        ["function", "steps", "bags", "proposals", "seconds"],
        time_proposals(sizes.bags),
    )
    show(
        "Scores of detections, ten overlaps",
        ["function", "detections", "true segments", "seconds", "mAP", "loop / ours"],
        time_scores(sizes.detections, sizes.compared),
    )
    folder = os.environ.get("SKNOISY_DATA")
    if folder is None or not (Path(folder) / "thumos14_annotations").is_dir():
        print("\nSKNOISY_DATA leads to no thumos14_annotations: nothing perturbed.")
        return
    truth, without = read_thumos(folder)
    counts = f"{len(truth):,} true segments, {without} more have no length"
    show(
        f"THUMOS'14 perturbed, {counts}; mean over overlaps 0.1 to 0.7",
        ["what was done", "mAP", "must be", "largest difference"],
        score_perturbed(truth),
    )


if __name__ == "__main__":
    main()
