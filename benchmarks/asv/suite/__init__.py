"""Benchmarks for airspeed velocity, one file a package: time and peak memory."""
