"""
=============================
Estimated transition matrices
=============================

Digits are labelled by an annotator who takes many a digit for the next one: 3 for 4, 4
for 5, and so on. Can the matrix of these confusions be found from the labels alone, and
what does it buy?
"""

# %%
# The labels
# ----------
#
# Two labels in five are moved to the next class. The matrix behind this is known here,
# so that each estimate can be held against it; no estimator sees it.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sknoisy import NoiseTransitionClassifier
from sknoisy.inspection import TransitionMatrixDisplay
from sknoisy.noise import TransitionNoise
from sknoisy.transition import (
    AnchorPointTransition,
    ConfidentTransition,
    EMTransition,
    NeighborTransition,
    make_transition_matrix,
)

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0, stratify=y)
truth = make_transition_matrix(10, 0.4, kind="pair")
y_noisy = TransitionNoise(truth, random_state=0).corrupt(y_train)
print(f"{(y_noisy != y_train).mean():.0%} of the labels are wrong")

# %%
# The matrices
# ------------
#
# Three methods ask a model, by out-of-fold probabilities; one asks the neighbours.

model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
estimates = {
    "anchor points": AnchorPointTransition(model),
    "confident joint": ConfidentTransition(model),
    "EM, by a model": EMTransition(model),
    "EM, by neighbours": NeighborTransition(),
}
matrices = {"truth": truth}
for name, estimator in estimates.items():
    matrices[name] = estimator.fit(X_train, y_noisy).transition_matrix_
    print(f"{name:18} largest error {np.abs(matrices[name] - truth).max():.2f}")

fig, axes = plt.subplots(2, 3, figsize=(9, 6), layout="constrained")
for ax, (name, T) in zip(axes.flat, matrices.items(), strict=False):
    TransitionMatrixDisplay(T).plot(ax, colorbar=False)
    ax.set_title(name)
axes.flat[-1].set_axis_off()
plt.show()

# %%
# The neighbours come closest: the labels around a digit share its true class, and
# several labels of one class show how labels of that class go wrong. A model has learnt
# the confusions along with the digits, and its own errors are taken for label noise.
#
# What it buys
# ------------
#
# Each matrix is handed to the same forward correction, around the same classifier.

plain = model.fit(X_train, y_noisy).score(X_test, y_test)
clean = model.fit(X_train, y_train).score(X_test, y_test)
print(f"{'noisy labels':18} {plain:.3f}")
for name, T in matrices.items():
    clf = NoiseTransitionClassifier(model, T, max_iter=3, tol=0.2)
    print(f"{name:18} {clf.fit(X_train, y_noisy).score(X_test, y_test):.3f}")
print(f"{'true labels':18} {clean:.3f}")

# %%
# The better the matrix, the more of the loss is made good, as far as these differences
# go: they are from one split of the data. Neighbours are at their best here, since the
# errors depend on the class alone. Where wrong labels follow the features, as those of
# human annotators do, neighbours share them, and a matrix by neighbours can be far off:
# see :ref:`the user guide <transition>`.
