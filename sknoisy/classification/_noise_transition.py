"""Fit a classifier through a noise transition matrix."""

from numbers import Integral, Real

import numpy as np

from sknoisy._clean_posterior import (
    clean_posterior,
    expected_classes,
    implied_noise_rate,
    with_class_shares,
)
from sknoisy._compat import Interval, StrOptions
from sknoisy._context import CONTEXT_CONSTRAINTS, FitContext, seed_unset
from sknoisy._folds import make_folds
from sknoisy._meta import BaseLabelNoiseClassifier, warn_not_converged
from sknoisy._out_of_fold import out_of_fold_proba
from sknoisy._soft_labels import balances_classes, fit_soft_labels, settle
from sknoisy._transition_matrix import normalize_rows
from sknoisy.evidence import EvidenceInputs, gather_evidence
from sknoisy.exceptions import UnsuitableEstimatorError
from sknoisy.refinement._base import keep_posterior
from sknoisy.transition._resolve import (
    ESTIMATOR_OR_MATRIX,
    check_matrix,
    is_matrix,
    resolve_transition,
)

# Weights of importance reweighting are cut here, as is usual for such ratios: a single
# row must not outweigh ten.
LARGEST_IMPORTANCE = 10.0
# What the probability of a noisy label is at least in that ratio; with the cut above it
# matters only where both probabilities are below it.
SMALLEST_NOISY_PROBABILITY = 1e-3
# Forests answer small changes of the labels by jumps: their changes shrink to a floor.
STALLED = 0.95


class NoiseTransitionClassifier(BaseLabelNoiseClassifier):
    r"""Train a classifier through a noise transition matrix.

    If the labels went wrong by a known matrix, training can be corrected so that the
    classifier predicts the true classes. This is done for any classifier, by the
    labels and weights that it is trained on.

    Parameters
    ----------
    estimator : classifier, default=None
        The classifier to train. None means
        :class:`~sklearn.linear_model.LogisticRegression`.

    transition : transition estimator or array-like, default=None
        Noise transition matrix ``T[i, j] = P(noisy = j | clean = i)``, of shape
        (n_classes, n_classes) with rows and columns in the order of ``classes_``, or
        the estimator of it. None means
        :class:`~sknoisy.transition.TrustedTransition` where labels are trusted, else
        :class:`~sknoisy.transition.ConfidentTransition`.

    correction : {"forward", "importance", "backward"}, default="forward"
        How the matrix enters, see the notes.

    max_iter : int, default=20
        Rounds of the forward correction at the most.

    tol : float, default=0.02
        The rounds end when the probabilities of the true classes change by less, as
        the mean total variation distance, or when the changes shrink no more.

    cv : int, splitter or iterable, default=None
        Folds. None means 5 stratified folds in which copies of a row stay together.

    memory : str or object with the joblib.Memory interface, default=None
        Where out-of-fold probabilities are cached.

    n_jobs : int, default=None
        Number of folds fitted side by side.

    random_state : int, RandomState instance or None, default=None
        Seed for those random states of the classifier that have none.

    Attributes
    ----------
    estimator_ : classifier
        The fitted classifier.

    transition_matrix_ : ndarray of shape (n_classes, n_classes)
        The matrix used.

    noise_rate_ : float
        Share of wrong labels that follows from it, in [0, 1].

    clean_proba_ : ndarray of shape (n_samples, n_classes)
        Probability of each true class for the rows given to ``fit``. Backward
        correction does not yield it.

    label_quality_ : ndarray of shape (n_samples,)
        Probability that the label is right. Backward correction does not yield it.

    soft_labels_ : ndarray of shape (n_samples, n_classes)
        Weight of each class for each sample, as trained on.

    sample_weight_ : ndarray of shape (n_samples,)
        Sum of the soft labels of each sample.

    n_iter_ : int
        Rounds taken; 1 for the corrections that need no rounds.

    classes_ : ndarray of shape (n_classes,)
        The distinct labels.

    n_features_in_ : int
        Number of columns of X, where the classifier tells.

    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns of X, where the classifier tells.

    See Also
    --------
    NoisyLabelClassifier : Choose the treatment for me.
    sknoisy.transition : Estimators of the matrix.

    Notes
    -----
    *Forward* correction maximises the likelihood of the noisy labels,
    :math:`\sum_i \log \sum_k P(k \mid x_i) T_{k\tilde y_i}`, by
    expectation-maximisation: the classifier is trained on
    :math:`P(k \mid x_i, \tilde y_i) \propto P(k \mid x_i) T_{k \tilde y_i}`, and
    :math:`P(k \mid x_i)` is predicted by it in turn. The predictions are out-of-fold:
    a classifier that knows its training labels by heart would only confirm them. Each
    round costs as many fits as there are folds. What ``class_weight="balanced"`` does
    to the probabilities is undone in each round, and left to the classifier at the end.

    *Importance* reweighting keeps the labels and weighs each by
    :math:`P(\tilde y_i \mid x_i) / \tilde P(\tilde y_i \mid x_i)`, the probability of
    the label as true class over its probability as noisy label.

    *Backward* correction weighs the classes of each sample by row :math:`\tilde y_i`
    of :math:`T^{-1}`, so that the expected loss is that of true labels. Some of these
    weights are negative: many classifiers accept them without a word, some without
    sense, and the variance is large. It is here because it is known, not because it
    works well.

    References
    ----------
    G. Patrini, A. Rozza, A. Menon, R. Nock, L. Qu, "Making Deep Neural Networks Robust
    to Label Noise: a Loss Correction Approach", CVPR 2017.

    T. Liu, D. Tao, "Classification with Noisy Labels by Importance Reweighting", IEEE
    Transactions on Pattern Analysis and Machine Intelligence 38, 2016.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from sknoisy import NoiseTransitionClassifier
    >>> from sknoisy.noise import PairNoise
    >>> from sknoisy.transition import NeighborTransition
    >>> X, y = load_digits(return_X_y=True)
    >>> y_noisy = PairNoise(0.4, random_state=0).corrupt(y[:500])
    >>> base = make_pipeline(StandardScaler(), LogisticRegression())
    >>> plain = base.fit(X[:500], y_noisy).score(X[500:], y[500:])
    >>> clf = NoiseTransitionClassifier(base, NeighborTransition())
    >>> score = clf.fit(X[:500], y_noisy).score(X[500:], y[500:])
    >>> bool(score > plain + 0.1)
    True
    """

    _parameter_constraints: dict = {
        **BaseLabelNoiseClassifier._parameter_constraints,
        "transition": [*ESTIMATOR_OR_MATRIX, None],
        "correction": [StrOptions({"forward", "importance", "backward"})],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "tol": [Interval(Real, 0, None, closed="left")],
        **CONTEXT_CONSTRAINTS,
    }

    def __init__(
        self,
        estimator=None,
        transition=None,
        *,
        correction="forward",
        max_iter=20,
        tol=0.02,
        cv=None,
        memory=None,
        n_jobs=None,
        random_state=None,
    ):
        self.estimator = estimator
        self.transition = transition
        self.correction = correction
        self.max_iter = max_iter
        self.tol = tol
        self.cv = cv
        self.memory = memory
        self.n_jobs = n_jobs
        self.random_state = random_state

    def _fit(self, X, labels):
        context = FitContext.of(self)
        base = seed_unset(self._inner_estimator(), context.random_state)
        backward = self.correction == "backward"
        # A matrix that is refused shall be so before any fold is fitted.
        check_matrix(self.transition, labels, invertible=backward)
        folds = make_folds(X, labels, self.cv)
        inputs = EvidenceInputs(base, X, labels, folds, context)
        proba = None
        if not (backward and is_matrix(self.transition)):
            proba = gather_evidence("model", inputs)["model"]
            proba = _with_class_shares(proba, labels.one_hot(), inputs)
        self.transition_matrix_ = resolve_transition(
            self.transition, X, proba, labels, base=base, invertible=backward
        )
        self.noise_rate_ = implied_noise_rate(self.transition_matrix_, labels)
        self.n_iter_ = 1
        correct = getattr(self, f"_correct_{self.correction}")
        soft_labels = settle(correct(inputs, proba), labels)
        self.soft_labels_ = soft_labels * labels.unit
        self.sample_weight_ = self.soft_labels_.sum(axis=1)
        return self._refit(base, X, soft_labels, labels)

    def _correct_forward(self, inputs, proba):
        """Return the clean posterior of the classifier's out-of-fold predictions."""
        labels, T = inputs.labels, self.transition_matrix_
        likelihood = T[:, labels.codes].T
        posterior = clean_posterior(
            proba, T, labels.codes, weights=labels.sample_weight
        )
        last_change = np.inf
        for n_iter in range(1, self.max_iter + 1):
            self.n_iter_ = n_iter
            soft_labels = settle(posterior * labels.sample_weight[:, None], labels)
            predicted = out_of_fold_proba(inputs, soft_labels)
            predicted = _with_class_shares(predicted, posterior, inputs)
            # A row that no fold holds out keeps the posterior that it has.
            predicted = np.where(np.isnan(predicted), posterior, predicted)
            previous, posterior = posterior, normalize_rows(likelihood * predicted)
            distance = np.abs(posterior - previous).sum(axis=1) / 2
            change = np.average(distance, weights=labels.sample_weight)
            if change < self.tol or change > STALLED * last_change:
                break
            last_change = change
        else:
            warn_not_converged(self, change)
        return keep_posterior(self, posterior, labels) * labels.sample_weight[:, None]

    def _correct_importance(self, inputs, proba):
        """Return the labels given, weighed by how much more often they are true."""
        labels, T = inputs.labels, self.transition_matrix_
        rows = np.arange(labels.n_samples)
        true = expected_classes(proba, T, labels.codes, weights=labels.sample_weight)
        noisy = np.maximum((true @ T)[rows, labels.codes], SMALLEST_NOISY_PROBABILITY)
        weight = np.minimum(true[rows, labels.codes] / noisy, LARGEST_IMPORTANCE)
        keep_posterior(self, normalize_rows(true * T[:, labels.codes].T), labels)
        return labels.one_hot() * (weight * labels.sample_weight)[:, None]

    def _correct_backward(self, inputs, proba):
        """Return the rows of the inverse matrix, some of whose weights are negative."""
        labels = inputs.labels
        inverse = np.linalg.inv(self.transition_matrix_)
        return inverse[labels.codes] * labels.sample_weight[:, None]

    def _refit(self, base, X, soft_labels, labels):
        """Return the classifier trained on the corrected labels."""
        signed = self.correction == "backward"
        try:
            return fit_soft_labels(
                base,
                X,
                soft_labels,
                labels.classes,
                params=labels.params,
                signed=signed,
            )
        except ValueError as error:
            if not signed:
                raise
            raise UnsuitableEstimatorError(
                f"correction='backward' needs a classifier that can be trained with "
                f"negative weights, but {type(base).__name__} answered: {error}. Use "
                "correction='forward' or correction='importance'."
            ) from error


def _with_class_shares(proba, targets, inputs):
    """Undo in probabilities what ``class_weight="balanced"`` has done to them.

    Each round would move further towards the rare classes otherwise.
    """
    if not balances_classes(inputs.base):
        return proba
    return with_class_shares(proba, targets, inputs.labels.sample_weight)
