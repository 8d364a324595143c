"""Results in one text file per suite: append-only, and saying where they come from.

Lines that begin with ``#`` tell of a run: its number, date, the state of the code, the
versions and the command. All others are records, and the last column of each is the
number of its run. Of records with the same key the later one counts.
"""

import csv
import datetime
import hashlib
import importlib.metadata
import platform
import subprocess
from pathlib import Path

import sknoisy

FOLDER = Path(__file__).parent / "results"
KEY = ("data", "family", "noise", "base", "method", "seed")
LIBRARIES = ("numpy", "scipy", "scikit-learn", "cleanlab", "crowd-kit", "torch")


def code_state():
    """Return a short name of the state of sknoisy's code, and its last commit."""
    root = Path(sknoisy.__file__).parent
    digest = hashlib.sha1(usedforsecurity=False)
    for path in sorted(root.rglob("*.py")):
        digest.update(path.read_bytes())
    commit = _git("log", "-1", "--format=%h", "--", str(root))
    changed = " with changes" if _git("status", "--porcelain", "--", str(root)) else ""
    known = f", commit {commit}{changed}" if commit else ""
    return f"code {digest.hexdigest()[:8]}{known}"


def _git(*arguments):
    """Return what git answers, nothing outside of a checkout."""
    try:
        folder, quiet = Path(sknoisy.__file__).parent, subprocess.DEVNULL
        found = subprocess.check_output(["git", *arguments], cwd=folder, stderr=quiet)
    except (OSError, subprocess.CalledProcessError):
        return ""
    return found.decode().strip()


def run_line(number, command):
    """Return the line that tells of a run."""
    versions = [f"sknoisy {sknoisy.__version__} ({code_state()})"]
    versions.append(f"Python {platform.python_version()}")
    for name in LIBRARIES:
        try:
            versions.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            continue
    today = datetime.date.today().isoformat()
    return f"# run {number}: {today}; {'; '.join(versions)}; {command}\n"


def read(path):
    """Return the records of a file by key, and the lines of its runs by number."""
    records, runs, header = {}, {}, None
    if not Path(path).exists():
        return records, runs
    with open(path, encoding="utf-8", newline="") as file:
        for line in csv.reader(file):
            if line and line[0].startswith("# run"):
                about = ",".join(line).removeprefix("# run ")
                number, _, about = about.partition(": ")
                runs[number] = about
            elif header is None:
                header = line
            elif line:
                record = dict(zip(header, line, strict=True))
                records[tuple(record[name] for name in KEY)] = record
    return records, runs


class Writer:
    """Appends the records of one run; what cannot be resumed is refused at once."""

    def __init__(self, path, figures, command):
        self.path, self.command = Path(path), command
        self.columns = (*KEY, *figures, "error", "run")
        self.records, runs = read(path)
        self.number = str(max(map(int, runs), default=0) + 1)
        self.begun = False
        if self.records:
            known = tuple(next(iter(self.records.values())))
            if known != self.columns:
                raise ValueError(
                    f"{path} was expected to have the columns {list(self.columns)}, "
                    f"but has {list(known)}. Pass another --output."
                )

    def has(self, key):
        """Whether a record is there, and is not that of a failed fit."""
        record = self.records.get(tuple(map(str, key)))
        return record is not None and not record["error"]

    def append(self, key, found):
        """Write one record, and the line of the run before the first one."""
        new = not self.path.exists()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        figures = [shown(found.get(name)) for name in self.columns[len(KEY) : -1]]
        with open(self.path, "a", encoding="utf-8", newline="") as file:
            write = csv.writer(file, lineterminator="\n").writerow
            if not self.begun:
                file.write(run_line(self.number, self.command))
                self.begun = True
            if new:
                write(self.columns)
            write([*key, *figures, self.number])


def shown(value):
    """Return a figure as text of four digits."""
    if value is None or isinstance(value, str):
        return value or ""
    return f"{float(value):.4g}"
