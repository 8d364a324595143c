"""A net that tells wrong labels by how their loss went from epoch to epoch."""

from numbers import Integral

import numpy as np
import torch

from sknoisy._compat import Interval, StrOptions
from sknoisy._transition_matrix import normalize_rows
from sknoisy.deep._base import BaseDeepClassifier
from sknoisy.deep._core import TRANSITION, keep_label_posterior
from sknoisy.deep._selection import KEEP_CONSTRAINT, keep_low, learn_shares, only_kept

# window=None: a variance over fewer epochs is dominated by single batches; the row "the
# same by the variance" of benchmarks/bench_noise_adaptation.py.
WINDOW = 10


class LossHistoryClassifier(BaseDeepClassifier):
    r"""Neural network that leaves out labels by the history of their loss.

    The loss of every row is noted each time the network is trained on it. After a
    warm-up, the rows of each label with the lowest mean loss, or the lowest variance
    of it, are kept, and the others are left out until the next epoch. How many to keep
    is estimated for each label, from what the network said during the warm-up.

    Parameters
    ----------
    module : torch Module class or instance, default=None
        The network, as for :class:`EarlyLearningClassifier`.

    statistic : {"mean", "variance"}, default="mean"
        What is taken of the history: the mean of all losses so far, or the variance of
        the last ones.

    window : int, default=None
        With ``statistic="variance"``: number of epochs that it is taken of, at least 2.
        None means 10.

    keep_share : float or array-like of shape (n_classes,), default=None
        Share of the rows of each label to keep, in (0, 1]. None has it estimated.

    transition : transition estimator or array-like, default=None
        What the shares follow from, as for :class:`CoTeachingClassifier`.

    warmup_epochs : int, default=4
        Epochs in which all rows are trained on, at least 1. Few, since what the shares
        are estimated from must not know the labels by heart yet.

    **kwargs : dict
        ``random_state``, ``image_shape`` and all parameters of skorch's
        `NeuralNetClassifier <https://skorch.readthedocs.io/en/stable/classifier.html>`_.

    Attributes
    ----------
    loss_history_ : ndarray of shape (n_epochs, n_samples)
        Loss of each row in each epoch, as it was when the row was trained on. NaN for
        rows that were split off for validation.

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
    EarlyLearningClassifier : Hold on to early predictions and leave nothing out.

    Notes
    -----
    The share of right labels among the rows labelled :math:`j` is :math:`\pi_j T_{jj}
    / \sum_i \pi_i T_{ij}` with the shares :math:`\pi` of the true classes.

    The mean ranks labels better than the variance: a wrong label has a high loss from
    the start, while its loss varies only when the network comes to know it by heart;
    and in the first epochs it is the loss of right labels that varies most. The user
    guide has the figures.

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
        "statistic": [StrOptions({"mean", "variance"})],
        "window": [Interval(Integral, 2, None, closed="left"), None],
        "keep_share": KEEP_CONSTRAINT,
        "transition": TRANSITION,
        "warmup_epochs": [Interval(Integral, 1, None, closed="left")],
    }

    _only_with = {"window": ("statistic", "variance")}

    def __init__(
        self,
        module=None,
        *,
        statistic="mean",
        window=None,
        keep_share=None,
        transition=None,
        warmup_epochs=4,
        **kwargs,
    ):
        super().__init__(module, **kwargs)
        self.statistic = statistic
        self.window = window
        self.keep_share = keep_share
        self.transition = transition
        self.warmup_epochs = warmup_epochs

    def _prepare(self, training):
        n_rows, n_classes = len(training.dataset), len(self.classes_)
        if not len(self.history) or len(self._proba_sum_) != n_rows:
            self.loss_history_ = np.empty((0, n_rows), np.float32)
            self._proba_sum_ = np.zeros((n_rows, n_classes))
            self.keep_share_, self.kept_ = None, np.ones(n_rows, bool)

    def _before_epoch(self, dataset_train):
        empty = np.full((1, self.loss_history_.shape[1]), np.nan, np.float32)
        self.loss_history_ = np.concatenate([self.loss_history_, empty])

    def _losses(self, y_pred, codes, rows, training):
        """Note the loss of each row, and return that of those to learn from."""
        losses = super()._losses(y_pred, codes, rows, training)
        if not training or losses.ndim == 0:
            return losses
        index = rows.index.cpu().numpy()
        self.loss_history_[-1, index] = losses.detach().cpu().numpy()
        self._proba_sum_[index] += self._probabilities(y_pred).detach().cpu().numpy()
        if len(self.loss_history_) <= self.warmup_epochs:
            return losses
        # From the end of the warm-up on, as the last epoch has ended.
        kept = torch.as_tensor(self.kept_[index]).to(losses.device)
        return only_kept(losses, kept, rows.weight)

    def _after_epoch(self, dataset_train):
        n_epochs = len(self.loss_history_)
        # Once the warm-up is over, and before the networks know labels by heart.
        if n_epochs == self.warmup_epochs:
            self._learn_shares(self._training_)
        if n_epochs >= self.warmup_epochs:
            self._select(self._training_)

    def _learn_shares(self, training):
        self.transition_matrix_, self.keep_share_ = learn_shares(
            self, training, self._proba_sum_, self._seen()
        )

    def _select(self, training):
        """Choose the rows to go on with."""
        self.kept_ = keep_low(self._score(), self.keep_share_, training.labels)

    def _seen(self):
        return np.flatnonzero(self._proba_sum_.any(axis=1))

    def _score(self):
        """Return the statistic of the history, NaN for rows without any."""
        score = np.full(self.loss_history_.shape[1], np.nan)
        seen = self._seen()
        losses = self.loss_history_[:, seen].astype(float)
        if self.statistic == "mean" or len(losses) == 1:
            score[seen] = np.nanmean(losses, axis=0)
        else:
            window = WINDOW if self.window is None else self.window
            score[seen] = np.nanvar(losses[-window:], axis=0)
        return score

    def _finish(self, training):
        """Set what the histories say of the labels."""
        seen = self._proba_sum_.any(axis=1)[:, None]
        alone = self._class_probabilities(training.dataset)
        proba = normalize_rows(np.where(seen, self._proba_sum_, alone))
        if not len(self.loss_history_):
            self.transition_matrix_, self.keep_share_ = learn_shares(
                self, training, proba
            )
        elif len(self.loss_history_) < self.warmup_epochs:
            # The training has ended within the warm-up: say what is known.
            self._learn_shares(training)
            self._select(training)
        keep_label_posterior(self, proba, training.labels)
