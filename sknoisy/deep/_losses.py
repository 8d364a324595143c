"""Cross-entropy corrected by a transition matrix."""

import numpy as np
import torch
from torch.nn.functional import log_softmax

from sknoisy._transition_matrix import check_transition_matrix


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
            The loss: of shape (n_samples,) with ``reduction="none"``, otherwise a
            single number.
        """
        check_batch(input, target)
        return self._reduce(self._losses(log_softmax(input, dim=1), target), target)

    def _losses(self, log_proba, target):
        """Return the loss of each sample from the log-probabilities of the classes."""
        raise NotImplementedError

    def _reduce(self, losses, target):
        """Weigh and sum up as ``torch.nn.CrossEntropyLoss`` does."""
        if self.weight is not None:
            losses = losses * self.weight.to(losses)[target]
        if self.reduction == "none":
            return losses
        if self.reduction == "sum":
            return losses.sum()
        if self.weight is not None:
            # torch divides by the weight of the labels, not by their number.
            return losses.sum() / self.weight.to(losses)[target].sum()
        return losses.mean()


def check_batch(logits, target):
    """Refuse what is no batch of logits with one integer label each."""
    if logits.ndim != 2 or target.shape != logits.shape[:1]:
        raise ValueError(
            "The loss expected logits of shape (n_samples, n_classes) and one label "
            f"per row, but got shapes {tuple(logits.shape)} and {tuple(target.shape)}. "
            "Flatten images and sequences to one row per label."
        )
    if target.is_floating_point():
        raise ValueError(
            f"The loss expected integer labels, but got dtype {target.dtype}. Pass "
            "class positions, for example target.long(); class probabilities are not "
            "supported."
        )


def pick(values, target):
    """Return the entry of each row that belongs to its label: values[i, target[i]]."""
    return values.gather(1, target[:, None])[:, 0]


def as_numpy_matrix(T, **checks):
    """Return a checked transition matrix, which may come as a tensor."""
    if isinstance(T, torch.Tensor):
        T = T.detach().cpu().numpy()
    return check_transition_matrix(T, **checks)


def log_transition(T):
    """Return the logarithm of a transition matrix; minus infinity where it is zero.

    A column of zeros becomes one of zeros: such a label says nothing about the true
    class.
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
    BackwardCrossEntropyLoss : Correct the loss instead of the prediction.
    NoiseAdaptationLayer : Learn the matrix together with the net.

    Notes
    -----
    The loss of a row is :math:`-\log \sum_k p_k(x) T_{k \tilde y}`, computed in log
    space. A label that no class can turn into by the matrix has loss 0.

    The module returns logits. skorch applies softmax for predictions by itself, since
    this is a ``CrossEntropyLoss``: ``NeuralNetClassifier(module,
    criterion=ForwardCrossEntropyLoss, criterion__transition_matrix=T)``.

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
        T = as_numpy_matrix(transition_matrix)
        self.register_buffer("log_transition", log_transition(T))

    def _losses(self, log_proba, target):
        check_width(log_proba, self.log_transition)
        return -mixed_log_likelihood(log_proba, self.log_transition, target)


class BackwardCrossEntropyLoss(LabelLoss):
    r"""Cross-entropy whose mean over the noise is that of the true labels.

    Parameters
    ----------
    transition_matrix : array-like or tensor of shape (n_classes, n_classes)
        As for :class:`ForwardCrossEntropyLoss`; it has an inverse.

    **kwargs : dict
        ``weight`` and ``reduction`` of :class:`torch.nn.CrossEntropyLoss`.

    See Also
    --------
    ForwardCrossEntropyLoss : Correct the prediction instead; mostly the better choice.

    Notes
    -----
    The loss of a row is :math:`-\sum_k (T^{-1})_{\tilde y k} \log p_k(x)`. Some of the
    weights are negative, so that the loss has no lower bound and a net that is trained
    for long follows it down: stop early, and prefer forward correction.

    References
    ----------
    G. Patrini et al., CVPR 2017, see :class:`ForwardCrossEntropyLoss`.

    Examples
    --------
    >>> import torch
    >>> from sknoisy.deep import BackwardCrossEntropyLoss
    >>> T = torch.tensor([[0.8, 0.2], [0.4, 0.6]])
    >>> loss = BackwardCrossEntropyLoss(T, reduction="none")
    >>> logits, labels = torch.tensor([[1.0, 0.0], [1.0, 0.0]]), torch.tensor([0, 1])
    >>> expected = T @ loss(logits, labels)
    >>> plain = torch.nn.CrossEntropyLoss(reduction="none")
    >>> torch.allclose(expected, plain(logits, labels))
    True
    """

    def __init__(self, transition_matrix, **kwargs):
        super().__init__(**kwargs)
        T = as_numpy_matrix(transition_matrix, invertible=True)
        inverse = torch.as_tensor(np.linalg.inv(T), dtype=torch.get_default_dtype())
        self.register_buffer("inverse_transition", inverse)

    def _losses(self, log_proba, target):
        check_width(log_proba, self.inverse_transition)
        return -(self.inverse_transition.to(log_proba)[target] * log_proba).sum(dim=1)


def check_width(log_proba, matrix):
    """Refuse logits of another number of classes than the matrix has."""
    if log_proba.shape[1] != len(matrix):
        raise ValueError(
            f"transition_matrix has {len(matrix)} classes, but the module returned "
            f"logits of shape {tuple(log_proba.shape)}. Let the module return one "
            "logit for each row of the matrix."
        )
