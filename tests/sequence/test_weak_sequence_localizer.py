"""Localizing by weak labels: what is learnt, from what, and in which forms."""

import pickle
from collections import defaultdict

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn import config_context
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.neural_network import MLPRegressor

from sknoisy.sequence import (
    PseudoLabelRule,
    SegmentFusion,
    WeakSequenceLocalizer,
    segment_table,
)


def net(max_iter=15, **params):
    usual = {"hidden_layer_sizes": (), "alpha": 1e-3, "learning_rate_init": 0.02}
    return MLPRegressor(**usual | params, max_iter=max_iter)


QUICK = {"estimator": net(), "n_rounds": 1, "random_state": 0, "bag_noise": None}


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
    "labels", [{"y": MULTI_HOT}, {"segments": TRUTH}], ids=["table", "segments"]
)
def test_forms_of_labels_say_the_same(labels):
    sets = WeakSequenceLocalizer(**QUICK).fit(X, Y)
    other = WeakSequenceLocalizer(**QUICK).fit(X, **labels)
    assert_array_equal(sets.predict(X)["start"], other.predict(X)["start"])


def test_single_labels():
    single = [i for i in range(len(X)) if len(Y[i]) == 1]
    y = np.array([next(iter(Y[i])) for i in single])
    localizer = WeakSequenceLocalizer(**QUICK).fit([X[i] for i in single], y)
    assert_array_equal(localizer.classes_, ["a", "b"])


def test_forms_of_bags_say_the_same():
    listed = WeakSequenceLocalizer(**QUICK).fit(X, Y)
    stacked = np.stack(X).transpose(0, 2, 1)
    of_stacked = WeakSequenceLocalizer(**QUICK).fit(stacked, Y)
    assert_array_equal(of_stacked.predict(stacked), listed.predict(X))


def test_forms_of_the_truth_score_the_same():
    localizer = WeakSequenceLocalizer(**QUICK, background="-").fit(X, Y)
    score = localizer.score(X_NEW, TRUTH_NEW)
    assert localizer.score(X_NEW, segments=TRUTH_NEW) == score
    steps = labels_of_steps(X_NEW, TRUTH_NEW)
    assert localizer.score(X_NEW, step_labels=steps) == score
    assert 0 < score < 1


def test_same_seed_same_segments():
    one, two = (WeakSequenceLocalizer(**QUICK).fit(X, Y) for _ in range(2))
    assert_array_equal(one.predict(X), two.predict(X))
    other = WeakSequenceLocalizer(**QUICK | {"random_state": 1}).fit(X, Y)
    assert (other.predict_proba(X)[0] != one.predict_proba(X)[0]).any()


def test_clone_and_pickle():
    localizer = WeakSequenceLocalizer(**QUICK).fit(X, Y)
    again = pickle.loads(pickle.dumps(localizer))
    assert_array_equal(again.predict(X_NEW), localizer.predict(X_NEW))
    assert str(clone(localizer)) == str(localizer)
    assert not hasattr(clone(localizer), "classes_")


def test_searches_take_lists_of_bags():
    grid = {"smoothing": [1, 5], "fusion__temperature": [0.1, 0.2]}
    with config_context(enable_metadata_routing=True):
        localizer = WeakSequenceLocalizer(**QUICK | {"fusion": SegmentFusion()})
        localizer.set_fit_request(segments=True).set_score_request(segments=True)
        scores = cross_val_score(localizer, X, params={"segments": TRUTH}, cv=2)
        search = GridSearchCV(localizer, grid, cv=2).fit(X, segments=TRUTH)
    assert len(scores) == 2
    assert search.predict(X_NEW).dtype.names is not None


def rule(**params):
    return {"pseudo_labels": PseudoLabelRule(**params)}


def fusion(**params):
    return {"fusion": SegmentFusion(**params)}


@pytest.mark.parametrize(
    "params",
    [
        {"estimator": LogisticRegression(), "n_rounds": 2},
        {"estimator": LogisticRegression(), "n_rounds": 2} | rule(delta_from=2),
        {"estimator": net(30, hidden_layer_sizes=(32,), batch_size=4)},
        {"estimator": net(10, learning_rate_init=0.1)},
        {"estimator": net(30, alpha=0.1)},
        {"context": 2},
        {"smoothing": 1},
        {"pooling": 0.3},
        {"absence": 0.5},
        {"n_rounds": 0},
        {"pseudo_labels": "hard"},
        {"pseudo_labels": "linpro"},
        rule(kind="linpro", normalization="sum", weight=[20.0, 10.0]),
        rule(weight=1.0),
        rule(min_score=0.3),
        rule(temperature=[0.01, 0.02]),
        {"n_rounds": 3} | rule(delta_from=2),
        {"fusion": "nms"},
        {"fusion": "soft_nms"},
        fusion(thresholds=[0.1, 0.3, 0.5]),
        fusion(min_length=6),
        fusion(temperature=0.05),
        fusion(min_bag_score=0.6),
        fusion(weights="inner"),
        fusion(margin=(0.0785, 0.9)),
    ],
    ids=str,
)
def test_every_option_works_and_matters(params):
    quick = QUICK | {"estimator": net(30)}
    localizer = WeakSequenceLocalizer(**quick | params).fit(X, Y)
    assert localizer.score(X_NEW, TRUTH_NEW) > 0.35
    plain = WeakSequenceLocalizer(**quick).fit(X, Y).predict(X_NEW)
    found = localizer.predict(X_NEW)
    assert len(found) != len(plain) or (found != plain).any()


def test_eta_scales_the_change_that_is_taught():
    params = QUICK | {"n_rounds": 2, "estimator": net(30)}
    one, two = (
        WeakSequenceLocalizer(**params | rule(delta_from=2, eta=eta)).fit(X, Y)
        for eta in (1.0, 4.0)
    )
    assert_array_equal(one.pseudo_labels_, two.pseudo_labels_)
    assert (one.predict_proba(X)[0] != two.predict_proba(X)[0]).any()


def test_classes_that_hardly_show_are_left_out():
    strict = pickle.loads(pickle.dumps(FITTED))
    strict.set_params(**fusion(min_bag_score=0.75))
    strength = FITTED.predict_bags(X_NEW)
    found = strict.predict(X_NEW)
    column = np.searchsorted(FITTED.classes_, found["label"])
    assert strength[found["bag"], column].min() >= 0.75
    assert 0 < len(found) < len(FITTED.predict(X_NEW))


def test_rounds_without_weight_teach_nothing():
    params = QUICK | {"n_rounds": 2}
    paint, hard = (
        WeakSequenceLocalizer(**params | rule(kind=kind, weight=0.0)).fit(X, Y)
        for kind in ("paint", "hard")
    )
    assert_array_equal(hard.predict(X), paint.predict(X))


def test_background_that_is_taught_shrinks_segments():
    params = QUICK | {"n_rounds": 3, "estimator": net(40)}
    free = WeakSequenceLocalizer(**params).fit(X, Y)
    taught = WeakSequenceLocalizer(**params | rule(background=True)).fit(X, Y)
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
    localizer = WeakSequenceLocalizer(net(30), random_state=0)
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
    taught = localizer.set_params(**rule(background=True)).fit(bags, y, points=points)
    assert_array_equal(auto, taught.predict_proba(X))
    untaught = localizer.set_params(**rule(background=False))
    untaught.fit(bags, y, points=points)
    assert np.mean(untaught.predict_proba(X)) > np.mean(auto)


@pytest.mark.parametrize("kind", ["paint", "hard", "linpro"])
def test_background_is_not_taught_inside_segments(kind):
    params = QUICK | {"n_rounds": 3, "pseudo_labels": kind, "estimator": net(40)}
    localizer = WeakSequenceLocalizer(**params)
    localizer.fit(X, Y, points=middle_points(TRUTH))
    assert localizer.score(X_NEW, TRUTH_NEW) > 0.99


def test_background_is_not_taught_to_bags_without_points():
    none = [table([]) for _ in X]
    localizer = WeakSequenceLocalizer(**QUICK)
    without = clone(localizer).fit(X, Y).predict_proba(X)
    assert_array_equal(localizer.fit(X, Y, points=none).predict_proba(X), without)


def test_points_overrule_labels_of_bags():
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
    localizer = WeakSequenceLocalizer(net(30), background="-", random_state=0)
    score = localizer.fit(bags, step_labels=steps).score(X_NEW, TRUTH_NEW)
    assert score > 0.75
    assert_array_equal(localizer.classes_, ["a", "b"])


def test_labels_of_steps_with_a_classifier():
    localizer = WeakSequenceLocalizer(LogisticRegression(), background="-", n_rounds=1)
    localizer.fit(X, step_labels=labels_of_steps(X, TRUTH))
    assert localizer.score(X_NEW, TRUTH_NEW) > 0.6


def test_every_step_may_belong_to_a_class():
    steps = labels_of_steps(X, TRUTH)
    localizer = WeakSequenceLocalizer(**QUICK).fit(X, step_labels=steps)
    assert_array_equal(localizer.classes_, ["-", "a", "b"])
    assert np.concatenate(localizer.predict_proba(X)).sum(axis=1).min() > 0.5
    assert localizer.score(X, step_labels=steps) > 0.4


def test_noisy_labels_of_bags():
    bags, truth = made_bags(60)
    rng = np.random.RandomState(0)
    y = label_sets(truth)
    for i in rng.permutation(60)[:12]:
        y[i] = set("ab") - y[i]
    localizer = WeakSequenceLocalizer(net(30), random_state=0).fit(bags, y)
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


def test_fusion_and_rounds_improve_on_the_network_alone():
    low = {"thresholds": np.arange(0.02, 0.29, 0.02)}
    scores = defaultdict(list)
    for seed in range(2):
        rng = np.random.RandomState(seed)
        directions = np.linalg.qr(rng.normal(size=(16, 16)))[0][:6]
        bags, truth = with_background(40, rng, directions)
        new, truth_new = with_background(40, rng, directions)
        params = {"estimator": net(50, alpha=3e-3), "smoothing": 1, "bag_noise": None}
        params |= {"random_state": seed, "fusion": SegmentFusion(**low)}
        for name, n_rounds in (("network", 0), ("rounds", 3)):
            model = WeakSequenceLocalizer(n_rounds=n_rounds, **params)
            model.fit(bags, label_sets(truth))
            for method in ("nms", "gaussian"):
                model.set_params(fusion=SegmentFusion(method, **low))
                scores[name, method].append(model.score(new, truth_new))
    mean = {key: np.mean(values) for key, values in scores.items()}
    assert mean["network", "gaussian"] > mean["network", "nms"] + 0.02
    assert mean["rounds", "nms"] > mean["network", "nms"] + 0.02
    assert mean["rounds", "gaussian"] > mean["network", "gaussian"] - 0.05
