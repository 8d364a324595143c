"""What an audit promises and finds, what chose its constants, and what it costs.

``python benchmarks/bench_audit.py OPTION`` reads the larger sets from the folder that
``SKNOISY_DATA`` names.

``--promises`` holds the number of wrong labels that is expected among the rows worth a
look against the number there is, with 10 % of the labels replaced, and prints the lower
end of the rate where none is. The treatment was chosen on the first half of the sets.

``--rates`` prints the share of wrong labels and its estimate with both ends, for sets
whose labels are wrong in truth.

``--pixels`` prints for images of digits, with 10 % of the labels replaced, the average
precision of the order of suspicion and the seconds, by the side of the pixels.

``--columns`` prints which single column predicts the clean labels best, in Cohen's
kappa, for the threshold of leaks; ``--size`` the seconds and memory of a table of
100,000 rows and 20 columns.
"""

import argparse
import os
import resource
import tempfile
import time
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

CLEAN = {"wine": load_wine, "digits": load_digits, "breast_cancer": load_breast_cancer}
WRONG = ("newsclass_yoruba", "youtube_weak", "cifar10n", "ferplus")
# What is done was chosen on the first half.
FIRST_HALF = ("wine", "breast_cancer", "mixed", "grades", "vehicle", "segment")
SECOND_HALF = ("digits", "newsclass_yoruba", "banking77", "german", "contraceptive")
HALVES = (
    (*FIRST_HALF, "phoneme", "banana"),
    (*SECOND_HALF, "chess", "spambase", "satimage"),
)
TELLING = [["good", "fine", "nice"], ["bad", "poor", "sad"], ["odd", "new", "raw"]]
FILLER = [
    *("the", "a", "it", "was", "this", "product", "shop", "day", "time", "very"),
    *("really", "so", "and", "then"),
]


def grades(seed, n_rows=8000):
    """Return grades 0 to 4, of which each overlaps with the next by one in eight."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 5, n_rows)
    # Steps of 1.15 in four columns are 2.3 standard deviations.
    return pd.DataFrame({f"x{k}": rng.normal(y * 1.15, 1.0) for k in range(4)}), y


def mixed(seed, n_rows=1500):
    """Return a table with a column of every kind, each of which tells a little."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 3, n_rows)
    days, texts = rng.integers(0, 300, n_rows), []
    for k in y:
        first = rng.choice(TELLING[k] if rng.random() < 0.5 else FILLER)
        texts.append(" ".join([first, *rng.choice(FILLER, 5)]))
    hint = np.where(rng.random(n_rows) < 0.6, y, rng.integers(0, 3, n_rows))
    price, unknown = rng.normal(y, 1.5).round(2), rng.random(n_rows) < 0.1
    columns = {
        "price": price,
        "age": np.where(unknown, np.nan, rng.integers(18, 90, n_rows)),
        "color": np.array(["red", "blue", "green"])[hint],
        "when": pd.Timestamp("2024-01-01") + pd.to_timedelta(days + 60 * y, "D"),
        "text": texts,
    }
    return pd.DataFrame(columns), y


MADE = {"mixed": mixed, "grades": grades}


def from_folder(name):
    """Return features, noisy and true labels of the training rows of a larger set."""
    bunch = datasets.load_from_folder(name, as_frame=True)
    train = np.asarray(bunch.split == 0)
    features = bunch.data[train].reset_index(drop=True)
    texts = Path(os.environ["SKNOISY_DATA"], name, "texts.csv.gz")
    if texts.exists():
        # The table that people have is one of texts, not of numbers made from them.
        features = pd.read_csv(texts)[["text"]][train].reset_index(drop=True)
    noisy = None if bunch.target_noisy is None else bunch.target_noisy[train]
    return features, noisy, np.asarray(bunch.target)[train]


def replaced(name, rate, seed):
    """Return features, labels of which a share was replaced, and which are wrong."""
    if name in MADE:
        features, true = MADE[name](seed)
    elif name in CLEAN:
        features, true = CLEAN[name](return_X_y=True, as_frame=True)
    else:
        features, _, true = from_folder(name)
    names = np.char.add("class ", np.asarray(true).astype(str)).astype(object)
    if not rate:
        return features, names, np.zeros(len(names), dtype=bool)
    noisy = UniformNoise(rate, random_state=seed).corrupt(names)
    return features, noisy, noisy != names


def print_promises():
    """Print what was promised and found for each half of the sets."""
    for names in HALVES:
        errors = []
        for name in names:
            clean = audit(*replaced(name, 0.0, 0)[:2], random_state=0).noise
            shown = [f"{name}: clean at least {clean.lower:.1%}; promised/found of"]
            for seed in range(3):
                features, noisy, wrong = replaced(name, 0.1, seed)
                report = audit(features, noisy, random_state=seed)
                if n := report.n_to_check:
                    found = int(wrong[report.rows[:n]].sum())
                    promised = report.expected_wrong[n - 1]
                    errors.append(abs(np.log(promised / found)))
                    shown.append(f"{n}: {promised:.0f}/{found}")
                else:
                    shown.append("no number")
            print("  ".join(shown), flush=True)
        ratio = np.exp(np.mean(errors))
        print(f"off by a factor of {ratio:.2f} in the mean of {len(errors)} tables")


def print_rates():
    """Print how many labels are wrong, and how many are said to be."""
    for name in WRONG:
        features, noisy, true = from_folder(name)
        noise = audit(features, noisy, random_state=0).noise
        print(
            f"{name}, {len(true)} rows: {np.mean(noisy != true):.1%} wrong, estimated "
            f"{noise.rate:.1%}, from {noise.lower:.1%} to {noise.upper:.1%}"
        )


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
                wrong, order = (noisy != y)[row], -frame["label_quality"]
                precision = average_precision_score(wrong, order)
                print(f"{name}, side {side}: {precision:.3f}, {seconds:.0f} s")


def print_columns():
    """Print which column predicts the labels best by itself."""
    for load in (load_iris, *CLEAN.values()):
        features, target = load(return_X_y=True, as_frame=True)
        codes, kappa = target.to_numpy(), {}
        by_chance = np.bincount(codes).max() / len(codes)
        for name, bins in bin_columns(read_columns(features)).items():
            right = agreement(bins, codes, codes.max() + 1)
            kappa[name] = (right - by_chance) / (1 - by_chance)
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


if __name__ == "__main__":
    TABLES = {
        "promises": print_promises,
        "rates": print_rates,
        "pixels": print_pixels,
        "columns": print_columns,
        "size": print_size,
    }
    parser = argparse.ArgumentParser(description=__doc__)
    for name in TABLES:
        parser.add_argument(f"--{name}", action="store_true")
    for name, asked in vars(parser.parse_args()).items():
        if asked:
            TABLES[name]()
