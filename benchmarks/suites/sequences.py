"""What a localizer learns from labels of whole sequences, piece by piece.

Sets: sequences with weak flanks and strong cores made here (``generated``) and spoken
digits in streams of sound (``digit_spotting``). The column of the noise says what is
known: ``bags`` (labels of whole sequences), ``30 % wrong`` of them, ``points`` (one
step a segment beside these). Labels of steps, entities, gestures and faults were
measured by earlier code only.

Figures: mean average precision over overlaps from 0.1 to 0.7, decoded by fusion, the
same at 0.5, by suppression and at one threshold; how wrong labels of sequences are
ranked (AUROC) and their estimated rates. The row that counts is ``rounds``, the
defaults beside the settings of a set. Rows that begin with "net" have a
``SequenceNet``, the others scikit-learn's ``MLPRegressor``. The windows and the
smoothing of the digits were chosen by cross-validation over the speakers of the
training streams.

With ``--method`` a row is a localizer with ``fit(X, y)`` and ``score(X, segments)``.
"""

import inspect

import numpy as np
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.neural_network import MLPRegressor

from benchmarks.cells import Cell
from benchmarks.data import in_folder
from benchmarks.methods import import_name
from sknoisy.datasets import load_from_folder
from sknoisy.sequence import (
    PseudoLabelRule,
    SegmentFusion,
    WeakSequenceLocalizer,
    segment_table,
)

FIGURES = ("map", "map_50", "map_nms", "map_threshold", "auroc", "missing", "spurious")
OURS, REFERENCES = ("rounds",), ()
BAGS, WRONG, POINTS = "bags", "30 % wrong", "points"
KNOWN = {"generated": (BAGS, WRONG), "digit_spotting": (BAGS, WRONG, POINTS)}
DECODERS = {
    "map": {"method": "gaussian"},
    "map_nms": {"method": "nms"},
    "map_threshold": {"method": "nms", "thresholds": [0.5]},
}
LOW = np.arange(0.02, 0.29, 0.02)
# The settings of the published code; its network has attention, this one has none.
PUBLISHED = {
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
ALONE, LONG = {"n_rounds": 0}, {"pseudo_labels": PseudoLabelRule(weight=0.0)}
# Row -> what differs from the settings of the set; only the first corrects labels.
ROWS = {
    "rounds": {},
    "rounds, labels kept": {},
    "network": ALONE,
    "network, trained as long": LONG,
    "network, no absence": {"absence": 0.0, **ALONE},
    "logistic regression": {"estimator": LogisticRegression(max_iter=200), **ALONE},
    "published settings": PUBLISHED,
}
# The same with a SequenceNet; the rate of the last one was the default.
NETS = {
    "net: network": ALONE,
    "net: network, trained as long": LONG,
    "net: rounds": {},
    "net: slower": {"estimator__lr": 0.003},
}
METHODS = (*ROWS, *NETS)
QUICK = ("rounds", "rounds, labels kept", "network", "network, trained as long")


def network(*layers, **params):
    usual = {"alpha": 1e-3, "learning_rate_init": 0.02, "max_iter": 60}
    return MLPRegressor(hidden_layer_sizes=layers, **usual | params)


SMALL_NET = {"alpha": 3e-3, "learning_rate_init": 0.01, "max_iter": 100}
SETTINGS = {
    "generated": {
        "estimator": network(batch_size=60, **SMALL_NET),
        "smoothing": 1,
        "fusion": SegmentFusion(thresholds=LOW, min_bag_score=0.3),
    },
    "digit_spotting": {
        "estimator": network(64, batch_size=8, max_iter=30),
        "n_rounds": 4,
        "smoothing": 9,
    },
}


def cells(options):
    names = options.sets or (("generated",) if options.quick else KNOWN)
    for seed in options.seed_range(3):
        for name in names:
            if name == "generated" or options.folder or in_folder(name):
                for known in options.noises or KNOWN[name]:
                    yield Cell(name, "sequences", known, "", seed)


def prepare(cell, options):
    """Return cell, training bags, what is known of them, test bags and segments."""
    if cell.data == "generated":
        rng = np.random.RandomState(cell.seed)
        directions = np.linalg.qr(rng.normal(size=(16, 16)))[0][:, :6].T
        X, y, _ = generated_bags(60 if cell.noise == BAGS else 120, directions, rng)
        X_test, _, truth = generated_bags(60, directions, rng)
        given = with_wrong_labels(y, rng) if cell.noise == WRONG else y
        return cell, X, {"y": given}, given != y, X_test, truth
    bunch = load_from_folder(cell.data, options.folder)
    train, test = (np.flatnonzero(bunch.split == part) for part in (0, 1))
    data = sound_features([x.astype(float) for x in bunch.data], train)
    known, wrong = known_of(cell, bunch, train)
    truth = [segments_of(bunch, i) for i in test]
    return cell, [data[i] for i in train], known, wrong, [data[i] for i in test], truth


def known_of(cell, bunch, train):
    """Return what is known of the training bags, and which labels are wrong."""
    truth = np.array(bunch.video_labels)
    table = np.array(bunch.video_labels_noisy) if cell.noise == WRONG else truth
    # Class 0 is the background.
    known = {"y": [set((np.flatnonzero(table[i]) + 1).tolist()) for i in train]}
    if cell.noise == POINTS:
        parts = [bunch.points[bunch.points[:, 0] == i] for i in train]
        tables = [segment_table(p[:, 1], p[:, 1] + 1, label=p[:, 2]) for p in parts]
        known["points"] = tables
    return known, (truth != table)[train]


def segments_of(bunch, bag):
    rows = bunch.segments[bunch.segments[:, 0] == bag]
    return segment_table(rows[:, 1], rows[:, 2], label=rows[:, 3])


def measure(problem, row):
    """Return the figures of a localizer with each way to decode."""
    cell, X, known, wrong, X_test, truth = problem
    params = SETTINGS[cell.data] | {"random_state": cell.seed}
    if row != "rounds":
        params |= {"bag_noise": None}
    if row in NETS:
        from sknoisy.deep import SequenceNet

        params |= {"estimator": SequenceNet(), **NETS[row]}
        params |= {"pooling": 0.0625} if cell.data == "digit_spotting" else {}
    elif row in ROWS:
        params |= ROWS[row]
    else:
        made = import_name(row)()
        takes = inspect.signature(made.fit).parameters
        made.fit(X, **{name: value for name, value in known.items() if name in takes})
        return {"map": made.score(X_test, truth)}
    localizer = WeakSequenceLocalizer().set_params(**params).fit(X, **known)
    found, usual = {}, localizer.fusion
    usual = SegmentFusion(usual) if isinstance(usual, str) else usual
    for name, changed in DECODERS.items():
        localizer.set_params(fusion=clone(usual).set_params(**changed))
        found[name] = localizer.score(X_test, truth)
        if name == "map":
            found["map_50"] = localizer.score(X_test, truth, iou_thresholds=[0.5])
    localizer.set_params(fusion=usual)
    return found | of_labels(localizer, wrong)


def of_labels(localizer, wrong):
    """Return how the quality of labels of bags ranks wrong ones, and their rates."""
    quality = getattr(localizer, "bag_label_quality_", None)
    if quality is None or wrong is None or not wrong.any():
        return {}
    return {
        "auroc": roc_auc_score(wrong.ravel(), -quality.ravel()),
        "missing": localizer.missing_rate_.mean(),
        "spurious": localizer.spurious_rate_.mean(),
    }


def with_wrong_labels(y, rng, share=0.3):
    """Return labels of bags, a share of which lose one class and gain another."""
    y = y.copy()
    for bag in rng.permutation(len(y))[: int(share * len(y))]:
        present, absent = np.flatnonzero(y[bag]), np.flatnonzero(y[bag] == 0)
        for some, value in ((present, 0), (absent, 1)):
            if len(some):
                y[bag, rng.choice(some)] = value
    return y


def sound_features(X, train, half=8):
    """Return principal components of windows of frames, fitted on training bags."""
    padded = [np.pad(x, ((half, half), (0, 0)), mode="edge") for x in X]
    windows = [
        np.hstack([p[i : i + len(x)] for i in range(2 * half + 1)])
        for p, x in zip(padded, X, strict=True)
    ]
    pca = PCA(64, random_state=0).fit(np.concatenate([windows[i] for i in train])[::3])
    return [pca.transform(w) / np.sqrt(pca.explained_variance_[0]) for w in windows]


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
