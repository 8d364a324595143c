"""Self-training that doubts its own labels, and those that it was given."""

import warnings
from numbers import Integral, Real

import numpy as np

from sknoisy._compat import Interval, StrOptions, _safe_indexing
from sknoisy._evidence import EMBEDDING_CONSTRAINT, FOLDING_CONSTRAINTS, seed_unset
from sknoisy._meta import BaseLabelNoiseClassifier
from sknoisy._out_of_fold import check_has_proba
from sknoisy._soft_labels import takes_weights
from sknoisy.classification._transition_option import (
    TRANSITION_CONSTRAINT,
    check_transition_option,
)
from sknoisy.exceptions import NoEvidenceWarning, UnsuitableEstimatorError
from sknoisy.semi_supervised._given_labels import judge, select_treatment
from sknoisy.semi_supervised._partly_labeled import PartlyLabeledReader, labeled_rows
from sknoisy.semi_supervised._self_training_course import Course
from sknoisy.semi_supervised._self_training_rounds import Rounds


class SelfTrainingRefiner(PartlyLabeledReader, BaseLabelNoiseClassifier):
    r"""Train a classifier on few labels, and on its own labels for the other rows.

    The labels given spread over the graph of nearest neighbours, the classifier is
    trained on what they make of all rows, and in the next round neighbours and
    classifier judge together. Classifiers trained without the labels of a fold watch:
    once those labels become less likely, the rounds end.

    Parameters
    ----------
    estimator : classifier with ``predict_proba``, default=None
        The classifier to train. None means
        :class:`~sklearn.linear_model.LogisticRegression`.

    unlabeled : object, default=None
        What stands in y where there is no label, such as -1, "?" or NaN; a missing
        value stands for None and NaN alike. None means that every row has a label.

    pseudo_labels : {"hard", "soft", "delta"}, default="hard"
        What a row without a label counts as: its most probable class; the
        probabilities of all classes; or those plus ``eta`` times the change of the
        most probable class since the round before, clipped at zero.

    eta : float, default=1.0
        How much a change counts in "delta", at least 0.

    criterion : {"all", "threshold", "k_best"}, default="all"
        Which rows without a label are trained on in a round: all; those whose most
        probable class has at least the probability ``threshold``; or the ``k_best``
        surest in the first round, twice as many in the second, and so on. Rows are
        judged anew in each round, so that none has to keep a label or its place.

    threshold : float, default=0.75
        Probability asked for by "threshold", in [0, 1).

    k_best : int, default=10
        Number of rows that "k_best" adds in each round.

    max_iter : int, default=10
        Largest number of rounds.

    tol : float, default=0.01
        The rounds end when no larger share of the rows has changed its label.

    class_balance : bool, default=True
        Whether to scale the probabilities so that the classes hold, over all rows, the
        shares that they have among the labels given, and to choose the rows of
        "k_best" in these shares.

    early_stopping : bool, default=True
        Whether to train beside the classifier, in each round, one without the labels
        of each fold. They tell when to stop, whether self-training is any better than
        the labels given alone, and, from the second round on, which of these are
        wrong. Without them, a round costs one fit of the classifier in place of six.

    evidence : {"auto", "model", "neighbors"}, default="auto"
        What is believed about the rows: the neighbours in the first round, and later
        neighbours and classifier, pooled by the geometric mean of their
        probabilities; the classifier alone, which is classic self-training; or the
        neighbours alone.

    transition : "auto", transition estimator or array-like, default="auto"
        Noise transition matrix ``T[i, j] = P(noisy = j | clean = i)`` of the labels
        given, of shape (n_classes, n_classes), or the estimator of it. "auto" means
        :class:`~sknoisy.transition.ConfidentTransition`, drawn to even noise where a
        class has few labels.

    action : {"auto", "keep", "weight", "filter", "relabel", "soft"}, default="auto"
        What is done with a label given: keep it; weigh it by its probability of being
        right; leave it out unless it is the most probable class; replace it by the
        most probable class; or train on the probabilities of all classes. "auto" means
        "relabel" where noise is found and each class has five labels or more, and
        "keep" elsewhere.

    embedding : "auto", "passthrough" or transformer, default="auto"
        Space in which neighbours are searched, see
        :class:`~sknoisy.NoisyLabelClassifier`. Where it does not apply, the classifier
        judges alone after a warning.

    cv : int, splitter or iterable, default=None
        Folds of the rows with a label. None means 5, or as many as the smallest class
        has labels; copies of a row stay together. Splits are numbered within the rows
        with a label, and only what they hold out is looked at.

    memory : str or object with the joblib.Memory interface, default=None
        Where neighbours are cached.

    n_jobs : int, default=None
        Number of classifiers trained side by side.

    random_state : int, RandomState instance or None, default=None
        Seed for those random states of the classifier that have none.

    Attributes
    ----------
    estimator_ : classifier
        The fitted classifier.

    transduction_ : ndarray of shape (n_samples,)
        The label of each row: as trained on, or the most probable one for rows that
        were left out.

    labeled_iter_ : ndarray of int of shape (n_samples,)
        Round since which a row has been trained on: 0 for the labels given, -1 for
        rows that are left out.

    n_iter_ : int
        Number of rounds carried out, at least 1.

    termination_condition_ : str
        Why the rounds ended: "all_labeled" or "no_change" if the labels of all rows,
        or of those trained on, had settled; "confirmation_bias" if held-out labels
        had become less likely, so that the round before counts; "no_gain" if they
        were clearly likelier with the labels given alone, on which ``estimator_`` is
        then trained; or "max_iter".

    soft_labels_ : ndarray of shape (n_samples, n_classes)
        Weight of each class for each sample, as trained on.

    sample_weight_ : ndarray of shape (n_samples,)
        Sum of the soft labels of each sample.

    clean_proba_ : ndarray of shape (n_samples, n_classes)
        Probability of each true class.

    label_quality_ : ndarray of shape (n_samples,)
        Probability that the label given is right, or that of the most probable class
        where none was given.

    transition_matrix_ : ndarray of shape (n_classes, n_classes)
        ``T[i, j] = P(noisy = j | clean = i)`` of the labels given.

    noise_rate_ : float
        Estimated share of wrong labels among those given, in [0, 1].

    selection_ : dict
        What was done with the labels given and why: ``noise_found``, ``action``,
        ``core_disagreement`` with ``core_disagreement_lower``, and ``reason``, a
        sentence.

    history_ : list of dict
        For the labels given alone and then each round ``n_labeled``, the number of
        rows trained on, ``changed``, the share of rows with another label than
        before, and ``held_out_log_likelihood``, the mean over the labels given, None
        without ``early_stopping``. Empty where there was nothing to do.

    classes_ : ndarray of shape (n_classes,)
        The distinct labels.

    n_features_in_ : int
        Number of columns of X, where the classifier tells.

    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns of X, where the classifier tells.

    See Also
    --------
    NoisyLabelClassifier : Every row has a label, and some are wrong.
    sklearn.semi_supervised.SelfTrainingClassifier : Classic self-training, with -1 as
        marker and every label believed for good.

    Notes
    -----
    ``criterion``, ``threshold``, ``k_best`` and ``max_iter`` mean what they mean in
    scikit-learn, so that a parameter grid can be used for both; there "threshold" is
    the default, and rows keep the label that they were once given.

    The likelihood of a held-out label is :math:`\sum_k p_k(x)\, T_{k \tilde y}`, a
    tenth of it chance, with the probabilities raised to the power that suits them
    best. A label held out has no say in the neighbours' or the classifier's verdict
    on it, but a small one in what becomes of the other labels where noise is found.

    The probabilities of "delta" are those of Zhou et al. [1]_, who take differences of
    successive pseudo-labels to localise actions in videos, in a form that any
    classifier can be trained on.

    References
    ----------
    .. [1] J. Zhou, L. Huang, L. Wang, S. Liu, H. Li, "Improving Weakly Supervised
       Temporal Action Localization by Bridging Train-Test Gap in Pseudo Labels",
       CVPR, 2023, arXiv:2304.07978.

    Examples
    --------
    Three labels for each digit, and -1 for the other 970 images:

    >>> import numpy as np
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sknoisy import SelfTrainingRefiner
    >>> X, y = load_digits(return_X_y=True)
    >>> X = X / 16
    >>> rows = np.concatenate([np.flatnonzero(y[:1000] == k)[:3] for k in range(10)])
    >>> few = np.full(1000, -1)
    >>> few[rows] = y[rows]
    >>> base = LogisticRegression()
    >>> alone = base.fit(X[rows], y[rows]).score(X[1000:], y[1000:])
    >>> clf = SelfTrainingRefiner(base, unlabeled=-1).fit(X[:1000], few)
    >>> bool(clf.score(X[1000:], y[1000:]) > alone + 0.05)
    True
    """

    _parameter_constraints: dict = {
        **BaseLabelNoiseClassifier._parameter_constraints,
        "unlabeled": "no_validation",
        "pseudo_labels": [StrOptions({"hard", "soft", "delta"})],
        "eta": [Interval(Real, 0, None, closed="left")],
        "criterion": [StrOptions({"all", "threshold", "k_best"})],
        "threshold": [Interval(Real, 0, 1, closed="left")],
        "k_best": [Interval(Integral, 1, None, closed="left")],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "tol": [Interval(Real, 0, 1, closed="both")],
        "class_balance": ["boolean"],
        "early_stopping": ["boolean"],
        "evidence": [StrOptions({"auto", "model", "neighbors"})],
        "transition": TRANSITION_CONSTRAINT,
        "action": [StrOptions({"auto", "keep", "weight", "filter", "relabel", "soft"})],
        "embedding": EMBEDDING_CONSTRAINT,
        **FOLDING_CONSTRAINTS,
    }

    def __init__(
        self,
        estimator=None,
        *,
        unlabeled=None,
        pseudo_labels="hard",
        eta=1.0,
        criterion="all",
        threshold=0.75,
        k_best=10,
        max_iter=10,
        tol=0.01,
        class_balance=True,
        early_stopping=True,
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
        self.unlabeled = unlabeled
        self.pseudo_labels = pseudo_labels
        self.eta = eta
        self.criterion = criterion
        self.threshold = threshold
        self.k_best = k_best
        self.max_iter = max_iter
        self.tol = tol
        self.class_balance = class_balance
        self.early_stopping = early_stopping
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
        rounds = Rounds(self, base, X, labels)
        learners = rounds.start()
        evidence = rounds.evidence(learners)
        self.selection_ = select_treatment(self.action, evidence, rounds.given)
        judgement = judge(rounds, evidence)
        course = Course(rounds, judgement, self.selection_["action"])
        if labels.labeled.all() and self.selection_["action"] == "keep":
            course.n_iter, course.condition = 1, "all_labeled"
            learner = learners[0]
        else:
            watch = self.early_stopping
            learners = rounds.watched(learners) if watch else learners[:1]
            learner, judgement = course.run(learners)
        self._keep(learner, judgement, rounds)
        self.history_, self.labeled_iter_ = course.history, course.labeled_iter
        self.n_iter_, self.termination_condition_ = course.n_iter, course.condition
        return learner.model

    def _check_options(self, base, labels):
        """Raise errors that name the way out, before anything is fitted."""
        check_has_proba(base)
        check_transition_option(self.transition, labels)
        options = {"pseudo_labels": self.pseudo_labels, "action": self.action}
        for name, value in options.items():
            if value in {"soft", "delta", "weight"} and not takes_weights(base):
                raise UnsuitableEstimatorError(
                    f"{name}={value!r} needs a classifier that takes sample_weight, "
                    f"but {type(base).__name__} takes none. Use pseudo_labels='hard' "
                    "and action='relabel' or action='filter', which need no weights."
                )

    def _keep(self, learner, judgement, rounds):
        """Keep what was found about the rows as attributes."""
        labels, given = rounds.labels, rounds.given
        self.transition_matrix_ = judgement.transition_matrix
        proba = learner.proba if learner.believed is None else learner.believed
        self.clean_proba_ = proba.copy()
        self.clean_proba_[rounds.rows] = judgement.posterior
        best = self.clean_proba_.argmax(axis=1)
        codes = np.where(labels.labeled, labels.codes, best)
        self.label_quality_ = self.clean_proba_[np.arange(len(codes)), codes]
        doubt = 1 - self.label_quality_[rounds.rows]
        self.noise_rate_ = float(np.average(doubt, weights=given.sample_weight))
        self.soft_labels_ = learner.soft_labels
        self.sample_weight_ = self.soft_labels_.sum(axis=1)
        trained = self.soft_labels_.any(axis=1)
        best = np.where(trained, self.soft_labels_.argmax(axis=1), best)
        self.transduction_ = labels.classes[best]

    def score(self, X, y, sample_weight=None):
        """Return the accuracy on the rows that have a label.

        Parameters
        ----------
        X : array-like, frame, sparse matrix or sequence of n_samples rows
            Samples.

        y : array-like of shape (n_samples,)
            Labels, and markers, which are passed over.

        sample_weight : array-like of shape (n_samples,), default=None
            Weights.

        Returns
        -------
        float
            Value in [0, 1].
        """
        if self.unlabeled is None:
            return super().score(X, y, sample_weight)
        y = np.asarray(y)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NoEvidenceWarning)
            rows = np.flatnonzero(labeled_rows(y, self.unlabeled, owner="score"))
        weights = None if sample_weight is None else np.asarray(sample_weight)[rows]
        # Out of an array of objects, labels take the type that they have by themselves.
        labels = np.array(y.ravel()[rows].tolist())
        return super().score(_safe_indexing(X, rows), labels, weights)
