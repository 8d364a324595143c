"""The network that scores the steps of sequences."""

from itertools import pairwise

import torch
from torch import nn

from sknoisy.deep._modules import Standardize


class TemporalConvolution(nn.Module):
    """Convolutions along the steps, which end where a bag ends.

    The defaults were chosen on training speakers of the spoken digits, see
    suite sequences.
    """

    def __init__(
        self, n_features, *, n_units=64, kernel_size=3, n_layers=2, dropout=0.3
    ):
        super().__init__()
        if kernel_size % 2 == 0:
            raise ValueError(
                "kernel_size expected an odd number of steps, so that the kernel has a "
                f"middle, but got {kernel_size}. Pass {kernel_size + 1}."
            )
        widths = [n_features] + [n_units] * n_layers
        self.layers = nn.ModuleList(
            nn.Conv1d(n_in, n_out, kernel_size, padding=kernel_size // 2)
            for n_in, n_out in pairwise(widths)
        )
        self.dropout = nn.Dropout(dropout)

    def forward(self, x, mask):
        """Return what the layers make of bags."""
        for layer in self.layers:
            # Behind the end there is nothing, as in a bag that nobody filled up.
            x = self.dropout(torch.relu(layer(x))) * mask
        return x


class StepScorer(nn.Module):
    """A network with a logit for each class at each step."""

    def __init__(self, body, n_units, n_outputs, center, scale):
        super().__init__()
        self.standardize = Standardize(center, [scale] * len(center))
        self.body = body
        self.head = nn.Conv1d(n_units, n_outputs, 1)
        nn.init.normal_(self.head.weight, std=n_units**-0.5)
        nn.init.zeros_(self.head.bias)

    def forward(self, x, mask):
        """Return the logits of all steps, of shape (n_bags, n_steps, n_outputs)."""
        mask = mask[:, None]
        return self.head(self.body(self.standardize(x) * mask, mask)).transpose(1, 2)


def moving_mean(values, mask, width):
    """Return means over a window of steps around each one, cut off at the ends."""
    if width == 1:
        return values
    mask = mask[..., None]

    # Sums over windows of values and of steps that exist: their quotient is the mean.
    def sums(x):
        pooled = nn.functional.avg_pool1d(
            x.transpose(1, 2), width, stride=1, padding=width // 2
        )
        return pooled.transpose(1, 2)

    return sums(values * mask) / sums(mask).clamp_min(1 / (2 * width)) * mask
