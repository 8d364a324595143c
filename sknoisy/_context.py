"""What the steps of one fit share, beside the rows and the labels."""

from dataclasses import dataclass, field
from numbers import Integral

import numpy as np
from sklearn.base import clone
from sklearn.utils import check_random_state

from sknoisy._compat import HasMethods

CONTEXT_CONSTRAINTS = {
    "cv": ["cv_object"],
    "memory": [str, HasMethods(["cache"]), None],
    "n_jobs": [Integral, None],
    "random_state": ["random_state"],
}


@dataclass(frozen=True)
class FitContext:
    """Caching, parallel jobs, seed, embedding and progress of one fit.

    Attributes
    ----------
    memory : str or object with the joblib.Memory interface, or None
        Where out-of-fold probabilities, forests and neighbours are cached.
    n_jobs : int or None
        Number of fits side by side.
    random_state : int or None
        Seed of what is random; None leaves the user's estimators unseeded.
    embedding : str or transformer
        Space of the forest and of the neighbours.
    progress : object or None
        Has ``start(name, n_steps)`` and ``step(name)``, for progress bars.
    fits : list of int
        Number of fits of the classifier that each step has asked for so far.
    """

    memory: object = None
    n_jobs: int | None = None
    random_state: int | None = None
    embedding: object = "auto"
    progress: object = None
    fits: list = field(default_factory=list)

    @classmethod
    def of(cls, estimator):
        """Return the context that the parameters of an estimator ask for."""
        seed = getattr(estimator, "random_state", None)
        if isinstance(seed, np.random.RandomState | np.random.Generator):
            # One number for the whole fit, so that each step sees the same seed.
            seed = check_random_state(seed).randint(np.iinfo(np.int32).max)
        return cls(
            memory=getattr(estimator, "memory", None),
            n_jobs=getattr(estimator, "n_jobs", None),
            random_state=seed,
            embedding=getattr(estimator, "embedding", "auto"),
            progress=getattr(estimator, "_progress", None),
        )


def seed_unset(estimator, random_state):
    """Clone an estimator and give its unset random states a seed.

    Parameters
    ----------
    estimator : estimator
        It is cloned, never changed. What its user has seeded stays as it is.

    random_state : int, RandomState instance or None
        Source of the seeds. With None nothing is set.

    Returns
    -------
    estimator
        The clone.
    """
    estimator = clone(estimator)
    if random_state is None:
        return estimator
    random_state = check_random_state(random_state)
    unset = {
        name: random_state.randint(np.iinfo(np.int32).max)
        for name, value in sorted(estimator.get_params(deep=True).items())
        if value is None and (name == "random_state" or name.endswith("__random_state"))
    }
    # A FrozenEstimator returns nothing from it.
    estimator.set_params(**unset)
    return estimator
