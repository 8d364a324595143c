"""How far annotators agree, beyond what chance would make them."""

import numpy as np
from scipy import sparse

from sknoisy.annotators._annotations import read_annotations


def fleiss_kappa(annotations, *, missing=None):
    r"""Agreement of many annotators beyond chance, by Fleiss.

    With :math:`\bar P` for the mean share, over the items, of pairs of answers that
    agree, and :math:`p_j` for the share of class :math:`j` among all answers,

    .. math:: \kappa = \frac{\bar P - \sum_j p_j^2}{1 - \sum_j p_j^2}.

    Items may have different numbers of answers; those with fewer than two are left out.

    Parameters
    ----------
    annotations : array-like of shape (n_items, n_annotators) or Annotations
        The answers; None and NaN stand for none.

    missing : object, default=None
        What else stands for a missing answer.

    Returns
    -------
    float
        1 for full agreement, 0 for that of chance; it can be negative. NaN if all
        answers name the same class, since then nothing can be told from chance.

    Raises
    ------
    ValueError
        If no item has two answers.

    See Also
    --------
    krippendorff_alpha : Each pair of answers counts alike, and small samples too.
    pairwise_agreement : Who agrees with whom.

    References
    ----------
    .. [1] J. L. Fleiss, "Measuring Nominal Scale Agreement Among Many Raters",
       Psychological Bulletin 76, 1971.

    Examples
    --------
    >>> from sknoisy.annotators import fleiss_kappa
    >>> round(fleiss_kappa([[0, 0, 0], [1, 1, 0], [1, 1, 1], [0, 0, 1]]), 3)
    0.333
    """
    counts, total = _paired_counts(annotations, missing, "fleiss_kappa")
    agreeing = (counts * (counts - 1)).sum(axis=1) / (total * (total - 1))
    share = counts.sum(axis=0) / total.sum()
    chance = (share**2).sum()
    return _beyond(agreeing.mean(), chance)


def krippendorff_alpha(annotations, *, missing=None):
    r"""Agreement of many annotators beyond chance, by Krippendorff, for classes.

    .. math:: \alpha = 1 - \frac{D_o}{D_e},

    the observed over the expected share of disagreeing pairs of answers. Each item
    counts by its number of answers, and chance draws answers without putting them back,
    so that few answers are not held for much disagreement.

    Parameters
    ----------
    annotations : array-like of shape (n_items, n_annotators) or Annotations
        The answers; None and NaN stand for none.

    missing : object, default=None
        What else stands for a missing answer.

    Returns
    -------
    float
        1 for full agreement, 0 for that of chance; it can be negative. NaN if all
        answers name the same class.

    Raises
    ------
    ValueError
        If no item has two answers.

    See Also
    --------
    fleiss_kappa : Each item counts alike.
    pairwise_agreement : Who agrees with whom.

    References
    ----------
    .. [1] K. Krippendorff, "Content Analysis: An Introduction to Its Methodology",
       Sage, 2004.

    Examples
    --------
    >>> from sknoisy.annotators import krippendorff_alpha
    >>> round(krippendorff_alpha([[0, 0, None], [1, 1, 0], [1, 1, 1], [0, 0, 1]]), 3)
    0.333
    """
    counts, total = _paired_counts(annotations, missing, "krippendorff_alpha")
    n = total.sum()
    agreeing = ((counts * (counts - 1)).sum(axis=1) / (total - 1)).sum() / n
    by_class = counts.sum(axis=0)
    chance = (by_class * (by_class - 1)).sum() / (n * (n - 1))
    return _beyond(agreeing, chance)


def pairwise_agreement(annotations, *, missing=None):
    """Share of common items on which each two annotators agree.

    Parameters
    ----------
    annotations : array-like of shape (n_items, n_annotators) or Annotations
        The answers; None and NaN stand for none.

    missing : object, default=None
        What else stands for a missing answer.

    Returns
    -------
    agreement : ndarray of shape (n_annotators, n_annotators)
        Values in [0, 1], NaN for annotators without a common item.

    n_common : ndarray of int of shape (n_annotators, n_annotators)
        Numbers of common items.

    Raises
    ------
    ValueError
        If there is no answer.

    See Also
    --------
    fleiss_kappa : One figure for all.

    Examples
    --------
    >>> from sknoisy.annotators import pairwise_agreement
    >>> agreement, n_common = pairwise_agreement([[0, 0, 1], [1, 1, None], [0, 1, 1]])
    >>> agreement.round(2)
    array([[1.  , 0.67, 0.  ],
           [0.67, 1.  , 0.5 ],
           [0.  , 0.5 , 1.  ]])
    >>> n_common
    array([[3, 3, 2],
           [3, 3, 2],
           [2, 2, 2]])
    """
    answers = read_annotations(annotations, missing=missing, owner="pairwise_agreement")
    n_items, n_annotators = answers.shape
    ones = np.ones(answers.n_answers)
    seen = sparse.csr_array(
        (ones, (answers.items, answers.annotators)), shape=(n_items, n_annotators)
    )
    # A column for each class of each item: two answers meet there if they are alike.
    named = sparse.csr_array(
        (ones, (answers.items * answers.n_classes + answers.codes, answers.annotators)),
        shape=(n_items * answers.n_classes, n_annotators),
    )
    n_common = (seen.T @ seen).toarray()
    n_alike = (named.T @ named).toarray()
    unknown = np.full(n_common.shape, np.nan)
    agreement = np.divide(n_alike, n_common, out=unknown, where=n_common > 0)
    return agreement, n_common.astype(np.intp)


def _paired_counts(annotations, missing, owner):
    """Return counts by class, and in all, of the items with two answers or more."""
    answers = read_annotations(annotations, missing=missing, owner=owner)
    counts = answers.counts()
    total = counts.sum(axis=1)
    paired = total >= 2
    if not paired.any():
        raise ValueError(
            f"{owner} expected items with two answers or more, but none of the "
            f"{len(answers)} items has them. Agreement needs annotators who look at "
            "the same items."
        )
    return counts[paired], total[paired]


def _beyond(agreement, chance):
    return float((agreement - chance) / (1 - chance)) if chance < 1 else float("nan")
