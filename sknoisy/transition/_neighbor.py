"""Transition matrix by the neighbours, read as annotators."""

from numbers import Integral, Real

import numpy as np

from sknoisy._compat import HasMethods, Interval, StrOptions
from sknoisy._context import CONTEXT_CONSTRAINTS
from sknoisy._embedding import embed
from sknoisy._neighbor_graph import neighbor_graph
from sknoisy.transition._base import BaseTransitionEstimator
from sknoisy.transition._vote_model import likeliest_vote_model

# Few enough for small classes, and more where classes are large.
NEIGHBORHOODS = (10, 30)
# From independent votes to thirty votes that count as three, in steps of about 0.7.
INVERSE_TEMPERATURES = (1, 0.7, 0.5, 0.35, 0.25, 0.15, 0.1)
# Noise rate to start from. With two classes and 40 % of the labels wrong a lower start
# ends at a matrix with too little noise.
START_RATE = 0.45


class NeighborTransition(BaseTransitionEstimator):
    r"""Transition matrix from the labels of the neighbours, without any model.

    The neighbours of a row are read as annotators that label the same hidden class,
    or, now and then, another one. Labels that share a true class are what makes the
    noise identifiable, also with two classes and 40 % of the labels wrong.

    Parameters
    ----------
    n_neighbors : int, default=None
        Number of distinct points that vote. None tries 10 and 30 and keeps what makes
        the labels likelier.

    neighbors : transformer, default=None
        Neighbour search of the kind of
        :class:`~sklearn.neighbors.KNeighborsTransformer`, exact or approximate. None
        searches exactly.

    embedding : "auto", "passthrough" or transformer, default="auto"
        Space in which neighbours are searched. "auto" takes the steps of a
        ``Pipeline`` before its last, where one is being trained; else the numeric
        columns, with gaps filled by the median, at unit variance; for sparse X its
        main singular directions. "passthrough" takes X as it is.

    max_iter : int, default=300
        Steps of expectation-maximisation at the most.

    tol : float, default=1e-3
        The steps end when no entry of the matrix changes by more.

    memory : str or object with the joblib.Memory interface, default=None
        Where the neighbours are cached.

    n_jobs : int, default=None
        Number of jobs of the exact search.

    random_state : int, RandomState instance or None, default=None
        Seed of the singular directions of sparse X.

    Attributes
    ----------
    transition_matrix_ : ndarray of shape (n_classes, n_classes)
        ``T[i, j] = P(noisy = j | clean = i)``; rows sum to 1.

    clean_proba_ : ndarray of shape (n_samples, n_classes)
        Probability of each true class given the label and those of the neighbours.

    neighbor_confusion_ : ndarray of shape (n_classes, n_classes)
        ``R[i, k]``: probability that a neighbour of a row of class `i` is of class
        `k`; rows sum to 1.

    inverse_temperature_ : float
        Exponent of the votes that was chosen, in (0, 1]: the share of the neighbours
        that count as independent.

    noise_rate_ : float
        Estimated share of wrong labels, in [0, 1].

    n_iter_ : int
        Steps taken.

    classes_ : ndarray of shape (n_classes,)
        The distinct labels, in the order of rows and columns.

    n_features_in_ : int
        Number of columns of X.

    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns of X, where it has names that are strings.

    See Also
    --------
    EMTransition : The same mixture, with a model instead of the neighbours.
    ConfidentTransition : By confident learning.

    Notes
    -----
    Let :math:`v_{ij}` count the neighbours of row `i` that are labelled `j`. With the
    prior :math:`\pi`, the neighbour confusion `R` and the inverse temperature
    :math:`\alpha`,

    .. math:: q_{ik} \propto \pi_k \prod_j (RT)_{kj}^{\alpha v_{ij}}, \qquad
              P(k \mid x_i, \tilde y_i) \propto q_{ik} T_{k \tilde y_i}.

    `T`, `R` and :math:`\pi` are found by expectation-maximisation, and :math:`\alpha`
    by the likelihood :math:`\sum_i \log \sum_k q_{ik} T_{k\tilde y_i}` of each label
    given its neighbours alone.

    Where wrong labels follow the features, neighbours share them, and the matrix
    mistakes them for a class of their own. Nothing in the labels tells the two apart.

    References
    ----------
    A. P. Dawid, A. M. Skene, "Maximum Likelihood Estimation of Observer Error-Rates
    Using the EM Algorithm", Applied Statistics 28, 1979.

    Z. Zhu, Y. Song, Y. Liu, "Clusterability as an Alternative to Anchor Points When
    Learning with Noisy Labels", ICML 2021.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sknoisy.noise import PairNoise
    >>> from sknoisy.transition import NeighborTransition
    >>> X, y = load_digits(return_X_y=True)
    >>> y_noisy = PairNoise(0.4, random_state=0).corrupt(y)
    >>> T = NeighborTransition().fit(X, y_noisy).transition_matrix_
    >>> bool(abs(T.diagonal().mean() - 0.6) < 0.05)
    True
    """

    _parameter_constraints: dict = {
        "n_neighbors": [Interval(Integral, 1, None, closed="left"), None],
        "neighbors": [HasMethods(["fit", "transform"]), None],
        "embedding": [
            StrOptions({"auto", "passthrough"}),
            HasMethods(["fit", "transform"]),
        ],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "tol": [Interval(Real, 0, None, closed="left")],
        "memory": CONTEXT_CONSTRAINTS["memory"],
        "n_jobs": [Integral, None],
        "random_state": ["random_state"],
    }

    _needs_proba = False

    def __init__(
        self,
        n_neighbors=None,
        *,
        neighbors=None,
        embedding="auto",
        max_iter=300,
        tol=1e-3,
        memory=None,
        n_jobs=None,
        random_state=None,
    ):
        self.n_neighbors = n_neighbors
        self.neighbors = neighbors
        self.embedding = embedding
        self.max_iter = max_iter
        self.tol = tol
        self.memory = memory
        self.n_jobs = n_jobs
        self.random_state = random_state

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.input_tags.allow_nan = self.embedding == "auto"
        return tags

    def _estimate(self, X, proba, labels):
        Z = embed(
            X,
            labels,
            estimator=self._default_estimator,
            embedding=self.embedding,
            random_state=self.random_state,
            memory=self.memory,
        )
        sizes = (self.n_neighbors,) if self.n_neighbors else NEIGHBORHOODS
        if Z is None:
            votes = [np.zeros((labels.n_samples, labels.n_classes))]
        else:
            graph = neighbor_graph(
                Z,
                labels,
                n_neighbors=max(sizes),
                neighbors=self.neighbors,
                n_jobs=self.n_jobs,
                memory=self.memory,
            )
            votes = [graph.votes(size) for size in sizes]
        model = likeliest_vote_model(
            votes,
            labels,
            inverse_temperatures=INVERSE_TEMPERATURES,
            start_rate=START_RATE,
            max_iter=self.max_iter,
            tol=self.tol,
        )
        self.clean_proba_ = model.clean_proba
        self.neighbor_confusion_ = model.R
        self.inverse_temperature_ = float(model.inverse_temperature)
        self.n_iter_ = model.n_iter
        return model.T
