"""Time of imports beside what a user of scikit-learn imports anyway.

Run ``python benchmarks/bench_import.py``. Each import runs in a fresh interpreter, the
candidates in turn so that a busy moment hits all of them, and the medians of the
processor times are printed. ``import sknoisy`` loads nothing before its first use, so
that the main class and a function are measured, too.
"""

import statistics
import subprocess
import sys

BASE = "import sklearn"
CANDIDATES = [
    BASE,
    "from sklearn.linear_model import LogisticRegression",
    "import sknoisy",
    "from sknoisy import find_label_errors",
    "from sknoisy import NoisyLabelClassifier",
]
REPEATS = 7
TIMER = (
    "import time; start = time.process_time(); {statement}; "
    "print(time.process_time() - start)"
)


def seconds(statement):
    """Return the processor time of one import, without the start of the interpreter."""
    command = [sys.executable, "-c", TIMER.format(statement=statement)]
    return float(subprocess.run(command, check=True, capture_output=True).stdout)


def main():
    """Print the median of each candidate, and its ratio to ``import sklearn``."""
    times = {statement: [] for statement in CANDIDATES}
    for _ in range(REPEATS):
        for statement in CANDIDATES:
            times[statement].append(seconds(statement))
    # The first round fills the file cache and the compiled files.
    medians = {statement: statistics.median(t[1:]) for statement, t in times.items()}
    print("| statement | seconds | over import sklearn |\n| --- | --- | --- |")
    for statement, median in medians.items():
        print(f"| `{statement}` | {median:.3f} | {median / medians[BASE]:.2f} |")


if __name__ == "__main__":
    main()
