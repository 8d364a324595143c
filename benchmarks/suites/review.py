"""How many labels must be checked where one may choose which.

Of the labels of at most 2,000 training rows 2.5, 5 and 10 per cent are checked in
rounds. After each round ``RefinedLabelClassifier`` with ``TrustedLabelRefiner`` is
fitted again with the verdicts as trusted labels around the base, and ``suggest_review``
says which rows come next. Figures: accuracy on clean test rows, and the share of the
checked labels that are wrong, by the share checked. Digits, satimage and cifar10n
served to choose what ``strategy="auto"`` means. The row that counts is that default;
the aim is to be as accurate with 5 % as random checking is with 10 %.

With ``--method`` a row is a function ``(clf, n, trusted, X, seed) -> row numbers``.
"""

import numpy as np
from sklearn.base import clone

from benchmarks.cells import CLEAN, row_cells, row_problem
from benchmarks.methods import import_name
from sknoisy import RefinedLabelClassifier
from sknoisy.refinement import TrustedLabelRefiner
from sknoisy.review import suggest_review

BUDGETS = (0.0, 0.025, 0.05, 0.1)
FIGURES = ("accuracy_5", "accuracy_0", "accuracy_2.5", "accuracy_10", "found_5")
OURS, REFERENCES = ("auto",), (CLEAN,)
STRATEGIES = {
    "random": {"strategy": "random"},
    "auto": {},
    "auto, half random": {"random_share": 0.5},
    "expected_change": {"strategy": "expected_change"},
    "suspicion": {"strategy": "suspicion"},
}
METHODS = (CLEAN, *STRATEGIES)
NAMES = ("digits", "satimage", "cifar10n", "penbased", "ferplus", "newsclass_yoruba")


def cells(options):
    """Yield the cells: uniform, pair and instance noise, or the labels of the set."""

    def noises(about):
        made = ["uniform40", "pair40", "instance30"]
        return [about.given[0][0]] if about.given else made

    return row_cells(options, bases=("lr",), usual_seeds=5, noises=noises, names=NAMES)


def prepare(cell, options):
    """Return the rows and labels, and the classifier before any check."""
    problem = row_problem(cell, options, 2000)
    problem.first = fitted(problem, problem.labels.noisy, None)
    return problem


def fitted(problem, y, trusted):
    """Return the classifier on labels some of which are checked."""
    model = RefinedLabelClassifier(clone(problem.base), TrustedLabelRefiner())
    return model.fit(problem.labels.X, y, trusted=trusted)


def measure(problem, row):
    """Return accuracies by the share checked, and what was found with 5 %."""
    labels, seed = problem.labels, problem.cell.seed
    if row == CLEAN:
        model = clone(problem.base).fit(labels.X, labels.clean)
        return {"accuracy_5": problem.accuracy(model)}
    y, trusted = labels.noisy.copy(), np.zeros(len(labels.noisy), dtype=bool)
    rng, clf, found = np.random.RandomState(seed), problem.first, {}
    for budget in BUDGETS:
        if n := round(budget * len(y)) - trusted.sum():
            rows = chosen(row, clf, n, trusted, labels.X, rng)
            trusted[rows] = True
            y[rows] = labels.clean[rows]
            clf = fitted(problem, y, trusted)
        found[f"accuracy_{100 * budget:g}"] = problem.accuracy(clf)
        if budget == 0.05:
            found["found_5"] = float(labels.wrong[trusted].mean())
    return found


def chosen(row, clf, n, trusted, X, rng):
    if row not in STRATEGIES:
        return import_name(row)(clf, n, trusted, X, rng)
    params = STRATEGIES[row]
    suggested = suggest_review(clf, n, trusted=trusted, X=X, random_state=rng, **params)
    return suggested.rows
