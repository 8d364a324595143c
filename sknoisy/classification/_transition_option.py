"""The parameter ``transition`` of the classifiers: a matrix, or where it comes from."""

from sknoisy._compat import StrOptions
from sknoisy._meta import prepared
from sknoisy._transition_matrix import check_transition_matrix
from sknoisy.transition import ConfidentTransition
from sknoisy.transition._base import TRANSITION_ESTIMATOR

TRANSITION_CONSTRAINT = [
    StrOptions({"auto"}),
    TRANSITION_ESTIMATOR,
    "array-like",
]


def check_transition_option(transition, labels):
    """Refuse a matrix that does not fit before any fold is fitted.

    Parameters
    ----------
    transition : str, transition estimator, array-like or None
        The parameter.

    labels : NoisyLabels
        The labels.
    """
    if transition is not None and not is_estimated(transition):
        _given(transition, labels)


def is_estimated(transition):
    """Whether the parameter names or holds an estimator, not a matrix."""
    return isinstance(transition, str) or hasattr(transition, "fit")


def transition_beside(transition, estimator, X, proba, labels):
    """Return the transition matrix, given or estimated beside probabilities.

    Parameters
    ----------
    transition : str, transition estimator or array-like
        The parameter; "auto" means :class:`~sknoisy.transition.ConfidentTransition`.

    estimator : classifier
        The classifier that is being trained.

    X : array-like, frame, sparse matrix or sequence of n_samples rows
        Rows as given to ``fit``.

    proba : ndarray of shape (n_samples, n_classes)
        Out-of-fold probabilities of the noisy labels.

    labels : NoisyLabels
        The labels.

    Returns
    -------
    ndarray of shape (n_classes, n_classes)
        ``T[i, j] = P(noisy = j | clean = i)``.
    """
    if isinstance(transition, str):
        return ConfidentTransition()._estimate(proba, labels)
    if hasattr(transition, "_estimate_beside"):
        step = prepared(transition)
        return step._estimate_beside(X, proba, labels.with_default(estimator))
    return _given(transition, labels)


def _given(transition, labels):
    return check_transition_matrix(
        transition, n_classes=labels.n_classes, name="transition"
    )
