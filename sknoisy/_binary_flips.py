r"""A 0/1 label that may be missing or spurious: its posterior and its rates.

Tags, classes of bags and entries of a tagging network are all labels of this kind. Let
:math:`y` be the true value and :math:`\tilde y` the label. Everywhere in the package

- ``missing_rate`` is :math:`m = P(\tilde y = 0 \mid y = 1)`,
- ``spurious_rate`` is :math:`s = P(\tilde y = 1 \mid y = 0)`,
- ``true_proba`` is :math:`p = P(y = 1 \mid x)` and ``label_proba`` is
  :math:`q = P(\tilde y = 1 \mid x)`.

The functions work element by element, so that a rate may be a number or one per column.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, logit

# Probabilities are kept this far from 0 and 1 before their logit is taken: one source
# of evidence then moves the odds by at most 10,000.
SMALLEST_PROBA = 1e-4
# Keeps a likelihood finite where a model is certain of a label that is wrong.
SMALLEST_LIKELIHOOD = 1e-8

# ``estimate_missing_rate``: the quantile of the label probability over labelled rows
# that stands for 1 - m, and the usual value, worth as many rows, that it is shrunk to.
# Chosen on the sets emotions, yeast_ml and generated tags, noise "dropped", of
# the suite multilabel.
QUANTILE, USUAL_MISSING_RATE, USUAL_ROWS = 0.75, 0.5, 20.0

# ``fit_flips``: a rate above one half would exchange the meaning of 0 and 1.
HIGHEST_RATE = 0.5
# Normal priors, as penalties k (x - x0)^2 of standard deviation (2 k)^-1/2. The mean
# rate of all classes lies near 5 %, within 2.2 logits; the rates of the classes lie
# within 0.5 logits of their mean, and their levels within 1 logit of theirs.
USUAL_RATE, OF_MEAN_RATE, OF_RATES, OF_LEVELS = 0.05, 0.1, 2.0, 0.5
# Limit of |logit| of a rate, so that the optimiser never leaves what expit can hold.
RATE_LOGIT_LIMIT = 9.0


def label_proba(true_proba, missing_rate, spurious_rate):
    """Return q = (1 - m) p + s (1 - p), for arrays and for tensors."""
    return spurious_rate + (1 - missing_rate - spurious_rate) * true_proba


def true_proba(label_proba, missing_rate, spurious_rate):
    """Return p, the solution of q = (1 - m) p + s (1 - p) that is nearest in [0, 1]."""
    span = np.maximum(1 - missing_rate - spurious_rate, SMALLEST_PROBA)
    return np.clip((label_proba - spurious_rate) / span, 0, 1)


def flip_posterior(true_proba, labels, missing_rate, spurious_rate):
    r"""Return the probability that a label is truly 1, given evidence and label.

    Bayes' rule: :math:`m p / (m p + (1 - s)(1 - p))` for a label of 0 and
    :math:`(1 - m) p / ((1 - m) p + s (1 - p))` for a label of 1.

    Parameters
    ----------
    true_proba : ndarray
        Probability of 1 by evidence that has not seen the label.

    labels : ndarray of bool, of the same shape
        The labels.

    missing_rate, spurious_rate : float or ndarray that broadcasts
        Rates of the two errors.

    Returns
    -------
    ndarray
        Values in [0, 1]. A label that evidence and rates rule out stands as it is.
    """
    if_true = np.where(labels, 1 - missing_rate, missing_rate) * true_proba
    if_false = np.where(labels, spurious_rate, 1 - spurious_rate) * (1 - true_proba)
    total = if_true + if_false
    given = np.array(labels, dtype=float)
    return np.divide(if_true, total, out=given, where=total > 0)


def estimate_missing_rate(label_proba, labels, sample_weight):
    r"""Estimate how often a label is missing, without looking at any row again.

    If labels are missing by chance and never spurious, then
    :math:`q(x) = (1 - m) P(y = 1 \mid x)`, and :math:`1 - m` is what :math:`q` reaches
    where the label is certain (Elkan and Noto, 2008, estimator e3, by a quantile).

    Parameters
    ----------
    label_proba : ndarray of shape (n_samples,)
        Probability of the label, by evidence that has not seen it.

    labels : ndarray of bool of shape (n_samples,)
        The labels, 1 in one row at least.

    sample_weight : ndarray of shape (n_samples,)
        Weights.

    Returns
    -------
    missing_rate : float
        One minus the upper quartile over the labelled rows, shrunk to one half where
        these are few.

    highest : float
        One minus the mean over these rows: the rate cannot be larger than that, unless
        labels are spurious.
    """
    values, weights = label_proba[labels], sample_weight[labels]
    total = weights.sum()
    order = np.argsort(values)
    reached = np.searchsorted(np.cumsum(weights[order]), QUANTILE * total)
    upper = values[order][min(reached, len(order) - 1)]
    rate = (total * (1 - upper) + USUAL_ROWS * USUAL_MISSING_RATE) / (
        total + USUAL_ROWS
    )
    return float(rate), float(1 - weights @ values / total)


@dataclass(frozen=True)
class FlipFit:
    """What :func:`fit_flips` found.

    Attributes
    ----------
    true_proba : ndarray of shape (n_samples, n_classes)
        Probability that the class is truly there, given the evidence alone.
    missing_rate, spurious_rate : ndarray of shape (n_classes,)
        The rates; zeros where no label may be wrong.
    levels : ndarray of shape (n_classes,)
        Level of each class.
    weights : ndarray of shape (n_sources,)
        Slope of each source of evidence.
    log_likelihood : float
        Log-likelihood of the labels, without the priors.
    """

    true_proba: np.ndarray
    missing_rate: np.ndarray
    spurious_rate: np.ndarray
    levels: np.ndarray
    weights: np.ndarray
    log_likelihood: float


def fit_flips(
    logits,
    labels,
    *,
    offset=0.0,
    sample_weight=None,
    may_be_wrong=None,
    weight=1.0,
    weight_penalty=0.01,
    lowest_weight=0.05,
):
    r"""Fit a logistic model of 0/1 labels, some of which have been flipped.

    With evidence :math:`z_j` a class is there with probability
    :math:`\operatorname{logit} p = b + a_c + \sum_j w_j z_j`, and its label is 1 with
    probability :math:`(1 - m_c) p + s_c (1 - p)`. The most probable levels :math:`a_c`,
    weights :math:`w_j \ge w_{min}` and rates are found together. This is the one
    penalised logistic fit of tags and bags.

    Parameters
    ----------
    logits : ndarray of shape (n_sources, n_samples, n_classes)
        Evidence on the logit scale; none has seen the label that it is about.

    labels : ndarray of bool of shape (n_samples, n_classes)
        The labels.

    offset : float or ndarray, default=0.0
        The constant :math:`b`.

    sample_weight : ndarray of shape (n_samples,), default=None
        Weights; None means 1.

    may_be_wrong : ndarray of bool of shape (n_samples, n_classes), default=None
        Entries that the rates apply to. None fits no rates.

    weight, weight_penalty, lowest_weight : float
        Start and centre of the normal prior of the weights of evidence, its penalty,
        and the smallest weight allowed.

    Returns
    -------
    FlipFit
        The fitted model.
    """
    n_sources, _, n_classes = logits.shape
    prior = np.full(n_sources, weight), weight_penalty
    model = _FlipModel(logits, labels, offset, sample_weight, may_be_wrong, prior)
    n_rates = 0 if may_be_wrong is None else 2 * n_classes
    start = [np.zeros(n_classes), prior[0], np.full(n_rates, model.usual_logit)]
    bounds = [
        *[(None, None)] * n_classes,
        *[(lowest_weight, None)] * n_sources,
        *[(-RATE_LOGIT_LIMIT, RATE_LOGIT_LIMIT)] * n_rates,
    ]
    start = np.concatenate(start)
    found = minimize(model.loss, start, jac=True, method="L-BFGS-B", bounds=bounds).x
    levels, weights, rates = model.split(found)
    z = model.logit(levels, weights)
    log_likelihood = -model.negative_likelihood(z, rates)[0]
    return FlipFit(expit(z), *model.rates(rates), levels, weights, log_likelihood)


class _FlipModel:
    """Loss and gradient of :func:`fit_flips`, of which it takes the arguments."""

    usual_logit = logit(USUAL_RATE / HIGHEST_RATE)

    def __init__(self, logits, labels, offset, sample_weight, may_be_wrong, prior):
        self.logits, self.labels, self.offset = logits, labels, offset
        self.shape = len(logits), logits.shape[2]
        self.sample_weight = 1.0 if sample_weight is None else sample_weight[:, None]
        self.free = may_be_wrong
        self.prior = prior

    def split(self, parameters):
        """Return levels, weights of evidence, and logits of the rates."""
        n_sources, n_classes = self.shape
        levels, weights, rates = np.split(
            parameters, [n_classes, n_classes + n_sources]
        )
        return levels, weights, rates.reshape(-1, n_classes)

    def rates(self, rate_logits):
        """Return missing and spurious rate of each class."""
        if self.free is None:
            return np.zeros((2, self.shape[1]))
        return HIGHEST_RATE * expit(rate_logits)

    def logit(self, levels, weights):
        """Return the logit of the probability that each class is truly there."""
        return self.offset + levels + np.tensordot(weights, self.logits, axes=1)

    def negative_likelihood(self, z, rate_logits):
        """Return the negative log-likelihood, and its gradients by z and by rates."""
        p, labels = expit(z), self.labels
        if self.free is None:
            loss = np.logaddexp(0, z) - labels * z
            by_logit = self.sample_weight * (p - labels)
            return (self.sample_weight * loss).sum(), by_logit, rate_logits
        missing, spurious = self.rates(rate_logits)
        q = np.where(self.free, label_proba(p, missing, spurious), p)
        q = np.clip(q, SMALLEST_LIKELIHOOD, 1 - SMALLEST_LIKELIHOOD)
        loss = -np.log(np.where(labels, q, 1 - q))
        # The chain rule along q, p, z; and dq/dm = -p, dq/ds = 1 - p.
        by_q = self.sample_weight * (q - labels) / (q * (1 - q))
        by_logit = by_q * np.where(self.free, 1 - missing - spurious, 1) * p * (1 - p)
        by_rates = np.stack([-p, 1 - p]) * by_q * self.free
        by_rates = by_rates.sum(axis=1) * HIGHEST_RATE * expit(rate_logits)
        by_rates = by_rates * (1 - expit(rate_logits))
        return (self.sample_weight * loss).sum(), by_logit, by_rates

    def loss(self, parameters):
        """Return the negative log posterior of the parameters, and its gradient."""
        levels, weights, rates = self.split(parameters)
        z = self.logit(levels, weights)
        loss, by_logit, by_rates = self.negative_likelihood(z, rates)
        penalty, *gradients = self._penalty(levels, weights, rates)
        by_weights = np.tensordot(self.logits, by_logit, axes=2)
        by_all = by_logit.sum(axis=0), by_weights, by_rates
        pairs = zip(by_all, gradients, strict=True)
        return loss + penalty, np.concatenate([(a + b).ravel() for a, b in pairs])

    def _penalty(self, levels, weights, rates):
        """Return the priors' negative logarithm and its three gradients."""
        centre, of_weights = self.prior
        apart, away = levels - levels.mean(), weights - centre
        penalty = OF_LEVELS * apart @ apart + of_weights * away @ away
        of_rates = 0 * rates
        if self.free is not None:
            mean = rates.mean(axis=1, keepdims=True)
            far, differ = mean - self.usual_logit, rates - mean
            penalty += OF_MEAN_RATE * (far**2).sum() + OF_RATES * (differ**2).sum()
            of_rates = 2 * OF_MEAN_RATE * far / self.shape[1] + 2 * OF_RATES * differ
        return penalty, 2 * OF_LEVELS * apart, 2 * of_weights * away, of_rates
