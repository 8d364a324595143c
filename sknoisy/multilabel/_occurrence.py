"""How often each label occurs, and with which others."""

from dataclasses import dataclass

import numpy as np

from sknoisy._indicator import read_indicator
from sknoisy.multilabel._result import (
    LabelPairs,
    Result,
    square_frame,
    warn_undefined,
)


@dataclass(frozen=True)
class LabelOccurrence(Result):
    """What :func:`label_occurrence` returns."""

    label_names: np.ndarray
    count: np.ndarray
    share: np.ndarray
    rank: np.ndarray


@dataclass(frozen=True)
class LabelCooccurrence(Result):
    """What :func:`label_cooccurrence` returns."""

    label_names: np.ndarray
    matrix: np.ndarray
    count: np.ndarray
    normalize: str | None

    def to_frame(self):
        """Return the matrix as a data frame.

        Returns
        -------
        DataFrame of shape (n_labels, n_labels)
            Rows and columns carry the names of the labels.
        """
        return square_frame(self.matrix, self.label_names)

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
        matrix = self.matrix.astype(float)
        keep = ~np.eye(len(matrix), dtype=bool)
        if self.normalize != "conditional":
            keep = np.triu(keep)
        return largest_pairs(matrix, keep, self.label_names, n_pairs)


def label_occurrence(Y, *, label_names=None):
    """Count how often each label occurs.

    Parameters
    ----------
    Y : array-like, sparse matrix or frame of shape (n_samples, n_labels)
        Zeros and ones. One dimension is one label.

    label_names : array-like of shape (n_labels,), default=None
        Names of the labels. If None, the columns of a frame, else 0, 1, 2, ...

    Returns
    -------
    LabelOccurrence
        A record of arrays of shape (n_labels,):

        - ``label_names``: the names;
        - ``count``: number of rows with the label;
        - ``share``: the same as a share of all rows, in [0, 1];
        - ``rank``: 1 for the most frequent label; the first column wins a tie.

        ``to_frame()`` and ``to_dict()`` return them together.

    Raises
    ------
    ValueError
        If ``Y`` holds anything but zeros and ones, is empty, or does not fit the names.

    See Also
    --------
    label_cooccurrence : Which labels come together.

    Notes
    -----
    The count is of *tags*, not of things: a label that few rows have may be rare, or
    rarely mentioned. Only a look at the samples tells the two apart; see
    :func:`estimate_label_quality`.

    References
    ----------
    K. Choi, G. Fazekas, K. Cho, M. Sandler, "The Effects of Noisy Labels on Deep
    Convolutional Neural Networks for Music Tagging", IEEE Transactions on Emerging
    Topics in Computational Intelligence 2(2), 2018.

    Examples
    --------
    >>> from sknoisy.multilabel import label_occurrence
    >>> Y = [[1, 0], [1, 1], [1, 0], [0, 0]]
    >>> occurrence = label_occurrence(Y, label_names=["rock", "sad"])
    >>> occurrence.count
    array([3, 1])
    >>> occurrence.share
    array([0.75, 0.25])
    """
    labels = read_indicator(Y, owner="label_occurrence", label_names=label_names)
    count = labels.occurrence()
    rank = np.empty(labels.n_labels, dtype=np.int64)
    rank[np.argsort(-count, kind="stable")] = np.arange(1, labels.n_labels + 1)
    return LabelOccurrence(labels.names, count, count / labels.n_samples, rank)


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
        A record with

        - ``matrix``: the values, of shape (n_labels, n_labels); row and column of a
          label that never occurs are NaN, with a warning, unless ``normalize`` is None;
        - ``count``: number of rows with each label, of shape (n_labels,);
        - ``label_names`` and ``normalize``: as given.

        ``top_pairs(n_pairs)`` lists the largest values, ``to_frame()`` returns the
        matrix with its names.

    Raises
    ------
    ValueError
        If ``Y`` holds anything but zeros and ones, is empty, or does not fit the names,
        or ``normalize`` is unknown.

    See Also
    --------
    label_occurrence : How often each label occurs.
    compare_label_similarity : What a fitted model makes of the same labels.

    Notes
    -----
    The product is a sparse one: memory grows with the number of pairs of labels and of
    tags, never with the number of rows times that of labels.

    A kind and its own sub-kind should have a conditional value of 1. Where it is far
    below, the kind has been left out by the taggers.

    References
    ----------
    K. Choi, G. Fazekas, K. Cho, M. Sandler, "The Effects of Noisy Labels on Deep
    Convolutional Neural Networks for Music Tagging", IEEE Transactions on Emerging
    Topics in Computational Intelligence 2(2), 2018.

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
    """Return one of the measures from the counts of pairs.

    Parameters
    ----------
    counts : ndarray of shape (n_labels, n_labels)
        Number of rows with both labels.

    n_samples : int
        Number of rows.

    normalize : str or None
        The measure.

    Returns
    -------
    ndarray of shape (n_labels, n_labels)
        Row and column of an absent label are NaN, except in the counts.
    """
    if normalize is None:
        return counts
    count = np.diag(counts).astype(float)
    count[count == 0] = np.nan
    return MEASURES[normalize](counts, count, n_samples)


def _conditional(counts, count, n_samples):
    # Nothing is known of an absent label in either direction: 0 would say "never".
    return counts / count[:, np.newaxis] + 0 * count


def _cosine(counts, count, n_samples):
    return counts / np.sqrt(np.outer(count, count))


def _jaccard(counts, count, n_samples):
    return counts / (np.add.outer(count, count) - counts)


def _lift(counts, count, n_samples):
    return n_samples * counts / np.outer(count, count)


MEASURES = {
    "conditional": _conditional,
    "cosine": _cosine,
    "jaccard": _jaccard,
    "lift": _lift,
    None: None,
}


def largest_pairs(matrix, keep, label_names, n_pairs):
    """Return the chosen pairs of labels with the largest values, NaN left out.

    Parameters
    ----------
    matrix : ndarray of shape (n_labels, n_labels)
        Values.

    keep : ndarray of bool of shape (n_labels, n_labels)
        Which pairs to look at.

    label_names : ndarray of shape (n_labels,)
        Names of the labels.

    n_pairs : int
        How many pairs to return at most.

    Returns
    -------
    LabelPairs
        Largest value first.
    """
    first, second = np.nonzero(keep & ~np.isnan(matrix))
    value = matrix[first, second]
    order = np.argsort(-value, kind="stable")[:n_pairs]
    return LabelPairs(
        label_names[first[order]], label_names[second[order]], value[order]
    )
