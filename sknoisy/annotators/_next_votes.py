"""Which items another annotator should look at."""

from numbers import Integral

import numpy as np
from scipy.special import entr
from sklearn.utils.validation import check_is_fitted

from sknoisy._compat import Interval, validate_params
from sknoisy._transition_matrix import normalize_rows


@validate_params(
    {
        "fitted": "no_validation",
        "n_items": [Interval(Integral, 1, None, closed="left"), None],
        "annotator": "no_validation",
        "return_values": ["boolean"],
    },
    prefer_skip_nested_validation=True,
)
def items_needing_votes(fitted, n_items=None, *, annotator=None, return_values=False):
    r"""Rank items by what another answer to them is expected to change.

    An answer :math:`j` to item :math:`i` has the probability
    :math:`\sum_k q_{ik} T_{kj}` and turns :math:`q_i` into
    :math:`q_{i \mid j} \propto q_{ik} T_{kj}`. What counts is the expected fall of the
    entropy: little, where the annotator confuses exactly the classes in question.

    Parameters
    ----------
    fitted : fitted DawidSkene or CrowdLabelClassifier
        What is known of items and annotators.

    n_items : int, default=None
        How many items to return. If None, all of them.

    annotator : object, default=None
        Who will be asked, among ``annotator_names_``. None means the mean of all.

    return_values : bool, default=False
        Whether the values are returned as well.

    Returns
    -------
    rows : ndarray of int of shape (n_items,)
        Positions of the items, the most needy first.

    values : ndarray of shape (n_items,)
        Expected fall of the entropy, from 0 on, in nats. Only if ``return_values``.

    Raises
    ------
    ValueError
        If the annotator is unknown.

    Examples
    --------
    >>> from sknoisy.annotators import DawidSkene, items_needing_votes
    >>> answers = 5 * [[0, 0, 0]] + 5 * [[1, 1, 1]] + [[1, None, 0], [1, 1, 0]]
    >>> crowd = DawidSkene(model="one_coin").fit(answers)
    >>> items_needing_votes(crowd, 2)
    array([10, 11])
    """
    check_is_fitted(fitted, ["clean_proba_", "transition_matrices_"])
    posterior = fitted.clean_proba_
    T = _matrix_of(fitted, annotator)
    values = _entropy(posterior)
    # The mean over the answers to come: j has the probability sum_k q_k T_kj.
    for column in T.T:
        joint = posterior * column
        values -= joint.sum(axis=1) * _entropy(normalize_rows(joint))
    # No answer is expected to harm; below zero is rounding.
    values = np.maximum(values, 0.0)
    rows = np.argsort(-values, kind="stable")[:n_items]
    return (rows, values[rows]) if return_values else rows


def _matrix_of(fitted, annotator):
    if annotator is None:
        return fitted.transition_matrices_.mean(axis=0)
    (found,) = np.nonzero(fitted.annotator_names_ == annotator)
    if not len(found):
        raise ValueError(
            "annotator expected one of annotator_names_, such as "
            f"{fitted.annotator_names_.tolist()[0]!r}, but got "
            f"{annotator!r}. Pass None for an annotator like the mean of all."
        )
    return fitted.transition_matrices_[found[0]]


def _entropy(posterior):
    return entr(posterior).sum(axis=1)
