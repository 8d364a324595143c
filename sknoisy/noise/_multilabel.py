"""Noise in tables of tags: some go missing, some are made up."""

from numbers import Real

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator
from sklearn.preprocessing import StandardScaler
from sklearn.utils import check_array, check_consistent_length, check_random_state

from sknoisy._compat import Interval
from sknoisy._indicator import is_frame, read_indicator
from sknoisy.noise._base import _labels_like

RATE = [Interval(Real, 0, 1, closed="both"), "array-like"]


class MultilabelNoise(BaseEstimator):
    """Noise of tags: true ones are left out, wrong ones are made up.

    Whoever tags a song, a photo or a document rarely goes through the list of all
    labels. So most wrong entries of a table of tags are zeros: the property is there,
    and nobody said so. This noise leaves out each true tag with one probability and
    makes up a tag with another, for all labels alike or label by label. Tags may also
    be left out where the property is *weak*: only what strikes the ear or the eye gets
    its tag.

    Parameters
    ----------
    missing_rate : float or array-like of shape (n_labels,), default=0.2
        Probability, in [0, 1], that a true tag is left out; ``1 - missing_rate`` is
        the recall of the tags.

    spurious_rate : float or array-like of shape (n_labels,), default=0.0
        Probability, in [0, 1], that a row without the label gets the tag.

    striking : float, default=0.0
        How far strikingness decides which tags are left out, in [0, 1]. With 0 chance
        alone decides; with 1 exactly the least striking rows lose their tag. Needs
        ``X`` where above 0.

    random_state : int, RandomState instance or None, default=None
        Seed of the flips. Pass an int for the same flips at every call.

    See Also
    --------
    TransitionNoise : The same for one label per row.
    sknoisy.multilabel.estimate_label_quality : Measure what this noise did.

    Notes
    -----
    How striking a row is for a label is the length of its projection on the
    difference between the mean of the rows with the label and the mean of those
    without, after each column of ``X`` has been divided by its standard deviation. Let
    `q` be the share of rows with the label that are *less* striking than a row. Its
    tag is left out with probability ``(1 - striking) * missing_rate + striking *
    (q < missing_rate)``, so that ``missing_rate`` of the tags are expected to go
    missing whatever ``striking`` is. Tags are made up by chance alone.

    Labels are treated one after another; no table of floats with a column for each is
    ever made, and the noise of a dense and of a sparse table is the same.

    References
    ----------
    K. Choi, G. Fazekas, K. Cho, M. Sandler, "The Effects of Noisy Labels on Deep
    Convolutional Neural Networks for Music Tagging", IEEE Transactions on Emerging
    Topics in Computational Intelligence 2(2), 2018, discusses such noise.

    Examples
    --------
    Half of the first tag goes missing, nothing of the second:

    >>> import numpy as np
    >>> from sknoisy.noise import MultilabelNoise
    >>> Y = np.ones((1000, 2), dtype=int)
    >>> noise = MultilabelNoise(missing_rate=[0.5, 0.0], random_state=0)
    >>> noise.corrupt(Y).mean(axis=0).round(1)
    array([0.5, 1. ])
    """

    _parameter_constraints: dict = {
        "missing_rate": RATE,
        "spurious_rate": RATE,
        "striking": [Interval(Real, 0, 1, closed="both")],
        "random_state": ["random_state"],
    }

    def __init__(
        self, missing_rate=0.2, spurious_rate=0.0, *, striking=0.0, random_state=None
    ):
        self.missing_rate = missing_rate
        self.spurious_rate = spurious_rate
        self.striking = striking
        self.random_state = random_state

    def corrupt(self, Y, X=None):
        """Leave out true tags and make up wrong ones.

        Parameters
        ----------
        Y : array-like, sparse matrix or frame of shape (n_samples, n_labels)
            Clean tags, zeros and ones. One dimension is one label.

        X : array-like or sparse matrix of shape (n_samples, n_features), default=None
            Features, needed where ``striking`` is above 0.

        Returns
        -------
        ndarray, sparse matrix or frame of shape (n_samples, n_labels)
            Noisy tags in the container and dtype of ``Y``; lists become arrays.

        Raises
        ------
        ValueError
            If ``Y`` holds anything but zeros and ones, a parameter is out of range or
            has the wrong number of labels, or ``X`` is needed and unusable.
        """
        self._validate_params()
        tags = read_indicator(Y, owner=type(self).__name__)
        missing = self._rates("missing_rate", tags.n_labels)
        spurious = self._rates("spurious_rate", tags.n_labels)
        strikingness = _Strikingness(X, tags.n_samples) if self.striking else None
        rng = check_random_state(self.random_state)
        columns = []
        for k in range(tags.n_labels):
            proba = np.full(len(tags.rows(k)), missing[k])
            if strikingness is not None:
                rank = strikingness.rank(tags.column(k))
                weakest = np.clip(missing[k] * len(rank) - rank, 0, 1)
                proba = (1 - self.striking) * proba + self.striking * weakest
            kept = tags.rows(k)[rng.uniform(size=len(proba)) >= proba]
            made_up = _draw_rows(~tags.column(k), spurious[k], rng)
            columns.append(np.sort(np.concatenate([kept, made_up])))
        return _like_input(Y, _csr_of_columns(columns, tags.n_samples))

    def _rates(self, name, n_labels):
        """Return a rate for each label."""
        rate = np.asarray(getattr(self, name), dtype=float)
        if rate.shape not in ((), (n_labels,)) or not ((rate >= 0) & (rate <= 1)).all():
            raise ValueError(
                f"{name} of MultilabelNoise expected a number in [0, 1], or one for "
                f"each of the {n_labels} labels of Y, but got shape {rate.shape} or "
                f"numbers out of that range: {getattr(self, name)!r}. Pass as many "
                "rates as Y has columns, in their order."
            )
        return np.broadcast_to(rate, n_labels)


class _Strikingness:
    """Which rows have the properties of a label to the greatest degree."""

    def __init__(self, X, n_samples):
        if X is None:
            raise ValueError(
                "MultilabelNoise with striking above 0 needs X of shape (n_samples, "
                "n_features), since the features say which rows are striking, but got "
                "None. Call corrupt(Y, X), or set striking=0."
            )
        X = check_array(X, accept_sparse="csr", dtype=np.float64, input_name="X")
        check_consistent_length(X, np.empty(n_samples))
        self.X = StandardScaler(with_mean=False).fit_transform(X)

    def rank(self, has_label):
        """Return the rank of each row with the label, 0 for the least striking."""
        size = max(has_label.sum(), 1), max((~has_label).sum(), 1)
        contrast = np.where(has_label, 1 / size[0], -1 / size[1])
        # A centred X would only add the same number to every score.
        scores = (self.X @ (self.X.T @ contrast))[has_label]
        rank = np.empty(len(scores))
        rank[np.argsort(scores, kind="stable")] = np.arange(len(scores))
        return rank


def _draw_rows(free, rate, rng):
    """Return each of the free rows with the given probability."""
    rows = np.flatnonzero(free)
    n_drawn = rng.binomial(len(rows), rate)
    return rng.choice(rows, n_drawn, replace=False)


def _csr_of_columns(columns, n_samples):
    """Return a table of tags from the rows of each label."""
    starts = np.cumsum([0, *map(len, columns)])
    rows = np.concatenate(columns)
    shape = (n_samples, len(columns))
    ones = np.ones(len(rows), dtype=bool)
    return sparse.csc_array((ones, rows, starts), shape=shape).tocsr()


def _like_input(Y, matrix):
    """Return a table of tags in the container and dtype of another one."""
    if sparse.issparse(Y):
        kind = sparse.csr_array if isinstance(Y, sparse.sparray) else sparse.csr_matrix
        return kind(matrix, dtype=Y.dtype).asformat(Y.format)
    if is_frame(Y):
        return _like_frame(Y, matrix)
    given = np.asarray(Y)
    dtype = int if given.dtype == object else given.dtype
    if given.ndim == 1:
        codes = matrix.toarray().ravel().astype(int)
        return _labels_like(Y, np.array([0, 1]).astype(dtype), codes)
    return matrix.toarray().astype(dtype)


def _like_frame(Y, matrix):
    """Return a table of tags as a frame with the same names, index and dtypes."""
    if not hasattr(Y, "iloc"):
        fresh = type(Y)(matrix.toarray().astype(np.int8), schema=list(Y.columns))
        return fresh.cast(dict(Y.schema))
    if hasattr(Y, "sparse") and all(hasattr(dtype, "subtype") for dtype in Y.dtypes):
        ones = matrix.astype(np.int8)
        fresh = Y.sparse.from_spmatrix(ones, index=Y.index, columns=Y.columns)
    else:
        fresh = type(Y)(matrix.toarray(), index=Y.index, columns=Y.columns)
    return fresh.astype(dict(Y.dtypes))
