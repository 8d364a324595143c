"""What a score would be on clean labels, from noisy ones and the noise."""

from dataclasses import dataclass
from numbers import Real

import numpy as np
from scipy.special import ndtri

from sknoisy._compat import Interval, StrOptions, validate_params
from sknoisy._transition_matrix import check_transition_matrix
from sknoisy.metrics._confusion_scores import CONFUSION_SCORES
from sknoisy.metrics._influence import (
    Influence,
    transition_gradient,
    transition_variance,
)
from sknoisy.metrics._proba_scores import PROBA_SCORES
from sknoisy.metrics._read import (
    METRICS,
    check_score_is_defined,
    read_labels_and_predictions,
    read_share,
)

# Beyond the first, the joint shares are found by maximum likelihood, since those of the
# inverse leave [0, 1]; beyond the second nothing is said: symmetric noise of two
# classes reaches them at error rates of 47.5 % and 49.95 %.
WELL_CONDITIONED, LARGEST_CONDITION = 20, 1000
# Steps of expectation-maximisation; the likelihood is concave.
LIKELIHOOD_STEPS = 1000
# Ranges other than 0 to 1; the Brier score of one of several classes reaches 2.
RANGES = {
    "cohen_kappa": (-1, 1),
    "matthews_corrcoef": (-1, 1),
    "log_loss": (0, np.inf),
    "brier": (0, 2),
}


@dataclass(frozen=True)
class CorrectedScore:
    """A score on clean labels, estimated without them.

    Parameters
    ----------
    value : float
        The estimate, within the range of the metric.

    interval : ndarray of shape (2,)
        Where the score on clean labels lies with the stated confidence.

    standard_error : float
        Standard deviation of the estimate.

    uncorrected : float
        The same metric on the labels as they are.

    confidence : float
        Confidence of the interval, in (0, 1).

    condition_number : float
        Condition number of the transition matrix; intervals grow with it. 1 for an
        estimate that needs no matrix.

    n_samples : int
        Number of rows.

    Examples
    --------
    >>> from sknoisy.metrics import noise_corrected_score
    >>> T = [[0.8, 0.2], [0.3, 0.7]]
    >>> score = noise_corrected_score([0] * 50 + [1] * 50, [0] * 50 + [1] * 50,
    ...                               transition=T)
    >>> score.uncorrected, score.n_samples
    (1.0, 100)
    """

    value: float
    interval: np.ndarray
    standard_error: float
    uncorrected: float
    confidence: float
    condition_number: float
    n_samples: int

    def __str__(self):
        low, high = self.interval
        return (
            f"{self.value:.4g} ({100 * self.confidence:.4g} % interval {low:.4g} to "
            f"{high:.4g}; {self.uncorrected:.4g} on the labels as they are)"
        )


@validate_params(
    {
        "y_noisy": ["array-like"],
        "y_pred": ["array-like"],
        "metric": [StrOptions(set(METRICS))],
        "transition": ["array-like"],
        "classes": ["array-like", None],
        "sample_weight": ["array-like", None],
        "support": ["array-like", None],
        "confidence": [Interval(Real, 0, 1, closed="neither")],
    },
    prefer_skip_nested_validation=True,
)
def noise_corrected_score(
    y_noisy,
    y_pred,
    *,
    metric="accuracy",
    transition,
    classes=None,
    sample_weight=None,
    support=None,
    confidence=0.95,
):
    r"""Estimate a score on clean labels from noisy labels and their transition matrix.

    Parameters
    ----------
    y_noisy : array-like of shape (n_samples,)
        Labels, some of them wrong, that the classifier has not been trained on.

    y_pred : array-like of shape (n_samples,) or (n_samples, n_classes)
        Predicted labels; for "log_loss", "brier", "roc_auc" and "average_precision"
        probabilities or, for the last two, any scores, with columns in the order of
        ``classes``. With two classes a single column stands for the second class.

    metric : str, default="accuracy"
        "accuracy", "balanced_accuracy", "f1_macro", "f1_micro", "cohen_kappa",
        "matthews_corrcoef", "log_loss", "brier", "roc_auc" or "average_precision".
        The last two are means over the classes, one versus the rest.

    transition : array-like of shape (n_classes, n_classes)
        ``T[i, j] = P(noisy = j | clean = i)``, rows sum to 1.

    classes : array-like of shape (n_classes,), default=None
        Classes in the order of the matrix. None means the sorted labels that occur.

    sample_weight : array-like of shape (n_samples,), default=None
        Weights that are not negative.

    support : array-like of shape (n_classes,), default=None
        Number of checked labels of each clean class from which its row of the matrix
        was estimated; the interval grows by what they leave open. None takes the matrix
        for exact.

    confidence : float, default=0.95
        Confidence of the interval, in (0, 1).

    Returns
    -------
    CorrectedScore
        ``value``, ``interval``, ``standard_error``, ``uncorrected``.

    Raises
    ------
    ValueError
        If the matrix is no transition matrix of these classes, or so close to singular
        that nothing can be said (a condition number above 1000); if labels are outside
        ``classes``; if arrays differ in length; if scores have the wrong shape; or, for
        "roc_auc" and "average_precision", if the matrix leaves a class without rows.

    See Also
    --------
    trusted_score : From a few trusted labels instead of a matrix.
    noise_corrected_scorer : The same for ``scoring=`` of a search.

    Notes
    -----
    The noise must follow from the clean class alone. With the joint shares :math:`N` of
    noisy labels and predictions and :math:`C` of clean ones, :math:`N = T^\top C`, so
    that :math:`C = T^{-\top} N`. Up to a condition number of 20 this inverse is used;
    beyond it, or where it leaves a class without rows, :math:`C` maximises the
    likelihood :math:`\sum N \log T^\top C` among shares that are not negative. Metrics
    of scores give a row labelled `j` the weight :math:`(T^{-1})_{ji}` as a row of class
    `i`, which is unbiased [1]_; some weights are negative.

    The interval is normal, with the variance of the influences of the rows (delta
    method) plus, with ``support``, that of the multinomial rows of the matrix. Its
    width grows about in proportion to the condition number, kept as
    ``condition_number``: symmetric noise of 40 % in two classes has 5.

    References
    ----------
    .. [1] N. Natarajan, I. S. Dhillon, P. K. Ravikumar, A. Tewari, "Learning with Noisy
       Labels", NeurIPS, 2013, Lemma 1.

    Examples
    --------
    Of 100 rows of each class one in five is labelled wrong. A classifier that makes no
    mistake agrees with four labels in five:

    >>> import numpy as np
    >>> from sknoisy.metrics import noise_corrected_score
    >>> y = np.repeat([0, 1], 100)
    >>> y_noisy = np.where(np.arange(200) % 5 == 0, 1 - y, y)
    >>> T = [[0.8, 0.2], [0.2, 0.8]]
    >>> print(noise_corrected_score(y_noisy, y, transition=T))
    1 (95 % interval 0.9076 to 1; 0.8 on the labels as they are)
    """
    owner = "noise_corrected_score"
    classes, codes, predicted = read_labels_and_predictions(
        y_noisy, y_pred, metric, classes, owner
    )
    T = check_transition_matrix(transition, n_classes=len(classes), name="transition")
    condition = check_condition(T)
    weight = None if sample_weight is None else read_share(sample_weight, len(codes))
    if metric in CONFUSION_SCORES:
        parts = _of_confusion(metric, codes, predicted, T, condition, weight)
    else:
        parts = _of_scores(metric, codes, predicted, T, weight, classes)
    value, uncorrected, variance, derivative = parts
    if support is not None:
        gradient = transition_gradient(derivative, np.linalg.inv(T))
        variance += transition_variance(gradient, T, _check_support(support, len(T)))
    return corrected_score(
        metric, value, uncorrected, variance, confidence, condition, len(codes)
    )


def corrected_score(metric, value, uncorrected, variance, confidence, condition, n):
    """Return the record with a normal interval inside the range of the metric."""
    low, high = RANGES.get(metric, (0, 1))
    error = float(np.sqrt(variance))
    reach = ndtri((1 + confidence) / 2) * error
    return CorrectedScore(
        value=float(np.clip(value, low, high)),
        interval=np.clip([value - reach, value + reach], low, high),
        standard_error=error,
        uncorrected=float(uncorrected),
        confidence=confidence,
        condition_number=condition,
        n_samples=n,
    )


def check_condition(T):
    """Return the condition number of a matrix, if it is one to work with."""
    condition = float(np.linalg.cond(T))
    if not condition <= LARGEST_CONDITION:
        raise ValueError(
            "transition expected a matrix that can be inverted, with a condition "
            f"number up to {LARGEST_CONDITION}, but got {condition:.3g}: noisy labels "
            "hardly say which class is the clean one. Merge classes that are confused "
            "at random, or use trusted_score with some trusted labels."
        )
    return condition


def clean_joint(N, T, *, condition, nonlinear=True):
    """Return the joint shares of clean labels and predictions.

    Parameters
    ----------
    N : ndarray of shape (n_classes, n_classes)
        Joint shares of noisy labels (row) and predictions (column).

    T : ndarray of shape (n_classes, n_classes)
        Transition matrix.

    condition : float
        Its condition number.

    nonlinear : bool, default=True
        Whether the metric needs every class to have a positive share.

    Returns
    -------
    ndarray of shape (n_classes, n_classes)
        Shares that sum to 1.
    """
    if condition <= WELL_CONDITIONED:
        C = np.linalg.solve(T.T, N)
        occurring = T @ N.sum(axis=1) > 0
        if not nonlinear or (C.sum(axis=1)[occurring] > 0).all():
            return C
    # A start in which no share is zero that the likelihood could want.
    C = np.outer(N.sum(axis=1), N.sum(axis=0))
    for _ in range(LIKELIHOOD_STEPS):
        expected = T.T @ C
        ratio = np.divide(N, expected, out=np.zeros_like(N), where=expected > 0)
        C = C * (T @ ratio)
    return C


def _of_confusion(metric, codes, predicted, T, condition, weight):
    """Return value, uncorrected value, variance and derivative, by the table alone."""
    K, score = len(T), CONFUSION_SCORES[metric]
    cells = codes * K + predicted
    N = np.bincount(cells, weight, minlength=K * K).reshape(K, K)
    if weight is None:
        N = N / len(codes)
        squares = N / len(codes)
    else:
        squares = np.bincount(cells, weight**2, minlength=K * K).reshape(K, K)
    # Micro F1 is the same function.
    linear = score is CONFUSION_SCORES["accuracy"]
    C = clean_joint(N, T, condition=condition, nonlinear=not linear)
    value, gradient = score(C)
    # The influence of a row given as j and predicted as p is entry (j, p).
    influence = np.linalg.solve(T, gradient)
    variance = (squares * (influence - (N * influence).sum()) ** 2).sum()
    return value, score(N)[0], float(variance), N @ gradient.T


def _of_scores(metric, codes, scores, T, weight, classes):
    """Return the same for a metric of scores, by the rows."""
    score, right = PROBA_SCORES[metric], np.linalg.inv(T)
    share = read_share(weight, len(codes))
    one = score(codes, scores, right, share)
    of_class = np.bincount(codes, share, len(T)) @ right
    check_score_is_defined(
        one.value, metric, of_class, classes, "noise_corrected_score"
    )
    plain = score(codes, scores, np.eye(len(T)), share)
    return one.value, plain.value, one.variance(share), one.pseudo_label


def confusion_influence(metric, codes, predicted, n_classes, share):
    """Return the influence of a metric of the confusion matrix, labels as they are."""
    K = n_classes
    N = np.bincount(codes * K + predicted, share, minlength=K * K).reshape(K, K)
    value, gradient = CONFUSION_SCORES[metric](N)
    rows = gradient[codes, predicted] - (N * gradient).sum()
    return Influence(value, rows, N @ gradient.T)


def _check_support(support, n_classes):
    support = np.asarray(support, dtype=float)
    if support.shape != (n_classes,) or not (support > 0).all():
        raise ValueError(
            f"support expected {n_classes} positive numbers, the labels behind each "
            f"row of the transition matrix, but got {support.tolist()}. For a matrix "
            "that is known leave support out."
        )
    return support
