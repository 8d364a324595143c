"""The classifier for users who do not want to choose."""

import numpy as np

from sknoisy._clean_posterior import clean_posterior
from sknoisy._compat import StrOptions
from sknoisy._evidence import (
    EMBEDDING_CONSTRAINT,
    FOLDING_CONSTRAINTS,
    model_evidence,
    neighbor_evidence,
    neighborhood,
    pool,
    seed_unset,
)
from sknoisy._meta import BaseLabelNoiseClassifier
from sknoisy._soft_labels import fit_soft_labels, takes_weights
from sknoisy.classification._transition_option import (
    TRANSITION_CONSTRAINT,
    check_transition_option,
    transition_beside,
)
from sknoisy.exceptions import UnsuitableEstimatorError
from sknoisy.quality._core_disagreement import select_action
from sknoisy.refinement._base import keep_posterior, keep_soft_labels


class NoisyLabelClassifier(BaseLabelNoiseClassifier):
    """Train a classifier on labels of which some are wrong.

    Out-of-fold probabilities and the labels of the neighbours say what each label
    should be, a transition matrix says how labels go wrong, both together give the
    probability of each true class, and the classifier is trained again on what they
    say. Where no noise is found, it is by default trained on the labels as they are.

    Parameters
    ----------
    estimator : classifier, default=None
        The classifier to train; its own parameters are left alone. None means
        :class:`~sklearn.linear_model.LogisticRegression`.

    evidence : {"auto", "model", "neighbors"}, default="auto"
        What is asked about each label: the classifier, trained on other folds; the
        neighbours, which needs no fit; or, with "auto", both, pooled by the geometric
        mean of their probabilities.

    transition : "auto", transition estimator or array-like of shape \
(n_classes, n_classes), default="auto"
        Noise transition matrix ``T[i, j] = P(noisy = j | clean = i)`` with rows and
        columns in the order of ``classes_``, or the estimator of it. "auto" means
        :class:`~sknoisy.transition.ConfidentTransition`.

    action : {"auto", "weight", "filter", "relabel", "soft"}, default="auto"
        What is done with a label: weigh it by its probability of being right; leave it
        out unless it is the most probable class; replace it by the most probable
        class; or train on the probabilities of all classes. "auto" means "filter",
        which works for every classifier, fully grown trees included, where noise is
        found, and the labels as they are where none is. An action that is named is
        always carried out.

    embedding : "auto", "passthrough" or transformer, default="auto"
        Space in which neighbours are searched. "auto" takes the steps of a
        ``Pipeline`` before its last; else the numeric columns, with gaps filled by the
        median, at unit variance; for sparse X its main singular directions. Where
        none of these applies, the neighbours are left out after a warning.

    cv : int, splitter or iterable, default=None
        Folds. None means 5 stratified folds in which copies of a row stay together.

    memory : str or object with the joblib.Memory interface, default=None
        Where out-of-fold probabilities and neighbours are cached, so that a search
        over ``action`` or ``transition`` fits no fold twice.

    n_jobs : int, default=None
        Number of folds fitted side by side.

    random_state : int, RandomState instance or None, default=None
        Seed for those random states of the classifier that have none.

    Attributes
    ----------
    estimator_ : classifier
        The fitted classifier.

    clean_proba_ : ndarray of shape (n_samples, n_classes)
        Probability of each true class for the rows given to ``fit``.

    label_quality_ : ndarray of shape (n_samples,)
        Probability that the label is right; higher is more believable.

    transition_matrix_ : ndarray of shape (n_classes, n_classes)
        ``T[i, j] = P(noisy = j | clean = i)``.

    noise_rate_ : float
        Estimated share of wrong labels, in [0, 1].

    soft_labels_ : ndarray of shape (n_samples, n_classes)
        Weight of each class for each sample, as trained on.

    sample_weight_ : ndarray of shape (n_samples,)
        Sum of the soft labels of each sample.

    transduction_ : ndarray of shape (n_samples,)
        The label that carries most weight.

    selection_ : dict
        What was chosen and why: ``noise_found``, ``action`` ("keep" where the labels
        are left alone), ``core_disagreement`` with ``core_disagreement_lower``, and
        ``reason``, a sentence.

    classes_ : ndarray of shape (n_classes,)
        The distinct labels.

    n_features_in_ : int
        Number of columns of X, where the classifier tells.

    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns of X, where the classifier tells.

    See Also
    --------
    RefinedLabelClassifier : Choose the treatment yourself.
    sknoisy.find_label_errors : List the wrong labels, from given probabilities.

    Notes
    -----
    With five folds a fit costs five fits of the classifier, each fold on four fifths
    of the rows, and one search for neighbours.

    Noise is found where labels disagree with the rows that the evidence is surest of:
    if among the surest fifth of each predicted class clearly more than 2 % of the rows
    have another label. Classes that merely overlap disagree elsewhere.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from sknoisy import NoisyLabelClassifier
    >>> from sknoisy.noise import UniformNoise
    >>> X, y = load_digits(return_X_y=True)
    >>> y_noisy = UniformNoise(0.3, random_state=0).corrupt(y[:1000])
    >>> base = make_pipeline(StandardScaler(), LogisticRegression())
    >>> plain = base.fit(X[:1000], y_noisy).score(X[1000:], y[1000:])
    >>> clf = NoisyLabelClassifier(base).fit(X[:1000], y_noisy)
    >>> bool(clf.score(X[1000:], y[1000:]) > plain + 0.05)
    True
    """

    _parameter_constraints: dict = {
        **BaseLabelNoiseClassifier._parameter_constraints,
        "evidence": [StrOptions({"auto", "model", "neighbors"})],
        "transition": TRANSITION_CONSTRAINT,
        "action": [StrOptions({"auto", "weight", "filter", "relabel", "soft"})],
        "embedding": EMBEDDING_CONSTRAINT,
        **FOLDING_CONSTRAINTS,
    }

    def __init__(
        self,
        estimator=None,
        *,
        evidence="auto",
        transition="auto",
        action="auto",
        embedding="auto",
        cv=None,
        memory=None,
        n_jobs=None,
        random_state=None,
    ):
        self.estimator = estimator
        self.evidence = evidence
        self.transition = transition
        self.action = action
        self.embedding = embedding
        self.cv = cv
        self.memory = memory
        self.n_jobs = n_jobs
        self.random_state = random_state

    def _fit(self, X, labels):
        base = seed_unset(self._inner_estimator(), self.random_state)
        self._check_options(base, labels)
        proba = self._evidence(base, X, labels)
        self.transition_matrix_ = transition_beside(
            self.transition, base, X, proba, labels
        )
        posterior = clean_posterior(
            proba, self.transition_matrix_, labels.codes, weights=labels.weights
        )
        keep_posterior(self, posterior, labels)
        doubt = 1 - self.label_quality_
        self.noise_rate_ = float(np.average(doubt, weights=labels.weights))
        self.selection_ = select_action(self.action, proba, labels)
        treated = self._treat(labels.one_hot(), self.selection_["action"])
        keep_soft_labels(self, treated * labels.mass[:, None], labels)
        return fit_soft_labels(
            base, X, self.soft_labels_, labels.classes, params=labels.params
        )

    def _check_options(self, base, labels):
        """Raise errors that name the way out, before any fold is fitted."""
        if self.action in {"weight", "soft"} and not takes_weights(base):
            raise UnsuitableEstimatorError(
                f"action={self.action!r} needs a classifier that takes sample_weight, "
                f"but {type(base).__name__} takes none. Use action='filter' or "
                "action='relabel', which need no weights."
            )
        check_transition_option(self.transition, labels)

    def _evidence(self, base, X, labels):
        """Return the out-of-fold probabilities of the noisy labels."""
        known = []
        if self.evidence != "neighbors":
            known.append(model_evidence(self, base, X, labels))
        if self.evidence != "model":
            graph = neighborhood(self, base, X, labels)
            if graph is not None:
                known.append(neighbor_evidence(graph, labels))
        return pool(known) if known else labels.one_hot()

    def _treat(self, one_hot, action):
        """Return the believed labels of each row, before any sample weight."""
        if action == "keep":
            return one_hot
        if action == "soft":
            return self.clean_proba_
        if action == "weight":
            return one_hot * self.label_quality_[:, None]
        best = np.eye(one_hot.shape[1])[self.clean_proba_.argmax(axis=1)]
        return best if action == "relabel" else one_hot * best
