"""The classifier for users who do not want to choose."""

import numpy as np

from sknoisy._clean_posterior import (
    clean_posterior,
    expected_classes,
    spread_doubt,
)
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
from sknoisy.classification._label_weights import softened, weigh_labels
from sknoisy.classification._transition_option import (
    TRANSITION_CONSTRAINT,
    check_transition_option,
    is_estimated,
    transition_beside,
)
from sknoisy.exceptions import UnsuitableEstimatorError
from sknoisy.quality._core_disagreement import select_action
from sknoisy.refinement._base import keep_posterior, keep_soft_labels, settle

# A class of which a first look would leave fewer rows is not judged by it.
FEWEST_ROWS = 10


class NoisyLabelClassifier(BaseLabelNoiseClassifier):
    """Train a classifier on labels of which some are wrong.

    The neighbours say which labels to doubt, out-of-fold probabilities of the
    classifier are asked next, with the doubtful labels held back, and a mixture of
    their similarities to the labels and a transition matrix turn all this into the
    probability that each label is right. The classifier is then trained on what they
    say. Where no noise is found, it is by default trained on the labels as they are.

    Parameters
    ----------
    estimator : classifier, default=None
        The classifier to train; its own parameters are left alone. None means
        :class:`~sklearn.linear_model.LogisticRegression`.

    evidence : {"auto", "model", "neighbors"}, default="auto"
        What is asked about each label: the classifier, trained on other folds; the
        neighbours, which needs no fit; or, with "auto", both. Then the neighbours
        judge first, classifier and neighbours are asked again with labels weighed by
        that judgement, and the geometric mean of their probabilities counts.

    transition : "auto", transition estimator or array-like of shape \
(n_classes, n_classes), default="auto"
        Noise transition matrix ``T[i, j] = P(noisy = j | clean = i)`` with rows and
        columns in the order of ``classes_``, or the estimator of it. A matrix that is
        given is believed. An estimated one has half a say where noise is found, beside
        the mixture of the similarities, and none if it doubts more labels than that.
        "auto" means
        :class:`~sknoisy.transition.ConfidentTransition` with a quarter of chance mixed
        in, since it is too sure of which confusions never occur.

    action : {"auto", "weight", "filter", "relabel", "soft"}, default="auto"
        What is done with a label: weigh it by its probability of being right; leave it
        out unless it is the most probable class; replace it by the most probable
        class; or train on the probabilities of all classes. "auto" means the labels
        as they are where no noise is found, else "weight", or "filter" for a
        classifier that takes no weights. An action that is named is always carried
        out.

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

    Weights do less harm than a filter does where the evidence is weak, since they leave
    every label in; fully grown trees hardly notice them. ``action="filter"`` is worth a
    try with forests where much noise is sure.

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
        self.selection_ = self._select(base, proba, labels)
        posterior = self._judge(proba, base, X, labels)
        keep_posterior(self, posterior, labels)
        doubt = 1 - self.label_quality_
        self.noise_rate_ = float(np.average(doubt, weights=labels.weights))
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
        graph = None
        if self.evidence != "model":
            graph = neighborhood(self, base, X, labels)
        if graph is None:
            if self.evidence == "neighbors":
                return labels.one_hot()
            return model_evidence(self, base, X, labels)
        votes = neighbor_evidence(graph, labels)
        if self.evidence == "neighbors":
            return votes
        # Neighbours cost no fit: what they doubt is held back from the model, and the
        # second vote is by labels that have been looked at.
        soft = self._held_back(votes, base, X, labels)
        model = model_evidence(self, base, X, labels, soft)
        return pool([model, neighbor_evidence(graph, labels, soft)])

    def _held_back(self, votes, base, X, labels):
        """Return the labels, weighed by the votes of the neighbours; None for none."""
        if not self._select(base, votes, labels)["noise_found"]:
            return None
        # Whatever the transition is: another one shall find its folds in the cache.
        weights = weigh_labels(votes, base, X, labels, noise_found=True).weights
        if not takes_weights(base):
            weights = (weights > 0.5).astype(float)
        # Each class shall be there in each fold, and not by one or two rows.
        n_left = np.bincount(labels.codes, weights > 0.5, labels.n_classes)
        weights = np.where(n_left[labels.codes] < FEWEST_ROWS, 1.0, weights)
        return settle(labels.one_hot() * (weights * labels.mass)[:, None], labels)

    def _select(self, base, proba, labels):
        """Return what is done about the noise, and why."""
        treatment = "weight" if takes_weights(base) else "filter"
        return select_action(self.action, proba, labels, treatment=treatment)

    def _judge(self, proba, base, X, labels):
        """Return the probability of each true class."""
        codes, mass = labels.codes, labels.weights
        # Without noise there are no two populations for a mixture to tell apart.
        if not (is_estimated(self.transition) and self.selection_["noise_found"]):
            T = transition_beside(self.transition, base, X, proba, labels)
            self.transition_matrix_ = T
            return clean_posterior(proba, T, codes, weights=mass)
        found = weigh_labels(
            proba, base, X, labels, noise_found=True, transition=self.transition
        )
        self.transition_matrix_ = found.transition_matrix
        T = softened(found.transition_matrix, self.transition)
        expected = expected_classes(proba, T, codes, weights=mass)
        return spread_doubt(expected, codes, found.weights)

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
