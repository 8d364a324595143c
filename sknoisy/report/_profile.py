"""How single columns go with the labels: what gives them away, what speaks against.

Each column is cut into bins, and how often each label is given in each bin is counted.
"""

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer

from sknoisy.report._columns import KINDS
from sknoisy.report._errors import need

# Bins of a column of numbers: so many rows each, and at most so many bins, so that a
# threshold between two labels errs by half a bin. Rules of thumb.
_ROWS_PER_BIN, _MOST_BINS = 10, 256
# Rows for which it is looked up what speaks against the label, the first ones by
# suspicion: more than anybody reads.
EXPLAINED_ROWS = 2000
# Columns that are named for a row, and words of a text.
N_AGAINST, _N_WORDS = 3, 3
_MAX_WORDS = 20_000


def bin_columns(columns):
    """Return the bin of each row in each column that has any.

    Parameters
    ----------
    columns : list of Column
        The columns.

    Returns
    -------
    dict of str to ndarray of int of shape (n_rows,)
        Bins from 0 by name: quantiles of numbers and dates, the values of categories
        and of texts that recur. Rows without a value are a bin of their own.
    """
    pandas, bins = need("pandas"), {}
    for column in columns:
        if column.kind in ("number", "date"):
            bins[column.name] = _quantile_bins(column.values)
        elif column.kind == "category" or (
            column.kind == "text" and 2 * column.n_distinct <= len(column.values)
        ):
            bins[column.name] = pandas.factorize(column.values)[0]
    return bins


def _quantile_bins(values):
    """Return bins of about equal size; equal values share one."""
    pandas = need("pandas")
    if values.dtype.kind == "M":
        values = (values - pandas.Timestamp(0)).dt.total_seconds()
    numbers = values.to_numpy(dtype=float)
    known = np.isfinite(numbers)
    distinct = np.unique(numbers[known])
    n_bins = int(np.clip(known.sum() // _ROWS_PER_BIN, 2, _MOST_BINS))
    if len(distinct) > n_bins:
        inner = np.arange(1, n_bins) / n_bins
        distinct = np.unique(np.quantile(numbers[known], inner, method="higher"))
    bins = np.zeros(len(numbers), dtype=np.intp)
    bins[known] = 1 + np.searchsorted(distinct, numbers[known], side="right")
    return bins


def agreement(bins, codes, n_classes):
    """Return the share of labels that the bins of a column predict.

    The label of a row is predicted by the most frequent one among the other rows of its
    bin, so that a column with a value a row predicts nothing.

    Parameters
    ----------
    bins : ndarray of int of shape (n_rows,)
        Bins.

    codes : ndarray of int of shape (n_rows,)
        Labels.

    n_classes : int
        Number of classes.

    Returns
    -------
    float
        Share in [0, 1]. Ties predict nothing.
    """
    counts = _counts(bins, codes, n_classes)
    top = np.sort(counts, axis=1)[:, -2:]
    is_top = counts == top[:, [1]]
    other = np.where(is_top, top[:, [0]], top[:, [1]])
    return float(counts[counts - 1 > other].sum() / len(codes))


def _counts(bins, codes, n_classes):
    """Return how often each label is given in each bin, shape (n_bins, n_classes)."""
    n_bins = bins.max() + 1
    flat = np.bincount(bins * n_classes + codes, minlength=n_bins * n_classes)
    return flat.reshape(n_bins, n_classes).astype(float)


def speaking_against(columns, bins, codes, rivals, rows):
    r"""Return which columns speak most against the labels of some rows.

    The value `b` of a column speaks for the class `r` against the label `j` by

    .. math:: \log \frac{(n_{br} + 1) / (n_r + B)}{(n_{bj} + 1) / (n_j + B)},

    where :math:`n_{bk}` of the :math:`n_k` rows with label `k` fall into the bin `b` of
    `B`: the evidence of naive Bayes. A text speaks by its words, the strongest first.

    Parameters
    ----------
    columns : list of Column
        The columns.

    bins : dict of str to ndarray of int of shape (n_rows,)
        What :func:`bin_columns` returned.

    codes, rivals : ndarray of int of shape (n_rows,)
        Labels, and the class that each row more likely is of.

    rows : ndarray of int
        The rows, the first ones by suspicion.

    Returns
    -------
    names : ndarray of object of shape (len(rows), 3)
        Names of columns, the strongest first; "" for none.

    words : ndarray of object of shape (len(rows),)
        Words of texts that speak against the label, separated by ", ".
    """
    n_classes = 1 + max(codes.max(), rivals.max())
    first = rows[:EXPLAINED_ROWS]
    scores, names = [], []
    words = np.full(len(rows), "", dtype=object)
    for column in columns:
        if column.kind == "text":
            score, found = _score_words(column.values, codes, rivals, first, n_classes)
            words[: len(first)] = _joined(words[: len(first)], found)
        elif column.kind in KINDS:
            in_bin = bins[column.name]
            log_share = _log_share(_counts(in_bin, codes, n_classes))
            value = log_share[in_bin[first]]
            at = np.arange(len(first))
            score = value[at, rivals[first]] - value[at, codes[first]]
        else:
            continue
        scores.append(score)
        names.append(column.name)
    against = np.full((len(rows), N_AGAINST), "", dtype=object)
    if names:
        table = np.column_stack(scores)
        order = np.argsort(-table, axis=1, kind="stable")[:, :N_AGAINST]
        speaks = np.take_along_axis(table, order, axis=1) > 0
        found = np.where(speaks, np.asarray(names, dtype=object)[order], "")
        against[: len(first), : order.shape[1]] = found
    return against, words


def _log_share(counts):
    """Return logarithms of the smoothed share of each label that is in each bin."""
    return np.log((counts + 1) / (counts.sum(axis=0) + len(counts)))


def _score_words(texts, codes, rivals, rows, n_classes):
    """Return how strongly the first words speak against labels, and the words."""
    vectorizer = CountVectorizer(
        binary=True, min_df=2, max_features=_MAX_WORDS, token_pattern=r"(?u)\b\w\w+\b"
    )
    try:
        terms = vectorizer.fit_transform(texts)
    except ValueError:
        # No word occurs twice.
        return np.zeros(len(rows)), [""] * len(rows)
    one_hot = np.eye(n_classes)[codes]
    share = (terms.T @ one_hot + 1) / (np.bincount(codes, minlength=n_classes) + 2)
    log_share, vocabulary = np.log(share), vectorizer.get_feature_names_out()
    scores, found = np.zeros(len(rows)), []
    for place, row in enumerate(rows):
        held = terms.indices[terms.indptr[row] : terms.indptr[row + 1]]
        score = log_share[held, rivals[row]] - log_share[held, codes[row]]
        order = np.argsort(-score, kind="stable")[:_N_WORDS]
        order = order[score[order] > 0]
        scores[place] = score[order[0]] if len(order) else 0.0
        found.append(", ".join(vocabulary[held[order]]))
    return scores, found


def _joined(first, second):
    """Return texts joined by a comma, row by row."""
    pairs = zip(first, second, strict=True)
    return [", ".join(filter(None, pair)) for pair in pairs]
