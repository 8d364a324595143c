"""Which labels are wrong: the decision that follows from the scores."""

import numpy as np

from sknoisy._clean_posterior import clean_posterior
from sknoisy._confident_joint import (
    calibrate_joint,
    confident_classes,
    count_confident_joint,
    joint_to_transition,
)
from sknoisy._labels import label_record
from sknoisy._out_of_fold import check_proba
from sknoisy.quality._scores import normalized_margin, self_confidence


def find_label_errors(y, proba, *, rule="both", classes=None, ranked=False):
    r"""Find the labels that out-of-fold probabilities contradict.

    Write :math:`N_{ij}` for the confident joint (see
    :func:`sknoisy.transition.confident_joint`) with columns scaled to the labels
    given: the estimated number of samples of class `i` that are labelled `j`. The
    rules are

    - ``"class"``: among the labels `j`, the :math:`\sum_{i \neq j} N_{ij}` with the
      lowest probability of `j`;
    - ``"noise_rate"``: for each pair of classes, the :math:`N_{ij}` labels `j` with the
      largest :math:`p_i - p_j`;
    - ``"both"``: found by each of these two;
    - ``"confident_joint"``: the samples counted off the diagonal;
    - ``"clean_proba"``: the samples whose most probable true class, given features and
      label, is another than the label.

    Parameters
    ----------
    y : array-like of shape (n_samples,)
        Labels.

    proba : array-like of shape (n_samples, n_classes)
        Probabilities by a model that has not seen the label of the row. Rows sum to 1.

    rule : str, default="both"
        What counts as wrong: "both", "class", "noise_rate", "confident_joint" or
        "clean_proba".

    classes : array-like of shape (n_classes,), default=None
        Labels that the columns stand for. If None, the sorted labels of ``y``.

    ranked : bool, default=False
        Whether to return row numbers by suspicion instead of a mask.

    Returns
    -------
    ndarray of bool of shape (n_samples,), or of int of shape (n_errors,)
        The mask of wrong labels; with ``ranked=True`` their row numbers, the lowest
        normalised margin first.

    Raises
    ------
    ValueError
        If probabilities are negative, missing, do not sum to 1 or do not fit the
        labels, or the rule is unknown.

    See Also
    --------
    sknoisy.label_quality : The score of each label.
    sknoisy.refinement.ConfidentPruning : Train without the labels found.

    References
    ----------
    C. Northcutt, L. Jiang, I. Chuang, "Confident Learning: Estimating Uncertainty in
    Dataset Labels", Journal of Artificial Intelligence Research 70, 2021, section 3.2.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.model_selection import cross_val_predict
    >>> from sknoisy import find_label_errors
    >>> X, y = load_iris(return_X_y=True)
    >>> y[[3, 70]] = 2
    >>> model = LogisticRegression(max_iter=1000)
    >>> proba = cross_val_predict(model, X, y, method="predict_proba")
    >>> errors = find_label_errors(y, proba, ranked=True)
    >>> int(errors[0])
    3
    """
    labels = label_record(y, owner="find_label_errors", classes=classes)
    if rule not in RULES:
        raise ValueError(
            f"rule expected one of {sorted(RULES)}, but got {rule!r}. 'both' is the "
            "default."
        )
    proba = check_proba(proba, labels, owner="find_label_errors")
    wrong = RULES[rule](proba, labels.codes, None)
    if not ranked:
        return wrong
    rows = np.flatnonzero(wrong)
    return rows[np.argsort(normalized_margin(proba, labels.codes)[rows], kind="stable")]


def estimated_joint(proba, codes, weights=None):
    """Return the estimated weight of each pair of true and given label.

    Parameters
    ----------
    proba : ndarray of shape (n_samples, n_classes)
        Out-of-fold probabilities.

    codes : ndarray of shape (n_samples,)
        Positions of the labels given.

    weights : ndarray of shape (n_samples,), default=None
        Weights of the samples.

    Returns
    -------
    ndarray of shape (n_classes, n_classes)
        Row = true class, column = label given.
    """
    mass = np.bincount(codes, weights, minlength=proba.shape[1])
    return calibrate_joint(count_confident_joint(codes, proba, weights), mass)


def wrong_by_class(proba, codes, weights):
    """Return the least probable labels of each class, as many as are estimated."""
    joint = estimated_joint(proba, codes, weights)
    given = self_confidence(proba, codes)
    wrong = np.zeros(len(codes), dtype=bool)
    for label in range(proba.shape[1]):
        budget = joint[:, label].sum() - joint[label, label]
        rows = np.flatnonzero(codes == label)
        wrong[_first(rows, given[rows], budget, weights)] = True
    return wrong


def wrong_by_noise_rate(proba, codes, weights):
    """Return for each pair of classes the clearest cases, as many as are estimated."""
    joint = estimated_joint(proba, codes, weights)
    wrong = np.zeros(len(codes), dtype=bool)
    for label in range(proba.shape[1]):
        rows = np.flatnonzero(codes == label)
        for other in np.flatnonzero(joint[:, label]):
            if other != label:
                lead = proba[rows, label] - proba[rows, other]
                wrong[_first(rows, lead, joint[other, label], weights)] = True
    return wrong


def wrong_by_both(proba, codes, weights):
    """Return the labels found by class and by noise rate."""
    by_class = wrong_by_class(proba, codes, weights)
    return by_class & wrong_by_noise_rate(proba, codes, weights)


def wrong_by_confident_joint(proba, codes, weights):
    """Return the samples counted for another class than their label."""
    counted = confident_classes(codes, proba, weights)
    return (counted >= 0) & (counted != codes)


def wrong_by_clean_proba(proba, codes, weights):
    """Return the labels that are not the most probable true class."""
    T = joint_to_transition(estimated_joint(proba, codes, weights))
    posterior = clean_posterior(proba, T, codes, weights=weights)
    return posterior.argmax(axis=1) != codes


def _first(rows, score, budget, weights):
    """Return the rows of lowest score whose weight fits the budget.

    Rows of equal score are taken or left together, so that the order of the rows and
    writing one twice make no difference.
    """
    levels, level = np.unique(score, return_inverse=True)
    mass = np.bincount(level, None if weights is None else weights[rows], len(levels))
    # Taken if at least half of it fits: this rounds to the nearest whole number of
    # rows, whatever the unit of the weights is.
    return rows[(np.cumsum(mass) - mass / 2 <= budget)[level]]


RULES = {
    "both": wrong_by_both,
    "class": wrong_by_class,
    "noise_rate": wrong_by_noise_rate,
    "confident_joint": wrong_by_confident_joint,
    "clean_proba": wrong_by_clean_proba,
}
