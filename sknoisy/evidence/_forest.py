"""Out-of-bag class shares of randomised trees: evidence without a fit of the base.

Copies of a row are one point and the rows of a group are in or out of bag together, so
that no row and no near relative of it is evidence about its own label.
"""

import numpy as np
from sklearn.tree import ExtraTreeClassifier
from sklearn.utils import check_random_state
from sklearn.utils.parallel import delayed
from sklearn.utils.validation import check_memory

from sknoisy._compat import parallel_as_they_come

# Trees, half of them of either kind in KINDS. With twice as many the AUROC of wrong
# labels is .002 to .006 higher in each family and half (suite parts, "trees:").
N_TREES = 100
# Leaf size and share of the features tried at a split. Which kind ranks better differs
# by set, by up to .08; the mixture is within .005 of the better one in each family
# and half (suite parts, "kinds of trees").
KINDS = ((5, "sqrt"), (3, 0.5))
# Share of the owners in bag, drawn without replacement, and most points in bag: twice
# as many take 1.7 times as long on 20,000 rows (suite parts, "most in bag").
IN_BAG_SHARE = 0.5
MOST_IN_BAG = 4000
# Weight of the class shares beside the votes of all trees, so that none is zero.
PRIOR_VOTES = 0.1
FLOAT32_MAX = np.finfo(np.float32).max


def forest_evidence(inputs):
    """Return the out-of-bag class shares of each row; None without an embedding.

    Parameters
    ----------
    inputs : EvidenceInputs
        Rows, labels and context; the folds are not used.

    Returns
    -------
    ndarray of shape (n_samples, n_classes) or None
        Rows sum to 1.
    """
    Z, labels, context = inputs.embedding, inputs.labels, inputs.context
    if Z is None:
        return None
    owners = labels.points if labels.groups is None else labels.groups
    owners = np.unique(np.asarray(owners), return_inverse=True)[1]
    rows, weights = _distinct_pairs(labels)
    Z = np.clip(Z, -FLOAT32_MAX, FLOAT32_MAX).astype(np.float32)
    seed = 0 if context.random_state is None else context.random_state
    votes = check_memory(context.memory).cache(_votes_of_forest, ignore=["n_jobs"])
    shares = np.bincount(labels.codes, labels.sample_weight, labels.n_classes)
    prior = PRIOR_VOTES * shares / shares.sum()
    return votes(
        Z, labels.codes, prior, rows, weights, owners, seed, n_jobs=context.n_jobs
    )


def _distinct_pairs(labels):
    """Return one row for each pair of point and class that carries weight, and weights.

    In this form copies, rows without weight and the order of the rows leave no trace.
    """
    weighted = np.flatnonzero(labels.sample_weight > 0)
    keys = labels.points[weighted] * labels.n_classes + labels.codes[weighted]
    _, first, pair = np.unique(keys, return_index=True, return_inverse=True)
    return weighted[first], np.bincount(pair, labels.sample_weight[weighted])


def _votes_of_forest(Z, codes, prior, rows, weights, owners, seed, *, n_jobs):
    """Grow all trees and return the class shares of each row out of bag."""
    seeds = check_random_state(seed).randint(np.iinfo(np.int32).max, size=N_TREES)
    # Threads share the rows; whatever their number, votes are added in one order.
    grow = delayed(_votes_of_tree)
    trees = parallel_as_they_come(n_jobs, prefer="threads")(
        grow(Z, codes, rows, weights, owners, KINDS[i % len(KINDS)], seed)
        for i, seed in enumerate(seeds)
    )
    votes = np.tile(prior, (len(Z), 1))
    for outside, classes, proba in trees:
        votes[np.ix_(outside, classes)] += proba
    return votes / votes.sum(axis=1, keepdims=True)


def _votes_of_tree(Z, codes, rows, weights, owners, kind, seed):
    """Grow one tree and return the rows out of bag with their class shares."""
    rng, (leaf, max_features) = np.random.RandomState(seed), kind
    candidates = np.unique(owners[rows])
    # Of few owners at least one stays out of bag.
    n_in_bag = max(1, int(IN_BAG_SHARE * min(len(candidates), 2 * MOST_IN_BAG)))
    in_bag = np.zeros(owners.max() + 1, dtype=bool)
    in_bag[rng.choice(candidates, n_in_bag, replace=False)] = True
    grown, outside = in_bag[owners[rows]], np.flatnonzero(~in_bag[owners])
    tree = ExtraTreeClassifier(
        min_samples_leaf=leaf, max_features=max_features, random_state=rng
    )
    tree.fit(Z[rows[grown]], codes[rows[grown]], weights[grown], check_input=False)
    return outside, tree.classes_, tree.predict_proba(Z[outside], check_input=False)
