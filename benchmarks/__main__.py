"""The commands ``python -m benchmarks run SUITE`` and ``… tables``."""

import argparse
import shlex
import sys
from pathlib import Path

from benchmarks import records, runner, suites, tables
from benchmarks.cells import Options


def parser():
    top = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    commands = top.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="run a suite; what is there is kept")
    add = run.add_argument
    add("suite", choices=suites.names())
    add(
        "--method",
        action="append",
        default=[],
        metavar="IMPORT_PATH",
        help="one more row, such as package.module:Name; may be repeated",
    )
    add("--data", metavar="FOLDER", help="the sets of this folder instead of our own")
    add("--quick", action="store_true", help="a part that takes ten minutes at most")
    add("--n-jobs", type=int, default=1, help="number of processes")
    add("--seeds", type=int, default=0, help="number of seeds")
    add("--rows", type=int, default=0, help="training rows at most")
    add("--output", metavar="FILE", help="default: benchmarks/results/SUITE.csv")
    add("--again", default="", metavar="TEXT", help="compute rows anew with this text")
    for name in ("sets", "noises", "bases", "only"):
        add(f"--{name}", nargs="+", default=[], help="a part; --only: patterns")
    show = commands.add_parser("tables", help="write all tables of the results")
    show.add_argument("files", nargs="*", help="print the tables of these files only")
    show.add_argument("--suite", choices=suites.names(), help="the suite of the files")
    return top


def main(arguments=None):
    """Do what is asked for; return 1 if a fit failed."""
    asked = parser().parse_args(arguments)
    if asked.command == "tables":
        if asked.files:
            for path in asked.files:
                print(tables.page_of(path, asked.suite))
        else:
            tables.write_all()
        return 0
    options = Options(
        quick=asked.quick,
        seeds=asked.seeds,
        folder=asked.data,
        n_rows=asked.rows,
        n_jobs=asked.n_jobs,
        methods=tuple(asked.method),
        **{n: tuple(getattr(asked, n)) for n in ("sets", "noises", "bases", "only")},
    )
    output = asked.output or default_output(asked)
    command = command_of(arguments or sys.argv[1:])
    failures = runner.run(asked.suite, options, output, command, again=asked.again)
    print(f"{output}: {failures} fits failed." if failures else f"{output}: done.")
    return int(failures > 0)


def command_of(arguments):
    """Return the command as the results tell it: without the paths of a machine."""
    words, path = ["python -m benchmarks"], False
    for word in arguments:
        words += [] if path or word == "--output" else [shlex.quote(word)]
        path = word == "--output"
        if len(words) > 2 and words[-2] == "--data":
            words[-1] = Path(words[-1]).name
    return " ".join(words)


def default_output(asked):
    """Return the file of the repository, or for sets of one's own one of one's own."""
    if asked.data:
        return f"{asked.suite}-{Path(asked.data).name}.csv"
    return records.FOLDER / f"{asked.suite}.csv"


if __name__ == "__main__":
    sys.exit(main())
