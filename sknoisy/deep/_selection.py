"""Which rows a net may learn from: so many of each label, those with the least loss."""

from numbers import Integral, Real

import numpy as np

from sknoisy._compat import Interval
from sknoisy.deep._core import (
    TRANSITION,
    keep_label_posterior,
    label_purity,
    transition_of,
    warn_if_too_many,
)

# Shares are products of floats: a row exactly at the border must not fall out by them.
ROUNDING = 1e-9
# Batches without any kept row divide by this instead of 0; their loss is 0 anyway.
TINY = 1e-12


class SelectsRows:
    """Mixin before a net of ours that leaves out rows of high loss after a warm-up.

    ``_proba_sum_`` sums up what the net has said of each row, and is zero for rows that
    it has not seen. At the end of the warm-up, the share of each label to keep follows
    from it. A subclass adds to it, and implements ``_forget``, which gets ready for
    other rows, ``_select``, which chooses the rows to go on with, and ``_final_proba``.
    """

    _parameter_constraints: dict = {
        # The range of shares is checked by ``check_keep_share``.
        "keep_share": [Real, "array-like", None],
        "transition": TRANSITION,
        "warmup_epochs": [Interval(Integral, 1, None, closed="left")],
    }

    def _prepare(self, training):
        n_rows = len(training.dataset)
        # A training that is resumed goes on with what is known of the same rows.
        if not len(self.history) or len(self._proba_sum_) != n_rows:
            self._n_epochs_ = 0
            self._proba_sum_ = np.zeros((n_rows, len(self.classes_)))
            self._forget(n_rows)

    def on_epoch_end(self, net, **kwargs):
        """Choose the rows for the next epoch."""
        self._n_epochs_ += 1
        # Once the warm-up is over, and before the networks know labels by heart.
        if self._n_epochs_ == self.warmup_epochs:
            self._learn_shares(self._proba_sum_)
        if self._n_epochs_ >= self.warmup_epochs:
            self._select(self._training_.labels)

    def _learn_shares(self, proba):
        """Find the transition matrix, and the share of each label to keep.

        ``proba`` is what is known of the classes of each row, and need not sum to 1.
        Without ``keep_share`` the shares are those of the right labels that follow from
        the matrix.
        """
        training, labels = self._training_, self._training_.labels
        if self.transition is None:
            warn_if_too_many(labels, self._owner)
        T = self.transition_matrix_ = transition_of(self, training, proba)
        if self.keep_share is None:
            self.keep_share_ = label_purity(T, labels)
        else:
            self.keep_share_ = check_keep_share(self.keep_share, labels.classes)

    def _finish(self, training):
        """Set what the net says of the labels; a short training says what it can."""
        proba, known = self._final_proba(training), self._proba_sum_
        if self._n_epochs_ < self.warmup_epochs:
            self._learn_shares(known if known.any() else proba)
            self._select(training.labels)
        keep_label_posterior(self, proba, training.labels)


def check_keep_share(keep_share, classes):
    """Return one share to keep per class, each in (0, 1]."""
    shares = np.asarray(keep_share, dtype=float)
    fits = shares.shape in {(), (len(classes),)}
    if not fits or not ((shares > 0) & (shares <= 1)).all():
        raise ValueError(
            "keep_share must lie in (0, 1], as a number or an array of shape "
            f"({len(classes)},) in the order of classes_, but got {keep_share!r}. Pass "
            "the share of labels to learn from: 0.6 where 40 % are taken to be wrong."
        )
    return np.broadcast_to(shares, len(classes)).copy()


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
