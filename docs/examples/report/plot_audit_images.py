"""
========================
Audit a folder of images
========================

Images that lie in a folder for each class need no table: :func:`~sknoisy.report.audit`
takes the folder. Here scikit-learn's digits are written out as PNG files, one in ten of
them into a wrong folder.
"""

# %%
# The folder
# ----------

import tempfile
from pathlib import Path

import numpy as np
from PIL import Image
from sklearn.datasets import load_digits

from sknoisy.noise import UniformNoise

digits = load_digits()
given = UniformNoise(0.1, random_state=0).corrupt(digits.target)
folder = Path(tempfile.mkdtemp(), "digits")
for number, (image, label) in enumerate(zip(digits.images, given, strict=True)):
    path = folder / str(label) / f"{number:04}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray((image * 15.9).astype(np.uint8)).save(path)

# %%
# Which images are in the wrong folder?
# -------------------------------------
#
# Without an estimator the audit compares pixels, each image at 16 x 16. This is enough
# for digits, and too little for most photographs.

from sknoisy.report import audit

report = audit(folder, random_state=0)
print(report.noise.sentence)

# %%
# The names of the images tell here which of them are in the wrong folder.

names = report.data["image"].to_numpy()[report.rows]
wrong = np.array([given[int(Path(n).stem)] for n in names]) != np.array(
    [digits.target[int(Path(n).stem)] for n in names]
)
n = report.n_to_check
print(
    f"Rows worth a look: {n}, of which {report.expected_wrong[n - 1]:.0f} are expected "
    f"to be wrong and {wrong[:n].sum()} are."
)

# %%
# The most suspicious ones; ``report.to_html("report.html")`` shows 200 beside all that
# was found.

import matplotlib.pyplot as plt

fig, axes = plt.subplots(2, 6, figsize=(8, 3.4), layout="constrained")
for position, ax in enumerate(axes.flat):
    ax.imshow(Image.open(folder / names[position]), cmap="gray_r")
    ax.set_title(
        f"in {report.given[position]}, rather {report.suggested[position]}", fontsize=8
    )
    ax.set_axis_off()

# %%
# Photographs: an embedding
# -------------------------
#
# A pipeline is given the *paths*, so that its first step can do what it likes with the
# files: open them and put them through a network that was trained on many photographs.
# The step here only stands in for that.

from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer


def embed(paths):
    """Return a row of numbers for each image."""
    images = np.array([np.asarray(Image.open(path), dtype=float) for path in paths])
    return np.hstack([images.mean(axis=1), images.mean(axis=2)]) / 255


model = make_pipeline(FunctionTransformer(embed), LogisticRegression(max_iter=1000))
report = audit(folder, estimator=model, random_state=0)
first = report.data["image"].to_numpy()[report.rows[:50]]
numbers = [int(Path(name).stem) for name in first]
print(f"{(given != digits.target)[numbers].sum()} of the first 50 are wrong")
