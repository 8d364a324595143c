"""A network that learns segments from labels of whole sequences."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn import config_context
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_val_score

torch = pytest.importorskip("torch")

from sknoisy.deep import SequenceNet  # noqa: E402
from sknoisy.sequence import (  # noqa: E402
    PseudoLabelRule,
    WeakSequenceLocalizer,
    segment_table,
)

SMALL = {"module__n_units": 24, "max_epochs": 12, "round_epochs": 3, "lr": 0.02}
SMALL |= {"batch_size": 4}


def localizer(params=None, **of_localizer):
    net = SequenceNet(**SMALL | (params or {}))
    usual = {"n_rounds": 1, "bag_noise": None, "random_state": 0}
    return WeakSequenceLocalizer(net, **usual | of_localizer)


def made_bags(n_bags=24, seed=0):
    """Return sequences of different length, and where two kinds of events are."""
    rng = np.random.RandomState(seed)
    bags, truth = [], []
    for number in range(n_bags):
        signal = rng.normal(scale=0.4, size=(rng.randint(56, 70), 4))
        rows = []
        for label in range(2):
            if number % 4 in (label, 2):
                start = rng.randint(2, 16) + 28 * label
                end = start + rng.randint(8, 12)
                signal[start:end, label] += 2
                rows.append((start, end, "ab"[label]))
        start, end, label = zip(*rows, strict=True) if rows else ([], [], [])
        truth.append(segment_table(start, end, label=np.array(label, dtype="U1")))
        bags.append(signal)
    return bags, truth


X, TRUTH = made_bags()
X_NEW, TRUTH_NEW = made_bags(12, seed=1)
Y = [set(part["label"].tolist()) for part in TRUTH]


@pytest.fixture(scope="module")
def fitted():
    return localizer().fit(X, Y)


def test_segments_are_found_from_labels_of_bags():
    found = localizer({"max_epochs": 20}).fit(X, Y)
    assert found.score(X_NEW, TRUTH_NEW) > 0.75
    assert_array_equal(found.classes_, ["a", "b"])
    assert len(found.history_) == 1
    proba = np.concatenate(found.predict_proba(X_NEW))
    assert proba.min() >= 0
    assert proba.sum(axis=1).max() <= 1 + 1e-12


@pytest.mark.parametrize(
    ("params", "of_localizer"),
    [
        ({"module__n_units": 12}, {}),
        ({"module__kernel_size": 5}, {}),
        ({"module__n_layers": 1}, {}),
        ({"module__dropout": 0.0}, {}),
        ({"average_weights": False}, {}),
        ({"max_epochs": 15}, {}),
        ({"round_epochs": 6}, {}),
        ({"lr": 0.03}, {}),
        ({"optimizer__weight_decay": 0.1}, {}),
        ({"batch_size": 6}, {}),
        ({}, {"absence": 1.0}),
        ({}, {"pooling": 0.25}),
        ({}, {"smoothing": 1}),
        ({}, {"context": 1}),
        ({}, {"pseudo_labels": "linpro"}),
        ({}, {"pseudo_labels": "hard"}),
        ({}, {"pseudo_labels": PseudoLabelRule(weight=1.0)}),
        ({}, {"n_rounds": 2, "pseudo_labels": PseudoLabelRule(delta_from=2)}),
        ({}, {"fusion": "nms"}),
    ],
    ids=str,
)
def test_every_option_works_and_matters(fitted, params, of_localizer):
    other = localizer(params, **of_localizer).fit(X, Y)
    assert other.score(X_NEW, TRUTH_NEW) > 0.4
    plain, found = fitted.predict(X_NEW), other.predict(X_NEW)
    assert len(found) != len(plain) or (found != plain).any()


def test_labels_of_bags_may_be_doubted():
    found = localizer({"max_epochs": 4, "module__n_units": 8}, bag_noise="auto").fit(
        X, Y
    )
    assert found.bag_label_quality_.shape == (24, 2)


def test_the_company_of_a_bag_does_not_matter(fitted):
    together = fitted.predict_proba(X_NEW)
    for number in (0, 5, 11):
        alone = fitted.predict_proba([X_NEW[number]])[0]
        assert_array_equal(alone, together[number])
    backwards = fitted.predict_proba(X_NEW[::-1])[::-1]
    for one, other in zip(together, backwards, strict=True):
        assert_array_equal(one, other)
    assert_array_equal(fitted.predict_bags(X_NEW[:3]), fitted.predict_bags(X_NEW)[:3])


def test_same_seed_same_segments_and_nobody_else_is_disturbed():
    before, threads = torch.get_rng_state(), torch.get_num_threads()
    one, two = (localizer().fit(X, Y).predict_proba(X) for _ in "12")
    assert_array_equal(np.concatenate(one), np.concatenate(two))
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.get_num_threads() == threads
    other = localizer(random_state=1).fit(X, Y).predict_proba(X)
    assert (other[0] != one[0]).any()


def test_clone_and_pickle(fitted):
    again = pickle.loads(pickle.dumps(fitted))
    assert_array_equal(again.predict(X_NEW), fitted.predict(X_NEW))
    copied = clone(fitted)
    assert copied.estimator is not fitted.estimator
    assert copied.get_params()["estimator__lr"] == 0.02
    assert not hasattr(copied, "classes_")


def test_a_net_is_used_as_it_is_given():
    net = SequenceNet(**SMALL)
    known = dict(vars(net))
    first = WeakSequenceLocalizer(net, n_rounds=0, bag_noise=None).fit(X, Y)
    proba = first.predict_proba(X_NEW)
    WeakSequenceLocalizer(net, n_rounds=0, bag_noise=None).fit(X[:8], Y[:8])
    assert vars(net) == known
    assert_array_equal(first.predict_proba(X_NEW)[0], proba[0])


def test_searches_take_lists_of_bags():
    quick = localizer({"max_epochs": 2}, n_rounds=0)
    grid = {"estimator__lr": [0.01, 0.03], "smoothing": [5]}
    with config_context(enable_metadata_routing=True):
        quick.set_fit_request(segments=True).set_score_request(segments=True)
        assert len(cross_val_score(quick, X, params={"segments": TRUTH}, cv=2)) == 2
        search = GridSearchCV(quick, grid, cv=2).fit(X, segments=TRUTH)
    assert search.predict(X_NEW).dtype.names is not None


def labels_of_steps():
    steps = [np.full(len(bag), "-") for bag in X]
    for labels, part in zip(steps, TRUTH, strict=True):
        for row in part:
            labels[int(row["start"]) : int(row["end"])] = row["label"]
    return steps


def test_labels_of_steps():
    found = localizer(background="-").fit(X, step_labels=labels_of_steps())
    assert found.score(X_NEW, TRUTH_NEW) > 0.75


def test_points_help_where_labels_of_bags_say_nothing():
    points = []
    for part in TRUTH:
        middle = np.floor((part["start"] + part["end"]) / 2)
        points.append(segment_table(middle, middle + 1, label=part["label"]))
    both = [i for i in range(len(X)) if len(Y[i]) == 2]
    bags, y, points = [[part[i] for i in both] for part in (X, Y, points)]
    found = localizer({"max_epochs": 30})
    without = found.fit(bags, y).score(X_NEW, TRUTH_NEW)
    assert found.fit(bags, y, points=points).score(X_NEW, TRUTH_NEW) > without + 0.2


class Recurrent(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.RNN(4, 6, batch_first=True)

    def forward(self, x, mask):
        return self.layer(x.transpose(1, 2))[0].transpose(1, 2) * mask


def of_module(module):
    found = localizer()
    params = {k: v for k, v in SMALL.items() if not k.startswith("module__")}
    return found.set_params(estimator=SequenceNet(module, **params))


def test_a_module_of_ones_own_is_copied():
    # From about one start in six, training finds one of the two classes alone.
    with torch.random.fork_rng():
        torch.manual_seed(0)
        module = Recurrent()
    before = pickle.dumps(module.state_dict())
    found = of_module(module).fit(X, Y)
    assert found.score(X_NEW, TRUTH_NEW) > 0.3
    assert pickle.dumps(module.state_dict()) == before


class Shrinking(torch.nn.Conv1d):
    def forward(self, x, mask):
        return super().forward(x)


class Talkative(Shrinking):
    def forward(self, x, mask):
        return super().forward(x, mask), mask


@pytest.mark.parametrize(
    ("module", "message"),
    [(Shrinking(4, 5, 3), r"but got \(1, 5, 9\)"), (Talkative(4, 5, 1), "got tuple")],
    ids=["shape", "type"],
)
def test_modules_that_lose_steps_are_refused(module, message):
    with pytest.raises(ValueError, match=message):
        of_module(module).fit(X, Y)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("module__kernel_size", 4, "kernel_size expected an odd number of steps"),
        ("module__dropout", 1.5, "dropout probability has to be between 0 and 1"),
        ("round_epochs", -1, "'round_epochs' parameter of SequenceNet"),
        ("n_units", 4, r"unexpected argument\(s\) n_units"),
        ("max_epoch", 4, r"unexpected argument\(s\) max_epoch"),
        ("criterion", torch.nn.MSELoss, "its loss is that of bags and steps"),
    ],
)
def test_bad_parameters_are_refused(name, value, message):
    with pytest.raises(ValueError, match=message):
        localizer({name: value}).fit(X, Y)


def test_a_training_that_diverges_is_told():
    with pytest.raises(ValueError, match="diverged"):
        localizer({"lr": 1e30}).fit(X, Y)


# Bags as they should not be

RNG = np.random.RandomState(0)
ODD = [RNG.normal(size=(n, 3)) for n in (30, 25, 20, 28)]
ODD_Y = [{"a"}, set(), {"b"}, {"a", "b"}]


@pytest.mark.parametrize("n_steps", [0, 1, 2, 7])
def test_short_bags(n_steps):
    short = RNG.normal(size=(n_steps, 3))
    found = localizer().fit([*ODD, short], [*ODD_Y, {"a"}])
    assert found.predict_proba([short])[0].shape == (n_steps, 2)
    assert np.isfinite(np.concatenate(found.predict_proba([*ODD, short]))).all()
    assert len(found.pseudo_labels_[-1]) == n_steps


@pytest.mark.parametrize("bags", [[np.ones((12, 2))] * 4, [np.zeros((9, 2))] * 4])
def test_constant_features(bags):
    found = localizer().fit(bags, ODD_Y)
    assert np.isfinite(found.predict_proba(bags)[0]).all()


def test_features_far_from_zero_keep_their_digits():
    moved = localizer().fit([bag + 1e8 for bag in X], Y)
    assert moved.score([bag + 1e8 for bag in X_NEW], TRUTH_NEW) > 0.75


def test_class_that_never_occurs():
    table = np.array([[1, 0, 0], [0, 0, 0], [0, 1, 0], [1, 1, 0]])
    found = localizer().fit(ODD, table)
    assert found.predict_bags(ODD).shape == (4, 3)


BAD = {
    "features": ([*ODD, np.zeros((9, 2))], [*ODD_Y, {"a"}], "same number of features"),
    "nan": ([np.full((5, 3), np.nan)], [{"a"}], "contains NaN"),
    "nothing": (ODD, [set()] * 4, "at least one label"),
}


@pytest.mark.parametrize("bad", BAD)
def test_bad_input_is_refused(bad):
    bags, y, message = BAD[bad]
    with pytest.raises(ValueError, match=message):
        localizer().fit(bags, y)


def test_other_features_are_refused_in_prediction(fitted):
    with pytest.raises(ValueError, match="expected 4 features per step"):
        fitted.predict([np.zeros((9, 2))])


def test_averages_of_training_stay_near_the_network(fitted):
    model = fitted._model
    networks = model.net.averaged_module_.module, model.net.module_
    for average, module in zip(*(n.parameters() for n in networks), strict=True):
        assert not average.requires_grad
        assert_allclose(average, module.detach(), atol=0.5)


# Without a localizer, as any net of skorch


def table_of(labels):
    return np.array([[name in bag for name in "ab"] for bag in labels], float)


def test_it_learns_from_a_table_by_itself():
    net = SequenceNet(**SMALL, random_state=0).fit(X, table_of(Y))
    proba = net.predict_proba(X_NEW)
    assert [len(part) for part in proba] == [len(bag) for bag in X_NEW]
    for part, steps in zip(TRUTH_NEW, proba, strict=True):
        for row in part:
            inside = steps[
                int(row["start"]) : int(row["end"]), "ab".index(row["label"])
            ]
            assert inside.mean() > steps[:, "ab".index(row["label"])].mean()
    again = pickle.loads(pickle.dumps(net))
    assert_array_equal(again.predict_proba(X_NEW)[0], proba[0])
    assert (
        clone(net).fit(X, table_of(Y)).history[:, "train_loss"]
        == (net.history[:, "train_loss"])
    )
    assert len(net.partial_fit(X, table_of(Y)).history) == 24
    assert not net.warm_start


def test_few_epochs_are_enough_at_the_default_rate():
    # At a third of it some seeds hardly leave the background.
    losses = {"default": [], "slower": []}
    for seed in range(4):
        for name, rate in {"default": {}, "slower": {"lr": 0.003}}.items():
            net = SequenceNet(max_epochs=6, random_state=seed, **rate)
            losses[name].append(net.fit(X, table_of(Y)).history[-1, "train_loss"])
    assert np.mean(losses["default"]) < 0.9 * np.mean(losses["slower"])


def test_bags_of_equal_length_may_be_one_array():
    together = np.stack([bag[:56] for bag in X])
    net = SequenceNet(**SMALL | {"max_epochs": 1}, random_state=0)
    listed = clone(net).fit(list(together), table_of(Y)).predict_proba(X[:1])
    found = net.fit(together.transpose(0, 2, 1), table_of(Y)).predict_proba(X[:1])
    assert_array_equal(found[0], listed[0])


def test_skorch_is_at_hand():
    from skorch.callbacks import EpochScoring, LRScheduler
    from skorch.dataset import ValidSplit

    def n_bags(net, dataset, y=None):
        return len(dataset)

    net = SequenceNet(
        **SMALL,
        train_split=ValidSplit(4),
        callbacks=[
            LRScheduler("StepLR", step_size=1, gamma=0.5, event_name="rate"),
            EpochScoring(n_bags, use_caching=False, name="n_bags"),
        ],
        random_state=0,
    )
    net.set_params(max_epochs=3).fit(X, table_of(Y))
    assert_allclose(net.history[:, "rate"], [0.02, 0.01, 0.005])
    assert net.history[:, "n_bags"] == [6, 6, 6]
    assert np.isfinite(net.history[:, "valid_loss"]).all()
    wide = SequenceNet(Recurrent, max_epochs=1, batch_size=-1, random_state=0)
    assert wide.fit(X, table_of(Y)).predict_proba(X)[0].shape == (len(X[0]), 2)


@pytest.mark.parametrize(
    ("bags", "y", "message"),
    [
        (X, table_of(Y)[1:], r"expected y of shape \(24, n_.*got shape \(23, 2\)"),
        (X, Y, r"but got shape \(24,\).*of sets of labels sklearn"),
        (X, [0, 1] * 12, r"but got shape \(24,\)"),
        (X, 2 * table_of(Y), "expected numbers from 0 to 1 in y.*0.0 to 2.0"),
        (X, table_of(Y) + np.nan, "but got nan to nan"),
        ([*X[:-1], X[0][:, 1:]], table_of(Y), "0 has 4 and bag 23 has 3"),
        ([X[0].ravel()], [[1]], r"bag 0 of X has shape \(\d+,\)"),
        ([bag[:0] for bag in X], table_of(Y), "but all 24 bags in X have none"),
    ],
)
def test_bags_and_tables_that_do_not_fit(bags, y, message):
    with pytest.raises(ValueError, match=message):
        SequenceNet(**SMALL).fit(bags, y)
