"""From what is known about a tag to the probability that it is true."""

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, logit

FAINTEST = 1e-4
# Penalty that holds the exponents of the evidence near their start.
STIFFNESS = 8.0
# Tagability is a quantile of what is found for tagged rows, shrunk to a half as if by
# so many further rows. Chosen on emotions, yeast and generators.
QUANTILE, USUAL_TAGABILITY, USUAL_ROWS = 0.75, 0.5, 20.0
SURE = 1 - 1e-6


def pool_evidence(columns, tagged, mass):
    r"""Return the probability of the tag given, by all evidence together.

    With the share :math:`b` of tagged rows and evidence :math:`p_j`,

    .. math:: \operatorname{logit} e = \operatorname{logit} b + a
        + \sum_j s_j (\operatorname{logit} p_j - \operatorname{logit} b),

    with :math:`s_j \ge 0`. No evidence about a row has seen the tag of this row, so the
    likelihood that chooses the exponents is one of held-out tags.

    Parameters
    ----------
    columns : list of ndarray of shape (n_samples,)
        Evidence, each a probability of the tag.

    tagged : ndarray of bool of shape (n_samples,)
        Rows that have the tag.

    mass : ndarray of shape (n_samples,)
        Weights.

    Returns
    -------
    proba : ndarray of shape (n_samples,)
        Probability that the row has the tag.

    exponents : ndarray of shape (n_columns,)
        How much each kind of evidence counts.
    """
    base = logit(np.clip(mass @ tagged / mass.sum(), FAINTEST, 1 - FAINTEST))
    Z = np.stack([logit(np.clip(p, FAINTEST, 1 - FAINTEST)) - base for p in columns])
    n_columns = len(Z)
    start = np.append(np.full(n_columns, n_columns**-0.5), 0.0)
    stiffness = np.append(np.full(n_columns, STIFFNESS), 0.5)

    def cost(w):
        logits = w[:-1] @ Z + w[-1] + base
        losses = np.logaddexp(0, logits) - tagged * logits
        slope = mass * (expit(logits) - tagged)
        away = w - start
        return (
            mass @ losses + stiffness @ away**2,
            np.append(Z @ slope, slope.sum()) + 2 * stiffness * away,
        )

    bounds = [(0, None)] * n_columns + [(None, None)]
    w = minimize(cost, start, jac=True, method="L-BFGS-B", bounds=bounds).x
    return expit(w[:-1] @ Z + w[-1] + base), w[:-1]


def estimate_tagability(proba, tagged, mass):
    r"""Estimate how likely a true tag is given, without looking at any row again.

    If tags are given to a share :math:`\rho` of the rows that deserve them, whatever
    their features, and to no others, then :math:`e(x) = \rho P(y = 1 \mid x)`, and
    :math:`\rho` is what the probability :math:`e` reaches where the tag is certain.

    Parameters
    ----------
    proba : ndarray of shape (n_samples,)
        Probability that the row has the tag, from evidence that has not seen it.

    tagged : ndarray of bool of shape (n_samples,)
        Rows that have the tag.

    mass : ndarray of shape (n_samples,)
        Weights.

    Returns
    -------
    tagability : float
        The upper quartile of ``proba`` over the tagged rows, shrunk towards one half
        where these are few.

    lowest : float
        Their mean, which lies below the tagability by as much as the tag is uncertain.
    """
    values, weights = proba[tagged], mass[tagged]
    total = weights.sum()
    order = np.argsort(values)
    reached = np.searchsorted(np.cumsum(weights[order]), QUANTILE * total)
    upper = values[order][min(reached, len(order) - 1)]
    shrunk = (total * upper + USUAL_ROWS * USUAL_TAGABILITY) / (total + USUAL_ROWS)
    return float(shrunk), float(weights @ values / total)


def true_proba(proba, tagability, spurious_rate=0.0):
    r"""Return the probability that a tag is true, whether it was given or not.

    It solves :math:`e = \rho p + \sigma (1 - p)` for :math:`p`.

    Parameters
    ----------
    proba : ndarray of shape (n_samples,)
        Probability :math:`e` that the row has the tag.

    tagability : float
        :math:`\rho = P(\tilde y = 1 \mid y = 1)`.

    spurious_rate : float, default=0.0
        :math:`\sigma = P(\tilde y = 1 \mid y = 0)`.

    Returns
    -------
    ndarray of shape (n_samples,)
        Values in [0, 1].
    """
    span = max(tagability - spurious_rate, FAINTEST)
    return np.clip((proba - spurious_rate) / span, 0, 1)


def posterior_of_tag(proba, tagged, tagability, spurious_rate=0.0):
    r"""Return the probability that a tag is true, given the evidence and the tag.

    A blank is a missing tag with probability
    :math:`(1-\rho) p / ((1-\rho) p + (1-\sigma)(1-p))`, a tag is right with
    probability :math:`\rho p / (\rho p + \sigma (1-p))`, where :math:`p` is
    :func:`true_proba`.

    Parameters
    ----------
    proba : ndarray of shape (n_samples,)
        Probability that the row has the tag.

    tagged : ndarray of bool of shape (n_samples,)
        Rows that have the tag.

    tagability, spurious_rate : float
        See :func:`true_proba`.

    Returns
    -------
    ndarray of shape (n_samples,)
        Values in [0, 1]; 1 for tagged rows if no tag is spurious.
    """
    p = true_proba(proba, tagability, spurious_rate)
    given_if_true = np.where(tagged, tagability, 1 - tagability)
    given_if_false = np.where(tagged, spurious_rate, 1 - spurious_rate)
    true, false = given_if_true * p, given_if_false * (1 - p)
    total = true + false
    posterior = np.divide(true, total, out=p.copy(), where=total > 0)
    return np.where(tagged, 1.0, posterior) if spurious_rate == 0 else posterior


def best_f1_threshold(scores, believed, mass):
    r"""Return the threshold at which the F1 expected by a belief is highest.

    Predicting the rows above it gives
    :math:`F_1 = 2 \sum_{i: s_i \ge t} q_i / (\sum_{i: s_i \ge t} 1 + \sum_i q_i)`,
    where :math:`q_i` is the probability that row i deserves the tag.

    Parameters
    ----------
    scores : ndarray of shape (n_samples,)
        Predicted probabilities.

    believed : ndarray of shape (n_samples,)
        Probability that the tag is true.

    mass : ndarray of shape (n_samples,)
        Weights.

    Returns
    -------
    float
        It lies between two scores.
    """
    order = np.argsort(-scores, kind="stable")
    ranked, gained = scores[order], np.cumsum((mass * believed)[order])
    f1 = 2 * gained / (np.cumsum(mass[order]) + gained[-1])
    next_one = np.append(ranked[1:], 0.0)
    # Rows of the same score cannot be told apart by any threshold.
    f1[ranked == next_one] = -1
    best = f1.argmax()
    return float((ranked[best] + next_one[best]) / 2)
