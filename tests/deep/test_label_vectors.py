import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sknoisy.multilabel import label_vectors

torch = pytest.importorskip("torch")
skorch = pytest.importorskip("skorch")

X, y = load_digits(return_X_y=True)
Y = np.column_stack([y < 5, y % 2 == 0, y == 8]).astype(np.float32)


def tagging_net():
    """Return a net that scores three tags; its last module is no linear layer."""
    torch.manual_seed(0)
    module = torch.nn.Sequential(
        torch.nn.Linear(64, 8),
        torch.nn.ReLU(),
        torch.nn.Sequential(torch.nn.Linear(8, 3), torch.nn.Identity()),
    )
    return skorch.NeuralNet(
        module,
        torch.nn.BCEWithLogitsLoss,
        max_epochs=1,
        train_split=None,
        verbose=0,
    )


def test_last_linear_layer_of_a_net_and_of_a_net_in_a_pipeline():
    inputs = X.astype(np.float32)
    net = tagging_net().fit(inputs, Y)
    weight = net.module_[2][0].weight.detach().numpy()
    vectors = label_vectors(net)
    np.testing.assert_array_equal(vectors, weight)
    vectors[:] = 0
    assert np.abs(weight).min() > 0
    pipe = make_pipeline(StandardScaler(), tagging_net()).fit(inputs, Y)
    assert label_vectors(pipe).shape == (3, 8)


def test_net_that_is_not_fitted():
    with pytest.raises(ValueError, match="label_vectors expected a fitted model"):
        label_vectors(tagging_net())
