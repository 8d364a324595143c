"""How well the audit finds wrong labels, estimates their number, and how long it takes.

Run ``python benchmarks/bench_audit.py [NAME ...]``. Printed are for each set: the share
of wrong labels; the estimate with its two ends; the share of wrong labels among the
first k rows by suspicion, with k the number of wrong labels but at most 50; the number
that was expected there; how many rows are said to be worth a look, and how many of
these are wrong; seconds. Sets with a percentage in their name are clean ones in which
so many labels were replaced at random; "mixed" has columns of every kind. Sets of
``SKNOISY_DATA`` are read where it names a folder.

``--promises`` holds the number of wrong labels that is expected among the rows worth a
look against the number there is, with 10 % of the labels replaced, and prints the lower
end of the rate where none is. The treatment was chosen on the first half of the sets.

``--pixels`` prints for images of digits, with 10 % of the labels replaced, the average
precision of the order of suspicion and the seconds, by the side of the pixels.

``--columns`` prints which single column predicts the clean labels best, in Cohen's
kappa, for the threshold of leaks; ``--size`` the seconds and memory of a table of
100,000 rows and 20 columns.
"""

import os
import resource
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image
from sklearn.datasets import load_breast_cancer, load_digits, load_iris, load_wine
from sklearn.metrics import average_precision_score

from sknoisy import datasets
from sknoisy.noise import UniformNoise
from sknoisy.report import _images, audit
from sknoisy.report._columns import read_columns
from sknoisy.report._profile import agreement, bin_columns

FIRST = 50
CLEAN = {"wine": load_wine, "digits": load_digits, "breast_cancer": load_breast_cancer}
WEAK = {
    "cancer_rules": datasets.load_breast_cancer_rules,
    "digits_prototypes": datasets.load_digits_prototypes,
    "wine_annotators": datasets.load_wine_annotators,
}
FROM_FOLDER = ("newsclass_yoruba", "youtube_weak", "cifar10n", "ferplus")


def planted(name, rate, seed=0):
    """Return a clean set in which labels were replaced."""
    bunch = CLEAN[name](as_frame=True)
    return corrupted(bunch.data, bunch.target.to_numpy(), rate, seed)


def corrupted(features, true, rate, seed=0):
    """Return features, noisy labels and true labels as names."""
    names = np.array([f"class {k}" for k in range(true.max() + 1)], dtype=object)
    noisy = true if rate == 0 else UniformNoise(rate, random_state=seed).corrupt(true)
    return features, names[noisy], names[true]


def grades(rate, seed=0, n_rows=8000):
    """Return grades 0 to 4, of which each overlaps with the next by one in eight."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 5, n_rows)
    # Steps of 1.15 in four columns are 2.3 standard deviations.
    frame = pd.DataFrame({f"x{k}": rng.normal(y * 1.15, 1.0) for k in range(4)})
    return corrupted(frame, y, rate, seed)


def mixed(rate, seed=0, n_rows=1500):
    """Return a table with a column of every kind, each of which tells a little."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 3, n_rows)
    telling = [["good", "fine", "nice"], ["bad", "poor", "sad"], ["odd", "new", "raw"]]
    filler = [
        "the",
        "a",
        "it",
        "was",
        "this",
        "product",
        "shop",
        "day",
        "time",
        "very",
        "really",
        "so",
        "and",
        "then",
    ]
    colors, days = np.array(["red", "blue", "green"]), rng.integers(0, 300, n_rows)
    texts = [
        " ".join([rng.choice(telling[k] if rng.random() < 0.5 else filler)])
        + " " + " ".join(rng.choice(filler, 5))
        for k in y
    ]  # fmt: skip
    hint = np.where(rng.random(n_rows) < 0.6, y, rng.integers(0, 3, n_rows))
    frame = pd.DataFrame(
        {
            "price": rng.normal(y, 1.5).round(2),
            "age": np.where(
                rng.random(n_rows) < 0.1, np.nan, rng.integers(18, 90, n_rows)
            ),
            "color": colors[hint],
            "when": pd.Timestamp("2024-01-01") + pd.to_timedelta(days + 60 * y, "D"),
            "text": texts,
        }
    )
    return corrupted(frame, y, rate, seed)


def weak(name):
    """Return features, noisy and true labels of a set of ours."""
    bunch = WEAK[name](as_frame=True)
    names = np.asarray(bunch.target_names).astype(str).astype(object)
    return bunch.data, names[bunch.target_noisy], names[bunch.target]


def from_folder(name, rate=None):
    """Return features, noisy and true labels of the training rows of a larger set."""
    bunch = datasets.load_from_folder(name, as_frame=True)
    train = np.asarray(bunch.split == 0)
    features = bunch.data[train].reset_index(drop=True)
    texts = Path(os.environ["SKNOISY_DATA"], name, "texts.csv.gz")
    if texts.exists():
        # The table that people have is one of texts, not of numbers made from them.
        features = pd.read_csv(texts)[["text"]][train].reset_index(drop=True)
    if rate is not None:
        return corrupted(features, np.asarray(bunch.target)[train], rate)
    names = np.asarray(bunch.target_names).astype(str).astype(object)
    return features, names[bunch.target_noisy[train]], names[bunch.target[train]]


PLANTED = {"wine": (0, 20), "digits": (0, 5, 20), "breast_cancer": (0, 10)}
SETS = {
    f"{name} {rate} %": partial(planted, name, rate / 100)
    for name, rates in PLANTED.items()
    for rate in rates
}
SETS |= {name: partial(weak, name) for name in WEAK}
SETS |= {f"mixed {rate} %": partial(mixed, rate / 100) for rate in (0, 10, 20)}
SETS |= {f"grades {rate} %": partial(grades, rate / 100) for rate in (0, 10)}
LARGER = {name: partial(from_folder, name) for name in FROM_FOLDER}
LARGER["banking77 20 %"] = partial(from_folder, "banking77", 0.2)
SETS |= LARGER
# Sets for the promises: what is done was chosen on the first half of them.
FIRST_HALF = ("wine", "breast_cancer", "mixed", "grades", "vehicle", "segment")
SECOND_HALF = ("digits", "newsclass_yoruba", "banking77", "german", "contraceptive")
HALVES = (
    (*FIRST_HALF, "phoneme", "banana"),
    (*SECOND_HALF, "chess", "spambase", "satimage"),
)


def replaced(name, rate, seed):
    """Return a set in which labels were replaced at a rate."""
    made = {"mixed": mixed, "grades": grades}
    if name in CLEAN:
        return planted(name, rate, seed)
    if name in made:
        return made[name](rate, seed)
    features, _, true = from_folder(name, 0.0)
    codes = np.unique(true, return_inverse=True)[1]
    return corrupted(features, codes, rate, seed)


def print_promises():
    """Print what was promised and found for each half of the sets."""
    for names in HALVES:
        errors = []
        for name in names:
            clean = audit(*replaced(name, 0.0, 0)[:2], random_state=0).noise
            shown = [f"{name}: clean at least {clean.lower:.1%}; promised/found of"]
            for seed in range(3):
                features, noisy, true = replaced(name, 0.1, seed)
                report = audit(features, noisy, random_state=seed)
                if n := report.n_to_check:
                    found = int((noisy != true)[report.rows[:n]].sum())
                    promised = report.expected_wrong[n - 1]
                    errors.append(abs(np.log(promised / found)))
                    shown.append(f"{n}: {promised:.0f}/{found}")
                else:
                    shown.append("no number")
            print("  ".join(shown), flush=True)
        ratio = np.exp(np.mean(errors))
        print(f"off by a factor of {ratio:.2f} in the mean of {len(errors)} tables")


def print_pixels():
    """Print how well images are ranked by pixels of several sizes."""
    bunch = load_digits()
    images = {"digits": ((bunch.images * (255 / 16)).astype(np.uint8), bunch.target)}
    if "SKNOISY_DATA" in os.environ:
        bunch = datasets.load_from_folder("mnist5k")
        few = np.random.default_rng(0).permutation(len(bunch.data))[:3000]
        pixels = bunch.data[few].reshape(-1, 28, 28).astype(np.uint8)
        images["mnist"] = (pixels, np.asarray(bunch.target)[few])
    for name, (pixels, y) in images.items():
        noisy = UniformNoise(0.1, random_state=0).corrupt(y)
        with tempfile.TemporaryDirectory() as folder:
            for number, (image, label) in enumerate(zip(pixels, noisy, strict=True)):
                path = Path(folder, str(label), f"{number:05}.png")
                path.parent.mkdir(exist_ok=True)
                Image.fromarray(image).save(path)
            for side in (8, 16, 24, 32):
                _images.SIDE = side
                start = time.perf_counter()
                frame = audit(folder, random_state=0).to_frame()
                seconds = time.perf_counter() - start
                row = [int(Path(path).stem) for path in frame["image"]]
                precision = average_precision_score(
                    (noisy != y)[row], -frame["label_quality"]
                )
                print(f"{name}, side {side}: {precision:.3f}, {seconds:.0f} s")


def measure(name):
    """Audit a set, and return what it came to."""
    features, noisy, true = SETS[name]()
    start = time.perf_counter()
    report = audit(features, noisy, random_state=0)
    seconds = time.perf_counter() - start
    wrong = (noisy != true)[report.rows]
    k, n = min(FIRST, int(wrong.sum())) or FIRST, report.n_to_check
    return {
        "set": name,
        "rows": len(noisy),
        "classes": len(report.classes),
        "wrong": wrong.mean(),
        "rate": report.noise.rate,
        "least": report.noise.lower,
        "most": report.noise.upper,
        "k": k,
        "first k": wrong[:k].mean(),
        "expected": report.expected_wrong[k - 1] / k,
        "to check": n,
        "of these": wrong[:n].mean() if n else np.nan,
        "seconds": seconds,
    }


def print_columns():
    """Print which column predicts the labels best by itself."""
    for load in (load_iris, *CLEAN.values()):
        bunch = load(as_frame=True)
        codes = bunch.target.to_numpy()
        bins = bin_columns(read_columns(bunch.data))
        by_chance = np.bincount(codes).max() / len(codes)
        kappa = {
            name: (agreement(b, codes, codes.max() + 1) - by_chance) / (1 - by_chance)
            for name, b in bins.items()
        }
        best = max(kappa, key=kappa.get)
        print(f"{load.__name__}: {best} {kappa[best]:.2f}")


def print_size():
    """Print seconds and memory of 100,000 rows and 20 columns of several kinds."""
    rng = np.random.default_rng(0)
    n_rows = 100_000
    y = rng.integers(0, 5, n_rows)
    numbers = {f"x{k}": rng.normal(y * (k % 3), 2.0) for k in range(14)}
    words = {f"c{k}": rng.choice(list("abcdefgh"), n_rows) for k in range(5)}
    day = {"day": pd.Timestamp("2020-01-01") + pd.to_timedelta(y * 90, "D")}
    frame = pd.DataFrame({**numbers, **words, **day})
    frame["day"] += pd.to_timedelta(rng.integers(0, 500, n_rows), "D")
    noisy = UniformNoise(0.1, random_state=0).corrupt(y)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    start = time.perf_counter()
    report = audit(frame, noisy, random_state=0)
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    wrong = (noisy != y)[report.rows]
    print(
        f"{n_rows} x {frame.shape[1]}: {seconds:.0f} s, at most {peak:.0f} MiB "
        f"({before:.0f} before); of {wrong.mean():.1%} wrong, {report.noise.rate:.1%} "
        f"estimated; first 1000: {wrong[:1000].mean():.1%} wrong"
    )


def main():
    """Audit the sets that are asked for, or all that are there."""
    if "--columns" in sys.argv:
        return print_columns()
    if "--promises" in sys.argv:
        return print_promises()
    if "--pixels" in sys.argv:
        return print_pixels()
    if "--size" in sys.argv:
        return print_size()
    lines = []
    for name in sys.argv[1:] or SETS:
        if name in LARGER and "SKNOISY_DATA" not in os.environ:
            print(f"{name}: left out, since SKNOISY_DATA names no folder")
            continue
        lines.append(measure(name))
    table = pd.DataFrame(lines)
    print(table.to_string(index=False, float_format="{:.3f}".format))


if __name__ == "__main__":
    main()
