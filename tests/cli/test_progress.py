"""Progress: a bar on a terminal, lines elsewhere."""

import io
import sys

import pytest

from sknoisy.cli._progress import Progress, RichProgress, Silence, make_progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


def work(progress):
    progress.say("preparing [data]")
    with progress.counting("asking", 2) as count:
        count()
        count()


def test_lines_where_there_is_no_terminal():
    stream = io.StringIO()
    progress = make_progress(stream=stream)
    assert isinstance(progress, Progress)
    work(progress)
    lines = [line.split("] ", 1)[1] for line in stream.getvalue().splitlines()]
    assert lines[0] == "preparing [data]"
    assert lines[-1] == "asking: fold 2 of 2 done"


def test_bar_on_a_terminal():
    pytest.importorskip("rich")
    stream = Terminal()
    progress = make_progress(stream=stream)
    assert isinstance(progress, RichProgress)
    work(progress)
    assert "preparing [data]" in stream.getvalue()
    assert "asking" in stream.getvalue()


def test_lines_on_a_terminal_without_rich(monkeypatch):
    monkeypatch.setitem(sys.modules, "rich.console", None)
    stream = Terminal()
    progress = make_progress(stream=stream)
    assert isinstance(progress, Progress)
    work(progress)
    assert "fold 2 of 2" in stream.getvalue()


def test_silence(capsys):
    progress = make_progress(quiet=True)
    assert isinstance(progress, Silence)
    work(progress)
    assert capsys.readouterr() == ("", "")
