"""Weak labels of sequences that are short, empty, wrong or contradictory."""

import numpy as np
import pytest
from numpydoc.docscrape import ClassDoc
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPRegressor

from sknoisy.sequence import (
    PseudoLabelRule,
    SegmentFusion,
    WeakSequenceLocalizer,
    segment_table,
)

RNG = np.random.RandomState(0)
X = [RNG.normal(size=(n, 3)) for n in (30, 25, 20, 28)]
Y = [{"a"}, set(), {"b"}, {"a", "b"}]


def quick(**params):
    net = MLPRegressor(hidden_layer_sizes=(), learning_rate_init=0.02, max_iter=3)
    params = {"estimator": net, "n_rounds": 2, "random_state": 0} | params
    return WeakSequenceLocalizer(**params)


HIDDEN = MLPRegressor(hidden_layer_sizes=(3,), learning_rate_init=0.02, max_iter=3)
MODELS = [{}, {"estimator": HIDDEN}, {"estimator": LogisticRegression()}]


@pytest.mark.parametrize("params", MODELS, ids=["linear", "hidden", "classifier"])
@pytest.mark.parametrize("n_steps", [0, 1, 2, 7])
def test_short_bags(n_steps, params):
    short = RNG.normal(size=(n_steps, 3))
    localizer = quick(**params).fit([*X, short], [*Y, {"a"}])
    assert localizer.predict_proba([short])[0].shape == (n_steps, 2)
    assert localizer.predict_bags([short]).shape == (1, 2)
    assert len(localizer.predict([short])) == 0 or n_steps > 1
    assert len(localizer.pseudo_labels_[-1]) == n_steps


def test_nothing_above_the_thresholds_gives_an_empty_table():
    found = quick(fusion=SegmentFusion(thresholds=[1.0])).fit(X, Y).predict(X)
    assert found.shape == (0,)
    assert found.dtype.names == ("bag", "label", "start", "end", "score")


@pytest.mark.parametrize("kind", ["hard", "paint", "linpro"])
def test_rounds_in_which_nothing_is_found(kind):
    localizer = quick(fusion=SegmentFusion(thresholds=[1.0]), pseudo_labels=kind).fit(
        X, Y
    )
    assert [entry["n_segments"] for entry in localizer.history_] == [0, 0]


def test_constant_features():
    constant = [np.ones((12, 2)) for _ in range(4)]
    localizer = quick().fit(constant, Y)
    assert np.isfinite(localizer.predict_proba(constant)[0]).all()


def test_class_that_never_occurs():
    table = np.array([[1, 0, 0], [0, 0, 0], [0, 1, 0], [1, 1, 0]])
    localizer = quick().fit(X, table)
    assert localizer.predict_bags(X).shape == (4, 3)


def test_points_may_be_missing_for_some_bags_or_all():
    none = segment_table([], [], label=np.array([], dtype="U1"))
    point = segment_table([3], [4], label=["a"])
    quick().fit(X, Y, points=[point, none, none, none])
    quick().fit(X, Y, points=[none] * 4)


STEPS = [np.array(["a"] * len(bag)) for bag in X]
BAD = {
    "n_bags": (X, Y[:3], {}, "labels for each of the 4 bags"),
    "features": ([*X, np.zeros((9, 2))], [*Y, {"a"}], {}, "same number of features"),
    "nan": ([np.full((5, 3), np.nan)], [{"a"}], {}, "contains NaN"),
    "none": (X, None, {}, "target y is None"),
    "array": (np.zeros((9, 3)), Y, {}, "single array of shape"),
    "nothing": (X, [set()] * 4, {}, "at least one label"),
    "outside": (
        X,
        None,
        {"segments": [segment_table([3], [90], label=["a"])] * 4},
        "segments inside their bags",
    ),
    "steps in y": (X, STEPS, {}, "a label for each step goes into step_labels"),
    "point outside": (
        X,
        Y,
        {"points": [segment_table([40], [41], label=["a"])] * 4},
        "segments inside their bags",
    ),
    "point unknown": (
        X,
        Y,
        {"points": [segment_table([4], [5], label=["z"])] * 4},
        "labels among the classes",
    ),
    "points and steps": (
        X,
        None,
        {"points": [segment_table([4], [5], label="a")] * 4, "step_labels": STEPS},
        "points beside labels of bags",
    ),
    "trusted and steps": (
        X,
        None,
        {"trusted": np.ones(4, bool), "step_labels": STEPS},
        "trusted beside labels of bags",
    ),
    "trusted rows": (X, Y, {"trusted": [0, 2]}, "boolean mask of shape \\(4,\\)"),
    "trusted shape": (X, Y, {"trusted": np.ones((4, 3), bool)}, "or \\(4, 2\\)"),
}


@pytest.mark.parametrize("bad", BAD)
def test_bad_input_is_refused(bad):
    bags, y, params, message = BAD[bad]
    with pytest.raises(ValueError, match=message):
        quick().fit(bags, y, **params)


def test_only_background_is_refused():
    with pytest.raises(ValueError, match="all labels are the background, 'a'"):
        quick(background="a").fit(X, step_labels=STEPS)


def test_even_windows_are_refused():
    with pytest.raises(ValueError, match="odd number of steps"):
        quick(smoothing=4).fit(X, Y)


@pytest.mark.parametrize(
    ("name", "value"),
    [("pooling", 0.0), ("n_rounds", -1), ("pseudo_labels", "soft"), ("fusion", "none")],
)
def test_bad_parameters_are_refused(name, value):
    with pytest.raises(ValueError, match=f"'{name}' parameter"):
        quick(**{name: value}).fit(X, Y)


@pytest.mark.parametrize(
    ("part", "message"),
    [
        ({"fusion": SegmentFusion("mean")}, "'method' parameter of SegmentFusion"),
        ({"fusion": SegmentFusion(min_length=0)}, "'min_length' parameter"),
        ({"fusion": SegmentFusion(margin=(-1, 1))}, "margin expected a factor"),
        ({"pseudo_labels": PseudoLabelRule(delta_from=1)}, "'delta_from' parameter"),
        ({"pseudo_labels": PseudoLabelRule(weight=[8, -1])}, "weight of .* from 0"),
        ({"pseudo_labels": PseudoLabelRule(temperature=[0])}, "temperature of .* 0"),
        ({"pseudo_labels": PseudoLabelRule(weight=[])}, "one for each round"),
    ],
    ids=str,
)
def test_bad_parts_are_refused(part, message):
    with pytest.raises(ValueError, match=message):
        quick(**part).fit(X, Y)


def test_prediction_needs_a_fit_and_the_same_features():
    with pytest.raises(NotFittedError, match="not fitted yet"):
        quick().predict(X)
    localizer = quick().fit(X, Y)
    with pytest.raises(ValueError, match="expected 3 features per step"):
        localizer.predict([np.zeros((9, 2))])


def test_score_needs_to_know_where():
    with pytest.raises(ValueError, match="only says what happens in each bag"):
        quick().fit(X, Y).score(X, Y)


def test_a_fitted_localizer_is_written_by_skops():
    skops = pytest.importorskip("skops.io")
    localizer = quick().fit(X, Y)
    written = skops.dumps(localizer)
    trusted = skops.get_untrusted_types(data=written)
    again = skops.loads(written, trusted=trusted)
    assert (again.predict(X) == localizer.predict(X)).all()


def test_fitted_attributes_are_documented():
    described = {a.name for a in ClassDoc(WeakSequenceLocalizer)["Attributes"]}
    fitted = {name for name in vars(quick().fit(X, Y)) if name.endswith("_")}
    assert {name for name in fitted if not name.startswith("_")} == described


@pytest.mark.skipif(
    not hasattr(WeakSequenceLocalizer, "set_callbacks"),
    reason="callbacks came with scikit-learn 1.9",
)
def test_callbacks_see_each_round():
    class Recorder:
        def setup(self, estimator, context):
            self.ended = []

        def on_fit_task_begin(self, estimator, context):
            pass

        def on_fit_task_end(self, estimator, context):
            self.ended.append(context.task_name)

        def teardown(self, estimator, context):
            pass

    recorder = Recorder()
    quick().set_callbacks(recorder).fit(X, Y)
    assert recorder.ended == ["round"] * 3 + ["fit"]


def test_bags_that_are_all_empty_are_refused():
    bags = [np.empty((0, 2))] * 4
    with pytest.raises(ValueError, match="all 4 bags in X have none"):
        WeakSequenceLocalizer().fit(bags, [[1, 0], [0, 1], [1, 0], [0, 1]])
