"""Rows in every form that skorch takes: tables, images, tensors, dicts, data sets."""

import math
from collections.abc import Mapping

import numpy as np
import torch
from scipy.sparse import issparse
from sklearn.utils import check_array
from sklearn.utils.sparsefuncs import mean_variance_axis
from sklearn.utils.validation import validate_data
from skorch.dataset import get_len

from sknoisy._compat import _num_samples


def is_dict(X):
    """Whether X is a dict of inputs; some sparse matrices are dicts by their class."""
    return isinstance(X, Mapping) and not issparse(X)


def count_rows(X):
    """Return the number of rows, whatever holds them."""
    if is_dict(X):
        return get_len(X)
    return len(X) if isinstance(X, torch.utils.data.Dataset) else _num_samples(X)


def check_rows(net, X, *, reset):
    """Check the rows, and hold their number of columns against those of ``fit``."""
    if is_dict(X):
        return {name: _checked_part(part, name) for name, part in X.items()}
    if isinstance(X, torch.Tensor):
        _check_finite(X, "X")
        if X.ndim == 2:
            # Tensors stay tensors; scikit-learn only gets their number of columns.
            validate_data(net, np.empty((1, X.shape[1])), reset=reset)
    elif getattr(X, "ndim", 2) > 2:
        X = check_array(X, allow_nd=True)
    else:
        X = validate_data(net, X, accept_sparse="csr", reset=reset)
    return X


def row_shape(X, image_shape, owner):
    """Return the shape in which a row reaches the module, None where it has several."""
    if is_dict(X):
        return None
    shape = tuple(X.shape[1:])
    if image_shape is None:
        return shape
    image_shape = tuple(image_shape)
    if len(image_shape) != 3 or math.prod(image_shape) != math.prod(shape):
        raise ValueError(
            f"{owner} expected image_shape to be (channels, height, width) with as "
            f"many pixels as X has numbers in a row, {math.prod(shape)}, but got "
            f"{image_shape}. Multiply the three to compare."
        )
    return image_shape


def scale_of(X, shape, weights):
    """Return mean and standard deviation of columns, or of the channels of images.

    They count by sample weight. None where a row is neither a vector nor an image.
    """
    if shape is None or len(shape) not in {1, 3}:
        return None
    weights = np.ones(X.shape[0]) if weights is None else weights
    if issparse(X):
        # scikit-learn's sparse means insist on weights of the precision of the data.
        weights = weights.astype(X.dtype) if X.dtype.kind == "f" else weights
        mean, variance = mean_variance_axis(X.astype(float), 0, weights=weights)
        return mean, np.sqrt(variance)
    X = X.detach().cpu().numpy() if isinstance(X, torch.Tensor) else X
    # In one memory order, so that equal tables have equal means to the last digit.
    X = X.astype(np.float64, order="C").reshape(len(X), shape[0], -1)
    mean = np.average(X.mean(axis=2), axis=0, weights=weights)
    squares = ((X - mean[:, None]) ** 2).mean(axis=2)
    return mean, np.sqrt(np.average(squares, axis=0, weights=weights))


def _checked_part(part, name):
    if isinstance(part, torch.Tensor):
        _check_finite(part, name)
        return part
    return check_array(
        part, allow_nd=True, ensure_2d=False, accept_sparse="csr", input_name=name
    )


def _check_finite(X, name):
    if X.is_floating_point() and not bool(torch.isfinite(X).all()):
        raise ValueError(
            f"{name} expected finite numbers, but the tensor contains NaN or infinity. "
            "Drop or fill in these values."
        )
