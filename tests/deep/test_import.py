"""torch is imported by sknoisy.deep alone."""

import subprocess
import sys

import pytest


def run(code):
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("missing", ["torch", "skorch"])
def test_missing_library_is_named_with_the_install_command(missing):
    code = (
        f"import sys, sknoisy.noise; sys.modules[{missing!r}] = None; "
        "import sknoisy.deep"
    )
    error = run(code).stderr
    assert "ImportError: sknoisy.deep needs torch and skorch" in error
    assert 'pip install ".[deep]"' in error


def test_sknoisy_does_not_import_torch():
    code = (
        "import sys, sknoisy, sknoisy.quality, sknoisy.cli;"
        "sys.exit(bool({'torch', 'skorch'} & set(sys.modules)))"
    )
    assert run(code).returncode == 0


def test_names_are_sorted():
    deep = pytest.importorskip("sknoisy.deep", exc_type=ImportError)
    assert deep.__all__ == sorted(deep.__all__)
