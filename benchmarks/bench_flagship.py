"""What each part of NoisyLabelClassifier is worth, and how good its estimates are.

Run ``python benchmarks/bench_flagship.py``. The sets and noises are those of
``bench_classification.py``; only cells of the development sets are looked at. The row
that counts was named beforehand: the first, the default. Each other row is the default
with one part switched off or exchanged, all on the same splits:

- *always weights*, *always cautious*, *labels as they are*: no fold is held out;
- *classes left as they are*: they are not brought half-way back to their shares;
- *doubt as it comes*: it is not scaled half-way to that of the core;
- *no first look*: folds and neighbours are asked with the labels as they came;
- *first look as it comes*: its doubt is not scaled to that of its core;
- *no neighbours*, *no model*: one kind of evidence;
- *mixture alone*, *matrix alone*: one opinion of what the evidence means;
- *filter*, *soft*, *relabel*: another action.

Recovery is the share of the accuracy lost to the noise that is got back, on clean test
labels. Cells in which less than two points are lost are left out of it. The second
table holds the estimates beside the truth.
"""

import argparse
import json
import warnings
from collections import defaultdict
from pathlib import Path

import numpy as np
from _data import DEVELOPMENT, available, load_split
from _noise import NONE, family_of, noises_of, noisy_labels
from _rivals import BASES, make_base
from threadpoolctl import threadpool_limits

from sknoisy import NoisyLabelClassifier
from sknoisy._clean_posterior import clean_posterior
from sknoisy._labels import read_labels
from sknoisy._soft_labels import fit_soft_labels
from sknoisy.classification._action_choice import CAUTIOUS, choose_action, treat
from sknoisy.classification._label_judgement import judge_labels
from sknoisy.classification._label_weights import (
    balance_classes,
    scale_doubt,
    weigh_labels,
)
from sknoisy.classification._noise_figures import noise_figures
from sknoisy.quality._core_disagreement import core_disagreement
from sknoisy.refinement._base import settle

DEFAULT = "default"
MIN_GAP = 0.02
NOISES = ("uniform20", "uniform40", "pair40", "block40", "imbalance40", "instance40")
OTHER_EVIDENCE = (
    "no first look",
    "first look as it comes",
    "no neighbours",
    "no model",
)
ESTIMATES = ("rate", "interval", "flagged", "gain", "gain interval")


class Cell:
    """One set under one noise, and the accuracy of soft labels on its test rows."""

    def __init__(self, split, noise, seed, base):
        shown = noisy_labels(split, noise, seed)
        self.X, self.y, self.clean = shown.X, shown.noisy, shown.clean
        self.test = split.X_test, split.y_test
        self.labels = read_labels(self.X, self.y, owner="bench_flagship")
        self.base = make_base(base, seed)
        self.known = {}

    def accuracy(self, table):
        """Return the accuracy of the base trained on soft labels."""
        key = table.tobytes()
        if key not in self.known:
            model = fit_soft_labels(self.base, self.X, table, self.labels.classes)
            self.known[key] = self.right(model)
        return self.known[key]

    def right(self, model):
        """Return the accuracy of a fitted classifier."""
        return float(np.mean(model.predict(self.test[0]) == self.test[1]))

    def weighed(self, weights):
        """Return the labels given with weights."""
        return settle(self.labels.one_hot() * weights[:, None], self.labels)


def measure(cell):
    """Return the accuracy of every row in a cell, and the estimates."""
    labels = cell.labels
    clean = read_labels(cell.X, cell.clean, owner="bench_flagship").one_hot()
    plain = cell.accuracy(labels.one_hot())
    found = {"plain": plain, "clean": plain}
    if clean.shape[1] == labels.n_classes:
        found["clean"] = cell.accuracy(clean)
    owner = NoisyLabelClassifier(cell.base)
    judgement = judge_labels(owner, cell.base, cell.X, labels)
    choice = choose_action(owner, cell.base, cell.X, labels, judgement)
    chosen = cell.accuracy(treat(judgement, labels, choice.action))
    rows = {DEFAULT: chosen, "labels as they are": plain}
    others = {**_treatments(cell, judgement), **_other_evidence(cell, judgement)}
    for name, table in others.items():
        rows[name] = cell.accuracy(table) if judgement.noise_found else plain
    found["rows"] = rows
    found["action"] = choice.action
    found["estimates"] = _estimates(cell, judgement, choice, chosen - plain)
    return found


def _treatments(cell, judgement):
    labels = cell.labels
    sharp = _doubted(cell, judgement.evidence.proba)
    return {
        "always weights": treat(judgement, labels, "weight"),
        "always cautious": treat(judgement, labels, CAUTIOUS),
        "classes left as they are": cell.weighed(judgement.quality(labels)),
        "doubt as it comes": cell.weighed(balance_classes(sharp, labels)),
        **{name: treat(judgement, labels, name) for name in ("filter", "soft")},
        "relabel": treat(judgement, labels, "relabel"),
        **_opinions(cell, judgement.evidence),
    }


def _opinions(cell, evidence):
    """Return what mixture and matrix would have done alone."""
    labels, proba = cell.labels, evidence.proba
    both = weigh_labels(proba, cell.base, cell.X, labels, noise_found=True)
    mixture = weigh_labels(
        proba, cell.base, cell.X, labels, noise_found=True, transition=None
    )
    T = 0.75 * both.transition_matrix + 0.25 / labels.n_classes
    matrix = clean_posterior(proba, T, labels.codes)
    matrix = matrix[np.arange(labels.n_samples), labels.codes]
    return {
        "mixture alone": cell.weighed(balance_classes(mixture.weights, labels)),
        "matrix alone": cell.weighed(balance_classes(matrix, labels)),
    }


def _other_evidence(cell, judgement):
    """Return weights by evidence that lacks a part."""
    from sknoisy._evidence import model_evidence, neighbor_evidence, neighborhood, pool

    if not judgement.noise_found:
        return dict.fromkeys(OTHER_EVIDENCE)
    labels, owner = cell.labels, NoisyLabelClassifier(cell.base)
    graph = neighborhood(owner, cell.base, cell.X, labels)
    votes = neighbor_evidence(graph, labels)
    plain = model_evidence(owner, cell.base, cell.X, labels)
    first = _doubted(cell, votes)
    soft = cell.weighed(first)
    model = model_evidence(owner, cell.base, cell.X, labels, soft)
    looked = pool([model, neighbor_evidence(graph, labels, soft)])
    tables = {}
    kinds = pool([plain, votes]), looked, plain, votes
    for name, proba in zip(OTHER_EVIDENCE, kinds, strict=True):
        core = core_disagreement(proba, labels.codes)[0]
        weights = scale_doubt(_doubted(cell, proba), core, labels)
        tables[name] = cell.weighed(balance_classes(weights, labels))
    return tables


def _doubted(cell, proba):
    """Return how likely each label is right, as mixture and matrix see it."""
    found = weigh_labels(proba, cell.base, cell.X, cell.labels, noise_found=True)
    return found.weights


def _estimates(cell, judgement, choice, gain):
    """Return each estimate beside the truth."""
    labels = cell.labels
    wrong, quality = cell.y != cell.clean, judgement.quality(labels)
    figures = dict(noise_figures(judgement, quality, labels))
    flagged = quality < 0.5
    return {
        "rate": [figures["noise_rate_"], float(wrong.mean())],
        "interval": [*figures["noise_rate_interval_"], float(wrong.mean())],
        "flagged": [
            figures["flag_precision_"],
            float(wrong[flagged].mean()) if flagged.any() else None,
        ],
        "gain": [choice.gain, gain],
        "gain interval": [*choice.interval, gain],
    }


def run(names, bases, seeds, output):
    """Measure all cells that the file does not hold yet, and return all."""
    output = Path(output)
    lines = output.read_text().splitlines() if output.exists() else []
    records = [json.loads(line) for line in lines]
    done = {tuple(record["where"]) for record in records}
    for seed in range(seeds):
        for base in bases:
            for name in names:
                split = load_split(name, seed)
                for noise in _noises(split):
                    where = [name, noise, seed, base]
                    if tuple(where) in done:
                        continue
                    with warnings.catch_warnings():
                        warnings.simplefilter("ignore")
                        found = measure(Cell(split, noise, seed, base))
                    records.append({"where": where, **found})
                    with output.open("a") as file:
                        file.write(json.dumps(records[-1]) + "\n")
    return [r for r in records if r["where"][3] in bases]


def _noises(split):
    if split.given:
        return (NONE, *split.given)
    return [n for n in noises_of(split) if n == NONE or n in NOISES]


def print_rows(records, base):
    """Print the recovery of each row."""
    gained = defaultdict(lambda: defaultdict(list))
    for record in records:
        noise = record["where"][1]
        gap = record["clean"] - record["plain"]
        for row, accuracy in record["rows"].items():
            lead = accuracy - record["plain"]
            if noise == NONE:
                gained[row]["none"].append(100 * lead)
            elif gap >= MIN_GAP:
                family = family_of(noise)
                family = family if family in {"real", "made"} else "injected"
                gained[row][family].append(100 * lead / gap)
    print(f"\n### {base}: {len(records)} cells\n")
    print("| row | injected, % | worst | real, % | worst | no noise, points | worst |")
    print("|---|---|---|---|---|---|---|")
    for row, found in gained.items():
        cells = []
        for family in ("injected", "real", "none"):
            values = found.get(family, [np.nan])
            cells += [f"{np.mean(values):.1f}", f"{np.min(values):.1f}"]
        print(f"| {row} | " + " | ".join(cells) + " |")


def print_estimates(records, base):
    """Print how far the estimates are from the truth."""
    print(f"\n### {base}: estimates\n")
    print("| noise | rate, mean error | rate in interval | flagged, mean error | "
          "gain, mean error | gain in interval |")  # fmt: skip
    print("|---|---|---|---|---|---|")
    kinds = {"none": "none", "real": "real", "made": "made"}
    groups = defaultdict(list)
    for record in records:
        noise = record["where"][1]
        kind = NONE if noise == NONE else family_of(noise)
        groups[kinds.get(kind, "injected")].append(record["estimates"])
    for kind, estimates in groups.items():
        cells = [kind]
        for name in ESTIMATES:
            values = [e[name] for e in estimates]
            known = [v for v in values if None not in v and np.isfinite(v).all()]
            if "interval" in name:
                held = [low <= truth <= high for low, high, truth in known]
                cells.append(f"{sum(held)} of {len(held)}")
            else:
                errors = [abs(a - b) for a, b in known]
                cells.append(f"{np.mean(errors):.3f} ({len(errors)})" if errors else "")
        print("| " + " | ".join(cells) + " |")


def main():
    """Run what is asked for and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--datasets", nargs="+")
    parser.add_argument("--bases", nargs="+", choices=BASES, default=["lr"])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--output", default="bench_flagship.jsonl")
    options = parser.parse_args()
    names = available(options.datasets or DEVELOPMENT)
    with threadpool_limits(1):
        records = run(names, options.bases, options.seeds, options.output)
    for base in options.bases:
        chosen = [r for r in records if r["where"][3] == base]
        print_rows(chosen, base)
        print_estimates(chosen, base)


if __name__ == "__main__":
    main()
