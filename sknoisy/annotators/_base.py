"""What the two classifiers share: evidence from the features, and the final fit.

This is the one place of the package that asks the core for evidence and soft labels.
"""

from abc import abstractmethod
from dataclasses import replace
from functools import cached_property
from numbers import Integral

import numpy as np

from sknoisy._compat import Interval, StrOptions
from sknoisy._context import CONTEXT_CONSTRAINTS, FitContext, seed_unset
from sknoisy._embedding import EMBEDDING_CONSTRAINT
from sknoisy._folds import make_folds
from sknoisy._meta import BaseLabelNoiseClassifier
from sknoisy._out_of_fold import out_of_fold_proba
from sknoisy._soft_labels import fit_soft_labels, settle, takes_weights
from sknoisy.evidence import EvidenceInputs
from sknoisy.evidence._neighbors import neighbor_shares, search_neighbors
from sknoisy.evidence._pool import FAINTEST
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
        **CONTEXT_CONSTRAINTS,
    }
    # Chosen on the sets of the suite annotators but product_crowd.
    _auto_action = "soft"

    def _fit(self, X, labels):
        context = FitContext.of(self)
        base = seed_unset(self._inner_estimator(), context.random_state)
        action = self._selected_action(base)
        folds = make_folds(X, labels, self.cv)
        inputs = EvidenceInputs(base, X, labels, folds, context)
        evidence = FeatureEvidence(self.evidence, inputs)
        posterior, labels = self._posterior(evidence, labels)
        soft_labels = treated(posterior, action) * labels.sample_weight[:, None]
        soft_labels = settle(soft_labels, labels)
        keep_soft_labels(self, soft_labels * labels.unit, labels)
        self.clean_proba_ = posterior
        # Also of rows without any weight, whose soft labels are zeros.
        self.transduction_ = labels.classes[posterior.argmax(axis=1)]
        return fit_soft_labels(
            base, X, soft_labels, labels.classes, params=labels.params
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

    ``names`` is "auto", "model" or "neighbors". The labels of ``inputs`` hold any label
    of each row, for the folds, and no weight where there is none.
    """

    def __init__(self, names, inputs):
        self.names, self.inputs = names, inputs

    @cached_property
    def _graph(self):
        """The neighbours of each row, None where they are not asked for or unknown."""
        inputs = self.inputs
        if self.names == "model" or inputs.embedding is None:
            return None
        return search_neighbors(inputs.embedding, inputs.labels, inputs.context)

    def log_tables(self, posterior):
        """Return logarithms of probabilities that have not seen the answers to the row.

        ``posterior`` is what the other rows are taken for. There is one table at least,
        by the name of its source.
        """
        tables, labels = {}, self.inputs.labels
        soft_labels = posterior * labels.sample_weight[:, None]
        if self._graph is not None:
            tables["neighbors"] = neighbor_shares(self._graph, labels, soft_labels)
        # Where rows cannot be embedded the model is all there is, whatever was named.
        if self._graph is None or self.names != "neighbors":
            if not takes_weights(self.inputs.base):
                best = treated(posterior, "relabel")
                soft_labels = best * labels.sample_weight[:, None]
            proba = out_of_fold_proba(self.inputs, soft_labels)
            # A row that no fold holds out has no evidence against what it is taken for.
            tables["model"] = np.where(np.isnan(proba), posterior, proba)
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
