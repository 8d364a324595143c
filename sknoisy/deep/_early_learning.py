"""A net that is held close to what it predicted early on."""

from numbers import Real

import numpy as np
import torch

from sknoisy._compat import Interval, StrOptions
from sknoisy._transition_matrix import normalize_rows
from sknoisy.deep._base import BaseDeepClassifier
from sknoisy.deep._core import (
    TRANSITION,
    core_error_rate,
    keep_label_posterior,
    transition_of,
)
from sknoisy.deep._losses import log_transition, mixed_log_likelihood, pick

# strength="auto": the value that Liu et al. (2020) publish for ten classes, reached
# where a third of the labels contradicts the past. Both were chosen in
# suite nets, rows "the same, strength 3" and "none".
FULL_STRENGTH, FULL_SHARE = 3.0, 1 / 3
# The agreement of a prediction with its own past stays below 1 by this much: the bound
# of the authors' code.
SMALLEST_DISAGREEMENT = 1e-4
# The test for noise only looks at rows that the running mean gives to one class with
# more than this probability, which takes some epochs.
SURE = 0.5


class EarlyLearningClassifier(BaseDeepClassifier):
    r"""Neural network whose predictions are held close to their own past.

    Networks learn right labels first and wrong ones later. A running mean of the
    predictions for each row remembers the early ones, and the loss rewards agreement
    with it: early-learning regularisation.

    Parameters
    ----------
    module : torch Module class or instance, default=None
        The network, which returns one logit per class, without softmax. An instance is
        copied. None makes a perceptron for tables, a convolutional network for images.

    strength : "auto" or float, default="auto"
        Weight of the agreement, not negative. "auto" is nine times the share of labels
        that contradict the running means, at most 3, and stays at 3 once labels do so
        even where the means are surest. ``transition`` lowers either, see the notes.

    momentum : float, default=0.7
        Share of the past in the running mean after each epoch, in [0, 1).

    transition : transition estimator or array-like, default=None
        Noise transition matrix ``T[i, j] = P(noisy = j | clean = i)``, of shape
        (n_classes, n_classes) with rows and columns in the order of ``classes_``, or
        the estimator of it, which is fitted to X and y first. The predictions then go
        through it before they are compared with the labels. None compares directly.

    **kwargs : dict
        ``random_state``, ``image_shape`` and all parameters of skorch's
        `NeuralNetClassifier <https://skorch.readthedocs.io/en/stable/classifier.html>`_.

    Attributes
    ----------
    transition_matrix_ : ndarray of shape (n_classes, n_classes)
        The matrix found or given.

    clean_proba_ : ndarray of shape (n_samples, n_classes)
        Probability of each true class, given the row and its label.

    past_proba_ : ndarray of shape (n_samples, n_classes)
        Running mean of the predictions for each row; zeros for rows that were split
        off for validation.

    noise_rate_ : float
        Share of wrong labels that follows from it, in [0, 1].

    label_quality_ : ndarray of shape (n_samples,)
        Probability that the label is right.

    n_features_in_ : int
    feature_names_in_ : ndarray of shape (n_features_in_,)

    See Also
    --------
    GeneralizedCrossEntropyLoss : A robust loss without memory.
    CoTeachingClassifier : Leave rows of high loss out instead.

    Notes
    -----
    The loss of a row is :math:`-\log p_{\tilde y}(x) + \lambda \log(1 - \langle p(x),
    t \rangle)`, where :math:`t \leftarrow \beta t + (1 - \beta) p(x)` at each visit.
    The gradient of the second term cancels that of a label which the past contradicts,
    and strengthens that of labels it agrees with. The authors' own code [1]_ has a
    strength of 3 and a momentum of 0.7 for CIFAR-10, 7 and 0.9 for CIFAR-100.

    A strength that is fixed also holds back the hard rows of data without noise, which
    are learnt late as wrong labels are. So "auto" follows the share of labels that
    contradict the past. It falls as the network learns, and also where wrong labels are
    learnt by heart; but these stand among the easy rows too. So if, of the fifth of the
    rows of each class that the running means are surest of, clearly more than 2 % have
    another label, as :class:`sknoisy.NoisyLabelClassifier` tests, the full strength is
    kept. Each epoch notes its strength in ``history_[:, "strength"]``.

    With ``transition``, the gradient of the first term shrinks with the diagonal of the
    matrix, and agreement alone would let all rows agree on one class. The strength is
    therefore multiplied by :math:`(\mathrm{tr}\, T - 1) / (K - 1)`, which is 1 without
    noise and 0 where labels are drawn at random.

    Without ``transition``, :class:`sknoisy.transition.ConfidentTransition` finds the
    matrix from the running means in the end, for the fitted attributes alone.

    References
    ----------
    .. [1] S. Liu, J. Niles-Weed, N. Razavian, C. Fernandez-Granda, "Early-Learning
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
        "transition": TRANSITION,
    }

    # Kept between trainings, since those of one net go on from each other.
    _noise_found_ = False

    def __init__(
        self, module=None, *, strength="auto", momentum=0.7, transition=None, **kwargs
    ):
        super().__init__(module, **kwargs)
        self.strength = strength
        self.momentum = momentum
        self.transition = transition

    @property
    def _own_loss(self):
        return None if self.transition is None else "the likelihood by transition="

    def _prepare(self, training):
        labels, shape = training.labels, (len(training.dataset), len(self.classes_))
        if not len(self.history):
            self.past_proba_ = np.zeros(shape, np.float32)
            self._noise_found_ = False
        training.informative, training.log_T = 1.0, None
        if self.transition is not None:
            T = self.transition_matrix_ = transition_of(self, training)
            training.log_T = log_transition(T).to(self.device)
            # (tr T - 1) / (K - 1): 1 without noise, 0 where labels say nothing.
            training.informative = max(T.trace() - 1, 0) / (labels.n_classes - 1)
        # Other rows than those of an earlier call have no past.
        same_rows = len(self.past_proba_) == shape[0]
        past = self.past_proba_ if same_rows else np.zeros(shape, np.float32)
        training.past = torch.as_tensor(past.astype(np.float32)).to(self.device)

    def on_epoch_begin(self, net, **kwargs):
        """Find the strength for the epoch."""
        super().on_epoch_begin(net, **kwargs)
        training, strength = self._training_, self.strength
        if strength == "auto":
            past = training.past.cpu().numpy()
            found = core_error_rate(past, training.labels, least=SURE)[1]
            # Once found, noise stays: later the past may hold wrong labels, too.
            self._noise_found_ = self._noise_found_ or found
            contradicted = _contradicted(past, training.labels)
            share = 1 if self._noise_found_ else contradicted / FULL_SHARE
            strength = FULL_STRENGTH * min(1, share)
        training.strength = strength * training.informative
        self.history.record("strength", training.strength)

    def _losses(self, y_pred, codes, rows, training):
        """Return what each label costs, and in training what the past does."""
        logits, record = self._checked_logits(y_pred, training), self._training_
        log_proba = torch.log_softmax(logits, dim=1)
        if record.log_T is None:
            losses = super()._losses(logits, codes, rows, training)
        else:
            losses = -mixed_log_likelihood(log_proba, record.log_T, codes)
        if not training:
            return losses
        index = rows.index.to(record.past.device)
        agreement = agreement_with_past(log_proba, record.past, index, self.momentum)
        losses = losses + record.strength * agreement
        # A label that is known to be right is learnt plainly, past matrix and memory.
        trusted = record.trusted(rows, losses.device)
        return torch.where(trusted, -pick(log_proba, codes), losses)

    def _finish(self, training):
        """Set what the past says of the labels."""
        self.past_proba_ = training.past.cpu().numpy()
        # Rows set aside for validation have no past.
        seen = self.past_proba_.any(axis=1)[:, None]
        proba = self._class_probabilities(training.dataset)
        proba = normalize_rows(np.where(seen, self.past_proba_, proba))
        if self.transition is None:
            self.transition_matrix_ = transition_of(self, training, proba)
        keep_label_posterior(self, proba, training.labels)


def agreement_with_past(log_proba, past, index, momentum):
    """Return the regulariser of early learning for the rows of a batch.

    It is ``log(1 - <proba, past>)``, bounded from below, with the running mean of the
    probabilities in ``past[index]``, which is updated first.
    """
    proba = log_proba.exp()
    past[index] = momentum * past[index] + (1 - momentum) * proba.detach().to(past)
    agreement = (proba * past[index].to(proba)).sum(dim=1)
    return torch.log((1 - agreement).clamp_min(SMALLEST_DISAGREEMENT))


def _contradicted(past, labels):
    """Return the share of labels that are not the likeliest class of the past."""
    weights = labels.sample_weight * past.any(axis=1)
    wrong = past.argmax(axis=1) != labels.codes
    return float(weights @ wrong / max(weights.sum(), np.finfo(float).tiny))
