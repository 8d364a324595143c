"""Versions of Python and of the libraries that sknoisy works with, for bug reports."""

import platform
from importlib.metadata import PackageNotFoundError, version

REQUIRED = ["sknoisy", "scikit-learn", "numpy", "scipy", "joblib"]
OPTIONAL = [
    "threadpoolctl",
    "pandas",
    "pyarrow",
    "matplotlib",
    "torch",
    "skorch",
    "pynndescent",
    "dask",
    "crowd-kit",
]


def show_versions():
    """Print the versions of Python, sknoisy, and the libraries it works with.

    Put the output into a bug report. Libraries that are not installed are shown as
    such; nothing is imported.

    Examples
    --------
    >>> import sknoisy
    >>> sknoisy.show_versions()  # doctest: +ELLIPSIS
    System
      python: ...
      system: ...
    <BLANKLINE>
    Required
      sknoisy: ...
    <BLANKLINE>
    Optional
      threadpoolctl: ...
    """
    system = {"python": platform.python_version(), "system": platform.platform()}
    parts = {
        "System": system,
        "Required": {name: _version(name) for name in REQUIRED},
        "Optional": {name: _version(name) for name in OPTIONAL},
    }
    for number, (title, rows) in enumerate(parts.items()):
        print(("\n" if number else "") + title)
        for name, value in rows.items():
            print(f"  {name}: {value}")


def _version(name):
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"
