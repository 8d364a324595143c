"""
==========================
Training with missing tags
==========================

Who tags pictures, songs or texts names what is striking. A tag that is there is a
claim; a blank may be a no, or nobody may have thought of it. Trained on such a table, a
classifier learns to leave tags out as well.

Below, images of digits get tags, and every tag is then forgotten now and then, some
more often than others. :class:`~sknoisy.multilabel.MultilabelNoisyClassifier` trains
on what is left, and :class:`~sknoisy.multilabel.MultilabelAudit` lists what is missing.
"""

# %%
# Digits with tags
# ----------------
#
# The missing rate of a tag is the probability that it is not given where it is true.
# The right tags of the training rows serve for comparison only.

import numpy as np
import pandas as pd
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from sknoisy.noise import MultilabelNoise

MEANING = {
    "even": [0, 2, 4, 6, 8],
    "prime": [2, 3, 5, 7],
    "has a loop": [0, 6, 8, 9],
    "all curves": [0, 3, 6, 8],
    "a straight line": [1, 4, 5, 7],
    "above five": [6, 7, 8, 9],
    "a square": [0, 1, 4, 9],
    "below three": [0, 1, 2],
}
X, digit = load_digits(return_X_y=True)
tags = pd.DataFrame({tag: np.isin(digit, own) * 1 for tag, own in MEANING.items()})
X, X_test, tags, tags_test = train_test_split(X / 16, tags, random_state=0)

missing_rate = np.linspace(0.75, 0.05, tags.shape[1])
noise = MultilabelNoise(missing_rate, random_state=0)
given = pd.DataFrame(noise.corrupt(tags.to_numpy()), columns=tags.columns)
missing = 1 - given.to_numpy().sum() / tags.to_numpy().sum()
print(f"{len(tags)} images, {missing:.0%} of their tags are missing")

# %%
# One classifier per tag, trained twice
# -------------------------------------
#
# The plain classifiers take every blank for a no. Ours estimate, from models fitted on
# other rows, the neighbours, and the other tags of the row, the probability that a
# blank is a missing tag, and train on it.

from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.multioutput import MultiOutputClassifier

from sknoisy.multilabel import MultilabelNoisyClassifier

base = LogisticRegression(max_iter=200)
models = {
    "plain, on the tags given": MultiOutputClassifier(base).fit(X, given),
    "MultilabelNoisyClassifier": MultilabelNoisyClassifier(base).fit(X, given),
    "plain, on all true tags": MultiOutputClassifier(base).fit(X, tags),
}
scores = pd.DataFrame(
    {
        name: f1_score(tags_test, model.predict(X_test), average=None, zero_division=0)
        for name, model in models.items()
    },
    index=tags.columns,
)
print(scores.round(2).to_string())
print("mean", scores.mean().round(3).to_dict())

# %%
# The higher the missing rate, the more there is to gain.

from matplotlib import pyplot as plt

ax = scores.plot.barh(figsize=(7, 5), width=0.8, color=["0.75", "C0", "0.3"])
ax.set(xlabel="F1 on clean test images", xlim=(0, 1))
ax.invert_yaxis()
ax.legend(loc="upper center", bbox_to_anchor=(0.4, 1.12), ncols=3, frameon=False)
ax.figure.tight_layout()

# %%
# Which tags are missing?
# -----------------------
#
# The audit ranks the blanks without any annotation. Its missing rates are estimates
# with wide bounds, since a tag that is often missing looks like one that the pixels do
# not show.

from sknoisy.multilabel import MultilabelAudit

audit = MultilabelAudit(base).fit(X, given)
suspects = audit.missing_tags(300)
right = tags.to_numpy()[suspects.row, suspects.label_code].mean()
print(f"300 most suspicious blanks: {right:.0%} are missing tags")

places = np.arange(tags.shape[1])
_, ax = plt.subplots(figsize=(7, 3.5), layout="constrained")
ax.hlines(places, *audit.missing_rate_bounds_.T, color="0.7", lw=3, label="bounds")
ax.plot(audit.missing_rate_, places, "o", label="estimate")
ax.plot(missing_rate, places, "kx", label="as simulated")
ax.set_yticks(places, tags.columns)
ax.set(xlim=(-0.02, 1.02), xlabel="missing rate")
ax.legend(loc="upper right")

# %%
# A few of them, each with the tag that it should have:

fig, axes = plt.subplots(1, 6, figsize=(9, 2))
for ax, place in zip(axes, range(0, 300, 50), strict=True):
    ax.imshow(X[suspects.row[place]].reshape(8, 8), cmap="gray_r")
    ax.set_title(suspects.label[place], fontsize=9)
    ax.axis("off")
fig.tight_layout()
