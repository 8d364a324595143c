"""What a few verified labels are worth where the noise is real.

A random 2, 5 or 10 % of the training rows get their right label and are passed as
``trusted``; all others keep the labels that the set comes with: people's on cifar10n
and ferplus, rules' on newsclass_yoruba, clusters' on banking77. The row that counts is
``RefinedLabelClassifier`` with ``TrustedLabelRefiner``, with default constructors. Its
rivals are the base on the labels as they came, on the verified rows alone and on all
rows with the verified labels put in, gold loss correction in a single round, and
cleanlab and ``NoisyLabelClassifier`` on the latter; the second one is told which labels
are verified. At most 6,000 training rows, banking77 5,000. The defaults were chosen
with ``lr`` on seeds 0 and 1 at 2 and 5 %.
"""

import inspect
import time

import numpy as np
from sklearn.base import clone

from benchmarks.cells import CLEAN, PLAIN, Cell, row_cells, row_problem
from benchmarks.methods import CLEAN_LEARNING, FLAGSHIP, make_method
from sknoisy import NoiseTransitionClassifier, RefinedLabelClassifier
from sknoisy.refinement import TrustedLabelRefiner
from sknoisy.transition import TrustedTransition

OURS = ("TrustedLabelRefiner",)
REFERENCES = (CLEAN,)
ALONE, RELABELLED, GOLD = "only trusted", "relabelled", "gold loss correction"
RIVALS = (PLAIN, CLEAN, ALONE, RELABELLED, GOLD, CLEAN_LEARNING, FLAGSHIP)
METHODS = (*RIVALS, *OURS)
# The last two hold what the posterior of the rows that are not verified claims.
FIGURES = ("accuracy", "seconds", "right", "claimed")
REAL = {"cifar10n": "worse", "ferplus": "given", "newsclass_yoruba": "given"}
REAL["banking77"] = "pseudo"
SHARES = (2, 5, 10)


def cells(options):
    """Yield the cells: one for each share of verified labels."""

    def noises(about):
        return [name for name, _ in about.given if name in REAL.values()][:1] or None

    bases = ("lr", "rf") if options.quick else ("lr", "rf", "mlp", "hgb")
    names = REAL if not options.folder else None
    for cell in row_cells(options, bases=bases, noises=noises, names=names):
        for share in SHARES[1:2] if options.quick else SHARES:
            noise = f"{cell.noise}, {share} % trusted"
            yield Cell(cell.data, cell.family, noise, cell.base, cell.seed)


def prepare(cell, options):
    """Return the rows and labels, and which of them are verified."""
    noise, _, share = cell.noise.partition(", ")
    asked = Cell(cell.data, cell.family, noise, cell.base, cell.seed)
    usual = 5000 if cell.data == "banking77" else 6000
    problem = row_problem(asked, options, usual if cell.base == "lr" else 2000)
    problem.cell = cell
    n_rows = len(problem.labels.clean)
    chosen = np.random.RandomState(100 + cell.seed).permutation(n_rows)
    chosen = chosen[: round(int(share.split()[0]) / 100 * n_rows)]
    problem.trusted = np.isin(np.arange(n_rows), chosen)
    return problem


def measure(problem, row):
    """Return accuracy and seconds, of ours also how right the posterior is."""
    X, noisy, clean = problem.labels.X, problem.labels.noisy, problem.labels.clean
    trusted, seed, base = problem.trusted, problem.cell.seed, problem.base
    shown = np.where(trusted, clean, noisy)
    shown = {PLAIN: noisy, CLEAN: clean}.get(row, shown)
    if row == ALONE:
        X, shown, trusted = X[trusted], shown[trusted], trusted[trusted]
    if row == OURS[0]:
        model = RefinedLabelClassifier(base, TrustedLabelRefiner(random_state=seed))
    elif row == GOLD:
        matrix = TrustedTransition()
        model = NoiseTransitionClassifier(base, matrix, max_iter=1, random_state=seed)
    elif row in (ALONE, RELABELLED):
        model = clone(base)
    else:
        model = make_method(row, base, seed)
    takes = "trusted" in inspect.signature(model.fit).parameters
    start = time.process_time()
    model.fit(X, shown, **({"trusted": trusted} if takes else {}))
    found = {"seconds": time.process_time() - start}
    if row in OURS:
        proba = model.clean_proba_[~trusted]
        best = model.classes_[proba.argmax(axis=1)]
        found["right"] = float(np.mean(best == clean[~trusted]))
        found["claimed"] = float(proba.max(axis=1).mean())
    return found | {"accuracy": problem.accuracy(model)}
