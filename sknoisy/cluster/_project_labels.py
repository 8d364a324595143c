"""How the clusters of one clustering overlap with those of the next."""

import numpy as np
from scipy import sparse
from sklearn.utils.validation import check_consistent_length

from sknoisy._compat import StrOptions, validate_params
from sknoisy._labels import _missing, as_array

# What scikit-learn's clusterers call noise: the sample is in no cluster.
NO_LABEL = -1


@validate_params(
    {
        "prev": ["array-like"],
        "current": ["array-like"],
        "similarity": [StrOptions({"iou", "overlap"})],
        "normalize": [StrOptions({"row", "col"}), None],
        "sparse_output": ["boolean"],
    },
    prefer_skip_nested_validation=True,
)
def project_labels(
    prev, current, *, similarity="iou", normalize="row", sparse_output=False
):
    """Translate the clusters of one clustering into those of another.

    Cluster numbers mean something else after each run of a clustering algorithm. What
    stays is which samples are together, and from that follows how much of each earlier
    cluster lives on in each later one.

    Parameters
    ----------
    prev : array-like of shape (n_samples,)
        Cluster of each sample in the earlier clustering, of any hashable kind. The
        number -1 means that the sample is in no cluster.

    current : array-like of shape (n_samples,)
        Cluster of the same samples, in the same order, in the later clustering.

    similarity : {"iou", "overlap"}, default="iou"
        What is entered for two clusters: the samples they share as a fraction of the
        samples that are in either of them, in [0, 1], or the number of samples they
        share.

    normalize : {"row", "col"} or None, default="row"
        Whether each row is divided by its sum, so that it spreads an earlier cluster
        over the later ones, or each column. Rows and columns of zeros stay as they are.

    sparse_output : bool, default=False
        Whether to return a sparse table, which thousands of clusters need.

    Returns
    -------
    ndarray or csr_array of shape (n_clusters_prev, n_clusters_current)
        The projection. Rows and columns follow the sorted labels, or, where these
        cannot be sorted, the order in which they first appear.

    Raises
    ------
    ValueError
        If the two differ in length, or hold missing values.

    See Also
    --------
    sknoisy.PseudoLabelRefiner : Pseudo-labels from all the clusterings of a run.

    Notes
    -----
    A sample without a label in one of the clusterings is shared by no two clusters,
    but still belongs to the one it is in, so that it makes the union larger.

    References
    ----------
    .. [1] Zia-ur-Rehman, A. Mahmood, W. Kang, "Pseudo-label refinement for improving
       self-supervised learning systems", arXiv:2410.14242, 2024.

    Examples
    --------
    >>> from sknoisy.cluster import project_labels
    >>> prev = ["a", "a", "a", "b", "b", "b"]
    >>> current = [1, 1, 0, 0, 0, 0]
    >>> project_labels(prev, current, similarity="overlap", normalize=None)
    array([[1., 2.],
           [3., 0.]])
    >>> project_labels(prev, current).round(2)
    array([[0.2, 0.8],
           [1. , 0. ]])
    """
    rows, n_rows = encode_clusters(prev, "prev")
    columns, n_columns = encode_clusters(current, "current")
    check_consistent_length(rows, columns)
    shape = n_rows, n_columns
    table = projection(rows, columns, shape, similarity=similarity, normalize=normalize)
    return table if sparse_output else table.toarray()


def encode_clusters(labels, name):
    """Return clusters as positions, with -1 for samples in none, and their number.

    Parameters
    ----------
    labels : array-like of shape (n_samples,)
        Clusters of any hashable kind.

    name : str
        Name of the argument, for the messages.

    Returns
    -------
    codes : ndarray of shape (n_samples,)
        Positions in [-1, n_clusters).

    n_clusters : int
        Number of distinct clusters.
    """
    labels = label_column(labels, name)
    codes, distinct = positions_of(labels, name)
    absent = [k for k, label in enumerate(distinct) if _is_no_label(label)]
    if absent:
        codes = np.where(codes == absent[0], NO_LABEL, codes - (codes > absent[0]))
    return codes, len(distinct) - len(absent)


def label_column(labels, name):
    """Return one-dimensional labels as an array without missing values."""
    values = as_array(labels)
    if values.ndim != 1:
        raise ValueError(
            f"{name} expected one label per sample, of shape (n_samples,), but got "
            f"shape {values.shape}. Labels that are tuples go into an array of objects."
        )
    if not len(values):
        raise ValueError(
            f"{name} expected the label of at least one sample, but got none. Check "
            "what selected the samples."
        )
    missing = _missing(values)
    if missing.any():
        raise ValueError(
            f"{name} expected a value for every sample, but {missing.sum()} of "
            f"{len(values)} are NaN or None, the first in row {int(missing.argmax())}. "
            "In a clustering, the number -1 says that a sample is in no cluster."
        )
    return values


def positions_of(values, name):
    """Return the position of each value among the distinct ones, and these."""
    # NumPy sorts what it has a type for; objects may be of kinds that do not compare.
    if values.dtype.kind != "O":
        distinct, codes = np.unique(values, return_inverse=True)
        return codes, distinct
    position = {}
    try:
        codes = [position.setdefault(value, len(position)) for value in values]
    except TypeError as error:
        raise ValueError(
            f"{name} expected hashable labels, such as numbers, strings or tuples, but "
            f"got one that is not: {error}. Turn lists into tuples."
        ) from error
    try:
        distinct = sorted(position)
    except TypeError:
        return np.array(codes), list(position)
    rank = {value: k for k, value in enumerate(distinct)}
    return np.array([rank[value] for value in position])[codes], distinct


def _is_no_label(label):
    """Whether a label is the number -1; the text "-1" names a cluster."""
    return not isinstance(label, str | bytes | np.datetime64) and label == NO_LABEL


def projection(rows, columns, shape, *, similarity="iou", normalize="row"):
    """Return the projection of positions, see :func:`project_labels`, as csr_array."""
    both = (rows >= 0) & (columns >= 0)
    where = rows[both], columns[both]
    table = sparse.coo_array((np.ones(both.sum()), where), shape=shape).tocsr()
    if similarity == "iou":
        # Intersection over union, the latter being |A| + |B| less the intersection.
        sizes = [
            np.bincount(codes[codes >= 0], minlength=n)
            for codes, n in zip((rows, columns), shape, strict=True)
        ]
        union = sizes[0][entry_rows(table)] + sizes[1][table.indices] - table.data
        table.data /= union
    if normalize == "row":
        return with_unit_sums(table)
    return with_unit_sums(table.T.tocsr()).T.tocsr() if normalize else table


def entry_rows(table):
    """Return the row of each stored entry of a csr_array."""
    return np.repeat(np.arange(table.shape[0]), np.diff(table.indptr))


def with_unit_sums(table):
    """Return a table whose rows sum to 1; rows of zeros stay as they are."""
    total = np.asarray(table.sum(axis=1)).ravel()
    scale = np.divide(1.0, total, out=np.zeros_like(total), where=total > 0)
    table = table.copy()
    table.data *= scale[entry_rows(table)]
    return table
