"""The lowest scores of each of many groups, as many as a budget of weight allows.

Rows of equal score are taken or left together, so that the order of the rows and
writing one twice make no difference.
"""

import numpy as np

# Rounding of sums of weights, relative to a budget: far above that of a million
# additions, far below half the weight of a row.
ROUNDING = 1e-9
# Leads that are kept, 24 MB, before those are dropped that cannot be among the lowest.
KEPT_ENTRIES = 2**20


def lowest_of_groups(groups, scores, budgets, mass=None, *, part=0.5):
    """Return the mask of the entries of lowest score whose weight fits the budget.

    Parameters
    ----------
    groups : ndarray of int of shape (n_entries,)
        Group of each entry.

    scores : ndarray of shape (n_entries,)
        Scores.

    budgets : ndarray of shape (n_groups,)
        Weight that may be taken of each group.

    mass : ndarray of shape (n_entries,), default=None
        Weights of the entries. If None, each weighs 1.

    part : float, default=0.5
        Entries of one group and one score are taken together, if at least this part
        of them fits. One half rounds to the nearest whole number of rows, whatever
        the unit of the weights is.

    Returns
    -------
    ndarray of bool of shape (n_entries,)
        The mask.
    """
    if not len(groups):
        return np.zeros(0, dtype=bool)
    order = _sorted_by_group(groups, scores)
    groups, scores = groups[order], scores[order]
    new_group = np.r_[True, groups[1:] != groups[:-1]]
    starts = np.flatnonzero(np.r_[True, scores[1:] != scores[:-1]] | new_group)
    sizes = np.diff(np.r_[starts, len(groups)])
    weight = sizes if mass is None else np.add.reduceat(mass[order], starts)
    before = np.cumsum(weight) - weight
    # What the earlier groups weigh does not count.
    firsts = np.flatnonzero(new_group[starts])
    before = before - np.repeat(before[firsts], np.diff(np.r_[firsts, len(starts)]))
    fits = before + weight * part <= budgets[groups[starts]] * (1 + ROUNDING)
    taken = np.empty(len(order), dtype=bool)
    taken[order] = np.repeat(fits, sizes)
    return taken


class LowestPairs:
    """The rows of lowest lead of each pair of classes, from leads that come in parts.

    Parameters
    ----------
    budgets : ndarray of shape (n_pairs,)
        Weight that may be taken of each pair.

    weights : ndarray of shape (n_samples,) or None
        Weights of the samples.
    """

    def __init__(self, budgets, weights):
        self.budgets = budgets
        self.weights = weights
        self.parts = []
        self.n_entries, self.limit = 0, KEPT_ENTRIES

    def add(self, pairs, leads, rows):
        """Add the leads of some rows in some pairs."""
        self.parts.append((pairs, leads, rows))
        self.n_entries += len(rows)
        if self.n_entries > self.limit:
            # What already lies above the budget of its pair can never be taken.
            self._keep(part=0)
            self.limit = max(self.limit, 2 * self.n_entries)

    def rows(self):
        """Return the rows that are among the lowest of some pair."""
        self._keep(part=0.5)
        return self.parts[0][2] if self.parts else np.zeros(0, dtype=np.intp)

    def _keep(self, part):
        if self.parts:
            entries = [np.concatenate(p) for p in zip(*self.parts, strict=True)]
            pairs, leads, rows = entries
            mass = None if self.weights is None else self.weights[rows]
            kept = lowest_of_groups(pairs, leads, self.budgets, mass, part=part)
            self.parts = [tuple(entry[kept] for entry in entries)]
            self.n_entries = np.count_nonzero(kept)


def budget_scores(groups, scores, budgets, mass=None):
    """Return for each budget the score at which the weight of a group exceeds it.

    Parameters
    ----------
    groups : ndarray of int of shape (n_entries,)
        Group of each entry.

    scores : ndarray of shape (n_entries,)
        Scores.

    budgets : ndarray of shape (n_budgets, n_groups)
        Several budgets for each group.

    mass : ndarray of shape (n_entries,), default=None
        Weights of the entries. If None, each weighs 1.

    Returns
    -------
    ndarray of shape (n_budgets, n_groups)
        Nothing above this score is among the lowest that fit; -inf where the budget is
        0, inf where all of the group fits.
    """
    n_groups = budgets.shape[1]
    order = np.argsort(_narrow(groups, n_groups), kind="stable")
    ends = np.cumsum(np.bincount(groups, minlength=n_groups))
    bounds = np.full(budgets.shape, -np.inf, dtype=scores.dtype)
    for group, (start, end) in enumerate(zip(np.r_[0, ends[:-1]], ends, strict=True)):
        used = np.flatnonzero(budgets[:, group])
        if len(used) and start < end:
            rows, budget = order[start:end], budgets[used, group] * (1 + ROUNDING)
            found = _exceeding(scores[rows], budget, None if mass is None else mass[rows])
            bounds[used, group] = found
    return bounds


def _exceeding(scores, budget, mass):
    """Return the score at which the cumulated weight exceeds each budget."""
    if mass is None:
        last = np.minimum(budget, len(scores)).astype(np.intp)
        scores = np.sort(scores)
    else:
        order = np.argsort(scores)
        scores = scores[order]
        last = np.searchsorted(np.cumsum(mass[order]), budget, side="right")
    return np.append(scores, np.inf)[last]


def _sorted_by_group(groups, scores):
    """Return the order by group, and by score within a group."""
    order = np.argsort(scores)
    narrow = _narrow(groups, groups.max() + 1)
    return order[np.argsort(narrow[order], kind="stable")]


def _narrow(groups, n_groups):
    """Return group numbers in 16 bits where they fit: numpy sorts these by counting."""
    return groups.astype(np.uint16) if n_groups <= 2**16 else groups
