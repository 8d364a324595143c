"""Self-training on labels that spread to neighbours, some of them wrong."""

import warnings
from dataclasses import dataclass, replace
from numbers import Integral, Real

import numpy as np

from sknoisy._compat import Interval, StrOptions, _safe_indexing
from sknoisy._context import FitContext, seed_unset
from sknoisy._embedding import EMBEDDING_CONSTRAINT, embed
from sknoisy._fit_labels import predicted_codes
from sknoisy._folds import make_folds
from sknoisy._labels import as_array
from sknoisy._meta import BaseLabelNoiseClassifier
from sknoisy._neighbor_graph import neighbor_graph
from sknoisy._out_of_fold import check_has_proba
from sknoisy._proba import class_proba
from sknoisy._soft_labels import (
    fit_soft_labels,
    settle,
    soft_labels_for,
    takes_weights,
)
from sknoisy.evidence import EvidenceInputs, gather_evidence, geometric_mean
from sknoisy.evidence._neighbors import N_NEIGHBORS
from sknoisy.exceptions import (
    NoEvidenceWarning,
    ReducedFoldsWarning,
    UnsuitableEstimatorError,
)
from sknoisy.semi_supervised._given_labels import (
    best_temperature,
    choose_action,
    hard_labels,
    label_posterior,
    labels_of_classes,
    tempered,
)
from sknoisy.semi_supervised._label_spreading import balanced, spread_by_fold
from sknoisy.semi_supervised._partly_labeled import PartlyLabeledReader, labeled_rows
from sknoisy.transition._resolve import TRANSITION_CONSTRAINT, check_matrix

# The rounds end when no larger share of the rows changes its label: ten rows of the
# 1,000 of the suite few_labels. Not tuned.
SETTLED = 0.01


class SelfTrainingRefiner(PartlyLabeledReader, BaseLabelNoiseClassifier):
    r"""Train a classifier on few labels, and on its own labels for the other rows.

    The labels given spread over the graph of nearest neighbours, the classifier is
    trained on the most probable class of each row, and in the next round the
    probabilities by neighbours and by classifier are pooled. The labels given may be
    wrong: each has a posterior, from neighbours that it is held out from.

    Parameters
    ----------
    estimator : classifier with ``predict_proba``, default=None
        The classifier to train. None means
        :class:`~sklearn.linear_model.LogisticRegression`.

    unlabeled : object, default=None
        What stands in y where there is no label, such as -1, "?" or NaN; a missing
        value stands for None and NaN alike. None means that every row has a label.

    threshold : float, default=0.0
        Probability that the most probable class of a row without a label needs, in
        [0, 1), for the row to be trained on. 0 means that all rows are. Rows are
        chosen anew in each round.

    max_iter : int, default=10
        Largest number of rounds. They end before when no more than a hundredth of the
        rows has changed its label.

    class_balance : bool, default=True
        Whether to scale the probabilities so that the classes hold, over all rows, the
        shares that they have among the labels given.

    evidence : {"auto", "model", "neighbors"}, default="auto"
        Where the probabilities of the rows come from: from the neighbours in the first
        round, and later from neighbours and classifier, pooled by the geometric mean;
        from the classifier alone, which is classic self-training; or from the
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
        is the only evidence, after a warning.

    cv : int, splitter or iterable, default=None
        Folds of the rows with a label, each of which is held out from the evidence
        about its own labels. None means 5, or as many as the smallest class has
        labels; copies of a row stay together. Splits are numbered within the rows with
        a label.

    n_jobs : int, default=None
        Number of processes for the search of neighbours, and for the fits on folds of
        ``evidence="model"``.

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

    termination_condition_ : {"all_labeled", "no_change", "max_iter"}
        Why the rounds ended: the labels of all rows had settled, those of the rows
        trained on had, or there were ``max_iter`` rounds.

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
        rows trained on, and ``changed``, the share of rows with another label than
        before, None at first. Empty where there was nothing to do.

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
        marker and pseudo-labels that are never changed again.

    Notes
    -----
    ``threshold`` and ``max_iter`` mean what they mean in scikit-learn, so that a
    parameter grid can be used for both; there the threshold is 0.75, and rows keep the
    label that they were once given.

    With :math:`F` for the labels spread over the neighbours [1]_, scaled to the shares
    of the classes [2]_, the probabilities of a round are
    :math:`p \propto \sqrt{F^{1/\tau} \, p_{\mathrm{model}}}`. The temperature
    :math:`\tau` is the one at which the labels given are likeliest, each by
    neighbours that it is held out from:
    :math:`\sum_i \log \sum_k F_{ik}^{1/\tau} T_{k \tilde y_i}`.

    References
    ----------
    .. [1] D. Zhou, O. Bousquet, T. N. Lal, J. Weston, B. Schölkopf, "Learning with
       Local and Global Consistency", NeurIPS, 2003.

    .. [2] X. Zhu, Z. Ghahramani, J. Lafferty, "Semi-Supervised Learning Using Gaussian
       Fields and Harmonic Functions", ICML, 2003.

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
        "threshold": [Interval(Real, 0, 1, closed="left")],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "class_balance": ["boolean"],
        "evidence": [StrOptions({"auto", "model", "neighbors"})],
        "transition": TRANSITION_CONSTRAINT,
        "action": [StrOptions({"auto", "keep", "weight", "filter", "relabel", "soft"})],
        "embedding": EMBEDDING_CONSTRAINT,
        "cv": ["cv_object"],
        "n_jobs": [Integral, None],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        estimator=None,
        *,
        unlabeled=None,
        threshold=0.0,
        max_iter=10,
        class_balance=True,
        evidence="auto",
        transition="auto",
        action="auto",
        embedding="auto",
        cv=None,
        n_jobs=None,
        random_state=None,
    ):
        self.estimator = estimator
        self.unlabeled = unlabeled
        self.threshold = threshold
        self.max_iter = max_iter
        self.class_balance = class_balance
        self.evidence = evidence
        self.transition = transition
        self.action = action
        self.embedding = embedding
        self.cv = cv
        self.n_jobs = n_jobs
        self.random_state = random_state

    def _fit(self, X, labels):
        base = seed_unset(self._inner_estimator(), self.random_state)
        self._check_options(base, labels)
        # Evidence, posterior and action concern the rows with a label alone.
        rows = np.flatnonzero(labels.labeled)
        given, X_given = labels.take(X, rows), _safe_indexing(X, rows)
        folds = self._folds(X_given, given)
        start = _trained(base, X, labels, _weighted(labels))
        spread = self._spread_labels(base, X, labels, start.model, rows, folds)
        if spread is None:
            near, context = None, FitContext.of(self)
            inputs = EvidenceInputs(base, X_given, given, folds, context)
            evidence = gather_evidence("model", inputs)["model"]
        else:
            near, *without = spread
            evidence = held_out_rows([F[rows] for F in without], folds, given)
        posterior, T = label_posterior(self.transition, base, X_given, evidence, given)
        self.selection_ = choose_action(self.action, evidence, given)
        # What stays where every row has a label and none is called wrong.
        self.history_, self.labeled_iter_ = [], np.where(labels.labeled, 0, -1)
        self.n_iter_, self.termination_condition_ = 1, "all_labeled"
        last, proba = start, start.proba
        if not labels.labeled.all() or self.selection_["action"] != "keep":
            if near is not None:
                near = tempered(near, best_temperature(evidence, T, given))
            soft_given = soft_labels_for(self.selection_["action"], posterior, given)
            last, proba = self._rounds(base, X, labels, start, near, soft_given)
        self._keep(last, proba, posterior, T, labels)
        return last.model

    def _check_options(self, base, labels):
        """Raise errors that name the way out, before anything is fitted."""
        check_has_proba(base)
        check_matrix(self.transition, labels)
        if self.action in {"soft", "weight"} and not takes_weights(base):
            raise UnsuitableEstimatorError(
                f"action={self.action!r} needs a classifier that takes sample_weight, "
                f"but {type(base).__name__} takes none. Use action='relabel' or "
                "action='filter', which need no weights."
            )

    def _folds(self, X, given):
        """Return the folds of the rows with a label; few labels mean few folds."""
        # Nobody has asked for a number of folds that the labels cannot fill.
        with warnings.catch_warnings():
            if self.cv is None:
                warnings.simplefilter("ignore", ReducedFoldsWarning)
            return make_folds(X, given, self.cv)

    def _spread_labels(self, base, X, labels, model, rows, folds):
        """Return what the neighbours say of all rows, see :func:`spread_by_fold`.

        None where they are not asked, or where the rows cannot be embedded.
        """
        if self.evidence == "model":
            return None
        complete = labels
        if not labels.labeled.all():
            # Steps of a Pipeline that are fitted to labels need one for every row.
            guessed = predicted_codes(model, X, labels.classes)
            codes = np.where(labels.labeled, labels.codes, guessed)
            complete = replace(labels, codes=codes)
        Z = embed(
            X,
            complete,
            estimator=base,
            embedding=self.embedding,
            random_state=self.random_state,
        )
        if Z is None:
            return None
        graph = neighbor_graph(Z, complete, n_neighbors=N_NEIGHBORS, n_jobs=self.n_jobs)
        held_out = [rows[test] for _, test in folds]
        tables = spread_by_fold(graph, _weighted(labels), held_out)
        return [self._balanced(table, labels) for table in tables]

    def _balanced(self, table, labels):
        """Return rows that sum to 1, with the classes in their shares if asked."""
        if self.class_balance:
            share = labels_of_classes(labels.labeled_only())
        else:
            # The shares that the classes have already, so that only rows are scaled.
            share = labels.sample_weight @ table
        return balanced(table, share / share.sum(), labels.sample_weight)

    def _rounds(self, base, X, labels, start, near, soft_given):
        """Return the last round, and the probabilities of the rows that it is from."""
        last, self.termination_condition_ = start, "max_iter"
        n_labeled = int(start.trained.sum())
        self.history_.append({"n_labeled": n_labeled, "changed": None})
        for n_round in range(1, self.max_iter + 1):
            # Anew from the labels given: no pseudo-label of a round is kept as such.
            proba = self._class_proba(n_round, last.proba, near, labels)
            table = self._pseudo_labels(proba, labels)
            table[labels.labeled] = soft_given
            before, last = last, _trained(base, X, labels, table)
            new = last.trained & (self.labeled_iter_ < 0)
            self.labeled_iter_[new] = n_round
            self.labeled_iter_[~last.trained & ~labels.labeled] = -1
            n_labeled = int(last.trained.sum())
            changed = last.share_changed(before, labels.sample_weight)
            self.history_.append({"n_labeled": n_labeled, "changed": changed})
            if changed <= SETTLED:
                complete = n_labeled >= np.count_nonzero(labels.sample_weight)
                self.termination_condition_ = "all_labeled" if complete else "no_change"
                break
        self.n_iter_ = n_round
        return last, proba

    def _class_proba(self, n_round, model, near, labels):
        """Return the class probabilities of all rows for the next round."""
        if near is None:
            return self._balanced(model, labels) if self.class_balance else model
        # A classifier that has seen the labels given alone knows less than neighbours.
        if n_round == 1 or self.evidence == "neighbors":
            return near
        return geometric_mean([model, near])

    def _pseudo_labels(self, proba, labels):
        """Return the soft labels of the rows without a label, zeros for the others."""
        chosen = ~labels.labeled & (proba.max(axis=1) >= self.threshold)
        return hard_labels(proba) * (chosen * labels.sample_weight)[:, None]

    def _keep(self, last, proba, posterior, T, labels):
        """Keep what was found about the rows as attributes."""
        self.transition_matrix_ = T
        # Pseudo-labels have no noise model: their probabilities are the evidence.
        self.clean_proba_ = proba.copy()
        self.clean_proba_[labels.labeled] = posterior
        best = self.clean_proba_.argmax(axis=1)
        codes = np.where(labels.labeled, labels.codes, best)
        self.label_quality_ = self.clean_proba_[np.arange(len(codes)), codes]
        given = labels.labeled_only().sample_weight
        self.noise_rate_ = float(np.average(1 - self.label_quality_, weights=given))
        self.soft_labels_ = last.soft_labels * labels.unit
        self.sample_weight_ = self.soft_labels_.sum(axis=1)
        best = np.where(last.trained, self.soft_labels_.argmax(axis=1), best)
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
        y = as_array(y)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NoEvidenceWarning)
            rows = np.flatnonzero(labeled_rows(y, self.unlabeled, owner="score"))
        weights = None if sample_weight is None else np.asarray(sample_weight)[rows]
        # Out of an array of objects, labels take the type that they have by themselves.
        labels = np.array(y.ravel()[rows].tolist())
        return super().score(_safe_indexing(X, rows), labels, weights)


@dataclass(frozen=True)
class Round:
    """A classifier, what it was trained on, and its probabilities of all rows."""

    model: object
    soft_labels: np.ndarray
    proba: np.ndarray

    @property
    def trained(self):
        """Rows that the classifier was trained on."""
        return self.soft_labels.any(axis=1)

    def share_changed(self, before, sample_weight):
        """Return the share of rows with another label than in the round before."""
        other = self.soft_labels.argmax(axis=1) != before.soft_labels.argmax(axis=1)
        return float(
            np.average(other | (self.trained != before.trained), weights=sample_weight)
        )


def _weighted(labels):
    """Return the labels given as soft labels, rows of zeros where there is none."""
    return labels.one_hot() * labels.sample_weight[:, None]


def _trained(base, X, labels, soft_labels):
    """Return the round of a classifier trained on soft labels."""
    soft_labels = settle(soft_labels, labels)
    model = fit_soft_labels(base, X, soft_labels, labels.classes, params=labels.params)
    return Round(model, soft_labels, class_proba(model, X, labels.classes))


def held_out_rows(tables, folds, given):
    """Return the probabilities of each label given where it is held out.

    Parameters
    ----------
    tables : list of ndarray of shape (n_labeled, n_classes)
        Without the labels of each fold.

    folds : list of (ndarray, ndarray)
        Their rows.

    given : NoisyLabels
        The labels, which stand for rows that are never held out.

    Returns
    -------
    ndarray of shape (n_labeled, n_classes)
        Rows sum to 1.
    """
    total, times = np.zeros(tables[0].shape), np.zeros((given.n_samples, 1))
    for (_, test), table in zip(folds, tables, strict=True):
        total[test] += table[test]
        times[test] += 1
    return np.where(times > 0, total / np.maximum(times, 1), given.one_hot())
