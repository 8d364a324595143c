"""A net that learns the transition matrix of its labels along with the classes."""

from numbers import Real

import torch
from torch.nn.functional import cross_entropy

from sknoisy._compat import Interval, StrOptions
from sknoisy._transition_matrix import normalize_rows
from sknoisy.deep._averaging import AveragedWeights
from sknoisy.deep._base import BaseDeepClassifier
from sknoisy.deep._core import (
    TRANSITION,
    keep_label_posterior,
    transition_of,
    warn_if_not_diagonal,
    warn_if_too_many,
)
from sknoisy.deep._modules import first_of
from sknoisy.deep._noise_layer import NoiseAdaptationLayer

# noise_lr=None: the layer has few parameters, each of which sees many labels. Chosen on
# mnist5k, the row NoiseAdaptationClassifier() of suite nets.
NOISE_LR = 5


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
        Noise transition matrix, or the estimator of it, as for
        :class:`EarlyLearningClassifier`. None lets the layer learn it from scratch.

    noise_layer : {"auto", "softmax", "linear", "fixed"}, default="auto"
        Kind of the layer: "softmax" with dropout is that of Jindal et al., "linear"
        with a trace penalty that of Sukhbaatar et al. Both learn on from a given
        matrix, "fixed" keeps it. "auto" is "fixed" where ``transition`` is given, and
        "linear" otherwise. See :class:`NoiseAdaptationLayer` for its parameters, such
        as ``noise_layer__dropout``, ``noise_layer__start``.

    noise_lr : float, default=None
        Learning rate of a layer that learns. None takes five times that of the network.

    average_weights : bool, default=True
        Whether predictions use an average of the weights over all steps, in which later
        ones count more.

    **kwargs : dict
        ``random_state``, ``image_shape`` and all parameters of skorch's
        `NeuralNetClassifier <https://skorch.readthedocs.io/en/stable/classifier.html>`_.

    Attributes
    ----------
    averaged_module_ : Module or None
        The network with averaged weights, which predicts.

    noise_layer_ : NoiseAdaptationLayer
        The layer; its ``transition_matrix()`` is the one trained with.

    transition_matrix_ : ndarray of shape (n_classes, n_classes)
        The matrix learnt or given, without the pessimism by dropout or trace penalty.

    noise_rate_ : float
        Share of wrong labels that follows from ``transition_matrix_``, in [0, 1].

    clean_proba_ : ndarray of shape (n_samples, n_classes)
        Probability of each true class, given the row and its label.

    label_quality_ : ndarray of shape (n_samples,)
        Probability that the label is right.

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
    there is no noise: start, dropout and trace penalty are there to prevent it. Labels
    of which most are wrong in the same way are beyond the method, and a warning says so
    where a learnt row does not peak on the diagonal.

    Validation data have noisy labels too. Their loss, which skorch's ``EarlyStopping``
    sees, is therefore that of network and layer together; by hand, hold noisy labels
    against :meth:`predict_noisy_proba`.

    The form published by Jindal et al. is ``NoiseAdaptationClassifier(
    noise_layer="softmax", noise_lr=lr, average_weights=False, lr=lr)``: a softmax layer
    behind dropout, from the identity, removed for predictions. What the defaults gain
    is in the user guide.

    References
    ----------
    I. Jindal et al., ICDM 2016, and S. Sukhbaatar et al., ICLR 2015 workshop, see
    :class:`NoiseAdaptationLayer`.

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
        **AveragedWeights._parameter_constraints,
        "transition": TRANSITION,
        "noise_layer": [StrOptions({"auto", "softmax", "linear", "fixed"})],
        "noise_lr": [Interval(Real, 0, None, closed="left"), None],
    }

    _own_loss = "the likelihood of the labels behind the noise layer"

    def __init__(
        self,
        module=None,
        *,
        transition=None,
        noise_layer="auto",
        noise_lr=None,
        average_weights=True,
        **kwargs,
    ):
        super().__init__(module, **kwargs)
        self.transition = transition
        self.noise_layer = noise_layer
        self.noise_lr = noise_lr
        self.average_weights = average_weights

    def _kind(self):
        if self.noise_layer != "auto":
            return self.noise_layer
        return "linear" if self.transition is None else "fixed"

    def _refuse_without_effect(self):
        super()._refuse_without_effect()
        if self._kind() == "fixed":
            self._refuse_unused("noise_lr", "a layer that learns")
        if self.transition is not None:
            self._refuse_unused("noise_layer__start", "transition=None")
        elif self._kind() == "fixed":
            raise ValueError(
                f"{self._owner} expected transition= with noise_layer='fixed', which "
                "learns no matrix, but got None. Pass the matrix or an estimator of it."
            )

    def _set_modules(self):
        super()._set_modules()
        params = self.get_params_for("noise_layer")
        if self.transition is not None:
            params["start"] = transition_of(self, self._training_)
        self.noise_layer_ = NoiseAdaptationLayer(
            len(self.classes_), kind=self._kind(), **params
        )

    def initialize_optimizer(self):
        """Make the optimizer, in which the layer has a learning rate of its own."""
        layer, named = [], []
        for name, parameter in self.get_all_learnable_params():
            of_layer = parameter is getattr(self.noise_layer_, "weight", None)
            layer.append(parameter) if of_layer else named.append((name, parameter))
        (groups,), params = self.get_params_for_optimizer("optimizer", named)
        if layer:
            usual = NOISE_LR * params["lr"]
            noise_lr = usual if self.noise_lr is None else self.noise_lr
            groups = [*groups, {"params": layer, "lr": noise_lr}]
        self.optimizer_ = self.optimizer(groups, **params)
        return self

    def _prepare(self, training):
        if self._kind() != "fixed":
            warn_if_too_many(training.labels, self._owner)

    def _losses(self, y_pred, codes, rows, training):
        """Return the negative log-likelihood of each noisy label."""
        logits = self._checked_logits(y_pred, training)
        plain = cross_entropy(logits, codes, reduction="none")
        losses = -self.noise_layer_.log_likelihood(logits, codes)
        trusted = self._training_.trusted(rows, losses.device)
        losses = torch.where(trusted, plain, losses)
        return losses + self.noise_layer_.penalty() if training else losses

    def _finish(self, training):
        """Set what follows from network and layer."""
        T = self.noise_layer_.transition_matrix(calibrated=True).cpu().double().numpy()
        self.transition_matrix_ = normalize_rows(T)
        if self._kind() != "fixed":
            warn_if_not_diagonal(T, self.classes_, self._owner)
        proba = self._class_probabilities(training.dataset)
        keep_label_posterior(self, proba, training.labels)

    def predict_noisy_proba(self, X):
        """Predict the probability of each label as the noise makes it.

        Parameters
        ----------
        X : object
            Rows, of any kind that ``predict`` takes.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Probabilities of the noisy labels, in the order of ``classes_``.
        """
        self.check_is_fitted()
        outputs = self._look_at(self.get_dataset(X))
        with torch.no_grad():
            parts = [self.noise_layer_(first_of(out).double()).exp() for out in outputs]
        return torch.cat(parts).cpu().numpy()
