"""``python -m sknoisy`` is the command ``sknoisy``."""

from sknoisy.cli import run

if __name__ == "__main__":
    run()
