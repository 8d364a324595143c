"""A net that tells wrong labels by how their loss went from epoch to epoch."""

from numbers import Integral

import numpy as np
import torch

from sknoisy._compat import Interval, StrOptions
from sknoisy._transition_matrix import normalize_rows
from sknoisy.deep._base import BaseDeepClassifier
from sknoisy.deep._selection import KEEP_CONSTRAINT, keep_low, learn_shares, only_kept
from sknoisy.deep._transition_source import keep_judgement
from sknoisy.transition._base import TRANSITION_ESTIMATOR


class LossHistoryClassifier(BaseDeepClassifier):
    r"""Neural network that leaves out labels by the history of their loss.

    The loss of every row is noted each time the network is trained on it. After a
    warm-up, the rows of each label with the lowest mean loss, or the lowest variance
    of it, are kept, and the others are left out until the next epoch. How many to keep
    is estimated for each label, from what the network said during the warm-up.

    Parameters
    ----------
    module : torch Module class or instance, default=None
        The network. It returns one logit per class, without softmax. An instance is
        copied. None makes a perceptron with two hidden layers for tables, a small
        convolutional network for images.

    statistic : {"mean", "variance"}, default="mean"
        What is taken of the history: the mean of all losses so far, or the variance of
        the last ones.

    window : int, default=10
        Number of epochs that the variance is taken of, at least 2.

    keep_share : float or array-like of shape (n_classes,), default=None
        Share of the rows of each label to keep, in (0, 1]. None has it estimated.

    transition : transition estimator or array-like, default=None
        Noise transition matrix ``T[i, j] = P(noisy = j | clean = i)``, of shape
        (n_classes, n_classes) with rows and columns in the order of ``classes_``, from
        which the shares follow, or the estimator of it; those that ask a model ask
        the network. None means :class:`~sknoisy.transition.ConfidentTransition`.

    warmup_epochs : int, default=4
        Epochs in which all rows are trained on, at least 1. Few, since what the shares
        are estimated from must not know the labels by heart yet.

    criterion : torch Module class or instance, default=torch.nn.CrossEntropyLoss
        Loss of logits and labels. It has to follow ``reduction="none"``.

    optimizer : torch Optimizer class, default=torch.optim.Adam
        The optimizer.

    lr : float, default=1e-3
        Learning rate.

    max_epochs : int, default=30
        Number of epochs.

    batch_size : int, default=64
        Rows in a batch, or -1 for all of them.

    train_split : callable, default=None
        Splits off validation data, such as ``skorch.dataset.ValidSplit(5)``. None
        trains on all rows.

    callbacks : list of skorch callbacks, default=None
        Schedules of the learning rate, early stopping and the like.

    image_shape : tuple of three ints, default=None
        Channels, height and width that the rows of a table are reshaped to.

    warm_start : bool, default=False
        Whether ``fit`` trains on from where the last one ended.

    verbose : int, default=0
        Whether to print a line for each epoch.

    device : str or torch device, default="cpu"
        Where to train, such as "cuda".

    random_state : int, RandomState instance or None, default=None
        Seed of starting values, shuffling and dropout.

    **kwargs : dict
        Other parameters of skorch's ``NeuralNetClassifier``, and parameters of a part
        behind its name and two underscores: ``module__``, ``optimizer__`` and so on.

    Attributes
    ----------
    module_ : Module
        The network.

    loss_history_ : ndarray of shape (n_epochs, n_samples)
        Loss of each row in each epoch, as it was when the row was trained on. NaN for
        rows that were split off for validation.

    keep_share_ : ndarray of shape (n_classes,)
        Share of the rows of each label that is kept.

    kept_ : ndarray of bool of shape (n_samples,)
        Rows that the last epoch would have been followed by.

    transition_matrix_ : ndarray of shape (n_classes, n_classes)
        The matrix found or given.

    noise_rate_ : float
        Share of wrong labels that follows from it, in [0, 1].

    clean_proba_ : ndarray of shape (n_samples, n_classes)
        Probability of each true class, given the row and its label.

    label_quality_ : ndarray of shape (n_samples,)
        Probability that the label is right.

    history_ : skorch History
        Losses and times of each epoch.

    classes_ : ndarray of shape (n_classes,)
        The distinct labels.

    input_shape_ : tuple of ints or None
        Shape in which a row reaches the network, where all have the same.

    n_features_in_ : int
        Number of columns of X, for tables.

    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns of X, where it has any.

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
    >>> from sklearn.datasets import load_digits
    >>> from sknoisy.deep import LossHistoryClassifier
    >>> from sknoisy.noise import UniformNoise
    >>> X, y = load_digits(return_X_y=True)
    >>> y_noisy = UniformNoise(0.4, random_state=0).corrupt(y[:1000])
    >>> clf = LossHistoryClassifier(max_epochs=20, random_state=0)
    >>> bool(clf.fit(X[:1000], y_noisy).score(X[1000:], y[1000:]) > 0.85)
    True
    >>> clf.loss_history_.shape
    (20, 1000)
    >>> bool((y_noisy == y[:1000])[clf.kept_].mean() > 0.85)
    True
    """

    _parameter_constraints: dict = {
        **BaseDeepClassifier._parameter_constraints,
        "statistic": [StrOptions({"mean", "variance"})],
        "window": [Interval(Integral, 2, None, closed="left")],
        "keep_share": KEEP_CONSTRAINT,
        "transition": [TRANSITION_ESTIMATOR, "array-like", None],
        "warmup_epochs": [Interval(Integral, 1, None, closed="left")],
    }

    _transient = {**BaseDeepClassifier._transient, "_dataset_": None}
    _dataset_ = None

    def __init__(
        self,
        module=None,
        *,
        statistic="mean",
        window=10,
        keep_share=None,
        transition=None,
        warmup_epochs=4,
        criterion=torch.nn.CrossEntropyLoss,
        optimizer=torch.optim.Adam,
        lr=1e-3,
        max_epochs=30,
        batch_size=64,
        train_split=None,
        callbacks=None,
        image_shape=None,
        warm_start=False,
        verbose=0,
        device="cpu",
        random_state=None,
        **kwargs,
    ):
        super().__init__(
            module,
            criterion=criterion,
            optimizer=optimizer,
            lr=lr,
            max_epochs=max_epochs,
            batch_size=batch_size,
            train_split=train_split,
            callbacks=callbacks,
            image_shape=image_shape,
            warm_start=warm_start,
            verbose=verbose,
            device=device,
            random_state=random_state,
            **kwargs,
        )
        self.statistic = statistic
        self.window = window
        self.keep_share = keep_share
        self.transition = transition
        self.warmup_epochs = warmup_epochs

    def _run(self, dataset, epochs):
        self._dataset_ = dataset
        n_rows, n_classes = len(dataset), len(self.classes_)
        if not len(self.history) or self._proba_sum_.shape[0] != n_rows:
            self.loss_history_ = np.empty((0, n_rows), np.float32)
            self._proba_sum_ = np.zeros((n_rows, n_classes))
            self.keep_share_, self.kept_ = None, np.ones(n_rows, bool)
        super()._run(dataset, epochs)

    def _before_epoch(self, dataset_train):
        super()._before_epoch(dataset_train)
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
        kept = torch.as_tensor(self.kept_[index]).to(losses.device)
        return only_kept(losses, kept, rows.weight)

    def _after_epoch(self, dataset_train):
        super()._after_epoch(dataset_train)
        n_epochs = len(self.loss_history_)
        if n_epochs == self.warmup_epochs:
            self._learn_shares()
        if n_epochs >= self.warmup_epochs:
            self._select()

    def _learn_shares(self):
        """Find how many rows of each label to keep."""
        self.transition_matrix_, self.keep_share_ = learn_shares(
            self, self._dataset_.X, self._labels_, self._proba_sum_, self._seen()
        )

    def _select(self):
        """Choose the rows to go on with."""
        self.kept_ = keep_low(self._score(), self.keep_share_, self._labels_)

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
            score[seen] = np.nanvar(losses[-self.window :], axis=0)
        return score

    def _finish(self, dataset, labels):
        """Set what the histories say of the labels."""
        if len(self.loss_history_) < self.warmup_epochs:
            self._select_early(dataset)
        seen = self._proba_sum_.any(axis=1)[:, None]
        proba = self._class_probabilities(dataset)
        proba = normalize_rows(np.where(seen, self._proba_sum_, proba))
        keep_judgement(self, proba, labels)

    def _select_early(self, dataset):
        """Say what is known where the training has ended within the warm-up."""
        if not len(self.loss_history_):
            proba = self._class_probabilities(dataset)
            self.transition_matrix_, self.keep_share_ = learn_shares(
                self, dataset.X, self._labels_, proba, np.arange(len(proba))
            )
            return
        self._learn_shares()
        self._select()
