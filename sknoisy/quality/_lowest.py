"""The lowest scores of each of many groups, as many as a budget of weight allows.

Rows of equal score are taken or left together, so that the order of the rows and
writing one twice make no difference.
"""

from itertools import pairwise

import numpy as np

from sknoisy._label_margins import parts_of_rows

# Rounding of sums of weights, relative to a budget: far above that of a million
# additions, far below half the weight of a row.
ROUNDING = 1e-9
# From so many entries a group on, sorting the scores of each group is faster than one
# sort of all entries by score and one by group: measured for 90 to 30,000 groups.
LARGE_GROUP = 32
# Leads that are kept, 1 MB, before those are dropped that cannot be among the lowest.
KEPT_ENTRIES = 2**16


class GroupedScores:
    """Scores of weighted entries, sorted within each group.

    Parameters
    ----------
    groups : ndarray of int of shape (n_entries,)
        Group of each entry.

    scores : ndarray of shape (n_entries,)
        Scores.

    n_groups : int
        Number of groups.

    mass : ndarray of shape (n_entries,), default=None
        Weights of the entries. If None, each weighs 1.
    """

    def __init__(self, groups, scores, n_groups, mass=None):
        self.groups, self.scores, self.mass = groups, scores, mass
        self.n_groups = n_groups
        sizes = np.zeros(n_groups, dtype=np.intp)
        for rows in parts_of_rows(len(groups)):
            sizes += np.bincount(groups[rows], minlength=n_groups)
        self.ends = np.cumsum(sizes)
        self.starts = self.ends - sizes
        if mass is None and len(groups) >= LARGE_GROUP * n_groups:
            self.sorted = self._by_group()
            for start, end in pairwise([0, *self.ends]):
                self.sorted[start:end].sort()
            return
        order = np.argsort(scores)
        order = order[np.argsort(_narrow(groups, n_groups)[order], kind="stable")]
        self.sorted = scores[order]
        if mass is not None:
            self.total = np.concatenate([[0], np.cumsum(mass[order])])

    def _by_group(self):
        """Return the scores of one group after the other, copied part by part."""
        gathered, place = np.empty_like(self.scores), self.starts.copy()
        for rows in parts_of_rows(len(gathered)):
            groups = _narrow(self.groups[rows], self.n_groups)
            order = np.argsort(groups, kind="stable")
            sizes = np.bincount(groups, minlength=self.n_groups)
            # What a part has of a group follows what the parts before had of it.
            shift = np.repeat(place - (np.cumsum(sizes) - sizes), sizes)
            gathered[np.arange(len(order)) + shift] = self.scores[rows][order]
            place += sizes
        return gathered

    def exceeding(self, budgets, of_group):
        """Return for each budget the score at which the weight of its group exceeds it.

        Parameters
        ----------
        budgets : ndarray of shape (n_budgets,)
            Budgets, of which a group may have several.

        of_group : ndarray of int of shape (n_budgets,)
            Group of each budget.

        Returns
        -------
        ndarray of shape (n_budgets,)
            Entries of a lower score fit the budget, those of a higher score do not;
            inf where all of the group fits.
        """
        budgets = budgets * (1 + ROUNDING)
        starts, ends = self.starts[of_group], self.ends[of_group]
        if self.mass is None:
            position = starts + np.minimum(budgets, ends - starts).astype(np.intp)
        else:
            upper = self.total[starts] + budgets
            position = np.searchsorted(self.total[1:], upper, side="right")
        inside = position < ends
        found = np.full(len(budgets), np.inf, dtype=self.sorted.dtype)
        found[inside] = self.sorted[position[inside]]
        return found

    def lowest(self, budgets, *, part=0.5):
        """Return the mask of the entries of lowest score whose weight fits the budget.

        Parameters
        ----------
        budgets : ndarray of shape (n_groups,)
            Weight that may be taken of each group.

        part : float, default=0.5
            Entries of one group and one score are taken together, if at least this
            part of them fits. One half rounds to the nearest whole number of rows,
            whatever the unit of the weights is.

        Returns
        -------
        ndarray of bool of shape (n_entries,)
            The mask.
        """
        last = self.exceeding(budgets, np.arange(self.n_groups))
        taken, level = np.empty(len(self.groups), dtype=bool), []
        weight = np.zeros(self.n_groups)
        for rows in parts_of_rows(len(taken)):
            of_group = last[self.groups[rows]]
            taken[rows] = self.scores[rows] < of_group
            level.append(np.flatnonzero(self.scores[rows] == of_group) + rows.start)
            weight += self._weight(np.flatnonzero(taken[rows]) + rows.start)
            weight += part * self._weight(level[-1])
        # What lies below the score that exceeds the budget fits; that score may.
        fits = weight <= budgets * (1 + ROUNDING)
        for entries in level:
            taken[entries] = fits[self.groups[entries]]
        return taken

    def _weight(self, entries):
        """Return the weight of some entries in each group."""
        mass = None if self.mass is None else self.mass[entries]
        return np.bincount(self.groups[entries], mass, minlength=self.n_groups)


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

    @property
    def is_full(self):
        """Whether so many leads are kept that most of them may be dropped."""
        return self.n_entries > self.limit

    def drop_excess(self):
        """Drop what can never be taken; return the largest lead of each pair that can.

        Leads above the budget of their pair stay above it, whatever is added.
        """
        bounds = self._keep(part=0)
        self.limit = max(self.limit, 2 * self.n_entries)
        return bounds

    def rows(self):
        """Return the rows that are among the lowest of some pair."""
        if not self.parts:
            return np.zeros(0, dtype=np.intp)
        self._keep(part=0.5)
        return self.parts[0][2]

    def _keep(self, part):
        """Keep what fits the budgets, and return the lead that exceeds each of them."""
        entries = [np.concatenate(p) for p in zip(*self.parts, strict=True)]
        # From here on each entry is stored once.
        self.parts = []
        pairs, leads, rows = entries
        mass = None if self.weights is None else self.weights[rows]
        scores = GroupedScores(pairs, leads, len(self.budgets), mass)
        kept = scores.lowest(self.budgets, part=part)
        self.parts = [tuple(entry[kept] for entry in entries)]
        self.n_entries = np.count_nonzero(kept)
        return scores.exceeding(self.budgets, np.arange(len(self.budgets)))


def _narrow(groups, n_groups):
    """Return group numbers in 16 bits where they fit: numpy sorts these by counting."""
    return groups.astype(np.uint16) if n_groups <= 2**16 else groups
