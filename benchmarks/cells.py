"""What a suite is made of: cells to measure, and the rows and labels of each.

A suite is a module of ``benchmarks.suites`` with these names:

- ``FIGURES``: the names of the figures it records, the one that ranks first;
- ``OURS``: the rows that count, named before the run;
- ``REFERENCES``: rows that see what no method sees; they have no rank;
- ``cells(options)``: the cells to measure;
- ``METHODS``: the names of all rows, in the order of the tables, and where a quick run
  has others ``QUICK``;
- ``prepare(cell, options)``: whatever all rows of a cell share; its ``close``, if it
  has one, is called at the end;
- ``measure(problem, method)``: the figures of one row.
"""

import re
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from sklearn.base import BaseEstimator

from benchmarks.bases import SLOW, make_base, tuned_search
from benchmarks.data import available, describe, load_split
from benchmarks.noise import Labels, noises_of, noisy_labels

PLAIN, CLEAN = "plain base", "clean labels"


@dataclass(frozen=True)
class Cell:
    """One set under one noise, with one base and one seed."""

    data: str
    family: str
    noise: str
    base: str
    seed: int


@dataclass(frozen=True)
class Options:
    """What is asked for at the command line; empty means all."""

    quick: bool = False
    seeds: int = 0
    folder: str | None = None
    sets: tuple = ()
    noises: tuple = ()
    bases: tuple = ()
    only: tuple = ()
    methods: tuple = ()
    n_rows: int = 0
    n_jobs: int = 1

    def wants(self, method):
        """Whether a row is asked for."""
        return not self.only or any(re.search(part, method) for part in self.only)

    def seed_range(self, usual):
        """Return the seeds: one in a quick run."""
        return range(self.seeds or (1 if self.quick else usual))

    def rows(self, usual, quick=500):
        """Return the number of training rows at most."""
        return self.n_rows or (quick if self.quick else usual)


@dataclass
class Problem:
    """The rows and labels of a cell of classification."""

    cell: Cell
    labels: Labels
    X_test: np.ndarray
    y_test: np.ndarray
    base: BaseEstimator

    @cached_property
    def tuned_base(self):
        """The base with its regularisation chosen on the noisy labels."""
        search = tuned_search(self.base, self.cell.base, self.cell.seed)
        return search.fit(self.labels.X, self.labels.noisy).best_estimator_

    def accuracy(self, model):
        """Return the accuracy on the clean test labels."""
        return float(np.mean(model.predict(self.X_test) == self.y_test))


def row_cells(options, *, bases, usual_seeds=3, noises=None, names=None):
    """Yield the cells of sets of rows: seed by seed, so that a run can be stopped."""
    asked = {"among": names, "quick": options.quick}
    names = available(options.sets, options.folder, **asked)
    for seed in options.seed_range(usual_seeds):
        for name in names:
            about = describe(name, options.folder)
            n_classes = load_split(name, seed, options.folder).n_classes
            own = noises(about) if noises else None
            own = own or noises_of(about.given, n_classes, options.quick)
            for noise in options.noises or own:
                for base in options.bases or bases:
                    if (base, n_classes > SLOW[1]) != (SLOW[0], True):
                        yield Cell(name, about.family, noise, base, seed)


def row_problem(cell, options, usual_rows=1000, quick_rows=500):
    """Return the rows and labels of a cell; at most so many training rows."""
    n_rows = options.rows(usual_rows, quick_rows)
    split = load_split(cell.data, cell.seed, options.folder, max(n_rows, 2000))
    labels = noisy_labels(split.first(n_rows), cell.noise, cell.seed)
    base = make_base(cell.base, cell.seed)
    return Problem(cell, labels, split.X_test, split.y_test, base)
