"""A net that tells wrong labels by how their loss went from epoch to epoch."""

import numpy as np
import torch

from sknoisy._transition_matrix import normalize_rows
from sknoisy.deep._base import BaseDeepClassifier
from sknoisy.deep._selection import SelectsRows, keep_low, only_kept


class LossHistoryClassifier(SelectsRows, BaseDeepClassifier):
    r"""Neural network that leaves out labels by the history of their loss.

    The loss of every row is noted in each epoch. After a warm-up, the rows of each
    label with the lowest mean loss are kept, and the others are left out until the next
    epoch. How many to keep is estimated from what the network has said so far.

    Parameters
    ----------
    module : torch Module class or instance, default=None
        The network, as for :class:`EarlyLearningClassifier`.

    keep_share : float or array-like of shape (n_classes,), default=None
        Share of the rows of each label to keep, in (0, 1]. None has it estimated.

    transition : transition estimator or array-like, default=None
        What the shares follow from, as for :class:`CoTeachingClassifier`.

    warmup_epochs : int, default=4
        Epochs in which all rows are trained on, at least 1: few, so that no label is
        known by heart when the shares are estimated.

    **kwargs : dict
        ``random_state``, ``image_shape`` and all parameters of skorch's
        `NeuralNetClassifier <https://skorch.readthedocs.io/en/stable/classifier.html>`_.

    Attributes
    ----------
    loss_history_ : ndarray of shape (n_epochs, n_samples)
        Loss of each row in each epoch; NaN for rows split off for validation.

    keep_share_ : ndarray of shape (n_classes,)
        Share of the rows of each label that is kept.

    noise_rate_ : float
        Share of wrong labels that follows from it, in [0, 1].

    transition_matrix_ : ndarray of shape (n_classes, n_classes)
        The matrix found or given.

    kept_ : ndarray of bool of shape (n_samples,)
        Rows that a further epoch would be trained on.

    label_quality_ : ndarray of shape (n_samples,)
        Probability that the label is right.

    clean_proba_ : ndarray of shape (n_samples, n_classes)
        Probability of each true class, given the row and its label.

    n_features_in_ : int
    feature_names_in_ : ndarray of shape (n_features_in_,)

    See Also
    --------
    CoTeachingClassifier : Two networks that select rows for each other.
    EarlyLearningClassifier : Leaves nothing out.

    Notes
    -----
    The share of right labels among the rows labelled :math:`j` is :math:`\pi_j T_{jj}
    / \sum_i \pi_i T_{ij}` with the shares :math:`\pi` of the true classes.

    The variance of the losses, ``clf.loss_history_[-10:].var(axis=0)``, ranks labels
    worse: that of a wrong label is large only when it comes to be known by heart.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import load_iris
    >>> from sknoisy.deep import LossHistoryClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> y_noisy = np.where(np.arange(150) % 5 == 0, (y + 1) % 3, y)
    >>> clf = LossHistoryClassifier(lr=0.01, random_state=0).fit(X, y_noisy)
    >>> clf.loss_history_.shape
    (30, 150)
    >>> bool((y_noisy == y)[clf.kept_].mean() > 0.9)
    True
    """

    _parameter_constraints: dict = {
        **BaseDeepClassifier._parameter_constraints,
        **SelectsRows._parameter_constraints,
    }

    def __init__(
        self,
        module=None,
        *,
        keep_share=None,
        transition=None,
        warmup_epochs=4,
        **kwargs,
    ):
        super().__init__(module, **kwargs)
        self.keep_share = keep_share
        self.transition = transition
        self.warmup_epochs = warmup_epochs

    def _forget(self, n_rows):
        self.loss_history_ = np.empty((0, n_rows), np.float32)
        self.kept_ = np.ones(n_rows, bool)

    def on_epoch_begin(self, net, **kwargs):
        """Make room for the losses of the epoch."""
        super().on_epoch_begin(net, **kwargs)
        # Without those of an epoch that was cut off.
        complete = self.loss_history_[: self._n_epochs_]
        empty = np.full((1, complete.shape[1]), np.nan, np.float32)
        self.loss_history_ = np.concatenate([complete, empty])

    def _losses(self, y_pred, codes, rows, training):
        """Note the loss of each row, and return that of those to learn from."""
        losses = super()._losses(y_pred, codes, rows, training)
        if not training:
            return losses
        index = rows.index.cpu().numpy()
        self.loss_history_[-1, index] = losses.detach().cpu().numpy()
        self._proba_sum_[index] += self._probabilities(y_pred).detach().cpu().numpy()
        if len(self.loss_history_) <= self.warmup_epochs:
            return losses
        # From the end of the warm-up on, as the last epoch has ended.
        kept = torch.as_tensor(self.kept_[index]).to(losses.device)
        return only_kept(losses, kept, rows.weight)

    def _select(self, labels):
        """Choose the rows to go on with: low means, none for rows without a loss."""
        score = np.full(len(self.kept_), np.nan)
        seen = self._proba_sum_.any(axis=1)
        if seen.any():
            score[seen] = np.nanmean(self.loss_history_[:, seen].astype(float), axis=0)
            self.kept_ = keep_low(score, self.keep_share_, labels)

    def _final_proba(self, training):
        seen = self._proba_sum_.any(axis=1)[:, None]
        alone = self._class_probabilities(training.dataset)
        return normalize_rows(np.where(seen, self._proba_sum_, alone))
