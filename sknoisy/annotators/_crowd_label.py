"""Any classifier on labels by several annotators."""

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import softmax
from sklearn.utils.validation import check_consistent_length

from sknoisy._compat import HasMethods
from sknoisy._labels import NoisyLabels
from sknoisy._meta import prepared
from sknoisy.annotators._annotations import Annotations, is_gap, read_annotations
from sknoisy.annotators._base import BaseAnswerClassifier, only_labeled, refuse_unclear
from sknoisy.annotators._candidates import spread
from sknoisy.annotators._dawid_skene import DawidSkene
from sknoisy.annotators._pooled_prior import pooled_prior
from sknoisy.annotators._votes import TINY

# How often strengths and annotators are fitted to each other with the same evidence;
# the suite annotators on digits and cifar10n served to choose it.
N_EXCHANGES = 3


@dataclass(frozen=True)
class CrowdLabels(NoisyLabels):
    """The record of rows with several answers.

    Its codes are those of the most frequent answer; rows without any have no weight.
    """

    answers: Annotations = None

    def annotator_weight(self):
        """Return what each row counts where annotators are estimated.

        Trusted rows hold the truth in place of answers, and say nothing of annotators.
        """
        if self.trusted is None:
            return self.sample_weight
        return np.where(self.trusted, 0.0, self.sample_weight)


class CrowdLabelClassifier(BaseAnswerClassifier):
    r"""Train a classifier on the labels of several annotators.

    Features and answers are joined as prior and likelihood: models that have not seen a
    row, and its neighbours, say which class to expect; the answers, read through the
    matrices of the annotators, how likely each class is then; and the matrices are
    estimated from the posterior. Then the classifier is trained on the posterior.

    Parameters
    ----------
    estimator : classifier, default=None
        The classifier to train; its own parameters are left alone. None means
        :class:`~sklearn.linear_model.LogisticRegression`.

    aggregator : DawidSkene, default=None
        Says what describes an annotator; None means :class:`DawidSkene` with its
        defaults. Its ``missing`` is not looked at.

    evidence : {"auto", "model", "neighbors"}, default="auto"
        Where the prior comes from: the classifier, trained on other folds; the
        neighbours, which need no fit; or, with "auto", both, each with the strength
        that makes the answers, which it has not seen, most likely.

    action : {"auto", "soft", "weight", "relabel"}, default="auto"
        Train on the probabilities of all classes; on the most probable class, weighed
        by its probability; or on the most probable class in full. "auto" means
        "soft", or "relabel" for a classifier that takes no weights.

    n_rounds : int, default=2
        How often the classifier is trained on other folds.

    missing : object, default=None
        What stands for a missing answer besides None and NaN, such as -1 or "".

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

    aggregator_ : DawidSkene
        Annotators and classes after the last round.

    clean_proba_ : ndarray of shape (n_samples, n_classes)
        Probability of each true class, also for rows without an answer.

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
        [0, 1]; NaN without an answer.

    noise_rate_ : float
        Estimated share of wrong answers, in [0, 1].

    evidence_strength_ : dict
        How much the "neighbors" and the "model" counted in the last round: 1 takes
        probabilities as they are, 0 leaves them out.

    soft_labels_ : ndarray of shape (n_samples, n_classes)
        Weight of each class for each sample, as trained on; zeros without an answer.

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

    Notes
    -----
    ``fit(X, annotations)`` takes a table of shape (n_samples, n_annotators) in which
    answers may be missing, or what :func:`annotations_from_long` makes of three
    columns. One answer a row is enough, if several annotators have answered. One
    column, or labels of shape (n_samples,), come from one annotator, with or without
    gaps; then :class:`~sknoisy.NoisyLabelClassifier` is the safer choice. Trusted rows
    hold their trusted label in place of the answers, and say nothing about annotators.
    By default a fit costs eleven fits of the classifier and a search for neighbours.

    References
    ----------
    .. [1] V. C. Raykar, S. Yu, L. H. Zhao, G. H. Valadez, C. Florin, L. Bogoni and
       L. Moy, "Learning From Crowds", Journal of Machine Learning Research 11, 2010.

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
    """

    _parameter_constraints: dict = {
        **BaseAnswerClassifier._parameter_constraints,
        "aggregator": [HasMethods(["_expectation_maximization"]), None],
        "missing": "no_validation",
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

    def _read_labels(self, X, y, sample_weight, groups, trusted, params):
        owner = type(self).__name__
        read = super()._read_labels
        if y is None or _is_plain(y, self.missing):
            labels = read(X, y, sample_weight, groups, trusted, params)
            rows = np.arange(labels.n_samples)
            who = rows * 0, labels.codes, rows, np.arange(1)
            answers = Annotations(rows, *who, labels.classes)
            return labels.extended_to(CrowdLabels, answers=answers)
        answers = read_annotations(y, owner=owner, missing=self.missing)
        check_consistent_length(X, answers)
        counts = answers.counts()
        # For the folds, and for a class that would lose all its weight.
        codes = counts.argmax(axis=1)
        # Ties may all have gone to one class, though the answers name others.
        codes = spread(counts > 0) if (codes == codes[0]).all() else codes
        labels = read(X, answers.classes[codes], sample_weight, groups, trusted, params)
        labels = replace(labels, classes=answers.classes, codes=codes)
        labels = only_labeled(labels, counts.any(axis=1), owner)
        refuse_unclear(labels, (counts > 0).sum(axis=1) != 1, owner, "the answers")
        return labels.extended_to(CrowdLabels, answers=answers)

    def _posterior(self, evidence, labels):
        aggregator = DawidSkene() if self.aggregator is None else self.aggregator
        self.aggregator_ = prepared(aggregator)
        weight = labels.annotator_weight()
        model = self.aggregator_._annotator_model(labels.answers, weight)
        # The sum of the weights divides: rows that are all trusted leave none.
        weight = np.maximum(weight, TINY)
        posterior = self.aggregator_._expectation_maximization(model, weight)
        posterior = labels.certain_of_trusted(posterior)
        for _ in range(self.n_rounds):
            logs = evidence.log_tables(posterior)
            posterior = self._join(logs, model, posterior, weight, labels)
        self._keep(posterior, labels)
        return posterior, labels

    def _join(self, logs, model, posterior, weight, labels):
        """Fit strengths of the evidence and annotators to each other."""
        # An answer that stands alone has made its own class certain, which would make
        # its annotator infallible: hold such answers against the evidence first.
        n_answers = np.bincount(labels.answers.items, minlength=labels.n_samples)
        unseen = softmax(np.mean(list(logs.values()), axis=0), axis=1)
        start = np.where((n_answers == 1)[:, None], unseen, posterior)
        posterior = labels.certain_of_trusted(start)
        for _ in range(N_EXCHANGES):
            model.update(posterior)
            # Up to a factor for each row, which the strengths do not depend on.
            likelihood = softmax(model.log_likelihood(), axis=1)
            likelihood = labels.certain_of_trusted(likelihood)
            prior, self.evidence_strength_ = pooled_prior(
                logs, likelihood, labels.sample_weight, offsets=True
            )
            log_prior = np.log(np.maximum(prior, TINY))
            posterior = self.aggregator_._expectation_maximization(
                model, weight, log_prior=log_prior, posterior=posterior
            )
            posterior = labels.certain_of_trusted(posterior)
        return posterior

    def _keep(self, posterior, labels):
        """Keep what is known of rows and annotators as fitted attributes."""
        for name in ("transition_matrices_", "annotator_quality_", "annotator_names_"):
            setattr(self, name, getattr(self.aggregator_, name))
        answers = labels.answers
        right = posterior[answers.items, answers.codes]
        sums = np.bincount(answers.items, right, labels.n_samples)
        total = np.bincount(answers.items, minlength=labels.n_samples)
        unknown = np.full(labels.n_samples, np.nan)
        self.label_quality_ = np.divide(sums, total, out=unknown, where=total > 0)
        # Of answers, so that a row counts by how many it has.
        wrong = np.average(1 - right, weights=labels.sample_weight[answers.items])
        self.noise_rate_ = float(wrong)


def _is_plain(y, missing):
    """Whether y is an array with a label for each row."""
    if isinstance(y, Annotations) or hasattr(y, "columns") or not hasattr(y, "dtype"):
        return False
    values = np.asarray(y)
    alone = values.ndim == 1 or values.shape[1:] == (1,)
    plain = alone and values.dtype.kind != "O"
    return bool(plain and not is_gap(values.ravel(), missing).any())
