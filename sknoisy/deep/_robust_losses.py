"""Losses that bound what a single wrong label can do."""

import math

import torch
from torch.nn.functional import log_softmax

from sknoisy.deep._losses import LabelLoss, check_batch, pick

# The agreement of a prediction with its own past stays below 1 by this much: the bound
# of the authors' code of early-learning regularisation.
SMALLEST_DISAGREEMENT = 1e-4


class GeneralizedCrossEntropyLoss(LabelLoss):
    r"""Bounded loss between cross-entropy and the mean absolute error.

    Parameters
    ----------
    q : float, default=0.7
        0 is cross-entropy, 1 the mean absolute error; in [0, 1]. The larger it is, the
        less a label counts that the net finds improbable.

    **kwargs : dict
        ``weight`` and ``reduction`` of :class:`torch.nn.CrossEntropyLoss`.

    See Also
    --------
    SymmetricCrossEntropyLoss : A sum of cross-entropy and a bounded loss.

    Notes
    -----
    The loss of a row is :math:`(1 - p_{\tilde y}(x)^q) / q`, computed in log space. It
    never exceeds :math:`1 / q`. The default is the published value. With many classes
    a large ``q`` makes learning slow, since all labels are improbable at the start.

    References
    ----------
    Z. Zhang, M. Sabuncu, "Generalized Cross Entropy Loss for Training Deep Neural
    Networks with Noisy Labels", NeurIPS 2018.

    Examples
    --------
    >>> import torch
    >>> from sknoisy.deep import GeneralizedCrossEntropyLoss
    >>> loss = GeneralizedCrossEntropyLoss(1.0)
    >>> loss(torch.tensor([[0.0, 1000.0]]), torch.tensor([0])).item()
    1.0
    """

    def __init__(self, q=0.7, **kwargs):
        super().__init__(**kwargs)
        check_number("q", q, 0, 1, "0 is cross-entropy, 1 the mean absolute error")
        self.q = q

    def _losses(self, log_proba, target):
        log_likelihood = pick(log_proba, target)
        # The limit of (1 - p^q) / q for q to 0.
        if self.q == 0:
            return -log_likelihood
        return -torch.expm1(self.q * log_likelihood) / self.q


class SymmetricCrossEntropyLoss(LabelLoss):
    r"""Cross-entropy plus the cross-entropy with prediction and label swapped.

    Parameters
    ----------
    alpha : float, default=0.1
        Weight of cross-entropy, not negative. It makes learning fast and memorises.

    beta : float, default=1.0
        Weight of the swapped one, not negative. It is bounded, and robust.

    label_floor : float, default=1e-4
        What the zeros of the one-hot label are read as, in (0, 1): the logarithm of
        zero is not finite.

    **kwargs : dict
        ``weight`` and ``reduction`` of :class:`torch.nn.CrossEntropyLoss`.

    See Also
    --------
    GeneralizedCrossEntropyLoss : One loss between the two.

    Notes
    -----
    The loss of a row is :math:`-\alpha \log p_{\tilde y}(x) - \beta \log(f)
    (1 - p_{\tilde y}(x))` with the floor :math:`f`: the swapped cross-entropy of a
    one-hot label is the mean absolute error, up to a factor. The defaults are the
    values of the authors' code for CIFAR-10; it has ``alpha=6.0, beta=0.1`` for
    CIFAR-100.

    References
    ----------
    Y. Wang, X. Ma, Z. Chen, Y. Luo, J. Yi, J. Bailey, "Symmetric Cross Entropy for
    Robust Learning with Noisy Labels", ICCV 2019.

    Examples
    --------
    >>> import torch
    >>> from sknoisy.deep import SymmetricCrossEntropyLoss
    >>> loss = SymmetricCrossEntropyLoss(alpha=0.0, label_floor=0.1)
    >>> wrong = loss(torch.tensor([[0.0, 1000.0]]), torch.tensor([0]))
    >>> round(wrong.item(), 3)
    2.303
    """

    def __init__(self, alpha=0.1, beta=1.0, *, label_floor=1e-4, **kwargs):
        super().__init__(**kwargs)
        check_number("alpha", alpha, 0, math.inf, "0.1 and 6.0 have been published")
        check_number("beta", beta, 0, math.inf, "1.0 and 0.1 have been published")
        if not 0 < label_floor < 1:
            raise ValueError(
                f"label_floor must lie in (0, 1), but got {label_floor!r}. It stands "
                "for the zeros of the label; 1e-4 is the published value."
            )
        self.alpha, self.beta, self.label_floor = alpha, beta, label_floor

    def _losses(self, log_proba, target):
        log_likelihood = pick(log_proba, target)
        # -(1 - p) log f: expm1 of the log-likelihood is p - 1.
        swapped = math.log(self.label_floor) * torch.expm1(log_likelihood)
        return -self.alpha * log_likelihood + self.beta * swapped


class EarlyLearningCrossEntropyLoss(LabelLoss):
    r"""Cross-entropy that holds each prediction close to its own past.

    Nets learn right labels first and wrong ones later. A running mean of the
    predictions for each training row remembers the early ones, and the loss rewards
    agreement with it: early-learning regularisation.

    Parameters
    ----------
    n_samples : int
        Number of training rows, whose predictions are remembered.

    n_classes : int
        Number of classes.

    strength : float, default=3.0
        Weight of the agreement, not negative.

    momentum : float, default=0.7
        Share of the past in the running mean after each visit, in [0, 1).

    **kwargs : dict
        ``weight`` and ``reduction`` of :class:`torch.nn.CrossEntropyLoss`.

    See Also
    --------
    GeneralizedCrossEntropyLoss : A robust loss without memory.

    Notes
    -----
    The loss of a row is :math:`-\log p_{\tilde y}(x) + \lambda \log(1 - \langle p(x),
    t \rangle)`, where :math:`t \leftarrow \beta t + (1 - \beta) p(x)` is updated at
    each call in training mode. The defaults are the values of the authors' code for
    CIFAR-10; it has a strength of 7 and a momentum of 0.9 for CIFAR-100.

    The loss must know which rows it sees. In a training loop pass ``index``. With
    plain skorch let ``X`` be a dict with the entries ``X`` and ``index``, and let the
    module's ``forward(X, index)`` return the pair ``(logits, index)``. In evaluation
    mode and without ``index`` it is cross-entropy.

    References
    ----------
    S. Liu, J. Niles-Weed, N. Razavian, C. Fernandez-Granda, "Early-Learning
    Regularization Prevents Memorization of Noisy Labels", NeurIPS 2020.

    Examples
    --------
    >>> import torch
    >>> from sknoisy.deep import EarlyLearningCrossEntropyLoss
    >>> loss = EarlyLearningCrossEntropyLoss(n_samples=2, n_classes=2, momentum=0.0)
    >>> logits, y = torch.tensor([[2.0, 0.0], [0.0, 2.0]]), torch.tensor([0, 0])
    >>> plain = torch.nn.functional.cross_entropy(logits, y)
    >>> bool(loss(logits, y, index=torch.arange(2)) < plain)
    True
    >>> loss.past.argmax(dim=1)
    tensor([0, 1])
    """

    def __init__(
        self,
        n_samples,
        n_classes,
        *,
        strength=3.0,
        momentum=0.7,
        **kwargs,
    ):
        super().__init__(**kwargs)
        check_number("strength", strength, 0, math.inf, "3 and 7 have been published")
        check_number("momentum", momentum, 0, 1, "0.7 and 0.9 have been published")
        self.strength, self.momentum = strength, momentum
        self.register_buffer("past", torch.zeros(n_samples, n_classes))

    def forward(self, input, target, index=None):
        """Return the loss of a batch.

        Parameters
        ----------
        input : tensor of shape (n_samples, n_classes), or pair of tensors
            Logits, or logits and ``index``.

        target : tensor of int64 of shape (n_samples,)
            Labels in 0, ..., n_classes - 1.

        index : tensor of int64 of shape (n_samples,), default=None
            Position of each row in the training set. None is for evaluation only.

        Returns
        -------
        tensor
            The loss: of shape (n_samples,) with ``reduction="none"``, otherwise a
            single number.
        """
        if isinstance(input, tuple):
            input, index = input
        check_batch(input, target)
        log_proba = log_softmax(input, dim=1)
        losses = -pick(log_proba, target)
        if index is None:
            self._refuse_training_without_index()
        else:
            momentum = self.momentum if self.training else None
            agreement = agreement_with_past(log_proba, self.past, index, momentum)
            losses = losses + self.strength * agreement
        return self._reduce(losses, target)

    def _refuse_training_without_index(self):
        if self.training:
            raise ValueError(
                "EarlyLearningCrossEntropyLoss expected index of shape (n_samples,) in "
                "training, the position of each row in the training set, but got None. "
                "Pass index=, or let the module return the pair (logits, index)."
            )


def agreement_with_past(log_proba, past, index, momentum=None):
    """Return the regulariser of early learning for the rows of a batch.

    It is ``log(1 - <proba, past>)``, bounded from below, with the running mean of the
    probabilities in ``past[index]``. With a momentum, which is the share of the past,
    the running mean is updated first.
    """
    proba, then = log_proba.exp(), past[index]
    if momentum is not None:
        then = momentum * then + (1 - momentum) * proba.detach().to(then)
        past[index] = then
    agreement = (proba * then.to(proba)).sum(dim=1)
    return torch.log((1 - agreement).clamp_min(SMALLEST_DISAGREEMENT))


def check_number(name, value, low, high, hint):
    """Refuse a number outside a closed range, or at the open end of infinity."""
    if not low <= value <= high or math.isinf(value):
        raise ValueError(
            f"{name} must lie in [{low}, {high}], but got {value!r}. For comparison: "
            f"{hint}."
        )
