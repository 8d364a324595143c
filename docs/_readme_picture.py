"""Draw the picture of the README anew: ``python docs/_readme_picture.py``."""

import runpy
from pathlib import Path

HERE = Path(__file__).parent

if __name__ == "__main__":
    drawn = runpy.run_path(HERE / "user_guide/pictures/suspicious_digits.py")
    target = HERE / "_static/suspicious_digits.png"
    drawn["fig"].savefig(target, dpi=110, facecolor="white")
