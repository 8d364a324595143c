"""What a localizer learns from labels of whole sequences, piece by piece.

Run ``python benchmarks/bench_sequence.py --output FILE``. Five parts:

- ``generated``: sequences with weak flanks and strong cores, made here, with right
  labels, and twice as many with wrong labels in 30 % of them;
- ``digits``: spoken digits in streams of sound (set ``digit_spotting``), with clip
  labels, clip labels of which 30 % of the streams have wrong ones, and points;
- ``entities``: entities in sentences, labelled by gazetteers (set ``ner_yoruba``);
- ``gestures``: phases of gestures (set ``gesture_phase``), every step with a label of
  which 27 % are wrong;
- ``anomalies``: faults of a water circuit (set ``skab``), likewise 19 %, and points.

The row that counts is "rounds, fusion": on ``digits`` all defaults beside the base
settings, which means painted pseudo-labels from fused segments, and labels of bags
corrected where they look wrong. The network is scikit-learn's ``MLPRegressor``, trained
on whole bags; ``bench_sequence_net.py`` has the convolutional one.

The test streams of ``digits`` were seen in the tables of earlier states of the code.
Windows of 17 frames and ``smoothing=9`` were chosen there by cross-validation over the
speakers of the training streams, and are taken over for all rows. All other settings
are the defaults or stand in the tables. Results are written to ``--output`` as they
come, and what stands there is not computed again.
"""

import argparse
import json
import os
import sys
import time
from collections import defaultdict
from functools import partial

import numpy as np
from _data import available
from _table import markdown
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.neural_network import MLPRegressor
from threadpoolctl import threadpool_limits

from sknoisy.datasets import load_from_folder
from sknoisy.sequence import (
    PseudoLabelRule,
    SegmentFusion,
    WeakSequenceLocalizer,
    segment_table,
)

LOW = np.arange(0.02, 0.29, 0.02)
DECODERS = {"NMS": {"method": "nms"}, "fusion": {"method": "gaussian"}}
ONE_LEVEL = {"method": "nms", "thresholds": [0.5]}


class Runs:
    """Results in a file of JSON lines, each computed once."""

    def __init__(self, path):
        self.path, self.known = path, {}
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                for line in file:
                    record = json.loads(line)
                    self.known[tuple(record["key"])] = record["value"]

    def __call__(self, *key, compute):
        """Return what is known under a key, or compute and keep it."""
        if key not in self.known:
            start = time.perf_counter()
            value = compute()
            with open(self.path, "a", encoding="utf-8") as file:
                file.write(json.dumps({"key": key, "value": value}) + "\n")
            seconds = time.perf_counter() - start
            print(*key, f"{seconds:.0f} s", file=sys.stderr, flush=True)
            self.known[key] = value
        return self.known[key]


def network(*layers, **params):
    """Return a network for steps."""
    usual = {"alpha": 1e-3, "learning_rate_init": 0.02, "max_iter": 60}
    return MLPRegressor(hidden_layer_sizes=layers, **usual | params)


def figures(localizer, X, truth, decoders):
    """Return the figures of a fitted localizer with each decoder."""
    found, usual = {}, localizer.fusion
    usual = SegmentFusion(usual) if isinstance(usual, str) else usual
    for name, params in decoders.items():
        localizer.set_params(fusion=clone(usual).set_params(**params))
        found[name] = [
            localizer.score(X, truth),
            localizer.score(X, truth, iou_thresholds=[0.5]),
        ]
    localizer.set_params(fusion=usual)
    return found


def of_labels(localizer, wrong):
    """Return how well the quality of bag labels ranks wrong ones, and the rates."""
    quality = localizer.bag_label_quality_
    if quality is None or wrong is None:
        return {}
    rates = localizer.missing_rate_.mean(), localizer.spurious_rate_.mean()
    return {"labels": [roc_auc_score(wrong.ravel(), -quality.ravel()), *rates]}


def with_wrong_labels(y, rng, share=0.3):
    """Return labels of bags, a share of which lose one class and gain another."""
    y = y.copy()
    for bag in rng.permutation(len(y))[: int(share * len(y))]:
        present, absent = np.flatnonzero(y[bag]), np.flatnonzero(y[bag] == 0)
        for some, value in ((present, 0), (absent, 1)):
            if len(some):
                y[bag, rng.choice(some)] = value
    return y


def generated_bags(n_bags, directions, rng, n_classes=3):
    """Return sequences, their labels as a table, and their segments."""
    bags, y, truth = [], np.zeros((n_bags, n_classes), int), []
    for number in range(n_bags):
        signal = background(rng.randint(80, 160), directions[n_classes:], rng)
        free = np.ones(len(signal), bool)
        n_present = 1 if rng.uniform() < 0.7 else 2
        for label in rng.permutation(n_classes)[:n_present]:
            for _ in range(rng.randint(1, 4)):
                if (place := placed(free, rng.randint(8, 30), rng)) is not None:
                    act(signal, *place, directions[label], rng)
                    truth.append((number, label, *place))
                    y[number, label] = 1
        signal += 0.5 * rng.normal(size=signal.shape)
        edges = np.pad(signal, ((1, 1), (0, 0)), mode="edge")
        bags.append((edges[:-2] + edges[1:-1] + edges[2:]) / 3)
    bag, label, start, end = np.array(truth).T
    return bags, y, segment_table(start, end, label=label, bag=bag)


def background(n_steps, directions, rng):
    """Return a signal that changes at random times."""
    signal, start = np.zeros((n_steps, directions.shape[1])), 0
    while start < n_steps:
        end = start + rng.randint(10, 40)
        signal[start:end] = 1.5 * directions[rng.randint(len(directions))]
        start = end
    return signal


def placed(free, length, rng):
    """Return a free place, three steps apart from others, or None."""
    for _ in range(20):
        start = rng.randint(0, len(free) - length + 1)
        if free[max(start - 3, 0) : start + length + 3].all():
            free[start : start + length] = False
            return start, start + length
    return None


def act(signal, start, end, direction, rng):
    """Add an event with weak flanks and a strong core; half of the background stays."""
    length = end - start
    peak = rng.uniform(0.3, 0.7) * length
    profile = 0.6 + 2.5 * np.exp(-(((np.arange(length) - peak) / (0.2 * length)) ** 2))
    signal[start:end] = 0.5 * signal[start:end] + profile[:, None] * direction


OF_GENERATED = {
    "estimator": network(alpha=3e-3, learning_rate_init=0.01, max_iter=100,
                         batch_size=60),
    "smoothing": 1,
    "fusion": SegmentFusion(thresholds=LOW, min_bag_score=0.3),
}  # fmt: skip


def rule(kind="paint", **params):
    """Return a rule as it was tuned for these sequences."""
    return {"pseudo_labels": PseudoLabelRule(kind, **{"weight": 3.0} | params)}


STRESS = {"n_rounds": 4}
STRESSED = {"background": True, "weight": 1.0}
FROM_NMS = SegmentFusion("nms", thresholds=LOW, min_bag_score=0.3)
# The settings of the published code; its network has attention, this one has none.
GAUFUSE = {
    "n_rounds": 6,
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
TRAININGS = {
    "network, before any round": {"n_rounds": 0},
    "network, trained as long, no pseudo-labels": rule(weight=0.0),
    "painted from NMS": {"fusion": FROM_NMS},
    "painted from fusion": {},
    "LinPro from fusion": rule("linpro"),
    "hard from fusion": rule("hard"),
    "LinPro, change in round 3": rule("linpro", delta_from=3),
    "LinPro, stopped after round 2": {"n_rounds": 2, **rule("linpro")},
    "stress: background taught": STRESS | rule("hard", **STRESSED),
    "stress: change from round 2": STRESS | rule("hard", delta_from=2, **STRESSED),
    "stress: stopped after round 1": {"n_rounds": 1, **rule("hard", **STRESSED)},
    "no absence: network": {"absence": 0.0, "n_rounds": 0},
    "published settings": GAUFUSE,
}


KEPT = {"bag_noise": None}
WITH_NOISE = {
    "right labels, kept": (False, KEPT),
    "right labels, **corrected**": (False, {}),
    "30 % wrong, kept": (True, KEPT),
    "30 % wrong, **corrected**": (True, {}),
}


def generated(runs, seeds):
    """Compare trainings and decodings on generated sequences."""
    results = defaultdict(list)
    for seed in seeds:
        rng = np.random.RandomState(seed)
        directions = np.linalg.qr(rng.normal(size=(16, 16)))[0][:, :6].T
        X, y, _ = generated_bags(60, directions, rng)
        X_test, _, truth = generated_bags(60, directions, rng)
        for name, params in TRAININGS.items():

            def compute(params=params, seed=seed, X=X, y=y, test=(X_test, truth)):
                params = OF_GENERATED | rule() | KEPT | params
                localizer = WeakSequenceLocalizer(**params, random_state=seed)
                return figures(localizer.fit(X, y), *test, DECODERS)

            results[name].append(runs("generated", name, seed, compute=compute))
    print("\n## Generated sequences: mAP over overlaps 0.1 to 0.7\n")
    rows = [
        [name, *(spread([v[d][0] for v in values]) for d in DECODERS)]
        for name, values in results.items()
    ]
    print(markdown(["training", "decoded by NMS", "decoded by fusion"], rows))
    print_pairs(results)
    generated_noise(runs, seeds)


def generated_noise(runs, seeds, n_bags=120):
    """Compare what becomes of wrong labels of bags, by twice as many sequences."""
    results = defaultdict(list)
    for seed in seeds:
        rng = np.random.RandomState(seed)
        directions = np.linalg.qr(rng.normal(size=(16, 16)))[0][:, :6].T
        X, y, _ = generated_bags(n_bags, directions, rng)
        test = generated_bags(60, directions, rng)[::2]
        noisy = with_wrong_labels(y, rng)
        for name, (is_noisy, params) in WITH_NOISE.items():
            given = noisy if is_noisy else y
            params = {**params, "random_state": seed}
            compute = partial(of_given, params, X, given, given != y, test)
            results[name].append(runs("generated bags", name, seed, compute=compute))
    print(f"\n## {n_bags} generated sequences, labels of bags: mAP 0.1 to 0.7\n")
    rows = [
        [name, spread([v["fusion"][0] for v in values]), *label_texts(values)]
        for name, values in results.items()
    ]
    print(markdown(["labels", "fusion", "AUROC", "missing", "spurious"], rows))
    name = "right labels, **corrected**"
    pairs = zip(results[name], results["right labels, kept"], strict=True)
    gap = [a["fusion"][0] - b["fusion"][0] for a, b in pairs]
    print(f"\nCorrected - kept, right labels: {spread(gap)}, > 0 on {won(gap)}")


def of_given(params, X, y, wrong, test):
    """Return the figures of a localizer trained on labels some of which are wrong."""
    params = OF_GENERATED | rule() | params
    localizer = WeakSequenceLocalizer(**params)
    found = figures(localizer.fit(X, y), *test, DECODERS)
    return found | of_labels(localizer, wrong if wrong.any() else None)


def label_texts(values):
    """Return AUROC of wrong labels and rates as texts."""
    known = [v["labels"] for v in values if "labels" in v]
    return [spread(column) for column in np.transpose(known)] if known else [""] * 3


PAIRS = [
    ("LinPro from fusion", "network, trained as long, no pseudo-labels"),
    ("LinPro from fusion", "painted from NMS"),
    ("LinPro from fusion", "painted from fusion"),
    ("hard from fusion", "LinPro from fusion"),
    ("hard from fusion", "network, trained as long, no pseudo-labels"),
    ("LinPro, change in round 3", "LinPro from fusion"),
    ("LinPro, change in round 3", "LinPro, stopped after round 2"),
    ("stress: change from round 2", "stress: background taught"),
    ("stress: change from round 2", "stress: stopped after round 1"),
]


def print_pairs(results):
    """Print differences seed by seed, decoded by fusion."""
    print(
        "\nDifferences seed by seed, decoded by fusion, and how often they are > 0:\n"
    )
    rows = []
    for one, other in PAIRS:
        pairs = zip(results[one], results[other], strict=True)
        rows.append(difference(f"{one} - {other}", [(a, b) for a, b in pairs]))
    name = "network, before any round"
    gap = [v["fusion"][0] - v["NMS"][0] for v in results[name]]
    rows.append([f"{name}: fusion - NMS", spread(gap), won(gap)])
    print(markdown(["difference", "mean ± sd", "seeds"], rows))


def difference(name, pairs):
    """Return the row of a comparison."""
    gap = [a["fusion"][0] - b["fusion"][0] for a, b in pairs]
    return [name, spread(gap), won(gap)]


def spread(values):
    """Return mean and standard deviation as text."""
    return f"{np.mean(values):.3f} ± {np.std(values):.3f}"


def won(gap):
    """Return how many of the differences are positive."""
    return f"{sum(g > 0 for g in gap)}/{len(gap)}"


class Streams:
    """The training and test bags of a set, with everything numbered within them."""

    def __init__(self, name, features=lambda X, train: X):
        bunch = load_from_folder(name)
        self.train = np.flatnonzero(bunch.split == 0)
        self.test = np.flatnonzero(bunch.split == 1)
        self.data = features([x.astype(float) for x in bunch.data], self.train)
        self.bunch = bunch

    def bags(self, which):
        """Return the sequences of a part."""
        return [self.data[i] for i in which]

    def segments(self, which):
        """Return the true segments of a part, a table for each bag."""
        rows = self.bunch.segments
        parts = [rows[rows[:, 0] == i] for i in which]
        return [segment_table(p[:, 1], p[:, 2], label=p[:, 3]) for p in parts]

    def points(self, which):
        """Return one labelled step per segment, a table for each bag."""
        rows = self.bunch.points
        parts = [rows[rows[:, 0] == i] for i in which]
        return [segment_table(p[:, 1], p[:, 1] + 1, label=p[:, 2]) for p in parts]

    def sets(self, table, which, first=1):
        """Return the labels in the rows of a table of zeros and ones, as sets."""
        return [set((np.flatnonzero(table[i]) + first).tolist()) for i in which]


def sound_features(X, train, half):
    """Return principal components of windows of frames, fitted on training bags."""
    padded = [np.pad(x, ((half, half), (0, 0)), mode="edge") for x in X]
    windows = [
        np.hstack([p[i : i + len(x)] for i in range(2 * half + 1)])
        for p, x in zip(padded, X, strict=True)
    ]
    pca = PCA(64, random_state=0).fit(np.concatenate([windows[i] for i in train])[::3])
    return [pca.transform(w) / np.sqrt(pca.explained_variance_[0]) for w in windows]


# Chosen by cross-validation over the speakers of the training streams.
HALF_WINDOW, SMOOTHING = 8, 9
ALL_DECODERS = {"one threshold": ONE_LEVEL, **DECODERS}
ALONE = {"n_rounds": 0, **KEPT}
FROM_BAGS = {
    "network": ALONE,
    "**rounds**": {},
    "rounds, labels kept": KEPT,
    "trained as long": {"pseudo_labels": PseudoLabelRule(weight=0.0), **KEPT},
    "rounds, hard": {"pseudo_labels": "hard", **KEPT},
    "rounds, LinPro": {"pseudo_labels": "linpro", **KEPT},
    "rounds, change from the third": {
        "pseudo_labels": PseudoLabelRule(delta_from=3),
        **KEPT,
    },
    "published settings": {**GAUFUSE, **KEPT},
}


def digits(runs, seeds):
    """Spot digits by clip labels."""
    base = {"estimator": network(64, batch_size=8, max_iter=30), "n_rounds": 4}
    base["smoothing"] = SMOOTHING
    streams = spoken(HALF_WINDOW)
    clean = {"y": streams.sets(streams.bunch.video_labels, streams.train)}
    noisy = {"y": streams.sets(streams.bunch.video_labels_noisy, streams.train)}
    pointed = {**clean, "points": streams.points(streams.train)}
    steps = {"step_labels": [streams.bunch.target[i] for i in streams.train]}
    wrong_steps = [streams.bunch.target_noisy[i] for i in streams.train]
    wrong_steps = {"step_labels": wrong_steps}
    by_step = {"background": 0, **ALONE}
    linear = {"estimator": LogisticRegression(max_iter=200), **ALONE}
    cases = {(n, "clean clips"): (p, clean) for n, p in FROM_BAGS.items()}
    cases["network", "clean steps"] = by_step, steps
    for name in ("network", "**rounds**", "rounds, labels kept"):
        cases[name, "noisy clips"] = FROM_BAGS[name], noisy
    cases["logistic regression", "clean clips"] = linear, clean
    cases["network", "noisy steps"] = by_step, wrong_steps
    cases["rounds", "noisy steps"] = by_step | {"n_rounds": 3}, wrong_steps
    untaught = {"pseudo_labels": PseudoLabelRule(background=False), **KEPT}
    cases["network", "clean clips and points"] = ALONE, pointed
    cases["rounds", "clean clips and points"] = KEPT, pointed
    cases["rounds, background not taught", "clean clips and points"] = untaught, pointed
    truth, given = streams.bunch.video_labels, streams.bunch.video_labels_noisy
    wrong = (truth != given)[streams.train]
    table_of_cases("digits", runs, seeds, streams, base, cases, wrong)


def spoken(half):
    """Return the streams of digits, with windows of some frames on each side."""
    return Streams("digit_spotting", lambda X, train: sound_features(X, train, half))


def table_of_cases(part, runs, seeds, streams, base, cases, wrong=None):
    """Run all cases of a set and print them."""
    rows, estimated = [], []
    X, X_test = streams.bags(streams.train), streams.bags(streams.test)
    truth = streams.segments(streams.test)
    for (name, label), (params, known) in cases.items():
        values = []
        # A logistic regression knows no chance.
        for seed in seeds if "estimator" not in params else [0]:

            def compute(params=params, known=known, seed=seed, label=label):
                localizer = WeakSequenceLocalizer(**base | params, random_state=seed)
                localizer.fit(X, **known)
                found = figures(localizer, X_test, truth, ALL_DECODERS)
                noisy = wrong if label == "noisy clips" else None
                return found | of_labels(localizer, noisy)

            values.append(runs(part, name, label, seed, compute=compute))
        for decoder in ALL_DECODERS:
            columns = np.array([v[decoder] for v in values]).T
            rows.append([label, f"{name}, {decoder}", *map(spread, columns)])
        if "labels" in values[0]:
            estimated.append([label, name, *label_texts(values)])
    print(f"\n## {part}\n")
    print(markdown(["labels", "method", "mAP, 0.1 to 0.7", "at 0.5"], rows))
    if estimated:
        header = ["labels", "method", "AUROC of wrong ones", "missing", "spurious"]
        print("\n" + markdown(header, estimated))


HARD = {"pseudo_labels": "hard", **KEPT}


def entities(runs, seeds):
    """Find entities by the labels of gazetteers."""
    streams = Streams("ner_yoruba")
    base = {"estimator": network(64), "smoothing": 1, "context": 1, "background": 0}
    base |= {"fusion": SegmentFusion(min_length=1), **HARD}
    small_table(streams, runs, seeds, "entities", base, weak=True)


def gestures(runs, seeds):
    """Find the phases of gestures, of which every step has one."""
    streams = Streams("gesture_phase")
    base = {"estimator": network(64, batch_size=1), "smoothing": 9, "context": 4}
    small_table(streams, runs, seeds, "gestures", base | HARD, weak=False)


def anomalies(runs, seeds):
    """Find faults, one in each run."""
    streams = Streams("skab")
    net = network(32, batch_size=4, max_iter=30)
    base = {"estimator": net, "smoothing": 61, "background": 0, "pooling": 0.3}
    small_table(streams, runs, seeds, "anomalies", base | HARD, weak=True)


def small_table(streams, runs, seeds, part, base, *, weak):
    """Compare labels for each step and, where they say something, weaker ones."""
    train = streams.train
    given = {"step_labels": [streams.bunch.target_noisy[i] for i in train]}
    clean = {"step_labels": [streams.bunch.target[i] for i in train]}
    cases = {
        ("network", "noisy steps"): ({"n_rounds": 0}, given),
        ("rounds", "noisy steps"): ({}, given),
        ("network", "clean steps"): ({"n_rounds": 0}, clean),
    }
    if weak:
        table = np.array(streams.bunch.video_labels, copy=True)
        table[:, 0] = 0
        y = {"y": streams.sets(table, train, 0)}
        pointed = {**y, "points": streams.points(train)}
        for name, params in {"network": {"n_rounds": 0}, "rounds": {}}.items():
            cases[name, "bags"] = params, y
            cases[name, "bags, points"] = params, pointed
    table_of_cases(part, runs, seeds, streams, base, cases)


SETS = {"digits": "digit_spotting", "entities": "ner_yoruba"}
SETS |= {"gestures": "gesture_phase", "anomalies": "skab"}
PARTS = {"generated": generated, "digits": digits, "entities": entities}
PARTS |= {"gestures": gestures, "anomalies": anomalies}

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--seeds", type=int, default=3, help="of the real sets")
    parser.add_argument("--generated-seeds", type=int, default=10)
    parser.add_argument("--output", default="bench_sequence.jsonl")
    arguments = parser.parse_args()
    with threadpool_limits(1):
        for part in arguments.parts:
            if part in SETS and not available([SETS[part]]):
                continue
            one = part == "generated"
            n_seeds = arguments.generated_seeds if one else arguments.seeds
            PARTS[part](Runs(arguments.output), range(n_seeds))
