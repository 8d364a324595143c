"""The rounds of self-training, and the folds that watch over them."""

import warnings
from dataclasses import dataclass, replace

import numpy as np
from sklearn.utils.parallel import Parallel, delayed

from sknoisy._compat import _check_method_params, _safe_indexing
from sknoisy._evidence import neighborhood, pool
from sknoisy._folds import make_folds
from sknoisy._proba import align_columns
from sknoisy._soft_labels import drop_negligible, fit_soft_labels
from sknoisy.classification._given_labels import treated
from sknoisy.classification._label_spreading import SpreadLabels, balanced
from sknoisy.classification._pseudo_labels import (
    calibrated,
    decoded,
    most_confident,
    pseudo_labels,
    sharpened,
)
from sknoisy.exceptions import ReducedFoldsWarning
from sknoisy.refinement._base import settle


@dataclass(frozen=True)
class Learner:
    """A classifier that teaches itself, as it is after a round.

    Attributes
    ----------
    fold : int or None
        Position of the fold whose labels it never sees. None sees all.
    model : classifier or None
        The classifier, None where it had but one class to learn from.
    proba : ndarray of shape (n_samples, n_classes) or None
        What it says of all rows.
    believed : ndarray of shape (n_samples, n_classes) or None
        What it has been taught from, None before the first round.
    soft_labels : ndarray of shape (n_samples, n_classes) or None
        What it has been taught.
    """

    fold: int | None = None
    model: object = None
    proba: np.ndarray | None = None
    believed: np.ndarray | None = None
    soft_labels: np.ndarray | None = None


class Rounds:
    """What stays the same from round to round, and the steps of one.

    The first learner sees all labels. The others, if any, are taught in the same way
    without the labels, and the rows, of a fold each, and are asked about them.

    Parameters
    ----------
    owner : SelfTrainingRefiner
        Its parameters are used.

    base : classifier
        The classifier to train.

    X : array-like, frame, sparse matrix or sequence of n_samples rows
        All rows.

    labels : PartlyLabeled
        The record of the labels.

    Attributes
    ----------
    rows : ndarray of int of shape (n_labeled,)
        The rows with a label.
    given : PartlyLabeled
        The record of their labels alone.
    share : ndarray of shape (n_classes,)
        Shares of the classes among them.
    """

    def __init__(self, owner, base, X, labels):
        self.owner, self.base, self.X, self.labels = owner, base, X, labels
        self.rows = np.flatnonzero(labels.labeled)
        self.given = self._given()
        mass = np.bincount(self.given.codes, self.given.sample_weight, labels.n_classes)
        self.share = mass / mass.sum()
        self._folds = self._held_out_rows()
        self._spread = None

    def _given(self):
        labels, rows = self.labels, self.rows
        aligned = {
            name: None if value is None else np.asarray(value)[rows]
            for name, value in vars(labels).items()
            if name in {"codes", "weights", "groups", "trusted", "labeled"}
        }
        params = _check_method_params(self.X, labels.params, indices=rows)
        return replace(labels, **aligned, params=params)

    def _held_out_rows(self):
        """Return the rows of each fold; few labels mean few folds, without a word."""
        with warnings.catch_warnings():
            if self.owner.cv is None:
                warnings.simplefilter("ignore", ReducedFoldsWarning)
            X = _safe_indexing(self.X, self.rows)
            folds = make_folds(X, self.given, self.owner.cv)
        return [self.rows[test] for _, test in folds]

    def start(self):
        """Return the learners, taught by the labels given alone.

        Returns
        -------
        list of Learner
            The one that sees all labels and, where neighbours tell nothing, those
            that watch.
        """
        learners = self.teach([Learner()], [self.labels.one_hot()])
        if self.owner.evidence != "model":
            self._ask_neighbors(learners[0].model)
        return self.watched(learners) if self._spread is None else learners

    def watched(self, learners):
        """Return the learners with those that watch, taught by the labels given alone.

        Parameters
        ----------
        learners : list of Learner
            As they started.

        Returns
        -------
        list of Learner
            The one that sees all labels, and one for each fold.
        """
        if len(learners) > 1:
            return learners
        watchers = [Learner(fold) for fold in range(len(self._folds))]
        return learners + self.teach(watchers, [self.labels.one_hot()] * len(watchers))

    def _ask_neighbors(self, model):
        """Let the labels spread over the graph of neighbours, where there is one."""
        labels = self.labels
        if not labels.labeled.all():
            # Steps of a Pipeline that look at labels see what the model makes of rows
            # without any.
            guessed = np.searchsorted(labels.classes, model.predict(self.X))
            guessed = np.where(labels.labeled, labels.codes, guessed)
            labels = replace(labels, codes=guessed)
        graph = neighborhood(self.owner, self.base, self.X, labels)
        if graph is not None:
            table = self.labels.one_hot() * self.labels.sample_weight[:, None]
            self._spread = SpreadLabels(graph, table, self._folds)

    def evidence(self, learners):
        """Return what is said of each label given by what has not seen it.

        Parameters
        ----------
        learners : list of Learner
            As they started.

        Returns
        -------
        ndarray of shape (n_labeled, n_classes)
            Rows sum to 1.
        """
        if self._spread is None:
            return self.held_out([one.proba for one in learners[1:]])
        return self.held_out([self._anchor(f) for f in range(len(self._folds))])

    def _anchor(self, fold):
        """Return the probabilities by the neighbours, without the labels of a fold."""
        table = self._spread.table(fold)
        if self.owner.class_balance:
            return balanced(table, self.share, self.labels.sample_weight)
        total = self.labels.sample_weight @ table
        return balanced(table, total / total.sum(), self.labels.sample_weight)

    def held_out(self, tables):
        """Return what is said of each label given where it is held out.

        Parameters
        ----------
        tables : list of ndarray of shape (n_samples, n_classes)
            A table for each fold.

        Returns
        -------
        ndarray of shape (n_labeled, n_classes)
            Rows sum to 1; the label given where it is never held out.
        """
        total = np.zeros((self.labels.n_samples, self.labels.n_classes))
        times = np.zeros(self.labels.n_samples)
        for rows, table in zip(self._folds, tables, strict=True):
            total[rows] += table[rows]
            times[rows] += 1
        told = times[self.rows] > 0
        mean = total[self.rows] / np.maximum(times[self.rows], 1)[:, None]
        return np.where(told[:, None], mean, self.given.one_hot())

    def believe(self, learners, power):
        """Return the learners with what they are taught from next.

        Parameters
        ----------
        learners : list of Learner
            After a round, or as they started.

        power : float
            What the probabilities by the neighbours are raised to.

        Returns
        -------
        list of Learner
            The same with another ``believed``.
        """
        return [replace(one, believed=self._believed(one, power)) for one in learners]

    def _believed(self, learner, power):
        if self._spread is None:
            if not self.owner.class_balance:
                return learner.proba
            return balanced(learner.proba, self.share, self.labels.sample_weight)
        near = sharpened(self._anchor(learner.fold), power)
        # Before it has been taught by them, a learner knows less than the neighbours.
        if learner.believed is None or self.owner.evidence == "neighbors":
            return near
        return pool([learner.proba, near])

    def table(self, learner, before, posterior, action, n_round):
        """Return what a learner is taught in a round, before any sample weight.

        Parameters
        ----------
        learner : Learner
            With what it believes now.

        before : ndarray of shape (n_samples, n_classes) or None
            What it believed in the round before.

        posterior : ndarray of shape (n_labeled, n_classes)
            Probability of each true class of the rows with a label.

        action : str
            What is done with the labels given.

        n_round : int
            Number of the round, from 1.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Weight of each class for each row; zeros for rows left out.
        """
        owner, believed = self.owner, learner.believed
        before = None if before is None else decoded(before)
        table = pseudo_labels(owner.pseudo_labels, believed, before, owner.eta)
        candidates = ~self.labels.labeled & (self.labels.sample_weight > 0)
        if owner.criterion == "threshold":
            candidates &= believed.max(axis=1) >= owner.threshold
        elif owner.criterion == "k_best":
            share = self.share if owner.class_balance else None
            n_best = owner.k_best * n_round
            candidates = most_confident(believed, candidates, n_best, share)
        table = table * candidates[:, None]
        table[self.rows] = treated(action, self.given.one_hot(), posterior)
        return table

    def teach(self, learners, tables):
        """Return the learners, trained on tables of soft labels.

        Parameters
        ----------
        learners : list of Learner
            The learners.

        tables : list of ndarray of shape (n_samples, n_classes)
            Weight of each class for each row, before any sample weight.

        Returns
        -------
        list of Learner
            The learners after the round.
        """
        labels = self.labels
        tables = [self._seen(*pair) for pair in zip(learners, tables, strict=True)]
        found = Parallel(n_jobs=self.owner.n_jobs)(
            delayed(_study)(self.base, self.X, table, labels.classes, labels.params)
            for table in tables
        )
        return [
            replace(one, soft_labels=table, model=model, proba=proba)
            for one, table, (model, proba) in zip(learners, tables, found, strict=True)
        ]

    def _seen(self, learner, table):
        """Return the soft labels of a learner, without the rows held out from it."""
        table = table * self.labels.sample_weight[:, None]
        if learner.fold is None:
            return settle(table, self.labels)
        table[self._folds[learner.fold]] = 0
        return table

    def log_likelihood(self, learners, forward):
        """Return how likely each label given is to a learner that has not seen it.

        Parameters
        ----------
        learners : list of Learner
            After a round.

        forward : ndarray of shape (n_classes, n_classes)
            Probability of each label given the true class.

        Returns
        -------
        ndarray of shape (n_labeled,) or None
            None where nobody watches.
        """
        if len(learners) == 1:
            return None
        proba = self.held_out([one.proba for one in learners[1:]])
        return calibrated(proba, self.given.codes, forward, self.given.sample_weight)[0]


def _study(base, X, soft_labels, classes, params):
    """Return a trained classifier and what it says of all rows."""
    seen = drop_negligible(soft_labels).any(axis=0)
    if seen.sum() < 2:
        # Nothing to tell apart: the one class that is left, or any.
        row = seen if seen.any() else ~seen
        return None, np.tile(row / row.sum(), (len(soft_labels), 1))
    model = fit_soft_labels(base, X, soft_labels, classes, params=params)
    proba = np.asarray(model.predict_proba(X))
    if not np.isfinite(proba).all():
        raise ValueError(
            "Self-training expected finite probabilities, but "
            f"{type(model).__name__}.predict_proba returned "
            f"{np.count_nonzero(~np.isfinite(proba))} that are missing or infinite. "
            "Scale X, or use a classifier that copes with it."
        )
    return model, align_columns(proba, model.classes_, classes)
