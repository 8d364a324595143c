"""Any classifier on sets of candidate labels."""

from dataclasses import replace
from numbers import Integral

from sknoisy._compat import Interval, StrOptions
from sknoisy._evidence import EMBEDDING_CONSTRAINT, FOLDING_CONSTRAINTS, seed_unset
from sknoisy._meta import BaseLabelNoiseClassifier
from sknoisy._soft_labels import fit_soft_labels
from sknoisy._transition_matrix import normalize_rows
from sknoisy.annotators._candidates import CandidateReader
from sknoisy.annotators._crowd_label import checked_action, treated
from sknoisy.annotators._item_prior import FeatureEvidence, pooled_prior
from sknoisy.refinement._base import keep_soft_labels


class PartialLabelClassifier(CandidateReader, BaseLabelNoiseClassifier):
    r"""Train a classifier on sets of candidate labels, one of which is true.

    Each row starts with its candidates alike. Models that have not seen a row, and its
    neighbours, then say which class to expect; what they say is restricted to the
    candidates, and they are asked again, now that the others are clearer. In the end
    the classifier is trained on the most probable candidates.

    Parameters
    ----------
    estimator : classifier, default=None
        The classifier to train; its own parameters are left alone. None means
        :class:`~sklearn.linear_model.LogisticRegression`.

    classes : array-like of shape (n_classes,), default=None
        What the columns of a table of candidates stand for, or all labels that sets
        may hold. If None, the names of the columns of a frame, the numbers of the
        columns of another table, or the labels that the sets hold.

    evidence : {"auto", "model", "neighbors"}, default="auto"
        Who is asked what class to expect: the classifier, trained on other folds; the
        neighbours, which needs no fit; or, with "auto", both, each as strongly as the
        sets of candidates, which they have not seen, bear them out.

    class_prior : {"even", "estimated"}, default="even"
        What a candidate is worth before the features are looked at: as much as any
        other in its set, or as much as its class is frequent in all rows. The first
        holds where a set lists what there is to see and the row is one of it, such as
        the names in a caption or the objects in a picture; the second where an
        annotator adds wrong candidates to a true one, whatever that is.

    action : {"auto", "weight", "soft", "relabel"}, default="auto"
        Train on the most probable candidate, weighed by its probability; on the
        probabilities of all candidates; or on the most probable candidate in full.
        "auto" means "weight", or "relabel" for a classifier that takes no weights.

    n_rounds : int, default=4
        How often the classifier is trained on other folds.

    embedding : "auto", "passthrough" or transformer, default="auto"
        Space in which neighbours are searched, as in
        :class:`~sknoisy.NoisyLabelClassifier`. Where rows cannot be embedded, the
        classifier is asked alone, after a warning.

    cv : int, splitter or iterable, default=None
        Folds. None means 5 stratified folds in which copies of a row stay together.

    memory : str or object with the joblib.Memory interface, default=None
        Where out-of-fold probabilities and neighbours are cached.

    n_jobs : int, default=None
        Number of folds fitted side by side.

    random_state : int, RandomState instance or None, default=None
        Seed for those random states of the classifier that have none.

    Attributes
    ----------
    estimator_ : classifier
        The fitted classifier.

    clean_proba_ : ndarray of shape (n_samples, n_classes)
        Probability of each true class for the rows given to ``fit``; zero for a class
        that is no candidate.

    transduction_ : ndarray of shape (n_samples,)
        The most probable candidate of each row.

    evidence_strength_ : dict
        How much the "neighbors" and the "model" counted in the last round: 1 takes
        probabilities as they are, 0 leaves them out.

    soft_labels_ : ndarray of shape (n_samples, n_classes)
        Weight of each class for each sample, as trained on. Zeros for a row to which
        all classes are candidates.

    sample_weight_ : ndarray of shape (n_samples,)
        Sum of the soft labels of each sample.

    classes_ : ndarray of shape (n_classes,)
        The classes, sorted.

    n_features_in_ : int
        Number of columns of X, where the classifier tells.

    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns of X, where the classifier tells.

    See Also
    --------
    CrowdLabelClassifier : Several annotators, each with one label.
    sknoisy.SelfTrainingRefiner : One label or none.

    Notes
    -----
    ``fit(X, candidates)`` takes a table of shape (n_samples, n_classes) of booleans, or
    of 0 and 1; or a list of sets of labels. Plain labels are sets of one, with which
    this is a plain fit. The true class must be among the candidates: what is not one
    is ruled out.

    The strengths :math:`s` of the evidence :math:`p` make the candidates :math:`S_i`
    likely that it has not seen,
    :math:`\sum_i \log \sum_{k \in S_i} P_s(k \mid x_i)`.

    With four rounds and five folds a fit costs 21 fits of the classifier, 20 of them on
    four fifths of the rows, and one search for neighbours.

    References
    ----------
    .. [1] T. Cour, B. Sapp and B. Taskar, "Learning from Partial Labels", Journal of
       Machine Learning Research 12, 2011. The problem; the method here is another.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.preprocessing import scale
    >>> from sknoisy.annotators import PartialLabelClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> X = scale(X)
    >>> other = (y + np.random.RandomState(0).randint(1, 3, len(y))) % 3
    >>> candidates = np.eye(3, dtype=bool)[y] | np.eye(3, dtype=bool)[other]
    >>> clf = PartialLabelClassifier().fit(X, candidates)
    >>> bool((clf.transduction_ == y).mean() > 0.9)
    True
    >>> names = np.array(["blue", "red", "green"])
    >>> sets = [set(names[row]) for row in candidates]
    >>> clf.fit(X, sets).predict(X[:1])
    array(['blue'], dtype='<U5')
    """

    _parameter_constraints: dict = {
        **BaseLabelNoiseClassifier._parameter_constraints,
        "classes": ["array-like", None],
        "evidence": [StrOptions({"auto", "model", "neighbors"})],
        "class_prior": [StrOptions({"even", "estimated"})],
        "action": [StrOptions({"auto", "weight", "soft", "relabel"})],
        "n_rounds": [Interval(Integral, 1, None, closed="left")],
        "embedding": EMBEDDING_CONSTRAINT,
        **FOLDING_CONSTRAINTS,
    }

    def __init__(
        self,
        estimator=None,
        *,
        classes=None,
        evidence="auto",
        class_prior="even",
        action="auto",
        n_rounds=4,
        embedding="auto",
        cv=None,
        memory=None,
        n_jobs=None,
        random_state=None,
    ):
        self.estimator = estimator
        self.classes = classes
        self.evidence = evidence
        self.class_prior = class_prior
        self.action = action
        self.n_rounds = n_rounds
        self.embedding = embedding
        self.cv = cv
        self.memory = memory
        self.n_jobs = n_jobs
        self.random_state = random_state

    def _fit(self, X, labels):
        base = seed_unset(self._inner_estimator(), self.random_state)
        action = checked_action(self.action, base, best="weight")
        self.clean_proba_ = self._disambiguate(base, X, labels)
        best = self.clean_proba_.argmax(axis=1)
        weighed = treated(self.clean_proba_, action)
        weighed = weighed * (labels.sample_weight * labels.labeled)[:, None]
        keep_soft_labels(self, weighed, replace(labels, codes=best))
        self.transduction_ = labels.classes[best]
        return fit_soft_labels(
            base, X, self.soft_labels_, labels.classes, params=labels.params
        )

    def _disambiguate(self, base, X, labels):
        """Return the probability of each candidate."""
        possible = labels.candidates.astype(float)
        posterior = normalize_rows(possible)
        self.evidence_strength_ = {}
        if (possible.sum(axis=1) == 1).all():
            # There is nothing to find out.
            return posterior
        mass = labels.sample_weight * labels.labeled
        asked = FeatureEvidence(self, base, X, labels.labeled_only())
        for _ in range(self.n_rounds):
            tables = asked.tables(posterior)
            prior, self.evidence_strength_ = pooled_prior(
                tables, possible, mass, offsets=False
            )
            if self.class_prior == "even":
                # What the others have been believed to be is the prior of the models.
                prior = prior / (mass @ posterior + 1)
            posterior = normalize_rows(prior * possible)
        return posterior
