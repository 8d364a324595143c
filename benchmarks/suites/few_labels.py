"""What few labels and many rows without any are worth, some of the labels wrong.

Of 1,000 training rows, 3 or 10 of each class have a label; of the latter 30 % may be
wrong, any other class alike; all other rows have none. Accuracy on at most 1,000 clean
test rows. The rows that count are ``SelfTrainingRefiner`` and
``PseudoLabelRefinementClassifier`` with default constructors; beside them stand the
base on the labels given, ``SelfTrainingClassifier`` and ``LabelSpreading`` of
scikit-learn, and ours with a part taken out. Digits, satimage and breast_cancer served
to choose the defaults of the first, digits, penbased, satimage and mnist5k those of the
second.
"""

import time

import numpy as np
from sklearn.base import clone
from sklearn.semi_supervised import LabelSpreading, SelfTrainingClassifier

from benchmarks.cells import CLEAN, PLAIN, Cell, row_cells, row_problem
from benchmarks.methods import make_method
from benchmarks.noise import NONE
from sknoisy import PseudoLabelRefiner, SelfTrainingRefiner
from sknoisy.semi_supervised import PseudoLabelRefinementClassifier

FIGURES = ("accuracy", "seconds")
SELF, CLUSTERS = "SelfTrainingRefiner", "PseudoLabelRefinementClassifier"
OURS, REFERENCES = (SELF, CLUSTERS), (CLEAN,)
# Labels for each class, and the share of them that is wrong.
REGIMES = {"3 clean": (3, 0.0), "10 clean": (10, 0.0), "10 noisy": (10, 0.3)}
NO_LABEL = -1
SELVES = {
    SELF: {},
    "threshold=0.75": {"threshold": 0.75},
    "evidence='neighbors'": {"evidence": "neighbors"},
    "evidence='model'": {"evidence": "model"},
    "action='keep'": {"action": "keep"},
    "class_balance=False": {"class_balance": False},
}
IN_CLUSTERS = {
    CLUSTERS: {},
    "all runs side by side": {"refiner": PseudoLabelRefiner(perturbation="bootstrap")},
    "without the classifier in the space": {"embedding": "features"},
    "a single round": {"n_rounds": 1},
}
RIVALS = {
    "SelfTrainingClassifier": lambda base: SelfTrainingClassifier(base),
    "LabelSpreading, knn, alpha 0.8": lambda base: LabelSpreading(
        kernel="knn", n_neighbors=10, alpha=0.8, max_iter=100
    ),
}
METHODS = (PLAIN, CLEAN, *RIVALS, *SELVES, *IN_CLUSTERS)
QUICK = (PLAIN, CLEAN, *RIVALS, *OURS)


def cells(options):
    """Yield the cells: one for each number of labels."""

    def noises(about):
        return [NONE]

    bases = ("lr",) if options.quick else ("lr", "rf", "mlp")
    for cell in row_cells(options, bases=bases, noises=noises):
        for regime in ("10 noisy",) if options.quick else REGIMES:
            yield Cell(cell.data, cell.family, regime, cell.base, cell.seed)


def prepare(cell, options):
    """Return the rows, with the marker where there is no label."""
    asked = Cell(cell.data, cell.family, NONE, cell.base, cell.seed)
    problem = row_problem(asked, options)
    y, rng = problem.labels.clean, np.random.RandomState(1000 + cell.seed)
    n_labels, rate = REGIMES[cell.noise]
    n_classes = int(y.max()) + 1
    given = np.full(len(y), NO_LABEL)
    for k in np.unique(y):
        given[rng.permutation(np.flatnonzero(y == k))[:n_labels]] = k
    rows = rng.permutation(np.flatnonzero(given != NO_LABEL))
    wrong = rows[: round(rate * len(rows))]
    given[wrong] = (given[wrong] + rng.randint(1, n_classes, len(wrong))) % n_classes
    problem.cell, problem.given = cell, given
    return problem


def measure(problem, row):
    X, y, base, seed = problem.labels.X, problem.given, problem.base, problem.cell.seed
    if row == PLAIN:
        X, y, model = X[y != NO_LABEL], y[y != NO_LABEL], clone(base)
    elif row == CLEAN:
        y, model = problem.labels.clean, clone(base)
    elif row in SELVES:
        model = SelfTrainingRefiner(clone(base), unlabeled=NO_LABEL, **SELVES[row])
    elif row in IN_CLUSTERS:
        model = PseudoLabelRefinementClassifier(
            clone(base), unlabeled=NO_LABEL, random_state=seed, **IN_CLUSTERS[row]
        )
    elif row in RIVALS:
        model = RIVALS[row](clone(base))
    else:
        model = make_method(row, base, seed)
    start = time.process_time()
    model.fit(X, y)
    seconds = time.process_time() - start
    return {"accuracy": problem.accuracy(model), "seconds": seconds}
