"""Benchmarks of sknoisy: ``python -m benchmarks --help``; the README says more."""
