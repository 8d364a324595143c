"""What every deep classifier shares with the rest of the library, and with skorch."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.datasets import load_digits, load_iris
from sklearn.exceptions import NotFittedError
from sklearn.preprocessing import scale

torch = pytest.importorskip("torch")
skorch = pytest.importorskip("skorch")

from skorch.callbacks import (  # noqa: E402
    EpochScoring,
)

from sknoisy.deep import ReSupNetClassifier  # noqa: E402
from sknoisy.deep._base import BaseDeepClassifier  # noqa: E402

torch.set_num_threads(1)

X, codes = load_iris(return_X_y=True)
X = scale(X)
y = np.array(["setosa", "versicolor", "virginica"])[codes]
FAST = {"max_epochs": 3, "lr": 0.01, "random_state": 0}
each_net = pytest.mark.parametrize("cls", [BaseDeepClassifier, ReSupNetClassifier])


class Linear(torch.nn.Module):
    """A module of a user's own."""

    def __init__(self, n_inputs=4, n_outputs=3, dropout=0.0):
        super().__init__()
        self.layer = torch.nn.Linear(n_inputs, n_outputs)
        self.dropout = torch.nn.Dropout(dropout)

    def forward(self, x):
        return self.layer(self.dropout(x))


class TwoInputs(Linear):
    def forward(self, a, b):
        return self.layer(torch.cat([a, b], dim=1))


def proba(net, *args, **params):
    return net.fit(X, y, *args, **params).predict_proba(X)


# Data


@each_net
def test_it_simply_works(cls):
    net = cls(random_state=0).fit(X, y)
    assert net.score(X, y) > 0.9
    assert net.classes_.tolist() == ["setosa", "versicolor", "virginica"]
    assert set(net.predict(X)) <= set(y)
    np.testing.assert_allclose(net.predict_proba(X).sum(axis=1), 1)


@each_net
def test_kinds_of_tables_give_the_same(cls):
    expected = proba(cls(**FAST))
    frame = pd.DataFrame(X, columns=list("abcd"))
    net = cls(**FAST).fit(frame, pd.Series(y))
    assert net.feature_names_in_.tolist() == list("abcd")
    np.testing.assert_array_equal(net.predict_proba(frame), expected)
    for table in (X.tolist(), torch.from_numpy(X), np.asfortranarray(X)):
        net = cls(**FAST).fit(table, y.tolist())
        np.testing.assert_array_equal(net.predict_proba(table), expected)
    single = cls(**FAST).fit(X.astype(np.float32), y)
    np.testing.assert_allclose(single.predict_proba(X), expected, atol=1e-4)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_inputs_get_the_precision_of_the_module(dtype):
    for module in (Linear(), Linear().double()):
        net = BaseDeepClassifier(module, **FAST).fit(X.astype(dtype), y)
        assert net.predict_proba(X.astype(np.float32)).shape == (150, 3)


def test_images_and_flat_images():
    images = load_digits().images[:200, None]
    target = load_digits().target[:200]
    net = BaseDeepClassifier(**FAST).fit(images, target)
    assert net._input_shape_ == (1, 8, 8)
    flat = BaseDeepClassifier(**FAST, image_shape=(1, 8, 8))
    flat.fit(images.reshape(200, 64), target)
    # Other memory, other kernels: the last digits differ, and training enlarges that.
    found = flat.predict_proba(images.reshape(200, 64))
    np.testing.assert_allclose(found, net.predict_proba(images), atol=0.05)


def test_dict_of_inputs():
    parts = {"a": X[:, :1], "b": X[:, 1:]}
    net = BaseDeepClassifier(TwoInputs, **FAST).fit(parts, y)
    table = BaseDeepClassifier(Linear, **FAST).fit(X, y)
    np.testing.assert_allclose(net.predict_proba(parts), table.predict_proba(X))


@each_net
def test_data_set_with_labels(cls):
    data = skorch.dataset.Dataset(X.astype(np.float32), y)
    net = cls(Linear, **FAST)
    expected = proba(net)
    np.testing.assert_allclose(
        clone(net).fit(data).predict_proba(data), expected, atol=1e-6
    )
    tensors = torch.utils.data.TensorDataset(
        torch.from_numpy(X).float(), torch.from_numpy(codes)
    )
    found = clone(net).fit(tensors).predict_proba(tensors)
    np.testing.assert_allclose(found, expected, atol=1e-6)


# Random numbers


@each_net
def test_same_seed_same_result_and_nobody_else_is_disturbed(cls):
    torch.manual_seed(3)
    before = torch.get_rng_state()
    first = proba(cls(Linear, module__dropout=0.3, **FAST))
    assert torch.equal(torch.get_rng_state(), before)
    torch.rand(5)
    second = proba(cls(Linear, module__dropout=0.3, **FAST))
    np.testing.assert_array_equal(first, second)
    other = proba(cls(Linear, module__dropout=0.3, **{**FAST, "random_state": 1}))
    assert (first != other).any()


def test_without_seed_torch_decides():
    unseeded = {**FAST, "random_state": None}
    torch.manual_seed(3)
    first = proba(BaseDeepClassifier(**unseeded))
    assert (proba(BaseDeepClassifier(**unseeded)) != first).any()
    torch.manual_seed(3)
    np.testing.assert_array_equal(proba(BaseDeepClassifier(**unseeded)), first)


@each_net
def test_looking_does_not_change_the_training(cls):
    looks = [EpochScoring("accuracy", on_train=True, name="acc")]
    first = proba(cls(**FAST))
    np.testing.assert_array_equal(proba(cls(**FAST, callbacks=looks)), first)


# Weights


@each_net
def test_weights_of_one_are_no_weights_to_the_bit(cls):
    expected = proba(cls(**FAST))
    np.testing.assert_array_equal(proba(cls(**FAST), np.ones(150)), expected)


@each_net
def test_weight_two_is_a_row_written_twice_in_the_loss(cls):
    # One batch, so that the number of batches is the same.
    few = {**FAST, "batch_size": -1, "max_epochs": 1, "module": Linear}
    weight = np.where(np.arange(150) < 30, 2.0, 1.0)
    twice = np.r_[np.arange(150), np.arange(30)]
    weighted = cls(**few).fit(X, y, weight)
    repeated = cls(**few).fit(X[twice], y[twice])
    np.testing.assert_allclose(
        weighted.history[0, "train_loss"],
        repeated.history[0, "train_loss"],
        rtol=1e-5,
    )
    np.testing.assert_allclose(
        weighted.predict_proba(X), repeated.predict_proba(X), atol=1e-4
    )


@each_net
def test_rows_without_weight_do_not_matter(cls):
    wrong = np.where(np.arange(150) < 20, "virginica", y)
    weight = np.where(np.arange(150) < 20, 0.0, 1.0)
    found = cls(**FAST).fit(X, wrong, weight).predict_proba(X)
    np.testing.assert_allclose(proba(cls(**FAST), weight), found, atol=1e-6)


# Modules and losses


class Probabilities(Linear):
    def forward(self, x):
        return torch.softmax(super().forward(x), dim=1)


@each_net
def test_modules_that_do_not_return_logits(cls):
    with pytest.raises(ValueError, match=rf"{cls.__name__} expected .*Remove the soft"):
        cls(Probabilities, **FAST).fit(X, y)
    with pytest.raises(ValueError, match=r"\(n_samples, 3\).*but got shape \(64, 5\)"):
        cls(Linear, module__n_outputs=5, **FAST).fit(X, y)
    with pytest.raises(ValueError, match=r"loss of logits, but got NLLLoss\. Use crit"):
        cls(criterion=torch.nn.NLLLoss, **FAST).fit(X, y)


def test_module_of_the_user_is_not_trained_behind_their_back():
    module = Linear()
    weight = module.layer.weight.detach().clone()
    first = BaseDeepClassifier(module, **FAST).fit(X, y)
    assert torch.equal(module.layer.weight, weight)
    second = BaseDeepClassifier(module, **FAST).fit(X, y)
    np.testing.assert_array_equal(first.predict_proba(X), second.predict_proba(X))


def test_parameters_of_no_module():
    with pytest.raises(ValueError, match="got module__width, but module is None"):
        BaseDeepClassifier(module__width=3).fit(X, y)
    with pytest.raises(ValueError, match="Call fit with such an X, or pass module="):
        BaseDeepClassifier().initialize()


def test_loss_that_is_a_single_number():
    class Mean(torch.nn.Module):
        def forward(self, logits, target):
            return torch.nn.functional.cross_entropy(logits, target)

    with pytest.raises(ValueError, match=r"one loss per row from criterion.*but Mean"):
        BaseDeepClassifier(criterion=Mean, **FAST).fit(X, y)
    with pytest.raises(ValueError, match="one loss per row from criterion"):
        ReSupNetClassifier(criterion=Mean, **FAST).fit(X, y)


def test_losses_given_as_instances_keep_their_settings():
    smooth = torch.nn.CrossEntropyLoss(label_smoothing=0.2)
    net = BaseDeepClassifier(criterion=smooth, **FAST).fit(X, y)
    assert net.criterion_.label_smoothing == 0.2
    assert (net.criterion_.reduction, smooth.reduction) == ("none", "mean")


# Errors


BAD_ROWS = {
    "NaN": (np.where(X > 2, np.nan, X), "Input X contains NaN"),
    "NaN in tensor": (
        torch.from_numpy(np.where(X > 2, np.nan, X)),
        "X expected finite numbers, but the tensor contains NaN",
    ),
    "NaN in dict": ({"x": np.where(X > 2, np.nan, X)}, "Input x contains NaN"),
    "NaN in images": (np.full((150, 1, 2, 2), np.nan), "contains NaN"),
    "None": (None, "expected X with one row per label, but got None"),
    "no columns": (X[:, :0], r"0 feature\(s\)"),
    "text": (np.full((150, 1), "a"), "not compatible with arrays of bytes/strings"),
    "few": (X[:100], r"inconsistent numbers of samples: \[100, 150\]"),
}


@each_net
@pytest.mark.parametrize(("rows", "message"), BAD_ROWS.values(), ids=BAD_ROWS)
def test_rows(cls, rows, message):
    with pytest.raises(ValueError, match=message):
        cls(**FAST).fit(rows, y)


@each_net
def test_labels_and_companions(cls):
    net = cls(**FAST)
    with pytest.raises(ValueError, match=r"holds only one class: .*'a'"):
        net.fit(X, ["a"] * 150)
    with pytest.raises(ValueError, match="requires y to be passed"):
        net.fit(X)
    with pytest.raises(ValueError, match="Negative values in data"):
        net.fit(X, y, -np.ones(150))
    with pytest.raises(ValueError, match="trusted must be a boolean mask"):
        net.fit(X, y, trusted=[1, 2])
    with pytest.raises(TypeError, match="unexpected keyword argument 'colour'"):
        net.fit(X, y, colour=y)


def test_rows_to_predict():
    with pytest.raises(NotFittedError, match="not initialized yet"):
        BaseDeepClassifier().predict(X)
    net = BaseDeepClassifier(**FAST).fit(X, y)
    with pytest.raises(ValueError, match="X has 2 features, but BaseDeepClassifier"):
        net.predict(X[:, :2])
    with pytest.raises(ValueError, match="contains NaN"):
        net.predict(np.where(X > 2, np.nan, X))


def test_options():
    for params, message in [
        ({"lr": 0}, "'lr' parameter"),
        ({"batch_size": 0}, "'batch_size' parameter"),
        ({"max_epochs": -1}, "'max_epochs' parameter"),
        ({"random_state": "a"}, "'random_state' parameter"),
        ({"image_shape": 28}, "'image_shape' parameter"),
        ({"image_shape": (1, 3, 3)}, r"as X has numbers in a row, 4, but got \(1, 3"),
        ({"max_epoch": 3}, r"unexpected argument\(s\) max_epoch"),
    ]:
        with pytest.raises(ValueError, match=message):
            BaseDeepClassifier(**params).fit(X, y)


def test_training_that_diverges():
    net = ReSupNetClassifier(optimizer=torch.optim.SGD, lr=1e20, random_state=0)
    with pytest.raises(ValueError, match="NaN or infinity: the training has diverged"):
        net.fit(X, y)
