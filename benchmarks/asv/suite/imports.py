"""What the import costs."""

import subprocess
import sys


class Import:
    """A fresh process each time."""

    params = ["sklearn.base", "sknoisy", "sknoisy.deep"]
    param_names = ["module"]

    def time_import(self, module):
        """Start Python and import; scikit-learn alone is the unit of the others."""
        subprocess.run([sys.executable, "-c", f"import {module}"], check=True)
