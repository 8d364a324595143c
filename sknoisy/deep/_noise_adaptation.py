"""A net that learns the transition matrix of its labels along with the classes."""

from numbers import Integral, Real

import torch
from torch.nn.functional import cross_entropy

from sknoisy._compat import Interval, StrOptions
from sknoisy.deep._averaged_net import BaseAveragedClassifier
from sknoisy.deep._noise_layer import NoiseAdaptationLayer
from sknoisy.deep._transition_source import (
    estimated_matrix,
    given_matrix,
    is_estimator,
    keep_judgement,
    warn_if_not_diagonal,
    warn_if_too_many,
)
from sknoisy.transition._base import TRANSITION_ESTIMATOR

# The layer has few parameters, each of which sees many labels.
NOISE_LR = 5


class NoiseAdaptationClassifier(BaseAveragedClassifier):
    r"""Neural network with a layer on top that models the label noise.

    In training the predictions of the network go through a noise adaptation layer,
    which learns which class turns into which, before they are compared with the noisy
    labels. The layer is left out for predictions.

    Parameters
    ----------
    module : torch Module class or instance, default=None
        The network. It returns one logit per class, without softmax. An instance is
        copied. None makes a perceptron with two hidden layers for tables, a small
        convolutional network for images.

    transition : transition estimator or array-like, default=None
        Noise transition matrix ``T[i, j] = P(noisy = j | clean = i)``, of shape
        (n_classes, n_classes) with rows and columns in the order of ``classes_``, or
        the estimator of it, which is fitted to X and y first. None lets the layer
        learn it from scratch.

    noise_layer : {"auto", "softmax", "linear", "fixed"}, default="auto"
        Kind of the layer, see :class:`NoiseAdaptationLayer`. "auto" is "fixed" where
        ``transition`` is given, and "linear" otherwise; these two start from a given
        matrix and learn on, as does "softmax", the published one.

    noise_dropout : float, default=0.1
        Dropout of the softmax layer, in [0, 1).

    dropout_on : {"input", "weight"}, default="input"
        What the dropout masks.

    start : "identity" or float, default=0.5
        Where the matrix starts if ``transition`` is None: a number s in (0, 1) is the
        share of labels taken over while the others are drawn from all classes alike;
        "identity" sets the weights to the identity as published, whose meaning depends
        on the number of classes.

    trace_penalty : float, default=0.7
        Factor of the mean diagonal of T in the loss; for the linear layer only.

    noise_lr : float, default=None
        Learning rate of the layer. None takes five times that of the network.

    warmup_epochs : int, default=0
        Epochs in which the network is trained without the layer.

    average_weights : bool, default=True
        Whether predictions use an average of the weights at the ends of the epochs, in
        which later ones count more.

    early_stopping : int, default=None
        Stop after so many epochs in which the likelihood of the noisy labels in the
        validation data, with the layer, has not risen, and go back to the best one;
        needs ``train_split``. None trains through.

    optimizer : torch Optimizer class, default=torch.optim.Adam
        Optimizer of network and layer.

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
        Schedules of the learning rate and the like.

    image_shape : tuple of three ints, default=None
        Channels, height and width that the rows of a table are reshaped to.

    warm_start : bool, default=False
        Whether ``fit`` trains on from where the last one ended.

    verbose : int, default=0
        Whether to print a line for each epoch.

    device : str or torch device, default="cpu"
        Where to train, such as "cuda".

    random_state : int, RandomState instance or None, default=None
        Seed of starting values, shuffling, dropout and the estimator of the matrix.

    **kwargs : dict
        Other parameters of skorch's ``NeuralNetClassifier``, and parameters of a part
        behind its name and two underscores: ``module__``, ``optimizer__`` and so on.

    Attributes
    ----------
    module_ : Module
        The network.

    averaged_module_ : Module or None
        The network with averaged weights, which predicts.

    noise_layer_ : NoiseAdaptationLayer
        The layer.

    transition_matrix_ : ndarray of shape (n_classes, n_classes)
        The matrix learnt or given; calibrated, that is with the pessimism by dropout
        or trace penalty taken out.

    learned_transition_matrix_ : ndarray of shape (n_classes, n_classes)
        The same as the layer has it, with that pessimism.

    noise_rate_ : float
        Share of wrong labels that follows from ``transition_matrix_``, in [0, 1].

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
    >>> from sklearn.datasets import load_digits
    >>> from sknoisy.deep import NoiseAdaptationClassifier
    >>> from sknoisy.noise import UniformNoise
    >>> X, y = load_digits(return_X_y=True)
    >>> y_noisy = UniformNoise(0.4, random_state=0).corrupt(y[:1000])
    >>> clf = NoiseAdaptationClassifier(max_epochs=20, random_state=0)
    >>> bool(clf.fit(X[:1000], y_noisy).score(X[1000:], y[1000:]) > 0.8)
    True
    >>> clf.transition_matrix_.shape
    (10, 10)
    """

    _parameter_constraints: dict = {
        **BaseAveragedClassifier._parameter_constraints,
        "transition": [TRANSITION_ESTIMATOR, "array-like", None],
        "noise_layer": [StrOptions({"auto", "softmax", "linear", "fixed"})],
        "noise_dropout": [Interval(Real, 0, 1, closed="left")],
        "dropout_on": [StrOptions({"input", "weight"})],
        "start": [StrOptions({"identity"}), Interval(Real, 0, 1, closed="neither")],
        "trace_penalty": [Interval(Real, 0, None, closed="left")],
        "noise_lr": [Interval(Real, 0, None, closed="left"), None],
        "warmup_epochs": [Interval(Integral, 0, None, closed="left")],
    }

    _transient = {**BaseAveragedClassifier._transient, "_X_": None}
    _X_ = None
    _stateful = (*BaseAveragedClassifier._stateful, "noise_layer_")

    def __init__(
        self,
        module=None,
        *,
        transition=None,
        noise_layer="auto",
        noise_dropout=0.1,
        dropout_on="input",
        start=0.5,
        trace_penalty=0.7,
        noise_lr=None,
        warmup_epochs=0,
        average_weights=True,
        early_stopping=None,
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
            average_weights=average_weights,
            early_stopping=early_stopping,
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
        self.transition = transition
        self.noise_layer = noise_layer
        self.noise_dropout = noise_dropout
        self.dropout_on = dropout_on
        self.start = start
        self.trace_penalty = trace_penalty
        self.noise_lr = noise_lr
        self.warmup_epochs = warmup_epochs

    # Parts

    def initialize_module(self):
        """Make the network, its average and the layer.

        Returns
        -------
        self : object
            The net.
        """
        super().initialize_module()
        self.noise_layer_ = NoiseAdaptationLayer(
            len(self.classes_),
            kind=self._kind(),
            dropout=self.noise_dropout,
            dropout_on=self.dropout_on,
            start=self._start_matrix(),
            trace_penalty=self.trace_penalty,
        )
        return self

    def _kind(self):
        if self.noise_layer != "auto":
            return self.noise_layer
        return "linear" if self.transition is None else "fixed"

    def _start_matrix(self):
        """Return the matrix to start from, or the parameter that stands for one."""
        if self.transition is None:
            return self.start
        if is_estimator(self.transition):
            return estimated_matrix(self, self.transition, self._X_, self._labels_)
        return given_matrix(self.transition, len(self.classes_))

    def initialize_optimizer(self):
        """Make the optimizer, in which the layer has a learning rate of its own.

        Returns
        -------
        self : object
            The net.
        """
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

    def _train(self, X, y, sample_weight, groups, trusted, **keywords):
        self._X_ = X
        try:
            return super()._train(X, y, sample_weight, groups, trusted, **keywords)
        finally:
            self._X_ = None

    def _run(self, dataset, epochs):
        if self._kind() != "fixed":
            warn_if_too_many(len(self.classes_), len(dataset), self._owner)
        super()._run(dataset, epochs)

    def _losses(self, y_pred, codes, rows, training):
        """Return the negative log-likelihood of each noisy label."""
        logits = y_pred[0] if isinstance(y_pred, tuple) else y_pred
        if training:
            self._check_logits(logits)
            # Not so for validation, which compares epochs with each other.
            if len(self.history) <= self.warmup_epochs:
                return self.criterion_(logits, codes)
        losses = -self.noise_layer_.log_likelihood(logits, codes)
        if self._labels_.trusted is not None:
            verified = torch.as_tensor(self._labels_.trusted)[rows.index.cpu()]
            verified = verified.to(codes.device) & (rows.index.to(codes.device) >= 0)
            plain = cross_entropy(logits, codes, reduction="none")
            losses = torch.where(verified, plain, losses)
        return losses + self.noise_layer_.penalty() if training else losses

    def _counts_for_stopping(self):
        return len(self.history) > self.warmup_epochs

    def _finish(self, dataset, labels):
        """Set what follows from network and layer."""
        self._restore_best()
        layer = self.noise_layer_
        self.learned_transition_matrix_ = layer.transition_matrix().cpu().numpy()
        T = layer.transition_matrix(calibrated=True).cpu().double().numpy()
        self.transition_matrix_ = T / T.sum(axis=1, keepdims=True)
        if layer.kind != "fixed":
            warn_if_not_diagonal(T, self.classes_, self._owner)
        proba = self._class_probabilities(dataset)
        keep_judgement(self, proba, labels)

    # Predictions

    def predict_noisy_proba(self, X):
        """Predict the probability of each label as the noise makes it.

        Parameters
        ----------
        X : array-like, frame, sparse matrix, tensor, dict or Dataset
            Rows.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Probabilities of the noisy labels, in the order of ``classes_``: what to
            compare with noisy validation data.
        """
        self.check_is_fitted()
        outputs = (output for *_, output in self._look_at(self.get_dataset(X)))
        firsts = (out[0] if isinstance(out, tuple) else out for out in outputs)
        with torch.no_grad():
            parts = [self.noise_layer_(logits.double()).exp() for logits in firsts]
        return torch.cat(parts).cpu().numpy()
