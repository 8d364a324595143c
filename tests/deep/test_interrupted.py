"""A training that was interrupted is resumed as if nothing had been."""

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.preprocessing import scale

torch = pytest.importorskip("torch")
skorch = pytest.importorskip("skorch")

from sknoisy import deep  # noqa: E402
from sknoisy.deep._base import BaseDeepClassifier  # noqa: E402
from sknoisy.transition import ConfidentTransition  # noqa: E402

torch.set_num_threads(1)

X, codes = load_iris(return_X_y=True)
X = scale(X)
y = np.where(np.arange(150) % 10 == 0, (codes + 1) % 3, codes)
NETS = [BaseDeepClassifier]
NETS += [cls for name in deep.__all__ if hasattr(cls := getattr(deep, name), "score")]
each_net = pytest.mark.parametrize("cls", NETS)


class Interrupt(skorch.callbacks.Callback):
    """Ctrl-C at a moment of an epoch, counted from 1."""

    def __init__(self, event=None, epoch=2):
        self.event = event
        self.epoch = epoch

    def _stop(self, net, event):
        if (event, len(net.history)) == (self.event, self.epoch):
            raise KeyboardInterrupt

    def on_epoch_begin(self, net, **kwargs):
        self._stop(net, "on_epoch_begin")

    def on_batch_end(self, net, **kwargs):
        self._stop(net, "on_batch_end")

    def on_epoch_end(self, net, **kwargs):
        self._stop(net, "on_epoch_end")


def make(cls, event=None, **params):
    stop = [("stop", Interrupt(event))]
    params = {"max_epochs": 6, "lr": 0.01, "random_state": 0} | params
    return cls(callbacks=stop, **params)


def resume(net, how):
    net.set_params(callbacks__stop__event=None)
    return net.partial_fit(X, y) if how == "partial_fit" else net.fit(X, y)


def check_sane(net, n_epochs):
    losses = net.history[:, "train_loss"]
    assert len(losses) == n_epochs
    assert np.isfinite(losses).all()
    assert net.score(X, codes) > 0.8
    if hasattr(net, "label_quality_"):
        assert ((net.label_quality_ >= 0) & (net.label_quality_ <= 1)).all()
        suspects = net.label_quality_.argsort()[:10]
        assert (y != codes)[suspects].mean() > 0.4
    if hasattr(net, "loss_history_"):
        assert net.loss_history_.shape == (n_epochs, 150)


@each_net
@pytest.mark.parametrize(
    ("event", "how"),
    [("on_epoch_begin", "partial_fit"), ("on_batch_end", "warm_start")],
)
def test_an_epoch_that_was_cut_off_is_left_out(cls, event, how):
    net = make(cls, event, warm_start=how == "warm_start").fit(X, y)
    first = net.history[0, "train_loss"]
    assert np.isfinite(net.predict_proba(X)).all()
    resume(net, how)
    assert net.history[0, "train_loss"] == first
    check_sane(net, 1 + 6)


@each_net
def test_a_training_stopped_between_epochs_goes_on_as_the_uninterrupted_one(cls):
    net = make(cls, "on_epoch_end").fit(X, y)
    assert len(net.history) == 2
    net.set_params(callbacks__stop__event=None)
    net.partial_fit(X, y, epochs=4)
    expected = make(cls).fit(X, y)
    assert net.history[:, "train_loss"] == expected.history[:, "train_loss"]
    np.testing.assert_array_equal(net.predict_proba(X), expected.predict_proba(X))
    check_sane(net, 6)


@each_net
def test_a_training_stopped_at_its_end_can_be_resumed(cls, monkeypatch):
    def stop(self, training):
        raise KeyboardInterrupt

    net = make(cls)
    with monkeypatch.context() as patch:
        patch.setattr(cls, "_finish", stop)
        with pytest.raises(KeyboardInterrupt, match=r"^$"):
            net.fit(X, y)
    check_sane(net.partial_fit(X, y), 12)


def test_a_net_stopped_before_it_was_made_starts_anew():
    class Stopped(ConfidentTransition):
        def fit(self, X, y, **options):
            raise KeyboardInterrupt

    net = make(deep.NoiseAdaptationClassifier, transition=Stopped())
    with pytest.raises(KeyboardInterrupt, match=r"^$"):
        net.fit(X, y)
    net.set_params(transition=ConfidentTransition())
    check_sane(net.partial_fit(X, y), 6)


def test_a_net_for_sequences():
    rng = np.random.default_rng(0)
    bags = [rng.normal(scale=0.3, size=(20, 2)) for _ in range(12)]
    for bag in bags[::2]:
        bag[5:12, 0] += 2
    table = (np.arange(12) % 2 == 0)[:, None] * 1.0
    params = {"batch_size": 4, "lr": 0.03, "max_epochs": 12}
    net = make(deep.SequenceNet, "on_batch_end", **params).fit(bags, table)
    net.set_params(callbacks__stop__event=None)
    net.partial_fit(bags, table)
    losses = net.history[:, "train_loss"]
    assert len(losses) == 1 + 12
    assert losses[-1] < losses[0]
    inside, outside = (net.predict_proba(bags[i : i + 1])[0].mean() for i in (0, 1))
    assert inside > 2 * outside
