"""Settings that every test runs under."""

import os

from hypothesis import settings

# Several workers on few cores: more threads each would only wait for one another.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# A busy machine must not fail a test, and a failure must come back on the next run.
settings.register_profile("sknoisy", deadline=None, derandomize=True, database=None)
settings.load_profile("sknoisy")
