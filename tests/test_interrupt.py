"""An interrupt while the command is being loaded is quiet; the library stays as is."""

import os
import signal
import subprocess
import sys

import pytest

import sknoisy
from sknoisy._interrupt import is_command

ROOT = os.path.dirname(os.path.dirname(sknoisy.__file__))


@pytest.mark.parametrize(
    ("program", "command_line", "expected"),
    [
        ("-m", ["python", "-m", "sknoisy", "audit"], True),
        ("-m", ["python", "-W", "error", "-m", "sknoisy"], True),
        ("/usr/bin/sknoisy", ["python", "/usr/bin/sknoisy"], True),
        ("-m", ["python", "-m", "pytest", "sknoisy"], False),
        ("-m", ["python", "-m", "pdb", "-m", "sknoisy"], False),
        ("script.py", ["python", "script.py"], False),
        ("", ["python"], False),
        ("-c", ["python", "-c", "import sknoisy"], False),
    ],
)
def test_only_the_command_is_concerned(program, command_line, expected):
    assert is_command(program, command_line) is expected


@pytest.mark.skipif(os.name == "nt", reason="signals are sent in another way there")
@pytest.mark.parametrize(
    ("arguments", "quiet"),
    [(["-m", "sknoisy", "audit"], True), (["-c", "import sknoisy.noise"], False)],
)
def test_interrupt_while_loading(tmp_path, arguments, quiet):
    # Stands in for the slow import of scikit-learn, in the middle of which it comes.
    (tmp_path / "sklearn.py").write_text(
        "import os, signal, time\nos.kill(os.getpid(), signal.SIGINT)\ntime.sleep(9)\n"
    )
    path = os.pathsep.join([str(tmp_path), ROOT])
    done = subprocess.run(
        [sys.executable, *arguments],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        # A shell that runs the tests in the background has interrupts ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert ("KeyboardInterrupt" not in done.stderr) is quiet
    if quiet:
        assert (done.returncode, done.stdout, done.stderr) == (130, "", "")
