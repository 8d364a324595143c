"""``python -m sknoisy`` is the command ``sknoisy``."""

import sys

from sknoisy.cli import main

if __name__ == "__main__":
    sys.exit(main())
