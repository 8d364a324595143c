"""Transition matrix by confident learning."""

import numpy as np

from sknoisy._confident_joint import (
    calibrate_joint,
    count_confident_joint,
    joint_to_transition,
)
from sknoisy._proba import labels_and_table
from sknoisy.evidence import ProbabilitySource
from sknoisy.transition._base import BaseTransitionEstimator


def confident_joint(y, proba, *, classes=None):
    """Count the samples that a model is sure of, by likely class and given label.

    A sample counts for class `i` if its probability of `i` is at least the mean
    probability of `i` among the samples labelled `i`; where several classes qualify,
    for the most probable, and in a tie for the label given.

    Parameters
    ----------
    y : array-like of shape (n_samples,) or None
        Labels. None where the blocks of ``proba`` bring their own.

    proba : array-like of shape (n_samples, n_classes), iterable of blocks or callable
        Probabilities by a model that has not seen the label of the row. Rows sum to 1.
        The columns of a frame are matched by name where they are named like the
        classes. An array is read in blocks and never copied, so that it may lie in a
        mapped file, be a dask array or a tensor of torch on the CPU. Blocks are arrays
        of consecutive rows, or pairs of labels and array; they are read at least twice,
        so that instead of a generator the function that makes it is passed.

    classes : array-like of shape (n_classes,), default=None
        Labels that the columns stand for. If None, the sorted labels of ``y``.

    Returns
    -------
    ndarray of shape (n_classes, n_classes)
        Counts; row = likely true class, column = label given. Off the diagonal stand
        the labels that look wrong.

    Raises
    ------
    ValueError
        If probabilities are negative, missing, do not sum to 1 or do not fit the
        labels, if columns are named like other classes, if blocks differ in form or
        from one pass to the next.

    TypeError
        If an array of another library does not lie in the memory of the CPU.

    See Also
    --------
    sknoisy.transition.ConfidentTransition : The transition matrix that follows from it.

    References
    ----------
    C. Northcutt, L. Jiang, I. Chuang, "Confident Learning: Estimating Uncertainty in
    Dataset Labels", Journal of Artificial Intelligence Research 70, 2021, equation 1.

    Examples
    --------
    >>> from sknoisy.transition import confident_joint
    >>> proba = [[0.9, 0.1], [0.8, 0.2], [0.2, 0.8], [0.1, 0.9], [0.9, 0.1]]
    >>> confident_joint(["cat", "cat", "dog", "dog", "dog"], proba)
    array([[1, 1],
           [0, 2]])
    """
    labels, table = labels_and_table(y, proba, owner="confident_joint", classes=classes)
    return count_confident_joint(labels.codes, table)


class ConfidentTransition(ProbabilitySource, BaseTransitionEstimator):
    r"""Transition matrix from the labels that a model confidently contradicts.

    The confident joint is counted on out-of-fold probabilities, each column is scaled
    to the number of labels given, and each row is divided by its sum.

    Parameters
    ----------
    estimator : classifier with ``predict_proba`` or "precomputed", default=None
        The model that is asked. None means the classifier that is being trained,
        where there is one, else :class:`~sklearn.linear_model.LogisticRegression`.
        With "precomputed", X holds out-of-fold probabilities.

    cv : int, splitter or iterable, default=None
        Folds. None means 5 stratified folds in which copies of a row stay together.

    memory : str or object with the joblib.Memory interface, default=None
        Where the out-of-fold probabilities are cached.

    n_jobs : int, default=None
        Number of folds fitted side by side.

    random_state : int, RandomState instance or None, default=None
        Seed for those random states of the classifier that have none.

    Attributes
    ----------
    transition_matrix_ : ndarray of shape (n_classes, n_classes)
        ``T[i, j] = P(noisy = j | clean = i)``; rows sum to 1.

    confident_joint_ : ndarray of shape (n_classes, n_classes)
        Counts behind it; row = likely true class, column = label given.

    noise_rate_ : float
        Estimated share of wrong labels, in [0, 1].

    classes_ : ndarray of shape (n_classes,)
        The distinct labels, in the order of rows and columns.

    n_features_in_ : int
        Number of columns of X.

    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns of X, where it has names that are strings.

    See Also
    --------
    sknoisy.transition.confident_joint : The counts, from given probabilities.

    Notes
    -----
    Write :math:`t_k` for the mean probability of class `k` among the samples labelled
    `k`. With the confident joint

    .. math:: C_{ij} = |\{x : \tilde y = j,\ p_i(x) \ge t_i,\
              i = \arg\max_{k: p_k(x) \ge t_k} p_k(x)\}|,

    the estimate is :math:`T_{ij} \propto n_j C_{ij} / \sum_k C_{kj}`, where
    :math:`n_j` is the number of labels `j`. The errors of the model count as label
    noise, so that T is too pessimistic for a weak model.

    References
    ----------
    C. Northcutt, L. Jiang, I. Chuang, "Confident Learning: Estimating Uncertainty in
    Dataset Labels", Journal of Artificial Intelligence Research 70, 2021.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.preprocessing import scale
    >>> from sknoisy.noise import UniformNoise
    >>> from sknoisy.transition import ConfidentTransition
    >>> X, y = load_iris(return_X_y=True)
    >>> X = scale(X)
    >>> y_noisy = UniformNoise(0.2, random_state=0).corrupt(y)
    >>> T = ConfidentTransition().fit(X, y_noisy).transition_matrix_
    >>> T.shape
    (3, 3)
    """

    def _estimate(self, X, proba, labels):
        self.confident_joint_ = count_confident_joint(
            labels.codes, proba, labels.sample_weight
        )
        label_mass = np.bincount(labels.codes, labels.sample_weight, labels.n_classes)
        joint = calibrate_joint(self.confident_joint_, label_mass)
        return joint_to_transition(joint)
