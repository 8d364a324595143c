"""A net that learns the transition matrix of its labels along with the classes."""

from numbers import Integral, Real

import torch
from torch.nn.functional import cross_entropy

from sknoisy._compat import Interval, StrOptions
from sknoisy.deep._averaging import AveragedWeights, StopEarly
from sknoisy.deep._base import BaseDeepClassifier
from sknoisy.deep._core import (
    TRANSITION,
    keep_label_posterior,
    transition_of,
    warn_if_not_diagonal,
    warn_if_too_many,
)
from sknoisy.deep._modules import first_of
from sknoisy.deep._noise_layer import (
    DROPOUT_TARGETS,
    USUAL_DROPOUT,
    USUAL_PENALTY,
    NoiseAdaptationLayer,
)

# noise_lr=None: the layer has few parameters, each of which sees many labels. Chosen on
# mnist5k, the row NoiseAdaptationClassifier() of benchmarks/bench_noise_adaptation.py.
NOISE_LR = 5
# start=None with the linear layer: half of the labels are taken over at first, whatever
# the number of classes; the same row. The softmax layer starts from the identity, as in
# the paper.
LINEAR_START = 0.5


class NoiseAdaptationClassifier(AveragedWeights, BaseDeepClassifier):
    r"""Neural network with a layer on top that models the label noise.

    In training the predictions of the network go through a noise adaptation layer,
    which learns which class turns into which, before they are compared with the noisy
    labels. The layer is left out for predictions.

    Parameters
    ----------
    module : torch Module class or instance, default=None
        The network, as for :class:`EarlyLearningClassifier`.

    transition : transition estimator or array-like, default=None
        Noise transition matrix ``T[i, j] = P(noisy = j | clean = i)``, of shape
        (n_classes, n_classes) with rows and columns in the order of ``classes_``, or
        the estimator of it, which is fitted to X and y first. None lets the layer
        learn it from scratch.

    noise_layer : {"auto", "softmax", "linear", "fixed"}, default="auto"
        Kind of the layer, see :class:`NoiseAdaptationLayer`: "softmax" with dropout is
        that of Jindal et al., "linear" with a trace penalty that of Sukhbaatar et al.
        Both learn on from a given matrix, "fixed" keeps it. "auto" is "fixed" where
        ``transition`` is given, and "linear" otherwise.

    noise_dropout : float, default=None
        Dropout of the softmax layer, in [0, 1). None means 0.1. Refused with others.

    dropout_on : {"input", "weight"}, default=None
        What the dropout of the softmax layer masks. None means "input".

    start : "identity" or float, default=None
        Where the matrix starts if ``transition`` is None: a number s in (0, 1) is the
        share of labels taken over while the others are drawn from all classes alike;
        "identity" sets the weights to the identity, whose meaning depends on the number
        of classes. None means "identity" for the softmax layer, as published, and 0.5
        for the linear one.

    trace_penalty : float, default=None
        Factor of the mean diagonal of T in the loss of the linear layer. None means
        0.7. Refused with others.

    noise_lr : float, default=None
        Learning rate of a layer that learns. None takes five times that of the network.

    warmup_epochs : int, default=0
        Epochs in which the network is trained without the layer.

    average_weights : bool, default=True
        Whether predictions use an average of the weights after all steps of the
        optimizer, in which later ones count more.

    early_stopping : int, default=None
        Stop after so many epochs in which the likelihood of the noisy labels in the
        validation data, with the layer, has not risen, and go back to the best one;
        needs ``train_split``. None trains through.

    **kwargs : dict
        ``random_state``, ``image_shape`` and all parameters of skorch's
        `NeuralNetClassifier <https://skorch.readthedocs.io/en/stable/classifier.html>`_.

    Attributes
    ----------
    averaged_module_ : Module or None
        The network with averaged weights, which predicts.

    noise_layer_ : NoiseAdaptationLayer
        The layer.

    transition_matrix_ : ndarray of shape (n_classes, n_classes)
        The matrix learnt or given; calibrated, that is with the pessimism by dropout
        or trace penalty taken out.

    noise_rate_ : float
        Share of wrong labels that follows from ``transition_matrix_``, in [0, 1].

    clean_proba_ : ndarray of shape (n_samples, n_classes)
        Probability of each true class, given the row and its label.

    label_quality_ : ndarray of shape (n_samples,)
        Probability that the label is right.

    learned_transition_matrix_ : ndarray of shape (n_classes, n_classes)
        ``transition_matrix_`` as the layer has it, with that pessimism.

    n_features_in_ : int
    feature_names_in_ : ndarray of shape (n_features_in_,)

    See Also
    --------
    NoiseAdaptationLayer : The layer, its kinds and its equations.
    EarlyLearningClassifier : Needs no matrix, and copes with more kinds of noise.
    sknoisy.NoiseTransitionClassifier : The same idea for any classifier.

    Notes
    -----
    The loss is :math:`-\log P(\tilde y \mid x)` with the noise layer between the
    network and the label. Network and layer could exchange their roles, or agree that
    there is no noise: start, warm-up, dropout and trace penalty are there to prevent
    it. Labels of which most are wrong in the same way are beyond the method, and a
    warning says so where a learnt row does not peak on the diagonal.

    Validation data have noisy labels too. Their loss, which schedules of the learning
    rate and early stopping see, therefore is that of network and layer together;
    :meth:`predict_noisy_proba` is what to hold against noisy labels by hand.

    The form published by Jindal et al. is ``NoiseAdaptationClassifier(
    noise_layer="softmax", noise_lr=lr, average_weights=False, lr=lr)``: a softmax layer
    behind dropout, from the identity, trained with the network and removed for
    predictions. What the defaults gain is in the user guide.

    The probabilities of the network alone are too confident where the layer is
    pessimistic: calibrate them where they matter.

    References
    ----------
    I. Jindal, M. Nokleby, X. Chen, "Learning Deep Networks from Noisy Labels with
    Dropout Regularization", ICDM 2016.

    S. Sukhbaatar, J. Bruna, M. Paluri, L. Bourdev, R. Fergus, "Training Convolutional
    Networks with Noisy Labels", ICLR 2015 workshop.

    Examples
    --------
    >>> from sklearn.datasets import make_blobs
    >>> from sknoisy.deep import NoiseAdaptationClassifier
    >>> from sknoisy.noise import PairNoise
    >>> X, y = make_blobs(600, centers=[[0, 0], [5, 0], [0, 5]], random_state=0)
    >>> y_noisy = PairNoise(0.3, random_state=0).corrupt(y)
    >>> clf = NoiseAdaptationClassifier(max_epochs=15, lr=0.01, random_state=0)
    >>> bool(clf.fit(X, y_noisy).score(X, y) > 0.95)
    True
    >>> bool(abs(clf.transition_matrix_.diagonal().mean() - 0.7) < 0.1)
    True
    """

    _parameter_constraints: dict = {
        **BaseDeepClassifier._parameter_constraints,
        "transition": TRANSITION,
        "noise_layer": [StrOptions({"auto", "softmax", "linear", "fixed"})],
        "noise_dropout": [Interval(Real, 0, 1, closed="left"), None],
        "dropout_on": [StrOptions(set(DROPOUT_TARGETS)), None],
        "start": [
            StrOptions({"identity"}),
            Interval(Real, 0, 1, closed="neither"),
            None,
        ],
        "trace_penalty": [Interval(Real, 0, None, closed="left"), None],
        "noise_lr": [Interval(Real, 0, None, closed="left"), None],
        "warmup_epochs": [Interval(Integral, 0, None, closed="left")],
        "average_weights": ["boolean"],
        "early_stopping": [Interval(Integral, 1, None, closed="left"), None],
    }

    _own_loss = "the likelihood of the labels behind the noise layer"

    def __init__(
        self,
        module=None,
        *,
        transition=None,
        noise_layer="auto",
        noise_dropout=None,
        dropout_on=None,
        start=None,
        trace_penalty=None,
        noise_lr=None,
        warmup_epochs=0,
        average_weights=True,
        early_stopping=None,
        **kwargs,
    ):
        super().__init__(module, **kwargs)
        self.transition = transition
        self.noise_layer = noise_layer
        self.noise_dropout = noise_dropout
        self.dropout_on = dropout_on
        self.start = start
        self.trace_penalty = trace_penalty
        self.noise_lr = noise_lr
        self.warmup_epochs = warmup_epochs
        self.average_weights = average_weights
        self.early_stopping = early_stopping

    # Parts

    @property
    def _default_callbacks(self):
        callbacks = super()._default_callbacks
        if self.early_stopping is not None:
            stop = StopEarly(self.early_stopping, begin=self.warmup_epochs)
            callbacks.insert(-1, ("stop_early", stop))
        return callbacks

    def _kind(self):
        if self.noise_layer != "auto":
            return self.noise_layer
        return "linear" if self.transition is None else "fixed"

    def _refuse_without_effect(self):
        super()._refuse_without_effect()
        kind = self._kind()
        if kind != "softmax":
            for name in ("noise_dropout", "dropout_on"):
                self._refuse_unused(name, "noise_layer='softmax'")
        if kind != "linear":
            self._refuse_unused("trace_penalty", "noise_layer='linear'")
        if kind == "fixed":
            self._refuse_unused("noise_lr", "a layer that learns")
        if self.transition is not None:
            self._refuse_unused("start", "transition=None")
        if self.early_stopping is not None and not self.train_split:
            raise ValueError(
                f"{self._owner} with early_stopping={self.early_stopping} needs "
                "validation data, but got train_split=None. Pass, for example, "
                "train_split=skorch.dataset.ValidSplit(10, stratified=True)."
            )

    def _set_modules(self):
        super()._set_modules()
        kind = self._kind()
        dropout, penalty = self.noise_dropout, self.trace_penalty
        self.noise_layer_ = NoiseAdaptationLayer(
            len(self.classes_),
            kind=kind,
            dropout=USUAL_DROPOUT if dropout is None else dropout,
            dropout_on=self.dropout_on or "input",
            start=self._start(kind),
            trace_penalty=USUAL_PENALTY if penalty is None else penalty,
        )

    def _start(self, kind):
        """Return the matrix to start from, or what stands for one."""
        if self.transition is not None:
            return transition_of(self, self._training_)
        if self.start is not None:
            return self.start
        return LINEAR_START if kind == "linear" else "identity"

    def initialize_optimizer(self):
        """Make the optimizer, in which the layer has a learning rate of its own."""
        layer = list(self.noise_layer_.parameters())
        known = {id(parameter) for parameter in layer}
        others = [
            (name, parameter)
            for name, parameter in self.get_all_learnable_params()
            if id(parameter) not in known
        ]
        (groups,), params = self.get_params_for_optimizer("optimizer", others)
        if layer:
            usual = NOISE_LR * params["lr"]
            noise_lr = usual if self.noise_lr is None else self.noise_lr
            groups = [*groups, {"params": layer, "lr": noise_lr}]
        self.optimizer_ = self.optimizer(groups, **params)
        return self

    # Training

    def _prepare(self, training):
        if self._kind() != "fixed":
            n_rows = len(training.dataset)
            warn_if_too_many(len(self.classes_), n_rows, self._owner)

    def _losses(self, y_pred, codes, rows, training):
        """Return the negative log-likelihood of each noisy label."""
        logits = self._checked_logits(y_pred, training)
        plain = cross_entropy(logits, codes, reduction="none")
        # Not so for validation, which compares epochs with each other.
        if training and len(self.history) <= self.warmup_epochs:
            return plain
        losses = -self.noise_layer_.log_likelihood(logits, codes)
        trusted = self._training_.trusted(rows, losses.device)
        losses = torch.where(trusted, plain, losses)
        return losses + self.noise_layer_.penalty() if training else losses

    def _finish(self, training):
        """Set what follows from network and layer."""
        layer = self.noise_layer_
        self.learned_transition_matrix_ = layer.transition_matrix().cpu().numpy()
        T = layer.transition_matrix(calibrated=True).cpu().double().numpy()
        self.transition_matrix_ = T / T.sum(axis=1, keepdims=True)
        if layer.kind != "fixed":
            warn_if_not_diagonal(T, self.classes_, self._owner)
        proba = self._class_probabilities(training.dataset)
        keep_label_posterior(self, proba, training.labels)

    # Predictions

    def predict_noisy_proba(self, X):
        """Predict the probability of each label as the noise makes it.

        Parameters
        ----------
        X : object
            Rows, of any kind that ``predict`` takes.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Probabilities of the noisy labels, in the order of ``classes_``: what to
            compare with noisy validation data.
        """
        self.check_is_fitted()
        outputs = self._look_at(self.get_dataset(X))
        with torch.no_grad():
            parts = [self.noise_layer_(first_of(out).double()).exp() for out in outputs]
        return torch.cat(parts).cpu().numpy()
