"""The network that scores the steps of sequences."""

from itertools import pairwise

import torch
from torch import nn

from sknoisy.deep._modules import Standardize


class TemporalConvolution(nn.Module):
    """Convolutions along the steps, which end where a bag ends."""

    def __init__(self, n_features, *, n_units, kernel_size, n_layers, dropout):
        super().__init__()
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
    """A network with two answers for each step: its classes, and whether it counts."""

    def __init__(self, body, n_units, n_outputs, center, scale):
        super().__init__()
        self.standardize = Standardize(center, [scale] * len(center))
        self.body = body
        self.classes = nn.Conv1d(n_units, n_outputs, 1)
        self.attention = nn.Conv1d(n_units, 1, 1)
        for head in (self.classes, self.attention):
            nn.init.normal_(head.weight, std=n_units**-0.5)
            nn.init.zeros_(head.bias)

    def forward(self, x, mask):
        """Return the logits of all steps."""
        mask = mask[:, None]
        units = self.body(self.standardize(x) * mask, mask)
        classes = self.classes(units).transpose(1, 2)
        return classes, self.attention(units)[:, 0]


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
