"""Noise that depends on the clean class alone."""

import numpy as np

from sknoisy._labels import encode_labels
from sknoisy._transition_matrix import check_transition_matrix, make_transition_matrix
from sknoisy.noise._base import BaseNoise, BaseRateNoise


class UniformNoise(BaseRateNoise):
    """Noise that turns a label into any other class with equal probability.

    Also called symmetric noise: each label is wrong with probability ``rate``, and a
    wrong label is any of the other classes alike.

    Parameters
    ----------
    rate : float, default=0.2
        Probability that a label is wrong, in [0, 1).

    random_state : int, RandomState instance or None, default=None
        Seed of the flips. Pass an int for the same flips at every call.

    See Also
    --------
    PairNoise : All flips of a class go to one other class.
    TransitionNoise : Flips by a matrix, with a rate for each class if need be.
    InstanceNoise : Flips that depend on the features.

    Notes
    -----
    ``rate`` is the probability that a label *changes*. Some texts replace a label by a
    draw from all classes, its own included; replacing a share ``r`` in that way is
    ``rate = r * (1 - 1 / n_classes)`` here.

    References
    ----------
    .. [1] D. Angluin and P. Laird, "Learning From Noisy Examples", Machine Learning
       2(4), 1988.

    Examples
    --------
    >>> import numpy as np
    >>> from sknoisy.noise import UniformNoise
    >>> y = np.repeat(["cat", "dog", "owl"], 1000)
    >>> y_noisy = UniformNoise(rate=0.3, random_state=0).corrupt(y)
    >>> round(float(np.mean(y_noisy != y)), 1)
    0.3
    >>> UniformNoise(rate=0.3).flip_proba([0, 2])
    array([[0.7 , 0.15, 0.15],
           [0.15, 0.15, 0.7 ]])
    """

    def _flip_proba(self, codes, X, n_classes):
        return make_transition_matrix(n_classes, self.rate)[codes]


class PairNoise(BaseRateNoise):
    """Noise that turns a label into the next class.

    Also called pair-flip noise: a wrong label of one class is always the next class in
    sorted order, and the last class turns into the first. It is harder to undo than
    uniform noise, since the wrong labels of a class agree with each other.

    Parameters
    ----------
    rate : float, default=0.2
        Probability that a label is wrong, in [0, 1). Above 0.5 most labels of a class
        are wrong, and nothing in the data says so.

    random_state : int, RandomState instance or None, default=None
        Seed of the flips. Pass an int for the same flips at every call.

    See Also
    --------
    UniformNoise : Flips go to every other class alike.
    TransitionNoise : Flips by a matrix.

    References
    ----------
    .. [1] B. Han, Q. Yao, X. Yu, G. Niu, M. Xu, W. Hu, I. Tsang and M. Sugiyama,
       "Co-teaching: Robust Training of Deep Neural Networks with Extremely Noisy
       Labels", NeurIPS, 2018.

    Examples
    --------
    >>> from sknoisy.noise import PairNoise
    >>> PairNoise(rate=0.4).flip_proba([0, 1, 2])
    array([[0.6, 0.4, 0. ],
           [0. , 0.6, 0.4],
           [0.4, 0. , 0.6]])
    """

    def _flip_proba(self, codes, X, n_classes):
        return make_transition_matrix(n_classes, self.rate, kind="pair")[codes]


class TransitionNoise(BaseNoise):
    """Noise that turns one class into another by a transition matrix.

    Parameters
    ----------
    transition_matrix : array-like of shape (n_classes, n_classes)
        ``T[i, j] = P(noisy = j | clean = i)``; rows sum to 1.

    classes : array-like of shape (n_classes,), default=None
        Label of each row and column of ``transition_matrix``. If None, the sorted
        labels of the ``y`` that is corrupted. Needed where ``y`` may lack some of the
        classes.

    random_state : int, RandomState instance or None, default=None
        Seed of the flips. Pass an int for the same flips at every call.

    See Also
    --------
    sknoisy.transition.make_transition_matrix : Make such a matrix for a given rate.
    UniformNoise : Flips go to every other class alike.

    References
    ----------
    .. [1] N. Natarajan, I. S. Dhillon, P. Ravikumar and A. Tewari, "Learning with
       Noisy Labels", NeurIPS, 2013.

    Examples
    --------
    Half of the spam passes for ham, while ham is never mistaken:

    >>> import numpy as np
    >>> from sknoisy.noise import TransitionNoise
    >>> noise = TransitionNoise(
    ...     [[0.5, 0.5], [0, 1]], classes=["spam", "ham"], random_state=0
    ... )
    >>> y = np.repeat(["ham", "spam"], 1000)
    >>> y_noisy = noise.corrupt(y)
    >>> [round(float(np.mean(y_noisy[y == c] == "ham")), 1) for c in ("ham", "spam")]
    [1.0, 0.5]
    """

    _parameter_constraints: dict = {
        **BaseNoise._parameter_constraints,
        "transition_matrix": ["array-like"],
        "classes": ["array-like", None],
    }

    def __init__(self, transition_matrix, *, classes=None, random_state=None):
        super().__init__(random_state=random_state)
        self.transition_matrix = transition_matrix
        self.classes = classes

    def flip_proba(self, codes, X=None, *, n_classes=None):
        """Return the rows of the matrix that belong to the codes.

        Parameters
        ----------
        codes : array-like of int of shape (n_samples,)
            Clean labels as row numbers of ``transition_matrix``.

        X : object, default=None
            Ignored: the noise does not depend on the features.

        n_classes : int, default=None
            Number of classes, which must be that of the matrix. If None, that.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            ``P(noisy = j | clean = codes[i])``; rows sum to 1.

        Raises
        ------
        ValueError
            If ``transition_matrix`` is no transition matrix of ``n_classes`` classes,
            or one of the codes is out of range.
        """
        T = check_transition_matrix(self.transition_matrix, n_classes=n_classes)
        codes, _ = self._check_codes(codes, len(T))
        return T[codes]

    def _encode(self, y):
        T = check_transition_matrix(self.transition_matrix)
        if self.classes is not None:
            self._check_classes(len(T))
        classes, codes = encode_labels(
            y, owner=type(self).__name__, classes=self.classes
        )
        if len(classes) != len(T):
            raise ValueError(
                f"TransitionNoise has a transition_matrix of {len(T)} classes, but y "
                f"holds {len(classes)}: {classes.tolist()}. Pass classes= with the "
                f"label of each of the {len(T)} rows, or a matrix for the labels of y."
            )
        return classes, codes

    def _check_classes(self, n_rows):
        """Refuse classes that do not name each row of the matrix once."""
        classes = np.asarray(self.classes)
        if classes.shape != (n_rows,) or len(set(classes.tolist())) != n_rows:
            raise ValueError(
                f"classes must hold {n_rows} distinct labels, one for each row of "
                f"transition_matrix, but got {classes.tolist()}. Give each class once, "
                "in the order of the rows."
            )
