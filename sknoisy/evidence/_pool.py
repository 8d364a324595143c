"""Which sources are used, what they are given, and one table from several."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from sknoisy._context import FitContext
from sknoisy._embedding import embed
from sknoisy._labels import NoisyLabels
from sknoisy._out_of_fold import out_of_fold_proba
from sknoisy.evidence._forest import forest_evidence, grow_forest
from sknoisy.evidence._neighbors import neighbor_evidence
from sknoisy.evidence._stacked_logit import fit_stacked_logit
from sknoisy.exceptions import UnsuitableEstimatorError

EVIDENCE_CONSTRAINT = [str, list, tuple]
SOURCES = {
    "model": out_of_fold_proba,
    "forest": forest_evidence,
    "neighbors": neighbor_evidence,
}
# Model and forest rank wrong labels best in both families; neighbours beside them add
# .004 at most to the AUROC, by family and half (suite parts, "pool:").
AUTO = ("model", "forest")
# Probabilities below count as this in a geometric mean, so that no single table rules a
# class out; as few rows tell smaller ones apart.
FAINTEST = 1e-6
# What stands in for a classifier that gives no probabilities.
AUTO_WITHOUT_PROBA = ("forest", "neighbors")


@dataclass(frozen=True)
class EvidenceInputs:
    """Rows, labels, folds and the context of a fit.

    Attributes
    ----------
    base : classifier
        The classifier that is being trained, unfitted.
    X : array-like, frame, sparse matrix or sequence of n_samples rows
        The rows, as given to ``fit``.
    labels : NoisyLabels
        The labels, which know the distinct rows.
    folds : list of (ndarray, ndarray)
        Row numbers to train on and to hold out.
    context : FitContext
        Caching, parallel jobs, seed, embedding and progress.
    checked_folds : list of (ndarray, ndarray)
        Those folds on which an action is to be checked.
    """

    base: object
    X: object
    labels: NoisyLabels
    folds: list
    context: FitContext
    checked_folds: list = ()

    @cached_property
    def embedding(self):
        """The rows as points, shape (n_samples, n_dimensions); None if impossible."""
        return embed(
            self.X,
            self.labels,
            estimator=self.base,
            embedding=self.context.embedding,
            random_state=self.context.random_state,
            memory=self.context.memory,
        )

    @cached_property
    def forest_votes(self):
        """Votes out of bag: of all trees, then of those without each checked fold."""
        return grow_forest(self)


def check_evidence(evidence):
    """Raise an error for names of sources that are not known.

    Parameters
    ----------
    evidence : str or list of str
        "auto", or one or several of the names in ``SOURCES``.

    Raises
    ------
    ValueError
        If there is no name, or one that is unknown.
    """
    names = [evidence] if isinstance(evidence, str) else list(evidence)
    unknown = [name for name in names if name not in (*SOURCES, "auto")]
    if not names or unknown or ("auto" in names and not isinstance(evidence, str)):
        raise ValueError(
            f"evidence expected 'auto', or one or a list of {sorted(SOURCES)}, but got "
            f"{evidence!r}. Name at least one source, or leave it to 'auto'."
        )


def all_sources(base):
    """Return the names of all sources that can say anything with a classifier."""
    return [
        name for name in SOURCES if name != "model" or hasattr(base, "predict_proba")
    ]


def names_of_sources(evidence, base):
    """Return the names of the sources that are asked for, each of them once."""
    check_evidence(evidence)
    if evidence == "auto":
        return AUTO if hasattr(base, "predict_proba") else AUTO_WITHOUT_PROBA
    return tuple(dict.fromkeys([evidence] if isinstance(evidence, str) else evidence))


def gather_evidence(evidence, inputs):
    """Return the table of each source.

    Parameters
    ----------
    evidence : str or list of str
        "auto", or one or several of the names in ``SOURCES``.

    inputs : EvidenceInputs
        What the sources are given.

    Returns
    -------
    dict of str to ndarray of shape (n_samples, n_classes)
        Rows sum to 1. Where a source has nothing to say of a row, the others stand in;
        where none has, the label given has probability 1.

    Raises
    ------
    UnsuitableEstimatorError
        If no source can say anything.
    """
    names = names_of_sources(evidence, inputs.base)
    tables = {name: SOURCES[name](inputs) for name in names}
    tables = {name: table for name, table in tables.items() if table is not None}
    if not tables and "model" not in names and hasattr(inputs.base, "predict_proba"):
        tables = {"model": out_of_fold_proba(inputs)}
    if not tables:
        raise UnsuitableEstimatorError(
            f"evidence={evidence!r} expected rows that can be placed as points, or a "
            f"classifier with predict_proba, but {type(inputs.base).__name__} has none "
            "and X has no numeric column. Pass a transformer as embedding, or wrap the "
            "classifier as CalibratedClassifierCV."
        )
    missing = {name: np.isnan(table[:, 0]) for name, table in tables.items()}
    if not any(rows.any() for rows in missing.values()):
        return tables
    return _completed(tables, missing, inputs.labels.one_hot())


def _completed(tables, missing, one_hot):
    """Fill the rows that a source leaves out with the mean of the others."""
    known = np.sum([np.nan_to_num(table) for table in tables.values()], axis=0)
    n_known = np.sum([~rows for rows in missing.values()], axis=0)
    mean = np.where(
        n_known[:, None] > 0, known / np.maximum(n_known, 1)[:, None], one_hot
    )
    return {
        name: np.where(missing[name][:, None], mean, table)
        for name, table in tables.items()
    }


def geometric_mean(tables):
    """Return the geometric mean of tables of probabilities, rows summing to 1."""
    logs = [np.log(np.maximum(table, FAINTEST)) for table in tables]
    mean = np.exp(np.mean(logs, axis=0))
    return mean / mean.sum(axis=1, keepdims=True)


def pool_evidence(evidence, labels):
    r"""Return one table of out-of-sample probabilities from those of several sources.

    It is the logarithmic pool under which the noisy labels are most likely,

    .. math:: p(j \mid x) \propto e^{b_j} \prod_m p_m(j \mid x)^{w_m},

    with a penalty that holds the exponents to equal shares. Since no table has seen
    the label of the row, a source that knows nothing gets no exponent, and one that is
    too sure of itself a small one.

    Parameters
    ----------
    evidence : dict of str to ndarray of shape (n_samples, n_classes)
        The tables.

    labels : NoisyLabels
        The labels, with weights.

    Returns
    -------
    ndarray of shape (n_samples, n_classes)
        Rows sum to 1.
    """
    tables = list(evidence.values())
    start = np.full(len(tables), 1 / len(tables))
    stack = fit_stacked_logit(tables, labels.codes, labels.sample_weight, start)
    return stack.proba(tables)
