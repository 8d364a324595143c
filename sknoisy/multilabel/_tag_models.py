"""One classifier per tag, fitted side by side, that answer as one."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from sklearn.utils.parallel import delayed

from sknoisy._compat import _num_samples, parallel_as_they_come
from sknoisy._meta import take_over
from sknoisy._proba import class_proba
from sknoisy._soft_labels import NEGLIGIBLE_SHARE, fit_soft_labels
from sknoisy.multilabel._tag_posterior import TagPosterior

# Tags worked on at a time: their dense columns, 16 x 8 bytes a row and source of
# evidence, stay below a sparse table of 1,000 tags at a density of 1 %.
BLOCK = 16


@dataclass(frozen=True)
class TagFit:
    """What became of one tag: its classifier, its threshold and its posterior.

    ``rows`` and ``values`` are the entries of the posterior that are not negligible.
    """

    model: object
    threshold: float
    found: TagPosterior
    rows: np.ndarray
    values: np.ndarray

    @classmethod
    def of(cls, model, threshold, found):
        """Return the record without columns of shape (n_samples,)."""
        # Half the bytes of an intp: millions of these wait for the last tag.
        rows = np.flatnonzero(found.posterior > NEGLIGIBLE_SHARE).astype(np.int32)
        values = found.posterior[rows].astype(np.float32)
        figures = {**vars(found), "label_proba": None, "posterior": None}
        return cls(model, threshold, TagPosterior(**figures), rows, values)


class ConstantTag:
    """What predicts a tag that all rows have, or that none has."""

    def __init__(self, value):
        self.constant_ = value
        self.classes_ = np.array([value])

    def predict(self, X):
        """Return the value for each row."""
        return np.full(_num_samples(X), self.constant_)

    def predict_proba(self, X):
        """Return a column of ones."""
        return np.ones((_num_samples(X), 1))


class TagModels:
    """The classifiers of all tags, which answer with a column for each."""

    def __init__(self, fits):
        self.estimators_ = [fit.model for fit in fits]
        self.threshold_ = np.array([fit.threshold for fit in fits])
        # A constant says nothing about the columns of X.
        real = [m for m in self.estimators_ if not isinstance(m, ConstantTag)]
        if real:
            take_over(self, real[0], ["n_features_in_", "feature_names_in_"])

    @property
    def classes_(self):
        """The classes of each tag."""
        return [np.array([0, 1]) for _ in self.estimators_]

    def predict_proba(self, X):
        """Return an array of shape (n_samples, n_labels)."""
        return np.column_stack([tag_proba(model, X) for model in self.estimators_])

    def predict(self, X):
        """Return the tags as a sparse table, made tag by tag."""
        pairs = zip(self.estimators_, self.threshold_, strict=True)
        chosen = [
            sparse.csc_array(tag_proba(model, X)[:, None] >= threshold)
            for model, threshold in pairs
        ]
        return sparse.hstack(chosen, format="csr")


def tag_proba(model, X):
    """Return the probability of class 1; 0 or 1 if a model knows one class alone."""
    return class_proba(model, X, np.array([0, 1]))[:, 1].astype(float, copy=False)


def soft_labels_of_tag(action, posterior, tagged):
    """Return the weight of 0 and of 1 in each row, (n_samples, 2), for an action."""
    # Both weights of a row sum to 1 but for "weight", where they sum to the quality of
    # the entry, and "filter", where they sum to 0 or 1.
    if action == "relabel":
        posterior = np.round(posterior)
    table = np.column_stack([1 - posterior, posterior])
    if action in {"weight", "filter"}:
        table *= np.column_stack([~tagged, tagged])
    return np.round(table) if action == "filter" else table


def fit_tag(base, X, table, labels):
    """Fit a clone of the classifier to the weights of 0 and 1 in each row.

    A tag of which one class has all the weight gets a constant classifier.
    """
    table = table * labels.sample_weight[:, None]
    # A share that is negligible will be dropped by ``fit_soft_labels``.
    least = NEGLIGIBLE_SHARE * (table[:, 0] + table[:, 1])
    present = [(column > least).any() for column in table.T]
    if not all(present):
        return ConstantTag(int(present[1]))
    return fit_soft_labels(base, X, table, [0, 1], params=labels.params)


def best_f1_threshold(scores, posterior, sample_weight):
    r"""Return the threshold at which the expected F1 is highest; it separates scores.

    Predicting the rows above it gives
    :math:`F_1 = 2 \sum_{i: s_i \ge t} q_i / (\sum_{i: s_i \ge t} 1 + \sum_i q_i)`,
    where :math:`q_i` is the posterior of row i.
    """
    if not posterior.any():
        return 0.5
    order = np.argsort(-scores, kind="stable")
    ranked, gained = scores[order], np.cumsum((sample_weight * posterior)[order])
    f1 = 2 * gained / (np.cumsum(sample_weight[order]) + gained[-1])
    following = np.append(ranked[1:], 0.0)
    # Rows of the same score cannot be told apart by any threshold.
    f1[ranked == following] = -1
    best = f1.argmax()
    return float((ranked[best] + following[best]) / 2)


def fit_blocks(work, given, labels, n_jobs, progress=None):
    """Return what ``work(*given, numbers)`` returns, for all tags in blocks.

    As arguments of their own the rows are sent once to each worker of a cluster.
    Progress is told to ``progress``, see ``FitContext``.
    """
    n_labels = labels.tags.n_labels
    starts = range(0, n_labels, BLOCK)
    blocks = [np.arange(start, min(start + BLOCK, n_labels)) for start in starts]
    if progress is not None:
        progress.start("tags", len(blocks))
    # Results come in the order of the blocks, whatever the number of jobs.
    done = []
    parts = parallel_as_they_come(n_jobs)(delayed(work)(*given, b) for b in blocks)
    for part in parts:
        done += part
        if progress is not None:
            progress.step("tags")
    return done


def sparse_posterior(fits, n_samples):
    """Return the posterior of all tags as a sparse table without negligible entries."""
    rows = np.concatenate([fit.rows for fit in fits])
    values = np.concatenate([fit.values for fit in fits])
    pointers = np.concatenate([[0], np.cumsum([len(fit.rows) for fit in fits])])
    shape = n_samples, len(fits)
    return sparse.csc_array((values, rows, pointers), shape=shape).tocsr()
