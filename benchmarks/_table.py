"""Markdown tables from the records of a run."""

import json
import os
from collections import Counter, defaultdict

import numpy as np
from _noise import FAMILIES, INJECTED, NONE, family_of
from _rivals import BASES, CLEAN_LEARNING, ON_TUNED, ORACLE, PLAIN

# Named before any result was there; every other row of ours is for comparison.
COUNTS = "NoisyLabelClassifier (default)"
# How the names of the rows of sknoisy begin.
OWN = ("NoisyLabelClassifier", "RefinedLabelClassifier", "NoiseTransitionClassifier")
SMALL_GAP = 0.02
ABSENT = "."


def record_key(record):
    """Return what identifies a record; of two with the same, the later one counts."""
    return tuple(
        record[name] for name in ("dataset", "noise", "seed", "base", "method")
    )


def read_records(paths, missing_ok=False):
    """Return the records of files of JSON lines by their key."""
    records = {}
    for path in paths:
        if missing_ok and not os.path.exists(path):
            continue
        with open(path, encoding="utf-8") as file:
            for line in file:
                record = json.loads(line)
                records[record_key(record)] = record
    return records


def markdown(header, rows):
    """Return a Markdown table; numbers are right-aligned."""
    lines = [
        "| " + " | ".join(header) + " |",
        "|---" + "|---:" * (len(header) - 1) + "|",
    ]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def average(values):
    """Return the mean of what is there, or None."""
    values = [value for value in values if value is not None]
    return float(np.mean(values)) if values else None


def shown(value, digits=1, scale=100, sign=False):
    """Return a number as text: by default a share in per cent."""
    if value is None:
        return ABSENT
    return f"{scale * value:{'+' if sign else ''}.{digits}f}"


class Results:
    """The records of one base, with those of the rows that have none."""

    def __init__(self, records, base):
        self.base = base
        self.by_cell = defaultdict(dict)
        # Rows without a base come last, whichever base brought them into the file.
        for record in sorted(records.values(), key=lambda r: r["base"] == ""):
            if record["base"] in (base, ""):
                cell = record["dataset"], record["noise"]
                here = self.by_cell[cell].setdefault(record["method"], {})
                here[record["seed"]] = record
        self.by_cell = {
            cell: rows for cell, rows in self.by_cell.items() if self._complete(rows)
        }
        self.methods = list(dict.fromkeys(m for r in self.by_cell.values() for m in r))

    @staticmethod
    def _complete(rows):
        """Keep the seeds that every row of a cell has; say whether any is left."""
        if PLAIN not in rows or ORACLE not in rows:
            return False
        common = set.intersection(*(set(by_seed) for by_seed in rows.values()))
        for by_seed in rows.values():
            for seed in set(by_seed) - common:
                del by_seed[seed]
        return bool(common)

    def cells(self, family=None):
        """Return the noisy cells, or those of one family, or the clean ones."""
        return [
            cell
            for cell in self.by_cell
            if (cell[1] == NONE) == (family == NONE)
            and family in (None, NONE, family_of(cell[1]))
        ]

    def datasets(self):
        """Return the names of the sets."""
        return list(dict.fromkeys(dataset for dataset, _ in self.by_cell))

    def values(self, method, cell, name="accuracy"):
        """Return a figure for each seed, or None where a seed has none."""
        by_seed = self.by_cell.get(cell, {}).get(method, {})
        values = [record.get(name) for record in by_seed.values()]
        return None if not values or None in values else values

    def mean(self, method, cell, name="accuracy"):
        """Return the mean over the seeds."""
        return average(self.values(method, cell, name) or [])

    def gap(self, cell):
        """Return what clean labels would gain."""
        return self.mean(ORACLE, cell) - self.mean(PLAIN, cell)

    def wide(self, family=None):
        """Return the cells where recovery has a meaning."""
        return [cell for cell in self.cells(family) if self.gap(cell) >= SMALL_GAP]

    def gain(self, method, cell):
        """Return the accuracy above the plain base."""
        accuracy = self.mean(method, cell)
        return None if accuracy is None else accuracy - self.mean(PLAIN, cell)

    def recovery(self, method, cell):
        """Return the share of the gap that is closed."""
        gain = self.gain(method, cell)
        return None if gain is None else gain / self.gap(cell)

    def cost(self, method):
        """Return the median wall time, in plain fits of the same cell."""
        ratios = [
            seconds / plain
            for cell in self.by_cell
            for seconds, plain in zip(
                self.values(method, cell, "seconds") or [],
                self.values(PLAIN, cell, "seconds") or [],
                strict=False,
            )
        ]
        return float(np.median(ratios)) if ratios else None

    def won(self, method):
        """Return cells won, tied and lost against CleanLearning on the same base."""
        rival = CLEAN_LEARNING + (ON_TUNED if method.endswith(ON_TUNED) else "")
        counts = [0, 0, 0]
        for cell in self.cells():
            pair = self.mean(method, cell), self.mean(rival, cell)
            if None not in pair:
                difference = round(pair[0] - pair[1], 9)
                counts[1 - int(np.sign(difference))] += 1
        known = any(counts) and method != rival
        return "-".join(map(str, counts)) if known else ABSENT


def marked(results, method, name="accuracy"):
    """Return the name of a row: bold if it counts, starred if it lacks some cells."""
    text = f"**{method}**" if method == COUNTS else method
    lacks = any(results.values(method, cell, name) is None for cell in results.cells())
    return f"{text} *" if lacks else text


def with_accuracy(results):
    """Return the rows that are classifiers."""
    cells = list(results.by_cell)
    return [m for m in results.methods if any(results.values(m, c) for c in cells)]


def recovery_table(results):
    """Return recovery by family of noise."""
    families = [family for family in FAMILIES if results.wide(family)]
    groups = [results.wide(family) for family in families]
    groups += [[c for c in results.wide() if c[1] in INJECTED], results.wide()]
    header = ["method", *families, "injected", "all", "pooled", "cells"]
    rows = []
    for method in with_accuracy(results):
        means = [
            average(results.recovery(method, cell) for cell in cells)
            for cells in groups
        ]
        known = [c for c in results.wide() if results.gain(method, c) is not None]
        gaps = sum(results.gap(cell) for cell in known)
        pooled = sum(results.gain(method, cell) for cell in known) / (gaps or np.nan)
        cells = f"{len(known)} of {len(results.wide())}"
        texts = [shown(mean, 0) for mean in (*means, pooled)]
        rows.append([marked(results, method), *texts, cells])
    return markdown(header, rows)


def summary_table(results):
    """Return accuracy, duels, harm and cost."""
    small = [cell for cell in results.cells() if cell not in results.wide()]
    header = [
        "method",
        "accuracy",
        "won-tied-lost",
        f"small gap ({len(small)} cells)",
        "no noise, mean",
        "no noise, worst",
        "wall time",
    ]
    rows = []
    for method in with_accuracy(results):
        at_zero = [results.gain(method, cell) for cell in results.cells(NONE)]
        at_zero = [gain for gain in at_zero if gain is not None]
        accuracy = average(results.mean(method, cell) for cell in results.cells())
        rows.append(
            [
                marked(results, method),
                shown(accuracy),
                results.won(method),
                shown(average(results.gain(method, c) for c in small), sign=True),
                shown(average(at_zero), sign=True),
                shown(min(at_zero, default=None), sign=True),
                shown(results.cost(method), scale=1),
            ]
        )
    return markdown(header, rows)


def detection_table(results):
    """Return AUROC and average precision of the label quality, by family."""
    families = [family for family in FAMILIES if results.cells(family)]
    rows = []
    for method in results.methods:
        texts = []
        for family in (*families, None):
            pair = [
                average(
                    results.mean(method, cell, name) for cell in results.cells(family)
                )
                for name in ("auroc", "average_precision")
            ]
            texts.append(" / ".join(shown(value, 3, 1) for value in pair))
        if f"{ABSENT} / {ABSENT}" not in texts[-1]:
            rows.append([marked(results, method, "auroc"), *texts])
    return markdown(["method", *families, "all"], rows)


def rate_table(results):
    """Return how far the estimated noise rate is from the share of wrong labels."""
    families = [family for family in FAMILIES if results.cells(family)]
    rows = []
    for method in results.methods:
        errors = {cell: _rate_errors(results, method, cell) for cell in results.by_cell}
        sizes = [
            average(average(map(abs, errors[cell])) for cell in results.cells(family))
            for family in (*families, None, NONE)
        ]
        bias = average(average(errors[cell]) for cell in results.cells())
        if bias is not None:
            texts = [shown(size) for size in sizes[:-1]] + [shown(bias, sign=True)]
            rows.append(
                [marked(results, method, "noise_rate"), *texts, shown(sizes[-1])]
            )
    return markdown(["method", *families, "all", "bias", "no noise"], rows)


def _rate_errors(results, method, cell):
    rates = results.values(method, cell, "noise_rate") or []
    truths = results.values(method, cell, "wrong") or []
    return [rate - wrong for rate, wrong in zip(rates, truths, strict=bool(rates))]


def dataset_table(results, dataset):
    """Return accuracy, with the spread over the seeds in brackets."""
    cells = [cell for cell in results.by_cell if cell[0] == dataset]
    rows = []
    for method in with_accuracy(results):
        texts = []
        for cell in cells:
            values = results.values(method, cell)
            if not values:
                texts.append(ABSENT)
                continue
            spread = f" ({shown(max(values) - min(values))})" if len(values) > 1 else ""
            texts.append(shown(average(values)) + spread)
        rows.append([marked(results, method), *texts])
    return markdown(["method", *(noise for _, noise in cells)], rows)


def base_table(all_results):
    """Return the mean recovery of each row with each base."""
    methods = dict.fromkeys(m for r in all_results for m in with_accuracy(r))
    rows = []
    for method in methods:
        means = [
            average(results.recovery(method, cell) for cell in results.wide())
            for results in all_results
        ]
        name = f"**{method}**" if method == COUNTS else method
        rows.append([name, *(shown(mean, 0) for mean in means)])
    return markdown(["method", *(results.base for results in all_results)], rows)


def print_failures(records):
    """Print which rows have no figure, and why."""
    reasons = defaultdict(list)
    for record in records.values():
        for kind in ("error", "unsuitable"):
            if kind in record:
                cell = "/".join(str(record[n]) for n in ("dataset", "noise", "base"))
                reasons[record["method"], kind, record[kind]].append(cell)
    if reasons:
        print("\n## Without a figure\n")
    for (method, kind, reason), cells in reasons.items():
        print(f"- {method}, {kind} in {len(cells)} runs ({cells[0]}, …): {reason}")


def _span(numbers):
    low, high = min(numbers), max(numbers)
    return f"{low}" if low == high else f"{low} to {high}"


def print_tables(records):
    """Print all tables as Markdown."""
    all_results = [Results(records, base) for base in BASES]
    all_results = [results for results in all_results if results.by_cell]
    print(f"\nThe row that counts is **{COUNTS}** with the base lr.")
    own = [r for r in records.values() if r["method"].startswith(OWN)]
    if len(states := Counter(record["code"] for record in own)) > 1:
        counts = ", ".join(f"{code}: {count}" for code, count in states.items())
        print(f"\nThe rows of sknoisy come from several states of its code: {counts}.")
    print("\n## By base: recovery, % of the gap between noisy and clean labels\n")
    print(base_table(all_results))
    for results in all_results:
        seeds = {len(results.values(PLAIN, cell)) for cell in results.by_cell}
        sets = f"{len(results.datasets())} sets, {len(results.by_cell)} cells"
        print(f"\n## Base {results.base}: {sets}, seeds: {_span(seeds)}")
        for title, table in (
            ("Recovery by family of noise, %", recovery_table),
            ("Accuracy, duels, harm and cost", summary_table),
            ("Detection of wrong labels: AUROC / average precision", detection_table),
            ("Error of the estimated noise rate, points", rate_table),
        ):
            print(f"\n### {title}\n\n{table(results)}")
    for results in all_results:
        print(
            f"\n## Base {results.base}: accuracy, % (largest - smallest of the seeds)"
        )
        for dataset in results.datasets():
            print(
                f"\n### {dataset}, {results.base}\n\n{dataset_table(results, dataset)}"
            )
    print_failures(records)
