"""Random input for every public estimator and function, and what becomes of it.

Prints every outcome that is bad or unclear, and how many there were of each kind. A
case is made from its seed alone, so that a run that has been stopped goes on from a
seed:

    python benchmarks/bench_random_cases.py --first 0 --cases 20000
"""

import argparse
import sys
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "harness"))

from random_cases import run_case

SLOW = 20.0  # seconds that no case of at most 450 rows should take


def main():
    """Run the cases and print what is not right."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--cases", type=int, default=20_000, help="how many seeds")
    parser.add_argument("--minutes", type=float, default=float("inf"))
    parser.add_argument("--member", action="append", help="call only this one")
    arguments = parser.parse_args()
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
