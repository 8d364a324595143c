"""Label quality scores in closed form."""

import numpy as np

from sknoisy._label_margins import block_confidence, block_margins
from sknoisy._proba import labels_and_table
from sknoisy._proba_table import table_of_array

# Distance of a probability from 0 and 1 in logarithms: below any that a model means.
TINY = 1e-12


def label_quality(y, proba, *, method="normalized_margin", classes=None):
    r"""Score how believable each label is, from out-of-fold probabilities.

    Write :math:`p_i` for the probabilities of row `i` and :math:`\tilde y_i` for its
    label. The scores are

    - ``"self_confidence"``: :math:`p_{i\tilde y_i}`;
    - ``"normalized_margin"``:
      :math:`(p_{i\tilde y_i} - \max_{k \neq \tilde y_i} p_{ik} + 1) / 2`;
    - ``"confidence_weighted_entropy"``: :math:`a_i / (1 + a_i)` with
      :math:`a_i = -p_{i\tilde y_i}\log K / (H(p_i)\log p_{i\tilde y_i})`, where
      :math:`H` is the entropy: a low score means a model that is sure of another class.

    Parameters
    ----------
    y : array-like of shape (n_samples,) or None
        Labels. None where the blocks of ``proba`` bring their own.

    proba : array-like of shape (n_samples, n_classes), iterable of blocks or callable
        Probabilities by a model that has not seen the label of the row. Rows sum to 1.
        The columns of a frame are matched by name where they are named like the
        classes. An array is read in blocks and never copied, so that it may lie in a
        mapped file, be a dask array or a tensor of torch on the CPU. Blocks are arrays
        of consecutive rows, or pairs of labels and array; they are read at least twice,
        so that instead of a generator the function that makes it is passed.

    method : str, default="normalized_margin"
        The score: "normalized_margin", "self_confidence" or
        "confidence_weighted_entropy".

    classes : array-like of shape (n_classes,), default=None
        Labels that the columns stand for. If None, the sorted labels of ``y``.

    Returns
    -------
    ndarray of shape (n_samples,)
        Scores in [0, 1], in the precision of ``proba``; a higher score is a more
        believable label.

    Raises
    ------
    ValueError
        If probabilities are negative, missing, do not sum to 1 or do not fit the
        labels, if columns are named like other classes, if blocks differ in form or
        from one pass to the next, or the method is unknown.

    TypeError
        If an array of another library does not lie in the memory of the CPU.

    See Also
    --------
    find_label_errors : Decide which labels are wrong.
    ModelConfidence : The same, with the probabilities made by cross-validation.

    References
    ----------
    C. Northcutt, L. Jiang, I. Chuang, "Confident Learning: Estimating Uncertainty in
    Dataset Labels", Journal of Artificial Intelligence Research 70, 2021.

    J. Kuan, J. Mueller, "Model-agnostic label quality scoring to detect real-world
    label errors", ICML DataPerf workshop, 2022.

    Examples
    --------
    >>> from sknoisy import label_quality
    >>> proba = [[0.9, 0.1], [0.2, 0.8], [0.7, 0.3]]
    >>> label_quality(["cat", "cat", "dog"], proba)
    array([0.9, 0.2, 0.3])
    """
    if method not in SCORES:
        raise ValueError(
            f"method expected one of {sorted(SCORES)}, but got {method!r}. "
            "'normalized_margin' is the default."
        )
    labels, table = labels_and_table(y, proba, owner="label_quality", classes=classes)
    return scores_of_table(table, labels.codes, BLOCK_SCORES[method])


def scores_of_table(table, codes, score):
    """Return the score of each label of a table that is read block by block."""
    quality = np.empty(len(codes), dtype=table.dtype)

    def score_rows(rows, block):
        quality[rows] = score(block, codes[rows])

    table.for_each_block(score_rows)
    return quality


def normalized_margin(proba, codes):
    """Return the lead of the label given over the best other, mapped to [0, 1]."""
    return scores_of_table(table_of_array(proba), codes, _margin)


def self_confidence(proba, codes):
    """Return the probability of the label given."""
    return proba[np.arange(len(codes)), codes]


def confidence_weighted_entropy(proba, codes):
    """Return self-confidence over entropy, mapped to [0, 1]."""
    return scores_of_table(table_of_array(proba), codes, _weighted_entropy)


def margin_of(given, other):
    """Map the lead of a probability over its strongest rival to [0, 1]."""
    return (given - other + 1) / 2


def _margin(block, codes):
    return margin_of(*block_margins(block, codes))


def _weighted_entropy(block, codes):
    # In single precision a certain label would be as far as 6e-8 from 1 or not at all.
    block = block.astype(np.float64)
    given = np.clip(block_confidence(block, codes), TINY, 1 - TINY)
    inside = np.clip(block, TINY, 1)
    entropy = np.maximum(-(inside * np.log(inside)).sum(axis=1), TINY)
    ratio = -given * np.log(block.shape[1]) / (entropy * np.log(given))
    return ratio / (1 + ratio)


# Scores of a whole array, which is left alone.
SCORES = {
    "self_confidence": self_confidence,
    "normalized_margin": normalized_margin,
    "confidence_weighted_entropy": confidence_weighted_entropy,
}
# The same of a contiguous block, which may be overwritten.
BLOCK_SCORES = {
    "self_confidence": block_confidence,
    "normalized_margin": _margin,
    "confidence_weighted_entropy": _weighted_entropy,
}
