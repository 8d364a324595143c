"""Time of ``import sknoisy`` beside what a user of scikit-learn imports anyway.

Run ``python benchmarks/bench_import.py``. Each import runs in a fresh interpreter, the
candidates in turn so that a busy moment hits all of them, and the medians of the
processor times are printed.
"""

import statistics
import subprocess
import sys

CANDIDATES = ["sklearn", "sklearn.linear_model", "sknoisy"]
REPEATS = 7
TIMER = (
    "import time; start = time.process_time(); import {module}; "
    "print(time.process_time() - start)"
)


def seconds(module):
    """Return the processor time of one import, without the start of the interpreter."""
    command = [sys.executable, "-c", TIMER.format(module=module)]
    return float(subprocess.run(command, check=True, capture_output=True).stdout)


def main():
    """Print the median of each candidate, and the ratios that matter."""
    times = {module: [] for module in CANDIDATES}
    for _ in range(REPEATS):
        for module in CANDIDATES:
            times[module].append(seconds(module))
    # The first round fills the file cache and the compiled files.
    medians = {module: statistics.median(t[1:]) for module, t in times.items()}
    for module, median in medians.items():
        print(f"import {module:<21} {median:6.3f} s")
    for module in CANDIDATES[:-1]:
        print(f"sknoisy / {module}: {medians['sknoisy'] / medians[module]:.2f}")


if __name__ == "__main__":
    main()
