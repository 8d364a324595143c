"""Two nets that tell each other from which rows to learn."""

import numpy as np
import torch

from sknoisy.deep._selection import SelectsRows, only_kept, thresholds
from sknoisy.deep._two_nets import BaseTwoNetClassifier


class CoTeachingClassifier(SelectsRows, BaseTwoNetClassifier):
    r"""Two neural networks that select rows of small loss for each other.

    Each network is trained on the rows of each label whose loss is smallest for the
    other one. How many these are is estimated for each label: during the warm-up each
    network learns from one half of the rows and predicts the other half.

    Parameters
    ----------
    module : torch Module class or instance, default=None
        First network, as for :class:`EarlyLearningClassifier`.

    second_module : torch Module class or instance, default=None
        Second network. None means another one like the first, drawn anew.

    keep_share : float or array-like of shape (n_classes,), default=None
        Share of the rows of each label to keep, in (0, 1]. None has it estimated.

    transition : transition estimator or array-like, default=None
        Noise transition matrix, as for :class:`EarlyLearningClassifier`, from which the
        shares follow, or the estimator of it; one that needs a model gets the
        predictions of the networks. None means
        :class:`~sknoisy.transition.ConfidentTransition`.

    warmup_epochs : int, default=5
        Epochs in which each network learns from its own half of the rows, at least 1.

    combine : {"mean", "first", "second"}, default="mean"
        Which network predicts, or the mean of both.

    **kwargs : dict
        ``random_state``, ``image_shape`` and all parameters of skorch's
        `NeuralNetClassifier <https://skorch.readthedocs.io/en/stable/classifier.html>`_.

    Attributes
    ----------
    last_losses_ : ndarray of shape (2, n_samples)
        Last loss of each row under each network; NaN for rows split off for validation.

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
    is told the share, which it reaches step by step. Here the rows of a batch are held
    against the loss that the wanted share of their label stayed below in the last
    epoch, from the end of the warm-up on. What the matrix is
    estimated from is the mean, over the epochs of the warm-up, of the probabilities
    that each network gives to the half it does not learn from.

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
        **SelectsRows._parameter_constraints,
    }

    def __init__(
        self,
        module=None,
        second_module=None,
        *,
        keep_share=None,
        transition=None,
        warmup_epochs=5,
        combine="mean",
        **kwargs,
    ):
        super().__init__(module, second_module, combine=combine, **kwargs)
        self.keep_share = keep_share
        self.transition = transition
        self.warmup_epochs = warmup_epochs

    def _forget(self, n_rows):
        self.last_losses_ = np.full((2, n_rows), np.nan)
        self.thresholds_ = np.full((2, len(self.classes_)), np.inf)
        self._half_ = torch.randperm(n_rows) % 2

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

    def on_epoch_end(self, net, **kwargs):
        """Note in the warm-up what the networks say of each other's rows."""
        if self._n_epochs_ < self.warmup_epochs:
            # Each half is predicted by the network that does not learn from it.
            first, second = self._probabilities_of_both(self._training_.dataset)
            mine = (self._half_ == 0)[:, None]
            self._proba_sum_ += torch.where(mine, second, first).numpy()
        super().on_epoch_end(net, **kwargs)

    def _select(self, labels):
        """Find the losses that the share to keep stays below."""
        # Rows set aside for validation have no losses, and decide nothing.
        trained = np.flatnonzero(~np.isnan(self.last_losses_[0]))
        rows = labels.codes[trained], labels.sample_weight[trained]
        self.thresholds_ = np.stack(
            [
                thresholds(own[trained], self.keep_share_, *rows)
                for own in self.last_losses_
            ]
        )

    def _final_proba(self, training):
        return self._class_probabilities(training.dataset)
