"""A classifier and a clusterer in turns, joined by refined pseudo-labels."""

import warnings
from numbers import Integral, Real

import numpy as np
from scipy import sparse
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state

from sknoisy._compat import HasMethods, Interval
from sknoisy._context import seed_unset
from sknoisy._fit_labels import predicted_labels
from sknoisy._folds import distinct_rows
from sknoisy._meta import BaseLabelNoiseClassifier, prepared
from sknoisy._soft_labels import fit_soft_labels, takes_weights
from sknoisy.cluster import PseudoLabelRefiner
from sknoisy.cluster._perturbation import MAX_SEED, run_round
from sknoisy.cluster._soft_table import SoftTable
from sknoisy.semi_supervised._cluster_space import SPACE_CONSTRAINT, ClusterSpace
from sknoisy.semi_supervised._cluster_votes import (
    cluster_votes,
    leaders,
    novel_clusters,
    soft_labels_of,
    warn_without_evidence,
)
from sknoisy.semi_supervised._partly_labeled import PartlyLabeledReader

# Clusters for n points: this times the root of n, of four points each at least. Chosen
# on digits, penbased, satimage and MNIST with 3 and 10 labels per class.
CLUSTERS_PER_ROOT = 3
MIN_CLUSTER_SIZE = 4
# Row "all runs side by side" of the suite few_labels is behind
# it, 69.6 to 71.7 with 3 labels a class.
REFINER = PseudoLabelRefiner(carry="soft", perturbation="bootstrap")


class PseudoLabelRefinementClassifier(PartlyLabeledReader, BaseLabelNoiseClassifier):
    """Train a classifier on a few labels, and on clusters that last.

    All rows, labelled or not, are clustered in a space that the classifier shapes. A
    :class:`~sknoisy.PseudoLabelRefiner` keeps what the clusterings of several rounds
    agree on. The labelled rows then vote on the rows that share their clusters, and
    the classifier is trained on the votes.

    Parameters
    ----------
    estimator : classifier, default=None
        The classifier to train. None means
        :class:`~sklearn.linear_model.LogisticRegression`.

    clusterer : clusterer with ``fit_predict``, default=None
        What clusters the rows, anew in each round. It should make many more clusters
        than there are classes. None means :class:`~sklearn.cluster.KMeans` with 3√n
        clusters for n rows, or n/4 if that is fewer.

    refiner : PseudoLabelRefiner, default=None
        How the clusterings of the rounds are combined, and by its ``perturbation`` how
        they differ. Its ``clusterer``, ``n_rounds`` and ``random_state`` are not used.
        None means ``PseudoLabelRefiner(carry="soft", perturbation="bootstrap")``, whose
        soft labels reach further than clusters side by side.

    unlabeled : object, default=None
        What stands in ``y`` in the place of a label, such as -1 or "?"; with NaN, None
        is such a marker too. None means that every row has a label.

    embedding : {"auto", "features", "passthrough", "proba", "transform"}, transformer \
or callable, default="auto"
        The space in which rows are clustered. "features" are the steps of a
        ``Pipeline`` before its last, or the numeric columns at unit variance;
        "passthrough" is X itself. "proba" and "transform" are what the classifier of
        the round makes of the rows, probabilities as their square roots;
        "auto" has features and probabilities side by side. A transformer is fitted,
        in each round if it looks at labels, which are positions in ``classes_`` there.
        A callable is given the classifier of the round and X, and returns points.

    n_rounds : int, default=10
        Largest number of rounds.

    tol : float, default=0.01
        The rounds end when the pseudo-labels of no more than this share of the rows
        have changed, in [0, 1].

    given_share : float, default=0.2
        Share of its own label in what a labelled row is trained on, in [0, 1]; the rest
        is what the other rows of its clusters say. Take 1 where all labels are right.

    novel_classes : bool, default=False
        Whether refined clusters with hardly a labelled row are classes of their own to
        the classifiers of the rounds, so that the space tells unlabelled classes
        apart. Their rows have no pseudo-label, and ``estimator_`` knows the classes
        of ``y`` alone.

    random_state : int, RandomState instance or None, default=None
        Seed of the clusterings, and of those random states of the classifier that have
        none.

    Attributes
    ----------
    estimator_ : classifier
        The classifier, fitted to the soft labels.

    soft_labels_ : ndarray of shape (n_samples, n_classes)
        Weight of each class for each row, as trained on.

    transduction_ : ndarray of shape (n_samples,)
        For each row the class with most weight, or what ``estimator_`` predicts for
        rows without any.

    cluster_labels_ : ndarray of shape (n_samples,)
        Refined cluster of each row, -1 for none.

    refiner_ : PseudoLabelRefiner
        The refiner after the last round. It has seen each distinct row once.

    history_ : list of dict
        For each round ``n_clusters_given`` and ``n_clusters``, before and after
        refinement; ``n_outliers``, distinct rows in no cluster; ``n_without``,
        unlabelled rows without a pseudo-label; and ``changed``, the share of rows that
        are to learn from votes whose pseudo-label is another than in the round before,
        in [0, 1].

    n_iter_ : int
        Number of rounds.

    termination_condition_ : {"settled", "n_rounds"}
        Why the rounds have ended.

    classes_ : ndarray of shape (n_classes,)
        The distinct labels, without the marker.

    n_features_in_ : int
        Number of columns of X, where the classifier tells.

    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns of X, where the classifier tells.

    See Also
    --------
    sknoisy.PseudoLabelRefiner : The refiner alone, for your own loop.
    sklearn.semi_supervised.LabelSpreading : Labels spread over a graph of neighbours.

    Notes
    -----
    With the soft labels S of the refiner and the given labels Y as a table, the votes
    are V = S Sᵀ Y, without what a row, its copies and the rows of its group give to
    themselves. The shares are the votes divided by their sum plus 1, so that rows with
    few votes weigh little.

    Copies of a row are one point to the clusterer, and rows without weight are none.
    A fit costs one fit of the classifier, and with an embedding that needs a
    classifier, one more in each round.

    The refiner follows [1]_, where rows without labels are of classes that have none,
    and the network is trained on the refined clusters as classes, as with
    ``novel_classes=True``. Votes and weights are sknoisy's own.

    References
    ----------
    .. [1] Zia-ur-Rehman, A. Mahmood, W. Kang, "Pseudo-label refinement for improving
       self-supervised learning systems", arXiv:2410.14242, 2024.

    Examples
    --------
    Digits with three labels of each class:

    >>> import numpy as np
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from sknoisy.semi_supervised import PseudoLabelRefinementClassifier
    >>> X, y = load_digits(return_X_y=True)
    >>> few = np.concatenate([np.flatnonzero(y == c)[:3] for c in range(10)])
    >>> y_few = np.full(len(y), -1)
    >>> y_few[few] = y[few]
    >>> base = make_pipeline(StandardScaler(), LogisticRegression())
    >>> plain = base.fit(X[few], y[few]).score(X, y)
    >>> clf = PseudoLabelRefinementClassifier(base, unlabeled=-1, random_state=0)
    >>> clf.fit(X, y_few).score(X, y) > plain + 0.05
    True
    """

    _parameter_constraints: dict = {
        **BaseLabelNoiseClassifier._parameter_constraints,
        "clusterer": [HasMethods(["fit_predict"]), None],
        "refiner": [PseudoLabelRefiner, None],
        "unlabeled": "no_validation",
        "embedding": SPACE_CONSTRAINT,
        "n_rounds": [Interval(Integral, 1, None, closed="left")],
        "tol": [Interval(Real, 0, 1, closed="both")],
        "given_share": [Interval(Real, 0, 1, closed="both")],
        "novel_classes": ["boolean"],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        estimator=None,
        clusterer=None,
        refiner=None,
        *,
        unlabeled=None,
        embedding="auto",
        n_rounds=10,
        tol=0.01,
        given_share=0.2,
        novel_classes=False,
        random_state=None,
    ):
        self.estimator = estimator
        self.clusterer = clusterer
        self.refiner = refiner
        self.unlabeled = unlabeled
        self.embedding = embedding
        self.n_rounds = n_rounds
        self.tol = tol
        self.given_share = given_share
        self.novel_classes = novel_classes
        self.random_state = random_state

    def _fit(self, X, labels):
        base = seed_unset(self._inner_estimator(), self.random_state)
        rng = check_random_state(self.random_state)
        points = Points(X, labels)
        # Drawn first, so that the space is the same whatever the clusterer draws.
        seed = rng.randint(MAX_SEED)
        space = ClusterSpace(self.embedding, base, X, labels, points.rows, seed)
        self.refiner_ = prepared(REFINER if self.refiner is None else self.refiner)
        self.history_, self.termination_condition_ = [], "n_rounds"
        # Before the first round there are the labels given alone.
        self.soft_labels_ = labels.one_hot() * labels.sample_weight[:, None]
        votes = None
        self._progress.start("rounds", self.n_rounds)
        for _ in range(self.n_rounds):
            model = self._trained(base, X, labels) if space.needs_model else None
            Z = space.place(model, self.soft_labels_)
            before, votes = votes, self._vote(Z, points, labels, rng)
            self.soft_labels_ = soft_labels_of(
                votes, labels, self.given_share, soft=takes_weights(base)
            )
            self._note(before, votes, labels)
            self._progress.step("rounds")
            if self._settled():
                break
        self.n_iter_ = len(self.history_)
        for _ in range(self.n_rounds - self.n_iter_):
            self._progress.step("rounds")
        # The last round decides, as only its votes are trained on.
        n_clusters = self.history_[-1]["n_clusters_given"]
        warn_without_evidence(votes, labels, self.given_share, n_clusters)
        return self._finished(base, X, labels)

    def _trained(self, base, X, labels):
        """Return the classifier that shapes the space of a round."""
        table, classes = self.soft_labels_, labels.classes
        if self.novel_classes and self.history_:
            codes, n_novel = self._novel(labels)
            novel = codes[:, None] == np.arange(n_novel)
            table = np.hstack([table, novel * labels.sample_weight[:, None]])
            classes = np.arange(table.shape[1]) if n_novel else classes
        return fit_soft_labels(base, X, table, classes, params=labels.params)

    def _novel(self, labels):
        """Return which cluster without a class each row is in, and their number."""
        return novel_clusters(
            self.cluster_labels_, labels.sample_weight, labels.labeled
        )

    def _vote(self, Z, points, labels, rng):
        """Cluster the points once more, and count the votes of the labelled rows."""
        refiner = self.refiner_
        with warnings.catch_warnings():
            if self.clusterer is None:
                # Fewer distinct points than clusters: the default asks for too many.
                warnings.simplefilter("ignore", ConvergenceWarning)
            clusterer = points.default_clusterer() if self.clusterer is None else None
            found = run_round(
                clusterer or self.clusterer, Z[points.rows], refiner.perturbation, rng
            )
        refiner.partial_fit(found.labels)
        self.cluster_labels_ = points.spread(refiner.labels_)
        table = labels.one_hot() * labels.sample_weight[:, None]
        # In a single cluster all rows vote for all: the votes are the class shares.
        if refiner.history_[-1]["n_clusters_given"] < 2:
            return np.zeros_like(table)
        members = points.spread(refiner.soft_labels_)
        votes = cluster_votes(members, table, points.sources)
        if self.novel_classes:
            votes[self._novel(labels)[0] >= 0] = 0
        return votes

    def _note(self, before, votes, labels):
        """Write a round into the history."""
        summary = self.refiner_.history_[-1]
        learners = labels.sample_weight > 0
        if not labels.labeled.all():
            learners &= ~labels.labeled
        changed = None
        if before is not None and learners.any():
            pair = leaders(before)[learners], leaders(votes)[learners]
            changed = float(np.mean(pair[0] != pair[1]))
        self.history_.append(
            {
                "n_clusters_given": summary["n_clusters_given"],
                "n_clusters": summary["n_clusters"],
                "n_outliers": summary["n_outliers"],
                "n_without": int((~votes.any(axis=1) & ~labels.labeled).sum()),
                "changed": changed,
            }
        )

    def _settled(self):
        """Whether the pseudo-labels have hardly changed in the last round."""
        changed = self.history_[-1]["changed"]
        if changed is None or changed > self.tol:
            return False
        self.termination_condition_ = "settled"
        return True

    def _finished(self, base, X, labels):
        """Return the final classifier, and keep what it makes of the rows."""
        fitted = fit_soft_labels(
            base, X, self.soft_labels_, labels.classes, params=labels.params
        )
        self.transduction_ = labels.classes[self.soft_labels_.argmax(axis=1)]
        left_out = ~self.soft_labels_.any(axis=1)
        if left_out.any():
            self.transduction_[left_out] = predicted_labels(fitted, X, labels.classes)[
                left_out
            ]
        self.soft_labels_ = self.soft_labels_ * labels.unit
        return fitted


class Points:
    """The distinct rows that carry weight: what is clustered.

    Parameters
    ----------
    X : array-like, frame, sparse matrix or sequence of n_samples rows
        Rows.

    labels : PartlyLabeled
        Their labels.
    """

    def __init__(self, X, labels):
        weighted = np.flatnonzero(labels.sample_weight > 0)
        numbers = distinct_rows(X)[weighted]
        _, first, position = np.unique(numbers, return_index=True, return_inverse=True)
        self.rows = weighted[first]
        self.of_row = np.full(labels.n_samples, -1)
        self.of_row[weighted] = position
        # Copies of a row are one source of votes, and so are the rows of a group.
        self.sources = self.of_row
        if labels.groups is not None:
            self.sources = np.unique(labels.groups, return_inverse=True)[1]

    def spread(self, values):
        """Return for each row what is known about its point."""
        if sparse.issparse(values):
            return SoftTable(sparse.csr_array(values), self.of_row).expanded()
        return np.append(values, -1)[self.of_row]

    def default_clusterer(self):
        """Return k-means with a number of clusters that suits the points."""
        n = len(self.rows)
        n_clusters = min(round(CLUSTERS_PER_ROOT * n**0.5), n // MIN_CLUSTER_SIZE)
        return KMeans(min(max(n_clusters, 2), n), n_init=1)
