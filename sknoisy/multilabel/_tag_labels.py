"""Tables of tags with everything that is aligned with them: the record of the package.

Together with ``_tag_evidence`` and ``_tag_models``, this is where the core is called.
"""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from scipy import sparse

from sknoisy._indicator import Indicator, read_indicator
from sknoisy._labels import NoisyLabels
from sknoisy._meta import LabelReader

# Folds are stratified by at most so many groups of tags, so that the table of strata by
# rows stays small beside the data: 50 columns at 1,000 tags.
MAX_STRATA = 50
# Of tables of more rows than that, a tag is learnt from its rows and a sample of its
# blanks, and neighbours are searched among twice as many. A coefficient of a rare tag
# then has 1 + 1/20 of its variance with all blanks, since that is proportional to
# 1 / n_tagged + 1 / n_blanks (King and Zeng, 2001).
MANY_ROWS, BLANKS_PER_TAG = 10_000, 20


@dataclass(frozen=True)
class TagLabels:
    """What is known about the tags: the counterpart of ``NoisyLabels`` for a table.

    ``trusted`` is a mask of rows, (n_samples,), or of entries, (n_samples, n_labels).
    """

    tags: Indicator
    sample_weight: np.ndarray | None = None
    groups: object = None
    trusted: np.ndarray | None = None
    params: dict = field(default_factory=dict)

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

    def trusted_rows(self, k):
        """Return the mask of the rows whose tag k is trusted."""
        if self.trusted is None:
            return np.zeros(self.tags.n_samples, dtype=bool)
        return self.trusted if self.trusted.ndim == 1 else self.trusted[:, k]

    @cached_property
    def _place_in_sample(self):
        """The place of each row in a random order, the same for all tags."""
        return np.random.RandomState(0).permutation(self.tags.n_samples)

    def row_sample(self, n_rows):
        """Return the mask of a random sample of rows."""
        return self._place_in_sample < n_rows

    def blank_sample(self, k):
        """Return a mask of rows to learn tag k from, and the share of blanks in it."""
        tagged, n_samples = self.tags.column(k), self.tags.n_samples
        n_tagged = tagged.sum()
        wanted = max(BLANKS_PER_TAG * n_tagged, MANY_ROWS - n_tagged)
        if wanted >= n_samples - n_tagged:
            return np.ones(n_samples, dtype=bool), 1.0
        rows = tagged | self.row_sample(wanted * n_samples / (n_samples - n_tagged))
        blank = self.sample_weight * ~tagged
        share = blank[rows].sum() / blank.sum()
        return (rows, share) if share > 0 else (np.ones(n_samples, dtype=bool), 1.0)

    def record(self, codes, classes):
        """Return a record of labels that are no tags, for folds and neighbours."""
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
        """Return a record with the rarest tag of each row as class, to stratify by.

        Strata of less than the smallest weight are merged with the largest one.
        """
        matrix, n_labels = self.tags.matrix, self.tags.n_labels
        # Tags of neighbouring ranks share a stratum where there are too many of them.
        rank = np.empty(n_labels, dtype=np.intp)
        rank[np.argsort(self.occurrence(), kind="stable")] = np.arange(n_labels)
        block = rank * MAX_STRATA // max(n_labels, MAX_STRATA)
        # Rows without any tag are the last stratum.
        stratum = np.full(self.tags.n_samples, MAX_STRATA)
        rows = np.repeat(np.arange(self.tags.n_samples), np.diff(matrix.indptr))
        np.minimum.at(stratum, rows, block[matrix.indices])
        sizes = np.bincount(stratum, self.sample_weight, MAX_STRATA + 1)
        stratum = np.where(sizes[stratum] < smallest, sizes.argmax(), stratum)
        classes, codes = np.unique(stratum, return_inverse=True)
        return self.record(codes, classes)


def is_single_column(y, owner):
    """Whether labels are one column of classes and no table of tags.

    Rows of unequal length are no column: as a table, they get an error of their own.
    """
    try:
        array = y if hasattr(y, "shape") else np.asarray(y)
    except ValueError:
        return False
    shape = array.shape
    if len(shape) == 1 and array.dtype.kind == "O" and shape[0]:
        # Lists of equal length would be a table, and fail as one that holds words.
        first = next(iter(array))
        if isinstance(first, tuple | list | set | frozenset | np.ndarray):
            raise ValueError(
                f"{owner} expected y as a table of zeros and ones of shape (n_samples, "
                f"n_labels), but got {type(first).__name__}s of labels. Pass "
                "sklearn.preprocessing.MultiLabelBinarizer(sparse_output=True)"
                ".fit_transform(y), and its classes_ as names of the columns."
            )
    return len(shape) < 2 or shape[1] == 1


def read_table(reader, X, y, sample_weight, groups, trusted, params, label_names=None):
    """Return the record of a table of tags, from the arguments of ``fit``."""
    owner = type(reader).__name__
    tags = read_indicator(y, owner=owner, label_names=label_names, name="y")
    if tags.n_samples < 2:
        raise ValueError(
            f"{owner} expected at least 2 rows of tags, but got {tags.n_samples} "
            "sample(s). Check what selected the rows."
        )
    # What stands beside the tags is read by the core, with labels that mean nothing.
    stand_in = np.arange(tags.n_samples) % 2
    labels = LabelReader._read_labels(
        reader, X, stand_in, sample_weight, groups, None, params
    )
    if trusted is not None:
        trusted = _check_trusted(trusted, tags.matrix.shape)
    labels = TagLabels(
        tags, labels.sample_weight, labels.groups, trusted, labels.params
    )
    # Rows without weight do not count, as everywhere.
    check_varies(labels.occurrence(), labels.sample_weight.sum(), owner)
    return labels


def check_varies(tagged, total, owner):
    """Refuse a table in which every tag is the same for all rows.

    ``tagged`` is the weight of the rows that have each tag, of shape (n_labels,).
    """
    if not ((tagged > 0) & (tagged < total)).any():
        n_zero = int((tagged == 0).sum())
        raise ValueError(
            f"{owner} expected at least one tag that some rows have and others lack, "
            f"but of {len(tagged)} tags {n_zero} are all zero and "
            f"{len(tagged) - n_zero} all one. Check that the right columns and rows "
            "were passed as y."
        )


def _check_trusted(trusted, shape):
    """Return the mask of trusted rows or entries."""
    trusted = trusted.toarray() if sparse.issparse(trusted) else np.asarray(trusted)
    if trusted.dtype.kind != "b" or trusted.shape not in {shape, shape[:1]}:
        raise ValueError(
            f"trusted must be a boolean mask of shape {shape[:1]}, for rows whose tags "
            f"are all known to be right, or {shape}, for single entries, but got dtype "
            f"{trusted.dtype} and shape {trusted.shape}. Compare with what marks them, "
            "as in status == 'checked'."
        )
    return trusted
