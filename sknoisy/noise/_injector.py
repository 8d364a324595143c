"""A classifier that is trained on labels made wrong on purpose."""

import numpy as np

from sknoisy._compat import HasMethods
from sknoisy._context import seed_unset
from sknoisy._meta import BaseLabelNoiseClassifier
from sknoisy._soft_labels import fit_weighted
from sknoisy.noise._class_conditional import UniformNoise


class LabelNoiseInjector(BaseLabelNoiseClassifier):
    """Train a classifier on corrupted labels, to study how robust it is.

    Only the labels given to ``fit`` are corrupted. The labels of the held-out part of
    :func:`~sklearn.model_selection.cross_val_score` stay clean, so that the score says
    what the noise has cost.

    Parameters
    ----------
    estimator : classifier, default=None
        The classifier to train. None means
        :class:`~sklearn.linear_model.LogisticRegression`.

    noise : noise, default=None
        How labels go wrong, see :mod:`sknoisy.noise`. None means
        ``UniformNoise(0.2)``.

    random_state : int, RandomState instance or None, default=None
        Seed for those random states of the noise and of the classifier that have none.

    Attributes
    ----------
    estimator_ : classifier
        The fitted classifier.

    flipped_ : ndarray of bool of shape (n_samples,)
        The labels that were changed.

    transduction_ : ndarray of shape (n_samples,)
        The labels that the classifier was trained on.

    classes_ : ndarray of shape (n_classes,)
        The distinct labels.

    n_features_in_ : int
        Number of columns of X, where the classifier tells.

    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns of X, where the classifier tells.

    See Also
    --------
    sknoisy.noise.UniformNoise : Flips to every other class alike.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.model_selection import cross_val_score
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from sknoisy import LabelNoiseInjector
    >>> from sknoisy.noise import UniformNoise
    >>> X, y = load_iris(return_X_y=True)
    >>> tree = DecisionTreeClassifier(random_state=0)
    >>> noisy = LabelNoiseInjector(tree, UniformNoise(0.4), random_state=0)
    >>> loss = cross_val_score(tree, X, y) - cross_val_score(noisy, X, y)
    >>> bool(loss.mean() > 0.1)
    True
    """

    _parameter_constraints: dict = {
        **BaseLabelNoiseClassifier._parameter_constraints,
        "noise": [HasMethods(["corrupt"]), None],
        "random_state": ["random_state"],
    }

    # The weights are the user's, and reach the classifier as they are.
    _weights_are_relative = False

    def __init__(self, estimator=None, noise=None, *, random_state=None):
        self.estimator = estimator
        self.noise = noise
        self.random_state = random_state

    def _fit(self, X, labels):
        noise = UniformNoise() if self.noise is None else self.noise
        noise = seed_unset(noise, self.random_state)
        corrupted = np.asarray(noise.corrupt(labels.y, X))
        if labels.trusted is not None:
            corrupted = np.where(labels.trusted, labels.y, corrupted)
        self.transduction_ = corrupted
        self.flipped_ = corrupted != labels.y
        estimator = seed_unset(self._inner_estimator(), self.random_state)
        return fit_weighted(
            estimator, X, corrupted, labels.sample_weight, labels.params
        )
