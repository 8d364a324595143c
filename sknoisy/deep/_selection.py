"""Which rows a net may learn from: so many of each label, those with the least loss."""

from numbers import Real

import numpy as np

from sknoisy.deep._core import (
    label_purity,
    matrix_from_proba,
    warn_if_too_many,
)

# Shares are products of floats: a row exactly at the border must not fall out by them.
ROUNDING = 1e-9
# Batches without any kept row divide by this instead of 0; their loss is 0 anyway.
TINY = 1e-12
# What ``keep_share=`` may be; its range is checked by ``check_keep_share``.
KEEP_CONSTRAINT = [Real, "array-like", None]


def check_keep_share(keep_share, classes):
    """Return one share to keep per class, each in (0, 1]."""
    shares = np.asarray(keep_share, dtype=float)
    if shares.shape not in ((), (len(classes),)):
        raise ValueError(
            f"keep_share must be a number or an array of shape ({len(classes)},), one "
            f"share per class in the order of classes_, but got shape {shares.shape}. "
            "Pass None to have the shares estimated."
        )
    if not ((shares > 0) & (shares <= 1)).all():
        raise ValueError(
            f"keep_share must lie in (0, 1], but got {keep_share!r}. It is the share "
            "of labels to learn from: 0.6 where 40 % are taken to be wrong."
        )
    return np.broadcast_to(shares, len(classes)).copy()


def learn_shares(net, training, proba, seen=None):
    """Return the transition matrix and the share of each label to keep.

    ``proba`` is what is known of the classes of each row, and need not sum to 1;
    ``seen`` numbers the rows of which anything is known. Without ``keep_share`` the
    shares are those of the right labels that follow from the matrix.
    """
    labels = training.labels
    if net.transition is None:
        warn_if_too_many(labels.n_classes, labels.n_samples, type(net).__name__)
    T = matrix_from_proba(net, training, proba, seen=seen)
    if net.keep_share is not None:
        return T, check_keep_share(net.keep_share, labels.classes)
    return T, label_purity(T, labels)


def thresholds(scores, keep_share, codes, weight):
    """Return, for each label, the score up to which its rows are kept.

    ``keep_share`` is a share of the weight of each label. At least the best row of a
    label is kept; labels without rows get infinity.
    """
    limits = np.full(len(keep_share), np.inf)
    for code in np.unique(codes):
        rows = np.flatnonzero(codes == code)
        rows = rows[np.argsort(scores[rows], kind="stable")]
        before = np.cumsum(weight[rows]) - weight[rows]
        # A row of weight two is kept when the first of two equal rows would be.
        inside = before < keep_share[code] * weight[rows].sum() * (1 - ROUNDING)
        limits[code] = scores[rows[max(np.count_nonzero(inside) - 1, 0)]]
    return limits


def keep_low(scores, keep_share, labels):
    """Return the mask of the rows to learn from: low scores, and trusted labels.

    Rows whose score is NaN are left out.
    """
    known = np.flatnonzero(~np.isnan(scores))
    codes, weight = labels.codes[known], labels.sample_weight[known]
    limits = thresholds(scores[known], keep_share, codes, weight)
    with np.errstate(invalid="ignore"):
        kept = scores <= limits[labels.codes]
    return kept if labels.trusted is None else kept | labels.trusted


def only_kept(losses, kept, weight):
    """Return losses whose mean by ``weight`` is that of the kept rows of a batch."""
    weight, kept = weight.to(losses), kept.to(losses)
    share = (weight * kept).sum() / weight.sum().clamp_min(TINY)
    return losses * kept / share.clamp_min(TINY)
