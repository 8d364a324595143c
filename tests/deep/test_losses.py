import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch")

from skorch import NeuralNetClassifier  # noqa: E402

from sknoisy.deep import (  # noqa: E402
    ForwardCrossEntropyLoss,
    GeneralizedCrossEntropyLoss,
    SymmetricCrossEntropyLoss,
)
from sknoisy.transition import make_transition_matrix  # noqa: E402

K = 4
PAIR = make_transition_matrix(K, 0.3, kind="pair")
MAKERS = {
    "forward": lambda **k: ForwardCrossEntropyLoss(PAIR, **k),
    "generalized": lambda **k: GeneralizedCrossEntropyLoss(**k),
    "symmetric": lambda **k: SymmetricCrossEntropyLoss(**k),
}
each_loss = pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
labels = torch.tensor([0, 1, 2, 3, 1, 0])


def logits(seed=0, scale=1.0, n=6):
    generator = torch.Generator().manual_seed(seed)
    return scale * torch.randn(n, K, generator=generator, dtype=torch.float64)


def cross_entropy(z, y, **options):
    return torch.nn.functional.cross_entropy(z, y, **options)


@each_loss
def test_loss_takes_logits_in_the_eyes_of_skorch(make):
    assert isinstance(make(), torch.nn.CrossEntropyLoss)


@each_loss
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("weighted", [False, True])
def test_gradient_is_that_of_the_value(make, reduction, weighted):
    weight = torch.tensor([1.0, 2.0, 0.5, 0.0]) if weighted else None
    loss = make(reduction=reduction, weight=weight).double()
    z = logits().requires_grad_()
    assert torch.autograd.gradcheck(lambda z: loss(z, labels), z)


@each_loss
def test_reductions_agree_with_each_other_and_with_torch(make):
    weight = torch.tensor([1.0, 2.0, 0.5, 3.0])
    none = make(reduction="none", weight=weight)(logits(), labels)
    assert none.shape == (6,)
    total = make(reduction="sum", weight=weight)(logits(), labels)
    mean = make(weight=weight)(logits(), labels)
    torch.testing.assert_close(total, none.sum())
    torch.testing.assert_close(mean, none.sum() / weight[labels].sum())
    torch.testing.assert_close(
        make()(logits(), labels), make(reduction="none")(logits(), labels).mean()
    )


@each_loss
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("scale", [0.0, 1e4, -1e4])
def test_extreme_logits_give_finite_losses_and_gradients(make, dtype, scale):
    z = (scale * torch.eye(K, dtype=dtype).repeat(2, 1)[:6]).requires_grad_()
    loss = make()(z, labels)
    loss.backward()
    assert loss.dtype == dtype
    assert torch.isfinite(loss)
    assert torch.isfinite(z.grad).all()


@pytest.mark.parametrize(
    "loss",
    [
        ForwardCrossEntropyLoss(np.eye(K)),
        GeneralizedCrossEntropyLoss(0),
        SymmetricCrossEntropyLoss(1, 0),
    ],
    ids=lambda loss: type(loss).__name__,
)
@pytest.mark.parametrize("scale", [1.0, 1e4])
def test_limit_is_cross_entropy(loss, scale):
    z = logits(scale=scale)
    torch.testing.assert_close(loss(z, labels), cross_entropy(z, labels))


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6), st.floats(0.0, 0.9))
def test_forward_loss_is_the_likelihood_of_the_mixture(seed, rate):
    T = make_transition_matrix(K, rate, kind="random", random_state=seed)
    loss = ForwardCrossEntropyLoss(T, reduction="none")
    expected = -(torch.softmax(logits(seed), 1) @ torch.as_tensor(T)).log()
    torch.testing.assert_close(
        loss(logits(seed), labels),
        expected[torch.arange(6), labels],
        atol=1e-5,
        rtol=1e-5,
    )


def test_label_that_the_matrix_rules_out_is_mute():
    T = np.eye(K)[[0, 1, 2, 2]]
    z = logits().requires_grad_()
    losses = ForwardCrossEntropyLoss(T, reduction="none")(z, labels)
    losses.sum().backward()
    assert losses[3] == 0
    assert (z.grad[3] == 0).all()
    assert torch.isfinite(z.grad).all()


@pytest.mark.parametrize("name", ["forward", "generalized", "symmetric"])
def test_plain_skorch_learns_through_the_loss(name):
    rng = np.random.RandomState(0)
    y = np.arange(200) % K
    X = (np.eye(K)[y] * 3 + rng.normal(size=(200, K))).astype(np.float32)
    torch.manual_seed(0)
    net = NeuralNetClassifier(
        torch.nn.Linear(K, K),
        criterion=MAKERS[name](),
        lr=0.5,
        max_epochs=20,
        train_split=None,
        verbose=0,
    )
    assert net.fit(X, y).score(X, y) > 0.9
    np.testing.assert_allclose(net.predict_proba(X).sum(axis=1), 1, rtol=1e-5)


def test_generalized_loss_is_bounded():
    z = torch.tensor([[-1e4, 0.0]])
    loss = GeneralizedCrossEntropyLoss(0.5)(z, torch.tensor([0]))
    torch.testing.assert_close(loss, torch.tensor(2.0))


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda: GeneralizedCrossEntropyLoss(1.5), r"q must lie in \[0, 1\]"),
        (lambda: GeneralizedCrossEntropyLoss(float("nan")), "q must lie"),
        (lambda: SymmetricCrossEntropyLoss(-1), "alpha must lie"),
        (lambda: SymmetricCrossEntropyLoss(beta=np.inf), "beta must lie"),
        (lambda: ForwardCrossEntropyLoss([[0.5, 0.2], [0, 1]]), "rows that sum to 1"),
        (lambda: ForwardCrossEntropyLoss([[1, 0]]), "square array"),
    ],
)
def test_bad_parameters_are_refused(make, match):
    with pytest.raises(ValueError, match=match):
        make()


@each_loss
def test_bad_batches_are_refused(make):
    with pytest.raises(ValueError, match="labels, one per row"):
        make()(logits(), labels[:3])
    with pytest.raises(ValueError, match=r"labels of torch\.float64"):
        make()(logits(), labels.double())


def test_wrong_number_of_logits_is_refused():
    with pytest.raises(ValueError, match="transition_matrix has 4 classes"):
        ForwardCrossEntropyLoss(PAIR)(torch.zeros(6, K + 1), labels)
