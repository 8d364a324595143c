"""The parameter ``transition``: a matrix, or where it comes from."""

from sknoisy._compat import StrOptions
from sknoisy._meta import prepared
from sknoisy._transition_matrix import check_transition_matrix
from sknoisy.transition._base import TRANSITION_ESTIMATOR
from sknoisy.transition._confident import ConfidentTransition
from sknoisy.transition._trusted import TrustedTransition, has_trusted

ESTIMATOR_OR_MATRIX = [TRANSITION_ESTIMATOR, "array-like"]
TRANSITION_CONSTRAINT = [StrOptions({"auto"}), *ESTIMATOR_OR_MATRIX]


def is_matrix(transition):
    """Whether the parameter is the matrix itself."""
    return not (
        transition is None or isinstance(transition, str) or hasattr(transition, "fit")
    )


def check_matrix(transition, labels, *, invertible=False):
    """Refuse a matrix that does not fit, before any fold is fitted.

    Parameters
    ----------
    transition : str, transition estimator, array-like or None
        The parameter; anything but a matrix passes.

    labels : NoisyLabels
        The labels.

    invertible : bool, default=False
        Whether the matrix will be inverted.
    """
    if is_matrix(transition):
        check_transition_matrix(
            transition,
            n_classes=labels.n_classes,
            invertible=invertible,
            name="transition",
        )


def resolve_transition(transition, X, proba, labels, *, base=None, invertible=False):
    """Return the transition matrix, given or estimated.

    Parameters
    ----------
    transition : "auto", transition estimator, array-like or None
        The parameter. "auto" and None mean
        :class:`~sknoisy.transition.TrustedTransition` where labels are trusted, else
        :class:`~sknoisy.transition.ConfidentTransition`.

    X : array-like, frame, sparse matrix or sequence of n_samples rows
        Rows as given to ``fit``.

    proba : ndarray of shape (n_samples, n_classes)
        Out-of-sample probabilities of the noisy labels.

    labels : NoisyLabels
        The labels.

    base : classifier, default=None
        What an estimator without a classifier of its own fits.

    invertible : bool, default=False
        Whether the matrix will be inverted.

    Returns
    -------
    ndarray of shape (n_classes, n_classes)
        ``T[i, j] = P(noisy = j | clean = i)``.
    """
    if transition is None or isinstance(transition, str):
        trusted = has_trusted(labels)
        transition = TrustedTransition() if trusted else ConfidentTransition()
    if hasattr(transition, "_estimate"):
        transition = prepared(transition, base)._estimate(X, proba, labels)
    return check_transition_matrix(
        transition, n_classes=labels.n_classes, invertible=invertible, name="transition"
    )
