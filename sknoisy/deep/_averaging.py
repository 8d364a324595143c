"""Predictions by an average of past weights: torch's, with steps of another size."""

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

    _parameter_constraints: dict = {"average_weights": ["boolean"]}

    def _set_modules(self):
        super()._set_modules()
        average = averaged_copy(self.module_) if self.average_weights else None
        self.averaged_module_ = average

    def get_all_learnable_params(self):
        """Yield what the optimizer is to train; averages are not."""
        for name, parameter in super().get_all_learnable_params():
            if parameter.requires_grad:
                yield name, parameter

    def on_batch_end(self, net, batch=None, training=False, **kwargs):
        """Follow a step of the optimizer."""
        if training and self.averaged_module_ is not None:
            self.averaged_module_.update_parameters(self.module_)

    def _network(self):
        averages = self.averaged_module_ is not None
        evaluates = averages and not self.module_.training
        return self.averaged_module_ if evaluates else super()._network()
