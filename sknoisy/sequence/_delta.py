"""Delta pseudo-labels: only what changed is taught."""

from numbers import Real

import numpy as np
from sklearn.utils.validation import check_array

from sknoisy._compat import Interval, validate_params


@validate_params(
    {
        "current": ["array-like"],
        "previous": ["array-like"],
        "eta": [Interval(Real, 0, None, closed="left")],
        "anchor": ["array-like", None],
    },
    prefer_skip_nested_validation=True,
)
def delta_pseudo_labels(current, previous, *, eta=2.0, anchor=None):
    current, previous = _read(current, "current"), _read(previous, "previous")
    _check_shape(previous, current, "previous")
    change = eta * (current - previous)
    if anchor is None:
        return change
    anchor = _read(anchor, "anchor")
    _check_shape(anchor, current, "anchor")
    target = anchor + change
    if target.ndim == 1:
        return np.clip(target, 0, 1)
    target = np.maximum(target, 0)
    total = target.sum(axis=1, keepdims=True)
    return np.divide(target, total, out=anchor.copy(), where=total > 0)


def _read(labels, name):
    """Return pseudo-labels as floats of one or two dimensions."""
    return check_array(
        labels, dtype=float, ensure_2d=False, ensure_min_samples=0, input_name=name
    )


def _check_shape(labels, current, name):
    """Refuse pseudo-labels of other steps or classes."""
    if labels.shape != current.shape:
        raise ValueError(
            f"{name} expected the shape of current, {current.shape}, but got "
            f"{labels.shape}. Both hold the same steps and classes."
        )
