"""Write files all or nothing."""

import contextlib
import os
import secrets
import signal
import stat
import threading
from pathlib import Path


@contextlib.contextmanager
def replacing(path, *, binary=False):
    """Open a new file that takes the place of ``path`` when all is written.

    Parameters
    ----------
    path : str or Path
        Where the file appears once it is complete; whatever goes wrong meanwhile, an
        earlier one stays as it was.

    binary : bool, default=False
        Whether bytes are written, in place of text as UTF-8.

    Yields
    ------
    file
        To be written to.
    """
    target = real_path(path)
    draft = target.with_name(f".sknoisy-{secrets.token_hex(8)}.tmp")
    try:
        with _interrupts_raise():
            form = {} if binary else {"encoding": "utf-8", "newline": ""}
            with draft.open("xb" if binary else "x", **form) as file:
                yield file
                file.flush()
                # A disk that is full may say so only now.
                os.fsync(file.fileno())
            # Without looking first, since another run may take the earlier one away.
            with contextlib.suppress(FileNotFoundError):
                draft.chmod(stat.S_IMODE(target.stat().st_mode))
            draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)


def real_path(path):
    """Return the file itself where the path is a symbolic link to it."""
    return Path(os.path.realpath(path))


@contextlib.contextmanager
def _interrupts_raise():
    """Let an interrupt raise, so that the draft is removed before the process ends."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before or signal.SIG_DFL)
