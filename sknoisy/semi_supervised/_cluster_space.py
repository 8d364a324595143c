"""The space in which a classifier's rows are clustered, round by round."""

import warnings

import numpy as np
from sklearn.base import clone
from sklearn.pipeline import Pipeline
from sklearn.utils import get_tags
from sklearn.utils.validation import check_array

from sknoisy._compat import (
    BaseSearchCV,
    HasMethods,
    StrOptions,
    _num_samples,
    _safe_indexing,
)
from sknoisy._embedding import embed
from sknoisy.exceptions import NoEvidenceWarning, UnsuitableEstimatorError

SPACE_CONSTRAINT = [
    StrOptions({"auto", "features", "passthrough", "proba", "transform"}),
    HasMethods(["fit", "transform"]),
    callable,
]
# The method of the classifier that makes points of rows.
METHOD_OF = {
    "auto": "predict_proba",
    "proba": "predict_proba",
    "transform": "transform",
}


class ClusterSpace:
    """Places rows, by their features, by the classifier of a round, or by both.

    Parameters
    ----------
    embedding : str, transformer or callable
        As in :class:`~sknoisy.semi_supervised.PseudoLabelRefinementClassifier`.

    estimator : classifier
        The classifier that is trained, unfitted.

    X : array-like, frame, sparse matrix or sequence of n_samples rows
        The rows.

    labels : PartlyLabeled
        Their labels.

    rows : ndarray of int
        One row of each distinct point that carries weight: what scales are taken from.

    random_state : int, RandomState instance or None
        Seed of what is fitted to the features.
    """

    def __init__(self, embedding, estimator, X, labels, rows, random_state):
        self.embedding, self.estimator = embedding, estimator
        self.X, self.labels, self.rows = X, labels, rows
        self.random_state = random_state
        self._check_method()
        self.fixed = None
        if self.is_transformer:
            if not wants_labels(embedding):
                self.fixed = self._transformed(rows, None)
        elif self.name in ("auto", "features", "passthrough"):
            self.fixed = self._features()

    @property
    def name(self):
        """Name of the embedding, None for an object."""
        return self.embedding if isinstance(self.embedding, str) else None

    @property
    def is_transformer(self):
        """Whether the embedding is a transformer."""
        return hasattr(self.embedding, "transform")

    @property
    def needs_model(self):
        """Whether rows are placed by a fitted classifier."""
        if self.name is not None:
            return hasattr(self.estimator, METHOD_OF.get(self.name, "no method"))
        return not self.is_transformer

    def place(self, model, table):
        """Return the rows as points.

        Parameters
        ----------
        model : classifier or None
            The classifier of the round, where one is needed.

        table : ndarray of shape (n_samples, n_classes)
            Soft labels of the round.

        Returns
        -------
        ndarray or csr matrix of shape (n_samples, n_dimensions)
            The points.
        """
        if self.fixed is not None and not (self.name == "auto" and self.needs_model):
            return self.fixed
        if self.is_transformer:
            # A supervised transformer sees the rows that have a pseudo-label by now.
            known = np.flatnonzero(table.sum(axis=1) > 0)
            return self._transformed(known, table[known].argmax(axis=1))
        if self.name is None:
            return self._checked(self.embedding(model, self.X))
        Z = getattr(model, METHOD_OF[self.name])(self.X)
        if METHOD_OF[self.name] == "predict_proba":
            # Euclidean distances of square roots are Hellinger's, up to a factor.
            Z = np.sqrt(np.maximum(Z, 0))
        Z = self._checked(Z)
        return Z if self.fixed is None else np.hstack([self.fixed, Z])

    def _check_method(self):
        method = METHOD_OF.get(self.name)
        if method and self.name != "auto" and not hasattr(self.estimator, method):
            raise UnsuitableEstimatorError(
                f"embedding={self.name!r} expected a classifier with {method}, but "
                f"{type(self.estimator).__name__} has none. Use embedding='features', "
                "or another classifier."
            )

    def _features(self):
        """Return the points that stay where they are, None where there are none."""
        if self.name == "passthrough":
            return self._checked(self.X)
        Z = plain_space(self.X, self.labels, self.estimator, self.random_state)
        if Z is None:
            if self.name == "auto" and self.needs_model:
                return None
            raise ValueError(
                f"embedding={self.name!r} expected numeric columns to cluster, but X "
                "has none. Pass a Pipeline whose steps make numbers of X as estimator, "
                "or a transformer as embedding."
            )
        if self.name == "auto" and self.needs_model:
            # As much variance as probabilities can have at most, whatever the scale.
            return Z / (np.sqrt(Z[self.rows].var(axis=0).sum()) or 1.0)
        return Z

    def _transformed(self, rows, codes):
        """Return the rows as a transformer has them that was fitted to some."""
        y = None if codes is None else codes
        transformer = clone(self.embedding).fit(_safe_indexing(self.X, rows), y)
        return self._checked(transformer.transform(self.X))

    def _checked(self, Z):
        Z = check_array(Z, accept_sparse="csr", ensure_2d=False, input_name="embedding")
        Z = Z[:, None] if Z.ndim == 1 else Z
        n_samples = _num_samples(self.X)
        if Z.shape[0] != n_samples:
            raise ValueError(
                f"embedding expected to return a point for each of {n_samples} rows, "
                f"of shape ({n_samples}, n_dimensions), but returned shape {Z.shape}."
                " Return one row per row of X, in its order."
            )
        return Z


def plain_space(X, labels, estimator, random_state):
    """Return the features as points, None if X has no numeric columns.

    Parameters
    ----------
    X : array-like, frame, sparse matrix or sequence of n_samples rows
        Rows.

    labels : PartlyLabeled
        Their labels; steps that look at labels see the rows that have one.

    estimator : classifier
        The steps of a ``Pipeline`` before its last make the space.

    random_state : int, RandomState instance or None
        Seed.

    Returns
    -------
    ndarray of shape (n_samples, n_dimensions) or None
        The points.
    """
    base = estimator.estimator if isinstance(estimator, BaseSearchCV) else estimator
    # Steps that are fitted to labels must not see the placeholder of a missing one.
    steps = base.steps[:-1] if isinstance(base, Pipeline) else []
    if any(wants_labels(step) for _, step in steps):
        labels = labels.labeled_only()
    with warnings.catch_warnings():
        # Its text is about neighbours; the caller raises an error of its own.
        warnings.simplefilter("ignore", NoEvidenceWarning)
        return embed(X, labels, estimator=estimator, random_state=random_state)


def wants_labels(transformer):
    """Whether a transformer, or a step of it, is fitted to labels."""
    if isinstance(transformer, Pipeline):
        return any(wants_labels(step) for _, step in transformer.steps)
    if not hasattr(transformer, "fit"):  # a step that passes everything on
        return False
    return get_tags(transformer).target_tags.required
