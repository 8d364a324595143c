"""How far the audit is, on the standard error stream.

On a terminal with rich it is a bar; elsewhere it is one line a step, so that a log
shows that a slow audit is alive.
"""

import sys
import time
from contextlib import contextmanager


class Progress:
    """Progress as plain lines.

    Parameters
    ----------
    stream : file
        Where the lines go.
    """

    def __init__(self, stream):
        self._stream = stream
        self._start = time.perf_counter()

    def say(self, text):
        """Say what is being done."""
        seconds = time.perf_counter() - self._start
        print(f"[{seconds:6.1f} s] {text}", file=self._stream, flush=True)

    @contextmanager
    def counting(self, text, total):
        """Say what is being done in ``total`` parts; call the yielded after each."""
        done = 0

        def count():
            nonlocal done
            done += 1
            self.say(f"{text}: fold {done} of {total} done")

        self.say(f"{text}: {total} folds")
        yield count


class Silence:
    """Progress that nobody wants to see."""

    def say(self, text):
        """Say nothing."""

    @contextmanager
    def counting(self, text, total):
        """Count nothing."""
        yield lambda: None


class RichProgress:
    """Progress as a bar of rich.

    Parameters
    ----------
    console : rich.console.Console
        Where the bar is drawn.
    """

    def __init__(self, console):
        self._console = console

    def say(self, text):
        """Say what is being done."""
        self._console.print(f"{text} ...", style="dim", markup=False, highlight=False)

    @contextmanager
    def counting(self, text, total):
        """Draw a bar of ``total`` parts; call the yielded after each."""
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            TextColumn,
            TimeElapsedColumn,
        )
        from rich.progress import Progress as Bars

        parts = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("folds"),
            TimeElapsedColumn(),
        )
        with Bars(*parts, console=self._console, transient=True) as bars:
            task = bars.add_task(text, total=total)
            yield lambda: bars.advance(task)


def make_progress(*, quiet=False, stream=None):
    """Return the best progress for where it is shown.

    Parameters
    ----------
    quiet : bool, default=False
        Whether to show none.

    stream : file, default=None
        Where to show it. None means the standard error stream.

    Returns
    -------
    Progress, RichProgress or Silence
        Objects with ``say`` and ``counting``.
    """
    stream = sys.stderr if stream is None else stream
    if quiet:
        return Silence()
    if stream.isatty():
        try:
            from rich.console import Console
        except ImportError:
            return Progress(stream)
        return RichProgress(Console(file=stream))
    return Progress(stream)
