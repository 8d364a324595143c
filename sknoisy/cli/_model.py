"""The models with which labels are compared."""

from sklearn.ensemble import (
    ExtraTreesClassifier,
    HistGradientBoostingClassifier,
    VotingClassifier,
)
from sklearn.linear_model import LogisticRegression

_TREES = 200
_ROWS_PER_LEAF = 3
# Trees on more rows than this cost time and find little more.
_ROWS_PER_TREE = 20_000


def make_model(kind, n_rows, *, random_state=None):
    """Return the classifier whose predictions labels are compared with.

    Parameters
    ----------
    kind : {"both", "linear", "forest", "boosting"}
        Which one; "both" takes the mean of the linear model and the forest.

    n_rows : int
        Number of rows that it will be trained on.

    random_state : int, default=None
        Seed.

    Returns
    -------
    classifier
        Unfitted, with ``predict_proba``.
    """
    if kind == "linear":
        return _linear()
    if kind == "forest":
        return _forest(n_rows, random_state)
    if kind == "boosting":
        return HistGradientBoostingClassifier(
            max_iter=60, early_stopping=False, random_state=random_state
        )
    return VotingClassifier(
        [("linear", _linear()), ("forest", _forest(n_rows, random_state))],
        voting="soft",
    )


def _linear():
    """Return a linear model that is shrunk enough for more columns than rows."""
    return LogisticRegression(C=0.1, max_iter=1000)


def _forest(n_rows, random_state):
    """Return a forest with several rows a leaf, not one alone."""
    sample = {"bootstrap": True, "max_samples": _ROWS_PER_TREE}
    return ExtraTreesClassifier(
        _TREES,
        min_samples_leaf=_ROWS_PER_LEAF,
        random_state=random_state,
        **(sample if n_rows > _ROWS_PER_TREE else {}),
    )
