"""
A few labels and many clusters
==============================

Three digits of each kind have a label, and a thousand have none. Rows that keep falling
into the same clusters probably have the same label. How far do the few labels get that
way, and what if some of them are wrong?
"""

# %%
# Few labels
# ----------
#
# The marker -1 stands for a label that is missing. The rest of the digits is for the
# test.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression

from sknoisy.noise import UniformNoise
from sknoisy.semi_supervised import PseudoLabelRefinementClassifier

X, y = load_digits(return_X_y=True)
X, X_test, y, y_test = X[:1000] / 16, X[1000:] / 16, y[:1000], y[1000:]
few = np.concatenate([np.flatnonzero(y == digit)[:3] for digit in range(10)])
given = np.full(1000, -1)
given[few] = y[few]

base = LogisticRegression(max_iter=300)
plain = base.fit(X[few], given[few]).score(X_test, y_test)
clf = PseudoLabelRefinementClassifier(base, unlabeled=-1, random_state=0)
clf.fit(X, given)
print(f"accuracy, labelled rows alone {plain:.3f}, with clusters", end=" ")
print(f"{clf.score(X_test, y_test):.3f}")

# %%
# Round by round
# --------------
#
# In each round the rows are clustered anew, in the space of their features and of the
# probabilities that the classifier of the round gives them. ``history_`` says how many
# pseudo-labels have changed; the rounds end when hardly any does.

for entry in clf.history_:
    changed = "" if entry["changed"] is None else f"{entry['changed']:.1%} changed"
    print(
        entry["n_clusters_given"], "clusters,", entry["n_without"], "without", changed
    )
print("ended:", clf.termination_condition_)

# %%
# A pseudo-label weighs little where there are few votes, or where these do not agree.
# Most of the wrong ones weigh next to nothing.

weight = clf.soft_labels_.max(axis=1)
right = clf.transduction_ == y
hidden = given == -1

fig, axes = plt.subplots(1, 2, figsize=(11, 4.5), layout="constrained")
places = PCA(2).fit_transform(X)
axes[0].scatter(*places[hidden].T, c=weight[hidden], s=8, cmap="viridis")
axes[0].scatter(*places[few].T, c="tab:red", s=30, marker="x", label="labelled")
axes[0].set(title="weight of the pseudo-label", xticks=[], yticks=[])
axes[0].legend()
bins = np.linspace(0, 1, 21)
axes[1].hist(weight[hidden & right], bins, alpha=0.7, label="right")
axes[1].hist(weight[hidden & ~right], bins, alpha=0.7, label="wrong")
axes[1].set(xlabel="weight of the pseudo-label", ylabel="rows")
axes[1].legend()

# %%
# Wrong labels among the few
# --------------------------
#
# Of ten labels of each digit, three in ten are wrong now. A labelled row listens to the
# other rows of its clusters as well: its own label is a fifth of what it is trained on,
# as far as there are votes. Where labels are right, ``given_share=1`` keeps them.

ten = np.concatenate([np.flatnonzero(y == digit)[:10] for digit in range(10)])
noisy = np.full(1000, -1)
noisy[ten] = UniformNoise(0.3, random_state=0).corrupt(y[ten])
plain = base.fit(X[ten], noisy[ten]).score(X_test, y_test)
print(f"accuracy with wrong labels, labelled rows alone {plain:.3f}")
for given_share in (1.0, 0.2):
    clf.set_params(given_share=given_share).fit(X, noisy)
    print(f"given_share={given_share}: {clf.score(X_test, y_test):.3f}")

plt.show()
