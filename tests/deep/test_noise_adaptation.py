import numpy as np
import pytest

torch = pytest.importorskip("torch")

from skorch.callbacks import Checkpoint, EarlyStopping  # noqa: E402
from skorch.dataset import ValidSplit  # noqa: E402

from sknoisy.deep import NoiseAdaptationClassifier  # noqa: E402
from sknoisy.deep._averaging import averaged_copy  # noqa: E402
from sknoisy.exceptions import DoubtfulMatrixWarning  # noqa: E402
from sknoisy.noise import TransitionNoise, UniformNoise  # noqa: E402
from sknoisy.transition import make_transition_matrix  # noqa: E402

T = np.array(
    [
        [0.7, 0.1, 0.1, 0.1],
        [0.0, 0.9, 0.1, 0.0],
        [0.3, 0.0, 0.6, 0.1],
        [0.0, 0.2, 0.0, 0.8],
    ]
)


@pytest.fixture(scope="module")
def data():
    rng = np.random.RandomState(0)
    y = np.arange(1200) % 4
    X = 4 * np.eye(4)[y] + rng.normal(size=(1200, 4))
    return X, y, TransitionNoise(T, random_state=0).corrupt(y)


def net(**params):
    usual = {"max_epochs": 15, "lr": 0.01, "random_state": 0}
    return NoiseAdaptationClassifier(**(usual | params))


def trained_with(clf):
    return clf.noise_layer_.transition_matrix().numpy()


@pytest.mark.parametrize(
    "params",
    [{}, {"noise_layer": "softmax", "noise_lr": 0.05}],
    ids=["linear", "softmax"],
)
def test_matrix_is_learnt(data, params):
    X, _, noisy = data
    clf = net(**params).fit(X, noisy)
    np.testing.assert_allclose(clf.transition_matrix_, T, atol=0.12)
    pessimistic = np.diag(trained_with(clf))
    assert pessimistic.mean() < np.diag(clf.transition_matrix_).mean()


def test_predictions_are_those_of_the_network_alone(data):
    X, _, noisy = data
    clf = net(average_weights=False).fit(X, noisy)
    with torch.no_grad():
        logits = clf.module_(torch.as_tensor(X, dtype=torch.float32))
    expected = torch.softmax(logits.double(), dim=1).numpy()
    np.testing.assert_allclose(clf.predict_proba(X), expected, atol=1e-6)
    assert clf.averaged_module_ is None


def test_noisy_probabilities_go_through_the_layer(data):
    X, _, noisy = data
    clf = net(noise_layer="linear").fit(X, noisy)
    expected = clf.predict_proba(X) @ trained_with(clf)
    np.testing.assert_allclose(clf.predict_noisy_proba(X), expected, atol=1e-5)


def test_noisy_probabilities_are_more_likely_than_clean_ones(data):
    X, _, noisy = data
    clf = net().fit(X[:800], noisy[:800])
    rows = np.arange(400), noisy[800:]
    through = np.log(clf.predict_noisy_proba(X[800:])[rows]).mean()
    alone = np.log(clf.predict_proba(X[800:])[rows].clip(1e-12)).mean()
    assert through > alone


def test_layer_has_its_own_learning_rate(data):
    X, _, noisy = data
    clf = net(max_epochs=1, noise_lr=0.0).fit(X, noisy)
    np.testing.assert_allclose(np.diag(trained_with(clf)), 0.625)
    groups = net(max_epochs=1).fit(X, noisy).optimizer_.param_groups
    assert [group["lr"] for group in groups] == [0.01, pytest.approx(0.05)]
    assert sum(len(group["params"]) for group in groups) == 7


def test_published_form_of_jindal(data):
    """Softmax behind dropout, from the identity, removed for predictions."""
    X, _, noisy = data
    published = {"noise_layer": "softmax", "noise_lr": 0.01, "average_weights": False}
    clf = net(**published, max_epochs=0).fit(X, noisy)
    torch.testing.assert_close(clf.noise_layer_.weight.detach(), torch.eye(4))
    # By hand: exp(1) / (exp(1) + 3) on the diagonal, 1 / (exp(1) + 3) beside it.
    T_start = trained_with(clf)
    np.testing.assert_allclose(np.diag(T_start), 0.4754, atol=1e-4)
    np.testing.assert_allclose(T_start[0, 1:], 0.1749, atol=1e-4)
    layer = clf.noise_layer_.train()
    assert layer.dropout == 0.1
    # A certain prediction is kept at 1 / 0.9 of its weight, or dropped altogether.
    torch.manual_seed(0)
    seen = layer(100.0 * torch.eye(4)[[0] * 200]).exp()
    kept = seen[:, 0] > 0.3
    odds = torch.exp(torch.tensor(1 / 0.9))
    torch.testing.assert_close(seen[kept][:, 0], (odds / (odds + 3)).expand(kept.sum()))
    torch.testing.assert_close(seen[~kept], torch.full_like(seen[~kept], 0.25))
    assert 0.8 < kept.double().mean() < 0.98
    clf = net(**published).fit(X, noisy)
    with torch.no_grad():
        logits = clf.module_(torch.as_tensor(X, dtype=torch.float32))
    expected = torch.softmax(logits.double(), dim=1).numpy()
    np.testing.assert_allclose(clf.predict_proba(X), expected, atol=1e-6)


def test_given_matrix_is_fixed_unless_a_layer_is_named(data):
    X, _, noisy = data
    fixed = net(transition=T).fit(X, noisy)
    assert fixed.noise_layer_.kind == "fixed"
    start = net(transition=T, noise_layer="softmax", max_epochs=0).fit(X, noisy)
    np.testing.assert_allclose(trained_with(start), T, atol=1e-3)


def test_early_stopping_is_that_of_skorch(data):
    X, _, noisy = data
    split = ValidSplit(4, stratified=True)
    stop = EarlyStopping(patience=3, threshold=0)
    clf = net(max_epochs=60, callbacks=[stop], train_split=split, noise_layer="softmax")
    clf.fit(X, noisy)
    losses = clf.history_[:, "valid_loss"]
    assert len(losses) < 60
    assert len(losses) - 1 - np.argmin(losses) == 3
    # What it looks at is the likelihood of the noisy labels, layer included.
    rows = np.asarray(split(X, noisy)[1].indices)
    likelihood = clf.predict_noisy_proba(X[rows])[np.arange(len(rows)), noisy[rows]]
    assert -np.log(likelihood).mean() == pytest.approx(losses[-1], rel=1e-3)


def test_checkpoint_brings_back_network_average_and_layer(data, tmp_path):
    X, _, noisy = data
    keep = Checkpoint(
        dirname=tmp_path, load_best=True, f_optimizer=None, f_criterion=None,
        f_noise_layer="layer.pt", f_averaged_module="average.pt",
    )  # fmt: skip
    split = ValidSplit(4, stratified=True)
    params = {"train_split": split, "noise_layer": "softmax"}
    clf = net(max_epochs=30, callbacks=[keep], **params).fit(X, noisy)
    losses = clf.history_[:, "valid_loss"]
    assert np.argmin(losses) < 29
    rows = np.asarray(split(X, noisy)[1].indices)
    likelihood = clf.predict_noisy_proba(X[rows])[np.arange(len(rows)), noisy[rows]]
    assert -np.log(likelihood).mean() == pytest.approx(min(losses), rel=1e-3)


@pytest.mark.parametrize(
    ("params", "match"),
    [
        ({"noise_layer__dropout": 0.1}, "dropout has no effect on a noise layer"),
        (
            {"noise_layer": "softmax", "noise_layer__trace_penalty": 0.7},
            "trace_penalty has no effect on a noise layer of kind 'softmax'",
        ),
        ({"transition": T, "noise_lr": 0.1}, "noise_lr only with a layer that learns"),
        (
            {"transition": T, "noise_layer__start": 0.5},
            "expected noise_layer__start only with transition=None",
        ),
        ({"criterion": torch.nn.MSELoss}, "its loss is the likelihood of the labels"),
        ({"criterion__label_smoothing": 0.1}, "expected no criterion"),
        ({"predict_nonlinearity": None}, "expected predict_nonlinearity='auto'"),
        ({"noise_layer": "cubic"}, "noise_layer"),
        ({"noise_layer__start": 1.0}, r"start must be .* a number in \(0, 1\)"),
        ({"warmup_epochs": 3}, r"unexpected argument\(s\) warmup_epochs"),
        ({"early_stopping": 3}, r"unexpected argument\(s\) early_stopping"),
        ({"transition": np.eye(3)}, r"transition must have shape \(4, 4\)"),
        ({"transition": 2 * np.eye(4)}, "rows that sum to 1"),
        ({"noise_layer": "fixed"}, "expected transition= with noise_layer='fixed'"),
    ],
)
def test_bad_parameters_are_refused(data, params, match):
    X, _, noisy = data
    with pytest.raises(ValueError, match=match):
        net(max_epochs=1, **params).fit(X, noisy)


def test_rows_off_the_diagonal_are_warned_of(data):
    X, y, _ = data
    moved = np.array([0.2, 0.8, 0, 0]), *np.eye(4)[1:]
    noisy = TransitionNoise(np.array(moved), random_state=0).corrupt(y)
    layer = {"noise_layer": "linear", "noise_layer__trace_penalty": 0.0}
    clf = net(transition=moved, max_epochs=1, **layer)
    with pytest.warns(
        DoubtfulMatrixWarning, match=r"1 of 4 classes .*another class: 0"
    ):
        clf.fit(X, noisy)


def test_average_spans_the_same_share_of_any_training():
    for n_steps in (10, 1000):
        module = torch.nn.Linear(1, 1, bias=False)
        average = averaged_copy(module)
        for step in range(1, n_steps + 1):
            with torch.no_grad():
                module.weight.fill_(step / n_steps)
            average.update_parameters(module)
        # Weights that grow with the step: the mean of x under a density of 2 x.
        assert average.module.weight.item() == pytest.approx(2 / 3, abs=0.05)


def test_average_by_hand():
    module = torch.nn.Linear(1, 1, bias=False)
    average = averaged_copy(module)
    for value in (4.0, 1.0, 2.0):
        with torch.no_grad():
            module.weight.fill_(value)
        average.update_parameters(module)
    # Steps of 1, 2 / 3 and 2 / 4: 4, then 4 - 3 * 2 / 3 = 2, then 2.
    assert average.module.weight.item() == pytest.approx(2)


def test_average_takes_buffers_along():
    module = torch.nn.BatchNorm1d(2)
    average = averaged_copy(module)
    for count in (1, 2):
        module(torch.randn(8, 2) + 5)
        average.update_parameters(module)
        assert average.module.num_batches_tracked == count
    assert (average.module.running_mean < module.running_mean).all()
    assert (average.module.running_mean > module.running_mean / 2).all()


@pytest.mark.parametrize("n_classes", [100])
def test_many_classes(n_classes):
    rng = np.random.RandomState(0)
    centers = 3 * rng.normal(size=(n_classes, 16))
    y = np.tile(np.arange(n_classes), 110)
    X = centers[y] + rng.normal(size=(len(y), 16))
    noisy = UniformNoise(0.3, random_state=0).corrupt(y)
    layer = {"noise_layer": "softmax", "noise_layer__start": 0.2}
    clf = net(max_epochs=4, lr=0.005, batch_size=128, **layer).fit(X, noisy)
    start = 0.2 + 0.8 / n_classes
    assert np.diag(trained_with(clf)).mean() > start + 0.2
    assert clf.score(X, y) > 0.6


def test_fixed_layer_takes_a_matrix_with_zeros(data):
    X, y, _ = data
    pair = make_transition_matrix(4, 0.4, kind="pair")
    noisy = TransitionNoise(pair, random_state=0).corrupt(y)
    clf = net(transition=pair).fit(X, noisy)
    assert clf.score(X, y) > 0.95
