"""Evidence from the features as a prior whose strength the answers tell.

It has not seen the answers to the item: their likelihood is that of held-out data.
"""

import numpy as np
from scipy.optimize import minimize
from scipy.special import softmax

from sknoisy._transition_matrix import normalize_rows
from sknoisy.annotators._votes import TINY

# A normal prior of variance 1 around the start, an even pool: one unit of strength is
# paid for by half a unit of log-likelihood.
RIDGE = 1.0
# Bounds of the search only: a strength of 4 makes 0.6 to 0.4 into 0.84 to 0.16, and an
# offset of 8 makes a class 3,000 times as frequent.
LARGEST_STRENGTH, LARGEST_OFFSET = 4.0, 8.0
# What an optimiser leaves in further digits depends on the machine.
DIGITS = 4


def pooled_prior(logs, likelihood, sample_weight, *, offsets):
    r"""Pool tables of probabilities so that the answers are as likely as can be.

    .. math:: P(k \mid x_i) \propto
       \exp\Big(b_k + \sum_m s_m \log p^{(m)}_k(x_i)\Big)

    with strengths :math:`s_m \ge 0` and offsets :math:`b_k` that make
    :math:`\sum_i \log \sum_k P(k \mid x_i) \, L_{ik}` large. ``logs`` are the
    :math:`\log p^{(m)}` by name and ``likelihood`` is :math:`L`, up to a factor a row,
    all of shape (n_items, n_classes); offsets correct the shares of the classes.
    Returns the prior and the strengths by name.
    """
    tables = np.stack(list(logs.values()))
    n_tables, n_classes = len(tables), likelihood.shape[1]
    start = np.concatenate([np.full(n_tables, 1 / n_tables), np.zeros(n_classes)])
    free = LARGEST_OFFSET if offsets else 0.0
    found = minimize(
        _loss,
        start,
        args=(start, tables, likelihood, sample_weight),
        jac=True,
        method="L-BFGS-B",
        bounds=[(0, LARGEST_STRENGTH)] * n_tables + [(-free, free)] * n_classes,
    )
    x = np.round(found.x, DIGITS)
    return _pool(x, tables), dict(zip(logs, x.tolist(), strict=False))


def _pool(x, tables):
    strengths, offsets = x[: len(tables)], x[len(tables) :]
    return softmax(np.tensordot(strengths, tables, 1) + offsets, axis=1)


def _loss(x, start, tables, likelihood, sample_weight):
    """Return the penalised negative log-likelihood and its gradient."""
    prior = _pool(x, tables)
    joint = prior * likelihood
    marginal = np.maximum(joint.sum(axis=1), TINY)
    # d log sum_k P_k L_k / d logit_k is the posterior less the prior.
    pull = (normalize_rows(joint) - prior) * sample_weight[:, None]
    slope = np.concatenate([(tables * pull).sum(axis=(1, 2)), pull.sum(axis=0)])
    step = x - start
    loss = RIDGE / 2 * step @ step - sample_weight @ np.log(marginal)
    return loss, RIDGE * step - slope
