"""The networks used where none is given: one for tables, one for images."""

import math

import torch
from torch import nn

IMAGE_NDIM = 4
SMALLEST_WIDTH, LARGEST_WIDTH = 128, 512
ROUNDING = 1e-10
FIRST_CHANNELS, MAX_BLOCKS = 32, 4


class Standardize(nn.Module):
    """Subtract a mean and divide by a standard deviation, both of the training data.

    Parameters
    ----------
    mean : array-like
        Mean of each column, or of each channel of images.

    std : array-like of the same shape
        Standard deviation; 0 is taken as 1.
    """

    def __init__(self, mean, std):
        super().__init__()
        mean = torch.as_tensor(mean, dtype=torch.float64)
        std = torch.as_tensor(std, dtype=torch.float64)
        # What is left of a constant column by rounding is no spread.
        std = torch.where(std > ROUNDING * (1 + mean.abs()), std, torch.ones_like(std))
        # In double precision, so that a column far from 0 keeps its digits.
        self.register_buffer("mean", mean)
        self.register_buffer("std", std)

    def forward(self, x):
        """Return the scaled rows.

        Parameters
        ----------
        x : tensor of shape (n_rows, n_features) or (n_rows, channels, height, width)
            Rows.

        Returns
        -------
        tensor of float32 of the same shape
            Rows with the scale of the training data taken out.
        """
        shape = (1, -1) + (1,) * (x.ndim - 2)
        x = (x.to(self.mean.dtype) - self.mean.view(shape)) / self.std.view(shape)
        return x.to(torch.get_default_dtype())


def make_table_module(n_features, n_classes, mean, std):
    """Make a perceptron with two hidden layers, twice as wide as the data.

    Parameters
    ----------
    n_features : int
        Number of columns.

    n_classes : int
        Number of classes.

    mean, std : array-like of shape (n_features,)
        Scale of the training data.

    Returns
    -------
    Module
        From rows to logits.
    """
    width = 2 * max(n_features, n_classes)
    width = min(max(width, SMALLEST_WIDTH), LARGEST_WIDTH)
    return nn.Sequential(
        Standardize(mean, std),
        nn.Linear(n_features, width),
        nn.ReLU(),
        nn.Linear(width, width),
        nn.ReLU(),
        nn.Linear(width, n_classes),
    )


def make_image_module(shape, n_classes, mean, std):
    """Make a small convolutional network; each block halves height and width.

    Parameters
    ----------
    shape : tuple of three ints
        Channels, height and width.

    n_classes : int
        Number of classes.

    mean, std : array-like of shape (channels,)
        Scale of the training data.

    Returns
    -------
    Module
        From images to logits.
    """
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
    """Give every layer of a module new starting values, where it knows how to.

    Parameters
    ----------
    module : Module
        It is changed.

    Returns
    -------
    Module
        The same module.
    """
    for layer in module.modules():
        if hasattr(layer, "reset_parameters"):
            layer.reset_parameters()
    return module


def check_logits(logits, n_classes, owner):
    """Refuse what a module returns if it is not one logit per class.

    Parameters
    ----------
    logits : tensor
        What the module has returned for a batch.

    n_classes : int
        Number of classes.

    owner : str
        Name of the classifier, for the messages.
    """
    if logits.ndim != 2 or logits.shape[1] != n_classes:
        raise ValueError(
            f"{owner} expected the module to return logits of shape (n_samples, "
            f"{n_classes}), one per class, but got shape {tuple(logits.shape)}. Give "
            f"the last layer {n_classes} outputs."
        )
    values = logits.detach()
    sums = values.sum(dim=1)
    if bool((values >= 0).all()) and bool(((sums - 1).abs() < 1e-4).all()):
        raise ValueError(
            f"{owner} expected the module to return logits, but got probabilities: "
            "nothing is negative and every row sums to 1. Remove the softmax at the "
            "end of the module; predict_proba applies it."
        )


class Twin(nn.Module):
    """Two networks side by side: optimizer, checkpoints and pickles see one module.

    Parameters
    ----------
    first, second : Module
        The networks.
    """

    def __init__(self, first, second):
        super().__init__()
        self.first = first
        self.second = second

    def forward(self, *args, **kwargs):
        """Return what both say about a batch.

        Parameters
        ----------
        *args, **kwargs : tensor
            Inputs of both.

        Returns
        -------
        tuple of two tensors of shape (n_rows, n_classes)
            Logits.
        """
        outputs = self.first(*args, **kwargs), self.second(*args, **kwargs)
        return tuple(out[0] if isinstance(out, tuple) else out for out in outputs)
