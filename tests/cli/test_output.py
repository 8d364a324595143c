"""An audit is written whole or not at all."""

import os
import signal
import subprocess
import sys
import threading
from types import SimpleNamespace

import numpy as np
import pytest

from sknoisy.cli._output import HEADER, Output, outputs_of, write_output
from sknoisy.report._errors import AuditError

needs_pipes = pytest.mark.skipif(os.name == "nt", reason="no named pipes there")


def output_path(path):
    """Return where rows go if this is asked for."""
    asked = SimpleNamespace(output=path, html=None, json=None, file=None)
    return outputs_of(asked)[0].path


def write_rows(path, facts):
    write_output(Output("csv", path), facts)


def make_facts(n_rows=2000):
    labels = np.array(["yes", "no"], dtype=object)[np.arange(n_rows) % 2]
    return SimpleNamespace(
        table=SimpleNamespace(thumbnails=None),
        n_labelled=n_rows,
        rows=np.arange(n_rows),
        given=labels,
        suggested=labels,
        quality=np.linspace(0, 1, n_rows),
        flagged=np.zeros(n_rows, dtype=bool),
    )


def test_all_rows_are_written(tmp_path, read_rows):
    write_rows(tmp_path / "out.csv", make_facts(3))
    rows, header = read_rows(tmp_path / "out.csv")
    assert tuple(header) == HEADER
    assert rows[1] == ["1", "no", "no", "0.500000", "False"]
    assert os.listdir(tmp_path) == ["out.csv"]


class Failing:
    """Labels that end in an error half-way."""

    def __init__(self, error):
        self.error = error

    def __iter__(self):
        yield from ["yes"] * 1000
        raise self.error


@pytest.mark.parametrize("error", [OSError(28, "No space left"), KeyboardInterrupt()])
@pytest.mark.parametrize("earlier", [True, False])
def test_an_earlier_audit_outlives_a_failure(tmp_path, error, earlier):
    path = tmp_path / "out.csv"
    if earlier:
        write_rows(path, make_facts(3000))
        before = path.read_bytes()
    facts = make_facts()
    facts.given = Failing(error)
    kind = AuditError if isinstance(error, OSError) else KeyboardInterrupt
    with pytest.raises(kind, match=r"No space left|^$"):
        write_rows(path, facts)
    assert os.listdir(tmp_path) == (["out.csv"] if earlier else [])
    if earlier:
        assert path.read_bytes() == before


@needs_pipes
def test_an_interrupt_leaves_no_draft(tmp_path):
    class Interrupting(Failing):
        def __iter__(self):
            os.kill(os.getpid(), signal.SIGINT)
            yield from ["yes"] * 2000

    def end_at_once(*_):
        pytest.fail("the command would have ended without removing its draft")

    before = signal.signal(signal.SIGINT, end_at_once)
    facts = make_facts()
    facts.given = Interrupting(None)
    try:
        with pytest.raises(KeyboardInterrupt, match=r"^$"):
            write_rows(tmp_path / "out.csv", facts)
        assert signal.getsignal(signal.SIGINT) is end_at_once
    finally:
        signal.signal(signal.SIGINT, before)
    assert os.listdir(tmp_path) == []


LIMITED = """
import resource, sys
sys.path[:0] = sys.argv[2:]
from pathlib import Path
from test_output import make_facts
from sknoisy.report._errors import AuditError
from test_output import write_rows
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
try:
    write_rows(Path(sys.argv[1]), make_facts())
except AuditError as error:
    print(error)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="limits files as Linux does")
def test_a_limit_on_files_leaves_the_earlier_audit_whole(tmp_path):
    path = tmp_path / "out.csv"
    write_rows(path, make_facts(3000))
    before = path.read_bytes()
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, path, os.path.dirname(__file__), *sys.path],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert "File too large. Pass --output FILE" in done.stdout, done.stderr
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["out.csv"]


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no such device")
def test_a_full_device():
    with pytest.raises(AuditError, match=r"cannot write /dev/full: No space left"):
        write_rows(output_path("/dev/full"), make_facts())


@pytest.mark.skipif(os.name == "nt", reason="no such permissions there")
def test_permissions_are_kept(tmp_path):
    path = tmp_path / "out.csv"
    write_rows(path, make_facts(3))
    other = tmp_path / "other"
    other.touch()
    assert path.stat().st_mode == other.stat().st_mode
    path.chmod(0o640)
    write_rows(path, make_facts(3))
    assert path.stat().st_mode & 0o777 == 0o640


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_the_file_behind_a_link_is_replaced(tmp_path):
    target = tmp_path / "target.csv"
    target.touch()
    link = tmp_path / "link.csv"
    link.symlink_to(target)
    write_rows(output_path(str(link)), make_facts(3))
    assert link.is_symlink()
    assert target.read_text().count("\n") == 4


@needs_pipes
def test_a_pipe_that_nobody_reads_does_not_hang(tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    with pytest.raises(AuditError, match="nobody reads from this pipe"):
        write_rows(output_path(str(path)), make_facts())


@needs_pipes
def test_a_pipe_that_is_read(tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    read, opened = [], threading.Event()
    # Opened for both, so that neither side waits for the other.
    keep = os.open(path, os.O_RDWR)

    def read_all():
        with path.open() as pipe:
            opened.set()
            read.append(pipe.read())

    reader = threading.Thread(target=read_all)
    reader.start()
    assert opened.wait(timeout=60)
    write_rows(output_path(str(path)), make_facts())
    os.close(keep)
    reader.join(timeout=60)
    assert read[0].count("\n") == 2001


def test_an_audit_without_flags_may_be_replaced(tmp_path):
    path = tmp_path / "out.csv"
    path.write_text("row,given_label,suggested_label,label_quality\n")
    assert output_path(str(path)) == path
