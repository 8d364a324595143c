"""The layer between the true class and the noisy label."""

import math
from numbers import Real

import numpy as np
import torch
from torch.nn.functional import dropout, log_softmax

from sknoisy.deep._losses import (
    as_numpy_matrix,
    check_batch,
    log_transition,
    mixed_log_likelihood,
    pick,
)

KINDS = ("softmax", "linear", "fixed")
DROPOUT_TARGETS = ("input", "weight")
# The dropout of the one re-implementation of Jindal et al. (2016) that could be read,
# and the penalty that was chosen on mnist5k, the row NoiseAdaptationClassifier() of
# benchmarks/bench_noise_adaptation.py.
USUAL_DROPOUT, USUAL_PENALTY = 0.1, 0.7
# A start of exactly zero could not be left again.
SMALLEST_START = 1e-4


class NoiseAdaptationLayer(torch.nn.Module):
    r"""Layer that turns predictions of the true class into those of the noisy label.

    It is put on top of a classifier for training on noisy labels, learns the noise
    transition matrix together with it, and is taken off for predictions.

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

    dropout : float, default=0.1
        Share q of what is set to zero in training, in [0, 1); "softmax" only.

    dropout_on : {"input", "weight"}, default="input"
        Where: the entries of h, anew for each sample, or the entries of the weight
        matrix, anew for each batch. Both have been read out of "dropout on the weights
        of the noise model"; a masked input removes a whole row of the weights.

    start : "identity", float or array-like, default="identity"
        Where T starts. "identity" starts the weight matrix at the identity, as
        published; its meaning depends on K, see the notes. A number s in (0, 1) is the
        share of labels that are taken over, while the others are drawn from all
        classes alike: the diagonal of T is ``s + (1 - s) / K``. An array of shape
        (n_classes, n_classes) is T itself.

    trace_penalty : float, default=0.7
        Factor of the mean diagonal of T in :meth:`penalty`, not negative; "linear"
        only. It means the same for any K, which a factor of the trace does not: 0.01
        times the trace is 0.1 times the mean diagonal of 10 classes.

    Attributes
    ----------
    weight : parameter of shape (n_classes, n_classes)
        What is learnt: row i holds the logits of the labels of true class i. A fixed
        layer has the buffer ``log_transition`` instead.

    Raises
    ------
    ValueError
        If a parameter is out of its range, or ``start`` has another K.

    See Also
    --------
    NoiseAdaptationClassifier : The classifier around it.
    ForwardCrossEntropyLoss : The fixed layer as a loss.

    Notes
    -----
    A prediction that is certain of class i leaves the softmax layer as
    :math:`T_i = \mathrm{softmax}(W_i)`: rows are distributions without any constraint.
    With :math:`W` at the identity, :math:`T_{ii} = e / (e + K - 1)`, which is 0.73 for
    2 classes, 0.23 for 10, and 0.027 for 100: the more classes, the fewer
    labels the layer takes over at first. A start diagonal d is reached by
    :math:`W = \log\frac{d (K - 1)}{1 - d} I`; the share s that fixes d means the same
    for every K.

    Dropout scales what it keeps by :math:`1 / (1 - q)`, so T as read without dropout
    is flatter than the noise that it was fitted to. This pessimism is intended:
    a wrong label surprises less. ``transition_matrix(calibrated=True)`` takes it out,
    :math:`\mathrm{softmax}(W_i / (1 - q))`.

    The trace penalty c of the linear layer does the same by other means. Where the
    likelihood and the penalty are in balance, and classes are equally frequent, each
    row of T stands for a row with the diagonal :math:`T_{ii} (1 + c (1 - T_{ii}))` and
    the other entries :math:`T_{ij} (1 - c T_{ii})`: that is the calibrated matrix.

    Nothing larger than the weight matrix and one batch of predictions is kept.

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
        dropout=USUAL_DROPOUT,
        dropout_on="input",
        start="identity",
        trace_penalty=USUAL_PENALTY,
    ):
        super().__init__()
        check_layer(kind, dropout, dropout_on, trace_penalty)
        self.n_classes, self.kind = n_classes, kind
        self.dropout, self.dropout_on = dropout, dropout_on
        self.trace_penalty = trace_penalty
        if kind == "fixed":
            T = _given_start(start, n_classes)
            self.register_buffer("log_transition", log_transition(T))
        else:
            self.weight = torch.nn.Parameter(_start_weight(start, n_classes))

    def forward(self, input):
        """Return the log-probabilities of the noisy labels.

        Parameters
        ----------
        input : tensor of shape (n_samples, n_classes)
            Logits of the true classes, as the classifier returns them.

        Returns
        -------
        tensor of shape (n_samples, n_classes)
            Log-probabilities of the noisy labels.
        """
        if self.kind == "softmax":
            return log_softmax(self._drop(input), dim=1)
        log_proba = log_softmax(input, dim=1)
        mixed = log_proba.exp() @ self._log_T().to(log_proba).exp()
        return torch.log(mixed.clamp_min(torch.finfo(mixed.dtype).tiny))

    def log_likelihood(self, input, target):
        """Return the log-likelihood of each noisy label.

        It is what ``forward`` says about the label, but exact also where a matrix
        with zeros makes a label all but impossible.

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
            ``trace_penalty`` times the mean diagonal of T for the linear layer, which
            without it would hardly leave a start close to the identity; 0 for the
            others.
        """
        if self.kind != "linear":
            return torch.zeros(())
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

    def extra_repr(self):
        """Return the parameters, for the printed form.

        Returns
        -------
        str
            Names and values.
        """
        dropout = f", dropout={self.dropout} on {self.dropout_on}"
        shown = dropout if self.kind == "softmax" else ""
        return f"n_classes={self.n_classes}, kind={self.kind!r}{shown}"

    def _log_T(self):
        """Return the logarithm of the matrix, without dropout."""
        if self.kind == "fixed":
            return self.log_transition
        return log_softmax(self.weight, dim=1)

    def _drop(self, logits):
        """Return the logits of the noisy labels, with dropout in training."""
        proba = torch.softmax(logits, dim=1)
        weight = self.weight.to(proba)
        if self.dropout_on == "input":
            return dropout(proba, self.dropout, self.training) @ weight
        return proba @ dropout(weight, self.dropout, self.training)


def without_trace_penalty(T, penalty):
    """Return the matrix that a linear layer would have learnt without its penalty."""
    # From the stationary point of sum_j t_j log T_j - penalty * T_i in each row i.
    diagonal = T.diagonal()
    others = T * (1 - penalty * diagonal).clamp_min(0)[:, None]
    others.fill_diagonal_(0)
    return others + torch.diag(1 - others.sum(dim=1))


def check_layer(kind, dropout, dropout_on, trace_penalty):
    """Refuse parameters of the layer that are out of range."""
    for name, value, choices in (
        ("kind", kind, KINDS),
        ("dropout_on", dropout_on, DROPOUT_TARGETS),
    ):
        if value not in choices:
            raise ValueError(
                f"{name} must be one of {', '.join(map(repr, choices))}, but got "
                f"{value!r}. Choose one of them."
            )
    if not 0 <= dropout < 1:
        raise ValueError(
            f"dropout must lie in [0, 1), but got {dropout!r}. It is the share that is "
            "set to zero: 0.1 is the usual value, and at 1 nothing would be left."
        )
    if not 0 <= trace_penalty < math.inf:
        raise ValueError(
            f"trace_penalty must be a finite number of at least 0, but got "
            f"{trace_penalty!r}. 0.7 is the usual value."
        )


def _given_start(start, n_classes):
    """Return the matrix that a fixed layer needs."""
    if isinstance(start, str | Real):
        raise ValueError(
            f"A layer of kind='fixed' needs its transition matrix of shape "
            f"({n_classes}, {n_classes}) as start, but got start={start!r}. Pass the "
            "matrix, or use kind='softmax' to learn it."
        )
    return as_numpy_matrix(start, n_classes=n_classes, name="start")


def _start_weight(start, n_classes):
    """Return the weights at the start."""
    if isinstance(start, str):
        if start != "identity":
            raise ValueError(
                f"start must be 'identity', a number or a matrix, but got {start!r}. "
                "Pass 0.5, for example, to take over half of the labels at first."
            )
        return torch.eye(n_classes)
    if isinstance(start, Real):
        if not 0 < start < 1:
            raise ValueError(
                f"start must lie in (0, 1), but got {start!r}. It is the share of "
                "labels that the layer takes for right at first, beyond chance; 0.5 is "
                "the usual value."
            )
        diagonal = start + (1 - start) / n_classes
        scale = math.log(diagonal * (n_classes - 1) / (1 - diagonal))
        return scale * torch.eye(n_classes)
    T = as_numpy_matrix(start, n_classes=n_classes, name="start")
    weight = np.log(np.maximum(T, SMALLEST_START))
    # Dropout pulls towards zero, which shall mean "as likely as the average label".
    weight -= np.log(1 / n_classes)
    return torch.as_tensor(weight, dtype=torch.get_default_dtype())
