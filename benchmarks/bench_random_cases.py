"""Random input for every public estimator and function, and what becomes of it.

Prints every outcome that is bad or unclear, and how many there were of each kind. A
case is made from its seed alone, so that a run that has been stopped goes on from a
seed:

    python benchmarks/bench_random_cases.py --first 0 --cases 20000

With ``--invariances`` it counts what must make no difference, and what does; with
``--size`` it prints what a fitted ``NoisyLabelClassifier`` takes when it is saved.
"""

import argparse
import pickle
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from sklearn.datasets import make_classification

from sknoisy import NoisyLabelClassifier
from sknoisy.noise import UniformNoise

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "harness"))

from random_cases import run_case

TESTS = Path(__file__).parents[1] / "tests"
SLOW = 20.0  # seconds that no case of at most 450 rows should take


def print_invariances():
    """Let pytest count the cases of each invariance, and those that fail."""
    files = [TESTS / "test_invariances.py", TESTS / "test_reproducibility.py"]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *files]
    subprocess.run([*command, "-k", "test_invariances or same_result"])


def print_size(n_samples=20_000, n_features=50):
    """Print the size of a pickle, with what has an entry for each row and without."""
    X, y = make_classification(n_samples, n_features, random_state=0)
    y = UniformNoise(0.2, random_state=0).corrupt(y)
    clf = NoisyLabelClassifier(random_state=0).fit(X, y)
    whole, rest = len(pickle.dumps(clf)), len(pickle.dumps(clf.drop_row_tables()))
    print(
        f"{n_samples} rows of {n_features}: {whole / 1e3:.1f} kB, and after "
        f"drop_row_tables {rest / 1e3:.1f} kB"
    )


def main():
    """Run the cases and print what is not right."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--cases", type=int, default=20_000, help="how many seeds")
    parser.add_argument("--minutes", type=float, default=float("inf"))
    parser.add_argument("--member", action="append", help="call only this one")
    parser.add_argument("--invariances", action="store_true")
    parser.add_argument("--size", action="store_true")
    arguments = parser.parse_args()
    if arguments.invariances:
        return print_invariances()
    if arguments.size:
        return print_size()
    counts, n_slow, start = Counter(), 0, time.monotonic()
    seeds = range(arguments.first, arguments.first + arguments.cases)
    for seed in seeds:
        if time.monotonic() - start > 60 * arguments.minutes:
            break
        outcome = run_case(seed, arguments.member)
        counts[outcome.verdict] += 1
        slow = outcome.seconds > SLOW
        n_slow += slow
        if slow or outcome.verdict in {"bad", "unclear"}:
            print(outcome, flush=True)
    print(
        f"{counts.total()} cases from seed {arguments.first} on: {dict(counts)}, "
        f"{n_slow} of them slow"
    )


if __name__ == "__main__":
    main()
