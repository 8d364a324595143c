"""Any classifier on labels by several annotators."""

from numbers import Integral

import numpy as np
from scipy.special import softmax

from sknoisy._compat import HasMethods, Interval, StrOptions
from sknoisy._evidence import (
    EMBEDDING_CONSTRAINT,
    FOLDING_CONSTRAINTS,
    pool,
    seed_unset,
)
from sknoisy._meta import BaseLabelNoiseClassifier, prepared
from sknoisy._soft_labels import fit_soft_labels, takes_weights
from sknoisy.annotators._crowd_labels import CrowdLabelReader
from sknoisy.annotators._dawid_skene import DawidSkene
from sknoisy.annotators._item_prior import FeatureEvidence, pooled_prior
from sknoisy.annotators._votes import TINY
from sknoisy.exceptions import UnsuitableEstimatorError
from sknoisy.refinement._base import keep_soft_labels

# How often strengths and annotators are fitted to each other, for the same evidence.
EXCHANGES = 3


class CrowdLabelClassifier(CrowdLabelReader, BaseLabelNoiseClassifier):
    r"""Train a classifier on the labels of several annotators.

    Answers tell about a row, and so do its features. The two are joined as prior and
    likelihood: models that have not seen a row, and its neighbours, say which class to
    expect; the answers, read through the matrices of the annotators, say which class
    it is; and the annotators are judged by the outcome. Then the classifier is trained
    on the probabilities that this comes to.

    Parameters
    ----------
    estimator : classifier, default=None
        The classifier to train; its own parameters are left alone. None means
        :class:`~sklearn.linear_model.LogisticRegression`.

    aggregator : DawidSkene, default=None
        Says what describes an annotator. None means
        :class:`~sknoisy.annotators.DawidSkene` with its defaults. Its ``missing`` is
        not looked at.

    evidence : {"auto", "model", "neighbors"}, default="auto"
        Who is asked what class to expect: the classifier, trained on other folds; the
        neighbours, which needs no fit; or, with "auto", both, each as strongly as the
        answers, which they have not seen, bear them out.

    action : {"auto", "soft", "weight", "relabel"}, default="auto"
        Train on the probabilities of all classes; on the most probable class, weighed
        by its probability; or on the most probable class in full. "auto" means
        "soft", or "relabel" for a classifier that takes no weights.

    n_rounds : int, default=2
        How often the classifier is trained on other folds.

    missing : object, default=None
        What stands for a missing answer besides None and NaN, such as -1 or "".

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

    aggregator_ : DawidSkene
        The annotators and classes as the last round left them.

    clean_proba_ : ndarray of shape (n_samples, n_classes)
        Probability of each true class for the rows given to ``fit``, also for rows
        without an answer.

    transduction_ : ndarray of shape (n_samples,)
        The most probable class of each row.

    transition_matrices_ : ndarray of shape (n_annotators, n_classes, n_classes)
        ``T[a, i, j] = P(annotator a answers j | true class i)``; rows sum to 1.

    annotator_quality_ : ndarray of shape (n_annotators,)
        Probability that an answer of the annotator is right, in [0, 1].

    annotator_names_ : ndarray of shape (n_annotators,)
        Names of the annotators, column numbers where they have none.

    label_quality_ : ndarray of shape (n_samples,)
        Probability that an answer to the row, drawn from those given, is right, in
        [0, 1]. NaN for a row without an answer.

    noise_rate_ : float
        Estimated share of wrong answers, in [0, 1].

    evidence_strength_ : dict
        How much the "neighbors" and the "model" counted in the last round: 1 takes
        probabilities as they are, 0 leaves them out.

    soft_labels_ : ndarray of shape (n_samples, n_classes)
        Weight of each class for each sample, as trained on. Zeros for a row without an
        answer.

    sample_weight_ : ndarray of shape (n_samples,)
        Sum of the soft labels of each sample.

    classes_ : ndarray of shape (n_classes,)
        The distinct labels.

    n_features_in_ : int
        Number of columns of X, where the classifier tells.

    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns of X, where the classifier tells.

    See Also
    --------
    DawidSkene : From the answers alone, without features.
    items_needing_votes : Which rows to show to another annotator.
    sknoisy.NoisyLabelClassifier : One label a row.

    Notes
    -----
    ``fit(X, annotations)`` takes a table of shape (n_samples, n_annotators) in which
    answers may be missing, or what :func:`annotations_from_long` makes of three
    columns. One answer a row is enough, if several annotators have answered: those who
    agree with the evidence are believed. A table of one column, or labels of shape
    (n_samples,), come from one annotator; then :class:`~sknoisy.NoisyLabelClassifier`
    is the safer choice, since it looks first whether there is noise at all.

    Verified rows, ``fit(..., trusted=mask)``, hold their verified label in place of
    the answers. They calibrate the evidence, and say nothing about the annotators.

    With two rounds and five folds a fit costs eleven fits of the classifier, ten of
    them on four fifths of the rows, and one search for neighbours.

    References
    ----------
    .. [1] V. C. Raykar, S. Yu, L. H. Zhao, G. H. Valadez, C. Florin, L. Bogoni and
       L. Moy, "Learning From Crowds", Journal of Machine Learning Research 11, 2010.
       Classifier and annotators are estimated from each other; held-out evidence,
       neighbours and strengths are additions.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.preprocessing import scale
    >>> from sknoisy.annotators import CrowdLabelClassifier, DawidSkene
    >>> from sknoisy.noise import UniformNoise
    >>> X, y = load_iris(return_X_y=True)
    >>> X = scale(X)
    >>> answers = np.column_stack(
    ...     [UniformNoise(rate, random_state=i).corrupt(y)
    ...      for i, rate in enumerate([0.2, 0.3, 0.5])]
    ... )
    >>> answers[::4, 0] = -1
    >>> alone = DawidSkene(missing=-1).fit(answers)
    >>> clf = CrowdLabelClassifier(missing=-1).fit(X, answers)
    >>> bool((clf.transduction_ == y).mean() > (alone.labels_ == y).mean() + 0.05)
    True
    >>> clf.predict(X[:1])
    array([0])
    """

    _parameter_constraints: dict = {
        **BaseLabelNoiseClassifier._parameter_constraints,
        "aggregator": [HasMethods(["_begin", "_settle"]), None],
        "evidence": [StrOptions({"auto", "model", "neighbors"})],
        "action": [StrOptions({"auto", "soft", "weight", "relabel"})],
        "n_rounds": [Interval(Integral, 1, None, closed="left")],
        "missing": "no_validation",
        "embedding": EMBEDDING_CONSTRAINT,
        **FOLDING_CONSTRAINTS,
    }

    def __init__(
        self,
        estimator=None,
        aggregator=None,
        *,
        evidence="auto",
        action="auto",
        n_rounds=2,
        missing=None,
        embedding="auto",
        cv=None,
        memory=None,
        n_jobs=None,
        random_state=None,
    ):
        self.estimator = estimator
        self.aggregator = aggregator
        self.evidence = evidence
        self.action = action
        self.n_rounds = n_rounds
        self.missing = missing
        self.embedding = embedding
        self.cv = cv
        self.memory = memory
        self.n_jobs = n_jobs
        self.random_state = random_state

    def _fit(self, X, labels):
        base = seed_unset(self._inner_estimator(), self.random_state)
        action = checked_action(self.action, base, best="soft")
        aggregator = DawidSkene() if self.aggregator is None else self.aggregator
        self.aggregator_ = prepared(aggregator)
        voting = labels.voting_mass()
        annotators = self.aggregator_._begin(labels.answers, voting)
        posterior = self.aggregator_._settle(annotators, np.maximum(voting, TINY))
        posterior = labels.certain_of_trusted(posterior)
        asked = FeatureEvidence(self, base, X, labels.labeled_only())
        for _ in range(self.n_rounds):
            tables = asked.tables(posterior)
            posterior = self._join(tables, annotators, posterior, labels)
        self._keep(posterior, labels)
        weighed = treated(posterior, action)
        weighed = weighed * (labels.sample_weight * labels.labeled)[:, None]
        keep_soft_labels(self, weighed, labels)
        self.transduction_ = labels.classes[posterior.argmax(axis=1)]
        return fit_soft_labels(
            base, X, self.soft_labels_, labels.classes, params=labels.params
        )

    def _join(self, tables, annotators, posterior, labels):
        """Fit strengths of the evidence and annotators to each other."""
        mass = labels.sample_weight * labels.labeled
        # An answer that stands alone made its own class certain, which would make its
        # annotator infallible: ask first how well answers agree with the evidence.
        n_answers = np.bincount(labels.answers.items, minlength=labels.n_samples)
        unseen = pool(list(tables.values()))
        start = np.where((n_answers == 1)[:, None], unseen, posterior)
        posterior = labels.certain_of_trusted(start)
        for _ in range(EXCHANGES):
            annotators.update(posterior)
            likelihood = softmax(annotators.log_likelihood(), axis=1)
            likelihood = labels.certain_of_trusted(likelihood)
            prior, self.evidence_strength_ = pooled_prior(
                tables, likelihood, mass, offsets=True
            )
            posterior = self.aggregator_._settle(
                annotators,
                np.maximum(labels.voting_mass(), TINY),
                log_prior=np.log(np.maximum(prior, TINY)),
                posterior=posterior,
            )
            posterior = labels.certain_of_trusted(posterior)
        return posterior

    def _keep(self, posterior, labels):
        """Keep what is known of rows and annotators as fitted attributes."""
        self.clean_proba_ = posterior
        for name in ("transition_matrices_", "annotator_quality_", "annotator_names_"):
            setattr(self, name, getattr(self.aggregator_, name))
        answers = labels.answers
        right = posterior[answers.items, answers.codes]
        sums = np.bincount(answers.items, right, labels.n_samples)
        total = np.bincount(answers.items, minlength=labels.n_samples)
        unknown = np.full(labels.n_samples, np.nan)
        self.label_quality_ = np.divide(sums, total, out=unknown, where=total > 0)
        wrong = np.average(1 - right, weights=labels.sample_weight[answers.items])
        self.noise_rate_ = float(wrong)


def checked_action(action, estimator, *, best):
    """Return what is trained on, after a look at whether the classifier can.

    Parameters
    ----------
    action : {"auto", "soft", "weight", "relabel"}
        What was asked for.

    estimator : classifier
        The classifier.

    best : str
        What "auto" means for a classifier that takes weights.

    Returns
    -------
    str
        The action.

    Raises
    ------
    UnsuitableEstimatorError
        If an action was named that needs weights, and the classifier takes none.
    """
    if takes_weights(estimator):
        return best if action == "auto" else action
    if action in {"soft", "weight"}:
        raise UnsuitableEstimatorError(
            f"action={action!r} needs a classifier that takes sample_weight, but "
            f"{type(estimator).__name__} takes none. Use action='relabel'."
        )
    return "relabel"


def treated(posterior, action):
    """Return the soft labels that an action makes of the clean posterior.

    Parameters
    ----------
    posterior : ndarray of shape (n_samples, n_classes)
        Rows sum to 1.

    action : {"soft", "weight", "relabel"}
        The probabilities of all classes; the most probable class, weighed by its
        probability; or the most probable class.

    Returns
    -------
    ndarray of shape (n_samples, n_classes)
        The soft labels.
    """
    if action == "soft":
        return posterior
    best = np.eye(posterior.shape[1])[posterior.argmax(axis=1)]
    return best * posterior if action == "weight" else best
