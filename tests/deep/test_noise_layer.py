import numpy as np
import pytest

torch = pytest.importorskip("torch")

from sknoisy.deep import ForwardCrossEntropyLoss, NoiseAdaptationLayer  # noqa: E402
from sknoisy.noise import TransitionNoise  # noqa: E402
from sknoisy.transition import make_transition_matrix  # noqa: E402

KINDS = ["softmax", "linear", "fixed"]


def layer_of(kind, n_classes=5, **options):
    if kind == "fixed":
        options["start"] = make_transition_matrix(n_classes, 0.4)
    return NoiseAdaptationLayer(n_classes, kind=kind, **options)


@pytest.mark.parametrize("kind", KINDS)
def test_outputs_are_log_probabilities(kind):
    noisy = layer_of(kind)(torch.randn(7, 5)).exp()
    torch.testing.assert_close(noisy.sum(dim=1), torch.ones(7))


@pytest.mark.parametrize("kind", KINDS)
def test_certain_prediction_leaves_as_a_row_of_the_matrix(kind):
    layer = layer_of(kind).eval()
    noisy = layer(100.0 * torch.eye(5)).exp()
    torch.testing.assert_close(noisy, layer.transition_matrix())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("scale", [1.0, 1e4])
def test_log_likelihood_is_the_entry_of_the_label(kind, scale):
    torch.manual_seed(0)
    layer, y = layer_of(kind).eval(), torch.arange(5)
    z = scale * torch.randn(5, 5)
    torch.testing.assert_close(layer.log_likelihood(z, y), layer(z)[torch.arange(5), y])


def test_fixed_layer_is_forward_correction():
    T = make_transition_matrix(5, 0.3, kind="pair")
    layer = NoiseAdaptationLayer(5, kind="fixed", start=T)
    z, y = 1e4 * torch.randn(9, 5), torch.arange(9) % 5
    loss = ForwardCrossEntropyLoss(T, reduction="none")(z, y)
    torch.testing.assert_close(-layer.log_likelihood(z, y), loss)
    assert not list(layer.parameters())


@pytest.mark.parametrize("kind", ["softmax", "linear"])
def test_gradient_is_that_of_the_value(kind):
    layer = NoiseAdaptationLayer(4, kind=kind).double().eval()
    z = torch.randn(6, 4, dtype=torch.float64, requires_grad=True)
    y = torch.arange(6) % 4
    loss = lambda z, w: layer.log_likelihood(z, y).sum() + layer.penalty()  # noqa: E731
    assert torch.autograd.gradcheck(loss, (z, layer.weight))


@pytest.mark.parametrize("kind", KINDS)
def test_extreme_logits_give_finite_gradients(kind):
    layer = layer_of(kind)
    z = (1e4 * torch.eye(5)).requires_grad_()
    layer.log_likelihood(z, (torch.arange(5) + 1) % 5).sum().backward()
    assert torch.isfinite(z.grad).all()


@pytest.mark.parametrize(
    ("n_classes", "diagonal"), [(2, 0.731), (10, 0.232), (100, 0.0267)]
)
def test_identity_start_depends_on_the_number_of_classes(n_classes, diagonal):
    T = NoiseAdaptationLayer(n_classes).transition_matrix()
    assert T.diagonal().numpy() == pytest.approx(diagonal, abs=1e-3)


@pytest.mark.parametrize("n_classes", [2, 10, 100, 1000])
@pytest.mark.parametrize("kind", ["softmax", "linear"])
def test_start_means_the_same_for_any_number_of_classes(n_classes, kind):
    layer = NoiseAdaptationLayer(n_classes, kind=kind, start=0.6)
    T = layer.transition_matrix()
    assert T.diagonal().numpy() == pytest.approx(0.6 + 0.4 / n_classes, abs=1e-5)
    assert T[0, 1:].numpy() == pytest.approx(0.4 / n_classes, rel=1e-3)


def test_start_at_a_matrix():
    T = make_transition_matrix(5, 0.4, kind="random", random_state=0)
    layer = NoiseAdaptationLayer(5, start=T)
    np.testing.assert_allclose(layer.transition_matrix().numpy(), T, atol=1e-3)


def test_calibration_takes_the_flattening_out():
    layer = NoiseAdaptationLayer(5, dropout=0.5)
    flat = layer.transition_matrix()
    sharp = layer.transition_matrix(calibrated=True)
    torch.testing.assert_close(sharp, torch.softmax(2 * torch.eye(5), dim=1))
    assert (sharp.diagonal() > flat.diagonal()).all()
    fixed = layer_of("fixed")
    torch.testing.assert_close(
        fixed.transition_matrix(calibrated=True), fixed.transition_matrix()
    )


@pytest.mark.parametrize("penalty", [0.0, 0.5, 1.0])
def test_calibration_takes_the_trace_penalty_out(penalty):
    T = make_transition_matrix(5, 0.4, kind="random", random_state=0)
    share = torch.as_tensor(T, dtype=torch.float32) / 5
    layer = NoiseAdaptationLayer(5, kind="linear", trace_penalty=penalty, start=0.5)
    optimizer = torch.optim.Adam(layer.parameters(), lr=0.05)
    for _ in range(500):
        # The net is certain of the true class, of which each is as frequent.
        likelihood = (share * torch.log_softmax(layer.weight, dim=1)).sum()
        optimizer.zero_grad()
        (layer.penalty() - likelihood).backward()
        optimizer.step()
    calibrated = layer.transition_matrix(calibrated=True)
    np.testing.assert_allclose(calibrated.numpy(), T, atol=0.01)
    pessimistic = (
        layer.transition_matrix().diagonal().numpy() < np.diag(T) - 0.05
    ).all()
    assert pessimistic == (penalty > 0)


def test_dropout_on_the_input_masks_rows_of_each_sample():
    torch.manual_seed(0)
    layer = NoiseAdaptationLayer(5, dropout=0.5, start=0.9)
    z = 100.0 * torch.eye(5)[[0] * 200]
    distinct = torch.unique(layer(z).exp().round(decimals=4), dim=0)
    # The only class that counts is either kept, at twice its weight, or dropped.
    assert len(distinct) == 2
    torch.testing.assert_close(distinct[0], torch.full((5,), 0.2))
    torch.testing.assert_close(layer.eval()(z)[0], layer(z)[1])


def test_trace_penalty_belongs_to_the_linear_layer():
    linear = NoiseAdaptationLayer(5, kind="linear", start=0.8, trace_penalty=0.1)
    assert linear.penalty().item() == pytest.approx(0.1 * (0.8 + 0.2 / 5))
    assert NoiseAdaptationLayer(5).penalty() == 0
    assert layer_of("fixed").penalty() == 0


@pytest.mark.parametrize("n_classes", [100, 1000])
def test_layer_learns_with_many_classes(n_classes):
    rng = np.random.RandomState(0)
    y = np.tile(np.arange(n_classes), 20)
    T = make_transition_matrix(n_classes, 0.3)
    noisy = torch.as_tensor(TransitionNoise(T, random_state=0).corrupt(y))
    # A net that knows the true classes, so that only the layer has to learn.
    z = torch.as_tensor(y)
    layer = NoiseAdaptationLayer(n_classes)
    start = layer.transition_matrix().diagonal().mean().item()
    optimizer = torch.optim.Adam(layer.parameters(), lr=0.3)
    for _ in range(40):
        rows = torch.as_tensor(rng.permutation(len(y))[:1000])
        logits = 30.0 * torch.nn.functional.one_hot(z[rows], n_classes).float()
        loss = -layer.log_likelihood(logits, noisy[rows]).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert start == pytest.approx(np.e / (np.e + n_classes - 1))
    assert layer.transition_matrix().diagonal().mean().item() > start + 0.3


def test_memory_is_that_of_one_matrix():
    for kind in KINDS:
        layer = layer_of(kind, 300)
        tensors = [*layer.parameters(), *layer.buffers()]
        assert sum(tensor.numel() for tensor in tensors) == 300**2
        saved = []
        with torch.autograd.graph.saved_tensors_hooks(
            lambda tensor, saved=saved: saved.append(tensor.numel()) or tensor,
            lambda tensor: tensor,
        ):
            z = torch.randn(8, 300, requires_grad=True)
            layer.log_likelihood(z, torch.arange(8)).sum().backward()
        assert max(saved) <= 300**2


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"dropout": 1.0}, r"dropout must lie in \[0, 1\)"),
        ({"dropout": -0.1}, r"dropout must lie in \[0, 1\)"),
        ({"kind": "quadratic"}, "kind must be one of 'softmax', 'linear', 'fixed'"),
        ({"kind": "linear", "dropout": 0.1}, "dropout has no effect on a noise layer"),
        ({"trace_penalty": 0.7}, "trace_penalty has no effect .* kind 'softmax'"),
        ({"kind": "linear", "trace_penalty": -1}, r"must lie in \[0, inf\)"),
        ({"start": 0.0}, r"start must be .* a number in \(0, 1\)"),
        ({"start": 1.0}, "start must be"),
        ({"start": "zero"}, "start must be 'identity'"),
        ({"start": np.eye(3)}, r"start must have shape \(5, 5\)"),
        ({"kind": "fixed"}, "start must be a square array"),
        ({"kind": "fixed", "start": 0.5}, "start must be a square array"),
    ],
)
def test_bad_parameters_are_refused(options, match):
    with pytest.raises(ValueError, match=match):
        NoiseAdaptationLayer(5, **options)
