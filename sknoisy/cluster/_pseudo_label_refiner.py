"""Pseudo-labels combined from the clusterings of several runs."""

from numbers import Integral, Real

import numpy as np
from sklearn.base import BaseEstimator, ClusterMixin
from sklearn.exceptions import NotFittedError
from sklearn.utils import check_random_state, get_tags
from sklearn.utils.validation import check_is_fitted, validate_data

from sknoisy._compat import HasMethods, Interval, StrOptions, _fit_context
from sknoisy.cluster._cluster_rows import Cut
from sknoisy.cluster._generation import (
    Generation,
    check_options,
    first_generation,
    next_generation,
)
from sknoisy.cluster._perturbation import run_round, warn_without_seed
from sknoisy.cluster._project_labels import encode_clusters
from sknoisy.cluster._sample_ids import checked_ids, match_samples


class PseudoLabelRefiner(ClusterMixin, BaseEstimator):
    r"""Refine the clusters of successive clusterings into stable pseudo-labels.

    Successive clusterings are combined into soft labels, and these are clustered once
    more. Samples that repeatedly go together end up together, and samples that a
    clustering leaves out keep the label of their past.

    There are two ways to use it. Hand the labels of successive clusterings of the same
    samples to :meth:`partial_fit`, one clustering per call; or call :meth:`fit` on
    data, to have a clusterer run several times under small changes.

    Parameters
    ----------
    clusterer : clusterer with ``fit_predict``, default=None
        What clusters the data; not used for labels. It should make more clusters than
        are wanted in the end. None means :class:`~sklearn.cluster.KMeans` with
        √(n/2) clusters for n samples. More clusters than samples are not asked for.

    n_rounds : int, default=10
        Number of times that :meth:`fit` runs the clusterer, and number of clusterings
        that ``carry="runs"`` remembers.

    alpha : float, default=0.5
        Share of the latest clustering in the soft labels, in [0, 1]. With
        ``carry="runs"`` all clusterings count alike.

    carry : {"runs", "soft"}, default="runs"
        What is carried over from one generation to the next: "runs" accumulates the
        clusters of the last runs side by side, so that samples are compared by how
        often they go together; "soft" projects the soft labels onto the latest
        clusters and mixes, as in [1]_.

    hardening : {"hierarchical", "argmax"}, default="hierarchical"
        How soft labels become labels: by clustering their rows, or by taking the
        largest, which needs ``carry="soft"``, and for ``alpha`` above 0.5 gives back
        the latest clusters.

    linkage : {"average", "ward"}, default="average"
        Distance between two clusters of rows; "ward" needs ``metric="euclidean"``.

    metric : {"cosine", "euclidean"}, default="cosine"
        Distance between two rows.

    n_clusters : int, default=None
        Number of refined clusters, fewer where there are fewer distinct rows. Wins
        over ``distance_threshold``.

    distance_threshold : float, default=0.9
        Clusters of rows this far apart or further stay apart, at least 0. Cosine
        distances of soft labels are in [0, 1]. The fewer and noisier the clusters, the
        lower it has to be; set ``n_clusters`` where the number is known.

    outliers : {"propagate", "drop"}, default="propagate"
        What becomes of samples that a clustering leaves out, with label -1: they keep
        what their past says, or they get the label -1.

    perturbation : {"seed", "subspace", "bootstrap"}, default="seed"
        What differs between the rounds on data, beside the seeds: nothing else, a half
        of the columns, or the rows drawn with replacement.

    random_state : int, RandomState instance or None, default=None
        Seed of the rounds on data. Seeds in the clusterer are replaced.

    Attributes
    ----------
    labels_ : ndarray of shape (n_samples,)
        Refined clusters, numbered from 0 in the order in which they first appear; -1
        for samples of which nothing is known.

    soft_labels_ : csr_array of shape (n_samples, n_columns)
        Rows sum to 1, or to 0 where nothing is known. Columns are the latest clusters
        as they came, sorted; with ``carry="runs"`` those of all runs, the oldest first.

    projection_ : csr_array of shape (n_clusters_before, n_clusters_given)
        What became of each cluster of the generation before, see
        :func:`~sknoisy.cluster.project_labels`. Without rows in the first one.

    n_clusters_ : int
        Number of refined clusters.

    outlier_mask_ : ndarray of bool of shape (n_samples,)
        Samples that the latest clustering left out, whether or not their past says
        where they belong.

    history_ : list of dict
        For each generation: ``n_clusters_given`` and ``n_clusters``, before and after
        refinement; ``n_outliers_given`` and ``n_outliers``; and ``changed``, the share
        of samples that left the majority of their refined cluster since the generation
        before, in [0, 1], None where there is none.

    n_features_in_ : int
        Number of columns of X, after a round on data.

    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns of X, where it has names that are strings.

    See Also
    --------
    sknoisy.cluster.project_labels : The projection alone.
    sklearn.cluster.AgglomerativeClustering : Hierarchical clustering of data.

    Notes
    -----
    With the clusters :math:`Y_t` as a table of zeros and ones, the soft labels of
    "runs" are :math:`[Y_1, \dots, Y_t]`, each row divided by its sum. With the
    row-normalised overlaps :math:`P_t`, those of "soft" are
    :math:`S_t = \alpha Y_t + (1 - \alpha) S_{t-1} P_t`. The first generation has no
    past, so its clusters are taken as they are.

    Equal rows of the soft table are clustered once, with their multiplicity. Up to
    3,000 distinct rows are clustered exactly; of more, the most frequent ones are, and
    the others join the nearest cluster. Projected tables of more than 2²² numbers lose
    the smallest of each row.

    Projection, mixture and clustering of the rows follow [1]_ in outline. To cluster
    by how often samples go together, with average linkage, is the evidence
    accumulation of [2]_, here without a table of all pairs.

    References
    ----------
    .. [1] Zia-ur-Rehman, A. Mahmood, W. Kang, "Pseudo-label refinement for improving
       self-supervised learning systems", arXiv:2410.14242, 2024.

    .. [2] A. L. N. Fred, A. K. Jain, "Combining multiple clusterings using evidence
       accumulation", IEEE Transactions on Pattern Analysis and Machine Intelligence,
       2005.

    Examples
    --------
    Two clusterings cut the same three groups differently, and the second loses a
    sample:

    >>> from sknoisy import PseudoLabelRefiner
    >>> refiner = PseudoLabelRefiner()
    >>> refiner = refiner.partial_fit([0, 0, 0, 1, 1, 1, 2, 2])
    >>> refiner = refiner.partial_fit([5, 5, 6, 7, 7, 7, 8, -1])
    >>> refiner.labels_
    array([0, 0, 0, 1, 1, 1, 2, 2])

    On data, it clusters by agreement of several runs:

    >>> from sklearn.datasets import load_digits
    >>> from sklearn.metrics import adjusted_rand_score
    >>> X, y = load_digits(return_X_y=True)
    >>> clusterer = PseudoLabelRefiner(n_rounds=5, n_clusters=10, random_state=0)
    >>> adjusted_rand_score(y, clusterer.fit_predict(X)) > 0.5
    True
    """

    _parameter_constraints: dict = {
        "clusterer": [HasMethods(["fit_predict"]), None],
        "n_rounds": [Interval(Integral, 1, None, closed="left")],
        "alpha": [Interval(Real, 0, 1, closed="both")],
        "carry": [StrOptions({"runs", "soft"})],
        "hardening": [StrOptions({"hierarchical", "argmax"})],
        "linkage": [StrOptions({"average", "ward"})],
        "metric": [StrOptions({"cosine", "euclidean"})],
        "n_clusters": [Interval(Integral, 1, None, closed="left"), None],
        "distance_threshold": [Interval(Real, 0, None, closed="left")],
        "outliers": [StrOptions({"propagate", "drop"})],
        "perturbation": [StrOptions({"seed", "subspace", "bootstrap"})],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        clusterer=None,
        *,
        n_rounds=10,
        alpha=0.5,
        carry="runs",
        hardening="hierarchical",
        linkage="average",
        metric="cosine",
        n_clusters=None,
        distance_threshold=0.9,
        outliers="propagate",
        perturbation="seed",
        random_state=None,
    ):
        self.clusterer = clusterer
        self.n_rounds = n_rounds
        self.alpha = alpha
        self.carry = carry
        self.hardening = hardening
        self.linkage = linkage
        self.metric = metric
        self.n_clusters = n_clusters
        self.distance_threshold = distance_threshold
        self.outliers = outliers
        self.perturbation = perturbation
        self.random_state = random_state

    @property
    def soft_labels_(self):
        """Soft labels of all samples, as a sparse table made when asked for."""
        return self._generation.soft.expanded()

    # The clusterer is given data that have been checked, and may itself be checked.
    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X, y=None):
        """Forget the past, and cluster data in several rounds.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The data. Labels of clusterings go to :meth:`partial_fit`.

        y : None
            Not used.

        Returns
        -------
        PseudoLabelRefiner
            The fitted clusterer.
        """
        if _is_flat(X):
            raise ValueError(
                "fit expected data of shape (n_samples, n_features), but X has one "
                f"dimension: shape {np.shape(X)}. Labels of a clustering go to "
                "partial_fit, one clustering per call. Reshape your data with "
                "X.reshape(-1, 1) if it is a single feature."
            )
        X = self._rows(X, reset=True)
        self._start()
        if self.n_rounds > 1 and self.perturbation == "seed":
            warn_without_seed(self.clusterer)
        # The same samples in the same order: rounds need no names for them.
        for _ in range(self.n_rounds):
            self._learn_from_data(X, ids=None)
        return self

    @_fit_context(prefer_skip_nested_validation=False)
    def partial_fit(self, X, y=None, *, sample_ids=None):
        """Learn from one more clustering, or from one more round on data.

        Parameters
        ----------
        X : array-like of shape (n_samples,) or (n_samples, n_features)
            With one dimension, the labels of one more clustering, of any hashable
            kind, -1 for samples that are in no cluster. With two, data to be clustered
            once more, sparse or not.

        y : None
            Not used.

        sample_ids : array-like of shape (n_samples,), default=None
            Names that tell which sample is which, all different, where samples come
            and go or change their order. New samples have no past, and the past of
            those that are gone is forgotten. None means the same samples in the same
            order each time.

        Returns
        -------
        PseudoLabelRefiner
            The refiner, one generation further.

        Raises
        ------
        ValueError
            If the number of samples changes without ``sample_ids``, if names are
            missing or occur twice, or if labels are missing.
        """
        # Input is checked before the past is touched: a refusal changes nothing.
        fresh = not hasattr(self, "history_")
        if _is_flat(X):
            codes, n_given = encode_clusters(X, "X")
            ids = self._checked_ids(sample_ids, len(codes))
            if fresh:
                self._start()
            self._learn(codes, n_given, ids)
            # Labels alone say nothing about other samples, so that predict is refused.
            self._round = None
            return self
        X = self._rows(X, reset=not hasattr(self, "n_features_in_"))
        ids = self._checked_ids(sample_ids, X.shape[0])
        if fresh:
            self._start()
        self._learn_from_data(X, ids)
        return self

    def predict(self, X):
        """Return the refined clusters of data.

        A clusterer that can predict says which of its latest clusters a sample belongs
        to, and the sample gets the refined label that is most frequent there. With any
        other clusterer it gets the label of the nearest sample of the latest round.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The data.

        Returns
        -------
        ndarray of shape (n_samples,)
            Refined clusters, -1 for none.
        """
        check_is_fitted(self)
        if self._round is None:
            raise NotFittedError(
                "predict needs a round on data, but the latest generation of this "
                "PseudoLabelRefiner came as labels. Call fit or partial_fit with data "
                "of shape (n_samples, n_features)."
            )
        return self._round.predict(self._rows(X, reset=False), self.labels_)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        # K-means, the default, takes sparse rows.
        default = self.clusterer is None
        tags.input_tags.sparse = default or get_tags(self.clusterer).input_tags.sparse
        return tags

    def _start(self):
        """Forget the past."""
        # One generator for all rounds to come, so that fit and partial_fit agree.
        choice = self.linkage, self.metric, self.hardening, self.carry
        check_options(*choice, self.alpha)
        self._generation, self._ids, self._round = None, None, None
        self._rng = check_random_state(self.random_state)
        self.history_ = []

    def _rows(self, X, *, reset):
        """Return X as an array or csr matrix of numbers."""
        types = [np.float64, np.float32]
        return validate_data(self, X, reset=reset, accept_sparse="csr", dtype=types)

    def _checked_ids(self, sample_ids, n_samples):
        """Return the names of the samples, or None where they have none."""
        past = getattr(self, "_generation", None)
        n_before = None if past is None else len(past.labels)
        ids_before = getattr(self, "_ids", None)
        return checked_ids(sample_ids, n_samples, ids_before, n_before)

    def _learn_from_data(self, X, ids):
        """Cluster the data once more, and learn from the result."""
        found = run_round(self.clusterer, X, self.perturbation, self._rng)
        codes, n_given = encode_clusters(found.labels, "labels of the clusterer")
        self._learn(codes, n_given, ids)
        self._round = found

    def _learn(self, codes, n_given, ids):
        """Go one generation further."""
        # Without a past there is nothing to mix with: the clusters stay as they came.
        past = self._generation
        if past is None:
            now = first_generation(codes, n_given)
        else:
            rows = None if ids is None else match_samples(self._ids, ids)
            now = self._next(past.of_samples(rows), codes, n_given)
        self._keep(now, ids)

    def _next(self, past, codes, n_given):
        cut = Cut(self.linkage, self.metric, self.n_clusters, self.distance_threshold)
        return next_generation(
            past,
            codes,
            n_given,
            alpha=self.alpha,
            carry=self.carry,
            hardening=self.hardening,
            outliers=self.outliers,
            cut=cut,
            n_runs=self.n_rounds,
        )

    def _keep(self, generation: Generation, ids):
        """Keep a generation as fitted attributes."""
        self._generation, self._ids = generation, ids
        self.labels_ = generation.labels
        self.n_clusters_ = generation.n_clusters
        self.projection_ = generation.projection
        self.outlier_mask_ = generation.outlier_mask
        self.history_ = [*self.history_, generation.summary]


def _is_flat(X):
    """Whether X has one dimension; rows of unequal length are refused as a table."""
    try:
        return np.ndim(X) == 1
    except ValueError:
        return False
