"""A net that is held close to what it predicted early on."""

from numbers import Real

import numpy as np
import torch

from sknoisy._compat import Interval, StrOptions
from sknoisy._transition_matrix import normalize_rows
from sknoisy.deep._base import BaseDeepClassifier
from sknoisy.deep._losses import log_transition, mixed_log_likelihood
from sknoisy.deep._robust_losses import agreement_with_past
from sknoisy.deep._transition_source import (
    estimated_matrix,
    given_matrix,
    is_estimator,
    keep_judgement,
    warn_if_not_diagonal,
)
from sknoisy.quality._core_disagreement import (
    NOTABLE_DISAGREEMENT,
    core_disagreement,
)
from sknoisy.transition import ConfidentTransition
from sknoisy.transition._base import TRANSITION_ESTIMATOR

# "auto": the strength published for ten classes, where a third of the labels
# contradicts the past or once there is noise for sure. Only rows are asked about the
# latter that the running mean gives to one class, which takes some epochs.
FULL_STRENGTH, FULL_SHARE, SURE = 3.0, 1 / 3, 0.5


class EarlyLearningClassifier(BaseDeepClassifier):
    r"""Neural network whose predictions are held close to their own past.

    Networks learn right labels first and wrong ones later. A running mean of the
    predictions for each row remembers the early ones, and the loss rewards agreement
    with it: early-learning regularisation.

    Parameters
    ----------
    module : torch Module class or instance, default=None
        The network. It returns one logit per class, without softmax. An instance is
        copied. None makes a perceptron with two hidden layers for tables, a small
        convolutional network for images.

    strength : "auto" or float, default="auto"
        Weight of the agreement, not negative. "auto" is nine times the share of labels
        that contradict the running means, at most 3, and stays at 3 once labels do so
        even where the means are surest. Where ``transition`` is given, either is
        lowered along with what a label says, see the notes.

    momentum : float, default=0.7
        Share of the past in the running mean after each epoch, in [0, 1).

    transition : transition estimator or array-like, default=None
        Noise transition matrix ``T[i, j] = P(noisy = j | clean = i)``, of shape
        (n_classes, n_classes) with rows and columns in the order of ``classes_``, or
        the estimator of it, which is fitted to X and y first. The predictions then go
        through it before they are compared with the labels. None compares directly.

    criterion : torch Module class or instance, default=torch.nn.CrossEntropyLoss
        Loss of logits and labels, where ``transition`` is None. It has to follow
        ``reduction="none"``.

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

    past_proba_ : ndarray of shape (n_samples, n_classes)
        Running mean of the predictions for each row; zeros for rows that were split
        off for validation.

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
    EarlyLearningCrossEntropyLoss : The loss alone, for loops of your own.
    CoTeachingClassifier : Leave rows of high loss out instead.

    Notes
    -----
    The loss of a row is :math:`-\log p_{\tilde y}(x) + \lambda \log(1 - \langle p(x),
    t \rangle)`, where :math:`t \leftarrow \beta t + (1 - \beta) p(x)` after each visit.
    The gradient of the second term cancels that of a label which the past contradicts,
    and strengthens that of labels it agrees with.

    A strength that is fixed also holds back the hard rows of data without noise, which
    are learnt late as wrong labels are. Where few labels contradict the past there is
    little to protect from, so "auto" follows their share, which falls as the network
    learns. It may also fall because wrong labels are learnt by heart; but these stand
    among the easy rows too. So if, of the fifth of the rows of each class that the
    running means are surest of, clearly more than 2 % have another label, as
    :class:`sknoisy.NoisyLabelClassifier` asks, the full strength is kept. Each epoch
    notes its strength in ``history_[:, "strength"]``.

    With ``transition``, the gradient of the first term shrinks with the diagonal of the
    matrix, and agreement alone would let all rows agree on one class. The strength is
    therefore multiplied by :math:`(\mathrm{tr}\, T - 1) / (K - 1)`, which is 1 without
    noise and 0 where labels are drawn at random.

    Without ``transition``, the matrix is found by
    :class:`sknoisy.transition.ConfidentTransition` from the running means when the
    training has ended. It then serves the fitted attributes, and nothing else.

    References
    ----------
    S. Liu, J. Niles-Weed, N. Razavian, C. Fernandez-Granda, "Early-Learning
    Regularization Prevents Memorization of Noisy Labels", NeurIPS 2020.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sknoisy.deep import EarlyLearningClassifier
    >>> from sknoisy.noise import UniformNoise
    >>> X, y = load_digits(return_X_y=True)
    >>> y_noisy = UniformNoise(0.4, random_state=0).corrupt(y[:1000])
    >>> clf = EarlyLearningClassifier(max_epochs=20, random_state=0)
    >>> bool(clf.fit(X[:1000], y_noisy).score(X[1000:], y[1000:]) > 0.85)
    True
    """

    _parameter_constraints: dict = {
        **BaseDeepClassifier._parameter_constraints,
        "strength": [StrOptions({"auto"}), Interval(Real, 0, None, closed="left")],
        "momentum": [Interval(Real, 0, 1, closed="left")],
        "transition": [TRANSITION_ESTIMATOR, "array-like", None],
    }

    _transient = {**BaseDeepClassifier._transient, "_past_": None, "_log_T_": None}
    _past_ = _log_T_ = None
    _noise_found_ = False

    def __init__(
        self,
        module=None,
        *,
        strength="auto",
        momentum=0.7,
        transition=None,
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
        self.strength = strength
        self.momentum = momentum
        self.transition = transition

    def _run(self, dataset, epochs):
        labels = self._labels_
        if not len(self.history):
            self.past_proba_ = np.zeros((len(dataset), labels.n_classes), np.float32)
            self._noise_found_ = False
        self._informative_ = 1.0
        if self.transition is not None:
            self.transition_matrix_ = self._matrix(dataset.X, labels)
            self._log_T_ = log_transition(self.transition_matrix_).to(self.device)
            trace, n_classes = self.transition_matrix_.trace(), labels.n_classes
            self._informative_ = max(trace - 1, 0) / (n_classes - 1)
        self._past_ = torch.as_tensor(self._known_past(dataset)).to(self.device)
        super()._run(dataset, epochs)

    def _matrix(self, X, labels):
        if is_estimator(self.transition):
            return estimated_matrix(self, self.transition, X, labels)
        return given_matrix(self.transition, labels.n_classes)

    def _known_past(self, dataset):
        """Return the memory of earlier calls, empty where the rows are others."""
        known = self.past_proba_
        if len(known) == len(dataset):
            return known.astype(np.float32)
        return np.zeros((len(dataset), known.shape[1]), np.float32)

    def _before_epoch(self, dataset_train):
        strength = self.strength
        if strength == "auto":
            self._noise_found_ = self._noise_found_ or self._finds_noise()
            share = 1 if self._noise_found_ else self._contradicted() / FULL_SHARE
            strength = FULL_STRENGTH * min(1, share)
        self._strength_ = strength * self._informative_
        self.history.record("strength", self._strength_)

    def _contradicted(self):
        """Return the share of labels of which the past thinks otherwise."""
        past, labels = self._past_.cpu().numpy(), self._labels_
        weights = labels.sample_weight * past.any(axis=1)
        wrong = past.argmax(axis=1) != labels.codes
        return float(weights @ wrong / max(weights.sum(), np.finfo(float).tiny))

    def _finds_noise(self):
        """Whether labels contradict the past even where it is surest."""
        past, labels = self._past_.cpu().numpy(), self._labels_
        sure = (past.max(axis=1) > SURE) & (labels.sample_weight > 0)
        if not sure.any():
            return False
        rows = past[sure], labels.codes[sure], labels.sample_weight[sure]
        return core_disagreement(*rows)[1] > NOTABLE_DISAGREEMENT

    def _losses(self, y_pred, codes, rows, training):
        """Return what each label costs, and in training what the past does."""
        logits = y_pred[0] if isinstance(y_pred, tuple) else y_pred
        log_proba = torch.log_softmax(logits, dim=1)
        if self._log_T_ is None:
            losses = super()._losses(logits, codes, rows, training)
        else:
            if training:
                self._check_logits(logits)
            losses = -mixed_log_likelihood(log_proba, self._log_T_, codes)
        if not training:
            return losses
        index = rows.index.to(self._past_.device)
        agreement = agreement_with_past(log_proba, self._past_, index, self.momentum)
        losses = losses + self._strength_ * agreement
        if self._labels_.trusted is None:
            return losses
        verified = torch.as_tensor(self._labels_.trusted)[rows.index.cpu()]
        plain = -log_proba.gather(1, codes[:, None])[:, 0]
        return torch.where(verified.to(plain.device), plain, losses)

    def _finish(self, dataset, labels):
        """Set what the past says of the labels."""
        self.past_proba_ = self._past_.cpu().numpy()
        seen = self.past_proba_.any(axis=1)
        proba = self._class_probabilities(dataset)
        proba = normalize_rows(np.where(seen[:, None], self.past_proba_, proba))
        if self.transition is None:
            step = ConfidentTransition()
            self.transition_matrix_ = estimated_matrix(
                self, step, dataset.X, labels, proba
            )
            warn_if_not_diagonal(self.transition_matrix_, self.classes_, self._owner)
        keep_judgement(self, proba, labels)
