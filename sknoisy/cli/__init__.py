"""The command ``sknoisy``: find suspicious labels in a table without writing code.

``sknoisy audit FILE --label COLUMN`` reads a table, compares every label with what
models trained on other rows predict, prints a report and writes all rows in order of
suspicion. What is here reads arguments and files, and writes; the audit itself is
:func:`sknoisy.report.audit`.
"""

import contextlib
import os
import signal
import sys

from sknoisy.cli._arguments import parse_arguments
from sknoisy.report._errors import AuditError
from sknoisy.report._safe_text import inert

__all__ = ["main", "run"]

# Exit codes; 130 is what shells give a process that an interrupt has ended.
_DONE, _BAD_INPUT, _PASSED, _INTERRUPTED = 0, 2, 3, 130


def main(argv=None):
    """Run the command.

    Parameters
    ----------
    argv : list of str, default=None
        The arguments after the name of the program, None for those of the process.

    Returns
    -------
    int
        Exit code: 0 done, 2 bad usage or bad input, which one line on the standard
        error stream explains, 3 a threshold was passed, 130 interrupted from the
        keyboard.
    """
    for stream in (sys.stdout, sys.stderr):
        # A terminal that lacks a character of the table must not stop the audit.
        stream.reconfigure(errors="backslashreplace")
    try:
        arguments = parse_arguments(argv)
        fine = arguments.run(arguments)
        sys.stdout.flush()
        if not fine:
            return _PASSED
    except AuditError as error:
        line = inert(" ".join(str(error).split()))
        print(f"sknoisy: error: {line}", file=sys.stderr)
        return _BAD_INPUT
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:
        # The reader of a pipe, such as head, has gone: what it wanted, it has.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return _DONE


def run():
    """Run the command as a whole process and end it.

    Neither an interrupt nor an error waits for the folds that are under way in threads.
    Ending the interpreter around such a thread would tear it out of compiled code,
    which aborts the process, and compiled code may also swallow a KeyboardInterrupt.
    """
    signal.signal(signal.SIGINT, lambda number, frame: os._exit(_INTERRUPTED))
    code = main()
    if code != _DONE:
        with contextlib.suppress(BrokenPipeError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)
    sys.exit(code)
