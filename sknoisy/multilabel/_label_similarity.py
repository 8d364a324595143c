"""Labels that are alike to a model and apart in the tags: synonyms, missing tags."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import pearsonr, rankdata, spearmanr
from sklearn.metrics.pairwise import cosine_similarity

from sknoisy._indicator import read_indicator
from sknoisy.multilabel._cooccurrence import cooccurrence_matrix
from sknoisy.multilabel._result import Result, warn_undefined


@dataclass(frozen=True)
class SimilarPairs(Result):
    """What :func:`compare_label_similarity` returns."""

    first: np.ndarray
    second: np.ndarray
    similarity: np.ndarray
    similarity_percentile: np.ndarray
    cooccurrence: np.ndarray
    cooccurrence_percentile: np.ndarray
    n_only_first: np.ndarray
    n_only_second: np.ndarray
    pearson: float
    spearman: float


def compare_label_similarity(vectors, Y, *, label_names=None):
    """Compare what labels are to a model with how often they occur together.

    A model that learns from noisy tags averages over the noise: two labels for one
    property get the same vector even if no tagger ever uses both. Pairs of labels that
    are similar to the model but rarely come together are synonyms, or a hint at missing
    tags.

    Parameters
    ----------
    vectors : array-like of shape (n_labels, n_weights)
        A vector per label, see :func:`label_vectors`.

    Y : array-like, sparse matrix or frame of shape (n_samples, n_labels)
        Tags, zeros and ones, with the labels in the same order.

    label_names : array-like of shape (n_labels,), default=None
        Names of the labels. If None, the columns of a frame, else 0, 1, 2, ...

    Returns
    -------
    SimilarPairs
        Arrays of shape (n_pairs,) over all pairs of labels, those first whose place by
        similarity is furthest above their place by co-occurrence; pairs with a
        similarity of 0 or less come last.

        - ``first`` and ``second``: names;
        - ``similarity`` and ``cooccurrence``: cosines of the two vectors and of the two
          columns of tags, each with its ``..._percentile`` among all pairs;
        - ``n_only_first`` and ``n_only_second``: rows with one of the two tags alone.
          If the labels mean the same, the other tag is missing there;
        - ``pearson`` and ``spearman``: correlation of similarity and co-occurrence over
          the pairs, NaN with fewer than 3 of them.

        Labels that never occur, or have a vector of length 0, are left out, with a
        warning. ``to_frame()`` returns a table with a row per pair.

    Raises
    ------
    ValueError
        If ``Y`` holds anything but zeros and ones, or does not fit the vectors or the
        names, or vectors are no table of finite numbers.

    See Also
    --------
    label_vectors : Where the vectors come from.
    label_cooccurrence : Co-occurrence alone.

    Notes
    -----
    Similar vectors are no proof. Two labels that are hard to tell apart *by these
    features* look alike to the model even if they mean different things.

    References
    ----------
    K. Choi, G. Fazekas, K. Cho, M. Sandler, "The Effects of Noisy Labels on Deep CNNs
    for Music Tagging", IEEE TETCI 2(2), 2018, arXiv:1706.02361.

    Examples
    --------
    Two spellings of one property, which taggers never use together:

    >>> import numpy as np
    >>> from sklearn.linear_model import RidgeClassifier
    >>> from sknoisy.multilabel import compare_label_similarity, label_vectors
    >>> rng = np.random.RandomState(0)
    >>> X = rng.normal(size=(1000, 3))
    >>> sung = X[:, 0] > 0
    >>> spelling = rng.uniform(size=1000) < 0.5
    >>> Y = np.column_stack([sung & spelling, sung & ~spelling, X[:, 1] > 0])
    >>> tagger = RidgeClassifier().fit(X, Y.astype(int))
    >>> pairs = compare_label_similarity(
    ...     label_vectors(tagger), Y, label_names=["vocal", "vocals", "loud"]
    ... )
    >>> print(pairs.first[0], pairs.second[0], pairs.cooccurrence[0])
    vocal vocals 0.0
    """
    tags = read_indicator(Y, owner="compare_label_similarity", label_names=label_names)
    similarity = _similarity(vectors, tags)
    counts = tags.counts()
    count = np.diag(counts)
    warn_undefined(
        count == 0,
        tags.names,
        "Co-occurrence is undefined for labels that never occur; they are left out.",
    )
    together = cooccurrence_matrix(counts, tags.n_samples, "cosine")
    # Each pair once, and only where both measures are known.
    i, j = np.nonzero(np.triu(~np.isnan(similarity + together), k=1))
    similarity, together = similarity[i, j], together[i, j]
    places = _percentile(similarity), _percentile(together)
    # Only labels that are similar can be synonyms.
    surprise = np.where(similarity > 0, places[0] - places[1], -np.inf)
    order = np.argsort(-surprise, kind="stable")
    columns = [
        *(tags.names[i], tags.names[j], similarity, places[0], together, places[1]),
        *(count[i] - counts[i, j], count[j] - counts[i, j]),
    ]
    columns = [column[order] for column in columns]
    return SimilarPairs(*columns, *_correlations(similarity, together))


def _similarity(vectors, tags):
    """Return the cosines of the angles between vectors, NaN for one of length 0."""
    vectors = np.asarray(vectors, dtype=float)
    if vectors.ndim != 2 or not np.isfinite(vectors).all():
        raise ValueError(
            "vectors expected a table of shape (n_labels, n_weights) with finite "
            f"numbers, but got shape {vectors.shape}, or NaN or infinity in it. Pass "
            "what label_vectors returns."
        )
    if len(vectors) != tags.n_labels:
        raise ValueError(
            f"vectors expected one for each of {tags.n_labels} labels of Y, but got "
            f"{len(vectors)}. Pass the tags that the model was fitted to."
        )
    # scikit-learn gives them a cosine of 0, which would say "unrelated".
    empty = ~vectors.any(axis=1)
    text = "A vector of length 0 has no direction; these labels are left out."
    warn_undefined(empty, tags.names, text)
    similarity = np.clip(cosine_similarity(vectors), -1, 1)
    similarity[empty] = similarity[:, empty] = np.nan
    return similarity


def _correlations(similarity, together):
    """Return Pearson's and Spearman's correlation, NaN where they are undefined."""
    # Two pairs lie on a line, and equal values have no correlation.
    if len(similarity) < 3 or not np.ptp(similarity) or not np.ptp(together):
        return np.nan, np.nan
    pearson = pearsonr(similarity, together).statistic
    return float(pearson), float(spearmanr(similarity, together).statistic)


def _percentile(values):
    """Return the place of each value among all of them, in (0, 100]."""
    return 100 * rankdata(values) / max(len(values), 1)
