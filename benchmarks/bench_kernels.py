"""Speed and memory of the functions that read tables of probabilities.

Run ``python benchmarks/bench_kernels.py``, with ``--size 0.1`` for a tenth of the rows.
Each figure is a ratio within one run: to cleanlab's function for the same question, if
cleanlab is installed, and to one pass over the table, ``proba.sum()``. Times are
elapsed, the median of five, so that the machine should have nothing else to do; ours
use all cores on large tables. Extra memory is the peak that tracemalloc sees, as a
share of the table. With ``--mapped`` the table is a file of 4 GB, and the times are
those while the file is in memory, and while it comes from the disk.
"""

import argparse
import os
import tempfile
import time
import tracemalloc
from functools import partial
from itertools import product
from pathlib import Path
from unittest import mock

import numpy as np
from sklearn import metrics

from sknoisy import _proba_table, find_label_errors, label_quality
from sknoisy._distinct_rows import distinct_rows
from sknoisy._label_margins import label_margins
from sknoisy.metrics import noise_corrected_score
from sknoisy.transition import confident_joint, make_transition_matrix

try:
    from cleanlab.count import compute_confident_joint
    from cleanlab.filter import find_label_issues
    from cleanlab.rank import get_label_quality_scores
except ImportError:
    PEERS = {}
else:
    PEERS = {
        "find_label_errors": lambda y, p: find_label_issues(y, p, n_jobs=1),
        "label_quality": lambda y, p: get_label_quality_scores(
            y, p, method="normalized_margin"
        ),
        "label_quality, self_confidence": get_label_quality_scores,
        "confident_joint": lambda y, p: compute_confident_joint(y, p, calibrate=False),
    }

SHAPES = [(1_000_000, 10), (100_000, 1000)]
OWN = {
    "find_label_errors": find_label_errors,
    "label_quality": label_quality,
    "label_quality, self_confidence": lambda y, p: label_quality(
        y, p, method="self_confidence"
    ),
    "confident_joint": confident_joint,
}
REPEATS = 5
# Short rows stored by rows or by classes, and long rows copied or read where they lie.
LAYOUTS = [
    ("by rows / by classes", "SHORT_ROW", (0, 10**6), (3, 10, 24, 32, 48, 64)),
    ("copied / where they lie", "LONG_ROW", (10**6, 0), (100, 200, 500, 1000)),
]
# Metrics of noise_corrected_score, with scikit-learn's function for the same and
# whether it takes probabilities.
SCORES = {
    "accuracy": (metrics.accuracy_score, False),
    "balanced_accuracy": (metrics.balanced_accuracy_score, False),
    "f1_macro": (partial(metrics.f1_score, average="macro"), False),
    "cohen_kappa": (metrics.cohen_kappa_score, False),
    "matthews_corrcoef": (metrics.matthews_corrcoef, False),
    "log_loss": (metrics.log_loss, True),
    "roc_auc": (partial(metrics.roc_auc_score, multi_class="ovr"), True),
}
HEADER = ["function", "table", "seconds", "cleanlab / ours", "ours / pass", "memory"]


def make_table(n_rows, n_classes, seed=0):
    """Return labels of which one in ten is drawn anew, and probabilities."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, n_classes, n_rows)
    proba = rng.random((n_rows, n_classes)) * 0.5
    proba[np.arange(n_rows), y] += rng.random(n_rows) * n_classes * 0.3
    proba /= proba.sum(axis=1, keepdims=True)
    drawn = rng.integers(0, n_classes, n_rows)
    return np.where(rng.random(n_rows) < 0.1, drawn, y), proba


def seconds(function, *args):
    """Return the median of the elapsed times of a call."""
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        function(*args)
        times.append(time.perf_counter() - start)
    return float(np.median(times))


def extra_memory(function, *args):
    """Return the peak of the memory that a call allocates, in bytes."""
    tracemalloc.start()
    function(*args)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def print_row(*cells):
    """Print a row of a Markdown table."""
    print("|", " | ".join(map(str, cells)), "|", flush=True)


def compare(name, y, table, label, one_pass):
    """Print the row of a function and a table."""
    own = seconds(OWN[name], y, table)
    ratio = "-"
    if name in PEERS and label == "float64":
        ratio = f"{seconds(PEERS[name], y, table) / own:.1f}"
    memory = extra_memory(OWN[name], y, table) / table.nbytes
    shape = f"{table.shape[0]:,} x {table.shape[1]:,} {label}"
    print_row(
        name, shape, f"{own:.3f}", ratio, f"{own / one_pass:.1f}", f"{memory:.3f}"
    )


def compare_tables(size):
    """Print functions by tables: double and single precision, columns first, mapped."""
    print_row(*HEADER)
    print_row(*["---"] * len(HEADER))
    for n_rows, n_classes in SHAPES:
        # Every class needs rows, or the functions ask for the classes.
        y, proba = make_table(max(int(n_rows * size), 20 * n_classes), n_classes)
        one_pass = seconds(proba.sum)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "proba.npy"
            np.save(path, proba)
            tables = {
                "float64": proba,
                "float32": proba.astype(np.float32),
                "by columns": np.asfortranarray(proba),
                "mapped": np.load(path, mmap_mode="r"),
            }
            for label, table in tables.items():
                for name in OWN if label == "float64" else ["find_label_errors"]:
                    compare(name, y, table, label, one_pass)
    y, proba = make_table(max(int(20_000 * size), 6000), 300)
    rule = seconds(lambda: find_label_errors(y, proba, rule="clean_proba"))
    shape = f"{len(y):,} x 300 float64"
    ratio = f"{rule / seconds(proba.sum):.0f}"
    print_row("clean_proba", shape, f"{rule:.3f}", "-", ratio, "-")


def pass_seconds(proba, y, entries, **layout):
    """Return seconds of one pass with a layout of the blocks."""
    sizes = {"BLOCK_ENTRIES": entries, "THREADED_BLOCK_ENTRIES": entries}
    with mock.patch.multiple(_proba_table, **sizes, **layout):
        return seconds(label_margins, proba, y)


def compare_layouts(size):
    """Print seconds of one pass by size and layout of the blocks."""
    sizes = [2**14, 2**15, 2**16, 2**17, 2**18, 2**19]
    cores = {"one": 10**12, "all": 0}
    for (n_cores, threaded), layout in product(cores.items(), LAYOUTS):
        title, threshold, values, shapes = layout
        print(f"\nSeconds of label_margins, {n_cores} of the cores, {title}:\n")
        print_row("table", *(f"{entries:,}" for entries in sizes))
        print_row(*["---"] * (1 + len(sizes)))
        for n_classes, dtype in product(shapes, ("f4", "f8")):
            y, proba = make_table(int(10_000_000 * size) // n_classes, n_classes)
            measured = partial(
                pass_seconds, proba.astype(dtype), y, THREADED_ENTRIES=threaded
            )
            cells = [
                " / ".join(f"{measured(e, **{threshold: v}):.3f}" for v in values)
                for e in sizes
            ]
            print_row(f"{len(y):,} x {n_classes} {dtype}", *cells)


def compare_scores(size):
    """Print the time of corrected scores beside that of scikit-learn's own."""
    y, proba = make_table(int(1_000_000 * size), 10)
    T = make_transition_matrix(10, 0.2)
    print("\nnoise_corrected_score, 10 classes:\n")
    print_row("metric", "rows", "ours, s", "scikit-learn, s", "ratio")
    print_row(*["---"] * 5)
    for metric, (score, takes_proba) in SCORES.items():
        given = proba if takes_proba else proba.argmax(axis=1)

        def ours(given=given, metric=metric):
            return noise_corrected_score(y, given, metric=metric, transition=T)

        own, peer = seconds(ours), seconds(score, y, given)
        cells = f"{own:.2f}", f"{peer:.2f}", f"{own / peer:.1f}"
        print_row(metric, f"{len(y):,}", *cells)


def compare_copies():
    """Print the time to find copies among images."""
    images = np.random.default_rng(0).random((2000, 3, 32, 32))
    flat = images.reshape(2000, -1)
    print(
        f"\ndistinct_rows of 2,000 x 3 x 32 x 32: {seconds(distinct_rows, images):.3f} "
        f"s, of the same in two dimensions: {seconds(distinct_rows, flat):.3f} s"
    )


def write_table(path, n_rows, n_classes):
    """Write probabilities in single precision, part by part; return their labels."""
    shape = (n_rows, n_classes)
    stored = np.lib.format.open_memmap(path, "w+", dtype=np.float32, shape=shape)
    step = n_rows // 100
    labels = []
    for seed, start in enumerate(range(0, n_rows, step)):
        y, stored[start : start + step] = make_table(step, n_classes, seed)
        labels.append(y)
    return np.concatenate(labels)


def read_file(path):
    """Read a file from its first to its last byte."""
    buffer = bytearray(2**23)
    with open(path, "rb", buffering=0) as file:
        while file.readinto(buffer):
            pass


def seconds_from_disk(path, function):
    """Return the elapsed time of a call that finds nothing of the file in memory."""
    with open(path, "rb+") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def compare_mapped(size):
    """Print time and memory of the functions on a file of 4 GB."""
    n_rows = int(10_000_000 * size) // 100 * 100
    print_row("on the file", "seconds", "ratio", "from disk", "ratio", "extra memory")
    print_row(*["---"] * 6)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "proba.npy"
        y = write_table(path, n_rows, 100)

        def work(name):
            # Mapped anew, so that no part of the file is mapped yet.
            OWN[name](y, np.load(path, mmap_mode="r"))

        reading = measure_on_file("reading", path, lambda: read_file(path))
        for name in ["label_quality", "find_label_errors"]:
            measure_on_file(name, path, lambda name=name: work(name), reading)


def measure_on_file(name, path, call, reading=None):
    """Print the row of a call, and return its times."""
    disk, cached = seconds_from_disk(path, call), seconds(call)
    cached_reading, disk_reading = reading or (cached, disk)
    cells = [f"{cached:.2f}", f"{cached / cached_reading:.1f}"]
    cells += [f"{disk:.2f}", f"{disk / disk_reading:.1f}"]
    print_row(name, *cells, f"{extra_memory(call) / 1e6:.0f} MB")
    return cached, disk


def main():
    """Print all tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=float, default=1, help="share of the rows")
    parser.add_argument(
        "--layouts", action="store_true", help="compare the blocks, too"
    )
    parser.add_argument(
        "--mapped", action="store_true", help="a file of 4 GB instead of the tables"
    )
    options = parser.parse_args()
    if options.mapped:
        compare_mapped(options.size)
        return
    compare_tables(options.size)
    compare_copies()
    compare_scores(options.size)
    if options.layouts:
        compare_layouts(options.size)


if __name__ == "__main__":
    main()
