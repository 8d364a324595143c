"""Out-of-bag class shares of randomised trees: evidence without a fit of the base.

Copies of a row are one point and the rows of a group are in or out of bag together, so
that no row and no near relative of it is evidence about its own label.
"""

import warnings

import numpy as np
from sklearn.tree import ExtraTreeClassifier
from sklearn.utils import check_random_state
from sklearn.utils.parallel import delayed
from sklearn.utils.validation import check_memory

from sknoisy._compat import parallel_as_they_come

# Trees at least, half of them of either kind in KINDS. With twice as many the AUROC of
# wrong labels is .002 to .007 higher in each family and half (suite parts, "trees:").
N_TREES = 100
# Votes out of bag that a row has from trees which have not seen the labels of a fold on
# which an action is checked; these trees are some of those above, or more of them.
VOTES_WITHOUT_FOLD = 50
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
# Trees of one task. A task sends back one table of votes however many trees it has, so
# that on the workers of a cluster few trees a task take longer to send than to grow.
TREES_A_TASK = 5
FLOAT32_MAX = np.finfo(np.float32).max


def forest_evidence(inputs):
    """Return the out-of-bag class shares of each row; None without an embedding.

    Parameters
    ----------
    inputs : EvidenceInputs
        Rows, labels, context and the folds of the check.

    Returns
    -------
    ndarray of shape (n_samples, n_classes) or None
        Rows sum to 1.
    """
    if inputs.embedding is None:
        return None
    return _with_prior(inputs.forest_votes[0], inputs.labels)


def forest_evidence_without(number, inputs, labels):
    """Return evidence about the rows that a fold trains on from their labels alone.

    Parameters
    ----------
    number : int
        Which of the folds of the check.

    inputs : EvidenceInputs
        Rows, labels, context and the folds of the check, with an embedding.

    labels : NoisyLabels
        The labels of these rows.

    Returns
    -------
    ndarray of shape (n_train, n_classes)
        Rows sum to 1.
    """
    train = inputs.checked_folds[number][0]
    return _with_prior(inputs.forest_votes[1 + number][train], labels)


def grow_forest(inputs):
    """Return the votes of the trees out of bag, and of those without each fold.

    Parameters
    ----------
    inputs : EvidenceInputs
        Rows, labels, context and the folds of the check, with an embedding.

    Returns
    -------
    list of ndarray of shape (n_samples, n_classes)
        Sums of class shares: of all trees, then of those without each fold.
    """
    labels, context, folds = inputs.labels, inputs.context, inputs.checked_folds
    owners = labels.points if labels.groups is None else labels.groups
    owners = np.unique(np.asarray(owners), return_inverse=True)[1]
    Z = np.clip(inputs.embedding, -FLOAT32_MAX, FLOAT32_MAX).astype(np.float32)
    samples = [_distinct_pairs(labels, owners, slice(None))]
    samples += [_distinct_pairs(labels, owners, train) for train, _ in folds]
    numbers = []
    for number, (_, _, candidates) in enumerate(samples[1:], start=1):
        out_of_bag = 1 - min(IN_BAG_SHARE, MOST_IN_BAG / len(candidates))
        numbers += [number] * int(np.ceil(VOTES_WITHOUT_FOLD / out_of_bag))
    numbers += [0] * (N_TREES - len(numbers))
    seed = 0 if context.random_state is None else context.random_state
    grow = check_memory(context.memory).cache(_votes_of_trees, ignore=["n_jobs"])
    return grow(
        Z, labels.codes, labels.n_classes, owners, samples, numbers, seed,
        n_jobs=context.n_jobs,
    )  # fmt: skip


def _votes_of_trees(Z, codes, n_classes, owners, samples, numbers, seed, *, n_jobs):
    """Grow a tree on each of the samples named by number, and add up their votes."""
    seeds = check_random_state(seed).randint(np.iinfo(np.int32).max, size=len(numbers))
    tasks = []
    for number in sorted(set(numbers)):
        trees = [
            (KINDS[i % len(KINDS)], seeds[i])
            for i, n in enumerate(numbers)
            if n == number
        ]
        for start in range(0, len(trees), TREES_A_TASK):
            tasks.append((number, trees[start : start + TREES_A_TASK]))
    votes = [np.zeros((len(Z), n_classes)) for _ in samples]
    with warnings.catch_warnings():
        # With few rows a class scikit-learn takes the codes for a regression.
        warnings.filterwarnings("ignore", "The number of unique classes is greater")
        # Threads share the rows; whatever their number, votes are added in one order.
        # As arguments the rows are sent once to each worker of a cluster.
        parts = parallel_as_they_come(n_jobs, prefer="threads")(
            delayed(_votes_of_task)(
                Z, codes, n_classes, owners, *samples[number], trees
            )
            for number, trees in tasks
        )
        for (number, _), part in zip(tasks, parts, strict=True):
            for table in {0, number}:
                votes[table] += part
    return votes


def _votes_of_task(Z, codes, n_classes, owners, rows, weights, candidates, trees):
    """Grow some of the trees, and add up their votes."""
    votes = np.zeros((len(Z), n_classes))
    for kind, seed in trees:
        classes, proba = _votes_of_tree(
            Z, codes, owners, rows, weights, candidates, kind, seed
        )
        votes[:, slice(None) if len(classes) == n_classes else classes] += proba
    return votes


def _with_prior(votes, labels):
    """Return class shares from votes, none of them zero."""
    shares = np.bincount(labels.codes, labels.sample_weight, labels.n_classes)
    votes = votes + PRIOR_VOTES * shares / shares.sum()
    return votes / votes.sum(axis=1, keepdims=True)


def _distinct_pairs(labels, owners, train):
    """Return one row for each pair of point and class that carries weight.

    In this form copies, rows without weight and the order of the rows leave no trace.
    With it the weight of each pair, and the owners that trees draw from.
    """
    rows = np.arange(labels.n_samples)[train]
    rows = rows[labels.sample_weight[rows] > 0]
    keys = labels.points[rows] * labels.n_classes + labels.codes[rows]
    _, first, pair = np.unique(keys, return_index=True, return_inverse=True)
    weights = np.bincount(pair, labels.sample_weight[rows])
    return rows[first], weights, np.unique(owners[rows])


def _votes_of_tree(Z, codes, owners, rows, weights, candidates, kind, seed):
    """Grow one tree and return its classes and their shares, 0 for rows in bag."""
    rng, (leaf, max_features) = np.random.RandomState(seed), kind
    # Of few owners at least one stays out of bag.
    n_in_bag = max(1, int(IN_BAG_SHARE * min(len(candidates), 2 * MOST_IN_BAG)))
    in_bag = np.zeros(owners.max() + 1, dtype=bool)
    in_bag[rng.choice(candidates, n_in_bag, replace=False)] = True
    in_bag = in_bag[owners]
    grown = rows[in_bag[rows]]
    tree = ExtraTreeClassifier(
        min_samples_leaf=leaf, max_features=max_features, random_state=rng
    )
    tree.fit(Z[grown], codes[grown], weights[in_bag[rows]], check_input=False)
    # To predict all rows takes less time than to pick out those out of bag.
    proba = tree.predict_proba(Z, check_input=False)
    proba[in_bag] = 0
    return tree.classes_, proba
