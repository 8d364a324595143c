"""How well the bounds of the noise rate hold, and whether noise is found.

    export SKNOISY_DATA=/folder/with/the/larger/sets   # optional
    python benchmarks/bench_noise_rate.py [--half choose] [--seeds 3]

The labels of each set are tried as they are and with 10, 20 and 40 % of them flipped.
The evidence is that of the default, model and forest. Printed are, over the seeds:

- for each set, beside the share of labels that were flipped: whether noise is found and
  suspected, the lower and the upper bound of its rate, and the rate in the core;
- *agreement*: Cohen's kappa of evidence and labels, by set and noise;
- *sizes of the core*: the same with cores of a single size;
- *clean and 10 %*: the share of sets in which noise is found, by the rate up to which a
  lower bound is no evidence of noise.

Some sets had wrong labels before, so that a lower bound may rightly exceed the truth.
"""

import argparse
from collections import defaultdict

import numpy as np
from _noise import NONE
from _parts import add_options, cells, exchanged, make_bases, print_table
from sklearn.metrics import cohen_kappa_score
from threadpoolctl import threadpool_limits

from sknoisy.evidence import gather_evidence, pool_evidence
from sknoisy.quality import _noise_rate

NOISES = (NONE, "uniform10", "uniform20", "uniform40")
FIGURES = ("found", "suspected", "lower", "upper", "core_rate")
CORES = {
    "20 %": (0.2,),
    "10 %": (0.1,),
    "5 %": (0.05,),
    "2 %": (0.02,),
    "smallest of 20, 10 and 5 %": (0.2, 0.1, 0.05),
}
NOTABLE_RATES = (0.0, 0.01, 0.02, 0.05)


def measured(cell, base):
    """Return cell, evidence, labels and the agreement of both."""
    inputs = cell.inputs(base)
    proba = pool_evidence(gather_evidence("auto", inputs), inputs.labels)
    kappa = cohen_kappa_score(inputs.labels.codes, proba.argmax(axis=1))
    return cell, proba, inputs.labels, kappa


def estimates(records, name, value):
    """Return (cell, estimate) of each record with one constant replaced."""
    with exchanged([(_noise_rate, name, value)]):
        return [
            (cell, _noise_rate.estimate_noise(proba, labels))
            for cell, proba, labels, _ in records
        ]


def print_sets(records):
    """Print the estimates of each set beside the truth."""
    groups = defaultdict(list)
    for cell, found in estimates(records, "CORE_SHARES", _noise_rate.CORE_SHARES):
        values = [cell.wrong.mean(), *(float(getattr(found, f)) for f in FIGURES)]
        groups[cell.name, cell.noise].append(values)
    rows = [[*key, *np.mean(values, axis=0)] for key, values in groups.items()]
    print_table("estimates", ["set", "noise", "truth", *FIGURES], rows)


def print_agreement(records):
    """Print the agreement of evidence and labels."""
    found = defaultdict(lambda: defaultdict(list))
    for cell, *_, kappa in records:
        found[cell.name][cell.noise].append(kappa)
    rows = [[s, *(np.mean(v[n]) for n in NOISES)] for s, v in found.items()]
    print_table("agreement, Cohen's kappa", ["set", *NOISES], rows)


def print_cores(records):
    """Print what cores of other sizes find."""
    rows = []
    for title, shares in CORES.items():
        by_noise = defaultdict(list)
        for cell, found in estimates(records, "CORE_SHARES", shares):
            excess = found.lower > cell.wrong.mean()
            values = float(found.found), float(found.suspected), found.lower, excess
            by_noise[cell.noise].append(values)
        for noise, values in by_noise.items():
            rows.append([title, noise, *np.mean(values, axis=0)])
    header = ["core", "noise", "found", "suspected", "lower", "lower above truth"]
    print_table("sizes of the core", header, rows)


def print_notable(records):
    """Print in how many sets noise is found, by the rate that counts as notable."""
    rows = []
    for rate in NOTABLE_RATES:
        found = estimates(records, "NOTABLE_RATE", rate)
        by_noise = [[e.found for c, e in found if c.noise == n] for n in NOISES[:2]]
        rows.append([f"{rate:.0%}", *map(np.mean, by_noise)])
    print_table("clean and 10 %: share found", ["notable", "clean", "10 %"], rows)


def main():
    """Run what is asked for and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_options(parser)
    parser.add_argument("--base", choices=make_bases(0), default="lr")
    options = parser.parse_args()
    with threadpool_limits(1), exchanged([]):
        records = [
            measured(cell, make_bases(cell.seed)[options.base])
            for cell in cells(options, NOISES, given=False)
        ]
    for show in (print_sets, print_agreement, print_cores, print_notable):
        show(records)


if __name__ == "__main__":
    main()
