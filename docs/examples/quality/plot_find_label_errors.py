"""
=================
Find label errors
=================

Somebody named 1,797 images of digits, and named some of them wrongly. Which ones?

Here the names come from :func:`~sknoisy.datasets.load_digits_prototypes`: an annotator
who sees each image blurred to 4 x 4 pixels names it after the most similar image on a
sheet of examples. The errors are like those of people: they gather where shapes are
alike. The true digits are known too, but they serve at the end only, to see how many of
the suspicions were right.
"""

# %%
# Images and their weak labels
# ----------------------------

from sknoisy.datasets import load_digits_prototypes

digits = load_digits_prototypes()
X, y = digits.data / 16, digits.target_noisy
print(f"{len(y)} images, labels such as {y[:10]}")

# %%
# How far can each label be trusted?
# ----------------------------------
#
# :class:`~sknoisy.NoisyLabelClassifier` wraps any classifier. While it is fitted, it
# predicts each label by models that have not seen it (a model that has seen a wrong
# label may have learnt it by heart), estimates which class is taken for which, and
# combines the two to the probability of each class being the right one,
# ``clean_proba_``. The probability of the given label is ``label_quality_``.

from sklearn.linear_model import LogisticRegression

from sknoisy import NoisyLabelClassifier

model = NoisyLabelClassifier(LogisticRegression(max_iter=1000), random_state=0)
model.fit(X, y)
suspicious = model.label_quality_.argsort(kind="stable")
suggested = model.classes_[model.clean_proba_.argmax(axis=1)]
print(f"estimated share of wrong labels: {model.noise_rate_:.1%}")

# %%
# Take this estimate with care, and compare it with the true share at the end. An
# annotator who errs in the same way on similar images teaches the models those errors,
# and errors that the evidence agrees with go unseen: with such noise, estimates from
# the labels alone tend to be too low. The *order* of suspicion serves all the same.

# %%
# The most suspicious images
# --------------------------
#
# These are the images whose label quality is lowest, the worst first. A green title
# marks a suggestion that is the true digit, an orange one a given label that was right
# after all, a grey one an image where neither is right.

import matplotlib.pyplot as plt


def verdict(row):
    """Return the colour of the title of an image."""
    if digits.target[row] == suggested[row]:
        return "tab:green"
    return "tab:orange" if digits.target[row] == y[row] else "tab:gray"


figure, axes = plt.subplots(3, 6, figsize=(9, 5.6), layout="constrained")
for ax, row in zip(axes.flat, suspicious, strict=False):
    ax.imshow(digits.images[row], cmap="gray_r")
    ax.set_title(f"called {y[row]}, more like {suggested[row]}", fontsize=9)
    ax.title.set_color(verdict(row))
    ax.set_xticks([])
    ax.set_yticks([])
figure.suptitle("The labels of lowest quality")

# %%
# The first of them beside the images most like it. Labels like its own are orange.

from sknoisy.inspection import NeighborhoodDisplay

NeighborhoodDisplay.from_estimator(model, X, y, image_shape=(8, 8))

# %%
# How sure is the model of the labels of each digit? It doubts those of the eights most.

from sknoisy.inspection import LabelQualityDisplay

_, ax = plt.subplots(figsize=(7, 4.5), layout="constrained")
LabelQualityDisplay.from_estimator(model, y, ax=ax)

# %%
# How many of the suspicions are right?
# -------------------------------------
#
# Now the true digits may speak. Going down the list, how many wrong labels are found?
# Rows in random order would find them at the overall rate.

import numpy as np

from sknoisy.inspection import ReviewCurveDisplay

wrong = y != digits.target
precision = wrong[suspicious[:50]].mean()
print(f"wrong among the first 50: {precision:.0%}, among all: {wrong.mean():.1%}")

_, ax = plt.subplots(figsize=(7, 4), layout="constrained")
ReviewCurveDisplay.from_estimator(model, wrong, name="lowest quality first", ax=ax)

# %%
# Which errors are found?
# -----------------------
#
# Suppose that as many labels are checked as there are wrong ones. For each true digit:
# how many images got a wrong name, and which share of these is among the labels
# checked?

flagged = np.zeros(len(y), bool)
flagged[suspicious[: wrong.sum()]] = True
for digit in range(10):
    errors = wrong & (digits.target == digit)
    print(
        f"{digit}: {errors.sum():3} wrong names, {flagged[errors].mean():4.0%} checked"
    )

# %%
# To doubt a label is one thing, to correct it is another. How many labels would be
# replaced, and by what?

changed = suggested != y
print(f"another label is suggested for {changed.sum()} images;")
print(f"the given one is wrong in {wrong[changed].mean():.0%} of these,")
print(f"the suggested one right in {(suggested == digits.target)[changed].mean():.0%}")

# %%
# There are far more wrong labels than suggestions. The annotator calls more eights "1"
# than "8": where a wrong name is the more common one, it looks like the rule and the
# right name like the exception, and nothing in the labels tells otherwise. There only a
# look at the images helps, and the list says at which to look first.

plt.show()
