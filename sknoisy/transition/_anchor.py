"""Transition matrices read off where a model is surest."""

from numbers import Real

import numpy as np

from sknoisy._compat import Interval
from sknoisy._transition_matrix import normalize_rows
from sknoisy.evidence import ProbabilitySource
from sknoisy.transition._base import BaseTransitionEstimator


def anchor_rows(proba, quantile, mass):
    """Return for each class the row that is surer of it than most.

    Parameters
    ----------
    proba : ndarray of shape (n_samples, n_classes)
        Out-of-fold probabilities.

    quantile : float
        Share of the rows predicted as the class that are less sure, in (0, 1].

    mass : ndarray of shape (n_samples,)
        Weights of the rows.

    Returns
    -------
    ndarray of int of shape (n_classes,)
        Row numbers.
    """
    predicted = proba.argmax(axis=1)
    anchors = np.empty(proba.shape[1], dtype=np.intp)
    for label in range(proba.shape[1]):
        rows = np.flatnonzero((predicted == label) & (mass > 0))
        if len(rows) == 0:
            # No row is predicted as this class: the likeliest one has to do.
            anchors[label] = np.where(mass > 0, proba[:, label], -1).argmax()
            continue
        rows = rows[np.argsort(proba[rows, label], kind="stable")]
        reached = np.cumsum(mass[rows]) >= quantile * mass[rows].sum() - 1e-9
        anchors[label] = rows[reached.argmax()]
    return anchors


class AnchorPointTransition(ProbabilitySource, BaseTransitionEstimator):
    """Transition matrix read off where the model is surest.

    A row that certainly belongs to class `i` is an anchor point: what the model
    predicts there is row `i` of the matrix.

    Parameters
    ----------
    estimator : classifier with ``predict_proba`` or "precomputed", default=None
        The model that is asked. None means the classifier that is being trained,
        where there is one, else :class:`~sklearn.linear_model.LogisticRegression`.
        With "precomputed", X holds out-of-fold probabilities.

    quantile : float, default=0.9
        Share of the rows predicted as a class that are less sure of it than its
        anchor, in (0, 1]. 1 takes the surest row of all, which is the luckiest too.

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
    DualTTransition : Splits the estimate in two easier ones.
    ConfidentTransition : By confident learning.

    Notes
    -----
    The quantile is taken among the rows predicted as the class, so that it means the
    same for two classes and for a hundred. A model that is calibrated to the noisy
    labels is needed: the probabilities of a forest of few trees are too coarse.

    References
    ----------
    G. Patrini, A. Rozza, A. Menon, R. Nock, L. Qu, "Making Deep Neural Networks Robust
    to Label Noise: a Loss Correction Approach", CVPR 2017, equation 12.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.preprocessing import scale
    >>> from sknoisy.noise import UniformNoise
    >>> from sknoisy.transition import AnchorPointTransition
    >>> X, y = load_iris(return_X_y=True)
    >>> y_noisy = UniformNoise(0.2, random_state=0).corrupt(y)
    >>> T = AnchorPointTransition().fit(scale(X), y_noisy).transition_matrix_
    >>> T.shape
    (3, 3)
    """

    _parameter_constraints: dict = {
        **ProbabilitySource._parameter_constraints,
        "quantile": [Interval(Real, 0, 1, closed="right")],
    }

    def __init__(
        self,
        estimator=None,
        *,
        quantile=0.9,
        cv=None,
        memory=None,
        n_jobs=None,
        random_state=None,
    ):
        super().__init__(
            estimator, cv=cv, memory=memory, n_jobs=n_jobs, random_state=random_state
        )
        self.quantile = quantile

    def _estimate(self, X, proba, labels):
        anchors = anchor_rows(proba, self.quantile, labels.sample_weight)
        return normalize_rows(proba[anchors])


class DualTTransition(AnchorPointTransition):
    r"""Transition matrix in two steps: to the predicted class, and on to the label.

    How true classes turn into predictions is read off at anchor points; how
    predictions turn into labels is counted. Counting has less error than reading off.

    Parameters
    ----------
    estimator : classifier with ``predict_proba`` or "precomputed", default=None
        The model that is asked. None means the classifier that is being trained,
        where there is one, else :class:`~sklearn.linear_model.LogisticRegression`.
        With "precomputed", X holds out-of-fold probabilities.

    quantile : float, default=0.9
        Share of the rows predicted as a class that are less sure of it than its
        anchor, in (0, 1].

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
    AnchorPointTransition : The first of the two steps alone.

    Notes
    -----
    With the predicted class :math:`y'`,

    .. math:: T_{ij} = \sum_l P(y' = l \mid y = i)\, P(\tilde y = j \mid y' = l),

    where the first factor is read off at the anchor point of class `i` and the second
    is the share of the label `j` among the rows predicted as `l`.

    References
    ----------
    Y. Yao, T. Liu, B. Han, M. Gong, J. Deng, G. Niu, M. Sugiyama, "Dual T: Reducing
    Estimation Error for Transition Matrix in Label-noise Learning", NeurIPS 2020.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.preprocessing import scale
    >>> from sknoisy.noise import UniformNoise
    >>> from sknoisy.transition import DualTTransition
    >>> X, y = load_iris(return_X_y=True)
    >>> y_noisy = UniformNoise(0.2, random_state=0).corrupt(y)
    >>> T = DualTTransition().fit(scale(X), y_noisy).transition_matrix_
    >>> T.shape
    (3, 3)
    """

    def _estimate(self, X, proba, labels):
        to_prediction = super()._estimate(X, proba, labels)
        counts = np.zeros((labels.n_classes, labels.n_classes))
        np.add.at(counts, (proba.argmax(axis=1), labels.codes), labels.sample_weight)
        unseen = counts.sum(axis=1) == 0
        counts[unseen, unseen] = 1.0
        return to_prediction @ normalize_rows(counts)
