"""What every deep classifier shares with the rest of the library, and with skorch."""

import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler, scale

torch = pytest.importorskip("torch")
skorch = pytest.importorskip("skorch")

from skorch.callbacks import (  # noqa: E402
    Checkpoint,
    EarlyStopping,
    EpochScoring,
    LRScheduler,
)
from skorch.dataset import ValidSplit  # noqa: E402
from skorch.helper import predefined_split  # noqa: E402

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


def proba(net, *args, **params):
    return net.fit(X, y, *args, **params).predict_proba(X)


# In the company of scikit-learn and skorch


def test_clone_and_parameters():
    net = ReSupNetClassifier(Linear, module__dropout=0.5, optimizer__betas=(0.8, 0.9))
    copy = clone(net)
    assert copy.get_params()["module__dropout"] == 0.5
    assert copy.get_params()["optimizer__betas"] == (0.8, 0.9)
    assert repr(copy) == repr(net)
    assert "module__dropout=0.5" in repr(net)
    assert "verbose" not in repr(net)
    copy.set_params(**FAST, module__dropout=0.1).fit(X, y)
    assert copy.module_.second.dropout.p == 0.1


def test_grid_search_and_pipeline():
    pipe = make_pipeline(StandardScaler(), BaseDeepClassifier(**FAST))
    grid = {"basedeepclassifier__lr": [1e-5, 0.01]}
    search = GridSearchCV(pipe, grid, cv=2).fit(X, y)
    assert search.best_params_ == {"basedeepclassifier__lr": 0.01}
    pipe.fit(X, y, basedeepclassifier__trusted=np.ones(150, bool))


def test_metadata_is_routed_on_request():
    trusted = np.arange(150) % 2 == 0
    with sklearn.config_context(enable_metadata_routing=True):
        net = ReSupNetClassifier(**FAST).set_fit_request(trusted=True)
        search = GridSearchCV(net, {"lr": [0.01]}, cv=2).fit(X, y, trusted=trusted)
    assert (search.best_estimator_.label_quality_[trusted] == 1).all()


@each_net
def test_pickle(cls):
    net = cls(**FAST).fit(X, y)
    copy = pickle.loads(pickle.dumps(net))
    np.testing.assert_array_equal(copy.predict_proba(X), net.predict_proba(X))


@each_net
def test_saved_parameters(cls, tmp_path):
    net = cls(Linear, **FAST).fit(X, y)
    net.save_params(f_params=tmp_path / "module.pt", f_optimizer=tmp_path / "opt.pt")
    fresh = cls(Linear, **FAST, classes=net.classes_).initialize()
    fresh.load_params(f_params=tmp_path / "module.pt", f_optimizer=tmp_path / "opt.pt")
    np.testing.assert_array_equal(fresh.predict_proba(X), net.predict_proba(X))
    assert fresh.predict(X).tolist() == net.predict(X).tolist()


@each_net
def test_validation_rows_and_scores_in_the_user_s_labels(cls):
    net = cls(
        **FAST,
        train_split=ValidSplit(5, stratified=True),
        callbacks=[EpochScoring("f1_macro", lower_is_better=False, name="f1")],
    )
    net.fit(pd.DataFrame(X, columns=list("abcd")), y)
    assert net.history[-1, "valid_acc"] > 0.6
    assert net.history[-1, "f1"] > 0.5
    assert net.history[-1, "train_batch_count"] == 2


def test_validation_data_of_the_user():
    valid = skorch.dataset.Dataset(X[::2].astype(np.float32), y[::2])
    net = BaseDeepClassifier(**FAST, train_split=predefined_split(valid)).fit(X, y)
    assert net.history[-1, "valid_acc"] == net.score(X[::2], y[::2])
    strange = skorch.dataset.Dataset(X.astype(np.float32), np.full(150, "rose"))
    net.set_params(train_split=predefined_split(strange))
    with pytest.raises(ValueError, match=r"among the classes.*also holds \['rose'\]"):
        net.fit(X, y)


def test_groups_stay_on_one_side():
    from sklearn.model_selection import GroupKFold

    groups = np.arange(150) % 10
    seen = []

    class Spy(skorch.callbacks.Callback):
        def on_epoch_begin(self, net, dataset_train=None, dataset_valid=None, **kwargs):
            seen.append((dataset_train.indices, dataset_valid.indices))

    split = ValidSplit(GroupKFold(5))
    net = BaseDeepClassifier(**FAST, train_split=split, callbacks=[Spy()])
    net.fit(X, y, groups=groups)
    train, valid = seen[0]
    assert not set(groups[train]) & set(groups[valid])


@each_net
def test_early_stopping_and_schedules(cls):
    stop = EarlyStopping(monitor="train_loss", threshold=10, patience=2)
    net = cls(max_epochs=20, random_state=0, callbacks=[stop]).fit(X, y)
    assert len(net.history) == 3
    schedule = LRScheduler("StepLR", step_size=1, gamma=0.1, event_name="rate")
    net = cls(**FAST, callbacks=[schedule]).fit(X, y)
    np.testing.assert_allclose(net.history[:, "rate"], [1e-2, 1e-3, 1e-4])


def test_device_by_name():
    net = BaseDeepClassifier(**FAST, device="cpu").fit(X, y)
    given = BaseDeepClassifier(**FAST, device=torch.device("cpu")).fit(X, y)
    np.testing.assert_array_equal(net.predict_proba(X), given.predict_proba(X))
    if not torch.cuda.is_available():
        with pytest.raises((AssertionError, RuntimeError), match="CUDA"):
            BaseDeepClassifier(**FAST, device="cuda").fit(X, y)


# Going on


class Failure(skorch.callbacks.Callback):
    def __init__(self, at):
        self.at = at

    def on_epoch_end(self, net, **kwargs):
        if len(net.history) == self.at:
            raise RuntimeError("power cut")


@each_net
@pytest.mark.parametrize("split", [None, ValidSplit(5, stratified=True)])
def test_resumed_training_is_the_uninterrupted_one(cls, split):
    params = {**FAST, "train_split": split, "module": Linear, "module__dropout": 0.2}
    params["callbacks"] = [LRScheduler("StepLR", step_size=2, gamma=0.5)]
    params["max_epochs"] = 6
    expected = cls(**params).fit(X, y)
    started = cls(**params).partial_fit(X, y, epochs=3)
    torch.rand(3)
    resumed = pickle.loads(pickle.dumps(started)).partial_fit(X, y, epochs=3)
    assert resumed.history[:, "train_loss"] == expected.history[:, "train_loss"]
    np.testing.assert_array_equal(resumed.predict_proba(X), expected.predict_proba(X))


@each_net
def test_checkpoint_of_a_training_that_was_cut_off(cls, tmp_path):
    keep = Checkpoint(
        monitor=None, f_pickle="net.pkl", f_params=None, f_optimizer=None,
        f_criterion=None, f_history=None, dirname=str(tmp_path),
    )  # fmt: skip
    params = {**FAST, "max_epochs": 5}
    with pytest.raises(RuntimeError, match="power cut"):
        cls(**params, callbacks=[("keep", keep), ("failure", Failure(3))]).fit(X, y)
    net = pickle.loads((tmp_path / "net.pkl").read_bytes())
    assert len(net.history) == 3
    net.set_params(callbacks__failure__at=None)
    net.partial_fit(X, y, epochs=2)
    np.testing.assert_array_equal(net.predict_proba(X), proba(cls(**params)))


@each_net
def test_warm_start_goes_on(cls):
    net = cls(**{**FAST, "max_epochs": 2}, warm_start=True).fit(X, y).fit(X, y)
    assert len(net.history) == 4
    expected = proba(cls(**{**FAST, "max_epochs": 4}))
    np.testing.assert_array_equal(net.predict_proba(X), expected)


def test_classes_said_beforehand():
    rows = codes < 2
    classes = ["versicolor", "setosa", "virginica"]
    net = BaseDeepClassifier(**FAST)
    net.partial_fit(X[rows], y[rows], classes=classes)
    assert net.classes_.tolist() == classes
    assert net.partial_fit(X, y).predict_proba(X).shape == (150, 3)
    with pytest.raises(ValueError, match=r"y also holds \['rose'\]"):
        net.partial_fit(X, np.where(codes == 1, "rose", y))


def test_no_warning_is_needed():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ReSupNetClassifier(**FAST).fit(X, y).predict(X)
