"""
====================
Sixty trusted labels
====================

An annotator who sees badly errs on digits that look alike. No model can tell these
errors from hard digits by the labels alone. Somebody with good eyes looks at a few of
the images again: what is that worth?

:class:`~sknoisy.refinement.TrustedLabelRefiner` learns from the labels that were
checked how far each kind of evidence is right, and puts the others right by it.
"""

# %%
# Labels by a weak annotator
# --------------------------
#
# :func:`~sknoisy.datasets.load_digits_prototypes` has each digit named by an annotator
# who sees it blurred. Five hundred images with their true digit are kept for the end.

import numpy as np
from sklearn.model_selection import train_test_split

from sknoisy.datasets import load_digits_prototypes

digits = load_digits_prototypes()
train, test = train_test_split(
    np.arange(len(digits.data)), test_size=500, stratify=digits.target, random_state=0
)
X, given, true = (
    digits.data[train] / 16,
    digits.target_noisy[train],
    digits.target[train],
)
X_test, y_test = digits.data[test] / 16, digits.target[test]
print(f"{len(X)} labels, of which {(given != true).mean():.0%} are wrong")

# %%
# Some are checked
# ----------------
#
# Which ones is left to chance here. ``y`` holds the verified label where there is one,
# and the label given elsewhere; the mask ``trusted`` says where.


def checked(n_checked, seed):
    """Return labels and mask after some labels, drawn at random, have been checked."""
    rows = np.random.RandomState(seed).permutation(len(X))[:n_checked]
    trusted = np.isin(np.arange(len(X)), rows)
    return np.where(trusted, true, given), trusted


# %%
# Four ways to use them
# ---------------------
#
# Train on the checked labels alone; put them in and train on all; correct the loss by
# the transition matrix that they show; or have them teach the refiner.

from sklearn.linear_model import LogisticRegression

from sknoisy import NoiseTransitionClassifier, RefinedLabelClassifier
from sknoisy.refinement import TrustedLabelRefiner

base = LogisticRegression(max_iter=300)
correction = NoiseTransitionClassifier(base, max_iter=1, tol=1)
refined = RefinedLabelClassifier(base, TrustedLabelRefiner())
noisy = base.fit(X, given).score(X_test, y_test)
clean = base.fit(X, true).score(X_test, y_test)
sizes, scores = [30, 60, 120], {}
for size in sizes:
    y, trusted = checked(size, seed=0)
    here = {
        "checked labels alone": base.fit(X[trusted], y[trusted]),
        "all, checked ones put in": LogisticRegression(max_iter=300).fit(X, y),
        "gold loss correction": correction.fit(X, y, trusted=trusted),
        "TrustedLabelRefiner": refined.fit(X, y, trusted=trusted),
    }
    for name, clf in here.items():
        scores.setdefault(name, []).append(clf.score(X_test, y_test))
    print(size, {name: f"{values[-1]:.3f}" for name, values in scores.items()})

# %%

import matplotlib.pyplot as plt

_, ax = plt.subplots(figsize=(7, 3.6), layout="constrained")
for name, values in scores.items():
    ax.plot(sizes, values, "o-", label=name)
ax.axhline(noisy, color="gray", ls=":", label="labels given, none checked")
ax.axhline(clean, color="black", ls="--", label="true labels")
ax.set(xticks=sizes, xlabel="labels checked", ylabel="accuracy on true labels")
ax.legend(fontsize=8, ncols=2)

# %%
# What was learnt
# ---------------
#
# Each kind of evidence has an exponent: with no label checked, the first is 1 and the
# others are 0. The labels of images that nobody checked are put right by it.

refiner = refined.refiner_
print({name: round(value, 2) for name, value in refiner.coefficients_.items()})
others = ~trusted
right = refined.transduction_ == true
print(f"right among the others before: {(given == true)[others].mean():.0%}")
print(f"right among the others now: {right[others].mean():.0%}")
print(f"wrong labels by estimate: {refiner.noise_rate_:.0%}")

# %%
# What the probabilities are worth
# --------------------------------
#
# ``clean_proba_`` claims how likely the new label is right. Where a point is below the
# diagonal, it claims too much: the annotator errs where the models err, and how much a
# label says beside the image cannot be learnt from the labels that were checked.

claimed = refiner.clean_proba_.max(axis=1)
_, ax = plt.subplots(figsize=(4, 3.6), layout="constrained")
edges = np.quantile(claimed[others], np.linspace(0, 1, 7))
bins = np.digitize(claimed, edges[1:-1])
means = [[v[others & (bins == b)].mean() for v in (claimed, right)] for b in range(6)]
ax.plot([0.3, 1], [0.3, 1], color="lightgray")
ax.plot(*np.transpose(means), "o-")
ax.set(xlabel="claimed", ylabel="right")

# %%
# See the :ref:`user guide <trusted>` for the equations, and for measurements on the
# errors of people, rules and clusters.

plt.show()
