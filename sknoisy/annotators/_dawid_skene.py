"""One label out of many: annotators and true classes, estimated from each other."""

import warnings
from numbers import Integral, Real

import numpy as np
from sklearn.base import BaseEstimator

from sknoisy._compat import Interval, StrOptions, _check_sample_weight, _fit_context
from sknoisy._labels import NoisyLabels
from sknoisy._meta import warn_not_converged
from sknoisy._proba import check_proba
from sknoisy.annotators._annotations import read_annotations
from sknoisy.annotators._votes import MODELS, TINY, alternate, vote_shares
from sknoisy.exceptions import NoEvidenceWarning


class DawidSkene(BaseEstimator):
    r"""Estimate true classes and how each annotator goes wrong, from answers alone.

    Expectation-maximisation counts the answers of each annotator into a matrix of
    confusions, by the classes as they are known, and finds the classes by the matrices,
    in turn, from the shares of the votes on.

    Parameters
    ----------
    model : {"confusion", "one_coin"}, default="confusion"
        What describes an annotator: a matrix of confusions, or one probability of being
        right, with all wrong classes alike.

    prior_strength : float, default=2.0
        How many answers for each true class an annotator borrows from the crowd, which
        keeps those who have answered little near the others.

    missing : object, default=None
        What stands for a missing answer besides None and NaN, such as -1 or "".

    max_iter : int, default=300
        Largest number of rounds.

    tol : float, default=1e-3
        Largest change of a probability at which the rounds end.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The distinct labels, sorted.

    clean_proba_ : ndarray of shape (n_items, n_classes)
        Probability of each true class; rows sum to 1.

    labels_ : ndarray of shape (n_items,)
        The most probable class of each item.

    transition_matrices_ : ndarray of shape (n_annotators, n_classes, n_classes)
        ``T[a, i, j] = P(annotator a answers j | true class i)``; rows sum to 1.

    annotator_quality_ : ndarray of shape (n_annotators,)
        Probability of a right answer, were all asked about the same items.

    annotator_names_ : ndarray of shape (n_annotators,)
        Names of the annotators, column numbers where they have none.

    class_prior_ : ndarray of shape (n_classes,)
        Shares of the true classes.

    noise_rate_ : float
        Estimated share of wrong answers, in [0, 1].

    n_iter_ : int
        Number of rounds.

    See Also
    --------
    CrowdLabelClassifier : With features, and a classifier trained.
    annotations_to_frame : For crowd-kit, whose GLAD knows the difficulty of items.

    Notes
    -----
    A round takes time and memory in proportion to the number of answers, and the
    matrices take ``n_annotators * n_classes ** 2`` numbers. With many classes and few
    answers an annotator, prefer ``model="one_coin"``. Errors that annotators share
    cannot be found from answers alone.

    References
    ----------
    .. [1] A. P. Dawid and A. M. Skene, "Maximum Likelihood Estimation of Observer
       Error-Rates Using the EM Algorithm", Applied Statistics 28, 1979.

    Examples
    --------
    The last annotator is wrong more often than right, and is read that way:

    >>> from sknoisy.annotators import DawidSkene
    >>> answers = [
    ...     ["cat", "cat", None, "dog"],
    ...     ["dog", "dog", "dog", "cat"],
    ...     ["cat", None, "cat", "dog"],
    ...     ["dog", "dog", None, "dog"],
    ...     ["cat", "cat", "cat", "dog"],
    ...     [None, "dog", "dog", "cat"],
    ... ]
    >>> crowd = DawidSkene().fit(answers)
    >>> crowd.labels_
    array(['cat', 'dog', 'cat', 'dog', 'cat', 'dog'], dtype='<U3')
    >>> crowd.annotator_quality_.round(1)
    array([0.9, 0.9, 0.9, 0.4])
    """

    _parameter_constraints: dict = {
        "model": [StrOptions(set(MODELS))],
        "prior_strength": [Interval(Real, 0, None, closed="left")],
        "missing": "no_validation",
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "tol": [Interval(Real, 0, None, closed="left")],
    }

    def __init__(
        self,
        *,
        model="confusion",
        prior_strength=2.0,
        missing=None,
        max_iter=300,
        tol=1e-3,
    ):
        self.model = model
        self.prior_strength = prior_strength
        self.missing = missing
        self.max_iter = max_iter
        self.tol = tol

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, annotations, y=None, sample_weight=None, *, proba=None):
        """Estimate true classes and annotators.

        Parameters
        ----------
        annotations : array-like of shape (n_items, n_annotators) or Annotations
            The answers; None and NaN stand for none.

        y : None
            Ignored.

        sample_weight : array-like of shape (n_items,), default=None
            How much each item tells about the annotators.

        proba : array-like of shape (n_items, n_classes), default=None
            Probabilities by a model that has not seen the answers, in the order of the
            sorted labels; a 1 is a known truth. None estimates the shares of classes.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError
            If there is no answer, all name the same class, they have the wrong shape,
            or the probabilities do not fit them.

        Warns
        -----
        ConvergenceWarning
            If ``max_iter`` rounds were too few.
        NoEvidenceWarning
            If there are items without an answer, and no probabilities.
        """
        owner = type(self).__name__
        answers = read_annotations(annotations, owner=owner, missing=self.missing)
        weight = _check_sample_weight(sample_weight, np.empty((len(answers), 1)))
        model = self._annotator_model(answers, weight)
        log_prior = None if proba is None else _log_prior(proba, answers, owner)
        self._expectation_maximization(model, weight, log_prior=log_prior)
        if proba is None:
            _warn_unanswered(answers, owner)
        if self.n_iter_ == self.max_iter and self._change > self.tol:
            warn_not_converged(self, self._change)
        return self

    def _annotator_model(self, answers, sample_weight):
        """Return the model of the annotators, before it is fitted."""
        if answers.n_classes < 2:
            (only,) = answers.classes.tolist()
            raise ValueError(
                f"{type(self).__name__} expected answers of at least 2 classes, but "
                f"all {answers.n_answers} answers are {only!r}: there is nothing to "
                "tell apart. Check missing=, or add the other class by "
                "annotations_from_long(..., classes=...)."
            )
        return MODELS[self.model](answers, sample_weight, self.prior_strength)

    def _expectation_maximization(self, model, weight, log_prior=None, posterior=None):
        """Run the rounds, and keep what they came to as fitted attributes."""
        answers = model.answers
        posterior = vote_shares(answers) if posterior is None else posterior
        posterior, self.n_iter_, self._change = alternate(
            model, posterior, weight, log_prior, self.max_iter, self.tol
        )
        self.classes_ = answers.classes
        self.annotator_names_ = answers.annotator_names
        self.clean_proba_ = posterior
        self.labels_ = answers.classes[posterior.argmax(axis=1)]
        self.transition_matrices_ = model.matrices
        self.class_prior_ = weight @ posterior / weight.sum()
        # P(right) = sum_k P(k) T_kk, over all items rather than those of the annotator.
        right = np.diagonal(model.matrices, axis1=1, axis2=2)
        self.annotator_quality_ = right @ self.class_prior_
        wrong = 1 - posterior[answers.items, answers.codes]
        # The share of wrong ones among the answers that were given.
        self.noise_rate_ = float(np.average(wrong, weights=weight[answers.items]))
        return posterior


def _log_prior(proba, answers, owner):
    """Return the logarithm of given probabilities."""
    codes = np.zeros(len(answers), dtype=np.intp)
    labels = NoisyLabels(codes=codes, classes=answers.classes)
    return np.log(np.maximum(check_proba(proba, labels, owner=owner), TINY))


def _warn_unanswered(answers, owner):
    n_unanswered = len(answers) - len(np.unique(answers.items))
    if n_unanswered:
        warnings.warn(
            f"{owner} found no answer to {n_unanswered} of {len(answers)} items: they "
            "get the shares of the classes. Leave them out, pass proba=, or use the "
            "features by CrowdLabelClassifier.",
            NoEvidenceWarning,
        )
