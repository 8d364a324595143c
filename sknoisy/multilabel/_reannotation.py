"""Which entries to annotate again, and with which probability each was drawn."""

from dataclasses import dataclass
from numbers import Integral

import numpy as np
from sklearn.utils import check_random_state

from sknoisy._indicator import read_indicator
from sknoisy.multilabel._result import Result


@dataclass(frozen=True)
class ReannotationSample(Result):
    """What :func:`reannotation_sample` returns."""

    row: np.ndarray
    label: np.ndarray
    label_code: np.ndarray
    tagged: np.ndarray
    sampling_proba: np.ndarray


def reannotation_sample(
    Y, *, n_per_stratum=100, labels=None, label_names=None, random_state=None
):
    """Draw entries of a table of tags to be annotated again.

    For each label, rows that have it and rows that lack it are drawn apart, so that a
    rare label gets as many of each as a frequent one. The sampling probability of each
    entry lets :func:`estimate_label_quality` scale the findings to all rows.

    Parameters
    ----------
    Y : array-like, sparse matrix or frame of shape (n_samples, n_labels)
        Zeros and ones. One dimension is one label.

    n_per_stratum : int or tuple of (int, int), default=100
        How many rows to draw, for each label, among those with the tag and among those
        without; a tuple gives the two numbers in this order. A stratum with fewer
        rows is taken whole.

    labels : array-like, default=None
        Names of the labels to annotate. If None, all of them.

    label_names : array-like of shape (n_labels,), default=None
        Names of the labels. If None, the columns of a frame, else 0, 1, 2, ...

    random_state : int, RandomState instance or None, default=None
        Seed of the draw. Pass an int for the same entries at every call.

    Returns
    -------
    ReannotationSample
        A record of arrays of shape (n_entries,), in random order within each label so
        that the annotator cannot guess what had been tagged:

        - ``row``: number of the row in ``Y``;
        - ``label``: name of the label to decide on there;
        - ``label_code``: number of its column;
        - ``tagged``: whether the row has the tag in ``Y``; hide it from the annotator;
        - ``sampling_proba``: probability with which the entry was drawn, in (0, 1].

    Raises
    ------
    ValueError
        If ``Y`` holds anything but zeros and ones, is empty, or does not fit the names,
        a label is unknown, or a number to draw is negative.

    See Also
    --------
    estimate_label_quality : What the new annotation says about all rows.

    Notes
    -----
    The untagged stratum decides how well the tagability is known. With 3 % of the rows
    tagged, every missing tag found among 100 untagged rows stands for a third as many
    missing tags as there are tags in all, so draw more of them where it matters:
    ``n_per_stratum=(100, 400)``.

    References
    ----------
    K. Choi, G. Fazekas, K. Cho, M. Sandler, "The Effects of Noisy Labels on Deep CNNs
    for Music Tagging", IEEE TETCI 2(2), 2018, arXiv:1706.02361.

    Examples
    --------
    >>> import numpy as np
    >>> from sknoisy.multilabel import reannotation_sample
    >>> Y = np.zeros((1000, 2), dtype=int)
    >>> Y[:50, 0] = Y[:400, 1] = 1
    >>> sample = reannotation_sample(Y, n_per_stratum=20, random_state=0)
    >>> len(sample)
    80
    >>> np.unique(sample.sampling_proba[sample.label_code == 0])  # 20/950 and 20/50
    array([0.02105263, 0.4       ])
    """
    tags = read_indicator(Y, owner="reannotation_sample", label_names=label_names)
    sizes = _check_sizes(n_per_stratum)
    rng = check_random_state(random_state)
    codes = _find_labels(labels, tags.names)
    drawn = [_draw_label(tags.column(k), sizes, rng) for k in codes]
    row, tagged, proba = (np.concatenate(part) for part in zip(*drawn, strict=True))
    code = np.repeat(codes, [len(part[0]) for part in drawn])
    return ReannotationSample(row, tags.names[code], code, tagged, proba)


def _check_sizes(n_per_stratum):
    """Return the number of tagged and of untagged rows to draw."""
    # One number is for both strata.
    pair = n_per_stratum
    if isinstance(pair, Integral):
        pair = (pair, pair)
    right = isinstance(pair, tuple | list) and len(pair) == 2
    if not right or not all(isinstance(n, Integral) and n >= 0 for n in pair):
        raise ValueError(
            "n_per_stratum expected an int from 0, or two of them for rows with and "
            f"without the tag, but got {n_per_stratum!r}. Pass for example (100, 400)."
        )
    return pair


def _find_labels(labels, names):
    """Return the numbers of the labels asked for."""
    if labels is None:
        return np.arange(len(names))
    position = {name: k for k, name in enumerate(names.tolist())}
    asked = np.atleast_1d(np.asarray(labels, dtype=object)).tolist()
    unknown = [one for one in asked if one not in position]
    if unknown or not asked:
        raise ValueError(
            "labels expected at least one of the names of the labels, but got "
            f"{unknown[:5] or 'none'}. The first of {len(names)} names here are "
            f"{names[:5].tolist()}; pass label_names to give them others."
        )
    return np.array([position[one] for one in asked])


def _draw_label(column, sizes, rng):
    """Return rows, tags and sampling probabilities for one label, shuffled."""
    # A stratum that is smaller than asked for is taken whole, with probability 1.
    parts = []
    for value, size in zip((True, False), sizes, strict=True):
        stratum = np.flatnonzero(column == value)
        n_drawn = min(size, len(stratum))
        rows = rng.choice(stratum, n_drawn, replace=False)
        parts.append((rows, np.full(n_drawn, n_drawn / max(len(stratum), 1))))
    rows = np.concatenate([rows for rows, _ in parts])
    proba = np.concatenate([proba for _, proba in parts])
    # Otherwise the annotator would see all tagged rows first.
    order = rng.permutation(len(rows))
    return rows[order], column[rows[order]], proba[order]
