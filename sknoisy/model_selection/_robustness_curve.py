"""Accuracy on clean labels against the rate of injected noise."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from sklearn.base import clone
from sklearn.metrics import get_scorer
from sklearn.model_selection import check_cv
from sklearn.utils import check_random_state, indexable
from sklearn.utils.parallel import delayed
from sklearn.utils.validation import check_memory

from sknoisy._compat import (
    HasMethods,
    _safe_indexing,
    parallel_as_they_come,
    validate_params,
)
from sknoisy._labels import encode_labels
from sknoisy.noise import UniformNoise


@dataclass(frozen=True)
class RobustnessCurve:
    """Scores on clean labels after training on labels with more and more noise.

    Parameters
    ----------
    names : list of str
        Names of the estimators.

    rates : ndarray of shape (n_rates,)
        Injected noise rates.

    scores : ndarray of shape (n_estimators, n_rates, n_splits)
        Scores on the clean labels of the test parts.

    Examples
    --------
    >>> import numpy as np
    >>> from sknoisy.model_selection import RobustnessCurve
    >>> scores = np.array([[[0.9, 0.8], [0.6, 0.7]]])
    >>> curve = RobustnessCurve(["forest"], np.array([0.0, 0.4]), scores)
    >>> curve.mean.round(2)
    array([[0.85, 0.65]])
    """

    names: list
    rates: np.ndarray
    scores: np.ndarray

    @property
    def mean(self):
        """Mean over the splits, shape (n_estimators, n_rates)."""
        return self.scores.mean(axis=2)

    @property
    def standard_error(self):
        """Standard error over the splits, shape (n_estimators, n_rates)."""
        n_splits = self.scores.shape[2]
        return self.scores.std(axis=2, ddof=min(1, n_splits - 1)) / np.sqrt(n_splits)


@validate_params(
    {
        "estimators": [dict, list, HasMethods(["fit", "predict"])],
        "noise": [HasMethods(["corrupt", "set_params"]), None],
        "rates": ["array-like"],
        "scoring": [str, callable],
        "cv": ["cv_object"],
        "memory": [str, HasMethods(["cache"]), None],
        "n_jobs": [int, None],
        "random_state": ["random_state"],
        "progress": [callable, None],
    },
    prefer_skip_nested_validation=True,
)
def robustness_curve(
    estimators,
    X,
    y,
    noise=None,
    rates=(0.0, 0.1, 0.2, 0.3, 0.4),
    *,
    scoring="accuracy",
    cv=None,
    memory=None,
    n_jobs=None,
    random_state=None,
    progress=None,
):
    """Train on labels with injected noise and score on the clean ones.

    Parameters
    ----------
    estimators : dict of str to classifier, list of classifiers, or classifier
        What is compared. A list names them by their classes.

    X : array-like, frame, sparse matrix or sequence of n_samples rows
        Rows.

    y : array-like of shape (n_samples,)
        Labels that are taken for clean.

    noise : noise of :mod:`sknoisy.noise` with a ``rate``, default=None
        What corrupts the labels of the training parts. None means
        :class:`~sknoisy.noise.UniformNoise`.

    rates : array-like of shape (n_rates,), default=(0.0, 0.1, 0.2, 0.3, 0.4)
        Noise rates.

    scoring : str or callable, default="accuracy"
        Scorer of scikit-learn, called with the clean labels of the test part.

    cv : int, splitter, iterable of splits or None, default=None
        Folds; None means 5 stratified ones. Each fold draws noise of its own, the same
        for all estimators.

    memory : str or object with the joblib.Memory interface, default=None
        Where each score is kept as soon as it is there: a run that was stopped goes on
        where it was, given an integer ``random_state``.

    n_jobs : int, default=None
        Number of fits side by side.

    random_state : int, RandomState instance or None, default=None
        Seed of the noise.

    progress : callable, default=None
        Called with the number of fits done and their total after each.

    Returns
    -------
    RobustnessCurve
        ``names``, ``rates``, ``scores``, ``mean``, ``standard_error``.

    Raises
    ------
    ValueError
        If a rate is outside [0, 1), the noise has no ``rate``, or the labels are
        missing or continuous.

    See Also
    --------
    sknoisy.inspection.RobustnessCurveDisplay : The picture.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.neighbors import KNeighborsClassifier
    >>> from sknoisy.model_selection import robustness_curve
    >>> X, y = load_iris(return_X_y=True)
    >>> models = {"1": KNeighborsClassifier(1), "15": KNeighborsClassifier(15)}
    >>> curve = robustness_curve(models, X, y, rates=[0, 0.4], random_state=0)
    >>> [name for name, last in zip(curve.names, curve.mean[:, -1]) if last > 0.9]
    ['15']
    """
    (X,) = indexable(X)
    classes, codes = encode_labels(y, owner="robustness_curve")
    y, named = classes[codes], _named(estimators)
    rates = _check_rates(rates)
    noise = UniformNoise() if noise is None else noise
    if "rate" not in noise.get_params():
        raise ValueError(
            f"noise expected an object with a rate, but {type(noise).__name__} has "
            "none. Pass UniformNoise(), PairNoise() or InstanceNoise()."
        )
    scorer: Callable = get_scorer(scoring) if isinstance(scoring, str) else scoring
    folds = list(check_cv(5 if cv is None else cv, y, classifier=True).split(X, y))
    # One seed a fold: all estimators and rates of a fold see the same draw.
    seeds = check_random_state(random_state).randint(2**31 - 1, size=len(folds))
    score = check_memory(memory).cache(_score)
    jobs = [
        delayed(score)(
            estimator, X, y, clone(noise).set_params(rate=r), scorer, *fold, s
        )
        for estimator in named.values()
        for r in rates
        for fold, s in zip(folds, seeds, strict=True)
    ]
    scores = []
    for one in parallel_as_they_come(n_jobs)(jobs):
        scores.append(one)
        if progress is not None:
            progress(len(scores), len(jobs))
    shape = len(named), len(rates), len(folds)
    return RobustnessCurve(list(named), rates, np.reshape(scores, shape))


def _score(estimator, X, y, noise, scorer, train, test, seed):
    """Fit on the noisy labels of one part and score on the clean ones of the other."""
    X_train = _safe_indexing(X, train)
    # The noise is drawn here, so that the cache holds for other lists of rates.
    noise.set_params(random_state=int(seed))
    y_train = noise.corrupt(y[train], X_train)
    fitted = clone(estimator).fit(X_train, y_train)
    return float(scorer(fitted, _safe_indexing(X, test), y[test]))


def _named(estimators):
    """Return estimators by name; equal names of a list get numbers."""
    if isinstance(estimators, dict):
        return estimators
    listed = estimators if isinstance(estimators, list) else [estimators]
    names = [type(estimator).__name__ for estimator in listed]
    return {
        name if names.count(name) == 1 else f"{name} {names[:i].count(name) + 1}": one
        for i, (name, one) in enumerate(zip(names, listed, strict=True))
    }


def _check_rates(rates):
    rates = np.asarray(rates, dtype=float)
    if rates.ndim != 1 or not len(rates) or not ((rates >= 0) & (rates < 1)).all():
        raise ValueError(
            "rates expected an array of shape (n_rates,) with noise rates in [0, 1), "
            f"but got {rates.tolist()}. Pass 0.2 for 20 %."
        )
    return rates
