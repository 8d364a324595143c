"""What the features say about the class of each item, weighed by the answers.

The evidence has not seen the answers to the item that it is about, so that the answers
tell how far it can be trusted: their likelihood is that of held-out data.
"""

import numpy as np
from scipy.optimize import minimize
from scipy.special import softmax

from sknoisy._evidence import FAINTEST, model_evidence, neighbor_evidence, neighborhood
from sknoisy._soft_labels import takes_weights
from sknoisy._transition_matrix import normalize_rows
from sknoisy.annotators._votes import TINY

# The answers must speak against the start, an even pool, by more than this ridge.
RIDGE = 1.0
LARGEST_STRENGTH, LARGEST_OFFSET = 4.0, 8.0
# What an optimiser leaves in the last digits shall decide nothing.
DIGITS = 4


class FeatureEvidence:
    """Out-of-fold probabilities and neighbours, asked again whenever beliefs change.

    Parameters
    ----------
    owner : estimator
        Its ``evidence`` and its parameters for folds and embedding are used.

    estimator : classifier
        The model that is asked.

    X : array-like, frame, sparse matrix or sequence of n_samples rows
        Handed on as it came.

    labels : NoisyLabels
        Any label of each row, for folds and for rows that are never held out; weights
        of zero for rows that say nothing.
    """

    def __init__(self, owner, estimator, X, labels):
        self.owner, self.estimator, self.X, self.labels = owner, estimator, X, labels
        self.graph = None
        if owner.evidence != "model":
            self.graph = neighborhood(owner, estimator, X, labels)

    def tables(self, posterior):
        """Return tables of probabilities by those who have not seen the row.

        Parameters
        ----------
        posterior : ndarray of shape (n_samples, n_classes)
            What the other rows are believed to be.

        Returns
        -------
        dict of ndarray of shape (n_samples, n_classes)
            At least one table, by the name of who was asked; rows sum to 1.
        """
        labels, tables = self.labels, {}
        soft_labels = posterior * labels.sample_weight[:, None]
        if self.graph is not None:
            votes = neighbor_evidence(self.graph, labels, soft_labels)
            tables["neighbors"] = votes
        if self.graph is None or self.owner.evidence != "neighbors":
            if not takes_weights(self.estimator):
                best = np.eye(labels.n_classes)[posterior.argmax(axis=1)]
                soft_labels = best * labels.sample_weight[:, None]
            tables["model"] = model_evidence(
                self.owner, self.estimator, self.X, labels, soft_labels
            )
        return tables


def pooled_prior(tables, likelihood, mass, *, offsets):
    r"""Pool tables of probabilities as the answers like them best.

    .. math:: P(k \mid x_i) \propto
       \exp\Big(b_k + \sum_m s_m \log p^{(m)}_k(x_i)\Big)

    with strengths :math:`s_m \ge 0` and offsets :math:`b_k` that make
    :math:`\sum_i \log \sum_k P(k \mid x_i) \, L_{ik}` large.

    Parameters
    ----------
    tables : dict of ndarray of shape (n_items, n_classes)
        Probabilities that have not seen the answers to the item, by name.

    likelihood : ndarray of shape (n_items, n_classes)
        How likely the answers to each item are, for each true class, up to a factor.

    mass : ndarray of shape (n_items,)
        Weights of the items.

    offsets : bool
        Whether the shares of the classes are corrected.

    Returns
    -------
    prior : ndarray of shape (n_items, n_classes)
        Rows sum to 1.

    strengths : dict
        How much each table counts, by name.
    """
    logs = np.stack([np.log(np.maximum(table, FAINTEST)) for table in tables.values()])
    n_tables, n_classes = len(logs), likelihood.shape[1]
    start = np.concatenate([np.full(n_tables, 1 / n_tables), np.zeros(n_classes)])
    free = LARGEST_OFFSET if offsets else 0.0
    found = minimize(
        _loss,
        start,
        args=(start, logs, likelihood, mass),
        jac=True,
        method="L-BFGS-B",
        bounds=[(0, LARGEST_STRENGTH)] * n_tables + [(-free, free)] * n_classes,
    )
    x = np.round(found.x, DIGITS)
    return _pool(x, logs), dict(zip(tables, x.tolist(), strict=False))


def _pool(x, logs):
    strengths, offsets = x[: len(logs)], x[len(logs) :]
    return softmax(np.tensordot(strengths, logs, 1) + offsets, axis=1)


def _loss(x, start, logs, likelihood, mass):
    """Return the penalised negative log-likelihood and its slope."""
    prior = _pool(x, logs)
    joint = prior * likelihood
    evidence = np.maximum(joint.sum(axis=1), TINY)
    pull = (normalize_rows(joint) - prior) * mass[:, None]
    slope = np.concatenate([(logs * pull).sum(axis=(1, 2)), pull.sum(axis=0)])
    step = x - start
    return RIDGE / 2 * step @ step - mass @ np.log(evidence), RIDGE * step - slope
