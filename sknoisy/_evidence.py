"""Temporary bridge to the packages that have not moved to sknoisy.evidence yet."""

import numpy as np

from sknoisy._context import CONTEXT_CONSTRAINTS as FOLDING_CONSTRAINTS
from sknoisy._context import FitContext, seed_unset
from sknoisy._embedding import EMBEDDING_CONSTRAINT, embed
from sknoisy._folds import make_folds
from sknoisy._meta import narrowed
from sknoisy._out_of_fold import out_of_fold_proba
from sknoisy._transition_matrix import normalize_rows
from sknoisy.evidence import ProbabilitySource
from sknoisy.evidence._neighbors import N_NEIGHBORS, search_neighbors
from sknoisy.evidence._neighbors import neighbor_shares as neighbor_evidence

FAINTEST = 1e-6
__all__ = [
    "EMBEDDING_CONSTRAINT",
    "FAINTEST",
    "FOLDING_CONSTRAINTS",
    "N_NEIGHBORS",
    "ProbabilitySource",
    "model_evidence",
    "narrowed",
    "neighbor_evidence",
    "neighborhood",
    "pool",
    "seed_unset",
]


def model_evidence(owner, estimator, X, labels, soft_labels=None, *, cv=None):
    from sknoisy.evidence import EvidenceInputs

    context = FitContext.of(owner)
    folds = make_folds(X, labels, owner.cv) if cv is None else cv
    base = seed_unset(estimator, context.random_state)
    proba = out_of_fold_proba(
        EvidenceInputs(base, X, labels, folds, context), soft_labels
    )
    return np.where(np.isnan(proba), labels.one_hot(), proba)


def neighborhood(owner, estimator, X, labels, *, n_neighbors=N_NEIGHBORS, votes=None):
    c = FitContext.of(owner)
    Z = embed(
        X,
        labels,
        estimator=estimator,
        embedding=c.embedding,
        random_state=c.random_state,
        memory=c.memory,
    )
    return (
        None
        if Z is None
        else search_neighbors(
            Z, labels if votes is None else votes, c, n_neighbors=n_neighbors
        )
    )


def pool(probas):
    logs = [np.log(np.maximum(proba, FAINTEST)) for proba in probas]
    return normalize_rows(np.exp(np.mean(logs, axis=0)))
