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
from sknoisy.annotators._votes import MODELS, TINY, settle_votes, vote_shares
from sknoisy.exceptions import NoEvidenceWarning


class DawidSkene(BaseEstimator):
    r"""Estimate true classes and how each annotator goes wrong, from answers alone.

    If the true classes were known, the answers of an annotator could be counted into a
    matrix of confusions; if the matrices were known, the answers to an item would tell
    its class. Expectation-maximisation does both in turn, from the shares of the votes
    on.

    Parameters
    ----------
    model : {"confusion", "one_coin", "difficulty"}, default="confusion"
        What describes an annotator: a matrix of confusions; one probability of being
        right, with all wrong classes alike; or an ability that meets the difficulty
        of each item.

    prior_strength : float, default=2.0
        How many answers for each true class an annotator borrows from the crowd. It
        keeps those who have answered little near the others. With 0, every annotator
        stands alone. The model "difficulty" has a normal prior of its own instead.

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
        Probability that an answer of the annotator is right, in [0, 1], were all of
        them asked about the same items.

    annotator_names_ : ndarray of shape (n_annotators,)
        Names of the annotators, column numbers where they have none.

    class_prior_ : ndarray of shape (n_classes,)
        Shares of the true classes.

    item_difficulty_ : ndarray of shape (n_items,)
        For the model "difficulty": from 0 on, 1 for an item like any other; the larger,
        the more even the best annotators guess.

    noise_rate_ : float
        Estimated share of wrong answers, in [0, 1].

    n_iter_ : int
        Number of rounds.

    See Also
    --------
    CrowdLabelClassifier : Let the features have a say as well.
    annotations_to_frame : Answers for the aggregators of crowd-kit.
    items_needing_votes : Which items to show to another annotator.

    Notes
    -----
    A round takes time and memory in proportion to the number of answers, and the
    matrices take ``n_annotators * n_classes ** 2`` numbers. With many classes and few
    answers an annotator, prefer ``model="one_coin"``.

    Errors that annotators share, such as those on items which look like another class
    to everybody, cannot be found from answers alone.

    References
    ----------
    .. [1] A. P. Dawid and A. M. Skene, "Maximum Likelihood Estimation of Observer
       Error-Rates Using the EM Algorithm", Applied Statistics 28, 1979.
    .. [2] J. Whitehill, P. Ruvolo, T. Wu, J. Bergsma and J. Movellan, "Whose Vote
       Should Count More: Optimal Integration of Labels from Labelers of Unknown
       Expertise", NeurIPS, 2009. The model "difficulty" is in its manner.

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
            The answers; None and NaN stand for none. Three columns in long form go
            through :func:`annotations_from_long`.

        y : None
            Ignored.

        sample_weight : array-like of shape (n_items,), default=None
            How much each item tells about the annotators.

        proba : array-like of shape (n_items, n_classes), default=None
            What else is known about each item: probabilities by a model that has not
            seen its answers, in the order of the sorted labels. A row of one 1 and
            zeros is a known truth. If None, the shares of the classes are estimated.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError
            If no answer is there, all answers name the same class, the answers have
            the wrong shape, or the probabilities do not fit them.

        Warns
        -----
        ConvergenceWarning
            If ``max_iter`` rounds were too few.
        NoEvidenceWarning
            If there are items without an answer, and no probabilities.
        """
        owner = type(self).__name__
        answers = read_annotations(annotations, owner=owner, missing=self.missing)
        mass = _check_sample_weight(sample_weight, np.empty((len(answers), 1)))
        log_prior = None
        if proba is not None:
            log_prior = _log_prior(proba, answers, owner)
        self._settle(self._begin(answers, mass), mass, log_prior=log_prior)
        if proba is None:
            _warn_unanswered(answers, owner)
        if self.n_iter_ == self.max_iter and self._change > self.tol:
            warn_not_converged(self, self._change)
        return self

    def fit_predict(self, annotations, y=None, sample_weight=None):
        """Estimate true classes and annotators, and return the classes.

        Parameters
        ----------
        annotations : array-like of shape (n_items, n_annotators) or Annotations
            The answers; None and NaN stand for none.

        y : None
            Ignored.

        sample_weight : array-like of shape (n_items,), default=None
            How much each item tells about the annotators.

        Returns
        -------
        ndarray of shape (n_items,)
            ``labels_``.
        """
        return self.fit(annotations, y, sample_weight).labels_

    def _begin(self, answers, mass):
        """Return the model of the annotators, before it has learnt anything."""
        if answers.n_classes < 2:
            (only,) = answers.classes.tolist()
            raise ValueError(
                f"{type(self).__name__} expected answers of at least 2 classes, but "
                f"all {answers.n_answers} answers are {only!r}: there is nothing to "
                "tell apart. Check missing=, or add the other class by "
                "annotations_from_long(..., classes=...)."
            )
        return MODELS[self.model](answers, mass, self.prior_strength)

    def _settle(self, model, mass, *, log_prior=None, posterior=None):
        """Run the rounds, and keep what they came to as fitted attributes."""
        answers = model.answers
        if posterior is None:
            posterior = vote_shares(answers)
        posterior, self.n_iter_, self._change = settle_votes(
            model,
            posterior,
            mass,
            log_prior=log_prior,
            max_iter=self.max_iter,
            tol=self.tol,
        )
        self.classes_ = answers.classes
        self.annotator_names_ = answers.annotator_names
        self.clean_proba_ = posterior
        self.labels_ = answers.classes[posterior.argmax(axis=1)]
        self.transition_matrices_ = model.matrices
        self.class_prior_ = mass @ posterior / mass.sum()
        self.annotator_quality_ = quality_of(model.matrices, self.class_prior_)
        self.noise_rate_ = share_of_wrong_answers(answers, posterior, mass)
        if self.model == "difficulty":
            self.item_difficulty_ = np.exp(-model.ease)
        return posterior


def quality_of(matrices, class_prior):
    """Return how likely an answer of each annotator is right.

    Parameters
    ----------
    matrices : ndarray of shape (n_annotators, n_classes, n_classes)
        Matrices of the annotators.

    class_prior : ndarray of shape (n_classes,)
        Shares of the true classes.

    Returns
    -------
    ndarray of shape (n_annotators,)
        Values in [0, 1].
    """
    return np.diagonal(matrices, axis1=1, axis2=2) @ class_prior


def share_of_wrong_answers(answers, posterior, mass):
    """Return the expected share of wrong answers.

    Parameters
    ----------
    answers : Annotations
        The answers.

    posterior : ndarray of shape (n_items, n_classes)
        Probabilities of the true classes.

    mass : ndarray of shape (n_items,)
        Weights of the items.

    Returns
    -------
    float
        Value in [0, 1].
    """
    right = posterior[answers.items, answers.codes]
    return float(1 - np.average(right, weights=mass[answers.items]))


def _log_prior(proba, answers, owner):
    """Return the logarithm of given probabilities."""
    codes = np.zeros(len(answers), dtype=np.intp)
    labels = NoisyLabels(codes=codes, classes=answers.classes)
    return np.log(np.maximum(check_proba(proba, labels, owner=owner), TINY))


def _warn_unanswered(answers, owner):
    n_silent = len(answers) - len(np.unique(answers.items))
    if n_silent:
        warnings.warn(
            f"{owner} found no answer to {n_silent} of {len(answers)} items: they get "
            "the shares of the classes. Leave them out, or let the features speak: "
            "CrowdLabelClassifier, or proba=.",
            NoEvidenceWarning,
        )
