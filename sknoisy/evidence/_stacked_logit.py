"""A conditional logit over tables of probabilities: one coefficient for each table."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import log_softmax, softmax

# How strongly a coefficient is held to where it starts, and a class to no offset, in
# rows. Chosen with trusted rows of cifar10n, ferplus, newsclass_yoruba and banking77
# among 4, 8, 16 and 32, and 1, 2 and 4. With 4 instead of 16, a few dozen trusted rows
# of satimage could do harm.
SHRINKAGE = 16.0
OFFSET_SHRINKAGE = 1.0
# Share of the uniform distribution in each table, so that no logarithm runs away.
UNIFORM_SHARE = 1e-3
# Far more than the dozen steps that two or three tables take.
MAX_STEPS = 300


@dataclass(frozen=True)
class StackedLogit:
    """What weighs several tables of probabilities against each other.

    Attributes
    ----------
    coefficients : ndarray of shape (n_tables,)
        Exponent of each table.
    offsets : ndarray of shape (n_classes,)
        Logarithm of the factor of each class.
    """

    coefficients: np.ndarray
    offsets: np.ndarray

    def proba(self, tables):
        """Return the probabilities that several tables amount to.

        Parameters
        ----------
        tables : list of ndarray of shape (n_samples, n_classes)
            The tables.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Rows sum to 1.
        """
        logits = np.tensordot(self.coefficients, log_tables(tables), 1)
        return softmax(logits + self.offsets, axis=1)


def log_tables(tables):
    """Return the logarithms of tables of probabilities, each row about its mean.

    Parameters
    ----------
    tables : list of ndarray of shape (n_samples, n_classes)
        The tables.

    Returns
    -------
    ndarray of shape (n_tables, n_samples, n_classes)
        Rows sum to 0.
    """
    tables = np.stack(tables)
    logs = np.log((1 - UNIFORM_SHARE) * tables + UNIFORM_SHARE / tables.shape[2])
    return logs - logs.mean(axis=2, keepdims=True)


def fit_stacked_logit(tables, codes, weights, start):
    r"""Fit the exponents with which tables predict known classes.

    .. math:: P(k \mid x) \propto e^{b_k} \prod_m p_m(k \mid x)^{w_m}

    maximises the likelihood of the classes less :math:`8 \|w - w_0\|^2` and
    :math:`\frac{1}{2} \|b\|^2`. The logarithm of that is concave in `w` and `b`.

    Parameters
    ----------
    tables : list of ndarray of shape (n_rows, n_classes)
        Probabilities by what has not seen the class of the row.

    codes : ndarray of int of shape (n_rows,)
        The classes.

    weights : ndarray of shape (n_rows,)
        Weight of each row. With fewer rows the exponents stay closer to the start.

    start : array-like of shape (n_tables,)
        Exponents to stay close to without evidence against them.

    Returns
    -------
    StackedLogit
        The fit.
    """
    logs, start = log_tables(tables), np.asarray(start, dtype=float)
    n_tables, n_rows, n_classes = logs.shape
    known = np.eye(n_classes)[codes]

    def loss(parameters):
        shift, offsets = parameters[:n_tables] - start, parameters[n_tables:]
        logits = np.tensordot(parameters[:n_tables], logs, 1) + offsets
        log_proba = log_softmax(logits, axis=1)
        excess = (np.exp(log_proba) - known) * weights[:, None]
        value = -weights @ log_proba[np.arange(n_rows), codes]
        value += (SHRINKAGE * shift @ shift + OFFSET_SHRINKAGE * offsets @ offsets) / 2
        by_table = np.tensordot(logs, excess, ([1, 2], [0, 1])) + SHRINKAGE * shift
        by_class = excess.sum(axis=0) + OFFSET_SHRINKAGE * offsets
        return value, np.concatenate([by_table, by_class])

    begin = np.concatenate([start, np.zeros(n_classes)])
    # Tight, so that copies and weights that mean the same give the same.
    options = {"maxiter": MAX_STEPS, "ftol": 1e-13, "gtol": 1e-9}
    found = minimize(loss, begin, jac=True, method="L-BFGS-B", options=options).x
    return StackedLogit(found[:n_tables], found[n_tables:])
