"""The benchmarks are part of a checkout, and not of the installed package."""

import importlib.util

if importlib.util.find_spec("benchmarks") is None:
    collect_ignore_glob = ["test_*.py"]
