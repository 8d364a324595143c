"""
=============================================
Self-training with a few labels of each class
=============================================

Images are cheap, labels are not. *Self-training* lets a classifier label the other
images itself and learn from that, errors and all.
:class:`~sknoisy.SelfTrainingRefiner` lets the labels spread to neighbours first,
decides each label anew in every round, and estimates which of those given are wrong.
"""

# %%
# A few labels
# ------------
#
# Out of 900 digits, three of each kind are named. In a second round of this example ten
# of each kind are, and three in ten of the names are wrong. ``-1`` stands for no label:
# say so, since it may as well be the name of a class.

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from sknoisy.noise import UniformNoise

X, y = load_digits(return_X_y=True)
X, X_test, y, y_test = train_test_split(
    X / 16, y, train_size=900, stratify=y, random_state=0
)


def few_labels(n_labels, rate):
    """Return some labels of each class, and -1 for all other rows."""
    rows = np.concatenate([np.flatnonzero(y == k)[:n_labels] for k in range(10)])
    given = np.full(len(y), -1)
    given[rows] = UniformNoise(rate, random_state=0).corrupt(y[rows])
    return given


labelled = {
    "3 right labels a digit": few_labels(3, rate=0.0),
    "10 labels a digit, 30 % wrong": few_labels(10, rate=0.3),
}

# %%
# Four ways to use them
# ---------------------
#
# A logistic regression on the labels given alone; classic self-training around it;
# label spreading, which has no classifier; and sknoisy's default.

from sklearn.linear_model import LogisticRegression
from sklearn.semi_supervised import LabelSpreading, SelfTrainingClassifier

from sknoisy import SelfTrainingRefiner

base = LogisticRegression(max_iter=300)
methods = {
    "SelfTrainingClassifier": SelfTrainingClassifier(base),
    "LabelSpreading": LabelSpreading(kernel="knn", alpha=0.8, max_iter=100),
    "SelfTrainingRefiner": SelfTrainingRefiner(base, unlabeled=-1),
}
accuracy, refined = {}, {}
for name, given in labelled.items():
    known = given != -1
    alone = base.fit(X[known], given[known])
    accuracy[name] = {"labels given alone": alone.score(X_test, y_test)}
    for method, clf in methods.items():
        accuracy[name][method] = clf.fit(X, given).score(X_test, y_test)
    refined[name] = clf.transduction_, clf.clean_proba_, clf.history_
    print(f"{name}: {clf.selection_['reason']}")
    print("  " + ", ".join(f"{k} {v:.3f}" for k, v in accuracy[name].items()))

# %%

import matplotlib.pyplot as plt

_, ax = plt.subplots(figsize=(7, 3.5), layout="constrained")
rows = list(accuracy["3 right labels a digit"])
colors = ("lightgray", "tab:gray", "tab:orange", "tab:blue")
for shift, (row, color) in enumerate(zip(rows, colors, strict=True)):
    heights = [values[row] for values in accuracy.values()]
    places = np.arange(2) + (shift - 1.5) * 0.2
    ax.bar(places, heights, width=0.2, color=color, label=row)
ax.set_xticks(range(2), labelled)
ax.set(ylim=(0.4, 1.0), ylabel="accuracy on right labels")
ax.legend(ncols=2, fontsize=9, loc="upper right")

# %%
# With three labels a digit label spreading is ahead in this draw, with wrong labels
# self-training is. It ends with a linear classifier, which cannot follow every bend
# that neighbours can; what it gives is a classifier of your choice. One draw of labels
# decides little: the user guide has means over sets and draws.

# %%
# Which of the labels given are right
# -----------------------------------
#
# Where noise is found, each label given has a posterior, from neighbours that it was
# held out from, and is replaced where another class is more probable.

given = labelled["10 labels a digit, 30 % wrong"]
transduction, proba, history = refined["10 labels a digit, 30 % wrong"]
known = given != -1
print(f"right among the labels given: {(given[known] == y[known]).mean():.0%}")
print(f"right after refinement: {(transduction[known] == y[known]).mean():.0%}")
print(f"right among the other rows: {(transduction[~known] == y[~known]).mean():.0%}")

# %%
# Round by round
# --------------
#
# Round 0 is the labels given alone, round 1 their spread over the neighbours. From then
# on the classifier has its part, and the rounds end when no more than a hundredth of
# the rows changes its label.

_, ax = plt.subplots(figsize=(6, 3), layout="constrained")
for name, (*_, history) in refined.items():
    changed = [one["changed"] for one in history[1:]]
    ax.plot(range(1, len(history)), changed, "o-", label=name)
ax.set(xlabel="round", ylabel="share of rows\nwith another label")
ax.xaxis.get_major_locator().set_params(integer=True)
ax.legend()

# %%
# See the :ref:`user guide <semi_supervised>` for measurements on five sets and eight
# tables, and for when self-training should not be used.

plt.show()
