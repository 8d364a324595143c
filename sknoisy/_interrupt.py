"""An interrupt while the command is still being loaded ends it without a traceback.

Python imports this package before any line of :mod:`sknoisy.cli` runs, and the import
takes a second. Only the command is concerned: programs that import the library keep
their own way to handle interrupts.
"""

import os
import signal
import sys
import threading
from pathlib import Path

# The exit code that shells give a process that an interrupt has ended.
_INTERRUPTED = 130


def is_command(program, command_line):
    """Return whether a process is the command ``sknoisy`` or ``python -m sknoisy``.

    Parameters
    ----------
    program : str
        The first of ``sys.argv``; it is ``"-m"`` while a package is being loaded.

    command_line : list of str
        What the process was started with.

    Returns
    -------
    bool
        Whether it is.
    """
    if program == "-m":
        module = command_line[command_line.index("-m") + 1 :][:1]
        return module == ["sknoisy"]
    return Path(program).name in {"sknoisy", "sknoisy.exe"}


def _end_quietly(*_):
    os._exit(_INTERRUPTED)


if (
    is_command(sys.argv[0] if sys.argv else "", sys.orig_argv)
    and threading.current_thread() is threading.main_thread()
    and signal.getsignal(signal.SIGINT) is signal.default_int_handler
):
    signal.signal(signal.SIGINT, _end_quietly)
