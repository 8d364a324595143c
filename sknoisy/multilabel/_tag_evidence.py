"""What the rest of the data says about a tag: a model, neighbours, the other tags.

The only module of the package that calls the core for folds, out-of-fold probabilities
and neighbours.
"""

import warnings
from dataclasses import dataclass, replace
from numbers import Integral

import numpy as np

from sknoisy._context import FitContext
from sknoisy._folds import DEFAULT_FOLDS, make_folds
from sknoisy._neighbor_graph import NeighborGraph
from sknoisy._out_of_fold import check_has_proba, out_of_fold_proba
from sknoisy.evidence import EvidenceInputs
from sknoisy.evidence._neighbors import search_neighbors
from sknoisy.exceptions import NoEvidenceWarning
from sknoisy.multilabel._tag_labels import MANY_ROWS

KINDS = ("model", "neighbors", "tags")
# Twice the ten of the core's neighbour evidence: a tag is rarer than a class. Chosen
# together with RIDGE, see there.
N_NEIGHBORS = 20
# With fewer rows that have a tag, or lack it, some of the five folds hold none of them.
FEWEST_ROWS = 5
# Penalty of the regression of tags on tags, in rows. 3, 10 and 30 hardly differed on
# emotions, yeast_ml and generated tags of the suite multilabel.
RIDGE = 10.0


@dataclass(frozen=True)
class TagEvidence:
    """Evidence about each tag of each row that has not seen this tag of this row.

    A source that is not used is None: the ``model`` to fit on the other folds, the
    ``graph`` of the neighbours, the ``regression`` of tags on tags.
    """

    folds: list
    model: object = None
    graph: NeighborGraph | None = None
    regression: object = None
    memory: object = None

    def of_block(self, X, labels, block, enough):
        """Yield for each tag of a block its probabilities, one array per source.

        Yields None for tags that too few rows have or lack.
        """
        by_block = []
        if self.graph is not None:
            by_block.append(self._by_neighbors(labels, block))
        if self.regression is not None:
            by_block.append(self.regression.predict(block))
        for place, k in enumerate(block):
            if not enough[k]:
                yield None
                continue
            model = [] if self.model is None else [self._by_model(X, labels, k)]
            yield [*model, *(table[:, place] for table in by_block)]

    def _by_neighbors(self, labels, block):
        """Return the share of the neighbours that have each tag of a block."""
        weight = labels.sample_weight[:, None]
        tagged = np.column_stack([labels.tags.column(k) for k in block]) * weight
        # The last column counts the neighbours themselves.
        votes = self.graph.votes(N_NEIGHBORS, np.hstack([tagged, weight]))
        share = tagged.sum(axis=0) / weight.sum()
        # One vote by the share of the tag, so that few neighbours rule nothing out.
        return (votes[:, :-1] + share) / (votes[:, -1:] + 1)

    def _by_model(self, X, labels, k):
        """Return out-of-fold probabilities; the share of the tag where there is none.

        A fold is no evidence if the rows to train on all have the tag, or all lack it.
        Of a large table, a sample of the blanks is trained on; with the share of the
        blanks in it the odds are then too high by its inverse.
        """
        record = labels.of_tag(k)
        # Blocks of tags run side by side, the folds of one tag do not.
        context = FitContext(memory=self.memory)
        rows, blanks = labels.blank_sample(k)
        folds = [(train[rows[train]], test) for train, test in self.folds]
        inputs = EvidenceInputs(self.model, X, record, folds, context)
        proba = out_of_fold_proba(inputs)[:, 1]
        proba = blanks * proba / (blanks * proba + 1 - proba)
        share = record.sample_weight @ record.codes / record.sample_weight.sum()
        return np.where(np.isnan(proba), share, proba)


def gather_evidence(owner, base, X, labels):
    """Make what all tags have in common: folds, neighbours, the regression of tags.

    Of the owner, an estimator, ``evidence``, ``embedding``, ``cv``, ``memory``,
    ``n_jobs`` and ``random_state`` are used; ``base`` is the classifier with its seeds.
    """
    kinds = KINDS if owner.evidence == "auto" else (owner.evidence,)
    if "model" in kinds:
        check_has_proba(base)
    cv = DEFAULT_FOLDS if owner.cv is None else owner.cv
    strata = labels.rarest(2 * cv if isinstance(cv, Integral) else FEWEST_ROWS)
    folds = make_folds(X, strata, cv)
    graph = None
    if "neighbors" in kinds:
        context = FitContext.of(owner)
        Z = EvidenceInputs(base, X, strata, folds, context).embedding
        # The graph keeps a table of its labels: a single class takes one column.
        codes = np.zeros(labels.tags.n_samples, dtype=np.intp)
        votes = labels.record(codes, np.zeros(1))
        if labels.tags.n_samples > 2 * MANY_ROWS:
            voters = labels.row_sample(2 * MANY_ROWS)
            votes = replace(votes, sample_weight=voters * votes.sample_weight)
        if Z is not None:
            graph = search_neighbors(Z, votes, context, n_neighbors=N_NEIGHBORS)
    return TagEvidence(
        folds,
        base if "model" in kinds else None,
        graph,
        TagRegression(labels, folds) if "tags" in kinds else None,
        owner.memory,
    )


def has_evidence(labels):
    """Return which tags enough rows have and lack; a warning names the others."""
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


class TagRegression:
    r"""Ridge regression of each tag on all others, fitted on the other folds.

    With the centred tags :math:`Z` of the training rows and
    :math:`P = (Z^\top Z + \lambda I)^{-1}`, the coefficients without a tag's own are
    :math:`B_{ij} = -P_{ij} / P_{jj}` (Steck, "Embarrassingly Shallow Autoencoders for
    Sparse Data", 2019): one inverse of a K x K matrix serves all tags.
    """

    def __init__(self, labels, folds):
        self.n_samples = labels.tags.n_samples
        self.parts = []
        table = labels.tags.matrix.astype(float)
        for train, test in folds:
            mean, slopes = _regress(table[train], labels.sample_weight[train])
            self.parts.append((test, table[test], mean, slopes))

    def predict(self, block):
        """Return held-out predictions of some tags, (n_samples, n_block)."""
        total = np.zeros((self.n_samples, len(block)))
        times = np.zeros((self.n_samples, 1))
        for test, table, mean, slopes in self.parts:
            slope = np.ascontiguousarray(slopes[:, block])
            total[test] += table @ slope + (mean[block] - mean @ slope)
            times[test] += 1
        # Rows that no fold holds out have the mean of the tag.
        usual = np.mean([mean[block] for _, _, mean, _ in self.parts], axis=0)
        return np.where(times > 0, total / np.maximum(times, 1), usual)


def _regress(table, weight):
    """Return the mean of each tag and the coefficients of the others."""
    total = max(weight.sum(), 1.0)
    mean = (weight @ table) / total
    weighted = table.multiply(weight[:, None]).tocsr()
    gram = (table.T @ weighted).toarray() - total * np.outer(mean, mean)
    inverse = np.linalg.inv(gram + RIDGE * np.eye(len(gram)))
    slopes = -inverse / np.diag(inverse)
    np.fill_diagonal(slopes, 0)
    return mean, slopes
