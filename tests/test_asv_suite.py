"""The suite for airspeed velocity still runs, each of its functions once."""

import importlib
import sys
from inspect import getmembers, isclass
from pathlib import Path

import pytest

ASV = Path(__file__).parents[1] / "benchmarks" / "asv"


def benchmarks():
    """Yield each class of the suite with its function names and first parameters."""
    sys.path.insert(0, str(ASV))
    try:
        for path in sorted((ASV / "suite").glob("[a-z]*.py")):
            module = importlib.import_module(f"suite.{path.stem}")
            for name, cls in getmembers(module, isclass):
                if cls.__module__ == module.__name__:
                    yield pytest.param(cls, id=f"{path.stem}.{name}")
    finally:
        sys.path.remove(str(ASV))


@pytest.mark.parametrize("cls", list(benchmarks()))
def test_every_benchmark_runs(cls):
    axes = cls.params if isinstance(cls.params[0], list) else [cls.params]
    first = [axis[0] for axis in axes]
    assert len(cls.param_names) == len(first)
    instance = cls()
    if hasattr(instance, "setup"):
        instance.setup(*first)
    names = [name for name in dir(cls) if name.startswith(("time_", "peakmem_"))]
    assert names
    for name in names:
        getattr(instance, name)(*first)
