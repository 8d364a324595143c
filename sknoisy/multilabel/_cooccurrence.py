"""How often labels occur, and which of them together."""

from dataclasses import dataclass

import numpy as np

from sknoisy._indicator import read_indicator
from sknoisy.multilabel._result import Result, import_pandas, warn_undefined


@dataclass(frozen=True)
class LabelPairs(Result):
    """Pairs of labels, each with a value: ``first``, ``second``, ``value``."""

    first: np.ndarray
    second: np.ndarray
    value: np.ndarray


@dataclass(frozen=True)
class LabelCooccurrence(Result):
    """What :func:`label_cooccurrence` returns."""

    label_names: np.ndarray
    matrix: np.ndarray
    count: np.ndarray
    normalize: str | None

    def to_frame(self):
        """Return the matrix as a data frame, with the names of the labels."""
        pandas = import_pandas()
        index = pandas.Index(self.label_names, name="label")
        return pandas.DataFrame(self.matrix, index, index)

    def top_pairs(self, n_pairs=10):
        """Return the pairs of different labels with the largest values.

        Parameters
        ----------
        n_pairs : int, default=10
            How many pairs to return at most.

        Returns
        -------
        LabelPairs
            Fields ``first``, ``second`` and ``value``, largest value first. For
            "conditional", which has a direction, the value is
            ``P(second | first)``; the other kinds list each pair once.
        """
        keep = ~np.eye(len(self.matrix), dtype=bool) & ~np.isnan(self.matrix)
        # Only the conditional measure has a direction.
        keep = keep if self.normalize == "conditional" else np.triu(keep)
        first, second = np.nonzero(keep)
        value = self.matrix[first, second].astype(float)
        best = np.argsort(-value, kind="stable")[:n_pairs]
        names = self.label_names[first[best]], self.label_names[second[best]]
        return LabelPairs(*names, value[best])


def label_cooccurrence(Y, *, normalize="conditional", label_names=None):
    r"""Measure which labels occur together.

    Write :math:`C_{ij}` for the number of rows with labels `i` and `j`, and `n` for the
    number of rows. The values are

    - ``"conditional"``: :math:`C_{ij} / C_{ii} = P(j \mid i)`, which has a direction;
    - ``"cosine"``: :math:`C_{ij} / \sqrt{C_{ii} C_{jj}}`;
    - ``"jaccard"``: :math:`C_{ij} / (C_{ii} + C_{jj} - C_{ij})`;
    - ``"lift"``: :math:`n C_{ij} / (C_{ii} C_{jj})`, 1 for labels that are independent;
    - ``None``: :math:`C_{ij}` itself.

    Parameters
    ----------
    Y : array-like, sparse matrix or frame of shape (n_samples, n_labels)
        Zeros and ones. One dimension is one label.

    normalize : str or None, default="conditional"
        The measure, see above.

    label_names : array-like of shape (n_labels,), default=None
        Names of the labels. If None, the columns of a frame, else 0, 1, 2, ...

    Returns
    -------
    LabelCooccurrence
        ``matrix``, of shape (n_labels, n_labels), in which row and column of a label
        that never occurs are NaN, with a warning, unless ``normalize`` is None;
        ``count``, the number of rows with each label; ``label_names`` and
        ``normalize``. ``top_pairs(n_pairs)`` lists the largest values, ``to_frame()``
        returns the matrix with its names.

    Raises
    ------
    ValueError
        If ``Y`` holds anything but zeros and ones, is empty, or does not fit the names,
        or ``normalize`` is unknown.

    See Also
    --------
    compare_label_similarity : What a fitted model makes of the same labels.

    Notes
    -----
    Tables stay sparse. Counts are of *tags*, not of things: a label that few rows have
    may be rare, or rarely mentioned. A kind and its own sub-kind should have a
    conditional value of 1; where it is far below, taggers have left out the kind.

    References
    ----------
    K. Choi, G. Fazekas, K. Cho, M. Sandler, "The Effects of Noisy Labels on Deep CNNs
    for Music Tagging", IEEE TETCI 2(2), 2018, arXiv:1706.02361.

    Examples
    --------
    Half of what is tagged "indie rock" lacks the tag "indie":

    >>> from sknoisy.multilabel import label_cooccurrence
    >>> Y = [[1, 1], [0, 1], [1, 0], [1, 0]]
    >>> together = label_cooccurrence(Y, label_names=["indie", "indie rock"])
    >>> together.matrix.round(2)
    array([[1.  , 0.33],
           [0.5 , 1.  ]])
    """
    if normalize not in MEASURES:
        known = ", ".join(repr(one) for one in MEASURES)
        raise ValueError(
            f"normalize expected one of {known}, but got {normalize!r}. 'conditional' "
            "is the default, None returns the counts."
        )
    labels = read_indicator(Y, owner="label_cooccurrence", label_names=label_names)
    counts = labels.counts()
    count = np.diag(counts).copy()
    matrix = cooccurrence_matrix(counts, labels.n_samples, normalize)
    if normalize is not None:
        warn_undefined(
            count == 0,
            labels.names,
            "Co-occurrence is undefined, and NaN, for labels that never occur.",
        )
    return LabelCooccurrence(labels.names, matrix, count, normalize)


def cooccurrence_matrix(counts, n_samples, normalize):
    """Return one of the measures from the counts of pairs, (n_labels, n_labels).

    Row and column of a label that never occurs are NaN, except in the counts.
    """
    if normalize is None:
        return counts
    # NaN spreads to the row and column of an absent label.
    count = np.diag(counts).astype(float)
    count[count == 0] = np.nan
    return MEASURES[normalize](counts, count, n_samples)


def _conditional(counts, count, n_samples):
    # Nothing is known of an absent label in either direction: 0 would say "never".
    return counts / count[:, np.newaxis] + 0 * count


MEASURES = {
    "conditional": _conditional,
    "cosine": lambda counts, count, n: counts / np.sqrt(np.outer(count, count)),
    "jaccard": lambda counts, count, n: counts / (np.add.outer(count, count) - counts),
    "lift": lambda counts, count, n: n * counts / np.outer(count, count),
    None: None,
}
