"""Which labels are wrong: the decision that follows from the scores."""

import numpy as np

from sknoisy._clean_posterior import clean_posterior
from sknoisy._confident_joint import (
    confident_classes,
    estimated_joint,
    joint_to_transition,
)
from sknoisy._label_margins import block_margins, label_margins, parts_of_rows
from sknoisy._proba import labels_and_table
from sknoisy.quality._lowest import GroupedScores, LowestPairs
from sknoisy.quality._scores import margin_of


def find_label_errors(y, proba, *, rule="both", classes=None, ranked=False):
    r"""Find the labels that out-of-fold probabilities contradict.

    Write :math:`N_{ij}` for the confident joint (see
    :func:`sknoisy.transition.confident_joint`) with columns scaled to the labels
    given: the estimated number of samples of class `i` that are labelled `j`. The
    rules are

    - ``"class"``: among the labels `j`, the :math:`\sum_{i \neq j} N_{ij}` with the
      lowest probability of `j`;
    - ``"noise_rate"``: for each pair of classes, the :math:`N_{ij}` labels `j` with the
      largest :math:`p_i - p_j`;
    - ``"both"``: found by each of these two;
    - ``"confident_joint"``: the samples counted off the diagonal;
    - ``"clean_proba"``: the samples whose most probable true class, given features and
      label, is another than the label.

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

    rule : str, default="both"
        What counts as wrong: "both", "class", "noise_rate", "confident_joint" or
        "clean_proba". The last needs the whole of ``proba`` in memory, the others do
        not.

    classes : array-like of shape (n_classes,), default=None
        Labels that the columns stand for. If None, the sorted labels of ``y``.

    ranked : bool, default=False
        Whether to return row numbers by suspicion instead of a mask.

    Returns
    -------
    ndarray of bool of shape (n_samples,), or of int of shape (n_errors,)
        The mask of wrong labels; with ``ranked=True`` their row numbers, the lowest
        normalised margin first.

    Raises
    ------
    ValueError
        If probabilities are negative, missing, do not sum to 1 or do not fit the
        labels, if columns are named like other classes, if blocks differ in form or
        from one pass to the next, or the rule is unknown.

    TypeError
        If an array of another library does not lie in the memory of the CPU.

    See Also
    --------
    sknoisy.label_quality : The score of each label.
    sknoisy.refinement.ConfidentPruning : Train without the labels found.

    References
    ----------
    C. Northcutt, L. Jiang, I. Chuang, "Confident Learning: Estimating Uncertainty in
    Dataset Labels", Journal of Artificial Intelligence Research 70, 2021, section 3.2.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.model_selection import cross_val_predict
    >>> from sknoisy import find_label_errors
    >>> X, y = load_iris(return_X_y=True)
    >>> y[[3, 70]] = 2
    >>> model = LogisticRegression(max_iter=1000)
    >>> proba = cross_val_predict(model, X, y, method="predict_proba")
    >>> errors = find_label_errors(y, proba, ranked=True)
    >>> int(errors[0])
    3
    """
    if rule not in RULES:
        raise ValueError(
            f"rule expected one of {sorted(RULES)}, but got {rule!r}. 'both' is the "
            "default."
        )
    labels, table = labels_and_table(
        y, proba, owner="find_label_errors", classes=classes
    )
    codes = labels.codes
    wrong = RULES[rule](table, codes, None)
    if not ranked:
        return wrong
    suspects = np.flatnonzero(wrong)
    quality = [
        margin_of(*block_margins(block, codes[rows]))
        for rows, block in table.blocks(suspects)
    ]
    quality = np.concatenate(quality) if quality else np.empty(0)
    return suspects[np.argsort(quality, kind="stable")]


def wrong_by_class(proba, codes, weights):
    """Return the least probable labels of each class, as many as are estimated."""
    read = label_margins(proba, codes)
    joint = estimated_joint(read, codes, weights)
    scores = GroupedScores(codes, read.given, len(joint), weights)
    return scores.lowest(_wrong_of_each_label(joint))


def wrong_by_noise_rate(proba, codes, weights):
    """Return for each pair of classes the clearest cases, as many as are estimated.

    The lead over a class is at most the probability of the label. Where the label has
    probability b or less in so many rows that they exceed the budget of a pair, leads
    above b are not among the lowest, so that few rows have to be read again.
    """
    read = label_margins(proba, codes)
    joint = estimated_joint(read, codes, weights)
    scores = GroupedScores(codes, read.given, len(joint), weights)
    pairs = _pairs_of_classes(joint)
    bounds = _bounds_of_pairs(scores, pairs)
    return _lowest_of_pairs(read, codes, weights, pairs, bounds)


def wrong_by_both(proba, codes, weights):
    """Return the labels found by class and by noise rate."""
    read = label_margins(proba, codes)
    joint = estimated_joint(read, codes, weights)
    scores = GroupedScores(codes, read.given, len(joint), weights)
    by_class = scores.lowest(_wrong_of_each_label(joint))
    pairs = _pairs_of_classes(joint)
    bounds = _bounds_of_pairs(scores, pairs)
    # The scores are as large as all that is kept of the rows.
    del scores
    return by_class & _lowest_of_pairs(read, codes, weights, pairs, bounds)


def wrong_by_confident_joint(proba, codes, weights):
    """Return the samples counted for another class than their label."""
    counted = confident_classes(codes, proba, weights)
    return (counted >= 0) & (counted != codes)


def wrong_by_clean_proba(proba, codes, weights):
    """Return the labels that are not the most probable true class."""
    read = label_margins(proba, codes)
    T = joint_to_transition(estimated_joint(read, codes, weights))
    # The strength of the votes is chosen on all rows at once, in memory.
    posterior = clean_posterior(read.table.to_array(), T, codes, weights=weights)
    return posterior.argmax(axis=1) != codes


def _wrong_of_each_label(joint):
    """Return the estimated weight of the wrong ones among the samples of each label."""
    return joint.sum(axis=0) - np.diag(joint)


def _pairs_of_classes(joint):
    """Return label, other class and estimated weight of each pair that has any."""
    wrong = joint.copy()
    np.fill_diagonal(wrong, 0)
    place = np.flatnonzero(wrong)
    other, label = np.divmod(place, len(joint))
    return label, other, wrong.ravel()[place]


def _bounds_of_pairs(scores, pairs):
    """Return for each label and other class a bound of the leads that can be wrong."""
    label, other, budgets = pairs
    shape = (scores.n_groups, scores.n_groups)
    bounds = np.full(shape, -np.inf, dtype=scores.sorted.dtype)
    bounds[label, other] = scores.exceeding(budgets, label)
    return bounds


def _lowest_of_pairs(read, codes, weights, pairs, bounds):
    """Return the labels of lowest lead over another class, for each pair of classes."""
    label, other, budgets = pairs
    number = np.zeros(bounds.shape, dtype=np.min_scalar_type(len(label)))
    number[label, other] = np.arange(len(label))
    near, largest = np.empty(len(codes), dtype=bool), bounds.max(axis=1)
    for rows in parts_of_rows(len(codes)):
        near[rows] = read.given[rows] - read.other[rows] <= largest[codes[rows]]
    lowest = LowestPairs(budgets, weights)
    for rows, block in read.table.blocks(np.flatnonzero(near)):
        given, labels = read.given[rows, None], codes[rows]
        leads = np.subtract(given, block, out=block)
        # A search in one dimension takes a fifth of the time of one in two.
        found = np.flatnonzero(leads <= bounds[labels])
        row, column = np.divmod(found, len(bounds))
        lowest.add(number[labels[row], column], leads.ravel()[found], rows[row])
        if lowest.is_full:
            lower = np.minimum(bounds[label, other], lowest.drop_excess())
            bounds[label, other] = lower
    wrong = np.zeros(len(codes), dtype=bool)
    wrong[lowest.rows()] = True
    return wrong


RULES = {
    "both": wrong_by_both,
    "class": wrong_by_class,
    "noise_rate": wrong_by_noise_rate,
    "confident_joint": wrong_by_confident_joint,
    "clean_proba": wrong_by_clean_proba,
}
