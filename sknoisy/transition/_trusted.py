"""Transition matrix from rows whose label has been verified."""

import warnings

from sknoisy._transition_matrix import normalize_rows
from sknoisy.evidence import ProbabilitySource
from sknoisy.exceptions import NoEvidenceWarning
from sknoisy.transition._base import BaseTransitionEstimator
from sknoisy.transition._confident import ConfidentTransition

# Verified rows of a class that weigh as much as confident learning does. Of no
# influence where there are dozens; it is there for classes with one or none.
PRIOR_ROWS = 2


class TrustedTransition(ProbabilitySource, BaseTransitionEstimator):
    r"""Transition matrix from the predictions for rows whose label is trusted.

    A model of the noisy labels is asked about rows whose true class is known. The mean
    of what it says about the rows of a class is the row of the matrix.

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
    ConfidentTransition : Needs no trusted label.
    sknoisy.refinement.TrustedLabelRefiner : Makes more of trusted labels.

    Notes
    -----
    With the trusted rows :math:`G_i` of class `i` and the out-of-fold probabilities
    :math:`p(x)` of the noisy labels,

    .. math:: T_{ij} = \frac{\sum_{x \in G_i} p_j(x) + 2 C_{ij}}{|G_i| + 2}.

    `C` is the matrix by confident learning. It stands in for classes without a trusted
    row; without any, the matrix is `C`, and a warning says so. The published method
    has the mean alone. The errors of the model count as label noise.

    References
    ----------
    D. Hendrycks, M. Mazeika, D. Wilson, K. Gimpel, "Using Trusted Data to Train Deep
    Networks on Labels Corrupted by Severe Noise", NeurIPS 2018.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.preprocessing import scale
    >>> from sknoisy.noise import UniformNoise
    >>> from sknoisy.transition import TrustedTransition
    >>> X, y = load_iris(return_X_y=True)
    >>> trusted = np.arange(150) % 10 == 0
    >>> y_noisy = UniformNoise(0.2, random_state=0).corrupt(y)
    >>> y_noisy[trusted] = y[trusted]
    >>> step = TrustedTransition().fit(scale(X), y_noisy, trusted=trusted)
    >>> step.transition_matrix_.shape
    (3, 3)
    """

    def _estimate(self, X, proba, labels):
        if not has_trusted(labels):
            warnings.warn(
                "TrustedTransition found no trusted label, and takes the matrix by "
                "confident learning instead. Pass trusted=, a boolean mask of the "
                "rows whose label has been verified.",
                NoEvidenceWarning,
            )
        return gold_transition(proba, labels)


def has_trusted(labels):
    """Whether any row that carries weight has a trusted label.

    Parameters
    ----------
    labels : NoisyLabels
        The labels.

    Returns
    -------
    bool
        False where no mask was given, too.
    """
    return labels.trusted is not None and bool(
        (labels.trusted & (labels.sample_weight > 0)).any()
    )


def gold_transition(proba, labels):
    """Return the matrix that predictions for trusted rows amount to.

    Parameters
    ----------
    proba : ndarray of shape (n_samples, n_classes)
        Out-of-fold probabilities of the noisy labels.

    labels : NoisyLabels
        The labels; those that are trusted count.

    Returns
    -------
    ndarray of shape (n_classes, n_classes)
        ``T[i, j] = P(noisy = j | clean = i)``; by confident learning where no label
        is trusted.
    """
    confident = ConfidentTransition()._estimate(None, proba, labels)
    if not has_trusted(labels):
        return confident
    trusted = labels.one_hot() * (labels.trusted * labels.sample_weight)[:, None]
    return normalize_rows(trusted.T @ proba + PRIOR_ROWS * confident)
