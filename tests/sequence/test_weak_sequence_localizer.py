"""Localizing by weak labels: what is learnt, from what, and in which forms."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score

from sknoisy.sequence import WeakSequenceLocalizer, segment_table

QUICK = {"max_iter": 15, "n_rounds": 1, "random_state": 0, "bag_noise": None}


def made_bags(n_bags=24, seed=0, n_steps=60):
    """Return sequences with two kinds of events, and where these are."""
    rng = np.random.RandomState(seed)
    bags, truth = [], []
    for number in range(n_bags):
        signal = rng.normal(scale=0.4, size=(n_steps, 4))
        rows = []
        for label in range(2):
            if number % 4 in (label, 2):
                start = rng.randint(2, 18) + 28 * label
                end = start + rng.randint(8, 12)
                # A strong core between weak flanks.
                bump = np.sin(np.pi * (np.arange(end - start) + 0.5) / (end - start))
                signal[start:end, label] += 0.5 + 2 * bump**4
                rows.append((start, end, "ab"[label]))
        truth.append(table(rows))
        bags.append(signal)
    return bags, truth


def table(rows):
    start, end, label = zip(*rows, strict=True) if rows else ([], [], [])
    return segment_table(start, end, label=np.array(label, dtype="U1"))


def label_sets(truth):
    return [set(part["label"].tolist()) for part in truth]


def labels_of_steps(bags, truth):
    """Return the label of each step, "-" for none."""
    steps = [np.full(len(bag), "-") for bag in bags]
    for labels, part in zip(steps, truth, strict=True):
        for row in part:
            labels[int(row["start"]) : int(row["end"])] = row["label"]
    return steps


X, TRUTH = made_bags()
X_NEW, TRUTH_NEW = made_bags(16, seed=1)
Y = label_sets(TRUTH)
FITTED = WeakSequenceLocalizer(random_state=0).fit(X, Y)


def test_segments_are_found_from_labels_of_bags():
    assert FITTED.score(X_NEW, TRUTH_NEW) > 0.75
    assert_array_equal(FITTED.classes_, ["a", "b"])


def test_what_comes_out():
    found = FITTED.predict(X_NEW)
    assert found.dtype.names == ("bag", "label", "start", "end", "score")
    assert (np.diff(found["bag"]) >= 0).all()
    within = np.diff(found["bag"]) == 0
    assert (np.diff(found["score"])[within] <= 0).all()
    assert (found["start"] >= 0).all()
    assert (found["end"] <= 60).all()
    proba = FITTED.predict_proba(X_NEW)
    assert [p.shape for p in proba] == [(60, 2)] * 16
    assert all((p >= 0).all() and (p.sum(axis=1) <= 1).all() for p in proba)
    strength = FITTED.predict_bags(X_NEW)
    wanted = np.array([["a" in y, "b" in y] for y in label_sets(TRUTH_NEW)])
    assert strength[wanted].min() > strength[~wanted].max()
    assert len(FITTED.pseudo_labels_) == len(X)
    assert [set(entry) for entry in FITTED.history_] == [
        {"n_segments", "covered", "changed"}
    ] * 3
    assert FITTED.history_[0]["changed"] is None
    assert FITTED.n_iter_ == 4


MULTI_HOT = np.array([["a" in y, "b" in y] for y in Y]).astype(int)


@pytest.mark.parametrize(
    "y", [MULTI_HOT, TRUTH, [sorted(y) for y in Y]], ids=["table", "segments", "lists"]
)
def test_forms_of_labels_say_the_same(y):
    sets = WeakSequenceLocalizer(**QUICK).fit(X, Y)
    other = WeakSequenceLocalizer(**QUICK).fit(X, y)
    assert_array_equal(sets.predict(X)["start"], other.predict(X)["start"])


def test_single_labels():
    single = [i for i in range(len(X)) if len(Y[i]) == 1]
    y = np.array([next(iter(Y[i])) for i in single])
    localizer = WeakSequenceLocalizer(**QUICK).fit([X[i] for i in single], y)
    assert_array_equal(localizer.classes_, ["a", "b"])


def test_forms_of_bags_say_the_same():
    listed = WeakSequenceLocalizer(**QUICK).fit(X, Y)
    stacked = np.stack(X).transpose(0, 2, 1)
    flat, groups = np.concatenate(X), np.repeat(np.arange(len(X)), 60)
    of_stacked = WeakSequenceLocalizer(**QUICK).fit(stacked, Y)
    of_flat = WeakSequenceLocalizer(**QUICK).fit(flat, Y, groups=groups)
    assert_array_equal(of_stacked.predict(stacked), listed.predict(X))
    assert_array_equal(of_flat.predict(flat, groups=groups), listed.predict(X))
    assert of_flat.predict_proba(flat, groups=groups).shape == (len(flat), 2)
    assert_allclose(of_flat.score(flat, TRUTH, groups=groups), listed.score(X, TRUTH))


def test_bags_carry_the_names_of_groups():
    flat, groups = np.concatenate(X), np.repeat([f"g{i}" for i in range(len(X))], 60)
    localizer = WeakSequenceLocalizer(**QUICK).fit(flat, Y, groups=groups)
    assert set(localizer.predict(flat, groups=groups)["bag"]) <= set(groups)
    steps = np.concatenate(labels_of_steps(X, TRUTH))
    localizer.set_params(background="-")
    whole = localizer.score(flat, steps, groups=groups)
    assert_allclose(whole, WeakSequenceLocalizer(**QUICK).fit(X, Y).score(X, TRUTH))


def test_same_seed_same_segments():
    one, two = (WeakSequenceLocalizer(**QUICK).fit(X, Y) for _ in range(2))
    assert_array_equal(one.predict(X), two.predict(X))
    other = WeakSequenceLocalizer(**QUICK | {"random_state": 1}).fit(X, Y)
    assert (other.predict_proba(X)[0] != one.predict_proba(X)[0]).any()


def test_clone_and_pickle():
    localizer = WeakSequenceLocalizer(**QUICK).fit(X, Y)
    again = pickle.loads(pickle.dumps(localizer))
    assert_array_equal(again.predict(X_NEW), localizer.predict(X_NEW))
    assert clone(localizer).get_params() == localizer.get_params()
    assert not hasattr(clone(localizer), "classes_")


def test_searches_take_lists_of_bags():
    localizer = WeakSequenceLocalizer(**QUICK)
    assert len(cross_val_score(localizer, X, TRUTH, cv=2)) == 2
    search = GridSearchCV(localizer, {"smoothing": [1, 5]}, cv=2).fit(X, TRUTH)
    assert search.predict(X_NEW).dtype.names is not None


@pytest.mark.parametrize(
    "params",
    [
        {"estimator": LogisticRegression(), "n_rounds": 2},
        {"estimator": LogisticRegression(), "n_rounds": 2, "delta_from": 2},
        {"context": 2},
        {"smoothing": 1},
        {"hidden_units": 32, "batch_size": 4, "n_networks": 1},
        {"n_networks": 3},
        {"pooling": 0.3},
        {"absence": 0.5},
        {"n_rounds": 0},
        {"pseudo_labels": "hard"},
        {"pseudo_labels": "linpro"},
        {"pseudo_weight": 1.0},
        {"min_score": 0.3},
        {"n_rounds": 3, "delta_from": 2},
        {"fusion": "nms"},
        {"fusion": "soft_nms"},
        {"thresholds": [0.1, 0.3, 0.5]},
        {"min_length": 6},
        {"temperature": 0.05},
        {"min_bag_score": 0.6},
        {"learning_rate": 0.1, "max_iter": 10},
        {"alpha": 0.1},
        {"batch_size": 4},
    ],
    ids=str,
)
def test_every_option_works_and_matters(params):
    quick = QUICK | {"max_iter": 30}
    localizer = WeakSequenceLocalizer(**quick | params).fit(X, Y)
    assert localizer.score(X_NEW, TRUTH_NEW) > 0.35
    plain = WeakSequenceLocalizer(**quick).fit(X, Y).predict(X_NEW)
    found = localizer.predict(X_NEW)
    assert len(found) != len(plain) or (found != plain).any()


def test_classes_that_hardly_show_are_left_out():
    strict = pickle.loads(pickle.dumps(FITTED)).set_params(min_bag_score=0.75)
    strength = FITTED.predict_bags(X_NEW)
    found = strict.predict(X_NEW)
    column = np.searchsorted(FITTED.classes_, found["label"])
    assert strength[found["bag"], column].min() >= 0.75
    assert 0 < len(found) < len(FITTED.predict(X_NEW))


def test_rounds_without_weight_teach_nothing():
    params = QUICK | {"pseudo_weight": 0.0, "n_rounds": 2}
    paint = WeakSequenceLocalizer(**params).fit(X, Y)
    hard = WeakSequenceLocalizer(**params, pseudo_labels="hard").fit(X, Y)
    assert_array_equal(hard.predict(X), paint.predict(X))


def test_background_that_is_taught_shrinks_segments():
    params = QUICK | {"n_rounds": 3, "max_iter": 40}
    free = WeakSequenceLocalizer(**params).fit(X, Y)
    taught = WeakSequenceLocalizer(**params, teach_background=True).fit(X, Y)
    assert np.concatenate(taught.predict_proba(X)).mean() < (
        np.concatenate(free.predict_proba(X)).mean()
    )


def middle_points(truth):
    """Return one step of each segment."""
    parts = []
    for part in truth:
        middle = np.floor((part["start"] + part["end"]) / 2)
        parts.append(segment_table(middle, middle + 1, label=part["label"]))
    return parts


def test_points_help_where_labels_of_bags_say_nothing():
    both = [i for i in range(len(X)) if len(Y[i]) == 2]
    bags = [X[i] for i in both]
    y, truth = [Y[i] for i in both], [TRUTH[i] for i in both]
    localizer = WeakSequenceLocalizer(random_state=0, max_iter=30)
    without = clone(localizer).fit(bags, y).score(X_NEW, TRUTH_NEW)
    points = middle_points(truth)
    with_points = clone(localizer).fit(bags, y, points=points)
    assert with_points.score(X_NEW, TRUTH_NEW) > without + 0.2


def test_background_is_taught_where_there_are_points():
    some = [i for i in range(len(X)) if Y[i]]
    bags, y = [X[i] for i in some], [Y[i] for i in some]
    points = middle_points([TRUTH[i] for i in some])
    localizer = WeakSequenceLocalizer(**QUICK | {"n_rounds": 2})
    auto = clone(localizer).fit(bags, y, points=points).predict_proba(X)
    taught = localizer.set_params(teach_background=True).fit(bags, y, points=points)
    assert_array_equal(auto, taught.predict_proba(X))
    untaught = localizer.set_params(teach_background=False).fit(bags, y, points=points)
    assert np.mean(untaught.predict_proba(X)) > np.mean(auto)


@pytest.mark.parametrize("kind", ["paint", "hard", "linpro"])
def test_background_is_not_taught_inside_segments(kind):
    params = QUICK | {"n_rounds": 3, "pseudo_labels": kind, "max_iter": 40}
    localizer = WeakSequenceLocalizer(**params)
    localizer.fit(X, Y, points=middle_points(TRUTH))
    assert localizer.score(X_NEW, TRUTH_NEW) > 0.99


def test_background_is_not_taught_to_bags_without_points():
    none = [table([]) for _ in X]
    localizer = WeakSequenceLocalizer(**QUICK)
    without = clone(localizer).fit(X, Y).predict_proba(X)
    assert_array_equal(localizer.fit(X, Y, points=none).predict_proba(X), without)


def test_points_of_classes_that_a_bag_denies_are_believed():
    y = [set() if i < 12 else labels for i, labels in enumerate(Y)]
    localizer = WeakSequenceLocalizer(**QUICK).fit(X, y, points=middle_points(TRUTH))
    inside = np.concatenate(localizer.pseudo_labels_[:12]).sum()
    assert inside > 0


def test_what_is_found_without_a_point_is_dropped():
    nowhere = [segment_table([58], [59], label=["a"]) for _ in X]
    y = [labels | {"a"} for labels in Y]
    localizer = WeakSequenceLocalizer(**QUICK).fit(X, y, points=nowhere)
    labels = np.stack(localizer.pseudo_labels_)
    taught = labels.any(axis=1)
    assert not taught[:, 1].any()
    assert_array_equal(labels[:, 58, 0] > 0, taught[:, 0])


def shifted(truth, rng):
    """Return segments whose ends are moved, some of them gone."""
    parts = []
    for part in truth:
        kept = part[rng.uniform(size=len(part)) > 0.15].copy()
        kept["start"] += rng.randint(-4, 5, size=len(kept))
        kept["end"] += rng.randint(-3, 6, size=len(kept))
        kept["start"] = np.maximum(kept["start"], 0)
        kept["end"] = np.clip(kept["end"], kept["start"] + 2, 60)
        parts.append(kept)
    return parts


def test_labels_of_steps_may_be_wrong():
    bags, truth = made_bags(40)
    steps = labels_of_steps(bags, shifted(truth, np.random.RandomState(0)))
    localizer = WeakSequenceLocalizer(background="-", random_state=0, max_iter=30)
    score = localizer.fit(bags, steps).score(X_NEW, TRUTH_NEW)
    assert score > 0.75
    assert_array_equal(localizer.classes_, ["a", "b"])


def test_labels_of_steps_with_a_classifier():
    localizer = WeakSequenceLocalizer(LogisticRegression(), background="-", n_rounds=1)
    localizer.fit(X, labels_of_steps(X, TRUTH))
    assert localizer.score(X_NEW, TRUTH_NEW) > 0.6


def test_every_step_may_belong_to_a_class():
    steps = labels_of_steps(X, TRUTH)
    localizer = WeakSequenceLocalizer(**QUICK).fit(X, steps)
    assert_array_equal(localizer.classes_, ["-", "a", "b"])
    assert np.concatenate(localizer.predict_proba(X)).sum(axis=1).min() > 0.5
    assert localizer.score(X, steps) > 0.4


def test_networks_agree_more_than_they_do_alone():
    params = QUICK | {"hidden_units": 8, "n_rounds": 0}

    def scores(n_networks):
        localizer = WeakSequenceLocalizer(**params, n_networks=n_networks)
        seeds = (localizer.set_params(random_state=seed) for seed in range(4))
        return np.std([np.stack(s.fit(X, Y).predict_proba(X_NEW)) for s in seeds], 0)

    assert scores(6).mean() < 0.7 * scores(1).mean()


def test_noisy_labels_of_bags():
    bags, truth = made_bags(60)
    rng = np.random.RandomState(0)
    y = label_sets(truth)
    for i in rng.permutation(60)[:12]:
        y[i] = set("ab") - y[i]
    localizer = WeakSequenceLocalizer(random_state=0, max_iter=30).fit(bags, y)
    assert localizer.score(X_NEW, TRUTH_NEW) > 0.6


def with_background(n_bags, rng, directions):
    """Return events with strong cores and weak flanks over a changing background."""
    bags, truth = [], []
    for _ in range(n_bags):
        pieces = [
            rng.randint(3, 6, size=1).repeat(rng.randint(10, 39)) for _ in "12345"
        ]
        n_steps = min(rng.randint(80, 160), sum(map(len, pieces)))
        signal = 1.5 * directions[np.concatenate(pieces)[:n_steps]]
        label, rows = rng.randint(3), []
        for start in range(rng.randint(2, 8), n_steps - 32, 33):
            if rng.uniform() < 0.7:
                length = rng.randint(8, 30)
                place = (np.arange(length) / length - rng.uniform(0.3, 0.7)) / 0.2
                profile = 0.6 + 2.5 * np.exp(-(place**2))
                signal[start : start + length] *= 0.5
                signal[start : start + length] += profile[:, None] * directions[label]
                rows.append((start, start + length, str(label)))
        truth.append(table(rows))
        signal += 0.5 * rng.normal(size=signal.shape)
        edges = np.pad(signal, ((1, 1), (0, 0)), mode="edge")
        bags.append((edges[:-2] + edges[1:-1] + edges[2:]) / 3)
    return bags, truth


@pytest.mark.parametrize("seed", range(2))
def test_fusion_and_rounds_improve_on_the_network_alone(seed):
    rng = np.random.RandomState(seed)
    directions = np.linalg.qr(rng.normal(size=(16, 16)))[0][:6]
    bags, truth = with_background(40, rng, directions)
    new, truth_new = with_background(40, rng, directions)
    params = {"smoothing": 1, "thresholds": np.arange(0.02, 0.29, 0.02)}
    params |= {"random_state": seed, "max_iter": 50, "alpha": 3e-3, "bag_noise": None}
    network = WeakSequenceLocalizer(n_rounds=0, **params)
    rounds = WeakSequenceLocalizer(**params)
    scores = {}
    for name, model in (("network", network), ("rounds", rounds)):
        model.fit(bags, label_sets(truth))
        for fusion in ("nms", "gaussian"):
            scores[name, fusion] = model.set_params(fusion=fusion).score(new, truth_new)
    assert scores["network", "gaussian"] > scores["network", "nms"] + 0.02
    assert scores["rounds", "nms"] > scores["network", "nms"] + 0.02
    assert scores["rounds", "gaussian"] > scores["network", "gaussian"] - 0.05
