"""``sknoisy audit`` on tables whose true labels are known.

Run ``python benchmarks/bench_audit.py``, with names of sets to choose some, and with
``--model=NAME`` to ask another model than the default. Each set is written as a csv
file with its noisy labels, the command is run on it as a user would run it, and what it
wrote is compared with the true labels. Three sets come with
scikit-learn, labelled by the weak annotators of ``sknoisy.datasets``; the others have
the errors of people or of rules, and are read from the folder that the environment
variable ``SKNOISY_DATA`` names.

Printed are the share of wrong labels; what the audit estimates of it (the figure, and
its upper estimate); the share of wrong labels among the first 50 suspicious rows; how
many times that is what picking at random would find; the average precision of the
order; and the seconds that the command took.
"""

import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.metrics import average_precision_score

from sknoisy import datasets

FIRST = 50
LABEL = "label"
BUNDLED = {
    "cancer_rules": datasets.load_breast_cancer_rules,
    "digits_prototypes": datasets.load_digits_prototypes,
    "wine_annotators": datasets.load_wine_annotators,
}
FROM_FOLDER = ("cifar10n", "ferplus", "newsclass_yoruba", "youtube_weak")


def load_bundled(name):
    """Return features, noisy and true labels of a set of scikit-learn."""
    bunch = BUNDLED[name](as_frame=True)
    names = np.asarray(bunch.target_names).astype(str)
    return bunch.data, names[bunch.target_noisy], names[bunch.target]


def load_from_folder(name):
    """Return features, noisy and true labels of the training rows of a larger set."""
    bunch = datasets.load_from_folder(name, as_frame=True)
    train = bunch.split == 0
    names = np.asarray(bunch.target_names).astype(str)
    features = bunch.data[train].reset_index(drop=True)
    texts = Path(os.environ["SKNOISY_DATA"], name, "texts.csv.gz")
    if texts.exists():
        # The table that people have is one of texts, not of numbers made from them.
        features = pd.read_csv(texts)[["text"]][train].reset_index(drop=True)
    noisy, true = bunch.target_noisy[train], bunch.target[train]
    return features, names[noisy], names[true]


def run_command(path, options):
    """Return the report of the command and the seconds that it took."""
    command = [sys.executable, "-m", "sknoisy", "audit", str(path), "--label", LABEL]
    command += options
    start = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stdout, time.perf_counter() - start


def measure(name, load, folder, options):
    """Write a set, audit it, and return what it came to."""
    features, noisy, true = load(name)
    path = Path(folder) / f"{name}.csv"
    table = features.assign(**{LABEL: noisy})
    table.to_csv(path, index=False, float_format="%.6g")
    report, seconds = run_command(path, options)
    rows = pd.read_csv(path.with_name(f"{name}.audit.csv"), dtype={"given_label": str})
    wrong = noisy[rows["row"]] != true[rows["row"]]
    estimates = re.search(r"noise rate:\D*([\d.]+)%.*?estimate ([\d.]+)%", report)
    return {
        "set": name,
        "rows": len(noisy),
        "labels": len(np.unique(noisy)),
        "wrong": wrong.mean(),
        "estimate": float(estimates[1]) / 100,
        "upper": float(estimates[2]) / 100,
        f"first {FIRST}": wrong[:FIRST].mean(),
        "times": wrong[:FIRST].mean() / wrong.mean(),
        "avg prec": average_precision_score(wrong, -rows["label_quality"]),
        "seconds": seconds,
    }


def main():
    """Audit the sets that are there, and print a line for each."""
    options = [word for word in sys.argv[1:] if word.startswith("-")]
    named = [word for word in sys.argv[1:] if word not in options]
    chosen = named or [*BUNDLED, *FROM_FOLDER]
    formats = {"times": "{:.1f}".format, "seconds": "{:.1f}".format}
    lines = []
    with tempfile.TemporaryDirectory() as folder:
        for name in chosen:
            load = load_bundled if name in BUNDLED else load_from_folder
            if load is load_from_folder and "SKNOISY_DATA" not in os.environ:
                print(f"{name}: left out, since SKNOISY_DATA names no folder")
                continue
            lines.append(measure(name, load, folder, options))
            print(f"{name}: done after {lines[-1]['seconds']:.0f} s", file=sys.stderr)
    if lines:
        table = pd.DataFrame(lines)
        print(
            table.to_string(
                index=False, float_format="{:.3f}".format, formatters=formats
            )
        )


if __name__ == "__main__":
    main()
