"""Rates of missing and spurious tags, as users pass them."""

from numbers import Real

import numpy as np

from sknoisy._compat import Interval, StrOptions

ESTIMATE = "estimate"
TAGABILITY = [
    StrOptions({ESTIMATE}),
    Interval(Real, 0, 1, closed="right"),
    "array-like",
]
RATE = [Interval(Real, 0, 1, closed="left"), "array-like"]


def rates_of_tags(owner, labels):
    """Return tagability and rate of spurious tags of each tag.

    Parameters
    ----------
    owner : estimator
        Its parameters ``tagability`` and ``spurious_rate`` are read.

    labels : TagLabels
        The tags.

    Returns
    -------
    tagability, spurious_rate : ndarray of shape (n_labels,)
        NaN for tagabilities that are to be estimated.
    """
    n_labels = labels.tags.n_labels
    tagability = owner.tagability
    if isinstance(tagability, str):
        tagability = np.nan
    tagability = _one_per_tag(tagability, "tagability", n_labels)
    spurious = _one_per_tag(owner.spurious_rate, "spurious_rate", n_labels)
    known = np.nan_to_num(tagability, nan=1.0)
    sensible = (known > 0) & (known <= 1) & (spurious >= 0) & (spurious < known)
    if not sensible.all():
        raise ValueError(
            "tagability expected numbers above 0 and up to 1, or NaN to estimate one, "
            "and spurious_rate numbers from 0 to below the tagability, but got "
            f"{tagability} and {spurious}. A tag that is given more often where it is "
            "false says the opposite of its name."
        )
    return tagability, spurious


def _one_per_tag(value, name, n_labels):
    value = np.asarray(value, dtype=float)
    if value.shape not in {(), (n_labels,)}:
        raise ValueError(
            f"{name} expected a number or shape ({n_labels},), a number per tag, but "
            f"got shape {value.shape}. Order the numbers as the columns of y."
        )
    return np.broadcast_to(value, n_labels)
