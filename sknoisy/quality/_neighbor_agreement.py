"""Label quality by the labels of the neighbours."""

from numbers import Integral

import numpy as np
from sklearn.utils import get_tags

from sknoisy._compat import HasMethods, Interval
from sknoisy._embedding import EMBEDDING_CONSTRAINT, embed
from sknoisy._neighbor_graph import neighbor_votes
from sknoisy.quality._base import BaseLabelQuality


class NeighborAgreement(BaseLabelQuality):
    """Label quality by the share of neighbours that have the same label.

    No model is fitted. Neighbours are distinct points; copies of a row are one point,
    and no row is evidence about itself or about its own group.

    Parameters
    ----------
    n_neighbors : int, default=10
        Number of distinct points that vote.

    neighbors : transformer, default=None
        Neighbour search of the kind of
        :class:`~sklearn.neighbors.KNeighborsTransformer`, exact or approximate. None
        searches exactly.

    embedding : "auto", "passthrough" or transformer, default="auto"
        Space in which neighbours are searched. "auto" takes the steps of a
        ``Pipeline`` before its last, where one is being trained; else the numeric
        columns, with gaps filled by the median, at unit variance; for sparse X its
        main singular directions. "passthrough" takes X as it is.

    n_jobs : int, default=None
        Number of jobs of the exact search.

    random_state : int, RandomState instance or None, default=None
        Seed of the singular directions of sparse X.

    Attributes
    ----------
    label_quality_ : ndarray of shape (n_samples,)
        Scores in [0, 1]; a higher score is a more believable label. A row without
        neighbours has 1: nothing speaks against its label.

    classes_ : ndarray of shape (n_classes,)
        The distinct labels.

    n_features_in_ : int
        Number of columns of X.

    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns of X, where it has names that are strings.

    See Also
    --------
    ModelConfidence : Score by a model that has not seen the label.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sknoisy.quality import NeighborAgreement
    >>> X, y = load_iris(return_X_y=True)
    >>> y[0] = 2
    >>> quality = NeighborAgreement().fit(X, y).label_quality_
    >>> int(quality.argmin())
    0
    """

    _parameter_constraints: dict = {
        "n_neighbors": [Interval(Integral, 1, None, closed="left")],
        "neighbors": [HasMethods(["fit", "transform"]), None],
        "embedding": EMBEDDING_CONSTRAINT,
        "n_jobs": [Integral, None],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        n_neighbors=10,
        *,
        neighbors=None,
        embedding="auto",
        n_jobs=None,
        random_state=None,
    ):
        self.n_neighbors = n_neighbors
        self.neighbors = neighbors
        self.embedding = embedding
        self.n_jobs = n_jobs
        self.random_state = random_state

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        if isinstance(self.embedding, str):
            tags.input_tags.sparse = self.embedding == "auto"
            tags.input_tags.allow_nan = self.embedding == "auto"
        else:
            tags.input_tags = get_tags(self.embedding).input_tags
        return tags

    def _score(self, X, labels):
        Z = embed(
            X,
            labels,
            estimator=self._default_estimator,
            embedding=self.embedding,
            random_state=self.random_state,
        )
        if Z is None:
            return np.ones(labels.n_samples)
        votes = neighbor_votes(
            Z,
            labels,
            n_neighbors=self.n_neighbors,
            neighbors=self.neighbors,
            n_jobs=self.n_jobs,
        )
        agreeing = votes[np.arange(labels.n_samples), labels.codes]
        total = votes.sum(axis=1)
        return np.divide(agreeing, total, out=np.ones(len(total)), where=total > 0)
