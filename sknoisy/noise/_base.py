"""From probabilities of flips to noisy labels: what all noise has in common."""

from abc import ABCMeta, abstractmethod
from numbers import Real

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state

from sknoisy._compat import Interval
from sknoisy._labels import encode_labels


class BaseNoise(BaseEstimator, metaclass=ABCMeta):
    """Base class of label noise.

    A kind of noise is one method, :meth:`flip_proba`; drawing the labels is common to
    all. Parameters are handled as in any scikit-learn estimator, but there is nothing
    to fit.

    Parameters
    ----------
    random_state : int, RandomState instance or None, default=None
        Seed of the flips. Pass an int for the same flips at every call.

    See Also
    --------
    UniformNoise : Flips to every other class alike.
    TransitionNoise : Flips by a matrix.

    Examples
    --------
    Noise that turns every label into the class numbered 0 once in ten times:

    >>> import numpy as np
    >>> from sknoisy.noise import BaseNoise
    >>> class DefaultAnswerNoise(BaseNoise):
    ...     def __init__(self, *, random_state=None):
    ...         self.random_state = random_state
    ...
    ...     def flip_proba(self, codes, X=None, *, n_classes=None):
    ...         codes, n_classes = self._check_codes(codes, n_classes)
    ...         eye = np.eye(n_classes)
    ...         return 0.9 * eye[codes] + 0.1 * eye[0]
    >>> y = np.repeat(["no", "yes"], 500)
    >>> y_noisy = DefaultAnswerNoise(random_state=0).corrupt(y)
    >>> bool((y_noisy[y == "no"] == "no").all())
    True
    """

    _parameter_constraints: dict = {"random_state": ["random_state"]}

    def __init__(self, *, random_state=None):
        self.random_state = random_state

    @abstractmethod
    def flip_proba(self, codes, X=None, *, n_classes=None):
        """Return the probability of each noisy label.

        Parameters
        ----------
        codes : array-like of int of shape (n_samples,)
            Clean labels as positions in the sorted classes.

        X : array-like or sparse matrix of shape (n_samples, n_features), default=None
            Features, for noise that depends on them.

        n_classes : int, default=None
            Number of classes. If None, ``max(codes) + 1``.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            ``P(noisy = j | clean = codes[i], X[i])``; rows sum to 1.

        Raises
        ------
        ValueError
            If a parameter of the noise or one of the codes is out of range.
        """

    def corrupt(self, y, X=None):
        """Draw one noisy label for each row.

        Parameters
        ----------
        y : array-like of shape (n_samples,)
            Clean labels of any type that can be sorted.

        X : array-like or sparse matrix of shape (n_samples, n_features), default=None
            Features, for noise that depends on them.

        Returns
        -------
        ndarray or Series of shape (n_samples,)
            Noisy labels of the same dtype. A pandas or polars Series comes back as
            such, with its name and index; anything else comes back as an array.

        Raises
        ------
        ValueError
            If labels are missing, continuous or multi-output, or a parameter is out of
            range.

        Notes
        -----
        ``random_state`` is read at each call: with an integer, the same labels come
        back every time.
        """
        self._validate_params()
        classes, codes = self._encode(y)
        rng = check_random_state(self.random_state)
        proba = self.flip_proba(codes, X, n_classes=len(classes))
        # With an integer seed flip_proba may have used the first numbers of this very
        # stream, so the labels are drawn from another one.
        rng = np.random.RandomState(rng.randint(np.iinfo(np.int32).max))
        return _labels_like(y, classes, _draw(proba, rng))

    def _encode(self, y):
        """Return the classes, in the order of the columns, and the codes of y."""
        return encode_labels(y, owner=type(self).__name__)

    def _check_codes(self, codes, n_classes):
        """Return checked codes and the number of classes."""
        self._validate_params()
        codes = np.asarray(codes)
        if codes.ndim != 1 or (codes.size and codes.dtype.kind not in "iu"):
            raise ValueError(
                f"{type(self).__name__} expected codes of shape (n_samples,), the "
                f"labels as integers from 0, but got dtype {codes.dtype} and shape "
                f"{codes.shape}. For labels of any other kind call corrupt(y)."
            )
        codes = codes.astype(np.intp)
        if n_classes is None:
            n_classes = int(codes.max(initial=-1)) + 1
        if codes.size and not 0 <= codes.min() <= codes.max() < n_classes:
            raise ValueError(
                f"{type(self).__name__} expected codes from 0 to {n_classes - 1}, one "
                f"for each of {n_classes} classes, but got codes from {codes.min()} to "
                f"{codes.max()}. Number the classes from 0, or pass n_classes."
            )
        return codes, n_classes


class BaseRateNoise(BaseNoise):
    """Base class of noise with a rate that is the same for every class."""

    _parameter_constraints: dict = {
        **BaseNoise._parameter_constraints,
        "rate": [Interval(Real, 0, 1, closed="left")],
    }

    def __init__(self, rate=0.2, *, random_state=None):
        super().__init__(random_state=random_state)
        self.rate = rate

    def flip_proba(self, codes, X=None, *, n_classes=None):
        """Return the probability of each noisy label.

        Parameters
        ----------
        codes : array-like of int of shape (n_samples,)
            Clean labels as positions in the sorted classes.

        X : array-like or sparse matrix of shape (n_samples, n_features), default=None
            Features, for noise that depends on them.

        n_classes : int, default=None
            Number of classes. If None, ``max(codes) + 1``.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            ``P(noisy = j | clean = codes[i], X[i])``; rows sum to 1.

        Raises
        ------
        ValueError
            If a parameter of the noise or one of the codes is out of range, or if
            there is only one class and ``rate`` is not 0.
        """
        codes, n_classes = self._check_codes(codes, n_classes)
        if self.rate == 0:
            return np.eye(n_classes)[codes]
        if n_classes < 2:
            raise ValueError(
                f"{type(self).__name__}(rate={self.rate}) needs labels of at least 2 "
                f"classes, since a wrong label is another class, but got {n_classes}. "
                "Pass labels of more classes to corrupt, or n_classes to flip_proba."
            )
        return self._flip_proba(codes, X, n_classes)

    @abstractmethod
    def _flip_proba(self, codes, X, n_classes):
        """Return the probabilities for a rate above 0 and at least two classes."""


def _draw(proba, rng):
    """Draw one column number per row by inverting the cumulative distribution."""
    cumulative = proba.cumsum(axis=1)
    # Rounding must not leave a gap above the last column that a draw could fall into.
    cumulative /= cumulative[:, -1:]
    return (cumulative <= rng.uniform(size=(len(proba), 1))).sum(axis=1)


def _labels_like(y, classes, codes):
    """Return the labels of the codes in the container and dtype of y."""
    labels = classes[codes]
    if type(y).__module__.startswith("polars") and hasattr(y, "dtype"):
        return type(y)(y.name, labels.tolist(), dtype=y.dtype)
    if hasattr(y, "iloc") and y.ndim == 1:
        _check_categories(y.dtype, classes)
        return type(y)(labels, index=y.index, name=y.name, dtype=y.dtype)
    if not hasattr(y, "dtype"):
        return labels
    same = labels.astype(y.dtype)
    # Classes that y does not hold may need a wider dtype: longer strings, for one.
    return same if np.array_equal(same, labels) else labels


def _check_categories(dtype, classes):
    """Refuse classes that a categorical Series would turn into missing values."""
    categories = getattr(dtype, "categories", None)
    if categories is not None and not np.isin(classes, categories).all():
        raise ValueError(
            f"A categorical y must have every class among its categories, but classes "
            f"are {classes.tolist()} and the categories are {list(categories)}. Add "
            "the missing ones with y.cat.add_categories."
        )
