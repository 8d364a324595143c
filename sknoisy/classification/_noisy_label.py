"""The classifier for users who do not want to choose."""

import warnings

from sknoisy._compat import StrOptions
from sknoisy._evidence import EMBEDDING_CONSTRAINT, FOLDING_CONSTRAINTS, seed_unset
from sknoisy._meta import BaseLabelNoiseClassifier
from sknoisy._soft_labels import fit_soft_labels, takes_weights
from sknoisy.classification._action_choice import choose_action, treat
from sknoisy.classification._label_judgement import judge_labels
from sknoisy.classification._noise_figures import noise_figures
from sknoisy.classification._transition_option import (
    TRANSITION_CONSTRAINT,
    check_transition_option,
)
from sknoisy.exceptions import NoEvidenceWarning, UnsuitableEstimatorError
from sknoisy.refinement._base import keep_posterior, keep_soft_labels


class NoisyLabelClassifier(BaseLabelNoiseClassifier):
    """Train a classifier on labels of which some are wrong.

    The neighbours say which labels to doubt, out-of-fold probabilities of the
    classifier are asked next, with the doubtful labels held back, and a mixture of
    their similarities to the labels and a transition matrix turn all this into the
    probability that each label is right. The classifier is then trained on what they
    say, unless labels that were held out speak against it. Where no noise is found, it
    is by default trained on the labels as they are.

    Parameters
    ----------
    estimator : classifier, default=None
        The classifier to train; its own parameters are left alone. None means
        :class:`~sklearn.linear_model.LogisticRegression`.

    evidence : {"auto", "model", "neighbors", "thorough"}, default="auto"
        What is asked about each label: the classifier, trained on other folds; the
        neighbours, which needs no fit; or, with "auto", both. Then the neighbours
        judge first, classifier and neighbours are asked again with labels weighed by
        that judgement, and the geometric mean of their probabilities counts.
        "thorough" does the same, and then tries every action on folds of which
        nothing at all was seen, at the price of some forty fits.

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
        classifier that takes no weights; where that predicts the labels of a fold
        held out clearly worse than training on the labels as they are does, half
        the doubt or none. With verified labels, ``trusted`` in ``fit``, which say what
        every other label is worth, it means "soft" with less weight for doubted rows,
        or "relabel" for a classifier that takes no weights. An action that is named is
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
        Estimated share of wrong labels, in [0, 1]: the mean doubt.

    noise_rate_interval_ : tuple of float
        What the noise rate is at least and at most. At least: the share of
        contradictions where the evidence is surest. At most: the share of labels that
        the evidence contradicts at all, its own mistakes counted. Either end allows
        for the number of rows with 95 % confidence.

    flag_precision_ : float
        Estimated share of wrong labels among those with a quality below 0.5; NaN if
        there are none.

    expected_gain_ : float
        Expected change of accuracy on clean labels, in [-1, 1], against training on
        the labels as they are, seen through ``transition_matrix_`` in labels that
        were held out. 0 where they are left as they are; NaN where nothing was held
        out, as with ``evidence="neighbors"``, or for the milder action that "auto"
        falls back on.

    expected_gain_interval_ : tuple of float
        Interval of ``expected_gain_``, with 95 % confidence as far as the matrix is
        right.

    soft_labels_ : ndarray of shape (n_samples, n_classes)
        Weight of each class for each sample, as trained on.

    sample_weight_ : ndarray of shape (n_samples,)
        Sum of the soft labels of each sample.

    transduction_ : ndarray of shape (n_samples,)
        The label that carries most weight.

    selection_ : dict
        What was chosen and why: ``noise_found``, ``action`` ("keep" where the labels
        are left alone, "cautious weight" for half the doubt, "cautious soft" beside
        verified labels), ``core_disagreement``
        with ``core_disagreement_lower``, ``candidates``, the share of held-out labels
        that each action which was tried predicts, and ``reason``, a sentence.

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
    With five folds a fit costs less than six fits of the classifier: five of four
    fifths of the rows, one of them once more with the labels as they are, and the last
    one. One search for neighbours comes on top.

    Held-out labels are noisy, too. Still, as long as each class keeps its own label
    more often than it gets any other, whoever predicts the noisy labels best is right
    most often [1]_. One fold is a small sample: the check finds great losses, not
    small ones. The labels held out are compared with a model whose labels were weighed
    by the neighbours alone.

    Weights do less harm than a filter does where the evidence is weak, since they leave
    every label in; fully grown trees hardly notice them. ``action="filter"`` is worth a
    try with forests where much noise is sure. The weight of each class is brought
    half-way back to its share of the labels.

    Mixture and matrix count mistakes of the model as wrong labels. So
    ``label_quality_`` is scaled: the mean doubt is half-way between theirs and the
    share of contradictions where the evidence is surest.

    Noise is found where labels disagree with the rows that the evidence is surest of:
    if among the surest fifth of each predicted class clearly more than 2 % of the rows
    have another label. Classes that merely overlap disagree elsewhere.

    References
    ----------
    .. [1] P. Chen, J. Ye, G. Chen, J. Zhao and P.-A. Heng, "Robustness of Accuracy
       Metric and its Inspirations in Learning with Noisy Labels", AAAI 2021.

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
    >>> lower, upper = clf.expected_gain_interval_
    >>> bool(0 < lower < clf.score(X[1000:], y[1000:]) - plain < upper)
    True
    """

    _parameter_constraints: dict = {
        **BaseLabelNoiseClassifier._parameter_constraints,
        "evidence": [StrOptions({"auto", "model", "neighbors", "thorough"})],
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
        judgement = judge_labels(self, base, X, labels)
        choice = choose_action(self, base, X, labels, judgement)
        self.selection_ = choice.selection(judgement.finding)
        self.expected_gain_ = choice.gain
        self.expected_gain_interval_ = choice.interval
        self.transition_matrix_ = judgement.transition_matrix
        keep_posterior(self, judgement.posterior, labels)
        for name, figure in noise_figures(judgement, self.label_quality_, labels):
            setattr(self, name, figure)
        keep_soft_labels(self, treat(judgement, labels, choice.action), labels)
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
        if labels.trusted is not None and not labels.trusted.any():
            warnings.warn(
                "trusted marks no row as verified, so that the labels are judged "
                "without it. Set it to True where a label was checked, or leave it "
                "away.",
                NoEvidenceWarning,
            )
