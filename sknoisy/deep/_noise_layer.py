"""The layer between the true class and the noisy label."""

import math
from numbers import Real

import numpy as np
import torch
from torch.nn.functional import dropout, log_softmax

from sknoisy.deep._core import given_matrix
from sknoisy.deep._losses import check_batch, log_transition, mixed_log_likelihood, pick

# What keeps each kind from the identity, and its usual value: the dropout of the one
# re-implementation of Jindal et al. (2016) that could be read, and the penalty that was
# chosen on mnist5k, the row NoiseAdaptationClassifier() of
# suite nets.
OPTIONS = {"softmax": {"dropout": 0.1}, "linear": {"trace_penalty": 0.7}, "fixed": {}}
# The identity is published; half of the labels taken over is of the same row.
STARTS = {"softmax": "identity", "linear": 0.5}
HIGHEST = {"dropout": 1, "trace_penalty": math.inf}
# A start of exactly zero could not be left again.
SMALLEST_START = 1e-4


class NoiseAdaptationLayer(torch.nn.Module):
    r"""Layer that turns predictions of the true class into those of the noisy label.

    It is put on top of a classifier for training, learns the noise transition matrix
    along with it, and is taken off for predictions.

    Parameters
    ----------
    n_classes : int
        Number of classes K, at least 2.

    kind : {"softmax", "linear", "fixed"}, default="softmax"
        What the layer computes from the probabilities h of the true classes:

        - "softmax": ``softmax(h @ weight)`` with dropout;
        - "linear": ``h @ T`` with ``T = softmax(weight)`` by rows, to be trained with
          :meth:`penalty`;
        - "fixed": ``h @ T`` with the T given as ``start``, which is not learnt.

    dropout : float, default=None
        Share q of the entries of h that is set to zero in training, anew for each
        sample, in [0, 1). Only for "softmax", where None means 0.1.

    start : "identity", float or array-like, default=None
        Where T starts. "identity" starts the weight matrix at the identity, as
        published; its meaning depends on K, see the notes. A number s in (0, 1) is the
        share of labels that are taken over, while the others are drawn from all
        classes alike: the diagonal of T is ``s + (1 - s) / K``. An array of shape
        (n_classes, n_classes) is T itself. None means "identity" for "softmax", as
        published, and 0.5 for "linear".

    trace_penalty : float, default=None
        Factor of the mean diagonal of T in :meth:`penalty`, not negative. Only for
        "linear", where None means 0.7. It means the same for any K: 0.01 times the
        trace is 0.1 times the mean diagonal of 10 classes.

    Attributes
    ----------
    weight : parameter of shape (n_classes, n_classes)
        Row i holds the logits of the labels of true class i. A fixed layer has none.

    Raises
    ------
    ValueError
        If a parameter is out of its range or of another kind of layer.

    See Also
    --------
    NoiseAdaptationClassifier : The classifier around it.
    ForwardCrossEntropyLoss : The fixed layer as a loss.

    Notes
    -----
    A prediction that is certain of class i leaves the softmax layer as
    :math:`T_i = \mathrm{softmax}(W_i)`. With :math:`W` at the identity,
    :math:`T_{ii} = e / (e + K - 1)`, which is 0.73 for 2 classes, 0.23 for 10, and
    0.027 for 100: the more classes, the fewer labels the layer takes over at first.

    Dropout scales what it keeps by :math:`1 / (1 - q)`, so T as read without it is
    flatter than the noise that it was fitted to. This pessimism is intended: a wrong
    label surprises less. The calibrated matrix is :math:`\mathrm{softmax}(W_i / (1 -
    q))`.

    The trace penalty c of the linear layer does the same by other means. Where it is in
    balance with the likelihood, and classes are equally frequent, the calibrated matrix
    has the diagonal :math:`T_{ii} (1 + c (1 - T_{ii}))` and the other entries
    :math:`T_{ij} (1 - c T_{ii})`.

    References
    ----------
    I. Jindal, M. Nokleby, X. Chen, "Learning Deep Networks from Noisy Labels with
    Dropout Regularization", ICDM 2016.

    S. Sukhbaatar, J. Bruna, M. Paluri, L. Bourdev, R. Fergus, "Training Convolutional
    Networks with Noisy Labels", ICLR 2015 workshop: the linear layer.

    Examples
    --------
    >>> import torch
    >>> from sknoisy.deep import NoiseAdaptationLayer
    >>> layer = NoiseAdaptationLayer(10).eval()
    >>> round(layer.transition_matrix()[0, 0].item(), 2)
    0.23
    >>> layer = NoiseAdaptationLayer(100, start=0.5)
    >>> round(layer.transition_matrix()[0, 0].item(), 3)
    0.505
    >>> noisy = layer(torch.randn(4, 100)).exp()
    >>> torch.allclose(noisy.sum(dim=1), torch.ones(4))
    True
    """

    def __init__(
        self,
        n_classes,
        *,
        kind="softmax",
        dropout=None,
        start=None,
        trace_penalty=None,
    ):
        super().__init__()
        if kind not in OPTIONS:
            raise ValueError(
                f"kind must be one of {', '.join(map(repr, OPTIONS))}, but got "
                f"{kind!r}. Choose one of them."
            )
        self.kind = kind
        self.dropout = checked_option("dropout", dropout, kind)
        self.trace_penalty = checked_option("trace_penalty", trace_penalty, kind)
        if kind == "fixed":
            T = given_matrix(start, n_classes=n_classes, name="start")
            self.register_buffer("log_transition", log_transition(T))
        else:
            start = STARTS[kind] if start is None else start
            self.weight = torch.nn.Parameter(_start_weight(start, n_classes))

    def forward(self, input):
        """Return the log-probabilities of the noisy labels.

        Parameters
        ----------
        input : tensor of shape (n_samples, n_classes)
            Logits of the true classes.

        Returns
        -------
        tensor of shape (n_samples, n_classes)
            Log-probabilities of the noisy labels.
        """
        if self.kind == "softmax":
            kept = dropout(torch.softmax(input, dim=1), self.dropout, self.training)
            return log_softmax(kept @ self.weight.to(kept), dim=1)
        log_proba = log_softmax(input, dim=1)
        mixed = log_proba.exp() @ self._log_T().to(log_proba).exp()
        return torch.log(mixed.clamp_min(torch.finfo(mixed.dtype).tiny))

    def log_likelihood(self, input, target):
        """Return the log-likelihood of each noisy label, exact for any matrix.

        Parameters
        ----------
        input : tensor of shape (n_samples, n_classes)
            Logits of the true classes.

        target : tensor of int64 of shape (n_samples,)
            Noisy labels.

        Returns
        -------
        tensor of shape (n_samples,)
            Log-likelihood of each label.
        """
        check_batch(input, target)
        if self.kind == "softmax":
            return pick(self(input), target)
        return mixed_log_likelihood(log_softmax(input, dim=1), self._log_T(), target)

    def penalty(self):
        """Return what is added to the loss of a batch.

        Returns
        -------
        tensor
            ``trace_penalty`` times the mean diagonal of T, 0 for other kinds.
        """
        return self.trace_penalty * self._log_T().diagonal().exp().mean()

    @torch.no_grad()
    def transition_matrix(self, *, calibrated=False):
        """Return the transition matrix of the layer.

        Parameters
        ----------
        calibrated : bool, default=False
            Whether the pessimism by dropout or trace penalty is taken out.

        Returns
        -------
        tensor of shape (n_classes, n_classes)
            ``T[i, j] = P(noisy = j | clean = i)``, without a gradient.
        """
        if calibrated and self.kind == "softmax":
            return log_softmax(self.weight / (1 - self.dropout), dim=1).exp()
        T = self._log_T().exp()
        if calibrated and self.kind == "linear":
            return without_trace_penalty(T, self.trace_penalty)
        return T

    def _log_T(self):
        """Return the logarithm of the matrix, without dropout."""
        if self.kind == "fixed":
            return self.log_transition
        return log_softmax(self.weight, dim=1)


def without_trace_penalty(T, penalty):
    """Return the matrix that a linear layer would have learnt without its penalty."""
    # From the stationary point of sum_j t_j log T_j - penalty * T_i in each row i.
    diagonal = T.diagonal()
    others = T * (1 - penalty * diagonal).clamp_min(0)[:, None]
    others.fill_diagonal_(0)
    return others + torch.diag(1 - others.sum(dim=1))


def checked_option(name, value, kind):
    """Return an option of the layer, 0 where its kind has none of that name."""
    if name not in OPTIONS[kind]:
        if value is not None:
            raise ValueError(
                f"{name} has no effect on a noise layer of kind {kind!r}, but got "
                f"{name}={value!r}. Leave it out, or choose another kind."
            )
        return 0.0
    value = OPTIONS[kind][name] if value is None else value
    if not 0 <= value < HIGHEST[name]:
        raise ValueError(
            f"{name} must lie in [0, {HIGHEST[name]}), but got {value!r}. The usual "
            f"value is {OPTIONS[kind][name]}."
        )
    return value


def _start_weight(start, n_classes):
    """Return the weights at the start."""
    if isinstance(start, str | Real):
        if start == "identity":
            return torch.eye(n_classes)
        if isinstance(start, str) or not 0 < start < 1:
            raise ValueError(
                f"start must be 'identity', a number in (0, 1) or a matrix, but got "
                f"{start!r}. Pass 0.5, for example, to take over half of the labels at "
                "first."
            )
        diagonal = start + (1 - start) / n_classes
        scale = math.log(diagonal * (n_classes - 1) / (1 - diagonal))
        return scale * torch.eye(n_classes)
    T = given_matrix(start, n_classes=n_classes, name="start")
    # Dropout pulls towards zero, which shall mean "as likely as the average label".
    weight = np.log(np.maximum(T, SMALLEST_START)) - np.log(1 / n_classes)
    return torch.as_tensor(weight, dtype=torch.get_default_dtype())
