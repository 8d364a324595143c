"""Tables of tags with all that is aligned with them: the record of this room."""

from dataclasses import dataclass, field

import numpy as np
from scipy import sparse

from sknoisy._indicator import Indicator, read_indicator
from sknoisy._labels import NoisyLabels
from sknoisy._meta import LabelReader

# Folds are stratified by at most so many groups of tags, which bounds the memory.
MAX_STRATA = 50


@dataclass(frozen=True)
class TagLabels:
    """What is known about the tags: the counterpart of ``NoisyLabels`` for a table.

    Attributes
    ----------
    tags : Indicator
        The tags as they were given.
    sample_weight : ndarray of shape (n_samples,)
        Sample weights; ones where none were given.
    groups : array-like of shape (n_samples,) or None
        Rows of one group are never split between folds and never vote on each other.
    trusted : ndarray of bool of shape (n_samples,) or (n_samples, n_labels), or None
        Rows, or entries, that have been verified.
    params : dict
        Further metadata for the ``fit`` of the inner estimator.
    announce, report : callable or None
        What is told of the progress.
    """

    tags: Indicator
    sample_weight: np.ndarray | None = None
    groups: object = None
    trusted: np.ndarray | None = None
    params: dict = field(default_factory=dict)
    announce: object = None
    report: object = None

    def __post_init__(self):
        if self.sample_weight is None:
            object.__setattr__(self, "sample_weight", np.ones(self.tags.n_samples))

    @property
    def classes(self):
        """The classes of each tag, as scikit-learn lists them for several outputs."""
        return [np.array([0, 1]) for _ in range(self.tags.n_labels)]

    def occurrence(self):
        """Return the weight of the rows that have each tag, shape (n_labels,)."""
        return self.sample_weight @ self.tags.matrix

    def verified(self, k):
        """Return the mask of the rows whose tag k is verified."""
        if self.trusted is None:
            return np.zeros(self.tags.n_samples, dtype=bool)
        return self.trusted if self.trusted.ndim == 1 else self.trusted[:, k]

    def record(self, codes, classes):
        """Return a record of labels that are not tags, for folds and neighbours."""
        return NoisyLabels(
            codes, classes, sample_weight=self.sample_weight, groups=self.groups
        )

    def of_tag(self, k):
        """Return the record of one tag, as classes 0 and 1."""
        return NoisyLabels(
            self.tags.column(k).astype(np.intp),
            np.array([0, 1]),
            sample_weight=self.sample_weight,
            params=self.params,
        )

    def rarest(self, smallest):
        """Return for each row the rarest of its tags, to stratify by.

        Parameters
        ----------
        smallest : int
            Strata of fewer rows are merged.

        Returns
        -------
        NoisyLabels
            A record with the strata as classes.
        """
        matrix, n_labels = self.tags.matrix, self.tags.n_labels
        rank = np.empty(n_labels, dtype=np.intp)
        rank[np.argsort(self.occurrence(), kind="stable")] = np.arange(n_labels)
        block = rank * MAX_STRATA // max(n_labels, MAX_STRATA)
        stratum = np.full(self.tags.n_samples, MAX_STRATA)
        rows = np.repeat(np.arange(self.tags.n_samples), np.diff(matrix.indptr))
        np.minimum.at(stratum, rows, block[matrix.indices])
        sizes = np.bincount(stratum, self.sample_weight, MAX_STRATA + 1)
        stratum = np.where(sizes[stratum] < smallest, sizes.argmax(), stratum)
        classes, codes = np.unique(stratum, return_inverse=True)
        return self.record(codes, classes)


def is_single_column(y):
    """Whether labels are one column of classes and no table of tags.

    Parameters
    ----------
    y : object
        Whatever was passed as labels.

    Returns
    -------
    bool
        Lists of unequal length are no column: as a table, they get their own error.
    """
    try:
        shape = getattr(y, "shape", None) or np.asarray(y).shape
    except ValueError:
        return False
    return len(shape) < 2 or shape[1] == 1


def read_table(reader, X, y, sample_weight, groups, trusted, params, label_names=None):
    """Return the record of a table of tags.

    Parameters
    ----------
    reader : LabelReader
        The estimator that asks.

    X : array-like, frame, sparse matrix or sequence of n_samples rows
        Only its length is looked at.

    y : array-like, sparse matrix or frame of shape (n_samples, n_labels)
        Zeros and ones.

    sample_weight, groups, trusted, params : object
        As given to ``fit``.

    label_names : array-like of shape (n_labels,), default=None
        Names of the tags.

    Returns
    -------
    TagLabels
        The record.
    """
    owner = type(reader).__name__
    tags = read_indicator(y, owner=owner, label_names=label_names, name="y")
    if tags.n_samples < 2:
        raise ValueError(
            f"{owner} expected at least 2 rows of tags, but got {tags.n_samples} "
            "sample(s). Check what selected the rows."
        )
    # Everything beside the tags is read where it always is, for labels of nobody.
    nobody = np.arange(tags.n_samples) % 2
    labels = LabelReader._read_labels(
        reader, X, nobody, sample_weight, groups, None, params
    )
    if trusted is not None:
        trusted = _check_trusted(trusted, tags.matrix.shape)
    return TagLabels(
        tags,
        sample_weight=labels.sample_weight,
        groups=labels.groups,
        trusted=trusted,
        params=labels.params,
    )


def _check_trusted(trusted, shape):
    trusted = trusted.toarray() if sparse.issparse(trusted) else np.asarray(trusted)
    if trusted.dtype.kind != "b" or trusted.shape not in {shape, shape[:1]}:
        raise ValueError(
            f"trusted must be a boolean mask of shape {shape[:1]}, for rows whose tags "
            f"are all verified, or {shape}, for single entries, but got dtype "
            f"{trusted.dtype} and shape {trusted.shape}."
        )
    return trusted
