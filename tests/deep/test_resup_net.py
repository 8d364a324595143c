"""The loss of ReSup, worked out again by hand, and what is learnt about each row."""

import numpy as np
import pytest
from sklearn.datasets import load_digits, load_iris
from sklearn.metrics import roc_auc_score
from sklearn.preprocessing import scale

torch = pytest.importorskip("torch")
pytest.importorskip("skorch")

from skorch.callbacks import EarlyStopping  # noqa: E402
from skorch.dataset import ValidSplit  # noqa: E402

from sknoisy._mixture import ScoreMixture  # noqa: E402
from sknoisy.deep import ReSupNetClassifier  # noqa: E402
from sknoisy.deep._base import BaseDeepClassifier  # noqa: E402
from sknoisy.noise import UniformNoise  # noqa: E402

torch.set_num_threads(1)

X, y = load_iris(return_X_y=True)
X = scale(X)
y_noisy = UniformNoise(0.2, random_state=0).corrupt(y)
FAST = {"max_epochs": 4, "warmup_epochs": 1, "lr": 0.01, "random_state": 0}
DIGITS, DIGIT = load_digits(return_X_y=True)


class Linear(torch.nn.Module):
    def __init__(self, n_inputs=4, n_outputs=3):
        super().__init__()
        self.layer = torch.nn.Linear(n_inputs, n_outputs)

    def forward(self, x):
        return self.layer(x)


class Constant(Linear):
    def forward(self, x):
        return 0 * self.layer(x)


class Spy(ReSupNetClassifier):
    """Write down what goes into the loss of each batch, and what comes out."""

    seen = []

    def _losses_of_both(self, losses, y_pred, codes, rows):
        total = super()._losses_of_both(losses, y_pred, codes, rows)
        proba = np.stack([torch.softmax(z, 1).detach().numpy() for z in y_pred])
        mixtures = getattr(self, "mixtures_", None)
        self.seen.append(
            {
                "epoch": len(self.history),
                "losses": losses.detach().numpy(),
                "proba": proba.astype(float),
                "codes": codes.numpy(),
                "index": rows.index.numpy(),
                "mixtures": None if self._warming_up() else mixtures,
                "total": total.detach().numpy(),
            }
        )
        return total


@pytest.fixture
def seen():
    Spy.seen = []
    return Spy.seen


def weights_by_hand(batch):
    """Return the weight that either network gives to the rows of a batch."""
    weights = []
    for proba, (mixture,) in zip(batch["proba"], batch["mixtures"], strict=True):
        chosen = proba[np.arange(len(proba)), batch["codes"]]
        similarity = chosen / np.linalg.norm(proba, axis=1)
        table = mixture.predict_proba(np.linspace(0, 1, 100)[:, None])[:, 1]
        weights.append(np.clip(table[(similarity * 100).astype(int)], 1e-4, 0.9999))
    return np.array(weights)


@pytest.mark.parametrize("exchange", [True, False, "product"])
@pytest.mark.parametrize("consistency", [0.0, 5.0])
def test_loss_of_a_row(seen, exchange, consistency):
    net = Spy(**FAST, exchange=exchange, consistency_weight=consistency)
    net.fit(X, y_noisy)
    assert len(seen) == 4 * 3
    for batch in seen:
        np.testing.assert_array_equal(batch["codes"], y_noisy[batch["index"]])
        first, second = batch["losses"]
        expected = first + second
        if batch["epoch"] > 1:
            w = weights_by_hand(batch)
            own = {True: w[::-1], False: w, "product": [w[0] * w[1]] * 2}[exchange]
            gap = ((batch["proba"][0] - batch["proba"][1]) ** 2).mean(axis=1)
            expected = own[0] * first + own[1] * second + consistency * gap
        # A similarity at the border of two entries falls to either.
        right = np.isclose(batch["total"], expected, rtol=1e-4)
        assert right.mean() > 0.95


def test_networks_differ_and_share_an_optimizer():
    net = ReSupNetClassifier(**FAST).fit(X, y_noisy)
    first, second = net.module_.first, net.module_.second
    assert second is net.second_module_
    assert not torch.equal(first[1].weight, second[1].weight)
    (group,) = net.optimizer_.param_groups
    assert len(group["params"]) == len(list(net.module_.parameters()))


def test_second_module():
    net = ReSupNetClassifier(Linear, Constant, second_module__n_inputs=4, **FAST)
    net.fit(X, y_noisy)
    assert type(net.module_.first) is Linear
    assert type(net.second_module_) is Constant
    wide = ReSupNetClassifier(Linear, second_module__n_outputs=3, **FAST)
    assert type(wide.fit(X, y_noisy).second_module_) is Linear
    only_second = ReSupNetClassifier(second_module=Linear, **FAST).fit(X, y_noisy)
    assert type(only_second.second_module_) is Linear


def test_copy_of_an_instance_is_drawn_anew():
    module = Linear()
    net = ReSupNetClassifier(module, max_epochs=0, random_state=0).fit(X, y_noisy)
    assert torch.equal(net.module_.first.layer.weight, module.layer.weight)
    assert not torch.equal(net.second_module_.layer.weight, module.layer.weight)


def test_published_form(seen):
    """One epoch of warm-up, Beta mixtures of two components, weights exchanged."""
    mixture = ScoreMixture(n_components=2, max_iter=10, tol=0)
    net = Spy(warmup_epochs=1, mixture=mixture, combine="first", random_state=0)
    net.set_params(lr=0.01, batch_size=96, max_epochs=3).fit(X, y)
    for (fitted,) in net.mixtures_:
        # Also where all labels are right, and one component would do.
        assert (fitted.n_components_, fitted.n_iter_) == (2, 10)
        assert fitted.distribution == "beta"
    for batch in seen:
        expected = batch["losses"].sum(axis=0)
        if batch["epoch"] > 1:
            w, (first, second) = weights_by_hand(batch), batch["losses"]
            gap = ((batch["proba"][0] - batch["proba"][1]) ** 2).mean(axis=1)
            expected = w[1] * first + w[0] * second + 5 * gap
        assert np.isclose(batch["total"], expected, rtol=1e-4).mean() > 0.95
    first = net.module_.first(torch.as_tensor(X)).argmax(dim=1)
    np.testing.assert_array_equal(net.predict(X), first)


# What is learnt about the rows


@pytest.mark.parametrize("split", [None, ValidSplit(5, stratified=True)])
def test_learnt_quantities_stand_at_their_rows(split):
    net = ReSupNetClassifier(**FAST, train_split=split).fit(X, y_noisy)
    for place, which in enumerate(("first", "second")):
        proba = net.set_params(combine=which).predict_proba(X)
        similarity = proba[np.arange(150), y_noisy] / np.linalg.norm(proba, axis=1)
        np.testing.assert_allclose(net.similarity_[place], similarity)
        table = net.mixtures_[place][0].predict_proba(similarity[:, None])[:, 1]
        assert np.abs(net.sample_weights_[place] - table).mean() < 0.05
    np.testing.assert_allclose(net.label_quality_, net.sample_weights_.mean(axis=0))
    assert net.noise_rate_ <= 1 - net.label_quality_.mean()
    np.testing.assert_allclose(net.clean_proba_.sum(axis=1), 1)
    given = net.clean_proba_[np.arange(150), y_noisy]
    np.testing.assert_allclose(given, net.label_quality_)


def test_mixtures_see_the_rows_that_are_trained_on():
    split = ValidSplit(5, stratified=True)
    net = ReSupNetClassifier(**FAST, train_split=split).fit(X, y_noisy)
    trained, _ = split(np.arange(150), y_noisy)
    expected = ScoreMixture().fit(net.similarity_[0][trained.indices, None])
    np.testing.assert_allclose(net.mixtures_[0][0].means_, expected.means_)


def test_quality_finds_wrong_labels_in_any_order():
    rows = np.random.RandomState(0).permutation(800)
    given = UniformNoise(0.3, random_state=0).corrupt(DIGIT[:800])
    for order in (np.arange(800), rows):
        net = ReSupNetClassifier(max_epochs=12, lr=3e-3, random_state=0)
        net.fit(DIGITS[order], given[order])
        right = given[order] == DIGIT[order]
        assert roc_auc_score(right, net.label_quality_) > 0.9
        assert net.noise_rate_ == pytest.approx(0.3, abs=0.15)


def test_predictions_of_one_network_or_of_both():
    net = ReSupNetClassifier(**FAST).fit(X, y_noisy)
    first = net.set_params(combine="first").predict_proba(X)
    second = net.set_params(combine="second").predict_proba(X)
    assert (first != second).any()
    mean = net.set_params(combine="mean").predict_proba(X)
    np.testing.assert_allclose(mean, (first + second) / 2)


def test_verified_labels_are_believed(seen):
    trusted = np.arange(150) % 3 == 0
    net = Spy(**FAST, exchange=False, consistency_weight=0)
    net.fit(X, y_noisy, trusted=trusted)
    assert (net.label_quality_[trusted] == 1).all()
    assert (net.label_quality_[~trusted] < 1).all()
    for batch in seen:
        mine = trusted[batch["index"]]
        expected = batch["losses"].sum(axis=0)[mine]
        np.testing.assert_allclose(batch["total"][mine], expected, rtol=1e-5)


def test_sample_weight_multiplies_what_is_learnt():
    weight = np.linspace(0.5, 1.5, 150)
    net = ReSupNetClassifier(**FAST).fit(X, y_noisy, weight)
    share = np.average(1 - net.label_quality_, weights=weight)
    assert net._core_[1]
    assert net.noise_rate_ == pytest.approx(share)


def test_no_noise_rate_without_noise():
    """The mixtures find two groups anyway: .243 was the rate of the first seed."""
    rates = []
    for seed in range(5):
        net = ReSupNetClassifier(max_epochs=10, lr=3e-3, random_state=seed)
        rates.append(net.fit(DIGITS[:500], DIGIT[:500]).noise_rate_)
    assert max(rates) < 0.02


# Warm-up


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"warmup_epochs": 2, "max_epochs": 1}, 2),
        ({"batch_size": 3, "max_epochs": 6}, 2),
        ({"batch_size": 64, "max_epochs": 9}, 3),
        ({"batch_size": -1, "max_epochs": 2}, 1),
        ({"batch_size": 1, "max_epochs": 1}, 1),
    ],
)
def test_length_of_warmup(params, expected):
    net = ReSupNetClassifier(**params, random_state=0).fit(X, y_noisy)
    assert net.warmup_epochs_ == expected


def test_early_stopping_restores_both_networks():
    params = {**FAST, "train_split": ValidSplit(3), "lr": 0.3}
    stop = EarlyStopping(patience=2, load_best=True)
    net = ReSupNetClassifier(**params, callbacks=[stop]).set_params(max_epochs=40)
    net.fit(X, y_noisy)
    best = int(np.argmin(net.history[:, "valid_loss"])) + 1
    assert best < len(net.history) < 40
    expected = ReSupNetClassifier(**params).set_params(max_epochs=best).fit(X, y_noisy)
    np.testing.assert_array_equal(net.predict_proba(X), expected.predict_proba(X))
    np.testing.assert_array_equal(net.similarity_, expected.similarity_)


# The ends of the scale


def test_similarities_that_are_all_the_same():
    net = ReSupNetClassifier(Constant, **FAST).fit(X, y_noisy)
    assert [mixture.n_components_ for (mixture,) in net.mixtures_] == [1, 1]
    np.testing.assert_allclose(net.label_quality_, 0.9999)
    assert net.noise_rate_ < 1.01e-4


@pytest.mark.parametrize("mixture", ["beta", "gaussian"])
@pytest.mark.parametrize("scope", ["global", "class"])
def test_two_classes(mixture, scope):
    rows = y > 0
    net = ReSupNetClassifier(mixture=mixture, scope=scope, random_state=0)
    net.fit(X[rows], y[rows])
    assert net.score(X[rows], y[rows]) > 0.85
    assert [len(mixtures) for mixtures in net.mixtures_] == (
        [1, 1] if scope == "global" else [3, 3]
    )


def test_few_rows_and_a_class_of_one():
    rows = np.r_[0, 1, 50, 51, 100]
    net = ReSupNetClassifier(**FAST, scope="class").fit(X[rows], y[rows])
    assert net.sample_weights_.shape == (2, 5)
    assert np.isfinite(net.clean_proba_).all()


def test_no_epoch_at_all():
    net = ReSupNetClassifier(max_epochs=0, random_state=0).fit(X, y_noisy)
    assert net.similarity_.shape == (2, 150)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"warmup_epochs": 0}, "'warmup_epochs' parameter"),
        ({"consistency_weight": -1}, "'consistency_weight' parameter"),
        ({"exchange": "swap"}, "'exchange' parameter"),
        ({"mixture": "gamma"}, "'mixture' parameter"),
        ({"mixture": 3}, "'mixture' parameter"),
        ({"weight_clip": 0.1}, r"unexpected argument\(s\) weight_clip"),
        ({"mixture_max_iter": 10}, r"unexpected argument\(s\) mixture_max_iter"),
        ({"scope": "row"}, "'scope' parameter"),
        ({"combine": "best"}, "'combine' parameter"),
    ],
)
def test_bad_options(params, message):
    with pytest.raises(ValueError, match=message):
        ReSupNetClassifier(**params).fit(X, y)


# What it is for


def test_it_beats_plain_training_on_wrong_labels():
    train, test = np.arange(600), np.arange(600, 1500)
    gains = []
    for seed in range(5):
        given = UniformNoise(0.4, random_state=seed).corrupt(DIGIT[train])
        params = {"max_epochs": 12, "lr": 3e-3, "random_state": seed}
        plain = BaseDeepClassifier(**params).fit(DIGITS[train], given)
        net = ReSupNetClassifier(**params).fit(DIGITS[train], given)
        scores = [m.score(DIGITS[test], DIGIT[test]) for m in (plain, net)]
        gains.append(scores[1] - scores[0])
    assert min(gains) > 0.03
    assert np.mean(gains) > 0.07
