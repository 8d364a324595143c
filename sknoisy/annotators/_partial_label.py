"""Any classifier on sets of candidate labels."""

from dataclasses import dataclass, replace

import numpy as np
from sklearn.utils.validation import check_consistent_length

from sknoisy._compat import StrOptions
from sknoisy._labels import NoisyLabels
from sknoisy._transition_matrix import normalize_rows
from sknoisy.annotators._base import BaseAnswerClassifier, only_labeled, refuse_unclear
from sknoisy.annotators._candidates import check_candidates, read_candidates, spread
from sknoisy.annotators._pooled_prior import pooled_prior


@dataclass(frozen=True)
class CandidateLabels(NoisyLabels):
    """The record of rows with sets of candidates, (n_samples, n_classes).

    Its codes are those of a candidate; rows that may be anything have no weight.
    """

    candidates: np.ndarray = None


class PartialLabelClassifier(BaseAnswerClassifier):
    r"""Train a classifier on sets of candidate labels, one of which is true.

    Each row starts with its candidates alike. Models that have not seen a row, and its
    neighbours, then say which class to expect; their probabilities are restricted to
    the candidates, and found anew now that the others are clearer. In the end the
    classifier is trained on the most probable candidates.

    Parameters
    ----------
    estimator : classifier, default=None
        The classifier to train; its own parameters are left alone. None means
        :class:`~sklearn.linear_model.LogisticRegression`.

    classes : array-like of shape (n_classes,), default=None
        What the columns of a table stand for, or all labels that sets may hold. If
        None, the names or numbers of the columns, or the labels that the sets hold.

    evidence : {"auto", "model", "neighbors"}, default="auto"
        Where the probabilities come from: the classifier, trained on other folds; the
        neighbours, which need no fit; or, with "auto", both, each with the strength
        that makes the sets of candidates, which it has not seen, most likely.

    class_prior : {"even", "estimated"}, default="even"
        What a candidate is worth before the features: as much as any other in its set,
        such as the names in a caption; or as much as its class is frequent, as where
        wrong candidates are added to a true one.

    action : {"auto", "weight", "soft", "relabel"}, default="auto"
        Train on the most probable candidate, weighed by its probability; on the
        probabilities of all candidates; or on the most probable candidate in full.
        "auto" means "weight", or "relabel" for a classifier that takes no weights.

    n_rounds : int, default=4
        How often the classifier is trained on other folds.

    embedding : "auto", "passthrough" or transformer, default="auto"
        Space of the neighbours, as in :class:`~sknoisy.NoisyLabelClassifier`. Without
        one, the classifier is the only evidence, after a warning.

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
        Probability of each true class; zero for a class that is no candidate.

    transduction_ : ndarray of shape (n_samples,)
        The most probable candidate of each row.

    evidence_strength_ : dict
        How much the "neighbors" and the "model" counted in the last round: 1 takes
        probabilities as they are, 0 leaves them out.

    soft_labels_ : ndarray of shape (n_samples, n_classes)
        Weight of each class for each sample, as trained on; zeros for a row that may be
        anything.

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

    Notes
    -----
    ``fit(X, candidates)`` takes a table of shape (n_samples, n_classes) of booleans, or
    of 0 and 1; or a list of sets, lists or tuples of labels. Plain labels are sets of
    one, with which this is a plain fit. The true class must be among the candidates.
    By default a fit costs 21 fits of the classifier and a search for neighbours.

    References
    ----------
    .. [1] T. Cour, B. Sapp and B. Taskar, "Learning from Partial Labels", Journal of
       Machine Learning Research 12, 2011. The problem, not the method.

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
    """

    _parameter_constraints: dict = {
        **BaseAnswerClassifier._parameter_constraints,
        "classes": ["array-like", None],
        "class_prior": [StrOptions({"even", "estimated"})],
    }
    # Chosen on digits and pll_msrcv2 in the suite annotators.
    _auto_action = "weight"

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

    def _read_labels(self, X, y, sample_weight, groups, trusted, params):
        owner = type(self).__name__
        read = super()._read_labels
        found = None if y is None else read_candidates(y, self.classes, owner=owner)
        if found is None:
            labels = read(X, y, sample_weight, groups, trusted, params)
            candidates = labels.one_hot() > 0
            return labels.extended_to(CandidateLabels, candidates=candidates)
        candidates, classes = found
        check_consistent_length(X, candidates)
        check_candidates(candidates, classes, owner)
        # Here, codes only serve to deal the rows to folds.
        codes = spread(candidates)
        labels = read(X, classes[codes], sample_weight, groups, trusted, params)
        labels = replace(labels, codes=codes, classes=classes)
        labels = only_labeled(labels, ~candidates.all(axis=1), owner)
        unclear = candidates.sum(axis=1) != 1
        refuse_unclear(labels, unclear, owner, "the candidates")
        return labels.extended_to(CandidateLabels, candidates=candidates)

    def _posterior(self, evidence, labels):
        possible = labels.candidates.astype(float)
        posterior = normalize_rows(possible)
        self.evidence_strength_ = {}
        # Where each row has one candidate there is nothing to find out.
        n_rounds = 0 if (possible.sum(axis=1) == 1).all() else self.n_rounds
        for _ in range(n_rounds):
            prior, self.evidence_strength_ = pooled_prior(
                evidence.log_tables(posterior),
                possible,
                labels.sample_weight,
                offsets=False,
            )
            if self.class_prior == "even":
                # The shares of the classes are the prior that the models have learnt;
                # one row beside them keeps a class without any from dividing by zero.
                prior = prior / (labels.sample_weight @ posterior + 1)
            posterior = normalize_rows(prior * possible)
        return posterior, replace(labels, codes=posterior.argmax(axis=1))
