"""What says which class each row has: models that have not seen it, and neighbours."""

from numbers import Integral

import numpy as np
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.utils import check_random_state, get_tags

from sknoisy._compat import HasMethods, StrOptions
from sknoisy._embedding import embed
from sknoisy._meta import PRECOMPUTED
from sknoisy._neighbor_graph import neighbor_graph
from sknoisy._out_of_fold import out_of_fold_proba
from sknoisy._proba import check_proba
from sknoisy._transition_matrix import normalize_rows

N_NEIGHBORS = 10
FAINTEST = 1e-6

FOLDING_CONSTRAINTS = {
    "cv": ["cv_object"],
    "memory": [str, HasMethods(["cache"]), None],
    "n_jobs": [Integral, None],
    "random_state": ["random_state"],
}
EMBEDDING_CONSTRAINT = [
    StrOptions({"auto", "passthrough"}),
    HasMethods(["fit", "transform"]),
]


class ProbabilitySource:
    """Parameters of steps that ask a model about labels that it has not seen."""

    _parameter_constraints: dict = {
        "estimator": [HasMethods(["fit"]), StrOptions({PRECOMPUTED}), None],
        **FOLDING_CONSTRAINTS,
    }

    def __init__(
        self, estimator=None, *, cv=None, memory=None, n_jobs=None, random_state=None
    ):
        self.estimator = estimator
        self.cv = cv
        self.memory = memory
        self.n_jobs = n_jobs
        self.random_state = random_state

    def _proba(self, X, labels):
        """Return the out-of-fold probabilities, made or given."""
        if isinstance(self.estimator, str):
            return check_proba(X, labels, owner=type(self).__name__)
        return model_evidence(self, self._asked(labels), X, labels)

    def _asked(self, labels):
        """Return the model that is asked, uncloned."""
        known = (self.estimator, labels.default_estimator, LogisticRegression())
        return next(model for model in known if model is not None)


def narrowed(tags, second_estimator):
    """Return tags that allow the input that a second estimator takes as well.

    Parameters
    ----------
    tags : Tags
        They are changed in place.

    second_estimator : estimator or None
        None narrows nothing.

    Returns
    -------
    Tags
        The tags.
    """
    if second_estimator is not None:
        second = get_tags(second_estimator).input_tags
        tags.input_tags.sparse &= second.sparse
        tags.input_tags.allow_nan &= second.allow_nan
    return tags


def model_evidence(owner, estimator, X, labels, soft_labels=None, *, cv=None):
    """Return out-of-fold probabilities by the folding parameters of an estimator.

    Parameters
    ----------
    owner : estimator
        Its ``cv``, ``memory``, ``n_jobs`` and ``random_state`` are used.

    estimator : classifier
        The model that is asked. It is cloned.

    X : array-like, frame, sparse matrix or sequence of n_samples rows
        Handed on as it came.

    labels : NoisyLabels
        The labels.

    soft_labels : ndarray of shape (n_samples, n_classes), default=None
        What to train on instead of the labels.

    cv : list of (ndarray, ndarray), default=None
        Folds that were made already; None makes them by ``cv`` of the owner.

    Returns
    -------
    ndarray of shape (n_samples, n_classes)
        Probabilities of a model that has not seen the row.
    """
    return out_of_fold_proba(
        seed_unset(estimator, owner.random_state),
        X,
        labels,
        soft_labels=soft_labels,
        cv=owner.cv if cv is None else cv,
        n_jobs=owner.n_jobs,
        memory=owner.memory,
    )


def neighborhood(owner, estimator, X, labels, *, n_neighbors=N_NEIGHBORS, votes=None):
    """Find the neighbours of each row by the parameters of an estimator.

    Parameters
    ----------
    owner : estimator
        Its ``embedding``, ``memory``, ``n_jobs`` and ``random_state`` are used.

    estimator : classifier or None
        The classifier whose preprocessing the "auto" embedding takes.

    X : array-like, frame, sparse matrix or sequence of n_samples rows
        Rows to embed.

    labels : NoisyLabels
        The labels.

    n_neighbors : int, default=10
        How many neighbours to search.

    votes : NoisyLabels, default=None
        The labels that neighbours vote with, where they are others.

    Returns
    -------
    NeighborGraph or None
        None, after a warning, where the rows cannot be embedded.
    """
    Z = embed(
        X,
        labels,
        estimator=estimator,
        embedding=owner.embedding,
        random_state=owner.random_state,
        memory=owner.memory,
    )
    if Z is None:
        return None
    return neighbor_graph(
        Z,
        labels if votes is None else votes,
        n_neighbors=n_neighbors,
        n_jobs=owner.n_jobs,
        memory=owner.memory,
    )


def neighbor_evidence(graph, labels, soft_labels=None):
    """Return the label shares of the neighbours of each row.

    Parameters
    ----------
    graph : NeighborGraph
        The neighbours.

    labels : NoisyLabels
        The labels.

    soft_labels : ndarray of shape (n_samples, n_classes), default=None
        What the neighbours vote for instead of the labels.

    Returns
    -------
    ndarray of shape (n_samples, n_classes)
        Rows sum to 1.
    """
    votes = graph.votes(N_NEIGHBORS, soft_labels)
    share = np.bincount(labels.codes, labels.sample_weight, labels.n_classes)
    # One vote by the shares of the classes, so that ten neighbours rule none out.
    return normalize_rows(votes + share / share.sum())


def pool(probas):
    """Return the geometric mean of several tables of probabilities.

    Parameters
    ----------
    probas : list of ndarray of shape (n_samples, n_classes)
        The tables, at least one.

    Returns
    -------
    ndarray of shape (n_samples, n_classes)
        Rows sum to 1.
    """
    logs = [np.log(np.maximum(proba, FAINTEST)) for proba in probas]
    return normalize_rows(np.exp(np.mean(logs, axis=0)))


def seed_unset(estimator, random_state):
    """Clone an estimator and give its unset random states a seed.

    Parameters
    ----------
    estimator : estimator
        It is cloned, never changed. What its owner has seeded stays as it is.

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
    return estimator.set_params(**unset)
