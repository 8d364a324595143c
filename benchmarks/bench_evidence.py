"""How well wrong labels are ranked by each source of evidence, and by pools of them.

    export SKNOISY_DATA=/folder/with/the/larger/sets   # optional
    python benchmarks/bench_evidence.py [--parts pools] [--half choose]

Prints the AUROC with which the ratio of the probability of the label given to that of
the most probable other class ranks the wrong labels, lowest first:

- *pools*: each source alone, the stacked pools and the geometric means;
- *forest size*: the forest with 50, 100 and 200 trees, and, on generated rows, since
  no set here has enough of them, with at most 2,000, 4,000 and 8,000 rows in bag;
- *kinds of trees*: all trees of one kind (leaf size, features tried), and the mixture.
"""

import argparse
import time
from collections import defaultdict
from functools import partial

import numpy as np
from _parts import Cell, add_options, cells, exchanged, make_bases, print_table
from sklearn.datasets import make_classification
from sklearn.metrics import roc_auc_score
from threadpoolctl import threadpool_limits

from sknoisy import evidence
from sknoisy.evidence import _forest
from sknoisy.noise import UniformNoise

KINDS = {
    "leaves of 5, few features": ((5, "sqrt"),),
    "leaves of 3, half of the features": ((3, 0.5),),
    "mixture": ((5, "sqrt"), (3, 0.5)),
}
SIZES = {f"{n} trees": n for n in (50, 100, 200)}
MOST_IN_BAG = (2000, 4000, 8000)


def auroc(proba, cell, labels):
    """Return how well a table of probabilities ranks the wrong labels."""
    given, others = labels.proba_of_label(proba), proba.copy()
    others[np.arange(labels.n_samples), labels.codes] = 0
    ratio = np.log(np.maximum(given, 1e-6)) - np.log(np.maximum(others.max(1), 1e-6))
    return roc_auc_score(cell.wrong, -ratio)


def pools(inputs):
    """Return the tables of the sources and of their pools."""
    tables = evidence.gather_evidence(["model", "forest", "neighbors"], inputs)
    two = {name: tables[name] for name in ("model", "forest")}
    return {
        **tables,
        "stacked, model + forest": evidence.pool_evidence(two, inputs.labels),
        "geometric mean, model + forest": evidence.geometric_mean(list(two.values())),
        "stacked, all three": evidence.pool_evidence(tables, inputs.labels),
        "geometric mean, all three": evidence.geometric_mean(list(tables.values())),
    }


def forests(inputs, name, values):
    """Return the table of the forest for each value of one of its constants."""
    tables = {}
    for row, value in values.items():
        with exchanged([(_forest, name, value)]):
            tables[row] = evidence.forest_evidence(inputs)
    return tables


# Part -> what makes its {row: table of probabilities}.
PARTS = {
    "pools": pools,
    "forest size": partial(forests, name="N_TREES", values=SIZES),
    "kinds of trees": partial(forests, name="KINDS", values=KINDS),
}


def print_part(title, found):
    """Print the mean AUROC by family and set."""
    columns = list(dict.fromkeys(key for values in found.values() for key in values))
    columns.sort(key=("tables", "others").__contains__, reverse=True)
    rows = [[row, *(np.mean(v[c]) for c in columns)] for row, v in found.items()]
    print_table(title, ["AUROC", *columns], rows)


def print_in_bag(base):
    """Print AUROC and seconds on generated rows by the most rows in bag."""
    drawn = {"n_samples": 20000, "n_informative": 10, "n_classes": 5}
    X, y = make_classification(**drawn, random_state=0)
    noisy = UniformNoise(0.3, random_state=0).corrupt(y)
    cell, rows = Cell("generated", "uniform30", 0, X, y, noisy, X[:0], y[:0]), []
    inputs = cell.inputs(base)
    for most in MOST_IN_BAG:
        start = time.perf_counter()
        (table,) = forests(inputs, "MOST_IN_BAG", {most: most}).values()
        seconds = time.perf_counter() - start
        rows.append([f"{most:,}", auroc(table, cell, inputs.labels), seconds])
    title = "forest size: generated rows"
    print_table(title, ["most in bag", "AUROC", "seconds"], rows)


def main():
    """Run what is asked for and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_options(parser)
    parser.add_argument("--base", choices=make_bases(0), default="lr")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    options = parser.parse_args()
    found = {part: defaultdict(lambda: defaultdict(list)) for part in options.parts}
    with threadpool_limits(1), exchanged([]):
        for cell in cells(options):
            if not cell.wrong.any():
                continue
            inputs = cell.inputs(make_bases(cell.seed)[options.base])
            for part in options.parts:
                for row, table in PARTS[part](inputs).items():
                    value = auroc(table, cell, inputs.labels)
                    found[part][row][cell.family].append(value)
                    found[part][row][cell.name].append(value)
        for part, values in found.items():
            print_part(f"{part}, {options.base}", values)
        if "forest size" in options.parts:
            print_in_bag(make_bases(0)[options.base])


if __name__ == "__main__":
    main()
