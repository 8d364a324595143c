"""Losses for wrong labels: corrected by a transition matrix, or bounded."""

import math

import numpy as np
import torch
from torch.nn.functional import log_softmax

from sknoisy.deep._core import given_matrix

# What the symmetric loss reads the zeros of a one-hot label as: the authors' code.
LABEL_FLOOR = 1e-4


class LabelLoss(torch.nn.CrossEntropyLoss):
    """Base of the losses of logits and integer labels.

    A subclass implements ``_losses(log_proba, target)``. It stays a
    ``CrossEntropyLoss``, since skorch tells by that class that a module returns logits.
    """

    def __init__(self, *, weight=None, reduction="mean"):
        super().__init__(weight=weight, reduction=reduction)

    def forward(self, input, target):
        """Return the loss of a batch.

        Parameters
        ----------
        input : tensor of shape (n_samples, n_classes)
            Logits, as the module returns them.

        target : tensor of int64 of shape (n_samples,)
            Labels in 0, ..., n_classes - 1.

        Returns
        -------
        tensor
            Shape (n_samples,) with ``reduction="none"``, otherwise a single number.
        """
        check_batch(input, target)
        return self._reduce(self._losses(log_softmax(input, dim=1), target), target)

    def _losses(self, log_proba, target):
        """Return the loss of each sample from the log-probabilities of the classes."""
        raise NotImplementedError

    def _reduce(self, losses, target):
        """Weigh and sum up as ``torch.nn.CrossEntropyLoss`` does."""
        weight = torch.ones_like(losses)
        if self.weight is not None:
            weight = self.weight.to(losses)[target]
        losses = losses * weight
        if self.reduction == "none":
            return losses
        # torch divides by the weight of the labels, not by their number.
        return losses.sum() / (1 if self.reduction == "sum" else weight.sum())


def check_batch(logits, target):
    """Refuse what is no batch of logits with one integer label each."""
    fits = logits.ndim == 2 and target.shape == logits.shape[:1]
    if not fits or target.is_floating_point():
        raise ValueError(
            "The loss expected logits of shape (n_samples, n_classes) and integer "
            f"labels, one per row, but got shapes {tuple(logits.shape)} and "
            f"{tuple(target.shape)} and labels of {target.dtype}. Flatten sequences to "
            "one row per label, and pass class positions, such as target.long()."
        )


def pick(values, target):
    """Return the entry of each row that belongs to its label: values[i, target[i]]."""
    return values.gather(1, target[:, None])[:, 0]


def log_transition(T):
    """Return the logarithm of a transition matrix; minus infinity where it is zero.

    A column of zeros stays one: such a label says nothing about the true class.
    """
    T = np.where(T.any(axis=0), T, 1.0)
    with np.errstate(divide="ignore"):
        return torch.as_tensor(np.log(T), dtype=torch.get_default_dtype())


def mixed_log_likelihood(log_proba, log_T, target):
    """Return the log-likelihood of noisy labels under a mixture of true classes.

    It is ``log(sum_k exp(log_proba[i, k] + log_T[k, target[i]]))``. Only the columns of
    the labels at hand are gathered, so nothing of size n_classes ** 2 is made.
    """
    log_T = log_T.to(log_proba).T[target]
    found = torch.logsumexp(log_proba + log_T, dim=1)
    # The logarithm of a sum of probabilities is 0 but for rounding: exactly so here.
    mute = (log_T == 0).all(dim=1)
    return torch.where(mute, torch.zeros_like(found), found)


class ForwardCrossEntropyLoss(LabelLoss):
    r"""Cross-entropy of noisy labels, predicted through a transition matrix.

    The net predicts the true class; its prediction is sent through the matrix before
    it is compared with the noisy label.

    Parameters
    ----------
    transition_matrix : array-like or tensor of shape (n_classes, n_classes)
        ``T[i, j] = P(noisy = j | clean = i)``: rows sum to 1, zeros are allowed.

    **kwargs : dict
        ``weight`` and ``reduction`` of :class:`torch.nn.CrossEntropyLoss`.

    See Also
    --------
    NoiseAdaptationLayer : Learn the matrix together with the net.
    sknoisy.NoiseTransitionClassifier : The same for any classifier.

    Notes
    -----
    The loss of a row is :math:`-\log \sum_k p_k(x) T_{k \tilde y}`, computed in log
    space. A label that no class can turn into by the matrix has loss 0.

    With skorch, which applies softmax for predictions by itself:
    ``NeuralNetClassifier(module, criterion=ForwardCrossEntropyLoss,
    criterion__transition_matrix=T)``.

    References
    ----------
    G. Patrini, A. Rozza, A. Menon, R. Nock, L. Qu, "Making Deep Neural Networks Robust
    to Label Noise: a Loss Correction Approach", CVPR 2017.

    Examples
    --------
    >>> import torch
    >>> from sknoisy.deep import ForwardCrossEntropyLoss
    >>> loss = ForwardCrossEntropyLoss([[0.8, 0.2], [0.4, 0.6]])
    >>> certain = torch.tensor([[100.0, -100.0]])
    >>> round(loss(certain, torch.tensor([0])).neg().exp().item(), 3)
    0.8
    """

    def __init__(self, transition_matrix, **kwargs):
        super().__init__(**kwargs)
        T = given_matrix(transition_matrix)
        self.register_buffer("log_transition", log_transition(T))

    def _losses(self, log_proba, target):
        if log_proba.shape[1] != len(self.log_transition):
            raise ValueError(
                f"transition_matrix has {len(self.log_transition)} classes, but the "
                f"module returned logits of shape {tuple(log_proba.shape)}. Let it "
                "return one logit for each row of the matrix."
            )
        return -mixed_log_likelihood(log_proba, self.log_transition, target)


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
        check_number("q", q, 1)
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

    **kwargs : dict
        ``weight`` and ``reduction`` of :class:`torch.nn.CrossEntropyLoss`.

    See Also
    --------
    GeneralizedCrossEntropyLoss : One loss between the two.

    Notes
    -----
    The loss of a row is :math:`-\alpha \log p_{\tilde y}(x) - \beta \log(f)
    (1 - p_{\tilde y}(x))`, where :math:`f = 10^{-4}` stands for the zeros of the label:
    the swapped cross-entropy is the mean absolute error, up to a factor. The values of
    the authors' code, :math:`f` among them, are the defaults for CIFAR-10, and
    ``alpha=6.0, beta=0.1`` for CIFAR-100.

    References
    ----------
    Y. Wang, X. Ma, Z. Chen, Y. Luo, J. Yi, J. Bailey, "Symmetric Cross Entropy for
    Robust Learning with Noisy Labels", ICCV 2019.

    Examples
    --------
    >>> import torch
    >>> from sknoisy.deep import SymmetricCrossEntropyLoss
    >>> loss = SymmetricCrossEntropyLoss(alpha=0.0)
    >>> wrong = loss(torch.tensor([[0.0, 1000.0]]), torch.tensor([0]))
    >>> round(wrong.item(), 2)
    9.21
    """

    def __init__(self, alpha=0.1, beta=1.0, **kwargs):
        super().__init__(**kwargs)
        check_number("alpha", alpha, math.inf)
        check_number("beta", beta, math.inf)
        self.alpha, self.beta = alpha, beta

    def _losses(self, log_proba, target):
        log_likelihood = pick(log_proba, target)
        # -(1 - p) log f: expm1 of the log-likelihood is p - 1.
        swapped = math.log(LABEL_FLOOR) * torch.expm1(log_likelihood)
        return -self.alpha * log_likelihood + self.beta * swapped


def check_number(name, value, high):
    """Refuse a number outside a closed range from 0, or at its end at infinity."""
    if not 0 <= value <= high or math.isinf(value):
        raise ValueError(
            f"{name} must lie in [0, {high}], but got {value!r}. The default is a "
            "published value."
        )
