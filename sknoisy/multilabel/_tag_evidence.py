"""What says which tags a row has: models, neighbours and the other tags of the row."""

import warnings
from dataclasses import dataclass
from numbers import Integral

import numpy as np

from sknoisy._evidence import neighborhood
from sknoisy._folds import DEFAULT_FOLDS, make_folds
from sknoisy._neighbor_graph import NeighborGraph
from sknoisy._out_of_fold import check_has_proba, out_of_fold_proba
from sknoisy.exceptions import NoEvidenceWarning
from sknoisy.multilabel._tag_regression import TagRegression

KINDS = ("model", "neighbors", "tags")
N_NEIGHBORS = 20
# Fewer rows with, or without, a tag say nothing that could be held against it.
FEWEST_ROWS = 5


@dataclass(frozen=True)
class TagEvidence:
    """Evidence about each tag of each row that has not seen this tag of this row.

    Attributes
    ----------
    folds : list of (ndarray, ndarray)
        Row numbers to train on and to hold out, the same for all tags.
    model : classifier or None
        The model to ask, None where no model is asked.
    graph : NeighborGraph or None
        The neighbours, None where they are not asked.
    regression : TagRegression or None
        The regression of tags on tags, None where other tags are not asked.
    memory : str or object with the joblib.Memory interface, or None
        Where out-of-fold probabilities are cached.
    """

    folds: list
    model: object = None
    graph: NeighborGraph | None = None
    regression: TagRegression | None = None
    memory: object = None

    def votes(self, labels, block):
        """Return the share of neighbours that have each tag of a block of tags."""
        if self.graph is None:
            return None
        mass = labels.sample_weight[:, None]
        tagged = np.column_stack([labels.tags.column(k) for k in block]) * mass
        # The last column counts the neighbours themselves.
        votes = self.graph.votes(N_NEIGHBORS, np.hstack([tagged, mass]))
        share = tagged.sum(axis=0) / mass.sum()
        # One vote by the share of the tag, so that few neighbours rule nothing out.
        return (votes[:, :-1] + share) / (votes[:, -1:] + 1)

    def columns(self, X, labels, k, votes=None):
        """Return a list with a probability of tag k for each kind of evidence."""
        found = []
        if self.model is not None:
            found.append(self._by_model(X, labels, k))
        if votes is not None:
            found.append(votes)
        if self.regression is not None:
            found.append(self.regression.column(k))
        return found

    def _by_model(self, X, labels, k):
        """Return out-of-fold probabilities; the share of the tag where there is none.

        A fold is no evidence if the rows to train on all have the tag, or all lack it.
        """
        record = labels.of_tag(k)
        proba = out_of_fold_proba(
            self.model, X, record, cv=self.folds, memory=self.memory
        )[:, 1]
        asked = np.zeros(record.n_samples, dtype=bool)
        weighted = record.sample_weight > 0
        for train, test in self.folds:
            seen = record.codes[train][weighted[train]]
            asked[test] = len(np.unique(seen)) == 2
        share = record.sample_weight @ record.codes / record.sample_weight.sum()
        return np.where(asked, proba, share)


def gather_evidence(owner, base, X, labels, kinds):
    """Make what all tags have in common: folds, neighbours, the regression of tags.

    Parameters
    ----------
    owner : estimator
        Its ``cv``, ``memory``, ``n_jobs`` and ``random_state`` are used, and its
        ``embedding`` where neighbours are asked.

    base : classifier
        The model to ask, with its seeds.

    X : array-like, frame, sparse matrix or sequence of n_samples rows
        Handed on as it came.

    labels : TagLabels
        The tags.

    kinds : tuple of str
        Which of "model", "neighbors" and "tags" to ask.

    Returns
    -------
    TagEvidence
        The evidence.
    """
    if "model" in kinds:
        check_has_proba(base)
    cv = DEFAULT_FOLDS if owner.cv is None else owner.cv
    strata = labels.rarest(2 * cv if isinstance(cv, Integral) else FEWEST_ROWS)
    folds = make_folds(X, strata, cv)
    return TagEvidence(
        folds,
        base if "model" in kinds else None,
        _graph(owner, base, X, labels, strata) if "neighbors" in kinds else None,
        TagRegression(labels, folds) if "tags" in kinds else None,
        owner.memory,
    )


def _graph(owner, base, X, labels, strata):
    """Return the neighbours, searched once for all tags."""
    # The graph holds the labels as a table: one class alone takes one column.
    nobody = labels.record(np.zeros(labels.tags.n_samples, dtype=np.intp), np.zeros(1))
    return neighborhood(owner, base, X, strata, n_neighbors=N_NEIGHBORS, votes=nobody)


def has_evidence(labels):
    """Return which tags occur, and are absent, often enough to say anything.

    Parameters
    ----------
    labels : TagLabels
        The tags.

    Returns
    -------
    ndarray of bool of shape (n_labels,)
        A warning names the others.
    """
    tagged = labels.occurrence()
    enough = np.minimum(tagged, labels.sample_weight.sum() - tagged) >= FEWEST_ROWS
    if not enough.all():
        names = labels.tags.names[~enough].tolist()
        more = f" and {len(names) - 5} more" if len(names) > 5 else ""
        warnings.warn(
            f"{len(names)} of {len(enough)} tags are taken as they are, since fewer "
            f"than {FEWEST_ROWS} rows have them or lack them: "
            f"{', '.join(map(str, names[:5]))}{more}. Collect more rows, or leave "
            "these tags out.",
            NoEvidenceWarning,
        )
    return enough
