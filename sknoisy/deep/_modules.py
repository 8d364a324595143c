"""The networks used where none is given: one for tables, one for images."""

import math

import torch
from torch import nn

# Two hidden layers twice as wide as the data, within these bounds: wide enough for the
# 64 columns of the digits, and small enough to train tables in seconds.
SMALLEST_WIDTH, LARGEST_WIDTH = 128, 512
# A spread below this share of the mean is what rounding leaves of a constant column.
ROUNDING = 1e-10
# Blocks of 32, 64, 128, 128 channels; each halves the image, down to 4 to 7 pixels.
FIRST_CHANNELS, MAX_BLOCKS = 32, 4
# Single-precision softmax rows sum to 1 within this.
SUM_TOLERANCE = 1e-4


class Standardize(nn.Module):
    """Subtract a mean and divide by a standard deviation, both of the training data.

    They belong to columns, or to the channels of images. Scaling is done in double
    precision, so that a column far from 0 keeps its digits; what leaves has the
    precision of the network, which ``unit`` knows.
    """

    def __init__(self, mean, std):
        super().__init__()
        mean = torch.as_tensor(mean, dtype=torch.float64)
        std = torch.as_tensor(std, dtype=torch.float64)
        std = torch.where(std > ROUNDING * (1 + mean.abs()), std, torch.ones_like(std))
        self.register_buffer("mean", mean)
        self.register_buffer("std", std)
        self.register_buffer("unit", torch.ones(()))

    def forward(self, x):
        """Return rows of any precision with the scale of the data taken out."""
        shape = (1, -1) + (1,) * (x.ndim - 2)
        x = (x.to(self.mean.dtype) - self.mean.view(shape)) / self.std.view(shape)
        return x.to(self.unit.dtype)


def make_table_module(n_features, n_classes, mean, std, *, widths=None):
    """Make a perceptron with two hidden layers, twice as wide as the data."""
    width = min(max(2 * max(n_features, n_classes), SMALLEST_WIDTH), LARGEST_WIDTH)
    first, second = widths or (width, width)
    return nn.Sequential(
        Standardize(mean, std),
        nn.Linear(n_features, first),
        nn.ReLU(),
        nn.Linear(first, second),
        nn.ReLU(),
        nn.Linear(second, n_classes),
    )


def make_image_module(shape, n_classes, mean, std):
    """Make a small convolutional network; each block halves height and width."""
    channels, height, width = shape
    n_blocks = int(math.log2(max(min(height, width), 1))) - 2
    n_blocks = min(max(n_blocks, 0), MAX_BLOCKS)
    layers = [Standardize(mean, std)]
    out_channels = FIRST_CHANNELS
    for block in range(max(n_blocks, 1)):
        out_channels = FIRST_CHANNELS * 2 ** min(block, 2)
        layers += [nn.Conv2d(channels, out_channels, 3, padding=1)]
        layers += [nn.BatchNorm2d(out_channels), nn.ReLU()]
        if n_blocks:
            layers.append(nn.MaxPool2d(2))
        channels = out_channels
    n_inputs = channels * (height >> n_blocks) * (width >> n_blocks)
    hidden = 4 * FIRST_CHANNELS
    layers += [nn.Flatten(), nn.Linear(n_inputs, hidden), nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(hidden, n_classes))


def redraw(module):
    """Give every layer of a module new starting values, where it knows how to."""
    for layer in module.modules():
        if hasattr(layer, "reset_parameters"):
            layer.reset_parameters()
    return module


def first_of(output):
    """Return the logits of a module that may return more than these, in a tuple."""
    return output[0] if isinstance(output, tuple) else output


def last_linear(module):
    """Return the last linear layer of a module, None where there is none."""
    layers = [m for m in module.modules() if isinstance(m, nn.Linear)]
    return layers[-1] if layers else None


def check_logits(logits, n_classes, owner):
    """Refuse what a module returns if it is not one logit per class."""
    if logits.ndim != 2 or logits.shape[1] != n_classes:
        raise ValueError(
            f"{owner} expected the module to return logits of shape (n_samples, "
            f"{n_classes}), one per class, but got shape {tuple(logits.shape)}. Give "
            f"the last layer {n_classes} outputs."
        )
    values = logits.detach()
    off = (values.sum(dim=1) - 1).abs()
    if bool((values >= 0).all()) and bool((off < SUM_TOLERANCE).all()):
        raise ValueError(
            f"{owner} expected the module to return logits, but got probabilities. "
            "Remove the softmax at the end of the module; predict_proba applies it."
        )


class Twin(nn.Module):
    """Two networks side by side: optimizer, checkpoints and pickles see one module."""

    def __init__(self, first, second):
        super().__init__()
        self.first = first
        self.second = second

    def forward(self, *args, **kwargs):
        """Return the logits of both for a batch."""
        outputs = self.first(*args, **kwargs), self.second(*args, **kwargs)
        return tuple(first_of(output) for output in outputs)
