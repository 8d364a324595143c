"""The suites: what each one measures, and how to find it by its name."""

import importlib
import pkgutil


def names():
    return sorted(info.name for info in pkgutil.iter_modules(__path__))


def load(name):
    """Return the module of a suite; what it needs is imported only here."""
    if name not in names():
        raise ValueError(
            f"Expected the name of a suite, but got {name!r}. Pass one of: "
            f"{', '.join(names())}."
        )
    return importlib.import_module(f"benchmarks.suites.{name}")
