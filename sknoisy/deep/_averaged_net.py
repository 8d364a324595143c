"""Base of the classifiers that predict by an average of their past weights."""

import copy
from contextlib import contextmanager
from numbers import Integral

import numpy as np
import torch

from sknoisy._compat import Interval
from sknoisy.deep._base import BaseDeepClassifier

# The larger, the more recent weights count: at 1 the last half holds 3 / 4 of the mass.
RECENCY = 1


class BaseAveragedClassifier(BaseDeepClassifier):
    """Base with averaged weights, and with early stopping on noisy validation data.

    A subclass lists in ``_stateful`` what early stopping puts back: the names of the
    modules that are trained. It calls ``_restore_best`` in its ``_finish``.
    """

    _parameter_constraints: dict = {
        **BaseDeepClassifier._parameter_constraints,
        "average_weights": ["boolean"],
        "early_stopping": [Interval(Integral, 1, None, closed="left"), None],
    }

    _transient = {**BaseDeepClassifier._transient, "_best_": None}
    _best_ = None
    _n_averaged_ = 0
    _stateful = ("module_", "averaged_module_")

    def __init__(
        self, module=None, *, average_weights=True, early_stopping=None, **kwargs
    ):
        super().__init__(module, **kwargs)
        self.average_weights = average_weights
        self.early_stopping = early_stopping

    def initialize_module(self):
        """Make the network and the one that holds its average.

        Returns
        -------
        self : object
            The net.
        """
        super().initialize_module()
        self._n_averaged_, self.averaged_module_ = 0, None
        if self.average_weights:
            self.averaged_module_ = copy.deepcopy(self.module_).requires_grad_(False)
        return self

    def get_all_learnable_params(self):
        """Yield what the optimizer is to train; averages are not.

        Yields
        ------
        tuple of str and Parameter
            Name and parameter.
        """
        for name, parameter in super().get_all_learnable_params():
            if parameter.requires_grad:
                yield name, parameter

    def _train(self, X, y, sample_weight, groups, trusted, **keywords):
        if self.early_stopping is not None and not self.train_split:
            raise ValueError(
                f"{self._owner} with early_stopping={self.early_stopping} needs "
                "validation data, but got train_split=None. Pass, for example, "
                "train_split=skorch.dataset.ValidSplit(10, stratified=True)."
            )
        return super()._train(X, y, sample_weight, groups, trusted, **keywords)

    def on_batch_end(self, net, batch=None, training=False, **kwargs):
        """Move the average after a step of the optimizer.

        Parameters
        ----------
        net : object
            The net itself.

        batch : tuple, default=None
            Rows and label codes.

        training : bool, default=False
            Whether the batch was trained on.

        **kwargs : dict
            Ignored.
        """
        super().on_batch_end(net, batch, training, **kwargs)
        if training and self.averaged_module_ is not None:
            self._n_averaged_ += 1
            update_average(self.averaged_module_, self.module_, self._n_averaged_)

    def infer(self, x, **params):
        """Return what the network says; outside of training, that of the average.

        Parameters
        ----------
        x : Rows, tensor, dict or list
            Inputs.

        **params : dict
            Passed on to the module.

        Returns
        -------
        tensor or tuple of tensors
            Logits.
        """
        if self.module_.training or self.averaged_module_ is None:
            return super().infer(x, **params)
        with self._averaged():
            return super().infer(x, **params)

    @contextmanager
    def _averaged(self):
        """Let the averaged network stand in for the present one."""
        own = self.module_
        vars(self)["module_"] = self.averaged_module_
        try:
            yield
        finally:
            vars(self)["module_"] = own

    def on_epoch_begin(self, net, dataset_train=None, dataset_valid=None, **kwargs):
        """End the training where the best epoch is long past.

        Parameters
        ----------
        net : object
            The net itself.

        dataset_train, dataset_valid : Dataset, default=None
            Rows to train on, and to validate on.

        **kwargs : dict
            Ignored.
        """
        if self._best_ and len(self.history) - self._best_[1] >= self.early_stopping:
            # This is how skorch's own callback ends a training.
            raise KeyboardInterrupt
        super().on_epoch_begin(net, dataset_train, dataset_valid, **kwargs)

    def _counts_for_stopping(self):
        """Whether the loss of this epoch can be compared with that of others."""
        return True

    def _after_epoch(self, dataset_train):
        super()._after_epoch(dataset_train)
        if self.early_stopping is None or not self._counts_for_stopping():
            return
        columns = ["valid_batch_size", "valid_loss"]
        sizes, losses = zip(*self.history[-1, "batches", :, columns], strict=True)
        loss, epoch = np.average(losses, weights=sizes), len(self.history)
        if self._best_ is None or loss < self._best_[0]:
            self._best_ = loss, epoch, copy.deepcopy(self._state())

    def _state(self):
        parts = {name: getattr(self, name) for name in self._stateful}
        return {name: p.state_dict() for name, p in parts.items() if p is not None}

    def _restore_best(self):
        """Go back to the epoch with the best validation loss."""
        if self._best_ is not None:
            for name, state in self._best_[2].items():
                getattr(self, name).load_state_dict(state)


@torch.no_grad()
def update_average(average, module, n_steps):
    """Move an average of weights towards the present ones.

    The step sizes are those of polynomial-decay averaging, which needs no time
    constant: the average spans the same share of a training, however long.

    Parameters
    ----------
    average : Module
        Changed in place.

    module : Module
        Same architecture, with the present weights.

    n_steps : int
        Number of steps taken, from 1. The first one makes the average a copy.
    """
    step = (RECENCY + 1) / (n_steps + RECENCY)
    for old, new in zip(average.parameters(), module.parameters(), strict=True):
        old.lerp_(new.to(old), step)
    for old, new in zip(average.buffers(), module.buffers(), strict=True):
        if old.is_floating_point():
            old.lerp_(new.to(old), step)
        else:
            old.copy_(new)
