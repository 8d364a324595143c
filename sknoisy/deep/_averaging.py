"""Predictions by an average of past weights, and early stopping for all networks."""

from copy import deepcopy

from skorch.callbacks import EarlyStopping
from torch.optim.swa_utils import AveragedModel

# Polynomial-decay averaging: the larger, the more recent weights count. At 1 the last
# half of a training, however long, holds 3 / 4 of the weight of the average.
RECENCY = 1


def move_average(average, present, n_averaged):
    """Return a tensor of the average, moved towards the present one.

    The step sizes ``(r + 1) / (n + r)`` of the n-th step need no time constant: the
    average spans the same share of any training.
    """
    if not present.is_floating_point():
        return present
    # torch has counted n - 1 steps when the n-th is averaged in.
    step = (RECENCY + 1) / (n_averaged + 1 + RECENCY)
    return average.lerp(present, step.to(average.dtype))


def averaged_copy(module):
    """Return torch's average of the weights and buffers of a module."""
    average = AveragedModel(module, avg_fn=move_average, use_buffers=True)
    return average.requires_grad_(False)


class AveragedWeights:
    """Mixin before a net of ours with the parameter ``average_weights``."""

    def _set_modules(self):
        super()._set_modules()
        self.averaged_module_ = None
        if self.average_weights:
            self.averaged_module_ = averaged_copy(self.module_)

    def get_all_learnable_params(self):
        """Yield what the optimizer is to train; averages are not."""
        for name, parameter in super().get_all_learnable_params():
            if parameter.requires_grad:
                yield name, parameter

    def _after_step(self):
        super()._after_step()
        if self.averaged_module_ is not None:
            self.averaged_module_.update_parameters(self.module_)

    def _network(self):
        averages = self.averaged_module_ is not None
        evaluates = averages and not self.module_.training
        return self.averaged_module_ if evaluates else super()._network()


class StopEarly(EarlyStopping):
    """skorch's early stopping, which puts back all networks of a net, not one alone.

    Epochs up to ``begin`` do not count: their loss is another one.
    """

    def __init__(self, patience=5, begin=0):
        # Any lower loss is a better one.
        super().__init__(patience=patience, threshold=0)
        self.begin = begin

    def on_train_begin(self, net, **kwargs):
        """Forget earlier trainings."""
        super().on_train_begin(net, **kwargs)
        self.best_ = None

    def on_epoch_end(self, net, **kwargs):
        """Keep the state of an epoch that is better than all before."""
        if len(net.history) <= self.begin:
            return
        try:
            super().on_epoch_end(net, **kwargs)
        finally:
            if self.best_epoch_ == len(net.history):
                self.best_ = {
                    name: deepcopy(getattr(net, f"{name}_").state_dict())
                    for name in net._modules
                    if getattr(net, f"{name}_") is not None
                }

    def on_train_end(self, net, **kwargs):
        """Go back to the best epoch."""
        if self.best_ is not None:
            for name, state in self.best_.items():
                getattr(net, f"{name}_").load_state_dict(state)

    def __getstate__(self):
        # As in skorch: a pickle made in the middle shall not hold the weights twice.
        return super().__getstate__() | {"best_": None}
