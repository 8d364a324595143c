"""Runs a suite: in parallel, cell by cell, resuming what is in the file already."""

import time
import traceback
import warnings

from joblib import Parallel, delayed
from threadpoolctl import threadpool_limits

from benchmarks import suites
from benchmarks.methods import installed
from benchmarks.records import Writer


def run(name, options, output, command="", *, again=""):
    """Run a suite and append to a file; return the number of fits that failed.

    Rows whose name holds ``again`` are computed anew.
    """
    suite = suites.load(name)
    writer = Writer(output, suite.FIGURES, command)
    asked = getattr(suite, "QUICK", suite.METHODS) if options.quick else suite.METHODS
    wanted = filter(options.wants, installed(asked))
    rows = list(dict.fromkeys((*wanted, *options.methods)))
    tasks = []
    for cell in suite.cells(options):
        missing = [
            row
            for row in rows
            if not writer.has(key_of(cell, row)) or (again and again in row)
        ]
        if missing:
            tasks.append((cell, missing))
    calls = (delayed(measure)(name, cell, wanted, options) for cell, wanted in tasks)
    parallel = Parallel(n_jobs=options.n_jobs, return_as="generator")
    return _collect(parallel(calls), writer, len(tasks))


def _collect(results, writer, n_tasks):
    """Write what comes in, tell how far it is, and count what failed."""
    start, failures = time.perf_counter(), 0
    for done, (cell, found) in enumerate(results, 1):
        for row, figures in found.items():
            writer.append(key_of(cell, row), figures)
            failures += "error" in figures
        spent = time.perf_counter() - start
        left = spent / done * (n_tasks - done)
        print(
            f"{done}/{n_tasks} {cell.data} {cell.noise} {cell.base} seed {cell.seed}: "
            f"{len(found)} rows; {spent:.0f} s, about {left:.0f} s left",
            flush=True,
        )
    return failures


def key_of(cell, row):
    return cell.data, cell.family, cell.noise, cell.base, row, cell.seed


def measure(name, cell, rows, options):
    """Return the cell and the figures of its rows; a failure is a figure as well."""
    suite, found = suites.load(name), {}
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        problem = suite.prepare(cell, options)
        for row in rows:
            try:
                figures = suite.measure(problem, row)
            except Exception as error:
                traceback.print_exc()
                text = " ".join(f"{type(error).__name__}: {error}".split())
                figures = {"error": text[:120]}
            # A row that has no meaning in a cell, such as tags without noise, has none.
            if figures is not None:
                found[row] = figures
        if hasattr(problem, "close"):
            problem.close()
    return cell, found
