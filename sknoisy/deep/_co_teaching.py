"""Two nets that tell each other from which rows to learn."""

from numbers import Integral

import numpy as np
import torch

from sknoisy._compat import Interval
from sknoisy.deep._core import TRANSITION, keep_label_posterior
from sknoisy.deep._selection import (
    KEEP_CONSTRAINT,
    learn_shares,
    only_kept,
    thresholds,
)
from sknoisy.deep._two_nets import BaseTwoNetClassifier


class CoTeachingClassifier(BaseTwoNetClassifier):
    r"""Two neural networks that select rows of small loss for each other.

    Each network is trained on the rows of each label whose loss is smallest for the
    other one. How many these are is estimated for each label: during the warm-up each
    network learns from one half of the rows and predicts the other half.

    Parameters
    ----------
    module : torch Module class or instance, default=None
        First network, as for :class:`EarlyLearningClassifier`.

    second_module : torch Module class or instance, default=None
        Second network. None means another one like the first, with other starting
        values.

    keep_share : float or array-like of shape (n_classes,), default=None
        Share of the rows of each label to keep, in (0, 1]. None has it estimated.

    transition : transition estimator or array-like, default=None
        Noise transition matrix ``T[i, j] = P(noisy = j | clean = i)``, of shape
        (n_classes, n_classes) with rows and columns in the order of ``classes_``, from
        which the shares follow, or the estimator of it; one that needs a model gets
        the predictions of the networks. None means
        :class:`~sknoisy.transition.ConfidentTransition`.

    warmup_epochs : int, default=5
        Epochs in which each network learns from its own half of the rows, at least 1.

    gradual_epochs : int, default=1
        Epochs after the warm-up until the full share is left out.

    combine : {"mean", "first", "second"}, default="mean"
        Which network predicts, or the mean of both.

    **kwargs : dict
        ``random_state``, ``image_shape`` and all parameters of skorch's
        `NeuralNetClassifier <https://skorch.readthedocs.io/en/stable/classifier.html>`_.

    Attributes
    ----------
    last_losses_ : ndarray of shape (2, n_samples)
        Loss of each row under each network, as it was when the row was last trained
        on. NaN for rows that were split off for validation.

    second_module_ : Module
        The second network, which is also ``module_.second``.

    thresholds_ : ndarray of shape (2, n_classes)
        Loss up to which a row of each label is kept by each network.

    label_quality_ : ndarray of shape (n_samples,)
        Probability that the label is right.

    noise_rate_ : float
        Share of wrong labels that follows from it, in [0, 1].

    keep_share_ : ndarray of shape (n_classes,)
        Share of the rows of each label that is kept.

    clean_proba_ : ndarray of shape (n_samples, n_classes)
        Probability of each true class, given the row and its label.

    transition_matrix_ : ndarray of shape (n_classes, n_classes)
        The matrix found or given.

    n_features_in_ : int
    feature_names_in_ : ndarray of shape (n_features_in_,)

    See Also
    --------
    ReSupNetClassifier : Two networks that weigh the rows instead.
    LossHistoryClassifier : One network that selects by all its losses so far.

    Notes
    -----
    The published method keeps the same share of every batch, whatever the labels, and
    is told the share. Here the rows of a batch are held against the loss that the
    wanted share of their label stayed below in the last epoch. The user guide has a
    table of the published values.

    The halves of the warm-up are drawn at random. The mean of the probabilities that
    each network gives to the half it does not learn from, over the epochs of the
    warm-up, is what the transition matrix is estimated from.

    References
    ----------
    B. Han, Q. Yao, X. Yu, G. Niu, M. Xu, W. Hu, I. Tsang, M. Sugiyama, "Co-teaching:
    Robust Training of Deep Neural Networks with Extremely Noisy Labels", NeurIPS 2018.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> from sknoisy.deep import CoTeachingClassifier
    >>> from sknoisy.noise import UniformNoise
    >>> y_noisy = UniformNoise(0.3, random_state=0).corrupt(y)
    >>> clf = CoTeachingClassifier(random_state=0).fit(X, y_noisy)
    >>> bool(clf.score(X, y) > 0.9)
    True
    >>> bool(abs(clf.keep_share_.mean() - 0.7) < 0.1)
    True
    """

    _parameter_constraints: dict = {
        **BaseTwoNetClassifier._parameter_constraints,
        "keep_share": KEEP_CONSTRAINT,
        "transition": TRANSITION,
        "warmup_epochs": [Interval(Integral, 1, None, closed="left")],
        "gradual_epochs": [Interval(Integral, 1, None, closed="left")],
    }

    def __init__(
        self,
        module=None,
        second_module=None,
        *,
        keep_share=None,
        transition=None,
        warmup_epochs=5,
        gradual_epochs=1,
        combine="mean",
        **kwargs,
    ):
        super().__init__(module, second_module, combine=combine, **kwargs)
        self.keep_share = keep_share
        self.transition = transition
        self.warmup_epochs = warmup_epochs
        self.gradual_epochs = gradual_epochs

    def _prepare(self, training):
        n_rows, n_classes = len(training.dataset), len(self.classes_)
        # A training that is resumed goes on with what is known of the same rows.
        if not len(self.history) or self.last_losses_.shape[1] != n_rows:
            self.last_losses_ = np.full((2, n_rows), np.nan)
            self._unseen_proba_ = np.zeros((n_rows, n_classes))
            self._half_ = torch.randperm(n_rows) % 2
            self.thresholds_ = np.full((2, n_classes), np.inf)
            self._n_epochs_ = 0

    def _losses_of_both(self, losses, y_pred, codes, rows):
        """Return the loss of the rows that each network may learn from."""
        index = rows.index.cpu()
        self.last_losses_[:, index.numpy()] = losses.detach().cpu().numpy()
        if self._n_epochs_ < self.warmup_epochs:
            half = self._half_[index].to(losses.device)
            # Twice, so that each network sees the mean over its own half.
            return 2 * torch.where(half == 0, losses[0], losses[1])
        limits = torch.as_tensor(self.thresholds_).to(losses)[:, codes]
        trusted = self._training_.trusted(rows, losses.device)
        kept = (losses.detach() <= limits) | trusted
        # Each network learns from what the other one keeps.
        return sum(
            only_kept(own, by_other, rows.weight)
            for own, by_other in zip(losses, kept.flip(0), strict=True)
        )

    def _after_epoch(self, dataset_train):
        training = self._training_
        self._n_epochs_ += 1
        if self._n_epochs_ <= self.warmup_epochs:
            # Each half is predicted by the network that does not learn from it.
            first, second = self._probabilities_of_both(training.dataset)
            mine = (self._half_ == 0)[:, None]
            self._unseen_proba_ += torch.where(mine, second, first).numpy()
        if self._n_epochs_ == self.warmup_epochs:
            self._learn_shares(training, self._unseen_proba_)
        if self._n_epochs_ >= self.warmup_epochs:
            self._set_thresholds(training.labels)

    def _learn_shares(self, training, proba):
        self.transition_matrix_, self.keep_share_ = learn_shares(self, training, proba)

    def _set_thresholds(self, labels):
        """Find the losses that the share to keep stays below."""
        past = self._n_epochs_ - self.warmup_epochs + 1
        # Han et al. (2018): the share left out grows evenly over the gradual epochs.
        progress = min(past / self.gradual_epochs, 1)
        share = 1 - (1 - self.keep_share_) * progress
        # Rows set aside for validation have no losses, and decide nothing.
        trained = np.flatnonzero(~np.isnan(self.last_losses_[0]))
        rows = labels.codes[trained], labels.sample_weight[trained]
        self.thresholds_ = np.stack(
            [thresholds(own[trained], share, *rows) for own in self.last_losses_]
        )

    def _finish(self, training):
        """Set what both networks say of the labels."""
        proba = self._class_probabilities(training.dataset)
        if self._n_epochs_ < self.warmup_epochs:
            known = self._unseen_proba_ if self._n_epochs_ else proba
            self._learn_shares(training, known)
        keep_label_posterior(self, proba, training.labels)
