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
    r"""Return what changed in the pseudo-labels since the round before.

    A pseudo-label that stays the same, rightly or wrongly, is no longer reinforced; one
    that appears is promoted, and one that disappears is pushed away.

    Parameters
    ----------
    current : array-like of shape (n_steps,) or (n_steps, n_classes)
        Pseudo-labels of this round.

    previous : array-like of the same shape
        Pseudo-labels of the round before.

    eta : float, default=2.0
        Factor on the change, from 0.

    anchor : array-like of the same shape, default=None
        Probabilities that the present model gives. If there are any, the result is a
        target that every classifier can be fitted to.

    Returns
    -------
    ndarray of the same shape
        Without ``anchor``, the change times ``eta``, with negative entries. With it,
        anchor plus change, clipped at 0; the rows of two dimensions sum to 1, and in
        one dimension values are clipped at 1.

    Raises
    ------
    ValueError
        If the shapes differ, or a number is missing.

    See Also
    --------
    linpro_pseudo_labels : Pseudo-labels of one round.

    Notes
    -----
    The change serves as the target :math:`D` of the loss
    :math:`-\sum_{t,c} D_{tc} \log p_{tc}`, whose gradient in the logits is
    :math:`(\sum_c D_{tc}) p_t - D_t`. To first order, the cross-entropy with the target
    :math:`p + D` has the same one, which is why an anchor serves classifiers that know
    no negative labels. Where clipping leaves nothing of a row, the anchor stands.

    The change is taught in the code published with [1]_; the anchor is sknoisy's own.
    Take labels that were *decoded*, such as those of segments: the change of plain
    probabilities feeds on itself.

    References
    ----------
    .. [1] J. Zhou, L. Huang, L. Wang, S. Liu, H. Li, "Improving weakly supervised
       temporal action localization by bridging train-test gap in pseudo labels",
       CVPR, 2023, arXiv:2304.07978.

    Examples
    --------
    >>> from sknoisy.sequence import delta_pseudo_labels
    >>> delta_pseudo_labels([0, 1, 1, 0], [0, 0, 1, 1])
    array([ 0.,  2.,  0., -2.])
    >>> current, previous = [[1, 0], [0, 1]], [[1, 0], [1, 0]]
    >>> delta_pseudo_labels(current, previous, anchor=[[0.7, 0.3], [0.7, 0.3]]).round(2)
    array([[0.7, 0.3],
           [0. , 1. ]])
    """
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
    # Where clipping leaves nothing of a row, the anchor stands.
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
