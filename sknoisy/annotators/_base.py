"""What the two classifiers share: evidence from the features, and the final fit.

This is the one place of the package that asks the core for evidence and soft labels.
"""

from abc import abstractmethod
from dataclasses import replace
from functools import cached_property
from numbers import Integral

import numpy as np

from sknoisy._compat import Interval, StrOptions
from sknoisy._evidence import (
    EMBEDDING_CONSTRAINT,
    FAINTEST,
    FOLDING_CONSTRAINTS,
    model_evidence,
    neighbor_evidence,
    neighborhood,
    seed_unset,
)
from sknoisy._meta import BaseLabelNoiseClassifier
from sknoisy._soft_labels import fit_soft_labels, takes_weights
from sknoisy.exceptions import UnsuitableEstimatorError
from sknoisy.refinement._base import keep_soft_labels


class BaseAnswerClassifier(BaseLabelNoiseClassifier):
    """Base of the classifiers whose labels are answers or candidates.

    A subclass reads its labels, implements ``_posterior`` and names its best action.
    """

    _parameter_constraints: dict = {
        **BaseLabelNoiseClassifier._parameter_constraints,
        "evidence": [StrOptions({"auto", "model", "neighbors"})],
        "action": [StrOptions({"auto", "soft", "weight", "relabel"})],
        "n_rounds": [Interval(Integral, 1, None, closed="left")],
        "embedding": EMBEDDING_CONSTRAINT,
        **FOLDING_CONSTRAINTS,
    }
    # Chosen on the sets of benchmarks/bench_annotators.py but product_crowd.
    _auto_action = "soft"

    def _fit(self, X, labels):
        base = seed_unset(self._inner_estimator(), self.random_state)
        action = self._selected_action(base)
        evidence = FeatureEvidence(self, base, X, labels)
        posterior, labels = self._posterior(evidence, labels)
        soft_labels = treated(posterior, action) * labels.sample_weight[:, None]
        keep_soft_labels(self, soft_labels, labels)
        self.clean_proba_ = posterior
        # Also of rows without any weight, whose soft labels are zeros.
        self.transduction_ = labels.classes[posterior.argmax(axis=1)]
        return fit_soft_labels(
            base, X, self.soft_labels_, labels.classes, params=labels.params
        )

    @abstractmethod
    def _posterior(self, evidence, labels):
        """Return the probability of each true class, and the record of the labels.

        Its codes are what a class falls back on that would lose all its weight.
        """

    def _selected_action(self, estimator):
        """Return what is trained on, or say that the classifier cannot."""
        # Without weights, one class for each row is the most that can be told.
        if takes_weights(estimator):
            return self._auto_action if self.action == "auto" else self.action
        if self.action in {"soft", "weight"}:
            raise UnsuitableEstimatorError(
                f"action={self.action!r} needs a classifier that takes sample_weight, "
                f"but {type(estimator).__name__} takes none. Use action='relabel'."
            )
        return "relabel"


class FeatureEvidence:
    """Out-of-fold probabilities and neighbours' shares, found anew in each round.

    The parameters of ``owner`` say which, in which folds and in which embedding. The
    record has any label of each row, for the folds, and no weight where there is none.
    """

    def __init__(self, owner, estimator, X, labels):
        self.owner, self.estimator, self.X, self.labels = owner, estimator, X, labels

    @cached_property
    def _graph(self):
        """The neighbours of each row, None where they are not asked for or unknown."""
        if self.owner.evidence == "model":
            return None
        return neighborhood(self.owner, self.estimator, self.X, self.labels)

    def log_tables(self, posterior):
        """Return logarithms of probabilities that have not seen the answers to the row.

        ``posterior`` is what the other rows are taken for. There is one table at least,
        by the name of its source.
        """
        tables = {}
        soft_labels = posterior * self.labels.sample_weight[:, None]
        if self._graph is not None:
            tables["neighbors"] = neighbor_evidence(
                self._graph, self.labels, soft_labels
            )
        # Where rows cannot be embedded the model is all there is, whatever was named.
        if self._graph is None or self.owner.evidence != "neighbors":
            if not takes_weights(self.estimator):
                best = treated(posterior, "relabel")
                soft_labels = best * self.labels.sample_weight[:, None]
            tables["model"] = model_evidence(
                self.owner, self.estimator, self.X, self.labels, soft_labels
            )
        # A table that rules a class out has not seen every row of it.
        return {k: np.log(np.maximum(p, FAINTEST)) for k, p in tables.items()}


def treated(posterior, action):
    """Return what each class of each row counts, before the weight of the row.

    "soft" takes the probabilities of all classes, "weight" the most probable class with
    its probability, "relabel" the most probable class in full.
    """
    if action == "soft":
        return posterior
    best = np.eye(posterior.shape[1])[posterior.argmax(axis=1)]
    return best * posterior if action == "weight" else best


def refuse_unclear(labels, unclear, owner, answers):
    """Refuse trusted rows whose answers or candidates do not name one class."""
    unclear = unclear & (labels.trusted is not None and labels.trusted)
    if unclear.any():
        raise ValueError(
            f"{owner} expected {answers} of a trusted row to be its trusted label, but "
            f"{unclear.sum()} trusted rows have none or several, the first is row "
            f"{int(unclear.argmax())}. Write the label there, or set trusted to False."
        )


def only_labeled(labels, labeled, owner):
    """Return the record with the weight of rows without a label set to zero."""
    # Weights of zero leave rows out everywhere, and they are predicted all the same.
    sample_weight = labels.sample_weight * labeled
    if not sample_weight.any():
        raise ValueError(
            f"{owner} expected some weight on rows that have a label, but "
            f"sample_weight is zero in all {labeled.sum()}. Give weight to some."
        )
    return replace(labels, sample_weight=sample_weight)
