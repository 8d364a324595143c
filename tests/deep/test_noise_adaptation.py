import numpy as np
import pytest

torch = pytest.importorskip("torch")

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


@pytest.mark.parametrize(
    "params",
    [{}, {"noise_layer": "softmax", "noise_lr": 0.05}],
    ids=["linear", "softmax"],
)
def test_matrix_is_learnt(data, params):
    X, _, noisy = data
    clf = net(**params).fit(X, noisy)
    np.testing.assert_allclose(clf.transition_matrix_, T, atol=0.12)
    pessimistic = np.diag(clf.learned_transition_matrix_)
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
    expected = clf.predict_proba(X) @ clf.learned_transition_matrix_
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
    np.testing.assert_allclose(np.diag(clf.learned_transition_matrix_), 0.625)
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
    T_start = clf.learned_transition_matrix_
    np.testing.assert_allclose(np.diag(T_start), 0.4754, atol=1e-4)
    np.testing.assert_allclose(T_start[0, 1:], 0.1749, atol=1e-4)
    layer = clf.noise_layer_.train()
    assert (layer.dropout, layer.dropout_on) == (0.1, "input")
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


def test_layer_waits_for_the_warm_up(data):
    X, _, noisy = data
    softmax = {"noise_layer": "softmax", "start": 0.5, "warmup_epochs": 3}
    clf = net(max_epochs=3, **softmax).fit(X, noisy)
    np.testing.assert_allclose(np.diag(clf.learned_transition_matrix_), 0.625)
    later = net(max_epochs=4, **softmax).fit(X, noisy)
    assert np.ptp(np.diag(later.learned_transition_matrix_)) > 0


def test_given_matrix_is_fixed_unless_a_layer_is_named(data):
    X, _, noisy = data
    fixed = net(transition=T).fit(X, noisy)
    assert fixed.noise_layer_.kind == "fixed"
    start = net(transition=T, noise_layer="softmax", max_epochs=0).fit(X, noisy)
    np.testing.assert_allclose(start.learned_transition_matrix_, T, atol=1e-3)


def test_early_stopping_goes_back_to_the_best_likelihood(data):
    X, _, noisy = data
    split = ValidSplit(4, stratified=True)
    clf = net(max_epochs=60, early_stopping=3, train_split=split, noise_layer="softmax")
    clf.fit(X, noisy)
    losses = clf.history_[:, "valid_loss"]
    assert len(losses) < 60
    assert len(losses) - 1 - np.argmin(losses) == 3
    # What is kept is the state with that loss, noise layer included.
    _, valid = split(X, noisy)
    rows = np.asarray(valid.indices)
    likelihood = clf.predict_noisy_proba(X[rows])[np.arange(len(rows)), noisy[rows]]
    assert -np.log(likelihood).mean() == pytest.approx(min(losses), rel=1e-3)


def test_early_stopping_needs_validation_data(data):
    X, _, noisy = data
    with pytest.raises(ValueError, match="needs validation data"):
        net(early_stopping=3).fit(X, noisy)


@pytest.mark.parametrize(
    ("params", "match"),
    [
        ({"noise_dropout": 1.0}, "'noise_dropout' parameter"),
        ({"noise_dropout": 0.1}, "expected noise_dropout only with noise_layer='soft"),
        ({"dropout_on": "input"}, "expected dropout_on only with noise_layer='soft"),
        (
            {"noise_layer": "softmax", "trace_penalty": 0.7},
            "expected trace_penalty only with noise_layer='linear'",
        ),
        ({"transition": T, "noise_lr": 0.1}, "noise_lr only with a layer that learns"),
        ({"transition": T, "start": 0.5}, "expected start only with transition=None"),
        ({"criterion": torch.nn.MSELoss}, "its loss is the likelihood of the labels"),
        ({"criterion__label_smoothing": 0.1}, "expected no criterion"),
        ({"predict_nonlinearity": None}, "expected predict_nonlinearity='auto'"),
        ({"noise_dropout": -0.1}, "noise_dropout"),
        ({"noise_layer": "cubic"}, "noise_layer"),
        ({"start": 1.0}, "start"),
        ({"warmup_epochs": -1}, "warmup_epochs"),
        ({"early_stopping": 0}, "early_stopping"),
        ({"transition": np.eye(3)}, r"transition must have shape \(4, 4\)"),
        ({"transition": 2 * np.eye(4)}, "rows that sum to 1"),
        ({"noise_layer": "fixed"}, "needs its transition matrix"),
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
    clf = net(transition=moved, noise_layer="linear", trace_penalty=0.0, max_epochs=1)
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
    clf = net(max_epochs=4, lr=0.005, batch_size=128, noise_layer="softmax", start=0.2)
    clf.fit(X, noisy)
    start = 0.2 + 0.8 / n_classes
    assert np.diag(clf.learned_transition_matrix_).mean() > start + 0.2
    assert clf.score(X, y) > 0.6


def test_fixed_layer_takes_a_matrix_with_zeros(data):
    X, y, _ = data
    pair = make_transition_matrix(4, 0.4, kind="pair")
    noisy = TransitionNoise(pair, random_state=0).corrupt(y)
    clf = net(transition=pair).fit(X, noisy)
    assert clf.score(X, y) > 0.95
