"""What is said of the records of a suite: ranks, recovery, losses, and means."""

from collections import defaultdict
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy.stats import rankdata

from benchmarks.cells import CLEAN, PLAIN
from benchmarks.noise import NONE

# Cells in which clean labels would gain less than this say nothing about recovery.
SMALL_GAP = 0.02
N_BOOTSTRAP, LEVEL = 2000, 95


@dataclass
class Results:
    """The records of a suite, with what ranks and which rows count."""

    records: list
    figures: tuple
    ours: tuple = ()
    references: tuple = ()
    lower_is_better: bool = False

    @cached_property
    def cells(self):
        """(data, family, noise, base, seed) -> row -> figure -> value or None."""
        found = defaultdict(dict)
        for record in self.records:
            key = (*(record[n] for n in ("data", "family", "noise", "base")),)
            # Records of an earlier run lack the figures that came later.
            texts = {name: record.get(name) for name in self.figures}
            values = {name: float(t) if t else None for name, t in texts.items()}
            found[(*key, int(record["seed"]))][record["method"]] = values
        return dict(found)

    @property
    def figure(self):
        """The figure that ranks."""
        return self.figures[0]

    @property
    def rows(self):
        """The names of all rows, in the order of the file."""
        return list(dict.fromkeys(record["method"] for record in self.records))

    @property
    def ranked(self):
        """The rows that have a rank: the references have none."""
        return [row for row in self.rows if row not in self.references]

    def part(self, *, family=None, base=None, noisy=None):
        """Return the results of one family, base, or with or without noise."""
        kept = [
            record
            for record in self.records
            if family in (None, record["family"])
            and base in (None, record["base"])
            and noisy in (None, record["noise"] != NONE)
        ]
        return self.of(kept)

    def of(self, records):
        """Return the results of some of the records."""
        return replace(self, records=records)

    def values_of(self, name):
        """Return the values of a part of the key, such as "family"."""
        return list(dict.fromkeys(record[name] for record in self.records))

    def gain(self, value, other):
        """Return by how much a value of the first figure is better than another."""
        return other - value if self.lower_is_better else value - other

    def lacks(self, row):
        """Whether a row was not run in some of the cells, so that means differ."""
        return any(row not in cell for cell in self.cells.values())

    def ranks(self):
        """Return (data, ranks of the rows) of each cell that all rows were run in.

        A fit that failed ranks last.
        """
        found, worst = [], np.inf if self.lower_is_better else -np.inf
        for key, cell in self.cells.items():
            values = [cell.get(row, {}).get(self.figure) for row in self.ranked]
            run_in = all(row in cell for row in self.ranked)
            if run_in and any(value is not None for value in values):
                values = np.array([worst if v is None else v for v in values])
                order = values if self.lower_is_better else -values
                found.append((key[0], rankdata(order)))
        return found

    def mean_ranks(self):
        """Return {row: (mean rank, lower end, upper end)}.

        The interval is that of a bootstrap over the sets, since the cells of a set are
        not independent.
        """
        ranks = self.ranks()
        if not ranks:
            return {}
        by_set = defaultdict(list)
        for data, values in ranks:
            by_set[data].append(values)
        groups = [np.array(values) for values in by_set.values()]
        sums = np.array([group.sum(axis=0) for group in groups])
        counts = np.array([len(group) for group in groups])
        rng = np.random.RandomState(0)
        drawn = rng.randint(len(groups), size=(N_BOOTSTRAP, len(groups)))
        means = sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1)[:, None]
        tail = (100 - LEVEL) / 2
        low, high = np.percentile(means, [tail, 100 - tail], axis=0)
        mean = sums.sum(axis=0) / counts.sum()
        columns = zip(self.ranked, mean, low, high, strict=True)
        return {row: tuple(map(float, rest)) for row, *rest in columns}

    def recovery(self, row):
        """Return the share of the loss that a row gets back, and of how many cells."""
        shares = []
        for cell in self.cells.values():
            values = [cell.get(r, {}).get(self.figure) for r in (row, PLAIN, CLEAN)]
            if None not in values and values[2] - values[1] >= SMALL_GAP:
                shares.append((values[0] - values[1]) / (values[2] - values[1]))
        return (float(np.mean(shares)) if shares else None), len(shares)

    def changes(self, row, other=PLAIN):
        """Return by how much a row is better than another one in each cell."""
        pairs = [
            (cell.get(row, {}).get(self.figure), cell.get(other, {}).get(self.figure))
            for cell in self.cells.values()
        ]
        return [self.gain(*pair) for pair in pairs if None not in pair]

    def mean(self, row, figure):
        """Return the mean of a figure over the cells that have it."""
        values = [cell.get(row, {}).get(figure) for cell in self.cells.values()]
        values = [value for value in values if value is not None]
        return float(np.mean(values)) if values else None

    def over_seeds(self, row, figure):
        """Return the mean of a figure over the seeds of each set, noise and base."""
        found = defaultdict(list)
        for key, cell in self.cells.items():
            if (value := cell.get(row, {}).get(figure)) is not None:
                found[key[:-1]].append(value)
        return {key: float(np.mean(values)) for key, values in found.items()}

    def times(self, row, figure="seconds"):
        """Return the median of the time of a row, in multiples of that of the base."""
        ratios = [
            cell[row][figure] / cell[PLAIN][figure]
            for cell in self.cells.values()
            if cell.get(row, {}).get(figure) and cell.get(PLAIN, {}).get(figure)
        ]
        return float(np.median(ratios)) if ratios else None

    def losses(self):
        """Return (cell, row of ours, best rival, gap), the widest gap first."""
        found = []
        for key, cell in self.cells.items():
            values = {r: cell.get(r, {}).get(self.figure) for r in self.ranked}
            values = {row: value for row, value in values.items() if value is not None}
            mine = {row: value for row, value in values.items() if row in self.ours}
            # Other rows of ours are there for comparison, and are no rivals.
            rivals = {r: v for r, v in values.items() if not _is_own(r, self.ours)}
            if not mine or not rivals:
                continue
            best = min(rivals, key=lambda row: self.gain(0, rivals[row]))
            for row, value in mine.items():
                found.append((key, row, best, self.gain(value, rivals[best])))
        return sorted(found, key=lambda loss: loss[3])


def _is_own(row, ours):
    own = ("NoisyLabel", "SimilarityReweighting", "NoiseTransition", "RefinedLabel")
    return row in ours or row.startswith((*own, *ours))
