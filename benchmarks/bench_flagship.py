"""What each part of NoisyLabelClassifier is worth.

    export SKNOISY_DATA=/folder/with/the/larger/sets   # optional
    python benchmarks/bench_flagship.py [--bases lr rf hgb] [--half choose] [--seeds 1]

Prints, for each base, the accuracy on clean test labels of the plain base, of the
default and of the default with one part exchanged, of a filter by a forest and of
cleanlab's CleanLearning, on the same splits and noisy labels:

- *action*: another action, which is then not checked;
- *evidence*: other sources; without the model nothing is held out;
- *check of the action*: none, so that it is always carried out;
- *uniform share*: how much of the uniform matrix is mixed in (default: 0.25);
- *error rate of the core*: how far the mean of 1 - quality is brought to it
  (default: 0.5);
- *exponent of the matrix* beside the evidence (default: 0.5); "matrix alone" leaves
  the evidence out.

The summary holds, for each row: the recovery, which is the mean of
(accuracy - plain) / (clean - plain) over the cells in which noise costs the plain base
two points or more; the change of accuracy with noise in the worst cell, and without
noise on average and in the worst cell, in points; and the AUROC with which
``label_quality_`` ranks the wrong labels. Boosting is left out on sets of more than
five classes, where it is slow.
"""

import argparse
import tempfile
from collections import defaultdict

import numpy as np
from _noise import NONE
from _parts import add_options, cells, exchanged, make_bases, print_table
from _rivals import CleanLearningRival, has_cleanlab
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import roc_auc_score
from threadpoolctl import threadpool_limits

from sknoisy import NoisyLabelClassifier, _clean_posterior
from sknoisy.classification import _action_choice

PLAIN, CLEAN = "plain base", "plain base, clean labels"
MIN_GAP = 0.02
MOST_CLASSES_OF_BOOSTING = 5


def matrix_alone(proba, labels, transition_matrix, core_rate):
    """Return the posterior by the matrix alone, scaled like that of the default."""
    codes, weights = labels.codes, labels.sample_weight
    posterior = _clean_posterior.clean_posterior(
        proba, transition_matrix, codes, weights=weights
    )
    quality = _clean_posterior.calibrate_error_rate(
        labels.proba_of_label(posterior), core_rate, weights
    )
    return _clean_posterior.spread_quality(posterior, codes, quality)


def _constant(owner, name, value):
    return {}, [(owner, name, value)]


def _core_share(value):
    return _constant(
        _clean_posterior.calibrate_error_rate, "__defaults__", (float(value),)
    )


ALWAYS = {True: -np.inf, False: -np.inf}
# Row -> parameters of the classifier, and constants that are replaced.
ROWS = {
    "default": ({}, []),
    **{
        f"action: {action}": ({"action": action}, [])
        for action in ("weight", "filter", "soft", "relabel")
    },
    "evidence: model": ({"evidence": "model"}, []),
    "evidence: forest": ({"evidence": "forest"}, []),
    "evidence: all three": ({"evidence": ["model", "forest", "neighbors"]}, []),
    "check of the action: none": _constant(_action_choice, "NEEDED_LEAD", ALWAYS),
    "uniform share: 0": _constant(_action_choice, "UNIFORM_SHARE", 0.0),
    "uniform share: 0.5": _constant(_action_choice, "UNIFORM_SHARE", 0.5),
    "error rate of the core: 0": _core_share(0),
    "error rate of the core: 1": _core_share(1),
    "exponent of the matrix: 0": _constant(_clean_posterior, "MATRIX_EXPONENT", 0.0),
    "exponent of the matrix: 1": _constant(_clean_posterior, "MATRIX_EXPONENT", 1.0),
    "matrix alone": _constant(_action_choice, "label_posterior", matrix_alone),
}


class ForestFilter:
    """Leave out the rows whose label an out-of-bag forest does not predict."""

    def __init__(self, base, seed):
        self.base = base
        self.forest = RandomForestClassifier(200, oob_score=True, random_state=seed)

    def fit(self, X, y):
        """Fit the base to the rows that are kept."""
        self.forest.fit(X, y)
        proba = self.forest.oob_decision_function_
        own = np.searchsorted(self.forest.classes_, y)
        kept = proba.argmax(axis=1) == own
        # Without two classes there would be nothing to fit.
        kept |= len(np.unique(y[kept])) < 2
        self.label_quality_ = proba[np.arange(len(y)), own]
        self.predict = clone(self.base).fit(X[kept], y[kept]).predict
        return self


def measure(cell, base, wanted, with_cleanlab):
    """Return {row: (accuracy, AUROC)} of a cell."""
    found = {}

    def add(name, model, y=cell.noisy):
        model.fit(cell.X, y)
        accuracy = float(np.mean(model.predict(cell.X_test) == cell.y_test))
        quality, auroc = getattr(model, "label_quality_", None), np.nan
        if quality is not None and cell.wrong.any():
            auroc = roc_auc_score(cell.wrong, -quality)
        found[name] = accuracy, auroc

    with exchanged([]):
        add(PLAIN, clone(base))
        add(CLEAN, clone(base), cell.clean)
    # What the rows have in common is fitted once.
    with tempfile.TemporaryDirectory() as memory:
        for name, (params, patches) in ROWS.items():
            if wanted and not any(text in name for text in wanted):
                continue
            with exchanged(patches):
                model = NoisyLabelClassifier(
                    base, memory=memory, random_state=cell.seed, **params
                )
                add(name, model)
    with exchanged([]):
        add("forest filter", ForestFilter(base, cell.seed))
        if with_cleanlab:
            add("CleanLearning", CleanLearningRival(base, cell.seed))
    return found


def print_sets(records, base):
    """Print the accuracies, one table for each set."""
    by_set = defaultdict(lambda: defaultdict(list))
    for cell, found in records:
        by_set[cell.name][cell.noise].append(found)
    for name, noises in by_set.items():
        rows = [
            [row, *(np.mean([f[row][0] for f in found]) for found in noises.values())]
            for row in next(iter(noises.values()))[0]
        ]
        print_table(f"{base}, {name}: accuracy", ["row", *noises], rows)


def print_summary(records, base):
    """Print recovery, changes of accuracy and AUROC of each row."""
    rows = []
    for row in records[0][1]:
        recovery, noisy, clean, aurocs = [], [np.nan], [np.nan], [np.nan]
        for cell, found in records:
            accuracy, auroc = found[row]
            plain, best = found[PLAIN][0], found[CLEAN][0]
            change = 100 * (accuracy - plain)
            (clean if cell.noise == NONE else noisy).append(change)
            aurocs.append(auroc)
            if cell.noise != NONE and best - plain >= MIN_GAP:
                recovery.append((accuracy - plain) / (best - plain))
        values = [np.mean(recovery) if recovery else np.nan]
        with exchanged([]):
            values += [np.nanmin(noisy), np.nanmean(clean), np.nanmin(clean)]
            rows.append([row, *values, np.nanmean(aurocs)])
    header = ["row", "recovery", "worst with noise", "without noise", "worst", "AUROC"]
    print_table(f"{base}: summary of {len(records)} cells", header, rows)


def main():
    """Run what is asked for and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_options(parser)
    parser.add_argument("--bases", nargs="+", choices=make_bases(0), default=["lr"])
    parser.add_argument(
        "--only", nargs="+", metavar="TEXT", help="rows of ours with TEXT in the name"
    )
    options = parser.parse_args()
    with_cleanlab = has_cleanlab()
    records = defaultdict(list)
    with threadpool_limits(1):
        for cell in cells(options):
            many = len(np.unique(cell.clean)) > MOST_CLASSES_OF_BOOSTING
            for name in options.bases:
                if name == "hgb" and many:
                    continue
                base = make_bases(cell.seed)[name]
                found = measure(cell, base, options.only, with_cleanlab)
                records[name].append((cell, found))
    for name, measured in records.items():
        print_sets(measured, name)
        print_summary(measured, name)


if __name__ == "__main__":
    main()
