"""One classifier per tag, fitted side by side, that answer as one."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from sklearn.utils.parallel import Parallel, delayed

from sknoisy._compat import AS_THEY_COME, _num_samples
from sknoisy._meta import take_over
from sknoisy._soft_labels import NEGLIGIBLE_SHARE, drop_negligible, fit_soft_labels

BLOCK = 16
# A probability that was divided by the tagability stays below 1, as others do.
SURELY = 1 - 1e-6


@dataclass(frozen=True)
class TagFit:
    """What became of one tag.

    Attributes
    ----------
    model : classifier
        The fitted classifier.
    believed : ndarray of shape (n_samples,)
        Probability that each row deserves the tag.
    tagability, lowest, omission : float
        The tagability, its lower bound and the share of blanks that should be tags;
        NaN without evidence.
    exponents : ndarray
        How much each kind of evidence counts.
    threshold, scale : float
        Where prediction begins, and by what probabilities are divided.
    """

    model: object
    believed: object
    tagability: float = np.nan
    lowest: float = np.nan
    omission: float = np.nan
    exponents: np.ndarray | None = None
    threshold: float = 0.5
    scale: float = 1.0


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
        self.scale_ = np.array([fit.scale for fit in fits])
        real = [m for m in self.estimators_ if not isinstance(m, ConstantTag)]
        if real:
            take_over(self, real[0], ["n_features_in_", "feature_names_in_"])

    @property
    def classes_(self):
        """The classes of each tag."""
        return [np.array([0, 1]) for _ in self.estimators_]

    def predict_proba(self, X):
        """Return an array of shape (n_samples, n_labels)."""
        return np.column_stack([self._column(X, k) for k in range(self._n_labels)])

    def predict(self, X):
        """Return the tags as a sparse table, made tag by tag."""
        chosen = [
            sparse.csc_array(self._column(X, k)[:, None] >= self.threshold_[k])
            for k in range(self._n_labels)
        ]
        return sparse.hstack(chosen, format="csr")

    @property
    def _n_labels(self):
        return len(self.estimators_)

    def _column(self, X, k):
        proba = tag_proba(self.estimators_[k], X)
        scale = self.scale_[k]
        return proba if scale == 1 else np.minimum(proba / scale, SURELY)


def tag_proba(model, X):
    """Return the probability of class 1; 0 or 1 if a model knows one class alone.

    Parameters
    ----------
    model : classifier
        Fitted to classes 0 and 1, or to one of them.

    X : array-like, frame, sparse matrix or sequence of n_samples rows
        Rows.

    Returns
    -------
    ndarray of shape (n_samples,)
        Values in [0, 1].
    """
    proba = np.asarray(model.predict_proba(X), dtype=float)
    if len(model.classes_) == 2:
        return proba[:, 1]
    return np.full(len(proba), float(model.classes_[0]))


def fit_tag(base, X, believed, labels, weights=1.0):
    """Fit a classifier of one tag to what is believed about it.

    Parameters
    ----------
    base : classifier
        It is cloned.

    X : array-like, frame, sparse matrix or sequence of n_samples rows
        Handed on as it came.

    believed : ndarray of shape (n_samples,)
        Probability that each row deserves the tag.

    labels : TagLabels
        The weights and metadata.

    weights : ndarray of shape (n_samples,) or float, default=1.0
        Further weights.

    Returns
    -------
    classifier
        A constant one if one class has all the weight.
    """
    table = np.column_stack([1 - believed, believed])
    table = drop_negligible(table * (labels.sample_weight * weights)[:, None])
    present = table.any(axis=0)
    if not present.all():
        return ConstantTag(int(present[1]))
    return fit_soft_labels(base, X, table, [0, 1], params=labels.params)


def fit_blocks(work, labels, n_jobs):
    """Do the work of each tag, some tags at a time, and tell of the progress.

    Parameters
    ----------
    work : callable
        Of a list of tag numbers; returns a result for each of them.

    labels : TagLabels
        The tags.

    n_jobs : int or None
        How many blocks side by side.

    Returns
    -------
    list
        A result for each tag.
    """
    n_labels = labels.tags.n_labels
    blocks = [
        range(start, min(start + BLOCK, n_labels))
        for start in range(0, n_labels, BLOCK)
    ]
    if labels.announce is not None:
        labels.announce("tags", len(blocks))
    done = []
    parts = Parallel(n_jobs=n_jobs, **AS_THEY_COME)(delayed(work)(b) for b in blocks)
    for part in parts:
        done += part
        if labels.report is not None:
            labels.report("tags")
    return done


def sparse_columns(columns, n_samples):
    """Return columns of probabilities as a sparse table without faint entries.

    Parameters
    ----------
    columns : iterable of ndarray of shape (n_samples,) or (rows, values)
        Probabilities.

    n_samples : int
        Number of rows.

    Returns
    -------
    csr_array of float32 of shape (n_samples, n_columns)
        Entries below a twentieth are left out.
    """
    rows, values = zip(*columns, strict=True)
    pointers = np.concatenate([[0], np.cumsum([len(part) for part in rows])])
    parts = np.concatenate(values), np.concatenate(rows), pointers
    return sparse.csc_array(parts, shape=(n_samples, len(rows))).tocsr()


def thinned(believed):
    """Return the rows and values of what is not negligible in a column.

    Parameters
    ----------
    believed : ndarray of shape (n_samples,)
        Probabilities.

    Returns
    -------
    rows, values : ndarray
        Row numbers, and float32.
    """
    rows = np.flatnonzero(believed > NEGLIGIBLE_SHARE)
    return rows, believed[rows].astype(np.float32)
