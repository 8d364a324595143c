import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.cluster import KMeans
from sklearn.datasets import load_digits
from sklearn.metrics import adjusted_rand_score

torch = pytest.importorskip("torch")
pytest.importorskip("skorch")

from sknoisy.deep import EmbeddingNetClassifier  # noqa: E402
from sknoisy.deep._embedding_net import contrastive_losses  # noqa: E402
from sknoisy.semi_supervised import PseudoLabelRefinementClassifier  # noqa: E402

torch.set_num_threads(1)

X, y = load_digits(return_X_y=True)
X, y = X[:400], y[:400]
FAST = {"max_epochs": 4, "lr": 0.005, "random_state": 0}


def test_contrastive_losses_by_hand():
    Z = torch.tensor([[2.0, 0.0], [1.0, 0.0], [0.0, 3.0], [0.0, 1.0]])
    codes = torch.tensor([0, 0, 0, 1])
    found = contrastive_losses(Z, codes, 0.5)
    # The first two are at cosine 1, the others at cosine 0 from them.
    near, far = np.exp(2), 1
    first = -np.mean(np.log([near, far] / (near + 2 * far)))
    third = -np.log(far / (2 * far + near))
    assert_allclose(found, [first, first, third, 0], rtol=1e-5)


def test_alone_in_a_batch():
    Z = torch.ones(1, 3, requires_grad=True)
    loss = contrastive_losses(Z, torch.tensor([0]), 0.1)
    loss.sum().backward()
    assert loss.item() == 0
    assert torch.isfinite(Z.grad).all()


def test_the_last_hidden_layer_is_what_it_returns():
    net = EmbeddingNetClassifier(**FAST).fit(X, y)
    assert net.score(X, y) > 0.8
    Z = net.transform(X)
    assert_allclose(np.linalg.norm(Z, axis=1), 1, rtol=1e-5)
    with torch.no_grad():
        hidden = net.module_[:-1](torch.from_numpy(X)).numpy()
    assert_allclose(Z, hidden / np.linalg.norm(hidden, axis=1)[:, None], atol=1e-5)
    assert not net.module_[-1]._forward_pre_hooks
    copy = pickle.loads(pickle.dumps(net))
    assert_allclose(copy.transform(X), Z)


def test_contrast_draws_classes_together():
    scores = []
    for contrast in (0.0, 1.0):
        net = EmbeddingNetClassifier(contrast=contrast, **FAST).fit(X, y)
        Z = net.transform(X)
        same = y[:, None] == y
        scores.append((Z @ Z.T)[same].mean() - (Z @ Z.T)[~same].mean())
    assert scores[1] > scores[0] + 0.1


class Pair(torch.nn.Module):
    """A module that says itself what its embedding is."""

    def __init__(self):
        super().__init__()
        self.body, self.head = torch.nn.Conv2d(1, 4, 8), torch.nn.Conv2d(4, 10, 1)

    def forward(self, x):
        hidden = self.body(x.reshape(-1, 1, 8, 8))
        return self.head(hidden).flatten(1), hidden


class WithoutEmbedding(Pair):
    """A module that keeps it to itself, and has no linear layer."""

    def forward(self, x):
        return super().forward(x)[0]


def test_a_module_may_return_its_embedding():
    net = EmbeddingNetClassifier(Pair, **FAST).fit(X, y)
    assert net.transform(X).shape == (400, 4)
    with pytest.raises(ValueError, match=r"ends with a torch\.nn\.Linear"):
        EmbeddingNetClassifier(WithoutEmbedding, **FAST).fit(X, y)


def test_losses_that_are_one_number_are_refused():
    def criterion():
        return lambda logits, codes: logits.mean()

    with pytest.raises(ValueError, match="expected one loss per row from criterion"):
        EmbeddingNetClassifier(criterion=criterion, **FAST).fit(X, y)


def test_it_shapes_the_space_of_unknown_classes():
    given = np.where(y < 7, y, -1)
    net = EmbeddingNetClassifier(**FAST)
    clf = PseudoLabelRefinementClassifier(
        net,
        KMeans(30, n_init=1),
        unlabeled=-1,
        embedding="transform",
        novel_classes=True,
        n_rounds=3,
        random_state=0,
    ).fit(X, given)
    assert clf.n_iter_ > 1
    assert clf.transform(X).shape == (400, 128)
    unknown = y >= 7
    assert adjusted_rand_score(y[unknown], clf.cluster_labels_[unknown]) > 0.2
    assert np.mean(clf.predict(X)[~unknown] == y[~unknown]) > 0.8
