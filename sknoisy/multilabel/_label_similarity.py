"""Labels that are alike to a model and apart in the tags: synonyms, missing tags."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import pearsonr, rankdata, spearmanr

from sknoisy._indicator import read_indicator
from sknoisy.multilabel._label_vectors import label_vector_similarity
from sknoisy.multilabel._occurrence import cooccurrence_matrix
from sknoisy.multilabel._result import Result, square_frame, warn_undefined

MEASURES = ("cosine", "jaccard", "lift")


@dataclass(frozen=True)
class SimilarPairs(Result):
    """What :meth:`LabelSimilarity.pairs` returns."""

    first: np.ndarray
    second: np.ndarray
    similarity: np.ndarray
    similarity_percentile: np.ndarray
    cooccurrence: np.ndarray
    cooccurrence_percentile: np.ndarray
    n_only_first: np.ndarray
    n_only_second: np.ndarray


@dataclass(frozen=True)
class LabelSimilarity(Result):
    """What :func:`compare_label_similarity` returns."""

    label_names: np.ndarray
    similarity: np.ndarray
    cooccurrence: np.ndarray
    count: np.ndarray
    pair_count: np.ndarray
    pearson: float
    spearman: float

    def to_frame(self):
        """Return the similarities as a data frame.

        Returns
        -------
        DataFrame of shape (n_labels, n_labels)
            Rows and columns carry the names of the labels.
        """
        return square_frame(self.similarity, self.label_names)

    def pairs(self, n_pairs=10, *, by="surprise"):
        """Return the pairs of labels that stand out.

        Parameters
        ----------
        n_pairs : int, default=10
            How many pairs to return at most.

        by : str, default="surprise"
            "surprise" lists pairs with a similarity above 0, those first whose place
            among all pairs by similarity is furthest above their place by
            co-occurrence; "similarity" lists the most similar pairs.

        Returns
        -------
        SimilarPairs
            A record of arrays of shape (n_pairs,): ``first`` and ``second`` (names),
            ``similarity`` and ``cooccurrence`` with their percentiles among all pairs,
            ``n_only_first`` and ``n_only_second``, the numbers of rows with one of the
            two tags alone: where the labels mean the same, the other tag is missing
            there.

        Raises
        ------
        ValueError
            If ``by`` is unknown.
        """
        first, second, similarity, together = _known_pairs(self)
        places = _percentile(similarity), _percentile(together)
        surprise = np.where(similarity > 0, places[0] - places[1], -np.inf)
        order_by = {"surprise": surprise, "similarity": similarity}
        if by not in order_by:
            raise ValueError(
                f"by expected one of {sorted(order_by)}, but got {by!r}. 'surprise' "
                "is the default."
            )
        n_pairs = min(n_pairs, np.isfinite(order_by[by]).sum())
        best = np.argsort(-order_by[by], kind="stable")[:n_pairs]
        i, j = first[best], second[best]
        return SimilarPairs(
            first=self.label_names[i],
            second=self.label_names[j],
            similarity=similarity[best],
            similarity_percentile=places[0][best],
            cooccurrence=together[best],
            cooccurrence_percentile=places[1][best],
            n_only_first=self.count[i] - self.pair_count[i, j],
            n_only_second=self.count[j] - self.pair_count[i, j],
        )


def compare_label_similarity(vectors, Y, *, normalize="cosine", label_names=None):
    """Compare what labels are to a model with how often they occur together.

    A model that learns from noisy tags sees through some of the noise: two labels for
    one property get the same vector even if no tagger ever uses both. Pairs of labels
    that are close to the model but rarely come together are either synonyms or a hint
    at missing tags.

    Parameters
    ----------
    vectors : array-like of shape (n_labels, n_weights)
        A vector per label, see :func:`label_vectors`.

    Y : array-like, sparse matrix or frame of shape (n_samples, n_labels)
        Tags, zeros and ones, with the labels in the same order.

    normalize : str, default="cosine"
        Measure of co-occurrence without a direction: "cosine", "jaccard" or "lift",
        see :func:`label_cooccurrence`.

    label_names : array-like of shape (n_labels,), default=None
        Names of the labels. If None, the columns of a frame, else 0, 1, 2, ...

    Returns
    -------
    LabelSimilarity
        A record with

        - ``label_names``;
        - ``similarity`` and ``cooccurrence``, of shape (n_labels, n_labels), NaN for a
          vector of length 0 and a label that never occurs, with a warning;
        - ``count``, of shape (n_labels,), and ``pair_count``, of shape (n_labels,
          n_labels): numbers of rows;
        - ``pearson`` and ``spearman``: correlation of similarity and co-occurrence over
          all pairs of different labels, NaN with fewer than 3 pairs.

        ``pairs(n_pairs, by="surprise")`` lists candidates for synonyms and missing
        tags; ``to_frame()`` returns the similarities with their names.

    Raises
    ------
    ValueError
        If ``Y`` holds anything but zeros and ones, or does not fit the vectors or the
        names, or ``normalize`` is unknown.

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
    K. Choi, G. Fazekas, K. Cho, M. Sandler, "The Effects of Noisy Labels on Deep
    Convolutional Neural Networks for Music Tagging", IEEE Transactions on Emerging
    Topics in Computational Intelligence 2(2), 2018.

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
    >>> report = compare_label_similarity(
    ...     label_vectors(tagger), Y, label_names=["vocal", "vocals", "loud"]
    ... )
    >>> pair = report.pairs(1)
    >>> print(pair.first[0], pair.second[0], pair.cooccurrence[0])
    vocal vocals 0.0
    """
    if normalize not in MEASURES:
        raise ValueError(
            f"normalize expected one of {', '.join(MEASURES)}, since similarity has no "
            f"direction, but got {normalize!r}. 'cosine' is the default."
        )
    tags = read_indicator(Y, owner="compare_label_similarity", label_names=label_names)
    if len(vectors) != tags.n_labels:
        raise ValueError(
            f"vectors expected one for each of {tags.n_labels} labels of Y, but got "
            f"{len(vectors)}. Pass the tags that the model was fitted to."
        )
    similarity = label_vector_similarity(vectors, label_names=tags.names)
    counts = tags.counts()
    count = np.diag(counts).copy()
    warn_undefined(
        count == 0,
        tags.names,
        "Co-occurrence is undefined, and NaN, for labels that never occur.",
    )
    together = cooccurrence_matrix(counts, tags.n_samples, normalize)
    report = LabelSimilarity(
        tags.names, similarity, together, count, counts, np.nan, np.nan
    )
    return _with_correlations(report)


def _known_pairs(report):
    """Return the two labels, the similarity and the co-occurrence of each pair."""
    known = ~np.isnan(report.similarity) & ~np.isnan(report.cooccurrence)
    first, second = np.nonzero(np.triu(known, k=1))
    pairs = first, second
    return first, second, report.similarity[pairs], report.cooccurrence[pairs]


def _with_correlations(report):
    """Return the report with the correlations over its pairs."""
    _, _, similarity, together = _known_pairs(report)
    if len(similarity) < 3 or not np.ptp(similarity) or not np.ptp(together):
        return report
    return LabelSimilarity(
        **{
            **report.to_dict(),
            "pearson": float(pearsonr(similarity, together).statistic),
            "spearman": float(spearmanr(similarity, together).statistic),
        }
    )


def _percentile(values):
    """Return the place of each value among all of them, in (0, 100]."""
    return 100 * rankdata(values) / max(len(values), 1)
